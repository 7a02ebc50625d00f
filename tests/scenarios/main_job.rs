//! The main job: an admin pushes real builds, one friend installs and updates by patches, another gets the game from
//! the first. And the same with every part in another shape.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use mist_proto::http::BytesBySource;
use mist_system_tests::{
    Admin, Friend, Lab, LastOperation, Place, Postgres, RemoteSeed, Scene, Server, ServerOptions, Tree,
    assert_same_tree, eventually, random_bytes, title,
};

#[test]
fn panda_goes_from_the_admin_to_two_friends() -> Result<()> {
    three_versions_of("panda", ["1.10.14", "1.10.15", "1.10.16"])
}

#[test]
fn babylon_goes_from_the_admin_to_two_friends() -> Result<()> {
    three_versions_of("babylon", ["9.31.0", "9.32.0", "9.33.0"])
}

/// A server's uplink, against which a home's network is fast.
const UPLINK_MBIT: u32 = 100;

fn three_versions_of(name: &str, versions: [&str; 3]) -> Result<()> {
    let title = title(name, &versions)?;
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admin = server.admin()?;
        admin.new_game(name)?;
        let [first, second, third] = versions;
        let ada = server.friend_at("ada", &Place::On(lab.host("ada")?))?;

        admin.push(&title.version(first), name, first)?;
        ada.install(name)?;
        assert_same_tree(&title.version(first), &ada.folder(name))?;
        let mut moved = Moved::default();
        moved.add(&ada.last_operation(name)?);

        admin.push(&title.version(second), name, second)?;
        admin.push(&title.version(third), name, third)?;
        lists_all(&admin, name, &versions)?;

        let patch = admin.patch_size(name, first, second)?;
        ada.run(&["switch", &format!("{name}@{second}")])?;
        assert_same_tree(&title.version(second), &ada.folder(name))?;
        moved.add(&costs_about(&ada, name, patch)?);

        let patch = admin.patch_size(name, second, third)?;
        ada.update(name)?;
        assert_same_tree(&title.version(third), &ada.folder(name))?;
        moved.add(&costs_about(&ada, name, patch)?);
        ada.run(&["verify", name])?;

        ada.seed()?;
        server.wait_for_copies(name, 2.0)?;
        let bob = server.friend_at("bob", &Place::On(lab.host("bob")?))?;
        // Ada and Bob share a home; the server is behind its uplink.
        vm.limit_upload(UPLINK_MBIT)?;
        bob.install(name)?;
        assert_same_tree(&title.version(third), &bob.folder(name))?;
        let install = bob.last_operation(name)?;
        ensure!(install.bytes.total() == install.actual_bytes, "status contradicts itself: {install:?}");
        ensure!(
            2 * install.bytes.lan > install.bytes.total(),
            "most bytes did not come from ada: {install:?}"
        );
        // On a LAN nothing is packed: content comes as it is, each piece with a head and its hashes.
        ensure!(install.wire.lan > install.bytes.lan, "the wire took less than the content: {install:?}");
        moved.add(&install);

        agrees(&server, name, &moved)
    })
}

/// `mistpipe ls` names every version.
fn lists_all(admin: &Admin, game: &str, versions: &[&str]) -> Result<()> {
    let list = admin.run(&["ls", game])?.stdout;
    for version in versions {
        ensure!(list.contains(version), "`mistpipe ls` lacks {version}:\n{list}");
    }
    Ok(())
}

/// An update by a direct patch receives that patch, the manifest, and next to nothing else.
fn costs_about(friend: &Friend, game: &str, patch: u64) -> Result<LastOperation> {
    const MANIFEST: u64 = 4 << 20;
    let done = friend.last_operation(game)?;
    ensure!(
        done.actual_bytes >= patch && done.actual_bytes <= patch + MANIFEST,
        "an update by a patch of {patch} bytes received {done:?}"
    );
    Ok(done)
}

/// What friends received.
#[derive(Debug, Default, PartialEq)]
struct Moved {
    content: BytesBySource,
    wire: BytesBySource,
}

impl Moved {
    fn add(&mut self, done: &LastOperation) {
        self.content.add_all(&done.bytes);
        self.wire.add_all(&done.wire);
    }
}

/// `tracker stats` adds up to what the friends' own programs say.
fn agrees(server: &Server, game: &str, moved: &Moved) -> Result<()> {
    eventually("the tracker's sums are those of the friends", Duration::from_secs(10), || {
        let stats = server.stats()?;
        let counted = stats.games.iter().find(|g| g.game.as_str() == game);
        let counted = counted.map(|g| Moved { content: g.bytes, wire: g.wire });
        ensure!(counted.as_ref() == Some(moved), "the tracker counts {counted:?}, the friends {moved:?}");
        Ok(Some(()))
    })
}

#[test]
fn a_seed_on_another_machine_does_the_same() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        small_game(scene, &server)?;
        let depot = seed.store().join("games/drift/depots/2");
        assert_same_tree(&scene.path("2"), &depot)
    })
}

#[test]
fn a_tracker_on_postgresql_does_the_same() -> Result<()> {
    Scene::play(|scene| {
        let cluster = Postgres::start(scene)?;
        let database = Some(cluster.url());
        let server = Server::start_with(scene, ServerOptions { database, ..ServerOptions::default() })?;
        small_game(scene, &server)?;
        server.stop()?;
        server.restart()?;
        let late = server.friend("late")?;
        late.install("drift")?;
        assert_same_tree(&scene.path("2"), &late.folder("drift"))
    })
}

/// The main job with a game of two small builds, in the folders `1` and `2` of the scene.
fn small_game(scene: &Scene, server: &Server) -> Result<()> {
    let one = Tree::default()
        .file("data/levels.bin", random_bytes(1, 3 << 20))
        .file("readme.txt", "Drive.\n")
        .program("bin/drift", random_bytes(2, 200_000))
        .empty_folder("mods");
    let two =
        one.clone().file("readme.txt", "Drive faster.\n").file("data/new.bin", random_bytes(3, 100_000));
    let admin = server.admin()?;
    admin.new_game("drift")?;
    let ada = server.friend("ada")?;
    push(&admin, &one, &scene.path("1"), "1")?;
    ada.install("drift")?;
    assert_same_tree(&scene.path("1"), &ada.folder("drift"))?;
    push(&admin, &two, &scene.path("2"), "2")?;
    ada.update("drift")?;
    assert_same_tree(&scene.path("2"), &ada.folder("drift"))?;
    let update = ada.last_operation("drift")?;
    ensure!(update.actual_bytes < 1 << 20, "a small change was not a small update: {update:?}");
    ada.seed()?;
    server.wait_for_copies("drift", 2.0)?;
    let bob = server.friend("bob")?;
    bob.install("drift")?;
    assert_same_tree(&scene.path("2"), &bob.folder("drift"))
}

fn push(admin: &Admin, tree: &Tree, dir: &Path, version: &str) -> Result<()> {
    tree.write_to(dir)?;
    admin.push(dir, "drift", version)?;
    Ok(())
}
