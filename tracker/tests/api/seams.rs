//! Both forms of the six seams, in memory and in a real Redis server, held against the same expectations; and what only
//! a server can do: serve two replicas, go away, and come back with nothing.

use std::{cell::Cell, net::IpAddr, time::Duration};

use mist_listener::Network;
use mist_proto::{
    BlobId, Slug, UnixMillis,
    http::{BytesBySource, Event, Holding, Moving, PieceCount, StoreStats},
    ids::{PeerName, StoreId, UserName},
};
use mist_tracker::shared::{
    Seams,
    budget::Party,
    events::{self, Audience, EventId, Missed},
    network::Site,
    presence::{EXPIRY_MILLIS, Holder, Online, Run},
    stores::{PiecesWord, Unheard, Word},
};

use crate::{redis::RedisServer, tracker::REQUESTS};

const T0: UnixMillis = UnixMillis(1_700_000_000_000);

/// What has to happen soon, did not.
const SOON: Duration = Duration::from_secs(20);

fn game() -> Slug {
    "g".parse().expect("slug")
}

fn peer(n: u32) -> PeerName {
    let letters: String = format!("{n:08}").bytes().map(|d| char::from(b'a' + (d - b'0'))).collect();
    format!("12D3KooW{}{letters}", "a".repeat(36)).parse().expect("peer")
}

fn run(n: u32, session: &str, blobs: &[(&[u8], Option<u64>)], at: UnixMillis) -> Run {
    let holding = |(blob, pieces): &(&[u8], Option<u64>)| Holding {
        game: game(),
        blob: BlobId { size: 10 << 20, ..BlobId::of(blob) },
        pieces: pieces.unwrap_or(1),
        complete: pieces.is_none(),
    };
    Run {
        peer: peer(n),
        session: session.into(),
        account: format!("u{n}"),
        seed: false,
        observed: IpAddr::V4((0x0a00_0000 + n).into()),
        anywhere: false,
        addresses: vec![([10, 0, 0, 1], 1000).into()],
        holdings: blobs.iter().map(holding).collect(),
        moving: vec![],
        at,
    }
}

async fn holders(seams: &Seams, blob: &[u8], asker: &str, now: UnixMillis) -> Vec<Holder> {
    let site: Site = asker.parse::<IpAddr>().expect("ip").into();
    let mut holders =
        seams.presence.holders(&game(), &BlobId::of(blob).hash, site, now).await.expect("an answer");
    holders.sort_by(|a, b| a.who.peer.as_str().cmp(b.who.peer.as_str()));
    holders
}

async fn friends(seams: &Seams, blob: &[u8], now: UnixMillis) -> u64 {
    let blob = BlobId { size: 10 << 20, ..BlobId::of(blob) };
    seams.presence.copies(&game(), &blob, now).await.expect("an answer").friends
}

async fn announces_replace_each_other_and_silence_ends_them(seams: &Seams) {
    let p = &seams.presence;
    p.announce(run(1, "s", &[(b"a", None), (b"b", Some(3))], T0)).await.expect("room");
    p.announce(run(2, "s", &[(b"a", None)], T0)).await.expect("room");
    assert_eq!((friends(seams, b"a", T0).await, friends(seams, b"b", T0).await), (2, 1));
    let told = holders(seams, b"b", "10.9.9.9", T0).await;
    assert_eq!((told.len(), told[0].pieces, told[0].complete), (1, 3, false));
    assert_eq!(*told[0].who.addresses, [([10, 0, 0, 1], 1000).into()]);

    p.announce(run(1, "s", &[(b"b", None), (b"b", Some(1))], T0)).await.expect("room");
    assert_eq!((friends(seams, b"a", T0).await, friends(seams, b"b", T0).await), (1, 1));
    assert!(holders(seams, b"b", "10.9.9.9", T0).await[0].complete, "the better of two words counts");

    let last = T0.plus_millis(EXPIRY_MILLIS - 1);
    assert_eq!(holders(seams, b"b", "10.9.9.9", last).await.len(), 1);
    p.announce(run(2, "s", &[(b"a", None)], last)).await.expect("room");
    let gone = last.plus_millis(1);
    assert_eq!(
        (friends(seams, b"b", gone).await, holders(seams, b"b", "10.9.9.9", gone).await.len()),
        (0, 0)
    );
    assert_eq!(p.online(gone).await.expect("an answer"), Online { friends: 1, seeds: 0 });
    p.purge(gone).await.expect("an answer");
    p.leave(&peer(2), "s").await.expect("an answer");
    assert_eq!(p.online(gone).await.expect("an answer"), Online::default());
    assert_eq!(friends(seams, b"a", gone).await, 0);
}

async fn who_is_told_of_whom(seams: &Seams) {
    let p = &seams.presence;
    let mut far = run(3, "s", &[(b"c", None)], T0);
    far.observed = "203.0.113.7".parse().expect("ip");
    p.announce(far.clone()).await.expect("room");
    assert_eq!(holders(seams, b"c", "10.9.9.9", T0).await.len(), 0, "another site");
    assert_eq!(holders(seams, b"c", "203.0.113.7", T0).await.len(), 1, "the same site");
    far.anywhere = true;
    p.announce(far).await.expect("room");
    assert_eq!(holders(seams, b"c", "10.9.9.9", T0).await.len(), 1);
    assert_eq!(holders(seams, b"c", "203.0.113.7", T0).await.len(), 1, "once, though of two groups");
    let mut seed = run(4, "s", &[(b"c", Some(2))], T0);
    seed.seed = true;
    p.announce(seed).await.expect("room");
    let told = holders(seams, b"c", "10.9.9.9", T0).await;
    assert_eq!(told.iter().filter(|h| h.who.seed).count(), 1);
    let blob = BlobId { size: 10 << 20, ..BlobId::of(b"c") };
    let copies = p.copies(&game(), &blob, T0).await.expect("an answer");
    assert_eq!((copies.seeds, copies.friends), (1, 1));
    assert_eq!(copies.pieces, mist_proto::limits::pieces(10 << 20) + 2);

    for n in 0..20 {
        let mut one = run(100 + n, "s", &[(b"d", None)], T0);
        one.account = "crowd".into();
        p.announce(one).await.expect("room");
    }
    assert_eq!(holders(seams, b"d", "10.9.9.9", T0).await.len(), 8, "few places an account");
    p.drop_account("crowd").await.expect("an answer");
    assert_eq!(holders(seams, b"d", "10.9.9.9", T0).await.len(), 0);
    for n in 0..10 {
        p.announce(run(200, &format!("s{n}"), &[(b"e", None)], T0.plus_millis(n))).await.expect("room");
    }
    assert_eq!(friends(seams, b"e", T0.plus_millis(10)).await, 8, "few runs a peer");
}

async fn who_is_there_is_told_wherever_they_are(seams: &Seams) {
    let p = &seams.presence;
    let moving =
        |up| vec![Moving { game: game(), down: BytesBySource { lan: 5, ..BytesBySource::default() }, up }];
    let blob = |name: &[u8]| BlobId { size: 10 << 20, ..BlobId::of(name) };
    let mut far = run(301, "s", &[(b"p", Some(4)), (b"q", None)], T0);
    (far.observed, far.moving) = ("198.51.100.7".parse().expect("ip"), moving(7));
    p.announce(far.clone()).await.expect("room");
    let mut seed = run(302, "s", &[(b"q", None)], T0);
    seed.seed = true;
    p.announce(seed).await.expect("room");
    // It has more than before, and moves something else.
    let later = T0.plus_millis(1000);
    (far.holdings[0].pieces, far.moving, far.at) = (6, moving(9), later);
    p.announce(far.clone()).await.expect("room");
    let mut told = p.present(&game(), &[blob(b"p"), blob(b"q")], later).await.expect("an answer");
    told.sort_by_key(|run| run.seed);
    assert_eq!(
        told.iter().map(|run| run.held.clone()).collect::<Vec<_>>(),
        [vec![(0, 6), (1, 40)], vec![(1, 40)]]
    );
    assert_eq!((told[0].since, told[0].at, told[0].up, told[0].down.lan), (T0, later, 9, 5));
    assert_eq!((told[0].observed, told[0].addresses.len(), told[1].up), (far.observed, 1, 0));
    far.moving = vec![];
    p.announce(far).await.expect("room");
    let told = p.present(&game(), &[blob(b"p")], later).await.expect("an answer");
    assert_eq!((told.len(), told[0].up, told[0].since), (1, 0, T0), "a sign of life says what is moved now");
    let gone = later.plus_millis(EXPIRY_MILLIS);
    assert_eq!(p.present(&game(), &[blob(b"p"), blob(b"q")], gone).await.expect("an answer"), []);
}

async fn pieces_of_what_is_fetched_are_kept_for_a_while(seams: &Seams) {
    let blob = BlobId::of(b"fetched");
    let count = |peers| PieceCount { game: game(), blob, peers, least: vec![0, 1], sum: vec![0, 9] };
    let said = async |seed: &str, peers, at| {
        let word = PiecesWord { blobs: vec![count(peers)], at };
        seams.stores.note_pieces(seed, word).await.expect("an answer");
    };
    said("a", 1, T0).await;
    said("a", 2, T0).await;
    said("b", 3, T0.plus_millis(10_000)).await;
    let known = async |now| {
        let mut known = seams.stores.pieces(&game(), &blob, now).await.expect("an answer");
        known.sort_by_key(|count| count.peers);
        known
    };
    assert_eq!(known(T0.plus_millis(29_999)).await, [count(2), count(3)]);
    assert_eq!(known(T0.plus_millis(30_000)).await, [count(3)], "what is old says nothing");
    let other = BlobId::of(b"another");
    assert_eq!(seams.stores.pieces(&game(), &other, T0).await.expect("an answer"), []);
    seams.stores.forget("b").await.expect("an answer");
    assert_eq!(known(T0.plus_millis(30_000)).await, []);
}

/// Requests go to one and the other in turn, and are counted together.
async fn requests_are_counted(seams: &Seams, other: &Seams) {
    let party = || Party::Account("ann".into());
    let turn = Cell::new(false);
    let take = async |party, now| {
        let seams = if turn.replace(!turn.get()) { other } else { seams };
        seams.budget.take(party, REQUESTS, now).await.expect("an answer")
    };
    for n in 0..REQUESTS {
        assert_eq!(take(party(), T0).await, None, "{n}");
    }
    let each = Duration::from_secs(60) / REQUESTS;
    for who in ["one", "the other"] {
        assert_eq!(take(party(), T0).await, Some(each), "{who}");
    }
    let network = Network::from("2001:db8::1".parse::<IpAddr>().expect("ip"));
    assert_eq!(take(Party::Network(network), T0).await, None, "others have their own");
    let later = T0.plus_millis(i64::try_from(each.as_millis()).expect("short"));
    assert_eq!(take(party(), later).await, None);
    assert!(take(party(), later).await.is_some());
    assert_eq!(take(party(), T0.plus_millis(-3_600_000)).await, None, "a clock set back shuts nobody out");
    assert_eq!(take(party(), later.plus_millis(60_000)).await, None, "nor does one set right again");
}

/// Guesses go to one and the other in turn, and both slow down who guesses.
async fn guesses_are_slowed_down(seams: &Seams, other: &Seams) {
    let ann = "ann".parse::<UserName>().expect("name");
    let turn = Cell::new(false);
    let next = || if turn.replace(!turn.get()) { &other.backoff } else { &seams.backoff };
    let from = |n: u32| Network::from(IpAddr::V4((0x0a00_0000 + n).into()));
    let failed = async |from, at| next().failed(Some(&ann), from, at).await.expect("an answer");
    let wait = async |from, now| {
        let told = next().wait(Some(&ann), from, now).await.expect("an answer");
        let again = next().wait(Some(&ann), from, now).await.expect("an answer");
        assert_eq!(told, again, "both know the same");
        told
    };
    for _ in 0..4 {
        failed(from(1), T0).await;
        assert_eq!(wait(from(1), T0).await, None);
    }
    failed(from(1), T0).await;
    assert_eq!(wait(from(1), T0).await, Some(Duration::from_secs(1)));
    failed(from(1), T0).await;
    assert_eq!(wait(from(1), T0).await, Some(Duration::from_secs(2)));
    assert_eq!(wait(from(1), T0.plus_millis(2000)).await, None);
    assert_eq!(wait(from(2), T0).await, None);
    let later = T0.plus_millis(3_600_001);
    failed(from(1), later).await;
    assert_eq!(wait(from(1), later).await, None, "an old count is forgotten");

    next().succeeded(&ann, from(9), later).await.expect("an answer");
    for n in 0..60 {
        failed(from(100 + n), later).await;
    }
    assert_eq!(wait(from(9), later).await, None, "her own network is spared");
    assert!(wait(from(2), later).await.is_some(), "one never seen waits");
}

async fn seeds_words_are_kept(seams: &Seams) {
    let word = |seed: &str, free, at| Word {
        stats: StoreStats { seed: seed.into(), ok: true, free, ..StoreStats::default() },
        at,
    };
    for spoken in [word("a", 10, T0), word("b", 5, T0), word("b", 20, T0.plus_millis(1))] {
        seams.stores.note(spoken).await.expect("an answer");
    }
    let words = seams.stores.words().await.expect("an answer");
    assert_eq!((words.0.len(), words.roomiest(T0).as_deref()), (2, Some("b")));
    assert!(words.is_usable("a", T0) && !words.is_usable("a", T0.plus_millis(90_000)));
    seams.stores.forget("b").await.expect("an answer");
    assert_eq!(seams.stores.words().await.expect("an answer").roomiest(T0).as_deref(), Some("a"));
}

/// `other` is another replica, or the same one.
async fn one_seed_uses_a_store(seams: &Seams, other: &Seams) {
    let store = |digit: &str| digit.repeat(32).parse::<StoreId>().expect("an id");
    let word = |seed: &str, store: Option<StoreId>, at| Word {
        stats: StoreStats { seed: seed.into(), ok: true, store, ..StoreStats::default() },
        at,
    };
    let says = async |seams: &Seams, word| match seams.stores.note(word).await {
        Ok(()) => None,
        Err(Unheard::InUse(user)) => Some(user),
        Err(Unheard::Away(away)) => panic!("{away}"),
    };
    assert_eq!(says(seams, word("first", Some(store("5")), T0)).await, None);
    let (later, last) = (T0.plus_millis(1000), T0.plus_millis(90_999));
    assert_eq!(says(other, word("second", Some(store("5")), later)).await.as_deref(), Some("first"));
    assert_eq!(says(other, word("second", Some(store("6")), later)).await, None, "another store");
    assert_eq!(says(other, word("second", None, later)).await, None, "none");
    assert_eq!(says(seams, word("first", Some(store("5")), later)).await, None, "its own");
    assert_eq!(says(other, word("second", Some(store("5")), last)).await.as_deref(), Some("first"));
    let silent = last.plus_millis(1);
    let claims = (0..8).map(|n| {
        let (seam, seed) = (if n % 2 == 0 { seams } else { other }, format!("seed-{n}"));
        says(seam, word(&seed, Some(store("5")), silent))
    });
    let refused = futures::future::join_all(claims).await.into_iter().flatten().count();
    assert_eq!(refused, 7, "one of those who ask at once has it");
    for n in 0..8 {
        seams.stores.forget(&format!("seed-{n}")).await.expect("an answer");
    }
    assert_eq!(
        says(other, word("second", Some(store("5")), silent)).await,
        None,
        "who was removed is not minded"
    );
    for seed in ["first", "second"] {
        seams.stores.forget(seed).await.expect("an answer");
    }
}

async fn tell(seams: &Seams, n: usize) {
    let game = format!("g{n}").parse().expect("slug");
    events::post_one(&*seams.events, Audience::Everyone, Event::Game { game }).await;
}

async fn heard(seams: &Seams, last: EventId) -> Vec<EventId> {
    let heard = tokio::time::timeout(SOON, seams.events.after(last)).await.expect("in time");
    match heard.expect("an answer") {
        Missed::Events(events) => events.iter().map(|p| p.id).collect(),
        Missed::Gap(latest) => panic!("a gap up to {latest}"),
    }
}

/// `other` is another replica, or the same one.
async fn listeners_go_on_where_they_were(seams: &Seams, other: &Seams) {
    let start = seams.events.latest().await.expect("an answer");
    for n in 0..3 {
        tell(other, n).await;
    }
    let three = heard(seams, start).await;
    assert_eq!(three.len(), 3);
    assert_eq!(heard(seams, three[1]).await, three[2..]);
    let (next, ()) = tokio::join!(heard(seams, three[2]), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        tell(other, 3).await;
    });
    assert_eq!(next.len(), 1, "who waits is woken");
    let mut many = events::Pending::default();
    for _ in 0..1100 {
        many.add(Audience::Everyone, Event::Game { game: game() });
    }
    events::post(&*other.events, many).await;
    assert!(
        matches!(seams.events.after(three[0]).await, Ok(Missed::Gap(_))),
        "who was away too long is told"
    );
    let ahead = EventId { number: u64::MAX, ..three[0] };
    assert!(matches!(seams.events.after(ahead).await, Ok(Missed::Gap(_))));
}

async fn waiting_seeds_are_woken(seams: &Seams, other: &Seams) {
    let mark = seams.wake.mark().await.expect("an answer");
    let waited = tokio::time::timeout(Duration::from_millis(50), seams.wake.woken_since(mark)).await;
    assert!(waited.is_err(), "nobody has called");
    other.wake.wake().await.expect("an answer");
    for _ in 0..2 {
        tokio::time::timeout(SOON, seams.wake.woken_since(mark)).await.expect("woken").expect("an answer");
    }
    let mark = seams.wake.mark().await.expect("an answer");
    let (woken, ()) = tokio::join!(tokio::time::timeout(SOON, seams.wake.woken_since(mark)), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.wake.wake().await.expect("an answer");
    });
    woken.expect("woken").expect("an answer");
}

/// All of it, from one replica and another.
async fn everything(seams: &Seams, other: &Seams) {
    announces_replace_each_other_and_silence_ends_them(seams).await;
    who_is_told_of_whom(seams).await;
    who_is_there_is_told_wherever_they_are(seams).await;
    pieces_of_what_is_fetched_are_kept_for_a_while(seams).await;
    requests_are_counted(seams, other).await;
    guesses_are_slowed_down(seams, other).await;
    seeds_words_are_kept(seams).await;
    one_seed_uses_a_store(seams, other).await;
    listeners_go_on_where_they_were(seams, other).await;
    waiting_seeds_are_woken(seams, other).await;
}

#[tokio::test]
async fn in_memory() {
    let seams = Seams::in_memory(T0);
    everything(&seams, &seams).await;
}

#[tokio::test]
async fn in_redis_between_two_replicas() {
    let server = RedisServer::start();
    everything(&server.seams("one"), &server.seams("one")).await;
    // Another server of Mist in the same Redis sees nothing of this one.
    let stranger = server.seams("two");
    assert_eq!(stranger.presence.online(T0).await.expect("an answer"), Online::default());
    assert_eq!(stranger.stores.words().await.expect("an answer").0.len(), 0);
}

#[tokio::test]
async fn a_server_that_dies_is_away_and_heals_with_nothing_in_it() {
    let mut server = RedisServer::start();
    let seams = server.seams("mist");
    tell(&seams, 0).await;
    seams.presence.announce(run(1, "s", &[(b"a", None)], T0)).await.expect("room");
    let last = seams.events.latest().await.expect("an answer");

    server.kill();
    assert!(seams.presence.online(T0).await.is_err());
    assert!(seams.budget.take(Party::Account("ann".into()), REQUESTS, T0).await.is_err());
    assert!(seams.wake.wake().await.is_err());
    assert!(seams.events.after(last).await.is_err());

    server.begin();
    let deadline = tokio::time::Instant::now() + SOON;
    while seams.presence.online(T0).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "the connection does not heal");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(seams.presence.online(T0).await.expect("an answer"), Online::default());
    assert!(matches!(seams.events.after(last).await, Ok(Missed::Gap(_))), "the log is another one");
    seams.presence.announce(run(1, "s", &[(b"a", None)], T0)).await.expect("room");
    assert_eq!(friends(&seams, b"a", T0).await, 1);
    listeners_go_on_where_they_were(&seams, &server.seams("mist")).await;
    waiting_seeds_are_woken(&seams, &server.seams("mist")).await;
}

/// Waits until all six answer.
async fn until_they_answer(seams: &Seams) {
    let deadline = tokio::time::Instant::now() + SOON;
    while ask_all(seams).await.iter().any(|(_, answered)| !answered) {
        assert!(tokio::time::Instant::now() < deadline, "the connection does not heal");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks all six at once; which of them answered.
async fn ask_all(seams: &Seams) -> [(&'static str, bool); 6] {
    let (network, ann) = (Network::from(IpAddr::V4([10, 0, 0, 1].into())), "ann".parse().expect("name"));
    let (presence, budget, backoff, stores, events, wake) = tokio::join!(
        seams.presence.online(T0),
        seams.budget.take(Party::Account("ann".into()), REQUESTS, T0),
        seams.backoff.wait(Some(&ann), network, T0),
        seams.stores.words(),
        seams.events.latest(),
        seams.wake.wake(),
    );
    [
        ("presence", presence.is_ok()),
        ("budget", budget.is_ok()),
        ("backoff", backoff.is_ok()),
        ("stores", stores.is_ok()),
        ("events", events.is_ok()),
        ("wake", wake.is_ok()),
    ]
}

#[tokio::test]
async fn a_server_that_is_flushed_while_it_serves_is_filled_again() {
    let server = RedisServer::start();
    let (seams, other) = (server.seams("mist"), server.seams("mist"));
    seams.presence.announce(run(1, "s", &[(b"a", None)], T0)).await.expect("room");
    guesses_are_slowed_down(&seams, &other).await;
    tell(&seams, 0).await;
    let last = seams.events.latest().await.expect("an answer");

    // What is kept goes, and the scripts that connections have loaded go too.
    server.flush().await;
    for (what, answered) in ask_all(&seams).await {
        assert!(answered, "{what}");
    }
    assert_eq!(seams.presence.online(T0).await.expect("an answer"), Online::default());
    assert!(matches!(other.events.after(last).await, Ok(Missed::Gap(_))), "the log is another one");

    // Each script is the first that is wanted after it is gone, at one of two.
    server.flush().await;
    seams.presence.announce(run(1, "s", &[(b"a", None)], T0)).await.expect("room");
    assert_eq!(friends(&other, b"a", T0).await, 1);
    server.flush().await;
    requests_are_counted(&seams, &other).await;
    server.flush().await;
    guesses_are_slowed_down(&seams, &other).await;
    server.flush().await;
    listeners_go_on_where_they_were(&seams, &other).await;
    server.flush().await;
    waiting_seeds_are_woken(&seams, &other).await;
    server.flush().await;
    seeds_words_are_kept(&seams).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_away_in_two_seconds_and_heals() {
    let server = RedisServer::start();
    let (seams, other) = (server.seams("mist"), server.seams("mist"));
    until_they_answer(&seams).await;
    until_they_answer(&other).await;
    let mark = seams.wake.mark().await.expect("an answer");

    server.signal("STOP");
    for attempt in ["the first call", "and those after it"] {
        let began = tokio::time::Instant::now();
        for (what, answered) in ask_all(&seams).await {
            assert!(!answered, "{attempt}: {what} answered");
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{attempt}: it took {took:?}");
    }
    server.signal("CONT");
    until_they_answer(&seams).await;
    until_they_answer(&other).await;
    tokio::time::timeout(SOON, seams.wake.woken_since(mark)).await.expect("woken").expect("an answer");
    everything(&server.seams("another"), &server.seams("another")).await;
    listeners_go_on_where_they_were(&seams, &other).await;
    waiting_seeds_are_woken(&seams, &other).await;
}
