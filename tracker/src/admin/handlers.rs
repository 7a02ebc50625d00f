//! Routes for admins.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    Slug,
    http::{
        AuditLog, EnrolledSeed, NewSeed, NewUser, PageQuery, SeedList, UpdateUser, User, UserList, route,
    },
    ids::UserName,
};

use super::{Admin, seeds, users};
use crate::{
    audit,
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath, InQuery},
        routes::Routes,
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Admin: FromRef<S>,
{
    Routes::default()
        .on(route::ListUsers, list_users)
        .on(route::AddUser, add_user)
        .on(route::ChangeUser, update_user)
        .on(route::RemoveUser, remove_user)
        .on(route::GrantGame, grant)
        .on(route::RevokeGame, revoke)
        .on(route::ListSeeds, list_seeds)
        .on(route::AddSeed, add_seed)
        .on(route::RemoveSeed, remove_seed)
        .on(route::GetAudit, audit_log)
}

/// Every account.
async fn list_users(
    State(admin): State<Admin>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<UserList>> {
    users::list(&admin, &query).await.map(Json)
}

/// Make an account.
async fn add_user(
    State(admin): State<Admin>,
    caller: Caller,
    Body(body): Body<NewUser>,
) -> Answer<Json<User>> {
    users::create(&admin, &caller, body).await.map(Json)
}

/// Change a password, disable or enable an account.
async fn update_user(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
    Body(body): Body<UpdateUser>,
) -> Answer<Json<User>> {
    users::update(&admin, &caller, &name, body).await.map(Json)
}

/// Remove an account.
async fn remove_user(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<()> {
    users::remove(&admin, &caller, &name).await
}

/// Let an account see a private game.
async fn grant(
    State(admin): State<Admin>,
    caller: Caller,
    InPath((name, slug)): InPath<(UserName, Slug)>,
) -> Answer<()> {
    users::grant(&admin, &caller, &name, &slug).await
}

/// Take the right to see a private game back.
async fn revoke(
    State(admin): State<Admin>,
    caller: Caller,
    InPath((name, slug)): InPath<(UserName, Slug)>,
) -> Answer<()> {
    users::revoke(&admin, &caller, &name, &slug).await
}

/// Every seed.
async fn list_seeds(
    State(admin): State<Admin>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<SeedList>> {
    seeds::list(&admin, &query).await.map(Json)
}

/// Add a seed; its enrolment token is shown this once.
async fn add_seed(
    State(admin): State<Admin>,
    caller: Caller,
    Body(body): Body<NewSeed>,
) -> Answer<Json<EnrolledSeed>> {
    seeds::add(&admin, &caller, body).await.map(Json)
}

/// Remove a seed that holds no builds.
async fn remove_seed(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<()> {
    seeds::remove(&admin, &caller, &name).await
}

/// Who did what.
async fn audit_log(State(admin): State<Admin>, InQuery(query): InQuery<PageQuery>) -> Answer<Json<AuditLog>> {
    audit::list(&admin.records, &query).await.map(Json)
}
