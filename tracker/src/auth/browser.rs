//! Sessions of browsers: kept by a cookie, and over when it was not used for a while.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use mist_proto::{
    Hash, UnixMillis,
    http::{Login, Me},
};

use super::{
    Auth,
    caller::{By, Caller},
    cookie::{self, Kind},
    session,
};
use crate::{clock::Mint, db, error::Problem, records::Records};

/// A session ends when it was not used for so long.
pub const IDLE_MILLIS: i64 = 12 * 60 * 60 * 1000;
/// How much of that passes before use is written down again.
const NOTED_EVERY_MILLIS: i64 = 60 * 1000;

/// Signs a person in, and gives what makes their browser keep the session.
///
/// # Errors
/// `cross_site`, and those of [`session::sign_in`].
pub(super) async fn sign_in(
    auth: &Auth,
    headers: &HeaderMap,
    login: Login,
    from: IpAddr,
) -> Result<(Me, HeaderValue), Problem> {
    if !cookie::from_here(headers) {
        return Err(Problem::CrossSite);
    }
    let kind = Kind::wanted(headers);
    let device = session::device(&login);
    let me = session::prove(auth, login, from).await?;
    let mint: Mint<'_> = auth.records.mint();
    let (family, secret) = (mint.id(), mint.secret(kind.prefix()));
    let kept =
        kind.keep(&secret).ok_or_else(|| Problem::Internal(anyhow::anyhow!("a cookie of odd letters")))?;
    let mut tx = auth.records.write().await?;
    let expires = mint.now.plus_millis(IDLE_MILLIS);
    session::begin(&mut tx, mint, &family, &me, device.as_deref(), expires).await?;
    db::sessions::add_cookie(&mut tx, &Hash::of(secret.as_bytes()), &family).await?;
    tx.commit().await?;
    Ok((me, kept))
}

/// Ends the session of the cookie that is shown, and gives what makes the browser drop it. Without one nothing ends.
///
/// # Errors
/// `cross_site`.
pub(super) async fn sign_out(auth: &Auth, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let Some((kind, secret)) = cookie::shown(headers) else { return Ok(None) };
    if !cookie::from_here(headers) {
        return Err(Problem::CrossSite);
    }
    let mut tx = auth.records.write().await?;
    if let Some(session) = db::sessions::of_cookie(&mut tx, &Hash::of(secret.as_bytes())).await? {
        db::sessions::end(&mut tx, &session.family).await?;
    }
    tx.commit().await?;
    Ok(kind.drop())
}

/// Who shows this cookie, and what they may go on with. The outer error is ours, the inner one the caller's.
///
/// # Errors
/// Only our own.
pub(super) async fn find(records: &Records, secret: &str) -> Result<Result<Caller, Problem>, Problem> {
    let now = records.now();
    let session = db::sessions::of_cookie(&mut records.read().await?, &Hash::of(secret.as_bytes())).await?;
    let Some(session) = session.filter(|s| !s.disabled && s.expires > now) else {
        return Ok(Err(Problem::SignIn));
    };
    let expires = now.plus_millis(IDLE_MILLIS);
    if expires.since(session.expires) > NOTED_EVERY_MILLIS {
        let mut tx = records.write().await?;
        db::sessions::prolong(&mut tx, &session.family, expires).await?;
        tx.commit().await?;
    }
    Ok(Ok(Caller {
        id: session.user_id,
        name: session.name.to_string(),
        scope: session.scope,
        family: session.family,
        expires,
        by: By::Browser { confirmed: session.confirmed.map(UnixMillis) },
    }))
}
