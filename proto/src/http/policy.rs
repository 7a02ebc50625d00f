//! Which builds the server keeps when it prunes by itself: once a day, and after another build went live.

use serde::{Deserialize, Serialize};

use crate::{Slug, UnixMillis, Version};

/// Days that a policy may name.
pub const MAX_KEEP_DAYS: u32 = 36_500;

/// Which builds stay, beside the live one, one that is to go live, and those that are pinned or unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeepPolicy {
    /// The newest builds that stay; at least one.
    #[schema(minimum = 1)]
    pub keep_newest: u32,
    /// Days for which a build stays in any case; at most 36,500.
    #[serde(default)]
    pub keep_days: Option<u32>,
}

/// `GET /policy` and `PUT /policy` (admin): what counts for every game that has no policy of its own. A preview of it is asked for
/// by `POST /policy/preview` ([`PolicyPreview`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DefaultPolicy {
    /// The policy; every build is kept if there is none.
    #[serde(default)]
    pub policy: Option<KeepPolicy>,
}

/// What a game's builds are kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicySource {
    /// The policy for all games.
    Default,
    /// None: every build is kept, whatever the policy for all games is.
    Never,
    /// Its own.
    Own,
}

/// `PUT /games/{slug}/policy` (admin). What would go by a policy is asked for by `POST /games/{slug}/prune` with `dry_run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetGamePolicy {
    /// What the game's builds are to be kept by.
    pub follows: PolicySource,
    /// Its own policy, with `own`.
    #[serde(default)]
    pub own: Option<KeepPolicy>,
}

/// `GET /games/{slug}/policy` (admin).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GamePolicy {
    /// What its builds are kept by.
    pub follows: PolicySource,
    /// Its own policy, if it goes by that.
    pub own: Option<KeepPolicy>,
    /// The policy for all games, if there is one.
    pub default: Option<KeepPolicy>,
    /// When the server pruned it by its policy the last time; none if that is due.
    pub pruned: Option<UnixMillis>,
}

impl GamePolicy {
    /// The policy that counts; none if every build is kept.
    pub fn in_force(&self) -> Option<KeepPolicy> {
        match self.follows {
            PolicySource::Default => self.default,
            PolicySource::Never => None,
            PolicySource::Own => self.own,
        }
    }
}

/// What would go by a policy for all games; games of which nothing would go are not named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyPreview {
    /// The games, by key.
    pub games: Vec<WouldPrune>,
}

/// Builds of a game that would go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WouldPrune {
    /// The game.
    pub game: Slug,
    /// Its builds, from the oldest to the newest.
    pub removed: Vec<Version>,
}
