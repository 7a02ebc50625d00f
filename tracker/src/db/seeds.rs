//! Seeds that may sign in.

use mist_proto::{Hash, UnixMillis, http::Seed, ids::UserName};

use super::{DbError, Tx};

row! {
    struct Row {
        id: String,
        name: UserName as String,
        public_url: Option<String>,
        created: i64,
        last_seen: Option<i64>,
    }
}

impl From<Row> for Seed {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            name: r.name,
            created: UnixMillis(r.created),
            last_seen: r.last_seen.map(UnixMillis),
            public_url: r.public_url,
        }
    }
}

/// Writes a new seed, unless there is one of that name.
pub async fn insert_once(tx: &mut Tx, seed: &Seed, token: &Hash) -> Result<(), DbError> {
    let sql = "INSERT INTO seeds (id, name, token_hash, created) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (name) DO NOTHING";
    execute!(tx, sql, &seed.id, seed.name.as_str(), token.to_string(), seed.created.0)?;
    Ok(())
}

/// Writes a new seed. [`DbError::is_taken`] if there is one of that name.
pub async fn insert(tx: &mut Tx, seed: &Seed, token: &Hash) -> Result<(), DbError> {
    let sql = "INSERT INTO seeds (id, name, token_hash, created) VALUES ($1, $2, $3, $4)";
    execute!(tx, sql, &seed.id, seed.name.as_str(), token.to_string(), seed.created.0)?;
    Ok(())
}

/// The seed that an enrolment token belongs to.
pub async fn by_token(tx: &mut Tx, token: &Hash) -> Result<Option<Seed>, DbError> {
    let sql = "SELECT id, name, public_url, created, last_seen FROM seeds WHERE token_hash = $1";
    Ok(fetch!(fetch_optional, tx, Row, sql, token.to_string())?.map(Seed::from))
}

/// The seed of that name.
pub async fn by_name(tx: &mut Tx, name: &UserName) -> Result<Option<Seed>, DbError> {
    let sql = "SELECT id, name, public_url, created, last_seen FROM seeds WHERE name = $1";
    Ok(fetch!(fetch_optional, tx, Row, sql, name.as_str())?.map(Seed::from))
}

/// The seed of that id.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Seed>, DbError> {
    let sql = "SELECT id, name, public_url, created, last_seen FROM seeds WHERE id = $1";
    Ok(fetch!(fetch_optional, tx, Row, sql, id)?.map(Seed::from))
}

/// Seeds behind that name, by name.
pub async fn page(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<Seed>, DbError> {
    let rows = fetch_bytewise!(
        fetch_all,
        tx,
        Row,
        [
            "SELECT id, name, public_url, created, last_seen FROM seeds WHERE name",
            " > $1 ORDER BY name",
            " LIMIT $2"
        ],
        after.unwrap_or_default(),
        limit
    )?;
    Ok(rows.into_iter().map(Seed::from).collect())
}

/// Every seed, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<Seed>, DbError> {
    let sql = "SELECT id, name, public_url, created, last_seen FROM seeds ORDER BY name";
    Ok(fetch!(fetch_all, tx, Row, sql)?.into_iter().map(Seed::from).collect())
}

/// Notes a sign of life and where the seed's router answers.
pub async fn seen(tx: &mut Tx, id: &str, public_url: Option<&str>, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE seeds SET last_seen = $3, public_url = $2 WHERE id = $1", id, public_url, now.0)?;
    Ok(())
}

/// When somebody last wanted the seed to scrub its store.
pub async fn scrub_asked(tx: &mut Tx, id: &str) -> Result<Option<UnixMillis>, DbError> {
    let sql = "SELECT scrub_asked FROM seeds WHERE id = $1";
    let row = fetch!(fetch_optional, tx, (Option<i64>,), sql, id)?;
    Ok(row.and_then(|(asked,)| asked).map(UnixMillis))
}

/// Every seed is to scrub its store.
pub async fn ask_for_scrub(tx: &mut Tx, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE seeds SET scrub_asked = $1", now.0)?;
    Ok(())
}

/// Removes a seed.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM seeds WHERE id = $1", id)?;
    Ok(())
}
