//! What is told elsewhere, to a stand-in for Discord.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use mist_proto::{
    http::{
        BuildList, JobFailed, Notice, NoticeKind, Notifications, SeedLines, SetLive, SetNotifications, Trust,
    },
    key::{KeyRotation, ReleaseSecret},
};
use mist_tracker::{
    builds::lifecycle,
    notices::{Notices, deliver},
    shared::presence::EXPIRY_MILLIS,
    stats::{
        count,
        trouble::{Trouble, TroubleKind},
    },
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

/// Takes what is sent, unless it was told to answer otherwise.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    /// When each came.
    times: Arc<Mutex<Vec<Instant>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl StandIn {
    pub(crate) fn webhook(&self) -> String {
        format!("{}/api/webhooks/1234567890/{}", self.url, "canary_".repeat(9))
    }

    fn texts(&self) -> Vec<String> {
        let taken = self.taken.lock().expect("lock");
        taken.iter().map(|m| m["embeds"][0]["description"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The next answers, the last one first.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        *self.answers.lock().expect("lock") = statuses.to_vec();
    }
}

pub(crate) async fn stand_in() -> StandIn {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let this = StandIn { url, taken: Arc::default(), times: Arc::default(), answers: Arc::default() };
    let router = Router::new().route("/api/webhooks/{id}/{token}", post(take)).with_state(this.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    this
}

async fn take(State(this): State<StandIn>, Json(message): Json<Value>) -> Response {
    match this.answers.lock().expect("lock").pop() {
        Some(429) => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "40")]).into_response(),
        Some(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        None => {
            this.times.lock().expect("lock").push(Instant::now());
            this.taken.lock().expect("lock").push(message);
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

async fn set(t: &Tracker, set: &SetNotifications) -> Result<Notifications, Refusal> {
    t.call("root", Method::PUT, "/notifications", Some(set)).await
}

async fn listen(t: &Tracker) {
    let webhook = SetNotifications { webhook: Some(t.discord.webhook()), kinds: None };
    set(t, &webhook).await.expect("taken");
}

async fn send(t: &Tracker) -> usize {
    deliver::send_due(&(&*t.app).into()).await.expect("sent")
}

async fn newest(t: &Tracker) -> Notice {
    let shown: Notifications = t.get("root", "/notifications").await.expect("shown");
    shown.newest.into_iter().next().expect("a notice")
}

pub(crate) async fn a_webhook_is_a_secret_and_only_discords(t: &Tracker) {
    let none: Notifications = t.get("root", "/notifications").await.expect("shown");
    assert_eq!((none.webhook, none.kinds.len()), (None, NoticeKind::ALL.len()));
    let test = async || t.call::<()>("root", Method::POST, "/notifications/test", NOTHING).await;
    assert_eq!(test().await, Err(refusal(409, "no_webhook")));
    for bad in ["https://example.org/api/webhooks/1234567890/x", "http://169.254.169.254/", "x"] {
        let bad = SetNotifications { webhook: Some(bad.into()), kinds: None };
        assert_eq!(set(t, &bad).await, Err(refusal(400, "bad_webhook")));
    }
    listen(t).await;
    let shown: Value = t.get("root", "/notifications").await.expect("shown");
    assert_eq!(shown["webhook"], "1234567890");
    assert!(!shown.to_string().contains("canary"), "{shown}");
    test().await.expect("sent");
    assert!(t.discord.texts()[0].contains("root tries"), "{:?}", t.discord.texts());
    t.discord.answer(&[404]);
    assert_eq!(test().await, Err(refusal(409, "webhook_refused")));
    t.discord.answer(&[500]);
    assert_eq!(test().await, Err(refusal(503, "discord_away")));
    let log: Value = t.get("root", "/audit").await.expect("a log");
    assert!(log.to_string().contains("notices.webhook") && !log.to_string().contains("canary"));
    let off = SetNotifications { webhook: Some(String::new()), kinds: None };
    assert_eq!(set(t, &off).await.expect("off").webhook, None);
}

pub(crate) async fn what_happens_is_told_once(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    let plan = Plan::first("quake");
    let id = t.publish(&plan).await;
    assert_eq!(send(t).await, 0, "nobody wanted to hear of it");
    listen(t).await;
    let second = plan.next("2.0", id);
    t.publish(&second).await;
    assert_eq!((send(t).await, send(t).await), (1, 0));
    assert!(t.discord.texts()[0].starts_with("quake 2.0 is live."), "{:?}", t.discord.texts());

    // Whoever is away is asked again after a pause that grows, and after one that they name.
    let live = SetLive { version: "1.0".parse().expect("version"), at: None };
    t.call::<()>("root", Method::PUT, "/games/quake/live", Some(&live)).await.expect("live");
    t.discord.answer(&[429, 503]);
    assert_eq!(send(t).await, 0);
    assert_eq!(send(t).await, 0, "not at once");
    t.pass(5000);
    assert_eq!(send(t).await, 0, "now it wants 40 s");
    t.pass(20_000);
    assert_eq!(send(t).await, 0);
    t.pass(20_000);
    assert_eq!(send(t).await, 1);
    assert_eq!(t.discord.texts().len(), 2);

    // A webhook that is gone is not pressed.
    t.call::<()>(
        "root",
        Method::PUT,
        "/games/quake/live",
        Some(&SetLive { version: "2.0".parse().expect("version"), at: None }),
    )
    .await
    .expect("live");
    t.discord.answer(&[404]);
    assert_eq!(send(t).await, 0);
    t.pass(3_600_000);
    t.login("root").await;
    assert_eq!(send(t).await, 0);
    assert!(newest(t).await.given_up);

    // Only kinds that somebody wants.
    let some = SetNotifications { webhook: None, kinds: Some(vec![NoticeKind::Disk]) };
    assert_eq!(set(t, &some).await.expect("set").kinds, [NoticeKind::Disk]);
    t.call::<()>("root", Method::PUT, "/games/quake/live", Some(&live)).await.expect("live");
    let with_left = |left: &str| {
        let text = format!("The store of seed s has {left} left: remove old builds or add room.");
        [Trouble { kind: TroubleKind::Room, subject: "s".into(), text }]
    };
    let full = with_left("1.20 GB");
    for _ in 0..3 {
        deliver::note_health(&(&*t.app).into(), &full).await.expect("noted");
    }
    assert_eq!(send(t).await, 1, "the disk, once");
    let fuller = with_left("900 MB");
    deliver::note_health(&(&*t.app).into(), &fuller).await.expect("noted");
    t.pass(24 * 3_600_000);
    deliver::note_health(&(&*t.app).into(), &fuller).await.expect("noted");
    assert!(send(t).await >= 1, "again after a day");
}

pub(crate) async fn a_job_that_was_given_up_is_told(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    listen(t).await;
    let push = t.push(&Plan::first("quake"), true).await.expect("admitted");
    let finish = format!("/pushes/{}/finish", push.id);
    t.call::<Value>("root", Method::POST, &finish, NOTHING).await.expect("finished");
    let job = t.claim("seed", None).await.expect("a job");
    let (error, said) = ("the disk is on fire".into(), SeedLines::default());
    let failed = JobFailed { lease: job.lease, error, retry: false, kept: vec![], said };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failed).await.expect("told");
    assert_eq!(send(t).await, 1);
    assert_eq!(t.discord.texts(), ["quake: finalizing 1.0 failed: the disk is on fire"]);
}

pub(crate) async fn a_release_key_that_is_handed_over_is_told(t: &Tracker) {
    t.register_key().await;
    listen(t).await;
    let second = ReleaseSecret::from_seed(&[8; 32]);
    let rotation = KeyRotation::sign(&t.release, &second).encode();
    for _ in 0..2 {
        let handed = t.upload::<Trust>("root", "/release-key/rotations", rotation.clone()).await;
        assert_eq!(handed.expect("handed over").release_key, Some(second.public()));
    }
    assert_eq!((send(t).await, send(t).await), (1, 0), "once, however often it is sent");
    let told = &t.discord.texts()[0];
    let begin = format!("root handed over to the release key {}", second.public().fingerprint());
    assert!(told.starts_with(&begin), "{told}");
    assert!(told.contains("If nobody of you did, somebody has the old key."), "{told}");
}

pub(crate) async fn a_live_build_that_nobody_has_is_told(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    t.publish(&Plan::first("quake")).await;
    listen(t).await;
    let look = async || {
        let (stats, troubles) = count::overview(&(&*t.app).into()).await.expect("counted");
        assert!(!stats.health.ok && troubles.iter().any(|trouble| trouble.kind == TroubleKind::Missing));
        deliver::note_health(&(&*t.app).into(), &troubles).await.expect("noted");
        send(t).await
    };
    let of_build = || {
        let is_it =
            |text: &String| text.starts_with(r"Nobody can install or update to quake\@1.0, the live build");
        t.discord.texts().iter().filter(|text| is_it(text)).count()
    };
    // Nobody is missed before everybody had the time to speak.
    t.pass(EXPIRY_MILLIS);
    assert!(look().await >= 1);
    assert_eq!(of_build(), 1, "{:?}", t.discord.texts());
    assert_eq!((look().await, of_build()), (0, 1), "it was said");
    t.pass(24 * 3_600_000);
    look().await;
    assert_eq!(of_build(), 2, "again after a day");
}

pub(crate) async fn messages_keep_their_distance(t: &Tracker) {
    const DISTANCE: Duration = Duration::from_millis(200);
    // Discord takes five messages in two seconds from a webhook.
    assert!(deliver::SPACING * 5 >= Duration::from_secs(2));
    listen(t).await;
    let trouble = |seed: &str| Trouble {
        kind: TroubleKind::Room,
        subject: seed.into(),
        text: format!("The store of seed {seed} has 1.20 GB left: remove old builds or add room."),
    };
    let all = ["attic", "cellar", "loft"].map(trouble);
    deliver::note_health(&(&*t.app).into(), &all).await.expect("noted");
    let notices = Notices::from(&*t.app).spaced(DISTANCE);
    assert_eq!(deliver::send_due(&notices).await.expect("sent"), 3);
    let times = t.discord.times.lock().expect("lock").clone();
    let gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps.len(), 2);
    assert!(gaps.iter().all(|gap| *gap >= DISTANCE), "{gaps:?}");
}

pub(crate) async fn a_build_goes_live_at_its_time_once(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("quake", false).await;
    let plan = Plan::first("quake");
    let id = t.publish(&plan).await;
    t.publish(&plan.next("2.0", id)).await;
    let now = t.app.records.now();
    let at = |version: &str, millis| SetLive {
        version: version.parse().expect("version"),
        at: Some(now.plus_millis(millis)),
    };
    let put = async |body: SetLive| t.call::<()>("root", Method::PUT, "/games/quake/live", Some(&body)).await;
    let live = async || {
        let list: BuildList = t.get("ann", "/games/quake/builds").await.expect("builds");
        let live = list.builds.iter().find(|b| b.live).map(|b| b.version.to_string());
        (live.unwrap_or_default(), list.builds.iter().find_map(|b| b.live_at))
    };
    let tick = async || lifecycle::go_live_when_due(&(&*t.app).into()).await.expect("done");
    assert_eq!(put(at("1.0", 400 * 86_400_000)).await, Err(refusal(400, "bad_time")));
    put(at("1.0", 60_000)).await.expect("scheduled");
    assert_eq!(live().await, ("2.0".into(), Some(now.plus_millis(60_000))), "friends see when");
    let remove = async || t.call::<()>("root", Method::DELETE, "/games/quake/builds/1.0", NOTHING).await;
    assert_eq!(remove().await, Err(refusal(409, "is_next")));
    t.pass(59_999);
    tick().await;
    assert_eq!(live().await.0, "2.0");
    t.pass(1);
    tick().await;
    tick().await;
    assert_eq!(live().await, ("1.0".into(), None));
    let log: Value = t.get("root", "/audit").await.expect("a log");
    assert_eq!(log.to_string().matches("build.live").count(), 1, "{log}");

    // It can be cancelled, and whatever goes live takes its place.
    put(at("2.0", 120_000)).await.expect("scheduled");
    let cancel = async || t.call::<()>("root", Method::DELETE, "/games/quake/live", NOTHING).await;
    cancel().await.expect("cancelled");
    assert_eq!(cancel().await, Err(refusal(409, "nothing_scheduled")));
    put(at("2.0", 120_000)).await.expect("scheduled");
    put(SetLive { version: "1.0".parse().expect("version"), at: None }).await.expect("live");
    t.pass(130_000);
    tick().await;
    assert_eq!(live().await, ("1.0".into(), None));
}
