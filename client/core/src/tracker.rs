//! The tracker's HTTP API as far as a friend's client uses it: requests, time-outs, bounds, errors.

use std::time::Duration;

use mist_proto::{http::ApiError, http::ErrorBody};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};

/// The largest JSON answer that is read.
const MAX_ANSWER: usize = 64 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest silence in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A server, without an account.
#[derive(Debug, Clone)]
pub struct Tracker {
    base: Url,
    http: Client,
}

/// Why the tracker gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// The address can't be one of a server.
    #[error("{given:?} is not the address of a server: use http:// or https:// and a host name")]
    Address {
        /// As given.
        given: String,
    },
    /// No connection, or it broke.
    #[error("the server {server} can't be reached ({reason})")]
    Unreachable {
        /// The server.
        server: String,
        /// The innermost cause.
        reason: String,
    },
    /// The tracker said no.
    #[error("the server refused: {body}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the tracker says.
        body: ErrorBody,
    },
    /// An answer that is none of the API's.
    #[error("the server's answer to {path} makes no sense: {why}")]
    Malformed {
        /// What was asked.
        path: String,
        /// What is wrong with the answer.
        why: String,
    },
}

impl TrackerError {
    /// Whether waiting may help: the tracker can't be reached or is not itself.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Malformed { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::Address { .. } => false,
        }
    }

    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl Tracker {
    /// The server at `address`, e.g. `https://mist.example.org`.
    ///
    /// # Errors
    /// [`TrackerError::Address`].
    pub fn new(address: &str) -> Result<Self, TrackerError> {
        let bad = || TrackerError::Address { given: address.to_owned() };
        let mut base = Url::parse(address).map_err(|_| bad())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(bad());
        }
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // A capability or a token must never follow somebody else's redirect.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("mist/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| bad())?;
        Ok(Self { base, http })
    }

    /// The address, without a slash at the end.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// A file name for what is known of this server: host and port.
    pub(crate) fn host_key(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '+' };
        let host: String = host.trim_matches('.').chars().map(plain).collect();
        match self.base.port() {
            Some(port) => format!("{host}_{port}"),
            None => host,
        }
    }

    /// An absolute URL, for one that may be relative to this server.
    ///
    /// # Errors
    /// [`TrackerError::Malformed`] for what is neither, or is not HTTP.
    pub fn resolve(&self, url: &str) -> Result<Url, TrackerError> {
        let malformed = |why: &str| TrackerError::Malformed { path: url.to_owned(), why: why.to_owned() };
        // A leading slash stands for the server's own root, which behind a border may be a folder.
        let joined = if url.starts_with('/') && !url.starts_with("//") {
            self.base.join(url.trim_start_matches('/'))
        } else {
            self.base.join(url)
        };
        let url = joined.map_err(|e| malformed(&e.to_string()))?;
        if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(malformed("not an HTTP address")) }
    }

    /// One JSON request.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, TrackerError> {
        let response = self.send(method, path, token, body).await?;
        let bytes = self.read(path, response, MAX_ANSWER).await?;
        // Answers without a body count as `null`, which `()` reads.
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes)
            .map_err(|e| TrackerError::Malformed { path: path.to_owned(), why: e.to_string() })
    }

    /// The bytes behind a `GET`, at most `max`.
    pub(crate) async fn bytes(&self, path: &str, token: &str, max: usize) -> Result<Vec<u8>, TrackerError> {
        let response = self.send(Method::GET, path, Some(token), None::<&()>).await?;
        self.read(path, response, max).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Response, TrackerError> {
        let url = self.resolve(&format!("/api/v1{path}"))?;
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = self.read(path, response, 64 << 10).await?;
        Err(refusal(status, path, &bytes))
    }

    async fn read(&self, path: &str, mut response: Response, max: usize) -> Result<Vec<u8>, TrackerError> {
        let mut out = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(&e))? {
            if out.len() + chunk.len() > max {
                return Err(TrackerError::Malformed { path: path.to_owned(), why: "it is too long".into() });
            }
            out.extend_from_slice(&chunk);
        }
        Ok(out)
    }

    fn unreachable(&self, error: &reqwest::Error) -> TrackerError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let reason = if error.is_timeout() { "it does not answer in time".into() } else { cause.to_string() };
        TrackerError::Unreachable { server: self.address().to_owned(), reason }
    }
}

fn refusal(status: StatusCode, path: &str, bytes: &[u8]) -> TrackerError {
    match serde_json::from_slice::<ApiError>(bytes) {
        Ok(api) => TrackerError::Refused { status: status.as_u16(), body: api.error },
        // A border proxy's own page, for example.
        Err(_) => TrackerError::Malformed { path: path.to_owned(), why: format!("status {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for bad in ["", "mist.example.org", "ftp://x", "file:///etc", "http://"] {
            assert!(Tracker::new(bad).is_err(), "{bad}");
        }
        let plain = Tracker::new("http://127.0.0.1:8080").expect("valid");
        assert_eq!(plain.address(), "http://127.0.0.1:8080");
        assert_eq!(plain.host_key(), "127.0.0.1_8080");
        let url = |t: &Tracker, u: &str| t.resolve(u).map(String::from).map_err(|e| e.to_string());
        assert_eq!(url(&plain, "/seed/v1/x?cap=1"), Ok("http://127.0.0.1:8080/seed/v1/x?cap=1".into()));
        assert_eq!(url(&plain, "https://seed.example/x"), Ok("https://seed.example/x".into()));
        assert!(url(&plain, "file:///etc/passwd").is_err());
        let nested = Tracker::new("https://example.org/mist").expect("valid");
        assert_eq!(nested.host_key(), "example.org");
        assert_eq!(url(&nested, "/seed/v1/x"), Ok("https://example.org/mist/seed/v1/x".into()));
    }

    #[test]
    fn refusals_keep_their_code_and_foreign_pages_are_outages() {
        let body = br#"{"error":{"code":"not_found","message":"no such game"}}"#;
        let refused = refusal(StatusCode::NOT_FOUND, "/x", body);
        assert!(refused.is_not_found() && !refused.is_outage());
        assert!(refusal(StatusCode::BAD_GATEWAY, "/x", b"<html>").is_outage());
    }
}
