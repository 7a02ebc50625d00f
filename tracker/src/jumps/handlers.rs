//! Routes about patches made on request.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    Slug,
    http::{Jump, JumpRequest, PatchRequest, route},
};

use super::{Jumps, direct, requests};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath},
        routes::Routes,
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Jumps: FromRef<S>,
{
    Routes::default()
        .on(route::AskForJump, ask)
        .on(route::StartJump, start)
        .on(route::GetJump, get)
        .on(route::AskForPatch, ask_direct)
}

/// Ask for a patch from the folder that has this folder signature.
async fn ask(
    State(jumps): State<Jumps>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<JumpRequest>,
) -> Answer<Json<Jump>> {
    requests::ask(&jumps, &caller, &slug, &body).await.map(Json)
}

/// The folder signature was sent: begin.
async fn start(State(jumps): State<Jumps>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::start(&jumps, &caller, &id).await.map(Json)
}

/// How far a jump is.
async fn get(State(jumps): State<Jumps>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Jump>> {
    requests::get(&jumps, &caller, &id).await.map(Json)
}

/// Ask for one patch instead of a chain.
async fn ask_direct(
    State(jumps): State<Jumps>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<PatchRequest>,
) -> Answer<()> {
    direct::ask(&jumps, &caller, &slug, &body).await
}
