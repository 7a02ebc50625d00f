//! Invites, and the games that they grant.

use mist_proto::{Hash, Slug, UnixMillis, http::Invite, ids::UserName};

use super::{DbError, Tx, count, parse};

row! {
    struct Row {
        id: String,
        user_id: Option<String>,
        name: Option<String>,
        note: String,
        uses: i64,
        used: i64,
        made_by: String,
        created: i64,
        expires: i64,
    }
}

/// An invite as whoever has its code uses it.
#[derive(Debug, Clone)]
pub struct Usable {
    /// Id.
    pub id: String,
    /// The account whose password it sets anew; none if it makes one.
    pub user_id: Option<String>,
    /// Name that the account gets or has.
    pub name: Option<UserName>,
    /// Who made it.
    pub made_by: String,
    /// Until when it is good.
    pub expires: UnixMillis,
}

/// Writes a new invite for games of these ids. `user` is the account whose password it sets anew.
pub async fn insert(
    tx: &mut Tx,
    invite: &Invite,
    user: Option<&str>,
    code: &Hash,
    games: &[String],
) -> Result<(), DbError> {
    let sql = "INSERT INTO invites (id, code_hash, user_id, name, note, uses, used, made_by, created, expires) \
               VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)";
    execute!(
        tx,
        sql,
        &invite.id,
        code.to_string(),
        user,
        invite.name.as_ref().map(UserName::as_str),
        &invite.note,
        i64::from(invite.uses),
        &invite.made_by,
        invite.created.0,
        invite.expires.0
    )?;
    for game in games {
        execute!(tx, "INSERT INTO invite_games (invite_id, game_id) VALUES ($1, $2)", &invite.id, game)?;
    }
    Ok(())
}

/// Invites that were not over before `since`, newest first: those before `(created, id)`, or the newest.
pub async fn before(tx: &mut Tx, before: Option<&(i64, String)>, limit: i64) -> Result<Vec<Invite>, DbError> {
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    let sql = "SELECT id, user_id, name, note, uses, used, made_by, created, expires FROM invites \
               WHERE (created, id) < ($1, $2) ORDER BY created DESC, id DESC LIMIT $3";
    let mut invites = Vec::new();
    for row in fetch!(fetch_all, tx, Row, sql, at, id, limit)? {
        let sql = "SELECT m.slug FROM invite_games i JOIN games m ON m.id = i.game_id WHERE i.invite_id = $1 \
                   ORDER BY m.slug";
        let games = fetch!(fetch_all, tx, (String,), sql, &row.id)?;
        let games: Result<Vec<Slug>, _> = games.iter().map(|(slug,)| parse("games.slug", slug)).collect();
        invites.push(Invite {
            reset: row.user_id.is_some(),
            name: row.name.map(|name| parse("invites.name", &name)).transpose()?,
            id: row.id,
            note: row.note,
            games: games?,
            uses: u32::try_from(row.uses).unwrap_or(u32::MAX),
            used: u32::try_from(row.used).unwrap_or(u32::MAX),
            made_by: row.made_by,
            created: UnixMillis(row.created),
            expires: UnixMillis(row.expires),
        });
    }
    Ok(invites)
}

/// The invite of that code, if it is still good for something.
pub async fn usable(tx: &mut Tx, code: &Hash, now: UnixMillis) -> Result<Option<Usable>, DbError> {
    let sql = "SELECT id, user_id, name, made_by, expires FROM invites \
               WHERE code_hash = $1 AND used < uses AND expires > $2";
    type Found = (String, Option<String>, Option<String>, String, i64);
    let found = fetch!(fetch_optional, tx, Found, sql, code.to_string(), now.0)?;
    found
        .map(|(id, user_id, name, made_by, expires)| {
            let name = name.map(|name| parse("invites.name", &name)).transpose()?;
            Ok(Usable { id, user_id, name, made_by, expires: UnixMillis(expires) })
        })
        .transpose()
}

/// Uses the invite once, unless it is used up or over by now: of many who try at the same moment, as many do as may. Whether
/// it was used.
pub async fn take(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "UPDATE invites SET used = used + 1 WHERE id = $1 AND used < uses AND expires > $2";
    Ok(execute!(tx, sql, id, now.0)? > 0)
}

/// Ids, slugs and titles of the games that an invite grants.
pub async fn games(tx: &mut Tx, id: &str) -> Result<Vec<(String, String, String)>, DbError> {
    let sql = "SELECT m.id, m.slug, m.title FROM invite_games i JOIN games m ON m.id = i.game_id \
               WHERE i.invite_id = $1 ORDER BY m.title";
    Ok(fetch!(fetch_all, tx, (String, String, String), sql, id)?)
}

/// Removes an invite; gives what the log calls it, if it was there.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<Option<String>, DbError> {
    let found = fetch!(
        fetch_optional,
        tx,
        (Option<String>, String),
        "DELETE FROM invites WHERE id = $1 RETURNING name, note",
        id
    )?;
    Ok(found.map(|(name, note)| name.unwrap_or(note)))
}

/// Removes the links to a new password of an account.
pub async fn remove_resets(tx: &mut Tx, user: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM invites WHERE user_id = $1", user)?;
    Ok(())
}

/// Number of invites that are there.
pub async fn number(tx: &mut Tx) -> Result<u64, DbError> {
    Ok(count(fetch!(fetch_one, tx, (i64,), "SELECT COUNT(*) FROM invites")?.0))
}

/// Forgets those that were over before.
pub async fn purge(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM invites WHERE expires < $1", before.0)?;
    Ok(())
}
