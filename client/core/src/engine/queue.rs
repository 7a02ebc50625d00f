//! The queue of a home's operations: which of them runs next, and what is remembered of those that ended.
//!
//! Every operation is in exactly one state ([`OperationState`]). At most one of a game runs at a time, and at most
//! [`TRANSFERS`] of those that fetch; the others wait in order. The queue is a pure type: it is told what happened and the
//! time, and says what to start. [`Queue::kept`] is what is written to disk after every change.

use std::{
    collections::{BTreeSet, VecDeque},
    path::Path,
};

use mist_proto::{Slug, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::operation::{OpId, OperationState, OperationView, Order, Outcome};
use crate::{error::Error, failure::Failure};

/// Operations that fetch at the same time. A second one uses the network while the first one is at the disk.
pub(crate) const TRANSFERS: usize = 2;
/// Operations that may wait.
const MAX_OPEN: usize = 1000;
/// Operations that are remembered after they ended.
const MAX_ENDED: usize = 100;

/// What is to become of an operation that is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Stop, and go on when somebody says so. What arrived is kept.
    Pause,
    /// Go on.
    Resume,
    /// Stop for good; the game becomes what it was before.
    Cancel,
    /// Take its turn before another one.
    Before {
        /// The other one.
        other: OpId,
    },
}

/// How an operation left the state of running.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Well.
    Done(Outcome),
    /// Not so.
    Failed(Failure),
    /// It was asked to stop and goes on later, when somebody says so.
    Paused,
    /// It was asked to stop, and the game is as before.
    Cancelled,
    /// The engine ends; the next one goes on.
    Interrupted,
}

/// The operations of a home.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Queue {
    /// Number of the operation that was ordered last.
    last: u64,
    /// Those that have not ended, in order of their turn.
    open: Vec<OperationView>,
    /// Those that have, oldest first.
    ended: VecDeque<OperationView>,
}

impl Queue {
    /// The queue as it was kept by an engine that ended, in whatever way. What ran then waits again.
    pub(crate) fn restored(mut self) -> Self {
        for operation in &mut self.open {
            if operation.state == OperationState::Running {
                operation.state = OperationState::Queued;
            }
            operation.forget_progress();
        }
        self
    }

    /// All operations: those that have not ended in order of their turn, then those that have, the newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &OperationView> {
        self.open.iter().chain(self.ended.iter().rev())
    }

    /// An operation.
    pub(crate) fn get(&self, id: OpId) -> Option<&OperationView> {
        self.all().find(|o| o.id == id)
    }

    /// An operation that has not ended.
    pub(crate) fn open_mut(&mut self, id: OpId) -> Option<&mut OperationView> {
        self.open.iter_mut().find(|o| o.id == id)
    }

    /// The operation on a game that is under way.
    pub(crate) fn running_on(&mut self, game: &Slug) -> Option<&mut OperationView> {
        self.open.iter_mut().find(|o| o.state == OperationState::Running && o.order.game() == game)
    }

    /// Takes an order. The same one twice is one operation, which goes on if it was paused.
    pub(crate) fn submit(&mut self, order: Order, now: UnixMillis) -> Result<OpId, Error> {
        if let Some(same) = self.open.iter_mut().find(|o| o.order == order) {
            if same.state == OperationState::Paused {
                same.state = OperationState::Queued;
            }
            return Ok(same.id);
        }
        if self.open.len() >= MAX_OPEN {
            return Err(Error::QueueFull);
        }
        self.last += 1;
        let id = OpId(self.last);
        self.open.push(OperationView::new(id, order, now));
        Ok(id)
    }

    /// The next operation to run, which runs from now on. Call it until there is none. Of a game that is `played` nothing
    /// runs: its files are in use. Where a machine `saves`, nothing that fetches runs.
    ///
    /// What is only fetched for later runs one at a time, also of a game that is played, while nothing else fetches and nothing else
    /// waits of its game.
    pub(crate) fn start_next(&mut self, played: &BTreeSet<Slug>, saves: bool) -> Option<&OperationView> {
        let running = |o: &&OperationView| o.state == OperationState::Running;
        let fetching = |ahead| {
            let one = move |o: &&OperationView| o.order.transfers() && o.order.is_ahead() == ahead;
            self.open.iter().filter(running).filter(one).count()
        };
        let (transfers, ahead) = (fetching(false), fetching(true));
        let busy: BTreeSet<Slug> = self.open.iter().filter(running).map(|o| o.order.game().clone()).collect();
        let mut passed: BTreeSet<Slug> = busy.union(played).cloned().collect();
        let now = self.open.iter().position(|o| {
            if o.state != OperationState::Queued || o.order.is_ahead() {
                return false;
            }
            // Of one game, what was ordered first comes first; what is paused holds nobody up.
            let free = !passed.contains(o.order.game());
            let fits = !o.order.transfers() || (transfers < TRANSFERS && !saves);
            if !(free && fits) {
                passed.insert(o.order.game().clone());
            }
            free && fits
        });
        let is_free = |o: &OperationView| {
            let mut others =
                self.open.iter().filter(|other| other.id != o.id && other.order.game() == o.order.game());
            others.all(|other| other.state == OperationState::Paused)
        };
        let for_later = || {
            let next =
                |o: &OperationView| o.state == OperationState::Queued && o.order.is_ahead() && is_free(o);
            let idle = transfers == 0 && ahead == 0 && !saves;
            self.open.iter().position(next).filter(|_| idle)
        };
        let place = now.or_else(for_later)?;
        let next = self.open.get_mut(place)?;
        next.state = OperationState::Running;
        Some(next)
    }

    /// Moves an operation before another one. Whatever runs goes on.
    pub(crate) fn move_before(&mut self, id: OpId, other: OpId) -> Result<(), Error> {
        let from = self.place(id)?;
        self.place(other)?;
        let operation = self.open.remove(from);
        let to = self.place(other).unwrap_or(from);
        self.open.insert(to, operation);
        Ok(())
    }

    /// The installs of a game into a folder that have not ended.
    pub(crate) fn installs_into(&self, game: &Slug, folder: &Path) -> Vec<OpId> {
        let is_one = |o: &&OperationView| matches!(&o.order, Order::Install { game: of, dir: Some(dir), .. } if of == game && dir == folder);
        self.open.iter().filter(is_one).map(|o| o.id).collect()
    }

    /// The folder of an install is in another place now.
    pub(crate) fn follow(&mut self, id: OpId, to: &Path) {
        if let Some(OperationView { order: Order::Install { dir, .. }, .. }) = self.open_mut(id) {
            *dir = Some(to.to_owned());
        }
    }

    /// Lets a paused operation wait for its turn again.
    pub(crate) fn resume(&mut self, id: OpId) -> Result<(), Error> {
        let operation = self.open_mut(id).ok_or(Error::NoSuchOperation(id))?;
        if operation.state == OperationState::Paused {
            operation.state = OperationState::Queued;
        }
        Ok(())
    }

    /// Takes note of how an operation stopped running, or was stopped before it ran.
    pub(crate) fn end(&mut self, id: OpId, ended: Ended, now: UnixMillis) -> Option<&OperationView> {
        let place = self.place(id).ok()?;
        let operation = self.open.get_mut(place)?;
        operation.forget_progress();
        operation.state = match ended {
            Ended::Paused => OperationState::Paused,
            Ended::Interrupted => OperationState::Queued,
            Ended::Cancelled => OperationState::Cancelled,
            Ended::Done(outcome) => {
                operation.outcome = Some(outcome);
                OperationState::Done
            }
            Ended::Failed(failure) => {
                operation.failure = Some(failure);
                OperationState::Failed
            }
        };
        if !operation.state.is_over() {
            return self.open.get(place);
        }
        operation.ended = Some(now);
        let operation = self.open.remove(place);
        if self.ended.len() >= MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(operation);
        self.ended.back()
    }

    fn place(&self, id: OpId) -> Result<usize, Error> {
        self.open.iter().position(|o| o.id == id).ok_or(Error::NoSuchOperation(id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug(n: u8) -> Slug {
        format!("game-{n}").parse().expect("slug")
    }

    fn update(n: u8) -> Order {
        Order::Update { game: slug(n) }
    }

    fn verify(n: u8) -> Order {
        Order::Verify { game: slug(n) }
    }

    const NOW: UnixMillis = UnixMillis(1);

    fn started(queue: &mut Queue) -> Vec<u64> {
        started_beside(queue, &BTreeSet::new())
    }

    fn started_beside(queue: &mut Queue, played: &BTreeSet<Slug>) -> Vec<u64> {
        std::iter::from_fn(|| queue.start_next(played, false).map(|o| o.id.0)).collect()
    }

    #[test]
    fn one_a_game_and_few_transfers_in_order() {
        let mut queue = Queue::default();
        for order in [update(1), verify(1), update(2), update(3), verify(3)] {
            queue.submit(order, NOW).expect("room");
        }
        assert_eq!(
            started(&mut queue),
            [1, 3],
            "the third transfer waits, and so does what comes after it on its game"
        );
        queue.end(OpId(1), Ended::Paused, NOW);
        assert_eq!(started(&mut queue), [2, 4], "what is paused holds nobody up");
    }

    #[test]
    fn a_game_that_is_played_is_left_alone() {
        let mut queue = Queue::default();
        for order in [update(1), update(2), verify(1)] {
            queue.submit(order, NOW).expect("room");
        }
        assert_eq!(started_beside(&mut queue, &BTreeSet::from([slug(1)])), [2], "nobody else waits for it");
        assert_eq!(started(&mut queue), [1]);
    }

    #[test]
    fn a_machine_that_saves_does_what_takes_no_network() {
        let mut queue = Queue::default();
        for order in [update(1), verify(1), verify(2)] {
            queue.submit(order, NOW).expect("room");
        }
        let nothing = BTreeSet::new();
        let saving: Vec<_> =
            std::iter::from_fn(|| queue.start_next(&nothing, true).map(|o| o.id.0)).collect();
        assert_eq!(saving, [3], "of one game, what was ordered first comes first");
        assert_eq!(started(&mut queue), [1]);
    }

    #[test]
    fn what_is_fetched_for_later_comes_when_nothing_else_does() {
        let ahead = |n| Order::Ahead { game: slug(n) };
        let mut queue = Queue::default();
        for order in [ahead(1), ahead(2), update(2), verify(3), update(4)] {
            queue.submit(order, NOW).expect("room");
        }
        let played = BTreeSet::from([slug(1)]);
        assert_eq!(started_beside(&mut queue, &played), [3, 4, 5], "whatever else is ordered comes first");
        queue.end(OpId(3), Ended::Cancelled, NOW);
        assert!(started_beside(&mut queue, &played).is_empty(), "another update still comes in");
        queue.end(OpId(5), Ended::Cancelled, NOW);
        assert_eq!(started_beside(&mut queue, &played), [1], "a game can be played meanwhile");
        queue.submit(update(5), NOW).expect("room");
        queue.submit(update(6), NOW).expect("room");
        assert_eq!(started(&mut queue), [6, 7], "and takes nobody's place");
        assert_eq!(queue.start_next(&BTreeSet::new(), true).map(|o| o.id.0), None);
    }

    #[test]
    fn the_same_order_is_the_same_operation() {
        let mut queue = Queue::default();
        let first = queue.submit(update(1), NOW).expect("room");
        assert_eq!(queue.submit(update(1), NOW).expect("room"), first);
        queue.end(first, Ended::Paused, NOW);
        assert_eq!(queue.submit(update(1), NOW).expect("room"), first, "and goes on");
        assert_eq!(started(&mut queue), [first.0]);
        queue.end(first, Ended::Cancelled, NOW);
        assert_ne!(queue.submit(update(1), NOW).expect("room"), first, "what has ended is over");
    }

    #[test]
    fn an_install_that_waits_follows_its_folder() {
        let mut queue = Queue::default();
        let install =
            |n: u8, dir: &str| Order::Install { game: slug(n), version: None, dir: Some(dir.into()) };
        for order in [install(1, "/old"), install(2, "/old"), update(1)] {
            queue.submit(order, NOW).expect("room");
        }
        for id in queue.installs_into(&slug(1), Path::new("/old")) {
            queue.follow(id, Path::new("/new"));
        }
        let orders: Vec<_> = queue.all().map(|o| o.order.clone()).collect();
        assert_eq!(orders, [install(1, "/new"), install(2, "/old"), update(1)]);
    }

    #[test]
    fn an_order_can_be_moved_forward() {
        let mut queue = Queue::default();
        let ids: Vec<_> = (1..=4).map(|n| queue.submit(update(n), NOW).expect("room")).collect();
        queue.move_before(ids[3], ids[0]).expect("both wait");
        assert_eq!(started(&mut queue), [4, 1]);
        assert!(matches!(queue.move_before(OpId(9), ids[0]), Err(Error::NoSuchOperation(OpId(9)))));
    }

    #[test]
    fn what_ran_when_the_engine_died_waits_again() {
        let mut queue = Queue::default();
        for n in 1..=3 {
            queue.submit(update(n), NOW).expect("room");
        }
        started(&mut queue);
        queue.end(OpId(2), Ended::Paused, NOW);
        let bytes = serde_json::to_vec(&queue).expect("serialises");
        let mut queue = serde_json::from_slice::<Queue>(&bytes).expect("reads").restored();
        assert_eq!(started(&mut queue), [1, 3], "a pause outlives the engine");
        assert_eq!(queue.submit(update(9), NOW).expect("room"), OpId(4), "no number is given twice");
    }

    #[test]
    fn the_queue_and_its_history_are_bounded() {
        let mut queue = Queue::default();
        for round in 0..MAX_ENDED as u64 + 5 {
            let id = queue.submit(verify(1), NOW).expect("room");
            assert_eq!(id, OpId(round + 1));
            assert_eq!(started(&mut queue), [id.0]);
            queue.end(id, Ended::Failed(Failure::internal("it broke")), NOW);
        }
        assert_eq!(queue.all().count(), MAX_ENDED);
        for n in 0..MAX_OPEN {
            let game = format!("g{n}").parse().expect("slug");
            queue.submit(Order::Update { game }, NOW).expect("room");
        }
        assert!(matches!(queue.submit(update(1), NOW), Err(Error::QueueFull)));
    }

    proptest! {
        /// Whatever is ordered, started and ended in whatever order: never two of one game, never too many transfers, and
        /// nothing is lost.
        #[test]
        fn never_two_of_a_game(steps in prop::collection::vec((0u8..4, 0u8..6), 1..80)) {
            let mut queue = Queue::default();
            let mut ordered = 0;
            for (what, n) in steps {
                let before = queue.last;
                match what {
                    0 => drop(queue.submit(update(n), NOW)),
                    1 => drop(queue.submit(verify(n), NOW)),
                    _ => {
                        let open: Vec<_> = queue.open.iter().map(|o| o.id).collect();
                        if let Some(&id) = open.get(n as usize) {
                            let ended = if what == 2 { Ended::Paused } else { Ended::Cancelled };
                            queue.end(id, ended, NOW);
                        }
                    }
                }
                ordered += queue.last - before;
                started(&mut queue);
                let running: Vec<_> =
                    queue.open.iter().filter(|o| o.state == OperationState::Running).collect();
                let games: BTreeSet<_> = running.iter().map(|o| o.order.game()).collect();
                prop_assert_eq!(games.len(), running.len());
                prop_assert!(running.iter().filter(|o| o.order.transfers()).count() <= TRANSFERS);
                prop_assert_eq!(queue.all().count() as u64, ordered.min(MAX_ENDED as u64));
            }
        }
    }
}
