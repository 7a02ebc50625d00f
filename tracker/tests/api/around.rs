//! Who takes part in a game's swarm, and where its pieces are.

use axum::http::Method;
use mist_proto::{
    BlobId,
    http::{
        Announce, BytesBySource, GameSwarm, Holding, Moving, PieceCount, PieceCounts, PieceMap, SwarmNetwork,
    },
};

use crate::{
    swarm::{announce, word},
    tracker::{Plan, Tracker, peer, refusal},
};

async fn prepare(t: &Tracker) -> [Plan<'static>; 2] {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let first = Plan::first("g");
    let second = Plan::first("g").next("1.1", t.publish(&first).await);
    t.publish(&second).await;
    while t.work("seed").await.is_some() {}
    for (who, n) in [("ann", 1), ("bob", 2), ("seed", 3)] {
        t.add_device(who, &peer(n)).await;
    }
    [first, second]
}

fn holding(blob: BlobId, pieces: u64, complete: bool) -> Holding {
    Holding { game: "g".parse().expect("slug"), blob, pieces, complete }
}

pub(crate) async fn who_is_here_is_told_with_what_they_have(t: &Tracker) {
    let [first, second] = prepare(t).await;
    let has = |n, holdings, moving| Announce {
        holdings,
        moving,
        ..word(&peer(n), "192.168.1.7:4000", first.archive())
    };
    let moving = |game: &str, up| Moving {
        game: game.parse().expect("slug"),
        down: BytesBySource { lan: 30, ..BytesBySource::default() },
        up,
    };
    let hers = vec![holding(first.archive(), 0, true), holding(second.archive(), 0, false)];
    announce(t, "ann", "203.0.113.5", &has(1, hers.clone(), vec![moving("g", 7), moving("private", 99)]))
        .await;
    t.pass(2000);
    announce(t, "bob", "192.168.1.9", &has(2, vec![holding(first.archive(), 0, true)], vec![])).await;
    announce(t, "seed", "127.0.0.1", &has(3, vec![holding(second.archive(), 0, true)], vec![])).await;
    announce(t, "ann", "203.0.113.5", &has(1, hers, vec![moving("g", 8)])).await;
    let swarm: GameSwarm = t.get("root", "/games/g/swarm").await.expect("a swarm");
    let names: Vec<&str> = swarm.runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["seed", "ann", "bob"], "seeds, then who moves most");
    let (seed, ann, bob) = (&swarm.runs[0], &swarm.runs[1], &swarm.runs[2]);
    assert!(seed.seed && !ann.seed);
    assert_eq!((ann.down.lan, ann.up, bob.up), (30, 8, 0));
    assert_eq!((ann.network, bob.network), (SwarmNetwork::Internet, SwarmNetwork::Lan));
    assert_eq!((ann.heard.since(ann.since), swarm.at.since(bob.since)), (2000, 0));
    let held =
        |run: &mist_proto::http::SwarmRun| run.held.iter().map(|h| (h.blob, h.pieces)).collect::<Vec<_>>();
    assert_eq!(
        held(ann),
        [(second.archive().hash, 0), (first.archive().hash, 1)],
        "one is on its way to her"
    );
    let blobs: Vec<_> = swarm
        .blobs
        .iter()
        .map(|b| (b.version.as_str(), b.from.is_some(), b.live, b.friends, b.seeds))
        .collect();
    assert_eq!(blobs[..2], [("1.1", false, true, 0, 1), ("1.0", false, false, 2, 0)]);
    assert!(blobs[2..].iter().all(|blob| blob.1), "then the patches: {blobs:?}");
    assert!((swarm.blobs[1].copies - 2.0).abs() < 1e-9);
    let refused = t.get::<GameSwarm>("ann", "/games/g/swarm").await;
    assert_eq!(
        refused.err(),
        Some(refusal(403, "forbidden")),
        "friends are not told of each other's machines"
    );
    assert_eq!(t.get::<GameSwarm>("root", "/games/other/swarm").await.err(), Some(refusal(404, "not_found")));
}

pub(crate) async fn a_map_says_who_has_which_piece(t: &Tracker) {
    let [first, _] = prepare(t).await;
    let archive = first.archive();
    let (game, path) = ("g".parse().expect("slug"), format!("/games/g/swarm/{}", archive.hash));
    let say = |counts: Vec<PieceCount>| async move {
        t.call::<()>("seed", Method::PUT, "/seed/pieces", Some(&PieceCounts { blobs: counts })).await
    };
    let count = PieceCount { game, blob: archive, peers: 2, least: vec![1], sum: vec![1] };
    let has =
        Announce { holdings: vec![holding(archive, 0, true)], ..word(&peer(1), "192.168.1.7:4000", archive) };
    announce(t, "ann", "203.0.113.5", &has).await;
    let map: PieceMap = t.get("root", &path).await.expect("a map");
    assert_eq!((map.complete, map.seeds, map.placed, map.parts.len()), (1, 0, 0, 1));
    assert_eq!((map.parts[0].least, map.pieces), (1, 1));
    say(vec![count.clone()]).await.expect("noted");
    let map: PieceMap = t.get("root", &path).await.expect("a map");
    assert_eq!((map.placed, map.parts[0].least), (2, 2));
    let wrong = PieceCount { least: vec![1; 2], ..count.clone() };
    assert_eq!(say(vec![wrong]).await.err(), Some(refusal(400, "bad_pieces")));
    t.pass(30_000);
    announce(t, "ann", "203.0.113.5", &has).await;
    let map: PieceMap = t.get("root", &path).await.expect("a map");
    assert_eq!((map.placed, map.parts[0].least), (0, 1), "what a seed said a while ago counts no more");
    let other = format!("/games/g/swarm/{}", BlobId::of(b"no build of it").hash);
    assert_eq!(t.get::<PieceMap>("root", &other).await.err(), Some(refusal(404, "not_found")));
    let refused = t.call::<()>("root", Method::PUT, "/seed/pieces", Some(&PieceCounts::default())).await;
    assert_eq!(refused.err(), Some(refusal(403, "forbidden")), "only seeds say so");
}
