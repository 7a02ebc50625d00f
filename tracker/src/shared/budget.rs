//! The seam that counts how many requests a caller may make: so that one client gone wild takes nothing from the others.
//!
//! Counted twice: for the network that a request comes from, before anything is looked up, and for the account once
//! that is known. What it costs to guess passwords is another matter: see [`super::backoff`].

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use mist_listener::Network;
use mist_proto::UnixMillis;

use super::Away;

/// Parties counted at once; those that were idle longest go first.
const MAX_PARTIES: usize = 20_000;
/// What a party that was idle may ask for at once, in minutes' worth of requests.
pub(super) const BURST_MICROS: i64 = 60_000_000;

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Party {
    /// All callers of one network.
    Network(Network),
    /// All sessions of one account.
    Account(String),
}

/// Counts requests.
#[async_trait]
pub trait RequestBudget: Send + Sync {
    /// Takes one request off what `party` may make, which is `per_minute` a minute, as many at once after a minute of silence; 0
    /// for any number. How long it has to wait first; then nothing is taken.
    ///
    /// # Errors
    /// [`Away`].
    async fn take(&self, party: Party, per_minute: u32, now: UnixMillis) -> Result<Option<Duration>, Away>;
}

/// For each party, the time in microseconds up to which its requests are paid for: a leaky bucket in one number. Pure.
#[derive(Debug, Default)]
struct Buckets(HashMap<Party, i64>);

impl Buckets {
    fn take(&mut self, party: Party, now: UnixMillis, cost: i64) -> Result<(), Duration> {
        let now = now.0.saturating_mul(1000);
        let full = now.saturating_add(BURST_MICROS);
        // Nobody can have paid beyond what is full but by a clock that was set back since: what was counted by it says nothing.
        let known = self.0.get(&party).copied().filter(|paid| *paid <= full);
        let paid = known.map_or(now, |paid| now.max(paid)).saturating_add(cost);
        if paid > full {
            return Err(Duration::from_micros((paid - full).unsigned_abs()));
        }
        self.0.insert(party, paid);
        self.shrink(now);
        Ok(())
    }

    fn shrink(&mut self, now: i64) {
        if self.0.len() <= MAX_PARTIES {
            return;
        }
        self.0.retain(|_, paid| *paid > now);
        if self.0.len() <= MAX_PARTIES {
            return;
        }
        // A tenth at once, so that a flood of new parties does not pay for this with every request.
        let mut times: Vec<i64> = self.0.values().copied().collect();
        let (_, least_kept, _) = times.select_nth_unstable(MAX_PARTIES / 10);
        let least_kept = *least_kept;
        self.0.retain(|_, paid| *paid > least_kept);
    }
}

/// Microseconds that one request uses up of a party that may make `per_minute`; none if requests are not counted.
pub(super) fn cost_of_one(per_minute: u32) -> Option<i64> {
    (per_minute > 0).then(|| BURST_MICROS / i64::from(per_minute))
}

/// Counts in this process's memory.
#[derive(Debug, Default)]
pub struct MemoryBudget(Mutex<Buckets>);

#[async_trait]
impl RequestBudget for MemoryBudget {
    async fn take(&self, party: Party, per_minute: u32, now: UnixMillis) -> Result<Option<Duration>, Away> {
        let Some(cost) = cost_of_one(per_minute) else { return Ok(None) };
        // A panic between two entries leaves entries.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(buckets.take(party, now, cost).err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: UnixMillis = UnixMillis(1_700_000_000_000);
    /// 600 requests a minute.
    const COST: i64 = 100_000;

    fn party(n: u32) -> Party {
        Party::Account(n.to_string())
    }

    #[test]
    fn a_minutes_worth_at_once_then_the_steady_rate() {
        let mut buckets = Buckets::default();
        for n in 0..600 {
            assert_eq!(buckets.take(party(1), T0, COST), Ok(()), "{n}");
        }
        let wait = buckets.take(party(1), T0, COST).expect_err("all is spent");
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(buckets.take(party(2), T0, COST), Ok(()), "others have their own");
        assert_eq!(buckets.take(party(1), T0.plus_millis(100), COST), Ok(()));
        assert!(buckets.take(party(1), T0.plus_millis(100), COST).is_err());
    }

    #[test]
    fn refusals_cost_nothing_and_a_clock_that_goes_back_shuts_nobody_out() {
        let mut buckets = Buckets::default();
        while buckets.take(party(1), T0, COST).is_ok() {}
        for _ in 0..1000 {
            assert!(buckets.take(party(1), T0, COST).is_err());
        }
        let earlier = T0.plus_millis(-3_600_000);
        for n in 0..600 {
            assert_eq!(buckets.take(party(1), earlier, COST), Ok(()), "{n}");
        }
        assert!(buckets.take(party(1), earlier, COST).is_err());
        assert_eq!(buckets.take(party(1), earlier.plus_millis(100), COST), Ok(()));
        assert_eq!(buckets.take(party(1), T0.plus_millis(100), COST), Ok(()));
        assert_eq!(buckets.take(party(2), earlier.plus_millis(100), COST), Ok(()));
    }

    #[test]
    fn a_flood_of_parties_takes_bounded_memory_and_frees_nobody_who_is_over() {
        let mut buckets = Buckets::default();
        while buckets.take(party(0), T0, COST).is_ok() {}
        for n in 1..100_000 {
            assert_eq!(buckets.take(party(n), T0, COST), Ok(()));
            assert!(buckets.0.len() <= MAX_PARTIES);
        }
        assert!(buckets.take(party(0), T0, COST).is_err());
    }
}
