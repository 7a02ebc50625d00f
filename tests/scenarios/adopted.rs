//! Folders that came from elsewhere, moved, or are not there: nothing is believed unread, and nothing is made anew.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{PASSWORD, Scene, Server, Tree, assert_same_tree, listing, random_bytes};

const LIMIT: Duration = Duration::from_secs(120);

fn build(version: u64) -> Tree {
    Tree::default()
        .file("data/world.bin", random_bytes(71, 3 << 20))
        .file("data/level.bin", random_bytes(170 + version, 200_000))
        .program("bin/game", "#!/bin/sh\necho the real game\n")
}

/// A server with two builds of `drift` in the folders `1` and `2` of the scene, the second one live.
fn server(scene: &Scene) -> Result<Server> {
    let recipe = "[[launch]]
platform = \"any\"
name = \"Play\"
path = \"bin/game\"
";
    Ok(Server::with_builds(scene, [1, 2].map(|version| build(version).file("mist.toml", recipe)))?.0)
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
        let players = folder.join("notes.txt");
        for place in ["missing", "empty", "without its marker"] {
            match place {
                // What is left of a disk that is not plugged in.
                "empty" => fs::create_dir(&folder)?,
                // Somebody else's folder of that name.
                "without its marker" => fs::write(&players, "a player's")?,
                _ => {}
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
                let is_there = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.path());
                let there = match fs::read_dir(&folder) {
                    Ok(entries) => Some(entries.map(is_there).collect::<Result<Vec<_>>>()?),
                    Err(_) => None,
                };
                let was = match place {
                    "missing" => None,
                    "empty" => Some(vec![]),
                    _ => Some(vec![players.clone()]),
                };
                ensure!(there == was, "{command:?} in a folder that is {place}: {there:?}");
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

/// Passes connections on to the server, and keeps what came from the client.
fn relay(to: String) -> Result<(String, Arc<Mutex<Vec<u8>>>)> {
    // An address of this machine at which the server is not.
    let listener = TcpListener::bind("127.0.0.2:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeps = heard.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else { return };
            let (Ok(from_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else { return };
            let keeps = keeps.clone();
            thread::spawn(move || {
                pass(from_client, to_server, |bytes| {
                    if let Ok(mut all) = keeps.lock() {
                        all.extend_from_slice(bytes);
                    }
                })
            });
            thread::spawn(move || pass(server, client, |_| ()));
        }
    });
    Ok((address, heard))
}

fn pass(mut from: TcpStream, mut to: TcpStream, hear: impl Fn(&[u8])) {
    let mut buf = [0; 4096];
    while let Ok(n) = from.read(&mut buf) {
        hear(&buf[..n]);
        if n == 0 || to.write_all(&buf[..n]).is_err() {
            break;
        }
    }
    // Nobody is left to hear of it.
    let _ = to.shutdown(std::net::Shutdown::Write);
}

#[test]
fn a_known_server_at_a_new_address_proves_its_key_before_a_password_is_sent() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        ann.install("drift@1")?;
        let (evil, heard) = relay(server.url().replace("http://", ""))?;
        let login = |url: &str| {
            Ok::<_, anyhow::Error>(
                ann.mist(&["login", url, "--user", "ann", "--password-stdin"])?.stdin(PASSWORD),
            )
        };
        let refused = login(&evil)?.run(LIMIT)?.expect(1)?.said();
        ensure!(refused.contains("did not prove"), "{refused}");
        let sent = heard.lock().map_err(|_| anyhow::anyhow!("a thread panicked"))?.clone();
        ensure!(!sent.is_empty(), "nobody called the impostor: this test proves nothing");
        ensure!(!String::from_utf8_lossy(&sent).contains(PASSWORD), "the password was sent");

        let moved = server.url().replace("127.0.0.1", "localhost");
        let said = login(&moved)?.run(LIMIT)?.success()?.said();
        ensure!(said.contains("your games go on with it"), "{said}");
        ann.update("drift")?;
        same_build(scene, "2", &ann.folder("drift"))?;
        // Back at an address that is known.
        login(&server.url())?.run(LIMIT)?.success()?;
        Ok(())
    })
}

#[test]
fn caches_that_a_power_loss_emptied_are_made_anew() -> Result<()> {
    Scene::play(|scene| {
        let server = server(scene)?;
        let ann = server.friend("ann")?;
        ann.install("drift@1")?;
        let known = ann.servers_folder()?;
        for file in ["session.json", "games.json", "tickets.json", "builds/drift.json"] {
            fs::write(known.join(file), "")?;
        }
        fs::write(known.join("../../queue.json"), "{")?;
        let login = ann.mist(&["login", &server.url(), "--user", "ann", "--password-stdin"])?.stdin(PASSWORD);
        let said = login.run(LIMIT)?.success()?.said();
        for file in ["session.json", "games.json", "tickets.json", "drift.json", "queue.json"] {
            ensure!(said.contains(file), "nothing is said of {file}: {said}");
            ensure!(said.matches(&format!("{file} ")).count() == 1, "{file} is not told in one line: {said}");
        }
        ann.update("drift")?;
        same_build(scene, "2", &ann.folder("drift"))
    })
}

#[test]
fn a_closed_pipe_is_the_end_and_a_full_disk_is_told() -> Result<()> {
    let tests = std::env::current_exe()?;
    let programs = tests.parent().and_then(Path::parent).context("no folder of programs")?;
    for name in ["mist", "mistpipe", "tracker", "seed-node", "delta"] {
        let program = programs.join(name);
        let run = |tail: &str| {
            let line = format!("set -o pipefail; {} completions bash {tail}", program.display());
            std::process::Command::new("bash").args(["-c", &line]).output()
        };
        let cut = run("| head -c 10 > /dev/null")?;
        let said = String::from_utf8_lossy(&cut.stderr);
        ensure!(cut.status.success() && said.is_empty(), "{name}: {:?}: {said}", cut.status);
        let full = run("> /dev/full")?;
        let said = String::from_utf8_lossy(&full.stderr);
        ensure!(
            full.status.code() == Some(1) && said.contains("standard output"),
            "{name}: {:?}: {said}",
            full.status
        );
    }
    Ok(())
}

#[test]
fn games_are_found_among_a_hundred_thousand_files_and_nothing_is_written_before_somebody_says_so()
-> Result<()> {
    Scene::play(|scene| {
        let build = |version: u64| {
            Tree::default()
                .file("data/world.bin", random_bytes(81, 3 << 20))
                .file("data/own.bin", random_bytes(82 + version, 400_000))
                .file("readme.txt", format!("version {version}"))
        };
        let server = Server::with_builds(scene, [1, 2].map(build))?.0;
        let ann = server.friend("ann")?;
        ann.run(&["library"])?;
        // A disk full of other things, with an older copy of the game on it.
        let disk = scene.folder("disk")?;
        for folder in 0..1000 {
            let folder = disk.join(format!("photos/{:02}/{folder:04}", folder % 50));
            fs::create_dir_all(&folder)?;
            for n in 0..100 {
                fs::File::create(folder.join(format!("{n}.jpg")))?;
            }
        }
        let copy = disk.join("old games/Drift");
        build(1).write_to(&copy)?;
        fs::write(copy.join("saves.txt"), "mine")?;
        fs::write(copy.join("readme.txt"), "my own notes")?;
        let before = listing(&copy)?;
        ann.seed()?;
        let looked = ann.mist(&["scan", &disk.to_string_lossy(), "--json"])?.start()?;
        // Whoever asks something meanwhile is answered.
        ann.run(&["status"])?;
        let found = looked.finish(LIMIT)?.success()?.json::<serde_json::Value>()?;
        ensure!(found["game"] == "drift" && found["version"] == "1", "{found}");
        ensure!(found["dir"] == copy.to_string_lossy().as_ref(), "{found}");
        ensure!((found["files"].as_u64(), found["fits"].as_u64()) == (Some(3), Some(2)), "{found}");
        ensure!(listing(&copy)? == before && !copy.join(".mist").exists(), "something was written");
        let none = ann.run(&["scan", &disk.join("photos").to_string_lossy()])?.said();
        ensure!(none.contains("100,000 files") || none.contains("100000 files"), "{none}");
        let said = ann.mist(&["scan", &disk.to_string_lossy(), "--adopt"])?.run(LIMIT)?;
        ensure!(said.said().contains("readme.txt"), "{}", said.said());
        ann.run(&["repair", "drift"])?;
        ann.run(&["verify", "drift"])?;
        ensure!(fs::read_to_string(copy.join("saves.txt"))? == "mine");
        ensure!(ann.last_operation("drift")?.actual_bytes < 2 << 20, "what was there was fetched");
        let again = ann.run(&["scan", &disk.to_string_lossy()])?.said();
        ensure!(again.contains("No game that is not here already"), "{again}");
        let nowhere = ann.mist(&["scan", "/nowhere/at/all"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(nowhere.contains("There is no folder /nowhere/at/all"), "{nowhere}");
        Ok(())
    })
}
