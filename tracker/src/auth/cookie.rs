//! What browsers show instead of tokens: a cookie that no script can read. Pure.
//!
//! A cookie comes along with every request, whoever made the browser ask. So it opens nothing that changes something
//! unless the browser says that the request comes from a page of this server, and a header is there that pages of other
//! servers can't send.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, HOST, ORIGIN},
};
use mist_proto::limits;

/// The header that the portal sends with every request.
const PORTAL: &str = "mist-portal";
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// A kind of cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Over TLS: the browser takes and sends it in no other way, and no neighbouring host can set it.
    Secure,
    /// Over plain HTTP, which a server at hand is tried by.
    Plain,
}

impl Kind {
    /// What a browser that signs in gets, by the page that it says it is on. Whoever lies gets what is of no use to them.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        if origin.is_some_and(|origin| origin.starts_with("https://")) { Self::Secure } else { Self::Plain }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-mist",
            Self::Plain => "mist",
        }
    }

    /// What its secrets begin with, so that one kind is not taken for the other.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Secure => "mist_b_",
            Self::Plain => "mist_p_",
        }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "Path=/; Secure; HttpOnly; SameSite=Strict",
            Self::Plain => "Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The header that makes a browser keep `secret` until it is closed.
    pub(super) fn keep(self, secret: &str) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("{}={secret}; {}", self.name(), self.attributes())).ok()
    }

    /// The header that makes a browser drop it.
    pub(super) fn drop(self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!("{}=; Max-Age=0; {}", self.name(), self.attributes())).ok()
    }
}

/// The secret that a browser shows, and its kind. The secure kind goes first.
pub(super) fn shown(headers: &HeaderMap) -> Option<(Kind, &str)> {
    [Kind::Secure, Kind::Plain].into_iter().find_map(|kind| {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let secret = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == kind.name()).then_some(value))?;
        (secret.starts_with(kind.prefix()) && secret.len() <= limits::MAX_TOKEN).then_some((kind, secret))
    })
}

/// Whether the request was made by a page of this server.
pub(super) fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text(PORTAL).is_none() {
        return false;
    }
    match text(SEC_FETCH_SITE) {
        Some(site) => site == "same-origin",
        // Browsers say nothing of it over plain HTTP, but for loopback.
        None => {
            let origin =
                text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
            origin.is_some() && origin == text(HOST.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (cookies, found) in [
            (&[("cookie", "a=b; __Host-mist=mist_b_1; c=d")][..], Some((Kind::Secure, "mist_b_1"))),
            (
                &[("cookie", "mist=mist_p_1"), ("cookie", "__Host-mist=mist_b_1")],
                Some((Kind::Secure, "mist_b_1")),
            ),
            (&[("cookie", "mist=mist_p_1")], Some((Kind::Plain, "mist_p_1"))),
            // What was made for one kind is nothing as the other.
            (&[("cookie", "mist=mist_b_1")], None),
            (&[("cookie", "__Host-mist=mist_p_1")], None),
            (&[("cookie", "__Host-mist=mist_r_1")], None),
            (&[("cookie", "xmist=mist_p_1")], None),
            (&[("cookie", ";;=;mist")], None),
            (&[], None),
        ] {
            assert_eq!(shown(&headers(cookies)), found, "{cookies:?}");
        }
        let long = format!("mist=mist_p_{}", "x".repeat(limits::MAX_TOKEN));
        assert_eq!(shown(&headers(&[("cookie", &long)])), None);
    }

    #[test]
    fn only_a_page_of_this_server_may_change_something() {
        let portal = ("mist-portal", "1");
        for (given, here) in [
            (&[portal, ("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[portal, ("sec-fetch-site", "same-site")], false),
            (&[portal, ("sec-fetch-site", "cross-site")], false),
            (&[portal, ("sec-fetch-site", "none")], false),
            // What the browser says of the site goes before the rest.
            (&[portal, ("sec-fetch-site", "cross-site"), ("origin", "http://a:1"), ("host", "a:1")], false),
            (&[portal, ("origin", "http://a:1"), ("host", "a:1")], true),
            (&[portal, ("origin", "http://a:2"), ("host", "a:1")], false),
            (&[portal, ("origin", "null"), ("host", "a:1")], false),
            (&[portal, ("host", "a:1")], false),
            (&[portal], false),
            (&[("origin", "http://a:1"), ("host", "a:1")], false),
        ] {
            assert_eq!(from_here(&headers(given)), here, "{given:?}");
        }
    }

    #[test]
    fn a_page_over_tls_gets_a_cookie_that_nothing_else_carries() {
        let kind = Kind::wanted(&headers(&[("origin", "https://mist.example")]));
        let kept = kind.keep("mist_b_1").expect("a header");
        assert_eq!(kept, "__Host-mist=mist_b_1; Path=/; Secure; HttpOnly; SameSite=Strict");
        assert_eq!(Kind::wanted(&headers(&[("origin", "http://127.0.0.1:7400")])), Kind::Plain);
        assert_eq!(Kind::wanted(&headers(&[])), Kind::Plain);
        let dropped = Kind::Plain.drop().expect("a header");
        assert_eq!(dropped, "mist=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
    }
}
