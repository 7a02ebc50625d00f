//! Looking through a folder for games that are there already.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Delta, Engine, server::Server};
use crate::{
    adopt::{Place, place_of},
    error::Error,
    install::blocking,
    library::Library,
    scan::{Found, Landmarks, Seen, scan},
    stop::{Stop, StopReason},
    sync::lock,
};

/// Between words on how far it is.
const TELL: Duration = Duration::from_millis(200);

/// A scan, under way or over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScanView {
    /// The folder.
    pub dir: PathBuf,
    /// Whether it is under way.
    pub running: bool,
    /// Whether somebody broke it off.
    pub stopped: bool,
    /// Folders looked at.
    pub folders: u64,
    /// Files looked at.
    pub files: u64,
    /// What was found, once it is over: games that are not on this machine as far as is known.
    pub found: Vec<Found>,
}

impl Engine {
    /// Begins to look through a folder for games of the catalogue that are not installed; [`Delta::Scan`] tells how far that is. One that is
    /// under way is broken off. Nothing is written: whoever wants what was found orders it.
    ///
    /// # Errors
    /// If nobody is signed in, or the folder is none.
    pub async fn scan(&self, dir: &Path) -> Result<(), Error> {
        let server = self.server().await?;
        if !dir.is_absolute() || !dir.is_dir() {
            return Err(Error::NoFolder { dir: dir.display().to_string() });
        }
        let stop = Stop::new();
        if let Some(before) = lock(&self.0.scan).replace(stop.clone()) {
            before.stop(StopReason::Cancel);
        }
        let view = ScanView {
            dir: dir.to_owned(),
            running: true,
            stopped: false,
            folders: 0,
            files: 0,
            found: Vec::new(),
        };
        self.0.feed.set(Delta::Scan(view.clone()));
        let this = self.clone();
        self.0.tasks.spawn(async move {
            let ended = this.0.closing.clone();
            let closing = async {
                ended.cancelled().await;
                stop.stop(StopReason::Shutdown);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = this.look_through(&server, view, &stop) => {}
                () = closing => {}
            }
        });
        Ok(())
    }

    /// Breaks a scan off. Does nothing if there is none.
    pub fn stop_scan(&self) {
        if let Some(stop) = lock(&self.0.scan).take() {
            stop.stop(StopReason::Cancel);
        }
    }

    async fn look_through(&self, server: &Server, view: ScanView, stop: &Stop) {
        let pins = server.pins.lock().await.clone();
        let (this, stop, catalogue) = (self.clone(), stop.clone(), server.catalogue.clone());
        blocking(move || {
            let mut told = this.tell_scan(&view, &stop);
            let installed = Library::load(&this.0.home).unwrap_or_default().games;
            let here = |game: &mist_proto::Slug| {
                let known = installed.get(game).map(|entry| place_of(entry, game));
                matches!(known, Some(Ok(Place::Known(..))))
            };
            let mut landmarks = Landmarks::default();
            let games = catalogue.games().ok().flatten().map(|list| list.games).unwrap_or_default();
            for game in games.iter().filter(|game| !here(&game.slug)) {
                for build in catalogue.builds(&game.slug).unwrap_or_default() {
                    if stop.reason().is_some() {
                        break;
                    }
                    // One that is not at hand, or refused, is not recognised.
                    if let Ok(Some(manifest)) = catalogue.cached_manifest(&pins, &game.slug, &build) {
                        landmarks.add(manifest);
                    }
                }
            }
            let known: BTreeSet<PathBuf> = installed.values().map(|entry| entry.dir.clone()).collect();
            let mut last = Seen::default();
            let ended = scan(&view.dir, &landmarks, &known, &mut |seen| {
                last = seen;
                told(seen)
            });
            let stopped = ended.is_break();
            let found = ended.continue_value().unwrap_or_default();
            // Another one may have begun meanwhile, and is what faces are told of.
            if !stopped || stop.reason() == Some(StopReason::Shutdown) || lock(&this.0.scan).is_none() {
                let (folders, files) = (last.folders, last.files);
                this.0.feed.set(Delta::Scan(ScanView {
                    running: false,
                    stopped,
                    folders,
                    files,
                    found,
                    ..view
                }));
            }
        })
        .await;
    }

    /// Tells now and then how far it is, and whether it is to go on.
    fn tell_scan(&self, view: &ScanView, stop: &Stop) -> impl FnMut(Seen) -> ControlFlow<()> + use<> {
        let (this, view, stop) = (self.clone(), view.clone(), stop.clone());
        let mut told = Instant::now();
        move |seen| {
            stop.flow()?;
            if told.elapsed() >= TELL {
                told = Instant::now();
                let Seen { folders, files } = seen;
                this.0.feed.set(Delta::Scan(ScanView { folders, files, ..view.clone() }));
            }
            ControlFlow::Continue(())
        }
    }
}
