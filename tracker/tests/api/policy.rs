//! Builds that the server prunes by itself.

use axum::http::Method;
use mist_proto::http::{
    AuditLog, BuildList, DefaultPolicy, DeleteJob, GamePolicy, JobList, JobSpec, JobState, KeepPolicy,
    PolicyPreview, PolicySource, SetGamePolicy, SetLive,
};
use mist_tracker::builds::policy;

use crate::tracker::{Plan, Refusal, Tracker, refusal};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn keep(keep_newest: u32, keep_days: Option<u32>) -> KeepPolicy {
    KeepPolicy { keep_newest, keep_days }
}

/// A game with builds 1.0, 2.0 and so on; the last one is live, and is what comes back.
async fn game_with(t: &Tracker, game: &'static str, builds: u64) -> Plan<'static> {
    t.add_game(game, false).await;
    let mut plan = Plan::first(game);
    let mut id = t.publish(&plan).await;
    for version in &["2.0", "3.0", "4.0"][..usize::try_from(builds - 1).expect("small")] {
        plan = plan.next(version, id);
        id = t.publish(&plan).await;
    }
    plan
}

/// Two games; the newest build of the first one comes back.
async fn prepare(t: &Tracker) -> Plan<'static> {
    t.register_key().await;
    t.add_seed("seed").await;
    game_with(t, "doom", 3).await;
    game_with(t, "quake", 4).await
}

async fn set_default(t: &Tracker, policy: Option<KeepPolicy>) -> Result<DefaultPolicy, Refusal> {
    t.call("root", Method::PUT, "/policy", Some(&DefaultPolicy { policy })).await
}

async fn set(
    t: &Tracker,
    game: &str,
    follows: PolicySource,
    own: Option<KeepPolicy>,
) -> Result<GamePolicy, Refusal> {
    let body = SetGamePolicy { follows, own };
    t.call("root", Method::PUT, &format!("/games/{game}/policy"), Some(&body)).await
}

async fn left(t: &Tracker, game: &str) -> Vec<String> {
    let list: BuildList = t.get("root", &format!("/games/{game}/builds")).await.expect("builds");
    list.builds.iter().map(|build| build.version.to_string()).collect()
}

/// What the upkeep does, every few seconds.
async fn tick(t: &Tracker) {
    policy::prune_when_due(&(&*t.app).into()).await.expect("pruned");
}

/// What the server has noted of itself, the oldest first.
async fn own_acts(t: &Tracker) -> Vec<(String, String)> {
    let log: AuditLog = t.get("root", "/audit?actor=the%20server").await.expect("a log");
    log.entries.into_iter().rev().map(|entry| (entry.action, entry.subject)).collect()
}

pub(crate) async fn the_server_prunes_by_policy_once_a_day_and_after_a_build_went_live(t: &Tracker) {
    prepare(t).await;
    tick(t).await;
    assert_eq!(left(t, "quake").await.len(), 4, "nothing goes unless somebody wants it");
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!((of.follows, of.default, of.in_force()), (PolicySource::Default, None, None));

    set(t, "quake", PolicySource::Own, Some(keep(2, None))).await.expect("set");
    assert_eq!(left(t, "quake").await.len(), 4, "setting it removes nothing yet");
    tick(t).await;
    assert_eq!(left(t, "quake").await, ["3.0", "4.0"]);
    assert_eq!(left(t, "doom").await.len(), 3, "the other game has no policy");
    let mut deleted = Vec::new();
    while let Some(spec) = t.work("seed").await {
        if let JobSpec::Delete(DeleteJob { version, .. }) = spec {
            deleted.extend(version.map(|v| v.to_string()));
        }
    }
    assert_eq!(deleted, ["1.0", "2.0"], "as if an admin had pruned");
    let wanted = [
        ("game.prune", "quake 2 builds, keeping newest 2"),
        ("build.remove", "quake@1.0"),
        ("build.remove", "quake@2.0"),
    ];
    let wanted = wanted.map(|(action, subject)| (action.to_owned(), subject.to_owned()));
    let mut acts = own_acts(t).await;
    acts.sort_by_key(|(action, subject)| (action != "game.prune", subject.clone()));
    assert_eq!(acts, wanted, "it is the server's own act");
    let jobs = t.get::<JobList>("root", "/jobs").await.expect("jobs").jobs;
    let pruning: Vec<_> = jobs.iter().filter(|job| matches!(job.spec, JobSpec::Prune(_))).collect();
    assert!(matches!(pruning[..], [job] if job.state == JobState::Done), "{pruning:?}");

    // Only once a day, unless another build goes live.
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!(of.pruned, Some(t.app.records.now()));
    let live = SetLive { version: "3.0".parse().expect("version"), at: None };
    t.call::<()>("root", Method::PUT, "/games/quake/live", Some(&live)).await.expect("live");
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!(of.pruned, None, "due at once");
    tick(t).await;
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    let first = of.pruned.expect("pruned");
    t.pass(DAY - 1);
    t.login("root").await;
    tick(t).await;
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!(of.pruned, Some(first), "not again within a day");
    t.pass(1);
    tick(t).await;
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!(of.pruned, Some(first.plus_millis(DAY)));
    assert_eq!(left(t, "quake").await, ["3.0", "4.0"], "nothing more to go");
}

pub(crate) async fn a_policy_for_all_games_counts_where_there_is_no_other(t: &Tracker) {
    prepare(t).await;
    game_with(t, "myst", 3).await;
    for bad in [keep(0, None), keep(1, Some(40_000))] {
        assert_eq!(set_default(t, Some(bad)).await.err(), Some(refusal(400, "bad_policy")));
        let refused = set(t, "quake", PolicySource::Own, Some(bad)).await;
        assert_eq!(refused.err(), Some(refusal(400, "bad_policy")));
    }
    let bad_policy = Some(refusal(400, "bad_policy"));
    assert_eq!(set(t, "quake", PolicySource::Own, None).await.err(), bad_policy);
    assert_eq!(set(t, "quake", PolicySource::Never, Some(keep(1, None))).await.err(), bad_policy);
    let unknown = set(t, "unknown", PolicySource::Never, None).await;
    assert_eq!(unknown.err(), Some(refusal(404, "not_found")));

    set(t, "doom", PolicySource::Never, None).await.expect("set");
    set(t, "myst", PolicySource::Own, Some(keep(2, None))).await.expect("set");
    let asked = DefaultPolicy { policy: Some(keep(1, Some(2))) };
    let young: PolicyPreview = t.post("root", "/policy/preview", &asked).await.expect("a preview");
    assert_eq!(young, PolicyPreview::default(), "all are young");
    t.pass(3 * DAY);
    for who in ["root", "ann"] {
        t.login(who).await;
    }
    let would: PolicyPreview = t.post("root", "/policy/preview", &asked).await.expect("a preview");
    let would: Vec<_> = would.games.iter().map(|g| (g.game.as_str(), g.removed.len())).collect();
    assert_eq!(would, [("quake", 3)], "games with another policy are not named");
    tick(t).await;
    assert_eq!(left(t, "quake").await.len(), 4, "a preview changes nothing");

    assert_eq!(set_default(t, asked.policy).await.expect("set"), asked);
    let shown: DefaultPolicy = t.get("root", "/policy").await.expect("the policy");
    assert_eq!(shown, asked);
    tick(t).await;
    assert_eq!(left(t, "quake").await, ["4.0"]);
    assert_eq!((left(t, "doom").await.len(), left(t, "myst").await.len()), (3, 2));

    // A game that goes by it again is due at once.
    set(t, "doom", PolicySource::Default, None).await.expect("set");
    tick(t).await;
    assert_eq!(left(t, "doom").await, ["3.0"]);
    assert_eq!(set_default(t, None).await.expect("set"), DefaultPolicy::default());
    let of: GamePolicy = t.get("root", "/games/quake/policy").await.expect("a policy");
    assert_eq!(of.in_force(), None);
    for path in ["/policy", "/games/quake/policy"] {
        assert_eq!(t.get::<GamePolicy>("ann", path).await.err(), Some(refusal(403, "forbidden")));
    }
}

/// A push that failed blocks the next one until it is mended or removed: no policy may take it away.
pub(crate) async fn a_policy_leaves_unfinished_pushes_alone(t: &Tracker) {
    let newest = prepare(t).await;
    let next = newest.next("5.0", t.envelope(&newest).0);
    t.push(&next, true).await.expect("admitted");
    set(t, "quake", PolicySource::Own, Some(keep(1, None))).await.expect("set");
    tick(t).await;
    assert_eq!(left(t, "quake").await, ["4.0", "5.0"]);
}
