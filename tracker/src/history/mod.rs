//! What was, over time: sums of what friends received, and the most that was online and in the stores, by minute, hour and day.
//!
//! Bytes are counted in the transaction that takes a friend's report, in a row of each resolution; a report that comes again
//! adds nothing. Peaks are written once a minute, by whoever of the trackers comes first. So nothing has to be rolled up
//! later, and a restart or a second tracker counts nothing twice.

pub mod handlers;
pub mod moved;
pub mod peaks;
mod read;
pub mod rollup;

use std::sync::Arc;

use mist_proto::{UnixMillis, http::Resolution};

use crate::{
    db::{self, DbError, Tx},
    records::Records,
    shared::{presence::Presence, stores::Stores},
};

/// What looking back, and noting how things are, takes.
#[derive(Clone)]
pub struct LookingBack {
    pub(crate) records: Records,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) stores: Arc<dyn Stores>,
    /// Days for which daily figures are kept.
    pub(crate) days: u32,
}

/// Forgets what is older than is kept; by the day, that is so many days.
///
/// # Errors
/// [`DbError`].
pub async fn forget_old(tx: &mut Tx, now: UnixMillis, days: u32) -> Result<(), DbError> {
    for resolution in Resolution::ALL {
        db::history::purge(tx, &rollup::Point::first_kept(resolution, days, now)).await?;
    }
    Ok(())
}
