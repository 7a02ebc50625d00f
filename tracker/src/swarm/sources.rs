//! Who has a blob, and where else its bytes can be had.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher},
};

use mist_listener::observed::Observed;
use mist_proto::{
    BlobId, Slug,
    claims::Scope,
    http::{BuildState, HttpsFormat, HttpsSource, Keeping, Sources, SourcesRequest, SwarmPeer},
    ids::PeerName,
};

use super::{Swarm, addresses, recent};
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
/// Most friends' peers of one account among them.
const MAX_PEERS_OF_ACCOUNT: usize = 4;

/// What the server knows of a blob: whose it is, and which seeds have it.
#[derive(Debug)]
pub(super) struct Place {
    game: GameRow,
    role: Role,
    /// With the addresses of the seeds' byte routers.
    copies: Vec<(db::copies::Copy, String)>,
}

impl Place {
    /// Looks it up.
    ///
    /// # Errors
    /// 404 for an unknown or hidden game, and for a blob that is none of the game's.
    pub(super) async fn find(
        tx: &mut Tx,
        caller: &Caller,
        game: &Slug,
        blob: &BlobId,
    ) -> Result<Self, Problem> {
        let game = visibility::visible(tx, caller, game).await?;
        let role = role_of(tx, caller, &game, blob).await?.ok_or(Problem::NotFound)?;
        let mut copies = Vec::new();
        for copy in db::copies::of_build(tx, role.build()).await? {
            let router = capability::router_of(tx, &copy.seed_id).await?;
            copies.push((copy, router));
        }
        Ok(Self { game, role, copies })
    }
}

/// What a blob is to its game.
#[derive(Debug)]
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
    let place = recent::place(swarm, caller, &asked.game, asked.blob).await?;
    let Place { game, role, copies } = &*place;
    let mut copies: Vec<&(db::copies::Copy, String)> = copies.iter().collect();
    let words = swarm.stores.words().await.unwrap_or_else(|e| {
        // Like seeds that have not spoken yet.
        tracing::warn!(error = %e, "sources are told without the seeds' words about their stores");
        Words::default()
    });
    let site = Site::from(from.caller);
    let holders = swarm.presence.holders(&asked.game, &asked.blob.hash, site, now).await;
    // What has to be rebuilt is there for as long as the seed says so; while nobody knows, a try tells.
    if let (Role::Archive(_), Ok(holders)) = (role, &holders) {
        copies.retain(|(copy, _)| copy.kept == Keeping::Whole || announces(holders, &copy.seed_id));
    }
    let at_hand = !copies.is_empty();
    copies.retain(|(copy, _)| words.is_usable(&copy.seed_id, now));
    let holders = holders.unwrap_or_else(|e| {
        tracing::warn!(error = %e, "sources are told without those who are online");
        Vec::new()
    });
    let others = holders.into_iter().filter(|h| Some(&h.who.peer) != asked.peer.as_ref()).collect();
    let mut chance = [0; 16];
    swarm.records.entropy.fill(&mut chance);
    let peers = rank(others, from, &chance);
    let mut https = Vec::new();
    for (copy, router) in &copies {
        let urls =
            capability::blob_urls(&swarm.signing, now, &caller.id, router, &asked.game, &asked.blob.hash);
        https.extend(stored_at(urls, matches!(role, Role::Archive(_)) && copy.archive_stored.is_some()));
    }
    let mut preparing = false;
    if let Role::Archive(build) = role
        && (build.archive_stored.is_none() || !at_hand && peers.iter().all(|p| !p.complete))
        && build.state == BuildState::Ready
        // What is made for friends who are cut off from the swarm is of no use to a seed.
        && caller.scope != Scope::Seed
    {
        let mut tx = swarm.records.write().await?;
        preparing = lifecycle::want_archive(&mut tx, swarm.records.mint(), game, build).await?;
        tx.commit().await?;
        wake::wake(&*swarm.wake).await;
    }
    Ok(Sources { peers, https, preparing })
}

/// Whether a seed says that it has all of the blob.
fn announces(holders: &[Holder], seed: &str) -> bool {
    holders.iter().any(|h| h.who.seed && h.complete && *h.who.account == *seed)
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

/// Those that the caller can reach: seeds, which are never cut off, as they may be the only whole copy; then friends who say
/// that they have all of it; then the others. Chance decides among equals, and no account has more than a few of the
/// places, so that inventing devices gains nothing. Pure: `chance` is as good as random.
fn rank(holders: Vec<Holder>, asker: Observed, chance: &[u8; 16]) -> Vec<SwarmPeer> {
    let drawn = |peer: &PeerName| {
        let mut lot = DefaultHasher::new();
        lot.write(chance);
        lot.write(peer.as_str().as_bytes());
        lot.finish()
    };
    let mut holders: Vec<(u64, Holder)> = holders.into_iter().map(|h| (drawn(&h.who.peer), h)).collect();
    holders.sort_by_key(|(drawn, h)| (!h.who.seed, !h.complete, *drawn));
    let mut of_account: HashMap<&str, usize> = HashMap::new();
    let mut peers: Vec<SwarmPeer> = holders
        .iter()
        .map(|(_, h)| (addresses::told(&h.who, asker), h))
        .filter(|(addresses, _)| !addresses.is_empty())
        .filter(|(_, h)| {
            let places = of_account.entry(&h.who.account).or_default();
            *places += 1;
            h.who.seed || *places <= MAX_PEERS_OF_ACCOUNT
        })
        .take(MAX_PEERS)
        .map(|(addresses, h)| SwarmPeer {
            peer: h.who.peer.clone(),
            addresses,
            seed: h.who.seed,
            complete: h.complete,
        })
        .collect();
    peers.sort_by_key(|p| (!p.complete, p.seed));
    peers
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::*;
    use crate::shared::presence::Who;

    fn holder(n: u32, account: &str, seed: bool, complete: bool) -> Holder {
        let letters: String =
            format!("{n:08}").bytes().map(|digit| char::from(b'a' + (digit - b'0'))).collect();
        let who = Who {
            peer: format!("12D3KooW{}{letters}", "a".repeat(36)).parse().expect("peer"),
            account: account.into(),
            addresses: [SocketAddr::from(([100, 64, 0, 1], 7))].into(),
            observed: IpAddr::V4(Ipv4Addr::LOCALHOST),
            seed,
        };
        Holder { who: who.into(), pieces: 1, complete }
    }

    fn asker() -> Observed {
        Observed { caller: IpAddr::V4(Ipv4Addr::new(100, 64, 0, 9)), reached: None }
    }

    #[test]
    fn inventing_devices_takes_no_place_of_others() {
        let invented = (0..250).map(|n| holder(n, "mallory", false, true));
        let honest = (1000..1010).map(|n| holder(n, &format!("u{n}"), false, n % 2 == 0));
        let seed = holder(2000, "seed", true, true);
        let told = rank(invented.chain(honest).chain([seed]).collect(), asker(), &[7; 16]);
        assert_eq!(told.len(), MAX_PEERS_OF_ACCOUNT + 10 + 1);
        assert_eq!(told.iter().filter(|p| p.seed).count(), 1);
        assert!(told.iter().skip_while(|p| p.complete).all(|p| !p.complete), "who has all comes first");
    }

    #[test]
    fn chance_decides_among_equals() {
        let crowd: Vec<Holder> = (0..200).map(|n| holder(n, &format!("u{n}"), false, true)).collect();
        let told = |chance: u8| rank(crowd.clone(), asker(), &[chance; 16]);
        assert_eq!(told(1).len(), MAX_PEERS);
        assert_eq!(told(1), told(1));
        assert_ne!(told(1), told(2));
    }
}
