//! Releases that are neighbours understand each other, and others are told what to do: the real programs at a tracker that
//! says another level of the API than theirs.

use std::time::Duration;

use anyhow::{Result, ensure};
use mist_proto::http::{API_LEVEL, OLDEST_LEVEL};
use mist_system_tests::{
    Place, RemoteSeed, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};

use crate::meddler::Meddler;

const LIMIT: Duration = Duration::from_secs(60);

fn build(seed: u64) -> Tree {
    Tree::default().file("data.bin", random_bytes(seed, 1 << 20)).file("words.txt", "hello ".repeat(1000))
}

#[test]
fn programs_work_beside_a_tracker_that_is_their_neighbour_and_say_so_if_it_is_none() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let tracker = Meddler::of_level(server.address(), OLDEST_LEVEL)?;
        let seed = RemoteSeed::start_behind(scene, &server, &Place::Here, &tracker.url())?;
        let admin = server.admin()?;
        admin.login_at(&tracker.url())?;
        admin.new_game("drift")?;
        let eve = server.stranger("eve", &Place::Here)?;

        // One level behind and one ahead: a build is pushed, made ready by the seed, and installed.
        for (version, level) in [("1", OLDEST_LEVEL), ("2", API_LEVEL + 1)] {
            tracker.say_level(level);
            build(u64::from(level)).write_to(&scene.path(version))?;
            admin.push(&scene.path(version), "drift", version)?;
            eve.login_at(&tracker.url())?;
            if eve.folder("drift").exists() {
                eve.update("drift")?
            } else {
                eve.install("drift")?
            };
            assert_same_tree(&scene.path(version), &eve.folder("drift"))?;
        }

        // Further away, in both directions: nothing is changed, and everybody says what to do.
        build(9).write_to(&scene.path("3"))?;
        for (level, advice) in [
            (API_LEVEL + 2, "this program is too old for the server"),
            (OLDEST_LEVEL - 1, "the server is too old for this program"),
        ] {
            tracker.say_level(level);
            let refused = admin.pushing(&scene.path("3"), "drift", "3")?.run(LIMIT)?;
            ensure!(refused.code() != Some(0) && refused.said().contains(advice), "{}", refused.said());
            let refused = eve.mist(&["update", "drift"])?.run(LIMIT)?;
            ensure!(refused.code() != Some(0) && refused.said().contains(advice), "{}", refused.said());
            eventually("the seed says what to do", LIMIT, || {
                Ok(seed.said()?.contains(advice).then_some(()))
            })?;
        }
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        let builds = server.admin_at("elsewhere", &Place::Here)?.run(&["ls", "drift"])?;
        ensure!(!builds.stdout.contains("drift@3") && builds.stdout.lines().count() < 5, "{}", builds.stdout);

        // Once it is upgraded all go on, without being started anew.
        tracker.say_level(API_LEVEL);
        admin.push(&scene.path("3"), "drift", "3")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))
    })
}
