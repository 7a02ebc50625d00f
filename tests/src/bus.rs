//! A message bus of one's own, as a desktop has it.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{Program, Scene, Task, deadline::eventually, lab::Place};

const START: Duration = Duration::from_secs(20);

/// A bus with nobody on it.
pub struct Bus {
    address: String,
    _daemon: Task,
}

impl Bus {
    /// Starts one.
    ///
    /// # Errors
    /// What it takes is not installed, or does not come up.
    pub fn start(scene: &Scene) -> Result<Self> {
        let mut daemon = Program::system("dbus-daemon", &Place::Here, &scene.logs())
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .start()
            .context("a message bus (`./dev test` installs it, or apt-get install dbus-daemon)")?;
        let address = eventually("the bus tells its address", START, || {
            daemon.still_runs()?;
            Ok(daemon.output().lines().next().map(str::to_owned))
        })?;
        Ok(Self { address, _daemon: daemon })
    }

    /// Where it is reached, as `DBUS_SESSION_BUS_ADDRESS` and `DBUS_SYSTEM_BUS_ADDRESS` name it.
    pub fn address(&self) -> &str {
        &self.address
    }
}
