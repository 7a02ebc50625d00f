//! What changed, told to whoever listens: `GET /events`. The log itself is [`crate::shared::events`].

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{FromRef, MatchedPath, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{
        Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures::Stream;
use mist_proto::{
    claims::Scope,
    http::{Event, route},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::caller::{By, Caller},
    catalog::visibility,
    db,
    error::{Answer, Problem},
    http::routes::Routes,
    records::Records,
    shared::{
        Away,
        events::{self, Audience, EventId, Events, Missed, Posted},
    },
};

/// So often a stream looks whether the session that it was opened by goes on.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What listening takes.
#[derive(Clone)]
pub struct Listening {
    pub(crate) records: Records,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) stopping: CancellationToken,
}

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Listening: FromRef<S>,
{
    Routes::default().on(route::ListenToEvents, listen)
}

/// Tells admins of what a request changed, where the table of routes says that it changes something of theirs. The handler has
/// committed it by then.
pub async fn tell(State(events): State<Arc<dyn Events>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.and_then(|path| route::find(request.method().as_str(), path.as_str()));
    let answer = next.run(request).await;
    if let Some(what) = route.and_then(|route| route.changes)
        && answer.status().is_success()
    {
        events::post_one(&*events, Audience::Admins, Event::Changed { what }).await;
    }
    answer
}

/// Changes as they happen, as server-sent events. With the header `Last-Event-ID` those after that one.
async fn listen(
    State(listening): State<Listening>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>> {
    let given = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let last: EventId = match given {
        Some(id) => id,
        None => listening.events.latest().await?,
    };
    let left = u64::try_from(caller.expires.since(listening.records.now())).unwrap_or(0);
    let until = Instant::now() + Duration::from_millis(left.min(1 << 32));
    let look_again = Instant::now() + LOOK_AGAIN;
    let listener = Listener { listening, caller, last, until, look_again };
    let stream = futures::stream::unfold(listener, |mut listener| async move {
        let lines = listener.next().await?;
        Some((futures::stream::iter(lines.into_iter().map(Ok)), listener))
    });
    Ok(Sse::new(futures::StreamExt::flatten(stream)).keep_alive(KeepAlive::default()))
}

/// One who listens, and how far they are.
struct Listener {
    listening: Listening,
    caller: Caller,
    last: EventId,
    until: Instant,
    /// When to look whether the session goes on.
    look_again: Instant,
}

impl Listener {
    /// What to send next, which may be nothing. None once the stream ends: the token has expired, the server stops, or
    /// the log is out of reach.
    async fn next(&mut self) -> Option<Vec<sse::Event>> {
        let missed = tokio::select! {
            missed = self.listening.events.after(self.last) => missed,
            () = tokio::time::sleep_until(self.until) => return None,
            () = tokio::time::sleep_until(self.look_again) => {
                self.look_again = Instant::now() + LOOK_AGAIN;
                return self.still_here().await.then(Vec::new);
            }
            () = self.listening.stopping.cancelled() => return None,
        };
        match missed {
            Ok(Missed::Events(events)) => {
                let mut lines = Vec::new();
                for Posted { id, audience, event } in events {
                    self.last = id;
                    if self.concerns(&audience).await.unwrap_or(false) {
                        lines.extend(line(id, &event));
                    }
                }
                Some(lines)
            }
            Ok(Missed::Gap(latest)) => {
                self.last = latest;
                Some(line(latest, &Event::Missed).into_iter().collect())
            }
            Err(Away(e)) => {
                tracing::warn!(error = %e, "a stream of events ends: the log is out of reach");
                None
            }
        }
    }

    /// Whether the session that listens goes on. Who is signed out or disabled hears no more within a short while.
    async fn still_here(&self) -> bool {
        if matches!(self.caller.by, By::Seed | By::AtTheServer) {
            return true;
        }
        let Ok(mut tx) = self.listening.records.read().await else { return false };
        if let By::ApiToken(_) = self.caller.by {
            let token = db::tokens::by_id(&mut tx, &self.caller.family).await;
            // The stream ends by itself when the token does.
            return token.is_ok_and(|t| t.is_some_and(|t| !t.disabled && t.scope == self.caller.scope));
        }
        let holder = db::sessions::holder(&mut tx, &self.caller.family).await;
        let now = self.listening.records.now();
        holder
            .is_ok_and(|h| h.is_some_and(|h| !h.disabled && h.expires > now && h.scope == self.caller.scope))
    }

    async fn concerns(&self, audience: &Audience) -> Result<bool, Problem> {
        match audience {
            Audience::Everyone => Ok(true),
            Audience::Admins => Ok(self.caller.scope == Scope::Admin),
            Audience::Viewers(slug) => {
                let mut tx = self.listening.records.read().await?;
                match visibility::visible(&mut tx, &self.caller, slug).await {
                    Ok(_) => Ok(true),
                    Err(Problem::NotFound) => Ok(false),
                    Err(other) => Err(other),
                }
            }
        }
    }
}

/// An event on the wire. Plain words and numbers always serialise.
fn line(id: EventId, event: &Event) -> Option<sse::Event> {
    sse::Event::default().id(id.to_string()).json_data(event).ok()
}
