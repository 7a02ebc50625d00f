//! Limits of a friend and of the seed: by the time of the day, by the clock of the machine, and for all ways together.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use mist_system_tests::{Friend, Lab, Place, Scene, Server, ServerOptions, Task, Tree, random_bytes};

const MINUTE: u64 = 60;
/// How long the rest of the build may take once nothing limits it, on a machine that has other things to do.
const SOON: u64 = 25;

/// How long an install by the seed's limit may take.
const LIMIT: Duration = Duration::from_secs(180);
/// What the seed may send a second, as it is set and in bytes.
const RATE: (&str, f64) = ("1MB", 1e6);
/// A game that takes six seconds by it.
const GAME: usize = 6 << 20;

fn seconds() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn clock(at: u64) -> String {
    format!("{:02}:{:02}", at / MINUTE / 60 % 24, at / MINUTE % 60)
}

#[test]
fn a_limit_ends_when_its_schedule_says_so_for_what_is_under_way_too() -> Result<()> {
    Scene::play(|scene| {
        // By the limit it would take three minutes.
        let build = Tree::default().file("world.bin", random_bytes(55, 18 << 20));
        let server = Server::with_builds(scene, [build])?.0;
        let ann = server.friend("ann")?.with_env("TZ", "UTC");
        // There are at least ten seconds until the limit goes.
        let now = seconds()?;
        let change = (now / MINUTE + 1 + u64::from(now % MINUTE > MINUTE - 10)) * MINUTE;
        let schedule = format!("{},100k {},off", clock(change - 2 * MINUTE), clock(change));
        ann.run(&["settings", "--limit-lan", "true", "--down-schedule", &schedule])?;
        let said = ann.run(&["settings"])?.said();
        let until = clock(change);
        ensure!(said.contains("; now 100 kB/s, until") && said.contains(&until), "{said}");
        let installed = ann.installing("drift")?.run(Duration::from_secs(200))?.success()?.said();
        let ended = seconds()?;
        ensure!(
            ended >= change,
            "nothing limited it: it was done {} s before the limit went",
            change - ended
        );
        ensure!(ended <= change + SOON, "it went on slowly for {} s", ended - change);
        let spent = ann.last_operation("drift")?.spent;
        let others = spent.network + spent.sources + spent.seed + spent.hash + spent.disk + spent.patch;
        ensure!(spent.limit > others, "it does not say that the limit held it up: {spent:?}");
        ensure!(installed.contains("The time went into your limit ("), "{installed}");
        Ok(())
    })
}

/// A server in a network, with a game of [`GAME`] bytes.
fn server_in(scene: &Scene, lab: &Lab, settings: Vec<(&'static str, String)>) -> Result<Server> {
    let place = Place::On(lab.host("vm")?);
    let server = Server::start_with(scene, ServerOptions { place, settings, ..ServerOptions::default() })?;
    let admin = server.admin()?;
    admin.new_game("drift")?;
    Tree::default().file("world.bin", random_bytes(56, GAME)).write_to(&scene.path("1"))?;
    admin.push(&scene.path("1"), "drift", "1")?;
    Ok(server)
}

/// A friend whom no UDP reaches: everything comes to them by HTTPS.
fn without_udp(lab: &Lab, server: &Server, name: &str) -> Result<Friend> {
    let host = lab.host(name)?;
    lab.block_udp_to(&host)?;
    server.friend_at(name, &Place::On(host))
}

/// Fails if `bytes` came in less time than [`RATE`] and a tenth of it allow.
fn was_kept(bytes: u64, took: Duration) -> Result<()> {
    let rate = bytes as f64 / took.as_secs_f64();
    ensure!(bytes >= GAME as u64 * 9 / 10, "only {bytes} bytes came");
    ensure!(rate <= RATE.1 * 1.1, "{bytes} bytes came in {took:?}: {rate:.0} a second");
    Ok(())
}

#[test]
fn quic_and_https_together_keep_to_the_seeds_limit_until_it_is_lifted() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let server = server_in(scene, &lab, vec![])?;
        let ann = server.friend_at("ann", &Place::On(lab.host("ann")?))?;
        let bob = without_udp(&lab, &server, "bob")?;
        server.tracker(&["set", "upload_limit", RATE.0], "")?;
        let begun = Instant::now();
        let installs = [ann.installing("drift")?.start()?, bob.installing("drift")?.start()?];
        for install in installs {
            install.finish(LIMIT)?.success()?;
        }
        let took = begun.elapsed();
        let (by_quic, by_https) = (ann.last_operation("drift")?.bytes, bob.last_operation("drift")?.bytes);
        ensure!(by_quic.seed > 0, "nothing came by QUIC: {by_quic:?}");
        ensure!(by_https.https == by_https.total(), "UDP was not blocked: {by_https:?}");
        was_kept(by_quic.total(), took)?;
        was_kept(by_https.total(), took)?;
        was_kept(by_quic.total() + by_https.total(), took)?;

        // By this one it would take more than five minutes.
        server.tracker(&["set", "upload_limit", "20kB"], "")?;
        let eve = without_udp(&lab, &server, "eve")?;
        let mut install = eve.installing("drift")?.start()?;
        ensure!(install.moves(150_000, Task::received)?, "nothing limited it");
        server.tracker(&["set", "upload_limit"], "")?;
        install.finish(LIMIT)?.success()?;
        Ok(())
    })
}

#[test]
fn the_seeds_limit_by_the_time_of_the_day_counts_for_https_too() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let all_day = format!("00:00-24:00={}", RATE.0);
        let server = server_in(scene, &lab, vec![("MIST_UPLOAD_SCHEDULE", all_day)])?;
        let bob = without_udp(&lab, &server, "bob")?;
        let took = bob.install("drift")?.took;
        was_kept(bob.last_operation("drift")?.bytes.https, took)
    })
}
