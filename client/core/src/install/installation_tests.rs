//! Operations that are stopped, gone on with, and given up at every point.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use mist_proto::{http::Operation, limits::GROUP_SIZE};
use tokio::time::timeout;

use super::*;
use crate::{
    install::{
        Abandoned, Forecast, abandon, forecast,
        journal::Journal,
        world::{Files, Mood, World, noise, write_files},
    },
    stop::StopReason,
};

/// How soon an operation has to end that is to stop.
const SOON: Duration = Duration::from_secs(10);
/// After so long in a phase an operation waits for the server.
const WAITS: Duration = Duration::from_millis(1500);

/// Three builds of a game: most of the large file stays, a file moves, one goes, one comes.
fn build(number: u64) -> Files {
    let mut world = noise(1, 2_500_000);
    for at in (0..world.len()).step_by(400_000) {
        world[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let moved = if number == 1 { "data/old name" } else { "data/new name" };
    let mut files = vec![
        ("data/world", world),
        (moved, noise(2, 50_000)),
        ("game", noise(10 + number, 30_000)),
        ("readme", format!("build {number}").into_bytes()),
    ];
    if number > 1 {
        files.push(("data/twin", noise(2, 50_000)));
    }
    files.sort();
    files
}

async fn three_builds() -> World {
    World::with((1..=3).map(build).collect()).await
}

/// The files of a folder, but for `.mist/`.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).expect("it is inside").display().to_string();
            if name == ".mist" {
                continue;
            }
            match path.is_dir() {
                true => open.push(path),
                false => drop(found.insert(name, std::fs::read(&path).expect("read"))),
            }
        }
    }
    found
}

fn expected(number: u64) -> BTreeMap<String, Vec<u8>> {
    build(number).into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect()
}

/// What an operation starts from, what it is for, and how it goes if nobody stops it.
#[derive(Debug, Clone, Copy)]
struct Case {
    from: Option<u64>,
    to: usize,
    kind: Operation,
    /// Whether a player changed the large file before.
    changed: bool,
    route: RouteKind,
}

const CASES: [Case; 4] = [
    Case { from: None, to: 3, kind: Operation::Install, changed: false, route: RouteKind::Pieces },
    Case { from: Some(1), to: 3, kind: Operation::Update, changed: false, route: RouteKind::Patches },
    Case { from: Some(3), to: 1, kind: Operation::Switch, changed: false, route: RouteKind::Pieces },
    Case { from: Some(1), to: 1, kind: Operation::Repair, changed: true, route: RouteKind::Pieces },
];

impl Case {
    /// The folder before the operation.
    async fn prepare(&self, world: &World, folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
        if let Some(from) = self.from {
            let from = usize::try_from(from).expect("small");
            world.install(folder, from).await;
        }
        if self.changed {
            std::fs::write(folder.join("data/world"), b"a mod").expect("written");
        }
        world.forget_patches();
    }

    /// The looks at which the operation is stopped: the first, the last, and some between.
    async fn looks(&self, world: &World, folder: &Path) -> BTreeSet<u64> {
        self.prepare(world, folder).await;
        let stop = Stop::at_look(u64::MAX);
        world.carry_out(folder, self.to, self.kind, stop.clone()).await.expect("it works");
        let all = stop.looks();
        let between = (1..8).map(|n| n * all / 8);
        (0..3).chain(between).chain(all.saturating_sub(7)..all).collect()
    }

    /// Starts the operation and stops it at the given look; `None` once it ends before.
    async fn stop_at(&self, world: &World, folder: &Path, look: u64) -> Option<InstallError> {
        let run = world.carry_out(folder, self.to, self.kind, Stop::at_look(look));
        match timeout(SOON * 6, run).await.expect("it ends") {
            Ok(_) => None,
            Err(Error::Install(error)) => Some(error),
            Err(error) => panic!("{self:?} at {look}: {error}"),
        }
    }
}

#[tokio::test]
async fn stopped_anywhere_it_goes_on() {
    let world = three_builds().await;
    for (n, case) in CASES.iter().enumerate() {
        let folder = world.folder(&n.to_string());
        let mut stops = 0;
        for look in case.looks(&world, &folder).await {
            case.prepare(&world, &folder).await;
            let Some(error) = case.stop_at(&world, &folder, look).await else { continue };
            assert!(matches!(error, InstallError::Stopped(StopReason::Pause)), "{case:?} at {look}: {error}");
            let open = GameFolder::open(&folder).expect("open");
            assert!(Journal::load(&*open.dir).expect("read").is_none(), "a commit that began has ended");
            let state = open.state().expect("read").expect("it has begun");
            assert!(state.pending.is_some(), "{case:?} at {look}: {state:?}");
            let state = world.carry_out(&folder, case.to, case.kind, Stop::new()).await.expect("it goes on");
            assert_eq!(state.condition, Condition::Whole, "{case:?} at {look}");
            assert_eq!(content(&folder), expected(case.to as u64), "{case:?} at {look}");
            stops += 1;
        }
        assert!(stops > 5, "{case:?} was stopped {stops} times only");
        let last = GameFolder::open(&folder).expect("open").state().expect("read").expect("a state");
        assert_eq!(last.last_operation.map(|o| o.route), Some(case.route), "{case:?}");
    }
}

#[tokio::test]
async fn cancelled_anywhere_the_folder_is_a_build_or_nothing() {
    let world = three_builds().await;
    for (n, case) in CASES.iter().enumerate() {
        let folder = world.folder(&n.to_string());
        let (mut undone, mut too_late) = (0, 0);
        for look in case.looks(&world, &folder).await {
            case.prepare(&world, &folder).await;
            let before = content(&folder);
            if case.stop_at(&world, &folder, look).await.is_none() {
                continue;
            }
            let open = GameFolder::open(&folder).expect("open");
            match abandon(&world.tools, &open).await.expect("abandoned") {
                Abandoned::Removed => {
                    assert!(case.from.is_none() && !folder.exists(), "{case:?} at {look}");
                    undone += 1;
                }
                Abandoned::TooLate(state) => {
                    assert_eq!(state.condition, Condition::Whole, "{case:?} at {look}");
                    assert_eq!(content(&folder), expected(case.to as u64), "{case:?} at {look}");
                    too_late += 1;
                }
                Abandoned::Restored(state) => {
                    assert!(state.pending.is_none() && open.staged() == 0);
                    // A chain of patches may have got as far as the build between.
                    let build = state.installed.expect("a build").sequence;
                    let whole = content(&folder) == expected(build);
                    assert!(whole || content(&folder) == before, "{case:?} at {look}: neither old nor new");
                    assert_eq!(
                        state.condition == Condition::Whole,
                        whole || case.changed,
                        "{case:?} at {look}"
                    );
                    undone += 1;
                }
            }
            if folder.exists() {
                abandon(&world.tools, &open).await.expect("twice is fine");
            }
        }
        assert!(undone > 3, "{case:?}: undone {undone} times, too late {too_late} times");
    }
}

#[tokio::test]
async fn cancelling_a_first_install_leaves_what_was_there_before() {
    let world = three_builds().await;
    let folder = world.folder("g");
    let own: Files = vec![("data/world", b"mine".to_vec()), ("saves/1", b"level 7".to_vec())];
    write_files(&folder, &own);
    let stopped = world.carry_out(&folder, 1, Operation::Install, Stop::at_look(4)).await;
    assert!(matches!(stopped, Err(Error::Install(InstallError::Stopped(_)))), "{stopped:?}");
    assert!(folder.join(".mist").exists());
    let done = abandon(&world.tools, &GameFolder::open(&folder).expect("open")).await.expect("abandoned");
    assert_eq!(done, Abandoned::Removed);
    assert!(!folder.join(".mist").exists());
    assert_eq!(content(&folder), own.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect());
}

#[tokio::test]
async fn a_commit_that_began_ends_and_then_it_is_too_late() {
    let world = three_builds().await;
    for (n, case) in CASES.iter().enumerate() {
        let folder = world.folder(&n.to_string());
        case.prepare(&world, &folder).await;
        let error =
            stopped_in(&world, &folder, (case.to, case.kind), Phase::Committing, Duration::ZERO).await;
        assert!(matches!(error, Error::Install(InstallError::Stopped(_))), "{case:?}: {error}");
        let open = GameFolder::open(&folder).expect("open");
        let state = match abandon(&world.tools, &open).await.expect("abandoned") {
            Abandoned::TooLate(state) => state,
            // The first patch of the chain was committed, the second was not begun.
            Abandoned::Restored(state) if case.route == RouteKind::Patches => state,
            other => panic!("{case:?}: {other:?}"),
        };
        assert_eq!((state.condition, &state.pending), (Condition::Whole, &None), "{case:?}");
        let build = state.installed.expect("a build").sequence;
        assert_eq!(build, if case.route == RouteKind::Patches { 2 } else { case.to as u64 }, "{case:?}");
        assert_eq!(content(&folder), expected(build), "{case:?}");
    }
}

/// Runs an operation until it is in a phase and was there for a time, and stops it then.
async fn stopped_in(
    world: &World,
    folder: &Path,
    (to, kind): (usize, Operation),
    phase: Phase,
    after: Duration,
) -> Error {
    let stop = Stop::new();
    let mut events = world.listen();
    let run = Box::pin(world.carry_out(folder, to, kind, stop.clone()));
    let stopper = async {
        loop {
            match events.recv().await {
                Ok(Event::Phase { phase: now, .. }) if now == phase => break,
                Ok(_) => {}
                Err(error) => panic!("{phase:?} never came: {error}"),
            }
        }
        tokio::time::sleep(after).await;
        stop.stop(StopReason::Pause);
        tokio::time::Instant::now()
    };
    let (ended, asked) = timeout(SOON * 3, async { tokio::join!(run, stopper) }).await.expect("it ends");
    assert!(asked.elapsed() < SOON, "it took {:?}", asked.elapsed());
    ended.expect_err("it was stopped")
}

#[tokio::test]
async fn waiting_for_the_server_ends_at_once() {
    let world = three_builds().await;
    let folder = world.folder("g");
    world.set_mood(Mood::Preparing);
    let error = stopped_in(&world, &folder, (1, Operation::Install), Phase::Preparing, WAITS).await;
    assert!(matches!(error, Error::Install(InstallError::Stopped(StopReason::Pause))), "{error}");
    world.set_mood(Mood::Prompt);
    world.install(&folder, 1).await;
    assert_eq!(content(&folder), expected(1));
}

#[tokio::test]
async fn what_arrived_is_not_fetched_again() {
    let world = three_builds().await;
    let folder = world.folder("g");
    world.set_mood(Mood::SilentAfter(2));
    let error = stopped_in(&world, &folder, (1, Operation::Install), Phase::Downloading, WAITS).await;
    assert!(matches!(error, Error::Install(InstallError::Stopped(StopReason::Pause))), "{error}");
    let open = GameFolder::open(&folder).expect("open");
    let before = open.state().expect("read").expect("a state").pending.expect("pending").bytes.total();
    assert!(before >= GROUP_SIZE, "{before} bytes arrived");
    world.set_mood(Mood::Prompt);
    let state = world.carry_out(&folder, 1, Operation::Install, Stop::new()).await.expect("it goes on");
    let whole = world.goal(1, Operation::Install).wanted.archive.size;
    let took = state.last_operation.expect("a record").bytes.total();
    assert!(took <= whole, "{took} bytes of {whole}, {before} of them before it was stopped");
}

/// Six builds' worth of large file, of which a player changed the middle.
async fn changed_folder(folder: &str) -> (World, std::path::PathBuf) {
    let large = |number: u64| {
        let mut world = noise(5, 6 << 20);
        world[..8].copy_from_slice(&number.to_le_bytes());
        vec![("data/world", world), ("readme", number.to_le_bytes().to_vec())]
    };
    let world = World::with((1..=2).map(large).collect()).await;
    let folder = world.folder(folder);
    world.install(&folder, 1).await;
    let mut modded = noise(5, 6 << 20);
    modded.splice(3 << 20..3 << 20, *b"a mod");
    std::fs::write(folder.join("data/world"), modded).expect("written");
    world.asked();
    (world, folder)
}

/// Length and time of everything in a folder.
fn stats(folder: &Path) -> BTreeMap<std::path::PathBuf, (u64, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let meta = entry.metadata().expect("read");
            if meta.is_dir() {
                open.push(entry.path());
            }
            found.insert(entry.path(), (meta.len(), meta.modified().expect("a time")));
        }
    }
    found
}

async fn forecast_of(world: &World, folder: &Path, to: usize) -> Forecast {
    let goal = world.goal(to, Operation::Update);
    forecast(&world.tools, folder, true, &goal, &Stop::new()).await.expect("a forecast")
}

#[tokio::test]
async fn a_forecast_changes_nothing_and_asks_for_manifests_only() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    let before = stats(&folder);
    let told = forecast_of(&world, &folder, 2).await;
    assert_eq!(told.chosen, Some(RouteKind::Jump), "{told:?}");
    assert!(!told.exact && told.disk_peak > 0 && told.free > 0, "{told:?}");
    let kinds: Vec<_> = told.routes.iter().map(|r| r.route).collect();
    assert!(kinds.contains(&RouteKind::Pieces) && kinds.contains(&RouteKind::Patches), "{told:?}");
    assert!(told.routes.is_sorted_by_key(|r| r.download), "{told:?}");
    let asked = world.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET /manifests/")), "{asked:?}");
    assert_eq!(stats(&folder), before);

    let nowhere = world.folder("nowhere");
    let told = forecast_of(&world, &nowhere, 2).await;
    let archive = world.goal(2, Operation::Install).wanted.archive.size;
    assert_eq!((told.chosen, told.exact), (Some(RouteKind::Pieces), true), "{told:?}");
    assert_eq!(told.routes[0].download, archive);
    assert!(!nowhere.exists() && world.asked().is_empty());
    let as_json = serde_json::to_string(&told).expect("JSON");
    assert_eq!(serde_json::from_str::<Forecast>(&as_json).expect("a forecast"), told);
}

#[tokio::test]
async fn planning_uploads_nothing_and_the_jump_does() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    let mut events = world.listen();
    let state = world.carry_out(&folder, 2, Operation::Update, Stop::new()).await.expect("updated");
    let operation = state.last_operation.expect("a record");
    assert_eq!(operation.route, RouteKind::Jump);
    assert_eq!(operation.forecast_bytes, operation.actual_bytes, "it was told before it was fetched");
    assert!(operation.actual_bytes < 1 << 20, "{operation:?}");
    let spent = operation.spent.expect("it was counted");
    let parts = [spent.seed, spent.patch, spent.hash, spent.disk];
    assert!(parts.iter().all(|part| *part > 0.0), "a seed made a patch, which was applied: {spent:?}");
    assert!((spent.total() - operation.seconds).abs() < 0.1, "{operation:?}");
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|line| *line == "PUT /signature").count(), 1, "{asked:?}");
    let mut planned = Vec::new();
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Planned { route, .. } => planned.push(route),
            Event::Phase { phase: Phase::Preparing, .. } => assert_eq!(planned, [RouteKind::Jump]),
            _ => {}
        }
    }
    assert_eq!(planned, [RouteKind::Jump; 2], "an estimate first, then what it is");
}

#[tokio::test]
async fn a_jump_that_is_dearer_than_thought_is_not_taken() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    world.set_mood(Mood::BadJumps);
    let state = world.carry_out(&folder, 2, Operation::Update, Stop::new()).await.expect("updated");
    let operation = state.last_operation.expect("a record");
    assert_ne!(operation.route, RouteKind::Jump);
    assert_eq!(state.condition, Condition::Whole);
    assert!(world.asked().iter().any(|line| line == "PUT /signature"), "it was tried");
}

#[tokio::test]
async fn a_jump_that_takes_long_is_overtaken_by_nobody_who_has_more_to_move() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    world.set_mood(Mood::JumpAfter(1));
    let state = world.carry_out(&folder, 2, Operation::Update, Stop::new()).await.expect("updated");
    let operation = state.last_operation.expect("a record");
    assert_eq!((operation.route, state.condition), (RouteKind::Jump, Condition::Whole));
    let asked = world.asked();
    assert!(
        asked.iter().any(|line| line.starts_with("GET /raw")),
        "another route was taken first: {asked:?}"
    );
}

#[tokio::test]
async fn a_jump_that_is_never_made_keeps_nobody_waiting() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    world.set_mood(Mood::JumpAfter(usize::MAX));
    let state = world.carry_out(&folder, 2, Operation::Update, Stop::new()).await.expect("updated");
    assert_ne!(state.last_operation.expect("a record").route, RouteKind::Jump);
    assert_eq!(state.condition, Condition::Whole);
}

#[tokio::test]
async fn waiting_for_a_jump_ends_at_once_and_goes_on() {
    let (world, folder) = Box::pin(changed_folder("g")).await;
    world.set_mood(Mood::Preparing);
    let error = stopped_in(&world, &folder, (2, Operation::Update), Phase::Preparing, WAITS).await;
    assert!(matches!(error, Error::Install(InstallError::Stopped(StopReason::Pause))), "{error}");
    let waited = state_of(&folder).pending.and_then(|pending| pending.spent).expect("it is kept").seed;
    assert!(waited > 0.0);
    world.set_mood(Mood::Prompt);
    let state = world.carry_out(&folder, 2, Operation::Update, Stop::new()).await.expect("it goes on");
    let operation = state.last_operation.expect("a record");
    assert_eq!(operation.route, RouteKind::Jump);
    assert!(operation.spent.is_some_and(|spent| spent.seed > waited), "it counts on: {operation:?}");
}

/// A game that was updated from the first build to the third, in one step or by way of the second, while what that takes away was kept.
async fn updated(kind: Operation, patch_from: u64) -> (World, std::path::PathBuf) {
    let mut world = three_builds().await;
    (world.tools.keep_previous, world.tools.patch_from) = (1 << 30, patch_from);
    let folder = world.folder("g");
    world.install(&folder, 1).await;
    world.carry_out(&folder, 3, kind, Stop::new()).await.expect("updated");
    assert_eq!(content(&folder), expected(3));
    world.forget_patches();
    world.set_mood(Mood::Preparing);
    world.asked();
    (world, folder)
}

fn state_of(folder: &Path) -> FolderState {
    GameFolder::open(folder).expect("open").state().expect("read").expect("a state")
}

#[tokio::test]
async fn a_game_goes_back_and_on_again_without_a_byte_from_anybody() {
    // All files are made beside the old ones; or the large one is patched where it is, by a chain of which each patch changes it.
    for patch_from in [u64::MAX, 1 << 20] {
        let (mut world, folder) = updated(Operation::Update, patch_from).await;
        if patch_from != u64::MAX {
            assert_eq!(state_of(&folder).previous(), None, "two journals one after another are no way back");
            world.set_mood(Mood::Prompt);
            world.tools.keep_previous = 0;
            world.carry_out(&folder, 2, Operation::Switch, Stop::new()).await.expect("switched");
            world.tools.keep_previous = 1 << 30;
            world.carry_out(&folder, 3, Operation::Update, Stop::new()).await.expect("updated");
            world.forget_patches();
            world.set_mood(Mood::Preparing);
        }
        let back = if patch_from == u64::MAX { 1 } else { 2 };
        let kept = state_of(&folder).previous().cloned().expect("kept");
        assert_eq!(kept.build.sequence, back as u64);
        let held = |folder: &Path| bytes_in(&folder.join(".mist/previous"));
        assert_eq!(held(&folder), kept.bytes, "nothing else is");
        for to in [back, 3, back] {
            world.asked();
            let told = forecast_of(&world, &folder, to).await;
            assert_eq!((told.chosen, told.routes[0].download), (Some(RouteKind::Local), 0), "{told:?}");
            let run = world.carry_out(&folder, to, Operation::Switch, Stop::new());
            let state = run.await.expect("nobody is needed");
            let asked = world.asked();
            assert!(asked.iter().all(|line| line.ends_with("/swarm/reports")), "{asked:?}");
            assert_eq!(content(&folder), expected(to as u64), "build {to}, {patch_from}");
            let record = state.last_operation.clone().expect("a record");
            assert_eq!((record.route, record.actual_bytes), (RouteKind::Local, 0), "{record:?}");
            let previous = state.previous().expect("kept");
            assert_eq!(previous.build.sequence, if to == 3 { back as u64 } else { 3 });
            assert_eq!(held(&folder), previous.bytes);
        }
    }
}

/// Bytes of the files in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let lens = std::fs::read_dir(folder).into_iter().flatten().flatten();
    lens.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum()
}

#[tokio::test]
async fn the_way_back_is_stopped_and_cancelled_anywhere() {
    let case = (1, Operation::Switch);
    let looks = {
        let (world, folder) = updated(Operation::Update, u64::MAX).await;
        let stop = Stop::at_look(u64::MAX);
        world.carry_out(&folder, case.0, case.1, stop.clone()).await.expect("back");
        stop.looks()
    };
    assert!(looks > 10, "{looks}");
    for look in (0..6).chain((1..6).map(|n| n * looks / 6)).chain(looks.saturating_sub(4)..looks) {
        for cancel in [false, true] {
            let (world, folder) = updated(Operation::Update, u64::MAX).await;
            let ended = world.carry_out(&folder, case.0, case.1, Stop::at_look(look)).await;
            let Err(error) = ended else { continue };
            assert!(
                matches!(error, Error::Install(InstallError::Stopped(StopReason::Pause))),
                "{look}: {error}"
            );
            if !cancel {
                world.carry_out(&folder, case.0, case.1, Stop::new()).await.expect("it goes on by itself");
                assert_eq!(content(&folder), expected(1), "{look}");
                continue;
            }
            let open = GameFolder::open(&folder).expect("open");
            match abandon(&world.tools, &open).await.expect("abandoned") {
                Abandoned::TooLate(_) => assert_eq!(content(&folder), expected(1), "{look}"),
                Abandoned::Restored(state) => {
                    assert_eq!(content(&folder), expected(3), "{look}");
                    assert!(state.previous().is_some(), "{look}: the way back is there still");
                    world.carry_out(&folder, case.0, case.1, Stop::new()).await.expect("another time");
                    assert_eq!(content(&folder), expected(1), "{look}");
                }
                Abandoned::Removed => panic!("{look}: the game is gone"),
            }
        }
    }
}

#[tokio::test]
async fn what_is_rotten_or_not_kept_is_fetched() {
    let (mut world, folder) = updated(Operation::Update, u64::MAX).await;
    let kept = std::fs::read_dir(folder.join(".mist/previous")).expect("kept").flatten();
    let largest = kept.max_by_key(|e| e.metadata().map_or(0, |m| m.len())).expect("one").path();
    let mut bytes = std::fs::read(&largest).expect("read");
    bytes[7] ^= 1;
    std::fs::write(&largest, bytes).expect("written");
    world.set_mood(Mood::Prompt);
    let state = world.carry_out(&folder, 1, Operation::Switch, Stop::new()).await.expect("back");
    assert_eq!(content(&folder), expected(1));
    let record = state.last_operation.expect("a record");
    assert!(record.actual_bytes > 0 && record.route == RouteKind::Pieces, "{record:?}");

    // Nothing is kept where that would take more than it may, or where somebody wants nothing kept.
    for most in [0, 1000] {
        world.tools.keep_previous = most;
        let state = world.carry_out(&folder, 3, Operation::Update, Stop::new()).await.expect("updated");
        assert_eq!(state.previous, None);
        assert!(!folder.join(".mist/previous").exists());
        world.carry_out(&folder, 1, Operation::Switch, Stop::new()).await.expect("back");
    }
}

#[tokio::test]
async fn only_manifests_on_the_way_are_asked_for() {
    let world = three_builds().await;
    let folder = world.folder("g");
    world.install(&folder, 2).await;
    world.asked();
    world.carry_out(&folder, 3, Operation::Update, Stop::new()).await.expect("updated");
    let asked = world.asked();
    let first = world.builds[0].manifest.hash.to_string();
    assert!(!asked.iter().any(|line| line.contains(&first)), "build 1 is not on the way: {asked:?}");
}
