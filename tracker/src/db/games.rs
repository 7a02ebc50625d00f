//! The catalogue.

use mist_proto::{Slug, UnixMillis, Version, http::Game};

use super::{DbError, Tx, parse};

/// A game as the server keeps it.
#[derive(Debug, Clone)]
pub struct GameRow {
    /// Id.
    pub id: String,
    /// What friends see.
    pub public: Game,
    /// Build that is live.
    pub live_build: Option<String>,
    /// Fields that a person edited, so that Steam never overwrites them.
    pub by_hand: Vec<String>,
}

row! {
    struct Row {
        id: String,
        slug: Slug as String,
        title: String,
        description: String,
        cover_url: Option<String>,
        app_id: Option<i64>,
        is_private: bool,
        by_hand: String,
        live_build: Option<String>,
        live_version: Option<String>,
        created: i64,
    }
}

impl TryFrom<Row> for GameRow {
    type Error = DbError;

    fn try_from(r: Row) -> Result<Self, DbError> {
        let live = r.live_version.as_deref().map(|v| parse::<Version>("builds.version", v)).transpose()?;
        Ok(Self {
            public: Game {
                slug: r.slug,
                title: r.title,
                app_id: r.app_id.and_then(|n| u32::try_from(n).ok()),
                is_private: r.is_private,
                description: r.description,
                cover_url: r.cover_url,
                live,
                created: UnixMillis(r.created),
            },
            id: r.id,
            live_build: r.live_build,
            by_hand: r.by_hand.split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
        })
    }
}

/// Writes a new game. [`DbError::is_taken`] if there is one of that slug.
pub async fn insert(tx: &mut Tx, id: &str, g: &Game, by_hand: &[String]) -> Result<(), DbError> {
    let sql = "INSERT INTO games (id, slug, title, description, cover_url, app_id, is_private, by_hand, created, changed) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
    let app_id = g.app_id.map(i64::from);
    execute!(
        tx,
        sql,
        id,
        g.slug.as_str(),
        &g.title,
        &g.description,
        g.cover_url.as_deref(),
        app_id,
        g.is_private,
        by_hand.join(","),
        g.created.0
    )?;
    Ok(())
}

/// The game of that slug.
pub async fn by_slug(tx: &mut Tx, slug: &Slug) -> Result<Option<GameRow>, DbError> {
    let sql = "SELECT g.id, g.slug, g.title, g.description, g.cover_url, g.app_id, g.is_private, g.by_hand, \
               g.live_build, g.created, b.version AS live_version \
               FROM games g LEFT JOIN builds b ON b.id = g.live_build WHERE g.slug = $1";
    fetch!(fetch_optional, tx, Row, sql, slug.as_str())?.map(GameRow::try_from).transpose()
}

/// Every game, by title.
pub async fn list(tx: &mut Tx) -> Result<Vec<GameRow>, DbError> {
    let sql = "SELECT g.id, g.slug, g.title, g.description, g.cover_url, g.app_id, g.is_private, g.by_hand, \
               g.live_build, g.created, b.version AS live_version \
               FROM games g LEFT JOIN builds b ON b.id = g.live_build ORDER BY g.title, g.slug";
    fetch!(fetch_all, tx, Row, sql)?.into_iter().map(GameRow::try_from).collect()
}

/// Ids of the private games that an account may see.
pub async fn granted_to(tx: &mut Tx, user: &str) -> Result<Vec<String>, DbError> {
    let rows = fetch!(fetch_all, tx, (String,), "SELECT game_id FROM grants WHERE user_id = $1", user)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether an account has a grant for a game.
pub async fn is_granted(tx: &mut Tx, game: &str, user: &str) -> Result<bool, DbError> {
    let sql = "SELECT game_id FROM grants WHERE game_id = $1 AND user_id = $2";
    Ok(fetch!(fetch_optional, tx, (String,), sql, game, user)?.is_some())
}

/// Takes the game's row for this transaction: whoever changes the game's builds does this first, and so waits for
/// who came before. Whether the game is there.
pub async fn lock(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<bool, DbError> {
    Ok(execute!(tx, "UPDATE games SET changed = $2 WHERE id = $1", id, now.0)? > 0)
}

/// Writes what the catalogue says about a game.
pub async fn update(tx: &mut Tx, id: &str, g: &Game, by_hand: &[String]) -> Result<(), DbError> {
    let sql = "UPDATE games SET title = $2, description = $3, cover_url = $4, app_id = $5, is_private = $6, \
               by_hand = $7 WHERE id = $1";
    let app_id = g.app_id.map(i64::from);
    let by_hand = by_hand.join(",");
    execute!(tx, sql, id, &g.title, &g.description, g.cover_url.as_deref(), app_id, g.is_private, by_hand)?;
    Ok(())
}

/// Makes a build live.
pub async fn set_live(tx: &mut Tx, id: &str, build: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE games SET live_build = $2 WHERE id = $1", id, build)?;
    Ok(())
}

/// Removes a game with its builds and grants.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM games WHERE id = $1", id)?;
    Ok(())
}
