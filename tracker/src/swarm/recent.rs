//! What announces and look-ups ask of the database each time, kept for a moment.

use std::{collections::HashSet, sync::Arc};

use mist_proto::{BlobId, Slug, claims::Scope, ids::PeerName};

use super::{Swarm, devices, sources::Place};
use crate::{
    auth::caller::Caller,
    db::{self, DbError, devices::Owned},
    error::Problem,
    recent::Recent,
};

/// Answers that still count.
#[derive(Debug)]
pub struct Recently {
    /// Devices, by whose they are.
    devices: Recent<(String, PeerName), Owned>,
    /// Games that everybody sees, or admins and seeds do.
    common: Recent<Everybody, Arc<HashSet<Slug>>>,
    /// Games besides that an account sees.
    granted: Recent<String, Arc<HashSet<Slug>>>,
    /// What the server knows of blobs, by who asks.
    places: Recent<(String, Slug, BlobId), Arc<Place>>,
}

impl Default for Recently {
    fn default() -> Self {
        Self {
            devices: Recent::of(65_536),
            common: Recent::of(2),
            granted: Recent::of(8192),
            places: Recent::of(2048),
        }
    }
}

/// Who sees the same games.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Everybody {
    /// Every game.
    Trusted,
    /// Every game that is not private.
    Friends,
}

/// The games that an account sees.
pub(super) struct Seen {
    common: Arc<HashSet<Slug>>,
    granted: Arc<HashSet<Slug>>,
}

impl Seen {
    /// Whether it sees this one.
    pub(super) fn contains(&self, game: &Slug) -> bool {
        self.common.contains(game) || self.granted.contains(game)
    }
}

/// Checks that the caller may speak for a peer id.
///
/// # Errors
/// 409 `unknown_device`.
pub(super) async fn device(swarm: &Swarm, caller: &Caller, peer: &PeerName) -> Result<Owned, Problem> {
    let (key, moment) = ((caller.id.clone(), peer.clone()), swarm.records.moment());
    let read = async { devices::check_owner(&mut swarm.records.read().await?, caller, peer).await };
    swarm.recently.devices.or(key, moment, read).await
}

/// The games that the caller may see. If one that is named is not among those that were kept, they are read again: it may
/// have been made elsewhere.
///
/// # Errors
/// [`DbError`].
pub(super) async fn games<'a>(
    swarm: &Swarm,
    caller: &Caller,
    mut named: impl Iterator<Item = &'a Slug>,
) -> Result<Seen, DbError> {
    let moment = swarm.records.moment();
    let group = if caller.scope == Scope::User { Everybody::Friends } else { Everybody::Trusted };
    let (common, granted) = (&swarm.recently.common, &swarm.recently.granted);
    if let (Some(common), Some(granted)) = (common.get(&group, moment), granted.get(&caller.id, moment)) {
        let seen = Seen { common, granted };
        if named.all(|game| seen.contains(game)) {
            return Ok(seen);
        }
    }
    let mut tx = swarm.records.read().await?;
    let seen = match group {
        Everybody::Trusted => {
            Seen { common: Arc::new(db::games::all_slugs(&mut tx).await?), granted: Arc::default() }
        }
        Everybody::Friends => Seen {
            common: Arc::new(db::games::public_slugs(&mut tx).await?),
            granted: Arc::new(db::games::granted_slugs(&mut tx, &caller.id).await?),
        },
    };
    common.put(group, moment, seen.common.clone());
    granted.put(caller.id.clone(), moment, seen.granted.clone());
    Ok(seen)
}

/// What the server knows of a blob.
///
/// # Errors
/// 404 for an unknown or hidden game, and for a blob that is none of the game's.
pub(super) async fn place(
    swarm: &Swarm,
    caller: &Caller,
    game: &Slug,
    blob: BlobId,
) -> Result<Arc<Place>, Problem> {
    let (key, moment) = ((caller.id.clone(), game.clone(), blob), swarm.records.moment());
    let read =
        async { Place::find(&mut swarm.records.read().await?, caller, game, &blob).await.map(Arc::new) };
    swarm.recently.places.or(key, moment, read).await
}
