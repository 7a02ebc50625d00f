//! What an account does about itself: its password, and where it is signed in.

use std::net::IpAddr;

use mist_listener::Network;
use mist_proto::http::{ChangePassword, Confirm, PageQuery, SessionList};

use super::{Auth, caller::Caller, guesses, session};
use crate::{
    audit,
    db::{self, users::Account},
    error::Problem,
};

/// Checks the caller's own password. Guesses count as they do at a sign-in.
async fn prove(auth: &Auth, caller: &Caller, password: String, from: IpAddr) -> Result<Account, Problem> {
    let network = Network::from(from);
    let name = caller.name.parse().map_err(|_| Problem::NotFound)?;
    guesses::may_try(auth, Some(&name), network).await?;
    let account = db::users::by_name(&mut auth.records.read().await?, &name).await?;
    // Whoever sits at the server has no account.
    let account = account.filter(|a| a.id == caller.id).ok_or(Problem::NotFound)?;
    let proved = guesses::try_password(auth, &name, network, password, Some(account)).await?;
    let (account, _) = proved.ok_or(Problem::WrongPassword)?;
    auth.backoff.succeeded(&name, network, auth.records.now()).await?;
    Ok(account)
}

/// Changes the caller's password; every other session of the account ends.
///
/// # Errors
/// 403 `wrong_password`; 400 `bad_password`; 429 `too_many_attempts`; 503 `busy`.
pub async fn change_password(
    auth: &Auth,
    caller: &Caller,
    change: ChangePassword,
    from: IpAddr,
) -> Result<(), Problem> {
    let account = prove(auth, caller, change.current, from).await?;
    let phc = auth.passwords.hash(change.new).await?;
    let mint = auth.records.mint();
    let mut tx = auth.records.write().await?;
    session::set_password(&mut tx, &account.id, &phc, Some(&caller.family)).await?;
    audit::note(&mut tx, mint, caller, "user.own_passwd", &caller.name).await?;
    tx.commit().await?;
    Ok(())
}

/// The caller has given the password again: its session may do what destroys for a while.
///
/// # Errors
/// 403 `wrong_password`; 429 `too_many_attempts`; 503 `busy`.
pub async fn confirm(auth: &Auth, caller: &Caller, confirm: Confirm, from: IpAddr) -> Result<(), Problem> {
    prove(auth, caller, confirm.password, from).await?;
    let mut tx = auth.records.write().await?;
    db::sessions::confirm(&mut tx, &caller.family, auth.records.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Where the caller is signed in.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn sessions(auth: &Auth, caller: &Caller, query: &PageQuery) -> Result<SessionList, Problem> {
    session::list(&auth.records, &caller.id, caller, query).await
}

/// Signs the caller out somewhere.
///
/// # Errors
/// 404, for what is another account's too.
pub async fn end_session(auth: &Auth, caller: &Caller, id: &str) -> Result<(), Problem> {
    session::end_one(&auth.records, &caller.id, &caller.name, caller, id).await
}
