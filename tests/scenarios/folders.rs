//! A player's folder is the player's: saves, changes, bad disks and full disks.

use std::{fs, os::unix::fs::FileExt, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Friend, Lab, Place, Scene, Server, ServerOptions, SmallDisk, Task, Tree, assert_same_tree, random_bytes,
};

fn build(version: u64) -> Tree {
    Tree::default()
        .file("config.ini", format!("volume = {version}\n"))
        .file("data/world.bin", random_bytes(31, 12 << 20))
        .file("data/level.bin", random_bytes(100 + version, 300_000))
        .program("bin/game", random_bytes(33, 100_000))
}

/// A server with two builds of `drift` in the folders `1` and `2` of the scene, the second one live.
fn server(scene: &Scene) -> Result<Server> {
    Ok(Server::with_builds(scene, [1, 2].map(build))?.0)
}

#[test]
fn an_update_keeps_saves_and_what_the_player_changed() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let fay = server.friend("fay")?;
        fay.install("drift@1")?;
        let folder = fay.folder("drift");
        fs::create_dir(folder.join("saves"))?;
        fs::write(folder.join("saves/slot1"), "level 7")?;
        fs::write(folder.join("config.ini"), "volume = eleven\n")?;

        fay.update("drift")?;
        ensure!(fs::read_to_string(folder.join("saves/slot1"))? == "level 7");
        let kept = find(&folder.join(".mist/kept"), "config.ini")?;
        ensure!(fs::read_to_string(kept)? == "volume = eleven\n");
        fs::remove_dir_all(folder.join("saves"))?;
        assert_same_tree(&scene.path("2"), &folder)
    })
}

#[test]
fn uninstalling_leaves_saves_and_nothing_else() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let fay = server.friend("fay")?;
        fay.install("drift")?;
        let folder = fay.folder("drift");
        fs::create_dir(folder.join("saves"))?;
        fs::write(folder.join("saves/slot1"), "level 7")?;
        fay.run(&["uninstall", "drift"])?;
        let left = scene.path("left");
        Tree::default().file("saves/slot1", "level 7").write_to(&left)?;
        assert_same_tree(&left, &folder)?;
        ensure!(!folder.join(".mist").exists(), "the control folder is left");
        Ok(())
    })
}

#[test]
fn repair_finds_rot_and_fetches_only_the_bad_parts() -> Result<()> {
    const PIECE: u64 = 1 << 20;
    const FLIPS: [(&str, u64); 3] =
        [("data/world.bin", 17), ("data/world.bin", 9_000_000), ("data/level.bin", 150_000)];
    Scene::play(|scene| {
        let server = server(scene)?;
        let fay = server.friend("fay")?;
        fay.install("drift")?;
        for (path, offset) in FLIPS {
            flip_bit(&fay.folder("drift").join(path), offset)?;
        }
        let found = fay.mist(&["verify", "drift"])?.run(Duration::from_secs(60))?.expect(1)?.said();
        for (path, _) in FLIPS {
            ensure!(found.contains(path), "`mist verify` does not name {path}: {found}");
        }
        fay.run(&["repair", "drift"])?;
        assert_same_tree(&scene.path("2"), &fay.folder("drift"))?;
        let repair = fay.last_operation("drift")?;
        ensure!(repair.actual_bytes > 0, "{repair:?}");
        ensure!(repair.actual_bytes <= FLIPS.len() as u64 * PIECE, "fetched too much: {repair:?}");
        ensure!(repair.forecast_bytes == repair.actual_bytes, "said otherwise before: {repair:?}");
        fay.run(&["verify", "drift"])?;
        Ok(())
    })
}

#[test]
fn going_back_gives_exactly_the_old_build() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let fay = server.friend("fay")?;
        fay.install("drift")?;
        assert_same_tree(&scene.path("2"), &fay.folder("drift"))?;
        fay.run(&["switch", "drift@1"])?;
        assert_same_tree(&scene.path("1"), &fay.folder("drift"))?;
        let back = fay.last_operation("drift")?;
        ensure!(back.actual_bytes < 2 << 20, "fetched what was there: {back:?}");
        Ok(())
    })
}

#[test]
fn an_update_without_room_is_refused_and_goes_on_with_room() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let fay = server.friend("fay")?;
        let disk = SmallDisk::mount(scene.folder("disk")?, 32)?;
        install_to(&fay, "drift@1", &disk.path().join("drift"))?;
        let ballast = disk.fill()?;
        let refused = fay.mist(&["update", "drift"])?.run(Duration::from_secs(60))?.expect(1)?;
        says_full(&refused.said())?;
        fay.run(&["verify", "drift"])?;
        assert_same_tree(&scene.path("1"), &disk.path().join("drift"))?;
        fs::remove_file(ballast)?;
        fay.update("drift")?;
        assert_same_tree(&scene.path("2"), &disk.path().join("drift"))
    })
}

#[test]
fn a_disk_that_fills_during_an_install_costs_nothing_twice() -> Result<()> {
    const SIZE: usize = 48 << 20;
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let (vm, home) = (lab.host("vm")?, lab.host("home")?);
        let place = Place::On(vm.clone());
        let server = Server::start_with(scene, ServerOptions { place, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let files = (0..6).fold(Tree::default(), |tree, n| {
            tree.file(&format!("data/{n}.bin"), random_bytes(40 + n, SIZE / 6))
        });
        files.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        vm.limit_upload(100)?;

        let gus = server.friend_at("gus", &Place::On(home.clone()))?;
        let disk = SmallDisk::mount(scene.folder("disk")?, 120)?;
        let folder = disk.path().join("drift");
        let before = home.received()?;
        let mut install = gus.mist(&["install", "drift", "--dir"])?.arg(&folder).start()?;
        ensure!(install.moves(before + (12 << 20), Task::received)?, "it was done before the disk was full");
        let ballast = disk.fill()?;
        let failed = install.finish(Duration::from_secs(120))?.expect(1)?;
        says_full(&failed.said())?;
        fs::remove_file(ballast)?;
        install_to(&gus, "drift", &folder)?;
        assert_same_tree(&scene.path("1"), &folder)?;
        let moved = home.received()? - before;
        ensure!(moved < SIZE as u64 + (20 << 20), "{moved} bytes received for {SIZE}");
        Ok(())
    })
}

fn install_to(friend: &Friend, wanted: &str, dir: &Path) -> Result<()> {
    friend.mist(&["install", wanted, "--dir"])?.arg(dir).run(Duration::from_secs(120))?.success()?;
    Ok(())
}

fn says_full(said: &str) -> Result<()> {
    let said = said.to_lowercase();
    ensure!(
        ["space", "full", "room", "free"].iter().any(|word| said.contains(word)),
        "does not say that the disk is full: {said}"
    );
    Ok(())
}

fn flip_bit(path: &Path, offset: u64) -> Result<()> {
    let file = fs::File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset)?;
    byte[0] ^= 0x10;
    file.write_all_at(&byte, offset)?;
    Ok(())
}

/// The file of that name somewhere below `root`.
fn find(root: &Path, name: &str) -> Result<std::path::PathBuf> {
    walk(root)?
        .into_iter()
        .find(|p| p.ends_with(name))
        .with_context(|| format!("no {name} below {}", root.display()))
}

fn walk(root: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(root).with_context(|| format!("reading {}", root.display()))? {
        let path = entry?.path();
        if path.is_dir() { found.extend(walk(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
