//! What friends trust of this server.

use std::collections::HashMap;

use mist_proto::{
    http::{MAX_FLOORS, Seal, SealedKey},
    key::ReleaseKey,
};

use super::Overview;
use crate::{db, error::Problem};

/// The keys with what the audit log knows of them, and the floors.
///
/// # Errors
/// Only our own.
pub(super) async fn read(overview: &Overview) -> Result<Seal, Problem> {
    let mut tx = overview.records.read().await?;
    let keys = db::keys::release_keys(&mut tx).await?;
    let noted = db::audit::of_kind(&mut tx, "release_key").await?;
    // The first of a key counts: the same one registered again changes nothing, and says nothing.
    let mut first = HashMap::new();
    for entry in noted {
        first.entry(entry.subject.clone()).or_insert(entry);
    }
    let seal = |(key, _): (ReleaseKey, _)| {
        let fingerprint = key.fingerprint();
        let entry = first.get(&fingerprint);
        SealedKey { key, since: entry.map(|e| e.at), by: entry.map(|e| e.actor.clone()), fingerprint }
    };
    Ok(Seal {
        server: env!("CARGO_PKG_VERSION").into(),
        started: overview.started,
        tracker_key: overview.key,
        tracker_fingerprint: ReleaseKey::from(overview.key).fingerprint(),
        release_keys: keys.into_iter().map(seal).collect(),
        floors: db::builds::floors(&mut tx, i64::from(MAX_FLOORS)).await?,
    })
}
