//! Clocks jump forth and back, by libfaketime: the programs as they are see another time.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    Arm, Column, Turn,
    world::{GAME, Parts, World, version},
};
use crate::{Friend, Outcome, PASSWORD, Program, Scene};

/// Where Debian and its kin have it.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];
const LIMIT: Duration = Duration::from_secs(120);
/// Builds after which a new world is made.
const BUILDS: usize = 6;
/// Seconds by which a clock is wrong.
const WRONG: [&str; 10] = ["-400d", "-30d", "-2d", "-3h", "-90", "+90", "+3h", "+2d", "+30d", "+400d"];

fn library() -> Option<&'static str> {
    LIBRARIES.into_iter().find(|path| Path::new(path).exists())
}

/// Whether clocks can be set here.
pub fn has_libfaketime() -> bool {
    library().is_some()
}

/// One world.
pub(super) fn attack(turn: &mut Turn<'_>, scene: &Scene) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(turn.seed());
    let library = library()
        .context("libfaketime is missing: `./dev torture` installs it (apt-get install libfaketime)")?;
    let clock = scene.folder("clock")?.join("offset");
    set(&clock, "+0")?;
    let env = [
        ("LD_PRELOAD", library.to_owned()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        // Steps of the wall clock never reach this one.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("FAKETIME_DISABLE_SHM", "1".to_owned()),
    ];
    // Whose clocks are wrong: those of the server, of the others, or all at once.
    let servers = rng.random_bool(0.6);
    let others = !servers || rng.random_bool(0.4);
    let parts = Parts { own_seed: false, database: None, env: if servers { env.to_vec() } else { vec![] } };
    let mut world = World::new(scene, turn.seed(), parts)?;
    if others {
        world = world.people_have(&env);
    }
    let who = match (servers, others) {
        (true, true) => "everybody's",
        (true, false) => "the server's",
        _ => "the clients'",
    };
    // At least one build, however long it took to make the world.
    while world.builds == 0 || (turn.goes_on() && world.builds < BUILDS) {
        let folder = world.write_next()?;
        let push = |world: &World<'_>| world.admin.pushing(&folder, GAME, &version(world.builds));
        let play = |world: &World<'_>| match world.installed {
            None => world.eve.installing(GAME),
            Some(_) => world.eve.mist(&["update", GAME]),
        };
        jump(turn, &mut rng, &clock, who)?;
        let pushed = tried(push(&world)?)?.code() == Some(0);
        set(&clock, "+0")?;
        if !pushed {
            again(&world, || push(&world))?;
        }
        world.builds += 1;
        // A session that was renewed at a wrong time may have ended with it.
        again(&world, || world.admin.mistpipe(&["ls", GAME]))?;
        world.nothing_acknowledged_is_lost()?;

        for _ in 0..3 {
            jump(turn, &mut rng, &clock, who)?;
            tried(play(&world)?)?;
            world.nothing_is_corrupt()?;
        }
        set(&clock, "+0")?;
        again(&world, || play(&world))?;
        turn.count(Arm::Clock, who, Column::Completed, 2);
        world.installed = Some(world.builds - 1);
        world.play()?;
        world.is_exactly(world.installed)?;
    }
    Ok(())
}

fn set(clock: &Path, offset: &str) -> Result<()> {
    // Renamed, because it is read at any time.
    let beside = clock.with_extension("new");
    fs::write(&beside, offset)?;
    fs::rename(&beside, clock).with_context(|| format!("setting {}", clock.display()))
}

fn jump(turn: &mut Turn<'_>, rng: &mut StdRng, clock: &Path, who: &str) -> Result<()> {
    set(clock, WRONG.choose(rng).copied().unwrap_or_default())?;
    turn.count(Arm::Clock, who, Column::Jumps, 1);
    Ok(())
}

/// It may be refused, but it ends in good order and says why.
fn tried(program: Program) -> Result<Outcome> {
    let outcome = program.run(LIMIT)?;
    let in_order = matches!(outcome.code(), Some(code) if code < 100);
    ensure!(in_order && !outcome.said().contains("panicked"), "{outcome:?}");
    ensure!(outcome.code() == Some(0) || !outcome.stderr.trim().is_empty(), "it says nothing: {outcome:?}");
    Ok(outcome)
}

/// With the right time everything can be done, after signing in again at most.
fn again(world: &World<'_>, program: impl Fn() -> Result<Program>) -> Result<()> {
    let first = tried(program()?)?;
    if first.code() == Some(0) {
        return Ok(());
    }
    let url = world.server.url();
    world.admin.login(&url, "admin", PASSWORD)?;
    Friend::login_at(&world.eve, &url)?;
    program()?.run(LIMIT)?.success().with_context(|| format!("first: {}", first.said()))?;
    Ok(())
}
