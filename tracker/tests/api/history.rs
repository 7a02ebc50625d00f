//! What friends received, who was online and what stores took, over time.

use axum::http::Method;
use mist_proto::{
    BlobId, UnixMillis,
    http::{
        BytesBySource, History, Operation, Resolution, Series, SourceClass, Stats, StoreStats, TransferReport,
    },
};
use mist_tracker::{
    db::{self, Db, history::Dimension, history::Peak},
    history::{self, LookingBack, peaks, rollup::Point},
};

use crate::{
    swarm::{announce, word},
    tracker::{NOTHING, Refusal, Tracker, peer, refusal},
};

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

async fn of(t: &Tracker, query: &str) -> History {
    t.get("root", &format!("/history?{query}")).await.expect("read")
}

fn named<'a>(told: &'a History, name: &str) -> &'a Series {
    told.series.iter().find(|s| s.name == name).unwrap_or_else(|| panic!("{name} in {told:?}"))
}

/// What stands where something stands, and how many points back from the last one.
fn values(series: &Series) -> Vec<(usize, u64)> {
    let back = series.values.iter().rev().enumerate();
    back.filter_map(|(n, value)| Some((n, value.filter(|value| *value > 0)?))).collect()
}

async fn report(t: &Tracker, who: &str, id: &str, game: &str, lan: u64, seed: u64) {
    let report = TransferReport {
        id: id.into(),
        game: game.parse().expect("slug"),
        operation: Operation::Install,
        from: None,
        to: "1.0".parse().expect("version"),
        bytes: BytesBySource { lan, seed, ..BytesBySource::default() },
        wire: None,
        finished: true,
    };
    t.post::<()>(who, "/swarm/reports", &report).await.expect("noted");
}

pub(crate) async fn what_is_received_is_counted_once_by_source_game_and_friend(t: &Tracker) {
    t.add_game("g", false).await;
    t.add_game("h", false).await;
    report(t, "ann", "a", "g", 10, 1).await;
    report(t, "ann", "a", "g", 10, 1).await;
    t.pass(MINUTE);
    // What comes late lowers nothing, and what is more counts when it comes.
    for lan in [5, 30] {
        report(t, "ann", "a", "g", lan, 1).await;
    }
    t.pass(2 * MINUTE);
    report(t, "bob", "a", "h", 0, 100).await;

    let by_minute = of(t, "resolution=minute").await;
    assert_eq!((by_minute.points, by_minute.step), (121, MINUTE));
    let names: Vec<_> = by_minute.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, SourceClass::ALL.map(SourceClass::as_str), "also those that nothing came from");
    assert_eq!(values(named(&by_minute, "lan")), [(2, 20), (3, 10)]);
    assert_eq!(values(named(&by_minute, "seed")), [(0, 100), (3, 1)]);
    assert_eq!(named(&by_minute, "https").values, vec![Some(0); 121]);

    for resolution in ["hour", "day"] {
        let told = of(t, &format!("resolution={resolution}")).await;
        assert_eq!(values(named(&told, "lan")), [(0, 30)], "{resolution}");
        assert_eq!(values(named(&told, "seed")), [(0, 101)], "{resolution}");
        let told = of(t, &format!("by=game&resolution={resolution}")).await;
        let names: Vec<_> = told.series.iter().map(|s| (s.name.as_str(), values(s))).collect();
        assert_eq!(names, [("h", vec![(0, 100)]), ("g", vec![(0, 31)])], "the largest first");
        let told = of(t, &format!("by=friend&resolution={resolution}")).await;
        let names: Vec<_> = told.series.iter().map(|s| (s.name.as_str(), values(s))).collect();
        assert_eq!(names, [("bob", vec![(0, 100)]), ("ann", vec![(0, 31)])]);
        assert_eq!(told.others, None);
    }
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    assert_eq!(stats.bytes.total(), 131, "the same as in all");
    let by_friend: Result<History, Refusal> = t.get("ann", "/history").await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
}

pub(crate) async fn how_things_are_is_noted_once_a_minute(t: &Tracker) {
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    for (who, n) in [("ann", 1), ("bob", 2), ("seed", 3)] {
        t.add_device(who, &peer(n)).await;
    }
    let blob = BlobId::of(b"x");
    let here = || async {
        for (who, n) in [("ann", 1), ("bob", 2), ("seed", 3)] {
            announce(t, who, "203.0.113.5", &word(&peer(n), "192.168.1.7:4000", blob)).await;
        }
    };
    let store = |used| StoreStats { seed: String::new(), ok: true, used, free: 7, ..StoreStats::default() };
    let looking = LookingBack::from(&*t.app);
    here().await;
    t.post::<()>("seed", "/seed/status", &store(500)).await.expect("noted");
    let two = tokio::join!(peaks::note(&looking), peaks::note(&looking));
    let two = [two.0.expect("noted"), two.1.expect("noted")];
    assert_eq!(two.iter().filter(|noted| **noted).count(), 1, "of two trackers one writes");

    t.post::<()>("seed", "/seed/status", &store(900)).await.expect("noted");
    assert!(!peaks::note(&looking).await.expect("no failure"), "also after a restart in the same minute");
    t.pass(MINUTE);
    here().await;
    t.post::<()>("seed", "/seed/status", &store(900)).await.expect("noted");
    assert!(peaks::note(&looking).await.expect("noted"));
    // Nobody looks for a minute; then everybody is gone.
    t.pass(2 * MINUTE);
    assert!(peaks::note(&looking).await.expect("noted"));

    let online = of(t, "by=online&resolution=minute").await;
    let last = |name: &str| named(&online, name).values[117..].to_vec();
    assert_eq!(last("friends"), [Some(2), Some(2), None, Some(0)]);
    assert_eq!(last("seeds"), [Some(1), Some(1), None, Some(0)]);
    assert_eq!(online.series.len(), 2);
    let hour = of(t, "by=online&resolution=hour").await;
    assert_eq!(values(named(&hour, "friends")), [(0, 2)], "the most");
    let stores = of(t, "by=store&resolution=minute").await;
    assert_eq!(values(named(&stores, "seed")), [(2, 900), (3, 500)]);
    let day = of(t, "by=store&resolution=day").await;
    assert_eq!(values(named(&day, "seed")), [(0, 900)]);
}

pub(crate) async fn what_is_old_goes_at_its_resolution(t: &Tracker) {
    t.add_game("g", false).await;
    report(t, "ann", "a", "g", 10, 0).await;
    let count = |resolution: &'static str| async move {
        let told = of(t, &format!("resolution={resolution}")).await;
        values(named(&told, "lan")).len()
    };
    let forget = || async {
        let mut tx = t.app.records.write().await.expect("a transaction");
        history::forget_old(&mut tx, t.app.records.now(), 730).await.expect("forgotten");
        tx.commit().await.expect("committed");
    };
    for (passed, left) in [
        (HOUR, [1, 1, 1]),
        (2 * HOUR, [0, 1, 1]),
        (13 * DAY, [0, 1, 1]),
        (2 * DAY, [0, 0, 1]),
        (700 * DAY, [0, 0, 1]),
        (20 * DAY, [0, 0, 0]),
    ] {
        t.pass(passed);
        t.login("root").await;
        let before = [count("minute").await, count("hour").await, count("day").await];
        assert_eq!(before, left, "what is too old is not told even while it is there");
        forget().await;
        let after = [count("minute").await, count("hour").await, count("day").await];
        assert_eq!(after, left);
    }
    let mut tx = t.app.records.read().await.expect("a transaction");
    let rows = db::dump::rows(&mut tx, "history_moved", 0, 10).await.expect("read");
    assert!(rows.is_empty(), "{rows:?}");
}

pub(crate) async fn of_who_is_removed_nothing_stays_by_name(t: &Tracker) {
    t.add_game("g", false).await;
    report(t, "ann", "a", "g", 10, 0).await;
    t.call::<()>("root", Method::DELETE, "/users/ann", NOTHING).await.expect("removed");
    assert!(of(t, "by=friend").await.series.is_empty());
    assert_eq!(values(named(&of(t, "by=game").await, "g")), [(0, 10)], "what was received stays");
    let mut tx = t.app.records.read().await.expect("a transaction");
    let rows = db::dump::rows(&mut tx, "history_moved", 0, 100).await.expect("read");
    assert_eq!(rows.len(), 6, "in all and of the game, three times");
}

pub(crate) async fn a_range_that_nothing_is_kept_of_is_refused(t: &Tracker) {
    let now = t.app.records.now().0;
    let ask = |query: String| async move {
        let told: Result<History, Refusal> = t.get("root", &format!("/history?{query}")).await;
        told.map(|told| told.points)
    };
    assert_eq!(ask(format!("resolution=hour&since={}", now - 3 * HOUR)).await, Ok(4));
    let until = now - HOUR;
    assert_eq!(ask(format!("resolution=hour&since={}&until={until}", now - 3 * HOUR)).await, Ok(3));
    assert_eq!(ask(format!("since={}&until={}", i64::MIN, i64::MAX)).await, Ok(337));
    for nothing in [format!("since={}", now + HOUR), "until=0".into(), format!("since={now}&until={until}")] {
        assert_eq!(ask(nothing.clone()).await, Err(refusal(400, "bad_range")), "{nothing}");
    }
    for wrong in ["by=week", "resolution=year", "since=yesterday"] {
        assert_eq!(ask(wrong.into()).await, Err(refusal(400, "bad_request")), "{wrong}");
    }
}

/// What the docs say that it takes at most: every friend receives something of every game in each minute, for two years.
#[tokio::test]
async fn ten_friends_and_fifty_games_take_so_many_rows_and_bytes_at_most() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mist.db");
    let db = Db::open_sqlite(&path).await.expect("a database");
    db.migrate().await.expect("the schema");
    let now = UnixMillis(1_700_000_000_000);
    let size = || std::fs::metadata(&path).expect("a file").len();
    let vacuumed = || async {
        let Db::Lite { write, .. } = &db else { panic!("it is SQLite") };
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.expect("written back");
        size()
    };
    let before = vacuumed().await;
    let bytes =
        BytesBySource { lan: 1 << 40, tailnet: 1 << 40, internet: 1 << 40, seed: 1 << 40, https: 1 << 40 };
    let mut rows = 0u64;
    let mut tx = db.write().await.expect("a transaction");
    for resolution in Resolution::ALL {
        let mut point = Point::first_kept(resolution, 730, now);
        while point.begins <= now {
            db::history::add(&mut tx, &point, Dimension::All, "", &bytes).await.expect("added");
            for n in 0..50 {
                let game = format!("the-slug-of-game-{n}");
                db::history::add(&mut tx, &point, Dimension::Game, &game, &bytes).await.expect("added");
            }
            for n in 0..10 {
                let account = format!("0198f3c2-77aa-7000-8000-0000000000{n:02}");
                db::history::add(&mut tx, &point, Dimension::Friend, &account, &bytes).await.expect("added");
            }
            for (peak, name) in [
                (Peak::Friends, ""),
                (Peak::Seeds, ""),
                (Peak::Store, "0198f3c2-77aa-7000-8000-000000000000"),
            ] {
                db::history::raise(&mut tx, &point, peak, name, 1 << 40).await.expect("raised");
            }
            rows += 64;
            point.begins = point.begins.plus_millis(resolution.step());
        }
    }
    tx.commit().await.expect("committed");
    let taken = vacuumed().await - before;
    assert_eq!(rows, 64 * (121 + 337 + 731));
    assert!(taken < 20_000_000, "{rows} rows take {taken} bytes");
}
