//! What holds a connection back: the bytes that its streams may have on their way, and not QUIC's own check of the window.
//!
//! While there is data that the window does not admit, QUIC sends no acknowledgement either. Between two friends who send to each other
//! each would so wait for the other's acknowledgements, and their round trips would measure that. So the window that the
//! [`DelayWindow`](super::delay::DelayWindow) decides is made the limit of what streams take ([`Connection::set_send_window`]): what they
//! have taken goes out at once, and acknowledgements with it.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use quinn::{Connection, congestion::Controller};
use quinn_proto::RttEstimator;
use tokio::sync::Notify;

use super::{delay::DelayWindow, trips::Told};

/// QUIC's own check is for the case that streams take more than they should: this many times the window, and packets.
const SLACK: (u64, u64) = (2, 16);
/// Share of the window that is on its way when the window is what holds the sender back.
const FULL: f64 = 0.7;

/// What the congestion control of a connection and its link tell each other.
#[derive(Debug, Default)]
pub(crate) struct Steering {
    /// What the peer's clock tells.
    pub(crate) told: Told,
    window: AtomicU64,
    changed: Notify,
}

impl Steering {
    /// That of a connection; none if its congestion control is QUIC's own.
    pub(crate) fn of(connection: &Connection) -> Option<Arc<Self>> {
        let steered = connection.congestion_state().into_any().downcast::<Steered>().ok()?;
        Some(steered.steering)
    }

    /// Bytes that streams may have on their way.
    pub(crate) fn window(&self) -> u64 {
        self.window.load(Ordering::Relaxed)
    }

    /// Returns once the window has changed since it returned last.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn publish(&self, window: u64) {
        if self.window.swap(window, Ordering::Relaxed) != window {
            self.changed.notify_one();
        }
    }
}

/// A [`DelayWindow`] that is obeyed by streams.
#[derive(Debug, Clone)]
pub(crate) struct Steered {
    inner: DelayWindow,
    steering: Arc<Steering>,
    /// Bytes on their way: what QUIC said when it read acknowledgements, and what was sent since.
    in_flight: u64,
}

impl Steered {
    pub(super) fn new(inner: DelayWindow, steering: Arc<Steering>) -> Self {
        steering.publish(inner.window());
        Self { inner, steering, in_flight: 0 }
    }

    fn handle_ack(&mut self, now: Instant, sent: Instant, bytes: u64) {
        // Whether the application, not the window, holds the sender back. QUIC can't tell: its own check never bites.
        let app_limited = (self.in_flight as f64) < FULL * self.inner.window() as f64;
        self.inner.handle_ack(now, now.saturating_duration_since(sent), bytes, app_limited);
    }
}

impl Controller for Steered {
    fn on_sent(&mut self, _: Instant, bytes: u64, last_packet_number: u64) {
        self.in_flight += bytes;
        self.inner.handle_sent(last_packet_number);
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _: bool, _: &RttEstimator) {
        self.handle_ack(now, sent, bytes);
    }

    fn on_end_acks(&mut self, _: Instant, in_flight: u64, _: bool, largest: Option<u64>) {
        if let Some(trip) = self.steering.told.take() {
            self.inner.handle_told(trip);
        }
        self.inner.handle_end_of_acks(largest);
        self.in_flight = in_flight;
        self.steering.publish(self.inner.window());
    }

    fn on_congestion_event(&mut self, _: Instant, _: Instant, is_persistent: bool, lost: u64) {
        self.inner.handle_loss(lost, is_persistent);
        self.steering.publish(self.inner.window());
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.inner.handle_mtu(new_mtu.into());
        self.steering.publish(self.inner.window());
    }

    fn window(&self) -> u64 {
        SLACK.0 * self.inner.window() + SLACK.1 * self.inner.mtu()
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.inner.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn steered() -> Steered {
        Steered::new(DelayWindow::new(Instant::now(), 1400), Arc::default())
    }

    #[test]
    fn quics_own_check_is_wider_than_what_streams_may_have_on_their_way() {
        let mut control = steered();
        for window in [control.steering.window(), 0] {
            if window == 0 {
                // What is left after heavy losses.
                let now = Instant::now();
                control.on_congestion_event(now, now, true, 1400);
            }
            assert!(control.window() >= control.steering.window() + 16 * 1400);
        }
        assert_eq!(control.steering.window(), 2 * 1400);
    }

    #[test]
    fn who_has_little_to_send_is_not_held_back_and_does_not_grow() {
        let round = |in_flight: u64| {
            let (mut control, now) = (steered(), Instant::now());
            let before = control.steering.window();
            control.on_sent(now, in_flight, 1);
            control.handle_ack(now + Duration::from_millis(20), now, in_flight);
            control.on_end_acks(now + Duration::from_millis(20), 0, true, Some(1));
            control.steering.window() > before
        };
        assert!(!round(1400));
        assert!(round(INITIAL));
    }

    /// What a connection may have on its way at first.
    const INITIAL: u64 = 32 * 1400;
}
