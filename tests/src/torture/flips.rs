//! Bits change in a game's folder and in the store.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Deserialize;
use walkdir::WalkDir;

use super::{
    Arm, Column, Turn,
    world::{GAME, Parts, World, version},
};
use crate::{
    Scene,
    folder::{Entry, listing},
};

const LIMIT: Duration = Duration::from_secs(120);
/// Rounds in one world.
const ROUNDS: usize = 12;

/// `mist verify --json`.
#[derive(Deserialize)]
struct Verification {
    damaged: Vec<String>,
}

/// One world.
pub(super) fn attack(turn: &mut Turn<'_>, scene: &Scene) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(turn.seed());
    let parts = Parts { own_seed: false, database: None, env: vec![] };
    let mut world = World::new(scene, turn.seed(), parts)?;
    for _ in 0..2 {
        let folder = world.write_next()?;
        world.admin.push(&folder, GAME, &version(world.builds))?;
        world.builds += 1;
    }
    world.eve.install(GAME)?;
    world.installed = Some(1);
    world.play()?;
    for round in 0..ROUNDS {
        if round > 0 && !turn.goes_on() {
            break;
        }
        in_the_folder(turn, &world, &mut rng)?;
        if round % 3 == 2 {
            in_the_store(turn, &world, &mut rng, round)?;
        }
    }
    Ok(())
}

/// Flips in files of the game: each is found, and fetched alone.
fn in_the_folder(turn: &mut Turn<'_>, world: &World<'_>, rng: &mut StdRng) -> Result<()> {
    let files: Vec<(String, u64)> = listing(&world.build(1))?
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
    let found: BTreeSet<String> = said.json::<Verification>()?.damaged.into_iter().collect();
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

/// What the store has of the newest build: its files, what is known of it, and the patch to it.
fn in_the_store(turn: &mut Turn<'_>, world: &World<'_>, rng: &mut StdRng, round: usize) -> Result<()> {
    let game = world.server.store().join("games").join(GAME);
    let mut files = Vec::new();
    for part in ["depots/2", "patches/1..2"] {
        files.extend(files_below(&game.join(part))?);
    }
    let (path, size) = &files[rng.random_range(0..files.len())];
    let what = if path.starts_with(game.join("depots")) { "store: files" } else { "store: patches" };
    flip(path, rng.random_range(0..*size), rng.random_range(0..8))?;
    turn.count(Arm::Flips, what, Column::Flips, 1);
    // Whatever is in memory of it goes.
    world.server.kill_nine()?;
    world.server.restart()?;

    // Two who need it: one has nothing, the other one comes from the build before. What they get is right or refused.
    let name = format!("ned{round}");
    let ned = world.server.friend(&name)?;
    let first = ned.installing(&format!("{GAME}@1"))?.run(LIMIT)?;
    if first.code() == Some(0) {
        let update = ned.mist(&["update", GAME])?.run(LIMIT)?;
        let stands = if update.code() == Some(0) { 1 } else { 0 };
        crate::assert_same_tree(&world.build(stands), &ned.folder(GAME))
            .with_context(|| format!("after a flip in {}", path.display()))?;
    }
    let olaf = world.server.friend(&format!("olaf{round}"))?;
    let install = olaf.installing(GAME)?.run(LIMIT)?;
    if install.code() == Some(0) {
        crate::assert_same_tree(&world.build(1), &olaf.folder(GAME))
            .with_context(|| format!("after a flip in {}", path.display()))?;
    }
    let refused = install.code() != Some(0) || first.code() != Some(0);
    let told = rotten_builds(world)? > 0 || world.server.said()?.contains("is damaged");
    turn.count(Arm::Flips, what, Column::Found, u64::from(told || refused));

    // As the runbook says.
    world.admin.run(&["live", &format!("{GAME}@1")])?;
    world.admin.run(&["rm", &format!("{GAME}@2"), "--yes"])?;
    world.admin.push(&world.build(1), GAME, "2")?;
    world.can_be_had(&olaf, 1)?;
    ned.run(&["update", GAME])?;
    crate::assert_same_tree(&world.build(1), &ned.folder(GAME))?;
    ensure!(rotten_builds(world)? == 0, "{} was made anew, and is called rotten still", path.display());
    turn.count(Arm::Flips, what, Column::Healed, 1);
    Ok(())
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
