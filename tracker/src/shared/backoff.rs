//! The seam that slows down who guesses passwords.
//!
//! Failures are counted three ways: for an account from one network, for one network whatever the account, and for
//! an account from anywhere. Each count lets some failures pass and then makes the next attempt wait, twice as long
//! each time. The last count waits at most a minute and spares networks from which the account signed in before,
//! so that nobody can lock a victim out for good.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use mist_listener::Network;
use mist_proto::{UnixMillis, ids::UserName};

use super::Away;

/// Counters kept at once; those that failed longest ago go first.
const MAX_COUNTERS: usize = 10_000;
/// Networks remembered as those from which an account signed in; those of the longest ago go first.
const MAX_KNOWN: usize = 10_000;
/// A network is remembered for this long.
pub(super) const KNOWN_MILLIS: i64 = 90 * 24 * 60 * 60 * 1000;
/// A counter is forgotten after this long without a failure.
pub(super) const FORGIVE_MILLIS: i64 = 60 * 60 * 1000;

/// Counts wrong passwords.
#[async_trait]
pub trait SignInBackoff: Send + Sync {
    /// How long to wait before an attempt may be made; none if it may be made now. Without a user it is one at a code that
    /// names none, and counts for its network alone.
    ///
    /// # Errors
    /// [`Away`].
    async fn wait(
        &self,
        user: Option<&UserName>,
        from: Network,
        now: UnixMillis,
    ) -> Result<Option<Duration>, Away>;

    /// An attempt failed.
    ///
    /// # Errors
    /// [`Away`].
    async fn failed(&self, user: Option<&UserName>, from: Network, now: UnixMillis) -> Result<(), Away>;

    /// An attempt succeeded.
    ///
    /// # Errors
    /// [`Away`].
    async fn succeeded(&self, user: &UserName, from: Network, now: UnixMillis) -> Result<(), Away>;
}

/// What failures are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Counter {
    Pair(UserName, Network),
    Network(Network),
    Account(UserName),
}

impl Counter {
    /// Those that count for an attempt, of an account that signed in from this network last at `known`.
    pub(super) fn relevant(
        user: &UserName,
        network: Network,
        known: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Vec<Self> {
        let mut all = vec![Self::Pair(user.clone(), network), Self::Network(network)];
        if known.is_none_or(|at| now.since(at) > KNOWN_MILLIS) {
            all.push(Self::Account(user.clone()));
        }
        all
    }

    /// Failures that pass freely, and the longest wait.
    fn policy(&self) -> (u32, i64) {
        match self {
            Self::Pair(..) => (5, 15 * 60 * 1000),
            Self::Network(_) => (30, 15 * 60 * 1000),
            Self::Account(_) => (50, 60 * 1000),
        }
    }
}

/// What a counter counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) failures: u32,
    pub(super) last: UnixMillis,
}

impl Record {
    /// Milliseconds that it still makes an attempt wait.
    pub(super) fn wait(self, counter: &Counter, now: UnixMillis) -> i64 {
        let (free, longest) = counter.policy();
        let Some(over) = self.failures.checked_sub(free) else { return 0 };
        let penalty = 1000_i64.checked_shl(over.min(20)).unwrap_or(longest).min(longest);
        self.last.plus_millis(penalty).since(now).max(0)
    }
}

/// The counters. Pure.
#[derive(Debug, Default)]
struct Counters {
    counters: HashMap<Counter, Record>,
    /// When an account signed in from a network last.
    known: HashMap<(UserName, Network), UnixMillis>,
}

impl Counters {
    fn check(&mut self, user: Option<&UserName>, from: Network, now: UnixMillis) -> Option<Duration> {
        let relevant = self.relevant(user, from, now);
        let wait = relevant.iter().map(|c| self.wait(c, now)).max().unwrap_or(0);
        u64::try_from(wait).ok().filter(|w| *w > 0).map(Duration::from_millis)
    }

    fn failed(&mut self, user: Option<&UserName>, from: Network, now: UnixMillis) {
        for counter in self.relevant(user, from, now) {
            let record = self.counters.entry(counter).or_insert(Record { failures: 0, last: now });
            if now.since(record.last) > FORGIVE_MILLIS {
                record.failures = 0;
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now;
        }
        shrink(&mut self.counters, MAX_COUNTERS, |r| r.last, now.plus_millis(-FORGIVE_MILLIS));
    }

    fn succeeded(&mut self, user: &UserName, from: Network, now: UnixMillis) {
        self.counters.remove(&Counter::Pair(user.clone(), from));
        self.known.insert((user.clone(), from), now);
        shrink(&mut self.known, MAX_KNOWN, |at| *at, now.plus_millis(-KNOWN_MILLIS));
    }

    fn relevant(&self, user: Option<&UserName>, network: Network, now: UnixMillis) -> Vec<Counter> {
        let Some(user) = user else { return vec![Counter::Network(network)] };
        let known = self.known.get(&(user.clone(), network));
        Counter::relevant(user, network, known.copied(), now)
    }

    /// Milliseconds that this counter still makes an attempt wait.
    fn wait(&mut self, counter: &Counter, now: UnixMillis) -> i64 {
        let Some(record) = self.counters.get_mut(counter) else { return 0 };
        // A clock that was set back must not make anybody wait until it has caught up.
        record.last = record.last.min(now);
        record.wait(counter, now)
    }
}

/// Brings a table that has grown beyond `max` below it: what was last touched before `old` goes, or else a tenth at
/// once, so that a flood does not pay for this with every entry.
fn shrink<K: Eq + std::hash::Hash, V>(
    table: &mut HashMap<K, V>,
    max: usize,
    touched: impl Fn(&V) -> UnixMillis,
    old: UnixMillis,
) {
    if table.len() <= max {
        return;
    }
    table.retain(|_, v| touched(v) >= old);
    if table.len() <= max {
        return;
    }
    let mut times: Vec<UnixMillis> = table.values().map(&touched).collect();
    let (_, oldest_kept, _) = times.select_nth_unstable(max / 10);
    let oldest_kept = *oldest_kept;
    table.retain(|_, v| touched(v) > oldest_kept);
}

/// Counts in this process's memory.
#[derive(Debug, Default)]
pub struct MemorySignInBackoff(Mutex<Counters>);

impl MemorySignInBackoff {
    fn counters(&self) -> MutexGuard<'_, Counters> {
        // A panic between two counters leaves counters.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SignInBackoff for MemorySignInBackoff {
    async fn wait(
        &self,
        user: Option<&UserName>,
        from: Network,
        now: UnixMillis,
    ) -> Result<Option<Duration>, Away> {
        Ok(self.counters().check(user, from, now))
    }

    async fn failed(&self, user: Option<&UserName>, from: Network, now: UnixMillis) -> Result<(), Away> {
        self.counters().failed(user, from, now);
        Ok(())
    }

    async fn succeeded(&self, user: &UserName, from: Network, now: UnixMillis) -> Result<(), Away> {
        self.counters().succeeded(user, from, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    const T0: UnixMillis = UnixMillis(1_700_000_000_000);

    fn name(n: &str) -> UserName {
        n.parse().expect("name")
    }

    fn ip(n: u32) -> Network {
        IpAddr::V4((0x0a00_0000 + n).into()).into()
    }

    #[test]
    fn waits_double_up_to_a_bound_and_are_forgiven() {
        let mut b = Counters::default();
        let ann = name("ann");
        for _ in 0..4 {
            b.failed(Some(&ann), ip(1), T0);
            assert_eq!(b.check(Some(&ann), ip(1), T0), None);
        }
        b.failed(Some(&ann), ip(1), T0);
        assert_eq!(b.check(Some(&ann), ip(1), T0), Some(Duration::from_secs(1)));
        b.failed(Some(&ann), ip(1), T0);
        assert_eq!(b.check(Some(&ann), ip(1), T0), Some(Duration::from_secs(2)));
        assert_eq!(b.check(Some(&ann), ip(1), T0.plus_millis(2000)), None);
        for _ in 0..60 {
            b.failed(Some(&ann), ip(1), T0);
        }
        assert_eq!(b.check(Some(&ann), ip(1), T0), Some(Duration::from_secs(15 * 60)));
        let later = T0.plus_millis(FORGIVE_MILLIS + 1);
        b.failed(Some(&ann), ip(1), later);
        assert_eq!(b.check(Some(&ann), ip(1), later), None, "an old count is forgotten");
    }

    #[test]
    fn a_guesser_elsewhere_does_not_lock_the_owner_out() {
        let mut b = Counters::default();
        let ann = name("ann");
        b.succeeded(&ann, ip(1), T0);
        for n in 0..5_000 {
            b.failed(Some(&ann), ip(100 + n), T0.plus_millis(i64::from(n)));
        }
        let now = T0.plus_millis(5_000);
        assert_eq!(b.check(Some(&ann), ip(1), now), None, "her own network is spared");
        let elsewhere = b.check(Some(&ann), ip(2), now).expect("a network never seen waits");
        assert!(elsewhere <= Duration::from_secs(60), "but never long: {elsewhere:?}");
    }

    #[test]
    fn one_network_can_not_spray_over_many_accounts() {
        let mut b = Counters::default();
        for n in 0..30 {
            b.failed(Some(&name(&format!("u{n}"))), ip(7), T0);
        }
        assert!(b.check(Some(&name("fresh")), ip(7), T0).is_some());
        assert_eq!(b.check(Some(&name("fresh")), ip(8), T0), None);
    }

    #[test]
    fn guesses_at_codes_count_for_their_network_alone() {
        let mut b = Counters::default();
        for _ in 0..30 {
            assert_eq!(b.check(None, ip(1), T0), None);
            b.failed(None, ip(1), T0);
        }
        assert!(b.check(None, ip(1), T0).is_some());
        assert_eq!(b.check(None, ip(2), T0), None, "nobody else waits");
        assert_eq!(b.check(Some(&name("ann")), ip(2), T0), None);
    }

    #[test]
    fn a_clock_that_goes_back_lets_nobody_wait_until_it_has_caught_up() {
        let mut b = Counters::default();
        let ann = name("ann");
        for _ in 0..6 {
            b.failed(Some(&ann), ip(1), T0);
        }
        let waits = b.check(Some(&ann), ip(1), T0).expect("one too many");
        let earlier = T0.plus_millis(-400 * 24 * 3_600_000);
        assert_eq!(b.check(Some(&ann), ip(1), earlier), Some(waits));
        let later = earlier.plus_millis(i64::try_from(waits.as_millis()).expect("short"));
        assert_eq!(b.check(Some(&ann), ip(1), later), None);
    }

    #[test]
    fn the_table_stays_bounded() {
        let mut b = Counters::default();
        for n in 0..12_000 {
            b.failed(Some(&name("ann")), ip(n), T0.plus_millis(i64::from(n)));
        }
        assert!(b.counters.len() <= MAX_COUNTERS);
    }

    #[test]
    fn a_network_is_known_for_a_while() {
        let mut b = Counters::default();
        let ann = name("ann");
        b.succeeded(&ann, ip(1), T0);
        let guess = |b: &mut Counters, now: UnixMillis| {
            for n in 0..60 {
                b.failed(Some(&ann), ip(100 + n), now);
            }
            b.check(Some(&ann), ip(1), now)
        };
        assert_eq!(guess(&mut b, T0.plus_millis(KNOWN_MILLIS)), None);
        assert!(guess(&mut b, T0.plus_millis(KNOWN_MILLIS + 1)).is_some());
        for n in 0..12_000 {
            b.succeeded(&ann, ip(n), T0.plus_millis(i64::from(n)));
        }
        assert!(b.known.len() <= MAX_KNOWN);
    }
}
