//! API tokens: what scripts show instead of a password.

use mist_proto::{
    Hash, UnixMillis,
    http::{
        ApiToken, MAX_TOKEN_DAYS, MAX_TOKENS, MadeToken, NewToken, PageQuery, TOKEN_DAYS, TOKEN_PREFIX,
        TokenList,
    },
    time::DAY_MILLIS,
};

use super::{
    Auth,
    caller::{By, Caller},
};
use crate::{audit, db, error::Problem, http::page::Page, records::Records};

/// How much time passes before use is written down again.
const NOTED_EVERY_MILLIS: i64 = 60 * 1000;

/// The tokens of all accounts, the oldest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(auth: &Auth, query: &PageQuery) -> Result<TokenList, Problem> {
    let page = Page::asked(query)?;
    let tokens = db::tokens::list(&mut auth.records.read().await?).await?;
    let (tokens, next) = page.cut_whole(tokens, |t| t.id.clone());
    Ok(TokenList { tokens, next })
}

/// Makes a token of the caller's own.
///
/// # Errors
/// 400 `bad_request`; 404 for whoever has no account; 409 `too_many_tokens`.
pub async fn add(auth: &Auth, caller: &Caller, new: NewToken) -> Result<MadeToken, Problem> {
    let name: String = new.name.into();
    if name.is_empty() {
        return Err(Problem::invalid("bad_request", "give the token a name, to know it by later"));
    }
    let days = new.days.unwrap_or(TOKEN_DAYS);
    if !(1..=MAX_TOKEN_DAYS).contains(&days) {
        let message = format!("a token is good for 1 to {MAX_TOKEN_DAYS} days");
        return Err(Problem::invalid("bad_request", message));
    }
    // Whoever sits at the server has no account, and needs no token.
    let user = caller.name.parse().map_err(|_| Problem::NotFound)?;
    let mint = auth.records.mint();
    let mut tx = auth.records.write().await?;
    let owner = db::users::by_name(&mut tx, &user).await?.filter(|a| a.id == caller.id);
    let owner = owner.ok_or(Problem::NotFound)?;
    if db::tokens::number(&mut tx, &owner.id).await? >= MAX_TOKENS as u64 {
        let message = format!("an account has at most {MAX_TOKENS} tokens: remove one first");
        return Err(Problem::conflict("too_many_tokens", message));
    }
    let token = ApiToken {
        id: mint.id(),
        name,
        user,
        level: new.level,
        created: mint.now,
        expires: mint.now.plus_millis(i64::from(days) * DAY_MILLIS),
        used: None,
    };
    let secret = mint.secret(TOKEN_PREFIX);
    db::tokens::insert(&mut tx, &token, &owner.id, &Hash::of(secret.as_bytes())).await?;
    let subject = format!("{} ({}, {days} d)", token.name, token.level.as_str());
    audit::note(&mut tx, mint, caller, "token.add", &subject).await?;
    tx.commit().await?;
    Ok(MadeToken { token, secret })
}

/// Lets a token count no more.
///
/// # Errors
/// 404.
pub async fn remove(auth: &Auth, caller: &Caller, id: &str) -> Result<(), Problem> {
    let mut tx = auth.records.write().await?;
    let (name, owner) = db::tokens::remove(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    audit::note(&mut tx, auth.records.mint(), caller, "token.remove", &format!("{name} of {owner}")).await?;
    tx.commit().await?;
    Ok(())
}

/// Who shows this token. The outer error is ours, the inner one the caller's.
///
/// # Errors
/// Only our own.
pub(super) async fn find(records: &Records, secret: &str) -> Result<Result<Caller, Problem>, Problem> {
    let now = records.now();
    let bearer = db::tokens::bearer(&mut records.read().await?, &Hash::of(secret.as_bytes())).await?;
    let Some(bearer) = bearer.filter(|b| !b.disabled) else { return Ok(Err(Problem::SignIn)) };
    if bearer.expires <= now {
        return Ok(Err(Problem::TokenExpired));
    }
    if bearer.used.is_none_or(|used| now.since(UnixMillis(used)) > NOTED_EVERY_MILLIS) {
        let mut tx = records.write().await?;
        db::tokens::used(&mut tx, &bearer.id, now).await?;
        tx.commit().await?;
    }
    Ok(Ok(Caller {
        id: bearer.user_id,
        name: bearer.name.to_string(),
        scope: bearer.scope,
        family: bearer.id,
        expires: bearer.expires,
        by: By::ApiToken(bearer.level),
    }))
}
