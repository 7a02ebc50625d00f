//! The log of events in a stream. Its ids say when the log began and count from there, as in memory: so whoever comes with
//! an id of a log that was flushed is told that there is a gap.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use mist_proto::http::Event;
use redis::{Script, streams::StreamRangeReply};

use super::{Away, Link, news, news::News};
use crate::shared::events::{Audience, BATCH, EventId, Events, Missed, Pending, Posted, TAIL};

/// A call that was not heard is found out about after this long.
const LOOK: Duration = Duration::from_secs(10);

/// Arguments: how many events are kept, then an audience and an event in turn.
static POST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local latest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local began
if latest then
    began = string.match(latest[1], '^%d+')
else
    local time = redis.call('TIME')
    began = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
for i = 2, #ARGV, 2 do
    redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], began .. '-*', 'audience', ARGV[i], 'event', ARGV[i + 1])
end
return redis.call('PUBLISH', KEYS[2], '')",
    )
});

/// The log that all replicas share.
pub(super) struct RedisEvents {
    link: Link,
    news: Arc<News>,
}

impl RedisEvents {
    pub(super) fn new(link: Link, news: Arc<News>) -> Self {
        Self { link, news }
    }

    /// What is there after `last`, without waiting.
    async fn since(&self, last: EventId) -> Result<Missed, Away> {
        let key = self.link.key("events");
        let mut ask = redis::pipe();
        ask.atomic()
            .cmd("XRANGE")
            .arg(&[&key, "-", "+", "COUNT", "1"])
            .cmd("XREVRANGE")
            .arg(&[&key, "+", "-", "COUNT", "1"])
            .cmd("XRANGE")
            .arg(&[&key, &format!("({last}"), "+", "COUNT", &BATCH.to_string()]);
        let (first, latest, after): (StreamRangeReply, StreamRangeReply, StreamRangeReply) =
            self.link.call(|mut c| async move { ask.query_async(&mut c).await }).await?;
        let id = |reply: &StreamRangeReply| reply.ids.first().and_then(|entry| entry.id.parse().ok());
        let (first, latest) = (id(&first).unwrap_or(NOTHING), id(&latest).unwrap_or(NOTHING));
        if !reaches(first, latest, last) {
            return Ok(Missed::Gap(latest));
        }
        Ok(Missed::Events(after.ids.iter().filter_map(|entry| read(&entry.id, &entry.map)).collect()))
    }
}

/// The place before the first event.
const NOTHING: EventId = EventId { millis: 0, number: 0 };

/// Whether a log from `first` to `latest` has all that came after `last`.
fn reaches(first: EventId, latest: EventId, last: EventId) -> bool {
    let in_tail = last.number <= latest.number && last.number.saturating_add(1) >= first.number;
    // Whoever began to listen before the first event of a log has missed nothing of it yet.
    let at_the_start = last == NOTHING && first.number <= 1;
    (last.millis == latest.millis && in_tail) || at_the_start
}

fn read(id: &str, fields: &HashMap<String, redis::Value>) -> Option<Posted> {
    let text = |name: &str| redis::from_redis_value_ref::<String>(fields.get(name)?).ok();
    // What a replica of another release posted and this one does not know is left out, as a client would.
    Some(Posted {
        id: id.parse().ok()?,
        audience: audience_of(&text("audience")?)?,
        event: serde_json::from_str(&text("event")?).ok()?,
    })
}

fn text_of(audience: &Audience) -> String {
    match audience {
        Audience::Admins => "admins".into(),
        Audience::Everyone => "everyone".into(),
        Audience::Viewers(game) => format!("game {game}"),
    }
}

fn audience_of(text: &str) -> Option<Audience> {
    match text {
        "admins" => Some(Audience::Admins),
        "everyone" => Some(Audience::Everyone),
        _ => Some(Audience::Viewers(text.strip_prefix("game ")?.parse().ok()?)),
    }
}

#[async_trait]
impl Events for RedisEvents {
    async fn post(&self, events: Pending) -> Result<(), Away> {
        let mut invocation = POST.prepare_invoke();
        invocation.key(self.link.key("events")).key(self.link.key(news::EVENTS)).arg(TAIL);
        for (audience, event) in events.into_events() {
            let event = serde_json::to_string::<Event>(&event).map_err(|e| Away(Box::new(e)))?;
            invocation.arg(text_of(&audience)).arg(event);
        }
        self.link.call(|mut c| async move { invocation.invoke_async(&mut c).await }).await
    }

    async fn latest(&self) -> Result<EventId, Away> {
        let key = self.link.key("events");
        let latest: StreamRangeReply = self
            .link
            .call(|mut c| async move {
                redis::cmd("XREVRANGE").arg(&[&key, "+", "-", "COUNT", "1"]).query_async(&mut c).await
            })
            .await?;
        Ok(latest.ids.first().and_then(|entry| entry.id.parse().ok()).unwrap_or(NOTHING))
    }

    async fn after(&self, last: EventId) -> Result<Missed, Away> {
        // Registered before looking, so that what is posted in between is noticed.
        let mut moved = self.news.events.subscribe();
        match self.since(last).await? {
            Missed::Events(none) if none.is_empty() => {}
            heard => return Ok(heard),
        }
        // Neither end matters here: the log is looked at again.
        let _ = tokio::time::timeout(LOOK, moved.changed()).await;
        self.since(last).await
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn what_a_tail_reaches() {
        let id = |s: &str| s.parse::<EventId>().expect("an id");
        for (first, latest, last, reached) in [
            ("7-1", "7-3", "7-0", true),
            ("7-1", "7-3", "7-3", true),
            ("7-5", "7-9", "7-4", true),
            ("7-5", "7-9", "7-3", false),
            ("7-1", "7-3", "7-4", false),
            ("7-1", "7-3", "6-3", false),
            ("7-1", "7-3", "0-0", true),
            ("7-2", "7-3", "0-0", false),
            ("0-0", "0-0", "0-0", true),
            ("0-0", "0-0", "7-3", false),
        ] {
            assert_eq!(reaches(id(first), id(latest), id(last)), reached, "{first} {latest} {last}");
        }
        for audience in [Audience::Admins, Audience::Everyone, Audience::Viewers("g".parse().expect("slug"))]
        {
            assert_eq!(audience_of(&text_of(&audience)), Some(audience));
        }
        assert_eq!(audience_of("nobody"), None);
    }
}
