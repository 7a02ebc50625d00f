//! The keys that a seed pins: the tracker's, which signs tokens, and the release key, which signs builds.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_proto::{
    RelPath,
    claims::TrackerKey,
    http::Trust,
    key::{KeyRotation, ReleaseKey},
    publishers::KnownPublishers,
};
use mist_tree::fs::{RealDir, write_atomically};
use serde::{Deserialize, Serialize};

const FILE: &str = "trust.json";

/// What is trusted. Neither key is known before the tracker was first reached, nor the release key before the first push.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pinned {
    tracker: Option<TrackerKey>,
    release: Option<ReleaseKey>,
    #[serde(default)]
    publishers: KnownPublishers,
}

/// Why the tracker's keys are not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The tracker has another signing key than at first sight.
    #[error("the tracker's signing key has changed; if that is meant to be, remove {}", file.display())]
    TrackerChanged {
        /// Where the old one is pinned.
        file: PathBuf,
    },
    /// The release key is another one, and no rotation leads to it.
    #[error(
        "the release key has changed and no signed rotation leads there; if that is meant to be, remove {}",
        file.display()
    )]
    ReleaseChanged {
        /// Where the old one is pinned.
        file: PathBuf,
    },
    /// What is pinned is no keys, as after a power loss.
    #[error(
        "the keys that this seed trusts can't be read in {}: {source}. Put the file back from a backup, or remove it: the seed then \
         trusts the keys that its tracker shows next",
        file.display()
    )]
    Garbled {
        /// Where they are pinned.
        file: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The pinned keys can't be read or kept.
    #[error("{}: {source}", file.display())]
    File {
        /// Where they are pinned.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The pinned keys, kept in the data folder.
pub(crate) struct Keys {
    folder: PathBuf,
    pinned: RwLock<Pinned>,
}

impl Keys {
    /// Reads what was pinned before.
    ///
    /// # Errors
    /// [`KeyError::File`], [`KeyError::Garbled`].
    pub(crate) fn load(data_dir: &Path) -> Result<Self, KeyError> {
        let file = data_dir.join(FILE);
        let pinned = match fs::read(&file) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| KeyError::Garbled { file, source })?
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Pinned::default(),
            Err(source) => return Err(KeyError::File { file, source }),
        };
        Ok(Self { folder: data_dir.to_owned(), pinned: RwLock::new(pinned) })
    }

    /// The key that tokens must be signed with.
    pub(crate) fn tracker(&self) -> Option<TrackerKey> {
        self.pinned.read().unwrap_or_else(PoisonError::into_inner).tracker
    }

    /// The key that builds must be signed with.
    pub(crate) fn release(&self) -> Option<ReleaseKey> {
        self.pinned.read().unwrap_or_else(PoisonError::into_inner).release
    }

    /// The keys that builds which are out may be signed with: the one of now, and before it those that handed over to it, the newest first.
    pub(crate) fn release_keys(&self, shown: &Trust) -> Vec<ReleaseKey> {
        let mut keys: Vec<ReleaseKey> = self.release().into_iter().collect();
        for step in rotations(shown).collect::<Vec<_>>().into_iter().rev() {
            if keys.last() == Some(&step.new_key()) {
                keys.push(step.old());
            }
        }
        keys
    }

    /// Whether the release key lets `key` sign builds.
    pub(crate) fn lets_publish(&self, key: &ReleaseKey) -> bool {
        self.pinned.read().unwrap_or_else(PoisonError::into_inner).publishers.lets_publish(key)
    }

    /// Whether the release key lets `key` sign builds, or let it once.
    pub(crate) fn knows_publisher(&self, key: &ReleaseKey) -> bool {
        self.pinned.read().unwrap_or_else(PoisonError::into_inner).publishers.knows(key)
    }

    /// Pins what is seen for the first time, follows rotations of the release key, and refuses every other change.
    /// Blocks.
    ///
    /// # Errors
    /// [`KeyError`]; what was pinned stays.
    pub(crate) fn meet(&self, shown: &Trust) -> Result<(), KeyError> {
        let file = || self.folder.join(FILE);
        let mut pinned = self.pinned.write().unwrap_or_else(PoisonError::into_inner);
        let next = follow(&pinned, shown).map_err(|refusal| match refusal {
            Refusal::Tracker => KeyError::TrackerChanged { file: file() },
            Refusal::Release => KeyError::ReleaseChanged { file: file() },
        })?;
        if next != *pinned {
            keep(&self.folder, &next).map_err(|source| KeyError::File { file: file(), source })?;
            *pinned = next;
        }
        Ok(())
    }
}

fn keep(folder: &Path, pinned: &Pinned) -> io::Result<()> {
    let name = RelPath::new(FILE).map_err(io::Error::other)?;
    write_atomically(&RealDir::create(folder)?, &name, &serde_json::to_vec(pinned)?)
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Tracker,
    Release,
}

/// The hand-overs that are signed by both keys, oldest first.
fn rotations(shown: &Trust) -> impl Iterator<Item = KeyRotation> {
    shown.rotations.iter().filter_map(|text| KeyRotation::decode_verified(&B64.decode(text).ok()?).ok())
}

/// What to trust after `shown` was seen.
fn follow(pinned: &Pinned, shown: &Trust) -> Result<Pinned, Refusal> {
    if pinned.tracker.is_some_and(|key| key != shown.tracker_key) {
        return Err(Refusal::Tracker);
    }
    let release = match (pinned.release, shown.release_key) {
        (None, shown) => shown,
        (Some(pinned), None) => Some(pinned),
        (Some(pinned), Some(wanted)) => {
            let reached = rotations(shown)
                .fold(pinned, |key, step| if step.old() == key { step.new_key() } else { key });
            if reached != wanted {
                return Err(Refusal::Release);
            }
            Some(wanted)
        }
    };
    let publishers = pinned.publishers.after(shown.publishers().as_ref(), release.as_ref());
    Ok(Pinned { tracker: Some(shown.tracker_key), release, publishers })
}

#[cfg(test)]
mod tests {
    use mist_proto::{claims::TrackerSecret, key::ReleaseSecret};

    use super::*;

    fn release(n: u8) -> ReleaseSecret {
        ReleaseSecret::from_seed(&[n; 32])
    }

    fn shown(tracker: u8, key: Option<u8>, rotations: &[(u8, u8)]) -> Trust {
        let rotation =
            |(old, new): &(u8, u8)| B64.encode(KeyRotation::sign(&release(*old), &release(*new)).encode());
        Trust {
            tracker_key: TrackerSecret::from_seed(&[tracker; 32]).public(),
            release_key: key.map(|n| release(n).public()),
            rotations: rotations.iter().map(rotation).collect(),
            publishers: None,
            server: "test".into(),
        }
    }

    #[test]
    fn keys_that_a_power_loss_took_are_not_taken_for_none() {
        let tmp = tempfile::tempdir().unwrap();
        Keys::load(tmp.path()).unwrap().meet(&shown(1, Some(2), &[])).unwrap();
        fs::write(tmp.path().join(FILE), "").unwrap();
        let told = Keys::load(tmp.path()).err().unwrap().to_string();
        assert!(told.contains("trust.json") && told.contains("remove it"), "{told}");
    }

    #[test]
    fn keys_are_pinned_at_first_sight_and_kept() {
        let tmp = tempfile::tempdir().unwrap();
        let keys = Keys::load(tmp.path()).unwrap();
        assert_eq!((keys.tracker(), keys.release()), (None, None));
        keys.meet(&shown(1, None, &[])).unwrap();
        keys.meet(&shown(1, Some(2), &[])).unwrap();
        let again = Keys::load(tmp.path()).unwrap();
        assert_eq!(again.release(), Some(release(2).public()));
        assert!(matches!(again.meet(&shown(9, Some(2), &[])), Err(KeyError::TrackerChanged { .. })));
        assert!(matches!(again.meet(&shown(1, Some(3), &[])), Err(KeyError::ReleaseChanged { .. })));
        assert_eq!(again.release(), Some(release(2).public()));
    }

    #[test]
    fn builds_of_keys_that_handed_over_to_the_present_one_count() {
        let tmp = tempfile::tempdir().unwrap();
        let keys = Keys::load(tmp.path()).unwrap();
        assert!(keys.release_keys(&shown(1, None, &[])).is_empty());
        let seen = shown(1, Some(4), &[(2, 3), (8, 9), (3, 4)]);
        keys.meet(&seen).unwrap();
        assert_eq!(keys.release_keys(&seen), [4, 3, 2].map(|n| release(n).public()));
        let forged = shown(1, Some(4), &[(9, 3), (4, 9)]);
        assert_eq!(
            keys.release_keys(&forged),
            [release(4).public()],
            "it was handed to another, or by another"
        );
    }

    #[test]
    fn only_an_unbroken_chain_of_rotations_leads_to_a_new_key() {
        let pinned = follow(&Pinned::default(), &shown(1, Some(2), &[])).unwrap();
        let reached =
            |key, rotations: &[(u8, u8)]| follow(&pinned, &shown(1, Some(key), rotations)).map(|p| p.release);
        assert_eq!(reached(4, &[(2, 3), (3, 4)]), Ok(Some(release(4).public())));
        assert_eq!(reached(4, &[(1, 2), (2, 4)]), Ok(Some(release(4).public())));
        assert_eq!(reached(4, &[(3, 4)]), Err(Refusal::Release));
        assert_eq!(reached(4, &[]), Err(Refusal::Release));
        assert_eq!(reached(2, &[(2, 3)]), Err(Refusal::Release), "the present key was handed over");
    }
}
