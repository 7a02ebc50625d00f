//! Who has a blob, and where else its bytes can be had.

use mist_proto::{
    BlobId,
    claims::Scope,
    http::{BuildState, HttpsFormat, HttpsSource, Keeping, Sources, SourcesRequest, SwarmPeer},
};

use super::{addresses, capability, presence::Holder};
use crate::{
    app::App,
    auth::caller::Caller,
    builds::lifecycle,
    catalog::visibility,
    db::{self, Tx, builds::BuildRow, games::GameRow},
    error::Problem,
    http::observed::Observed,
};

/// Most peers in one answer.
const MAX_PEERS: usize = 50;

/// What a blob is to its game.
enum Role {
    Archive(Box<BuildRow>),
    Envelope,
    Patch,
}

/// Sources of a blob.
///
/// # Errors
/// 404 for an unknown or hidden game, and for a blob that is none of the game's.
pub async fn sources(
    app: &App,
    caller: &Caller,
    from: Observed,
    asked: SourcesRequest,
) -> Result<Sources, Problem> {
    let now = app.now();
    let mut tx = app.db.read().await?;
    let game = visibility::visible(&mut tx, caller, &asked.game).await?;
    let role = role_of(&mut tx, caller, &game, &asked.blob).await?.ok_or(Problem::NotFound)?;
    let router = match &game.seed_id {
        Some(seed) if app.stores.is_usable(seed, now) => Some(capability::router_of(&mut tx, seed).await?),
        _ => None,
    };
    drop(tx);
    let holders = app.presence.holders(&asked.game, &asked.blob.hash, now).await;
    // What has to be rebuilt is there for as long as the seed says so.
    let at_hand = match &role {
        Role::Archive(build) if build.kept != Keeping::Whole => holders.iter().any(|h| h.seed && h.complete),
        _ => true,
    };
    let others = holders.into_iter().filter(|h| Some(&h.peer) != asked.peer.as_ref()).collect();
    let peers = rank(others, from);
    let mut https = Vec::new();
    if let Some(router) = router.filter(|_| at_hand) {
        let urls = capability::blob_urls(app, &caller.id, &router, &asked.game, &asked.blob.hash);
        let outboard = urls.outboard.clone();
        if matches!(&role, Role::Archive(build) if build.archive_stored.is_some()) {
            https.push(HttpsSource { data: urls.zst, format: HttpsFormat::Zst, outboard });
        }
        let (data, outboard) = (urls.raw, urls.outboard);
        https.push(HttpsSource { data, format: HttpsFormat::Raw, outboard });
    }
    let mut preparing = false;
    if let Role::Archive(build) = &role
        && (build.archive_stored.is_none() || !at_hand && peers.iter().all(|p| !p.complete))
        && build.state == BuildState::Ready
    {
        let mut tx = app.db.write().await?;
        preparing = lifecycle::want_archive(&mut tx, app.mint(), &game, build).await?;
        tx.commit().await?;
        app.jobs_wake.notify_waiters();
    }
    Ok(Sources { peers, https, preparing })
}

async fn role_of(
    tx: &mut Tx,
    caller: &Caller,
    game: &GameRow,
    blob: &BlobId,
) -> Result<Option<Role>, Problem> {
    for build in db::builds::of_game(tx, &game.id).await? {
        if build.state != BuildState::Ready && caller.scope == Scope::User {
            continue;
        }
        if build.archive == *blob {
            return Ok(Some(Role::Archive(Box::new(build))));
        }
        if build.manifest == *blob {
            return Ok(Some(Role::Envelope));
        }
    }
    let is_patch = db::patches::exists(tx, &game.id, &blob.hash).await?
        || db::jumps::has_patch(tx, &game.id, &blob.hash).await?;
    Ok(is_patch.then_some(Role::Patch))
}

/// Those that the caller can reach, complete ones first, and friends before seeds. Seeds are never cut off: they may be the only whole copy.
fn rank(mut holders: Vec<Holder>, asker: Observed) -> Vec<SwarmPeer> {
    holders.sort_by_key(|h| (!h.seed, !h.complete, std::cmp::Reverse(h.pieces)));
    let reachable = holders.iter().map(|h| (h, addresses::told(h, asker))).filter(|(_, a)| !a.is_empty());
    let mut peers: Vec<SwarmPeer> = reachable
        .take(MAX_PEERS)
        .map(|(h, addresses)| SwarmPeer {
            peer: h.peer.clone(),
            addresses,
            seed: h.seed,
            complete: h.complete,
        })
        .collect();
    peers.sort_by_key(|p| (!p.complete, p.seed));
    peers
}
