//! What is done for old builds when nobody waits, and how friends get them.

use axum::http::Method;
use mist_proto::http::{
    BuildList, DeleteJob, HttpsFormat, JobFailed, JobSpec, Keeping, KeptBuild, PatchJob, Push, SeedLines,
    SetLive, Sources, SourcesRequest, ThinJob,
};

use crate::{
    swarm::{announce, word},
    tracker::{NOTHING, Plan, Tracker, peer},
};

/// Publishes three builds, one after the other; returns the last one's plan, and the jobs that were made meanwhile.
async fn three_builds(t: &Tracker) -> ([Plan<'static>; 3], Vec<String>) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let one = Plan::first("g");
    let two = one.next("2.0", t.envelope(&one).0);
    let three = two.next("3.0", t.envelope(&two).0);
    let mut jobs = Vec::new();
    for plan in [&one, &two, &three] {
        let push = t.push(plan, true).await.expect("admitted");
        let path = format!("/pushes/{}/finish", push.id);
        t.call::<Push>("root", Method::POST, &path, NOTHING).await.expect("finished");
        jobs.extend(work_off(t).await);
    }
    ([one, two, three], jobs)
}

/// Does all jobs, well.
async fn work_off(t: &Tracker) -> Vec<String> {
    let mut done = Vec::new();
    while let Some(spec) = t.work("seed").await {
        done.push(describe(&spec));
    }
    done
}

fn describe(spec: &JobSpec) -> String {
    match spec {
        JobSpec::Patch(PatchJob { from, to, .. }) => format!("patch {from} {to}"),
        JobSpec::Thin(ThinJob { live, .. }) => format!("thin {}", live.as_ref().map_or("-", |v| v.as_str())),
        JobSpec::Delete(DeleteJob { version: Some(version), .. }) => format!("delete {version}"),
        other => other.kind().into(),
    }
}

fn kept(version: &str, keeping: Keeping) -> KeptBuild {
    KeptBuild { version: version.parse().expect("version"), keeping }
}

async fn set_live(t: &Tracker, version: &str) {
    let body = SetLive { version: version.parse().expect("version"), at: None };
    t.call::<()>("root", Method::PUT, "/games/g/live", Some(&body)).await.expect("live");
}

pub(crate) async fn patches_lead_back_before_depots_go(t: &Tracker) {
    let (_, jobs) = three_builds(t).await;
    let first = ["ingest", "archive"];
    let second = ["ingest", "patch 1.0 2.0", "archive", "patch 2.0 1.0"];
    let third = ["ingest", "patch 2.0 3.0", "archive", "patch 3.0 2.0", "thin 3.0"];
    assert_eq!(jobs, [&first[..], &second[..], &third[..]].concat());

    // A build in the middle goes: its neighbours become neighbours.
    t.call::<()>("root", Method::DELETE, "/games/g/builds/2.0", NOTHING).await.expect("removed");
    assert_eq!(work_off(t).await, ["delete 2.0", "patch 3.0 1.0"], "two builds stay whole anyway");
}

pub(crate) async fn a_patch_back_that_fails_holds_nothing_up(t: &Tracker) {
    let (plans, _) = three_builds(t).await;
    let four = plans[2].next("4.0", t.envelope(&plans[2]).0);
    let push = t.push(&four, true).await.expect("admitted");
    let path = format!("/pushes/{}/finish", push.id);
    t.call::<Push>("root", Method::POST, &path, NOTHING).await.expect("finished");
    for _ in 0..3 {
        t.work("seed").await.expect("ingest, patch, archive");
    }
    let job = t.claim("seed", None).await.expect("the patch back");
    assert_eq!(describe(&job.spec), "patch 4.0 3.0");
    let said = SeedLines::default();
    let failure =
        JobFailed { lease: job.lease.clone(), error: "no".into(), retry: false, kept: vec![], said };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failure).await.expect("noted");
    assert_eq!(work_off(t).await, ["thin 4.0"], "what can go goes all the same");
    set_live(t, "3.0").await;
    assert_eq!(work_off(t).await, ["thin 3.0"], "it is not begun again by itself");
}

pub(crate) async fn an_archive_without_a_depot_is_made_before_it_is_named(t: &Tracker) {
    let (plans, _) = three_builds(t).await;
    set_live(t, "2.0").await;
    let thin = t.claim("seed", None).await.expect("the thinning");
    assert_eq!(describe(&thin.spec), "thin 2.0");
    let told = vec![kept("1.0", Keeping::Reverse), kept("2.0", Keeping::Whole), kept("9.9", Keeping::Lost)];
    t.complete_with("seed", &thin, told).await.expect("done");
    let list: BuildList = t.get("ann", "/games/g/builds").await.expect("a list");
    let seen: Vec<_> = list.builds.iter().map(|b| b.kept.as_str()).collect();
    assert_eq!(seen, ["reverse", "whole", "whole"]);

    for (who, n) in [("ann", 1), ("bob", 2), ("seed", 3)] {
        t.add_device(who, &peer(n)).await;
    }
    let blob = plans[0].archive();
    let sources = async |own: u8| -> Sources {
        let ask = SourcesRequest { game: "g".parse().expect("slug"), blob, peer: Some(peer(own)) };
        t.call_from("192.0.2.1", "ann", Method::POST, "/swarm/sources", Some(&ask)).await.expect("sources")
    };
    for _ in 0..2 {
        let found = sources(1).await;
        assert!(found.preparing && found.https.is_empty(), "{found:?}");
    }
    assert_eq!(work_off(t).await, ["archive"], "one job, though one was done before");
    announce(t, "seed", "127.0.0.1", &word(&peer(3), "0.0.0.0:8443", blob)).await;
    let found = sources(1).await;
    assert!(!found.preparing, "{found:?}");
    assert_eq!(
        found.https.iter().map(|h| h.format).collect::<Vec<_>>(),
        [HttpsFormat::Zst, HttpsFormat::Raw]
    );

    // The seed's cache made room, but a friend has it.
    let gone = mist_proto::http::Announce { holdings: vec![], ..word(&peer(3), "0.0.0.0:8443", blob) };
    announce(t, "seed", "127.0.0.1", &gone).await;
    announce(t, "bob", "192.0.2.1", &word(&peer(2), "192.168.1.7:4000", blob)).await;
    let found = sources(1).await;
    assert!(!found.preparing && found.https.is_empty(), "{found:?}");
    assert!(t.work("seed").await.is_none());

    // An old build that is live again gets its files back.
    set_live(t, "1.0").await;
    assert_eq!(work_off(t).await, ["thin 1.0"]);
}
