//! What replicas of the tracker must know of each other: the six seams.
//!
//! One tracker keeps all of this in its own memory. Several behind one border must share it, and only it: everything
//! else is in the database. Each file here is one seam: a small trait, what crosses it, and the form in memory. Nothing
//! in this folder knows of the database, of HTTP or of [`crate::app`].
//!
//! | seam | carries | when the shared place is [`Away`] |
//! |---|---|---|
//! | [`presence`] | who is online with what | an announce is refused and comes again; sources are the stored files only |
//! | [`budget`] | how many requests a caller has left | open: the request is let in |
//! | [`events`] | what changed | what was posted is lost to listeners, whose streams end: they read the lists again |
//! | [`backoff`] | wrong passwords | closed: nobody signs in, as guesses would be free |
//! | [`stores`] | the seeds' words about their stores | a seed's word is refused and comes again; a new game gets the seed that was heard of last |
//! | [`wake`] | that there may be a job | open: seeds look once a second by themselves |
//!
//! The rules that let another form take the place of memory: calls are asynchronous, what is given out is owned by who
//! asked, whatever expires does so by a time that is passed in, every call can fail, and the table above says what
//! happens then. `MemoryX` forms never fail. [`redis`] has the other form.

pub mod backoff;
pub mod budget;
pub mod events;
pub mod network;
pub mod presence;
pub mod redis;
pub mod stores;
pub mod wake;

use std::sync::Arc;

use mist_proto::UnixMillis;

use self::{
    backoff::{MemorySignInBackoff, SignInBackoff},
    budget::{MemoryBudget, RequestBudget},
    events::{Events, MemoryEvents},
    presence::{MemoryPresence, Presence},
    stores::{MemoryStores, Stores},
    wake::{JobsWake, MemoryWake},
};

/// The place where replicas share things does not answer.
#[derive(Debug, thiserror::Error)]
#[error("what replicas share is out of reach: {0}")]
pub struct Away(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The six, as one tracker uses them.
#[derive(Clone)]
pub struct Seams {
    /// Who is online.
    pub presence: Arc<dyn Presence>,
    /// How many requests callers have left.
    pub budget: Arc<dyn RequestBudget>,
    /// What changed.
    pub events: Arc<dyn Events>,
    /// Who guesses passwords.
    pub backoff: Arc<dyn SignInBackoff>,
    /// What the seeds say of their stores.
    pub stores: Arc<dyn Stores>,
    /// Wakes seeds that wait for a job.
    pub wake: Arc<dyn JobsWake>,
}

impl Seams {
    /// All of them in this process's memory. `now` tells the events of this process from those of an earlier one.
    pub fn in_memory(now: UnixMillis) -> Self {
        Self {
            presence: Arc::new(MemoryPresence::default()),
            budget: Arc::new(MemoryBudget::default()),
            events: Arc::new(MemoryEvents::new(now)),
            backoff: Arc::new(MemorySignInBackoff::default()),
            stores: Arc::new(MemoryStores::default()),
            wake: Arc::new(MemoryWake::default()),
        }
    }
}
