use mist_proto::{Hash, http::Operation};

use super::*;
use crate::{
    folder::Condition,
    install::world::{Files, World, noise, write_files},
};

/// Three builds: the third shares a file of three pieces with the second that the first has not.
fn build(number: u64) -> Files {
    let mut files = vec![
        ("data/old", noise(1, 700_000)),
        ("game", noise(10 + number, 30_000)),
        ("readme", format!("build {number}").into_bytes()),
    ];
    if number > 1 {
        files.push(("data/shared", noise(2, 3_000_000)));
        files.push(("data/own", noise(20 + number, 100_000)));
        files.push(("empty", vec![]));
    }
    files.sort();
    files
}

async fn three_builds() -> World {
    World::with((1..=3).map(build).collect()).await
}

/// An update by pieces: of patches nobody knows.
fn by_pieces(world: &World, to: usize) -> Goal {
    Goal { builds: Vec::new(), ..world.goal(to, Operation::Update) }
}

fn by_patches(world: &World, to: usize) -> Goal {
    world.goal(to, Operation::Update)
}

fn holds(folder: &std::path::Path, number: u64) -> bool {
    build(number)
        .iter()
        .all(|(path, content)| std::fs::read(folder.join(path)).is_ok_and(|is| is == *content))
}

fn open(folder: &std::path::Path) -> (GameFolder, FolderState) {
    let open = GameFolder::open(folder).expect("open");
    let state = open.state().expect("read").expect("a state");
    (open, state)
}

/// Bytes of content that were asked for.
fn fetches(world: &World) -> usize {
    world.asked().iter().filter(|line| line.starts_with("GET /raw")).count()
}

#[tokio::test]
async fn what_was_fetched_ahead_is_all_that_the_update_takes() {
    let world = three_builds().await;
    for (name, goal, route) in [
        ("patches", by_patches(&world, 3), RouteKind::Patches),
        ("pieces", by_pieces(&world, 3), RouteKind::Pieces),
    ] {
        let folder = world.folder(name);
        world.install(&folder, 1).await;
        world.forget_patches();
        let state = world.fetch_ahead(&folder, goal.clone(), Stop::new()).await.expect("fetched");
        let ahead = state.ahead.clone().expect("noted");
        assert!(ahead.complete && ahead.update.bytes.total() > 3_000_000, "{name}: {ahead:?}");
        assert_eq!((state.whole().map(|b| b.sequence), &state.pending), (Some(1), &None), "{name}");
        assert!(holds(&folder, 1) && !folder.join("data/shared").exists(), "{name}: it is touched");
        assert!(fetches(&world) > 0);
        let again = world.fetch_ahead(&folder, goal.clone(), Stop::new()).await.expect("all is here");
        assert_eq!(again.ahead.map(|a| a.update.bytes), Some(ahead.update.bytes), "{name}");

        let state = world.bring(&folder, goal, Stop::new()).await.expect("updated");
        assert_eq!(fetches(&world), 0, "{name}: the update fetched something");
        assert!(holds(&folder, 3), "{name}");
        let record = state.last_operation.expect("a record");
        assert_eq!(
            (record.route, record.bytes, record.ahead.total()),
            (route, ahead.update.bytes, record.actual_bytes)
        );
        assert_eq!((state.ahead, state.condition), (None, Condition::Whole));
        assert!(!folder.join(".mist/staging").exists() && !folder.join(".mist/previous").exists(), "{name}");
    }
}

#[tokio::test]
async fn stopped_anywhere_the_game_is_as_it_was_and_it_goes_on() {
    let world = three_builds().await;
    for (name, goal) in [("patches", by_patches(&world, 3)), ("pieces", by_pieces(&world, 3))] {
        let folder = world.folder(name);
        let begin = async || {
            let _ = std::fs::remove_dir_all(&folder);
            world.install(&folder, 1).await;
            world.forget_patches();
        };
        begin().await;
        let stop = Stop::at_look(u64::MAX);
        world.fetch_ahead(&folder, goal.clone(), stop.clone()).await.expect("it works");
        let (all, mut stops) = (stop.looks(), 0);
        for look in (0..8).map(|n| n * all / 8).chain(all.saturating_sub(3)..all) {
            begin().await;
            match world.fetch_ahead(&folder, goal.clone(), Stop::at_look(look)).await {
                Err(Error::Install(InstallError::Stopped(_))) => stops += 1,
                // Only a report was left for another time.
                ended => drop(ended.unwrap_or_else(|error| panic!("{name} at {look}: {error}"))),
            }
            let (_, state) = open(&folder);
            assert!(holds(&folder, 1) && state.pending.is_none(), "{name} at {look}");
            assert_eq!(state.whole().map(|b| b.sequence), Some(1), "{name} at {look}");
            // The build may be live before all of it is here.
            let state = world.bring(&folder, goal.clone(), Stop::new()).await.expect("it goes on");
            assert!(holds(&folder, 3) && state.condition == Condition::Whole, "{name} at {look}");
        }
        assert!(stops > 3, "{name} was stopped {stops} times only");
    }
}

#[tokio::test]
async fn of_a_build_that_is_replaced_what_is_shared_is_used() {
    let world = three_builds().await;
    let folder = world.folder("g");
    world.install(&folder, 1).await;
    world.fetch_ahead(&folder, by_pieces(&world, 2), Stop::new()).await.expect("fetched");
    world.asked();
    let state = world.fetch_ahead(&folder, by_pieces(&world, 3), Stop::new()).await.expect("fetched");
    let took = state.ahead.expect("noted").update.bytes.total();
    assert!(took < 3_000_000, "{took} bytes came, and three million of them were here");
    assert!(holds(&folder, 1));
    world.asked();
    world.bring(&folder, by_pieces(&world, 3), Stop::new()).await.expect("updated");
    assert_eq!(fetches(&world), 0);
    assert!(holds(&folder, 3));
}

#[tokio::test]
async fn what_is_of_no_use_goes_and_the_rest_stays() {
    let world = three_builds().await;
    let (pieces, patches) = (world.folder("pieces"), world.folder("patches"));
    world.install(&pieces, 1).await;
    world.install(&patches, 1).await;
    world.fetch_ahead(&pieces, by_pieces(&world, 3), Stop::new()).await.expect("fetched");
    let (at, state) = open(&pieces);
    assert!(at.staged() > 3_000_000);
    let state = let_go(&world.tools, &at, state, |_| false).expect("gone");
    assert_eq!((at.staged(), state.ahead, state.condition), (0, None, Condition::Whole));

    world.fetch_ahead(&patches, by_patches(&world, 3), Stop::new()).await.expect("fetched");
    let (at, state) = open(&patches);
    let game = state.game.clone();
    let held = state.ahead.as_ref().expect("noted").patches.clone();
    assert_eq!(held.len(), 2);
    let pinned = || -> Vec<Hash> { world.tools.patches.pinned().into_iter().map(|(_, hash)| hash).collect() };
    assert_eq!(pinned().len(), 2);
    // The third build was removed, and the second was not.
    let_go(&world.tools, &at, state, |hash| *hash == held[0].hash).expect("gone");
    assert_eq!(world.tools.patches.list(&game), [held[0]]);
    assert!(pinned().is_empty());
    assert!(holds(&patches, 1));
}

#[tokio::test]
async fn a_player_who_changes_something_meanwhile_keeps_it() {
    let world = three_builds().await;
    let folder = world.folder("g");
    world.install(&folder, 1).await;
    world.fetch_ahead(&folder, by_pieces(&world, 3), Stop::new()).await.expect("fetched");
    write_files(&folder, &vec![("saves/1", b"level 7".to_vec()), ("readme", b"mine".to_vec())]);
    world.bring(&folder, by_pieces(&world, 3), Stop::new()).await.expect("updated");
    assert!(holds(&folder, 3));
    assert_eq!(std::fs::read(folder.join("saves/1")).expect("there"), b"level 7");
    assert_eq!(std::fs::read(folder.join(".mist/kept/1/readme")).expect("kept"), b"mine");
}
