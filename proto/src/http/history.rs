//! What was, over time: `GET /history` (admin), the portal's page and `tracker history`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::UnixMillis;

/// Series of one answer at most; the smaller ones are one sum.
pub const MAX_SERIES: usize = 24;

/// How long one point of a series lasts. Hours and days begin as they do in UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// A minute; kept for 2 hours.
    Minute,
    /// An hour; kept for 14 days.
    #[default]
    Hour,
    /// A day; kept for 2 years, or as the setting `history_days` says.
    Day,
}

impl Resolution {
    /// All of them, the finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Milliseconds of one point.
    pub fn step(self) -> i64 {
        match self {
            Self::Minute => 60 * 1000,
            Self::Hour => 60 * 60 * 1000,
            Self::Day => 24 * 60 * 60 * 1000,
        }
    }
}

/// What is told, and what its series are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HistoryBy {
    /// Bytes of content that friends received, by the class of source.
    #[default]
    Source,
    /// The same by game.
    Game,
    /// The same by the account that received.
    Friend,
    /// The most friends' programs, and the most seeds, that were online at once.
    Online,
    /// The most bytes that each seed's store took.
    Store,
}

impl HistoryBy {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Source, Self::Game, Self::Friend, Self::Online, Self::Store];

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Game => "game",
            Self::Friend => "friend",
            Self::Online => "online",
            Self::Store => "store",
        }
    }
}

/// A word that is none of those that may stand here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is one of {0}")]
pub struct NoneOf(String);

fn one_of<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, typed: &str) -> Result<T, NoneOf> {
    let names = || NoneOf(all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", "));
    all.iter().copied().find(|one| word(*one) == typed).ok_or_else(names)
}

impl FromStr for Resolution {
    type Err = NoneOf;
    fn from_str(typed: &str) -> Result<Self, NoneOf> {
        one_of(&Self::ALL, Self::as_str, typed)
    }
}

impl FromStr for HistoryBy {
    type Err = NoneOf;
    fn from_str(typed: &str) -> Result<Self, NoneOf> {
        one_of(&Self::ALL, Self::as_str, typed)
    }
}

/// Query of `GET /history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// What is told.
    #[serde(default)]
    #[param(inline)]
    pub by: HistoryBy,
    /// How long one point lasts.
    #[serde(default)]
    #[param(inline)]
    pub resolution: Resolution,
    /// From then on, in milliseconds since 1970; as far back as is kept, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Up to then; up to now, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

// Without pages: a series is as long as what is kept, and there are few.
/// `GET /history`: series of points that follow each other without a gap. The last point may not be over yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct History {
    /// What is told.
    pub by: HistoryBy,
    /// How long one point lasts.
    pub resolution: Resolution,
    /// When the first point begins.
    pub since: UnixMillis,
    /// Milliseconds of one point.
    pub step: i64,
    /// Milliseconds for which points of this resolution are kept.
    #[serde(default)]
    pub kept: i64,
    /// Points of each series.
    pub points: u64,
    /// At most 24. By source in the order of preference, online friends before seeds, and all others from the largest to the
    /// smallest; who is of none in this time is left out.
    pub series: Vec<Series>,
    /// The sum of those that are smaller than each in `series`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<Others>,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Series {
    /// A class of source, a game's slug, an account, `friends` or `seeds`, or a seed.
    pub name: String,
    /// One for each point. None where nobody looked, because the server did not run; bytes that were moved are 0 then.
    pub values: Vec<Option<u64>>,
}

/// What is not told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Others {
    /// How many they are.
    pub count: u64,
    /// Their sum, one for each point.
    pub values: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for by in HistoryBy::ALL {
            assert_eq!(by.as_str().parse(), Ok(by));
            assert_eq!(serde_json::to_string(&by).expect("JSON"), format!("{:?}", by.as_str()));
        }
        for resolution in Resolution::ALL {
            assert_eq!(resolution.as_str().parse(), Ok(resolution));
            assert_eq!(
                serde_json::to_string(&resolution).expect("JSON"),
                format!("{:?}", resolution.as_str())
            );
        }
        let wrong = "week".parse::<Resolution>().expect_err("no resolution");
        assert_eq!(wrong.to_string(), "it is one of minute, hour, day");
    }
}
