//! Routes for admins.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    Slug,
    http::{
        AuditLog, AuditQuery, DeviceList, EnrolledSeed, InviteList, MadeInvite, NewInvite, NewReset, NewSeed,
        NewUser, PageQuery, RemoveSeedQuery, SeedList, SessionList, UpdateUser, User, UserList, route,
    },
    ids::{PeerName, UserName},
};

use super::{Admin, invites, seeds, sessions, users};
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
        .on(route::ListSessions, list_sessions)
        .on(route::EndSessions, end_sessions)
        .on(route::EndSession, end_session)
        .on(route::RemoveUserFactor, remove_factor)
        .on(route::ListUserDevices, list_devices)
        .on(route::UnbindUserDevice, unbind_device)
        .on(route::AddReset, add_reset)
        .on(route::ListInvites, list_invites)
        .on(route::AddInvite, add_invite)
        .on(route::RemoveInvite, remove_invite)
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
    InQuery(query): InQuery<RemoveSeedQuery>,
) -> Answer<()> {
    seeds::remove(&admin, &caller, &name, query.lose).await
}

/// Who did what.
async fn audit_log(
    State(admin): State<Admin>,
    InQuery(query): InQuery<AuditQuery>,
) -> Answer<Json<AuditLog>> {
    audit::list(&admin.records, &query).await.map(Json)
}

/// Where an account is signed in.
async fn list_sessions(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<SessionList>> {
    sessions::list(&admin, &caller, &name, &query).await.map(Json)
}

/// Sign an account out everywhere.
async fn end_sessions(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<()> {
    sessions::end_all(&admin, &caller, &name).await
}

/// Sign an account out somewhere.
async fn end_session(
    State(admin): State<Admin>,
    caller: Caller,
    InPath((name, id)): InPath<(UserName, String)>,
) -> Answer<()> {
    sessions::end(&admin, &caller, &name, &id).await
}

/// The devices of an account.
async fn list_devices(
    State(admin): State<Admin>,
    InPath(name): InPath<UserName>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<DeviceList>> {
    sessions::list_devices(&admin, &name, &query).await.map(Json)
}

/// Unbind a device of an account.
async fn unbind_device(
    State(admin): State<Admin>,
    caller: Caller,
    InPath((name, peer)): InPath<(UserName, PeerName)>,
) -> Answer<()> {
    sessions::unbind(&admin, &caller, &name, &peer).await
}

/// Make a link to a new password.
async fn add_reset(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
    Body(body): Body<NewReset>,
) -> Answer<Json<MadeInvite>> {
    invites::reset(&admin, &caller, &name, body).await.map(Json)
}

/// The invites.
async fn list_invites(
    State(admin): State<Admin>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<InviteList>> {
    invites::list(&admin, &query).await.map(Json)
}

/// Make an invite.
async fn add_invite(
    State(admin): State<Admin>,
    caller: Caller,
    Body(body): Body<NewInvite>,
) -> Answer<Json<MadeInvite>> {
    invites::add(&admin, &caller, body).await.map(Json)
}

/// Let an invite count no more.
async fn remove_invite(State(admin): State<Admin>, caller: Caller, InPath(id): InPath<String>) -> Answer<()> {
    invites::remove(&admin, &caller, &id).await
}

/// Remove the second factor of an account.
async fn remove_factor(
    State(admin): State<Admin>,
    caller: Caller,
    InPath(name): InPath<UserName>,
) -> Answer<()> {
    users::remove_factor(&admin, &caller, &name).await
}
