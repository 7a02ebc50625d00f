//! A keyring of one's own: a message bus and the service on it that keeps secrets, as a desktop has them.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use anyhow::{Context, Result, ensure};

use crate::{Bus, Program, Scene, Task, deadline::eventually, lab::Place};

const START: Duration = Duration::from_secs(20);

/// A keyring that was opened by its password.
pub struct Keyring {
    address: String,
    _service: Task,
    _bus: Bus,
}

impl Keyring {
    /// Starts one, with nothing in it.
    ///
    /// # Errors
    /// What it takes is not installed, or does not come up.
    pub fn start(scene: &Scene) -> Result<Self> {
        let logs = scene.logs();
        let system = |name: &str| Program::system(name, &Place::Here, &logs);
        let bus = Bus::start(scene)?;
        let address = bus.address().to_owned();
        let home = scene.folder("keyring")?;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
        let mut service = system("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", &home)
            .env("XDG_RUNTIME_DIR", &home)
            .stdin("the password of the keyring")
            .start()
            .context("a keyring (`./dev test` installs it, or apt-get install gnome-keyring)")?;
        eventually("the keyring is on the bus", START, || {
            service.still_runs()?;
            let asked = system("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"])
                .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                .env("DBUS_SESSION_BUS_ADDRESS", &address)
                .run(START)
                .context("dbus-send (`./dev test` installs it, or apt-get install dbus-bin)")?;
            Ok(asked.stdout.contains("boolean true").then_some(()))
        })?;
        ensure!(!address.is_empty(), "the bus told no address");
        Ok(Self { address, _service: service, _bus: bus })
    }

    /// A program that can use it, as in a session at a desktop. Where secrets are kept is the program's own choice.
    #[must_use]
    pub fn given_to(&self, program: Program) -> Program {
        program.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("MIST_SECRETS", "")
    }
}

/// A program that finds no keyring, as on a machine without a desktop. Where secrets are kept is its own choice.
#[must_use]
pub fn without_keyring(program: Program) -> Program {
    program.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env("MIST_SECRETS", "")
}
