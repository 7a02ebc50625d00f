//! The machine's clock, read at the edges only: whatever decides takes the time as a parameter.

use std::time::SystemTime;

use mist_proto::UnixMillis;

/// The time now.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}
