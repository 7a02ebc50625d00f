//! From a signed manifest to a live build, and what can go wrong between.

use axum::http::Method;
use mist_proto::{
    Manifest,
    claims::{Allow, CapabilityClaims},
    http::{
        BuildList, BuildState, ClaimedJob, DeleteJob, Game, IngestJob, Job, JobFailed, JobList, JobProgress,
        JobSpec, JobState, LeaseState, PatchJob, Push, RegisterReleaseKey, Seal, SeedLines, SetLive, Trust,
    },
    key::{KeyRotation, ReleaseSecret},
    publishers::{Publisher, Publishers},
};
use mist_tracker::{
    clock::Clock,
    db::{
        self,
        jobs::{self, JobRow, NewJob},
    },
    jobs::{
        lease::{LEASE_MILLIS, MAX_ATTEMPTS},
        queue,
    },
};

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

async fn prepare(t: &Tracker) -> Plan<'static> {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    Plan::first("g")
}

async fn finish(t: &Tracker, push: &Push) -> Push {
    let path = format!("/pushes/{}/finish", push.id);
    t.call("root", Method::POST, &path, NOTHING).await.expect("finished")
}

async fn look(t: &Tracker, push: &Push) -> Push {
    t.get("root", &format!("/pushes/{}", push.id)).await.expect("a push")
}

async fn builds(t: &Tracker, who: &str) -> BuildList {
    t.get(who, "/games/g/builds").await.expect("a list")
}

async fn fail(t: &Tracker, job: &ClaimedJob, retry: bool) {
    let failure = JobFailed {
        lease: job.lease.clone(),
        error: "the disk is on fire".into(),
        retry,
        kept: vec![],
        said: SeedLines::default(),
    };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failure).await.expect("noted");
}

pub(crate) async fn a_push_becomes_live(t: &Tracker) {
    let plan = prepare(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    assert_eq!((push.state, push.live, push.resumed), (BuildState::Uploading, false, false));
    let access = push.upload.clone().expect("somewhere to upload to");
    assert_eq!(access.base, format!("/seed/v1/uploads/{}", push.id));
    let cap: CapabilityClaims =
        t.app.signing.key.verify(&access.cap, t.app.records.now()).expect("a capability");
    assert_eq!(cap.allow, Allow::Upload { push: push.id.clone(), game: "g".parse().expect("slug") });
    assert!(t.push(&plan, true).await.expect("admitted").resumed, "the same envelope goes on");
    assert!(t.claim("seed", None).await.is_none(), "no work before the upload is finished");

    let finished = finish(t, &push).await;
    assert_eq!((finished.state, finished.jobs.len()), (BuildState::Processing, 1));
    assert!(finished.upload.is_none());
    assert!(builds(t, "ann").await.builds.is_empty(), "friends see ready builds only");
    assert!(
        matches!(t.work("seed").await, Some(JobSpec::Ingest(IngestJob { push: id, .. })) if id == push.id)
    );
    let ready = look(t, &push).await;
    assert_eq!((ready.state, ready.live), (BuildState::Ready, true));
    assert!(matches!(t.work("seed").await, Some(JobSpec::Archive(_))), "the archive is made after");
    assert!(t.work("seed").await.is_none());

    let second = plan.next("2.0", t.envelope(&plan).0);
    t.publish(&second).await;
    let third = Plan { floor: 2, ..second.next("3.0", t.envelope(&second).0) };
    let push = t.push(&third, false).await.expect("admitted");
    let finished = finish(t, &push).await;
    assert!(
        matches!(&finished.jobs[1].spec, JobSpec::Patch(PatchJob { from, .. }) if from.as_str() == "2.0")
    );
    while t.work("seed").await.is_some() {}
    let list = builds(t, "ann").await.builds;
    let seen: Vec<_> = list.iter().map(|b| (b.version.as_str(), b.live, b.patches.len())).collect();
    let expected = [("1.0", false, 1), ("2.0", true, 2), ("3.0", false, 1)];
    assert_eq!(seen, expected, "pushed, but not live; patches lead back, too");
    assert_eq!(list[0].archive_stored, Some(7));
    let game: Game = t.get("ann", "/games/g").await.expect("a game");
    assert_eq!(game.live.map(|v| v.to_string()).as_deref(), Some("2.0"));

    // The live build is not the one before: friends on either get a patch.
    let fourth = third.next("4.0", t.envelope(&third).0);
    let push = t.push(&fourth, true).await.expect("admitted");
    assert_eq!(finish(t, &push).await.jobs.len(), 3, "the ingest and two patches");
}

pub(crate) async fn one_of_two_pushes_wins(t: &Tracker) {
    let plan = prepare(t).await;
    let other = Plan { version: "1.0-other", ..plan };
    let (a, b) = tokio::join!(t.push(&plan, true), t.push(&other, true));
    let lost = [&a, &b].into_iter().filter_map(|r| r.as_ref().err()).collect::<Vec<_>>();
    assert_eq!(lost, [&refusal(409, "push_in_progress")]);
    let won = if a.is_ok() { &plan } else { &other };
    t.publish(won).await;
    let list = builds(t, "ann").await.builds;
    assert_eq!(list.len(), 1);
    let late = if a.is_ok() { &other } else { &plan };
    assert_eq!(t.push(late, true).await.err(), Some(refusal(409, "sequence_taken")));
    let same_version = Plan { floor: 1, ..*won };
    assert_eq!(t.push(&same_version, true).await.err(), Some(refusal(409, "version_exists")));
    assert_eq!(t.push(&Plan::first("h"), true).await.err(), Some(refusal(404, "not_found")));
    t.add_game("h", false).await;
    let wrong = t.upload::<Push>("root", "/games/h/pushes", t.envelope(&plan).1).await;
    assert_eq!(wrong.err(), Some(refusal(400, "wrong_game")));
}

pub(crate) async fn a_failed_push_can_be_retried_or_removed(t: &Tracker) {
    let plan = prepare(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    finish(t, &push).await;
    let job = t.claim("seed", None).await.expect("the ingest");
    fail(t, &job, false).await;
    let failed = look(t, &push).await;
    assert_eq!((failed.state, failed.jobs[0].state), (BuildState::Failed, JobState::Failed));
    assert_eq!(failed.jobs[0].error.as_deref(), Some("the disk is on fire"));
    assert!(failed.upload.is_some(), "chunks may come again");

    let job: Job = t
        .call("root", Method::POST, &format!("/jobs/{}/retry", job.id), NOTHING)
        .await
        .expect("queued again");
    assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
    assert_eq!(look(t, &push).await.state, BuildState::Processing);
    let again = t.call::<Job>("root", Method::POST, &format!("/jobs/{}/retry", job.id), NOTHING).await;
    assert_eq!(again.err(), Some(refusal(409, "not_failed")));

    let job = t.claim("seed", None).await.expect("the ingest");
    fail(t, &job, false).await;
    assert_eq!(finish(t, &push).await.state, BuildState::Processing, "finishing again tries again");
    let job = t.claim("seed", None).await.expect("the ingest");
    fail(t, &job, false).await;
    t.call::<()>("root", Method::DELETE, "/games/g/builds/1.0", NOTHING).await.expect("removed");
    assert!(matches!(t.work("seed").await, Some(JobSpec::Delete(DeleteJob { version: Some(_), .. }))));
    let other = Plan { floor: 1, ..plan };
    t.publish(&other).await;
    assert_eq!(builds(t, "ann").await.builds[0].manifest_id, t.envelope(&other).0, "the version came again");
}

pub(crate) async fn a_patch_that_can_not_be_made_keeps_no_build_back(t: &Tracker) {
    let plan = prepare(t).await;
    t.publish(&plan).await;
    while t.work("seed").await.is_some() {}
    let second = plan.next("2.0", t.envelope(&plan).0);
    let push = t.push(&second, true).await.expect("admitted");
    finish(t, &push).await;
    assert!(matches!(t.work("seed").await, Some(JobSpec::Ingest(_))));
    let patch = t.claim("seed", None).await.expect("the patch");
    assert!(matches!(patch.spec, JobSpec::Patch(_)));
    assert_eq!(look(t, &push).await.state, BuildState::Processing, "it may still be made");
    fail(t, &patch, false).await;
    let ready = look(t, &push).await;
    assert_eq!((ready.state, ready.live), (BuildState::Ready, true), "friends take pieces");
    assert_eq!(builds(t, "ann").await.builds[1].patches.len(), 0);

    // Once the cause is mended, the patch comes after all.
    let path = format!("/jobs/{}/retry", patch.id);
    t.call::<Job>("root", Method::POST, &path, NOTHING).await.expect("queued again");
    while t.work("seed").await.is_some() {}
    let ready = look(t, &push).await;
    assert_eq!((ready.state, ready.live), (BuildState::Ready, true));
    assert_eq!(builds(t, "ann").await.builds[1].patches.len(), 1);
}

pub(crate) async fn leases_expire_and_attempts_end(t: &Tracker) {
    let plan = prepare(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    finish(t, &push).await;
    let job = t.claim("seed", None).await.expect("the ingest");
    assert!(t.claim("seed", None).await.is_none(), "one holds it");
    let path = format!("/seed/jobs/{}/progress", job.id);
    let progress = |lease: &str| JobProgress {
        lease: lease.into(),
        stage: "hashing".into(),
        done: 1,
        total: 2,
        said: SeedLines::default(),
    };
    t.pass(LEASE_MILLIS - 1);
    t.post::<LeaseState>("seed", &path, &progress(&job.lease)).await.expect("renewed");
    t.pass(LEASE_MILLIS - 1);
    assert!(t.claim("seed", None).await.is_none(), "renewed");
    let shown = &look(t, &push).await.jobs[0];
    assert_eq!((shown.stage.as_str(), shown.done, shown.total), ("hashing", 1, 2));
    let lost = Some(refusal(409, "lease_lost"));
    assert_eq!(t.post::<LeaseState>("seed", &path, &progress("x")).await.err(), lost);
    t.add_seed("other").await;
    assert_eq!(t.post::<LeaseState>("other", &path, &progress(&job.lease)).await.err(), lost);

    t.pass(2);
    assert!(t.claim("seed", None).await.is_none(), "expired, and its back-off has begun");
    assert_eq!(t.post::<LeaseState>("seed", &path, &progress(&job.lease)).await.err(), lost);
    assert_eq!(t.complete("seed", &job).await.err(), lost, "too late");
    for (attempt, wait) in (2..=MAX_ATTEMPTS).zip([2000, 8000, 32_000, 128_000]) {
        t.pass(wait - 1);
        assert!(t.claim("seed", None).await.is_none(), "not yet");
        t.pass(1);
        let job = t.claim("seed", None).await.unwrap_or_else(|| panic!("attempt {attempt}"));
        fail(t, &job, true).await;
    }
    t.pass(200_000);
    assert!(t.claim("seed", None).await.is_none(), "given up");
    assert_eq!(look(t, &push).await.state, BuildState::Failed);
    let jobs: JobList = t.get("root", "/jobs").await.expect("a list");
    assert_eq!((jobs.jobs.len(), jobs.jobs[0].attempts), (1, MAX_ATTEMPTS));
}

/// A worker that was away so long that its job went to another comes back, when nobody looks before the statement.
pub(crate) async fn who_lost_the_lease_changes_nothing(t: &Tracker) {
    let plan = prepare(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    finish(t, &push).await;
    let first = t.claim("seed", None).await.expect("the ingest");
    t.pass(LEASE_MILLIS);
    assert!(t.claim("seed", None).await.is_none(), "expired, and its back-off has begun");
    t.pass(2000);
    let second = t.claim("seed", None).await.expect("given out again");
    assert_eq!((&second.id, second.lease == first.lease), (&first.id, false));
    let (id, now) = (second.id.as_str(), t.clock.now());
    let look = async || {
        let mut tx = t.app.records.db.read().await.expect("a transaction");
        jobs::by_id(&mut tx, id).await.expect("a row").expect("the job")
    };
    let before = look().await;
    let late = JobRow { lease: Some(first.lease.clone()), ..before.clone() };

    let mut tx = t.app.records.db.write().await.expect("a transaction");
    let until = now.plus_millis(LEASE_MILLIS);
    let step = ("late", 1, 1);
    assert!(!jobs::complete(&mut tx, id, &first.lease, now).await.expect("a statement"));
    assert!(!jobs::end_attempt(&mut tx, &late, None, "late", None, now).await.expect("a statement"));
    assert!(!jobs::give_back(&mut tx, &late, now).await.expect("a statement"));
    assert!(!jobs::progress(&mut tx, id, &first.lease, step, until, now).await.expect("a statement"));
    assert!(!jobs::retry(&mut tx, id, now).await.expect("a statement"), "it has not failed");
    // Whoever found the lease over before it was renewed.
    let silent = jobs::end_attempt(&mut tx, &before, Some(now), "silent", None, now);
    assert!(!silent.await.expect("a statement"));
    tx.commit().await.expect("nothing to commit");
    assert_eq!(look().await, before);

    assert_eq!(t.complete("seed", &first).await.err(), Some(refusal(409, "lease_lost")));
    let late = "late".into();
    let failed = JobFailed {
        lease: first.lease.clone(),
        error: late,
        retry: false,
        kept: vec![],
        said: SeedLines::default(),
    };
    let kept = before;
    let told: Result<(), Refusal> = t.post("seed", &format!("/seed/jobs/{id}/fail"), &failed).await;
    assert_eq!((told.err(), look().await), (Some(refusal(409, "lease_lost")), kept));
    t.complete("seed", &second).await.expect("done");
    assert_eq!(t.complete("seed", &second).await.err(), Some(refusal(409, "lease_lost")), "only once");
}

pub(crate) async fn a_restarted_seed_gets_its_jobs_back_at_once(t: &Tracker) {
    let plan = prepare(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    finish(t, &push).await;
    let before = t.claim("seed", Some("run 1")).await.expect("the ingest");
    assert!(t.claim("seed", Some("run 1")).await.is_none(), "the same run holds it");
    let after = t.claim("seed", Some("run 2")).await.expect("given out again");
    assert_eq!(before.id, after.id);
    assert_eq!(look(t, &push).await.jobs[0].attempts, 1, "being killed is no attempt");
    assert!(t.complete("seed", &before).await.is_err());
    t.complete("seed", &after).await.expect("done");
}

pub(crate) async fn only_the_release_key_publishes(t: &Tracker) {
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let plan = Plan::first("g");
    assert_eq!(t.push(&plan, true).await.err(), Some(refusal(409, "no_release_key")));
    t.register_key().await;
    t.register_key().await;
    let other = ReleaseSecret::from_seed(&[8; 32]);
    let taken = t.post::<Trust>("root", "/release-key", &RegisterReleaseKey { key: other.public() }).await;
    assert_eq!(taken.err(), Some(refusal(409, "key_exists")));
    let forged = plan.manifest().sign(&other).expect("sound").envelope().to_vec();
    let push = |bytes| t.upload::<Push>("root", "/games/g/pushes", bytes);
    assert_eq!(push(forged).await.err(), Some(refusal(403, "wrong_key")));
    let mut altered = t.envelope(&plan).1;
    if let Some(last) = altered.last_mut() {
        *last ^= 1;
    }
    assert_eq!(push(altered).await.err(), Some(refusal(400, "bad_manifest")));
    assert_eq!(push(b"junk".to_vec()).await.err(), Some(refusal(400, "bad_manifest")));
    assert!(Manifest::decode(&t.envelope(&plan).1[104..]).is_ok(), "the manifest itself is sound");
}

pub(crate) async fn rotation_hands_the_release_key_over(t: &Tracker) {
    let plan = prepare(t).await;
    let (second, stranger) = (ReleaseSecret::from_seed(&[8; 32]), ReleaseSecret::from_seed(&[7; 32]));
    let rotate = |r: KeyRotation| t.upload::<Trust>("root", "/release-key/rotations", r.encode());
    let foreign = rotate(KeyRotation::sign(&stranger, &second)).await;
    assert_eq!(foreign.err(), Some(refusal(409, "key_exists")));
    let rotation = KeyRotation::sign(&t.release, &second);
    let trust = rotate(rotation.clone()).await.expect("handed over");
    assert_eq!((trust.release_key, trust.rotations.len()), (Some(second.public()), 1));
    rotate(rotation.clone()).await.expect("again changes nothing");
    let mut bad = rotation.encode();
    bad[191] ^= 1;
    let refused = t.upload::<Trust>("root", "/release-key/rotations", bad).await;
    assert_eq!(refused.err(), Some(refusal(400, "bad_rotation")));
    assert_eq!(t.push(&plan, true).await.err(), Some(refusal(403, "wrong_key")), "the old key is over");
    let envelope = plan.manifest().sign(&second).expect("sound").envelope().to_vec();
    t.upload::<Push>("root", "/games/g/pushes", envelope).await.expect("the new key signs");
}

pub(crate) async fn publishers_sign_builds_for_as_long_as_the_release_key_says(t: &Tracker) {
    let plan = prepare(t).await;
    let (ben, cara, stranger) = (secret(21), secret(22), secret(7));
    let list = |by: &ReleaseSecret, serial, all: &[(&str, &ReleaseSecret, bool)]| {
        let entry = |&(name, key, may_publish): &(&str, &ReleaseSecret, bool)| Publisher {
            name: name.parse().expect("a name"),
            key: key.public(),
            may_publish,
        };
        Publishers::sign(by, serial, all.iter().map(entry).collect()).expect("a list").encode()
    };
    let set = async |who: &str, bytes: Vec<u8>| -> Result<Trust, Refusal> {
        t.upload_by(Method::PUT, who, "/release-key/publishers", bytes).await
    };
    let push = async |plan: &Plan<'_>, key: &ReleaseSecret| -> Result<Push, Refusal> {
        let bytes = plan.manifest().sign(key).expect("sound").envelope().to_vec();
        t.upload("root", "/games/g/pushes?live=true", bytes).await
    };
    assert_eq!(push(&plan, &ben).await.err(), Some(refusal(403, "wrong_key")));

    assert_eq!(
        set("root", list(&stranger, 1, &[("ben", &ben, true)])).await.err(),
        Some(refusal(409, "key_exists"))
    );
    assert_eq!(set("root", b"junk".to_vec()).await.err(), Some(refusal(400, "bad_publishers")));
    let first = list(&t.release, 1, &[("ben", &ben, true), ("cara", &cara, false)]);
    assert_eq!(set("ann", first.clone()).await.err(), Some(refusal(403, "forbidden")));
    let trust = set("root", first.clone()).await.expect("taken");
    assert!(trust.publishers().is_some_and(|list| list.lets_publish(&ben.public())));
    set("root", first).await.expect("again changes nothing");
    let other = list(&t.release, 1, &[]);
    assert_eq!(set("root", other).await.err(), Some(refusal(409, "publishers_changed")));

    for (key, taken) in [(&cara, false), (&stranger, false), (&ben, true)] {
        assert_eq!(push(&plan, key).await.is_ok(), taken, "{}", key.public());
    }
    let seal: Seal = t.get("root", "/seal").await.expect("read");
    let named: Vec<_> = seal.publishers.iter().map(|p| (p.name.as_str(), p.may_publish)).collect();
    assert_eq!(named, [("ben", true), ("cara", false)]);

    // A list of the key before says nothing after a rotation.
    let second = secret(8);
    let rotation = KeyRotation::sign(&t.release, &second).encode();
    t.upload::<Trust>("root", "/release-key/rotations", rotation).await.expect("handed over");
    let next = plan.next("2.0", plan.manifest().sign(&ben).expect("sound").id());
    assert_eq!(push(&next, &ben).await.err(), Some(refusal(403, "wrong_key")));
    let old = list(&t.release, 2, &[("ben", &ben, true)]);
    assert_eq!(set("root", old).await.err(), Some(refusal(409, "key_exists")));
    set("root", list(&second, 2, &[("ben", &ben, true)])).await.expect("signed anew");
    let taken = push(&next, &ben).await;
    assert_eq!(
        taken.err(),
        Some(refusal(409, "push_in_progress")),
        "named again: only the first push is in its way"
    );
}

fn secret(n: u8) -> ReleaseSecret {
    ReleaseSecret::from_seed(&[n; 32])
}

pub(crate) async fn removed_builds_are_deleted_before_their_version_comes_again(t: &Tracker) {
    let plan = prepare(t).await;
    t.publish(&plan).await;
    let live = t.call::<()>("root", Method::DELETE, "/games/g/builds/1.0", NOTHING).await;
    assert_eq!(live.err(), Some(refusal(409, "is_live")));
    let second = plan.next("2.0", t.envelope(&plan).0);
    let push = t.push(&second, true).await.expect("admitted");
    finish(t, &push).await;
    let running = t.claim("seed", None).await.expect("the ingest");
    t.call::<()>("root", Method::DELETE, "/games/g/builds/2.0", NOTHING).await.expect("removed");
    assert!(t.complete("seed", &running).await.is_err(), "nobody wants it any more");
    let again = t.push(&second, true).await.expect("the version is free");
    finish(t, &again).await;
    assert!(t.claim("seed", None).await.is_none(), "the worker of before may still be writing");
    t.pass(LEASE_MILLIS);
    assert!(matches!(t.work("seed").await, Some(JobSpec::Delete(_))));
    assert!(matches!(t.work("seed").await, Some(JobSpec::Ingest(_))));

    t.call::<()>("root", Method::DELETE, "/games/g", NOTHING).await.expect("removed");
    let gone: Result<Game, Refusal> = t.get("root", "/games/g").await;
    assert_eq!(gone.err(), Some(refusal(404, "not_found")));
    assert!(matches!(t.work("seed").await, Some(JobSpec::Delete(DeleteJob { version: None, .. }))));
    assert!(t.work("seed").await.is_none());
}

pub(crate) async fn live_can_be_set_back_but_not_below_the_floor(t: &Tracker) {
    let plan = prepare(t).await;
    let first = t.publish(&plan).await;
    let second = plan.next("2.0", first);
    let second_id = t.publish(&second).await;
    let live = |version: &str| {
        let body = SetLive { version: version.parse().expect("version"), at: None };
        async move { t.call::<()>("root", Method::PUT, "/games/g/live", Some(&body)).await }
    };
    live("1.0").await.expect("back");
    assert_eq!(live("9.0").await.err(), Some(refusal(404, "not_found")));
    let raised = Plan { floor: 2, ..second.next("3.0", second_id) };
    assert_eq!(
        t.push(&raised, false).await.err(),
        Some(refusal(409, "below_floor")),
        "1.0 would be stranded"
    );
    let push = t.push(&raised, true).await.expect("admitted");
    assert_eq!(live("3.0").await.err(), Some(refusal(409, "not_ready")));
    finish(t, &push).await;
    while t.work("seed").await.is_some() {}
    live("2.0").await.expect("at the floor");
    assert_eq!(live("1.0").await.err(), Some(refusal(409, "below_floor")));
}

pub(crate) async fn fifty_jobs_of_one_game_keep_no_push_of_another_waiting(t: &Tracker) {
    let plan = prepare(t).await;
    t.publish(&plan).await;
    let seed = builds_seed(t).await;
    let mint = t.app.records.mint();
    for nth in 0..50 {
        let patch = PatchJob {
            game: "g".parse().expect("slug"),
            from: plan.version.parse().expect("version"),
            from_manifest: plan.archive(),
            to: format!("{nth}").parse().expect("version"),
            to_manifest: plan.archive(),
        };
        let id = mint.id();
        let mut tx = t.app.records.write().await.expect("a transaction");
        let spec = JobSpec::from(patch);
        queue::add(&mut tx, &NewJob::at_once(&id, &spec, &seed, mint.now)).await.expect("queued");
        tx.commit().await.expect("committed");
    }
    assert!(matches!(t.work("seed").await, Some(JobSpec::Patch(_))));
    t.pass(1000);

    t.add_game("h", false).await;
    let other = Plan::first("h");
    let push = t.push(&other, true).await.expect("admitted");
    finish(t, &push).await;
    let ingest = t.work("seed").await.expect("a job");
    assert!(matches!(&ingest, JobSpec::Ingest(job) if job.game.as_str() == "h"), "not {ingest}");
    assert!(look(t, &push).await.live, "the push of the other game is through");
    t.pass(1000);
    assert!(matches!(t.work("seed").await, Some(JobSpec::Patch(_))), "then it is the first one's turn");
    t.pass(1000);
    assert!(matches!(t.work("seed").await, Some(JobSpec::Archive(job)) if job.game.as_str() == "h"));
    let mut left = 0;
    while t.work("seed").await.is_some() {
        left += 1;
    }
    assert_eq!(left, 48, "and nothing is left out");
}

/// The id of the seed that has the builds of the game.
async fn builds_seed(t: &Tracker) -> String {
    let mut tx = t.app.records.read().await.expect("a transaction");
    let game = db::games::by_slug(&mut tx, &"g".parse().expect("slug")).await.expect("read").expect("a game");
    db::copies::of_game(&mut tx, &game.id).await.expect("read").remove(0)
}
