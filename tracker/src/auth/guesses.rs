//! Passwords and codes are tried against the clock: each wrong one counts, and makes the next attempt wait.
//!
//! While nobody can count, nobody tries: guesses would be free.

use mist_listener::Network;
use mist_proto::ids::UserName;

use super::{Auth, password::Fit};
use crate::{db::users::Account, error::Problem};

/// Whether an attempt may be made now, on this account or, without one, on a code.
///
/// # Errors
/// 429 `too_many_attempts`.
pub(super) async fn may_try(auth: &Auth, user: Option<&UserName>, from: Network) -> Result<(), Problem> {
    match auth.backoff.wait(user, from, auth.records.now()).await? {
        Some(wait) => Err(Problem::TooMany { seconds: wait.as_secs().max(1) }),
        None => Ok(()),
    }
}

/// The account, if the password is its own, and how it fits. Takes as long where there is no account. What was counted before is
/// forgotten by [`SignInBackoff::succeeded`](crate::shared::backoff::SignInBackoff::succeeded) alone, once nothing else is asked for: a
/// right password must not make guesses at a code free.
///
/// # Errors
/// 503 `busy`.
pub(super) async fn try_password(
    auth: &Auth,
    user: &UserName,
    from: Network,
    password: String,
    account: Option<Account>,
) -> Result<Option<(Account, Fit)>, Problem> {
    let fit = auth.passwords.verify(password, account.as_ref().map(|a| a.password.clone())).await?;
    let proved = account.filter(|_| fit != Fit::Wrong).map(|account| (account, fit));
    if proved.is_none() {
        auth.backoff.failed(Some(user), from, auth.records.now()).await?;
    }
    Ok(proved)
}
