//! A seed as a process of its own, beside a tracker that has none.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result};

use crate::{Program, Scene, Server, Task, deadline::until, lab::Place};

/// A running `seed-node`.
pub struct RemoteSeed {
    task: Task,
    store: PathBuf,
}

impl RemoteSeed {
    /// Enrols one at `server` and starts it, on `place`.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(scene: &Scene, server: &Server, place: &Place) -> Result<Self> {
        let enrolled = server.tracker(&["seed", "add", "cellar"], "")?;
        let token = enrolled
            .stdout
            .split_whitespace()
            .rfind(|word| word.len() >= 32)
            .context("`tracker seed add` printed no token")?
            .to_owned();
        let store = scene.path("seed-store");
        let address = format!("{}:0", place.address());
        let task = Program::ours("seed-node", place, &scene.logs())?
            .args(["run", "--tracker", &server.url(), "--store"])
            .arg(&store)
            .arg("--data-dir")
            .arg(scene.path("seed-data"))
            .args(["--listen", &address, "--quic-listen", &address])
            .env("MIST_SEED_TOKEN", token)
            .start()?;
        let mut seed = Self { task, store };
        until("the seed reports its store", Duration::from_secs(30), Duration::from_millis(200), || {
            seed.task.still_runs()?;
            Ok((server.stats()?.swarm.seeds == 1).then_some(()))
        })?;
        Ok(seed)
    }

    /// Its store.
    pub fn store(&self) -> &PathBuf {
        &self.store
    }
}
