//! Signing in, staying signed in, signing out.

use std::{collections::BTreeSet, net::IpAddr};

use mist_listener::Network;
use mist_proto::{
    Hash, UnixMillis,
    claims::{ACCESS_TTL_SECS, AccessClaims, Scope, TrackerSecret},
    http::{Login, Me, PageQuery, SeedSession, Session, SessionInfo, SessionList},
    ids::UserName,
};

use super::{
    Auth, browser,
    caller::Caller,
    factor, guesses,
    password::Fit,
    refresh::{self, Shown, Verdict},
};
use crate::{
    audit,
    clock::Mint,
    db::{self, Tx},
    error::Problem,
    http::page::Page,
    records::Records,
};

const WRONG_PASSWORD: &str = "user or password is not right";
const SESSION_OVER: &str = "the session is over: sign in again";
/// What a refresh token begins with.
const REFRESH_PREFIX: &str = "mist_r_";
/// What an enrolment token begins with.
pub const ENROLMENT_PREFIX: &str = "mist_s_";
/// Origins of seeds that are declared at a sign-in.
const MAX_ORIGINS: usize = 16;

/// What the list of sessions calls the device.
pub(super) fn device(login: &Login) -> Option<String> {
    login.device.clone().map(Into::into)
}

/// Whose name and password these are.
///
/// # Errors
/// `not_signed_in` for a wrong name or password and for a disabled account alike; with the right password `second_factor` and
/// `wrong_code`; `too_many_attempts`, `busy`.
pub(super) async fn prove(auth: &Auth, login: Login, from: IpAddr) -> Result<Me, Problem> {
    let network = Network::from(from);
    guesses::may_try(auth, Some(&login.user), network).await?;
    let account = db::users::by_name(&mut auth.records.read().await?, &login.user).await?;
    let account = account.filter(|a| !a.disabled);
    let proved = guesses::try_password(auth, &login.user, network, login.password.clone(), account).await?;
    let Some((account, fit)) = proved else {
        tracing::info!(user = %login.user, %from, "sign-in refused");
        return Err(Problem::NotSignedIn(WRONG_PASSWORD));
    };
    factor::prove(auth, &account, login.code.as_deref(), network).await?;
    auth.backoff.succeeded(&login.user, network, auth.records.now()).await?;
    // One that is too short by now stays as it is.
    let renewed = match fit {
        Fit::RightByOldHash => auth.passwords.hash(login.password).await.ok(),
        _ => None,
    };
    if let Some(phc) = renewed {
        let mut tx = auth.records.write().await?;
        db::users::renew_password(&mut tx, &account.id, &account.password, &phc).await?;
        tx.commit().await?;
    }
    Ok(Me { id: account.id, name: account.name, scope: account.scope })
}

/// Begins a session of somebody who has proved who they are.
pub(super) async fn begin(
    tx: &mut Tx,
    mint: Mint<'_>,
    family: &str,
    me: &Me,
    device: Option<&str>,
    expires: UnixMillis,
) -> Result<(), Problem> {
    db::sessions::insert(tx, family, &me.id, device, mint.now, expires).await?;
    db::users::signed_in(tx, &me.id, mint.now).await?;
    let on = device.unwrap_or_default();
    Ok(db::audit::add(tx, &mint.id(), mint.now, me.name.as_str(), "user.sign_in", on).await?)
}

/// Sets a password. Every session of the account but `but` ends, and links to a new password no longer count; without one that
/// goes on, whoever may have had the old password loses the account's API tokens too.
///
/// # Errors
/// Only our own.
pub async fn set_password(tx: &mut Tx, user: &str, phc: &str, but: Option<&str>) -> Result<(), Problem> {
    db::users::set_password(tx, user, phc).await?;
    match but {
        Some(family) => db::sessions::end_others(tx, user, family).await?,
        None => {
            db::sessions::end_all(tx, user).await?;
            db::tokens::remove_all(tx, user).await?;
        }
    }
    Ok(db::invites::remove_resets(tx, user).await?)
}

/// Where an account is signed in. `caller` is who asks.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(
    records: &Records,
    user: &str,
    caller: &Caller,
    query: &PageQuery,
) -> Result<SessionList, Problem> {
    let page = Page::asked(query)?;
    let sessions = db::sessions::of_user(&mut records.read().await?, user, records.now()).await?;
    let info = |s: db::sessions::Listed| {
        let life = if s.browser { browser::IDLE_MILLIS } else { refresh::SESSION_MILLIS };
        SessionInfo {
            current: s.family == caller.family,
            id: s.family,
            device: s.device,
            browser: s.browser,
            created: s.created,
            used: s.expires.plus_millis(-life),
            expires: s.expires,
        }
    };
    let (sessions, next) = page.cut_whole(sessions.into_iter().map(info).collect(), |s| s.id.clone());
    Ok(SessionList { sessions, next })
}

/// Signs an account, whose name the log gets, out somewhere.
///
/// # Errors
/// 404, for a session of another account too.
pub async fn end_one(
    records: &Records,
    user: &str,
    name: &str,
    caller: &Caller,
    id: &str,
) -> Result<(), Problem> {
    let mut tx = records.write().await?;
    let device = db::sessions::end_of(&mut tx, user, id).await?.ok_or(Problem::NotFound)?;
    let subject = if device.is_empty() { name.to_owned() } else { format!("{name} on {device}") };
    audit::note(&mut tx, records.mint(), caller, "session.end", &subject).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs a person in.
///
/// # Errors
/// `not_signed_in` for a wrong name or password and for a disabled account alike; with the right password `second_factor` and
/// `wrong_code`; `too_many_attempts`, `busy`.
pub async fn sign_in(auth: &Auth, login: Login, from: IpAddr) -> Result<Session, Problem> {
    let device = device(&login);
    let me = prove(auth, login, from).await?;
    let mint = auth.records.mint();
    let family = mint.id();
    let expires = mint.now.plus_millis(refresh::SESSION_MILLIS);
    let mut tx = auth.records.write().await?;
    begin(&mut tx, mint, &family, &me, device.as_deref(), expires).await?;
    let token = mint.secret(REFRESH_PREFIX);
    db::sessions::add_token(&mut tx, &Hash::of(token.as_bytes()), &family, mint.now).await?;
    tx.commit().await?;
    Ok(session(&auth.signing.secret, mint, me, family, token, origins(auth).await?))
}

/// Exchanges a refresh token for a new pair.
///
/// # Errors
/// `not_signed_in`; a token that was exchanged before ends the session.
pub async fn refresh(auth: &Auth, token: &str) -> Result<Session, Problem> {
    let over = || Problem::NotSignedIn(SESSION_OVER);
    let mint = auth.records.mint();
    let hash = Hash::of(token.as_bytes()).to_string();
    let mut tx = auth.records.write().await?;
    let known = db::sessions::token(&mut tx, &hash).await?.ok_or_else(over)?;
    let holder = db::sessions::holder(&mut tx, &known.family).await?;
    let holder = holder.filter(|h| !h.disabled && h.expires > mint.now).ok_or_else(over)?;
    let prolonged = mint.now.plus_millis(refresh::SESSION_MILLIS);
    if !db::sessions::prolong(&mut tx, &known.family, prolonged).await? {
        return Err(over());
    }
    // Read again under the lock of the session's row: another refresh may have come first.
    let known = db::sessions::token(&mut tx, &hash).await?.ok_or_else(over)?;
    let next_used = match &known.next {
        Some(next) => db::sessions::token(&mut tx, next).await?.is_none_or(|n| n.used.is_some()),
        None => false,
    };
    let shown = Shown { used: known.used.map(Into::into), next_used };
    let verdict = refresh::judge(shown, mint.now);
    if verdict == Verdict::Replay {
        db::sessions::end(&mut tx, &known.family).await?;
        tx.commit().await?;
        tracing::warn!(user = %holder.name, "a refresh token was shown twice; its session is ended");
        return Err(over());
    }
    let token = mint.secret(REFRESH_PREFIX);
    let fresh = Hash::of(token.as_bytes());
    db::sessions::add_token(&mut tx, &fresh, &known.family, mint.now).await?;
    if let (Verdict::ExchangeAgain, Some(dropped)) = (verdict, &known.next) {
        db::sessions::use_token(
            &mut tx,
            dropped,
            &fresh,
            mint.now.plus_millis(-refresh::LOST_ANSWER_MILLIS - 1),
        )
        .await?;
    }
    db::sessions::use_token(&mut tx, &hash, &fresh, mint.now).await?;
    tx.commit().await?;
    let me = Me { id: holder.user_id, name: holder.name, scope: holder.scope };
    Ok(session(&auth.signing.secret, mint, me, known.family, token, origins(auth).await?))
}

/// Ends the session of a refresh token. A token that is not known has no session to end.
///
/// # Errors
/// Only our own.
pub async fn sign_out(auth: &Auth, token: &str) -> Result<(), Problem> {
    let hash = Hash::of(token.as_bytes()).to_string();
    let mut tx = auth.records.write().await?;
    if let Some(known) = db::sessions::token(&mut tx, &hash).await? {
        db::sessions::end(&mut tx, &known.family).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Signs a seed in.
///
/// # Errors
/// `not_signed_in`.
pub async fn seed_sign_in(auth: &Auth, token: &str) -> Result<SeedSession, Problem> {
    let hash = Hash::of(token.as_bytes());
    let seed = db::seeds::by_token(&mut auth.records.read().await?, &hash).await?;
    let seed = seed.ok_or(Problem::NotSignedIn("the enrolment token is not known here"))?;
    Ok(seed_session(&auth.signing.secret, auth.records.mint(), seed.id, seed.name))
}

/// The session of a seed that has proved, or need not prove, who it is.
pub fn seed_session(secret: &TrackerSecret, mint: Mint<'_>, id: String, name: UserName) -> SeedSession {
    let me = Me { id: id.clone(), name, scope: Scope::Seed };
    let access_token = access_token(secret, mint, &me, id.clone());
    SeedSession { seed: id, access_token, expires_in: ACCESS_TTL_SECS }
}

/// Ends every session of an account, and its tickets and capabilities with it.
///
/// # Errors
/// Only our own.
pub async fn end_everything(tx: &mut Tx, user: &str, mint: Mint<'_>) -> Result<(), Problem> {
    db::sessions::end_all(tx, user).await?;
    db::denied::deny_account(tx, user, mint.now).await?;
    Ok(())
}

/// Where seeds answer over HTTP, but for those behind the tracker's own address.
async fn origins(auth: &Auth) -> Result<Vec<String>, Problem> {
    let seeds = db::seeds::list(&mut auth.records.read().await?).await?;
    let urls = seeds.iter().filter_map(|seed| reqwest::Url::parse(seed.public_url.as_deref()?).ok());
    let origins: BTreeSet<String> = urls.map(|url| url.origin().ascii_serialization()).collect();
    Ok(origins.into_iter().take(MAX_ORIGINS).collect())
}

fn session(
    secret: &TrackerSecret,
    mint: Mint<'_>,
    user: Me,
    family: String,
    refresh_token: String,
    origins: Vec<String>,
) -> Session {
    let access_token = access_token(secret, mint, &user, family);
    Session { access_token, expires_in: ACCESS_TTL_SECS, refresh_token, user, origins }
}

fn access_token(secret: &TrackerSecret, mint: Mint<'_>, me: &Me, family: String) -> String {
    let iat = mint.now.secs();
    secret.sign(&AccessClaims {
        aud: "mist-api".into(),
        sub: me.id.clone(),
        name: me.name.clone(),
        scope: me.scope,
        family,
        iat,
        exp: iat + ACCESS_TTL_SECS,
        jti: mint.id(),
    })
}
