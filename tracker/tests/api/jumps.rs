//! Patches that friends ask for.

use axum::http::Method;
use mist_proto::{
    BlobId, ManifestId,
    claims::{Allow, CapabilityClaims},
    http::{
        BuildList, ClaimedJob, Game, JobFailed, JobSpec, Jump, JumpJob, JumpRequest, JumpState, PatchJob,
        PatchRequest, SeedLines, Sources, SourcesRequest, UpdateGame,
    },
};

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

/// A game with a ready build.
async fn prepare(t: &Tracker) -> (Plan<'static>, ManifestId) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let plan = Plan::first("g");
    (plan, t.publish(&plan).await)
}

fn request(folder: &str) -> JumpRequest {
    JumpRequest { to: "1.0".parse().expect("version"), folder_signature: BlobId::of(folder.as_bytes()) }
}

async fn ask(t: &Tracker, who: &str, folder: &str) -> Result<Jump, Refusal> {
    t.post(who, "/games/g/jumps", &request(folder)).await
}

async fn start(t: &Tracker, who: &str, jump: &Jump) -> Result<Jump, Refusal> {
    t.call(who, Method::POST, &format!("/jumps/{}/start", jump.id), NOTHING).await
}

async fn look(t: &Tracker, who: &str, jump: &Jump) -> Result<Jump, Refusal> {
    t.get(who, &format!("/jumps/{}", jump.id)).await
}

async fn fail(t: &Tracker, job: &ClaimedJob) {
    let (error, said) = ("no signature".into(), SeedLines::default());
    let failure = JobFailed { lease: job.lease.clone(), error, retry: false, kept: vec![], said };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failure).await.expect("noted");
}

pub(crate) async fn a_jump_is_asked_for_made_and_found(t: &Tracker) {
    prepare(t).await;
    let wanted = ask(t, "ann", "folder").await.expect("admitted");
    assert_eq!((wanted.state, wanted.patch), (JumpState::Wanted, None));
    let signature = request("folder").folder_signature;
    let access = wanted.upload.clone().expect("somewhere to send the signature to");
    assert_eq!(access.base, format!("/seed/v1/signatures/g/{}", signature.hash));
    let cap: CapabilityClaims =
        t.app.signing.key.verify(&access.cap, t.app.records.now()).expect("a capability");
    assert_eq!(cap.allow, Allow::FolderSignature { game: "g".parse().expect("slug"), signature });
    assert!(t.claim("seed", None).await.is_none(), "no work before the signature was sent");

    let making = start(t, "ann", &wanted).await.expect("begun");
    assert_eq!((making.state, making.upload), (JumpState::Making, None));
    assert_eq!(ask(t, "ann", "folder").await.expect("the same").id, wanted.id);
    assert_eq!(ask(t, "bob", "folder").await.expect("the same").id, wanted.id, "whoever asks");
    start(t, "ann", &wanted).await.expect("begun already");
    assert!(matches!(t.work("seed").await, Some(JobSpec::Jump(JumpJob { to, .. })) if to.as_str() == "1.0"));
    assert!(t.work("seed").await.is_none(), "one job");

    let ready = look(t, "bob", &wanted).await.expect("a jump");
    let patch = BlobId::of(format!("from {}", signature.hash).as_bytes());
    assert_eq!((ready.state, ready.patch), (JumpState::Ready, Some(patch)));
    let sources = SourcesRequest { game: "g".parse().expect("slug"), blob: patch, peer: None };
    t.post::<Sources>("bob", "/swarm/sources", &sources).await.expect("it is a blob of the game");

    for (asked, expected) in [
        (JumpRequest { to: "2.0".parse().expect("version"), ..request("folder") }, refusal(404, "not_found")),
        (
            JumpRequest { folder_signature: BlobId { size: 1 << 40, ..signature }, ..request("") },
            refusal(400, "bad_signature"),
        ),
    ] {
        assert_eq!(t.post::<Jump>("ann", "/games/g/jumps", &asked).await.err(), Some(expected));
    }
    let hide = UpdateGame { is_private: Some(true), ..UpdateGame::default() };
    t.call::<Game>("root", Method::PATCH, "/games/g", Some(&hide)).await.expect("edited");
    for refused in
        [ask(t, "ann", "folder").await, look(t, "ann", &wanted).await, start(t, "ann", &wanted).await]
    {
        assert_eq!(refused.err(), Some(refusal(404, "not_found")));
    }
}

pub(crate) async fn one_jump_of_an_account_at_a_time(t: &Tracker) {
    prepare(t).await;
    let first = ask(t, "ann", "one").await.expect("admitted");
    let second = ask(t, "ann", "two").await.expect("nothing is being made yet");
    assert_eq!(
        look(t, "ann", &first).await.err(),
        Some(refusal(404, "not_found")),
        "what was not begun is forgotten"
    );
    start(t, "ann", &second).await.expect("begun");
    assert_eq!(ask(t, "ann", "three").await.err(), Some(refusal(409, "jump_running")));
    let other = ask(t, "bob", "three").await.expect("another account");
    assert_eq!(start(t, "ann", &other).await.err(), Some(refusal(409, "jump_running")));
    t.work("seed").await.expect("the jump");
    ask(t, "ann", "four").await.expect("the first is done");
}

pub(crate) async fn a_failed_or_lost_jump_starts_over(t: &Tracker) {
    prepare(t).await;
    let jump = ask(t, "ann", "folder").await.expect("admitted");
    start(t, "ann", &jump).await.expect("begun");
    fail(t, &t.claim("seed", None).await.expect("the jump")).await;
    assert_eq!(look(t, "ann", &jump).await.expect("a jump").state, JumpState::Failed);
    let again = ask(t, "ann", "folder").await.expect("admitted");
    assert_eq!((again.id.as_str(), again.state), (jump.id.as_str(), JumpState::Wanted));
    start(t, "ann", &jump).await.expect("begun");
    t.work("seed").await.expect("the jump");
    assert_eq!(ask(t, "ann", "folder").await.expect("just made").state, JumpState::Ready);
    t.pass(61_000);
    assert_eq!(ask(t, "ann", "folder").await.expect("no seed has it").state, JumpState::Wanted);
}

pub(crate) async fn a_long_chain_gets_a_direct_patch(t: &Tracker) {
    let (one, first) = prepare(t).await;
    let two = one.next("2.0", first);
    let second = t.publish(&two).await;
    t.publish(&two.next("3.0", second)).await;
    let version = |v: &str| v.parse().expect("version");
    let wish = |from, to| PatchRequest { from: version(from), to: version(to) };
    let wish_for =
        |who: &'static str, w: PatchRequest| async move { t.post::<()>(who, "/games/g/patches", &w).await };
    wish_for("ann", wish("1.0", "2.0")).await.expect("noted");
    wish_for("ann", wish("1.0", "3.0")).await.expect("noted");
    wish_for("ann", wish("1.0", "3.0")).await.expect("once is enough");
    assert!(t.work("seed").await.is_none(), "one friend, and a short chain");
    wish_for("bob", wish("1.0", "3.0")).await.expect("noted");
    assert!(matches!(
        t.work("seed").await,
        Some(JobSpec::Patch(PatchJob { from, to, .. })) if from.as_str() == "1.0" && to.as_str() == "3.0"
    ));
    wish_for("bob", wish("1.0", "3.0")).await.expect("it is there");
    assert!(t.work("seed").await.is_none());
    let list: BuildList = t.get("ann", "/games/g/builds").await.expect("a list");
    assert_eq!(list.builds[2].patches.len(), 2, "an ordinary hop");
    assert_eq!(wish_for("ann", wish("1.0", "4.0")).await.err(), Some(refusal(404, "not_found")));
}
