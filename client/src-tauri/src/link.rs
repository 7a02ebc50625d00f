//! `mist://` links. A link names something that a page shows; it never does anything.

use std::sync::{Mutex, PoisonError};

use url::Url;

/// The longest link that is looked at: that of an invite is the longest, and every sign of it may be escaped.
const MAX_LENGTH: usize = 4096;

/// The link that was opened last and that no page has taken yet.
#[derive(Default)]
pub(crate) struct Links(Mutex<Option<String>>);

impl Links {
    /// Takes note of a link, if it is one of ours.
    pub(crate) fn opened(&self, url: &Url) {
        if let Some(place) = place_of(url) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        }
    }

    /// The link, once.
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a link names: `game/SLUG`, `install/SLUG`, or `join/` with the link of an invite. Anything else is nothing.
fn place_of(url: &Url) -> Option<String> {
    if url.scheme() != "mist" || url.as_str().len() > MAX_LENGTH {
        return None;
    }
    let name = url.path().trim_matches('/');
    let is_slug =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match url.host_str()? {
        kind @ ("game" | "install") if is_slug => Some(format!("{kind}/{name}")),
        "join" => {
            let link = url.query_pairs().find(|(key, _)| key == "link")?.1.into_owned();
            let web = Url::parse(&link).ok()?;
            // Whether it is the link of an invite, whoever reads its parts says; here it need only be one that a person may see.
            (matches!(web.scheme(), "https" | "http") && web.path().contains("/join/"))
                .then(|| format!("join/{web}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_page_or_nothing() {
        let place = |link: &str| place_of(&link.parse().expect("a url"));
        assert_eq!(place("mist://game/paper-boats"), Some("game/paper-boats".into()));
        assert_eq!(place("mist://install/paper-boats/"), Some("install/paper-boats".into()));
        let join = place("mist://join?link=https%3A%2F%2Fmist.example.org%2Fjoin%2Fabc%23T.R");
        assert_eq!(join, Some("join/https://mist.example.org/join/abc#T.R".into()));
        // Reading a link as an address leaves nothing of steps upwards.
        assert_eq!(place("mist://game/../../etc"), Some("game/etc".into()));
        for other in [
            "mist://game/%2e%2e%2fetc",
            "mist://game/boats/etc",
            "mist://game/",
            "mist://game/A",
            "mist://uninstall/paper-boats",
            "mist://join?link=javascript%3Aalert(1)",
            "mist://join?link=https%3A%2F%2Fmist.example.org",
            "mist://join?link=mist%3A%2F%2Fjoin",
            "mist://join",
            "https://game/paper-boats",
        ] {
            assert_eq!(place(other), None, "{other}");
        }
        assert_eq!(place(&format!("mist://game/{}", "a".repeat(5000))), None);
    }

    #[test]
    fn a_page_takes_a_link_once() {
        let links = Links::default();
        links.opened(&"mist://game/paper-boats".parse().expect("a url"));
        links.opened(&"mist://nothing".parse().expect("a url"));
        assert_eq!(links.take(), Some("game/paper-boats".into()));
        assert_eq!(links.take(), None);
    }
}
