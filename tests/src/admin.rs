//! Who pushes builds.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use mist_proto::http::Build;

use crate::{Outcome, Program, lab::Place};

/// How long a command may take: pushing a big build includes the making of its patches, in a debug build.
const COMMAND: Duration = Duration::from_secs(300);

/// An admin's machine: `mistpipe` with a home of its own.
pub struct Admin {
    home: PathBuf,
    place: Place,
    logs: PathBuf,
    env: Vec<(String, String)>,
}

impl Admin {
    pub(crate) fn new(home: PathBuf, place: &Place, logs: &Path) -> Self {
        Self { home, place: place.clone(), logs: logs.into(), env: vec![] }
    }

    /// Where `mistpipe` keeps what it knows.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Signs the first admin in at that address.
    ///
    /// # Errors
    /// It is refused.
    pub fn login_at(&self, url: &str) -> Result<()> {
        self.login(url, "admin", crate::PASSWORD)
    }

    /// Sets an environment variable for all its processes.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn login(&self, url: &str, user: &str, password: &str) -> Result<()> {
        self.mistpipe(&["login", url, "--user", user, "--password-stdin"])?
            .stdin(password)
            .run(COMMAND)?
            .success()?;
        Ok(())
    }

    /// A `mistpipe` command, to be started.
    ///
    /// # Errors
    /// It was not built.
    pub fn mistpipe(&self, args: &[&str]) -> Result<Program> {
        // Nothing of a test goes into the keyring of whoever runs it.
        let mut program =
            Program::ours("mistpipe", &self.place, &self.logs)?.args(args).env("MIST_SECRETS", "file");
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        Ok(program.env("MISTPIPE_HOME", &self.home))
    }

    /// Runs a `mistpipe` command to its good end.
    ///
    /// # Errors
    /// It fails.
    pub fn run(&self, args: &[&str]) -> Result<Outcome> {
        self.mistpipe(args)?.run(COMMAND)?.success()
    }

    /// Makes a public game.
    ///
    /// # Errors
    /// It fails.
    pub fn new_game(&self, slug: &str) -> Result<()> {
        self.run(&["new-game", slug])?;
        Ok(())
    }

    /// The push of a folder, to be started.
    ///
    /// # Errors
    /// `mistpipe` was not built.
    pub fn pushing(&self, dir: &Path, game: &str, version: &str) -> Result<Program> {
        Ok(self.mistpipe(&["push"])?.arg(dir).args(["--game", game, "--version", version]))
    }

    /// Pushes a folder and waits until friends can have it.
    ///
    /// # Errors
    /// It fails.
    pub fn push(&self, dir: &Path, game: &str, version: &str) -> Result<Outcome> {
        self.pushing(dir, game, version)?.run(COMMAND)?.success()
    }

    /// The size of the direct patch between two versions, as `mistpipe ls --json` tells it.
    ///
    /// # Errors
    /// There is none.
    pub fn patch_size(&self, game: &str, from: &str, to: &str) -> Result<u64> {
        let list = self.run(&["ls", game, "--json"])?.stdout;
        list.lines()
            .filter_map(|line| serde_json::from_str::<Build>(line).ok())
            .find(|build| build.version.as_str() == to)
            .and_then(|build| build.patches.into_iter().find(|p| p.from.as_str() == from))
            .map(|patch| patch.blob.size)
            .with_context(|| format!("`mistpipe ls` names no patch from {from} to {to}: {list}"))
    }
}
