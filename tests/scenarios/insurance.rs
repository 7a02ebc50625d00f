//! Friends are the backup of a store: it comes back whole although each has only a part, one lies, and everything is killed on the way.

use std::{
    fs::{self, File, FileTimes},
    os::unix::fs::FileExt,
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_proto::{
    http::{Insurance, Job, JobList, JobLog, JobSpec, JobState, Keeping},
    limits::GROUP_SIZE,
};
use mist_system_tests::{
    Friend, Place, RemoteSeed, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};
use reqwest::Method;

use crate::{api::Api, liar::Liar};

const LIMIT: Duration = Duration::from_secs(180);
/// Each of the two large files of a build.
const HALF: usize = 20 << 20;

fn build(seed: u64) -> Tree {
    Tree::default()
        .file("data/a.bin", random_bytes(seed, HALF))
        .file("data/b.bin", random_bytes(99, HALF))
        .file("data/empty.cfg", "")
        .program("game", "#!/bin/sh\n")
}

/// Changes bytes all over a file and leaves its times, as a failing disk does.
fn rot(file: &Path) -> Result<()> {
    let modified = fs::metadata(file)?.modified()?;
    let open = File::options().write(true).open(file)?;
    for at in (0..HALF as u64).step_by(4 << 20) {
        open.write_all_at(b"rotten", at)?;
    }
    Ok(open.set_times(FileTimes::new().set_modified(modified))?)
}

/// A friend who has the live build, seeds slowly, and whose copy of one file has rotted.
fn friend_with_a_part(scene: &Scene, server: &Server, name: &str, rotten: &str) -> Result<Friend> {
    let friend = server.friend(name)?;
    friend.install("drift")?;
    assert_same_tree(&scene.path("2"), &friend.folder("drift"))?;
    friend.run(&["settings", "--limit-lan", "true", "--up", "1M"])?;
    friend.seed()?;
    rot(&friend.folder("drift").join(rotten))?;
    Ok(friend)
}

fn gather_of(admin: &Api, version: &str) -> Result<Option<Job>> {
    let all: JobList = admin.ask(Method::GET, "/jobs", None)?;
    let is_it =
        |job: &Job| matches!(&job.spec, JobSpec::Gather(gather) if gather.version.as_str() == version);
    Ok(all.jobs.into_iter().find(is_it))
}

fn insured(admin: &Api) -> Result<Insurance> {
    admin.ask(Method::GET, "/games/drift/insurance", None)
}

fn log_of(admin: &Api, job: &Job) -> Result<Vec<String>> {
    let log: JobLog = admin.ask(Method::GET, &format!("/jobs/{}/log", job.id), None)?;
    Ok(log.lines.iter().map(|line| line.text.as_str().to_owned()).collect())
}

/// The pieces that each attempt found to be missing.
fn missing(log: &[String]) -> Vec<u64> {
    let told = log.iter().filter(|text| text.contains("are to be fetched"));
    told.filter_map(|text| text.split_whitespace().next()?.parse().ok()).collect()
}

/// Waits until a seed has begun the job for the `times`th time, and fetched so many bytes since.
fn has_fetched(admin: &Api, version: &str, times: usize, bytes: u64) -> Result<()> {
    eventually("a part of it is fetched", LIMIT, || {
        let log = log_of(admin, &gather_of(admin, version)?.context("the job is gone")?)?;
        let given = log.iter().filter(|text| text.starts_with("given to seed")).count();
        // After the log: what is told of the job is of this attempt or a later one.
        let job = gather_of(admin, version)?.context("the job is gone")?;
        ensure!(job.state.is_open(), "it was over before it could be disturbed: {job:?}");
        Ok((given == times && job.stage == "fetching from friends" && job.done >= bytes).then_some(()))
    })
}

#[test]
fn a_store_comes_back_from_parts_of_friends_whoever_lies_and_whatever_dies() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let mut seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let pusher = server.admin()?;
        pusher.new_game("drift")?;
        for (version, from) in [("1", 1), ("2", 2)] {
            build(from).write_to(&scene.path(version))?;
            pusher.push(&scene.path(version), "drift", version)?;
        }
        let ada = friend_with_a_part(scene, &server, "ada", "data/a.bin")?;
        let bob = friend_with_a_part(scene, &server, "bob", "data/b.bin")?;
        let admin = Api::login(&server, "admin")?;
        drop(server.stranger("mallory", &Place::Here)?);
        let mallory = Api::login(&server, "mallory")?;
        eventually("both tell what they have", LIMIT, || {
            let live =
                insured(&admin)?.builds.into_iter().find(|build| build.live).context("none is live")?;
            Ok((live.friends == 2 && live.last_known == 2).then_some(()))
        })?;

        seed.kill_nine()?;
        fs::remove_dir_all(seed.store())?;
        fs::create_dir(seed.store())?;
        fs::remove_file(scene.path("seed-data").join("store-id"))?;
        seed.restart()?;
        let liar = Liar::join(&mallory, "drift", mallory.build("drift", "2")?.archive)?;
        let rebuild = server.command(&["rebuild", "drift", "--json"])?.start()?;
        eventually("the rebuild begins", LIMIT, || gather_of(&admin, "2"))?;
        has_fetched(&admin, "2", 1, 12 << 20)?;
        seed.kill_nine()?;
        seed.restart()?;
        has_fetched(&admin, "2", 2, 4 << 20)?;
        server.kill_nine()?;
        let told = rebuild.finish(LIMIT)?.expect(1)?;
        ensure!(told.stderr.contains("goes on at the server"), "{}", told.said());
        server.restart()?;
        ensure!(liar.served() > 0, "nobody asked the liar: this test proves nothing");

        // The server goes on by itself; who asks again follows it to its end.
        let admin = Api::login(&server, "admin")?;
        let followed = server.command(&["rebuild"])?.run(LIMIT)?.expect(1)?;
        ensure!(followed.stdout.contains("gathering 2 from friends: done"), "{}", followed.said());
        let why = "gathering 1 from friends: failed: no friend and no other seed that is online has 1";
        ensure!(followed.stdout.contains(why), "{}", followed.said());
        assert_same_tree(&scene.path("2"), &seed.store().join("games/drift/depots/2"))?;

        let job = gather_of(&admin, "2")?.context("the job is gone")?;
        let log = log_of(&admin, &job)?;
        let missing = missing(&log);
        ensure!(missing.len() >= 2 && missing[1] < missing[0], "it begins anew each time: {log:#?}");

        // The half that both builds share would come out of the store, but nobody has the other half.
        let lost = admin.build("drift", "1")?;
        ensure!(lost.kept == Keeping::Lost, "{lost:?}");
        let cid = server.friend("cid")?;
        ada.stop_seeding()?;
        bob.stop_seeding()?;
        cid.install("drift")?;
        assert_same_tree(&scene.path("2"), &cid.folder("drift"))
    })
}

#[test]
fn a_build_comes_back_by_what_it_shares_with_another_one() -> Result<()> {
    Scene::play(|scene| {
        let (server, _) = Server::with_builds(scene, [build(1), build(2)])?;
        let admin = Api::login(&server, "admin")?;
        let eve = server.friend("eve")?;
        eve.install("drift@1")?;
        eve.seed()?;
        eventually("eve tells what she has", LIMIT, || {
            Ok((insured(&admin)?.builds[0].copies >= 1.0).then_some(()))
        })?;
        fs::remove_dir_all(server.store().join("games/drift/depots/1"))?;
        fs::remove_dir_all(server.store().join("games/drift/patches"))?;
        fs::remove_dir_all(server.store().join("cache"))?;
        server.stop()?;
        server.restart()?;
        let rebuilt = server.command(&["rebuild", "drift"])?.run(LIMIT)?.success()?;
        ensure!(rebuilt.stdout.contains("0 failed"), "{}", rebuilt.said());
        let depots = server.store().join("games/drift/depots");
        assert_same_tree(&scene.path("1"), &depots.join("1"))?;
        let job = gather_of(&admin, "1")?.context("the job is gone")?;
        ensure!(job.state == JobState::Done);
        let half = HALF as u64 / GROUP_SIZE;
        let log = log_of(&admin, &job)?;
        let fetched = *missing(&log).first().with_context(|| format!("{log:#?}"))?;
        ensure!((half..half + 3).contains(&fetched), "{fetched} pieces were fetched, of {half} that differ");
        ensure!(
            same_file(&depots.join("1/data/b.bin"), &depots.join("2/data/b.bin"))?,
            "what builds share is stored once"
        );
        Ok(())
    })
}

fn same_file(one: &Path, other: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(one)?.ino() == fs::metadata(other)?.ino())
}
