//! Counters of what a node moved.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mist_proto::{
    http::{BytesBySource, Moving, SourceClass},
    limits::MAX_MOVING,
};

/// Content moved for one scope since the node started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeTraffic {
    /// Verified bytes received.
    pub down: BytesBySource,
    /// Bytes sent, by the class of the peer that got them.
    pub up: BytesBySource,
}

/// What a node did since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// By scope.
    pub scopes: BTreeMap<String, ScopeTraffic>,
    /// Connections open now.
    pub connections: usize,
    /// Answers that are being made or sent now.
    pub answers: usize,
    /// Peers found banned for bad data.
    pub banned: usize,
    /// Friends that a connection was made with, the last of each kind.
    pub met: Vec<Met>,
}

/// A friend with whom a connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// The network that it was in; none if it runs on this machine.
    pub network: Option<SourceClass>,
    /// Whether it dialed this node, and not the other way round.
    pub dialed_us: bool,
    /// How long ago that was.
    pub ago: Duration,
}

impl NodeStats {
    /// Sum over all scopes.
    pub fn total(&self) -> ScopeTraffic {
        let mut sum = ScopeTraffic::default();
        for traffic in self.scopes.values() {
            sum.down.add_all(&traffic.down);
            sum.up.add_all(&traffic.up);
        }
        sum
    }
}

/// What a node moves a second, by its counters. Pure: the time is a parameter.
#[derive(Debug, Clone, Default)]
pub struct TrafficRates {
    /// When the counters were read, and what they said.
    last: Option<(Duration, BTreeMap<String, ScopeTraffic>)>,
    rates: BTreeMap<String, ScopeTraffic>,
}

/// What two readings are apart at least: what moved in a moment says nothing.
const READINGS_APART: Duration = Duration::from_secs(2);

impl TrafficRates {
    /// Bytes a second of each game that moved anything between the last two readings, as an announce says it: of at most [`MAX_MOVING`] games.
    /// `now` is the time since some fixed start.
    pub fn moving(&mut self, now: Duration, stats: &NodeStats) -> Vec<Moving> {
        let of_game = |(scope, rate): (&String, &ScopeTraffic)| {
            Some(Moving { game: scope.parse().ok()?, down: rate.down, up: rate.up.total() })
        };
        self.read(now, stats).iter().filter_map(of_game).take(MAX_MOVING).collect()
    }

    /// The same of every scope.
    fn read(&mut self, now: Duration, stats: &NodeStats) -> &BTreeMap<String, ScopeTraffic> {
        if let Some((at, before)) = &self.last {
            let passed = now.saturating_sub(*at);
            if passed < READINGS_APART {
                return &self.rates;
            }
            let rate = |(scope, traffic): (&String, &ScopeTraffic)| {
                let before = before.get(scope).copied().unwrap_or_default();
                let moved = ScopeTraffic {
                    down: a_second(&traffic.down.beyond(&before.down), passed),
                    up: a_second(&traffic.up.beyond(&before.up), passed),
                };
                (moved != ScopeTraffic::default()).then(|| (scope.clone(), moved))
            };
            self.rates = stats.scopes.iter().filter_map(rate).collect();
        }
        self.last = Some((now, stats.scopes.clone()));
        &self.rates
    }
}

fn a_second(moved: &BytesBySource, passed: Duration) -> BytesBySource {
    let mut rate = BytesBySource::default();
    for class in SourceClass::ALL {
        let bytes = u128::from(moved.get(class)) * 1000 / passed.as_millis().max(1);
        rate.add(class, u64::try_from(bytes).unwrap_or(u64::MAX));
    }
    rate
}

/// The running counters behind [`NodeStats`].
#[derive(Default)]
pub(crate) struct Traffic(Mutex<BTreeMap<String, ScopeTraffic>>);

impl Traffic {
    pub(crate) fn down(&self, scope: &str, class: SourceClass, bytes: u64) {
        self.with(scope, |t| t.down.add(class, bytes));
    }

    pub(crate) fn up(&self, scope: &str, class: SourceClass, bytes: u64) {
        self.with(scope, |t| t.up.add(class, bytes));
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<String, ScopeTraffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(&self, scope: &str, f: impl FnOnce(&mut ScopeTraffic)) {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(traffic) = scopes.get_mut(scope) {
            f(traffic);
        } else {
            f(scopes.entry(scope.to_owned()).or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_what_moved_between_two_readings() {
        let (traffic, mut rates) = (Traffic::default(), TrafficRates::default());
        let stats = |traffic: &Traffic| NodeStats { scopes: traffic.snapshot(), ..NodeStats::default() };
        let at = Duration::from_secs;
        traffic.down("g", SourceClass::Lan, 1000);
        assert!(rates.read(at(5), &stats(&traffic)).is_empty(), "one reading is no rate");
        traffic.down("g", SourceClass::Lan, 3000);
        traffic.up("h", SourceClass::Seed, 500);
        let read = rates.read(at(15), &stats(&traffic)).clone();
        assert_eq!((read["g"].down.lan, read["g"].up.total(), read["h"].up.seed), (300, 0, 50));
        assert_eq!(*rates.read(at(16), &stats(&traffic)), read, "too soon for another one");
        assert!(rates.read(at(25), &stats(&traffic)).is_empty(), "nothing moved since");
    }
}
