//! Slows down who guesses passwords.
//!
//! Failures are counted three ways: for an account from one network, for one network whatever the account, and for
//! an account from anywhere. Each count lets some failures pass and then makes the next attempt wait, twice as long
//! each time. The last count waits at most a minute and spares networks from which the account signed in before,
//! so that nobody can lock a victim out for good. Pure: the time is a parameter.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use mist_proto::{UnixMillis, ids::UserName};

use crate::http::observed::Network;

/// Counters kept at once; those that failed longest ago go first.
const MAX_COUNTERS: usize = 10_000;
/// Networks remembered as those from which an account signed in.
const MAX_KNOWN: usize = 10_000;
/// A counter is forgotten after this long without a failure.
const FORGIVE_MILLIS: i64 = 60 * 60 * 1000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counter {
    Pair(UserName, Network),
    Network(Network),
    Account(UserName),
}

impl Counter {
    /// Failures that pass freely, and the longest wait.
    fn policy(&self) -> (u32, i64) {
        match self {
            Self::Pair(..) => (5, 15 * 60 * 1000),
            Self::Network(_) => (30, 15 * 60 * 1000),
            Self::Account(_) => (50, 60 * 1000),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Record {
    failures: u32,
    last: UnixMillis,
}

/// The counters.
#[derive(Debug, Default)]
pub struct Backoff {
    counters: HashMap<Counter, Record>,
    known: HashSet<(UserName, Network)>,
    known_order: VecDeque<(UserName, Network)>,
}

impl Backoff {
    /// Whether an attempt may be made now.
    ///
    /// # Errors
    /// How long to wait first.
    pub fn check(&self, user: &UserName, from: IpAddr, now: UnixMillis) -> Result<(), Duration> {
        let wait = self.relevant(user, from.into()).iter().map(|c| self.wait(c, now)).max().unwrap_or(0);
        u64::try_from(wait).ok().filter(|w| *w > 0).map_or(Ok(()), |w| Err(Duration::from_millis(w)))
    }

    /// An attempt failed.
    pub fn failed(&mut self, user: &UserName, from: IpAddr, now: UnixMillis) {
        for counter in self.relevant(user, from.into()) {
            let record = self.counters.entry(counter).or_insert(Record { failures: 0, last: now });
            if now.since(record.last) > FORGIVE_MILLIS {
                record.failures = 0;
            }
            record.failures = record.failures.saturating_add(1);
            record.last = now;
        }
        self.shrink(now);
    }

    /// An attempt succeeded.
    pub fn succeeded(&mut self, user: &UserName, from: IpAddr) {
        let network = Network::from(from);
        self.counters.remove(&Counter::Pair(user.clone(), network));
        let pair = (user.clone(), network);
        if self.known.insert(pair.clone()) {
            self.known_order.push_back(pair);
        }
        if self.known_order.len() > MAX_KNOWN
            && let Some(oldest) = self.known_order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    fn relevant(&self, user: &UserName, network: Network) -> Vec<Counter> {
        let mut all = vec![Counter::Pair(user.clone(), network), Counter::Network(network)];
        if !self.known.contains(&(user.clone(), network)) {
            all.push(Counter::Account(user.clone()));
        }
        all
    }

    /// Milliseconds that this counter still makes an attempt wait.
    fn wait(&self, counter: &Counter, now: UnixMillis) -> i64 {
        let Some(record) = self.counters.get(counter) else { return 0 };
        let (free, longest) = counter.policy();
        let Some(over) = record.failures.checked_sub(free) else { return 0 };
        let penalty = 1000_i64.checked_shl(over.min(20)).unwrap_or(longest).min(longest);
        record.last.plus_millis(penalty).since(now).max(0)
    }

    fn shrink(&mut self, now: UnixMillis) {
        if self.counters.len() <= MAX_COUNTERS {
            return;
        }
        self.counters.retain(|_, r| now.since(r.last) <= FORGIVE_MILLIS);
        if self.counters.len() <= MAX_COUNTERS {
            return;
        }
        // A tenth at once, so that a flood of new names does not pay for this with every attempt.
        let mut times: Vec<UnixMillis> = self.counters.values().map(|r| r.last).collect();
        let (_, oldest_kept, _) = times.select_nth_unstable(MAX_COUNTERS / 10);
        let oldest_kept = *oldest_kept;
        self.counters.retain(|_, r| r.last > oldest_kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: UnixMillis = UnixMillis(1_700_000_000_000);

    fn name(n: &str) -> UserName {
        n.parse().expect("name")
    }

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + n).into())
    }

    #[test]
    fn waits_double_up_to_a_bound_and_are_forgiven() {
        let mut b = Backoff::default();
        let ann = name("ann");
        for _ in 0..4 {
            b.failed(&ann, ip(1), T0);
            assert_eq!(b.check(&ann, ip(1), T0), Ok(()));
        }
        b.failed(&ann, ip(1), T0);
        assert_eq!(b.check(&ann, ip(1), T0), Err(Duration::from_secs(1)));
        b.failed(&ann, ip(1), T0);
        assert_eq!(b.check(&ann, ip(1), T0), Err(Duration::from_secs(2)));
        assert_eq!(b.check(&ann, ip(1), T0.plus_millis(2000)), Ok(()));
        for _ in 0..60 {
            b.failed(&ann, ip(1), T0);
        }
        assert_eq!(b.check(&ann, ip(1), T0), Err(Duration::from_secs(15 * 60)));
        let later = T0.plus_millis(FORGIVE_MILLIS + 1);
        b.failed(&ann, ip(1), later);
        assert_eq!(b.check(&ann, ip(1), later), Ok(()), "an old count is forgotten");
    }

    #[test]
    fn a_guesser_elsewhere_does_not_lock_the_owner_out() {
        let mut b = Backoff::default();
        let ann = name("ann");
        b.succeeded(&ann, ip(1));
        for n in 0..5_000 {
            b.failed(&ann, ip(100 + n), T0.plus_millis(i64::from(n)));
        }
        let now = T0.plus_millis(5_000);
        assert_eq!(b.check(&ann, ip(1), now), Ok(()), "her own network is spared");
        let elsewhere = b.check(&ann, ip(2), now).expect_err("a network never seen waits");
        assert!(elsewhere <= Duration::from_secs(60), "but never long: {elsewhere:?}");
    }

    #[test]
    fn one_network_can_not_spray_over_many_accounts() {
        let mut b = Backoff::default();
        for n in 0..30 {
            b.failed(&name(&format!("u{n}")), ip(7), T0);
        }
        assert!(b.check(&name("fresh"), ip(7), T0).is_err());
        assert_eq!(b.check(&name("fresh"), ip(8), T0), Ok(()));
    }

    #[test]
    fn the_table_stays_bounded() {
        let mut b = Backoff::default();
        for n in 0..12_000 {
            b.failed(&name("ann"), ip(n), T0.plus_millis(i64::from(n)));
        }
        assert!(b.counters.len() <= MAX_COUNTERS);
    }

    #[test]
    fn one_ipv6_household_is_one_network() {
        let a: IpAddr = "2001:db8:1:2::1".parse().expect("ip");
        let b: IpAddr = "2001:db8:1:2:ffff::9".parse().expect("ip");
        let c: IpAddr = "2001:db8:1:3::1".parse().expect("ip");
        assert_eq!(Network::from(a), Network::from(b));
        assert_ne!(Network::from(a), Network::from(c));
    }
}
