//! The VM: a tracker, by default with its seed inside.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use mist_proto::http::Stats;
use serde::Deserialize;

use crate::{
    Admin, Friend, Outcome, Program, Scene, Task, Tree,
    deadline::{eventually, until},
    lab::Place,
};

/// How long a tracker may take to listen: its first start makes a database and keys.
const START: Duration = Duration::from_secs(30);
/// How long a command of `tracker` may take.
const COMMAND: Duration = Duration::from_secs(30);
/// How long it may take to end in good order.
const STOP: Duration = Duration::from_secs(20);

/// The password of the first admin and of every account that [`Server::friend`] makes.
pub const PASSWORD: &str = "correct horse battery staple";

/// How a server is to be.
pub struct ServerOptions {
    /// Where it runs.
    pub place: Place,
    /// URL of its PostgreSQL database; SQLite if there is none.
    pub database: Option<String>,
    /// Whether it has a seed of its own.
    pub seed: bool,
    /// Name of its folder in the scene.
    pub name: String,
    /// Settings, by their environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// Password of the first admin; the server chooses one and says it if there is none.
    pub password: Option<&'static str>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            place: Place::Here,
            database: None,
            seed: true,
            name: "server".into(),
            settings: vec![],
            password: Some(PASSWORD),
        }
    }
}

/// A running tracker. May be killed and started again: it keeps its data and its address.
pub struct Server {
    options: ServerOptions,
    data: PathBuf,
    scratch: PathBuf,
    logs: PathBuf,
    address: SocketAddr,
    task: Mutex<Option<Task>>,
}

/// `<data-dir>/listen`.
#[derive(Deserialize)]
struct Listen {
    address: SocketAddr,
}

impl Server {
    /// Starts one with all in it, on this machine.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start(scene: &Scene) -> Result<Self> {
        Self::start_with(scene, ServerOptions::default())
    }

    /// Starts one with all in it, on this machine, that has these builds of `drift`: `1`, `2` and so on, in the folders of these names
    /// in the scene. The last one is live.
    ///
    /// # Errors
    /// It does not come up, or a push fails.
    pub fn with_builds(scene: &Scene, builds: impl IntoIterator<Item = Tree>) -> Result<(Self, Admin)> {
        let server = Self::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        for (version, build) in (1..).zip(builds) {
            let version = version.to_string();
            let dir = scene.path(&version);
            build.write_to(&dir)?;
            admin.push(&dir, "drift", &version)?;
        }
        Ok((server, admin))
    }

    /// Starts one with all in it, there.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_on(scene: &Scene, place: Place) -> Result<Self> {
        Self::start_with(scene, ServerOptions { place, ..ServerOptions::default() })
    }

    /// Starts one.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_with(scene: &Scene, options: ServerOptions) -> Result<Self> {
        let address = SocketAddr::from((options.place.address(), 0));
        let mut server = Self::new(scene, options, address)?;
        server.address = server.launch()?;
        Ok(server)
    }

    /// Starts one from a backup, at the address of the server that it was made of. That one's store is moved to it.
    ///
    /// # Errors
    /// The backup is not taken, or the server does not come up.
    pub fn restore(
        scene: &Scene,
        options: ServerOptions,
        backup: &Path,
        store: &Path,
        address: SocketAddr,
    ) -> Result<Self> {
        let server = Self::new(scene, options, address)?;
        server.tracker(&["restore", &backup.to_string_lossy()], "")?;
        fs::rename(store, server.store()).context("moving the store")?;
        server.launch()?;
        Ok(server)
    }

    /// Starts one at that address, with what its folder in the scene holds already.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_at(scene: &Scene, options: ServerOptions, address: SocketAddr) -> Result<Self> {
        let server = Self::new(scene, options, address)?;
        server.launch()?;
        Ok(server)
    }

    /// Makes another server's data of a backup, in `data`.
    ///
    /// # Errors
    /// The backup is not taken.
    pub fn restore_into(&self, data: &Path, backup: &Path) -> Result<()> {
        let program = Program::ours("tracker", &self.options.place, &self.logs)?;
        let program = program.arg("restore").arg(backup).args([Path::new("--data-dir"), data]);
        program.run(COMMAND)?.success()?;
        Ok(())
    }

    fn new(scene: &Scene, options: ServerOptions, address: SocketAddr) -> Result<Self> {
        let data = scene.path(&options.name);
        let scratch = scene.folder("friends")?;
        Ok(Self { data, scratch, logs: scene.logs(), options, address, task: Mutex::new(None) })
    }

    /// Starts it again where it was.
    ///
    /// # Errors
    /// It runs, or does not come up.
    pub fn restart(&self) -> Result<()> {
        ensure!(self.task()?.is_none(), "the server still runs");
        self.launch()?;
        Ok(())
    }

    fn launch(&self) -> Result<SocketAddr> {
        let written = self.data.join("listen");
        match fs::remove_file(&written) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => bail!("{}: {e}", written.display()),
            _ => {}
        }
        let quic = SocketAddr::from((self.options.place.address(), 0)).to_string();
        let mut program =
            self.command(&["serve"])?.args(["--listen", &self.address.to_string(), "--quic-listen", &quic]);
        if let Some(password) = self.options.password {
            program = program.env("MIST_ADMIN_PASSWORD", password);
        }
        if !self.options.seed {
            program = program.arg("--no-seed");
        }
        let mut task = program.start()?;
        let address = eventually("the tracker listens", START, || {
            task.still_runs()?;
            let text = fs::read(&written)?;
            Ok(Some(serde_json::from_slice::<Listen>(&text)?.address))
        })?;
        *self.task()? = Some(task);
        Ok(address)
    }

    /// What a setting was given, by its environment variable.
    pub(crate) fn setting(&self, variable: &str) -> Option<&str> {
        self.options.settings.iter().find(|(name, _)| *name == variable).map(|(_, value)| value.as_str())
    }

    /// A `tracker` command as an operator gives it on the VM, to be started.
    ///
    /// # Errors
    /// It was not built.
    pub fn command(&self, args: &[&str]) -> Result<Program> {
        let program = Program::ours("tracker", &self.options.place, &self.logs)?;
        let mut program = program.args(args).args([Path::new("--data-dir"), &self.data]);
        for (variable, value) in &self.options.settings {
            program = program.env(variable, value);
        }
        Ok(match &self.options.database {
            Some(url) => program.env("MIST_DATABASE_URL", url),
            None => program,
        })
    }

    fn task(&self) -> Result<MutexGuard<'_, Option<Task>>> {
        self.task.lock().map_err(|_| anyhow!("a test thread panicked"))
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for those who reach it directly.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its data dir.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its store.
    pub fn store(&self) -> PathBuf {
        self.data.join("store")
    }

    /// What it has said since it started.
    ///
    /// # Errors
    /// It does not run.
    pub fn said(&self) -> Result<String> {
        let task = self.task()?;
        let task = task.as_ref().context("the server does not run")?;
        Ok(task.output() + &task.said())
    }

    /// The lines of its log since it started.
    ///
    /// # Errors
    /// It does not run.
    pub fn log(&self) -> Result<String> {
        Ok(self.task()?.as_ref().context("the server does not run")?.said())
    }

    /// The password that it chose for its first admin, as it says it at its first start.
    ///
    /// # Errors
    /// It says none.
    pub fn first_password(&self) -> Result<String> {
        eventually("the first admin's password", START, || {
            let said = self.said()?;
            let after = said.split("first admin: admin, password: ").nth(1);
            Ok(after.and_then(|rest| rest.split_once(' ')).map(|(password, _)| password.to_owned()))
        })
    }

    /// Its process.
    ///
    /// # Errors
    /// It does not run.
    pub fn pid(&self) -> Result<u32> {
        Ok(self.task()?.as_ref().context("the server does not run")?.pid())
    }

    /// Kills it as a power cut would.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill_nine(&self) -> Result<()> {
        self.task()?.take().context("the server does not run")?.kill_nine()
    }

    /// Stops it in good order.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub fn stop(&self) -> Result<()> {
        let task = self.task()?.take().context("the server does not run")?;
        task.terminate(STOP)?.success()?;
        Ok(())
    }

    /// Runs `tracker` with `args` beside the server, as an operator does on the VM.
    ///
    /// # Errors
    /// It fails.
    pub fn tracker(&self, args: &[&str], stdin: &str) -> Result<Outcome> {
        self.command(args)?.stdin(stdin).run(COMMAND)?.success()
    }

    /// What `tracker stats --json` says, healthy or not.
    ///
    /// # Errors
    /// It says nothing.
    pub fn stats(&self) -> Result<Stats> {
        self.command(&["stats", "--json"])?.run(COMMAND)?.json()
    }

    /// Waits until the swarm has at least `copies` of the game's live build, the seed's included.
    ///
    /// # Errors
    /// It takes too long.
    pub fn wait_for_copies(&self, game: &str, copies: f64) -> Result<()> {
        let what = format!("{copies} copies of {game} in the swarm");
        until(&what, Duration::from_secs(60), Duration::from_millis(200), || {
            let stats = self.stats()?;
            let found = stats.games.iter().find(|g| g.game.as_str() == game).map_or(0.0, |g| g.copies);
            ensure!(found >= copies, "there are {found}");
            Ok(Some(()))
        })
    }

    /// The first admin, signed in with `mistpipe`, on the server's own network.
    ///
    /// # Errors
    /// Signing in fails.
    pub fn admin(&self) -> Result<Admin> {
        self.admin_at("admin", &self.options.place)
    }

    /// The first admin on a machine of that name.
    ///
    /// # Errors
    /// Signing in fails.
    pub fn admin_at(&self, machine: &str, place: &Place) -> Result<Admin> {
        let admin = Admin::new(self.scratch.join(machine), place, &self.logs);
        admin.login(&self.url(), "admin", PASSWORD)?;
        Ok(admin)
    }

    /// A machine of that name with `mistpipe`, where nobody is signed in.
    pub fn machine(&self, name: &str) -> Admin {
        Admin::new(self.scratch.join(name), &self.options.place, &self.logs)
    }

    /// The first admin on a machine of that name, by a password that was given later.
    ///
    /// # Errors
    /// Signing in fails.
    pub fn admin_with(&self, machine: &str, password: &str) -> Result<Admin> {
        let admin = Admin::new(self.scratch.join(machine), &self.options.place, &self.logs);
        admin.login(&self.url(), "admin", password)?;
        Ok(admin)
    }

    /// A new account and its friend, signed in with `mist`, on the server's own network.
    ///
    /// # Errors
    /// Making the account or signing in fails.
    pub fn friend(&self, name: &str) -> Result<Friend> {
        self.friend_at(name, &self.options.place)
    }

    /// A new account and its friend, signed in from `place`.
    ///
    /// # Errors
    /// Making the account or signing in fails.
    pub fn friend_at(&self, name: &str, place: &Place) -> Result<Friend> {
        let friend = self.stranger(name, place)?;
        friend.login(&self.url(), PASSWORD)?;
        Ok(friend)
    }

    /// The machine of somebody who has no account yet, on the server's own network.
    pub fn newcomer(&self, name: &str) -> Friend {
        Friend::new(name, self.scratch.join(name), &self.options.place, &self.logs)
    }

    /// A new account and its friend, who has not signed in yet.
    ///
    /// # Errors
    /// Making the account fails.
    pub fn stranger(&self, name: &str, place: &Place) -> Result<Friend> {
        self.tracker(&["user", "add", name, "--password-stdin"], PASSWORD)?;
        Ok(Friend::new(name, self.scratch.join(name), place, &self.logs))
    }
}
