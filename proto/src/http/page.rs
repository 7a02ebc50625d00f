//! Lists come in pages.
//!
//! A page that is not the last one names a cursor; `?after=` that cursor gives the page behind it. A cursor points
//! between two entries, not at a number of them, so that entries that come or go meanwhile neither hide nor repeat
//! others.

use serde::{Deserialize, Serialize};

use super::{
    ApiToken, AuditEntry, AuditLog, Build, BuildList, Device, DeviceList, Game, GameList, Invite, InviteList,
    Job, JobList, Seed, SeedList, SessionInfo, SessionList, TokenList,
};
use super::{User, UserList};

/// Entries of a page at most, and if the request names no limit.
pub const MAX_PAGE: u16 = 500;

/// Query of every list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Cursor of the page before; the first page if there is none. It says nothing to anybody but the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Entries at most, from 1 to 500; 500 if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// An answer that is a page of a list.
pub trait Page {
    /// One entry.
    type Entry;
    /// The entries, and the cursor of the next page if there is one.
    fn split(self) -> (Vec<Self::Entry>, Option<String>);
}

macro_rules! pages {
    ($($list:ident { $field:ident: $entry:ty })*) => {
        $(
            impl Page for $list {
                type Entry = $entry;

                fn split(self) -> (Vec<$entry>, Option<String>) {
                    (self.$field, self.next)
                }
            }
        )*
    };
}

pages! {
    AuditLog { entries: AuditEntry }
    BuildList { builds: Build }
    DeviceList { devices: Device }
    GameList { games: Game }
    InviteList { invites: Invite }
    JobList { jobs: Job }
    SeedList { seeds: Seed }
    SessionList { sessions: SessionInfo }
    TokenList { tokens: ApiToken }
    UserList { users: User }
}
