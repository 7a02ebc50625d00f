//! Two seeds, each a process of its own: the second fills itself from the first, and no build is lost when that one dies for good; and two that
//! are given one store by mistake.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Place, RemoteSeed, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};

const LIMIT: Duration = Duration::from_secs(180);

fn build(n: u64) -> Tree {
    Tree::default()
        .file("data/world.bin", random_bytes(71, 12 << 20))
        .file("data/level.bin", random_bytes(n, 2 << 20))
        .program("game", "#!/bin/sh\n")
}

#[test]
fn a_seed_that_dies_for_good_loses_no_build_that_another_has() -> Result<()> {
    Scene::play(|scene| {
        let settings = vec![("MIST_COPIES", "2".to_owned())];
        let server =
            Server::start_with(scene, ServerOptions { seed: false, settings, ..ServerOptions::default() })?;
        let mut cellar = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        for n in 1..=2 {
            let version = n.to_string();
            build(n).write_to(&scene.path(&version))?;
            admin.push(&scene.path(&version), "drift", &version)?;
        }
        // It is killed while it fills itself, and goes on.
        let mut attic = RemoteSeed::start_named(scene, &server, "attic")?;
        eventually("the second seed has begun to fill itself", LIMIT, || {
            Ok(attic.store().join("gathers/drift").is_dir().then_some(()))
        })?;
        attic.kill_nine()?;
        attic.restart()?;
        for version in ["1", "2"] {
            eventually(&format!("the second seed has build {version}"), LIMIT, || {
                let depot = attic.store().join("games/drift/depots").join(version);
                Ok(depot.is_dir().then_some(()))
            })?;
            assert_same_tree(&scene.path(version), &attic.store().join("games/drift/depots").join(version))?;
        }
        eventually("and the patch between them", LIMIT, || {
            Ok(attic.store().join("games/drift/patches/1..2/patch").is_file().then_some(()))
        })?;

        cellar.kill_nine()?;
        fs::remove_dir_all(cellar.store())?;
        let ada = server.friend("ada")?;
        ada.run(&["install", "drift@1"])?;
        assert_same_tree(&scene.path("1"), &ada.folder("drift"))?;
        ada.update("drift")?;
        assert_same_tree(&scene.path("2"), &ada.folder("drift"))?;

        // Once it is known to be away it can be removed, and what comes next goes to the other one.
        let removed = eventually("the dead seed is removed", LIMIT, || {
            let asked = server.command(&["seed", "rm", "cellar"])?.run(LIMIT)?;
            Ok((asked.code() == Some(0)).then_some(asked))
        })?;
        ensure!(removed.stdout.contains("cellar is removed"), "{}", removed.said());
        build(3).write_to(&scene.path("3"))?;
        admin.push(&scene.path("3"), "drift", "3")?;
        ada.update("drift")?;
        assert_same_tree(&scene.path("3"), &ada.folder("drift"))?;
        ensure!(server.stats()?.health.ok, "{:?}", server.stats()?.health);
        Ok(())
    })
}

/// Each seed remembers in a folder of its own which store it uses, and both folders are the same NAS.
#[test]
fn two_seeds_never_use_one_store() -> Result<()> {
    const IN_USE: &str = "the store that the seed cellar uses";
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let mut cellar = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        build(1).write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        eventually("the work is done", LIMIT, || {
            let jobs = server.stats()?.jobs;
            Ok((jobs.queued + jobs.running == 0).then_some(()))
        })?;
        // What a seed that starts would tidy away, as it can't tell it from what a crash left.
        let at_work = [cellar.store().join("tmp/at-work"), cellar.store().join("games/drift/depots/2/half")];
        for file in &at_work {
            fs::create_dir_all(file.parent().context("a folder")?)?;
            fs::write(file, "of the first seed")?;
        }
        let before = fs::read_dir(cellar.store().join("tmp"))?.count();

        let attic = RemoteSeed::start_on(scene, &server, "attic", cellar.store())?;
        eventually("the operator is told", LIMIT, || {
            Ok(server.stats()?.health.problems.iter().any(|told| told.contains(IN_USE)).then_some(()))
        })?;
        let log = eventually("the log says why", LIMIT, || {
            let said = attic.said()?;
            Ok(said.contains(IN_USE).then_some(said))
        })?;
        ensure!(log.contains("give each seed a folder of its own"), "{log}");
        let stats = server.stats()?;
        let copies: Vec<f64> = stats.games.iter().map(|game| game.copies).collect();
        ensure!(copies == [1.0], "one store is one copy: {copies:?}");
        ensure!(stats.stores.iter().filter(|store| store.ok).count() == 1, "{:?}", stats.stores);
        ensure!(at_work.iter().all(|file| file.exists()), "the second seed has tidied");
        ensure!(fs::read_dir(cellar.store().join("tmp"))?.count() == before, "the second seed has written");
        let ada = server.friend("ada")?;
        ada.install("drift")?;
        assert_same_tree(&scene.path("1"), &ada.folder("drift"))?;

        // Whose machine died is followed by the next one, by itself.
        cellar.kill_nine()?;
        eventually("the second seed takes the store over", LIMIT, || {
            Ok((!at_work.iter().any(|file| file.exists())).then_some(()))
        })?;
        eventually("and all is well", LIMIT, || Ok(server.stats()?.health.ok.then_some(())))?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        cellar.restart()?;
        eventually("the first one is told now", LIMIT, || {
            Ok(cellar.said()?.contains("the store that the seed attic uses").then_some(()))
        })
    })
}
