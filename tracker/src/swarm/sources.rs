//! Who has a blob, and where else its bytes can be had.

use mist_listener::observed::Observed;
use mist_proto::{
    BlobId,
    claims::Scope,
    http::{BuildState, HttpsFormat, HttpsSource, Keeping, Sources, SourcesRequest, SwarmPeer},
};

use super::{Swarm, addresses};
use crate::{
    auth::{caller::Caller, capability},
    builds::lifecycle,
    catalog::visibility,
    db::{self, Tx, builds::BuildRow, games::GameRow},
    error::Problem,
    shared::{network::Site, presence::Holder, stores::Words, wake},
};

/// Most peers in one answer.
const MAX_PEERS: usize = 50;

/// What a blob is to its game.
enum Role {
    /// A build as a whole.
    Archive(Box<BuildRow>),
    /// Something else that is wherever the build of that id is.
    Beside(String),
}

impl Role {
    /// The build whose seeds have the blob.
    fn build(&self) -> &str {
        match self {
            Self::Archive(build) => &build.id,
            Self::Beside(build) => build,
        }
    }
}

/// Sources of a blob.
///
/// # Errors
/// 404 for an unknown or hidden game, and for a blob that is none of the game's.
pub async fn sources(
    swarm: &Swarm,
    caller: &Caller,
    from: Observed,
    asked: SourcesRequest,
) -> Result<Sources, Problem> {
    let now = swarm.records.now();
    let mut tx = swarm.records.read().await?;
    let game = visibility::visible(&mut tx, caller, &asked.game).await?;
    let role = role_of(&mut tx, caller, &game, &asked.blob).await?.ok_or(Problem::NotFound)?;
    let mut copies = Vec::new();
    for copy in db::copies::of_build(&mut tx, role.build()).await? {
        let router = capability::router_of(&mut tx, &copy.seed_id).await?;
        copies.push((copy, router));
    }
    drop(tx);
    let words = swarm.stores.words().await.unwrap_or_else(|e| {
        // Like seeds that have not spoken yet.
        tracing::warn!(error = %e, "sources are told without the seeds' words about their stores");
        Words::default()
    });
    let site = Site::from(from.caller);
    let holders = swarm.presence.holders(&asked.game, &asked.blob.hash, site, now).await;
    // What has to be rebuilt is there for as long as the seed says so; while nobody knows, a try tells.
    if let (Role::Archive(_), Ok(holders)) = (&role, &holders) {
        copies.retain(|(copy, _)| copy.kept == Keeping::Whole || announces(holders, &copy.seed_id));
    }
    let at_hand = !copies.is_empty();
    copies.retain(|(copy, _)| words.is_usable(&copy.seed_id, now));
    let holders = holders.unwrap_or_else(|e| {
        tracing::warn!(error = %e, "sources are told without those who are online");
        Vec::new()
    });
    let others = holders.into_iter().filter(|h| Some(&h.peer) != asked.peer.as_ref()).collect();
    let peers = rank(others, from);
    let mut https = Vec::new();
    for (copy, router) in &copies {
        let urls =
            capability::blob_urls(&swarm.signing, now, &caller.id, router, &asked.game, &asked.blob.hash);
        https.extend(stored_at(urls, matches!(role, Role::Archive(_)) && copy.archive_stored.is_some()));
    }
    let mut preparing = false;
    if let Role::Archive(build) = &role
        && (build.archive_stored.is_none() || !at_hand && peers.iter().all(|p| !p.complete))
        && build.state == BuildState::Ready
    {
        let mut tx = swarm.records.write().await?;
        preparing = lifecycle::want_archive(&mut tx, swarm.records.mint(), &game, build).await?;
        tx.commit().await?;
        wake::wake(&*swarm.wake).await;
    }
    Ok(Sources { peers, https, preparing })
}

/// Whether a seed says that it has all of the blob.
fn announces(holders: &[Holder], seed: &str) -> bool {
    holders.iter().any(|h| h.seed && h.complete && h.account == seed)
}

/// What one seed answers `Range` requests for: the compressed form first, where there is one.
fn stored_at(urls: capability::BlobUrls, is_compressed: bool) -> impl Iterator<Item = HttpsSource> {
    let capability::BlobUrls { raw, zst, outboard } = urls;
    let compressed = is_compressed.then(|| HttpsSource {
        data: zst,
        format: HttpsFormat::Zst,
        outboard: outboard.clone(),
    });
    compressed.into_iter().chain([HttpsSource { data: raw, format: HttpsFormat::Raw, outboard }])
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
            return Ok(Some(Role::Beside(build.id)));
        }
    }
    let patched = match db::patches::leads_to(tx, &game.id, &blob.hash).await? {
        None => db::jumps::leads_to(tx, &game.id, &blob.hash).await?,
        direct => direct,
    };
    Ok(patched.map(Role::Beside))
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
