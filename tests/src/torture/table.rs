//! The counts at the end of a run: pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use mist_readable::{Align, Table as Plain};
use serde_json::{Map, Value, json};

use super::Arm;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Processes that were killed.
    Kills,
    /// Processes that had ended when their time came.
    Missed,
    /// Folders with a byte in them that belongs to no build and is not the player's, after a blow.
    Corrupt,
    /// Operations that were carried to their good end after that.
    Completed,
    /// States that a power loss may leave.
    States,
    /// Possibilities that were drawn for them.
    LookedAt,
    /// Operations on a full disk.
    FullDisk,
    /// Operations on a disk that was full only when they flushed.
    FullAtSync,
    /// Operations that met a failing write or another failing change.
    IoErrors,
    /// Operations whose open files were forgotten by the file server.
    Stale,
    /// Bits that were changed.
    Flips,
    /// Of them, those that were noticed.
    Found,
    /// Of them, those that are right again.
    Healed,
    /// Pushes that were told to be done.
    Acknowledged,
    /// Of them, those that are not there.
    Lost,
    /// Times that a clock was set.
    Jumps,
    /// Bytes that were fetched beyond what the operations needed.
    FetchedAgain,
    /// Bytes that healing took.
    FetchedToHeal,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Kills => "KILLS",
            Self::Missed => "TOO LATE",
            Self::Corrupt => "CORRUPT",
            Self::Completed => "COMPLETED",
            Self::States => "CRASH STATES",
            Self::LookedAt => "LOOKED AT",
            Self::FullDisk => "FULL DISK",
            Self::FullAtSync => "FULL AT SYNC",
            Self::IoErrors => "I/O ERRORS",
            Self::Stale => "STALE FILES",
            Self::Flips => "FLIPS",
            Self::Found => "FOUND",
            Self::Healed => "HEALED",
            Self::Acknowledged => "ACKNOWLEDGED",
            Self::Lost => "LOST",
            Self::Jumps => "JUMPS",
            Self::FetchedAgain => "AGAIN PER KILL",
            Self::FetchedToHeal => "FETCHED PER FLIP",
        }
    }

    fn key(self) -> String {
        match self {
            Self::FetchedAgain => "bytes_fetched_again".into(),
            Self::FetchedToHeal => "bytes_fetched_to_heal".into(),
            _ => self.title().to_lowercase().replace(['/', ' '], "_"),
        }
    }

    /// A column that is shown for each of another one.
    fn per(self) -> Option<Self> {
        match self {
            Self::FetchedAgain => Some(Self::Kills),
            Self::FetchedToHeal => Some(Self::Flips),
            _ => None,
        }
    }
}

/// Counts of arms by what they attacked.
#[derive(Debug, Default)]
pub struct Table {
    arms: BTreeMap<Arm, BTreeMap<String, Row>>,
    /// Blows by the work that was under way; several kinds of it may be at once.
    struck: BTreeMap<String, u64>,
}

type Row = BTreeMap<Column, u64>;

impl Table {
    /// Counts `n` more.
    pub fn add(&mut self, arm: Arm, row: impl Display, column: Column, n: u64) {
        let row = self.arms.entry(arm).or_default().entry(row.to_string()).or_default();
        let sum = row.entry(column).or_default();
        *sum = sum.saturating_add(n);
    }

    /// Counts a blow that fell while this was under way.
    pub fn add_struck(&mut self, work: impl Display) {
        *self.struck.entry(work.to_string()).or_default() += 1;
    }

    /// Counts all that another table has.
    pub fn add_all(&mut self, other: &Self) {
        for (arm, rows) in &other.arms {
            for (row, counts) in rows {
                for (column, n) in counts {
                    self.add(*arm, row, *column, *n);
                }
            }
        }
        for (work, n) in &other.struck {
            *self.struck.entry(work.clone()).or_default() += n;
        }
    }

    /// What an arm has counted, in one line.
    pub fn summary(&self, arm: Arm) -> String {
        let sum = self.arms.get(&arm).map(sum).unwrap_or_default();
        let words =
            sum.keys().map(|column| format!("{} {}", shown(&sum, *column), column.title().to_lowercase()));
        format!("{arm} so far: {}", words.collect::<Vec<_>>().join(", "))
    }

    /// All totals, and how many faults there were.
    pub fn json(&self, faults: usize) -> Value {
        let row = |row: &Row| row.iter().map(|(c, n)| (c.key(), json!(n))).collect::<Map<_, _>>();
        let arm = |(arm, rows): (&Arm, &BTreeMap<String, Row>)| {
            let rows = rows.iter().map(|(name, counts)| (name.clone(), row(counts).into()));
            (arm.to_string(), Value::from(rows.collect::<Map<_, _>>()))
        };
        let mut all = self.arms.iter().map(arm).collect::<Map<_, _>>();
        all.insert("struck".into(), json!(self.struck));
        all.insert("faults".into(), faults.into());
        all.into()
    }
}

fn sum(rows: &BTreeMap<String, Row>) -> Row {
    let mut sum = Row::new();
    for (column, n) in rows.values().flatten() {
        let all: &mut u64 = sum.entry(*column).or_default();
        *all = all.saturating_add(*n);
    }
    sum
}

fn shown(row: &Row, column: Column) -> String {
    let n = row.get(&column).copied().unwrap_or(0);
    match column.per() {
        Some(per) => match row.get(&per).copied().unwrap_or(0) {
            0 => "-".into(),
            count => mist_readable::bytes(n / count),
        },
        None => n.to_string(),
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (arm, rows)) in self.arms.iter().enumerate() {
            let columns: BTreeSet<Column> = rows.values().flat_map(|row| row.keys().copied()).collect();
            let name = arm.to_string().to_uppercase();
            let mut head = vec![(name.as_str(), Align::Left)];
            head.extend(columns.iter().map(|column| (column.title(), Align::Right)));
            let mut table = Plain::new(&head);
            let all = sum(rows);
            let rows = rows.iter().map(|(name, row)| (name.as_str(), row));
            for (name, row) in rows.chain([("all", &all)]) {
                let cells = columns.iter().map(|column| shown(row, *column));
                table.row([name.to_owned()].into_iter().chain(cells));
            }
            write!(f, "{}{table}", if n > 0 { "\n\n" } else { "" })?;
        }
        if !self.struck.is_empty() {
            let mut table = Plain::new(&[("UNDER WAY WHEN STRUCK", Align::Left), ("BLOWS", Align::Right)]);
            for (work, n) in &self.struck {
                table.row([work.clone(), n.to_string()]);
            }
            write!(f, "\n\n{table}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        table.add(Arm::Kills, "update", Column::Kills, 3);
        table.add(Arm::Kills, "install", Column::Kills, 1);
        table.add(Arm::Kills, "install", Column::FetchedAgain, 5000);
        table.add(Arm::Kills, "update", Column::Kills, 1);
        table.add(Arm::Flips, "folder", Column::Flips, 0);
        table.add(Arm::Flips, "folder", Column::FetchedToHeal, 0);
        table
    }

    #[test]
    fn rows_add_up_and_bytes_are_shown_for_each() {
        let text = table().to_string();
        let kills: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(
            kills,
            [
                "KILLS    KILLS  AGAIN PER KILL",
                "install      1         5.00 kB",
                "update       4             0 B",
                "all          5         1.00 kB",
            ]
        );
        assert!(text.contains("folder      0                 -"), "{text}");
    }

    #[test]
    fn json_has_the_totals() {
        let json = table().json(2);
        assert_eq!(json["kills"]["install"]["bytes_fetched_again"], 5000);
        assert_eq!(json["kills"]["update"]["kills"], 4);
        assert_eq!(json["faults"], 2);
    }

    #[test]
    fn tables_add_up_with_what_was_struck() {
        let mut both = table();
        both.add_struck("replay");
        let other = both.json(0);
        let mut sum = table();
        sum.add_all(&both);
        sum.add_all(&Table::default());
        assert_eq!(other["struck"]["replay"], 1);
        assert_eq!(sum.json(0)["kills"]["update"]["kills"], 8);
        assert!(
            sum.to_string().ends_with("UNDER WAY WHEN STRUCK  BLOWS\nreplay                     1"),
            "{sum}"
        );
    }

    #[test]
    fn a_summary_is_one_line() {
        assert_eq!(table().summary(Arm::Kills), "kills so far: 5 kills, 1.00 kB again per kill");
    }
}
