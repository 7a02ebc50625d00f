//! The friends' pages: what this is, how to join, and how to check the keys before anything is trusted. The page of an invite is
//! the same file for every code, and asks the API what its code is good for.

use std::net::IpAddr;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use mist_proto::{http::Trust, key::ReleaseKey};
use reqwest::Url;

use super::{answer, downloads};
use crate::{
    auth::{Auth, release_key},
    clients::{Clients, packages},
    error::Answer,
};

const PAGE: &str = include_str!("friends.html");
const JOIN: &str = include_str!("join.html");
const STYLE: &str = include_str!("friends.css");
const SCRIPT: &str = include_str!("friends.js");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

/// The page.
pub(super) async fn page(
    State(auth): State<Auth>,
    State(clients): State<Clients>,
    headers: HeaderMap,
) -> Answer<Response> {
    let offers = packages::list(&clients).await?;
    let page = PAGE.replace("{clients}", &downloads::links(&offers, ""));
    Ok(html(fill(&page, &release_key::trust(&auth).await?, &address(&headers, &auth.addresses))))
}

/// The page of an invite.
pub(super) async fn join(
    State(auth): State<Auth>,
    State(clients): State<Clients>,
    headers: HeaderMap,
) -> Answer<Response> {
    let offers = packages::list(&clients).await?;
    let page = JOIN.replace("{clients}", &downloads::links(&offers, "../"));
    Ok(html(fill(&page, &release_key::trust(&auth).await?, &address(&headers, &auth.addresses))))
}

/// How they look.
pub(super) async fn style() -> Response {
    answer(StatusCode::OK, "text/css; charset=utf-8", &POLICY, STYLE)
}

/// What they do.
pub(super) async fn script() -> Response {
    answer(StatusCode::OK, "text/javascript; charset=utf-8", &POLICY, SCRIPT)
}

fn html(page: String) -> Response {
    answer(StatusCode::OK, "text/html; charset=utf-8", &POLICY, page)
}

/// The address that friends type: the one that the server was told, or else the one that the browser shows. What a browser says of
/// the host counts only if it is made of what hosts are made of.
fn address(headers: &HeaderMap, known: &[Url]) -> String {
    if let Some(known) = known.first() {
        return known.as_str().trim_end_matches('/').to_owned();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let plain = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
    let host = text(header::HOST.as_str()).filter(|host| !host.is_empty() && host.chars().all(plain));
    let host = host.unwrap_or("ADDRESS");
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        Some("http") => "http",
        _ if is_reached_in_the_clear(host) => "http",
        _ => "https",
    };
    format!("{scheme}://{host}")
}

/// Whether nobody stands before this process, which speaks no TLS itself: an address of a machine, or a port of one's own.
fn is_reached_in_the_clear(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    };
    let name = name.trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok() || port.is_some_and(|port| port != "443")
}

/// The page of this server.
fn fill(page: &str, trust: &Trust, address: &str) -> String {
    let release = match &trust.release_key {
        Some(key) => key.fingerprint(),
        None => "none yet: the first build brings it".into(),
    };
    page.replace("{address}", address)
        .replace("{tracker}", &ReleaseKey::from(trust.tracker_key).fingerprint())
        .replace("{release}", &release)
        .replace("{version}", &trust.server)
}

#[cfg(test)]
mod tests {
    use mist_proto::claims::TrackerSecret;

    use super::*;

    #[test]
    fn the_pages_name_the_keys_and_leave_nothing_open() {
        let key = TrackerSecret::from_seed(&[1; 32]).public();
        let trust = Trust {
            tracker_key: key,
            release_key: None,
            rotations: vec![],
            publishers: None,
            server: "1.2.3".into(),
        };
        for page in [PAGE, JOIN] {
            let page = page.replace("{clients}", "");
            let page = fill(&page, &trust, "https://mist.example");
            assert!(page.contains("https://mist.example"), "{page}");
            assert!(page.contains(&ReleaseKey::from(key).fingerprint()), "{page}");
            assert!(page.contains("1.2.3") && !page.contains(['{', '}']), "{page}");
        }
    }

    #[test]
    fn friends_are_told_the_address_that_works() {
        let at = |pairs: &[(&'static str, &str)], known: &[&str]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().expect("a header"));
            }
            let known: Vec<Url> = known.iter().map(|url| url.parse().expect("a URL")).collect();
            address(&headers, &known)
        };
        for (host, shown) in [
            ("127.0.0.1:7400", "http://127.0.0.1:7400"),
            ("localhost:8080", "http://localhost:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("[::1]", "http://[::1]"),
            ("192.168.1.5", "http://192.168.1.5"),
            ("nas:8080", "http://nas:8080"),
            ("mist.example", "https://mist.example"),
            ("mist.example:443", "https://mist.example:443"),
            ("<i>", "https://ADDRESS"),
        ] {
            assert_eq!(at(&[("host", host)], &[]), shown);
        }
        let proxied = [("host", "mist.example:8443"), ("x-forwarded-proto", "https")];
        assert_eq!(at(&proxied, &[]), "https://mist.example:8443");
        assert_eq!(
            at(&[("host", "10.0.0.1:80")], &["https://mist.example/games/"]),
            "https://mist.example/games"
        );
    }
}
