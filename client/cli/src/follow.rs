//! Orders that are carried out by the engine, here or in another process, and followed until they end.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use mist_client_core::{Control, Delta, OpId, OperationState, OperationView, Order, Owner, Rev, Thrift};
use mist_client_view::{Face, Failure, Reply, Request};

use crate::{
    args::{Following, Output},
    interrupts::{Interrupt, Interrupts},
    progress::events_between,
    show::{View, note},
};

/// How long news are waited for in one go.
const WAIT: Duration = Duration::from_secs(20);

/// How following ended.
pub(crate) enum Ending {
    /// The operations are over, or paused by somebody else.
    Over(Vec<OperationView>),
    /// They go on in another process.
    Detached(Owner),
    /// Somebody interrupted this process, which did them: they are paused.
    Paused,
    /// Somebody interrupted, and wanted them cancelled.
    Cancelled,
}

/// What somebody wants who pressed Ctrl-C while another process does the work.
enum Choice {
    Detach,
    Wait,
    Pause,
    Cancel,
}

/// Follows operations.
pub(crate) struct Follower<'a> {
    face: &'a Face,
    interrupts: &'a mut Interrupts,
    following: Following,
    view: View,
    rev: Rev,
    owner: Owner,
    /// Why nothing is fetched just now, as it was said last.
    thrift: Option<Thrift>,
    seen: BTreeMap<OpId, OperationView>,
}

impl<'a> Follower<'a> {
    pub(crate) async fn new(
        face: &'a Face,
        output: Output,
        interrupts: &'a mut Interrupts,
        following: Following,
    ) -> Result<Self, Failure> {
        let (rev, told) = face.next(Rev::default(), Duration::ZERO).await?;
        let (mut view, owner) = (View::new(output), face.owner().await);
        // What was told before this command began is not its business, unless it opened the engine itself.
        let is_own = face.engine().await.is_some();
        let mut thrift = None;
        for delta in told {
            match delta {
                Delta::Notice { message, .. } if is_own => {
                    view.see(&mist_client_core::Event::Warning { message });
                }
                Delta::Thrift { why } => thrift = why,
                _ => {}
            }
        }
        let mut this =
            Self { face, interrupts, following, view, rev, owner, thrift: None, seen: BTreeMap::new() };
        this.see_thrift(thrift);
        Ok(this)
    }

    /// Orders something and follows it to its end.
    pub(crate) async fn order(self, orders: Vec<Order>) -> Result<Ending, Failure> {
        let mut ids = Vec::new();
        for order in orders {
            match self.face.call(Request::Submit { order }).await? {
                Reply::Submitted(id) => ids.push(id),
                _ => {
                    return Err(Failure::bad_message("an order was answered otherwise"));
                }
            }
        }
        self.follow(ids).await
    }

    /// Follows operations to their end.
    pub(crate) async fn follow(mut self, ids: Vec<OpId>) -> Result<Ending, Failure> {
        let elsewhere = self.owner.pid != std::process::id();
        if elsewhere && self.following.detach {
            return Ok(Ending::Detached(self.owner));
        }
        if elsewhere {
            self.view.say(&format!("`{}` (process {}) does it", self.owner.program, self.owner.pid));
        }
        let ending = self.follow_all(&ids).await;
        self.view.clear();
        ending
    }

    async fn follow_all(&mut self, ids: &[OpId]) -> Result<Ending, Failure> {
        let mut ignored = false;
        loop {
            // This process may have taken over just now.
            self.face.start().await;
            let news = tokio::select! {
                news = self.face.next(self.rev, WAIT) => Some(news?),
                interrupt = self.interrupts.next() => {
                    match self.interrupted(ids, interrupt, &mut ignored).await? {
                        Some(ending) => return Ok(ending),
                        None => None,
                    }
                }
                () = self.face.asked_to_end() => return self.pause(ids).await,
            };
            let Some((rev, deltas)) = news else { continue };
            self.rev = rev;
            for delta in deltas {
                self.see(delta, ids);
            }
            let over = |id: &OpId| {
                self.seen.get(id).filter(|o| o.state.is_over() || o.state == OperationState::Paused)
            };
            let ended: Vec<_> = ids.iter().filter_map(over).cloned().collect();
            if ended.len() == ids.len() {
                return Ok(Ending::Over(ended));
            }
        }
    }

    fn see(&mut self, delta: Delta, ids: &[OpId]) {
        match delta {
            Delta::Operation(now) if ids.contains(&now.id) => {
                for event in events_between(self.seen.get(&now.id), &now) {
                    self.view.see(&event);
                }
                self.seen.insert(now.id, *now);
            }
            Delta::Notice { message, .. } => {
                self.view.see(&mist_client_core::Event::Warning { message });
            }
            Delta::Thrift { why } => self.see_thrift(why),
            Delta::Owner(owner) if owner != self.owner => {
                let before = std::mem::replace(&mut self.owner, owner);
                let now = &self.owner;
                let who = if now.pid == std::process::id() {
                    "this one goes on".to_owned()
                } else {
                    format!("`{}` (process {}) goes on", now.program, now.pid)
                };
                self.view.say(&format!("`{}` (process {}) has ended; {who}", before.program, before.pid));
            }
            _ => {}
        }
    }

    /// Says why nothing comes, once, and that it goes on.
    fn see_thrift(&mut self, why: Option<Thrift>) {
        if std::mem::replace(&mut self.thrift, why) == why {
            return;
        }
        self.view.say(match why {
            Some(Thrift::Metered) => {
                "the network is metered: what is to be fetched waits (`mist settings --wait-metered false` fetches it now)"
            }
            Some(Thrift::Battery) => {
                "this machine runs on its battery: what is to be fetched waits (`mist settings --wait-battery false` fetches it now)"
            }
            None => "it goes on",
        });
    }

    async fn interrupted(
        &mut self,
        ids: &[OpId],
        interrupt: Interrupt,
        ignored: &mut bool,
    ) -> Result<Option<Ending>, Failure> {
        if self.face.engine().await.is_some() {
            return self.pause(ids).await.map(Some);
        }
        if self.following.wait && !*ignored && interrupt == Interrupt::Key {
            *ignored = true;
            self.view.say("still waiting; press Ctrl-C again to leave it to the other process");
            return Ok(None);
        }
        self.view.clear();
        // With `--wait` it was said what a second Ctrl-C does.
        let asks = interrupt == Interrupt::Key
            && !self.following.wait
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal();
        let choice = if asks { self.ask().await } else { Choice::Detach };
        match choice {
            Choice::Wait => {
                self.view.say("still waiting");
                Ok(None)
            }
            Choice::Detach => Ok(Some(Ending::Detached(self.owner.clone()))),
            Choice::Pause => self.pause(ids).await.map(Some),
            Choice::Cancel => {
                self.control(ids, Control::Cancel).await?;
                Ok(Some(Ending::Cancelled))
            }
        }
    }

    async fn pause(&self, ids: &[OpId]) -> Result<Ending, Failure> {
        self.control(ids, Control::Pause).await?;
        Ok(Ending::Paused)
    }

    async fn control(&self, ids: &[OpId], control: Control) -> Result<(), Failure> {
        for &id in ids {
            match self.face.call(Request::Control { id, control }).await {
                // It ended in the meantime.
                Err(failure) if failure.code == "no_such_operation" => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    /// Asks on the terminal. A second Ctrl-C is the default answer.
    async fn ask(&mut self) -> Choice {
        note(format!(
            "\n`{}` (process {}) does the work. Enter: leave it to it, w: wait on, p: pause, c: cancel",
            self.owner.program, self.owner.pid
        ));
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let answer = tokio::select! {
            answer = answer => answer,
            _ = self.interrupts.next() => return Choice::Detach,
        };
        match answer.ok().and_then(Result::ok).unwrap_or_default().trim() {
            "w" => Choice::Wait,
            "p" => Choice::Pause,
            "c" => Choice::Cancel,
            _ => Choice::Detach,
        }
    }
}
