//! A patch for one friend's folder, whatever it holds, made on request.
//!
//! 1. `POST /games/{slug}/jumps` ([`JumpRequest`] -> [`Jump`]). The same request again is the same jump. 404 for a build
//!    that the caller can't have; 409 `jump_running` while another jump of the account is being made; 503 `no_seed`.
//! 2. While it is [`JumpState::Wanted`]: `PUT {base}?cap=…` at the seed; body: the folder signature. Repeatable. Then `POST
//!    /jumps/{id}/start` -> [`Jump`]: the seed's job begins.
//! 3. `GET /jumps/{id}` -> [`Jump`], until it is ready or failed. The patch is then a blob of the game like any other,
//!    for as long as the seed has room for it.

use serde::{Deserialize, Serialize};

use super::SeedAccess;
use crate::{BlobId, Version};

/// `POST /games/{slug}/jumps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JumpRequest {
    /// Build that the folder shall become.
    pub to: Version,
    /// Folder signature: at most [`crate::limits::MAX_SIGNATURE`] bytes.
    #[serde(rename = "signature")]
    pub folder_signature: BlobId,
}

/// How far a jump is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JumpState {
    /// The folder signature is to be sent.
    Wanted,
    /// The patch waits for the seed, or is being made.
    Making,
    /// The patch can be fetched.
    Ready,
    /// There will be no patch. Asking again starts over.
    Failed,
}

/// A jump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jump {
    /// Id.
    pub id: String,
    /// How far it is.
    pub state: JumpState,
    /// Where the folder signature goes, while it is wanted: `base` is the whole address, without the query.
    pub upload: Option<SeedAccess>,
    /// The patch, once it is ready.
    pub patch: Option<BlobId>,
}

/// `POST /games/{slug}/patches`: somebody would rather have one patch than the chain between two ready builds. Answered
/// with 204 whatever comes of it; a patch that is made is listed with its build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchRequest {
    /// Build that is there.
    pub from: Version,
    /// Build that is wanted.
    pub to: Version,
}
