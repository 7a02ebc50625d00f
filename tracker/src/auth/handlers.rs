//! Routes about signing in and trust.

use axum::{Extension, Json, extract::State, http::StatusCode};
use mist_proto::http::{
    Login, Me, RefreshRequest, RegisterReleaseKey, SeedLogin, SeedSession, Session, Trust,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{caller::Caller, release_key, session};
use crate::{
    app::{Answer, Shared},
    error::Problem,
    http::{
        json::{Body, RawBody},
        observed::Observed,
    },
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(seed))
        .routes(routes!(me))
        .routes(routes!(trust))
        .routes(routes!(register_key))
        .routes(routes!(rotate_key))
}

/// Sign in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login, responses((status = 200, body = Session)))]
async fn login(
    State(app): State<Shared>,
    Extension(from): Extension<Observed>,
    Body(body): Body<Login>,
) -> Answer<Json<Session>> {
    session::sign_in(&app, body, from.caller).await.map(Json)
}

/// Exchange a refresh token.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshRequest, responses((status = 200, body = Session)))]
async fn refresh(State(app): State<Shared>, Body(body): Body<RefreshRequest>) -> Answer<Json<Session>> {
    session::refresh(&app, &body.refresh_token).await.map(Json)
}

/// Sign out.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = RefreshRequest, responses((status = 204)))]
async fn logout(State(app): State<Shared>, Body(body): Body<RefreshRequest>) -> Answer<StatusCode> {
    session::sign_out(&app, &body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign a seed in.
#[utoipa::path(post, path = "/auth/seed", tag = "auth", request_body = SeedLogin, responses((status = 200, body = SeedSession)))]
async fn seed(State(app): State<Shared>, Body(body): Body<SeedLogin>) -> Answer<Json<SeedSession>> {
    session::seed_sign_in(&app, &body.token).await.map(Json)
}

/// Who the caller is.
#[utoipa::path(get, path = "/me", tag = "auth", responses((status = 200, body = Me)))]
async fn me(caller: Caller) -> Answer<Json<Me>> {
    let name = caller.name.parse().map_err(|e| Problem::Internal(anyhow::Error::new(e)))?;
    Ok(Json(Me { id: caller.id, name, scope: caller.scope }))
}

/// The keys to pin.
#[utoipa::path(get, path = "/trust", tag = "auth", responses((status = 200, body = Trust)))]
async fn trust(State(app): State<Shared>) -> Answer<Json<Trust>> {
    release_key::trust(&app).await.map(Json)
}

/// Register the key that signs builds.
#[utoipa::path(post, path = "/release-key", tag = "auth", request_body = RegisterReleaseKey, responses((status = 200, body = Trust)))]
async fn register_key(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<RegisterReleaseKey>,
) -> Answer<Json<Trust>> {
    release_key::register(&app, &caller, body).await.map(Json)
}

/// Hand over to a new key.
#[utoipa::path(post, path = "/release-key/rotations", tag = "auth", request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = Trust)))]
async fn rotate_key(
    State(app): State<Shared>,
    caller: Caller,
    RawBody(bytes): RawBody,
) -> Answer<Json<Trust>> {
    release_key::rotate(&app, &caller, &bytes).await.map(Json)
}
