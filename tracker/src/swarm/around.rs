//! Who takes part in a game's swarm now, and where the pieces of its blobs are: for admins.

use std::net::IpAddr;

use mist_proto::{
    BlobId, Hash, Slug, Version,
    http::{
        BuildState, GameSwarm, MAX_SWARM_BLOBS, MAX_SWARM_RUNS, PieceCount, PieceCounts, PieceMap, PiecePart,
        SwarmBlob, SwarmHeld, SwarmNetwork, SwarmRun, is_tailnet, pieces_of_part,
    },
    limits::{MAX_PIECE_COUNTS, MAX_PIECE_PARTS},
};

use super::Swarm;
use crate::{
    auth::caller::Caller,
    catalog::visibility,
    db::{self, Tx, games::GameRow},
    error::Problem,
    shared::{
        network::Site,
        presence::{Present, in_copies, pieces_of},
        stores::PiecesWord,
    },
};

/// A blob of a game, and what it is.
struct Content {
    blob: BlobId,
    from: Option<Version>,
    version: Version,
    live: bool,
}

/// Who takes part now.
///
/// # Errors
/// 404; 503 `shared_away`.
pub async fn game_swarm(swarm: &Swarm, caller: &Caller, slug: &Slug) -> Result<GameSwarm, Problem> {
    let now = swarm.records.now();
    let mut tx = swarm.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let mut contents = contents(&mut tx, &game).await?;
    contents.truncate(MAX_SWARM_BLOBS);
    let ids: Vec<BlobId> = contents.iter().map(|content| content.blob).collect();
    let mut present = swarm.presence.present(slug, &ids, now).await?;
    let blobs =
        contents.into_iter().enumerate().map(|(place, content)| told(place, content, &present)).collect();
    let left_off = present.len().saturating_sub(MAX_SWARM_RUNS) as u64;
    present.sort_by(|a, b| {
        let moved = |p: &Present| p.down.total().saturating_add(p.up);
        let before = (b.seed, moved(b), held_by(b)).cmp(&(a.seed, moved(a), held_by(a)));
        before.then_with(|| a.peer.as_str().cmp(b.peer.as_str()))
    });
    present.truncate(MAX_SWARM_RUNS);
    let mut runs = Vec::with_capacity(present.len());
    for run in present {
        // Whoever announced itself had a device; it may have been unbound since.
        let Some(named) = db::devices::named(&mut tx, &run.peer).await? else { continue };
        runs.push(SwarmRun {
            name: named.owner.unwrap_or_default(),
            device: named.device,
            network: network_of(&run),
            held: run
                .held
                .iter()
                .filter_map(|(place, pieces)| {
                    Some(SwarmHeld { blob: ids.get(*place)?.hash, pieces: *pieces })
                })
                .collect(),
            peer: run.peer,
            seed: run.seed,
            since: run.since,
            heard: run.at,
            down: run.down,
            up: run.up,
        });
    }
    Ok(GameSwarm { at: now, blobs, runs, left_off })
}

/// The archives of a game's ready builds, the live one first, then the newest; then the patches, those to the newest builds first.
async fn contents(tx: &mut Tx, game: &GameRow) -> Result<Vec<Content>, Problem> {
    let mut builds = db::builds::of_game(tx, &game.id).await?;
    builds.retain(|build| build.state == BuildState::Ready);
    builds.sort_by_key(|build| std::cmp::Reverse(build.sequence));
    let is_live = |id: &String| Some(id) == game.live_build.as_ref();
    builds.sort_by_key(|build| !is_live(&build.id));
    let mut patches = db::patches::of_game(tx, &game.id).await?;
    let place = |id: &String| builds.iter().position(|build| build.id == *id);
    patches.retain(|(to, _)| place(to).is_some());
    patches.sort_by_key(|(to, _)| place(to));
    let patches = patches.into_iter().filter_map(|(to, patch)| {
        let to = builds.iter().find(|build| build.id == to)?;
        Some(Content {
            blob: patch.blob,
            from: Some(patch.from),
            version: to.version.clone(),
            live: is_live(&to.id),
        })
    });
    let archives = builds.iter().map(|build| Content {
        blob: build.archive,
        from: None,
        version: build.version.clone(),
        live: is_live(&build.id),
    });
    Ok(archives.chain(patches).collect())
}

fn told(place: usize, content: Content, present: &[Present]) -> SwarmBlob {
    let (mut pieces, mut friends, mut seeds) = (0_u64, 0, 0);
    for run in present {
        let Some((_, held)) = run.held.iter().find(|(of, held)| *of == place && *held > 0) else { continue };
        pieces = pieces.saturating_add(*held);
        *(if run.seed { &mut seeds } else { &mut friends }) += 1;
    }
    SwarmBlob {
        pieces: pieces_of(content.blob.size),
        copies: in_copies(pieces, content.blob.size),
        friends,
        seeds,
        blob: content.blob,
        from: content.from,
        version: content.version,
        live: content.live,
    }
}

fn held_by(run: &Present) -> u64 {
    run.held.iter().fold(0, |sum, (_, pieces)| sum.saturating_add(*pieces))
}

/// How it is seen to reach the server. Pure.
fn network_of(run: &Present) -> SwarmNetwork {
    let in_tailnet = is_tailnet(run.observed) || run.addresses.iter().any(|address| is_tailnet(address.ip()));
    // The site of all private addresses.
    let here = Site::from(IpAddr::from([127, 0, 0, 1]));
    if Site::from(run.observed) == here {
        SwarmNetwork::Lan
    } else if in_tailnet {
        SwarmNetwork::Tailnet
    } else {
        SwarmNetwork::Internet
    }
}

/// How many friends have each piece of a blob.
///
/// # Errors
/// 404 also for a blob that is no archive and no patch of the game; 503 `shared_away`.
pub async fn piece_map(
    swarm: &Swarm,
    caller: &Caller,
    slug: &Slug,
    hash: &Hash,
) -> Result<PieceMap, Problem> {
    let now = swarm.records.now();
    let mut tx = swarm.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let of_game = contents(&mut tx, &game).await?;
    drop(tx);
    let blob = of_game.iter().find(|content| content.blob.hash == *hash).ok_or(Problem::NotFound)?.blob;
    let present = swarm.presence.present(slug, &[blob], now).await?;
    let counts = swarm.stores.pieces(slug, &blob, now).await?;
    Ok(mapped(blob, &present, &counts))
}

/// The map by what everybody says of themselves, and what the seeds say of those who are fetching. Pure. Of what several seeds say of a
/// piece the highest count holds: they may speak of the same friends.
fn mapped(blob: BlobId, present: &[Present], counts: &[PieceCount]) -> PieceMap {
    let all = pieces_of(blob.size);
    let (mut seeds, mut complete, mut partial) = (0_u64, 0_u64, 0_u64);
    for run in present {
        match run.held.first().map_or(0, |(_, pieces)| *pieces) {
            0 => {}
            pieces if pieces < all => partial += u64::from(!run.seed),
            _ if run.seed => seeds += 1,
            _ => complete += 1,
        }
    }
    let parts = parts_of(all);
    let part = |part: usize| {
        let range = pieces_of_part(part, parts, all);
        let most = |of: &dyn Fn(&PieceCount) -> u64| counts.iter().map(of).max().unwrap_or(0);
        let least = most(&|count| count.least.get(part).copied().unwrap_or(0).into());
        let sum = most(&|count| count.sum.get(part).copied().unwrap_or(0));
        #[expect(clippy::cast_precision_loss, reason = "an average for people to read")]
        let mean = complete as f64 + sum as f64 / (range.end - range.start).max(1) as f64;
        PiecePart { least: complete + least, mean }
    };
    let placed = counts.iter().map(|count| u64::from(count.peers)).max().unwrap_or(0);
    PieceMap {
        blob,
        pieces: all,
        seeds,
        complete,
        placed,
        unplaced: partial.saturating_sub(placed),
        parts: (0..parts).map(part).collect(),
    }
}

fn parts_of(pieces: u64) -> usize {
    usize::try_from(pieces).unwrap_or(usize::MAX).min(MAX_PIECE_PARTS)
}

/// Takes note of which pieces a seed's peers have.
///
/// # Errors
/// 400 `bad_pieces`; 503 `shared_away`.
pub async fn note_pieces(swarm: &Swarm, caller: &Caller, said: PieceCounts) -> Result<(), Problem> {
    let mut blobs = said.blobs;
    blobs.truncate(MAX_PIECE_COUNTS);
    let is_whole = |count: &PieceCount| {
        let parts = parts_of(pieces_of(count.blob.size));
        count.least.len() == parts && count.sum.len() == parts
    };
    if !blobs.iter().all(is_whole) {
        let message =
            format!("pieces are counted in {MAX_PIECE_PARTS} parts, or one by one where there are fewer");
        return Err(Problem::invalid("bad_pieces", message));
    }
    let word = PiecesWord { blobs, at: swarm.records.now() };
    Ok(swarm.stores.note_pieces(&caller.id, word).await?)
}

#[cfg(test)]
mod tests {
    use mist_proto::{UnixMillis, http::BytesBySource, limits::GROUP_SIZE};

    use super::*;

    fn present(seed: bool, pieces: u64) -> Present {
        Present {
            peer: format!("12D3KooW{}", "a".repeat(44)).parse().expect("peer"),
            account: "u".into(),
            seed,
            observed: IpAddr::from([203, 0, 113, 5]),
            addresses: vec![],
            since: UnixMillis(0),
            at: UnixMillis(0),
            down: BytesBySource::default(),
            up: 0,
            held: vec![(0, pieces)],
        }
    }

    #[test]
    fn every_piece_is_counted_with_what_is_known_of_it() {
        let blob = BlobId { hash: Hash::of(b"b"), size: 4 * GROUP_SIZE };
        let count = |peers, sum: [u64; 4], least: [u32; 4]| PieceCount {
            game: "g".parse().expect("slug"),
            blob,
            peers,
            least: least.to_vec(),
            sum: sum.to_vec(),
        };
        let present =
            [present(true, 4), present(false, 4), present(false, 2), present(false, 1), present(false, 0)];
        let map = mapped(blob, &present, &[]);
        assert_eq!((map.seeds, map.complete, map.placed, map.unplaced), (1, 1, 0, 2));
        assert!(map.parts.iter().all(|part| part.least == 1 && part.mean == 1.0), "{:?}", map.parts);
        let seeds = [count(1, [1, 1, 0, 0], [1, 1, 0, 0]), count(2, [1, 2, 0, 0], [1, 2, 0, 0])];
        let map = mapped(blob, &present, &seeds);
        assert_eq!((map.placed, map.unplaced), (2, 0));
        assert_eq!(
            map.parts.iter().map(|part| part.least).collect::<Vec<_>>(),
            [2, 3, 1, 1],
            "nobody counts twice"
        );
        let large = BlobId { size: 500_000 * GROUP_SIZE, ..blob };
        assert_eq!(mapped(large, &present, &seeds).parts.len(), MAX_PIECE_PARTS);
        assert_eq!(mapped(BlobId { size: 0, ..blob }, &[], &[]).parts.len(), 1, "nothing is one piece");
    }

    #[test]
    fn the_network_is_what_others_can_use() {
        let from = |observed: &str, addresses: &[&str]| Present {
            observed: observed.parse().expect("ip"),
            addresses: addresses.iter().map(|a| a.parse().expect("address")).collect(),
            ..present(false, 1)
        };
        for (run, network) in [
            (from("192.168.1.7", &["100.101.1.1:4"]), SwarmNetwork::Lan),
            (from("127.0.0.1", &[]), SwarmNetwork::Lan),
            (from("100.101.1.1", &[]), SwarmNetwork::Tailnet),
            (from("203.0.113.5", &["192.168.1.7:4", "100.101.1.1:4"]), SwarmNetwork::Tailnet),
            (from("203.0.113.5", &["192.168.1.7:4"]), SwarmNetwork::Internet),
        ] {
            assert_eq!(network_of(&run), network, "{run:?}");
        }
    }
}
