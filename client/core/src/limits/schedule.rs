//! Limits that change by the time of the day: `08:00,512k 23:00,off`. Pure: the time is a parameter.

use std::{collections::BTreeMap, fmt, str::FromStr};

use mist_readable::parse_limit;
use serde::{Deserialize, Serialize};

/// Changes that a schedule may have.
const MAX_CHANGES: usize = 50;
const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weekday {
    /// Monday, the first one.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

const WEEKDAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// A minute of the week, on the clock of whoever set the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub day: Weekday,
    /// Minutes since midnight.
    pub minute: u16,
}

impl Moment {
    /// So many minutes later.
    #[must_use]
    pub fn later(self, minutes: u16) -> Self {
        let at = (u32::from(self.of_week()) + u32::from(minutes)) % u32::from(WEEK);
        let at = u16::try_from(at).unwrap_or_default();
        Self { day: WEEKDAYS[usize::from(at / DAY)], minute: at % DAY }
    }

    /// Minutes since the week began.
    fn of_week(self) -> u16 {
        self.day as u16 * DAY + self.minute.min(DAY - 1)
    }
}

/// On which days a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    Every,
    /// From the first to the last, which may be in the next week.
    Some(Weekday, Weekday),
}

impl Days {
    fn has(self, day: Weekday) -> bool {
        match self {
            Self::Every => true,
            Self::Some(first, last) if first <= last => first <= day && day <= last,
            Self::Some(first, last) => first <= day || day <= last,
        }
    }

    /// How many there are: what is said of fewer days counts before what is said of more.
    fn count(self) -> usize {
        WEEKDAYS.iter().filter(|day| self.has(**day)).count()
    }
}

/// From when on a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    days: Days,
    minute: u16,
    limit: Option<u64>,
}

/// When a limit changes. One without changes says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    changes: Vec<Change>,
}

/// What a schedule says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Bytes a second, if they are limited.
    pub limit: Option<u64>,
    /// Minutes until the beginning of the one in which it becomes another one; none if it never does.
    pub changes_in: Option<u16>,
}

impl Schedule {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What it says of a moment, if it says anything.
    pub fn at(&self, now: Moment) -> Option<Ruling> {
        let week = self.week();
        let now = now.of_week();
        // Before the first change of the week the last one of the week before counts.
        let (_, &limit) = week.range(..=now).next_back().or_else(|| week.last_key_value())?;
        let later = week.range(now + 1..).map(|(at, limit)| (at - now, limit));
        let later = later.chain(week.range(..=now).map(|(at, limit)| (at + WEEK - now, limit)));
        let mut later = later.filter(|(_, other)| **other != limit);
        Some(Ruling { limit, changes_in: later.next().map(|(minutes, _)| minutes) })
    }

    /// Every change of a week, by its minute.
    fn week(&self) -> BTreeMap<u16, Option<u64>> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.days.count()));
        let each = changes.into_iter().flat_map(|Change { days, minute, limit }| {
            let on = WEEKDAYS.iter().filter(|day| days.has(**day));
            on.map(|day| (Moment { day: *day, minute: *minute }.of_week(), *limit))
        });
        each.collect()
    }
}

impl FromStr for Schedule {
    type Err = String;

    /// Reads `08:00,512k Sat-Sun-08:00,off`, or `none`: a sentence says what is wrong.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        let changes: Vec<Change> =
            text.split_whitespace().take(MAX_CHANGES + 1).map(change).collect::<Result<_, _>>()?;
        if changes.len() > MAX_CHANGES {
            return Err(format!("a schedule has at most {MAX_CHANGES} times"));
        }
        for (n, change) in changes.iter().enumerate() {
            if changes[..n].iter().any(|other| other.days == change.days && other.minute == change.minute) {
                return Err(format!("{} is there twice", Time(change)));
            }
        }
        Ok(Self { changes })
    }
}

impl TryFrom<String> for Schedule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

fn change(text: &str) -> Result<Change, String> {
    let wrong = || format!("{text:?} is no time with a limit: use e.g. 08:00,512k or Sat-Sun-10:00,off");
    let (time, limit) = text.split_once(',').ok_or_else(wrong)?;
    let limit = if limit.eq_ignore_ascii_case("off") { None } else { Some(parse_limit(limit)?) };
    let (days, clock) = time.rsplit_once('-').map_or((None, time), |(days, clock)| (Some(days), clock));
    let days = match days {
        None => Days::Every,
        Some(days) => {
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            Days::Some(weekday(first).ok_or_else(wrong)?, weekday(last).ok_or_else(wrong)?)
        }
    };
    let (hour, minute) = clock.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str, below: u16| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|n| plain && *n < below).ok_or_else(wrong)
    };
    Ok(Change { days, minute: number(hour, 24)? * 60 + number(minute, 60)?, limit })
}

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.into_iter().find(|day| format!("{day:?}").eq_ignore_ascii_case(text))
}

/// The time of a change, as it is written.
struct Time<'a>(&'a Change);

impl fmt::Display for Time<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.days {
            Days::Every => {}
            Days::Some(first, last) if first == last => write!(f, "{first:?}-")?,
            Days::Some(first, last) => write!(f, "{first:?}-{last:?}-")?,
        }
        write!(f, "{:02}:{:02}", self.0.minute / 60, self.0.minute % 60)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:02}:{:02}", self.day, self.minute / 60, self.minute % 60)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (n, change) in self.changes.iter().enumerate() {
            let apart = if n == 0 { "" } else { " " };
            write!(f, "{apart}{},", Time(change))?;
            match change.limit {
                None => f.write_str("off")?,
                Some(bytes) if bytes % 1_000_000 == 0 => write!(f, "{}M", bytes / 1_000_000)?,
                Some(bytes) if bytes % 1000 == 0 => write!(f, "{}k", bytes / 1000)?,
                Some(bytes) => write!(f, "{bytes}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(day: Weekday, hour: u16, minute: u16) -> Moment {
        Moment { day, minute: hour * 60 + minute }
    }

    fn schedule(text: &str) -> Schedule {
        text.parse().expect(text)
    }

    #[test]
    fn a_limit_counts_from_its_time_to_the_next_one_over_midnight_too() {
        let evenings = schedule("08:00,512k 23:00,off");
        let says = |hour, minute| evenings.at(moment(Weekday::Wed, hour, minute)).expect("it says something");
        assert_eq!(says(8, 0), Ruling { limit: Some(512_000), changes_in: Some(15 * 60) });
        assert_eq!(says(22, 59), Ruling { limit: Some(512_000), changes_in: Some(1) });
        assert_eq!(says(23, 0), Ruling { limit: None, changes_in: Some(9 * 60) });
        assert_eq!(says(7, 59), Ruling { limit: None, changes_in: Some(1) });
        let sunday = evenings.at(moment(Weekday::Sun, 23, 30));
        assert_eq!(sunday, Some(Ruling { limit: None, changes_in: Some(8 * 60 + 30) }), "into the next week");
        assert_eq!(
            schedule("12:00,1M").at(moment(Weekday::Mon, 0, 0)),
            Some(Ruling { limit: Some(1_000_000), changes_in: None })
        );
        assert_eq!(schedule("none").at(moment(Weekday::Mon, 0, 0)), None);
    }

    #[test]
    fn what_is_said_of_fewer_days_counts_first_wherever_it_stands() {
        for text in ["08:00,1M Sat-Sun-08:00,off Sun-08:00,2M", "Sun-08:00,2M Sat-Sun-08:00,off 08:00,1M"] {
            let weekend = schedule(text);
            let says = |day| weekend.at(moment(day, 9, 0)).expect("it says something");
            assert_eq!(
                says(Weekday::Fri),
                Ruling { limit: Some(1_000_000), changes_in: Some(23 * 60) },
                "{text}"
            );
            assert_eq!(says(Weekday::Sat).limit, None, "{text}");
            assert_eq!(says(Weekday::Sun).limit, Some(2_000_000), "{text}");
            assert_eq!(
                says(Weekday::Mon),
                Ruling { limit: Some(1_000_000), changes_in: Some(4 * 1440 + 23 * 60) }
            );
        }
        let night = schedule("Fri-Mon-22:00,off Tue-06:00,100k");
        assert_eq!(
            night.at(moment(Weekday::Mon, 23, 0)).map(|r| r.limit),
            Some(None),
            "a range may end in the next week"
        );
        assert_eq!(night.at(moment(Weekday::Thu, 23, 0)).map(|r| r.limit), Some(Some(100_000)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_a_sentence() {
        for bad in [
            "8",
            "08:00",
            "24:00,1M",
            "08:60,1M",
            "08:00,0",
            "08:00,much",
            "Someday-08:00,1M",
            "Mon-Tue-Wed-08:00,1M",
            "+8:00,1M",
            "008:00,1M",
            "08:00,1M 8:00,2M",
        ] {
            let why = bad.parse::<Schedule>().expect_err(bad);
            assert!(why.contains(' '), "{bad}: {why}");
        }
        let many: Vec<_> = (0..=MAX_CHANGES).map(|n| format!("00:{n:02},1M")).collect();
        assert!(many.join(" ").parse::<Schedule>().is_err());
        assert!(many[1..].join(" ").parse::<Schedule>().is_ok());
        assert_eq!(schedule("  "), Schedule::default());
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let days = prop_oneof![
            Just(Days::Every),
            (0..7usize, 0..7usize).prop_map(|(a, b)| Days::Some(WEEKDAYS[a], WEEKDAYS[b]))
        ];
        let limit =
            prop::option::of(prop_oneof![Just(1u64), 1..5_000_000u64, (1..900u64).prop_map(|n| n * 1000)]);
        let change = (days, 0..DAY, limit).prop_map(|(days, minute, limit)| Change { days, minute, limit });
        prop::collection::vec(change, 0..8).prop_map(|mut changes: Vec<Change>| {
            let mut seen: Vec<Change> = Vec::new();
            changes.retain(|c| {
                let is_new = !seen.iter().any(|s| s.days == c.days && s.minute == c.minute);
                seen.push(*c);
                is_new
            });
            Schedule { changes }
        })
    }

    /// The limit at a minute, minute by minute from the beginning of the week before.
    fn slowly(schedule: &Schedule, now: Moment) -> Option<Option<u64>> {
        let mut said = None;
        for minute in 0..=WEEK + now.of_week() {
            let (day, minute) = (WEEKDAYS[usize::from(minute / DAY % 7)], minute % DAY);
            let due = schedule.changes.iter().filter(|c| c.minute == minute && c.days.has(day));
            // Of equally many days the one that was written last.
            if let Some(change) = due.rev().min_by_key(|c| c.days.count()) {
                said = Some(change.limit);
            }
        }
        said
    }

    proptest! {
        #[test]
        fn it_is_written_as_it_is_read(schedule in any_schedule()) {
            prop_assert_eq!(schedule.to_string().parse::<Schedule>().expect("its own text"), schedule);
        }

        #[test]
        fn it_says_what_going_through_the_week_says(schedule in any_schedule(), day in 0..7usize, minute in 0..DAY) {
            let now = Moment { day: WEEKDAYS[day], minute };
            let ruling = schedule.at(now);
            prop_assert_eq!(ruling.map(|r| r.limit), slowly(&schedule, now));
            if let Some(Ruling { limit, changes_in: Some(minutes) }) = ruling {
                prop_assert_ne!(schedule.at(now.later(minutes)).map(|r| r.limit), Some(limit));
                prop_assert_eq!(schedule.at(now.later(minutes - 1)).map(|r| r.limit), Some(limit));
            }
        }
    }
}
