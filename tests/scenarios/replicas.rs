//! Several trackers behind one border, on one database and one Redis server.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Balancer, Postgres, Redis, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};

const LIMIT: Duration = Duration::from_secs(60);

fn make(scene: &Scene, version: &str, seed: u64) -> Result<()> {
    let tree = Tree::default()
        .file("same.bin", random_bytes(70, 1 << 20))
        .file("data.bin", random_bytes(seed, 1 << 20));
    tree.write_to(&scene.path(version))
}

#[test]
fn two_trackers_serve_as_one_while_each_part_dies_and_comes_back() -> Result<()> {
    Scene::play(|scene| {
        let database = Postgres::start(scene)?;
        let mut redis = Redis::start(scene)?;
        let mut balancer = Balancer::reserve()?;
        let one = |name: &str, seed| {
            let settings = vec![
                ("MIST_REDIS_URL", redis.url()),
                ("MIST_PUBLIC_URL", balancer.url()),
                ("MIST_TRUSTED_PROXIES", "127.0.0.1/32".into()),
            ];
            let database = Some(database.url());
            let options =
                ServerOptions { name: name.into(), seed, database, settings, ..ServerOptions::default() };
            Server::start_with(scene, options)
        };
        let (first, second) = (one("first", true)?, one("second", false)?);
        balancer.start(scene, &[first.address(), second.address()])?;

        // Requests of one command go to both.
        let admin = first.admin()?;
        admin.login_at(&balancer.url())?;
        admin.new_game("drift")?;
        make(scene, "1", 71)?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let eve = second.stranger("eve", &mist_system_tests::Place::Here)?;
        eve.login_at(&balancer.url())?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        // The seed speaks to the first; the second knows.
        second.wait_for_copies("drift", 1.0)?;
        ensure!(second.stats()?.health.ok, "{:?}", second.stats()?.health);

        // What is set at one counts at the other.
        first.tracker(&["set", "direct_patch_above", "128"], "")?;
        eventually("the other tracker has it too", LIMIT, || {
            let told = second.tracker(&["settings", "--json"], "")?.said();
            let line = told.lines().find(|line| line.contains("\"direct_patch_above\""));
            let line = line.context("a line for the setting")?;
            Ok((line.contains("\"128\"") && line.contains("\"portal\"")).then_some(()))
        })?;

        // One of them dies in the middle of the evening.
        second.kill_nine()?;
        make(scene, "2", 72)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        second.restart()?;

        // What they share goes away and comes back with nothing in it.
        redis.kill_nine()?;
        for tracker in [&first, &second] {
            let health = tracker.stats()?.health;
            ensure!(!health.ok && health.problems[0].contains("out of reach"), "{health:?}");
        }
        redis.restart()?;
        second.wait_for_copies("drift", 1.0)?;
        eventually("all is well again", LIMIT, || Ok(second.stats()?.health.ok.then_some(())))?;
        make(scene, "3", 73)?;
        admin.push(&scene.path("3"), "drift", "3")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))?;

        // Who is shut out at one is shut out at both.
        second.tracker(&["user", "disable", "eve"], "")?;
        admin.run(&["live", "drift@2"])?;
        for url in [first.url(), second.url(), balancer.url()] {
            eve.login_at(&url).expect_err("a disabled account signed in");
        }
        let refused = eve.mist(&["update", "drift"])?.run(LIMIT)?;
        ensure!(refused.code() != Some(0), "{}", refused.said());
        Ok(())
    })
}
