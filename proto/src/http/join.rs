//! Invites: links by which somebody makes an account, or sets a lost password anew. `GET|POST /invites`,
//! `DELETE /invites/{id}`, `POST /users/{name}/reset`, and for whoever has the link `POST /auth/invitation` and
//! `POST /auth/join`.
//!
//! A link is `https://HOST/join/CODE#TRACKER.RELEASE`. What stands behind the `#` are the two keys to pin, which a browser sends
//! to nobody: whoever has the link from the admin knows whom they speak to before they speak.

use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD as B64;
use serde::{Deserialize, Serialize};

use super::Trust;
use crate::{
    Slug, UnixMillis,
    claims::TrackerKey,
    ids::{UserName, name_type},
    key::{InvalidKey, ReleaseKey},
    text::{DeviceName, Label},
};

/// For how long an invite is good if nobody says, in hours.
pub const INVITE_HOURS: u32 = 7 * 24;
/// For how long a link to a new password is good if nobody says, in hours.
pub const RESET_HOURS: u32 = 24;
/// The longest that either may be good, in hours.
pub const MAX_INVITE_HOURS: u32 = 90 * 24;
/// Accounts that one invite may make.
pub const MAX_INVITE_USES: u32 = 100;
/// Games that one invite may grant.
pub const MAX_INVITE_GAMES: usize = 200;

name_type!(
    /// The secret part of an invite's link.
    InviteCode,
    "invite code",
    "use the 24 letters, digits, hyphens and underscores of the link",
    |s| s.len() == 24 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
);

/// The keys of a server, as a link carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkKeys {
    /// Signs tickets.
    pub tracker: TrackerKey,
    /// Signs builds; none if the server had none when the link was made.
    pub release: Option<ReleaseKey>,
}

impl From<&Trust> for LinkKeys {
    fn from(trust: &Trust) -> Self {
        Self { tracker: trust.tracker_key, release: trust.release_key }
    }
}

impl fmt::Display for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let release = self.release.map(|key| B64.encode(key.as_bytes())).unwrap_or_default();
        write!(f, "{}.{release}", B64.encode(ReleaseKey::from(self.tracker).as_bytes()))
    }
}

impl From<LinkKeys> for String {
    fn from(keys: LinkKeys) -> Self {
        keys.to_string()
    }
}

impl TryFrom<String> for LinkKeys {
    type Error = InvalidKey;

    fn try_from(text: String) -> Result<Self, InvalidKey> {
        text.parse()
    }
}

impl FromStr for LinkKeys {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let key = |part: &str| {
            let bytes = B64.decode(part.as_bytes()).ok().and_then(|b| b.try_into().ok());
            ReleaseKey::from_bytes(bytes.ok_or(InvalidKey)?)
        };
        let (tracker, release) = text.split_once('.').ok_or(InvalidKey)?;
        let release = if release.is_empty() { None } else { Some(key(release)?) };
        Ok(Self { tracker: key(tracker)?.into(), release })
    }
}

/// An invite, as admins see it. The code is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invite {
    /// Id.
    pub id: String,
    /// What the admin calls it.
    pub note: String,
    /// Name that the account gets; none if whoever joins chooses it.
    pub name: Option<UserName>,
    /// Whether it sets the password of `name` anew instead of making an account.
    pub reset: bool,
    /// Private games that the account sees from the start.
    pub games: Vec<Slug>,
    /// Accounts that it may make.
    pub uses: u32,
    /// How many it has made.
    pub used: u32,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub created: UnixMillis,
    /// Until when it is good.
    pub expires: UnixMillis,
}

/// `GET /invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InviteList {
    /// The newest first.
    pub invites: Vec<Invite>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /invites`. 409 `user_exists`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewInvite {
    /// What to call it in the list.
    #[serde(default)]
    pub note: Option<Label>,
    /// Name that the account gets; whoever joins chooses it if there is none.
    #[serde(default)]
    pub name: Option<UserName>,
    /// Private games that the account sees from the start.
    #[serde(default)]
    pub games: Vec<Slug>,
    /// Accounts that it may make: 1 to 100, 1 if there is none, and 1 with a name.
    #[serde(default)]
    pub uses: Option<u32>,
    /// Hours for which it is good: 1 to 2160, 168 if there is none.
    #[serde(default)]
    pub hours: Option<u32>,
}

/// `POST /users/{name}/reset`: a link by which somebody who has lost their password sets a new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewReset {
    /// Hours for which it is good: 1 to 2160, 24 if there is none.
    #[serde(default)]
    pub hours: Option<u32>,
}

/// Answer of `POST /invites` and `POST /users/{name}/reset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeInvite {
    /// The invite.
    pub invite: Invite,
    /// The link below the server's address: `join/CODE#TRACKER.RELEASE`. It is shown this once.
    pub path: String,
    /// The server's own address for friends, if it was told one; else it is the one by which the caller reaches it.
    pub address: Option<String>,
}

impl MadeInvite {
    /// The link. `reached` is the address by which the caller reaches the server.
    pub fn link(&self, reached: &str) -> String {
        let base = self.address.as_deref().unwrap_or(reached);
        format!("{}/{}", base.trim_end_matches('/'), self.path)
    }
}

/// `POST /auth/invitation`: what a code is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShowInvite {
    /// The code of the link.
    pub code: InviteCode,
}

/// Answer of `POST /auth/invitation`. 404 `unknown_invite` for a code that is unknown, used up or over alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invitation {
    /// Name that the account gets or has; none if whoever joins chooses it.
    pub name: Option<UserName>,
    /// Whether it sets the password of that account anew.
    pub reset: bool,
    /// Titles of private games that the account sees from the start.
    pub games: Vec<String>,
    /// Who made the link.
    pub made_by: String,
    /// Until when it is good.
    pub expires: UnixMillis,
}

/// `POST /auth/join`: makes the account, or sets the password. 404 `unknown_invite`; 409 `user_exists`, and the invite is still good.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Join {
    /// The code of the link.
    pub code: InviteCode,
    /// Name of the account, if the invite names none.
    #[serde(default)]
    pub name: Option<UserName>,
    /// Password of one's own, 8 to 1024 bytes.
    pub password: String,
    /// Name of the device, for the log.
    #[serde(default)]
    pub device: Option<DeviceName>,
}

/// Answer of `POST /auth/join`. Signing in comes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Joined {
    /// The account.
    pub name: UserName,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{claims::TrackerSecret, key::ReleaseSecret};

    #[test]
    fn keys_survive_a_link_and_what_is_no_key_is_refused() {
        let tracker = TrackerSecret::from_seed(&[1; 32]).public();
        let release = ReleaseSecret::from_seed(&[2; 32]).public();
        for keys in [LinkKeys { tracker, release: Some(release) }, LinkKeys { tracker, release: None }] {
            assert_eq!(keys.to_string().parse(), Ok(keys));
        }
        let good = LinkKeys { tracker, release: Some(release) }.to_string();
        for bad in
            ["", ".", "x.y", &good[1..], &good[..good.len() - 1], &good.replace('.', ""), &format!("{good}.")]
        {
            assert!(bad.parse::<LinkKeys>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_link_is_below_the_address_for_friends() {
        let invite = Invite {
            id: "1".into(),
            note: String::new(),
            name: None,
            reset: false,
            games: vec![],
            uses: 1,
            used: 0,
            made_by: "root".into(),
            created: UnixMillis(0),
            expires: UnixMillis(1),
        };
        let mut made = MadeInvite { invite, path: "join/c#k.".into(), address: None };
        assert_eq!(made.link("http://127.0.0.1:80"), "http://127.0.0.1:80/join/c#k.");
        made.address = Some("https://mist.example/games/".into());
        assert_eq!(made.link("http://127.0.0.1:80"), "https://mist.example/games/join/c#k.");
    }

    #[test]
    fn codes_are_of_one_length_and_alphabet() {
        for (code, good) in
            [("abcdefghijklmnopqrstuv-_", true), ("abc", false), ("abcdefghijklmnopqrstuv/.", false)]
        {
            assert_eq!(code.parse::<InviteCode>().is_ok(), good, "{code}");
        }
    }
}
