//! Counting requests by one number a party, as in memory: the time up to which its requests are paid for.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use mist_proto::UnixMillis;
use redis::Script;

use super::{Away, Link};
use crate::shared::budget::{BURST_MICROS, Party, RequestBudget, cost_of_one};

/// Arguments: now, what a request costs, and what may be spent at once, in microseconds. The answer is the wait. What was paid by a
/// clock that was set back since says nothing.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local now, cost, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = tonumber(redis.call('GET', KEYS[1]) or now)
if known > now + burst then known = now end
local paid = math.max(now, known) + cost
if paid > now + burst then return paid - now - burst end
redis.call('SET', KEYS[1], string.format('%.0f', paid), 'PX', string.format('%.0f', burst / 1000))
return 0",
    )
});

/// Counts for all replicas together.
pub(super) struct RedisBudget(pub(super) Link);

#[async_trait]
impl RequestBudget for RedisBudget {
    async fn take(&self, party: Party, per_minute: u32, now: UnixMillis) -> Result<Option<Duration>, Away> {
        let Some(cost) = cost_of_one(per_minute) else { return Ok(None) };
        let key = match party {
            Party::Network(network) => self.0.key(format_args!("budget:network:{network}")),
            Party::Account(account) => self.0.key(format_args!("budget:account:{account}")),
        };
        let now = now.0.saturating_mul(1000);
        let wait: u64 = self
            .0
            .call(|mut c| async move {
                TAKE.key(key).arg(now).arg(cost).arg(BURST_MICROS).invoke_async(&mut c).await
            })
            .await?;
        Ok((wait > 0).then_some(Duration::from_micros(wait)))
    }
}
