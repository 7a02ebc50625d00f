//! Who plays.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use mist_proto::http::BytesBySource;
use serde::Deserialize;

use crate::{Outcome, Program, Task, lab::Place, server::PASSWORD};

/// How long a command may take: a big install in a debug build.
const COMMAND: Duration = Duration::from_secs(180);

/// A friend's machine: `mist` with a home of its own.
pub struct Friend {
    name: String,
    home: PathBuf,
    place: Place,
    logs: PathBuf,
    env: Vec<(String, String)>,
    seeding: Mutex<Option<Task>>,
}

/// `mist status --json`, as far as the tests look.
#[derive(Deserialize)]
struct Status {
    games: Vec<GameStatus>,
}

/// A game in it.
#[derive(Debug, Clone, Deserialize)]
pub struct GameStatus {
    /// Key of the game.
    pub game: String,
    /// Version on disk.
    pub version: Option<String>,
    /// What was done last.
    pub last_operation: Option<LastOperation>,
}

/// The last operation on a game.
#[derive(Debug, Clone, Deserialize)]
pub struct LastOperation {
    /// How its bytes were got, e.g. `patches`.
    pub route: String,
    /// What it was predicted to receive.
    pub forecast_bytes: u64,
    /// What it received.
    pub actual_bytes: u64,
    /// From where.
    pub bytes: BytesBySource,
    /// What came over the network for it.
    pub wire: BytesBySource,
    /// What room it took.
    pub disk: DiskUse,
    /// What its time went into.
    pub spent: Spent,
}

/// Seconds of an operation, by what they were spent on or waiting for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[expect(missing_docs, reason = "as `mist status --json` names them")]
pub struct Spent {
    pub network: f64,
    pub limit: f64,
    pub sources: f64,
    pub seed: f64,
    pub hash: f64,
    pub disk: f64,
    pub patch: f64,
}

/// Bytes of disk that an operation took at its peak, beyond what was used before.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DiskUse {
    /// As predicted.
    pub forecast: u64,
    /// As measured.
    pub peak: u64,
}

impl Friend {
    pub(crate) fn new(name: &str, home: PathBuf, place: &Place, logs: &Path) -> Self {
        let (place, logs) = (place.clone(), logs.into());
        Self { name: name.into(), home, place, logs, env: vec![], seeding: Mutex::new(None) }
    }

    /// The account's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets an environment variable for all its processes.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Signs in at `url`, for one that does not reach the server directly.
    ///
    /// # Errors
    /// The server refuses.
    pub fn login_at(&self, url: &str) -> Result<()> {
        self.login(url, PASSWORD)
    }

    /// Signs in as somebody else, on the same machine.
    ///
    /// # Errors
    /// The server refuses.
    pub fn login_as(&self, user: &str, url: &str) -> Result<()> {
        self.mist(&["login", url, "--user", user, "--password-stdin"])?
            .stdin(PASSWORD)
            .run(COMMAND)?
            .success()?;
        Ok(())
    }

    pub(crate) fn login(&self, url: &str, password: &str) -> Result<()> {
        self.mist(&["login", url, "--user", &self.name, "--password-stdin"])?
            .stdin(password)
            .run(COMMAND)?
            .success()?;
        Ok(())
    }

    /// A `mist` command, to be started.
    ///
    /// # Errors
    /// It was not built.
    pub fn mist(&self, args: &[&str]) -> Result<Program> {
        Ok(self.equipped(Program::ours("mist", &self.place, &self.logs)?.args(args)))
    }

    /// The same by another file than the one that was built, such as one that was unpacked.
    pub fn mist_at(&self, file: &Path, args: &[&str]) -> Program {
        self.equipped(Program::at(file.to_owned(), &self.place, &self.logs).args(args))
    }

    fn equipped(&self, program: Program) -> Program {
        // The keyring of whoever runs the tests is none of theirs.
        let mut program = program.env("MIST_SECRETS", "file");
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        program.env("MIST_HOME", &self.home)
    }

    /// Runs a `mist` command to its good end.
    ///
    /// # Errors
    /// It fails.
    pub fn run(&self, args: &[&str]) -> Result<Outcome> {
        self.mist(args)?.run(COMMAND)?.success()
    }

    /// The folder into which [`Friend::installing`] installs a game.
    pub fn folder(&self, game: &str) -> PathBuf {
        self.home.join("games").join(game)
    }

    /// Where `mist` keeps what it knows of the one server that the friend is signed in at.
    ///
    /// # Errors
    /// The friend never signed in.
    pub fn servers_folder(&self) -> Result<PathBuf> {
        let folder = self.home.join("servers");
        let mut known = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        Ok(known.next().context("the friend never signed in")??.path())
    }

    /// The install of a game (`slug` or `slug@version`) into [`Friend::folder`], to be started.
    ///
    /// # Errors
    /// `mist` was not built.
    pub fn installing(&self, wanted: &str) -> Result<Program> {
        let game = wanted.split('@').next().unwrap_or(wanted);
        Ok(self.mist(&["install", wanted, "--dir"])?.arg(self.folder(game)))
    }

    /// Installs a game.
    ///
    /// # Errors
    /// It fails.
    pub fn install(&self, wanted: &str) -> Result<Outcome> {
        self.installing(wanted)?.run(COMMAND)?.success()
    }

    /// Updates a game to the live build.
    ///
    /// # Errors
    /// It fails.
    pub fn update(&self, game: &str) -> Result<Outcome> {
        self.run(&["update", game])
    }

    /// What `mist status --json` says of a game.
    ///
    /// # Errors
    /// It says nothing of it.
    pub fn status(&self, game: &str) -> Result<GameStatus> {
        let said = self.run(&["status", "--json"])?;
        said.json::<Status>()?
            .games
            .into_iter()
            .find(|g| g.game == game)
            .with_context(|| format!("`mist status --json` does not name {game}: {}", said.stdout))
    }

    /// What the last operation on a game has moved.
    ///
    /// # Errors
    /// `mist status --json` does not say.
    pub fn last_operation(&self, game: &str) -> Result<LastOperation> {
        self.status(game)?.last_operation.with_context(|| format!("nothing was done with {game} yet"))
    }

    /// Starts `mist seed`, which runs until the friend goes or [`Friend::stop_seeding`].
    ///
    /// # Errors
    /// It does not start.
    pub fn seed(&self) -> Result<()> {
        let task = self.mist(&["seed"])?.start()?;
        *self.seeding.lock().map_err(|_| anyhow!("a test thread panicked"))? = Some(task);
        Ok(())
    }

    /// Ends `mist seed` in good order.
    ///
    /// # Errors
    /// It was not started, or has ended by itself.
    pub fn stop_seeding(&self) -> Result<()> {
        let task = self.seeding.lock().map_err(|_| anyhow!("a test thread panicked"))?.take();
        let mut task = task.context("it does not seed")?;
        task.still_runs()?;
        task.terminate(Duration::from_secs(20))?;
        Ok(())
    }
}
