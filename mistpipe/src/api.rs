//! The tracker's HTTP API as a signed-in admin calls it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use anyhow::Result;
use mist_api_client::{Answer, ApiClient, Call, CallError, ServerAddress, Tokens};
use mist_proto::{
    UnixMillis,
    http::{Login, RefreshRequest, Session, Trust},
};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    failure::{Exit, refuse},
    home::Home,
    retry::RetryPauses,
    session::StoredSession,
};

/// How long a call may take that carries a manifest, a recipe or a part over a slow line.
pub(crate) const TRANSFER: Duration = Duration::from_secs(15 * 60);
/// How long a server that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(20);

/// This machine's clock.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}

/// Calls to a server that nobody need be signed in at.
pub(crate) fn client(server: ServerAddress) -> Result<ApiClient, CallError> {
    ApiClient::new(server, concat!("mistpipe/", env!("CARGO_PKG_VERSION")))
}

/// `GET /trust`, for everybody.
pub(crate) async fn trust_of(client: &ApiClient) -> Result<Trust, CallError> {
    client.call(Method::GET, "trust").send().await?.json().await
}

/// `POST /auth/login`.
pub(crate) async fn sign_in(client: &ApiClient, login: &Login) -> Result<Session, CallError> {
    client.call(Method::POST, "auth/login").json(login).send().await?.json().await
}

/// Makes the call that `make` shapes, again and again while whoever is called may come back, for as long as `pauses`
/// go on.
pub(crate) async fn insist(make: impl Fn() -> Call, mut pauses: RetryPauses) -> Result<Answer, CallError> {
    loop {
        let error = match make().send().await {
            Err(e) if e.is_transient() => e,
            settled => return settled,
        };
        let Some(delay) = pauses.next() else { return Err(error) };
        tokio::time::sleep(delay.max(error.retry_after().unwrap_or_default())).await;
    }
}

/// The API with the session that is signed in on this machine.
pub(crate) struct Api {
    client: ApiClient,
    home: Home,
    session: Mutex<StoredSession>,
}

impl Api {
    /// The API of the server that the session in `home` belongs to.
    ///
    /// # Errors
    /// Exit code 3 if nobody is signed in.
    pub(crate) fn open(home: &Home) -> Result<Self> {
        let session = StoredSession::load(home)?;
        let client = client(session.server.clone())?;
        Ok(Self { client, home: home.clone(), session: Mutex::new(session) })
    }

    fn session(&self) -> StoredSession {
        // Nothing panics while it holds the lock, so that a poisoned one holds a whole session all the same.
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls below, for a seed's byte router.
    pub(crate) fn client(&self) -> &ApiClient {
        &self.client
    }

    /// A bearer token that has not ended, refreshed if need be. `stale` is a token that the server refused.
    async fn token(&self, stale: Option<&str>) -> Result<String> {
        let is_good = |t: &Tokens| t.is_fresh(now()) && stale != Some(&t.access);
        let known = self.session().tokens;
        if is_good(&known) {
            return Ok(known.access);
        }
        // One process at a time: a refresh token that is used twice ends the session.
        let home = self.home.clone();
        let lock = tokio::task::spawn_blocking(move || home.lock()).await??;
        let mut session = StoredSession::load(&self.home)?;
        if !is_good(&session.tokens) {
            let body = RefreshRequest { refresh_token: session.tokens.refresh.clone() };
            let answer = self.client.call(Method::POST, "auth/refresh").json(&body).send().await;
            let answer = answer.map_err(|e| match e.status() {
                Some(401 | 403) => refuse(
                    Exit::Auth,
                    format!(
                        "your session has ended: run `mistpipe login {} --user {}` again",
                        session.server, session.user
                    ),
                ),
                _ => e.into(),
            })?;
            session.tokens = Tokens::new(&answer.json().await?, now());
            session.store(&self.home)?;
        }
        drop(lock);
        let token = session.tokens.access.clone();
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
        Ok(token)
    }

    /// Calls `path` with the request that `shape` completes; a token that the server no longer takes is refreshed
    /// once, and a server that does not answer is asked again for a while, because every call of this API may be
    /// repeated.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        shape: impl Fn(Call) -> Call,
    ) -> Result<Answer> {
        let ask = async |token: String| {
            let make = || shape(self.client.call(method.clone(), path).bearer(&token));
            insist(make, RetryPauses::new(PATIENCE)).await.map_err(|e| (token.clone(), e))
        };
        match ask(self.token(None).await?).await {
            Err((stale, e)) if e.is_unauthorized() => {
                Ok(ask(self.token(Some(&stale)).await?).await.map_err(|(_, e)| e)?)
            }
            answer => Ok(answer.map_err(|(_, e)| e)?),
        }
    }

    /// `GET path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(self.call(Method::GET, path, |c| c).await?.json().await?)
    }

    /// `GET path`, for bytes, of which at most `max` are taken.
    pub(crate) async fn get_bytes(&self, path: &str, max: usize) -> Result<Vec<u8>> {
        Ok(self.call(Method::GET, path, |c| c.within(TRANSFER)).await?.bytes(max).await?)
    }

    /// A call with a JSON body whose answer is JSON.
    pub(crate) async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        Ok(self.call(method, path, |c| c.json(body)).await?.json().await?)
    }

    /// `POST path` without a body, asked once: behind the server is somebody who is not to be pressed.
    pub(crate) async fn post_once<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let token = self.token(None).await?;
        Ok(self.client.call(Method::POST, path).bearer(&token).send().await?.json().await?)
    }

    /// A call whose answer's body does not matter.
    pub(crate) async fn send_empty(&self, method: Method, path: &str) -> Result<()> {
        self.call(method, path, |c| c).await?;
        Ok(())
    }

    /// `GET /trust`, refused if the tracker's key is not the one of the sign-in.
    pub(crate) async fn trust(&self) -> Result<Trust> {
        let trust: Trust = self.get("trust").await?;
        let session = self.session();
        if trust.tracker_key != session.tracker_key {
            return Err(refuse(
                Exit::Auth,
                format!(
                    "{} shows another key than when you signed in. If it was set up anew, sign in again with \
                     `mistpipe login`; if not, somebody may stand between",
                    session.server
                ),
            ));
        }
        Ok(trust)
    }

    /// Ends the session at the server.
    pub(crate) async fn end_session(&self) -> Result<()> {
        let body = RefreshRequest { refresh_token: self.session().tokens.refresh };
        self.client.call(Method::POST, "auth/logout").json(&body).send().await?;
        Ok(())
    }
}
