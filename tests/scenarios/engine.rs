//! One engine a home: commands beside a client that is always on, and what happens when either ends.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Admin, CTRL_C, Friend, Host, Lab, Place, Scene, Server, Task, Tree, assert_same_tree, eventually,
    random_bytes,
};
use serde_json::Value;

/// What the game's builds weigh, about.
const SIZE: usize = 24 << 20;
/// The server's uplink: slow enough that one can step in.
const MBIT: u32 = 40;
const LIMIT: Duration = Duration::from_secs(180);

fn build(seed: u64) -> Tree {
    Tree::default()
        .file("data/world.bin", random_bytes(seed, SIZE))
        .file("data/words.txt", "hello ".repeat(50_000))
        .program("bin/game", random_bytes(seed + 1, 300_000))
}

/// A server with two games, `drift` and `haste`, behind a slow uplink.
struct Stage {
    lab: Lab,
    vm: Host,
    server: Server,
    admin: Admin,
}

impl Stage {
    fn new(scene: &Scene) -> Result<Self> {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admin = server.admin()?;
        for (game, seed) in [("drift", 31), ("haste", 41)] {
            admin.new_game(game)?;
            build(seed).write_to(&scene.path(game))?;
            admin.push(&scene.path(game), game, "1")?;
        }
        vm.limit_upload(MBIT)?;
        Ok(Self { lab, vm, server, admin })
    }

    fn friend(&self, name: &str) -> Result<Friend> {
        self.server.friend_at(name, &Place::On(self.lab.host(name)?))
    }

    /// A friend whose client is always on.
    fn friend_with_client(&self, name: &str) -> Result<Friend> {
        let friend = self.friend(name)?;
        friend.seed()?;
        wait_until("`mist seed` runs the engine", || Ok(owner(&friend)?.is_some()))?;
        Ok(friend)
    }
}

/// The program that runs the friend's engine, other than the one that asks.
fn owner(friend: &Friend) -> Result<Option<String>> {
    let status: Value = friend.run(&["status", "--json"])?.json()?;
    Ok(status["owner"]["program"].as_str().map(str::to_owned))
}

/// Waits until `mist seed` runs the engine: a command before it may still have done so.
fn seeds(friend: &Friend) -> Result<()> {
    wait_until("the engine runs in `mist seed`", || Ok(owner(friend)?.as_deref() == Some("mist seed")))
}

/// What `mist queue --json` says of a game's newest operation.
fn newest(friend: &Friend, game: &str) -> Result<Value> {
    let said = friend.run(&["queue", "--json"])?;
    let operations = said.stdout.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let of_game = operations.into_iter().filter(|o| o["order"]["game"] == game);
    of_game.max_by_key(|o| o["id"].as_u64()).with_context(|| format!("nothing was ordered of {game}"))
}

fn state(friend: &Friend, game: &str) -> Result<String> {
    Ok(newest(friend, game)?["state"].as_str().unwrap_or_default().to_owned())
}

fn wait_until(what: &str, so: impl Fn() -> Result<bool>) -> Result<()> {
    eventually(what, LIMIT, || Ok(so()?.then_some(())))
}

/// Lets an operation fetch some megabytes.
fn fetches(task: &mut Task, host: &Host) -> Result<()> {
    let point = host.received()? + (3 << 20);
    ensure!(task.moves(point, Task::received)?, "it was done before anybody could step in");
    Ok(())
}

fn is_there(scene: &Scene, friend: &Friend, game: &str) -> Result<()> {
    assert_same_tree(&scene.path(game), &friend.folder(game))
}

/// What friends who all install one game, each beside a client that is on, got out of the seed.
struct Evening {
    /// What the server's host sent, headers and all, over what the game weighs.
    copies: f64,
    /// From the first order to the last friend who has the game.
    took: Duration,
}

fn everybody_installs(scene: &Scene, stage: &Stage, game: &str, size: usize) -> Result<Evening> {
    let names = (0..4).map(|n| format!("f{n}"));
    let friends = names.map(|name| stage.friend_with_client(&name)).collect::<Result<Vec<_>>>()?;
    let (before, began) = (stage.vm.sent()?, Instant::now());
    let installs = friends.iter().map(|f| f.installing(game)?.start()).collect::<Result<Vec<_>>>()?;
    for install in installs {
        install.finish(LIMIT)?.success()?;
    }
    let took = began.elapsed();
    let copies = (stage.vm.sent()? - before) as f64 / size as f64;
    for friend in &friends {
        is_there(scene, friend, game)?;
        ensure!(owner(friend)?.as_deref() == Some("mist seed"), "another process ran the engine");
    }
    Ok(Evening { copies, took })
}

#[test]
fn with_every_friends_client_on_the_seed_serves_about_one_copy() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let Evening { copies, .. } = everybody_installs(scene, &stage, "drift", SIZE)?;
        ensure!(copies < 1.25, "the seed sent {copies:.2} copies");
        Ok(())
    })
}

/// As users have it: programs as they are shipped, 200 MB, 100 Mbit/s. `./dev check evening` runs it.
#[test]
#[ignore = "measures optimised programs on a machine that does nothing else"]
#[expect(clippy::print_stdout, reason = "it measures")]
fn an_evening_of_four_friends_with_their_clients_on() -> Result<()> {
    const SIZE: usize = 200_000_000;
    const MBIT: u32 = 100;
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.admin.new_game("vast")?;
        Tree::default().file("data.bin", random_bytes(51, SIZE)).write_to(&scene.path("vast"))?;
        stage.admin.push(&scene.path("vast"), "vast", "1")?;
        stage.vm.limit_upload(MBIT)?;
        let Evening { copies, took } = everybody_installs(scene, &stage, "vast", SIZE)?;
        let least = SIZE as f64 * 8.0 / (f64::from(MBIT) * 1e6);
        let bound = took.as_secs_f64() / least;
        println!(
            "{copies:.2} copies left the seed; the last of 4 had it after {bound:.2} of the link's time"
        );
        ensure!(copies <= 1.10, "the seed sent {copies:.2} copies");
        ensure!(bound <= 1.30, "it took {bound:.2} of the time that the link must take");
        Ok(())
    })
}

#[test]
fn when_the_owner_is_killed_the_command_takes_over() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        let mut seed = eve.mist(&["seed"])?.start()?;
        seeds(&eve)?;
        let before = host.received()?;
        let mut install = eve.installing("drift")?.start()?;
        fetches(&mut install, &host)?;
        seed.still_runs()?;
        seed.kill_nine()?;
        let said = install.finish(LIMIT)?.success()?.said();
        ensure!(said.contains("has ended; this one goes on"), "it did not say so:\n{said}");
        is_there(scene, &eve, "drift")?;
        let again = (host.received()? - before).saturating_sub(SIZE as u64);
        ensure!(again < 16 << 20, "{again} bytes came twice");
        Ok(())
    })
}

#[test]
fn a_command_that_ends_hands_over_what_another_one_waits_for() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        let mut first = eve.installing("drift")?.start()?;
        fetches(&mut first, &host)?;
        let mut second = eve.installing("haste")?.start()?;
        wait_until("it was ordered", || Ok(second.said().contains("does it")))?;
        second.still_runs()?;
        // The first one owns the engine; its end must not be the other one's.
        first.finish(LIMIT)?.success()?;
        second.finish(LIMIT)?.success()?;
        is_there(scene, &eve, "drift")?;
        is_there(scene, &eve, "haste")
    })
}

#[test]
fn the_same_order_in_two_terminals_is_carried_out_once() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        let before = host.received()?;
        let first = eve.installing("drift")?.start()?;
        let second = eve.installing("drift")?.start()?;
        first.finish(LIMIT)?.success()?;
        second.finish(LIMIT)?.success()?;
        is_there(scene, &eve, "drift")?;
        let received = host.received()? - before;
        ensure!(received < SIZE as u64 * 5 / 4, "{received} bytes came for one game");
        Ok(())
    })
}

#[test]
fn paused_operations_stay_so_until_somebody_resumes_them() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        let before = host.received()?;
        // Interrupting the command that does the work pauses it, also for the next process.
        let mut install = eve.installing("drift")?.start()?;
        fetches(&mut install, &host)?;
        install.terminate(LIMIT)?.expect(130)?;
        ensure!(state(&eve, "drift")? == "paused", "{}", newest(&eve, "drift")?);
        // A client that is always on leaves it alone.
        eve.seed()?;
        seeds(&eve)?;
        ensure!(state(&eve, "drift")? == "paused", "{}", newest(&eve, "drift")?);
        // From another terminal: on, paused again, and on to the end.
        let mut resume = eve.mist(&["resume", "drift"])?.start()?;
        fetches(&mut resume, &host)?;
        eve.run(&["pause", "drift"])?;
        let paused = resume.finish(LIMIT)?.expect(1)?.said();
        ensure!(paused.contains("Paused"), "{paused}");
        eve.stop_seeding()?;
        ensure!(state(&eve, "drift")? == "paused", "a pause outlives the process");
        eve.run(&["resume"])?;
        is_there(scene, &eve, "drift")?;
        let again = (host.received()? - before).saturating_sub(SIZE as u64);
        ensure!(again < 16 << 20, "{again} bytes came twice");
        Ok(())
    })
}

#[test]
fn detached_work_goes_on_in_the_client_that_is_on() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let eve = stage.friend_with_client("eve")?;
        let folder = eve.folder("drift");
        let folder = folder.to_str().context("a path of letters")?;
        eve.run(&["install", "drift", "--dir", folder, "--detach"])?;
        // One that is interrupted where nobody can be asked leaves the work to the other process.
        let mut watching = eve.installing("drift")?.start()?;
        wait_until("it watches", || Ok(watching.said().contains("does it")))?;
        watching.still_runs()?;
        let said = watching.terminate(LIMIT)?.success()?.said();
        ensure!(said.contains("goes on with it"), "{said}");
        wait_until("the client has installed it", || Ok(state(&eve, "drift")? == "done"))?;
        is_there(scene, &eve, "drift")
    })
}

/// Presses Ctrl-C at a terminal and waits until it asks, for so many a time.
fn is_asked(task: &mut Task, times: usize) -> Result<()> {
    task.still_runs()?;
    task.types(CTRL_C)?;
    wait_until("it asks", || Ok(task.output().matches("does the work. Enter:").count() == times))
}

#[test]
fn ctrl_c_on_a_terminal_asks_what_becomes_of_work_that_another_process_does() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let eve = stage.friend_with_client("eve")?;
        // Nothing ends while somebody types.
        stage.vm.limit_upload(1)?;
        let on_terminal = |args: &[&str]| -> Result<Task> {
            let task = eve.mist(args)?.on_terminal().start()?;
            wait_until("it follows", || Ok(task.output().contains("does it")))?;
            Ok(task)
        };

        let mut install = eve.installing("drift")?.on_terminal().start()?;
        wait_until("it follows", || Ok(install.output().contains("does it")))?;
        is_asked(&mut install, 1)?;
        install.types("w\n")?;
        wait_until("it waits on", || Ok(install.output().contains("still waiting")))?;
        is_asked(&mut install, 2)?;
        install.types("p\n")?;
        let said = install.finish(LIMIT)?.expect(130)?.said();
        ensure!(said.contains("paused") && state(&eve, "drift")? == "paused", "{said}");

        // Enter leaves the work to the other process, and so does a second Ctrl-C.
        for answer in ["\n", CTRL_C] {
            // The order that is there already goes on.
            let folder = eve.folder("drift");
            let mut install =
                on_terminal(&["install", "drift", "--dir", folder.to_str().context("a path of letters")?])?;
            is_asked(&mut install, 1)?;
            install.types(answer)?;
            let said = install.finish(LIMIT)?.success()?.said();
            ensure!(said.contains("goes on with it") && state(&eve, "drift")? == "running", "{said}");
        }

        let mut verify = on_terminal(&["verify", "drift"])?;
        is_asked(&mut verify, 1)?;
        verify.types("c\n")?;
        let said = verify.finish(LIMIT)?.expect(130)?.said();
        ensure!(said.contains("cancelled") && state(&eve, "drift")? == "cancelled", "{said}");
        stage.vm.limit_upload(MBIT)?;
        wait_until("the client has installed it", || is_installed(&eve, "drift"))?;
        is_there(scene, &eve, "drift")
    })
}

/// Whether an operation on the game ended well.
fn is_installed(friend: &Friend, game: &str) -> Result<bool> {
    let said = friend.run(&["queue", "--json"])?;
    let mut operations = said.stdout.lines().map(serde_json::from_str::<Value>);
    Ok(operations.any(|o| o.is_ok_and(|o| o["order"]["game"] == game && o["state"] == "done")))
}

#[test]
fn who_said_wait_is_not_taken_away_by_the_first_ctrl_c() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let eve = stage.friend_with_client("eve")?;
        stage.vm.limit_upload(1)?;
        let waiting = |game: &str| -> Result<Task> {
            let task = eve.installing(game)?.arg("--wait").start()?;
            wait_until("it follows", || Ok(task.said().contains("does it")))?;
            task.interrupt()?;
            wait_until("it says so", || Ok(task.said().contains("still waiting")))?;
            Ok(task)
        };
        let mut patient = waiting("drift")?;
        let mut impatient = waiting("haste")?;
        // The second one leaves the work to the other process.
        impatient.still_runs()?;
        impatient.interrupt()?;
        let said = impatient.finish(LIMIT)?.success()?.said();
        ensure!(said.contains("goes on with it"), "{said}");
        // On a terminal, too: it was said what a second one does, so that nothing is asked.
        let mut typed = eve.installing("haste")?.arg("--wait").on_terminal().start()?;
        wait_until("it follows", || Ok(typed.output().contains("does it")))?;
        typed.types(CTRL_C)?;
        wait_until("it says so", || Ok(typed.output().contains("still waiting")))?;
        typed.types(CTRL_C)?;
        let said = typed.finish(LIMIT)?.success()?.said();
        ensure!(said.contains("goes on with it") && !said.contains("Enter:"), "{said}");

        patient.still_runs()?;
        stage.vm.limit_upload(MBIT)?;
        let said = patient.finish(LIMIT)?.success()?.said();
        ensure!(said.contains("Installed drift"), "{said}");
        is_there(scene, &eve, "drift")
    })
}

#[test]
fn what_somebody_puts_first_has_its_turn_before_all_that_wait() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let eve = stage.friend_with_client("eve")?;
        stage.vm.limit_upload(1)?;
        for order in [["install", "drift"], ["install", "haste"], ["verify", "drift"], ["verify", "haste"]] {
            eve.run(&[order[0], order[1], "--detach"])?;
        }
        let order = |args: &[&str]| -> Result<Vec<String>> {
            let said = eve.run(args)?.stdout;
            let operations =
                said.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
            Ok(operations.iter().map(|o| format!("{} {}", o["order"]["kind"], o["order"]["game"])).collect())
        };
        let before = order(&["queue", "--json"])?;
        ensure!(before.len() == 4, "{before:?}");
        let number = newest(&eve, "haste")?["id"].to_string();
        let after = order(&["queue", "--first", &number, "--json"])?;
        ensure!(after == [0, 1, 3, 2].map(|n: usize| before[n].clone()), "{before:?} became {after:?}");
        // By its name: what waits of it, while what runs goes on.
        let after = order(&["queue", "--first", "drift", "--json"])?;
        ensure!(after == before, "{before:?} became {after:?}");
        ensure!(eve.run(&["queue", "--first", "drift"])?.stdout.contains("verify drift"), "it is shown");
        let refused = eve.mist(&["queue", "--first", "quake"])?.run(LIMIT)?.expect(4)?.said();
        ensure!(refused.contains("quake"), "{refused}");
        Ok(())
    })
}

/// What a command that ends was still sending to a friend is not cut off: its process lives until the friend has it.
#[test]
fn an_install_that_ends_lets_what_friends_fetch_from_it_end_first() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        let frank = stage.friend("frank")?;
        eve.install("drift")?;
        // Some seconds for what is in flight, and he is in the middle whenever she ends.
        eve.run(&["settings", "--up", "800K", "--limit-lan", "true"])?;
        stage.vm.limit_upload(MBIT / 2)?;
        let half = host.received()? + SIZE as u64 / 2;
        let mut haste = eve.installing("haste")?.start()?;
        ensure!(haste.moves(half, |_| host.received())?, "she had it before he began");
        let mut drift = frank.installing("drift")?.start()?;
        wait_until("she has it", || Ok(haste.output().contains("Installed haste")))?;
        let sent = host.sent()?;
        haste.finish(LIMIT)?.success()?;
        let in_flight = host.sent()? - sent;
        let network = newest(&frank, "drift")?["network"].clone();
        ensure!(in_flight > 64 << 10, "only {in_flight} bytes were sent while she left: {network}");
        drift.still_runs()?;
        stage.vm.limit_upload(MBIT)?;
        drift.finish(LIMIT)?.success()?;
        ensure!(frank.last_operation("drift")?.bytes.lan > 0, "he had nothing from her");
        is_there(scene, &frank, "drift")
    })
}

#[test]
fn cancelling_makes_a_game_what_it_was_before() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let host = stage.lab.host("eve")?;
        let eve = stage.server.friend_at("eve", &Place::On(host.clone()))?;
        // A first install: nothing is left.
        let mut install = eve.installing("drift")?.start()?;
        fetches(&mut install, &host)?;
        eve.run(&["cancel", "drift"])?;
        let said = install.finish(LIMIT)?.expect(1)?.said();
        ensure!(said.contains("Cancelled"), "{said}");
        ensure!(!eve.folder("drift").exists(), "the folder is still there");
        ensure!(eve.status("drift").is_err(), "it is still in the library");
        // An update: the build that was there is there, and plays.
        eve.install("drift")?;
        build(51).write_to(&scene.path("drift2"))?;
        stage.admin.push(&scene.path("drift2"), "drift", "2")?;
        let mut update = eve.mist(&["update", "drift"])?.start()?;
        fetches(&mut update, &host)?;
        eve.run(&["cancel", "drift"])?;
        update.finish(LIMIT)?.expect(1)?;
        is_there(scene, &eve, "drift")?;
        eve.run(&["verify", "drift"])?;
        // One that waits: it is gone, and what runs is not disturbed.
        eve.seed()?;
        seeds(&eve)?;
        eve.run(&["update", "drift", "--detach"])?;
        eve.run(&["verify", "drift", "--detach"])?;
        let number = newest(&eve, "drift")?["id"].to_string();
        eve.run(&["cancel", &number])?;
        ensure!(state(&eve, "drift")? == "cancelled", "{}", newest(&eve, "drift")?);
        eve.update("drift")?;
        assert_same_tree(&scene.path("drift2"), &eve.folder("drift"))
    })
}

#[test]
fn another_account_takes_the_place_of_the_first_in_one_process() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        stage.admin.run(&["new-game", "secret", "--private"])?;
        build(61).write_to(&scene.path("secret"))?;
        stage.admin.push(&scene.path("secret"), "secret", "1")?;
        let eve = stage.friend_with_client("eve")?;
        eve.install("drift")?;
        let frank = stage.server.stranger("frank", &Place::On(stage.lab.host("frank")?))?;
        stage.server.tracker(&["user", "grant", "frank", "secret"], "")?;
        ensure!(!eve.run(&["library"])?.said().contains("secret"), "eve sees it");

        let refused = eve.installing("secret")?.run(LIMIT)?.expect(4)?;
        ensure!(refused.said().contains("no game secret"), "{}", refused.said());
        eve.run(&["logout"])?;
        eve.installing("haste")?.run(LIMIT)?.expect(3)?;
        ensure!(owner(&eve)?.as_deref() == Some("mist seed"), "the client has ended");
        // The same process, another account: its tickets and its node.
        eve.login_as(frank.name(), &stage.server.url())?;
        eve.install("secret")?;
        is_there(scene, &eve, "secret")?;
        ensure!(owner(&eve)?.as_deref() == Some("mist seed"), "the client has ended");
        // It serves what is installed to others as before.
        stage.server.wait_for_copies("drift", 2.0)
    })
}

#[test]
fn a_client_that_is_on_can_be_stopped_from_elsewhere() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let eve = stage.friend("eve")?;
        let seed = eve.mist(&["seed"])?.start()?;
        seeds(&eve)?;
        eve.run(&["install", "drift", "--detach"])?;
        let said = eve.run(&["stop"])?.said();
        ensure!(said.contains("mist seed"), "{said}");
        seed.finish(LIMIT)?.success()?;
        ensure!(owner(&eve)?.is_none() && state(&eve, "drift")? == "queued", "{}", newest(&eve, "drift")?);
        // What waited goes on with the next client.
        eve.seed()?;
        wait_until("the client has installed it", || Ok(state(&eve, "drift")? == "done"))?;
        // `--detach` without a folder installs into Mist's own, which is where the tests look too.
        is_there(scene, &eve, "drift")?;
        ensure!(eve.run(&["stop"])?.said().contains("ends"), "it runs");
        wait_until("it has ended", || Ok(eve.run(&["stop"])?.said().contains("No Mist runs")))
    })
}

#[test]
fn diagnostics_say_what_failed_and_have_no_secrets() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::with_builds(scene, [Tree::default().file("a.txt", "a")])?.0;
        let ann = server.friend("ann")?;
        ann.mist(&["verify", "drift"])?.run(LIMIT)?.expect(4)?;
        let said = ann.run(&["diagnostics"])?.stdout;
        let told: Value = serde_json::from_str(&said)?;
        ensure!(told["operations"][0]["failure"]["code"] == "not_installed", "{said}");
        ensure!(told["checks"][0]["name"] == "server" && told["settings"]["limit_lan"] == false, "{said}");
        let session = std::fs::read(ann.servers_folder()?.join("session.json"))?;
        let session: Value = serde_json::from_slice(&session)?;
        for name in ["access_token", "refresh_token"] {
            let token = session[name].as_str().context("a token")?;
            ensure!(!said.contains(token), "the {name} is in it");
        }
        Ok(())
    })
}
