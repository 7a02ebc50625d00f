//! Runs the queue: starts what may run, asks it to stop, and takes note of how it ended.

use std::sync::atomic::Ordering;

use mist_proto::Slug;
use tokio_util::sync::CancellationToken;

use super::{
    Control, Engine,
    operation::{OpId, OperationState, OperationView, Order, Outcome},
    queue::Ended,
};
use crate::{
    error::{Error, InstallError},
    failure::Failure,
    stop::{Stop, StopReason},
    sync::lock,
};

/// How a running operation is asked to stop, and heard to have.
#[derive(Clone, Default)]
pub(super) struct Running {
    stop: Stop,
    ended: CancellationToken,
}

impl Engine {
    /// Takes an order and starts it when it is its turn. The same order twice is one operation.
    ///
    /// # Errors
    /// If the engine ends, the queue is full, or it can't be written.
    pub fn submit(&self, order: Order) -> Result<OpId, Error> {
        if self.0.closing.is_cancelled() {
            return Err(Error::Closing);
        }
        let game = order.game().clone();
        let makes_way = !order.is_ahead();
        let id = self.0.queue.submit(order)?;
        if makes_way {
            self.make_way(&game);
        }
        self.start();
        Ok(id)
    }

    /// All operations: those that have not ended in order of their turn, then those that have, the newest first.
    pub fn operations(&self) -> Vec<OperationView> {
        self.0.queue.all()
    }

    /// Pauses, resumes, cancels or moves an operation. Resolves once that is so.
    ///
    /// # Errors
    /// [`Error::NoSuchOperation`] if it has ended.
    pub async fn control(&self, id: OpId, control: Control) -> Result<(), Error> {
        let operation = self.0.queue.get(id).filter(|o| !o.state.is_over());
        let operation = operation.ok_or(Error::NoSuchOperation(id))?;
        match control {
            Control::Resume => self.0.queue.resume(id)?,
            Control::Before { other } => self.0.queue.move_before(id, other)?,
            Control::Pause => self.stop_one(id, StopReason::Pause).await?,
            Control::Cancel => {
                self.stop_one(id, StopReason::Cancel).await?;
                let left = self.0.queue.get(id).is_some_and(|o| !o.state.is_over());
                if left {
                    // It did not run: what an earlier run left is taken away now.
                    let ended = self.abandon(&operation.order).await?;
                    self.0.queue.end(id, ended)?;
                }
            }
        }
        self.start();
        Ok(())
    }

    /// What is only fetched for later makes way for something that is to be done to its game now, and goes on after that.
    fn make_way(&self, game: &Slug) {
        let running = lock(&self.0.running).clone();
        for (id, one) in running {
            let is_ahead = |o: &OperationView| o.order.is_ahead() && o.order.game() == game;
            if self.0.queue.get(id).as_ref().is_some_and(is_ahead) {
                one.stop.stop(StopReason::Shutdown);
            }
        }
    }

    /// Asks a running operation to stop and waits until it has; one that waits is paused where it is.
    async fn stop_one(&self, id: OpId, reason: StopReason) -> Result<(), Error> {
        let running = lock(&self.0.running).get(&id).cloned();
        match running {
            Some(running) => {
                running.stop.stop(reason);
                running.ended.cancelled().await;
                Ok(())
            }
            None if self.0.queue.get(id).is_some_and(|o| o.state == OperationState::Queued) => {
                self.0.queue.end(id, Ended::Paused).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Asks all that runs to stop, and starts nothing meanwhile if `held` or `closing` was set before. Resolves once
    /// everything has stopped.
    pub(super) async fn stop_all(&self, reason: StopReason) {
        self.stop_those(reason, |_| true).await;
    }

    /// The same with all that fetches.
    pub(super) async fn stop_transfers(&self, reason: StopReason) {
        self.stop_those(reason, Order::transfers).await;
    }

    async fn stop_those(&self, reason: StopReason, are_meant: impl Fn(&Order) -> bool) {
        let is_meant = |id: &OpId| self.0.queue.get(*id).is_none_or(|o| are_meant(&o.order));
        let running: Vec<Running> =
            lock(&self.0.running).iter().filter(|(id, _)| is_meant(id)).map(|(_, one)| one.clone()).collect();
        for running in &running {
            running.stop.stop(reason);
        }
        for running in running {
            running.ended.cancelled().await;
        }
    }

    /// Stops all that runs, has `change` done, and goes on. For what must not change under an operation.
    pub(super) async fn between_operations<T>(
        &self,
        reason: StopReason,
        change: impl Future<Output = T>,
    ) -> T {
        self.0.held.store(true, Ordering::SeqCst);
        self.stop_all(reason).await;
        let result = change.await;
        self.0.held.store(false, Ordering::SeqCst);
        self.start();
        result
    }

    /// Starts whatever may run. Called after every change; an engine that was just opened runs nothing before the first
    /// call.
    pub fn start(&self) {
        self.0.started.store(true, Ordering::SeqCst);
        loop {
            let running = Running::default();
            let started = {
                // Whoever asks all to stop sets its mark first: it either finds this one, or this one finds the mark.
                let mut all = lock(&self.0.running);
                if self.0.closing.is_cancelled() || self.0.held.load(Ordering::SeqCst) {
                    return;
                }
                let plays = lock(&self.0.plays);
                let started = self.0.queue.start_next(&plays.running(), self.thrift().is_some());
                if let Some((id, _)) = &started {
                    all.insert(*id, running.clone());
                }
                started
            };
            let Some((id, order)) = started else { return };
            let this = self.clone();
            self.0.tasks.spawn(async move { this.run(id, order, running).await });
        }
    }

    async fn run(&self, id: OpId, order: Order, running: Running) {
        let (this, wanted, stop) = (self.clone(), order.clone(), running.stop.clone());
        // A task of its own, so that even a panic in it ends in the queue.
        let work = tokio::spawn(async move { this.perform(&wanted, &stop).await });
        let ended = match work.await {
            Ok(Ok(outcome)) => Ended::Done(outcome),
            Ok(Err(Error::Install(InstallError::Stopped(reason)))) => self.stopped(&order, reason).await,
            Ok(Err(error)) => Ended::Failed(error.into()),
            Err(panic) => Ended::Failed(Failure::internal(panic)),
        };
        if let Err(error) = self.0.queue.end(id, ended) {
            self.0.events.warn(error.to_string());
        }
        lock(&self.0.running).remove(&id);
        self.show().await;
        running.ended.cancel();
        if self.0.lives.load(Ordering::SeqCst)
            && let Err(error) = self.look_ahead().await
        {
            tracing::debug!(%error, "what is due next is looked at later");
        }
        self.start();
    }

    async fn stopped(&self, order: &Order, reason: StopReason) -> Ended {
        match reason {
            StopReason::Pause => Ended::Paused,
            StopReason::Shutdown => Ended::Interrupted,
            StopReason::Cancel => {
                self.abandon(order).await.unwrap_or_else(|error| Ended::Failed(error.into()))
            }
        }
    }

    async fn perform(&self, order: &Order, stop: &Stop) -> Result<Outcome, Error> {
        match order {
            Order::Install { game, version, dir } => {
                self.install(game, version.as_ref(), dir.as_deref(), stop).await
            }
            Order::Update { game } => self.update(game, stop).await,
            Order::Ahead { game } => self.fetch_ahead(game, stop).await,
            Order::Switch { game, version } => self.switch(game, version, stop).await,
            Order::RollBack { game, version } => self.roll_back(game, version.as_ref(), stop).await,
            Order::Repair { game } => self.repair(game, stop).await,
            Order::Verify { game } => self.verify(game, stop).await.map(Outcome::Verified),
            Order::Locate { game, dir } => {
                let found = self.locate(game, dir, stop).await?;
                Ok(Outcome::Located { dir: dir.clone(), found })
            }
            Order::Move { game, dir } => self.relocate(game, dir, stop).await,
            Order::Uninstall { game } => {
                let (dir, result) = self.uninstall(game).await?;
                Ok(Outcome::Uninstalled { dir, result })
            }
        }
    }
}
