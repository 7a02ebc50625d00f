//! Sessions (families of refresh tokens) and the tokens.

use mist_proto::{Hash, UnixMillis, claims::Scope, ids::UserName};

use super::{DbError, Tx};

row! {
    /// A session joined with its account, as far as checking a request needs it.
    #[derive(Debug, Clone)]
    pub struct Holder {
        /// Account's id.
        pub user_id: String,
        /// Account's name.
        pub name: UserName as String,
        /// What the account may do now, whatever a token says.
        pub scope: Scope as String,
        /// Whether the account was disabled.
        pub disabled: bool,
        /// When the session ends unless it is refreshed.
        pub expires: UnixMillis as i64,
    }
}

row! {
    /// A session of a browser joined with its account.
    #[derive(Debug, Clone)]
    pub struct BrowserSession {
        /// The session.
        pub family: String,
        /// Account's id.
        pub user_id: String,
        /// Account's name.
        pub name: UserName as String,
        /// What the account may do now.
        pub scope: Scope as String,
        /// Whether the account was disabled.
        pub disabled: bool,
        /// When the session ends unless it is used.
        pub expires: UnixMillis as i64,
        /// When the password was given last.
        pub confirmed: Option<i64>,
    }
}

row! {
    /// A session, for people to look at.
    #[derive(Debug, Clone)]
    pub struct Listed {
        /// Id.
        pub family: String,
        /// What the device calls itself.
        pub device: Option<String>,
        /// Whether it is a browser's.
        pub browser: bool,
        /// When it began.
        pub created: UnixMillis as i64,
        /// When it ends unless it is used.
        pub expires: UnixMillis as i64,
    }
}

row! {
    /// A row of `refresh_tokens`.
    #[derive(Debug, Clone)]
    pub struct RefreshToken {
        /// Session that it belongs to.
        pub family: String,
        /// When it was exchanged.
        pub used: Option<i64>,
        /// Hash of what it was exchanged for.
        pub next: Option<String>,
    }
}

/// Begins a session.
pub async fn insert(
    tx: &mut Tx,
    family: &str,
    user: &str,
    device: Option<&str>,
    now: UnixMillis,
    expires: UnixMillis,
) -> Result<(), DbError> {
    let sql = "INSERT INTO sessions (family, user_id, device, created, expires, confirmed) \
               VALUES ($1, $2, $3, $4, $5, $4)";
    execute!(tx, sql, family, user, device, now.0, expires.0)?;
    Ok(())
}

/// The session and whose it is.
pub async fn holder(tx: &mut Tx, family: &str) -> Result<Option<Holder>, DbError> {
    let sql = "SELECT s.user_id, u.name, u.scope, u.disabled, s.expires \
               FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.family = $1";
    Ok(fetch!(fetch_optional, tx, Holder, sql, family)?)
}

/// Takes the session's row for this transaction, so that two refreshes of one session can't pass each other.
/// Whether it is there.
pub async fn prolong(tx: &mut Tx, family: &str, expires: UnixMillis) -> Result<bool, DbError> {
    Ok(execute!(tx, "UPDATE sessions SET expires = $2 WHERE family = $1", family, expires.0)? > 0)
}

/// Ends one session; its tokens go with it.
pub async fn end(tx: &mut Tx, family: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM sessions WHERE family = $1", family)?;
    Ok(())
}

/// Ends every session of an account but one.
pub async fn end_others(tx: &mut Tx, user: &str, but: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM sessions WHERE user_id = $1 AND family <> $2", user, but)?;
    Ok(())
}

/// Ends a session if it is of this account; gives what its device is called.
pub async fn end_of(tx: &mut Tx, user: &str, family: &str) -> Result<Option<String>, DbError> {
    let sql = "DELETE FROM sessions WHERE user_id = $1 AND family = $2 RETURNING device";
    let ended = fetch!(fetch_optional, tx, (Option<String>,), sql, user, family)?;
    Ok(ended.map(|(device,)| device.unwrap_or_default()))
}

/// The sessions of an account, the oldest first.
pub async fn of_user(tx: &mut Tx, user: &str, now: UnixMillis) -> Result<Vec<Listed>, DbError> {
    let sql = "SELECT family, device, EXISTS (SELECT 1 FROM browser_cookies c WHERE c.family = s.family) AS browser, \
               created, expires FROM sessions s WHERE user_id = $1 AND expires > $2 ORDER BY family";
    Ok(fetch!(fetch_all, tx, Listed, sql, user, now.0)?)
}

/// Notes that the password was given again.
pub async fn confirm(tx: &mut Tx, family: &str, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE sessions SET confirmed = $2 WHERE family = $1", family, now.0)?;
    Ok(())
}

/// Ends every session of an account.
pub async fn end_all(tx: &mut Tx, user: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM sessions WHERE user_id = $1", user)?;
    Ok(())
}

/// Writes what a browser shows for its session.
pub async fn add_cookie(tx: &mut Tx, hash: &Hash, family: &str) -> Result<(), DbError> {
    execute!(tx, "INSERT INTO browser_cookies (hash, family) VALUES ($1, $2)", hash.to_string(), family)?;
    Ok(())
}

/// The session of the browser that shows a cookie of that hash.
pub async fn of_cookie(tx: &mut Tx, hash: &Hash) -> Result<Option<BrowserSession>, DbError> {
    let sql = "SELECT s.family, s.user_id, u.name, u.scope, u.disabled, s.expires, s.confirmed FROM browser_cookies c \
               JOIN sessions s ON s.family = c.family JOIN users u ON u.id = s.user_id WHERE c.hash = $1";
    Ok(fetch!(fetch_optional, tx, BrowserSession, sql, hash.to_string())?)
}

/// Removes sessions that nobody refreshed in time.
pub async fn purge(tx: &mut Tx, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM sessions WHERE expires <= $1", now.0)?;
    Ok(())
}

/// Writes a fresh token.
pub async fn add_token(tx: &mut Tx, hash: &Hash, family: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO refresh_tokens (hash, family, issued) VALUES ($1, $2, $3)";
    execute!(tx, sql, hash.to_string(), family, now.0)?;
    Ok(())
}

/// The token of that hash.
pub async fn token(tx: &mut Tx, hash: &str) -> Result<Option<RefreshToken>, DbError> {
    let sql = "SELECT family, used, next FROM refresh_tokens WHERE hash = $1";
    Ok(fetch!(fetch_optional, tx, RefreshToken, sql, hash)?)
}

/// Notes that a token was exchanged for another one.
pub async fn use_token(tx: &mut Tx, hash: &str, next: &Hash, now: UnixMillis) -> Result<(), DbError> {
    let sql = "UPDATE refresh_tokens SET used = $2, next = $3 WHERE hash = $1";
    execute!(tx, sql, hash, now.0, next.to_string())?;
    Ok(())
}

/// Removes tokens that were exchanged before `before`. Showing one of them again is refused, but no longer noticed
/// as a replay.
pub async fn forget_used(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM refresh_tokens WHERE used < $1", before.0)?;
    Ok(())
}
