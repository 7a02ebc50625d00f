//! Whatever the builds look like: what was pushed is what stands, forwards and backwards.

use std::{path::PathBuf, thread};

use anyhow::{Context, Result, anyhow};
use mist_system_tests::{Admin, Scene, Server, Tree, assert_same_tree};

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
            // One after another: the very first push of an admin makes the release key.
            push(scene, &admin, game, 1)?;
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

/// The tree of a version, from that of the version before.
fn tree(game: u64, version: u64) -> Tree {
    (1..version).fold(Tree::random(1000 * game), |tree, before| tree.changed(1000 * game + before))
}

fn folder(scene: &Scene, game: u64, version: u64) -> PathBuf {
    scene.path(&format!("game-{game}-{version}"))
}

fn push(scene: &Scene, admin: &Admin, game: u64, version: u64) -> Result<()> {
    let dir = folder(scene, game, version);
    tree(game, version).write_to(&dir)?;
    admin.push(&dir, &format!("game-{game}"), &version.to_string())?;
    Ok(())
}

fn play_through(scene: &Scene, server: &Server, admin: &Admin, game: u64) -> Result<()> {
    let slug = format!("game-{game}");
    let friend = server.friend(&format!("player-{game}"))?;
    let stands = |version: u64| {
        assert_same_tree(&folder(scene, game, version), &friend.folder(&slug))
            .with_context(|| format!("{slug}@{version}"))
    };
    friend.install(&slug)?;
    stands(1)?;
    for version in (2..=VERSIONS).step_by(2) {
        // Two at a time, so that an update follows a chain of patches.
        push(scene, admin, game, version)?;
        if version < VERSIONS {
            push(scene, admin, game, version + 1)?;
        }
        friend.update(&slug)?;
        stands((version + 1).min(VERSIONS))?;
    }
    for version in [VERSIONS - 1, 2, 5, 1] {
        friend.run(&["switch", &format!("{slug}@{version}")])?;
        stands(version)?;
    }
    friend.run(&["verify", &slug])?;
    Ok(())
}
