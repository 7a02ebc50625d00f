//! One call and its answer.

use std::{error::Error as _, time::Duration};

use bytes::Bytes;
use mist_proto::{http::ProblemDetails, limits};
use reqwest::{
    Method, RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use crate::{CallError, ServerAddress, level, pace::Patience};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the head of an answer may take, unless a call says otherwise.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The longest silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(20);
/// The longest refusal that is read.
const MAX_REFUSAL: usize = 64 << 10;

/// Calls to one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiClient {
    server: ServerAddress,
    http: reqwest::Client,
}

impl ApiClient {
    /// Calls to `server` in the name of `program`, e.g. `mist/0.1.0`.
    ///
    /// # Errors
    /// [`CallError::Setup`].
    pub fn new(server: ServerAddress, program: &str) -> Result<Self, CallError> {
        let http = reqwest::Client::builder()
            .user_agent(program)
            .default_headers(level::ours())
            .connect_timeout(CONNECT_TIMEOUT)
            // A token or a capability must never follow somebody's redirect.
            .redirect(Policy::none())
            .build()
            .map_err(|e| CallError::Setup { reason: innermost(&e) })?;
        Ok(Self { server, http })
    }

    /// Whom it calls.
    pub fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// A call to `path` below the API, e.g. `games/quake/builds`.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.call_url(method, self.server.api(path)).of_api(true)
    }

    /// A call to a URL that the server gave: see [`ServerAddress::resolve`].
    pub fn call_url(&self, method: Method, url: Url) -> Call {
        // Without the query, which may hold a capability.
        let place = Place { server: url.origin().ascii_serialization(), path: url.path().to_owned() };
        Call { request: self.http.request(method, url), place, within: ANSWER_WITHIN, is_api: false }
    }
}

/// What was called, for errors.
#[derive(Debug)]
struct Place {
    server: String,
    path: String,
}

impl Place {
    fn unreachable(&self, reason: String) -> CallError {
        CallError::Unreachable { server: self.server.clone(), reason }
    }

    fn failed(&self, error: &reqwest::Error) -> CallError {
        self.unreachable(if error.is_timeout() { "it took too long".into() } else { innermost(error) })
    }

    fn malformed(&self, why: String) -> CallError {
        CallError::Malformed { server: self.server.clone(), path: self.path.clone(), why }
    }
}

/// The innermost cause is what helps ("connection refused"); the outer ones repeat the URL, whose query may hold a
/// capability.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "the connection failed".to_owned(), ToString::to_string)
}

/// A call that was not made yet.
#[must_use = "a call is made by `send`"]
#[derive(Debug)]
pub struct Call {
    request: RequestBuilder,
    place: Place,
    within: Duration,
    /// Whether the tracker's API is called, whose answers say its level.
    is_api: bool,
}

impl Call {
    /// Whether the answer says a level of the API, which is held against ours: a seed's byte router says none.
    pub(crate) fn of_api(self, is_api: bool) -> Self {
        Self { is_api, ..self }
    }

    /// Shows an access token.
    pub fn bearer(self, token: &str) -> Self {
        Self { request: self.request.bearer_auth(token), ..self }
    }

    /// Asks with `pairs` after the question mark.
    pub fn query(self, pairs: &impl Serialize) -> Self {
        Self { request: self.request.query(pairs), ..self }
    }

    /// Sends `body` as JSON.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// Sends `body` as it is.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self { request: self.request.body(body), ..self }
    }

    /// Asks a stream of events to go on after the event `last`.
    pub(crate) fn resuming(self, last: Option<&str>) -> Self {
        match last.map(HeaderValue::from_str) {
            Some(Ok(last)) => Self { request: self.request.header("last-event-id", last), ..self },
            _ => self,
        }
    }

    /// Gives the body sent, and the head of the answer, this long together instead of half a minute.
    pub fn within(self, time: Duration) -> Self {
        Self { within: time, ..self }
    }

    /// Makes the call.
    ///
    /// # Errors
    /// [`CallError::Unreachable`], [`CallError::Refused`] or [`CallError::Foreign`].
    pub async fn send(self) -> Result<Answer, CallError> {
        let Self { request, place, within, is_api } = self;
        let response = tokio::time::timeout(within, request.send())
            .await
            .map_err(|_| place.unreachable("it took too long".into()))?
            .map_err(|e| place.failed(&e))?;
        let status = response.status();
        if is_api && status.is_success() {
            level::check(response.headers())?;
        }
        let answer = Answer { response, place };
        if status.is_success() { Ok(answer) } else { Err(answer.refusal().await) }
    }
}

/// An answer that says yes; its body is still on its way.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    place: Place,
}

impl Answer {
    /// The body as `T`; that nothing is there counts as `null`, which `()` and options read.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] if it breaks off or comes too slowly, [`CallError::Malformed`] if it is no `T` or over
    /// [`limits::MAX_JSON_ANSWER`].
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, CallError> {
        self.json_up_to(limits::MAX_JSON_ANSWER).await
    }

    /// As [`Answer::json`], of at most `max` bytes.
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub async fn json_up_to<T: DeserializeOwned>(mut self, max: usize) -> Result<T, CallError> {
        let bytes = self.read(max, Patience::API).await?;
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes).map_err(|e| self.place.malformed(e.to_string()))
    }

    /// The body, which may have at most `max` bytes.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] if it breaks off or comes too slowly, [`CallError::Malformed`] if it is longer.
    pub async fn bytes(mut self, max: usize) -> Result<Vec<u8>, CallError> {
        self.read(max, Patience::BULK).await
    }

    async fn chunk(&mut self, silence: Duration) -> Result<Option<Bytes>, CallError> {
        tokio::time::timeout(silence, self.response.chunk())
            .await
            .map_err(|_| self.place.unreachable("its answer stopped half-way".into()))?
            .map_err(|e| self.place.failed(&e))
    }

    async fn read(&mut self, max: usize, patience: Patience) -> Result<Vec<u8>, CallError> {
        let mut bytes = Vec::new();
        let started = Instant::now();
        loop {
            let left = patience.until(bytes.len()).saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(self.place.unreachable("its answer comes too slowly".into()));
            }
            let silence = left.min(SILENCE);
            let chunk = match self.chunk(silence).await {
                Err(CallError::Unreachable { .. }) if silence < SILENCE && started.elapsed() >= left => {
                    return Err(self.place.unreachable("its answer comes too slowly".into()));
                }
                chunk => chunk?,
            };
            let Some(chunk) = chunk else { return Ok(bytes) };
            if chunk.len() > max - bytes.len() {
                return Err(self.place.malformed(format!("it has more than {max} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
    }

    /// The body as it comes, which must be of this type.
    pub(crate) fn into_stream(self, media_type: &str) -> Result<Stream, CallError> {
        let given =
            self.response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if given.split(';').next() != Some(media_type) {
            return Err(self.place.malformed(format!("it is no {media_type}")));
        }
        Ok(Stream(self))
    }

    async fn refusal(mut self) -> CallError {
        let status = self.response.status().as_u16();
        let seconds = self.response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let bytes = match self.read(MAX_REFUSAL, Patience::API).await {
            Err(broken @ CallError::Unreachable { .. }) => return broken,
            read => read.unwrap_or_default(),
        };
        let details = serde_json::from_slice::<ProblemDetails>(&bytes).ok();
        match details.and_then(ProblemDetails::into_body) {
            Some(mut body) => {
                // Whoever shows it must be able to.
                for (text, most) in [(&mut body.code, 64), (&mut body.message, 1000)] {
                    if let Some((at, _)) = text.char_indices().nth(most) {
                        text.truncate(at);
                    }
                }
                CallError::Refused { status, body, retry_after: seconds.map(Duration::from_secs) }
            }
            None => CallError::Foreign { server: self.place.server, status },
        }
    }
}

/// A body that is read as it comes.
#[derive(Debug)]
pub(crate) struct Stream(Answer);

impl Stream {
    /// The next bytes; none at the end. May be dropped while it waits: nothing is lost.
    pub(crate) async fn chunk(&mut self, silence: Duration) -> Result<Option<Bytes>, CallError> {
        self.0.chunk(silence).await
    }

    /// What it is that the protocol does not say.
    pub(crate) fn malformed(&self, why: String) -> CallError {
        self.0.place.malformed(why)
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::Pace;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server that answers everything with a body that never ends, a byte at a time.
    async fn dripping() -> ApiClient {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // The request comes at once, in one go.
                    assert!(caller.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0));
                    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
                    caller.write_all(head).await.expect("sent");
                    while caller.write_all(b"1").await.is_ok() {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                });
            }
        });
        ApiClient::new(address.parse().expect("an address"), "test/1").expect("a client")
    }

    #[tokio::test]
    async fn a_body_that_drips_ends_in_time() {
        let client = dripping().await;
        let pace = Pace { grace: Duration::from_millis(400), least: 1000 };
        let patience = Patience { pace, total: Duration::from_secs(60) };
        let mut answer = client.call(Method::GET, "x").send().await.expect("a head");
        let started = Instant::now();
        let ended = answer.read(1 << 20, patience).await.expect_err("it is too slow");
        assert!(ended.to_string().contains("too slowly"), "{ended}");
        let took = started.elapsed();
        assert!(took >= pace.grace && took < Duration::from_secs(5), "{took:?}");
    }
}
