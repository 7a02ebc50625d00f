//! What a job's log has after the tracker and a separate seed were killed in the middle of it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_proto::http::{Job, JobSpec, LogLine, LogSource};
use mist_system_tests::{
    Admin, Place, RemoteSeed, Scene, Server, ServerOptions, Tree, eventually, random_bytes,
};

/// Generous: a busy machine makes a patch several times as slowly.
const LIMIT: Duration = Duration::from_secs(240);
/// A patch of so much takes some seconds in a debug build.
const SIZE: usize = 48 << 20;

fn first_build() -> Tree {
    Tree::default().file("data/a.bin", random_bytes(31, SIZE)).file("readme.txt", "one")
}

fn second_build() -> Tree {
    let mut changed = random_bytes(31, SIZE);
    for at in (0..SIZE).step_by(4096) {
        changed[at] ^= 1;
    }
    Tree::default().file("data/a.bin", changed).file("readme.txt", "two")
}

/// The job that makes the patch to build 2, once there is one.
fn patch_job(admin: &Admin) -> Result<Option<Job>> {
    let lines = admin.run(&["jobs", "--json"])?.stdout;
    let jobs = lines.lines().filter_map(|line| serde_json::from_str::<Job>(line).ok());
    let mut jobs = jobs.filter(|job| matches!(&job.spec, JobSpec::Patch(patch) if patch.to.as_str() == "2"));
    Ok(jobs.next())
}

fn log(admin: &Admin, job: &str) -> Result<Vec<LogLine>> {
    let lines = admin.run(&["jobs", "log", job, "--json"])?.stdout;
    lines.lines().map(|line| serde_json::from_str(line).context(line.to_owned())).collect()
}

/// Waits until a line says that the job was given to the seed for the `times`th time, and one of the seed's stages after it.
fn is_given(admin: &Admin, job: &str, times: usize) -> Result<Vec<LogLine>> {
    eventually("the job is given to the seed", LIMIT, || {
        let lines = log(admin, job)?;
        let given: Vec<_> =
            lines.iter().filter(|line| line.text.starts_with("given to seed cellar")).collect();
        ensure!(
            !lines.iter().any(|line| line.text.starts_with("done")),
            "it was done before it could be disturbed"
        );
        let begun = given.get(times - 1).is_some_and(|given| {
            lines.iter().any(|line| line.number > given.number && line.text.starts_with("stage:"))
        });
        Ok(begun.then_some(lines))
    })
}

#[test]
fn a_jobs_log_survives_kill_nine_of_the_tracker_and_of_a_separate_seed() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let mut seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        second_build().write_to(&scene.path("2"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let push = admin.pushing(&scene.path("2"), "drift", "2")?.start()?;
        let job = eventually("the patch has a job", LIMIT, || patch_job(&admin))?.id;

        is_given(&admin, &job, 1)?;
        seed.kill_nine()?;
        seed.restart()?;
        let before = is_given(&admin, &job, 2)?;
        server.kill_nine()?;
        server.restart()?;
        ensure!(log(&admin, &job)?.starts_with(&before), "what was in the log before is in it after");
        eventually("the job ends", LIMIT, || {
            let ended = log(&admin, &job)?.iter().any(|line| line.text.starts_with("done in"));
            Ok(ended.then_some(()))
        })?;
        if push.finish(LIMIT)?.code() != Some(0) {
            admin.push(&scene.path("2"), "drift", "2")?;
        }

        let lines = log(&admin, &job)?;
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let has = |begin: &str| texts.iter().any(|text| text.starts_with(begin));
        for begin in ["queued", "the seed was started anew", "stage: comparing", "done in"] {
            ensure!(has(begin), "nothing begins with {begin:?} in {texts:#?}");
        }
        let of_seed = lines.iter().filter(|line| line.source == LogSource::Seed).collect::<Vec<_>>();
        ensure!(
            of_seed.iter().filter(|line| line.text.starts_with("made: ")).count() == 1,
            "the seed says once what it made: {texts:#?}"
        );
        ensure!(
            lines.windows(2).all(|pair| pair[0].number < pair[1].number),
            "lines are in order: {texts:#?}"
        );
        let told = admin.run(&["jobs", "log", &job])?.stdout;
        ensure!(told.contains("given to seed cellar, try 1 of 5"), "{told}");
        let missing = admin.mistpipe(&["jobs", "log", "no-such-job"])?.run(LIMIT)?;
        ensure!(missing.code() == Some(4), "{missing:?}");
        Ok(())
    })
}
