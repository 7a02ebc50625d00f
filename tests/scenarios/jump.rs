//! Patches that are made because somebody asks: for a folder that is no build any more, and over several builds.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree, eventually, random_bytes};

const MIB: usize = 1 << 20;

fn build(version: u64) -> Tree {
    let mut world = random_bytes(61, 12 * MIB);
    let mut models = random_bytes(62, 6 * MIB);
    // Each version changes little places all over.
    for at in (0..world.len()).step_by(2 * MIB) {
        world[at..at + 8].copy_from_slice(&version.to_le_bytes());
    }
    models.splice(0..0, random_bytes(70 + version, 500));
    Tree::default()
        .file("data/world.bin", world)
        .file("data/models.bin", models)
        .file("data/lost.bin", random_bytes(63, 200_000))
        .file("readme.txt", format!("version {version}\n"))
        .program("bin/game", random_bytes(80 + version, 100_000))
}

#[test]
fn a_changed_folder_is_updated_by_a_patch_made_for_it() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, [1, 2].map(build))?;
        let fay = server.friend("fay")?;
        fay.install("drift@1")?;
        let folder = fay.folder("drift");
        // A mod changed the largest file in the middle, and grew it; another file is gone; there is a save.
        let world = folder.join("data/world.bin");
        let mut modded = fs::read(&world)?;
        modded.splice(5 * MIB..5 * MIB, *b"a mod was here");
        fs::write(&world, &modded)?;
        fs::remove_file(folder.join("data/lost.bin"))?;
        fs::create_dir(folder.join("saves"))?;
        fs::write(folder.join("saves/slot1"), "level 7")?;

        fay.update("drift")?;
        let update = fay.last_operation("drift")?;
        ensure!(update.route == "jump", "not by a jump: {update:?}");
        // What can't be copied: the lost file, the program, and some blocks.
        ensure!(update.actual_bytes < 400_000, "dearer than what changed: {update:?}");
        let (forecast, actual) = (update.forecast_bytes, update.actual_bytes);
        ensure!(forecast.abs_diff(actual) * 50 <= actual, "said otherwise before: {update:?}");
        ensure!(update.spent.seed > 0.0, "it does not say that the server made the patch: {update:?}");

        ensure!(fs::read_to_string(folder.join("saves/slot1"))? == "level 7");
        let kept = fs::read_dir(folder.join(".mist/kept"))?.next().context("nothing was kept")??;
        ensure!(fs::read(kept.path().join("data/world.bin"))? == modded, "the player's file is not kept");
        fs::remove_dir_all(folder.join("saves"))?;
        assert_same_tree(&scene.path("2"), &folder)?;
        fay.run(&["verify", "drift"])?;
        let jobs = admin.run(&["jobs"])?.stdout;
        ensure!(jobs.contains("jump to 2"), "`mistpipe jobs` does not show it:\n{jobs}");
        Ok(())
    })
}

#[test]
fn the_second_friend_who_skips_a_build_has_one_patch_made() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let push = |version: u64| -> Result<()> {
            let dir = scene.path(&version.to_string());
            build(version).write_to(&dir)?;
            admin.push(&dir, "drift", &version.to_string())?;
            Ok(())
        };
        push(1)?;
        let friends = ["ada", "bob", "cleo"].map(|name| server.friend(name));
        let [ada, bob, cleo] = friends;
        let (ada, bob, cleo) = (ada?, bob?, cleo?);
        for friend in [&ada, &bob, &cleo] {
            friend.install("drift")?;
        }
        push(2)?;
        push(3)?;
        let chain = admin.patch_size("drift", "1", "2")? + admin.patch_size("drift", "2", "3")?;
        for friend in [&ada, &bob] {
            ensure!(admin.patch_size("drift", "1", "3").is_err(), "made before enough friends asked");
            friend.update("drift")?;
            let update = friend.last_operation("drift")?;
            ensure!(update.actual_bytes >= chain, "not by the chain of {chain} bytes: {update:?}");
        }
        let direct = eventually("the patch over two builds is made", Duration::from_secs(60), || {
            Ok(admin.patch_size("drift", "1", "3").ok())
        })?;
        cleo.update("drift")?;
        assert_same_tree(&scene.path("3"), &cleo.folder("drift"))?;
        let update = cleo.last_operation("drift")?;
        ensure!(update.actual_bytes == direct, "not by the one patch of {direct} bytes: {update:?}");
        Ok(())
    })
}
