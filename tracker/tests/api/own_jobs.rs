//! Jobs that the server does itself: seen, tried again, cancelled, taken over from who died, and few.

use axum::http::Method;
use mist_proto::http::{
    Game, Job, JobList, JobLog, JobSpec, JobState, NewGame, NoticeKind, PruneRequest, Pruned,
    SetNotifications, SteamJob, UpdateGame,
};
use mist_tracker::{
    catalog::steam,
    jobs::{lease::LEASE_MILLIS, own},
    notices::{self, deliver},
};

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

/// An application that the stand-in for Steam knows, and one of which it answers with an error.
const PORTAL: u32 = 400;
const BROKEN: u32 = 1;

async fn jobs(t: &Tracker) -> Vec<Job> {
    t.get::<JobList>("root", "/jobs").await.expect("a list").jobs
}

async fn of_kind(t: &Tracker, kind: &str) -> Vec<Job> {
    jobs(t).await.into_iter().filter(|job| job.spec.kind() == kind).collect()
}

async fn log(t: &Tracker, job: &Job) -> Vec<String> {
    let log: JobLog = t.get("root", &format!("/jobs/{}/log", job.id)).await.expect("a log");
    log.lines.into_iter().map(|line| line.text).collect()
}

async fn order(t: &Tracker, job: &Job, word: &str) -> Result<Job, Refusal> {
    t.call("root", Method::POST, &format!("/jobs/{}/{word}", job.id), NOTHING).await
}

async fn pull(t: &Tracker) -> Result<Game, Refusal> {
    t.call("root", Method::POST, "/games/portal/resync-steam", NOTHING).await
}

async fn game_of(t: &Tracker, app_id: u32) {
    let slug = "portal".parse().expect("slug");
    let new = NewGame { slug, title: None, app_id: Some(app_id), is_private: false };
    t.post::<Game>("root", "/games", &new).await.expect("a game");
}

async fn be_another_app(t: &Tracker, app_id: u32) {
    let edit = UpdateGame { app_id: Some(app_id), ..UpdateGame::default() };
    t.call::<Game>("root", Method::PATCH, "/games/portal", Some(&edit)).await.expect("edited");
}

async fn look_up(t: &Tracker) {
    steam::look_up_due(&(&*t.app).into()).await.expect("looked");
}

async fn title(t: &Tracker) -> String {
    t.get::<Game>("ann", "/games/portal").await.expect("a game").title
}

pub(crate) async fn what_steam_does_not_answer_is_asked_again(t: &Tracker) {
    t.add_seed("seed").await;
    game_of(t, BROKEN).await;
    assert_eq!(pull(t).await, Err(refusal(503, "steam_away")));
    let job = of_kind(t, "steam").await.remove(0);
    assert_eq!((job.state, job.attempts), (JobState::Queued, 1));
    assert!(job.error.as_ref().is_some_and(|why| why.contains("Steam does not answer")), "{job:?}");
    assert!(t.claim("seed", None).await.is_none(), "it is no work for a seed");

    be_another_app(t, PORTAL).await;
    look_up(t).await;
    assert_eq!(title(t).await, "portal", "not before its pause is over");
    t.pass(2000);
    look_up(t).await;
    assert_eq!(title(t).await, "Portal");
    let job = of_kind(t, "steam").await.remove(0);
    assert_eq!((job.state, job.attempts), (JobState::Done, 2));
    let said = log(t, &job).await.join("\n");
    for line in
        ["try 1 of 5 failed", "Steam calls application 400 \"Portal\"", "title: taken over", "done in"]
    {
        assert!(said.contains(line), "{line} in {said}");
    }

    // A game has one such job, whatever is asked for; a person's word stands.
    let edit = UpdateGame { title: Some("Ours".parse().expect("a title")), ..UpdateGame::default() };
    t.call::<Game>("root", Method::PATCH, "/games/portal", Some(&edit)).await.expect("edited");
    for _ in 0..3 {
        assert_eq!(pull(t).await.expect("pulled").title, "Ours");
    }
    let job = of_kind(t, "steam").await;
    assert_eq!(job.len(), 1);
    assert!(log(t, &job[0]).await.iter().any(|line| line == "title: stays as it was edited by hand"));
}

pub(crate) async fn a_look_up_is_cancelled_given_up_and_run_again(t: &Tracker) {
    game_of(t, BROKEN).await;
    assert_eq!(pull(t).await, Err(refusal(503, "steam_away")));
    let job = of_kind(t, "steam").await.remove(0);
    let ended = order(t, &job, "cancel").await.expect("cancelled");
    assert_eq!((ended.state, ended.error.as_deref()), (JobState::Failed, Some("cancelled by root")));
    t.pass(3_600_000);
    t.login("root").await;
    look_up(t).await;
    assert_eq!(of_kind(t, "steam").await[0].state, JobState::Failed, "it stays cancelled");

    order(t, &job, "retry").await.expect("queued");
    for pause in [0, 2000, 8000, 32_000, 128_000] {
        t.pass(pause);
        look_up(t).await;
    }
    let given_up = of_kind(t, "steam").await.remove(0);
    assert_eq!((given_up.state, given_up.attempts), (JobState::Failed, 5));
    be_another_app(t, PORTAL).await;
    order(t, &job, "retry").await.expect("queued");
    look_up(t).await;
    for who in ["root", "ann"] {
        t.login(who).await;
    }
    assert_eq!(title(t).await, "Portal");
}

pub(crate) async fn a_job_of_a_tracker_that_died_goes_on(t: &Tracker) {
    game_of(t, PORTAL).await;
    let (records, events) = (&t.app.records, &*t.app.seams.events);
    let mut tx = records.write().await.expect("a transaction");
    let spec = JobSpec::from(SteamJob { game: "portal".parse().expect("slug") });
    let id = own::add_once(&mut tx, records.mint(), &spec).await.expect("queued");
    tx.commit().await.expect("committed");
    let dead = own::next(records, events, SteamJob::KIND).await.expect("read").expect("the job");
    assert_eq!(dead.job.public.id, id);
    look_up(t).await;
    assert_eq!(title(t).await, "portal", "somebody has it");
    assert_eq!(pull(t).await, Err(refusal(503, "steam_away")), "and no second one is begun beside it");
    t.pass(LEASE_MILLIS + 1);
    look_up(t).await;
    t.pass(2000);
    look_up(t).await;
    assert_eq!(title(t).await, "Portal");
    let job = of_kind(t, "steam").await.remove(0);
    assert_eq!((job.state, job.attempts), (JobState::Done, 2));
    assert!(log(t, &job).await.iter().any(|line| line == "the server that did it was stopped"));

    // Who was thought dead and comes back changes nothing any more.
    assert!(!own::note(records, &dead, &[]).await.expect("asked"));
    let mut tx = records.write().await.expect("a transaction");
    assert!(!own::complete(&mut tx, &dead, vec![], records.now()).await.expect("asked"));
}

async fn listen(t: &Tracker) {
    let webhook = SetNotifications { webhook: Some(t.discord.webhook()), kinds: None };
    t.call::<serde_json::Value>("root", Method::PUT, "/notifications", Some(&webhook)).await.expect("taken");
}

async fn happen(t: &Tracker, first: usize, messages: usize) {
    let mint = t.app.records.mint();
    let mut tx = t.app.records.write().await.expect("a transaction");
    for nth in first..first + messages {
        let (subject, text) = (format!("s{nth}"), format!("message {nth}"));
        notices::queue(&mut tx, mint, NoticeKind::Health, &subject, &text).await.expect("queued");
    }
    tx.commit().await.expect("committed");
}

async fn send(t: &Tracker) -> usize {
    deliver::send_due(&(&*t.app).into()).await.expect("sent")
}

pub(crate) async fn three_hundred_messages_are_one_job(t: &Tracker) {
    listen(t).await;
    happen(t, 0, 150).await;
    assert_eq!(send(t).await, 150);
    t.pass(3_600_000);
    t.login("root").await;
    happen(t, 150, 150).await;
    assert_eq!(of_kind(t, "tell").await[0].state, JobState::Queued, "it begins anew");
    assert_eq!(send(t).await, 150);
    let all = jobs(t).await;
    assert_eq!(all.len(), 1, "no push is buried");
    assert_eq!((all[0].state, all[0].spec.game()), (JobState::Done, None));
    let said = log(t, &all[0]).await;
    assert!(said.len() <= 200 && said.iter().any(|line| line == "told: message 299"), "{}", said.len());

    // Another day is another job.
    t.pass(24 * 3_600_000);
    t.login("root").await;
    happen(t, 300, 1).await;
    assert_eq!((send(t).await, of_kind(t, "tell").await.len()), (1, 2));
}

pub(crate) async fn telling_is_cancelled_and_what_was_given_up_is_told_after_all(t: &Tracker) {
    listen(t).await;
    happen(t, 0, 2).await;
    t.discord.answer(&[503]);
    assert_eq!(send(t).await, 0);
    let job = of_kind(t, "tell").await.remove(0);
    assert_eq!(job.state, JobState::Queued, "it waits for Discord");
    order(t, &job, "cancel").await.expect("cancelled");
    t.pass(3_600_000);
    t.login("root").await;
    assert_eq!(send(t).await, 0, "what waited was dropped");
    order(t, &job, "retry").await.expect("queued");
    assert_eq!(send(t).await, 2);
    assert_eq!(of_kind(t, "tell").await[0].state, JobState::Done);

    t.discord.answer(&[404]);
    happen(t, 2, 2).await;
    assert_eq!(send(t).await, 1, "the other one is sent");
    let job = of_kind(t, "tell").await.remove(0);
    assert_eq!(job.state, JobState::Failed, "somebody has to see to it");
    assert!(job.error.is_some_and(|why| why.contains("this webhook is gone")));
    let off = SetNotifications { webhook: Some(String::new()), kinds: None };
    happen(t, 4, 1).await;
    t.call::<serde_json::Value>("root", Method::PUT, "/notifications", Some(&off)).await.expect("off");
    assert_eq!(send(t).await, 0);
    let job = of_kind(t, "tell").await.remove(0);
    assert!(job.error.is_some_and(|why| why.contains("no webhook")), "{:?}", job.state);
}

pub(crate) async fn what_is_pruned_stands_among_the_jobs(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let first = Plan::first("g");
    let id = t.publish(&first).await;
    let second = first.next("2.0", id);
    let id = t.publish(&second).await;
    t.publish(&second.next("3.0", id)).await;
    let ask = |dry_run| PruneRequest { keep_newest: 2, keep_days: None, dry_run };
    t.post::<Pruned>("root", "/games/g/prune", &ask(true)).await.expect("looked");
    assert!(of_kind(t, "prune").await.is_empty(), "looking is no job");
    t.post::<Pruned>("root", "/games/g/prune", &ask(false)).await.expect("pruned");
    let job = of_kind(t, "prune").await.remove(0);
    assert_eq!(job.state, JobState::Done);
    let said = log(t, &job).await;
    assert!(said.contains(&"root prunes the game".to_owned()), "{said:?}");
    assert!(said.contains(&"1.0 goes; the seeds delete its files".to_owned()), "{said:?}");
    t.post::<Pruned>("root", "/games/g/prune", &ask(false)).await.expect("nothing to do");
    assert_eq!(of_kind(t, "prune").await.len(), 1, "nothing went");
}
