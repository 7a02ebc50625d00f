//! An old library comes in: every version that it can give back, byte for byte, whatever stops the import.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, ensure};
use mist_system_tests::{
    Admin, OldLibrary, Outcome, Program, Scene, Server, Tree, Words, assert_same_tree, eventually,
    random_bytes,
};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(240);

/// Three versions of a game: files that change, move, come and go.
fn versions(seed: u64) -> [Tree; 3] {
    let first = Tree::default()
        .file("data/world.bin", random_bytes(seed, 600_000))
        .file("data/old.bin", random_bytes(seed + 1, 50_000))
        .file("read me.txt", "one\n")
        .file("empty", "")
        .program("bin/game", random_bytes(seed + 2, 90_000));
    let mut world = random_bytes(seed, 600_000);
    world[1000..1500].fill(7);
    let second = first
        .clone()
        .file("data/world.bin", world.clone())
        .file("moved/old.bin", random_bytes(seed + 1, 50_000))
        .without("data/old.bin")
        .file("data/new/level.bin", random_bytes(seed + 3, 30_000))
        .file("read me.txt", "two\n");
    world.truncate(400_000);
    let third = second
        .clone()
        .file("data/world.bin", world)
        .without("empty")
        .program("bin/game", random_bytes(seed + 4, 95_000));
    [first, second, third]
}

/// Writes the versions of a game into folders of the scene, and gives these.
fn write(scene: &Scene, name: &str, trees: &[Tree]) -> Result<Vec<PathBuf>> {
    let mut places = vec![];
    for (n, tree) in (0..).zip(trees) {
        let place = scene.path(&format!("{name} 1.{n}"));
        tree.write_to(&place)?;
        places.push(place);
    }
    Ok(places)
}

fn labelled(places: &[PathBuf]) -> Vec<(&'static str, &Path)> {
    ["1.0", "1.1", "1.2"].into_iter().zip(places.iter().map(PathBuf::as_path)).collect()
}

fn importing(admin: &Admin, library: &OldLibrary, work: &Path, more: &[&str]) -> Result<Program> {
    let program = admin.mistpipe(&["import"])?.arg(library.root()).arg("--work").arg(work);
    Ok(program.arg("--hpatchz").arg(library.hpatchz()).args(more))
}

/// The reasons that were told, by `game@version`.
fn refused(outcome: &Outcome) -> Vec<(String, String)> {
    let said = outcome.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    said.filter(|event| event["outcome"] == "refused")
        .map(|event| {
            (format!("{}@{}", text(&event["game"]), text(&event["version"])), text(&event["reason"]))
        })
        .collect()
}

#[test]
fn an_old_library_becomes_builds_whatever_stops_it() -> Result<()> {
    Scene::play(|scene| {
        let Some(library) = OldLibrary::new(scene)? else { return Ok(()) };
        let drift = write(scene, "drift", &versions(100))?;
        let boats = write(scene, "boats", &versions(200))?;
        library.add("Neon Drift", Words::Many, &labelled(&drift))?;
        library.add("Paper Boats: Two", Words::Few, &labelled(&boats))?;
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        let work = scene.folder("work")?;
        let left = || Ok::<_, anyhow::Error>(fs::read_dir(&work)?.count());

        let dry = importing(&admin, &library, &work, &["--dry-run"])?.run(LIMIT)?.success()?;
        ensure!(dry.stdout.contains("6 versions can be imported, 0 there already"), "{}", dry.stdout);
        ensure!(
            dry.stderr.contains("rebuilding the versions takes up to 1."),
            "no word on the room: {}",
            dry.stderr
        );
        ensure!(admin.run(&["ls", "--json"])?.stdout.is_empty(), "a dry run made a game");

        // Killed as soon as one version has come in.
        let task = importing(&admin, &library, &work, &["--json"])?.start()?;
        eventually("the first version is imported", LIMIT, || {
            Ok(task.output().contains(r#""outcome":"imported""#).then_some(()))
        })?;
        task.kill_nine()?;
        ensure!(left()? == 1, "the killed import left its folder");

        let whole = importing(&admin, &library, &work, &[])?.run(LIMIT)?.success()?;
        ensure!(whole.stdout.contains(" 0 can't be had"), "{}", whole.stdout);
        ensure!(whole.stdout.contains("is there already"), "nothing was passed over: {}", whole.stdout);
        ensure!(left()? == 0, "something is left in the temporary folder");
        let again = importing(&admin, &library, &work, &[])?.run(LIMIT)?.success()?;
        ensure!(again.stdout.contains("0 versions imported, 6 there already"), "{}", again.stdout);
        ensure!(admin.patch_size("neon-drift", "1.0", "1.1")? < 100_000, "builds follow each other");

        let ada = server.friend("ada")?;
        for (game, places) in [("neon-drift", &drift), ("paper-boats-two", &boats)] {
            ada.install(&format!("{game}@1.0"))?;
            assert_same_tree(&places[0], &ada.folder(game))?;
            ada.run(&["switch", &format!("{game}@1.1")])?;
            assert_same_tree(&places[1], &ada.folder(game))?;
            ada.update(game)?;
            assert_same_tree(&places[2], &ada.folder(game))?;
        }
        Ok(())
    })
}

#[test]
fn what_a_library_cannot_give_is_named_and_the_rest_comes_in() -> Result<()> {
    Scene::play(|scene| {
        let Some(library) = OldLibrary::new(scene)? else { return Ok(()) };
        let drift = write(scene, "drift", &versions(300))?;
        let boats = write(scene, "boats", &versions(400))?;
        library.add("drift", Words::Many, &labelled(&drift))?;
        library.add("boats", Words::Few, &labelled(&boats))?;
        let patch = library.game("drift").join("deltas/1.1/0.patch");
        let mut bytes = fs::read(&patch)?;
        let middle = bytes.len() / 2;
        bytes.truncate(middle);
        fs::write(&patch, bytes)?;
        let manifest = library.game("boats").join("manifests/1.0.json");
        let text = fs::read_to_string(&manifest)?;
        let hash = text.split('"').find(|word| word.len() == 64).unwrap_or_default();
        fs::write(&manifest, text.replace(hash, &"0".repeat(64)))?;

        let server = Server::start(scene)?;
        let admin = server.admin()?;
        let work = scene.folder("work")?;
        let outcome = importing(&admin, &library, &work, &["--json"])?.run(LIMIT)?.expect(1)?;
        let reasons = refused(&outcome);
        let expected = [
            ("boats@1.0", "SHA-256 is not the one of its manifest"),
            ("boats@1.1", "it is made of 1.0, which can't be had"),
            ("boats@1.2", "it is made of 1.1, which can't be had"),
            ("drift@1.1", "made by deltas/1.1/0.patch"),
        ];
        let fits = |(told, wanted): (&(String, String), &(&str, &str))| {
            told.0 == wanted.0 && told.1.contains(wanted.1)
        };
        ensure!(reasons.len() == expected.len() && reasons.iter().zip(&expected).all(fits), "{reasons:?}");

        // The newest one is in the depot, and the patch that is whole is of no use without the one before.
        let ada = server.friend("ada")?;
        ada.install("drift")?;
        assert_same_tree(&drift[2], &ada.folder("drift"))?;
        ada.run(&["switch", "drift@1.0"])?;
        assert_same_tree(&drift[0], &ada.folder("drift"))?;
        ensure!(!admin.run(&["ls", "--json"])?.stdout.contains("boats"), "a game without a build was made");

        // Mended, the version in between comes too late, which is said; without anything to apply patches the rest is named.
        let late =
            importing(&admin, &library, &work, &["--json", "--only", "drift"])?.run(LIMIT)?.expect(1)?;
        ensure!(
            refused(&late).iter().all(|(_, why)| why.contains("has the later 1.2 already")),
            "{:?}",
            refused(&late)
        );
        fs::write(&manifest, text)?;
        let without = admin.mistpipe(&["import", "--json", "--only", "boats", "--hpatchz", "/nowhere"])?;
        let without = without.arg(library.root()).run(LIMIT)?.expect(1)?;
        let reasons = refused(&without);
        ensure!(
            reasons.len() == 2 && reasons[0].1.contains("/nowhere does not run"),
            "1.0 needs no patch: {reasons:?}"
        );
        Ok(())
    })
}
