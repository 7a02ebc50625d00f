//! Pushing a build: the signed manifest to the tracker, the chunks to a seed.
//!
//! 1. `POST /games/{slug}/pushes?live=true|false` at the tracker; body: the envelope's bytes. Answers [`Push`].
//!    The same envelope again resumes the same push. 409 `version_exists`, `sequence_taken`, 403 `wrong_key`.
//! 2. `PUT {base}/recipe?cap=…` at the seed; body: the encoded recipe, zstd. Answers [`UploadState`]: the chunks
//!    that the seed lacks. `GET {base}?cap=…` answers the same later (404 before a recipe came).
//! 3. `PUT {base}/parts?cap=…`, body: an encoded part of missing chunks. Answers [`PartAccepted`]. Any order, any
//!    number at once, repeatable.
//! 4. `POST /pushes/{id}/finish` at the tracker: answers [`Push`]; the seed's jobs begin. 409 `incomplete` comes
//!    from the ingest job instead, as a failed job that names what is missing.
//! 5. `GET /pushes/{id}`: [`Push`] with its jobs, until the state is ready or failed.
//!
//! A build that is ready is *healed* by the same calls, with `heal=true` in the first one and the envelope that it was
//! published with. It stays what it is meanwhile: ready, and live if it was. The ingest job then checks the build's files,
//! makes anew what is rotten or gone, and fails if it lacks chunks for that: the same calls again send those.

use serde::{Deserialize, Serialize};

use super::{BuildState, ForecastBy, Job};
use crate::{Hash, Slug, Version};

/// Query of `POST /games/{slug}/pushes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PushQuery {
    /// Whether the build goes live once it is ready; it does unless this says otherwise.
    #[serde(default = "yes")]
    pub live: bool,
    /// Whether chunks of a build that is ready are taken, to heal its files by.
    #[serde(default)]
    pub heal: bool,
    /// Bytes that the patch from the build before is to have: kept with the build, if all three are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<u64>,
    /// The same before it was corrected by what earlier forecasts had missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast_raw: Option<u64>,
    /// By what it was foretold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub forecast_by: Option<ForecastBy>,
}

fn yes() -> bool {
    true
}

/// Where and with what right to reach a seed's byte router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedAccess {
    /// URL without a query, `{router}/uploads/{push}`, where `{router}` is `/seed/v1` for a seed mounted at the tracker;
    /// relative ones are resolved against the tracker's own address.
    pub base: String,
    /// Capability token for the `cap` query parameter.
    pub cap: String,
}

/// How far a push is: the state of its build.
pub type PushState = BuildState;

/// A push and the jobs that it led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Push {
    /// Id.
    pub id: String,
    /// Game.
    pub game: Slug,
    /// Version of the build.
    pub version: Version,
    /// How far it is.
    #[schema(value_type = BuildState)]
    pub state: PushState,
    /// Whether the build is live now.
    pub live: bool,
    /// Whether an interrupted push goes on.
    pub resumed: bool,
    /// Where the chunks go; only while uploading, or for a build that is to be healed.
    pub upload: Option<SeedAccess>,
    /// The seed's jobs, in the order in which they run.
    pub jobs: Vec<Job>,
}

/// What a seed still lacks of a push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadState {
    /// Distinct chunks of the build.
    pub chunks: u64,
    /// Chunks that the seed lacks, in order of first use.
    pub missing: Vec<Hash>,
}

/// Answer to one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartAccepted {
    /// Chunks of the part that were new.
    pub stored: u64,
    /// Chunks of the part that were there already, or that the recipe does not name.
    pub ignored: u64,
}
