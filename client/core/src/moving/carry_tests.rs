use std::{cell::Cell, sync::Arc};

use mist_proto::{LinkTarget, key::ReleaseSecret};
use mist_tree::fs::{
    SubDir,
    fault::{CrashDir, Fault, MemDir, at_each_operation, rounds},
};

use super::{
    super::{
        ends::{end_leaving, leave, undo},
        label::{Label, begin, end_filling, may_be_filled},
    },
    *,
};
use crate::{
    folder::{BuildRef, Condition, FolderState, read_all},
    install::samples::{self, file, path},
    stop::StopReason,
};

/// What the library knows of a move.
const NOTHING: u32 = 0;
const BEGUN: u32 = 1;
const ARRIVED: u32 = 2;
const OVER: u32 = 3;

fn put(dir: &dyn Dir, at: &dyn TreePath, bytes: &[u8]) {
    dir.create(at).expect("made").write_all_at(bytes, 0).expect("written");
}

/// Path, what kind it is, its bytes or what it says, and whether it may be run.
type Seen = (String, EntryKind, Vec<u8>, bool);

/// All that goes along.
fn seen(dir: &dyn Dir) -> Vec<Seen> {
    let content = match content(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => vec![],
        content => content.expect("listed"),
    };
    let mut all: Vec<Seen> = (content.into_iter())
        .map(|FoundEntry { path, meta, says }| {
            let bytes = match (&says, meta.kind) {
                (Some(says), _) => says.as_encoded_bytes().to_vec(),
                (None, EntryKind::File) => read_all(dir, &path).expect("read").expect("there"),
                _ => vec![],
            };
            (path.to_string(), meta.kind, bytes, meta.executable)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// An installed game in the folder `old` of a disk, with what its player has there.
struct Game {
    disk: MemDir,
    build: VerifiedManifest,
    label: Label,
    whole: Vec<Seen>,
}

impl Game {
    fn new(seed: u64) -> Self {
        let big = vec![7; usize::try_from(seed % 4 * 700 + 600).expect("small")];
        let mut files = vec![file("data/empty", b""), file("data/world", &big), file("game", b"run me")];
        files.push(file("readme", b"as it was pushed"));
        files[2].executable = true;
        let target = LinkTarget::new("data").expect("a target");
        let links = vec![LinkEntry { path: path("latest"), target: target.clone() }];
        let build = Manifest { links, empty_dirs: vec![path("mods")], ..samples::manifest(files) };
        let build = build.sign(&ReleaseSecret::from_seed(&[1; 32])).expect("signed");
        let disk = MemDir::new();
        let folder = side(&(Arc::new(disk.clone()) as Arc<dyn Dir>), "old");
        let dir = &*folder.dir;
        put(dir, &path("data/empty"), b"");
        put(dir, &path("data/world"), &big);
        put(dir, &path("game"), b"run me");
        dir.set_executable(&path("game"), true).expect("set");
        put(dir, &path("readme"), b"as it was modded");
        put(dir, &path("saves/deep/slot"), b"level 7");
        dir.create_dir_all(&path("mods")).expect("made");
        dir.symlink(&target, &path("latest")).expect("made");
        dir.symlink(&LinkTarget::new("saves/deep").expect("a target"), &path("mine")).expect("made");
        put(dir, &control("kept/1/readme"), b"an older mod");
        put(dir, &control("outboards/x"), &[3; 700]);
        let mut state = FolderState::new(build.game.clone(), "server".into());
        state.installed = Some(BuildRef::of(&build));
        (state.condition, state.mark) = (Condition::Whole, Some("the mark".into()));
        folder.set_state(&state).expect("written");
        folder.set_stats(build.id(), &[1, 2, 3, 4]).expect("written");
        let label = Label { game: build.game.clone(), mark: state.mark };
        let whole = seen(dir);
        Self { disk: disk.flushed(), build, label, whole }
    }

    fn disk(&self) -> MemDir {
        self.disk.after_power_loss(0)
    }

    fn carry(&self, old: &GameFolder, new: &GameFolder) -> Result<u64, InstallError> {
        self.carry_until(old, new, &Stop::new()).map(|(copied, _)| copied)
    }

    /// Returns the bytes that were copied, and whether the new disk keeps executable bits.
    fn carry_until(
        &self,
        old: &GameFolder,
        new: &GameFolder,
        stop: &Stop,
    ) -> Result<(u64, Option<bool>), InstallError> {
        begin(&*new.dir, &self.label).map_err(InstallError::Disk)?;
        let (from, to, manifest) = (&*old.dir, &*new.dir, Some(&*self.build));
        let (knows_modes, keeps_modes) = (old.keeps_modes(), new.try_modes());
        let watch = &mut |_, _| ();
        let copied = Carry { from, to, manifest, knows_modes, keeps_modes, stop, watch }.run()?;
        Ok((copied, keeps_modes))
    }

    /// Goes on with a move, whose steps the library notes in `step`.
    fn go_on(&self, disk: &Arc<dyn Dir>, step: &Cell<u32>, note: &dyn Fn(u32)) -> Result<(), InstallError> {
        let (old, new) = (side(disk, "old"), side(disk, "new"));
        let reach = |reached| {
            step.set(reached);
            note(reached);
        };
        if step.get() == NOTHING {
            reach(BEGUN);
        }
        if step.get() == BEGUN {
            let is_there = disk.metadata(&path("new")).is_ok();
            assert!(
                !is_there || may_be_filled(&*new.dir, &self.label).map_err(InstallError::Disk)?,
                "refused"
            );
            begin(&*new.dir, &self.label).map_err(InstallError::Disk)?;
            disk.sync_dir(ROOT).map_err(InstallError::Disk)?;
            let (_, keeps_modes) = self.carry_until(&old, &new, &Stop::new())?;
            arrive(&old, &new, Some(&self.build), keeps_modes)?;
            reach(ARRIVED);
        }
        if step.get() == ARRIVED {
            if let Some(mut state) = old.readable_state()? {
                state.condition = Condition::Damaged;
                old.set_state(&state)?;
                let is_left = leave(&*old.dir, &*new.dir).map_err(InstallError::Disk)?;
                assert!(!is_left, "all of it was copied");
            } else if disk.metadata(&path("old")).is_ok() {
                assert!(!end_leaving(&*old.dir).map_err(InstallError::Disk)?, "all of it was copied");
            }
            end_filling(&*new.dir).map_err(InstallError::Disk)?;
            reach(OVER);
        }
        Ok(())
    }

    /// The game is whole in the folder that the library names, with its state.
    fn is_whole(&self, disk: &MemDir, step: u32, what: &str) {
        let folder =
            side(&(Arc::new(disk.clone()) as Arc<dyn Dir>), if step < ARRIVED { "old" } else { "new" });
        assert_eq!(seen(&*folder.dir), self.whole, "{what}, step {step}");
        let state = folder.state().expect("never torn").unwrap_or_else(|| panic!("{what}: no state"));
        assert_eq!((state.mark, state.condition), (self.label.mark.clone(), Condition::Whole), "{what}");
    }

    fn is_over(&self, disk: &MemDir, what: &str) {
        self.is_whole(disk, OVER, what);
        let disk: Arc<dyn Dir> = Arc::new(disk.clone());
        assert!(is_empty(&disk, "old"), "{what}: {:?}", everything(&*side(&disk, "old").dir));
        assert!(!super::super::label::is_being_filled(&*side(&disk, "new").dir), "{what}");
    }

    /// The order is cancelled, or given up because it failed.
    fn is_undone(&self, disk: &Arc<dyn Dir>, left: &MemDir, what: &str) {
        let (old, new) = (side(disk, "old"), side(disk, "new"));
        undo(&*old.dir, &*new.dir, &self.label).unwrap_or_else(|e| panic!("{what}, undone: {e}"));
        self.is_whole(left, NOTHING, what);
        let free =
            disk.metadata(&path("new")).is_err() || may_be_filled(&*new.dir, &self.label).expect("looked at");
        assert!(
            free && everything(&*new.dir).unwrap_or_default().iter().all(|e| e.path.is_control()),
            "{what}"
        );
    }

    /// Returns how many operations were tried.
    fn survives_at_each_operation(&self, fault_at: impl Fn(u64) -> Fault) -> u64 {
        at_each_operation(
            || self.disk(),
            fault_at,
            |dir, _, what| {
                let (disk, step): (Arc<dyn Dir>, _) = (dir.clone(), Cell::new(NOTHING));
                let first = self.go_on(&disk, &step, &|_| ());
                self.is_whole(dir.inner(), step.get(), &format!("{what}: {first:?}"));
                dir.relieve();
                if first.is_err() && step.get() < ARRIVED {
                    self.is_undone(&disk, dir.inner(), what);
                    step.set(NOTHING);
                }
                self.go_on(&disk, &step, &|_| ()).unwrap_or_else(|e| panic!("{what}, again: {e}"));
                self.is_over(dir.inner(), what);
            },
        )
    }
}

fn side(disk: &Arc<dyn Dir>, name: &str) -> GameFolder {
    GameFolder::over(Arc::new(SubDir::new(disk.clone(), &path(name))))
}

fn is_empty(disk: &Arc<dyn Dir>, name: &str) -> bool {
    disk.metadata(&path(name)).is_err() || everything(&*side(disk, name).dir).expect("listed").is_empty()
}

/// Two disks: one with the game, and an empty one.
fn two_disks(game: &Game, other: MemDir) -> (GameFolder, GameFolder) {
    let disk: Arc<dyn Dir> = Arc::new(game.disk());
    (side(&disk, "old"), GameFolder::over(Arc::new(other)))
}

#[test]
fn torture_of_moving() {
    rounds("move", 2, |seed, tally| {
        let game = Game::new(seed);
        let dir = Arc::new(CrashDir::new(game.disk(), seed, 8));
        let disk: Arc<dyn Dir> = dir.clone();
        game.go_on(&disk, &Cell::new(NOTHING), &|step| dir.acknowledge(step)).expect("no fault");
        let (states, looked_at) = dir.states();
        for state in &states {
            let what = format!("seed {seed}, operation {}", state.at);
            game.is_whole(&state.disk, state.acked, &what);
            if state.acked < ARRIVED {
                let left = state.disk.after_power_loss(0);
                game.is_undone(&(Arc::new(left.clone()) as Arc<dyn Dir>), &left, &what);
            }
            let disk: Arc<dyn Dir> = Arc::new(state.disk.clone());
            game.go_on(&disk, &Cell::new(state.acked), &|_| ()).unwrap_or_else(|e| panic!("{what}: {e}"));
            game.is_over(&state.disk, &what);
        }
        tally.crash_states += states.len() as u64;
        tally.looked_at += looked_at;
        tally.meet_faults_in_turn(seed, 16, |fault_at| game.survives_at_each_operation(fault_at));
    });
}

#[test]
fn copies_stand_for_links_on_a_disk_without_them_and_a_players_link_is_refused() {
    let game = Game::new(1);
    let (old, new) = two_disks(&game, MemDir::without_links());
    let refused = game.carry(&old, &new).expect_err("a link of the player");
    assert!(matches!(&refused, InstallError::OwnLink { path } if path == "mine"), "{refused:?}");
    old.dir.remove_file(&path("mine")).expect("removed");
    game.carry(&old, &new).expect("moved");
    arrive(&old, &new, Some(&game.build), Some(true)).expect("arrived");
    let copy = read_all(&*new.dir, &path("latest/world")).expect("read");
    assert_eq!(copy, read_all(&*old.dir, &path("data/world")).expect("read"));
    assert!(!leave(&*old.dir, &*new.dir).expect("left"));
    assert_eq!(everything(&*old.dir).unwrap_or_default(), []);
    // And what such a disk has instead of links can be taken back.
    let (old, new) = two_disks(&game, MemDir::without_links());
    old.dir.remove_file(&path("mine")).expect("removed");
    game.carry(&old, &new).expect("moved");
    assert!(!undo(&*old.dir, &*new.dir, &game.label).expect("undone"), "nothing of it stays");
    assert_eq!(everything(&*new.dir).expect("listed"), []);
}

#[test]
fn the_build_says_what_may_be_run_where_the_disk_does_not_know() {
    let game = Game::new(1);
    let (old, new) = two_disks(&game, MemDir::new());
    let mut state = old.state().expect("read").expect("there");
    state.keeps_modes = Some(false);
    old.set_state(&state).expect("written");
    // As such disks show them.
    for at in ["data/world", "game", "readme", "saves/deep/slot"] {
        old.dir.set_executable(&path(at), true).expect("set");
    }
    game.carry(&old, &new).expect("moved");
    assert_eq!(seen(&*new.dir), game.whole, "the game may be run, and nothing else");
    assert_eq!(game.carry(&old, &new).expect("again"), 0, "it is all there");
}

#[test]
fn a_copy_that_is_wrong_is_made_again_though_it_looks_right() {
    let game = Game::new(2);
    let other = MemDir::new();
    let (old, new) = two_disks(&game, other.clone());
    let first = game.carry(&old, &new).expect("moved");
    assert_eq!(game.carry(&old, &new).expect("again"), 0, "it is all there");
    for at in ["data/world", "readme", "saves/deep/slot"] {
        let (turned, len) = (path(at), old.dir.metadata(&path(at)).expect("there").len);
        other.rot(&turned, |bytes| bytes[0] ^= 1).expect("turned");
        assert_eq!(game.carry(&old, &new).expect("again"), len, "{at}");
        assert!(len < first);
    }
    assert_eq!(seen(&*new.dir), game.whole);
}

#[test]
fn what_keeps_changing_is_not_left_behind() {
    let game = Game::new(1);
    let (old, new) = two_disks(&game, MemDir::new());
    begin(&*new.dir, &game.label).expect("begun");
    let mut level = 0u8;
    let mut save = |phase, _| {
        if phase == Phase::Verifying {
            level = level.wrapping_add(1);
            put(&*old.dir, &path("saves/deep/slot"), &[level; 7]);
        }
    };
    let (from, to, stop) = (&*old.dir, &*new.dir, Stop::new());
    let (manifest, knows_modes, keeps_modes, stop) = (Some(&*game.build), true, Some(true), &stop);
    let ended = Carry { from, to, manifest, knows_modes, keeps_modes, stop, watch: &mut save }.run();
    assert!(matches!(ended, Err(InstallError::KeepsChanging)), "{ended:?}");
}

#[test]
fn what_came_to_either_folder_meanwhile_stays() {
    let game = Game::new(1);
    let (old, new) = two_disks(&game, MemDir::new());
    game.carry(&old, &new).expect("moved");
    put(&*new.dir, &path("data/notes"), b"somebody's");
    assert!(undo(&*old.dir, &*new.dir, &game.label).expect("undone"));
    let names: Vec<_> =
        everything(&*new.dir).expect("listed").into_iter().map(|e| e.path.to_string()).collect();
    assert_eq!(names, ["data", "data/notes"]);
    assert!(!may_be_filled(&*new.dir, &game.label).expect("looked at"), "and is not written over");

    let (old, new) = two_disks(&game, MemDir::new());
    game.carry(&old, &new).expect("moved");
    arrive(&old, &new, Some(&game.build), Some(true)).expect("arrived");
    put(&*old.dir, &path("saves/deep/slot"), b"level 8");
    put(&*old.dir, &path("saves/new"), b"level 9");
    assert!(leave(&*old.dir, &*new.dir).expect("left"));
    let left = |at| read_all(&*old.dir, &path(at)).expect("read");
    assert_eq!(left("saves/deep/slot").as_deref(), Some(&b"level 8"[..]));
    assert_eq!(left("saves/new").as_deref(), Some(&b"level 9"[..]));
    assert_eq!((left("readme"), old.state().expect("read")), (None, None));
}

#[test]
fn it_stops_wherever_it_is_and_goes_on() {
    let game = Game::new(3);
    let (old, new) = two_disks(&game, MemDir::new());
    let stop = Stop::at_look(u64::MAX);
    game.carry_until(&old, &new, &stop).expect("moved");
    let looks = stop.looks();
    assert!(looks > 20, "{looks}");
    let (old, new) = two_disks(&game, MemDir::new());
    for at in 0..looks {
        match game.carry_until(&old, &new, &Stop::at_look(at)) {
            Err(InstallError::Stopped(StopReason::Pause)) => {}
            // What is there already is not looked at as often.
            Ok((copied, _)) => assert_eq!(copied, 0),
            Err(other) => panic!("{other}"),
        }
    }
    game.carry(&old, &new).expect("moved");
    assert_eq!(seen(&*new.dir), game.whole);
}

#[test]
fn a_folder_that_is_filled_for_another_game_is_not_free() {
    let game = Game::new(1);
    let new = MemDir::new();
    assert!(may_be_filled(&new, &game.label).expect("empty"));
    begin(&new, &game.label).expect("begun");
    assert!(may_be_filled(&new, &game.label).expect("ours"));
    let other = Label { mark: Some("another".into()), ..game.label.clone() };
    put(&new, &path("game"), b"x");
    assert!(!may_be_filled(&new, &other).expect("theirs"));
    let taken = MemDir::new();
    put(&taken, &path("holiday.jpg"), b"x");
    assert!(!may_be_filled(&taken, &game.label).expect("somebody's"));
    let installed = MemDir::new();
    put(&installed, &control("state.json"), b"{}");
    assert!(!may_be_filled(&installed, &game.label).expect("a game's"));
}
