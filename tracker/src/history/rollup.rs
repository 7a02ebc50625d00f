//! Which points of time there are, how long each is kept, and how rows become series. Pure.

use std::{collections::BTreeMap, time::Duration};

use mist_proto::{
    UnixMillis,
    http::{MAX_SERIES, Others, Resolution, Series},
};

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// Milliseconds for which points of this resolution are kept, if those of days are for so many days.
pub fn kept(resolution: Resolution, days: u32) -> i64 {
    let all = i64::from(days).saturating_mul(DAY);
    match resolution {
        Resolution::Minute => 2 * HOUR,
        Resolution::Hour => all.min(14 * DAY),
        Resolution::Day => all,
    }
}

/// A minute, an hour or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Which of them.
    pub resolution: Resolution,
    /// When it begins.
    pub begins: UnixMillis,
}

impl Point {
    /// The one that this moment is in.
    pub fn at(resolution: Resolution, moment: UnixMillis) -> Self {
        Self { resolution, begins: UnixMillis(begin(resolution, moment.0)) }
    }

    /// The minute, the hour and the day that this moment is in.
    pub fn all_at(moment: UnixMillis) -> [Self; 3] {
        Resolution::ALL.map(|resolution| Self::at(resolution, moment))
    }

    /// The first one that is still kept.
    pub fn first_kept(resolution: Resolution, days: u32, now: UnixMillis) -> Self {
        Self::at(resolution, now.plus_millis(-kept(resolution, days)))
    }
}

fn begin(resolution: Resolution, moment: i64) -> i64 {
    moment.saturating_sub(moment.rem_euclid(resolution.step()))
}

/// How long it is until the next minute begins.
pub fn until_next_minute(now: UnixMillis) -> Duration {
    let step = Resolution::Minute.step();
    Duration::from_millis((step - now.0.rem_euclid(step)).unsigned_abs())
}

/// Points that follow each other; at least one, and no more than are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// How long each is.
    pub resolution: Resolution,
    /// When the first one begins.
    pub since: UnixMillis,
    /// How many they are.
    pub points: usize,
}

impl Range {
    /// The points from `since` up to `until`, as far as they are kept and have begun. None if there is none.
    pub fn asked(
        resolution: Resolution,
        days: u32,
        since: Option<i64>,
        until: Option<i64>,
        now: UnixMillis,
    ) -> Option<Self> {
        let first = Point::first_kept(resolution, days, now).begins.0;
        let since = since.map_or(first, |since| begin(resolution, since.max(first)));
        // A point that has begun is among them.
        let until = until.unwrap_or(i64::MAX).min(now.0.saturating_add(1));
        let millis = until.saturating_sub(since);
        if millis <= 0 {
            return None;
        }
        let step = resolution.step();
        let points = usize::try_from((millis - 1) / step + 1).ok()?;
        Some(Self { resolution, since: UnixMillis(since), points })
    }

    /// When the last point ends.
    pub fn ends(&self) -> UnixMillis {
        let points = i64::try_from(self.points).unwrap_or(i64::MAX);
        self.since.plus_millis(points.saturating_mul(self.resolution.step()))
    }

    fn place(&self, begins: UnixMillis) -> Option<usize> {
        let place = begins.since(self.since).div_euclid(self.resolution.step());
        usize::try_from(place).ok().filter(|place| *place < self.points)
    }
}

/// What stood in a row: whose it is, when its point begins, and how much.
pub struct Value {
    /// Of which series.
    pub name: String,
    /// When its point begins.
    pub begins: UnixMillis,
    /// How much.
    pub value: u64,
}

/// The rows as series, by name. `unknown` stands where there is no row.
pub fn series(range: &Range, rows: impl IntoIterator<Item = Value>, unknown: Option<u64>) -> Vec<Series> {
    let mut all: BTreeMap<String, Vec<Option<u64>>> = BTreeMap::new();
    for Value { name, begins, value } in rows {
        let Some(place) = range.place(begins) else { continue };
        let values = all.entry(name).or_insert_with(|| vec![unknown; range.points]);
        values[place] = Some(values[place].unwrap_or(0).saturating_add(value));
    }
    all.into_iter().map(|(name, values)| Series { name, values }).collect()
}

/// The largest ones, from the largest on, and the sum of the others.
pub fn largest(mut all: Vec<Series>) -> (Vec<Series>, Option<Others>) {
    let total = |s: &Series| s.values.iter().flatten().fold(0u64, |sum, value| sum.saturating_add(*value));
    all.sort_by_cached_key(|s| (std::cmp::Reverse(total(s)), s.name.clone()));
    let rest = all.split_off(all.len().min(MAX_SERIES));
    let Some(points) = rest.first().map(|s| s.values.len()) else { return (all, None) };
    let mut values = vec![0u64; points];
    for one in &rest {
        for (sum, value) in values.iter_mut().zip(&one.values) {
            *sum = sum.saturating_add(value.unwrap_or(0));
        }
    }
    (all, Some(Others { count: rest.len() as u64, values }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_123_456);
    const YEARS: u32 = 730;

    #[test]
    fn a_range_is_as_long_as_what_is_kept_at_most() {
        for (resolution, most) in [(Resolution::Minute, 121), (Resolution::Hour, 337), (Resolution::Day, 731)]
        {
            let all = Range::asked(resolution, YEARS, None, None, NOW).expect("points");
            assert_eq!(all.points, most, "{resolution:?}");
            assert!(all.ends() > NOW && all.ends().since(NOW) <= resolution.step());
            let wider = Range::asked(resolution, YEARS, Some(i64::MIN), Some(i64::MAX), NOW);
            assert_eq!(wider, Some(all), "what is not kept, and what is to come, is no part of it");
            let last = Range::asked(resolution, YEARS, Some(NOW.0), None, NOW).expect("a point");
            assert_eq!(last.points, 1, "the one that is not over");
            assert_eq!(
                Range::asked(resolution, YEARS, Some(NOW.0 + 1), None, NOW),
                Some(last),
                "in the same point"
            );
        }
        let week = |resolution| Range::asked(resolution, 7, None, None, NOW).expect("points").points;
        assert_eq!(Resolution::ALL.map(week), [121, 169, 8], "hours are kept no longer than days");
        let none = |since, until| Range::asked(Resolution::Hour, YEARS, since, until, NOW);
        assert_eq!(none(Some(NOW.0 + HOUR), None), None);
        assert_eq!(none(None, Some(0)), None);
        assert_eq!(none(Some(NOW.0), Some(NOW.0 - HOUR)), None);
    }

    #[test]
    fn what_nobody_saw_is_unknown_and_what_nobody_moved_is_nothing() {
        let range = Range::asked(Resolution::Hour, YEARS, Some(NOW.0 - 2 * HOUR), None, NOW).expect("points");
        let row = |name: &str, back: i64, value| Value {
            name: name.into(),
            begins: Point::at(Resolution::Hour, NOW.plus_millis(-back * HOUR)).begins,
            value,
        };
        let rows = || [row("b", 0, 3), row("a", 1, 5), row("a", 9, 7)];
        let named =
            |name: &str, values: [Option<u64>; 3]| Series { name: name.into(), values: values.into() };
        let known = [named("a", [Some(0), Some(5), Some(0)]), named("b", [Some(0), Some(0), Some(3)])];
        assert_eq!(series(&range, rows(), Some(0)), known);
        let seen = [named("a", [None, Some(5), None]), named("b", [None, None, Some(3)])];
        assert_eq!(series(&range, rows(), None), seen);
    }

    #[test]
    fn the_small_ones_are_one_sum() {
        let many =
            (0..MAX_SERIES as u64 + 3).map(|n| Series { name: format!("g{n}"), values: vec![Some(n), None] });
        let (told, others) = largest(many.collect());
        assert_eq!((told.len(), told[0].name.as_str()), (MAX_SERIES, "g26"));
        assert_eq!(others, Some(Others { count: 3, values: vec![3, 0] }), "0, 1 and 2");
        assert_eq!(largest(told.clone()), (told, None));
    }

    proptest! {
        /// Whatever happens, what stands by minute, by hour and by day is the same in all.
        #[test]
        fn the_resolutions_have_the_same_sum(events in prop::collection::vec((0..HOUR, 0u64..1000), 0..40)) {
            for resolution in Resolution::ALL {
                let range = Range::asked(resolution, YEARS, None, None, NOW).expect("points");
                let rows = events.iter().map(|(back, value)| Value {
                    name: String::new(),
                    begins: Point::at(resolution, NOW.plus_millis(-back)).begins,
                    value: *value,
                });
                let sum: u64 = series(&range, rows, Some(0)).iter().flat_map(|s| &s.values).flatten().sum();
                prop_assert_eq!(sum, events.iter().map(|(_, value)| value).sum::<u64>());
            }
        }
    }
}
