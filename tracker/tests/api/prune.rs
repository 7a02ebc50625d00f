//! Old builds that go by a policy, and those that stay.

use axum::http::Method;
use mist_proto::http::{
    Build, BuildList, DeleteJob, EditBuild, Job, JobSpec, JobState, KeepReason, PruneRequest, Pruned,
};

use crate::{
    accounts::by_cookie,
    browsers::cookie_of,
    tracker::{NOTHING, Plan, Refusal, Tracker, refusal},
};

async fn five_builds(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    let mut plan = Plan::first("quake");
    let mut id = t.publish(&plan).await;
    for version in ["2.0", "3.0", "4.0", "5.0"] {
        t.pass(1000);
        plan = plan.next(version, id);
        id = t.publish(&plan).await;
    }
}

async fn prune(
    t: &Tracker,
    keep_newest: u32,
    keep_days: Option<u32>,
    dry_run: bool,
) -> Result<Pruned, Refusal> {
    t.post("root", "/games/quake/prune", &PruneRequest { keep_newest, keep_days, dry_run }).await
}

fn gone(pruned: &Pruned) -> Vec<&str> {
    pruned.removed.iter().map(|v| v.as_str()).collect()
}

pub(crate) async fn what_is_pinned_or_live_stays_and_the_rest_goes_once(t: &Tracker) {
    five_builds(t).await;
    assert_eq!(prune(t, 0, None, true).await, Err(refusal(400, "bad_policy")));
    let pin = EditBuild { notes: None, pinned: Some(true) };
    let pinned: Build =
        t.call("root", Method::PATCH, "/games/quake/builds/1.0", Some(&pin)).await.expect("pinned");
    assert!(pinned.pinned);
    let removed = t.call::<()>("root", Method::DELETE, "/games/quake/builds/1.0", NOTHING).await;
    assert_eq!(removed, Err(refusal(409, "is_pinned")));

    assert_eq!(gone(&prune(t, 1, Some(10), true).await.expect("said")), [""; 0], "all are young");
    let said = prune(t, 2, None, true).await.expect("said");
    assert_eq!(gone(&said), ["2.0", "3.0"]);
    let why: Vec<KeepReason> = said.kept.iter().map(|k| k.reason).collect();
    assert_eq!(why, [KeepReason::Pinned, KeepReason::Newest, KeepReason::Live]);
    let before: BuildList = t.get("root", "/games/quake/builds").await.expect("builds");
    assert_eq!(before.builds.len(), 5, "a dry run changes nothing");

    // A browser is shown what would go, and gives its password again before it does.
    let cookie = cookie_of(t, "root").await;
    t.pass(5 * 60 * 1000 + 1);
    let by_browser = async |dry_run| -> Result<Pruned, Refusal> {
        let asked = PruneRequest { keep_newest: 2, keep_days: None, dry_run };
        by_cookie(t, &cookie, Method::POST, "/games/quake/prune", Some(&asked)).await
    };
    assert_eq!(by_browser(true).await.expect("shown"), said);
    assert_eq!(by_browser(false).await, Err(refusal(403, "confirm_password")));

    assert_eq!(prune(t, 2, None, false).await.expect("done"), said);
    assert_eq!(gone(&prune(t, 2, None, false).await.expect("done")), [""; 0]);
    let after: BuildList = t.get("root", "/games/quake/builds").await.expect("builds");
    let left: Vec<&str> = after.builds.iter().map(|b| b.version.as_str()).collect();
    assert_eq!(left, ["1.0", "4.0", "5.0"]);
    let mut deleted = Vec::new();
    while let Some(spec) = t.work("seed").await {
        if let JobSpec::Delete(DeleteJob { version, .. }) = spec {
            deleted.extend(version.map(|v| v.to_string()));
        }
    }
    assert_eq!(deleted, ["2.0", "3.0"], "the seed makes whole what only they led to, one after another");
}

pub(crate) async fn a_job_is_cancelled_and_run_again(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    let push = t.push(&Plan::first("quake"), true).await.expect("admitted");
    let finish = format!("/pushes/{}/finish", push.id);
    t.call::<serde_json::Value>("root", Method::POST, &finish, NOTHING).await.expect("finished");
    let job = t.claim("seed", None).await.expect("a job");
    let path = format!("/jobs/{}/cancel", job.id);
    let ended: Job = t.call("root", Method::POST, &path, NOTHING).await.expect("cancelled");
    assert_eq!((ended.state, ended.error.as_deref()), (JobState::Failed, Some("cancelled by root")));
    assert_eq!(t.complete("seed", &job).await, Err(refusal(409, "lease_lost")), "who works on it stops");
    assert_eq!(t.call::<Job>("root", Method::POST, &path, NOTHING).await, Err(refusal(409, "not_open")));
    let again = format!("/jobs/{}/retry", job.id);
    t.call::<Job>("root", Method::POST, &again, NOTHING).await.expect("queued");
    while t.work("seed").await.is_some() {}
    let list: BuildList = t.get("ann", "/games/quake/builds").await.expect("builds");
    assert!(list.builds[0].live);
}
