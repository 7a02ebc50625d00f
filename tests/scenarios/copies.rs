//! Two seeds, each a process of its own: the second fills itself from the first, and no build is lost when that one dies for good.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
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
