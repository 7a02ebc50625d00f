//! Accounts and their grants.

use std::collections::{HashMap, HashSet};

use mist_proto::{Slug, UnixMillis, claims::Scope, http::User, ids::UserName};

use super::{DbError, Tx, parse};

row! {
    /// A row of `users`.
    #[derive(Debug, Clone)]
    pub struct Account {
        /// Id.
        pub id: String,
        /// Name.
        pub name: UserName as String,
        /// What it may do.
        pub scope: Scope as String,
        /// Argon2id hash in PHC form.
        pub password: String,
        /// Whether it may sign in.
        pub disabled: bool,
        /// When it was made.
        pub created: UnixMillis as i64,
        /// When it last signed in.
        pub last_sign_in: Option<i64>,
    }
}

/// Writes a new account. [`DbError::is_taken`] if there is one of that name.
pub async fn insert(tx: &mut Tx, a: &Account) -> Result<(), DbError> {
    let sql =
        "INSERT INTO users (id, name, scope, password, disabled, created) VALUES ($1, $2, $3, $4, $5, $6)";
    execute!(tx, sql, &a.id, a.name.as_str(), a.scope.as_str(), &a.password, a.disabled, a.created.0)?;
    Ok(())
}

/// The account of that name.
pub async fn by_name(tx: &mut Tx, name: &UserName) -> Result<Option<Account>, DbError> {
    let sql = "SELECT id, name, scope, password, disabled, created, last_sign_in FROM users WHERE name = $1";
    Ok(fetch!(fetch_optional, tx, Account, sql, name.as_str())?)
}

/// Whether there is an account at all.
pub async fn any(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch!(fetch_optional, tx, (String,), "SELECT id FROM users LIMIT 1")?.is_some())
}

/// Accounts behind that name with their grants, by name.
pub async fn page(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<User>, DbError> {
    let after = after.unwrap_or_default();
    let accounts = fetch_bytewise!(
        fetch_all,
        tx,
        Account,
        [
            "SELECT id, name, scope, password, disabled, created, last_sign_in FROM users WHERE name",
            " > $1 ORDER BY name",
            " LIMIT $2"
        ],
        after,
        limit
    )?;
    let Some(last) = accounts.last().map(|a| a.name.clone()) else { return Ok(vec![]) };
    let granted = fetch_bytewise!(
        fetch_all,
        tx,
        (String, String),
        [
            "SELECT u.id, m.slug FROM users u JOIN grants g ON g.user_id = u.id JOIN games m ON m.id = g.game_id \
             WHERE u.name",
            " > $1 AND u.name",
            " <= $2 ORDER BY m.slug",
            ""
        ],
        after,
        last.as_str()
    )?;
    let mut grants = HashMap::<String, Vec<Slug>>::new();
    for (user, slug) in granted {
        grants.entry(user).or_default().push(parse("games.slug", &slug)?);
    }
    let factors = fetch_bytewise!(
        fetch_all,
        tx,
        (String,),
        [
            "SELECT u.id FROM users u JOIN second_factors f ON f.user_id = u.id WHERE f.confirmed = TRUE AND u.name",
            " > $1 AND u.name",
            " <= $2"
        ],
        after,
        last.as_str()
    )?;
    let factors: HashSet<String> = factors.into_iter().map(|(id,)| id).collect();
    let public = |a: Account| {
        let second_factor = factors.contains(&a.id);
        public(grants.remove(&a.id).unwrap_or_default(), second_factor, a)
    };
    Ok(accounts.into_iter().map(public).collect())
}

/// The account of that name with its grants.
pub async fn with_grants(tx: &mut Tx, name: &UserName) -> Result<Option<User>, DbError> {
    let Some(account) = by_name(tx, name).await? else { return Ok(None) };
    let slugs = fetch_bytewise!(
        fetch_all,
        tx,
        (String,),
        [
            "SELECT m.slug FROM grants g JOIN games m ON m.id = g.game_id WHERE g.user_id = $1 ORDER BY m.slug",
            ""
        ],
        account.id.as_str()
    )?;
    let grants = slugs.iter().map(|(slug,)| parse("games.slug", slug)).collect::<Result<_, _>>()?;
    let second_factor = super::factors::get(tx, &account.id).await?.is_some_and(|f| f.confirmed);
    Ok(Some(public(grants, second_factor, account)))
}

fn public(grants: Vec<Slug>, second_factor: bool, a: Account) -> User {
    User {
        id: a.id,
        name: a.name,
        scope: a.scope,
        disabled: a.disabled,
        grants,
        created: a.created,
        last_sign_in: a.last_sign_in.map(UnixMillis),
        second_factor,
    }
}

/// Ids of every account that is no admin.
pub async fn ordinary_ids(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let rows = fetch!(fetch_all, tx, (String,), "SELECT id FROM users WHERE scope = 'user'")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Number of accounts with the scope `admin` that may sign in.
pub async fn enabled_admins(tx: &mut Tx) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM users WHERE scope = 'admin' AND disabled = FALSE";
    Ok(fetch!(fetch_one, tx, (i64,), sql)?.0)
}

/// Changes the password's hash.
pub async fn set_password(tx: &mut Tx, id: &str, phc: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE users SET password = $2 WHERE id = $1", id, phc)?;
    Ok(())
}

/// Replaces one hash of the password by another one of the same, unless the password was changed meanwhile.
pub async fn renew_password(tx: &mut Tx, id: &str, old: &str, phc: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE users SET password = $3 WHERE id = $1 AND password = $2", id, old, phc)?;
    Ok(())
}

/// Notes a sign-in.
pub async fn signed_in(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE users SET last_sign_in = $2 WHERE id = $1", id, now.0)?;
    Ok(())
}

/// Changes what an account may do.
pub async fn set_scope(tx: &mut Tx, id: &str, scope: Scope) -> Result<(), DbError> {
    execute!(tx, "UPDATE users SET scope = $2 WHERE id = $1", id, scope.as_str())?;
    Ok(())
}

/// Lets an account sign in, or not.
pub async fn set_disabled(tx: &mut Tx, id: &str, disabled: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE users SET disabled = $2 WHERE id = $1", id, disabled)?;
    Ok(())
}

/// Removes an account with its sessions and grants.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM users WHERE id = $1", id)?;
    Ok(())
}

/// Lets an account see a private game.
pub async fn grant(tx: &mut Tx, user: &str, game: &str) -> Result<(), DbError> {
    let sql =
        "INSERT INTO grants (user_id, game_id) VALUES ($1, $2) ON CONFLICT (user_id, game_id) DO NOTHING";
    execute!(tx, sql, user, game)?;
    Ok(())
}

/// Takes the right back; whether it was there.
pub async fn revoke(tx: &mut Tx, user: &str, game: &str) -> Result<bool, DbError> {
    Ok(execute!(tx, "DELETE FROM grants WHERE user_id = $1 AND game_id = $2", user, game)? > 0)
}

/// The private games that an account was granted.
pub async fn grants(tx: &mut Tx, user: &str) -> Result<Vec<Slug>, DbError> {
    let sql =
        "SELECT m.slug FROM grants g JOIN games m ON m.id = g.game_id WHERE g.user_id = $1 ORDER BY m.slug";
    let rows = fetch!(fetch_all, tx, (String,), sql, user)?;
    rows.iter().map(|(slug,)| parse("games.slug", slug)).collect()
}

/// Ids of the accounts that have a grant for a game.
pub async fn granted(tx: &mut Tx, game: &str) -> Result<Vec<String>, DbError> {
    let rows = fetch!(fetch_all, tx, (String,), "SELECT user_id FROM grants WHERE game_id = $1", game)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
