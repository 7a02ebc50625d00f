//! Routes about patches made on request.

use axum::{Json, extract::State, http::StatusCode};
use mist_proto::{
    Slug,
    http::{Jump, JumpRequest, PatchRequest},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{direct, requests};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::json::{Body, InPath},
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(start))
        .routes(routes!(get))
        .routes(routes!(ask_direct))
}

/// Ask for a patch from the folder with this signature.
#[utoipa::path(post, path = "/games/{slug}/jumps", tag = "jumps", params(("slug" = Slug, Path)), request_body = JumpRequest, responses((status = 200, body = Jump)))]
async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<JumpRequest>,
) -> Answer<Json<Jump>> {
    requests::ask(&app, &caller, &slug, &body).await.map(Json)
}

/// The signature was sent: begin.
#[utoipa::path(post, path = "/jumps/{id}/start", tag = "jumps", params(("id" = String, Path)), responses((status = 200, body = Jump)))]
async fn start(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::start(&app, &caller, &id).await.map(Json)
}

/// How far a jump is.
#[utoipa::path(get, path = "/jumps/{id}", tag = "jumps", params(("id" = String, Path)), responses((status = 200, body = Jump)))]
async fn get(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::get(&app, &caller, &id).await.map(Json)
}

/// Wish for one patch instead of a chain.
#[utoipa::path(post, path = "/games/{slug}/patches", tag = "jumps", params(("slug" = Slug, Path)), request_body = PatchRequest, responses((status = 204)))]
async fn ask_direct(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<PatchRequest>,
) -> Answer<StatusCode> {
    direct::ask(&app, &caller, &slug, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
