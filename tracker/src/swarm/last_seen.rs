//! When devices were last heard of, on its way to the database.
//!
//! A peer announces itself every 20 seconds and `devices.last_seen` is for people who read a list of devices: so it
//! moves by steps of ten minutes, and housekeeping writes what came together in one transaction. What a process that
//! dies had not written yet is written after the next announce.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mist_proto::{UnixMillis, ids::PeerName};

use crate::{
    db::{self, DbError},
    records::Records,
};

/// What was written less than this long ago is recent enough.
const STEP_MILLIS: i64 = 10 * 60 * 1000;
/// Devices that wait to be written; what is beyond waits for its next announce.
const MAX_WAITING: usize = 131_072;

/// What waits to be written.
#[derive(Debug, Default)]
pub struct LastSeen(Mutex<HashMap<PeerName, UnixMillis>>);

impl LastSeen {
    /// Takes note of a sign of life of a device of which the database says that it was last heard of at `written`.
    pub fn note(&self, peer: &PeerName, written: UnixMillis, now: UnixMillis) {
        if now.since(written) < STEP_MILLIS {
            return;
        }
        // An insert is one change: there is no half-written table.
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.insert(peer.clone(), now);
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// [`DbError`]; then it waits for the next announce of each.
    pub async fn write(&self, records: &Records) -> Result<(), DbError> {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = records.write().await?;
        for (peer, at) in &waiting {
            db::devices::seen(&mut tx, peer, *at).await?;
        }
        tx.commit().await
    }
}
