//! A seed as a process of its own, beside a tracker that has none.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{Program, Scene, Server, Task, deadline::until, lab::Place};

/// A running `seed-node`.
pub struct RemoteSeed {
    program: Program,
    task: Option<Task>,
    store: PathBuf,
    address: SocketAddr,
    token: String,
}

/// How a seed is to be.
struct Wanted<'a> {
    place: Place,
    /// Where it reaches the server, if not at its own address.
    url: Option<&'a str>,
    name: &'a str,
    /// What the names of its folders in the scene begin with.
    folder: &'a str,
    /// Its store, if that is somebody's folder already.
    store: Option<&'a Path>,
    /// Settings, by their environment variables.
    settings: &'a [(&'a str, &'a str)],
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { place: Place::Here, url: None, name: "cellar", folder: "seed", store: None, settings: &[] }
    }
}

impl RemoteSeed {
    /// Enrols one at `server` and starts it, on `place`.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(scene: &Scene, server: &Server, place: &Place) -> Result<Self> {
        Self::start_behind(scene, server, place, &server.url())
    }

    /// The same, for a seed that reaches the server at `url`.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_behind(scene: &Scene, server: &Server, place: &Place, url: &str) -> Result<Self> {
        Self::begin(scene, server, &Wanted { place: place.clone(), url: Some(url), ..Wanted::default() })
    }

    /// The same, for a seed on this machine with settings, by their environment variables.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_with(scene: &Scene, server: &Server, settings: &[(&str, &str)]) -> Result<Self> {
        Self::begin(scene, server, &Wanted { settings, ..Wanted::default() })
    }

    /// The same, for one more seed, on this machine.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_named(scene: &Scene, server: &Server, name: &str) -> Result<Self> {
        Self::begin(scene, server, &Wanted { name, folder: name, ..Wanted::default() })
    }

    /// The same, for one whose store is somebody's folder already.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_on(scene: &Scene, server: &Server, name: &str, store: &Path) -> Result<Self> {
        Self::begin(scene, server, &Wanted { name, folder: name, store: Some(store), ..Wanted::default() })
    }

    fn begin(scene: &Scene, server: &Server, wanted: &Wanted<'_>) -> Result<Self> {
        let Wanted { place, name, folder, store, settings, .. } = wanted;
        let own = server.url();
        let url = wanted.url.unwrap_or(&own);
        let before = server.stats()?.swarm.seeds;
        let enrolled = server.tracker(&["seed", "add", name], "")?;
        let token = enrolled
            .stdout
            .split_whitespace()
            .rfind(|word| word.len() >= 32)
            .context("`tracker seed add` printed no token")?
            .to_owned();
        let store = store.map_or_else(|| scene.path(&format!("{folder}-store")), Path::to_owned);
        let any = format!("{}:0", place.address());
        // In a host of the lab nothing else takes a port.
        let address = match place {
            Place::Here => TcpListener::bind(&any)?.local_addr()?,
            Place::On(_) => format!("{}:8081", place.address()).parse()?,
        };
        let program = Program::ours("seed-node", place, &scene.logs())?
            .args(["run", "--tracker", url, "--store"])
            .arg(&store)
            .arg("--data-dir")
            .arg(scene.path(&format!("{folder}-data")))
            .args(["--listen", &address.to_string(), "--quic-listen", &any])
            .env("MIST_SEED_TOKEN", &token)
            .env("MIST_LOG", server.setting("MIST_LOG").unwrap_or_default())
            .env("MIST_LOG_FORMAT", server.setting("MIST_LOG_FORMAT").unwrap_or_default());
        let program = settings.iter().fold(program, |program, (name, value)| program.env(name, value));
        let mut seed = Self { program, task: None, store, address, token };
        seed.restart()?;
        until("the seed reports its store", Duration::from_secs(30), Duration::from_millis(200), || {
            if let Some(task) = &mut seed.task {
                task.still_runs()?;
            }
            Ok((server.stats()?.swarm.seeds > before).then_some(()))
        })?;
        Ok(seed)
    }

    /// What it has said since it started.
    ///
    /// # Errors
    /// It does not run.
    pub fn said(&self) -> Result<String> {
        let task = self.task.as_ref().context("the seed does not run")?;
        Ok(task.output() + &task.said())
    }

    /// The lines of its log since it started.
    ///
    /// # Errors
    /// It does not run.
    pub fn log(&self) -> Result<String> {
        Ok(self.task.as_ref().context("the seed does not run")?.said())
    }

    /// Its process.
    ///
    /// # Errors
    /// It does not run.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.task.as_ref().context("the seed does not run")?.pid())
    }

    /// Kills it as a power cut would.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill_nine(&mut self) -> Result<()> {
        self.task.take().context("the seed does not run")?.kill_nine()
    }

    /// Starts it again. It reports to its tracker in its own time.
    ///
    /// # Errors
    /// The system can't.
    pub fn restart(&mut self) -> Result<()> {
        self.task = Some(self.program.clone().start()?);
        Ok(())
    }

    /// Where it answers calls over HTTP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token by which it signs in.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its store.
    pub fn store(&self) -> &PathBuf {
        &self.store
    }
}
