//! Capabilities for a seed's byte router.

use mist_proto::{
    Hash, Slug, UnixMillis,
    claims::{Allow, CAPABILITY_TTL_SECS, CapabilityClaims},
    http::SEED_ROUTER,
};

use super::signing::Signing;
use crate::db::{self, DbError, Tx};

/// Base of a seed's byte router: its public address, or where the tracker mounts it.
///
/// # Errors
/// [`DbError`].
pub async fn router_of(tx: &mut Tx, seed: &str) -> Result<String, DbError> {
    let public = db::seeds::by_id(tx, seed).await?.and_then(|s| s.public_url);
    Ok(public.unwrap_or_else(|| SEED_ROUTER.to_owned()))
}

/// Signs a capability for the account `sub`.
pub fn sign(signing: &Signing, now: UnixMillis, sub: &str, allow: Allow) -> String {
    let iat = now.secs();
    signing.secret.sign(&CapabilityClaims {
        aud: "mist-seed".into(),
        sub: sub.into(),
        allow,
        iat,
        exp: iat + CAPABILITY_TTL_SECS,
    })
}

/// URLs by which one blob can be read: raw, compressed, and its outboard.
pub struct BlobUrls {
    /// The blob's bytes.
    pub raw: String,
    /// Its stored frames.
    pub zst: String,
    /// Its hash tree.
    pub outboard: String,
}

/// Makes the URLs for the account `sub`.
pub fn blob_urls(
    signing: &Signing,
    now: UnixMillis,
    sub: &str,
    router: &str,
    game: &Slug,
    hash: &Hash,
) -> BlobUrls {
    let cap = sign(signing, now, sub, Allow::Blob { game: game.clone(), hash: *hash });
    let base = format!("{router}/blobs/{game}/{hash}");
    BlobUrls {
        raw: format!("{base}?cap={cap}"),
        zst: format!("{base}/zst?cap={cap}"),
        outboard: format!("{base}/outboard?cap={cap}"),
    }
}
