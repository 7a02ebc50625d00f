//! Noting who is online and what the stores take.

use super::{LookingBack, rollup::Point};
use crate::{
    db::{self, history::Peak},
    error::Problem,
};

/// Notes how things are, unless it was done in this minute; whether it did.
///
/// # Errors
/// Only our own, also while what replicas share is out of reach: then nothing is noted.
pub async fn note(looking: &LookingBack) -> Result<bool, Problem> {
    let now = looking.records.now();
    let points = Point::all_at(now);
    let online = looking.presence.online(now).await?;
    let stores = looking.stores.words().await?.online(now);
    let mut tx = looking.records.write().await?;
    // Of several trackers one writes this row, and the others wait until it has.
    if !db::history::begin(&mut tx, &points[0], online.friends).await? {
        return Ok(false);
    }
    for point in &points {
        db::history::raise(&mut tx, point, Peak::Friends, "", online.friends).await?;
        db::history::raise(&mut tx, point, Peak::Seeds, "", online.seeds).await?;
        for store in stores.iter().filter(|store| store.ok) {
            db::history::raise(&mut tx, point, Peak::Store, &store.seed, store.used).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}
