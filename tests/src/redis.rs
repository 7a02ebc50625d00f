//! A private Redis server on a Unix socket.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{Program, Scene, Task, deadline::eventually, lab::Place};

/// A Redis server that keeps nothing on its disk. May be killed and started again, with nothing in it.
pub struct Redis {
    socket: PathBuf,
    logs: PathBuf,
    task: Option<Task>,
}

impl Redis {
    /// Starts one.
    ///
    /// # Errors
    /// Redis is not installed, or does not come up.
    pub fn start(scene: &Scene) -> Result<Self> {
        let mut this = Self { socket: scene.folder("redis")?.join("socket"), logs: scene.logs(), task: None };
        this.restart()?;
        Ok(this)
    }

    /// Starts it again.
    ///
    /// # Errors
    /// It does not come up.
    pub fn restart(&mut self) -> Result<()> {
        let mut task = Program::system("redis-server", &Place::Here, &self.logs)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&self.socket)
            .start()
            .context("Redis (`./dev test` installs it, or apt-get install redis-server)")?;
        eventually("Redis answers", Duration::from_secs(20), || {
            task.still_runs()?;
            Ok(std::os::unix::net::UnixStream::connect(&self.socket).is_ok().then_some(()))
        })?;
        self.task = Some(task);
        Ok(())
    }

    /// Kills it as a power cut would.
    ///
    /// # Errors
    /// It does not run.
    pub fn kill_nine(&mut self) -> Result<()> {
        self.task.take().context("Redis does not run")?.kill_nine()?;
        // A server that was killed leaves its socket, which nobody answers at.
        Ok(std::fs::remove_file(&self.socket)?)
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Lets it hang: it keeps its connections, and answers nothing.
    ///
    /// # Errors
    /// It does not run.
    pub fn hang(&self) -> Result<()> {
        self.task.as_ref().context("Redis does not run")?.hang()
    }

    /// Lets it go on after it hung.
    ///
    /// # Errors
    /// It does not run.
    pub fn go_on(&self) -> Result<()> {
        self.task.as_ref().context("Redis does not run")?.go_on()
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }
}
