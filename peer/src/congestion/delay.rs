//! How much may be on its way to a peer behind a home uplink: a window steered by delay, not by loss.
//!
//! Loss-based control fills the queue of the slowest link until it overflows, and everybody at home feels it; and it
//! takes a link that loses one packet in a hundred for a full one. This controller keeps a short standing queue of
//! [`TARGET`], in the manner of LEDBAT++ (draft-irtf-iccrg-ledbat-plus-plus): connections that share an uplink grow by equal steps and
//! shrink in proportion, so that they come to equal shares, and it gives way to loss only where it is heavy. All connections of
//! a node pause at the same moments, so that each of them sees the path with an empty queue, whichever came first.
//!
//! A round trip ends with an acknowledgement, which waits in the queue of the *other* end's uplink. Two homes that send to each other
//! would both take that for a queue of their own making and starve their connections. So a peer is asked for its clock ([`crate::echo`]),
//! and of both queues the shorter counts: that of the way there, and that of the way there and back.

use std::time::{Duration, Instant};

use super::trips::{Shortest, micros};

/// Standing queue to aim at: well below what a call or a game notices, well above the noise of timers.
const TARGET: Duration = Duration::from_millis(25);
/// Below this share of the target the queue counts as empty.
const EMPTY: f64 = 0.15;
/// Growth per round trip while the queue is empty.
const GAIN: f64 = 0.1;
/// Growth per round trip while there is a queue, in packets, or as a share of a large window. That it is the same for all that share a
/// queue makes their shares equal.
const STEP: (f64, f64) = (1.0, 1.0 / 300.0);
/// Share of the window that is given up per round trip at the target. It grows with the square of the queue, so that a connection which
/// takes the queue for a little longer than the others do gets a little less than they, and not nothing.
const YIELD: f64 = 0.05;
/// The most of it.
const YIELD_AT_MOST: f64 = 0.3;
/// Share of a round's bytes that may be lost without giving way: radio links lose that much with nobody else on them.
const LOSS: f64 = 0.1;
/// What is left of the window after a round of heavier loss.
const BACK_OFF: f64 = 0.7;
/// How often all connections of a node let the queue drain. For so long the shortest round trip counts as the path's own; routes change.
const STRETCH: Duration = Duration::from_secs(10);
/// For so many round trips what the peer's clock told last counts.
const TOLD_HOLDS: u8 = 4;
/// Bounds of the window in bytes; the lower one in packets.
const MIN_PACKETS: u64 = 2;
const MAX_WINDOW: u64 = 64 << 20;
const INITIAL_PACKETS: u64 = 32;

/// The window of one connection. Decides once per round trip.
#[derive(Debug, Clone)]
pub(super) struct DelayWindow {
    mtu: u64,
    window: u64,
    /// Doubling until the first sign of a queue.
    starting: bool,
    /// The [`STRETCH`] that runs, and since when they are counted.
    stretch: u128,
    began: Instant,
    round_trip: Shortest,
    one_way: Shortest,
    /// What the peer's clock told last, and for how many rounds it counts.
    last_told: Option<(i64, u8)>,
    /// While the queue drains: the window to return to, and rounds until then.
    draining: Option<(u64, u8)>,
    round: Round,
    /// Shortest round trip in the frame of acknowledgements that is being read.
    frame: Duration,
    last_sent: u64,
}

/// What one round trip brought.
#[derive(Debug, Clone)]
struct Round {
    /// The round ends when this packet is acknowledged.
    ends_with: u64,
    /// Sum and number of round trips: one for each frame of acknowledgements, that of the packet that waited least for it. Their mean
    /// is what counts: the more packets, the shorter the shortest, and who has many would see less of a queue than who has few.
    trips: Duration,
    frames: u32,
    acked: u64,
    lost: u64,
    /// The least of the one-way trips that the peer's clock told of.
    told: Option<i64>,
    /// Whether the window, not the application, held the sender back.
    used: bool,
}

impl Round {
    fn until(packet: u64) -> Self {
        Self {
            ends_with: packet,
            trips: Duration::ZERO,
            frames: 0,
            acked: 0,
            lost: 0,
            told: None,
            used: false,
        }
    }
}

impl DelayWindow {
    pub(super) fn new(began: Instant, mtu: u64) -> Self {
        Self {
            mtu,
            window: INITIAL_PACKETS * mtu,
            starting: true,
            stretch: 0,
            began,
            round_trip: Shortest::NONE,
            one_way: Shortest::NONE,
            last_told: None,
            draining: None,
            round: Round::until(0),
            frame: Duration::MAX,
            last_sent: 0,
        }
    }

    /// A packet was acknowledged after `rtt`; `app_limited` if the window had room for more than there was to send.
    pub(super) fn handle_ack(&mut self, now: Instant, rtt: Duration, bytes: u64, app_limited: bool) {
        let stretch = now.saturating_duration_since(self.began).as_nanos() / STRETCH.as_nanos();
        if stretch > self.stretch {
            self.stretch = stretch;
            // One round to drain, one to see. A connection that has measured nothing yet has nothing to return to.
            if self.round_trip.is_measured() && self.draining.is_none() {
                self.draining = Some((self.window, 2));
                self.set(0.0);
            }
            self.round_trip.turn();
            self.one_way.turn();
        }
        self.round_trip.note(micros(rtt));
        self.frame = self.frame.min(rtt);
        self.round.acked += bytes;
        self.round.used |= !app_limited;
    }

    fn end_frame(&mut self) {
        let trip = std::mem::replace(&mut self.frame, Duration::MAX);
        if trip != Duration::MAX {
            self.round.trips += trip;
            self.round.frames += 1;
        }
    }

    fn end_round(&mut self) {
        let round = std::mem::replace(&mut self.round, Round::until(self.last_sent));
        let queue = self.queue(&round);
        if let Some((window, rounds)) = self.draining.take() {
            if rounds > 1 {
                self.draining = Some((window, rounds - 1));
            } else {
                self.window = window;
            }
            return;
        }
        // 0 with an empty queue, 1 at the target.
        let fill = queue.as_secs_f64() / TARGET.as_secs_f64();
        let heavy_loss = round.lost as f64 > LOSS * (round.lost + round.acked) as f64;
        let window = self.window as f64;
        let step = (STEP.0 * self.mtu as f64).max(STEP.1 * window);
        let next = if heavy_loss {
            self.starting = false;
            window * BACK_OFF
        } else if self.starting && fill < 0.5 {
            if round.used { window * 2.0 } else { window }
        } else {
            self.starting = false;
            let is_empty = fill < EMPTY;
            let growth = match round.used {
                true if is_empty => step + GAIN * window,
                true => step,
                false => 0.0,
            };
            let given_up = if is_empty { 0.0 } else { (YIELD * fill * fill).min(YIELD_AT_MOST) };
            window + growth - given_up * window
        };
        self.set(next);
    }

    /// The queue that a round has met. That of the way there alone is known as long as the peer tells of its clock.
    fn queue(&mut self, round: &Round) -> Duration {
        self.last_told = match round.told {
            Some(trip) => {
                self.one_way.note(trip);
                Some((trip, TOLD_HOLDS))
            }
            None => self.last_told.and_then(|(trip, rounds)| Some((trip, rounds.checked_sub(1)?))),
        };
        let both_ways = self.round_trip.queue(micros(round.trips / round.frames.max(1)));
        self.last_told.map_or(both_ways, |(trip, _)| both_ways.min(self.one_way.queue(trip)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate; it is clamped at once"
    )]
    fn set(&mut self, window: f64) {
        self.window = (window as u64).clamp(MIN_PACKETS * self.mtu, MAX_WINDOW);
    }
}

/// What QUIC tells of the connection.
impl DelayWindow {
    pub(super) fn handle_sent(&mut self, last_packet_number: u64) {
        self.last_sent = last_packet_number;
    }

    /// All packets that one frame acknowledges were told.
    pub(super) fn handle_end_of_acks(&mut self, largest: Option<u64>) {
        self.end_frame();
        if largest.is_some_and(|packet| packet >= self.round.ends_with) && self.round.acked > 0 {
            self.end_round();
        }
    }

    /// The peer's clock told of a one-way trip.
    pub(super) fn handle_told(&mut self, trip: i64) {
        self.round.told = Some(self.round.told.map_or(trip, |least| least.min(trip)));
    }

    /// Packets were lost; if `is_persistent`, all for a while.
    pub(super) fn handle_loss(&mut self, bytes: u64, is_persistent: bool) {
        self.round.lost += bytes;
        if is_persistent {
            self.starting = false;
            self.set(0.0);
        }
    }

    pub(super) fn handle_mtu(&mut self, mtu: u64) {
        self.mtu = mtu;
        self.set(self.window as f64);
    }

    /// Bytes of a packet.
    pub(super) fn mtu(&self) -> u64 {
        self.mtu
    }

    /// Bytes that may be on their way.
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    pub(super) fn initial_window(&self) -> u64 {
        INITIAL_PACKETS * self.mtu
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link of `rate` bytes per second with a drop-tail queue, looked at once per round trip. What comes back meets a queue of
    /// `back` most of the time; `tells` says whether the peer tells of its clock.
    struct Link {
        rate: f64,
        delay: Duration,
        queue: Duration,
        loss: f64,
        back: Duration,
        tells: bool,
    }

    struct Seen {
        /// Share of the link's rate that arrived, mean standing queue and share of bytes lost, after the start.
        used: f64,
        queue: Duration,
        lost: f64,
    }

    fn run(link: &Link) -> Seen {
        let start = Instant::now();
        let (mut control, mut now) = (DelayWindow::new(start, 1400), start);
        // The handshake meets an empty queue.
        control.handle_ack(now, link.delay, 1400, true);
        let (mut arrived, mut lost, mut queued, mut time) = (0.0, 0.0, 0.0, 0.0);
        while now - start < Duration::from_secs(40) {
            let window = control.window() as f64;
            // The other end lets its queue drain at times, as this one does.
            let drains = (now - start).as_millis() % STRETCH.as_millis() < 1000;
            let back = if drains { Duration::ZERO } else { link.back };
            let pipe = link.rate * (link.delay + back).as_secs_f64();
            let room = link.rate * link.queue.as_secs_f64();
            let dropped = (window - pipe - room).max(0.0);
            let queue = (window - pipe).clamp(0.0, room) / link.rate;
            let passed = (window - dropped) * (1.0 - link.loss);
            let there = link.delay / 2 + Duration::from_secs_f64(queue);
            let rtt = there + link.delay / 2 + back;
            if link.tells {
                control.handle_told(micros(there));
            }
            now += rtt;
            if now - start > Duration::from_secs(5) {
                arrived += passed;
                lost += window - passed;
                queued += queue * rtt.as_secs_f64();
                time += rtt.as_secs_f64();
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes of a window")]
            let (acked, gone) = (passed as u64, (window - passed) as u64);
            control.handle_ack(now, rtt, acked, false);
            control.round.lost += gone;
            control.end_frame();
            control.end_round();
        }
        Seen {
            used: arrived / time / link.rate,
            queue: Duration::from_secs_f64(queued / time),
            lost: lost / (lost + arrived),
        }
    }

    fn home() -> Link {
        Link {
            rate: 12.5e6,
            delay: Duration::from_millis(20),
            queue: Duration::from_millis(50),
            loss: 0.0,
            back: Duration::ZERO,
            tells: false,
        }
    }

    #[test]
    fn a_home_uplink_is_used_and_its_queue_stays_short() {
        for link in [
            home(),
            Link { rate: 0.6e6, ..home() },
            Link { rate: 62.5e6, delay: Duration::from_millis(100), ..home() },
        ] {
            let seen = run(&link);
            assert!(seen.used > 0.95, "{}", seen.used);
            assert!(seen.queue < Duration::from_millis(30), "{:?}", seen.queue);
            assert!(seen.lost < 0.001, "{}", seen.lost);
        }
    }

    #[test]
    fn a_queue_on_the_way_back_is_not_taken_for_one_on_the_way_there() {
        // The other end's uplink is full, and acknowledgements wait in it as long as this controller would let a queue of its own get.
        let both_full = Link { back: TARGET, ..home() };
        let seen = run(&both_full);
        assert!(seen.used < 0.7, "round trips alone: {}", seen.used);
        let seen = run(&Link { tells: true, ..both_full });
        assert!(seen.used > 0.95, "{}", seen.used);
        assert!(seen.queue < Duration::from_millis(30), "{:?}", seen.queue);
    }

    #[test]
    fn a_peer_that_stops_telling_is_asked_for_its_round_trips_again() {
        let start = Instant::now();
        let mut control = DelayWindow::new(start, 1400);
        control.handle_ack(start, Duration::from_millis(20), 1400, true);
        let mut queue = |told| {
            let round = Round { trips: Duration::from_millis(60), frames: 1, told, ..Round::until(0) };
            control.queue(&round)
        };
        assert_eq!(queue(Some(0)), Duration::ZERO);
        for _ in 0..TOLD_HOLDS {
            assert_eq!(queue(None), Duration::ZERO);
        }
        assert_eq!(queue(None), Duration::from_millis(40));
    }

    #[test]
    fn random_loss_does_not_stop_it() {
        for loss in [0.01, 0.05] {
            let seen = run(&Link { loss, ..home() });
            assert!(seen.used > 0.9 * (1.0 - loss), "{loss}: {}", seen.used);
        }
    }

    #[test]
    fn a_queue_shorter_than_the_target_is_not_flooded_for_good() {
        let seen = run(&Link { queue: Duration::from_millis(5), ..home() });
        assert!(seen.lost < 0.08 && seen.used > 0.8, "{} lost, {} used", seen.lost, seen.used);
    }

    #[test]
    fn an_idle_application_does_not_grow_the_window() {
        let start = Instant::now();
        let mut control = DelayWindow::new(start, 1400);
        for i in 1..100 {
            control.handle_ack(start + Duration::from_millis(20) * i, Duration::from_millis(20), 1400, true);
            control.end_frame();
            control.end_round();
        }
        assert_eq!(control.window(), control.initial_window());
    }

    /// Connections on one link, each with the window of its own, looked at every millisecond. Returns the bytes that each moved in the
    /// last ten seconds of so many.
    fn share(link: &Link, joins: &[u64], seconds: u64) -> Vec<f64> {
        struct Flow {
            control: DelayWindow,
            joins: u64,
            /// When its round ends, in milliseconds.
            until: u64,
            acked: f64,
            moved: f64,
        }
        let start = Instant::now();
        let flow = |&joins| Flow {
            control: DelayWindow::new(start, 1400),
            joins,
            until: joins,
            acked: 0.0,
            moved: 0.0,
        };
        let mut flows: Vec<Flow> = joins.iter().map(flow).collect();
        for ms in 0..seconds * 1000 {
            let now = start + Duration::from_millis(ms);
            let here = |f: &&Flow| f.joins <= ms;
            let windows: f64 = flows.iter().filter(here).map(|f| f.control.window() as f64).sum();
            let queue = ((windows - link.rate * link.delay.as_secs_f64()) / link.rate).clamp(0.0, 0.05);
            let rtt = link.delay + Duration::from_secs_f64(queue);
            let busy = (windows / rtt.as_secs_f64()).min(link.rate) / windows;
            for flow in flows.iter_mut().filter(|f| f.joins <= ms) {
                let passed = flow.control.window() as f64 * busy / 1000.0;
                flow.acked += passed;
                flow.moved += if ms >= (seconds - 10) * 1000 { passed } else { 0.0 };
                if ms >= flow.until {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes")]
                    flow.control.handle_ack(now, rtt, flow.acked as u64, false);
                    flow.acked = 0.0;
                    flow.control.end_frame();
                    flow.control.end_round();
                    flow.until = ms + u64::try_from(rtt.as_millis()).expect("short");
                }
            }
        }
        flows.iter().map(|f| f.moved).collect()
    }

    #[test]
    fn who_comes_late_and_who_was_first_get_equal_shares() {
        for (joins, rate) in [
            (vec![0, 4000], 6.25e6),
            (vec![0, 100, 3000, 9000], 12.5e6),
            (vec![0, 1, 2, 3, 4, 5, 6, 7], 12.5e6),
        ] {
            let moved = share(&Link { rate, ..home() }, &joins, 40);
            let (least, most) =
                (moved.iter().copied().fold(f64::MAX, f64::min), moved.iter().copied().fold(0.0, f64::max));
            assert!(least > 0.6 * most, "{moved:?}");
            assert!(moved.iter().sum::<f64>() > 0.95 * rate * 10.0, "{moved:?}");
        }
    }
}
