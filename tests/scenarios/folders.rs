//! A player's folder is the player's: saves, changes, bad disks and full disks.

use std::{fs, os::unix::fs::FileExt, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_proto::limits::GROUP_SIZE;
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
        ensure!(repair.actual_bytes <= FLIPS.len() as u64 * GROUP_SIZE, "fetched too much: {repair:?}");
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

#[test]
fn a_build_for_windows_runs_by_what_is_there_in_a_prefix_of_its_own() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Scene::play(|scene| {
        let program = |path: &Path, text: &str| -> Result<()> {
            fs::create_dir_all(path.parent().context("it has one")?)?;
            fs::write(path, text)?;
            Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
        };
        let recipe = "[[launch]]\nplatform = \"windows\"\nname = \"Play\"\npath = \"bin/drift.exe\"\nargs = [\"-full\"]\n";
        let build = Tree::default().file("bin/drift.exe", "MZ").file("mist.toml", recipe);
        let server = Server::with_builds(scene, [build])?.0;
        let (home, bin) = (scene.folder("ann at home")?, scene.folder("bin")?);
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let ann = server.friend("ann")?.with_env("HOME", &home.to_string_lossy()).with_env("PATH", &path);
        let ann = ann.with_env("XDG_DATA_HOME", "");
        ann.install("drift")?;
        let has_wine = std::process::Command::new("wine").arg("--version").output().is_ok();
        if !has_wine {
            let said = ann.mist(&["launch", "drift"])?.run(Duration::from_secs(60))?.expect(1)?.said();
            ensure!(said.contains("neither Wine nor Proton was found"), "{said}");
        }
        // Stand-ins that say how they were called.
        let says = "#!/bin/sh\necho \"$0|$WINEPREFIX$STEAM_COMPAT_DATA_PATH|$*|$PWD\"\n";
        program(&bin.join("wine"), says)?;
        let said = ann.run(&["launch", "drift", "--", "-map", "e1"])?.stdout;
        let folder = ann.folder("drift");
        let prefix = folder.parent().and_then(Path::parent).context("a home")?.join("prefixes/drift");
        let called = |runner: &Path, verb: &str| {
            let (prefix, game) = (prefix.display(), folder.display());
            format!("{}|{prefix}|{verb}{game}/bin/drift.exe -full -map e1|{game}\n", runner.display())
        };
        ensure!(said == called(&bin.join("wine"), ""), "{said}");
        ensure!(prefix.is_dir() && !folder.join("prefixes").exists());
        // Proton comes before it, and a choice before both.
        let proton = home.join(".local/share/Steam/compatibilitytools.d/GE-Proton9-27/proton");
        program(&proton, says)?;
        let said = ann.run(&["launch", "drift", "--", "-map", "e1"])?.stdout;
        ensure!(said == called(&proton, "waitforexitandrun "), "{said}");
        let wine = bin.join("wine").to_string_lossy().into_owned();
        let view = ann.run(&["runner", "drift", "--use", &wine, "--json"])?.json::<serde_json::Value>()?;
        ensure!(view["chosen"] == wine.as_str() && view["found"][0]["name"] == "GE-Proton9-27", "{view}");
        ensure!(ann.run(&["launch", "drift", "--", "-map", "e1"])?.stdout == called(&bin.join("wine"), ""));
        fs::remove_file(bin.join("wine"))?;
        let said = ann.mist(&["launch", "drift"])?.run(Duration::from_secs(60))?.expect(1)?.said();
        ensure!(said.contains("which is not there any more"), "{said}");
        ann.run(&["runner", "drift", "--use", "none"])?;
        ensure!(
            ann.run(&["launch", "drift", "--", "-map", "e1"])?.stdout
                == called(&proton, "waitforexitandrun ")
        );
        // In the menu it starts by the same command.
        ann.run(&["shortcut", "drift"])?;
        let menu = home.join(".local/share/applications/mist-drift.desktop");
        let entry = fs::read_to_string(&menu)?;
        ensure!(entry.contains("launch drift\n") && entry.contains("\nName="), "{entry}");
        ann.run(&["shortcut", "drift", "--remove"])?;
        ensure!(!menu.exists());
        ann.run(&["uninstall", "drift"])?;
        ensure!(prefix.is_dir(), "what may have saves stays");
        Ok(())
    })
}
