//! Disks that are not what a game's makers have: without executable bits, with things that nobody may read, or full in the wrong
//! place.

use std::{fs, os::unix::fs::symlink, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    ForeignDisk, ForeignKind, Scene, Server, SmallDisk, Tree, assert_same_tree, random_bytes,
};

const LIMIT: Duration = Duration::from_secs(120);

fn build(version: u64) -> Tree {
    let mut world = random_bytes(81, 6 << 20);
    world[..8].copy_from_slice(&version.to_le_bytes());
    Tree::default()
        .file("data/world.bin", world)
        .file("readme.txt", format!("version {version}"))
        .program("bin/game", "#!/bin/sh\necho playing\n")
        .link("latest", "data")
        .link("readme", "readme.txt")
        .empty_folder("saves")
}

/// A server with two builds of `drift` in the folders `1` and `2` of the scene, the second one live.
fn server(scene: &Scene) -> Result<Server> {
    Ok(Server::with_builds(scene, [1, 2].map(build))?.0)
}

#[test]
fn disks_without_executable_bits_hold_games() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        for kind in ForeignDisk::KINDS {
            let disk = ForeignDisk::mount(
                kind,
                &scene.path(&format!("{kind:?}.img")),
                scene.folder(&format!("{kind:?}"))?,
            )?;
            let folder = disk.path().join("drift");
            ann.mist(&["install", "drift@1", "--dir"])?
                .arg(&folder)
                .run(LIMIT)?
                .success()
                .context(format!("{kind:?}"))?;
            ann.run(&["verify", "drift"])?;
            ann.update("drift")?;
            ann.run(&["verify", "drift"])?;
            ensure!(
                fs::read(folder.join("data/world.bin"))? == fs::read(scene.path("2").join("data/world.bin"))?
            );
            // Where the disk has no links, copies stand for them.
            ensure!(fs::read_to_string(folder.join("readme"))? == "version 2", "{kind:?}");
            ensure!(folder.join("latest/world.bin").is_file(), "{kind:?}");
            fs::write(folder.join("readme.txt"), "changed")?;
            ann.mist(&["verify", "drift"])?.run(LIMIT)?.expect(1)?;
            ann.run(&["repair", "drift"])?;
            ann.run(&["verify", "drift"])?;
            ann.run(&["uninstall", "drift"])?;
        }
        Ok(())
    })
}

#[test]
fn what_nobody_may_read_stops_nothing() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        let folder = ann.folder("drift");
        // Root may read everything. What stands for it is a file system that answers with errors: one whose program was killed.
        let foreign = folder.join("lost+found");
        fs::create_dir_all(&foreign)?;
        let disk = ForeignDisk::mount(ForeignKind::Ntfs, &scene.path("image"), foreign.clone())?;
        disk.break_it()?;
        ensure!(fs::read_dir(&foreign).is_err(), "it can be read: this test proves nothing");
        symlink("loop", folder.join("loop"))?;
        fs::write(folder.join("a name that\nno build has"), "mine")?;
        ann.install("drift@1")?;
        ann.update("drift")?;
        ann.run(&["repair", "drift"])?;
        Ok(())
    })
}

#[test]
fn a_link_at_an_empty_folder_stays_and_what_makes_way_is_named_and_comes_back() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        ann.install("drift@1")?;
        let folder = ann.folder("drift");
        let cloud = scene.folder("cloud")?;
        fs::write(cloud.join("slot1"), "level 7")?;
        fs::remove_dir(folder.join("saves"))?;
        symlink(&cloud, folder.join("saves"))?;
        fs::write(folder.join("readme.txt"), "my notes")?;
        let said = ann.update("drift")?.said();
        ensure!(fs::read_to_string(folder.join("saves/slot1"))? == "level 7", "the link is gone: {said}");
        ensure!(
            said.contains("readme.txt") && said.contains("mist kept drift"),
            "what was put aside is not named: {said}"
        );
        ann.run(&["verify", "drift"])?;
        ensure!(ann.run(&["kept", "drift"])?.said().contains("readme.txt"));
        ann.run(&["kept", "drift", "--restore", "readme.txt"])?;
        ensure!(fs::read_to_string(folder.join("readme.txt"))? == "my notes");
        ensure!(fs::read_to_string(folder.join(".mist/kept/restored~1/readme.txt"))? == "version 2");
        Ok(())
    })
}

#[test]
fn a_full_home_disk_does_not_stop_an_update_elsewhere() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        // The friend's home has a disk of its own.
        let disk = SmallDisk::mount(scene.folder("friends/ann")?, 24)?;
        let ann = server.friend("ann")?;
        ensure!(
            disk.path().join("library.json").exists() || disk.path().join("servers").exists(),
            "the home is elsewhere"
        );
        let folder = scene.path("games/drift");
        ann.mist(&["install", "drift@1", "--dir"])?.arg(&folder).run(LIMIT)?.success()?;
        let ballast = disk.fill()?;
        ann.update("drift")?;
        assert_same_tree(&scene.path("2"), &folder)?;
        ann.run(&["verify", "drift"])?;
        let left = walk(&disk.path().join("cache"))?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        ensure!(!folder.join(".mist/patches").exists(), "patches are left in the game's folder");
        fs::remove_file(ballast)?;
        ann.run(&["settings", "--up", "1M"])?;
        Ok(())
    })
}

fn walk(root: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(root).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() { found.extend(walk(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
