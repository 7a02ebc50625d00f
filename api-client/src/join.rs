//! Links of invites, as people paste them.

use std::{fmt, str::FromStr};

use mist_proto::http::{InviteCode, LinkKeys};
use reqwest::Url;

use crate::ServerAddress;

/// The longest link that is looked at, in bytes.
const MAX_LINK: usize = 4096;

/// A link of an invite: where the server is, the code, and the keys that the server has to hold. Secret, for the code.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinLink {
    /// The server.
    pub server: ServerAddress,
    /// What the server knows the invite by.
    pub code: InviteCode,
    /// What the server has to be known by.
    pub keys: LinkKeys,
}

/// A text is no link of an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It has another form.
    #[error("this is no link of an invite: it looks like https://SERVER/join/CODE#KEYS")]
    Form,
    /// What stands behind the `#` is missing or cut off.
    #[error(
        "the link is not whole: what stands behind the # tells this server from any other. Copy all of it, and put it in quotes"
    )]
    Keys,
}

/// `https://SERVER/join/CODE#KEYS`, or `mist://join?link=` and that, escaped.
impl FromStr for JoinLink {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        let text = text.trim();
        if text.len() > MAX_LINK {
            return Err(BadLink::Form);
        }
        let url = Url::parse(text).map_err(|_| BadLink::Form)?;
        if url.scheme() != "mist" {
            return Self::of_web(url);
        }
        if url.host_str() != Some("join") {
            return Err(BadLink::Form);
        }
        let link = url.query_pairs().find(|(name, _)| name == "link").ok_or(BadLink::Form)?.1;
        Self::of_web(Url::parse(&link).map_err(|_| BadLink::Form)?)
    }
}

impl JoinLink {
    fn of_web(mut url: Url) -> Result<Self, BadLink> {
        let keys = url.fragment().and_then(|keys| keys.parse().ok());
        url.set_fragment(None);
        let path = url.path().to_owned();
        let (base, code) = path.rsplit_once("/join/").ok_or(BadLink::Form)?;
        let code = code.parse().map_err(|_| BadLink::Form)?;
        url.set_path(base);
        let server = url.as_str().parse().map_err(|_| BadLink::Form)?;
        Ok(Self { server, code, keys: keys.ok_or(BadLink::Keys)? })
    }
}

/// Without the code.
impl fmt::Debug for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinLink")
            .field("server", &self.server)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{claims::TrackerSecret, key::ReleaseSecret};

    use super::*;

    #[test]
    fn links_are_read_as_they_are_pasted() {
        let keys = LinkKeys {
            tracker: TrackerSecret::from_seed(&[1; 32]).public(),
            release: Some(ReleaseSecret::from_seed(&[2; 32]).public()),
        };
        let code = "abcdefghijklmnopqrstuv-_";
        let read = |text: &str| text.parse::<JoinLink>();
        for base in ["https://mist.example", "http://127.0.0.1:7400", "https://mist.example/games"] {
            let text = format!("{base}/join/{code}#{keys}");
            let link = read(&text).expect("a link");
            assert_eq!((link.server.to_string().as_str(), link.code.as_str(), link.keys), (base, code, keys));
            assert_eq!(read(&format!("  {text}\n")), Ok(link.clone()), "spaces come along");
            let mut app = Url::parse("mist://join").expect("a URL");
            app.query_pairs_mut().append_pair("link", &text);
            assert_eq!(read(app.as_str()), Ok(link.clone()));
            assert!(!format!("{link:?}").contains(code));
        }
        for (text, why) in [
            (format!("https://mist.example/join/{code}"), BadLink::Keys),
            (format!("https://mist.example/join/{code}#{}", &keys.to_string()[..20]), BadLink::Keys),
            (format!("https://mist.example/join/short#{keys}"), BadLink::Form),
            (format!("https://mist.example/{code}#{keys}"), BadLink::Form),
            (format!("https://ann:pw@mist.example/join/{code}#{keys}"), BadLink::Form),
            (format!("file:///join/{code}#{keys}"), BadLink::Form),
            (format!("mist://install?link=https://mist.example/join/{code}"), BadLink::Form),
            ("mist://join?link=mist://join".into(), BadLink::Form),
            ("mist.example".into(), BadLink::Form),
            ("x".repeat(MAX_LINK + 1), BadLink::Form),
        ] {
            assert_eq!(read(&text), Err(why), "{text}");
        }
    }
}
