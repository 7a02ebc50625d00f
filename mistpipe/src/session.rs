//! The signed-in session on this machine.

use anyhow::{Context, Result};
use mist_api_client::{ServerAddress, Tokens};
use mist_proto::{claims::TrackerKey, ids::UserName, key::ReleaseKey};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Exit, refuse},
    home::Home,
};

const FILE: &str = "session.json";

/// Who is signed in where, and with which tokens. Kept as a secret of the home.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    /// The server.
    pub(crate) server: ServerAddress,
    /// Key of the tracker as it was at sign-in.
    pub(crate) tracker_key: TrackerKey,
    /// Account.
    pub(crate) user: UserName,
    /// What shows it.
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
}

impl StoredSession {
    /// The stored session.
    ///
    /// # Errors
    /// Exit code 3 if nobody is signed in.
    pub(crate) fn load(home: &Home) -> Result<Self> {
        let text = home.secret(FILE)?.ok_or_else(|| {
            refuse(Exit::Auth, "you are not signed in: run `mistpipe login URL --user NAME` first")
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: remove it and sign in again", home.file(FILE).display()))
    }

    /// Keeps the session.
    pub(crate) fn store(&self, home: &Home) -> Result<()> {
        home.keep_secret(FILE, &serde_json::to_string_pretty(self)?)
    }

    /// Forgets the session on this machine.
    pub(crate) fn forget(home: &Home) -> Result<()> {
        home.forget_secret(FILE)
    }
}

/// The release key that the server has, as people compare it.
pub(crate) fn describe_key(key: Option<&ReleaseKey>) -> String {
    key.map_or_else(|| "none yet (the first push makes it)".to_owned(), ReleaseKey::fingerprint)
}
