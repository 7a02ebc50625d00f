//! Which limits count now.

mod schedule;

use mist_peer::RateLimits;
use mist_proto::UnixMillis;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::schedule::{Moment, Ruling, Schedule, Weekday};
use crate::settings::Settings;

const MINUTE: i64 = 60_000;

/// One direction's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LimitNow {
    /// Bytes a second, if they are limited.
    pub limit: Option<u64>,
    /// When it becomes another one, if a schedule says so.
    #[ts(type = "number | null")]
    pub until: Option<UnixMillis>,
    /// Whether it counts because a game runs, and as long as one does.
    pub playing: bool,
}

/// Both limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LimitsNow {
    /// On what is sent to others.
    pub up: LimitNow,
    /// On what is received.
    pub down: LimitNow,
}

impl LimitsNow {
    /// Those of the moment on the clock of the house, which is the time `now`. A schedule wins over a limit for all times; while
    /// a game runs what is less counts.
    pub(crate) fn of(settings: &Settings, moment: Moment, now: UnixMillis, playing: bool) -> Self {
        let one = |always: Option<u64>, schedule: &Schedule, in_games: Option<u64>| {
            let usual = match schedule.at(moment) {
                None => LimitNow { limit: always, until: None, playing: false },
                Some(Ruling { limit, changes_in }) => {
                    let minute = now.0 - now.0.rem_euclid(MINUTE);
                    let until = changes_in.map(|minutes| UnixMillis(minute + i64::from(minutes) * MINUTE));
                    LimitNow { limit, until, playing: false }
                }
            };
            match in_games.filter(|less| playing && usual.limit.is_none_or(|usual| *less < usual)) {
                None => usual,
                less => LimitNow { limit: less, until: None, playing: true },
            }
        };
        Self {
            up: one(settings.up, &settings.up_schedule, settings.up_playing),
            down: one(settings.down, &settings.down_schedule, settings.down_playing),
        }
    }

    pub(crate) fn rates(self, limit_lan: bool) -> RateLimits {
        RateLimits { up: self.up.limit, down: self.down.limit, limit_lan }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_wins_and_says_until_when() {
        let settings = Settings {
            up: Some(7),
            down: Some(9),
            up_schedule: "08:00,512k 23:00,off".parse().expect("sound"),
            ..Settings::default()
        };
        // 20:15:42 by the clock of the house.
        let now = UnixMillis(1_800_000_000_000 / MINUTE * MINUTE + 42_000);
        let moment = Moment { day: Weekday::Fri, minute: 20 * 60 + 15 };
        let limits = LimitsNow::of(&settings, moment, now, true);
        let until = UnixMillis(now.0 - 42_000 + 165 * MINUTE);
        assert_eq!(limits.up, LimitNow { limit: Some(512_000), until: Some(until), playing: false });
        assert_eq!(limits.down, LimitNow { limit: Some(9), until: None, playing: false });
        assert_eq!(limits.rates(true), RateLimits { up: Some(512_000), down: Some(9), limit_lan: true });
    }

    #[test]
    fn while_a_game_runs_what_is_less_counts() {
        let settings =
            Settings { down: Some(9), up_playing: Some(5), down_playing: Some(10), ..Settings::default() };
        let moment = Moment { day: Weekday::Fri, minute: 0 };
        let of = |settings: &Settings, playing| LimitsNow::of(settings, moment, UnixMillis(0), playing);
        let limits = of(&settings, true);
        assert_eq!(limits.up, LimitNow { limit: Some(5), until: None, playing: true });
        assert_eq!(
            limits.down,
            LimitNow { limit: Some(9), until: None, playing: false },
            "it is less already"
        );
        assert_eq!(of(&settings, false).up.limit, None, "nothing runs");
        let scheduled = Settings { up_schedule: "08:00,4 23:00,off".parse().expect("sound"), ..settings };
        assert_eq!(
            of(&scheduled, true).up.limit,
            Some(5),
            "the schedule says that there is no limit at midnight"
        );
    }
}
