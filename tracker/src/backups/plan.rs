//! When a backup is due, what it is called, and which old ones go. Pure: what is there and the time are parameters.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use mist_proto::UnixMillis;

const HOUR_MILLIS: i64 = 60 * 60 * 1000;
const NAME: &str = "mist-%Y-%m-%dT%H%M%SZ.zst";

/// What is to be kept where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Hours from one to the next; at least 1.
    pub hours: u32,
    /// How many are kept; at least 1.
    pub keep: usize,
}

impl Rule {
    /// Whether one is to be made now. A newest one of the future, by a clock that was set back, counts for nothing.
    pub fn is_due(&self, newest: Option<UnixMillis>, now: UnixMillis) -> bool {
        let every = i64::from(self.hours) * HOUR_MILLIS;
        newest.is_none_or(|at| now.since(at) >= every || now.since(at) < 0)
    }

    /// Whether one should have been made long ago: two more were due since, or the server has run for that long without any.
    pub fn is_late(&self, newest: Option<UnixMillis>, started: UnixMillis, now: UnixMillis) -> bool {
        let since =
            newest.map_or(started, |at| at.max(started.plus_millis(-i64::from(self.hours) * HOUR_MILLIS)));
        now.since(since) >= 3 * i64::from(self.hours) * HOUR_MILLIS
    }

    /// Which of these go: all but the newest.
    pub fn to_remove<'a>(&self, names: &'a [String]) -> Vec<&'a str> {
        let mut ours: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| time_of(name).is_some()).collect();
        // Their order is that of their times.
        ours.sort_unstable();
        ours.truncate(ours.len().saturating_sub(self.keep));
        ours
    }
}

/// What a backup of that time is called.
pub fn name_of(at: UnixMillis) -> String {
    // Beyond the times that a calendar has, which no clock shows, all are called alike.
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    TimeZone::UTC.to_datetime(at).strftime(NAME).to_string()
}

/// When a backup of that name was made; none for what is no backup of ours.
pub fn time_of(name: &str) -> Option<UnixMillis> {
    let at = TimeZone::UTC.to_timestamp(DateTime::strptime(NAME, name).ok()?).ok()?;
    let at = UnixMillis(at.as_millisecond());
    (name_of(at) == name).then_some(at)
}

/// When the newest of these was made.
pub fn newest(names: &[String]) -> Option<UnixMillis> {
    names.iter().filter_map(|name| time_of(name)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { hours: 24, keep: 2 };
    /// 30 November 2026, 04:40 and 12 s.
    const NOW: UnixMillis = UnixMillis(1_796_013_612_000);

    #[test]
    fn names_say_when_and_sort_by_it() {
        assert_eq!(name_of(NOW), "mist-2026-11-30T044012Z.zst");
        assert_eq!(time_of(&name_of(NOW)), Some(NOW));
        let mut names: Vec<String> = (0..500).map(|n| name_of(NOW.plus_millis(n * 7_654_321))).collect();
        let in_time = names.clone();
        names.sort();
        assert_eq!(names, in_time);
        for other in [
            "mist-2026-11-30.zst",
            "mist-2026-11-30T044012Z.zst.part",
            "mist-2026-13-30T044012Z.zst",
            "x",
            "",
        ] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }

    #[test]
    fn one_is_due_by_the_age_of_the_newest() {
        let ago = |hours: i64| Some(NOW.plus_millis(-hours * HOUR_MILLIS));
        assert!(RULE.is_due(None, NOW) && RULE.is_due(ago(24), NOW) && !RULE.is_due(ago(23), NOW));
        assert!(RULE.is_due(ago(-1), NOW), "a clock that was set back");
        let started = |hours: i64| NOW.plus_millis(-hours * HOUR_MILLIS);
        assert!(!RULE.is_late(ago(71), started(500), NOW) && RULE.is_late(ago(72), started(500), NOW));
        assert!(!RULE.is_late(None, started(71), NOW) && RULE.is_late(None, started(72), NOW));
        assert!(
            !RULE.is_late(ago(900), started(1), NOW),
            "a server that was switched off for long gets its time"
        );
    }

    #[test]
    fn the_newest_stay_and_nothing_else_is_touched() {
        let day = |n: i64| name_of(NOW.plus_millis(n * 24 * HOUR_MILLIS));
        let names = [day(3), "mist.zst".into(), day(1), "notes.txt".into(), day(2), day(0)];
        assert_eq!(RULE.to_remove(&names), [day(0), day(1)]);
        assert_eq!(RULE.to_remove(&names[..3]), Vec::<&str>::new());
        assert_eq!(newest(&names), Some(NOW.plus_millis(3 * 24 * HOUR_MILLIS)));
    }
}
