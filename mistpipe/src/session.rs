//! The signed-in session on this machine.

use anyhow::{Context, Result};
use mist_proto::{UnixMillis, claims::TrackerKey, http::Session, ids::UserName, key::ReleaseKey};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    failure::{Exit, refuse},
    home::Home,
};

const FILE: &str = "session.json";

/// Who is signed in where, and with which tokens. Kept in a file that only this user may read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    /// The server, with a path that ends in `/`.
    pub(crate) server: Url,
    /// Key of the tracker as it was at sign-in.
    pub(crate) tracker_key: TrackerKey,
    /// Account.
    pub(crate) user: UserName,
    /// Bearer token.
    pub(crate) access_token: String,
    /// When the bearer token ends, by this machine's clock.
    pub(crate) access_expires: UnixMillis,
    /// Single-use token for the next bearer token.
    pub(crate) refresh_token: String,
}

impl StoredSession {
    /// What a sign-in at `server` gave at the time `now`.
    pub(crate) fn new(server: Url, tracker_key: TrackerKey, session: Session, now: UnixMillis) -> Self {
        Self {
            server,
            tracker_key,
            user: session.user.name,
            access_token: session.access_token,
            access_expires: expiry(session.expires_in, now),
            refresh_token: session.refresh_token,
        }
    }

    /// Takes over the tokens of a refresh.
    pub(crate) fn renew(&mut self, session: Session, now: UnixMillis) {
        self.access_token = session.access_token;
        self.access_expires = expiry(session.expires_in, now);
        self.refresh_token = session.refresh_token;
    }

    /// Whether the bearer token will still do for a request made at `now`.
    pub(crate) fn is_fresh(&self, now: UnixMillis) -> bool {
        self.access_expires.since(now) > 0
    }

    /// The stored session.
    ///
    /// # Errors
    /// Exit code 3 if nobody is signed in.
    pub(crate) fn load(home: &Home) -> Result<Self> {
        let text = home.read(FILE)?.ok_or_else(|| {
            refuse(Exit::Auth, "you are not signed in: run `mistpipe login URL --user NAME` first")
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: remove it and sign in again", home.file(FILE).display()))
    }

    /// Keeps the session.
    pub(crate) fn store(&self, home: &Home) -> Result<()> {
        home.write(FILE, &serde_json::to_string_pretty(self)?)
    }

    /// Forgets the session on this machine.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        home.remove(FILE)
    }
}

/// Half a minute early, so that a token does not end on its way.
fn expiry(expires_in: i64, now: UnixMillis) -> UnixMillis {
    now.plus_millis(expires_in.saturating_sub(30).saturating_mul(1000))
}

/// The address that a user typed, as a base for relative URLs: scheme added if there is none, a `/` at the end.
///
/// # Errors
/// Exit code 2 for what is no `http` or `https` address.
pub(crate) fn parse_server(typed: &str) -> Result<Url> {
    let bad = || {
        refuse(Exit::Usage, format!("{typed:?} is not a server's address: use e.g. https://mist.example.org"))
    };
    let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let mut url = Url::parse(&with_scheme).map_err(|_| bad())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
        return Err(bad());
    }
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Whether a password sent to `server` could be read on the way.
pub(crate) fn is_exposed(server: &Url) -> bool {
    let host = server.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    server.scheme() == "http" && !local
}

/// The release key that the server has, as people compare it.
pub(crate) fn describe_key(key: Option<&ReleaseKey>) -> String {
    key.map_or_else(|| "none yet (the first push makes it)".to_owned(), ReleaseKey::fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_addresses() {
        let parsed = |s: &str| parse_server(s).map(String::from).ok();
        assert_eq!(parsed("mist.example.org").as_deref(), Some("https://mist.example.org/"));
        assert_eq!(parsed("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080/"));
        assert_eq!(parsed("https://example.org/mist").as_deref(), Some("https://example.org/mist/"));
        for bad in ["", "ftp://x", "https://", "https://u:p@x", "https://x/?a=b", "file:///etc"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn plain_http_is_noticed_but_on_this_machine() {
        for (url, exposed) in [
            ("http://mist.example.org", true),
            ("https://mist.example.org", false),
            ("http://127.0.0.1:1", false),
            ("http://[::1]:1", false),
            ("http://localhost", false),
        ] {
            assert_eq!(is_exposed(&parse_server(url).unwrap()), exposed, "{url}");
        }
    }

    #[test]
    fn tokens_end_early() {
        let now = UnixMillis(1_000_000);
        assert_eq!(expiry(900, now).since(now), 870_000);
    }
}
