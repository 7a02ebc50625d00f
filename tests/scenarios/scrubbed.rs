//! A store that rots is read as a whole, and heals from friends and other seeds.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_proto::{
    http::{Scrub, Stats, StoreStats},
    time::DAY_MILLIS,
};
use mist_system_tests::{
    Place, RemoteSeed, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(180);
const MIB: usize = 1 << 20;

/// Turns one bit of a file around, as a disk does that rots.
fn flip(file: &Path, at: u64) -> Result<()> {
    let open =
        File::options().read(true).write(true).open(file).with_context(|| file.display().to_string())?;
    let mut byte = [0];
    open.read_exact_at(&mut byte, at)?;
    Ok(open.write_all_at(&[byte[0] ^ 4], at)?)
}

fn store(server: &Server) -> Result<StoreStats> {
    let stats: Stats = server.stats()?;
    stats.stores.into_iter().next().context("the seed is not online")
}

fn scrub(server: &Server) -> Result<Scrub> {
    store(server)?.scrub.context("it says nothing of a scrub")
}

#[test]
fn rot_is_found_by_reading_and_heals_from_a_friend() -> Result<()> {
    Scene::play(|scene| {
        let build = Tree::default()
            .file("data/world.bin", random_bytes(21, 6 * MIB))
            .file("data/sound.bin", random_bytes(22, 3 * MIB));
        let settings = vec![("MIST_SCRUB_DAYS", "0".to_owned())];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        build.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let ada = server.friend("ada")?;
        ada.install("drift")?;
        ada.seed()?;
        server.wait_for_copies("drift", 2.0)?;
        eventually("the compressed archive is there", LIMIT, || {
            Ok((fs::read_dir(server.store().join("cache"))?.count() > 0).then_some(()))
        })?;

        let sound = server.command(&["doctor", "--deep", "--json"])?.run(LIMIT)?.success()?;
        let told: Value = sound.json()?;
        ensure!(told["rotten"] == 0 && told["read"].as_u64() > Some(18 * MIB as u64), "{told}");
        ensure!(scrub(&server)?.last.is_some_and(|last| last.rotten == 0), "it is known when it was read");

        // Where the chunks end is nowhere else: one bit of it is found, and it is made anew as it was.
        let recipe = server.store().join("games/drift/builds/1/recipe");
        let written = fs::read(&recipe)?;
        flip(&recipe, written.len() as u64 / 2)?;
        let found = server.command(&["doctor", "--deep", "--json"])?.run(LIMIT)?.success()?;
        ensure!(found.json::<Value>()?["rotten"] == 1, "{}", found.said());
        ensure!(fs::read(&recipe)? == written && server.stats()?.health.ok, "the recipe was not healed");

        // Two files of the build, and its compressed archive, which could heal them without anybody's help.
        let depot = server.store().join("games/drift/depots/1");
        flip(&depot.join("data/world.bin"), 4_321_000)?;
        flip(&depot.join("data/sound.bin"), 7)?;
        spoil_archives(&server.store())?;
        ensure!(assert_same_tree(&scene.path("1"), &depot).is_err(), "nothing was broken");
        let healed = server.command(&["doctor", "--deep"])?.run(LIMIT)?.success()?;
        ensure!(healed.stdout.contains("rotten, and all is healed"), "{}", healed.said());
        assert_same_tree(&scene.path("1"), &depot)?;
        let after = store(&server)?;
        // What the friend gives back may be there before the reading comes to the second file.
        ensure!(
            after.rotten.is_empty() && after.scrub.is_some_and(|s| s.last.is_some_and(|l| l.rotten >= 1))
        );
        ensure!(server.stats()?.health.ok, "{:?}", server.stats()?.health);

        // With nobody to give it back, that is said, and by whom it could be healed.
        ada.stop_seeding()?;
        eventually("ada is gone", LIMIT, || {
            let copies = server.stats()?.games[0].copies;
            Ok((copies <= 1.0).then_some(()))
        })?;
        for archive in fs::read_dir(server.store().join("cache"))? {
            fs::remove_file(archive?.path())?;
        }
        flip(&depot.join("data/sound.bin"), 9)?;
        let lost = server.command(&["doctor", "--deep", "--json"])?.run(LIMIT)?.expect(1)?;
        let told: Value = lost.json()?;
        ensure!(told["left"][0]["version"] == "1" && told["left"][0]["helpless"] == true, "{told}");
        let problems = server.stats()?.health.problems;
        ensure!(problems.iter().any(|text| text.contains("comes back from friends")), "{problems:?}");
        Ok(())
    })
}

#[test]
fn a_scrub_goes_on_where_it_was_killed() -> Result<()> {
    Scene::play(|scene| {
        let build = Tree::default().file("data/world.bin", random_bytes(21, 48 * MIB));
        let settings = vec![("MIST_SCRUB_DAYS", "0".to_owned()), ("MIST_SCRUB_RATE", "2MB".to_owned())];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        build.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let follower = server.command(&["doctor", "--deep"])?.start()?;
        let kept = eventually("it is kept how far it is", LIMIT, || {
            let file = scene.path("server").join("seed/scrub.json");
            let Ok(text) = fs::read(file) else { return Ok(None) };
            let kept: Value = serde_json::from_slice(&text)?;
            Ok(kept["running"]["read"].as_u64().filter(|read| *read > 0))
        })?;
        server.kill_nine()?;
        follower.finish(LIMIT)?.expect(1)?;
        server.restart()?;
        let run = eventually("it goes on", LIMIT, || Ok(scrub(&server)?.running))?;
        ensure!(run.done >= kept && run.total > 48 * MIB as u64, "{run:?} after {kept}");
        Ok(())
    })
}

/// Spoils the compressed archives of a store, from which it could heal its files by itself.
fn spoil_archives(store: &Path) -> Result<()> {
    for archive in fs::read_dir(store.join("cache"))? {
        let archive = archive?.path();
        for at in (0..fs::metadata(&archive)?.len()).step_by(MIB / 2) {
            flip(&archive, at)?;
        }
    }
    Ok(())
}

#[test]
fn a_store_is_read_unasked_when_its_time_comes_and_no_faster_than_set() -> Result<()> {
    const RATE: f64 = 4e6;
    Scene::play(|scene| {
        let build = Tree::default().file("data/world.bin", random_bytes(21, 12 * MIB));
        let settings = vec![("MIST_SCRUB_RATE", "4MB".to_owned())];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let first = eventually("a fresh server reads its store", LIMIT, || Ok(scrub(&server)?.last))?;
        ensure!(first.rotten == 0 && scrub(&server)?.asked.is_none(), "{first:?}");
        let admin = server.admin()?;
        admin.new_game("drift")?;
        build.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        ensure!(scrub(&server)?.running.is_none(), "it is not due");

        // Thirty-one days later.
        server.stop()?;
        let file = scene.path("server").join("seed/scrub.json");
        let mut kept: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let began = kept["last"]["began"].as_i64().context("when it began")?;
        kept["last"]["began"] = (began - 31 * DAY_MILLIS).into();
        fs::write(&file, serde_json::to_vec(&kept)?)?;
        server.restart()?;
        let read = eventually("the store is read again", LIMIT, || {
            Ok(scrub(&server)?.last.filter(|last| last.began >= first.ended))
        })?;
        ensure!(scrub(&server)?.asked.is_none(), "somebody asked for it");
        ensure!(read.rotten == 0 && read.read >= 12 * MIB as u64, "{read:?}");
        let took = read.ended.since(read.began) as f64 / 1000.0;
        ensure!(took >= 0.95 * read.read as f64 / RATE, "{} bytes in {took} s", read.read);
        Ok(())
    })
}

#[test]
fn rot_heals_from_another_seed_without_any_friend() -> Result<()> {
    Scene::play(|scene| {
        let settings = vec![("MIST_COPIES", "2".to_owned())];
        let server =
            Server::start_with(scene, ServerOptions { seed: false, settings, ..ServerOptions::default() })?;
        let cellar = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let build = Tree::default()
            .file("data/world.bin", random_bytes(21, 6 * MIB))
            .file("data/sound.bin", random_bytes(22, 3 * MIB));
        build.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let attic = RemoteSeed::start_named(scene, &server, "attic")?;
        eventually("the second seed has the build", LIMIT, || {
            Ok(attic.store().join("games/drift/depots/1/data/sound.bin").is_file().then_some(()))
        })?;
        server.wait_for_copies("drift", 2.0)?;
        eventually("the compressed archive is there", LIMIT, || {
            Ok((fs::read_dir(cellar.store().join("cache"))?.count() > 0).then_some(()))
        })?;

        let depot = cellar.store().join("games/drift/depots/1");
        flip(&depot.join("data/world.bin"), 4_321_000)?;
        flip(&depot.join("data/sound.bin"), 7)?;
        spoil_archives(cellar.store())?;
        ensure!(assert_same_tree(&scene.path("1"), &depot).is_err(), "nothing was broken");
        let healed = server.command(&["doctor", "--deep"])?.run(LIMIT)?.success()?;
        ensure!(healed.stdout.contains("rotten, and all is healed"), "{}", healed.said());
        assert_same_tree(&scene.path("1"), &depot)?;
        ensure!(server.stats()?.health.ok, "{:?}", server.stats()?.health);
        Ok(())
    })
}
