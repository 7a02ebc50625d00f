//! What a signed-in account shows.

use mist_proto::{UnixMillis, http::Session};
use serde::{Deserialize, Serialize};

/// An access token is not used in its last milliseconds, so that it does not expire on its way.
const MARGIN: i64 = 30_000;

/// The tokens of a signed-in account. Secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Bearer token for calls.
    #[serde(rename = "access_token")]
    pub access: String,
    /// When it expires, by this machine's clock.
    #[serde(rename = "access_expires")]
    pub expires: UnixMillis,
    /// Single-use token for the next pair. Using one twice ends the session.
    #[serde(rename = "refresh_token")]
    pub refresh: String,
}

impl Tokens {
    /// What the server gave to a request made at `asked`.
    pub fn new(session: &Session, asked: UnixMillis) -> Self {
        Self {
            access: session.access_token.clone(),
            expires: asked.plus_millis(session.expires_in.saturating_mul(1000)),
            refresh: session.refresh_token.clone(),
        }
    }

    /// Whether the access token will do for a call made at `now`.
    pub fn is_fresh(&self, now: UnixMillis) -> bool {
        self.expires.since(now) > MARGIN
    }
}

/// What one call shows.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Bearer token.
    pub token: String,
    /// Until when it will do for a call, by this machine's clock: a little less than it is good for.
    pub until: UnixMillis,
}

impl AccessToken {
    /// The answer to a request made at `asked`: a token that is good for `expires_in` seconds.
    pub fn new(token: String, expires_in: i64, asked: UnixMillis) -> Self {
        let life = expires_in.saturating_mul(1000);
        Self { token, until: asked.plus_millis((life - MARGIN).max(life / 2)) }
    }

    /// Whether it will do for a call made at `now`.
    pub fn will_do(&self, now: UnixMillis) -> bool {
        self.until > now
    }
}

impl From<Tokens> for AccessToken {
    fn from(tokens: Tokens) -> Self {
        Self { token: tokens.access, until: tokens.expires.plus_millis(-MARGIN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_has_a_margin() {
        let tokens = Tokens { access: "a".into(), expires: UnixMillis(1_000_000), refresh: "r".into() };
        assert!(tokens.is_fresh(UnixMillis(900_000)));
        assert!(!tokens.is_fresh(UnixMillis(980_000)));
        assert!(!tokens.is_fresh(UnixMillis(2_000_000)));
        let token = AccessToken::from(tokens);
        assert!(token.will_do(UnixMillis(969_999)) && !token.will_do(UnixMillis(970_000)));
    }

    #[test]
    fn a_token_of_a_short_life_is_used_for_half_of_it() {
        let token = |expires_in| AccessToken::new("a".into(), expires_in, UnixMillis(0)).until;
        assert_eq!(token(900), UnixMillis(870_000));
        assert_eq!(token(10), UnixMillis(5_000));
    }
}
