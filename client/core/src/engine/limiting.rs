//! Sees to it that the limits of now count.

use std::{sync::Arc, time::Duration};

use super::{Delta, Engine};
use crate::{clock, limits::LimitsNow, settings::Settings, sync::lock};

/// Between looks at the clock of the house, which may be set or go on after a sleep at any time.
const LOOK: Duration = Duration::from_secs(1);

impl Engine {
    /// Tells the limits of now, and looks at the clock from now on, as long as the engine is there.
    pub(super) fn keep_limits(&self) {
        self.0.feed.set(Delta::Limits(self.limits_of(&self.settings())));
        // The engine may be let go of without an end.
        let this = Arc::downgrade(&self.0);
        let closing = self.0.closing.clone();
        self.0.tasks.spawn(async move {
            loop {
                let Some(inner) = this.upgrade() else { return };
                Self(inner).apply_limits().await;
                tokio::select! {
                    () = closing.cancelled() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        });
    }

    /// Has the node go by the limits of now, and tells faces. The same limits again change nothing.
    pub(super) async fn apply_limits(&self) {
        // Whoever holds the node comes after those before, and a node that starts meanwhile goes by the clock itself.
        let swarm = self.0.swarm.lock().await;
        let settings = self.settings();
        let limits = self.limits_of(&settings);
        self.0.feed.set(Delta::Limits(limits));
        if let Some(swarm) = &*swarm {
            swarm.set_limits(limits.rates(settings.limit_lan));
        }
    }

    /// The limits that count now by these settings.
    pub(super) fn limits_of(&self, settings: &Settings) -> LimitsNow {
        let playing = !lock(&self.0.plays).running().is_empty();
        let now = clock::now();
        LimitsNow::of(settings, clock::moment_of(now), now, playing)
    }
}
