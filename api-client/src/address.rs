//! Where a server is.

use std::{fmt, net::IpAddr, str::FromStr};

use mist_proto::http::route::{Place, Route};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::CallError;

/// The address of a server: HTTP or HTTPS, a host, and a path that ends in `/`. No user, query or fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerAddress(Url);

impl ServerAddress {
    /// The address as a URL that ends in `/`.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The URL of `path` below the API. Each of its components is escaped, and `..` climbs nowhere.
    pub fn api(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        // An HTTP address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path.split('/'));
        }
        url
    }

    /// The URL of a route, whose variable parts stand at `place`. Each is escaped, and `..` climbs nowhere.
    pub fn route<R: Route>(&self, place: &R::Place) -> Url {
        let mut parts = place.parts().into_iter();
        let part = |part: &str| match part.starts_with('{') {
            true => parts.next().unwrap_or_default(),
            false => part.to_owned(),
        };
        let mut url = self.0.clone();
        // An HTTP address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(R::INFO.path.trim_start_matches('/').split('/').map(part));
        }
        url
    }

    /// A URL that the server gave: absolute, or relative to the server, whose own root a leading slash stands for (behind
    /// a border that may be a folder).
    ///
    /// # Errors
    /// [`CallError::Malformed`] for what is neither, or not HTTP.
    pub fn resolve(&self, given: &str) -> Result<Url, CallError> {
        let malformed =
            |why: String| CallError::Malformed { server: self.to_string(), path: given.to_owned(), why };
        let relative = given.strip_prefix('/').filter(|rest| !rest.starts_with('/')).unwrap_or(given);
        let url = self.0.join(relative).map_err(|e| malformed(e.to_string()))?;
        if is_http(&url) { Ok(url) } else { Err(malformed("it is no HTTP address".into())) }
    }

    /// Whether what is sent to the server, such as a password, could be read on the way.
    pub fn is_exposed(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.0.scheme() == "http" && !here
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// As people type it; `https://` is meant if there is no scheme.
impl FromStr for ServerAddress {
    type Err = CallError;

    fn from_str(typed: &str) -> Result<Self, CallError> {
        let bad = || CallError::Address { given: typed.to_owned() };
        let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let mut url = Url::parse(&whole).map_err(|_| bad())?;
        let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !is_http(&url) || !url.has_host() || !is_plain {
            return Err(bad());
        }
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for ServerAddress {
    type Error = CallError;

    fn try_from(text: String) -> Result<Self, CallError> {
        text.parse()
    }
}

impl From<ServerAddress> for String {
    fn from(address: ServerAddress) -> Self {
        address.to_string()
    }
}

/// Without the slash at the end.
impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::http::route;

    use super::*;

    fn address(typed: &str) -> ServerAddress {
        typed.parse().expect("an address")
    }

    #[test]
    fn what_people_type() {
        for (typed, meant) in [
            ("mist.example.org", "https://mist.example.org"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://example.org/mist#x", "https://example.org/mist"),
        ] {
            assert_eq!(address(typed).to_string(), meant);
        }
        for bad in ["", "ftp://x", "http://", "https://u:p@x", "https://x/?a=b", "file:///etc"] {
            assert!(bad.parse::<ServerAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn urls_of_the_api_and_of_seeds() {
        let (plain, nested) = (address("http://127.0.0.1:8080"), address("https://example.org/mist"));
        assert_eq!(nested.api("games/quake").as_str(), "https://example.org/mist/api/v1/games/quake");
        assert_eq!(plain.api("jobs/../a?b#c").as_str(), "http://127.0.0.1:8080/api/v1/jobs/a%3Fb%23c");
        let job = |id: &str| plain.route::<route::RetryJob>(&id.to_owned()).to_string();
        assert_eq!(job("a?b#c/d"), "http://127.0.0.1:8080/api/v1/jobs/a%3Fb%23c%2Fd/retry");
        assert_eq!(job(".."), "http://127.0.0.1:8080/api/v1/jobs/retry");
        let build = ("quake".parse().expect("slug"), "1.0+b".parse().expect("version"));
        let url = nested.route::<route::GetBuildManifest>(&build);
        assert_eq!(url.as_str(), "https://example.org/mist/api/v1/games/quake/builds/1.0+b/manifest");
        let url = |a: &ServerAddress, given: &str| a.resolve(given).map(String::from).ok();
        assert_eq!(url(&plain, "/seed/v1/x?cap=1").as_deref(), Some("http://127.0.0.1:8080/seed/v1/x?cap=1"));
        assert_eq!(url(&nested, "/seed/v1/x").as_deref(), Some("https://example.org/mist/seed/v1/x"));
        assert_eq!(url(&plain, "https://seed.example/x").as_deref(), Some("https://seed.example/x"));
        assert_eq!(url(&plain, "file:///etc/passwd"), None);
    }

    #[test]
    fn plain_http_is_noticed_but_on_this_machine() {
        for (typed, exposed) in [
            ("http://mist.example.org", true),
            ("https://mist.example.org", false),
            ("http://127.0.0.1:1", false),
            ("http://[::1]:1", false),
            ("http://localhost", false),
        ] {
            assert_eq!(address(typed).is_exposed(), exposed, "{typed}");
        }
    }
}
