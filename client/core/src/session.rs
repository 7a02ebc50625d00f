//! The session with a server and where its secrets are kept.

use std::{io, path::PathBuf};

use mist_api_client::Tokens;
use mist_proto::{UnixMillis, http, ids::UserName};
use mist_secrets::{Kept, LoadError, Place, Secrets, Slot, SystemKeyring};
use serde::{Deserialize, Serialize};

use crate::{
    home::{HomeError, read_file, remove_file, write_file},
    settings::SecretStore,
};

/// Origins that a server may declare, and the longest of them, in bytes.
const MAX_ORIGINS: usize = 16;
const MAX_ORIGIN: usize = 300;

/// A signed-in account and its tokens. Secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    pub(crate) user: UserName,
    pub(crate) account: String,
    /// Other origins than the server's own that it declared at the sign-in. None in sessions of older versions.
    #[serde(default)]
    pub(crate) origins: Option<Vec<String>>,
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
}

impl StoredSession {
    /// What the tracker answered to a request made at `asked`.
    pub(crate) fn new(answer: &http::Session, asked: UnixMillis) -> Self {
        let (user, account) = (answer.user.name.clone(), answer.user.id.clone());
        let origins = answer.origins.iter().filter(|o| o.len() <= MAX_ORIGIN).take(MAX_ORIGINS).cloned();
        Self { user, account, origins: Some(origins.collect()), tokens: Tokens::new(answer, asked) }
    }
}

/// Where one server's session is kept.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    file: PathBuf,
    secrets: Secrets,
}

impl Vault {
    /// The session in `file`, or in the keyring's entry that the file names.
    pub(crate) fn new(file: PathBuf, store: SecretStore) -> Self {
        let place = match store {
            SecretStore::File => Place::File,
            SecretStore::Keyring => Place::Keyring,
        };
        Self { file, secrets: Secrets::new(SystemKeyring { service: "mist" }, place) }
    }

    /// The session, if somebody is signed in. One that the keyring does not give now counts as none, so that games start all the same.
    pub(crate) fn load(&self) -> Result<Option<StoredSession>, HomeError> {
        let text = match self.secrets.load(self) {
            Ok(text) => text,
            Err(LoadError::File(e)) => return Err(e),
            Err(unread) => {
                tracing::warn!("the session of {} can't be had: {unread}", self.file.display());
                None
            }
        };
        let read =
            |text: String| serde_json::from_str(&text).map_err(|e| HomeError::at(&self.file)(e.into()));
        text.map(read).transpose()
    }

    /// Keeps `session`. Returns a warning if the keyring was asked for and the file has to do from now on.
    pub(crate) fn save(&self, session: &StoredSession) -> Result<Option<String>, HomeError> {
        let text = serde_json::to_string(session).map_err(|e| HomeError::at(&self.file)(e.into()))?;
        let was_in_file = self.read()?.is_some_and(|text| mist_secrets::entry_of(&text).is_none());
        Ok(match self.secrets.save(self, &text)? {
            Kept::Instead { reason } if !was_in_file => Some(format!(
                "there is no keyring here that can be used ({reason}): the session is kept in a file that only you can read, {}. \
                 `mist settings --secrets file` says that this is meant",
                self.file.display()
            )),
            _ => None,
        })
    }

    pub(crate) fn forget(&self) -> Result<(), HomeError> {
        self.secrets.forget(self)
    }
}

impl Slot for Vault {
    type Error = HomeError;

    fn read(&self) -> Result<Option<String>, HomeError> {
        let text =
            |bytes| String::from_utf8(bytes).map_err(|e| HomeError::at(&self.file)(io::Error::other(e)));
        read_file(&self.file)?.map(text).transpose()
    }

    fn write(&self, text: &str) -> Result<(), HomeError> {
        write_file(&self.file, text.as_bytes(), true)
    }

    fn remove(&self) -> Result<(), HomeError> {
        remove_file(&self.file)
    }

    fn label(&self) -> String {
        format!("mist {}", self.file.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> StoredSession {
        StoredSession {
            user: "ann".parse().expect("name"),
            account: "1".into(),
            origins: None,
            tokens: Tokens { access: "a".into(), expires: UnixMillis(1_000_000), refresh: "r".into() },
        }
    }

    #[test]
    fn kept_private_and_forgotten() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("s/session.json");
        let vault = Vault::new(file.clone(), SecretStore::File);
        assert!(vault.load().expect("missing").is_none());
        assert_eq!(vault.save(&session()).expect("saved"), None);
        assert!(vault.load().expect("read").is_some_and(|s| s == session()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).expect("meta").permissions().mode() & 0o777, 0o600);
        }
        vault.forget().expect("forgotten");
        assert!(vault.load().expect("missing").is_none());
        vault.forget().expect("twice is fine");
    }

    #[test]
    fn what_is_in_the_file_already_is_no_news() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("session.json");
        Vault::new(file.clone(), SecretStore::File).save(&session()).expect("saved");
        let vault = Vault::new(file.clone(), SecretStore::Keyring);
        assert_eq!(vault.save(&session()).expect("saved"), None, "whether there is a keyring here or not");
        assert!(vault.load().expect("read").is_some_and(|s| s == session()));
        vault.forget().expect("forgotten");
    }
}
