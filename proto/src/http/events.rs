//! `GET /events`: server-sent events, each one's `data` an [`Event`]. A viewer gets only what concerns games that
//! they may see. The stream ends when the access token expires. Whoever reconnects sends the `id` of the last event as
//! `Last-Event-ID` and gets what came after it, or [`Event::Missed`]; without one, they read the lists again. Events are
//! hints to look, never the only news of a change.

use serde::{Deserialize, Serialize};

use super::{BuildState, Job};
use crate::{Slug, Version};

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A job moved (admins only).
    Job {
        /// Game that it works on, if it works on one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        game: Option<Slug>,
        /// The job as it is now.
        job: Box<Job>,
    },
    /// A build came or changed its state (friends hear of ready ones only).
    Build {
        /// Game.
        game: Slug,
        /// Build.
        version: Version,
        /// Its state now.
        state: BuildState,
    },
    /// Another build is what friends get by default.
    Live {
        /// Game.
        game: Slug,
        /// The live build.
        version: Version,
    },
    /// What the catalogue says about a game changed, or the game is new.
    Game {
        /// Game.
        game: Slug,
    },
    /// A game or build is gone.
    Removed {
        /// Game.
        game: Slug,
        /// Build; the whole game if there is none.
        version: Option<Version>,
    },
    /// Something that admins look after changed (admins only).
    Changed {
        /// What.
        what: Topic,
    },
    /// The viewer was away for too long and missed events: read the lists again.
    Missed,
}

/// What admins look after, beside games and jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Accounts with their grants, sessions, devices and second factors.
    Accounts,
    /// Invites, and links to a new password.
    Invites,
    /// API tokens.
    Tokens,
    /// Seeds.
    Seeds,
    /// The keys that sign builds.
    Keys,
    /// Which builds are kept.
    Policies,
    /// What admins are told elsewhere.
    Notifications,
    /// The server's settings.
    Settings,
}
