//! What happens while the engine works, told to whoever keeps its state.

use std::{path::PathBuf, sync::Arc};

use mist_proto::{Slug, Version, http::BytesBySource};
use mist_tree::progress::Progress;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::folder::{OperationRecord, RouteKind};

/// What a game's folder is going through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Looking at what is there.
    Checking,
    /// Waiting for the server, which makes what is needed.
    Preparing,
    /// Fetching from others.
    Downloading,
    /// Making new files out of old ones and a patch.
    Patching,
    /// Copying the game to another disk.
    Copying,
    /// Putting new files in place.
    Committing,
    /// Hashing the result.
    Verifying,
}

/// Something that happened. Fields are only ever added.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Something that a person should know and that stops nothing.
    Warning {
        /// Sentence for people.
        message: String,
    },
    /// What will be done, before it starts.
    Planned {
        /// The game.
        game: Slug,
        /// Build that is there.
        from: Option<Version>,
        /// Build that is wanted.
        to: Version,
        /// How.
        route: RouteKind,
        /// Patches on the way.
        patches: usize,
        /// Bytes to receive.
        download: u64,
        /// Bytes of disk needed at the peak, besides what is used already.
        disk: u64,
        /// Bytes free.
        free: u64,
    },
    /// A new phase.
    Phase {
        /// The game.
        game: Slug,
        /// What goes on.
        phase: Phase,
    },
    /// Progress of the network; never falls within an operation.
    Network {
        /// The game.
        game: Slug,
        /// Bytes here.
        done: u64,
        /// Bytes to get in all.
        total: u64,
        /// Bytes received by source.
        bytes: BytesBySource,
        /// Bytes a second now.
        rate: u64,
        /// Seconds left at this rate.
        eta: Option<u64>,
        /// Sources in use.
        sources: u32,
    },
    /// Progress of the disk in the present phase.
    Disk {
        /// The game.
        game: Slug,
        /// Bytes dealt with.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Files that a player had changed were put aside.
    Kept {
        /// The game.
        game: Slug,
        /// How many.
        files: usize,
        /// Where they are now.
        folder: PathBuf,
        /// Their names in the game's folder, the first 200.
        #[serde(default)]
        names: Vec<String>,
    },
    /// A route failed, and another is taken.
    RouteFailed {
        /// The game.
        game: Slug,
        /// The route.
        route: RouteKind,
        /// Why.
        reason: String,
    },
    /// An operation is over and well.
    Finished {
        /// The game.
        game: Slug,
        /// Build that is there now.
        version: Version,
        /// What it took; nothing if there was nothing to do.
        operation: Option<Box<OperationRecord>>,
    },
    /// What this machine serves changed.
    Serving {
        /// Installed builds.
        games: Vec<(Slug, Version)>,
        /// Whether the tracker knows.
        announced: bool,
    },
}

/// Where events go.
#[derive(Clone)]
pub(crate) struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    /// Events go to `sink`, which must not block.
    pub(crate) fn new(sink: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    pub(crate) fn send(&self, event: Event) {
        (self.0)(event);
    }

    pub(crate) fn warn(&self, message: impl Into<String>) {
        let message = message.into();
        tracing::warn!("{message}");
        self.send(Event::Warning { message });
    }

    /// Tells of the disk's progress in a game's folder.
    pub(crate) fn disk(&self, game: &Slug) -> impl FnMut(Progress) + Send + use<> {
        let (this, game) = (self.clone(), game.clone());
        move |p| this.send(Event::Disk { game: game.clone(), done: p.done, total: p.total })
    }

    pub(crate) fn phase(&self, game: &Slug, phase: Phase) {
        self.send(Event::Phase { game: game.clone(), phase });
    }
}
