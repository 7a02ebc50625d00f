//! Joining a server by a link that somebody sent: what it is good for, and using it.

use mist_api_client::JoinLink;
use mist_proto::{
    UnixMillis,
    http::{ChangePassword, Join},
    ids::UserName,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Credentials, Engine, SignedIn};
use crate::{
    account::{invitation, join, trusted_by_link},
    error::Error,
    trust::tracker_fingerprint,
};

/// What joining takes.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct JoinOrder {
    /// The whole link.
    pub link: String,
    /// Name of the account; none if the link names it.
    #[ts(type = "string | null")]
    pub user: Option<UserName>,
    /// Password of one's own.
    pub password: String,
    /// Name of this device for people.
    pub device: String,
    /// Code of the second factor, if the account whose password is set anew has one.
    #[serde(default)]
    pub code: Option<String>,
}

impl JoinOrder {
    /// What goes on after [`Engine::join`] has set the password of an account that asks for a code as well: the link is used up then,
    /// and its keys still count.
    ///
    /// # Errors
    /// [`Error::Link`].
    pub fn with_code(self, user: UserName, code: String) -> Result<Credentials, Error> {
        let link: JoinLink = self.link.parse()?;
        Ok(Credentials {
            url: link.server.to_string(),
            user,
            password: self.password,
            device: self.device,
            trust_new_server: false,
            keys: Some(link.keys),
            code: Some(code),
        })
    }
}

/// What a link is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InviteView {
    /// Address of the server.
    pub server: String,
    /// Fingerprint of the server's key, which it has proved to hold.
    pub tracker_key: String,
    /// Name that the account gets or has; none if whoever joins chooses it.
    #[ts(type = "string | null")]
    pub name: Option<UserName>,
    /// Whether it sets that account's password anew instead of making one.
    pub reset: bool,
    /// Titles of private games that the account sees from the start.
    pub games: Vec<String>,
    /// Who made the link.
    pub made_by: String,
    /// Until when it is good.
    #[ts(type = "number")]
    pub expires: UnixMillis,
}

impl Engine {
    /// What a link is good for, once the server has proved that it is the one of the link.
    ///
    /// # Errors
    /// [`Error::Link`]; [`Error::Trust`] if another server is there; if the server refuses or can't be reached.
    pub async fn invitation(&self, link: &str) -> Result<InviteView, Error> {
        let link: JoinLink = link.parse()?;
        trusted_by_link(&link.server, link.keys).await?;
        let shown = invitation(&link.server, link.code).await?;
        Ok(InviteView {
            server: link.server.to_string(),
            tracker_key: tracker_fingerprint(link.keys.tracker),
            name: shown.name,
            reset: shown.reset,
            games: shown.games,
            made_by: shown.made_by,
            expires: shown.expires,
        })
    }

    /// Makes the account of a link, or sets its password, and signs in. The server's keys are the link's from the first word on.
    ///
    /// # Errors
    /// As [`Engine::invitation`] and [`Engine::login`]. After [`Error::SecondFactor`] and [`Error::WrongCode`] the password is set:
    /// [`JoinOrder::with_code`].
    pub async fn join(&self, order: JoinOrder) -> Result<SignedIn, Error> {
        let link: JoinLink = order.link.parse()?;
        trusted_by_link(&link.server, link.keys).await?;
        let body = Join {
            code: link.code,
            name: order.user,
            password: order.password.clone(),
            device: Some(order.device.as_str().into()),
        };
        let joined = join(&link.server, &body).await?;
        self.login(Credentials {
            url: link.server.to_string(),
            user: joined.name,
            password: order.password,
            device: order.device,
            trust_new_server: false,
            keys: Some(link.keys),
            code: order.code,
        })
        .await
    }

    /// Changes the account's password; it is signed out everywhere else.
    ///
    /// # Errors
    /// [`Error::WrongPassword`]; if nobody is signed in, or the server refuses.
    pub async fn change_password(&self, change: ChangePassword) -> Result<(), Error> {
        self.server().await?.account.change_password(&change).await
    }
}
