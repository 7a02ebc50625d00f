//! A private PostgreSQL cluster on a Unix socket.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{Program, Scene, Task, deadline::eventually, lab::Place};

/// Where Debian and its kin keep the server's programs, one folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A running cluster with one empty database.
pub struct Postgres {
    // Dropped in this order: the server goes before its folder.
    task: Option<Task>,
    socket: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it. Needs root, because PostgreSQL refuses to run as root and gets a user of its own.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not come up.
    pub fn start(scene: &Scene) -> Result<Self> {
        let programs = programs()?;
        // Not in the scene's folder, which only root may enter.
        let socket = TempDir::with_prefix("mist-pg-")?;
        fs::set_permissions(socket.path(), fs::Permissions::from_mode(0o755))?;
        let data = socket.path().join("data");
        fs::create_dir(&data)?;
        run(Command::new("chown").args(["-R", "postgres:"]).arg(socket.path()))?;
        run(as_postgres(&programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"])
            .arg(&data))?;
        let mut this = Self { task: None, socket };
        this.launch(scene)?;
        let task = this.task.as_mut().context("PostgreSQL does not run")?;
        eventually("PostgreSQL answers", Duration::from_secs(20), || {
            task.still_runs()?;
            let create = ["--username=postgres", "mist", "--host"];
            run(as_postgres(&programs.join("createdb")).args(create).arg(this.socket.path()))?;
            Ok(Some(()))
        })?;
        Ok(this)
    }

    fn launch(&mut self, scene: &Scene) -> Result<()> {
        let user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
        let program = Program::system("setpriv", &Place::Here, &scene.logs())
            .args(user)
            .args(["--pdeathsig", "KILL", "--"])
            .arg(programs()?.join("postgres"))
            // What a process wrote is there when it was killed, flushed or not.
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D"])
            .arg(self.socket.path().join("data"))
            .arg("-k")
            .arg(self.socket.path());
        self.task = Some(program.start()?);
        Ok(())
    }

    /// Kills all of its processes, whatever they are at.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill_nine(&mut self) -> Result<()> {
        let task = self.task.take().context("PostgreSQL does not run")?;
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", task.pid()))?;
        task.kill_nine()?;
        for child in children.split_whitespace() {
            // Those that have ended by themselves meanwhile are no longer there.
            let _ = Command::new("kill").args(["-9", child]).output();
        }
        Ok(())
    }

    /// Starts it again with its data.
    ///
    /// # Errors
    /// It does not come up.
    pub fn restart(&mut self, scene: &Scene) -> Result<()> {
        eventually("PostgreSQL answers again", Duration::from_secs(60), || {
            // It refuses while one of those that were killed is not quite gone.
            if self.task.as_mut().map(Task::ended).transpose()?.flatten().is_some() || self.task.is_none() {
                self.launch(scene)?;
            }
            let ready = programs()?.join("pg_isready");
            run(as_postgres(&ready).arg("--host").arg(self.socket.path()))?;
            Ok(Some(()))
        })
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/mist?host={}", self.socket.path().display())
    }
}

fn programs() -> Result<PathBuf> {
    let missing =
        || format!("{VERSIONS} holds no PostgreSQL: `./dev test` installs it (apt-get install postgresql)");
    let versions = fs::read_dir(VERSIONS).with_context(missing)?;
    versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .max()
        .with_context(missing)
}

fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command.current_dir("/");
    command
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
