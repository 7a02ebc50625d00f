//! What the tracker signs for others to check: access tokens, swarm tickets and capabilities for a seed's bytes.
//!
//! All are JSON Web Tokens (RFC 7519) with `alg` EdDSA (RFC 8037) and nothing else, told apart by their
//! audience. Claims refuse unknown and repeated fields. Verification takes the time as a parameter.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    BlobId, Hash, Slug,
    ids::{PeerName, UserName},
    key::{InvalidKey, ReleaseKey},
    limits::MAX_TOKEN,
    time::UnixMillis,
};

/// Life of an access token.
pub const ACCESS_TTL_SECS: i64 = 15 * 60;
/// Life of a swarm ticket.
pub const TICKET_TTL_SECS: i64 = 24 * 60 * 60;
/// Life of a capability for a seed's bytes; long enough for one slow, resumed download or push step.
pub const CAPABILITY_TTL_SECS: i64 = 6 * 60 * 60;
/// How far the clocks of two machines may be apart.
pub const CLOCK_SKEW_SECS: i64 = 120;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Use the games that the account may see.
    User,
    /// Manage games, builds and accounts.
    Admin,
    /// Run jobs and serve bytes.
    Seed,
}

impl Scope {
    /// The word in the database and in tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Seed => "seed",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(s: &str) -> Result<Self, UnknownScope> {
        match s {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            "seed" => Ok(Self::Seed),
            _ => Err(UnknownScope),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;
    fn try_from(s: String) -> Result<Self, UnknownScope> {
        s.parse()
    }
}

/// A word that names no [`Scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is user, admin or seed")]
pub struct UnknownScope;

/// A kind of token.
pub trait Claims: Serialize + DeserializeOwned {
    /// The only accepted `aud`.
    const AUDIENCE: &'static str;
    /// The `aud` that it carries.
    fn audience(&self) -> &str;
    /// First second at which it is valid.
    fn issued_at(&self) -> i64;
    /// First second at which it is no longer valid.
    fn expires_at(&self) -> i64;
    /// The longest life that a token of this kind may claim.
    const MAX_TTL_SECS: i64;
}

macro_rules! claims {
    ($name:ident, $aud:literal, $ttl:expr) => {
        impl Claims for $name {
            const AUDIENCE: &'static str = $aud;
            const MAX_TTL_SECS: i64 = $ttl;
            fn audience(&self) -> &str {
                &self.aud
            }
            fn issued_at(&self) -> i64 {
                self.iat
            }
            fn expires_at(&self) -> i64 {
                self.exp
            }
        }
    };
}

/// Bearer of an account's session at the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// Always `mist-api`.
    pub aud: String,
    /// Id of the account.
    pub sub: String,
    /// Name of the account.
    pub name: UserName,
    /// What it may do.
    pub scope: Scope,
    /// Family of refresh tokens that this one came from: a session on one device.
    pub family: String,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
    /// Unique id.
    pub jti: String,
}
claims!(AccessClaims, "mist-api", ACCESS_TTL_SECS);

/// Shown by one peer to another: the tracker lets this peer take part in the swarm of one game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketClaims {
    /// Always `mist-peer`.
    pub aud: String,
    /// Id of the account, for the deny-list.
    pub sub: String,
    /// The peer that may show it; its TLS certificate must prove this identity.
    pub peer: PeerName,
    /// The game whose blobs it opens.
    pub game: Slug,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
    /// Unique id.
    pub jti: String,
}
claims!(TicketClaims, "mist-peer", TICKET_TTL_SECS);

/// What a capability opens at a seed's byte router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Allow {
    /// Write the chunks of one push.
    Upload {
        /// Id of the push.
        push: String,
        /// Game that it belongs to.
        game: Slug,
    },
    /// Write a folder signature, from which a jump patch is made.
    #[serde(rename = "signature")]
    FolderSignature {
        /// Game whose folder it is.
        game: Slug,
        /// Its address.
        signature: BlobId,
    },
    /// Read one blob, its compressed form and its outboard.
    Blob {
        /// Game that it belongs to.
        game: Slug,
        /// Root hash.
        hash: Hash,
    },
}

impl Allow {
    /// The game that it is about.
    pub fn game(&self) -> &Slug {
        match self {
            Self::Upload { game, .. } | Self::FolderSignature { game, .. } | Self::Blob { game, .. } => game,
        }
    }
}

/// Bearer of one right at a seed's byte router; travels in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapabilityClaims {
    /// Always `mist-seed`.
    pub aud: String,
    /// Id of the account that asked, for logs and the deny-list.
    pub sub: String,
    /// What it opens.
    pub allow: Allow,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}
claims!(CapabilityClaims, "mist-seed", CAPABILITY_TTL_SECS);

/// Why a token was refused. Deliberately coarse: the bearer learns nothing from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this kind signed by this key.
    #[error("the token is not valid")]
    Invalid,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
}

/// The tracker's secret signing key.
pub struct TrackerSecret {
    signing: SigningKey,
    encoding: EncodingKey,
}

impl TrackerSecret {
    /// The key made of 32 bytes from a cryptographic source of randomness.
    ///
    /// # Panics
    /// Never: an Ed25519 key always has a PKCS#8 form.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let der = signing.to_pkcs8_der().expect("an Ed25519 key has a PKCS#8 form");
        Self { encoding: EncodingKey::from_ed_der(der.as_bytes()), signing }
    }

    /// The public half.
    pub fn public(&self) -> TrackerKey {
        TrackerKey(self.signing.verifying_key().to_bytes())
    }

    /// Signs `claims`.
    ///
    /// # Panics
    /// Never: claims are plain structs, which always serialise, and the key fits the algorithm.
    pub fn sign<C: Claims>(&self, claims: &C) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &self.encoding)
            .expect("plain claims serialise and an Ed25519 key signs")
    }
}

/// What is signed to prove that a server is at an address. It can't be the start of a token, which has no spaces.
fn proof_message(challenge: &[u8; 32], address: &str) -> Vec<u8> {
    [b"mist address proof 1 ".as_slice(), challenge, address.as_bytes()].concat()
}

impl TrackerSecret {
    /// Proves to whoever made up `challenge` that the holder of this key is at `address`: 128 hex digits.
    pub fn prove(&self, challenge: &[u8; 32], address: &str) -> String {
        use ed25519_dalek::Signer;
        let signature = self.signing.sign(&proof_message(challenge, address));
        data_encoding::HEXLOWER.encode(&signature.to_bytes())
    }
}

/// The tracker's public key. Clients and seeds pin it; its text form is 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "ReleaseKey", into = "ReleaseKey")]
#[schema(value_type = ReleaseKey)]
pub struct TrackerKey([u8; 32]);

impl From<ReleaseKey> for TrackerKey {
    fn from(k: ReleaseKey) -> Self {
        Self(*k.as_bytes())
    }
}

impl From<TrackerKey> for ReleaseKey {
    fn from(k: TrackerKey) -> Self {
        // Both constructors of a `TrackerKey` go through a checked point.
        Self::from_bytes(k.0).expect("a tracker key is a checked point")
    }
}

impl FromStr for TrackerKey {
    type Err = InvalidKey;
    fn from_str(s: &str) -> Result<Self, InvalidKey> {
        Ok(s.parse::<ReleaseKey>()?.into())
    }
}

impl fmt::Display for TrackerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TrackerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackerKey({})", Hash::of(&self.0).short())
    }
}

impl TrackerKey {
    /// Whether `proof` is that of the key's holder for this challenge and address ([`TrackerSecret::prove`]).
    pub fn has_proved(&self, challenge: &[u8; 32], address: &str, proof: &str) -> bool {
        let Ok(bytes) = data_encoding::HEXLOWER.decode(proof.as_bytes()) else { return false };
        let Ok(signature) = ed25519_dalek::Signature::from_slice(&bytes) else { return false };
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&self.0) else { return false };
        key.verify_strict(&proof_message(challenge, address), &signature).is_ok()
    }

    /// Verifies `token` as a token of kind `C` at the time `now`.
    ///
    /// # Errors
    /// [`TokenError::Expired`] for a token that was valid before, [`TokenError::Invalid`] for all else.
    pub fn verify<C: Claims>(&self, token: &str, now: UnixMillis) -> Result<C, TokenError> {
        if token.len() > MAX_TOKEN || !header_is_plain(token) {
            return Err(TokenError::Invalid);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Checked below, strictly and against `now` instead of the machine's clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_ed_components(&B64.encode(self.0)).map_err(|_| TokenError::Invalid)?;
        let claims: C =
            jsonwebtoken::decode(token, &key, &validation).map_err(|_| TokenError::Invalid)?.claims;
        let (iat, exp, now) = (claims.issued_at(), claims.expires_at(), now.secs());
        let life_is_sane = exp > iat && exp.saturating_sub(iat) <= C::MAX_TTL_SECS;
        if claims.audience() != C::AUDIENCE || !life_is_sane || iat > now.saturating_add(CLOCK_SKEW_SECS) {
            return Err(TokenError::Invalid);
        }
        if now >= exp { Err(TokenError::Expired) } else { Ok(claims) }
    }
}

/// Whether the header says `alg` and `typ` and nothing that could point a verifier at another key.
fn header_is_plain(token: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Plain {
        alg: String,
        #[serde(default)]
        typ: Option<String>,
    }
    let Some((header, _)) = token.split_once('.') else { return false };
    let Ok(bytes) = B64.decode(header) else { return false };
    serde_json::from_slice::<Plain>(&bytes)
        .is_ok_and(|h| h.alg == "EdDSA" && h.typ.is_none_or(|t| t == "JWT"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_proof_is_for_one_challenge_and_one_address() {
        let (secret, other) = (TrackerSecret::from_seed(&[1; 32]), TrackerSecret::from_seed(&[2; 32]));
        let (challenge, address) = ([7; 32], "https://mist.example.org");
        let proof = secret.prove(&challenge, address);
        let key = secret.public();
        assert!(key.has_proved(&challenge, address, &proof));
        assert!(!key.has_proved(&[8; 32], address, &proof), "an old one");
        assert!(!key.has_proved(&challenge, "https://evil.example.org", &proof), "for another address");
        assert!(!other.public().has_proved(&challenge, address, &proof), "by another key");
        for garbled in ["", "00", "zz", &proof[2..], &proof.to_uppercase()] {
            assert!(!key.has_proved(&challenge, address, garbled), "{garbled}");
        }
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn secret() -> TrackerSecret {
        TrackerSecret::from_seed(&[3; 32])
    }

    fn access() -> AccessClaims {
        AccessClaims {
            aud: "mist-api".into(),
            sub: "u1".into(),
            name: "ann".parse().expect("name"),
            scope: Scope::User,
            family: "f".into(),
            iat: NOW.secs(),
            exp: NOW.secs() + 900,
            jti: "j".into(),
        }
    }

    fn forge(header: &Value, claims: &Value) -> String {
        let key = SigningKey::from_bytes(&[3; 32]);
        let head = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let sig = ed25519_dalek::Signer::sign(&key, head.as_bytes());
        format!("{head}.{}", B64.encode(sig.to_bytes()))
    }

    #[test]
    fn round_trip_and_expiry() {
        let token = secret().sign(&access());
        let key = secret().public();
        assert_eq!(key.verify(&token, NOW), Ok(access()));
        assert_eq!(key.verify::<AccessClaims>(&token, NOW.plus_millis(900_000)), Err(TokenError::Expired));
        let long_before = NOW.plus_millis(-(CLOCK_SKEW_SECS + 1) * 1000);
        assert_eq!(key.verify::<AccessClaims>(&token, long_before), Err(TokenError::Invalid));
        let other = TrackerSecret::from_seed(&[4; 32]).public();
        assert_eq!(other.verify::<AccessClaims>(&token, NOW), Err(TokenError::Invalid));
        assert_eq!(key.verify::<CapabilityClaims>(&token, NOW), Err(TokenError::Invalid));
    }

    #[test]
    fn forged_claims_are_refused_even_with_a_good_signature() {
        let good = serde_json::to_value(access()).expect("json");
        let plain = json!({"alg": "EdDSA", "typ": "JWT"});
        let key = secret().public();
        assert!(key.verify::<AccessClaims>(&forge(&plain, &good), NOW).is_ok(), "the forge itself works");
        let set = |field: &str, value: Value| {
            let mut c = good.clone();
            c[field] = value;
            c
        };
        let mut no_exp = good.clone();
        no_exp.as_object_mut().expect("object").remove("exp");
        for (what, claims) in [
            ("missing exp", no_exp),
            ("string exp", set("exp", json!("1700000900"))),
            ("negative exp", set("exp", json!(-1))),
            ("float exp", set("exp", json!(1_700_000_900.5))),
            ("endless", set("exp", json!(i64::MAX))),
            ("future iat", set("iat", json!(NOW.secs() + 800))),
            ("other aud", set("aud", json!("mist-peer"))),
            ("list aud", set("aud", json!(["mist-api"]))),
            ("unknown scope", set("scope", json!("root"))),
            ("unknown field", set("nbf", json!(NOW.secs() + 800))),
        ] {
            assert!(key.verify::<AccessClaims>(&forge(&plain, &claims), NOW).is_err(), "{what}");
        }
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS256"}),
            json!({"alg": "EdDSA", "kid": "../../key"}),
            json!({"alg": "EdDSA", "jku": "http://127.0.0.1/"}),
            json!({"alg": "EdDSA", "jwk": {}}),
            json!({"alg": "EdDSA", "typ": "at+jwt"}),
        ] {
            assert!(key.verify::<AccessClaims>(&forge(&header, &good), NOW).is_err(), "{header}");
        }
    }

    #[test]
    fn odd_shapes_are_refused() {
        let key = secret().public();
        let token = secret().sign(&access());
        let (head, sig) = token.rsplit_once('.').expect("three parts");
        let hmac_head = B64.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let body = head.split_once('.').expect("body").1;
        let duplicate =
            serde_json::to_string(&access()).expect("json").replacen('{', "{\"scope\":\"admin\",", 1);
        for (what, t) in [
            ("empty", String::new()),
            ("no signature", format!("{head}.")),
            ("two parts", head.to_owned()),
            ("algorithm swapped", format!("{hmac_head}.{body}.{sig}")),
            ("100 KiB", format!("{head}.{}", "A".repeat(100 << 10))),
            ("duplicate claim", {
                let head = format!("{}.{}", B64.encode(r#"{"alg":"EdDSA"}"#), B64.encode(duplicate));
                let sig = ed25519_dalek::Signer::sign(&SigningKey::from_bytes(&[3; 32]), head.as_bytes());
                format!("{head}.{}", B64.encode(sig.to_bytes()))
            }),
        ] {
            assert_eq!(key.verify::<AccessClaims>(&t, NOW), Err(TokenError::Invalid), "{what}");
        }
    }
}
