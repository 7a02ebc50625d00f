//! Whatever the builds look like: what was pushed is what stands, forwards and backwards.

use std::thread;

use anyhow::{Result, anyhow};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree};

/// Games that are tried at the same time, each with a friend of its own.
const GAMES: u64 = 4;
/// Versions of each: 32 trees in all.
const VERSIONS: u64 = 8;

#[test]
fn thirty_two_random_trees_arrive_update_and_go_back() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        for game in 0..GAMES {
            admin.new_game(&format!("game-{game}"))?;
        }
        thread::scope(|threads| {
            let games = (0..GAMES).map(|game| {
                let (scene, server, admin) = (&scene, &server, &admin);
                threads.spawn(move || play_through(scene, server, admin, game))
            });
            let games = games.collect::<Vec<_>>();
            games
                .into_iter()
                .try_for_each(|game| game.join().map_err(|_| anyhow!("a test thread panicked"))?)
        })
    })
}

fn play_through(scene: &Scene, server: &Server, admin: &mist_system_tests::Admin, game: u64) -> Result<()> {
    let slug = format!("game-{game}");
    let folder = |version: u64| scene.path(&format!("{slug}-{version}"));
    let friend = server.friend(&format!("player-{game}"))?;
    let mut tree = Tree::random(1000 * game);
    for version in 1..=VERSIONS {
        tree.write_to(&folder(version))?;
        admin.push(&folder(version), &slug, &version.to_string())?;
        // The second and every later even version is met by a jump over the one before.
        match version {
            1 => drop(friend.install(&slug)?),
            _ if version % 2 == 0 => {}
            _ => drop(friend.update(&slug)?),
        }
        if version % 2 == 1 {
            assert_same_tree(&folder(version), &friend.folder(&slug))?;
        }
        tree = tree.changed(1000 * game + version);
    }
    for version in [VERSIONS, VERSIONS - 1, 2, 5] {
        friend.run(&["switch", &format!("{slug}@{version}")])?;
        assert_same_tree(&folder(version), &friend.folder(&slug))?;
    }
    friend.run(&["verify", &slug])?;
    Ok(())
}
