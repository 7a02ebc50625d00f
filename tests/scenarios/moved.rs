//! Games that go to another folder or disk.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    ForeignDisk, ForeignKind, Friend, Outcome, Scene, Server, SmallDisk, Tree, assert_same_tree, random_bytes,
};

const LIMIT: Duration = Duration::from_secs(120);
/// What `mist move` leaves in a folder that it fills.
const LABEL: &str = ".mist/moving.json";

/// Whether something is seen, by the old and the new folder.
type Moment<'a> = dyn Fn(&Path, &Path) -> bool + 'a;

fn build(files: usize) -> Tree {
    let mut tree = Tree::default()
        .file("data/world.bin", random_bytes(91, 6 << 20))
        .file("readme.txt", "version 1")
        .program("bin/game", "#!/bin/sh\necho playing\n")
        .link("latest", "data")
        .empty_folder("mods");
    for n in 0..files {
        tree = tree.file(&format!("data/parts/{n:04}"), format!("part {n}").repeat(40));
    }
    tree
}

/// A server with a build of `drift` in the folder `1` of the scene, and a friend who has it.
fn installed(scene: &Scene, files: usize) -> Result<(Server, Friend)> {
    let server = Server::with_builds(scene, [build(files)])?.0;
    let ann = server.friend("ann")?;
    ann.install("drift")?;
    Ok((server, ann))
}

fn relocate(ann: &Friend, to: &Path) -> Result<Outcome> {
    ann.mist(&["move", "drift"])?.arg(to).run(LIMIT)
}

fn refused(ann: &Friend, to: &Path) -> Result<String> {
    Ok(relocate(ann, to)?.expect(1)?.said())
}

/// The game is whole there, with nothing but what was pushed.
fn is_here(scene: &Scene, ann: &Friend, folder: &Path) -> Result<()> {
    assert_same_tree(&scene.path("1"), folder)?;
    let said = ann.run(&["status", "--json"])?.stdout;
    ensure!(said.contains(&folder.display().to_string()), "{} is not where it is: {said}", folder.display());
    ann.run(&["verify", "drift"])?;
    Ok(())
}

#[test]
fn a_game_goes_to_another_place_and_disk_with_all_that_is_the_players() -> Result<()> {
    Scene::play(|scene| {
        let (_server, ann) = installed(scene, 3)?;
        let old = ann.folder("drift");
        let cloud = scene.folder("cloud")?;
        let long_ago = SystemTime::now() - Duration::from_secs(400 * 86_400);
        let save = "saves/12:00 \"level\" 7.sav";
        fs::create_dir(old.join("saves"))?;
        fs::write(old.join(save), "level 7")?;
        fs::File::options().write(true).open(old.join(save))?.set_modified(long_ago)?;
        symlink(&cloud, old.join("cloud"))?;
        fs::write(old.join("readme.txt"), "my notes")?;

        let disk = SmallDisk::mount(scene.folder("stick")?, 64)?;
        let (beside, away) = (scene.path("elsewhere/deep/drift"), disk.path().join("games/drift"));
        let mut from = old;
        for (to, copies) in [(&beside, false), (&away, true)] {
            let told = ann.mist(&["move", "drift", "--dry-run"])?.arg(to).run(LIMIT)?.success()?.said();
            ensure!(told.contains("nothing is copied") != copies, "{told}");
            ensure!(!to.exists() && from.exists(), "it was to say what it takes, and no more");
            let said = relocate(&ann, to)?.success()?.said();
            ensure!(said.contains("copied and compared") == copies, "{said}");
            ensure!(!from.exists(), "{} is still there", from.display());
            ensure!(fs::read_to_string(to.join(save))? == "level 7");
            ensure!(fs::metadata(to.join(save))?.modified()? == long_ago, "the save has another time");
            ensure!(
                fs::read_link(to.join("cloud"))? == cloud
                    && fs::read_link(to.join("latest"))? == Path::new("data")
            );
            ensure!(
                fs::read_to_string(to.join("readme.txt"))? == "my notes",
                "it was put right, and not moved"
            );
            ensure!(!to.join(LABEL).exists());
            from.clone_from(to);
        }
        let launched = ann.mist(&["verify", "drift"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(launched.contains("readme.txt"), "{launched}");
        ann.run(&["repair", "drift"])?;
        for own in ["saves", "cloud"] {
            let own = away.join(own);
            if own.is_symlink() { fs::remove_file(own)? } else { fs::remove_dir_all(own)? }
        }
        is_here(scene, &ann, &away)
    })
}

#[test]
fn where_a_game_can_not_go_it_does_not_go() -> Result<()> {
    Scene::play(|scene| {
        let (_server, ann) = installed(scene, 3)?;
        let old = ann.folder("drift");
        let photos = scene.folder("photos")?;
        fs::write(photos.join("holiday.jpg"), "sun")?;
        ensure!(refused(&ann, &photos)?.contains("not empty"));
        ensure!(refused(&ann, &old.join("data/new"))?.contains("inside"));
        let small = SmallDisk::mount(scene.folder("small")?, 2)?;
        let full = small.path().join("drift");
        let said = refused(&ann, &full)?;
        ensure!(said.contains("not enough room"), "{said}");
        ensure!(!full.exists(), "something is left on the full disk");
        ensure!(fs::read_dir(&photos)?.count() == 1, "something came to the photos");
        is_here(scene, &ann, &old)?;
        ensure!(relocate(&ann, &old)?.success()?.said().contains("is in"), "where it is it may stay");

        // A pipe can't go along; without it the same order goes on.
        let (pipe, big) = (old.join("pipe"), scene.path("elsewhere/drift"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().context("mkfifo")?;
        ensure!(made.success());
        let disk = SmallDisk::mount(scene.folder("stick")?, 64)?;
        let said = refused(&ann, &disk.path().join("drift"))?;
        ensure!(said.contains("pipe"), "{said}");
        fs::remove_file(pipe)?;
        relocate(&ann, &big)?.success()?;
        is_here(scene, &ann, &big)
    })
}

#[test]
fn links_become_copies_on_a_disk_without_them() -> Result<()> {
    Scene::play(|scene| {
        let (_server, ann) = installed(scene, 3)?;
        let old = ann.folder("drift");
        let disk = ForeignDisk::mount(ForeignKind::ExFat, &scene.path("image"), scene.folder("card")?)?;
        let card = disk.path().join("drift");
        symlink("/somewhere", old.join("mine"))?;
        let said = refused(&ann, &card)?;
        ensure!(said.contains("mine") && !card.exists(), "{said}");
        fs::remove_file(old.join("mine"))?;
        relocate(&ann, &card)?.success()?;
        ensure!(card.join("latest/world.bin").is_file() && !old.exists());
        ann.run(&["verify", "drift"])?;
        relocate(&ann, &old)?.success()?;
        ensure!(!card.exists(), "something is left on the card");
        ann.run(&["verify", "drift"])?;
        Ok(())
    })
}

#[test]
fn whatever_kills_it_the_game_is_whole_in_one_place_and_the_same_order_goes_on() -> Result<()> {
    Scene::play(|scene| {
        let (_server, ann) = installed(scene, 400)?;
        let disk = SmallDisk::mount(scene.folder("stick")?, 64)?;
        let (mut here, mut there) = (ann.folder("drift"), disk.path().join("drift"));
        let parts = |folder: &Path| fs::read_dir(folder.join("data/parts")).map_or(0, Iterator::count);
        // As something is seen: the copy's beginning and its growing, its end, and the going of the old folder.
        let moments: [&Moment<'_>; 5] = [
            &|_, new| new.join(LABEL).exists(),
            &|_, new| parts(new) > 50,
            &|_, new| parts(new) > 300,
            &|_, new| new.join(".mist/state.json").exists(),
            &|old, _| parts(old) < 350,
        ];
        for moment in moments {
            let mut task = ann.mist(&["move", "drift"])?.arg(&there).start()?;
            while task.ended()?.is_none() {
                if moment(&here, &there) {
                    break;
                }
            }
            task.kill_nine()?;
            let whole = |folder: &Path| assert_same_tree(&scene.path("1"), folder);
            let is_whole = whole(&here).or_else(|_| whole(&there));
            is_whole.context("neither folder is the game")?;
            // What was ordered goes on by itself where an engine runs.
            relocate(&ann, &there)?.success()?;
            is_here(scene, &ann, &there)?;
            ensure!(!here.exists(), "the old folder is still there");
            std::mem::swap(&mut here, &mut there);
        }

        // One that is given up leaves nothing.
        let mut task = ann.mist(&["move", "drift"])?.arg(&there).start()?;
        while task.ended()?.is_none() && parts(&there) < 20 {}
        task.kill_nine()?;
        let arrived = there.join(".mist/state.json").exists();
        if !arrived {
            ann.run(&["cancel", "drift"])?;
            ensure!(!there.exists(), "something is left of the copy");
            is_here(scene, &ann, &here)?;
        }
        Ok(())
    })
}

#[test]
fn games_are_installed_into_the_folders_that_the_settings_name() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::with_builds(scene, [build(3)])?.0;
        let ann = server.friend("ann")?;
        let folders: Vec<PathBuf> = ["big", "stick"].map(|name| scene.path(name)).to_vec();
        let list = folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(",");
        let said = ann.run(&["settings", "--library-folders", &list])?.said();
        ensure!(said.contains(&list), "{said}");
        ann.run(&["install", "drift"])?;
        is_here(scene, &ann, &folders[0].join("drift"))?;
        // Taking a folder off the list leaves its games where they are.
        ann.run(&["settings", "--library-folders", "none"])?;
        is_here(scene, &ann, &folders[0].join("drift"))?;
        ann.run(&["uninstall", "drift"])?;
        ann.run(&["install", "drift"])?;
        is_here(scene, &ann, &ann.folder("drift"))
    })
}
