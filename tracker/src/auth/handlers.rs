//! Routes about signing in and trust.

use axum::{
    Extension, Json,
    extract::{FromRef, State},
    http::HeaderMap,
};
use mist_listener::observed::Observed;
use mist_proto::http::{
    AddressProof, ChangePassword, Confirm, FactorCode, Invitation, Join, Joined, Login, MadeToken, Me,
    NewSecondFactor, NewToken, PageQuery, ProveAddress, RecoveryCodes, RefreshRequest, RegisterReleaseKey,
    SecondFactor, SeedLogin, SeedSession, Session, SessionList, ShowInvite, TokenList, Trust, route,
};

use super::{Auth, browser, caller::Caller, factor, join, own, proof, release_key, session, tokens};
use crate::{
    error::{Answer, Problem},
    http::{
        json::{Body, InPath, InQuery, RawBody},
        routes::{KeepsCookie, Routes},
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
{
    Routes::default()
        .on(route::SignIn, login)
        .on(route::RefreshSession, refresh)
        .on(route::SignOut, logout)
        .on(route::SignBrowserIn, browser_in)
        .on(route::SignBrowserOut, browser_out)
        .on(route::LookAtInvite, invitation)
        .on(route::JoinByInvite, join_by_invite)
        .on(route::ChangeOwnPassword, change_password)
        .on(route::ConfirmPassword, confirm)
        .on(route::GetSecondFactor, second_factor)
        .on(route::BeginSecondFactor, begin_factor)
        .on(route::ConfirmSecondFactor, confirm_factor)
        .on(route::RemoveSecondFactor, remove_factor)
        .on(route::ListOwnSessions, own_sessions)
        .on(route::EndOwnSession, end_own_session)
        .on(route::ListTokens, list_tokens)
        .on(route::AddToken, add_token)
        .on(route::RemoveToken, remove_token)
        .on(route::SignSeedIn, seed)
        .on(route::GetMe, me)
        .on(route::GetTrust, trust)
        .on(route::ProveAddress, prove)
        .on(route::RegisterKey, register_key)
        .on(route::RotateKey, rotate_key)
        .on(route::NoteRecoveryKey, note_recovery_key)
        .on(route::SetPublishers, set_publishers)
}

/// Sign in.
async fn login(
    State(auth): State<Auth>,
    Extension(from): Extension<Observed>,
    Body(body): Body<Login>,
) -> Answer<Json<Session>> {
    session::sign_in(&auth, body, from.caller).await.map(Json)
}

/// Exchange a refresh token.
async fn refresh(State(auth): State<Auth>, Body(body): Body<RefreshRequest>) -> Answer<Json<Session>> {
    session::refresh(&auth, &body.refresh_token).await.map(Json)
}

/// Sign out.
async fn logout(State(auth): State<Auth>, Body(body): Body<RefreshRequest>) -> Answer<()> {
    session::sign_out(&auth, &body.refresh_token).await
}

/// Sign a browser in.
async fn browser_in(
    State(auth): State<Auth>,
    Extension(from): Extension<Observed>,
    headers: HeaderMap,
    Body(body): Body<Login>,
) -> Answer<KeepsCookie<Json<Me>>> {
    let (me, cookie) = browser::sign_in(&auth, &headers, body, from.caller).await?;
    Ok(KeepsCookie(Some(cookie), Json(me)))
}

/// Sign a browser out.
async fn browser_out(State(auth): State<Auth>, headers: HeaderMap) -> Answer<KeepsCookie<()>> {
    Ok(KeepsCookie(browser::sign_out(&auth, &headers).await?, ()))
}

/// Sign a seed in.
async fn seed(State(auth): State<Auth>, Body(body): Body<SeedLogin>) -> Answer<Json<SeedSession>> {
    session::seed_sign_in(&auth, &body.token).await.map(Json)
}

/// Who the caller is.
async fn me(caller: Caller) -> Answer<Json<Me>> {
    let name = caller.name.parse().map_err(|e| Problem::Internal(anyhow::Error::new(e)))?;
    Ok(Json(Me { id: caller.id, name, scope: caller.scope }))
}

/// The keys to pin.
async fn trust(State(auth): State<Auth>) -> Answer<Json<Trust>> {
    release_key::trust(&auth).await.map(Json)
}

/// Prove that the server holds its key.
async fn prove(
    State(auth): State<Auth>,
    Extension(from): Extension<Observed>,
    Body(body): Body<ProveAddress>,
) -> Answer<Json<AddressProof>> {
    proof::prove(&auth, &body, from.reached).map(Json)
}

/// Register the key that signs builds.
async fn register_key(
    State(auth): State<Auth>,
    caller: Caller,
    Body(body): Body<RegisterReleaseKey>,
) -> Answer<Json<Trust>> {
    release_key::register(&auth, &caller, body).await.map(Json)
}

/// Hand over to a new key.
async fn rotate_key(
    State(auth): State<Auth>,
    caller: Caller,
    RawBody(bytes): RawBody,
) -> Answer<Json<Trust>> {
    release_key::rotate(&auth, &caller, &bytes).await.map(Json)
}

/// Say which key can take over.
async fn note_recovery_key(State(auth): State<Auth>, caller: Caller, RawBody(bytes): RawBody) -> Answer<()> {
    release_key::note_recovery(&auth, &caller, &bytes).await
}

/// Say who may sign builds beside the release key.
async fn set_publishers(
    State(auth): State<Auth>,
    caller: Caller,
    RawBody(bytes): RawBody,
) -> Answer<Json<Trust>> {
    release_key::set_publishers(&auth, &caller, &bytes).await.map(Json)
}

/// What the code of an invite is good for.
async fn invitation(
    State(auth): State<Auth>,
    Extension(from): Extension<Observed>,
    Body(body): Body<ShowInvite>,
) -> Answer<Json<Invitation>> {
    join::show(&auth, &body.code, from.caller).await.map(Json)
}

/// Make the account of an invite, or set the password of a lost one.
async fn join_by_invite(
    State(auth): State<Auth>,
    Extension(from): Extension<Observed>,
    Body(body): Body<Join>,
) -> Answer<Json<Joined>> {
    join::join(&auth, body, from.caller).await.map(Json)
}

/// Change the caller's own password.
async fn change_password(
    State(auth): State<Auth>,
    caller: Caller,
    Extension(from): Extension<Observed>,
    Body(body): Body<ChangePassword>,
) -> Answer<()> {
    own::change_password(&auth, &caller, body, from.caller).await
}

/// Give the password again.
async fn confirm(
    State(auth): State<Auth>,
    caller: Caller,
    Extension(from): Extension<Observed>,
    Body(body): Body<Confirm>,
) -> Answer<()> {
    own::confirm(&auth, &caller, body, from.caller).await
}

/// Where the caller is signed in.
async fn own_sessions(
    State(auth): State<Auth>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<SessionList>> {
    own::sessions(&auth, &caller, &query).await.map(Json)
}

/// Sign the caller out somewhere.
async fn end_own_session(State(auth): State<Auth>, caller: Caller, InPath(id): InPath<String>) -> Answer<()> {
    own::end_session(&auth, &caller, &id).await
}

/// The API tokens of all admins.
async fn list_tokens(
    State(auth): State<Auth>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<TokenList>> {
    tokens::list(&auth, &query).await.map(Json)
}

/// Make an API token.
async fn add_token(
    State(auth): State<Auth>,
    caller: Caller,
    Body(body): Body<NewToken>,
) -> Answer<Json<MadeToken>> {
    tokens::add(&auth, &caller, body).await.map(Json)
}

/// Let an API token count no more.
async fn remove_token(State(auth): State<Auth>, caller: Caller, InPath(id): InPath<String>) -> Answer<()> {
    tokens::remove(&auth, &caller, &id).await
}

/// Whether the caller has a second factor.
async fn second_factor(State(auth): State<Auth>, caller: Caller) -> Answer<Json<SecondFactor>> {
    factor::show(&auth, &caller).await.map(Json)
}

/// Make a secret for the caller's authenticator.
async fn begin_factor(State(auth): State<Auth>, caller: Caller) -> Answer<Json<NewSecondFactor>> {
    factor::begin(&auth, &caller).await.map(Json)
}

/// Show the first code.
async fn confirm_factor(
    State(auth): State<Auth>,
    caller: Caller,
    Extension(from): Extension<Observed>,
    Body(body): Body<FactorCode>,
) -> Answer<Json<RecoveryCodes>> {
    factor::confirm(&auth, &caller, &body, from.caller).await.map(Json)
}

/// Go without a second factor.
async fn remove_factor(State(auth): State<Auth>, caller: Caller) -> Answer<()> {
    factor::remove(&auth, &caller).await
}
