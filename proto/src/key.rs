//! Ed25519 keys: the release key that signs builds, and the rotation from one to the next.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::codec::{DecodeError, Reader, Writer};

/// The public half of a release key. Clients pin it; its text form is 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReleaseKey([u8; 32]);

/// Not a usable Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key: expected 64 lower-case hex digits of a point of full order")]
pub struct InvalidKey;

/// A signature does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit the key and the content")]
pub struct BadSignature;

impl ReleaseKey {
    /// Checks that `bytes` is a point that signatures can be verified against.
    ///
    /// # Errors
    /// [`InvalidKey`] for what is no point, or one of small order (whose signatures fit any message).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, InvalidKey> {
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(bytes)),
            _ => Err(InvalidKey),
        }
    }

    /// The raw point.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Verifies `signature` over `context` and `message`, strictly (one signature has one encoding).
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, context: &str, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        key.verify_strict(&framed(context, message), &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| BadSignature)
    }

    /// A short form for people to compare: four groups of four hex digits of the key's hash.
    pub fn fingerprint(&self) -> String {
        let h = crate::Hash::of(&self.0).to_string();
        [&h[0..4], &h[4..8], &h[8..12], &h[12..16]].join("-")
    }
}

impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseKey({})", self.fingerprint())
    }
}

impl FromStr for ReleaseKey {
    type Err = InvalidKey;
    fn from_str(s: &str) -> Result<Self, InvalidKey> {
        let hash: crate::Hash = s.parse().map_err(|_| InvalidKey)?;
        Self::from_bytes(hash.0)
    }
}

impl Serialize for ReleaseKey {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReleaseKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
        s.parse().map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for ReleaseKey {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::Hash::schema()
    }
}

impl utoipa::ToSchema for ReleaseKey {}

/// The secret half of a release key. Never leaves the admin's machine.
pub struct ReleaseSecret(SigningKey);

impl ReleaseSecret {
    /// The key made of 32 secret bytes, which must come from a cryptographic source of randomness.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32 secret bytes, to be kept.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> ReleaseKey {
        ReleaseKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `context` and `message`.
    pub fn sign(&self, context: &str, message: &[u8]) -> [u8; 64] {
        self.0.sign(&framed(context, message)).to_bytes()
    }
}

/// What is really signed: the context, a NUL, the message. Contexts contain no NUL, so that a signature made for
/// one use fits no other.
fn framed(context: &str, message: &[u8]) -> Vec<u8> {
    [context.as_bytes(), b"\0", message].concat()
}

const ROTATION_CONTEXT: &str = "mist release key rotation v1";

/// The statement "from now on `new` signs in place of `old`", signed by `old` and by `new`.
///
/// Encoded as both keys and both signatures, 192 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    old: ReleaseKey,
    new: ReleaseKey,
    by_old: [u8; 64],
    by_new: [u8; 64],
}

impl KeyRotation {
    /// Hands over from `old` to `new`.
    pub fn sign(old: &ReleaseSecret, new: &ReleaseSecret) -> Self {
        let message = [old.public().0, new.public().0].concat();
        Self {
            old: old.public(),
            new: new.public(),
            by_old: old.sign(ROTATION_CONTEXT, &message),
            by_new: new.sign(ROTATION_CONTEXT, &message),
        }
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.raw(&self.old.0).raw(&self.new.0).raw(&self.by_old).raw(&self.by_new);
        w.0
    }

    /// Reads and verifies a rotation.
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed or a signature does not fit.
    pub fn decode_verified(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let key = |b| ReleaseKey::from_bytes(b).map_err(|_| DecodeError::Invalid("key"));
        let this =
            Self { old: key(r.array()?)?, new: key(r.array()?)?, by_old: r.array()?, by_new: r.array()? };
        r.end()?;
        let message = [this.old.0, this.new.0].concat();
        let bad = |_| DecodeError::Invalid("signature of the key rotation");
        this.old.verify(ROTATION_CONTEXT, &message, &this.by_old).map_err(bad)?;
        this.new.verify(ROTATION_CONTEXT, &message, &this.by_new).map_err(bad)?;
        Ok(this)
    }

    /// The key that was trusted before.
    pub fn old(&self) -> ReleaseKey {
        self.old
    }

    /// The key that is trusted from now on.
    pub fn new_key(&self) -> ReleaseKey {
        self.new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_bind_context_and_message() {
        let secret = ReleaseSecret::from_seed(&[7; 32]);
        let sig = secret.sign("a", b"m");
        assert_eq!(secret.public().verify("a", b"m", &sig), Ok(()));
        assert_eq!(secret.public().verify("b", b"m", &sig), Err(BadSignature));
        assert_eq!(secret.public().verify("a", b"n", &sig), Err(BadSignature));
        let other = ReleaseSecret::from_seed(&[8; 32]);
        assert_eq!(other.public().verify("a", b"m", &sig), Err(BadSignature));
    }

    #[test]
    fn weak_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(ReleaseKey::from_bytes(identity), Err(InvalidKey));
        assert_eq!(ReleaseKey::from_bytes([0; 32]), Err(InvalidKey));
    }

    #[test]
    fn rotation_round_trip_and_tampering() {
        let (a, b) = (ReleaseSecret::from_seed(&[1; 32]), ReleaseSecret::from_seed(&[2; 32]));
        let bytes = KeyRotation::sign(&a, &b).encode();
        let back = KeyRotation::decode_verified(&bytes).expect("fits");
        assert_eq!((back.old(), back.new_key()), (a.public(), b.public()));
        for at in [0, 32, 64, 128, 191] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(KeyRotation::decode_verified(&bad).is_err(), "flip at {at}");
        }
        assert!(KeyRotation::decode_verified(&bytes[..191]).is_err());
    }
}
