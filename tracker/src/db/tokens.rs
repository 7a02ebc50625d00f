//! API tokens.

use mist_proto::{
    Hash, UnixMillis,
    claims::Scope,
    http::{ApiToken, TokenLevel},
    ids::UserName,
};

use super::{DbError, Tx, count};

row! {
    struct Row {
        id: String,
        name: String,
        user_name: UserName as String,
        level: TokenLevel as String,
        created: i64,
        expires: i64,
        used: Option<i64>,
    }
}

row! {
    /// A token joined with its account, as far as checking a request needs it.
    #[derive(Debug, Clone)]
    pub struct Bearer {
        /// Id of the token.
        pub id: String,
        /// Account's id.
        pub user_id: String,
        /// Account's name.
        pub name: UserName as String,
        /// What the account may do now.
        pub scope: Scope as String,
        /// Whether the account was disabled.
        pub disabled: bool,
        /// What the token opens.
        pub level: TokenLevel as String,
        /// Until when it is good.
        pub expires: UnixMillis as i64,
        /// When it was last used.
        pub used: Option<i64>,
    }
}

/// Writes a new token.
pub async fn insert(tx: &mut Tx, token: &ApiToken, user: &str, hash: &Hash) -> Result<(), DbError> {
    let sql = "INSERT INTO api_tokens (id, hash, user_id, name, level, created, expires) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sql,
        &token.id,
        hash.to_string(),
        user,
        &token.name,
        token.level.as_str(),
        token.created.0,
        token.expires.0
    )?;
    Ok(())
}

/// Every token, the oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiToken>, DbError> {
    let sql = "SELECT t.id, t.name, u.name AS user_name, t.level, t.created, t.expires, t.used FROM api_tokens t \
               JOIN users u ON u.id = t.user_id ORDER BY t.id";
    let token = |r: Row| ApiToken {
        id: r.id,
        name: r.name,
        user: r.user_name,
        level: r.level,
        created: UnixMillis(r.created),
        expires: UnixMillis(r.expires),
        used: r.used.map(UnixMillis),
    };
    Ok(fetch!(fetch_all, tx, Row, sql)?.into_iter().map(token).collect())
}

/// Number of tokens of an account.
pub async fn number(tx: &mut Tx, user: &str) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM api_tokens WHERE user_id = $1";
    Ok(count(fetch!(fetch_one, tx, (i64,), sql, user)?.0))
}

/// The token of that hash and whose it is.
pub async fn bearer(tx: &mut Tx, hash: &Hash) -> Result<Option<Bearer>, DbError> {
    let sql = "SELECT t.id, t.user_id, u.name, u.scope, u.disabled, t.level, t.expires, t.used FROM api_tokens t \
               JOIN users u ON u.id = t.user_id WHERE t.hash = $1";
    Ok(fetch!(fetch_optional, tx, Bearer, sql, hash.to_string())?)
}

/// The token of that id and whose it is.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Bearer>, DbError> {
    let sql = "SELECT t.id, t.user_id, u.name, u.scope, u.disabled, t.level, t.expires, t.used FROM api_tokens t \
               JOIN users u ON u.id = t.user_id WHERE t.id = $1";
    Ok(fetch!(fetch_optional, tx, Bearer, sql, id)?)
}

/// Notes that it was used.
pub async fn used(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE api_tokens SET used = $2 WHERE id = $1", id, now.0)?;
    Ok(())
}

/// Removes a token; gives its name and its owner's, if it was there.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<Option<(String, String)>, DbError> {
    let sql = "SELECT t.name, u.name FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1";
    let found = fetch!(fetch_optional, tx, (String, String), sql, id)?;
    execute!(tx, "DELETE FROM api_tokens WHERE id = $1", id)?;
    Ok(found)
}

/// Removes every token of an account.
pub async fn remove_all(tx: &mut Tx, user: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM api_tokens WHERE user_id = $1", user)?;
    Ok(())
}
