//! The queue as it is kept on disk and shown to faces: one place where both follow every change.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use mist_proto::Slug;

use super::{
    feed::{Delta, Feed},
    operation::{DiskProgress, NetworkProgress, OpId, OperationState, OperationView, Order, Plan, Remark},
    queue::{Ended, Queue},
};
use crate::{
    clock::now,
    error::Error,
    events::Event,
    home::{Home, HomeError, read_json, write_json},
    sync::lock,
};

/// The queue of a home, on disk and in the feed.
pub(crate) struct DurableQueue {
    home: Home,
    feed: Arc<Feed>,
    queue: Mutex<Queue>,
}

impl DurableQueue {
    /// Reads the queue that an earlier engine left.
    pub(crate) fn load(home: Home, feed: Arc<Feed>) -> Result<Self, HomeError> {
        let queue = read_json::<Queue>(&home.queue())?.unwrap_or_default().restored();
        for operation in queue.all() {
            feed.set(Delta::Operation(Box::new(operation.clone())));
        }
        Ok(Self { home, feed, queue: Mutex::new(queue) })
    }

    pub(crate) fn all(&self) -> Vec<OperationView> {
        lock(&self.queue).all().cloned().collect()
    }

    pub(crate) fn get(&self, id: OpId) -> Option<OperationView> {
        lock(&self.queue).get(id).cloned()
    }

    /// Takes an order. It is on disk before its number is told.
    pub(crate) fn submit(&self, order: Order) -> Result<OpId, Error> {
        self.change(|queue| {
            let id = queue.submit(order, now())?;
            Ok((id, id))
        })
    }

    pub(crate) fn resume(&self, id: OpId) -> Result<(), Error> {
        self.change(|queue| queue.resume(id).map(|()| (id, ())))
    }

    pub(crate) fn move_before(&self, id: OpId, other: OpId) -> Result<(), Error> {
        self.change(|queue| queue.move_before(id, other).map(|()| (id, ())))
    }

    /// A game's folder is in another place: orders that name it follow.
    pub(crate) fn follow(&self, game: &Slug, from: &Path, to: &Path) -> Result<(), Error> {
        for id in lock(&self.queue).installs_into(game, from) {
            self.change(|queue| {
                queue.follow(id, to);
                Ok((id, ()))
            })?;
        }
        Ok(())
    }

    /// Whether an operation that may change a game is under way.
    pub(crate) fn is_changing(&self, game: &Slug) -> bool {
        lock(&self.queue).running_on(game).is_some_and(|operation| !operation.order.is_ahead())
    }

    /// The next operation that runs from now on, if there is one. Games that are `played` are left alone, and where it `saves`
    /// what fetches waits.
    pub(crate) fn start_next(&self, played: &BTreeSet<Slug>, saves: bool) -> Option<(OpId, Order)> {
        // Not worth a write: what runs and what waits is the same to the next engine.
        let mut queue = lock(&self.queue);
        let started = queue.start_next(played, saves)?;
        self.feed.set(Delta::Operation(Box::new(started.clone())));
        Some((started.id, started.order.clone()))
    }

    /// An operation stopped running, or was stopped before it ran. Returns its state now.
    pub(crate) fn end(&self, id: OpId, ended: Ended) -> Result<OperationState, Error> {
        self.change(|queue| {
            let operation = queue.end(id, ended, now()).ok_or(Error::NoSuchOperation(id))?;
            Ok((id, operation.state))
        })
    }

    /// Changes the queue, keeps it, and shows the operation that was meant and those that are forgotten.
    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> Result<(OpId, T), Error>) -> Result<T, Error> {
        let mut queue = lock(&self.queue);
        let before: Vec<OpId> = queue.all().map(|o| o.id).collect();
        let (id, value) = change(&mut queue)?;
        match write_json(&self.home.queue(), &*queue, false) {
            // Better done and not remembered than not done: a full disk must not keep anybody from making room.
            Err(error) if error.is_full() => {
                self.feed.notice(format!(
                    "{error}: what is ordered is done now, and forgotten if this program is killed"
                ));
            }
            written => written?,
        }
        if let Some(operation) = queue.get(id) {
            self.feed.set(Delta::Operation(Box::new(operation.clone())));
        }
        for gone in before.into_iter().filter(|id| queue.get(*id).is_none()) {
            self.feed.forget_operation(gone);
        }
        Ok(value)
    }

    /// Takes note of how far the operation on a game is.
    fn note(&self, game: &Slug, note: impl FnOnce(&mut OperationView)) {
        let mut queue = lock(&self.queue);
        if let Some(operation) = queue.running_on(game) {
            note(operation);
            self.feed.set(Delta::Operation(Box::new(operation.clone())));
        }
    }

    /// What an operation, or the node, tells of itself.
    pub(crate) fn handle_event(&self, event: Event) {
        match event {
            Event::Warning { message } => self.feed.notice(message),
            Event::Serving { games, announced } => self.feed.set(Delta::Serving { games, announced }),
            Event::Planned { game, from, to, route, patches, download, disk, free } => {
                let plan = Plan { from, to, route, patches, download, disk, free };
                self.note(&game, |o| o.plan = Some(plan));
            }
            Event::Phase { game, phase } => self.note(&game, |o| (o.phase, o.disk) = (Some(phase), None)),
            Event::Network { game, done, total, bytes, rate, eta, sources } => {
                let progress = NetworkProgress { done, total, bytes, rate, eta, sources };
                self.note(&game, |o| o.network = Some(progress));
            }
            Event::Disk { game, done, total } => {
                self.note(&game, |o| o.disk = Some(DiskProgress { done, total }));
            }
            Event::Kept { game, files, folder, names } => {
                self.note(&game, |o| o.remark(Remark::Kept { files, folder, names }));
            }
            Event::RouteFailed { game, route, reason } => {
                self.note(&game, |o| o.remark(Remark::RouteFailed { route, reason }));
            }
            // The operation's outcome tells it.
            Event::Finished { .. } => {}
        }
    }
}
