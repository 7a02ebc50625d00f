//! The system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.

use keyring::{Entry, Error};

/// Something that keeps texts by name, and may be closed.
pub trait Keyring {
    /// What is kept under that name, if anything is.
    ///
    /// # Errors
    /// Why it can't be asked.
    fn get(&self, entry: &str) -> Result<Option<String>, String>;

    /// Keeps `secret` under that name.
    ///
    /// # Errors
    /// Why it can't.
    fn set(&self, entry: &str, secret: &str) -> Result<(), String>;

    /// Removes what is kept under that name.
    ///
    /// # Errors
    /// Why it can't.
    fn delete(&self, entry: &str) -> Result<(), String>;
}

/// The system's, in which a program's entries have a name in common.
#[derive(Debug, Clone)]
pub struct SystemKeyring {
    /// That name.
    pub service: &'static str,
}

impl SystemKeyring {
    fn entry(&self, name: &str) -> Result<Entry, String> {
        Entry::new(self.service, name).map_err(|e| e.to_string())
    }
}

impl Keyring for SystemKeyring {
    fn get(&self, entry: &str) -> Result<Option<String>, String> {
        match self.entry(entry)?.get_secret() {
            Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| "the entry is no text".into()),
            Err(Error::NoEntry) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }

    fn set(&self, entry: &str, secret: &str) -> Result<(), String> {
        self.entry(entry)?.set_secret(secret.as_bytes()).map_err(|e| e.to_string())
    }

    fn delete(&self, entry: &str) -> Result<(), String> {
        self.entry(entry)?.delete_credential().map_err(|e| e.to_string())
    }
}
