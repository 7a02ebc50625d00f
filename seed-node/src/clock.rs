//! The one place that asks for the time of day.

use std::time::SystemTime;

use mist_proto::UnixMillis;

/// Now; tokens are checked against it.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}
