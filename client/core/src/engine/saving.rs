//! Sees to it that a thrifty machine fetches and sends nothing.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Delta, Engine};
use crate::{
    error::Error,
    stop::StopReason,
    swarm::Swarm,
    sync::lock,
    thrift::{self, Network, SUPPLIES, Surroundings, Thrift},
};

/// Between looks at where this machine is.
const LOOK: Duration = Duration::from_secs(10);

impl Engine {
    /// Looks at where this machine is from now on, as long as the engine is there.
    pub(super) fn keep_thrift(&self) {
        // The engine may be let go of without an end.
        let this = Arc::downgrade(&self.0);
        let closing = self.0.closing.clone();
        self.0.tasks.spawn(async move {
            let mut network = Network::default();
            loop {
                let found = Surroundings {
                    metered: network.metered().await.unwrap_or_default(),
                    on_battery: thrift::runs_on_battery(Path::new(SUPPLIES)),
                };
                let Some(inner) = this.upgrade() else { return };
                *lock(&inner.surroundings) = found;
                Self(inner).apply_thrift().await;
                tokio::select! {
                    () = closing.cancelled() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        });
    }

    /// Why the machine is thrifty just now, if it is.
    pub(super) fn thrift(&self) -> Option<Thrift> {
        *lock(&self.0.thrift)
    }

    /// The node, started if it does not run; none on a thrifty machine.
    pub(crate) async fn swarm_unless_thrifty(&self) -> Result<Option<Arc<Swarm>>, Error> {
        match self.thrift() {
            Some(_) => Ok(None),
            None => self.swarm().await.map(Some),
        }
    }

    /// Goes by the settings and by where the machine is. What was being fetched waits in its turn, and goes on by itself.
    pub(super) async fn apply_thrift(&self) {
        let why = Thrift::of(&self.settings(), *lock(&self.0.surroundings));
        let before = std::mem::replace(&mut *lock(&self.0.thrift), why);
        self.0.feed.set(Delta::Thrift { why });
        if why.is_some() {
            // What starts from now on finds the mark.
            self.stop_transfers(StopReason::Shutdown).await;
            self.leave_swarm().await;
        } else if before.is_some() {
            if self.0.started.load(Ordering::SeqCst) {
                self.start();
            }
            // Whoever keeps the engine fresh takes part in the swarm again.
            self.0.signed_in.notify_one();
        }
    }
}
