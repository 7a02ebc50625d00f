//! What changed, told to whoever listens: `GET /events`.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{self, KeepAlive, Sse},
};
use futures::Stream;
use mist_proto::{
    Slug,
    claims::Scope,
    http::{Event, route},
};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    catalog::visibility,
    error::Problem,
    http::routes::Routes,
};

/// Events that a slow listener may lag behind before it is told to read the lists again.
const BACKLOG: usize = 256;

/// Whom an event concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Admins.
    Admins,
    /// Whoever may see the game.
    Viewers(Slug),
    /// Everybody who is signed in.
    Everyone,
}

/// Events of a transaction, to be posted once it is committed.
#[derive(Debug, Default)]
pub struct Pending(Vec<(Audience, Event)>);

impl Pending {
    /// Keeps an event for later.
    pub fn add(&mut self, audience: Audience, event: Event) {
        self.0.push((audience, event));
    }
}

/// Carries events from whoever makes them to whoever listens, within this process.
#[derive(Clone)]
pub struct EventBus(broadcast::Sender<(Audience, Event)>);

impl Default for EventBus {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl EventBus {
    /// Tells whoever listens now.
    pub fn post(&self, audience: Audience, event: Event) {
        // An error means that nobody listens.
        let _ = self.0.send((audience, event));
    }

    /// Posts the events of a transaction that was committed.
    pub fn post_all(&self, events: Pending) {
        for (audience, event) in events.0 {
            self.post(audience, event);
        }
    }
}

pub(crate) fn routes() -> Routes {
    Routes::default().on(route::ListenToEvents, listen)
}

/// Changes as they happen, as server-sent events.
async fn listen(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>> {
    let inbox = app.events.0.subscribe();
    let left = u64::try_from(caller.expires.since(app.now())).unwrap_or(0);
    let until = tokio::time::Instant::now() + std::time::Duration::from_millis(left.min(1 << 32));
    let stream = futures::stream::unfold((app, caller, inbox), move |(app, caller, mut inbox)| async move {
        loop {
            let received = tokio::select! {
                received = inbox.recv() => received,
                () = tokio::time::sleep_until(until) => return None,
                () = app.stopping.cancelled() => return None,
            };
            let event = match received {
                Ok((audience, event)) if concerns(&app, &caller, &audience).await.unwrap_or(false) => event,
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => Event::Missed,
                Err(RecvError::Closed) => return None,
            };
            // Plain words and numbers always serialise.
            let Ok(line) = sse::Event::default().json_data(&event) else { continue };
            return Some((Ok(line), (app, caller, inbox)));
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

async fn concerns(app: &Shared, caller: &Caller, audience: &Audience) -> Result<bool, Problem> {
    match audience {
        Audience::Everyone => Ok(true),
        Audience::Admins => Ok(caller.scope == Scope::Admin),
        Audience::Viewers(slug) => match visibility::visible(&mut app.db.read().await?, caller, slug).await {
            Ok(_) => Ok(true),
            Err(Problem::NotFound) => Ok(false),
            Err(other) => Err(other),
        },
    }
}
