//! Plain tables: columns as wide as they need to be, numbers to the right.

use std::fmt;

use crate::{clipped, escaped};

/// Characters of a cell that are shown.
const MAX_CELL: usize = 300;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a head. Written with two spaces between columns, none at the ends of lines, and no line end after the
/// last row.
#[derive(Debug, Clone)]
pub struct Table {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let head = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { align: columns.iter().map(|&(_, align)| align).collect(), rows: vec![head] }
    }

    /// A table without headings whose columns are words.
    pub fn plain() -> Self {
        Self { align: vec![], rows: vec![] }
    }

    /// Appends a row with a cell for each column. What acts on a terminal is escaped, line ends included, and of a text that
    /// is very long the start is shown.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let cell = |text: String| escaped(&clipped(&text, MAX_CELL)).into_owned();
        self.rows.push(cells.into_iter().map(|text| cell(text.into())).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|c| c.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        // Not by the width of a format, which may be no larger than 65,535.
        let cell = |(at, text): (usize, &String)| {
            let space = " ".repeat(widths[at].saturating_sub(text.chars().count()));
            match self.align.get(at) {
                Some(Align::Right) => space + text,
                _ => text.clone() + &space,
            }
        };
        for (n, row) in self.rows.iter().enumerate() {
            let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
            let end = if n + 1 < self.rows.len() { "\n" } else { "" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&[("GAME", Align::Left), ("SIZE", Align::Right), ("NOTE", Align::Left)]);
        table.row(["a", "12 MB", ""]);
        table.row(["longer", "3 B", "live"]);
        assert_eq!(table.to_string(), "GAME     SIZE  NOTE\na       12 MB\nlonger    3 B  live");
    }

    #[test]
    fn texts_of_others_stay_in_their_cell() {
        let mut table = Table::new(&[("GAME", Align::Left), ("NOTE", Align::Right)]);
        table.row(["x".repeat(70_000).as_str(), "a"]);
        table.row(["evil\n\x1b[2J", "b"]);
        let shown = table.to_string();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() == MAX_CELL + 6), "{shown}");
        assert!(lines[1].starts_with("xxx") && lines[1].contains('…'));
        assert!(lines[2].starts_with(r"evil\n\u{1b}[2J"), "{}", lines[2]);
    }

    #[test]
    fn without_headings() {
        let mut table = Table::plain();
        table.row(["a", "bb"]);
        table.row(["ccc".to_owned()]);
        assert_eq!(table.to_string(), "a    bb\nccc");
    }
}
