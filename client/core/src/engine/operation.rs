//! Operations: what a friend orders, how far it is, and what came of it.

use std::path::PathBuf;

use mist_proto::{Slug, UnixMillis, Version, http::BytesBySource};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use crate::op_id::OpId;
use crate::{
    events::Phase,
    failure::Failure,
    folder::{OperationRecord, RouteKind},
    install::Uninstalled,
};

/// What is to be done to one game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Order {
    /// Install it, or go on with that. An existing folder with right files is adopted.
    Install {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The build; the live one if there is none.
        #[ts(type = "string | null")]
        version: Option<Version>,
        /// The folder, absolute; one of Mist's own if there is none.
        dir: Option<PathBuf>,
    },
    /// Bring it to its live build.
    Update {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Fetch what the update to the build that goes live later takes, and leave the game as it is.
    Ahead {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Bring it to a build of its list, older or newer.
    Switch {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The build.
        #[ts(type = "string")]
        version: Version,
    },
    /// Bring it to the build before, by what is kept of that. Needs no network.
    RollBack {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The build; whichever is kept if there is none.
        #[ts(type = "string | null")]
        version: Option<Version>,
    },
    /// Read every file, and fetch what is wrong.
    Repair {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Read every file and compare it with the manifest. Needs no network.
    Verify {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Remove what its manifest names.
    Uninstall {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Take over a folder that has its files, and read every one. Needs no network.
    Locate {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The folder, absolute.
        dir: PathBuf,
    },
    /// Bring its folder to another place, with all that is in it. Needs no network.
    Move {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The new folder, absolute; not there yet, or empty.
        dir: PathBuf,
    },
}

impl Order {
    /// The game that it is about.
    pub fn game(&self) -> &Slug {
        match self {
            Self::Install { game, .. }
            | Self::Update { game }
            | Self::Ahead { game }
            | Self::Switch { game, .. }
            | Self::RollBack { game, .. }
            | Self::Repair { game }
            | Self::Verify { game }
            | Self::Uninstall { game }
            | Self::Locate { game, .. }
            | Self::Move { game, .. } => game,
        }
    }

    /// Whether it takes bytes from others, and so one of the few places for that.
    pub fn transfers(&self) -> bool {
        !matches!(
            self,
            Self::Verify { .. }
                | Self::Uninstall { .. }
                | Self::Locate { .. }
                | Self::Move { .. }
                | Self::RollBack { .. }
        )
    }

    /// Whether it makes the folder a build, which is undone if it is given up.
    pub(crate) fn installs(&self) -> bool {
        (self.transfers() && !self.is_ahead()) || matches!(self, Self::RollBack { .. })
    }

    /// Whether it only fetches for later: the game can be played meanwhile, and whatever else is ordered comes first.
    pub fn is_ahead(&self) -> bool {
        matches!(self, Self::Ahead { .. })
    }
}

/// Where an operation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// It waits for its turn.
    Queued,
    /// It is under way.
    Running,
    /// It was stopped and goes on when somebody says so.
    Paused,
    /// It ended well.
    Done,
    /// It ended, and what was asked for is not so. What arrived is kept.
    Failed,
    /// It was given up, and the game is as it was before.
    Cancelled,
}

impl OperationState {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// What an operation that ended well did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The wanted build is there.
    Present {
        /// The build.
        #[ts(type = "string")]
        version: Version,
        /// The build that was there before.
        #[ts(type = "string | null")]
        before: Option<Version>,
        /// What it took; nothing if the build was there already.
        operation: Option<Box<OperationRecord>>,
    },
    /// What the update to a build that goes live later takes is here.
    Ahead {
        /// The build.
        #[ts(type = "string")]
        version: Version,
        /// When it goes live, as far as is known.
        #[ts(type = "number")]
        live_at: UnixMillis,
        /// Bytes that were received for it.
        bytes: u64,
    },
    /// The game was read.
    Verified(Verification),
    /// The game's folder was taken over, and read.
    Located {
        /// Where it is.
        dir: PathBuf,
        /// What was found.
        found: Verification,
    },
    /// The game's folder is in another place.
    Moved {
        /// Where it was.
        from: PathBuf,
        /// Where it is.
        dir: PathBuf,
        /// Bytes that were copied; nothing if the folder only got another name.
        copied: Option<u64>,
        /// Whether something is left in the old folder, which came there meanwhile or could not be removed.
        left: bool,
    },
    /// The game is gone.
    Uninstalled {
        /// Where it was.
        dir: PathBuf,
        /// What was removed, and what was left.
        result: Uninstalled,
    },
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Verification {
    /// The build.
    #[ts(type = "string")]
    pub version: Version,
    /// Files that are missing or changed, in order.
    pub damaged: Vec<String>,
    /// Bytes that repairing would fetch at most.
    pub repair_bytes: u64,
}

/// What is planned before anything is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Plan {
    /// Build that is there.
    #[ts(type = "string | null")]
    pub from: Option<Version>,
    /// Build that is wanted.
    #[ts(type = "string")]
    pub to: Version,
    /// How its bytes are got.
    pub route: RouteKind,
    /// Patches on the way.
    pub patches: usize,
    /// Bytes to receive.
    pub download: u64,
    /// Bytes of disk needed at the peak, besides what is used already.
    pub disk: u64,
    /// Bytes free.
    pub free: u64,
}

/// Progress of the network; it never falls within an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NetworkProgress {
    /// Bytes here.
    pub done: u64,
    /// Bytes to get in all.
    pub total: u64,
    /// Bytes received by source.
    #[ts(type = "BytesBySource")]
    pub bytes: BytesBySource,
    /// Bytes a second now.
    pub rate: u64,
    /// Seconds left at this rate.
    pub eta: Option<u64>,
    /// Sources in use.
    pub sources: u32,
}

/// Progress of the disk in the present phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiskProgress {
    /// Bytes dealt with.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// Something that a friend should know of how an operation went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "remark", rename_all = "snake_case")]
pub enum Remark {
    /// Files that a player had changed were put aside.
    Kept {
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
        /// The route.
        route: RouteKind,
        /// Why.
        reason: String,
    },
}

/// Remarks kept of one operation; the oldest go first.
const MAX_REMARKS: usize = 32;

/// All that can be seen of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OperationView {
    /// Its number.
    pub id: OpId,
    /// What was ordered.
    pub order: Order,
    /// Where it is in its life.
    pub state: OperationState,
    /// When it was ordered.
    #[ts(type = "number")]
    pub ordered: UnixMillis,
    /// When it ended.
    #[ts(type = "number | null")]
    pub ended: Option<UnixMillis>,
    /// What the folder is going through.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// What was planned.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// How far the network is.
    #[serde(default)]
    pub network: Option<NetworkProgress>,
    /// How far the disk is.
    #[serde(default)]
    pub disk: Option<DiskProgress>,
    /// What a friend should know.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// What it did, once it has ended well.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Why it failed, once it has.
    #[serde(default)]
    pub failure: Option<Failure>,
}

impl OperationView {
    /// An operation that was just ordered.
    pub(crate) fn new(id: OpId, order: Order, ordered: UnixMillis) -> Self {
        Self {
            id,
            order,
            state: OperationState::Queued,
            ordered,
            ended: None,
            phase: None,
            plan: None,
            network: None,
            disk: None,
            remarks: Vec::new(),
            outcome: None,
            failure: None,
        }
    }

    /// Forgets how far an operation was that does not run any more.
    pub(crate) fn forget_progress(&mut self) {
        (self.phase, self.disk) = (None, None);
        if let Some(network) = &mut self.network {
            (network.rate, network.eta, network.sources) = (0, None, 0);
        }
    }

    /// Takes note of something to be known.
    pub(crate) fn remark(&mut self, remark: Remark) {
        if self.remarks.len() >= MAX_REMARKS {
            self.remarks.remove(0);
        }
        self.remarks.push(remark);
    }
}
