//! What every operation stands on: the database, and the time and randomness of what is written to it.

use std::sync::Arc;

use mist_proto::UnixMillis;

use crate::{
    clock::{Clock, Entropy, Mint},
    db::{Db, DbError, Tx},
    recent::Moment,
};

/// How long what was read counts, in milliseconds: where nobody else writes, and where replicas do.
const LASTS: (i64, i64) = (2000, 1000);

/// The database with a clock and a source of randomness.
#[derive(Clone)]
pub struct Records {
    /// The database.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Whether no other process writes to the database while this one serves.
    pub is_alone: bool,
}

impl Records {
    /// Begins a transaction that only reads.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn read(&self) -> Result<Tx, DbError> {
        self.db.read().await
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn write(&self) -> Result<Tx, DbError> {
        self.db.write().await
    }

    /// Now, for what is read and kept for a while.
    pub fn moment(&self) -> Moment {
        let lasts = if self.is_alone { LASTS.0 } else { LASTS.1 };
        Moment { version: self.db.version(), now: self.now(), lasts }
    }

    /// The time now.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Makes ids and secrets.
    pub fn mint(&self) -> Mint<'_> {
        Mint { now: self.now(), entropy: &*self.entropy }
    }
}
