//! Secrets of a program on this machine: in the system's keyring, or in a file of each one's own. Knows nothing of Mist.
//!
//! Each secret has a [`Slot`], which is a file. Either the secret itself is in it, or the name of the keyring's entry that has it: the
//! file alone says where the secret is, and changes whole or not at all. A secret that moves is written to its new place and read back
//! there before the file says so, and only then removed from the old one.

mod keyring;

use serde::{Deserialize, Serialize};

pub use crate::keyring::{Keyring, SystemKeyring};

/// Where secrets are to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The keyring; the file if there is none that can be used.
    Keyring,
    /// The file.
    File,
}

/// The file of one secret. Whoever gives it sees to it that nobody else may read it, and that a write is whole or does not happen.
pub trait Slot {
    /// Why the file can't be used.
    type Error;

    /// Its text, if it is there.
    ///
    /// # Errors
    /// It can't be read.
    fn read(&self) -> Result<Option<String>, Self::Error>;

    /// Replaces its text.
    ///
    /// # Errors
    /// It can't be written; it is as it was.
    fn write(&self, text: &str) -> Result<(), Self::Error>;

    /// Removes it, if it is there.
    ///
    /// # Errors
    /// It can't be removed.
    fn remove(&self) -> Result<(), Self::Error>;

    /// What the list of the keyring calls the secret, for people.
    fn label(&self) -> String;
}

/// Why a secret can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError<E> {
    /// The file.
    #[error(transparent)]
    File(E),
    /// The keyring is closed, or not there now.
    #[error("it is in the system's keyring, which can't be read now ({0})")]
    Closed(String),
    /// Somebody removed it there.
    #[error("it was in the system's keyring, which has no entry {0:?} any more")]
    Gone(String),
}

/// Where a secret came to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In the keyring.
    Keyring,
    /// In the file, as was wanted.
    File,
    /// In the file, because the keyring could not be used.
    Instead {
        /// Why not.
        reason: String,
    },
}

/// What the file of a secret has that is in the keyring.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pointer {
    in_keyring: String,
}

/// The name of the entry that a file's text points to, if it is no secret itself.
pub fn entry_of(text: &str) -> Option<String> {
    serde_json::from_str::<Pointer>(text).ok().map(|pointer| pointer.in_keyring)
}

/// The longest label, in characters: systems bound the names of entries.
const MAX_LABEL: usize = 200;

/// The secrets of a program.
#[derive(Debug, Clone)]
pub struct Secrets<K = SystemKeyring> {
    keyring: K,
    place: Place,
}

impl<K: Keyring> Secrets<K> {
    /// Secrets that are to be kept in `place`.
    pub fn new(keyring: K, place: Place) -> Self {
        Self { keyring, place }
    }

    /// The secret, wherever it is.
    ///
    /// # Errors
    /// The file can't be read, or the keyring that has it.
    pub fn load<S: Slot>(&self, slot: &S) -> Result<Option<String>, LoadError<S::Error>> {
        let Some(text) = slot.read().map_err(LoadError::File)? else { return Ok(None) };
        let Some(entry) = entry_of(&text) else { return Ok(Some(text)) };
        match self.keyring.get(&entry) {
            Ok(Some(secret)) => Ok(Some(secret)),
            Ok(None) => Err(LoadError::Gone(entry)),
            Err(reason) => Err(LoadError::Closed(reason)),
        }
    }

    /// Keeps a secret in the place of the one before. One who also loads it holds a lock meanwhile.
    ///
    /// # Errors
    /// The file can't be written; what was kept before is still kept.
    pub fn save<S: Slot>(&self, slot: &S, secret: &str) -> Result<Kept, S::Error> {
        let before = slot.read()?.as_deref().and_then(entry_of);
        let mut kept = Kept::File;
        if self.place == Place::Keyring {
            let entry = before.clone().map_or_else(|| entry_for(slot), Ok);
            match entry.and_then(|entry| self.put(&entry, secret).map(|()| entry)) {
                // The file names it already.
                Ok(entry) if before.as_ref() == Some(&entry) => return Ok(Kept::Keyring),
                Ok(entry) => return slot.write(&pointer_to(entry)).map(|()| Kept::Keyring),
                Err(reason) => kept = Kept::Instead { reason },
            }
        }
        slot.write(secret)?;
        self.drop_entry(before.as_deref());
        Ok(kept)
    }

    /// Moves a secret to where it is to be, if it is elsewhere; says whether it moved. One who also saves it holds a lock meanwhile.
    /// A keyring that can't be used leaves it in its file.
    ///
    /// # Errors
    /// Those of [`Secrets::load`], if it is to leave the keyring; the file can't be written. It is where it was then.
    pub fn relocate<S: Slot>(&self, slot: &S) -> Result<bool, LoadError<S::Error>> {
        let Some(text) = slot.read().map_err(LoadError::File)? else { return Ok(false) };
        match (entry_of(&text), self.place) {
            (None, Place::Keyring) => {
                let Ok(entry) = entry_for(slot) else { return Ok(false) };
                if self.put(&entry, &text).is_err() {
                    self.drop_entry(Some(&entry));
                    return Ok(false);
                }
                if let Err(e) = slot.write(&pointer_to(entry.clone())) {
                    self.drop_entry(Some(&entry));
                    return Err(LoadError::File(e));
                }
                Ok(true)
            }
            (Some(entry), Place::File) => {
                let Some(secret) = self.load(slot)? else { return Ok(false) };
                slot.write(&secret).map_err(LoadError::File)?;
                self.drop_entry(Some(&entry));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Removes a secret. One who also saves it holds a lock meanwhile.
    ///
    /// # Errors
    /// The file can't be read or removed.
    pub fn forget<S: Slot>(&self, slot: &S) -> Result<(), S::Error> {
        let entry = slot.read()?.as_deref().and_then(entry_of);
        slot.remove()?;
        self.drop_entry(entry.as_deref());
        Ok(())
    }

    /// Writes to the keyring, and reads back.
    fn put(&self, entry: &str, secret: &str) -> Result<(), String> {
        self.keyring.set(entry, secret)?;
        match self.keyring.get(entry)? {
            Some(found) if found == secret => Ok(()),
            _ => Err("it does not give back what is put in".into()),
        }
    }

    /// Nothing points to it any more, so that it harms little if it stays.
    fn drop_entry(&self, entry: Option<&str>) {
        if let Some(entry) = entry {
            let _ = self.keyring.delete(entry);
        }
    }
}

fn pointer_to(entry: String) -> String {
    // A struct of one text is always written.
    serde_json::to_string(&Pointer { in_keyring: entry }).unwrap_or_default()
}

/// A name that no other entry has: homes may be copied, and keyrings are everybody's.
fn entry_for(slot: &impl Slot) -> Result<String, String> {
    let mut mark = [0; 8];
    getrandom::fill(&mut mark).map_err(|e| format!("the system gives no randomness: {e}"))?;
    let label: String = slot.label().chars().take(MAX_LABEL).collect();
    Ok(format!("{label} {:016x}", u64::from_be_bytes(mark)))
}

#[cfg(test)]
mod tests;
