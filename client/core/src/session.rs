//! The session with a server and where its secrets are kept.

use std::path::PathBuf;

use mist_api_client::Tokens;
use mist_proto::{UnixMillis, http, ids::UserName};
use serde::{Deserialize, Serialize};

use crate::{
    home::{HomeError, read_json, remove_file, write_json},
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
    keyring: Option<String>,
}

/// The name under which the keyring lists what is Mist's.
const KEYRING_SERVICE: &str = "mist";

impl Vault {
    /// The session of the server with this key, in `file` or in the keyring.
    pub(crate) fn new(file: PathBuf, store: SecretStore, server: &str) -> Self {
        Self { file, keyring: (store == SecretStore::Keyring).then(|| server.to_owned()) }
    }

    pub(crate) fn load(&self) -> Result<Option<StoredSession>, HomeError> {
        if let Some(found) = self.entry().and_then(|e| e.get_secret().ok())
            && let Ok(session) = serde_json::from_slice(&found)
        {
            return Ok(Some(session));
        }
        read_json(&self.file)
    }

    /// Keeps `session`. Returns a warning if the keyring was asked for and the file had to do.
    pub(crate) fn save(&self, session: &StoredSession) -> Result<Option<String>, HomeError> {
        if let Some(server) = &self.keyring {
            let kept = serde_json::to_vec(session).map_err(|e| e.to_string()).and_then(|bytes| {
                let entry = keyring::Entry::new(KEYRING_SERVICE, server).map_err(|e| e.to_string())?;
                entry.set_secret(&bytes).map_err(|e| e.to_string())
            });
            match kept {
                Ok(()) => {
                    remove_file(&self.file)?;
                    return Ok(None);
                }
                Err(reason) => {
                    write_json(&self.file, session, true)?;
                    return Ok(Some(format!(
                        "the keyring can't be used ({reason}); the session is kept in {} instead",
                        self.file.display()
                    )));
                }
            }
        }
        write_json(&self.file, session, true)?;
        Ok(None)
    }

    pub(crate) fn forget(&self) -> Result<(), HomeError> {
        if let Some(entry) = self.entry() {
            // Nothing there is as good as removed.
            let _ = entry.delete_credential();
        }
        remove_file(&self.file)
    }

    fn entry(&self) -> Option<keyring::Entry> {
        keyring::Entry::new(KEYRING_SERVICE, self.keyring.as_ref()?).ok()
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
        let vault = Vault::new(file.clone(), SecretStore::File, "host");
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
}
