//! A game whose builds are on more than one seed.

use axum::http::Method;
use mist_proto::http::{
    ArchiveJob, BuildList, DeleteJob, HttpsFormat, JobLog, JobSpec, Keeping, KeptBuild, Push, SeedList,
    SeedLogin, SeedSession, ServerSettings, SetSetting, Sources, SourcesRequest, Stats, StoreStats, ThinJob,
};
use mist_tracker::{
    admin::{Admin, seeds},
    builds::copying,
    db::{self, jobs::NewJob},
    jobs::queue,
};

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

async fn says(t: &Tracker, seed: &str, ok: bool) {
    let public_url = Some(format!("https://{seed}.example/seed/v1"));
    let word =
        StoreStats { seed: String::new(), ok, used: 1, free: 1 << 40, public_url, ..StoreStats::default() };
    t.post::<()>(seed, "/seed/status", &word).await.expect("noted");
}

/// Where the stored files of a plan's archive are.
async fn stored_at(t: &Tracker, plan: &Plan<'_>) -> Vec<(String, HttpsFormat)> {
    let ask = SourcesRequest { game: plan.game.parse().expect("slug"), blob: plan.archive(), peer: None };
    let sources: Sources = t.post("ann", "/swarm/sources", &ask).await.expect("sources");
    let host = |url: &str| url.trim_start_matches("https://").split('.').next().unwrap_or("").to_owned();
    sources.https.iter().map(|s| (host(&s.data), s.format)).collect()
}

/// Game `g` with one build: pushed to `first`, and copied to `second`.
async fn prepare(t: &Tracker) -> Plan<'static> {
    t.register_key().await;
    t.add_seed("seed").await;
    says(t, "seed", true).await;
    t.add_game("g", false).await;
    let plan = Plan::first("g");
    t.publish(&plan).await;
    let second = t.add_seed("second").await;
    says(t, "second", true).await;
    let mut tx = t.app.records.write().await.expect("a transaction");
    let game = db::games::by_slug(&mut tx, &"g".parse().expect("slug")).await.expect("read").expect("a game");
    let builds = db::builds::of_game(&mut tx, &game.id).await.expect("read");
    let since = t.app.records.now().plus_millis(1);
    db::copies::add_game(&mut tx, &game.id, &second.seed, since).await.expect("written");
    db::copies::add_build(&mut tx, &builds[0].id, &second.seed).await.expect("written");
    tx.commit().await.expect("committed");
    plan
}

pub(crate) async fn sources_name_every_seed_that_has_the_build(t: &Tracker) {
    let plan = prepare(t).await;
    let named = |host: &str, format| (host.to_owned(), format);
    let (zst, raw) = (HttpsFormat::Zst, HttpsFormat::Raw);
    let both = [named("seed", zst), named("seed", raw), named("second", raw)];
    assert_eq!(stored_at(t, &plan).await, both, "the copy has no compressed archive yet");
    says(t, "seed", false).await;
    assert_eq!(stored_at(t, &plan).await, both[2..], "the first store is away");
}

pub(crate) async fn a_push_goes_where_the_build_before_is(t: &Tracker) {
    let plan = prepare(t).await;
    let id = t.envelope(&plan).0;
    let next = plan.next("2.0", id);
    let base = |push: &Push| push.upload.as_ref().expect("an upload").base.clone();
    let push = t.push(&next, true).await.expect("admitted");
    assert!(base(&push).starts_with("https://seed."), "the first that has it: {}", base(&push));
    let removed = t.call::<()>("root", Method::DELETE, "/games/g/builds/2.0", NOTHING).await;
    removed.expect("removed");
    while t.work("seed").await.is_some() || t.work("second").await.is_some() {}

    says(t, "seed", false).await;
    let push = t.push(&next, true).await.expect("admitted");
    assert!(base(&push).starts_with("https://second."), "the first that is well: {}", base(&push));
    let finish = format!("/pushes/{}/finish", push.id);
    t.call::<Push>("root", Method::POST, &finish, NOTHING).await.expect("finished");
    assert!(t.work("seed").await.is_none(), "no job of it is the first one's");
    assert!(matches!(t.work("second").await, Some(JobSpec::Ingest { .. })));
    let patch = t.work("second").await;
    assert!(matches!(patch, Some(JobSpec::Patch { .. })), "both builds are there: {patch:?}");
    assert!(matches!(t.work("second").await, Some(JobSpec::Archive { .. })));
    let only = [("second".to_owned(), HttpsFormat::Zst), ("second".to_owned(), HttpsFormat::Raw)];
    assert_eq!(stored_at(t, &next).await, only);
}

pub(crate) async fn every_seed_of_a_game_deletes_it(t: &Tracker) {
    prepare(t).await;
    for seed in ["seed", "second"] {
        let refused = t.call::<()>("root", Method::DELETE, &format!("/seeds/{seed}"), NOTHING).await;
        assert_eq!(refused.err(), Some(refusal(409, "seed_in_use")));
    }
    t.call::<()>("root", Method::DELETE, "/games/g", NOTHING).await.expect("removed");
    for seed in ["seed", "second"] {
        assert!(
            matches!(t.work(seed).await, Some(JobSpec::Delete(DeleteJob { version: None, .. }))),
            "{seed}"
        );
        t.call::<()>("root", Method::DELETE, &format!("/seeds/{seed}"), NOTHING).await.expect("removed");
    }
}

pub(crate) async fn what_a_release_wrote_that_knew_of_one_seed_is_taken_over(t: &Tracker) {
    let plan = prepare(t).await;
    let mut tx = t.app.records.write().await.expect("a transaction");
    let game = db::games::by_slug(&mut tx, &"g".parse().expect("slug")).await.expect("read").expect("a game");
    let build = db::builds::of_game(&mut tx, &game.id).await.expect("read").remove(0);
    let first = db::copies::first_with(&mut tx, &build.id).await.expect("read").expect("a seed");
    let before = db::copies::on_seed(&mut tx, &game.id, &first).await.expect("read");
    assert_eq!(before.len(), 1);
    for table in ["game_seeds", "build_seeds"] {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        match &mut tx {
            db::Tx::Lite(c, _) => drop(sqlx::query(sql).execute(&mut **c).await.expect("emptied")),
            db::Tx::Pg(c, _) => drop(sqlx::query(sql).execute(&mut **c).await.expect("emptied")),
        }
    }
    tx.commit().await.expect("committed");
    assert!(stored_at(t, &plan).await.is_empty(), "nobody has it");
    t.app.records.db.migrate().await.expect("the schema");
    let mut tx = t.app.records.read().await.expect("a transaction");
    assert_eq!(db::copies::of_game(&mut tx, &game.id).await.expect("read"), std::slice::from_ref(&first));
    assert_eq!(db::copies::of_build(&mut tx, &build.id).await.expect("read"), before);
}

pub(crate) async fn a_seed_whose_token_was_chosen_signs_in(t: &Tracker) {
    let admin = Admin::from(&*t.app);
    let token = "a token that somebody chose before the start".to_owned();
    let short = seeds::enrol_first(&admin, "too short to be safe").await.expect_err("refused");
    assert!(short.to_string().contains("32 characters"), "{short}");
    for _ in 0..2 {
        seeds::enrol_first(&admin, &token).await.expect("enrolled, once");
    }
    let list: SeedList = t.get("root", "/seeds").await.expect("a list");
    assert_eq!(list.seeds.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), [seeds::FIRST]);
    let session: SeedSession = t.post("", "/auth/seed", &SeedLogin { token }).await.expect("signs in");
    assert_eq!(session.seed, list.seeds[0].id);
    let other =
        seeds::enrol_first(&admin, "another token that somebody chose later").await.expect_err("refused");
    assert!(other.to_string().contains("another token"), "{other}");
}

async fn see_to_copies(t: &Tracker) {
    copying::see_to_copies(&(&*t.app).into()).await.expect("seen to");
}

async fn want_copies(t: &Tracker, copies: &str) {
    let set = SetSetting { value: copies.to_owned() };
    let set: Result<ServerSettings, Refusal> =
        t.call("root", Method::PUT, "/settings/copies", Some(&set)).await;
    set.expect("set");
}

/// Game `g` with two builds at `seed`, and `second`, which has nothing yet; the newer build.
async fn two_builds_at_one(t: &Tracker) -> (Plan<'static>, Plan<'static>) {
    t.register_key().await;
    t.add_seed("seed").await;
    says(t, "seed", true).await;
    t.add_game("g", false).await;
    let first = Plan::first("g");
    let id = t.publish(&first).await;
    let newer = first.next("2.0", id);
    t.publish(&newer).await;
    t.add_seed("second").await;
    says(t, "second", true).await;
    (first, newer)
}

fn whole(plan: &Plan<'_>) -> KeptBuild {
    KeptBuild { version: plan.version.parse().expect("version"), keeping: Keeping::Whole }
}

async fn kept(t: &Tracker) -> Vec<Keeping> {
    let list: BuildList = t.get("root", "/games/g/builds").await.expect("builds");
    list.builds.iter().map(|build| build.kept).collect()
}

pub(crate) async fn a_second_seed_fills_itself_and_takes_over_from_one_that_is_gone(t: &Tracker) {
    let (first, newer) = two_builds_at_one(t).await;
    see_to_copies(t).await;
    assert!(t.claim("second", None).await.is_none(), "one copy is enough unless somebody wants more");
    want_copies(t, "2").await;
    see_to_copies(t).await;
    see_to_copies(t).await;
    let here = || async { stored_at(t, &newer).await.iter().any(|(host, _)| host == "second") };
    let live = t.claim("second", None).await.expect("a job");
    assert!(matches!(&live.spec, JobSpec::Gather(job) if job.version.as_str() == "2.0"), "{:?}", live.spec);
    assert!(!here().await, "nobody is sent where it is not yet");
    t.complete_with("second", &live, vec![whole(&newer)]).await.expect("done");
    assert!(here().await);
    let old = t.claim("second", None).await.expect("a job");
    assert!(matches!(&old.spec, JobSpec::Gather(job) if job.version.as_str() == "1.0"), "{:?}", old.spec);
    t.complete_with("second", &old, vec![whole(&newer), whole(&first)]).await.expect("done");
    see_to_copies(t).await;
    let mut patches = Vec::new();
    while let Some(spec) = t.work("second").await {
        patches.push(spec.to_string());
    }
    patches.sort();
    assert_eq!(patches, ["patch 1.0 -> 2.0", "patch 2.0 -> 1.0"], "and nothing is fetched twice");

    // The first one falls silent with a job to do, and one that only it can do.
    let mint = t.app.records.mint();
    let mut tx = t.app.records.write().await.expect("a transaction");
    let game = db::games::by_slug(&mut tx, &"g".parse().expect("slug")).await.expect("read").expect("a game");
    let seed = db::copies::of_game(&mut tx, &game.id).await.expect("read").remove(0);
    let builds = db::builds::of_game(&mut tx, &game.id).await.expect("read");
    let archive = ArchiveJob {
        game: "g".parse().expect("slug"),
        version: builds[0].version.clone(),
        manifest: builds[0].manifest,
    };
    let thin = ThinJob { game: "g".parse().expect("slug"), live: None };
    for spec in [JobSpec::from(archive), JobSpec::from(thin)] {
        let id = mint.id();
        queue::add(&mut tx, &NewJob::at_once(&id, &spec, &seed, mint.now)).await.expect("queued");
    }
    tx.commit().await.expect("committed");
    t.pass(9 * 60_000);
    says(t, "second", true).await;
    see_to_copies(t).await;
    assert!(t.claim("second", None).await.is_none(), "it may be back in a moment");
    t.pass(60_001);
    says(t, "second", true).await;
    see_to_copies(t).await;
    let taken = t.claim("second", None).await.expect("a job");
    assert!(matches!(&taken.spec, JobSpec::Archive(_)), "{:?}", taken.spec);
    let log: JobLog = t.get("root", &format!("/jobs/{}/log", taken.id)).await.expect("a log");
    assert!(log.lines.iter().any(|line| line.text.starts_with("seed seed was not heard of")), "{log:?}");
    t.complete("second", &taken).await.expect("done");
    assert!(t.claim("second", None).await.is_none(), "dropping old files of another store is nobody's work");

    // It is gone for good, and no build with it.
    t.call::<()>("root", Method::DELETE, "/seeds/seed", NOTHING).await.expect("removed");
    assert_eq!(kept(t).await, [Keeping::Whole; 2]);
    let hosts: Vec<String> = stored_at(t, &newer).await.into_iter().map(|(host, _)| host).collect();
    assert!(!hosts.is_empty() && hosts.iter().all(|host| host == "second"), "{hosts:?}");
    let last = newer.next("3.0", t.envelope(&newer).0);
    t.push(&last, true).await.expect("admitted");

    // The last one is not given up by mistake.
    let remove = async |query: &str| {
        t.call::<()>("root", Method::DELETE, &format!("/seeds/second{query}"), NOTHING).await
    };
    assert_eq!(remove("?lose=true").await.err(), Some(refusal(409, "seed_in_use")), "it is online");
    t.pass(91_000);
    assert_eq!(remove("").await.err(), Some(refusal(409, "seed_in_use")));
    remove("?lose=true").await.expect("removed");
    assert_eq!(kept(t).await[..2], [Keeping::Lost; 2]);
}

pub(crate) async fn a_push_goes_on_at_another_seed_when_its_own_is_gone(t: &Tracker) {
    let plan = prepare_alone(t).await;
    let push = t.push(&plan, true).await.expect("admitted");
    let finish = format!("/pushes/{}/finish", push.id);
    t.call::<Push>("root", Method::POST, &finish, NOTHING).await.expect("finished");
    t.add_seed("second").await;
    says(t, "second", true).await;
    let base = |push: &Push| push.upload.as_ref().map(|upload| upload.base.clone());
    let again = t.push(&plan, true).await.expect("admitted");
    assert_eq!((again.id.as_str(), base(&again)), (push.id.as_str(), None), "its jobs wait for its seed");
    t.pass(10 * 60_000 + 1);
    says(t, "second", true).await;
    let again = t.push(&plan, true).await.expect("admitted");
    assert_eq!((again.id.as_str(), again.jobs.len()), (push.id.as_str(), 0));
    assert!(base(&again).is_some_and(|base| base.starts_with("https://second.")), "{again:?}");
    t.call::<Push>("root", Method::POST, &finish, NOTHING).await.expect("finished");
    assert!(matches!(t.work("second").await, Some(JobSpec::Ingest(_))));
    let done: Push = t.get("root", &format!("/pushes/{}", push.id)).await.expect("a push");
    assert!(done.live, "{done:?}");
    // Who comes back has nothing to do with it any more.
    says(t, "seed", true).await;
    assert!(t.claim("seed", None).await.is_none());
}

/// Game `g` without builds, and one seed.
async fn prepare_alone(t: &Tracker) -> Plan<'static> {
    t.register_key().await;
    t.add_seed("seed").await;
    says(t, "seed", true).await;
    t.add_game("g", false).await;
    Plan::first("g")
}

/// What the tracker says of a seed's word that its store is the one with this id.
async fn claims(t: &Tracker, seed: &str, digit: &str, takes_over: bool) -> Option<Refusal> {
    let store = Some(digit.repeat(32).parse().expect("an id"));
    let word = StoreStats { ok: true, free: 1 << 40, store, takes_over, ..StoreStats::default() };
    t.post::<()>(seed, "/seed/status", &word).await.err()
}

async fn troubles(t: &Tracker) -> String {
    let stats: Stats = t.get("root", "/stats").await.expect("stats");
    stats.health.problems.join("\n")
}

pub(crate) async fn a_store_is_used_by_one_seed(t: &Tracker) {
    for seed in ["cellar", "attic"] {
        t.add_seed(seed).await;
    }
    let in_use = Some(refusal(409, "store_in_use"));
    assert_eq!(claims(t, "cellar", "5", false).await, None);
    assert_eq!(claims(t, "attic", "5", true).await, in_use);
    let told = troubles(t).await;
    assert!(
        told.contains("the store that the seed cellar uses") && told.contains("a folder of its own"),
        "{told}"
    );
    let words = t.app.seams.stores.words().await.expect("words");
    let holders = words.online(t.app.records.now()).into_iter().filter(|word| word.store.is_some());
    assert_eq!(holders.count(), 1, "who is refused holds nothing");

    t.pass(60_000);
    assert_eq!(claims(t, "cellar", "5", false).await, None, "it goes on");
    t.pass(89_999);
    assert_eq!(claims(t, "attic", "5", true).await, in_use);
    assert_eq!(claims(t, "attic", "6", false).await, None, "one of its own");
    assert_eq!(troubles(t).await, "", "all is well again");
    t.pass(1);
    assert_eq!(claims(t, "attic", "5", true).await, None, "the first one is silent");
    assert_eq!(claims(t, "cellar", "5", false).await, in_use, "and has to ask now");
    let told = troubles(t).await;
    assert!(told.contains("the store that the seed attic uses"), "{told}");
    let odd = StoreStats { ok: true, ..StoreStats::default() };
    let mut odd = serde_json::to_value(&odd).expect("a body");
    odd["store"] = "of mine".into();
    assert_eq!(t.post::<()>("attic", "/seed/status", &odd).await.err(), Some(refusal(400, "bad_request")));
}

pub(crate) async fn a_store_is_not_taken_over_while_nobody_knows_whose_it_is(t: &Tracker) {
    let cellar = t.add_seed("cellar").await;
    let attic = t.add_seed("attic").await;
    assert_eq!(claims(t, "cellar", "5", false).await, None);
    // As when a tracker starts that keeps the words in memory: who asks first need not be who has the store.
    let lose_words = async || {
        for seed in [&cellar, &attic] {
            t.app.seams.stores.forget(&seed.seed).await.expect("forgotten");
        }
    };
    lose_words().await;
    assert_eq!(claims(t, "attic", "5", true).await, Some(refusal(409, "store_in_use")));
    assert!(troubles(t).await.contains("whether the seed cellar uses this store"));
    assert_eq!(claims(t, "cellar", "5", false).await, None, "its own is given at once");
    lose_words().await;
    t.pass(90_000);
    assert_eq!(claims(t, "attic", "5", true).await, None, "nobody else can have it");
}
