//! What friends trust of this server.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_proto::{
    http::{MAX_FLOORS, RecoveryKey, Seal, SealedKey, SealedPublisher},
    key::ReleaseKey,
    publishers::{Publisher, Publishers},
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
    let recovery = match keys.last() {
        Some((current, _)) => db::keys::recovery(&mut tx, current).await?,
        None => None,
    };
    let publishers = db::keys::publishers(&mut tx)
        .await?
        .and_then(|text| Publishers::decode_verified(&B64.decode(text).ok()?).ok());
    // The first of a key counts: the same one registered again changes nothing, and says nothing.
    let mut first = HashMap::new();
    for entry in noted.into_iter().filter(|entry| entry.action != db::audit::RECOVERY_KEY) {
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
        recovery: recovery.map(|recovery| RecoveryKey {
            fingerprint: recovery.key.fingerprint(),
            key: recovery.key,
            made: recovery.made,
            by: recovery.by,
        }),
        publishers: publishers.iter().flat_map(Publishers::list).map(sealed).collect(),
        floors: db::builds::floors(&mut tx, i64::from(MAX_FLOORS)).await?,
    })
}

fn sealed(publisher: &Publisher) -> SealedPublisher {
    SealedPublisher {
        name: publisher.name.clone(),
        key: publisher.key,
        fingerprint: publisher.key.fingerprint(),
        may_publish: publisher.may_publish,
    }
}
