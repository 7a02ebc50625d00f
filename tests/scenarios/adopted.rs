//! Folders that came from elsewhere, moved, or are not there: nothing is believed unread, and nothing is made anew.

use std::{fs, path::Path, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree, random_bytes};

const LIMIT: Duration = Duration::from_secs(120);

fn build(version: u64) -> Tree {
    Tree::default()
        .file("data/world.bin", random_bytes(71, 3 << 20))
        .file("data/level.bin", random_bytes(170 + version, 200_000))
        .program("bin/game", "#!/bin/sh\necho the real game\n")
}

/// A server with two builds of `drift` in the folders `1` and `2` of the scene, the second one live.
fn server(scene: &Scene) -> Result<Server> {
    let server = Server::start(scene)?;
    let admin = server.admin()?;
    admin.new_game("drift")?;
    for version in [1, 2] {
        let dir = scene.path(&version.to_string());
        build(version).write_to(&dir)?;
        fs::write(
            dir.join("mist.toml"),
            "[[launch]]\nplatform = \"any\"\nname = \"Play\"\npath = \"bin/game\"\n",
        )?;
        admin.push(&dir, "drift", &version.to_string())?;
    }
    Ok(server)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    ensure!(done.success(), "{} can't be copied", from.display());
    Ok(())
}

/// Puts another program of the same length and time in the place of the game's.
fn replace_program(folder: &Path) -> Result<()> {
    let program = folder.join("bin/game");
    let time = fs::metadata(&program)?.modified()?;
    fs::write(&program, "#!/bin/sh\necho an evil game\n")?;
    fs::File::options().write(true).open(&program)?.set_modified(time)?;
    Ok(())
}

fn same_build(scene: &Scene, version: &str, folder: &Path) -> Result<()> {
    let wanted = scene.path(&format!("{version} without recipe"));
    if !wanted.exists() {
        copy(&scene.path(version), &wanted)?;
        let _ = fs::remove_file(wanted.join("mist.toml"));
    }
    if folder.join("mist.toml").exists() {
        assert_same_tree(&scene.path(version), folder)
    } else {
        assert_same_tree(&wanted, folder)
    }
}

#[test]
fn a_copied_folder_is_verified_before_it_counts_as_installed() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let (ann, ben) = (server.friend("ann")?, server.friend("ben")?);
        ann.install("drift")?;
        let given = scene.path("copy");
        copy(&ann.folder("drift"), &given)?;
        replace_program(&given)?;
        ben.mist(&["install", "drift", "--dir"])?.arg(&given).run(LIMIT)?.success()?;
        same_build(scene, "2", &given)?;
        let started = ben.run(&["launch", "drift"])?.said();
        ensure!(started.contains("the real game"), "{started}");
        let took = ben.last_operation("drift")?.actual_bytes;
        ensure!(took < 3 << 20, "the rest of the copy was fetched again: {took} bytes");

        // A copy in the place of a folder that is known is not believed either.
        fs::remove_dir_all(&given)?;
        copy(&ann.folder("drift"), &given)?;
        replace_program(&given)?;
        let refused = ben.mist(&["launch", "drift"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(refused.contains("not verified") && !refused.contains("evil"), "{refused}");
        let found = ben.mist(&["verify", "drift"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(found.contains("bin/game"), "{found}");
        ben.mist(&["launch", "drift"])?.run(LIMIT)?.expect(1)?;
        ben.run(&["repair", "drift"])?;
        ensure!(ben.run(&["launch", "drift"])?.said().contains("the real game"));
        same_build(scene, "2", &given)
    })
}

#[test]
fn what_a_folder_says_of_its_server_leads_nowhere() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        ann.install("drift")?;
        let state = ann.folder("drift").join(".mist/state.json");
        let said: serde_json::Value = serde_json::from_slice(&fs::read(&state)?)?;
        // Another server's pins, under which anything would be signed.
        let evil = scene.folder("evil")?;
        fs::write(evil.join("server.json"), "{}")?;
        for name in ["../../../evil", "..", "/", ""] {
            let mut changed = said.clone();
            changed["server"] = name.into();
            fs::write(&state, serde_json::to_vec(&changed)?)?;
            let started = ann.run(&["launch", "drift"])?.said();
            ensure!(started.contains("the real game"), "{name}: the library's keys judge: {started}");
            ann.run(&["verify", "drift"])?;
        }
        Ok(())
    })
}

#[test]
fn a_folder_that_is_not_there_is_never_made_anew_and_is_found_again_for_nothing() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        let disk = scene.folder("disk")?;
        let folder = disk.join("drift");
        ann.mist(&["install", "drift@1", "--dir"])?.arg(&folder).run(LIMIT)?.success()?;
        let elsewhere = scene.path("elsewhere");
        fs::rename(&folder, &elsewhere)?;
        for place in ["missing", "empty"] {
            if place == "empty" {
                // What is left of a disk that is not plugged in.
                fs::create_dir(&folder)?;
            }
            for command in [
                &["update", "drift"][..],
                &["switch", "drift@2"],
                &["repair", "drift"],
                &["install", "drift"],
                &["update", "drift", "--dry-run"],
            ] {
                let refused = ann.mist(command)?.run(LIMIT)?.expect(1)?.said();
                ensure!(refused.contains("mist locate drift"), "{command:?}: {refused}");
                ensure!(place == "empty" || !folder.exists(), "{command:?} made {}", folder.display());
                ensure!(
                    place == "missing" || fs::read_dir(&folder)?.next().is_none(),
                    "{command:?} wrote there"
                );
            }
        }
        let nothing = ann.mist(&["locate", "drift"])?.arg(&folder).run(LIMIT)?.expect(1)?.said();
        ensure!(nothing.contains("no files of drift"), "{nothing}");
        // Without the server too: no byte is needed.
        drop(server);
        let found = ann.mist(&["locate", "drift"])?.arg(&elsewhere).run(LIMIT)?.success()?.said();
        ensure!(found.contains("exactly as it was pushed"), "{found}");
        same_build(scene, "1", &elsewhere)?;
        ensure!(ann.run(&["launch", "drift"])?.said().contains("the real game"));

        // A folder that lost its marker is known by its files, and what differs is told.
        fs::remove_dir_all(elsewhere.join(".mist"))?;
        fs::write(elsewhere.join("data/level.bin"), "changed")?;
        let found = ann.mist(&["locate", "drift"])?.arg(&elsewhere).run(LIMIT)?.expect(1)?.said();
        ensure!(found.contains("data/level.bin"), "{found}");
        ann.mist(&["launch", "drift"])?.run(LIMIT)?.expect(1)?;
        Ok(())
    })
}
