//! Routes about patches made on request.

use axum::{Json, extract::State};
use mist_proto::{
    Slug,
    http::{Jump, JumpRequest, PatchRequest, route},
};

use super::{direct, requests};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::{
        json::{Body, InPath},
        routes::Routes,
    },
};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .on(route::AskForJump, ask)
        .on(route::StartJump, start)
        .on(route::GetJump, get)
        .on(route::AskForPatch, ask_direct)
}

/// Ask for a patch from the folder with this signature.
async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<JumpRequest>,
) -> Answer<Json<Jump>> {
    requests::ask(&app, &caller, &slug, &body).await.map(Json)
}

/// The signature was sent: begin.
async fn start(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::start(&app, &caller, &id).await.map(Json)
}

/// How far a jump is.
async fn get(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::get(&app, &caller, &id).await.map(Json)
}

/// Wish for one patch instead of a chain.
async fn ask_direct(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<PatchRequest>,
) -> Answer<()> {
    direct::ask(&app, &caller, &slug, &body).await
}
