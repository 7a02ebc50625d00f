//! When HTTPS is to run. Behind it are the seed's bytes, on the seed's uplink, by a transport that pushes QUIC aside: it runs when no peer
//! can help, and beside peers that are slow only while that makes the whole faster.

use std::time::Duration;

use super::Time;

/// How long peers that are being connected, or have not said yet what they have, hold HTTPS back.
const HEAD_START: Duration = Duration::from_millis(750);
/// What one sample of the rates covers, at least.
const SPAN: Duration = Duration::from_secs(1);
/// How many samples in a row show slow peers before HTTPS runs beside them: at first, as a swarm that begins together needs a moment,
/// and while it may be that they were fast by what friends got over HTTPS.
const SLOW_SPANS: (u32, u32) = (3, 1);
/// Who is slow again so soon after HTTPS ended was never fast by itself.
const RELAPSE: Duration = Duration::from_secs(5);
/// The first stretch that HTTPS runs beside peers before it pauses to see what they bring without it, and the longest: each is twice
/// as long as the one before while it pays.
const STRETCH: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(64));
/// HTTPS pays if with it this many times as much arrives as without.
const PAYS: f64 = 1.25;
/// How long HTTPS stays off after it did not pay: at first, and at most once that doubled.
const REST: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(120));

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Peers bring enough, or get the time to. So many samples in a row were slow.
    Off { slow: u32, not_before: Time },
    /// No peer can help since then.
    Alone(Time),
    /// Beside slow peers, until then.
    Beside(Time),
    /// Peers show what they bring without HTTPS, after a stretch in which all together brought so many bytes a second. Nothing is
    /// sampled until what HTTPS was asked for is here.
    Comparing { with: f64 },
}

/// What peers can do.
pub(super) struct Outlook {
    /// Whether any peer has a piece that is missing.
    pub(super) peers_help: bool,
    /// Whether one may come to have it: it is being connected, or has not said what it has.
    pub(super) is_hopeful: bool,
    /// Requests that HTTPS has.
    pub(super) https_in_flight: usize,
    /// Peers that together are slower get HTTPS beside them, in bytes per second.
    pub(super) slow: f64,
}

/// Decides whether HTTPS runs. Pure; asked at least every tick.
pub(super) struct Fallback {
    state: State,
    since: Time,
    peers: u64,
    https: u64,
    stretch: Duration,
    rest: Duration,
    slow_spans: u32,
}

impl Default for Fallback {
    fn default() -> Self {
        Self {
            state: State::Alone(Time::ZERO),
            since: Time::ZERO,
            peers: 0,
            https: 0,
            stretch: STRETCH.0,
            rest: REST.0,
            slow_spans: SLOW_SPANS.0,
        }
    }
}

impl Fallback {
    /// Bytes of an answer arrived.
    pub(super) fn add(&mut self, bytes: u64, is_https: bool) {
        *(if is_https { &mut self.https } else { &mut self.peers }) += bytes;
    }

    /// Whether HTTPS is to be asked.
    pub(super) fn judge(&mut self, now: Time, outlook: &Outlook) -> bool {
        if !outlook.peers_help {
            let since = match self.state {
                State::Alone(since) => since,
                _ => {
                    self.enter(now, State::Alone(now));
                    now
                }
            };
            return !outlook.is_hopeful || now.saturating_sub(since) >= HEAD_START;
        }
        if matches!(self.state, State::Alone(_)) {
            self.enter(now, State::Off { slow: 0, not_before: now });
        }
        if matches!(self.state, State::Comparing { .. }) && outlook.https_in_flight > 0 {
            self.restart(now);
        }
        if let Some((peers, all)) = self.sample(now) {
            self.handle_sample(now, peers, all, outlook.slow);
        }
        matches!(self.state, State::Beside(_))
    }

    fn handle_sample(&mut self, now: Time, peers: f64, all: f64, slow: f64) {
        match self.state {
            State::Off { slow: spans, not_before } if peers < slow => {
                if spans + 1 < self.slow_spans || now < not_before {
                    self.state = State::Off { slow: spans + 1, not_before };
                    return;
                }
                let is_relapse = self.slow_spans == SLOW_SPANS.1 && now < not_before + RELAPSE;
                self.run_beside(now, is_relapse);
            }
            State::Off { not_before, .. } => {
                if now >= not_before + RELAPSE {
                    self.slow_spans = SLOW_SPANS.0;
                }
                self.state = State::Off { slow: 0, not_before };
            }
            State::Beside(_) => self.enter(now, State::Comparing { with: all }),
            State::Alone(_) => {}
            State::Comparing { .. } if peers >= slow => {
                self.slow_spans = SLOW_SPANS.1;
                self.enter(now, State::Off { slow: 0, not_before: now });
            }
            State::Comparing { with } if with > PAYS * peers => {
                self.rest = REST.0;
                self.run_beside(now, true);
            }
            State::Comparing { .. } => {
                self.slow_spans = SLOW_SPANS.0;
                self.enter(now, State::Off { slow: 0, not_before: now + self.rest });
                self.rest = (self.rest * 2).min(REST.1);
            }
        }
    }

    /// HTTPS begins to run beside peers, for twice as long as before if it pays.
    fn run_beside(&mut self, now: Time, pays: bool) {
        self.stretch = if pays { (self.stretch * 2).min(STRETCH.1) } else { STRETCH.0 };
        self.enter(now, State::Beside(now + self.stretch));
    }

    /// Bytes a second of peers, and of all, once a sample is over.
    fn sample(&mut self, now: Time) -> Option<(f64, f64)> {
        let span = now.saturating_sub(self.since);
        let is_over = match self.state {
            // A stretch beside peers is one sample.
            State::Beside(until) => now >= until,
            _ => span >= SPAN,
        };
        if !is_over {
            return None;
        }
        let per_sec = |bytes: u64| bytes as f64 / span.as_secs_f64();
        let rates = (per_sec(self.peers), per_sec(self.peers + self.https));
        self.restart(now);
        Some(rates)
    }

    fn enter(&mut self, now: Time, state: State) {
        self.state = state;
        self.restart(now);
    }

    fn restart(&mut self, now: Time) {
        (self.since, self.peers, self.https) = (now, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: f64 = 1e6;

    /// What happens in a second: the bytes that peers bring with and without HTTPS beside them, and what HTTPS brings.
    struct World {
        peers: u64,
        peers_beside: u64,
        https: u64,
    }

    /// Seconds of so many in which HTTPS ran.
    fn run(world: &World, seconds: u32) -> u32 {
        let (mut fallback, mut on, mut ran) = (Fallback::default(), false, 0);
        for second in 0..seconds {
            for tenth in 0..10 {
                let now = Duration::from_millis(u64::from(second) * 1000 + tenth * 100);
                let peers = if on { world.peers_beside } else { world.peers };
                fallback.add(peers / 10, false);
                fallback.add(if on { world.https / 10 } else { 0 }, true);
                let outlook = Outlook { peers_help: true, is_hopeful: false, https_in_flight: 0, slow: SLOW };
                on = fallback.judge(now, &outlook);
            }
            ran += u32::from(on);
        }
        ran
    }

    #[test]
    fn it_stays_off_beside_peers_that_bring_enough() {
        assert_eq!(run(&World { peers: 2_000_000, peers_beside: 2_000_000, https: 9_000_000 }, 100), 0);
    }

    #[test]
    fn it_runs_nearly_always_where_peers_are_throttled() {
        assert!(run(&World { peers: 50_000, peers_beside: 50_000, https: 5_000_000 }, 200) > 185);
    }

    #[test]
    fn it_runs_little_where_it_only_takes_from_the_peers() {
        let ran = run(&World { peers: 900_000, peers_beside: 100_000, https: 800_000 }, 200);
        assert!((8..80).contains(&ran), "{ran}");
    }

    #[test]
    fn it_ends_once_peers_show_that_they_bring_enough_without_it() {
        let (mut fallback, mut on) = (Fallback::default(), false);
        let mut seen = Vec::new();
        for tenth in 0..300u64 {
            let now = Duration::from_millis(tenth * 100);
            // A slow beginning; then HTTPS is what keeps peers slow.
            let peers = if tenth < 50 || on { 20_000 } else { 500_000 };
            fallback.add(peers, false);
            fallback.add(if on { 100_000 } else { 0 }, true);
            let outlook = Outlook { peers_help: true, is_hopeful: false, https_in_flight: 0, slow: SLOW };
            on = fallback.judge(now, &outlook);
            seen.push(on);
        }
        assert!(seen[60], "it was tried");
        assert!(seen[150..].iter().all(|on| !on), "{seen:?}");
    }

    #[test]
    fn alone_it_waits_for_peers_that_are_coming_and_no_longer() {
        let outlook = |is_hopeful| Outlook { peers_help: false, is_hopeful, https_in_flight: 0, slow: SLOW };
        let mut fallback = Fallback::default();
        assert!(!fallback.judge(Time::ZERO, &outlook(true)));
        assert!(fallback.judge(Time::ZERO, &outlook(false)));
        assert!(fallback.judge(HEAD_START, &outlook(true)));
    }
}
