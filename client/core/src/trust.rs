//! Which keys a client trusts: those that it saw first, and those that they handed over to.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_api_client::ServerAddress;
use mist_proto::{
    UnverifiedManifest, VerifiedManifest,
    claims::TrackerKey,
    http::{LinkKeys, Trust},
    key::{KeyRotation, ReleaseKey},
    manifest::ManifestError,
    publishers::KnownPublishers,
};
use serde::{Deserialize, Serialize};

use crate::{
    failure::{Failure, Params},
    home::{
        Home, HomeError, ServerId,
        legacy::{server_ids, server_named},
        read_json, write_json,
    },
};

/// Addresses that are remembered of a server beside the present one.
const MAX_ADDRESSES: usize = 8;

/// The keys of one server, pinned at the first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
    /// Signs tickets.
    pub tracker: TrackerKey,
    /// Signs builds; none if the server had none yet.
    pub release: Option<ReleaseKey>,
    /// Release keys that handed over, directly or through others, to [`Pins::release`]. Builds that they signed
    /// remain installable.
    #[serde(default)]
    pub former: Vec<ReleaseKey>,
    /// Who may sign builds beside [`Pins::release`], or might once.
    #[serde(default)]
    pub publishers: KnownPublishers,
}

/// `servers/<key>/server.json`: a server that was signed in at, and its pins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KnownServer {
    /// Where it was the last time.
    pub(crate) url: ServerAddress,
    /// Other addresses at which it proved its key, the newest first.
    #[serde(default)]
    pub(crate) also: Vec<ServerAddress>,
    pub(crate) pins: Pins,
    /// Whether a friend trusted another server at this address in its place. It is not believed again without being
    /// asked; games that came from it can still be played.
    #[serde(default)]
    pub(crate) replaced: bool,
}

impl KnownServer {
    pub(crate) fn load(home: &Home, id: &ServerId) -> Result<Option<Self>, HomeError> {
        read_json(&home.server(id).join("server.json"))
    }

    /// The server that a file of this home names, by its key or as an older layout did.
    pub(crate) fn named(home: &Home, name: &str) -> Result<Option<Self>, HomeError> {
        server_named(home, name)?.map_or(Ok(None), |id| Self::load(home, &id))
    }

    /// All servers that were signed in at.
    pub(crate) fn all(home: &Home) -> Result<Vec<(ServerId, Self)>, HomeError> {
        let mut all = Vec::new();
        for id in server_ids(home)? {
            if let Some(known) = Self::load(home, &id)? {
                all.push((id, known));
            }
        }
        Ok(all)
    }

    /// Whether it is known at this address.
    pub(crate) fn is_at(&self, url: &ServerAddress) -> bool {
        self.url == *url || self.also.contains(url)
    }

    /// Its addresses once it was met at `url`: the others are remembered, a few of them.
    pub(crate) fn others(&self, url: &ServerAddress) -> Vec<ServerAddress> {
        let known = [&self.url].into_iter().chain(&self.also);
        known.filter(|known| *known != url).take(MAX_ADDRESSES).cloned().collect()
    }

    pub(crate) fn save(&self, home: &Home, id: &ServerId) -> Result<(), HomeError> {
        write_json(&home.server(id).join("server.json"), self, false)
    }
}

/// Why what a server shows is not trusted. Its sentences are those of [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// Another tracker key than the pinned one.
    TrackerKey {
        /// Fingerprint of the key that the server shows.
        found: String,
        /// Fingerprint of the pinned key.
        pinned: String,
    },
    /// The pinned key at an address that is new, and no proof that whoever is there holds it.
    Unproven {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// Other keys than those of the link by which somebody joins.
    NotOfLink {
        /// The address.
        url: String,
        /// Fingerprint of the key that the server shows, or `no key`.
        found: String,
        /// Fingerprint of the key in the link.
        pinned: String,
    },
    /// Another release key, and no chain of rotations from the pinned one to it.
    ReleaseKey {
        /// Fingerprint of the key that the server shows, or `no key`.
        found: String,
        /// Fingerprint of the pinned key.
        pinned: String,
    },
    /// The server has no release key yet, so nothing can be verified.
    NoReleaseKey,
}

impl TrustError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TrackerKey { .. } => "tracker_key_changed",
            Self::NotOfLink { .. } => "link_of_another_server",
            Self::Unproven { .. } => "address_unproven",
            Self::ReleaseKey { .. } => "release_key_changed",
            Self::NoReleaseKey => "no_release_key",
        }
    }

    /// What the code leaves open.
    pub fn params(&self) -> Params {
        match self {
            Self::TrackerKey { found, pinned } | Self::ReleaseKey { found, pinned } => {
                vec![("found", found.clone()), ("pinned", pinned.clone())]
            }
            Self::NotOfLink { url, found, pinned } => {
                vec![("url", url.clone()), ("found", found.clone()), ("pinned", pinned.clone())]
            }
            Self::Unproven { url, reason } => vec![("url", url.clone()), ("reason", reason.clone())],
            Self::NoReleaseKey => vec![],
        }
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Failure::of(self.code(), self.params()).fmt(f)
    }
}

impl std::error::Error for TrustError {}

/// Fingerprint of a tracker key, in the form of a release key's.
pub fn tracker_fingerprint(key: TrackerKey) -> String {
    ReleaseKey::from(key).fingerprint()
}

impl Pins {
    /// Trusts what the server shows, for there is nothing to compare it with.
    pub fn at_first_sight(trust: &Trust) -> Self {
        let release = trust.release_key;
        let former = release.map(|key| predecessors(&rotations(trust), key)).unwrap_or_default();
        let publishers = KnownPublishers::default().after(trust.publishers().as_ref(), release.as_ref());
        Self { tracker: trust.tracker_key, release, former, publishers }
    }

    /// The pins after the server showed `trust`: the same, or with the release key that the pinned one handed over to.
    ///
    /// # Errors
    /// [`TrustError`] if the server shows a key that the pins do not lead to.
    pub fn follow(&self, trust: &Trust) -> Result<Self, TrustError> {
        if trust.tracker_key != self.tracker {
            return Err(TrustError::TrackerKey {
                found: tracker_fingerprint(trust.tracker_key),
                pinned: tracker_fingerprint(self.tracker),
            });
        }
        let Some(pinned) = self.release else { return Ok(Self::at_first_sight(trust)) };
        let refused = |found: Option<ReleaseKey>| TrustError::ReleaseKey {
            found: found.map_or_else(|| "no key".to_owned(), |k| k.fingerprint()),
            pinned: pinned.fingerprint(),
        };
        let shown = trust.release_key.ok_or_else(|| refused(None))?;
        let publishers = self.publishers.after(trust.publishers().as_ref(), Some(&shown));
        if shown == pinned {
            return Ok(Self { publishers, ..self.clone() });
        }
        let former = predecessors(&rotations(trust), shown);
        if !former.contains(&pinned) {
            return Err(refused(Some(shown)));
        }
        Ok(Self { tracker: self.tracker, release: Some(shown), former, publishers })
    }

    /// What a friend is told where these pins followed `before`: none if the same keys sign builds.
    pub(crate) fn news_since(&self, before: &Self) -> Option<String> {
        let (old, new) = (before.release?, self.release?);
        if old == new {
            let others: Vec<String> =
                self.publishers.new_since(&before.publishers).map(ReleaseKey::fingerprint).collect();
            return (!others.is_empty()).then(|| {
                format!(
                    "the key that signs builds lets others sign them too from now on: {}. Your admin can say whether that was meant",
                    others.join(", ")
                )
            });
        }
        Some(format!(
            "another key signs builds from now on: {} handed over to {}, and signed that. Your admin can say whether that was meant",
            old.fingerprint(),
            new.fingerprint()
        ))
    }

    /// Whether the server at `url`, which shows `trust`, is the one of a link: it has the link's keys, or a release key that the
    /// link's handed over to since.
    ///
    /// # Errors
    /// [`TrustError::NotOfLink`].
    pub fn are_of_link(keys: LinkKeys, trust: &Trust, url: &str) -> Result<(), TrustError> {
        let publishers = KnownPublishers::default();
        let pins = Self { tracker: keys.tracker, release: keys.release, former: Vec::new(), publishers };
        pins.follow(trust).map(drop).map_err(|e| match e {
            TrustError::TrackerKey { found, pinned } | TrustError::ReleaseKey { found, pinned } => {
                TrustError::NotOfLink { url: url.to_owned(), found, pinned }
            }
            other => other,
        })
    }

    /// Verifies a signed manifest.
    ///
    /// # Errors
    /// [`ManifestError`] if it is signed by no trusted key or is not well formed.
    pub fn verify(&self, envelope: Vec<u8>) -> Result<VerifiedManifest, ManifestError> {
        let unverified = UnverifiedManifest::parse(envelope)?;
        let claimed = unverified.claimed_key();
        let Some(release) = self.release else {
            return Err(ManifestError::Rule("no release key is known for this server"));
        };
        let is_known = self.former.contains(&claimed) || self.publishers.knows(&claimed);
        let key = if is_known { claimed } else { release };
        unverified.verify(&key)
    }
}

/// The rotations that verify; others say nothing.
fn rotations(trust: &Trust) -> Vec<KeyRotation> {
    let decode = |text: &String| KeyRotation::decode_verified(&B64.decode(text).ok()?).ok();
    trust.rotations.iter().filter_map(decode).collect()
}

/// The keys from which rotations lead to `key`, the nearest first. Each step was signed by both of its keys.
fn predecessors(rotations: &[KeyRotation], key: ReleaseKey) -> Vec<ReleaseKey> {
    let mut found = Vec::new();
    let mut at = key;
    while let Some(step) = rotations.iter().find(|r| r.new_key() == at) {
        at = step.old();
        if at == key || found.contains(&at) {
            break;
        }
        found.push(at);
    }
    found
}

#[cfg(test)]
mod tests {
    use mist_proto::{claims::TrackerSecret, key::ReleaseSecret};

    use super::*;

    fn secret(n: u8) -> ReleaseSecret {
        ReleaseSecret::from_seed(&[n; 32])
    }

    fn trust(release: Option<u8>, steps: &[(u8, u8)]) -> Trust {
        Trust {
            tracker_key: TrackerSecret::from_seed(&[99; 32]).public(),
            release_key: release.map(|n| secret(n).public()),
            rotations: steps
                .iter()
                .map(|&(a, b)| B64.encode(KeyRotation::sign(&secret(a), &secret(b)).encode()))
                .collect(),
            publishers: None,
            server: "test".into(),
        }
    }

    #[test]
    fn follows_rotations_only() {
        let pins = Pins::at_first_sight(&trust(Some(1), &[]));
        assert_eq!(pins.follow(&trust(Some(1), &[])), Ok(pins.clone()));
        assert!(matches!(pins.follow(&trust(Some(2), &[])), Err(TrustError::ReleaseKey { .. })));
        assert!(matches!(pins.follow(&trust(Some(2), &[(3, 2)])), Err(TrustError::ReleaseKey { .. })));
        assert!(matches!(pins.follow(&trust(None, &[])), Err(TrustError::ReleaseKey { .. })));
        let moved = pins.follow(&trust(Some(3), &[(1, 2), (2, 3)])).expect("a chain leads there");
        assert_eq!(moved.release, Some(secret(3).public()));
        assert_eq!(moved.former, vec![secret(2).public(), secret(1).public()]);
        let news = moved.news_since(&pins).expect("somebody else signs");
        assert!(
            news.contains(&secret(1).public().fingerprint())
                && news.contains(&secret(3).public().fingerprint())
        );
        assert_eq!(pins.news_since(&pins), None);
        assert_eq!(
            pins.news_since(&Pins::at_first_sight(&trust(None, &[]))),
            None,
            "the first key is no news"
        );
        let mut broken = trust(Some(2), &[(1, 2)]);
        broken.rotations[0].replace_range(0..4, "AAAA");
        assert!(pins.follow(&broken).is_err());
    }

    #[test]
    fn a_link_is_for_one_server_and_what_its_key_handed_over_to() {
        let link = |release: Option<u8>| LinkKeys {
            tracker: TrackerSecret::from_seed(&[99; 32]).public(),
            release: release.map(|n| secret(n).public()),
        };
        let fits = |keys, trust: &Trust| Pins::are_of_link(keys, trust, "https://a").is_ok();
        assert!(fits(link(Some(1)), &trust(Some(1), &[])));
        assert!(fits(link(Some(1)), &trust(Some(2), &[(1, 2)])));
        assert!(fits(link(None), &trust(Some(1), &[])), "made before the first push");
        assert!(!fits(link(Some(1)), &trust(Some(2), &[])));
        assert!(!fits(link(Some(1)), &trust(None, &[])));
        let mut other = trust(Some(1), &[]);
        other.tracker_key = TrackerSecret::from_seed(&[98; 32]).public();
        assert!(!fits(link(Some(1)), &other));
    }

    #[test]
    fn a_ring_of_rotations_ends() {
        let pins = Pins::at_first_sight(&trust(Some(1), &[(1, 2), (2, 1)]));
        assert_eq!(pins.former, vec![secret(2).public()]);
    }

    #[test]
    fn a_server_without_builds_gets_its_release_key_later() {
        let pins = Pins::at_first_sight(&trust(None, &[]));
        assert_eq!(pins.release, None);
        assert_eq!(pins.follow(&trust(Some(1), &[])).map(|p| p.release), Ok(Some(secret(1).public())));
    }

    #[test]
    fn another_tracker_key_is_refused() {
        let pins = Pins::at_first_sight(&trust(Some(1), &[]));
        let mut other = trust(Some(1), &[]);
        other.tracker_key = TrackerSecret::from_seed(&[98; 32]).public();
        assert!(matches!(pins.follow(&other), Err(TrustError::TrackerKey { .. })));
    }
}
