//! Friends are the backup: what they could give back, and having it given back.

use axum::http::Method;
use mist_proto::http::{
    Announce, BuildList, ClaimedJob, GatherJob, Holding, Insurance, Job, JobFailed, JobResult, JobSpec,
    JobState, JobsBegun, Keeping, KeptBuild, OLDEST_LEVEL, Sampled, SeedLines,
};

use crate::{
    swarm::{announce, word},
    tracker::{NOTHING, Plan, Tracker, peer},
};

/// Game `g` with builds `1.0`, `2.0` and `3.0`; the second one is live.
async fn prepare(t: &Tracker) -> [Plan<'static>; 3] {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let first = Plan::first("g");
    let second = first.next("2.0", t.publish(&first).await);
    let third = second.next("3.0", t.publish(&second).await);
    t.publish(&third).await;
    let live = serde_json::json!({ "version": "2.0" });
    t.call::<()>("root", Method::PUT, "/games/g/live", Some(&live)).await.expect("set back");
    while t.work("seed").await.is_some() {}
    [first, second, third]
}

fn described(spec: &JobSpec) -> String {
    match spec {
        JobSpec::Gather(gather) => format!("gather {}", gather.version),
        JobSpec::Patch(patch) => format!("patch {} {}", patch.from, patch.to),
        JobSpec::Archive(archive) => format!("archive {}", archive.version),
        JobSpec::Sample(sample) => format!("sample {}", sample.version),
        other => other.kind().to_owned(),
    }
}

async fn begin(t: &Tracker, what: &str) -> Vec<Job> {
    let begun: JobsBegun =
        t.call("root", Method::POST, &format!("/games/g/{what}"), NOTHING).await.expect("begun");
    begun.jobs
}

/// A gather that ends well, of a store that has lost its archives.
async fn is_back(t: &Tracker, job: &ClaimedJob) {
    let JobSpec::Gather(GatherJob { version, .. }) = &job.spec else { panic!("{:?}", job.spec) };
    let kept = vec![KeptBuild { version: version.clone(), keeping: Keeping::Whole }];
    let (lease, said) = (job.lease.clone(), SeedLines::default());
    let result = JobResult { lease, blob: None, stored: None, kept, story: None, sampled: None, said };
    t.post::<()>("seed", &format!("/seed/jobs/{}/complete", job.id), &result).await.expect("noted");
}

async fn is_lost(t: &Tracker, job: &ClaimedJob) {
    let JobSpec::Gather(GatherJob { version, .. }) = &job.spec else { panic!("{:?}", job.spec) };
    let failed = JobFailed {
        lease: job.lease.clone(),
        error: "nobody has it".into(),
        retry: false,
        kept: vec![KeptBuild { version: version.clone(), keeping: Keeping::Lost }],
        said: SeedLines::default(),
    };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failed).await.expect("noted");
}

async fn kept(t: &Tracker) -> Vec<(String, Keeping)> {
    let list: BuildList = t.get("root", "/games/g/builds").await.expect("a list");
    list.builds.iter().map(|build| (build.version.to_string(), build.kept)).collect()
}

pub(crate) async fn builds_come_back_the_live_one_first_and_the_patches_between_them_after(t: &Tracker) {
    prepare(t).await;
    let begun = begin(t, "rebuild").await;
    let described_of = |jobs: &[Job]| jobs.iter().map(|job| described(&job.spec)).collect::<Vec<_>>();
    assert_eq!(described_of(&begun), ["gather 2.0", "gather 3.0", "gather 1.0"]);
    let ids = |jobs: &[Job]| jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&begin(t, "rebuild").await), ids(&begun), "what is under way is not begun twice");

    let mut order = Vec::new();
    while let Some(job) = t.claim("seed", None).await {
        order.push(described(&job.spec));
        match &job.spec {
            JobSpec::Gather(gather) if gather.version.as_str() == "1.0" => is_lost(t, &job).await,
            JobSpec::Gather(_) => is_back(t, &job).await,
            _ => t.complete("seed", &job).await.expect("done"),
        }
    }
    assert_eq!(order[0], "gather 2.0");
    let at = |what: &str| order.iter().position(|done| done == what);
    assert!(at("archive 2.0").is_some(), "the live build is packed again: {order:?}");
    assert!(at("archive 3.0").is_none(), "{order:?}");
    for patch in ["patch 2.0 3.0", "patch 3.0 2.0"] {
        assert!(at(patch) > at("gather 1.0"), "files come first: {order:?}");
    }
    let to_lost = order.iter().any(|done| done.starts_with("patch") && done.contains("1.0"));
    assert!(!to_lost, "there is no patch without both of its builds: {order:?}");
    let now: Vec<String> = described_of(&begin(t, "rebuild").await);
    assert_eq!(now.len(), 3, "it can be asked for as often as one likes");
}

pub(crate) async fn a_build_that_nobody_has_is_lost_and_can_be_asked_for_again(t: &Tracker) {
    prepare(t).await;
    begin(t, "rebuild").await;
    while let Some(job) = t.claim("seed", None).await {
        is_lost(t, &job).await;
    }
    assert!(kept(t).await.iter().all(|(_, kept)| *kept == Keeping::Lost), "{:?}", kept(t).await);
    let again = begin(t, "rebuild").await;
    let all: mist_proto::http::JobList = t.get("root", "/jobs").await.expect("a list");
    let gathers: Vec<_> = all.jobs.iter().filter(|job| matches!(job.spec, JobSpec::Gather(_))).collect();
    assert_eq!(gathers.len(), again.len(), "those that failed make way");
    assert!(gathers.iter().all(|job| job.state == JobState::Queued));
    while let Some(job) = t.claim("seed", None).await {
        match job.spec {
            JobSpec::Gather(_) => is_back(t, &job).await,
            _ => t.complete("seed", &job).await.expect("done"),
        }
    }
    assert!(kept(t).await.iter().all(|(_, kept)| *kept == Keeping::Whole), "{:?}", kept(t).await);
}

pub(crate) async fn what_friends_could_give_back_is_counted_and_proved(t: &Tracker) {
    let [first, second, third] = prepare(t).await;
    t.add_device("ann", &peer(1)).await;
    t.add_device("bob", &peer(2)).await;
    t.add_device("seed", &peer(3)).await;
    let has = |n, plans: &[&Plan<'_>]| Announce {
        holdings: plans
            .iter()
            .map(|plan| Holding {
                game: "g".parse().expect("slug"),
                blob: plan.archive(),
                pieces: 1,
                complete: true,
            })
            .collect(),
        ..word(&peer(n), "192.168.1.7:4000", first.archive())
    };
    announce(t, "ann", "203.0.113.5", &has(1, &[&second, &third])).await;
    announce(t, "bob", "198.51.100.1", &has(2, &[&second])).await;
    announce(t, "seed", "10.0.0.1", &has(3, &[&first, &second, &third])).await;
    let told: Insurance = t.get("root", "/games/g/insurance").await.expect("told");
    let seen: Vec<_> =
        told.builds.iter().map(|b| (b.version.as_str(), b.live, b.friends, b.copies, b.sampled)).collect();
    assert_eq!(
        seen,
        [("1.0", false, 0, 0.0, None), ("2.0", true, 2, 2.0, None), ("3.0", false, 1, 1.0, None)],
        "seeds are no friends"
    );
    assert!(t.get::<Insurance>("ann", "/games/g/insurance").await.is_err(), "friends are not told");

    let begun = begin(t, "samples").await;
    assert_eq!(
        begun.iter().map(|job| described(&job.spec)).collect::<Vec<_>>(),
        ["sample 2.0", "sample 3.0"]
    );
    while let Some(job) = t.claim("seed", None).await {
        let sampled = Some(Sampled { at: Default::default(), asked: 2, proved: 1 });
        let (lease, said) = (job.lease.clone(), SeedLines::default());
        let result = JobResult { lease, blob: None, stored: None, kept: vec![], story: None, sampled, said };
        t.post::<()>("seed", &format!("/seed/jobs/{}/complete", job.id), &result).await.expect("noted");
    }
    let told: Insurance = t.get("root", "/games/g/insurance").await.expect("told");
    let found: Vec<_> = told.builds.iter().map(|b| b.sampled.map(|s| (s.asked, s.proved))).collect();
    assert_eq!(found, [Some((0, 0)), Some((2, 1)), Some((2, 1))]);
    let now = t.app.records.now();
    assert!(told.builds.iter().all(|b| b.sampled.is_some_and(|s| s.at == now)), "the tracker has the time");
}

pub(crate) async fn a_seed_of_the_release_before_is_not_given_what_it_does_not_know(t: &Tracker) {
    prepare(t).await;
    begin(t, "rebuild").await;
    assert_eq!(t.claim_at_level(OLDEST_LEVEL, "seed", None).await, None);
    assert!(matches!(t.claim("seed", None).await, Some(ClaimedJob { spec: JobSpec::Gather(_), .. })));
}
