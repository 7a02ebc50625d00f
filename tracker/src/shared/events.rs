//! The seam that carries what changed from whoever changed it to whoever listens.
//!
//! A log with a bounded tail, read by place: each event has an id, and a listener asks for what came after the last one
//! that it has. So a listener that was cut off goes on without a gap, at whatever replica, as long as the tail reaches
//! back far enough; if it does not, it is told so and reads the lists again. Events are hints to look, never the only
//! news of a change.

use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use mist_proto::{Slug, UnixMillis, http::Event};
use tokio::sync::watch;

use super::Away;

/// Events that are kept for listeners who were cut off; each has a few hundred bytes, a failed job's some thousand.
pub(super) const TAIL: usize = 1024;
/// Events that are given out at once.
pub(super) const BATCH: usize = 64;

/// Whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Admins.
    Admins,
    /// Whoever may see the game.
    Viewers(Slug),
    /// Everybody who is signed in.
    Everyone,
}

/// Events of a transaction, to be posted once it is committed.
#[derive(Debug, Default)]
pub struct Pending(Vec<(Audience, Event)>);

impl Pending {
    /// Keeps an event for later.
    pub fn add(&mut self, audience: Audience, event: Event) {
        self.0.push((audience, event));
    }

    /// What kinds of events they are, oldest first.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(_, event)| match event {
            Event::Job { .. } => "job",
            Event::Build { .. } => "build",
            Event::Live { .. } => "live",
            Event::Game { .. } => "game",
            Event::Removed { .. } => "removed",
            Event::Changed { .. } => "changed",
            Event::Missed => "missed",
        })
    }

    /// The events, oldest first.
    pub(super) fn into_events(self) -> Vec<(Audience, Event)> {
        self.0
    }
}

/// The place of an event in the log: two numbers with a dash in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// When the log began, or the event was posted.
    pub millis: u64,
    /// Number of the event since.
    pub number: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

/// The text is no [`EventId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an event")]
pub struct NoEventId;

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(s: &str) -> Result<Self, NoEventId> {
        let (millis, number) = s.split_once('-').ok_or(NoEventId)?;
        let part = |s: &str| s.parse().map_err(|_| NoEventId);
        Ok(Self { millis: part(millis)?, number: part(number)? })
    }
}

/// An event in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its place.
    pub id: EventId,
    /// Whom it concerns.
    pub audience: Audience,
    /// What changed.
    pub event: Event,
}

/// What a listener missed since a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// These events, oldest first. None if nothing came for a while: ask again.
    Events(Vec<Posted>),
    /// Nobody knows: the place is not in the tail any more, or in another log. Go on after this one.
    Gap(EventId),
}

/// The log.
#[async_trait]
pub trait Events: Send + Sync {
    /// Appends events and tells whoever listens.
    ///
    /// # Errors
    /// [`Away`]; then listeners do not hear of these.
    async fn post(&self, events: Pending) -> Result<(), Away>;

    /// The place of the latest event: whoever begins to listen begins here.
    ///
    /// # Errors
    /// [`Away`].
    async fn latest(&self) -> Result<EventId, Away>;

    /// What came after `last`; waits until something does. May be dropped and asked again: it takes nothing away.
    ///
    /// # Errors
    /// [`Away`].
    async fn after(&self, last: EventId) -> Result<Missed, Away>;
}

/// Posts what a committed transaction changed. A change that nobody hears of now is found by whoever reads the lists.
pub async fn post(events: &dyn Events, pending: Pending) {
    if pending.0.is_empty() {
        return;
    }
    if let Err(e) = events.post(pending).await {
        tracing::warn!(error = %e, "listeners were not told of a change");
    }
}

/// Posts one event that waits for nothing.
pub async fn post_one(events: &dyn Events, audience: Audience, event: Event) {
    post(events, Pending(vec![(audience, event)])).await;
}

/// Keeps the log in this process's memory. It begins anew with each process.
pub struct MemoryEvents {
    began: u64,
    tail: Mutex<VecDeque<(Audience, Event)>>,
    /// Number of the latest event; changed under the lock of the tail.
    latest: watch::Sender<u64>,
}

impl MemoryEvents {
    /// An empty log that begins now.
    pub fn new(now: UnixMillis) -> Self {
        let began = u64::try_from(now.0).unwrap_or(0);
        Self { began, tail: Mutex::default(), latest: watch::Sender::new(0) }
    }

    fn tail(&self) -> MutexGuard<'_, VecDeque<(Audience, Event)>> {
        // Nothing between two changes of the tail can panic.
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, number: u64) -> EventId {
        EventId { millis: self.began, number }
    }

    /// What is there after `last`, without waiting.
    fn since(&self, last: EventId) -> Missed {
        let tail = self.tail();
        let latest = *self.latest.borrow();
        let kept_after = latest - tail.len() as u64;
        if last.millis != self.began || last.number > latest || last.number < kept_after {
            return Missed::Gap(self.id(latest));
        }
        let skip = usize::try_from(last.number - kept_after).unwrap_or(usize::MAX);
        let posted = tail.iter().zip(kept_after + 1..).skip(skip).take(BATCH);
        Missed::Events(
            posted
                .map(|((audience, event), number)| Posted {
                    id: self.id(number),
                    audience: audience.clone(),
                    event: event.clone(),
                })
                .collect(),
        )
    }
}

#[async_trait]
impl Events for MemoryEvents {
    async fn post(&self, events: Pending) -> Result<(), Away> {
        let mut tail = self.tail();
        let posted = events.0.len() as u64;
        tail.extend(events.0);
        let too_many = tail.len().saturating_sub(TAIL);
        tail.drain(..too_many);
        self.latest.send_modify(|latest| *latest += posted);
        Ok(())
    }

    async fn latest(&self) -> Result<EventId, Away> {
        Ok(self.id(*self.latest.borrow()))
    }

    async fn after(&self, last: EventId) -> Result<Missed, Away> {
        // Registered before looking, so that what is posted in between is noticed.
        let mut moved = self.latest.subscribe();
        loop {
            match self.since(last) {
                Missed::Events(none) if none.is_empty() => {}
                heard => return Ok(heard),
            }
            // An error means that the sender is gone, which `self` keeps.
            let _ = moved.changed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn event(n: usize) -> Pending {
        let game = format!("g{n}").parse().expect("slug");
        Pending(vec![(Audience::Everyone, Event::Game { game })])
    }

    async fn numbers(log: &MemoryEvents, last: EventId) -> Vec<u64> {
        match log.after(last).await.expect("memory") {
            Missed::Events(events) => events.iter().map(|p| p.id.number).collect(),
            Missed::Gap(latest) => panic!("a gap up to {latest}"),
        }
    }

    #[tokio::test]
    async fn a_listener_goes_on_where_it_was() {
        let log = MemoryEvents::new(UnixMillis(7));
        let start = log.latest().await.expect("memory");
        assert!(log.after(start).now_or_never().is_none(), "nothing was posted");
        for n in 0..3 {
            log.post(event(n)).await.expect("memory");
        }
        assert_eq!(numbers(&log, start).await, [1, 2, 3]);
        let second: EventId = "7-2".parse().expect("an id");
        assert_eq!(numbers(&log, second).await, [3]);
        let (heard, _) = tokio::join!(numbers(&log, log.id(3)), log.post(event(3)));
        assert_eq!(heard, [4], "who waits is woken");
    }

    #[tokio::test]
    async fn who_was_away_too_long_is_told_so() {
        let log = MemoryEvents::new(UnixMillis(7));
        for n in 0..TAIL + 2 {
            log.post(event(n)).await.expect("memory");
        }
        let latest = log.latest().await.expect("memory");
        assert_eq!(latest.number, TAIL as u64 + 2);
        assert_eq!(numbers(&log, log.id(2)).await.len(), BATCH, "the tail reaches back so far");
        for lost in ["7-1", "6-5", "7-99999"] {
            let heard = log.after(lost.parse().expect("an id")).await.expect("memory");
            assert_eq!(heard, Missed::Gap(latest), "{lost}");
        }
        for junk in ["", "7", "7-", "-7", "7-x", "99999999999999999999-1"] {
            assert_eq!(junk.parse::<EventId>(), Err(NoEventId), "{junk}");
        }
    }
}
