//! The machine's clock, read at the edges only: whatever decides takes the time as a parameter.

use std::time::{SystemTime, UNIX_EPOCH};

use mist_proto::UnixMillis;

/// The time now. A clock before 1970 counts as 1970.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
