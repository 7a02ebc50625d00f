//! Finding each other, being let in, and what was moved.

use axum::http::Method;
use mist_proto::{
    BlobId,
    claims::{Allow, CapabilityClaims, TICKET_TTL_SECS, TicketClaims},
    http::{
        Announce, Announced, BytesBySource, DenyList, Device, DeviceList, Holding, HttpsFormat, JobSpec,
        NewDevice, Operation, Sources, SourcesRequest, Stats, StoreStats, TicketList, TicketsRequest,
        TransferReport, UpdateGame, UpdateUser,
    },
    ids::PeerName,
};
use mist_tracker::{db, shared::presence::EXPIRY_MILLIS};

use crate::tracker::{NOTHING, Plan, Tracker, peer, refusal};

async fn prepare(t: &Tracker) -> Plan<'static> {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let plan = Plan::first("g");
    t.publish(&plan).await;
    for (who, n) in [("ann", 1), ("bob", 2), ("seed", 3)] {
        t.add_device(who, &peer(n)).await;
    }
    plan
}

pub(crate) fn word(peer: &PeerName, address: &str, blob: BlobId) -> Announce {
    Announce {
        peer: peer.clone(),
        session: "s".into(),
        addresses: vec![address.parse().expect("address")],
        holdings: vec![Holding { game: "g".parse().expect("slug"), blob, pieces: 1, complete: true }],
        moving: vec![],
        leaving: false,
    }
}

pub(crate) async fn announce(t: &Tracker, who: &str, from: &str, word: &Announce) -> Announced {
    t.call_from(from, who, Method::POST, "/swarm/announce", Some(word)).await.expect("noted")
}

async fn sources(t: &Tracker, who: &str, from: &str, blob: BlobId, own: u8) -> Sources {
    let ask = SourcesRequest { game: "g".parse().expect("slug"), blob, peer: Some(peer(own)) };
    t.call_from(from, who, Method::POST, "/swarm/sources", Some(&ask)).await.expect("sources")
}

fn told(sources: &Sources) -> Vec<String> {
    sources.peers.iter().flat_map(|p| &p.addresses).map(ToString::to_string).collect()
}

pub(crate) async fn friends_find_each_other(t: &Tracker) {
    let plan = prepare(t).await;
    let blob = plan.archive();
    let noted = announce(t, "ann", "203.0.113.5", &word(&peer(1), "192.168.1.7:4000", blob)).await;
    assert_eq!(noted.observed.to_string(), "203.0.113.5");
    announce(t, "seed", "127.0.0.1", &word(&peer(3), "0.0.0.0:8443", blob)).await;
    assert_eq!(told(&sources(t, "bob", "203.0.113.5", blob, 2).await), ["192.168.1.7:4000", "10.0.0.1:8443"]);
    let far = sources(t, "bob", "198.51.100.9", blob, 2).await;
    assert_eq!(told(&far), ["10.0.0.1:8443"], "a home's addresses stay at home; the seed's don't");
    assert!(far.peers[0].seed);
    assert_eq!(told(&sources(t, "ann", "203.0.113.5", blob, 1).await), ["10.0.0.1:8443"], "not oneself");

    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!((stats.swarm.peers, stats.swarm.seeds), (1, 1));
    assert_eq!(stats.games[0].peers, 1);
    assert!((stats.games[0].copies - 2.0).abs() < 1e-9, "hers and the seed's: {}", stats.games[0].copies);

    let leaving = Announce { leaving: true, ..word(&peer(1), "192.168.1.7:4000", blob) };
    announce(t, "ann", "203.0.113.5", &leaving).await;
    assert_eq!(told(&sources(t, "bob", "203.0.113.5", blob, 2).await), ["10.0.0.1:8443"]);
    t.pass(EXPIRY_MILLIS);
    assert!(sources(t, "bob", "203.0.113.5", blob, 2).await.peers.is_empty(), "silence is absence");

    let stranger = word(&peer(2), "192.168.1.7:4000", blob);
    let refused = t.post::<Announced>("ann", "/swarm/announce", &stranger).await;
    assert_eq!(refused.err(), Some(refusal(409, "unknown_device")), "nobody speaks for another");
    let mut many = word(&peer(1), "192.168.1.7:4000", blob);
    many.addresses = vec![many.addresses[0]; 17];
    let refused = t.post::<Announced>("ann", "/swarm/announce", &many).await;
    assert_eq!(refused.err(), Some(refusal(400, "bad_announce")));
}

async fn tickets(t: &Tracker, who: &str, n: u8) -> Vec<TicketClaims> {
    let list: TicketList =
        t.post(who, "/swarm/tickets", &TicketsRequest { peer: peer(n) }).await.expect("tickets");
    list.tickets
        .iter()
        .map(|k| t.app.signing.key.verify(&k.token, t.app.records.now()).expect("signed"))
        .collect()
}

async fn denied(t: &Tracker, who: &str) -> DenyList {
    t.get(who, "/swarm/deny").await.expect("a list")
}

pub(crate) async fn tickets_are_bound_and_denied(t: &Tracker) {
    prepare(t).await;
    let ticket = &tickets(t, "ann", 1).await[0];
    assert_eq!((ticket.peer.clone(), ticket.game.as_str()), (peer(1), "g"));
    assert_eq!(ticket.exp - ticket.iat, TICKET_TTL_SECS);
    let ann = ticket.sub.clone();
    let foreign = t.post::<TicketList>("bob", "/swarm/tickets", &TicketsRequest { peer: peer(1) }).await;
    assert_eq!(foreign.err(), Some(refusal(409, "unknown_device")));

    let privacy = |is_private| UpdateGame { is_private: Some(is_private), ..UpdateGame::default() };
    let edit = |e: UpdateGame| async move {
        t.call::<mist_proto::http::Game>("root", Method::PATCH, "/games/g", Some(&e)).await.expect("edited")
    };
    t.call::<()>("root", Method::PUT, "/users/bob/grants/g", NOTHING).await.expect("granted");
    edit(privacy(true)).await;
    let list = denied(t, "seed").await;
    assert_eq!(list.grants, [(ann.clone(), "g".parse().expect("slug"))], "whoever has no grant");
    assert_eq!(denied(t, "bob").await.grants.len(), 1);
    assert!(denied(t, "ann").await.grants.is_empty(), "a list is no way to learn of private games");
    assert!(tickets(t, "ann", 1).await.is_empty());
    t.call::<()>("root", Method::DELETE, "/users/bob/grants/g", NOTHING).await.expect("revoked");
    assert_eq!(denied(t, "seed").await.grants.len(), 2);
    t.call::<()>("root", Method::PUT, "/users/bob/grants/g", NOTHING).await.expect("granted");
    assert_eq!(denied(t, "seed").await.grants.len(), 1);
    edit(privacy(false)).await;
    assert!(denied(t, "seed").await.grants.is_empty());

    let off = |disabled| UpdateUser { disabled: Some(disabled), ..UpdateUser::default() };
    let change = |u: UpdateUser| async move {
        t.call::<mist_proto::http::User>("root", Method::PATCH, "/users/ann", Some(&u))
            .await
            .expect("changed")
    };
    change(off(true)).await;
    assert_eq!(denied(t, "seed").await.peers, [peer(1)]);
    change(off(false)).await;
    assert!(denied(t, "seed").await.peers.is_empty());
    t.call::<()>("root", Method::DELETE, "/users/ann", NOTHING).await.expect("removed");
    assert_eq!(denied(t, "bob").await.peers, [peer(1)]);
}

pub(crate) async fn reports_add_up_once(t: &Tracker) {
    prepare(t).await;
    let report = |id: &str, lan, seed| TransferReport {
        id: id.into(),
        game: "g".parse().expect("slug"),
        operation: Operation::Install,
        from: None,
        to: "1.0".parse().expect("version"),
        bytes: BytesBySource { lan, seed, ..BytesBySource::default() },
        wire: None,
        finished: true,
    };
    for r in
        [report("a", 10, 1), report("a", 20, 2), report("a", 20, 2), report("a", 10, 1), report("b", 5, 0)]
    {
        t.post::<()>("ann", "/swarm/reports", &r).await.expect("noted");
    }
    t.post::<()>("bob", "/swarm/reports", &report("a", 100, 0)).await.expect("noted");
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    let expected = BytesBySource { lan: 125, seed: 2, ..BytesBySource::default() };
    assert_eq!((stats.bytes, stats.games[0].bytes), (expected, expected));
    assert_eq!(
        (stats.wire, stats.games[0].wire),
        (expected, expected),
        "content stands for what nobody told"
    );

    // Half of it on the wire; what comes late, or does not tell, lowers nothing.
    let wired = |lan| {
        let wire = Some(BytesBySource { lan, ..BytesBySource::default() });
        TransferReport { wire, ..report("a", 100, 0) }
    };
    for r in [wired(40), wired(50), wired(10), report("a", 100, 0)] {
        t.post::<()>("bob", "/swarm/reports", &r).await.expect("noted");
    }
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!(stats.bytes, expected, "content is what it was");
    let on_wire = BytesBySource { lan: 75, ..expected };
    assert_eq!((stats.wire, stats.games[0].wire), (on_wire, on_wire));
    let refused = t.post::<()>("ann", "/swarm/reports", &report("", 1, 1)).await;
    assert_eq!(refused.err(), Some(refusal(400, "bad_report")));
}

pub(crate) async fn what_can_not_have_been_moved_spoils_no_statistics(t: &Tracker) {
    prepare(t).await;
    let report = |id: &str, lan, wire| TransferReport {
        id: id.into(),
        game: "g".parse().expect("slug"),
        operation: Operation::Install,
        from: None,
        to: "1.0".parse().expect("version"),
        bytes: BytesBySource { lan, ..BytesBySource::default() },
        wire: Some(BytesBySource { lan: wire, ..BytesBySource::default() }),
        finished: true,
    };
    const HUGE: u64 = (1 << 63) - 1;
    for bad in [report("a", HUGE, 0), report("b", 0, HUGE), report("c", u64::MAX, u64::MAX)] {
        let refused = t.post::<()>("ann", "/swarm/reports", &bad).await;
        assert_eq!(refused.err(), Some(refusal(400, "bad_report")));
    }
    t.post::<()>("ann", "/swarm/reports", &report("d", 10, 11)).await.expect("noted");

    // Rows of an earlier release, which took everything.
    let mut tx = t.app.records.write().await.expect("a transaction");
    for id in ["x", "y", "z"] {
        let as_said = report(id, HUGE, HUGE);
        db::transfers::put(&mut tx, "somebody", &as_said, t.app.records.now()).await.expect("written");
    }
    tx.commit().await.expect("committed");
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!((stats.bytes.lan, stats.wire.lan), (10, 11));

    let mut tx = t.app.records.write().await.expect("a transaction");
    db::transfers::keep_newest(&mut tx, "somebody", 1).await.expect("deleted");
    db::transfers::keep_newest(&mut tx, "unknown", 1).await.expect("nothing to do");
    tx.commit().await.expect("committed");
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!(stats.bytes.lan, 10, "those of others stay");
}

pub(crate) async fn an_announce_writes_nothing_by_itself(t: &Tracker) {
    let plan = prepare(t).await;
    let last_seen = async || {
        let list: DeviceList = t.get("ann", "/devices").await.expect("a list");
        list.devices[0].last_seen
    };
    let bound = last_seen().await;
    let said = word(&peer(1), "192.168.1.7:4000", plan.archive());
    let mut announced = bound;
    for minutes in [1, 5, 6] {
        t.pass(minutes * 60_000);
        announce(t, "ann", "192.0.2.1", &said).await;
        announced = t.app.records.now();
        assert_eq!(last_seen().await, bound, "not before housekeeping");
        if minutes < 6 {
            t.app.last_seen.write(&t.app.records).await.expect("written");
            assert_eq!(last_seen().await, bound, "what is written is recent enough");
        }
    }
    t.app.last_seen.write(&t.app.records).await.expect("written");
    assert_eq!(last_seen().await, announced);
}

pub(crate) async fn devices_belong_to_one_account(t: &Tracker) {
    t.add_device("ann", &peer(1)).await;
    let path = format!("/devices/{}", peer(1));
    let name = NewDevice { name: "laptop".into() };
    let taken = t.call::<Device>("bob", Method::PUT, &path, Some(&name)).await;
    assert_eq!(taken.err(), Some(refusal(409, "peer_taken")));
    t.call::<Device>("ann", Method::PUT, &path, Some(&name)).await.expect("renamed");
    let list: DeviceList = t.get("ann", "/devices").await.expect("a list");
    assert_eq!(list.devices.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["laptop"]);
    let foreign = t.call::<()>("bob", Method::DELETE, &path, NOTHING).await;
    assert_eq!(foreign.err(), Some(refusal(404, "not_found")));
    t.call::<()>("ann", Method::DELETE, &path, NOTHING).await.expect("unbound");
    assert_eq!(denied(t, "bob").await.peers, [peer(1)], "its tickets no longer count");
    t.add_device("ann", &peer(1)).await;
    assert!(denied(t, "bob").await.peers.is_empty());
}

pub(crate) async fn sources_ask_for_the_archive_once(t: &Tracker) {
    t.register_key().await;
    let seed = t.add_seed("seed").await;
    t.add_game("g", false).await;
    let plan = Plan::first("g");
    let push = t.push(&plan, true).await.expect("admitted");
    t.call::<mist_proto::http::Push>("root", Method::POST, &format!("/pushes/{}/finish", push.id), NOTHING)
        .await
        .expect("finished");
    t.work("seed").await.expect("the ingest");
    let blob = plan.archive();
    for _ in 0..3 {
        let s = sources(t, "ann", "192.0.2.1", blob, 1).await;
        assert!(s.preparing, "its job waits for the seed");
        assert_eq!(s.https.iter().map(|h| h.format).collect::<Vec<_>>(), [HttpsFormat::Raw]);
    }
    assert!(matches!(t.work("seed").await, Some(JobSpec::Archive(_))));
    assert!(t.work("seed").await.is_none(), "one job, however many ask");
    let s = sources(t, "ann", "192.0.2.1", blob, 1).await;
    assert!(!s.preparing);
    assert_eq!(s.https.iter().map(|h| h.format).collect::<Vec<_>>(), [HttpsFormat::Zst, HttpsFormat::Raw]);
    let (path, cap) = s.https[0].data.split_once("?cap=").expect("a capability");
    assert_eq!(path, format!("/seed/v1/blobs/g/{}/zst", blob.hash));
    let cap: CapabilityClaims = t.app.signing.key.verify(cap, t.app.records.now()).expect("signed");
    assert_eq!(cap.allow, Allow::Blob { game: "g".parse().expect("slug"), hash: blob.hash });

    let status = |ok, url: Option<&str>| StoreStats {
        seed: "somebody else".into(),
        ok,
        used: 1,
        free: 1 << 40,
        public_url: url.map(str::to_owned),
        ..StoreStats::default()
    };
    let remote = status(true, Some("https://seed.example/seed/v1/"));
    t.post::<()>("seed", "/seed/status", &remote).await.expect("noted");
    let s = sources(t, "ann", "192.0.2.1", blob, 1).await;
    assert!(s.https[0].data.starts_with("https://seed.example/seed/v1/blobs/g/"), "{}", s.https[0].data);
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!(stats.stores[0].seed, seed.seed, "a seed speaks for itself");
    t.post::<()>("seed", "/seed/status", &status(false, None)).await.expect("noted");
    assert!(sources(t, "ann", "192.0.2.1", blob, 1).await.https.is_empty(), "a store that is away");
    let bad = t.post::<()>("seed", "/seed/status", &status(true, Some("javascript:x"))).await;
    assert_eq!(bad.err(), Some(refusal(400, "bad_url")));
}
