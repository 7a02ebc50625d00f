//! What a job's log says, how much of it is kept, and for how long.

use axum::http::Method;
use mist_proto::{
    http::{
        ClaimedJob, Job, JobFailed, JobLog, JobProgress, JobSpec, LeaseState, LogLevel, LogSource, Push,
        SeedLine, SeedLines,
    },
    limits::{MAX_LOG_BYTES, MAX_LOG_LINES, MAX_SAID_LINES},
};
use mist_tracker::jobs::lease::LEASE_MILLIS;

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, refusal};

/// The ingest of a build that was pushed, given to the seed.
async fn begin(t: &Tracker) -> ClaimedJob {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", false).await;
    let push = t.push(&Plan::first("g"), true).await.expect("admitted");
    let path = format!("/pushes/{}/finish", push.id);
    t.call::<Push>("root", Method::POST, &path, NOTHING).await.expect("finished");
    t.claim("seed", Some("run 1")).await.expect("the ingest")
}

async fn log(t: &Tracker, id: &str) -> Result<JobLog, Refusal> {
    t.get("root", &format!("/jobs/{id}/log")).await
}

async fn texts(t: &Tracker, id: &str) -> Vec<String> {
    log(t, id).await.expect("a log").lines.into_iter().map(|line| line.text).collect()
}

fn said(from: u64, texts: &[&str]) -> SeedLines {
    let line = |text: &&str| SeedLine { ago_ms: 0, level: LogLevel::Warn, text: (*text).into() };
    SeedLines { from, lines: texts.iter().map(line).collect() }
}

async fn report(t: &Tracker, job: &ClaimedJob, stage: &str, said: SeedLines) {
    let progress = JobProgress { lease: job.lease.clone(), stage: stage.into(), done: 1, total: 2, said };
    let path = format!("/seed/jobs/{}/progress", job.id);
    t.post::<LeaseState>("seed", &path, &progress).await.expect("renewed");
}

async fn fail(t: &Tracker, job: &ClaimedJob, retry: bool, said: SeedLines) {
    let failed = JobFailed { lease: job.lease.clone(), error: "no room".into(), retry, kept: vec![], said };
    t.post::<()>("seed", &format!("/seed/jobs/{}/fail", job.id), &failed).await.expect("noted");
}

pub(crate) async fn a_log_tells_what_happened_to_a_job(t: &Tracker) {
    let job = begin(t).await;
    let id = job.id.as_str();
    report(t, &job, "assembling", said(0, &["a twin is gone"])).await;
    // The answer was lost: it is said again, with one more.
    report(t, &job, "assembling", said(0, &["a twin is gone", "it was copied"])).await;
    let shown: Job =
        t.get::<Push>("root", &format!("/pushes/{}", push_of(&job))).await.expect("a push").jobs.remove(0);
    assert_eq!(shown.lines, 5, "whoever sees the job knows that its log is longer now");
    fail(t, &job, true, said(2, &["the disk is full"])).await;
    t.pass(2000);
    let job = t.claim("seed", Some("run 1")).await.expect("again");
    // Counted anew with each lease.
    report(t, &job, "", said(0, &["begins anew"])).await;
    t.claim("seed", Some("run 2")).await.expect("given out again");
    t.pass(LEASE_MILLIS + 1);
    assert!(t.claim("seed", Some("run 2")).await.is_none(), "lost, and its back-off has begun");
    t.pass(8000);
    let job = t.claim("seed", Some("run 2")).await.expect("given out again");
    fail(t, &job, false, SeedLines::default()).await;
    t.call::<Job>("root", Method::POST, &format!("/jobs/{id}/retry"), NOTHING).await.expect("queued");
    t.call::<Job>("root", Method::POST, &format!("/jobs/{id}/cancel"), NOTHING).await.expect("cancelled");
    t.call::<Job>("root", Method::POST, &format!("/jobs/{id}/retry"), NOTHING).await.expect("queued");
    let job = t.claim("seed", Some("run 2")).await.expect("again");
    t.pass(3000);
    t.complete("seed", &job).await.expect("done");
    assert_eq!(
        texts(t, id).await,
        [
            "queued",
            "given to seed seed, try 1 of 5",
            "a twin is gone",
            "stage: assembling",
            "it was copied",
            "the disk is full",
            "no room",
            "try 1 of 5 failed; it is tried again after 2 s",
            "given to seed seed, try 2 of 5",
            "begins anew",
            "the seed was started anew and does not know of it; it is queued again, and this try does not count",
            "given to seed seed, try 2 of 5",
            "the seed stopped reporting, and has lost its lease",
            "try 2 of 5 failed; it is tried again after 8 s",
            "given to seed seed, try 3 of 5",
            "no room",
            "given up: another try is of no use before somebody has mended the cause",
            "queued again by root",
            "cancelled by root",
            "queued again by root",
            "given to seed seed, try 1 of 5",
            "done in 3 s",
        ]
    );
    let lines = log(t, id).await.expect("a log").lines;
    assert!(lines.windows(2).all(|pair| pair[0].number + 1 == pair[1].number && pair[0].at <= pair[1].at));
    let of = |text: &str| lines.iter().find(|line| line.text == text).expect("a line");
    assert_eq!((of("it was copied").source, of("it was copied").level), (LogSource::Seed, LogLevel::Warn));
    assert_eq!((of("no room").source, of("no room").level), (LogSource::Seed, LogLevel::Error));
    assert_eq!((of("queued").source, of("queued").level), (LogSource::Tracker, LogLevel::Info));
    assert_eq!(log(t, "no-such-job").await.err(), Some(refusal(404, "not_found")));
}

fn push_of(job: &ClaimedJob) -> String {
    match &job.spec {
        JobSpec::Ingest(ingest) => ingest.push.clone(),
        other => panic!("{other}"),
    }
}

pub(crate) async fn a_log_is_bounded_and_goes_with_its_job(t: &Tracker) {
    let job = begin(t).await;
    let id = job.id.as_str();
    // A seed that says more than anybody reads, and what would move a terminal.
    let long = format!("\u{1b}[2J{}", "x".repeat(5000));
    let many = vec![long.as_str(); MAX_SAID_LINES + 20];
    for turn in 0..8 {
        report(t, &job, "assembling", said(turn * MAX_SAID_LINES as u64, &many)).await;
    }
    let short: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
    let short: Vec<&str> = short.iter().map(String::as_str).collect();
    for turn in 0..10 {
        report(t, &job, "assembling", said(8 * MAX_SAID_LINES as u64 + turn * 40, &short)).await;
    }
    let lines = log(t, id).await.expect("a log").lines;
    let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    assert!(lines.len() <= MAX_LOG_LINES && bytes as u64 <= MAX_LOG_BYTES, "{} {bytes}", lines.len());
    assert!(lines.len() > MAX_LOG_LINES / 2, "there is as much as may be: {}", lines.len());
    assert!(lines.iter().all(|line| line.text.chars().count() <= 2000 && !line.text.contains('\u{1b}')));
    assert_eq!(lines[0].text, "queued", "how it began");
    assert_eq!(lines.last().expect("a line").text, "line 39", "the newest");
    let gaps: Vec<_> = lines.iter().filter(|line| line.text.ends_with("lines were left out here")).collect();
    assert_eq!(gaps.len(), 1, "the middle is left out, and a line says so");
    assert!(lines.windows(2).all(|pair| pair[0].number < pair[1].number));

    t.complete("seed", &job).await.expect("done");
    while t.work("seed").await.is_some() {}
    t.call::<()>("root", Method::DELETE, "/games/g", NOTHING).await.expect("removed");
    assert_eq!(log(t, id).await.err(), Some(refusal(404, "not_found")), "it goes with its job");
}
