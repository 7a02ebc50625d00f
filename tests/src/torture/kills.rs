//! Programs die by `kill -9` in whatever they do.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{
    Arm, Column, Turn,
    script::{Deed, Moment, Script, Standing, Strike, Victim, Work},
    world::{GAME, Parts, World, version},
};
use crate::{
    Program, Scene, Task,
    folder::{Entry, listing},
};

/// Builds after which a new world is made.
const BUILDS: usize = 10;
/// What a deed may take on a loaded machine.
const LIMIT: Duration = Duration::from_secs(180);
/// From so many builds on the seed drops files of old ones.
const THINNED: usize = 3;
/// How long the seed is waited for to begin what it does after a deed.
const AFTERWARDS: Duration = Duration::from_secs(2);
/// How long a program may go on whose server died, before it is killed as well.
const PATIENCE: Duration = Duration::from_secs(10);

/// One world, until it has [`BUILDS`] builds or the time is over.
pub(super) fn attack(turn: &mut Turn<'_>, scene: &Scene) -> Result<()> {
    let mut script = Script::new(turn.seed());
    let parts = Parts { own_seed: script.coin(), database: None, env: vec![] };
    let world = World::new(scene, turn.seed(), parts)?;
    let mut played = Played { world, usual: BTreeMap::new(), backups: 0 };
    // At least one deed, however long it took to make the world.
    loop {
        let standing = Standing { builds: played.world.builds, installed: played.world.installed };
        let deed = script.deed(standing);
        let strikes = script.strikes(deed);
        played
            .through(turn, &mut script, deed, &strikes)
            .with_context(|| format!("{deed:?} with {strikes:?} at {standing:?}"))?;
        if !turn.goes_on() || played.world.builds >= BUILDS {
            break;
        }
    }
    played.at_the_end(&mut script)
}

struct Played<'s> {
    world: World<'s>,
    /// Seconds that deeds take.
    usual: BTreeMap<String, f64>,
    backups: usize,
}

/// `mist … --dry-run --json`.
#[derive(Deserialize)]
struct Forecast {
    routes: Vec<Route>,
}

#[derive(Deserialize)]
struct Route {
    route: String,
    download: u64,
}

/// What a deed has to fetch.
struct Metered {
    /// How it gets it.
    route: String,
    /// Bytes of it.
    needed: u64,
    /// What had reached the player's machine before, if somebody counts that.
    before: Option<u64>,
}

impl Played<'_> {
    /// Does it, with all these deaths, until it is done.
    fn through(
        &mut self,
        turn: &mut Turn<'_>,
        script: &mut Script,
        deed: Deed,
        strikes: &[Strike],
    ) -> Result<()> {
        match deed {
            Deed::Push => drop(self.world.write_next()?),
            Deed::Repair => self.damage(script)?,
            _ => {}
        }
        let metered = self.meter(deed)?;
        let row = metered.as_ref().map_or_else(|| deed.to_string(), |m| format!("{deed}, by {}", m.route));
        let (mut kills, mut done) = (0, false);
        for (n, strike) in strikes.iter().enumerate() {
            if done || (n > 0 && !turn.goes_on()) {
                break;
            }
            let (killed, ended_well) = self.strike(turn, &row, deed, *strike)?;
            kills += killed;
            done = ended_well;
            let sound = self.world.nothing_is_corrupt();
            turn.count(Arm::Kills, &row, Column::Corrupt, u64::from(sound.is_err()));
            sound?;
        }
        if !done {
            let task = self.start(deed)?;
            self.finish(deed, task)?;
        }
        turn.count(Arm::Kills, &row, Column::Completed, 1);
        if let Some(Metered { needed, before: Some(before), .. }) = metered {
            let moved = self.world.received()?.unwrap_or(0) - before;
            let again = if kills > 0 { moved.saturating_sub(needed) } else { 0 };
            turn.count(Arm::Kills, &row, Column::FetchedAgain, again);
        }
        self.after(turn, &row, deed)
    }

    /// What is true once it is done.
    fn after(&mut self, turn: &mut Turn<'_>, row: &str, deed: Deed) -> Result<()> {
        match deed {
            Deed::Push => {
                self.world.builds += 1;
                turn.count(Arm::Kills, row, Column::Acknowledged, 1);
                let kept = self.world.nothing_acknowledged_is_lost();
                turn.count(Arm::Kills, row, Column::Lost, u64::from(kept.is_err()));
                kept?;
            }
            Deed::Install | Deed::Update => self.world.installed = Some(self.world.builds - 1),
            Deed::GoBack(to) | Deed::InstallOld(to) => self.world.installed = Some(to),
            Deed::Uninstall => self.world.installed = None,
            Deed::Backup => self.backup_is_whole()?,
            Deed::Repair => {}
        }
        if self.world.installed.is_some() {
            self.world.play()?;
        }
        self.world.is_exactly(self.world.installed)
    }

    fn start(&self, deed: Deed) -> Result<Task> {
        self.program(deed)?.start()
    }

    fn program(&self, deed: Deed) -> Result<Program> {
        let world = &self.world;
        match deed {
            Deed::Push => world.admin.pushing(&world.build(world.builds), GAME, &version(world.builds)),
            Deed::Install => world.eve.installing(GAME),
            Deed::InstallOld(to) => world.eve.installing(&format!("{GAME}@{}", version(to))),
            Deed::Update => world.eve.mist(&["update", GAME]),
            Deed::GoBack(to) => world.eve.mist(&["switch", &format!("{GAME}@{}", version(to))]),
            Deed::Repair => world.eve.mist(&["repair", GAME]),
            Deed::Uninstall => world.eve.mist(&["uninstall", GAME]),
            Deed::Backup => Ok(world.server.command(&["backup"])?.arg(self.backup())),
        }
    }

    /// Runs it to its good end.
    fn finish(&mut self, deed: Deed, task: Task) -> Result<()> {
        let outcome = task.finish(LIMIT)?;
        // It had ended well before it was killed, or while its server was.
        let too_late = match deed {
            Deed::Uninstall => outcome.said().contains("not installed"),
            Deed::Backup => self.backup().exists(),
            // It was told so, and died before it ended. What the server has of it is looked at as if it had said so.
            Deed::Push => outcome.said().contains("is there already"),
            _ => false,
        };
        let took = outcome.took.as_secs_f64();
        if outcome.code() != Some(0) {
            ensure!(too_late, "it can't be done any more: {}", outcome.said());
            return Ok(());
        }
        let usual = self.usual.entry(deed.to_string()).or_insert(0.0);
        *usual = (*usual * 0.9).max(took);
        Ok(())
    }

    /// Starts it and kills somebody meanwhile. Says how many were killed, and whether it is done all the same.
    fn strike(&mut self, turn: &mut Turn<'_>, row: &str, deed: Deed, strike: Strike) -> Result<(u64, bool)> {
        let mut task = self.start(deed)?;
        let_run(self.moment(&mut task, deed, strike.moment)?);
        if strike.victim == Victim::Itself {
            if let Some(status) = task.ended()? {
                turn.count(Arm::Kills, row, Column::Missed, 1);
                return Ok((0, status.success()));
            }
            task.kill_nine()?;
            self.count_blow(turn, row, None);
            return Ok((1, false));
        }
        let said = self.world.seed_said()?;
        match (strike.victim, &mut self.world.seed) {
            (Victim::Seed, Some(seed)) => {
                seed.kill_nine()?;
                self.count_blow(turn, row, Some(&said));
                self.world.seed.as_mut().context("the world has a seed")?.restart()?;
            }
            (_, own_seed) => {
                let has_own_seed = own_seed.is_some();
                self.world.server.kill_nine()?;
                // A seed of its own lives on.
                self.count_blow(turn, row, (!has_own_seed).then_some(&said));
                self.world.server.restart()?;
            }
        }
        self.world.nothing_acknowledged_is_lost()?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = task.ended()? {
                return Ok((1, status.success()));
            }
            thread::sleep(Duration::from_millis(10));
        }
        task.kill_nine()?;
        self.count_blow(turn, row, None);
        Ok((2, false))
    }

    /// Counts a death, by what was under way: on the player's machine, or of the seed that has said this.
    fn count_blow(&self, turn: &mut Turn<'_>, row: &str, seed_said: Option<&str>) {
        turn.count(Arm::Kills, row, Column::Kills, 1);
        let of_the_dead = |work: &Work| work.is_a_friends() == seed_said.is_none();
        for work in self.world.under_way(seed_said.unwrap_or_default()).into_iter().filter(of_the_dead) {
            turn.count_struck(work);
        }
    }

    /// Waits for what the blow is meant for. How long it goes on then until the blow falls.
    fn moment(&self, task: &mut Task, deed: Deed, moment: Moment) -> Result<Duration> {
        let usual = self.usual.get(&deed.to_string()).copied().unwrap_or(0.4).min(5.0);
        let (work, after) = match moment {
            Moment::At(Work::Replay | Work::Thinning, _) if self.world.builds < THINNED => {
                return Ok(Duration::from_secs_f64(usual / 2.0));
            }
            Moment::At(work, after) => (work, after),
            Moment::Share(share) => return Ok(Duration::from_secs_f64(usual * share)),
        };
        let mut end = Instant::now() + Duration::from_secs_f64(usual) + AFTERWARDS;
        let mut has_ended = false;
        while Instant::now() < end {
            let said = if work == Work::Thinning { self.world.seed_said()? } else { String::new() };
            if self.world.under_way(&said).contains(&work) {
                return Ok(after);
            }
            if !has_ended && task.ended()?.is_some() {
                has_ended = true;
                // The seed has something to do afterwards.
                end = if work.is_a_friends() { Instant::now() } else { Instant::now() + AFTERWARDS };
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Duration::ZERO)
    }

    /// What the deed has to fetch, and how; none for those that fetch nothing.
    fn meter(&self, deed: Deed) -> Result<Option<Metered>> {
        let in_advance = match deed {
            Deed::Install | Deed::InstallOld(_) | Deed::Update | Deed::GoBack(_) => {
                self.program(deed)?.args(["--dry-run", "--json"])
            }
            _ => return Ok(None),
        };
        let forecast: Forecast = in_advance.run(LIMIT)?.success()?.json()?;
        let Route { route, download } =
            forecast.routes.into_iter().next().context("there is no way to do it")?;
        Ok(Some(Metered { route, needed: download, before: self.world.received()? }))
    }

    /// Changes a file, cuts another one, and removes a third.
    fn damage(&mut self, script: &mut Script) -> Result<()> {
        let number = self.world.installed.context("nothing is installed")?;
        let files = listing(&self.world.build(number))?;
        let files: Vec<_> = files
            .iter()
            .filter_map(|(path, entry)| match entry {
                Entry::File { size, .. } => Some((path, *size)),
                _ => None,
            })
            .collect();
        for harm in 0..3 {
            let (path, size) = files[script.below(files.len())];
            let path = self.world.folder().join(path);
            match harm {
                0 => fs::write(&path, vec![7; usize::try_from(size)? + 1])?,
                1 if path.exists() => fs::OpenOptions::new().write(true).open(&path)?.set_len(size / 2)?,
                _ if path.exists() => fs::remove_file(&path)?,
                _ => {}
            }
            self.world.may_have(&path)?;
        }
        Ok(())
    }

    fn backup(&self) -> std::path::PathBuf {
        self.world.scene.path(&format!("backup-{}", self.backups))
    }

    /// It becomes a server's data on another machine.
    fn backup_is_whole(&mut self) -> Result<()> {
        let data = self.world.scene.path(&format!("restored-{}", self.backups));
        self.world.server.restore_into(&data, &self.backup())?;
        fs::remove_dir_all(&data)?;
        self.backups += 1;
        Ok(())
    }

    /// Some of the builds that were acknowledged go to somebody new, who has nothing.
    fn at_the_end(&mut self, script: &mut Script) -> Result<()> {
        if self.world.builds == 0 {
            return Ok(());
        }
        self.world.nothing_acknowledged_is_lost()?;
        let zoe = self.world.server.friend("zoe")?;
        for _ in 0..2 {
            let number = script.below(self.world.builds);
            self.world.can_be_had(&zoe, number)?;
        }
        Ok(())
    }
}

/// Lets programs run for a while. Not a wait for something: the end of it is where the blow falls.
pub(super) fn let_run(time: Duration) {
    thread::sleep(time);
}
