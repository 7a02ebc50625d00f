//! Bits change in a game's folder and in the store.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_proto::{
    BlobId,
    http::{Build, Keeping},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde::Deserialize;
use walkdir::WalkDir;

use super::{
    Arm, Column, Turn,
    world::{GAME, Parts, World, version},
};
use crate::{
    Friend, Place, Program, Scene, eventually,
    folder::{Entry, listing},
};

const LIMIT: Duration = Duration::from_secs(180);
/// How long somebody tries to get what has rotted before they give up.
const PATIENCE: Duration = Duration::from_secs(12);
/// Rounds in one world.
const ROUNDS: usize = 12;
/// Builds of the game. The files of the first two are dropped: patches lead to them.
const BUILDS: usize = 4;
/// What the log of a seed says when it finds something damaged.
const TELLS: [&str; 5] =
    ["rotten", "damaged", "made anew", "rot was healed", "can't open a blob of the store"];

/// `mist verify --json`.
#[derive(Deserialize)]
struct Verification {
    damaged: Vec<String>,
}

/// The last line of `mistpipe push --json` of what was pushed before.
#[derive(Deserialize)]
struct Healed {
    uploaded: u64,
}

/// One world.
pub(super) fn attack(turn: &mut Turn<'_>, scene: &Scene) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(turn.seed());
    let parts = Parts { own_seed: false, database: None, env: vec![] };
    let mut world = World::new(scene, turn.seed(), parts)?;
    for _ in 0..BUILDS {
        let folder = world.write_next()?;
        world.admin.push(&folder, GAME, &version(world.builds))?;
        world.builds += 1;
    }
    world.eve.install(GAME)?;
    world.installed = Some(BUILDS - 1);
    world.play()?;
    let patients = [world.server.friend("ned")?, world.server.friend("olaf")?];
    for round in 0..ROUNDS {
        if round > 0 && !turn.goes_on() {
            break;
        }
        in_the_folder(turn, &world, &mut rng)?;
        // Each part in its turn, beginning with another one in each world.
        let part = Part::ALL[(usize::try_from(turn.seed() % 1000)? + round) % Part::ALL.len()];
        let Some(struck) = InStore::strike(&world, part, &mut rng)? else { continue };
        struck.go_through(turn, &world, &patients).with_context(|| {
            format!("after a flip of bit {} of byte {} in {}", struck.bit, struck.at, struck.path.display())
        })?;
    }
    Ok(())
}

/// Flips in files of the game: each is found, and fetched alone.
fn in_the_folder(turn: &mut Turn<'_>, world: &World<'_>, rng: &mut StdRng) -> Result<()> {
    let files: Vec<(String, u64)> = listing(&world.build(BUILDS - 1))?
        .into_iter()
        .filter_map(|(path, entry)| match entry {
            Entry::File { size, .. } if size > 0 => Some((path, size)),
            _ => None,
        })
        .collect();
    let count = rng.random_range(1..=20);
    let mut hit = BTreeSet::new();
    let mut bits = BTreeSet::new();
    for _ in 0..count {
        let (path, size) = &files[rng.random_range(0..files.len())];
        let bit = (path.clone(), rng.random_range(0..*size), rng.random_range(0..8));
        // Twice would be not at all.
        if bits.insert(bit.clone()) {
            flip(&world.folder().join(path), bit.1, bit.2)?;
            hit.insert(path.clone());
        }
    }
    let flips = bits.len() as u64;
    let said = world.eve.mist(&["verify", GAME, "--json"])?.run(LIMIT)?.expect(1)?;
    // Before it there may be lines of events.
    let last = said.stdout.lines().last().unwrap_or_default();
    let verification: Verification = serde_json::from_str(last).with_context(|| said.said())?;
    let found: BTreeSet<String> = verification.damaged.into_iter().collect();
    ensure!(found == hit, "flipped in {hit:?}, found {found:?}");
    turn.count(Arm::Flips, "game folder", Column::Flips, flips);
    turn.count(Arm::Flips, "game folder", Column::Found, flips);
    world.eve.run(&["repair", GAME])?;
    world.is_exactly(world.installed)?;
    turn.count(Arm::Flips, "game folder", Column::Healed, flips);
    let fetched = world.eve.last_operation(GAME)?.actual_bytes;
    turn.count(Arm::Flips, "game folder", Column::FetchedToHeal, fetched);
    Ok(())
}

/// What bits change in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The files of the live build.
    Files,
    /// What is known of it: manifest, hash tree, chunks.
    Papers,
    /// The patch to it, which friends take.
    Patches,
    /// The compressed archive of a build whose files are there too.
    Archive,
    /// The patches that lead back to builds without files.
    ReversePatches,
    /// What else is there of a build without files: its papers and its compressed archive.
    Thinned,
}

impl Part {
    const ALL: [Self; 6] =
        [Self::Files, Self::ReversePatches, Self::Archive, Self::Thinned, Self::Patches, Self::Papers];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "store: files",
            Self::Papers => "store: papers",
            Self::Patches => "store: patches",
            Self::Archive => "store: archives",
            Self::ReversePatches => "store: reverse patches",
            Self::Thinned => "store: thinned builds",
        })
    }
}

/// A bit of the store that has changed.
struct InStore {
    part: Part,
    path: PathBuf,
    at: u64,
    bit: u32,
    before: Vec<u8>,
    /// The build that it belongs to, counted from 0, and a neighbour from which patches lead to it.
    build: usize,
    neighbour: usize,
}

impl InStore {
    /// Changes one, once the seed has done all that it has to. None if the store has nothing of that kind just now.
    fn strike(world: &World<'_>, part: Part, rng: &mut StdRng) -> Result<Option<Self>> {
        let builds = all_is_made(world)?;
        let store = world.server.store();
        let game = store.join("games").join(GAME);
        let archive = |number: usize| store.join(format!("cache/{}.tar.zst", builds[number].archive.hash));
        let (last, old) = (BUILDS - 1, rng.random_range(0..2));
        let (build, neighbour, places) = match part {
            Part::Files => (last, last - 1, vec![game.join("depots").join(version(last))]),
            Part::Papers => (last, last - 1, vec![game.join("builds").join(version(last))]),
            Part::Patches => {
                let patch = format!("patches/{}..{}", version(last - 1), version(last));
                (last, last - 1, vec![game.join(patch)])
            }
            Part::Archive => {
                // One that was rotten is gone until somebody asks for it.
                let at_hand =
                    [(last, last - 1), (last - 1, last)].into_iter().find(|(n, _)| archive(*n).exists());
                let Some((build, neighbour)) = at_hand else { return Ok(None) };
                (build, neighbour, vec![archive(build)])
            }
            Part::ReversePatches => {
                let patch = format!("patches/{}..{}", version(old + 1), version(old));
                (old, old + 1, vec![game.join(patch)])
            }
            Part::Thinned => (old, old + 1, vec![game.join("builds").join(version(old)), archive(old)]),
        };
        let mut files = Vec::new();
        for place in places.iter().filter(|place| place.exists()) {
            files.extend(files_below(place)?);
        }
        loop {
            let (path, size) = files.choose(rng).context("there is nothing to change")?;
            let (at, bit) = (rng.random_range(0..*size), rng.random_range(0..8));
            let before = fs::read(path)?;
            let mut after = before.clone();
            after[usize::try_from(at)?] ^= 1 << bit;
            // An address may say the same in other letters.
            let address = |bytes: &[u8]| serde_json::from_slice::<BlobId>(bytes).ok();
            if address(&before).is_some() && address(&before) == address(&after) {
                continue;
            }
            flip(path, at, bit)?;
            return Ok(Some(Self { part, path: path.clone(), at, bit, before, build, neighbour }));
        }
    }

    /// Friends ask for what has changed, and get it right or not at all; then it is healed.
    fn go_through(&self, turn: &mut Turn<'_>, world: &World<'_>, patients: &[Friend; 2]) -> Result<()> {
        let [ned, olaf] = patients;
        turn.count(Arm::Flips, self.part, Column::Flips, 1);
        // Whatever is in memory of it goes.
        world.server.kill_nine()?;
        world.server.restart()?;

        // Two who need it: one comes from the build beside it, the other one has nothing.
        let neighbour = format!("{GAME}@{}", version(self.neighbour));
        let wanted = format!("{GAME}@{}", version(self.build));
        let comes = patiently(ned.installing(&neighbour)?)?;
        let goes_on = if comes { patiently(ned.mist(&["switch", &wanted])?)? } else { false };
        if goes_on {
            is_right(world, ned, self.build)?;
        } else if comes && !ned.folder(GAME).join(".mist/journal").exists() {
            is_right(world, ned, self.neighbour)?;
        }
        let installs = patiently(olaf.installing(&wanted)?)?;
        if installs {
            is_right(world, olaf, self.build)?;
        }
        let before_push = tells(world)?;

        // As the runbook says.
        let again = world.admin.pushing(&world.build(self.build), GAME, &version(self.build))?.arg("--json");
        let again = again.run(LIMIT)?.success()?;
        let told = before_push || tells(world)?;
        turn.count(Arm::Flips, self.part, Column::Found, u64::from(told));
        ensure!(told || self.is_unread(world)?, "nobody has noticed it");
        let healed =
            again.stdout.lines().filter_map(|line| serde_json::from_str::<Healed>(line).ok()).next_back();
        let uploaded = healed.context("the push does not say that it has healed")?.uploaded;
        turn.count(Arm::Flips, self.part, Column::FetchedToHeal, uploaded);
        self.is_healed(world, [ned, olaf])?;
        turn.count(Arm::Flips, self.part, Column::Healed, 1);
        Ok(())
    }

    /// Whether the bit says nothing, or nobody has read it before it was made anew.
    fn is_unread(&self, world: &World<'_>) -> Result<bool> {
        if self.part == Part::Thinned && self.path.ends_with("recipe") {
            return Ok(true);
        }
        if self.path.extension().is_none_or(|extension| extension != "zst") {
            return Ok(false);
        }
        // There are such in the frames of a compressed archive. Its content has checksums.
        let zstd = Program::system("zstd", &Place::Here, &world.scene.logs()).arg("--test").arg(&self.path);
        Ok(self.path.exists() && zstd.run(LIMIT)?.code() == Some(0))
    }

    /// It is as it was, or was made anew and serves.
    fn is_healed(&self, world: &World<'_>, [ned, olaf]: [&Friend; 2]) -> Result<()> {
        eventually("nothing is called rotten any more", LIMIT, || {
            Ok((rotten_builds(world)? == 0).then_some(()))
        })?;
        let now = fs::read(&self.path).ok();
        // Patches may be made anew in another way, and archives when somebody asks for them.
        let is_as_it_was = now.as_ref() == Some(&self.before);
        let must_be = matches!(self.part, Part::Files | Part::Papers);
        ensure!(is_as_it_was || !must_be, "{} is not what it was", self.path.display());
        for friend in [ned, olaf] {
            let _ = friend.mist(&["uninstall", GAME])?.run(LIMIT)?;
        }
        let wanted = format!("{GAME}@{}", version(self.build));
        ned.install(&format!("{GAME}@{}", version(self.neighbour)))?;
        is_right(world, ned, self.neighbour)?;
        ned.run(&["switch", &wanted])?;
        is_right(world, ned, self.build)?;
        let route = ned.last_operation(GAME)?.route;
        ensure!(route == "patches", "the patch is not there again: {route}");
        world.can_be_had(olaf, self.build)?;
        ned.run(&["uninstall", GAME])?;
        // The files that it got again are dropped when another build goes live.
        for live in [BUILDS - 2, BUILDS - 1] {
            world.admin.run(&["live", &format!("{GAME}@{}", version(live))])?;
        }
        Ok(())
    }
}

/// All builds are kept as they are to be, and all archives are made.
fn all_is_made(world: &World<'_>) -> Result<Vec<Build>> {
    eventually("the seed has nothing to do any more", LIMIT, || {
        let list = world.admin.run(&["ls", GAME, "--json"])?.stdout;
        let builds = list.lines().map(serde_json::from_str::<Build>).collect::<Result<Vec<_>, _>>()?;
        let thinned = builds.iter().take(2).all(|build| build.kept == Keeping::Reverse);
        let made = builds.iter().all(|build| build.archive_stored.is_some());
        ensure!(thinned && made, "{list}");
        Ok(Some(builds))
    })
}

/// Lets somebody try for a while. Whether they have succeeded.
fn patiently(program: Program) -> Result<bool> {
    let mut task = program.start()?;
    let status = crate::until("its end", PATIENCE, Duration::from_millis(20), || task.ended());
    Ok(status.is_ok_and(|status| status.success()))
}

fn is_right(world: &World<'_>, friend: &Friend, number: usize) -> Result<()> {
    crate::assert_same_tree(&world.build(number), &friend.folder(GAME))
}

/// Whether the server says that something is damaged.
fn tells(world: &World<'_>) -> Result<bool> {
    let said = world.server.said()?;
    Ok(rotten_builds(world)? > 0 || TELLS.iter().any(|words| said.contains(words)))
}

fn rotten_builds(world: &World<'_>) -> Result<usize> {
    Ok(world.server.stats()?.stores.iter().map(|store| store.rotten.len()).sum())
}

fn files_below(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        let size = entry.metadata()?.len();
        if entry.file_type().is_file() && size > 0 {
            files.push((entry.into_path(), size));
        }
    }
    Ok(files)
}

/// As a disk that forgets: nothing else of the file changes, its time neither.
fn flip(path: &Path, at: u64, bit: u32) -> Result<()> {
    let modified = File::open(path)?.metadata()?.modified()?;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at)?;
    byte[0] ^= 1 << bit;
    file.write_all_at(&byte, at)?;
    file.set_modified(modified).with_context(|| format!("flipping a bit of {}", path.display()))
}
