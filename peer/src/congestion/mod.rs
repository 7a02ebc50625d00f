//! How much may be on its way to a peer that is not on the local network. Peers on the local network keep QUIC's default: their queues
//! are short and their cores are the bottleneck.
//!
//! [`delay`] decides a connection's window by what packets take, as [`trips`] counts it. [`steering`] makes it hold, and carries what the
//! peer's clock tells ([`crate::echo`]).

mod delay;
mod steering;
mod trips;

use std::{sync::Arc, time::Instant};

use quinn::congestion::{Controller, ControllerFactory};

pub(crate) use self::steering::Steering;
use self::{delay::DelayWindow, steering::Steered};

/// Makes the congestion control of each connection of a node.
#[derive(Debug)]
pub(crate) struct DelayControl {
    /// From when on all of them pause at the same moments.
    began: Instant,
}

impl DelayControl {
    pub(crate) fn new(now: Instant) -> Self {
        Self { began: now }
    }
}

impl ControllerFactory for DelayControl {
    fn build(self: Arc<Self>, _: Instant, mtu: u16) -> Box<dyn Controller> {
        Box::new(Steered::new(DelayWindow::new(self.began, mtu.into()), Arc::default()))
    }
}
