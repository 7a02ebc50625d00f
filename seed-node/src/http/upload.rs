//! Chunks from the admin.

use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
};
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use mist_proto::{
    BlobId, Slug,
    claims::Allow,
    http::{PartAccepted, UploadState},
    limits,
};
use tokio::sync::Semaphore;

use super::{ByteRoutes, Right, blocking, refusal::Refusal};
use crate::store::PushId;

/// How long the body of a part may take: 8 MiB at 14 KB/s.
const PART_TIME: Duration = Duration::from_secs(600);
/// How long a recipe may take.
const RECIPE_TIME: Duration = Duration::from_secs(3600);
/// log2 of the largest zstd window that a recipe may ask for.
const RECIPE_WINDOW_LOG: u32 = 27;

/// `GET /uploads/{push}`.
pub(super) async fn state(
    State(routes): State<Arc<ByteRoutes>>,
    Right { allow, .. }: Right,
    Path(push): Path<String>,
) -> Result<Json<UploadState>, Refusal> {
    let (game, push) = permitted(&allow, &push)?;
    let uploads = routes.uploads.clone();
    Ok(Json(blocking(move || uploads.state(&game, &push)).await??))
}

/// `PUT /uploads/{push}/recipe`.
pub(super) async fn recipe(
    State(routes): State<Arc<ByteRoutes>>,
    Right { allow, .. }: Right,
    Path(push): Path<String>,
    body: Body,
) -> Result<Json<UploadState>, Refusal> {
    let (game, push) = permitted(&allow, &push)?;
    let _permit = permit(&routes.recipes).await?;
    let packed = receive(body, limits::MAX_RECIPE, RECIPE_TIME).await?;
    let uploads = routes.uploads.clone();
    let put = move || -> Result<UploadState, Refusal> {
        let recipe = unpack_recipe(&packed)?;
        drop(packed);
        Ok(uploads.put_recipe(&game, &push, &recipe)?)
    };
    Ok(Json(blocking(put).await??))
}

/// `PUT /uploads/{push}/parts`.
pub(super) async fn part(
    State(routes): State<Arc<ByteRoutes>>,
    Right { allow, .. }: Right,
    Path(push): Path<String>,
    body: Body,
) -> Result<Json<PartAccepted>, Refusal> {
    let (game, push) = permitted(&allow, &push)?;
    let _body_permit = permit(&routes.bodies).await?;
    let part = receive(body, limits::MAX_PART, PART_TIME).await?;
    let _permit = permit(&routes.unpacking).await?;
    let uploads = routes.uploads.clone();
    Ok(Json(blocking(move || uploads.put_part(&game, &push, &part)).await??))
}

/// `PUT /signatures/{game}/{hash}`.
pub(super) async fn folder_signature(
    State(routes): State<Arc<ByteRoutes>>,
    Right { allow, .. }: Right,
    Path((game, hash)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let (game, folder_signature) = match allow {
        Allow::FolderSignature { game: of, signature: sent }
            if game == of.as_str() && hash == sent.hash.to_string() =>
        {
            (of, sent)
        }
        _ => return Err(Refusal::NotFound),
    };
    let _permit = permit(&routes.bodies).await?;
    let bytes = receive(body, limits::MAX_SIGNATURE, PART_TIME).await?;
    let uploads = routes.uploads.clone();
    let put = move || -> Result<(), Refusal> {
        if BlobId::of(&bytes) != folder_signature {
            return Err(Refusal::Malformed("these bytes have another hash".into()));
        }
        Ok(uploads.put_folder_signature(&game, &folder_signature.hash, &bytes)?)
    };
    blocking(put).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Game and id of the push, if the capability is for it.
fn permitted(allow: &Allow, wanted: &str) -> Result<(Slug, PushId), Refusal> {
    match allow {
        Allow::Upload { push, game } if push == wanted => {
            Ok((game.clone(), push.parse().map_err(|_| Refusal::NotFound)?))
        }
        _ => Err(Refusal::NotFound),
    }
}

async fn permit(semaphore: &Semaphore) -> Result<tokio::sync::SemaphorePermit<'_>, Refusal> {
    semaphore.acquire().await.map_err(|_| Refusal::Busy)
}

async fn receive(body: Body, max: usize, time: Duration) -> Result<Bytes, Refusal> {
    let collected = tokio::time::timeout(time, Limited::new(body, max).collect()).await;
    match collected.map_err(|_| Refusal::Malformed("the body took too long".into()))? {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Malformed("the body broke off".into())),
    }
}

fn unpack_recipe(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let malformed = |e: io::Error| Refusal::Malformed(format!("the recipe is not zstd: {e}"));
    let mut decoder = zstd::Decoder::with_buffer(packed).map_err(malformed)?;
    decoder.window_log_max(RECIPE_WINDOW_LOG).map_err(malformed)?;
    let mut recipe = Vec::new();
    decoder.take(limits::MAX_RECIPE as u64 + 1).read_to_end(&mut recipe).map_err(malformed)?;
    if recipe.len() > limits::MAX_RECIPE { Err(Refusal::TooLarge) } else { Ok(recipe) }
}
