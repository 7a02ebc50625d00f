//! Signed envelopes of manifests.

use crate::{
    Hash,
    codec::{DecodeError, Reader, Writer},
    key::{ReleaseKey, ReleaseSecret},
    limits,
};

use super::{Manifest, ManifestError, ManifestId, codec::MAGIC_2};

pub(super) const ENVELOPE_MAGIC: &[u8; 8] = b"MISTSIG1";
const SIGN_CONTEXT: &str = "mist manifest v1";

impl Manifest {
    /// Signs this manifest.
    ///
    /// # Errors
    /// A rule that it breaks: what can't be decoded is never signed.
    pub fn sign(self, key: &ReleaseSecret) -> Result<VerifiedManifest, ManifestError> {
        self.check()?;
        let bytes = self.encode();
        if bytes.len() > limits::MAX_MANIFEST {
            return Err(ManifestError::Rule("the manifest is over 128 MiB"));
        }
        let id = ManifestId(Hash::of(&bytes));
        let signature = key.sign(SIGN_CONTEXT, &id.0.0);
        let mut w = Writer::with_magic(ENVELOPE_MAGIC);
        w.raw(key.public().as_bytes()).raw(&signature).raw(&bytes);
        Ok(VerifiedManifest { manifest: self, id, key: key.public(), envelope: w.0 })
    }
}

/// A signed envelope whose signature nobody has looked at. Nothing in it may be used but to verify it.
pub struct UnverifiedManifest {
    key: ReleaseKey,
    signature: [u8; 64],
    envelope: Vec<u8>,
}

impl UnverifiedManifest {
    /// Splits an envelope, checking its frame only.
    ///
    /// # Errors
    /// [`DecodeError`] of the frame, or a key that can't sign.
    pub fn parse(envelope: Vec<u8>) -> Result<Self, ManifestError> {
        let mut r = Reader::new(&envelope);
        if r.array::<8>()? != *ENVELOPE_MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        let key = ReleaseKey::from_bytes(r.array()?).map_err(|_| DecodeError::Invalid("key"))?;
        let signature = r.array()?;
        if r.remaining() > limits::MAX_MANIFEST {
            return Err(DecodeError::OutOfBounds.into());
        }
        Ok(Self { key, signature, envelope })
    }

    /// The key that the envelope claims to be signed by.
    pub fn claimed_key(&self) -> ReleaseKey {
        self.key
    }

    /// Verifies the signature against the key known here, and only then reads the manifest.
    ///
    /// # Errors
    /// [`ManifestError::WrongKey`], [`ManifestError::Signature`], or what [`Manifest::decode`] refuses.
    pub fn verify(self, pinned: &ReleaseKey) -> Result<VerifiedManifest, ManifestError> {
        if self.key != *pinned {
            return Err(ManifestError::WrongKey {
                found: self.key.fingerprint(),
                pinned: pinned.fingerprint(),
            });
        }
        let bytes = &self.envelope[8 + 32 + 64..];
        let id = ManifestId(Hash::of(bytes));
        pinned.verify(SIGN_CONTEXT, &id.0.0, &self.signature)?;
        let manifest = Manifest::decode(bytes)?;
        Ok(VerifiedManifest { manifest, id, key: self.key, envelope: self.envelope })
    }
}

/// Whether an envelope, whoever signed it, holds a manifest of the second version, which release 0.1 can't read: of a build with
/// links, or with joiners in its names.
pub fn is_second_version(envelope: &[u8]) -> bool {
    envelope.get(8 + 32 + 64..).is_some_and(|bytes| bytes.starts_with(MAGIC_2))
}

/// A manifest whose signature fits a known release key. Only this type may decide what is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedManifest {
    manifest: Manifest,
    id: ManifestId,
    key: ReleaseKey,
    envelope: Vec<u8>,
}

impl VerifiedManifest {
    /// Hash of the canonical bytes.
    pub fn id(&self) -> ManifestId {
        self.id
    }

    /// The key that signed it.
    pub fn key(&self) -> ReleaseKey {
        self.key
    }

    /// The signed envelope, as it travels and is stored.
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The content, giving up the envelope.
    pub fn into_manifest(self) -> Manifest {
        self.manifest
    }
}

impl std::ops::Deref for VerifiedManifest {
    type Target = Manifest;
    fn deref(&self) -> &Manifest {
        &self.manifest
    }
}
