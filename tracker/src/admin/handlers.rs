//! Routes for admins.

use axum::{Json, extract::State, http::StatusCode};
use mist_proto::{
    Slug,
    http::{AuditLog, EnrolledSeed, NewSeed, NewUser, SeedList, UpdateUser, User, UserList},
    ids::UserName,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{audit, seeds, users};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::json::{Body, InPath},
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_user))
        .routes(routes!(update_user, remove_user))
        .routes(routes!(grant, revoke))
        .routes(routes!(list_seeds, add_seed))
        .routes(routes!(remove_seed))
        .routes(routes!(audit_log))
}

/// Every account.
#[utoipa::path(get, path = "/users", tag = "admin", responses((status = 200, body = UserList)))]
async fn list_users(State(app): State<Shared>) -> Answer<Json<UserList>> {
    users::list(&app).await.map(Json)
}

/// Make an account.
#[utoipa::path(post, path = "/users", tag = "admin", request_body = NewUser, responses((status = 201, body = User)))]
async fn add_user(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<NewUser>,
) -> Answer<(StatusCode, Json<User>)> {
    Ok((StatusCode::CREATED, Json(users::create(&app, &caller, body).await?)))
}

/// Change a password, disable or enable an account.
#[utoipa::path(patch, path = "/users/{name}", tag = "admin", params(("name" = UserName, Path)), request_body = UpdateUser, responses((status = 200, body = User)))]
async fn update_user(
    State(app): State<Shared>,
    caller: Caller,
    InPath(name): InPath<UserName>,
    Body(body): Body<UpdateUser>,
) -> Answer<Json<User>> {
    users::update(&app, &caller, &name, body).await.map(Json)
}

/// Remove an account.
#[utoipa::path(delete, path = "/users/{name}", tag = "admin", params(("name" = UserName, Path)), responses((status = 204)))]
async fn remove_user(
    State(app): State<Shared>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<StatusCode> {
    users::remove(&app, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let an account see a private game.
#[utoipa::path(put, path = "/users/{name}/grants/{slug}", tag = "admin", params(("name" = UserName, Path), ("slug" = Slug, Path)), responses((status = 204)))]
async fn grant(
    State(app): State<Shared>,
    caller: Caller,
    InPath((name, slug)): InPath<(UserName, Slug)>,
) -> Answer<StatusCode> {
    users::grant(&app, &caller, &name, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take the right to see a private game back.
#[utoipa::path(delete, path = "/users/{name}/grants/{slug}", tag = "admin", params(("name" = UserName, Path), ("slug" = Slug, Path)), responses((status = 204)))]
async fn revoke(
    State(app): State<Shared>,
    caller: Caller,
    InPath((name, slug)): InPath<(UserName, Slug)>,
) -> Answer<StatusCode> {
    users::revoke(&app, &caller, &name, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every seed.
#[utoipa::path(get, path = "/seeds", tag = "admin", responses((status = 200, body = SeedList)))]
async fn list_seeds(State(app): State<Shared>) -> Answer<Json<SeedList>> {
    seeds::list(&app).await.map(Json)
}

/// Add a seed; its enrolment token is shown this once.
#[utoipa::path(post, path = "/seeds", tag = "admin", request_body = NewSeed, responses((status = 201, body = EnrolledSeed)))]
async fn add_seed(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<NewSeed>,
) -> Answer<(StatusCode, Json<EnrolledSeed>)> {
    Ok((StatusCode::CREATED, Json(seeds::add(&app, &caller, body).await?)))
}

/// Remove a seed that holds no builds.
#[utoipa::path(delete, path = "/seeds/{name}", tag = "admin", params(("name" = UserName, Path)), responses((status = 204)))]
async fn remove_seed(
    State(app): State<Shared>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<StatusCode> {
    seeds::remove(&app, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who did what.
#[utoipa::path(get, path = "/audit", tag = "admin", responses((status = 200, body = AuditLog)))]
async fn audit_log(State(app): State<Shared>) -> Answer<Json<AuditLog>> {
    audit::list(&app).await.map(Json)
}
