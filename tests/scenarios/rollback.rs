//! Going back to the build before, without anybody who could help.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Friend, Scene, Server, Tree, assert_same_tree, random_bytes};
use serde::Deserialize;

const LIMIT: Duration = Duration::from_secs(120);
const KEPT: &str = ".mist/previous";

/// `mist rollback --dry-run --json`, as far as it is looked at.
#[derive(Deserialize)]
struct Forecast {
    chosen: String,
    routes: Vec<Route>,
}

#[derive(Deserialize)]
struct Route {
    download: u64,
}

/// The large file changes a little, another one goes, one comes, one is renamed, and a link leads elsewhere.
fn build(version: u64) -> Tree {
    let mut world = random_bytes(61, 6 << 20);
    world[..8].copy_from_slice(&version.to_le_bytes());
    let tree = Tree::default()
        .file("data/world.bin", world)
        .file("readme.txt", format!("version {version}"))
        .program("bin/game", format!("#!/bin/sh\necho {version}\n"))
        .file(&format!("data/of {version}.bin"), random_bytes(62 + version, 300_000))
        .file(&format!("data/moved {}.bin", version % 2), random_bytes(99, 200_000))
        .empty_folder("mods");
    let parts = (0..300).map(|n| (format!("parts/{n:03}"), format!("{version} {n}").repeat(30)));
    let tree = parts.fold(tree, |tree, (path, text)| tree.file(&path, text));
    tree.link("latest", if version == 1 { "data" } else { "bin" })
}

/// A server with three builds, and a friend who had the first one and has the third.
fn updated(scene: &Scene, settings: &[&str]) -> Result<(Server, Friend)> {
    let server = Server::with_builds(scene, [1, 2, 3].map(build))?.0;
    let ann = server.friend("ann")?;
    ann.run(&[&["settings"], settings].concat())?;
    ann.install("drift@1")?;
    ann.update("drift")?;
    stands(scene, &ann, 3)?;
    Ok((server, ann))
}

fn stands(scene: &Scene, ann: &Friend, version: u64) -> Result<()> {
    assert_same_tree(&scene.path(&version.to_string()), &ann.folder("drift"))
        .with_context(|| format!("build {version}"))
}

#[test]
fn a_game_goes_back_and_forth_while_nobody_is_there() -> Result<()> {
    // The large file is made anew, or patched where it is: then by one patch, as the way back is one step.
    for from in ["1G", "1M"] {
        Scene::play(|scene| {
            let (server, ann) = updated(scene, &["--patch-from", from, "--keep-previous", "1G"])?;
            let mut before = 1;
            if from == "1M" {
                ann.run(&["switch", "drift@2"])?;
                ann.update("drift")?;
                before = 2;
            }
            let said = ann.run(&["status"])?.said();
            ensure!(said.contains(&format!("drift can go back to {before} without the network")), "{said}");
            server.stop()?;
            let forecast = ann.run(&["rollback", "drift", "--dry-run", "--json"])?.json::<Forecast>()?;
            ensure!(forecast.chosen == "local" && forecast.routes[0].download == 0);
            let other = ann.mist(&["rollback", "drift", "--to", "0.9"])?.run(LIMIT)?.expect(1)?.said();
            ensure!(other.contains("mist switch drift@0.9"), "{other}");
            stands(scene, &ann, 3)?;
            fs::write(ann.folder("drift").join("saves.txt"), "mine")?;
            let said = ann.run(&["rollback", "drift", "--to", &before.to_string()])?.said();
            ensure!(said.contains(&format!("Rolled back drift {before}. 0 B downloaded")), "{said}");
            ensure!(fs::read_to_string(ann.folder("drift").join("saves.txt"))? == "mine");
            fs::remove_file(ann.folder("drift").join("saves.txt"))?;
            stands(scene, &ann, before)?;
            ann.run(&["verify", "drift"])?;
            // And on again, by the same means.
            ann.run(&["rollback", "drift"])?;
            stands(scene, &ann, 3)?;
            ann.run(&["verify", "drift"])?;
            ensure!(ann.last_operation("drift")?.actual_bytes == 0);
            // Who wants the room gets it at once.
            ann.run(&["settings", "--keep-previous", "none"])?;
            ensure!(!ann.folder("drift").join(KEPT).exists(), "something is kept");
            let nothing = ann.mist(&["rollback", "drift"])?.run(LIMIT)?.expect(1)?.said();
            ensure!(nothing.contains("Nothing is kept"), "{nothing}");
            stands(scene, &ann, 3)
        })?;
    }
    Ok(())
}

#[test]
fn whatever_kills_it_the_game_is_one_of_both_builds_and_the_same_command_goes_on() -> Result<()> {
    Scene::play(|scene| {
        let (server, ann) = updated(scene, &["--keep-previous", "1G"])?;
        server.stop()?;
        let folder = ann.folder("drift");
        let (kept, journal, staging) =
            (folder.join(KEPT), folder.join(".mist/journal"), folder.join(".mist/staging"));
        let entries = |dir: &std::path::Path| fs::read_dir(dir).map_or(0, Iterator::count);
        // As something is seen: that it began, the commit, what is kept as it leaves, what comes as it is put in place, and the end.
        let moments: [&dyn Fn() -> bool; 5] = [
            &|| staging.exists(),
            &|| journal.exists(),
            &|| entries(&staging) > 1,
            &|| {
                journal.exists()
                    && folder.join("data/of 1.bin").exists() == folder.join("data/of 3.bin").exists()
            },
            &|| !journal.exists() && entries(&kept) == 0,
        ];
        let mut here = 3;
        for moment in moments {
            let before = here;
            let mut task = ann.mist(&["rollback", "drift"])?.start()?;
            while task.ended()?.is_none() {
                if moment() {
                    break;
                }
            }
            task.kill_nine()?;
            let there = if before == 3 { 1 } else { 3 };
            if !journal.exists() {
                let is_one = stands(scene, &ann, before).or_else(|_| stands(scene, &ann, there));
                is_one.context("neither build is there")?;
            }
            ann.run(&["rollback", "drift", "--to", &there.to_string()])?;
            stands(scene, &ann, there)?;
            ann.run(&["verify", "drift"])?;
            here = there;
        }
        Ok(())
    })
}
