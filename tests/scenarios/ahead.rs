//! A build that goes live later: what it takes is there before, and nobody plays it before its time.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Admin, Friend, Host, Lab, Place, Scene, Server, Task, Tree, assert_same_tree, eventually, random_bytes,
};
use serde::Deserialize;

const LIMIT: Duration = Duration::from_secs(120);
/// What is new in each build.
const NEW: usize = 12 << 20;
/// What a tracker and its friends say to each other while a build goes live.
const WORDS: u64 = 1 << 20;
/// The link's speed: slow enough that a kill can be aimed.
const MBIT: u32 = 40;
/// What arrives before each kill, and how many there are.
const PORTION: u64 = 2 << 20;
const KILLS: u64 = 4;
/// What may be moved again for each kill, as everywhere.
const AGAIN: u64 = 16 << 20;

fn build(version: u64) -> Tree {
    let mut world = random_bytes(71, 4 << 20);
    world[..8].copy_from_slice(&version.to_le_bytes());
    Tree::default()
        .file("data/world.bin", world)
        .file("data/new.bin", random_bytes(72 + version, NEW))
        .file("readme.txt", format!("version {version}"))
        .program("bin/game", format!("#!/bin/sh\necho {version}\n"))
}

/// `mist status --json`, as far as it is looked at.
#[derive(Deserialize)]
struct Status {
    games: Vec<Game>,
}

#[derive(Deserialize)]
struct Game {
    version: String,
    state: String,
    next: Option<Next>,
    last_operation: Option<Operation>,
}

#[derive(Deserialize)]
struct Next {
    version: String,
    fetching: bool,
    ready: bool,
    bytes: u64,
}

#[derive(Deserialize)]
struct Operation {
    to: String,
    actual_bytes: u64,
    ahead: mist_proto::http::BytesBySource,
}

fn drift(friend: &Friend) -> Result<Game> {
    let games = friend.run(&["status", "--json"])?.json::<Status>()?.games;
    games.into_iter().next().context("no game is here")
}

fn in_millis(from_now: Duration) -> Result<String> {
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)? + from_now;
    Ok(at.as_millis().to_string())
}

/// A server behind a slow link with build 1 live, and two friends who have it.
struct Evening<'a> {
    scene: &'a Scene,
    vm: Host,
    server: Server,
    admin: Admin,
    ann: Friend,
    bob: Friend,
    /// His machine.
    bobs: Host,
    _lab: Lab,
}

impl<'a> Evening<'a> {
    fn new(scene: &'a Scene) -> Result<Self> {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admin = server.admin_at("admin", &Place::On(vm.clone()))?;
        admin.new_game("drift")?;
        for version in 1..=3 {
            build(version).write_to(&scene.path(&version.to_string()))?;
        }
        let first = admin.pushing(&scene.path("1"), "drift", "1")?.args(["--launch", "bin/game"]);
        first.run(LIMIT)?.success()?;
        let friend = |name: &str, host: Host| {
            let friend = server.friend_at(name, &Place::On(host))?;
            friend.install("drift@1")?;
            anyhow::Ok(friend)
        };
        let bobs = lab.host("bob")?;
        let (ann, bob) = (friend("ann", lab.host("ann")?)?, friend("bob", bobs.clone())?);
        Ok(Self { scene, vm, server, admin, ann, bob, bobs, _lab: lab })
    }

    /// Publishes a build, which goes live at a time from now.
    fn schedule(&self, version: &str, from_now: Duration) -> Result<()> {
        let dir = self.scene.path(version);
        self.admin
            .pushing(&dir, "drift", version)?
            .args(["--no-live", "--launch", "bin/game"])
            .run(LIMIT)?
            .success()?;
        self.plan(version, from_now)
    }

    fn plan(&self, version: &str, from_now: Duration) -> Result<()> {
        let at = in_millis(from_now)?;
        self.admin.run(&["live", &format!("drift@{version}"), "--at", &at]).map(drop)
    }

    fn stands(&self, friend: &Friend, version: &str) -> Result<()> {
        assert_same_tree(&self.scene.path(version), &friend.folder("drift"))
            .with_context(|| format!("{} has build {version}", friend.name()))
    }

    fn is_ready(&self, friend: &Friend, version: &str) -> Result<()> {
        eventually(&format!("{version} is ready at {}", friend.name()), LIMIT, || {
            let next = drift(friend)?.next.filter(|next| next.version == version && next.ready);
            Ok(next.map(drop))
        })
    }
}

/// Where a friend keeps patches.
fn patches(friend: &Friend) -> Vec<PathBuf> {
    let home = friend.folder("drift").join("../../cache/patches/drift");
    fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn the_evenings_update_is_there_before_it_goes_live_and_takes_nothing_more() -> Result<()> {
    Scene::play(|scene| {
        let evening = Evening::new(scene)?;
        let Evening { vm, admin, ann, bob, bobs, .. } = &evening;
        vm.limit_upload(MBIT)?;
        evening.schedule("2", Duration::from_secs(3 * 3600))?;
        // Bob asks for it, and is killed again and again.
        let before = bobs.received()?;
        for _ in 0..KILLS {
            let mut task = bob.mist(&["update", "drift", "--ahead"])?.start()?;
            let point = bobs.received()? + PORTION;
            ensure!(task.moves(point, Task::received)?, "it was done before anybody could step in");
            task.kill_nine()?;
            let game = drift(bob)?;
            ensure!((game.version.as_str(), game.state.as_str()) == ("1", "installed"), "it is touched");
            ensure!(game.next.is_some_and(|next| next.fetching && !next.ready));
            evening.stands(bob, "1")?;
        }
        let said = bob.run(&["update", "drift", "--ahead"])?.said();
        ensure!(said.contains("drift 2 is ready for"), "{said}");
        let again = (bobs.received()? - before).saturating_sub(NEW as u64);
        ensure!(again < KILLS * AGAIN, "{again} bytes were fetched again");
        // Ann's client hears of it and needs nobody.
        ann.run(&["settings", "--auto-update", "true"])?;
        ann.seed()?;
        evening.is_ready(ann, "2")?;
        for friend in [ann, bob] {
            // The game is as it was, whole, and can be played.
            evening.stands(friend, "1")?;
            let game = drift(friend)?;
            ensure!((game.version.as_str(), game.state.as_str()) == ("1", "installed"));
            friend.run(&["verify", "drift"])?;
            let said = friend.run(&["launch", "drift"])?.said();
            ensure!(said.contains('1'), "{said}");
            let said = friend.run(&["status"])?.said();
            ensure!(said.contains("drift 2 goes live on") && said.contains("it is ready"), "{said}");
            // Nobody is before the others.
            for early in [&["switch", "drift@2"][..], &["install", "drift@2"]] {
                let said = friend.mist(early)?.run(LIMIT)?.expect(1)?.said();
                ensure!(said.contains("drift 2 is not live yet"), "{said}");
            }
            evening.stands(friend, "1")?;
        }
        bob.seed()?;
        evening.plan("2", Duration::from_secs(2))?;
        let before = vm.sent()?;
        for friend in [ann, bob] {
            eventually(&format!("{} has it", friend.name()), LIMIT, || {
                Ok((drift(friend)?.version == "2" && drift(friend)?.state == "installed").then_some(()))
            })?;
            evening.stands(friend, "2")?;
        }
        let sent = vm.sent()? - before;
        ensure!(sent < WORDS, "{sent} bytes left the server after it went live");
        for friend in [ann, bob] {
            let last = drift(friend)?.last_operation.context("nothing was done")?;
            ensure!(last.to == "2" && last.actual_bytes > NEW as u64, "{} of {}", last.actual_bytes, last.to);
            ensure!(last.ahead.total() == last.actual_bytes, "{:?} of {}", last.ahead, last.actual_bytes);
            ensure!(drift(friend)?.next.is_none());
            ensure!(!patches(friend).iter().any(|path| path.extension().is_some_and(|e| e == "pin")));
            friend.run(&["verify", "drift"])?;
        }
        // What is withdrawn goes.
        evening.schedule("3", Duration::from_secs(3 * 3600))?;
        evening.is_ready(ann, "3")?;
        let held = |friend: &Friend| patches(friend).iter().filter(|path| path.extension().is_none()).count();
        let with_it = held(ann);
        ensure!(with_it > 0, "the patch that was fetched is there");
        admin.run(&["live", "drift", "--cancel"])?;
        admin.run(&["rm", "drift@3", "--yes"])?;
        eventually("nothing is to go live any more", LIMIT, || Ok(drift(ann)?.next.is_none().then_some(())))?;
        eventually("what is of no use is gone", LIMIT, || Ok((held(ann) < with_it).then_some(())))?;
        ensure!(drift(bob)?.next.is_none(), "nobody asked for bob");
        evening.stands(ann, "2")?;
        evening.server.stop()
    })
}

#[test]
fn who_does_not_want_it_says_so_once() -> Result<()> {
    Scene::play(|scene| {
        let evening = Evening::new(scene)?;
        let Evening { vm, ann, .. } = &evening;
        ann.run(&["settings", "--auto-update", "true", "--limit-lan", "true", "--down", "200k"])?;
        ann.seed()?;
        vm.limit_upload(MBIT)?;
        evening.schedule("2", Duration::from_secs(3600))?;
        eventually("it comes in", LIMIT, || {
            let queue = ann.run(&["queue", "--json"])?.stdout;
            Ok(queue.contains("\"phase\":\"downloading\"").then_some(()))
        })?;
        ann.run(&["cancel", "drift"])?;
        let game = drift(ann)?;
        ensure!(game.next.is_some_and(|next| !next.fetching && next.bytes == 0));
        ensure!(patches(ann).is_empty(), "{:?}", patches(ann));
        // Another engine does not begin with it either, though it looks at everything.
        ann.stop_seeding()?;
        ann.run(&["settings", "--down", "none"])?;
        ann.seed()?;
        eventually("it serves", LIMIT, || {
            Ok(ann.run(&["doctor"])?.said().contains("listening").then_some(()))
        })?;
        let queue = ann.run(&["queue", "--json"])?.stdout;
        ensure!(
            !queue.contains("\"state\":\"running\"") && !queue.contains("\"state\":\"queued\""),
            "{queue}"
        );
        // Whoever asks for it gets it.
        ann.run(&["update", "drift", "--ahead"])?;
        evening.is_ready(ann, "2")
    })
}
