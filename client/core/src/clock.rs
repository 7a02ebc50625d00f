//! The machine's clocks, read at the edges only: whatever decides takes the time as a parameter.

use std::time::SystemTime;

use jiff::{Timestamp, tz::TimeZone};
use mist_proto::UnixMillis;

use crate::limits::{Moment, Weekday};

/// The time now.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}

/// A date and time in the system's time zone, e.g. `Fri 2026-12-04 20:00`.
pub fn date_of(time: UnixMillis) -> String {
    let there = Timestamp::from_millisecond(time.0).unwrap_or_default().to_zoned_datetime(TimeZone::system());
    there.strftime("%a %Y-%m-%d %H:%M").to_string()
}

/// A time on the clock of the house, as the system's time zone has it.
pub fn moment_of(time: UnixMillis) -> Moment {
    let there = Timestamp::from_millisecond(time.0).unwrap_or_default().to_zoned_datetime(TimeZone::system());
    let day = match there.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Mon,
        jiff::civil::Weekday::Tuesday => Weekday::Tue,
        jiff::civil::Weekday::Wednesday => Weekday::Wed,
        jiff::civil::Weekday::Thursday => Weekday::Thu,
        jiff::civil::Weekday::Friday => Weekday::Fri,
        jiff::civil::Weekday::Saturday => Weekday::Sat,
        jiff::civil::Weekday::Sunday => Weekday::Sun,
    };
    let minute = i16::from(there.hour()) * 60 + i16::from(there.minute());
    Moment { day, minute: u16::try_from(minute).unwrap_or_default() }
}
