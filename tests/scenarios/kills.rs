//! Killed at any point, whatever part: all ends complete, nothing is corrupt, little is fetched again.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use mist_system_tests::{
    Admin, Friend, Host, Lab, Place, Program, Scene, Server, Task, Tree, assert_same_tree, random_bytes,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// What may be moved again for each kill.
const AGAIN: u64 = 16 << 20;
/// Content of the big build.
const SIZE: usize = 80 << 20;
/// The links' speed: slow enough that a kill can be aimed.
const MBIT: u32 = 160;
/// Generous: a busy machine makes a patch several times as slowly.
const LIMIT: Duration = Duration::from_secs(240);

fn first_build() -> Tree {
    Tree::default()
        .file("data/a.bin", random_bytes(21, SIZE / 2))
        .file("data/b.bin", random_bytes(22, SIZE / 2))
        .file("readme.txt", "one")
        .program("bin/game", random_bytes(23, 100_000))
}

/// Half of it is new, some is moved, some changes in place.
fn second_build() -> Tree {
    let mut changed = random_bytes(21, SIZE / 2);
    changed[1000..2000].fill(7);
    first_build()
        .file("data/a.bin", changed)
        .without("data/b.bin")
        .file("data/c.bin", random_bytes(24, SIZE / 2))
        .file("moved/readme.txt", "one")
        .file("readme.txt", "two")
}

struct Stage<'a> {
    scene: &'a Scene,
    lab: Lab,
    vm: Host,
    server: Server,
    admin: Admin,
    admins_host: Host,
}

impl<'a> Stage<'a> {
    /// A server, and an admin on another machine, over links of [`MBIT`].
    fn new(scene: &'a Scene) -> Result<Self> {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admins_host = lab.host("admin")?;
        let admin = server.admin_at("admin", &Place::On(admins_host.clone()))?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        second_build().write_to(&scene.path("2"))?;
        vm.limit_upload(MBIT)?;
        Ok(Self { scene, lab, vm, server, admin, admins_host })
    }

    fn push(&self, version: &str) -> Result<()> {
        self.admin.push(&self.scene.path(version), "drift", version)?;
        Ok(())
    }

    fn pushing(&self, version: &str) -> Result<Program> {
        self.admin.pushing(&self.scene.path(version), "drift", version)
    }

    /// A friend on a machine of their own, and that machine.
    fn friend(&self, name: &str) -> Result<(Friend, Host)> {
        let host = self.lab.host(name)?;
        Ok((self.server.friend_at(name, &Place::On(host.clone()))?, host))
    }

    /// The server dies and comes back. What spoke with it may have given up meanwhile: then `again` is started.
    fn strike(&self, task: &mut Task, again: impl Fn() -> Result<Program>) -> Result<()> {
        self.server.kill_nine()?;
        self.server.restart()?;
        if task.ended()?.is_some_and(|status| !status.success()) {
            *task = again()?.start()?;
        }
        Ok(())
    }

    /// A new friend gets exactly `version`.
    fn is_whole(&self, version: &str) -> Result<()> {
        let (friend, _) = self.friend(&format!("check{version}"))?;
        friend.install(&format!("drift@{version}"))?;
        assert_same_tree(&self.scene.path(version), &friend.folder("drift"))
    }
}

/// Lets a process run for a while. Not a wait for something: the end of it is where the fault strikes.
fn let_run(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::sleep(left);
    }
}

#[test]
fn kill_nine_of_an_install() -> Result<()> {
    const KILLS: u64 = 5;
    let mut rng = StdRng::seed_from_u64(1);
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.push("1")?;
        let (eve, host) = stage.friend("eve")?;
        let before = host.received()?;
        for _ in 0..KILLS {
            let point = host.received()? + rng.random_range(0..20 << 20);
            let mut install = eve.installing("drift")?.start()?;
            ensure!(install.moves(point, Task::received)?, "it was done before it could be killed");
            install.kill_nine()?;
        }
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        eve.run(&["verify", "drift"])?;
        bounded("eve received", host.received()? - before, SIZE as u64, KILLS)
    })
}

#[test]
fn kill_nine_of_an_update() -> Result<()> {
    const KILLS: u64 = 6;
    let mut rng = StdRng::seed_from_u64(2);
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.push("1")?;
        let (eve, host) = stage.friend("eve")?;
        eve.install("drift")?;
        // One of the big files is patched where it is, the other one is new.
        eve.run(&["settings", "--patch-from", "1M"])?;
        stage.push("2")?;
        let before = host.received()?;
        let mut kills = 0;
        while kills < KILLS / 2 {
            let point = host.received()? + rng.random_range(0..12 << 20);
            let mut update = eve.mist(&["update", "drift"])?.start()?;
            ensure!(update.moves(point, Task::received)?, "it was done before it could be killed");
            update.kill_nine()?;
            kills += 1;
        }
        // What is left moves few bytes: patching and committing are struck by time.
        while kills < KILLS {
            let mut update = eve.mist(&["update", "drift"])?.start()?;
            let_run(Duration::from_millis(rng.random_range(200..2000)));
            if update.ended()?.is_none() {
                update.kill_nine()?;
            }
            kills += 1;
        }
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        eve.run(&["verify", "drift"])?;
        bounded("eve received", host.received()? - before, SIZE as u64 / 2, KILLS)
    })
}

#[test]
fn kill_nine_of_the_server_during_an_install() -> Result<()> {
    const KILLS: u64 = 3;
    let mut rng = StdRng::seed_from_u64(3);
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.push("1")?;
        let (eve, host) = stage.friend("eve")?;
        let before = host.received()?;
        let mut install = eve.installing("drift")?.start()?;
        let mut point = before;
        for kill in 0..KILLS {
            point += rng.random_range(1 << 20..20 << 20);
            ensure!(
                install.moves(point, Task::received)? || kill > 0,
                "it was done before it could be disturbed"
            );
            stage.strike(&mut install, || eve.installing("drift"))?;
        }
        if install.finish(LIMIT)?.code() != Some(0) {
            eve.install("drift")?;
        }
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        bounded("eve received", host.received()? - before, SIZE as u64, KILLS)
    })
}

#[test]
fn kill_nine_of_the_server_during_a_push() -> Result<()> {
    const KILLS: u64 = 5;
    let mut rng = StdRng::seed_from_u64(4);
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.push("1")?;
        stage.admins_host.limit_upload(MBIT)?;
        let before = stage.admins_host.sent()?;
        let mut push = stage.pushing("2")?.start()?;
        for kill in 0..KILLS {
            // The first strikes while chunks come in, the others at whatever the jobs do.
            match kill {
                0 | 1 => {
                    let point = before + (kill + 1) * rng.random_range(1 << 20..16 << 20);
                    ensure!(
                        push.moves(point, Task::sent)? || kill > 0,
                        "it was done before it could be disturbed"
                    );
                }
                _ => let_run(Duration::from_millis(rng.random_range(100..1500))),
            }
            stage.strike(&mut push, || stage.pushing("2"))?;
        }
        if push.finish(LIMIT)?.code() != Some(0) {
            stage.push("2")?;
        }
        bounded("the admin sent", stage.admins_host.sent()? - before, SIZE as u64 / 2, KILLS)?;
        stage.is_whole("1")?;
        stage.is_whole("2")
    })
}

#[test]
fn kill_nine_of_a_push() -> Result<()> {
    const KILLS: u64 = 4;
    let mut rng = StdRng::seed_from_u64(5);
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.admins_host.limit_upload(MBIT)?;
        let before = stage.admins_host.sent()?;
        for _ in 0..KILLS {
            let point = stage.admins_host.sent()? + rng.random_range(0..18 << 20);
            let mut push = stage.pushing("1")?.start()?;
            ensure!(push.moves(point, Task::sent)?, "it was done before it could be killed");
            push.kill_nine()?;
        }
        stage.push("1")?;
        bounded("the admin sent", stage.admins_host.sent()? - before, SIZE as u64, KILLS)?;
        ensure!(stage.vm.received()? > 0);
        stage.is_whole("1")
    })
}

/// `moved` is at most `content`, a tenth for what carries it, and [`AGAIN`] for each kill.
fn bounded(what: &str, moved: u64, content: u64, kills: u64) -> Result<()> {
    let most = content + content / 10 + kills * AGAIN;
    ensure!(
        moved <= most,
        "{what} {moved} bytes for {content} bytes of content and {kills} kills, over {most}"
    );
    Ok(())
}
