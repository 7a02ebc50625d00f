//! Discord's webhooks: what their addresses look like, what is sent, and what an answer means.

use std::time::Duration;

use mist_proto::http::NoticeKind;
use reqwest::{Client, Url, header::RETRY_AFTER};
use serde_json::{Value, json};

use crate::outbound;

/// Where Discord answers.
pub const DEFAULT_BASE: &str = "https://discord.com";
/// Characters of a text that are sent.
const MAX_TEXT: usize = 1500;

/// Sends to webhooks of one base address.
pub struct Discord {
    base: Url,
    client: Client,
}

/// A webhook whose form is right.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number, which says nothing to others.
    pub id: String,
    url: Url,
}

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untaken {
    /// Trying again may help, after this time at the earliest.
    Later(String, Option<Duration>),
    /// The webhook is gone, or refuses what is sent.
    Refused(String),
}

impl Discord {
    /// Sends to webhooks at `base`.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base: Url) -> anyhow::Result<Self> {
        Ok(Self { base, client: outbound::client()? })
    }

    /// With what every webhook begins.
    pub fn begins_with(&self) -> String {
        format!("{}/api/webhooks/", self.base.origin().ascii_serialization())
    }

    /// The webhook of an address that was typed. Any other address is refused: this server must not be made to send to its
    /// own network, and a secret not to somebody else's.
    pub fn webhook(&self, typed: &str) -> Option<Webhook> {
        let url = Url::parse(typed.trim()).ok()?;
        if url.origin() != self.base.origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let mut parts = url.path().strip_prefix("/api/webhooks/")?.split('/');
        let (id, token) = (parts.next()?, parts.next()?);
        let is_number = (5..=25).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
        let is_token = (20..=120).contains(&token.len())
            && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if parts.next().is_some() || !is_number || !is_token || url.query().is_some() {
            return None;
        }
        Some(Webhook { id: id.to_owned(), url })
    }

    /// Sends one message: of a kind, or to see whether it arrives.
    ///
    /// # Errors
    /// [`Untaken`]; it never names the address, which is a secret.
    pub async fn send(&self, webhook: &Webhook, kind: Option<NoticeKind>, text: &str) -> Result<(), Untaken> {
        let answer = self.client.post(webhook.url.clone()).json(&message(kind, text)).send().await;
        let answer = answer.map_err(|e| Untaken::Later(e.without_url().to_string(), None))?;
        let status = answer.status();
        let wait = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse::<f64>().ok());
        let wait =
            wait.filter(|s| s.is_finite() && *s >= 0.0).map(|s| Duration::from_secs_f64(s.min(3600.0)));
        match status.as_u16() {
            200..=299 => Ok(()),
            429 | 500..=599 => Err(Untaken::Later(format!("Discord answered {status}"), wait)),
            404 => Err(Untaken::Refused("this webhook is gone: make a new one in Discord".into())),
            _ => Err(Untaken::Refused(format!("Discord answered {status}"))),
        }
    }
}

/// What is sent. Nobody is called by it, whatever names are in it.
fn message(kind: Option<NoticeKind>, text: &str) -> Value {
    let (title, colour) = match kind {
        None => ("Messages arrive", 0x2a_9d_8f),
        Some(NoticeKind::Live) => ("A new build is live", 0x2a_9d_8f),
        Some(NoticeKind::Job) => ("A job was given up", 0xd6_45_45),
        Some(NoticeKind::Disk) => ("A store is nearly full", 0xd9_a4_41),
        Some(NoticeKind::Health) => ("Something needs you", 0xd6_45_45),
        Some(NoticeKind::Key) => ("The release key was handed over", 0x5b_7f_d9),
    };
    json!({
        "username": "Mist",
        "allowed_mentions": { "parse": [] },
        "embeds": [{ "title": title, "description": plain(text), "color": colour }],
    })
}

/// The text without what Discord would make bold, a link or a call of it.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(MAX_TEXT) {
        if "\\*_~`|>#[]()<@".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_webhooks_of_discord_are_taken() {
        let discord = Discord::new(DEFAULT_BASE.parse().expect("a URL")).expect("a client");
        let token = "aB3_-".repeat(13);
        let good = format!("https://discord.com/api/webhooks/123456789012345678/{token}");
        assert_eq!(discord.webhook(&good).map(|w| w.id), Some("123456789012345678".into()));
        assert!(discord.webhook(&format!(" {good}\n")).is_some());
        for bad in [
            good.replace("https", "http"),
            good.replace("discord.com", "discord.com.evil.example"),
            good.replace("discord.com", "127.0.0.1"),
            good.replace("discord.com", "x@discord.com"),
            good.replace("discord.com", "discord.com:8443"),
            good.replace("123456789012345678", "../../x"),
            good.replace("/api/webhooks", "/api/v9/channels"),
            format!("{good}/slack"),
            format!("{good}?wait=true"),
            good[..60].to_owned(),
            String::new(),
        ] {
            assert!(discord.webhook(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_name_calls_nobody_and_formats_nothing() {
        let sent = message(Some(NoticeKind::Live), "@everyone **x** [a](http://b)");
        assert_eq!(sent["allowed_mentions"], json!({ "parse": [] }));
        let text = sent["embeds"][0]["description"].as_str().expect("a text");
        assert_eq!(text, r"\@everyone \*\*x\*\* \[a\]\(http://b\)");
        let long = message(Some(NoticeKind::Job), &"x".repeat(9000));
        assert_eq!(long["embeds"][0]["description"].as_str().map(str::len), Some(MAX_TEXT));
    }
}
