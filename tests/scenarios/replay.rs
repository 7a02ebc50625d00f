//! Old builds without old copies: the server drops their files, and friends have them all the same.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use anyhow::{Result, bail, ensure};
use mist_proto::http::{Build, FilePlace};
use mist_system_tests::{
    Admin, Friend, LastOperation, Scene, Server, Tree, assert_same_tree, eventually, random_bytes,
};
use reqwest::Method;
use serde_json::json;

use crate::api::Api;

/// How long the server may take to tidy up: on a busy machine a patch takes its time.
const TIDY: Duration = Duration::from_secs(240);
const BUILDS: u8 = 5;

/// A file that changes a little from build to build, one that is new in each, and one that stays.
fn build(version: u8) -> Tree {
    let mut world = random_bytes(50, 6 << 20);
    let at = usize::from(version) * 300_000;
    world[at..at + 4000].fill(version);
    Tree::default()
        .file("data/world.bin", world)
        .file("data/level.bin", random_bytes(60 + u64::from(version), 1 << 20))
        .file("readme.txt", format!("build {version}\n"))
        .program("bin/game", random_bytes(33, 200_000))
        .empty_folder("mods")
}

/// The builds of `drift` and how they are kept, oldest first, as `mistpipe ls` tells it.
fn kept(admin: &Admin) -> Result<Vec<(String, &'static str)>> {
    let list = admin.run(&["ls", "drift", "--json"])?.stdout;
    let builds = list.lines().filter_map(|line| serde_json::from_str::<Build>(line).ok());
    Ok(builds.map(|build| (build.version.to_string(), build.kept.as_str())).collect())
}

fn wait_until_kept(admin: &Admin, expected: &[(&str, &'static str)]) -> Result<()> {
    eventually("the server has tidied up", TIDY, || {
        let now = kept(admin)?;
        ensure!(
            now.iter().map(|(version, how)| (version.as_str(), *how)).eq(expected.iter().copied()),
            "{now:?}"
        );
        Ok(Some(()))
    })
}

fn depots(store: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(store.join("games/drift/depots"))? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// What was predicted before it began came true: within 2 % for the network, within 5 % for the disk.
fn came_true(done: &LastOperation) -> Result<()> {
    let within = |percent: u64, predicted: u64, real: u64| predicted.abs_diff(real) * 100 <= real * percent;
    ensure!(
        within(2, done.forecast_bytes, done.actual_bytes),
        "received something else than predicted: {done:?}"
    );
    ensure!(done.disk.peak > 1 << 20, "no disk was used: {done:?}");
    ensure!(within(5, done.disk.forecast, done.disk.peak), "took other room than predicted: {done:?}");
    Ok(())
}

fn goes_to(friend: &Friend, scene: &Scene, version: &str, route: &str) -> Result<()> {
    friend.run(&["switch", &format!("drift@{version}")])?;
    assert_same_tree(&scene.path(version), &friend.folder("drift"))?;
    let done = friend.last_operation("drift")?;
    ensure!(done.route == route, "{done:?}");
    came_true(&done)
}

#[test]
fn old_builds_are_had_after_their_files_are_gone() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, (1..=BUILDS).map(build))?;
        // What is kept to go back would save her the patches.
        let ada = server.friend("ada")?.with_env("MIST_KEEP_PREVIOUS", "none");
        ada.install("drift")?;
        came_true(&ada.last_operation("drift")?)?;
        let backwards =
            [("1", "reverse"), ("2", "reverse"), ("3", "reverse"), ("4", "whole"), ("5", "whole")];
        wait_until_kept(&admin, &backwards)?;
        let store = scene.path("server").join("store");
        ensure!(depots(&store)? == BTreeSet::from(["4".into(), "5".into()]), "{:?}", depots(&store)?);

        goes_to(&ada, scene, "1", "patches")?;
        goes_to(&ada, scene, "5", "patches")?;

        // A single file of it can be had too, once it was put together.
        let api = Api::login(&server, "ada")?;
        let place = eventually("the archive of an old build is at hand", TIDY, || {
            let asked = api.call(Method::GET, "/games/drift/builds/1/file?path=readme.txt", None)?;
            match asked.status.as_u16() {
                200 => Ok(Some(serde_json::from_value::<FilePlace>(asked.body)?)),
                503 if asked.body["code"] == "preparing" => Ok(None),
                _ => bail!("{asked:?}"),
            }
        })?;
        ensure!(api.get_url(&place.url)?.body == json!("build 1\n".len()), "{place:?}");

        // Nobody has the second build: the server puts it together while Bob waits.
        let bob = server.friend("bob")?;
        bob.install("drift@2")?;
        assert_same_tree(&scene.path("2"), &bob.folder("drift"))?;
        let install = bob.last_operation("drift")?;
        ensure!(install.route == "pieces", "{install:?}");
        came_true(&install)?;
        ensure!(depots(&store)?.len() == 2, "its files were kept a second time: {:?}", depots(&store)?);

        // The third build leads to the first two. They survive it, and are tidied up again.
        admin.run(&["rm", "drift@3", "--yes"])?;
        eventually("a patch leads back past the gap", TIDY, || {
            admin.patch_size("drift", "4", "2").map(Some)
        })?;
        wait_until_kept(&admin, &[("1", "reverse"), ("2", "reverse"), ("4", "whole"), ("5", "whole")])?;
        goes_to(&ada, scene, "1", "patches")?;
        let cid = server.friend("cid")?;
        cid.install("drift@1")?;
        assert_same_tree(&scene.path("1"), &cid.folder("drift"))
    })
}
