//! The program takes the place of itself, where its folder is its own.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use mist_client_core::{
    Error, Failure, Home,
    self_update::{self, Program, Updater},
};
use mist_proto::client_package::ClientPackage;
use serde::Serialize;

/// What runs here.
pub(crate) struct Running {
    /// The file of this program, as it was called when it began: a file that was replaced has no name any more.
    exe: Option<PathBuf>,
    again: AtomicBool,
}

/// What the program is, and whether a newer one is there.
#[derive(Serialize)]
pub(crate) struct Release {
    version: String,
    /// Whether it updates itself.
    updates: bool,
    offered: Option<Offered>,
    /// Why what is offered is not taken.
    refused: Option<Failure>,
}

/// What would take its place.
#[derive(Serialize)]
struct Offered {
    version: String,
    size: u64,
}

impl Running {
    /// This process, which becomes another one if an update was broken off.
    pub(crate) fn begin() -> Self {
        Self { exe: self_update::begin(), again: AtomicBool::new(false) }
    }

    fn program(&self) -> Option<Program> {
        self.exe.as_deref().and_then(|exe| Program::of(exe).ok())
    }

    /// What the server of this home offers.
    async fn offered(&self, home: Option<&Path>) -> Result<Option<(Updater, ClientPackage)>, Error> {
        let (Some(home), Some(exe)) = (home, &self.exe) else { return Ok(None) };
        let updater = Updater::open(&Home::open(home)?, exe)?;
        Ok(updater.look().await?.map(|package| (updater, package)))
    }

    /// What it is, and what its group's server offers.
    pub(crate) async fn release(&self, home: Option<&Path>) -> Result<Release, Failure> {
        let own = self.program();
        let updates = own.is_some();
        let version = own.map_or_else(|| env!("CARGO_PKG_VERSION").to_owned(), |own| own.version.to_string());
        let mut release = Release { version, updates, offered: None, refused: None };
        if !updates {
            return Ok(release);
        }
        match self.offered(home).await {
            Ok(offered) => {
                release.offered = offered
                    .map(|(_, package)| Offered { version: package.version.to_string(), size: package.size });
            }
            Err(Error::SelfUpdate(why)) => release.refused = Some(Error::from(why).into()),
            // It is away, or nobody is signed in: what runs goes on.
            Err(error) => tracing::debug!(%error, "nobody says whether there is a newer Mist"),
        }
        Ok(release)
    }

    /// Fetches what is offered and puts it into this program's place. Whether there was something; it counts from the next start on.
    pub(crate) async fn update(&self, home: Option<&Path>) -> Result<bool, Failure> {
        let Some((updater, package)) = self.offered(home).await? else { return Ok(false) };
        updater.update(&package, |_| {}).await?;
        self.again.store(true, Ordering::Release);
        Ok(true)
    }

    /// Becomes the program that is in this one's place now, if it was updated.
    pub(crate) fn end(&self) {
        if let Some(exe) = self.exe.as_deref().filter(|_| self.again.load(Ordering::Acquire)) {
            let error = self_update::start_anew(exe, std::iter::empty());
            tracing::error!(%error, "Mist was updated and can't be started; start it yourself");
        }
    }
}
