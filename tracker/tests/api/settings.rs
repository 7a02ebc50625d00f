//! Settings, and those that change while the tracker serves.

use axum::http::Method;
use mist_proto::http::{
    AuditLog, BytesBySource, History, Operation, ServerSetting, ServerSettings, SetSetting, SettingSource,
    TransferReport,
};
use mist_tracker::db;

use crate::tracker::{NOTHING, Refusal, Tracker, refusal, settings};

async fn set(t: &Tracker, who: &str, name: &str, value: &str) -> Result<ServerSettings, Refusal> {
    let body = SetSetting { value: value.into() };
    t.call(who, Method::PUT, &format!("/settings/{name}"), Some(&body)).await
}

async fn reset(t: &Tracker, name: &str) -> Result<ServerSettings, Refusal> {
    t.call("root", Method::DELETE, &format!("/settings/{name}"), NOTHING).await
}

fn of<'a>(all: &'a ServerSettings, name: &str) -> &'a ServerSetting {
    all.settings.iter().find(|s| s.name == name).expect("a setting")
}

pub(crate) async fn settings_are_for_admins(t: &Tracker) {
    let told: ServerSettings = t.get("root", "/settings").await.expect("read");
    let listen = of(&told, "listen");
    assert_eq!((listen.source, listen.value.as_deref()), (SettingSource::Flag, Some("127.0.0.1:0")));
    assert!(!listen.live && of(&told, "history_days").live);
    let by_friend: Result<ServerSettings, Refusal> = t.get("ann", "/settings").await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
    assert_eq!(set(t, "ann", "history_days", "9").await.err(), Some(refusal(403, "forbidden")));
}

pub(crate) async fn a_setting_changes_while_the_tracker_serves_and_goes_back(t: &Tracker) {
    let told = set(t, "root", "direct_patch_above", " 128 ").await.expect("changed");
    let changed = of(&told, "direct_patch_above");
    assert_eq!((changed.value.as_deref(), changed.source), (Some("128"), SettingSource::Portal));
    assert_eq!((changed.given_by.as_deref(), changed.changed), (Some("root"), Some(t.app.records.now())));
    assert_eq!(t.app.live.now().direct_patch_above, 128_000_000, "at once");

    // Another tracker on the same database, and this one after a restart.
    let other = settings();
    assert_eq!(other.now().direct_patch_above, 1000);
    other.read(&t.app.records).await.expect("read");
    assert_eq!((other.now(), other.described()), (t.app.live.now(), told));

    t.pass(1);
    assert_eq!(reset(t, "direct_patch_above").await.expect("reset"), settings().described());
    assert_eq!(reset(t, "direct_patch_above").await.expect("reset again"), settings().described());
    other.read(&t.app.records).await.expect("read");
    assert_eq!((other.now(), t.app.live.now()), (settings().now(), settings().now()));
    let log: AuditLog = t.get("root", "/audit?action=setting").await.expect("the log");
    let noted: Vec<_> = log.entries.iter().map(|e| (e.action.as_str(), e.subject.as_str())).collect();
    assert_eq!(
        noted,
        [("setting.reset", "direct_patch_above"), ("setting.change", "direct_patch_above = 128")]
    );
}

pub(crate) async fn what_something_else_gives_is_locked_and_what_makes_no_sense_is_refused(t: &Tracker) {
    let long = "9".repeat(201);
    for (name, value, status, code) in [
        ("reverse_patches", "false", 409, "locked"),
        ("listen", "127.0.0.1:1", 409, "needs_restart"),
        ("steam_url", "http://127.0.0.1:1", 409, "needs_restart"),
        ("database", "postgres://x", 409, "needs_restart"),
        ("no_such_thing", "1", 404, "not_found"),
        ("history_days", "0", 400, "bad_setting"),
        ("history_days", "", 400, "bad_setting"),
        ("requests_per_minute", "59", 400, "bad_setting"),
        ("history_by_friend", "maybe", 400, "bad_setting"),
        ("upload_limit", long.as_str(), 400, "bad_setting"),
    ] {
        assert_eq!(set(t, "root", name, value).await.err(), Some(refusal(status, code)), "{name} {value}");
    }
    assert_eq!(reset(t, "reverse_patches").await.err(), Some(refusal(409, "locked")));
    assert_eq!(reset(t, "listen").await.err(), Some(refusal(409, "needs_restart")));
    assert_eq!(t.app.live.now(), settings().now());

    // What a newer release wrote, or one that took other values, is left alone.
    let mut tx = t.app.records.write().await.expect("a transaction");
    for (name, value) in [
        ("history_days", "many"),
        ("of_tomorrow", "1"),
        ("reverse_patches", "false"),
        ("upload_limit", "5MB"),
    ] {
        db::settings::set(&mut tx, name, value, "ann", t.app.records.now()).await.expect("written");
    }
    tx.commit().await.expect("committed");
    t.app.live.read(&t.app.records).await.expect("read");
    assert_eq!(
        t.app.live.now(),
        mist_tracker::live::Live { upload_limit: Some(5_000_000), ..settings().now() }
    );
    let told: ServerSettings = t.get("root", "/settings").await.expect("read");
    assert_eq!(of(&told, "history_days").source, SettingSource::Default, "and not said to be in force");
    assert_eq!(of(&told, "upload_limit").value.as_deref(), Some("5MB"));
}

pub(crate) async fn fewer_requests_are_let_in_as_soon_as_that_is_set(t: &Tracker) {
    set(t, "root", "requests_per_minute", "60").await.expect("changed");
    let mut refused = 0;
    for _ in 0..70 {
        let asked: Result<serde_json::Value, Refusal> =
            t.call_from("198.51.100.7", "ann", Method::GET, "/me", NOTHING).await;
        refused += u32::from(asked.is_err());
    }
    assert!((9..=11).contains(&refused), "{refused}");
    set(t, "root", "requests_per_minute", "0").await.expect("changed");
    let asked: Result<serde_json::Value, Refusal> =
        t.call_from("198.51.100.7", "ann", Method::GET, "/me", NOTHING).await;
    asked.expect("nobody is counted");
}

pub(crate) async fn friends_are_counted_only_if_they_may_be(t: &Tracker) {
    t.add_game("g", false).await;
    let report = |id: &str| TransferReport {
        id: id.into(),
        game: "g".parse().expect("slug"),
        operation: Operation::Install,
        from: None,
        to: "1.0".parse().expect("version"),
        bytes: BytesBySource { lan: 10, ..BytesBySource::default() },
        wire: None,
        finished: true,
    };
    set(t, "root", "history_by_friend", "false").await.expect("changed");
    t.post::<()>("ann", "/swarm/reports", &report("a")).await.expect("noted");
    let told: History = t.get("root", "/history?by=friend").await.expect("read");
    assert!(told.series.is_empty(), "{told:?}");
    set(t, "root", "history_by_friend", "true").await.expect("changed");
    t.post::<()>("ann", "/swarm/reports", &report("b")).await.expect("noted");
    let told: History = t.get("root", "/history?by=friend").await.expect("read");
    assert_eq!(told.series.len(), 1);
    let told: History = t.get("root", "/history?by=game").await.expect("read");
    assert_eq!(told.series[0].values.iter().flatten().sum::<u64>(), 20);
}
