//! Who may sign builds beside whoever has the release key: a list that the release key signs.
//!
//! The list is replaced as a whole, by one with a higher serial number. Whoever is taken out of it stays in it as one who may publish no
//! more, so that the builds that they signed can still be installed.
//!
//! Encoded as `MISTPUB1`, the release key that signs, the serial (`u64`), the number of entries (`u8`), each entry as key, 0 or 1 for
//! whether it may publish, and name (a `u32` length and UTF-8), and the signature over all before it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    codec::{DecodeError, Reader, Writer},
    ids::UserName,
    key::{ReleaseKey, ReleaseSecret},
    limits::MAX_PUBLISHERS,
};

const MAGIC: &[u8; 8] = b"MISTPUB1";
const CONTEXT: &str = "mist publishers v1";
/// Bytes of a name.
const MAX_NAME: usize = 32;

/// One who may sign builds, or might once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Whose key it is, as admins call them.
    pub name: UserName,
    /// The key.
    pub key: ReleaseKey,
    /// Whether new builds may be signed by it.
    pub may_publish: bool,
}

/// The list, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publishers {
    signed_by: ReleaseKey,
    serial: u64,
    list: Vec<Publisher>,
    signature: [u8; 64],
}

impl Publishers {
    /// Signs a list.
    ///
    /// # Errors
    /// [`DecodeError::OutOfBounds`] for too many; [`DecodeError::Invalid`] if a key stands in it twice, or the release key does.
    pub fn sign(release: &ReleaseSecret, serial: u64, list: Vec<Publisher>) -> Result<Self, DecodeError> {
        let signed_by = release.public();
        check(&signed_by, &list)?;
        let signature = release.sign(CONTEXT, &signed_part(&signed_by, serial, &list));
        Ok(Self { signed_by, serial, list, signature })
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = signed_part(&self.signed_by, self.serial, &self.list);
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    /// Reads and verifies a list. Whoever trusts it has looked at [`Publishers::signed_by`].
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed or the signature does not fit.
    pub fn decode_verified(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.array::<8>()? != *MAGIC {
            return Err(DecodeError::UnknownTag);
        }
        let key = |bytes| ReleaseKey::from_bytes(bytes).map_err(|_| DecodeError::Invalid("key"));
        let (signed_by, serial, count) = (key(r.array()?)?, r.u64()?, r.u8()?);
        let mut list = Vec::new();
        for _ in 0..count {
            let (key, may_publish) = (key(r.array()?)?, r.bool()?);
            let name = r.str(MAX_NAME)?.parse().map_err(|_| DecodeError::Invalid("name of a publisher"))?;
            list.push(Publisher { name, key, may_publish });
        }
        let signature = r.array()?;
        r.end()?;
        check(&signed_by, &list)?;
        signed_by
            .verify(CONTEXT, &signed_part(&signed_by, serial, &list), &signature)
            .map_err(|_| DecodeError::Invalid("signature of the list of publishers"))?;
        Ok(Self { signed_by, serial, list, signature })
    }

    /// The release key that signed it.
    pub fn signed_by(&self) -> ReleaseKey {
        self.signed_by
    }

    /// Lists with a higher number replace this one.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The entries.
    pub fn list(&self) -> &[Publisher] {
        &self.list
    }

    /// Whether new builds may be signed by `key`.
    pub fn lets_publish(&self, key: &ReleaseKey) -> bool {
        self.list.iter().any(|publisher| publisher.key == *key && publisher.may_publish)
    }
}

fn signed_part(signed_by: &ReleaseKey, serial: u64, list: &[Publisher]) -> Vec<u8> {
    let mut w = Writer::with_magic(MAGIC);
    // `check` bounds the list before it gets here.
    w.raw(signed_by.as_bytes()).u64(serial).u8(u8::try_from(list.len()).unwrap_or(u8::MAX));
    for publisher in list {
        w.raw(publisher.key.as_bytes()).u8(publisher.may_publish.into()).str(publisher.name.as_str());
    }
    w.0
}

fn check(signed_by: &ReleaseKey, list: &[Publisher]) -> Result<(), DecodeError> {
    if list.len() > MAX_PUBLISHERS {
        return Err(DecodeError::OutOfBounds);
    }
    let mut seen = BTreeSet::from([signed_by.as_bytes()]);
    if list.iter().all(|publisher| seen.insert(publisher.key.as_bytes())) {
        Ok(())
    } else {
        Err(DecodeError::Invalid("a key that stands in the list of publishers twice, or is the release key"))
    }
}

/// What somebody who pins the release key knows of publishers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPublishers {
    serial: u64,
    /// Their keys, and whether new builds may be signed by them.
    keys: Vec<(ReleaseKey, bool)>,
}

impl KnownPublishers {
    /// What is known once `shown` was seen, where `release` is the release key that is trusted: a newer list that this key has signed, or
    /// what was known before.
    #[must_use]
    pub fn after(&self, shown: Option<&Publishers>, release: Option<&ReleaseKey>) -> Self {
        match shown {
            Some(shown) if Some(&shown.signed_by) == release && shown.serial > self.serial => {
                let keys =
                    shown.list.iter().map(|publisher| (publisher.key, publisher.may_publish)).collect();
                Self { serial: shown.serial, keys }
            }
            _ => self.clone(),
        }
    }

    /// Whether `key` may sign builds, or might once: builds of then can still be installed.
    pub fn knows(&self, key: &ReleaseKey) -> bool {
        self.keys.iter().any(|(known, _)| known == key)
    }

    /// Whether `key` may sign new builds.
    pub fn lets_publish(&self, key: &ReleaseKey) -> bool {
        self.keys.contains(&(*key, true))
    }

    /// Those that may sign new builds and might not in `before`.
    pub fn new_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a ReleaseKey> {
        let may = self.keys.iter().filter(|(_, may)| *may).map(|(key, _)| key);
        may.filter(|key| !before.lets_publish(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(n: u8) -> ReleaseSecret {
        ReleaseSecret::from_seed(&[n; 32])
    }

    fn publisher(n: u8, may_publish: bool) -> Publisher {
        let name = format!("admin-{n}").parse().expect("a name");
        Publisher { name, key: secret(n).public(), may_publish }
    }

    fn list(by: u8, serial: u64, publishers: &[(u8, bool)]) -> Publishers {
        let list = publishers.iter().map(|&(n, may)| publisher(n, may)).collect();
        Publishers::sign(&secret(by), serial, list).expect("a sound list")
    }

    #[test]
    fn a_list_round_trips_and_nothing_of_it_can_be_altered() {
        let bytes = list(1, 7, &[(2, true), (3, false)]).encode();
        let back = Publishers::decode_verified(&bytes).expect("it fits");
        assert_eq!((back.encode(), back.serial(), back.signed_by()), (bytes.clone(), 7, secret(1).public()));
        assert!(back.lets_publish(&secret(2).public()) && !back.lets_publish(&secret(3).public()));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(Publishers::decode_verified(&bad).is_err(), "flip at {at}");
            assert!(Publishers::decode_verified(&bytes[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_list_is_bounded_and_has_each_key_once() {
        let many = (2..).take(MAX_PUBLISHERS).map(|n| publisher(n, true)).collect::<Vec<_>>();
        assert!(Publishers::sign(&secret(1), 1, many.clone()).is_ok());
        let more = [many, vec![publisher(200, true)]].concat();
        assert_eq!(Publishers::sign(&secret(1), 1, more).err(), Some(DecodeError::OutOfBounds));
        for twice in [vec![publisher(2, true), publisher(2, false)], vec![publisher(1, true)]] {
            assert!(Publishers::sign(&secret(1), 1, twice).is_err());
        }
    }

    #[test]
    fn only_newer_lists_of_the_trusted_key_count() {
        let key = |n| secret(n).public();
        let trusted = key(1);
        let first = KnownPublishers::default().after(Some(&list(1, 1, &[(2, true)])), Some(&trusted));
        assert!(first.lets_publish(&key(2)));
        for other in [list(9, 2, &[(3, true)]), list(1, 1, &[(3, true)])] {
            assert_eq!(first.after(Some(&other), Some(&trusted)), first);
        }
        assert_eq!(first.after(None, Some(&trusted)), first, "withheld");
        assert_eq!(first.after(Some(&list(1, 2, &[])), None), first);
        let second = first.after(Some(&list(1, 2, &[(2, false), (3, true)])), Some(&trusted));
        assert!(!second.lets_publish(&key(2)) && second.knows(&key(2)) && second.lets_publish(&key(3)));
        assert_eq!(second.new_since(&first).collect::<Vec<_>>(), [&key(3)]);
        // After a rotation, of the new key.
        assert_eq!(second.after(Some(&list(1, 3, &[])), Some(&key(5))), second);
        assert_ne!(second.after(Some(&list(5, 3, &[])), Some(&key(5))), second);
    }
}
