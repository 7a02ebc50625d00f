//! The session with a server and where its secrets are kept.

use std::path::PathBuf;

use mist_proto::{UnixMillis, http, ids::UserName};
use serde::{Deserialize, Serialize};

use crate::{
    home::{HomeError, read_json, remove_file, write_json},
    settings::SecretStore,
};

/// Tokens of a signed-in account. Secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    pub(crate) user: UserName,
    pub(crate) account: String,
    pub(crate) access_token: String,
    /// When the access token expires, by this machine's clock.
    pub(crate) access_expires: UnixMillis,
    pub(crate) refresh_token: String,
}

impl StoredSession {
    /// What the tracker answered at the time `now`.
    pub(crate) fn new(answer: http::Session, now: UnixMillis) -> Self {
        Self {
            user: answer.user.name,
            account: answer.user.id,
            access_token: answer.access_token,
            access_expires: now.plus_millis(answer.expires_in.saturating_mul(1000)),
            refresh_token: answer.refresh_token,
        }
    }

    /// Whether the access token will still hold for a request that starts at `now`.
    pub(crate) fn is_fresh(&self, now: UnixMillis) -> bool {
        self.access_expires.since(now) > 30_000
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
            access_token: "a".into(),
            access_expires: UnixMillis(1_000_000),
            refresh_token: "r".into(),
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

    #[test]
    fn freshness_has_a_margin() {
        assert!(session().is_fresh(UnixMillis(900_000)));
        assert!(!session().is_fresh(UnixMillis(980_000)));
        assert!(!session().is_fresh(UnixMillis(2_000_000)));
    }
}
