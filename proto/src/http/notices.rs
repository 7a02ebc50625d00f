//! What is told to the admins elsewhere, e.g. on Discord.

use serde::{Deserialize, Serialize};

use super::UnknownState;
use crate::UnixMillis;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// Another build is live.
    Live,
    /// A job was given up.
    Job,
    /// A store has little room.
    Disk,
    /// Something else keeps friends from playing.
    Health,
    /// The release key was handed over.
    Key,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Live, Self::Job, Self::Disk, Self::Health, Self::Key];

    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Job => "job",
            Self::Disk => "disk",
            Self::Health => "health",
            Self::Key => "key",
        }
    }
}

impl TryFrom<String> for NoticeKind {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == s).ok_or(UnknownState(s))
    }
}

/// Something that was told, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notice {
    /// Of what kind it is.
    pub kind: NoticeKind,
    /// What it says.
    pub text: String,
    /// When it happened.
    pub created: UnixMillis,
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<UnixMillis>,
    /// Why it was not taken the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it is not tried any more.
    pub given_up: bool,
}

/// `GET /notifications` (admin). The webhook itself is a secret and never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notifications {
    /// The number of the webhook, which says nothing to others; none if nothing is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// Kinds that are told.
    pub kinds: Vec<NoticeKind>,
    /// Address with which every webhook begins.
    pub base: String,
    // Twenty at most: `SHOWN` of the tracker's `notices`.
    /// The newest ones.
    pub newest: Vec<Notice>,
}

/// `PUT /notifications` (admin): what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetNotifications {
    /// New webhook; an empty one for none.
    #[serde(default)]
    pub webhook: Option<String>,
    /// New kinds.
    #[serde(default)]
    pub kinds: Option<Vec<NoticeKind>>,
}
