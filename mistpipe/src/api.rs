//! The tracker's HTTP API as a signed-in admin calls it.

use std::{
    error::Error as _,
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use mist_proto::{
    UnixMillis,
    http::{ApiError, ErrorBody, Login, RefreshRequest, Session, Trust},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    failure::{Exit, refuse},
    home::Home,
    retry::Backoff,
    session::StoredSession,
};

/// How long one ordinary call may take.
const CALL: Duration = Duration::from_secs(60);
/// How long a call may take that carries a manifest, a recipe or a part over a slow line.
pub(crate) const TRANSFER: Duration = Duration::from_secs(15 * 60);
/// How long a server that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiFailure {
    /// No answer.
    #[error("{server} does not answer: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        server: String,
        /// The innermost cause.
        reason: String,
    },
    /// An answer that says no.
    #[error("{}", .body.message)]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// What the server says.
        body: ErrorBody,
    },
    /// An answer that is none of ours.
    #[error("{server} does not answer like a Mist server (HTTP {status}): is the address right?")]
    Foreign {
        /// Scheme, host and port.
        server: String,
        /// HTTP status.
        status: StatusCode,
    },
}

impl ApiFailure {
    /// The HTTP status, if there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Unreachable { .. } => None,
            Self::Refused { status, .. } | Self::Foreign { status, .. } => Some(status.as_u16()),
        }
    }

    /// The stable code of a refusal.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { body, .. } => Some(&body.code),
            _ => None,
        }
    }

    /// Whether the same call may succeed a little later.
    pub(crate) fn is_transient(&self) -> bool {
        self.status().is_none_or(|s| matches!(s, 408 | 425 | 429 | 500 | 502 | 503 | 504))
    }
}

/// This machine's clock.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A client for servers that nobody is signed in at.
pub(crate) fn http_client() -> Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .user_agent(concat!("mistpipe/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        // A redirect could carry a token to another host.
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok(client)
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Sends `request` once and takes a refusal apart.
pub(crate) async fn send(url: &Url, request: RequestBuilder) -> Result<Response, ApiFailure> {
    let response = request.send().await.map_err(|e| unreachable_because(url, &e))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.map_err(|e| unreachable_because(url, &e))?;
    match serde_json::from_str::<ApiError>(&text) {
        Ok(refusal) => Err(ApiFailure::Refused { status, body: refusal.error }),
        Err(_) => Err(ApiFailure::Foreign { server: origin(url), status }),
    }
}

fn unreachable_because(url: &Url, error: &reqwest::Error) -> ApiFailure {
    // The innermost cause is what helps ("connection refused"); the outer ones repeat the URL, whose query may
    // hold a capability.
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    let reason = if error.is_timeout() {
        "it took too long".to_owned()
    } else {
        cause.map_or_else(|| "the connection failed".to_owned(), ToString::to_string)
    };
    ApiFailure::Unreachable { server: origin(url), reason }
}

/// The body of `response` as `T`.
pub(crate) async fn json<T: DeserializeOwned>(url: &Url, response: Response) -> Result<T, ApiFailure> {
    let status = response.status();
    let bytes = response.bytes().await.map_err(|e| unreachable_because(url, &e))?;
    serde_json::from_slice(&bytes).map_err(|_| ApiFailure::Foreign { server: origin(url), status })
}

/// The URL of `path` below the API of `server`.
pub(crate) fn api_url(server: &Url, path: &str) -> Result<Url> {
    Ok(server.join(&format!("api/v1/{path}"))?)
}

/// `GET /trust` of a server that nobody is signed in at.
pub(crate) async fn trust_of(http: &reqwest::Client, server: &Url) -> Result<Trust> {
    let url = api_url(server, "trust")?;
    let response = send(&url, http.get(url.clone()).timeout(CALL)).await?;
    Ok(json(&url, response).await?)
}

/// `POST /auth/login`.
pub(crate) async fn sign_in(http: &reqwest::Client, server: &Url, login: &Login) -> Result<Session> {
    let url = api_url(server, "auth/login")?;
    let response = send(&url, http.post(url.clone()).json(login).timeout(CALL)).await?;
    Ok(json(&url, response).await?)
}

/// The API with the session that is signed in on this machine.
pub(crate) struct Api {
    http: reqwest::Client,
    home: Home,
    session: Mutex<StoredSession>,
}

impl Api {
    /// The API of the server that the session in `home` belongs to.
    ///
    /// # Errors
    /// Exit code 3 if nobody is signed in.
    pub(crate) fn open(home: &Home) -> Result<Self> {
        let session = Mutex::new(StoredSession::load(home)?);
        Ok(Self { http: http_client()?, home: home.clone(), session })
    }

    fn session(&self) -> StoredSession {
        // Nothing panics while it holds the lock, so that a poisoned one holds a whole session all the same.
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The server's address, which ends in `/`.
    pub(crate) fn server(&self) -> Url {
        self.session().server
    }

    /// The client below, for a seed's byte router.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A URL that the server gave: absolute, or relative to its own address.
    pub(crate) fn resolve(&self, given: &str) -> Result<Url> {
        if given.starts_with("http://") || given.starts_with("https://") {
            return Ok(Url::parse(given)?);
        }
        Ok(self.server().join(given.trim_start_matches('/'))?)
    }

    /// A bearer token that has not ended, refreshed if need be. `stale` is a token that the server refused.
    async fn token(&self, stale: Option<&str>) -> Result<String> {
        let is_good = |s: &StoredSession| s.is_fresh(now()) && stale != Some(&s.access_token);
        let known = self.session();
        if is_good(&known) {
            return Ok(known.access_token);
        }
        // One process at a time: a refresh token that is used twice ends the session.
        let home = self.home.clone();
        let lock = tokio::task::spawn_blocking(move || home.lock()).await??;
        let mut session = StoredSession::load(&self.home)?;
        if !is_good(&session) {
            let url = api_url(&session.server, "auth/refresh")?;
            let body = RefreshRequest { refresh_token: session.refresh_token.clone() };
            let answer = send(&url, self.http.post(url.clone()).json(&body).timeout(CALL)).await;
            let response = answer.map_err(|e| match e.status() {
                Some(401 | 403) => refuse(
                    Exit::Auth,
                    format!(
                        "your session has ended: run `mistpipe login {} --user {}` again",
                        session.server, session.user
                    ),
                ),
                _ => e.into(),
            })?;
            session.renew(json(&url, response).await?, now());
            session.store(&self.home)?;
        }
        drop(lock);
        let token = session.access_token.clone();
        *self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = session;
        Ok(token)
    }

    /// Calls `path` with the request that `shape` completes; a token that the server no longer takes is refreshed
    /// once, and a server that does not answer is asked again for a while, because every call of this API may be
    /// repeated.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        shape: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<(Url, Response)> {
        let url = api_url(&self.server(), path)?;
        let mut backoff = Backoff::new(PATIENCE);
        let mut stale: Option<String> = None;
        loop {
            let token = self.token(stale.as_deref()).await?;
            let request = self.http.request(method.clone(), url.clone()).timeout(CALL).bearer_auth(&token);
            match send(&url, shape(request)).await {
                Ok(response) => return Ok((url, response)),
                Err(e) if e.status() == Some(401) && stale.is_none() => stale = Some(token),
                Err(e) if e.is_transient() => match backoff.next() {
                    Some(delay) => tokio::time::sleep(delay).await,
                    None => return Err(e.into()),
                },
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// `GET path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let (url, response) = self.call(Method::GET, path, |r| r).await?;
        Ok(json(&url, response).await?)
    }

    /// `GET path`, for bytes, of which at most `max` are taken.
    pub(crate) async fn get_bytes(&self, path: &str, max: usize) -> Result<Vec<u8>> {
        let (url, mut response) = self.call(Method::GET, path, |r| r.timeout(TRANSFER)).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| unreachable_because(&url, &e))? {
            anyhow::ensure!(bytes.len() + chunk.len() <= max, "{} sent more than it may", origin(&url));
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// A call with a JSON body whose answer is JSON.
    pub(crate) async fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let (url, response) = self.call(method, path, |r| r.json(body)).await?;
        Ok(json(&url, response).await?)
    }

    /// A call whose answer's body does not matter.
    pub(crate) async fn send_empty(&self, method: Method, path: &str) -> Result<()> {
        self.call(method, path, |r| r).await?;
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
        let session = self.session();
        let url = api_url(&session.server, "auth/logout")?;
        let body = RefreshRequest { refresh_token: session.refresh_token };
        send(&url, self.http.post(url.clone()).json(&body).timeout(CALL)).await?;
        Ok(())
    }
}
