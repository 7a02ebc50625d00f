//! The friends' page: what this is, how to join, and how to check the keys before anything is trusted.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use mist_proto::{http::Trust, key::ReleaseKey};

use super::answer;
use crate::{
    auth::{Auth, release_key},
    error::Answer,
};

const PAGE: &str = include_str!("friends.html");
const STYLE: &str = include_str!("friends.css");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page.
pub(super) async fn page(State(auth): State<Auth>, headers: HeaderMap) -> Answer<Response> {
    let trust = release_key::trust(&auth).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let html = fill(&trust, host);
    Ok(answer(StatusCode::OK, "text/html; charset=utf-8", &POLICY, html))
}

/// How it looks.
pub(super) async fn style() -> Response {
    answer(StatusCode::OK, "text/css; charset=utf-8", &POLICY, STYLE)
}

/// The page of this server. What a browser says of the host is shown only if it is made of what hosts are made of.
fn fill(trust: &Trust, host: Option<&str>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
    let host = host.filter(|host| !host.is_empty() && host.chars().all(plain)).unwrap_or("ADDRESS");
    let release = match &trust.release_key {
        Some(key) => key.fingerprint(),
        None => "none yet: the first build brings it".into(),
    };
    PAGE.replace("{host}", host)
        .replace("{tracker}", &ReleaseKey::from(trust.tracker_key).fingerprint())
        .replace("{release}", &release)
        .replace("{version}", &trust.server)
}

#[cfg(test)]
mod tests {
    use mist_proto::claims::TrackerSecret;

    use super::*;

    #[test]
    fn the_page_names_the_keys_and_shows_no_host_of_odd_letters() {
        let key = TrackerSecret::from_seed(&[1; 32]).public();
        let trust = Trust { tracker_key: key, release_key: None, rotations: vec![], server: "1.2.3".into() };
        let page = fill(&trust, Some("mist.example:7400"));
        assert!(page.contains("mist login https://mist.example:7400"), "{page}");
        assert!(page.contains(&ReleaseKey::from(key).fingerprint()), "{page}");
        assert!(page.contains("1.2.3") && !page.contains(['{', '}']), "{page}");
        assert!(!fill(&trust, Some("<i>")).contains("<i>"));
    }
}
