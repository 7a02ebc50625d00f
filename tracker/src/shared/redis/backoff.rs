//! Counting wrong passwords for all replicas: a hash for each count, which goes when it no longer counts.

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use mist_listener::Network;
use mist_proto::{UnixMillis, ids::UserName};
use redis::{AsyncCommands, Script};

use super::{Away, Link};
use crate::shared::backoff::{Counter, FORGIVE_MILLIS, KNOWN_MILLIS, Record, SignInBackoff};

/// Arguments: now, and after how many milliseconds a count is forgotten.
static FAILED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
for _, key in ipairs(KEYS) do
    local last = redis.call('HGET', key, 'last')
    if last and tonumber(ARGV[1]) - tonumber(last) > tonumber(ARGV[2]) then redis.call('DEL', key) end
    redis.call('HINCRBY', key, 'failures', 1)
    redis.call('HSET', key, 'last', ARGV[1])
    redis.call('PEXPIRE', key, ARGV[2])
end
return #KEYS",
    )
});

/// Counts for all replicas together.
pub(super) struct RedisSignInBackoff(Link);

impl RedisSignInBackoff {
    pub(super) fn new(link: Link) -> Self {
        Self(link)
    }

    fn key(&self, counter: &Counter) -> String {
        match counter {
            Counter::Pair(user, network) => self.0.key(format_args!("guesses:pair:{user}:{network}")),
            Counter::Network(network) => self.0.key(format_args!("guesses:network:{network}")),
            Counter::Account(user) => self.0.key(format_args!("guesses:account:{user}")),
        }
    }

    fn known(&self, user: &UserName, from: Network) -> String {
        self.0.key(format_args!("known:{user}:{from}"))
    }

    /// The counters that count for an attempt.
    async fn relevant(
        &self,
        user: Option<&UserName>,
        from: Network,
        now: UnixMillis,
    ) -> Result<Vec<Counter>, Away> {
        let Some(user) = user else { return Ok(vec![Counter::Network(from)]) };
        let key = self.known(user, from);
        let at: Option<i64> = self.0.call(|mut c| async move { c.get(key).await }).await?;
        Ok(Counter::relevant(user, from, at.map(UnixMillis), now))
    }
}

#[async_trait]
impl SignInBackoff for RedisSignInBackoff {
    async fn wait(
        &self,
        user: Option<&UserName>,
        from: Network,
        now: UnixMillis,
    ) -> Result<Option<Duration>, Away> {
        let counters = self.relevant(user, from, now).await?;
        let mut ask = redis::pipe();
        for counter in &counters {
            ask.hmget(self.key(counter), &["failures", "last"]);
        }
        let records: Vec<(Option<u32>, Option<i64>)> =
            self.0.call(|mut c| async move { ask.query_async(&mut c).await }).await?;
        let waits = counters.iter().zip(records).map(|(counter, record)| {
            let (Some(failures), Some(last)) = record else { return 0 };
            Record { failures, last: UnixMillis(last) }.wait(counter, now)
        });
        let longest = u64::try_from(waits.max().unwrap_or(0)).unwrap_or(0);
        Ok((longest > 0).then_some(Duration::from_millis(longest)))
    }

    async fn failed(&self, user: Option<&UserName>, from: Network, now: UnixMillis) -> Result<(), Away> {
        let counters = self.relevant(user, from, now).await?;
        let mut invocation = FAILED.prepare_invoke();
        for counter in &counters {
            invocation.key(self.key(counter));
        }
        invocation.arg(now.0).arg(FORGIVE_MILLIS);
        self.0.call(|mut c| async move { invocation.invoke_async(&mut c).await }).await
    }

    async fn succeeded(&self, user: &UserName, from: Network, now: UnixMillis) -> Result<(), Away> {
        let mut change = redis::pipe();
        change.atomic().del(self.key(&Counter::Pair(user.clone(), from))).ignore();
        let life = u64::try_from(KNOWN_MILLIS).unwrap_or(u64::MAX);
        change.pset_ex(self.known(user, from), now.0, life).ignore();
        self.0.call(|mut c| async move { change.query_async(&mut c).await }).await
    }
}
