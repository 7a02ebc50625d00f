//! The catalogue.

use std::collections::HashSet;

use mist_proto::{
    Hash, Slug, UnixMillis, Version,
    http::{Cover, Game, GameField},
};

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
    pub by_hand: Vec<GameField>,
    /// The build that goes live by itself, and when.
    pub next_live: Option<(String, UnixMillis)>,
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
        next_live: Option<String>,
        next_live_at: Option<i64>,
        cover_hash: Option<String>,
        hue: Option<i64>,
        width: Option<i64>,
        height: Option<i64>,
    }
}

/// What a field is called in the column `by_hand`.
fn word(field: GameField) -> &'static str {
    match field {
        GameField::Title => "title",
        GameField::Description => "description",
        GameField::Cover => "cover_url",
    }
}

fn words(by_hand: &[GameField]) -> String {
    by_hand.iter().map(|field| word(*field)).collect::<Vec<_>>().join(",")
}

fn fields(words: &str) -> Vec<GameField> {
    GameField::ALL.into_iter().filter(|field| words.split(',').any(|w| w == word(*field))).collect()
}

impl TryFrom<Row> for GameRow {
    type Error = DbError;

    fn try_from(r: Row) -> Result<Self, DbError> {
        let pixels = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let cover = match r.cover_hash {
            None => None,
            Some(hash) => Some(Cover {
                id: parse::<Hash>("covers.hash", &hash)?,
                hue: r.hue.and_then(|n| u16::try_from(n).ok()),
                width: pixels(r.width),
                height: pixels(r.height),
            }),
        };
        let live = r.live_version.as_deref().map(|v| parse::<Version>("builds.version", v)).transpose()?;
        Ok(Self {
            public: Game {
                slug: r.slug,
                title: r.title,
                app_id: r.app_id.and_then(|n| u32::try_from(n).ok()),
                is_private: r.is_private,
                description: r.description,
                cover_url: r.cover_url,
                cover,
                by_hand: Vec::new(),
                live,
                created: UnixMillis(r.created),
            },
            id: r.id,
            live_build: r.live_build,
            by_hand: fields(&r.by_hand),
            next_live: r.next_live.zip(r.next_live_at.map(UnixMillis)),
        })
    }
}

/// Writes a new game. [`DbError::is_taken`] if there is one of that slug.
pub async fn insert(tx: &mut Tx, id: &str, g: &Game, by_hand: &[GameField]) -> Result<(), DbError> {
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
        words(by_hand),
        g.created.0
    )?;
    Ok(())
}

/// The game of that slug.
pub async fn by_slug(tx: &mut Tx, slug: &Slug) -> Result<Option<GameRow>, DbError> {
    let sql = "SELECT g.id, g.slug, g.title, g.description, g.cover_url, g.app_id, g.is_private, g.by_hand, \
               g.live_build, g.created, b.version AS live_version, g.next_live, g.next_live_at, \
               c.hash AS cover_hash, c.hue, c.width, c.height FROM games g LEFT JOIN builds b ON b.id = g.live_build \
               LEFT JOIN covers c ON c.game_id = g.id WHERE g.slug = $1";
    fetch!(fetch_optional, tx, Row, sql, slug.as_str())?.map(GameRow::try_from).transpose()
}

/// Every game, by title.
pub async fn list(tx: &mut Tx) -> Result<Vec<GameRow>, DbError> {
    let sql = "SELECT g.id, g.slug, g.title, g.description, g.cover_url, g.app_id, g.is_private, g.by_hand, \
               g.live_build, g.created, b.version AS live_version, g.next_live, g.next_live_at, \
               c.hash AS cover_hash, c.hue, c.width, c.height FROM games g LEFT JOIN builds b ON b.id = g.live_build \
               LEFT JOIN covers c ON c.game_id = g.id ORDER BY g.title, g.slug";
    fetch!(fetch_all, tx, Row, sql)?.into_iter().map(GameRow::try_from).collect()
}

/// Slugs of all games.
pub async fn all_slugs(tx: &mut Tx) -> Result<HashSet<Slug>, DbError> {
    slugs(fetch!(fetch_all, tx, (String,), "SELECT slug FROM games")?)
}

/// Slugs of the games that everybody may see.
pub async fn public_slugs(tx: &mut Tx) -> Result<HashSet<Slug>, DbError> {
    slugs(fetch!(fetch_all, tx, (String,), "SELECT slug FROM games WHERE is_private = FALSE")?)
}

/// Slugs of the games that an account was granted.
pub async fn granted_slugs(tx: &mut Tx, account: &str) -> Result<HashSet<Slug>, DbError> {
    let sql = "SELECT g.slug FROM games g JOIN grants a ON a.game_id = g.id WHERE a.user_id = $1";
    slugs(fetch!(fetch_all, tx, (String,), sql, account)?)
}

fn slugs(rows: Vec<(String,)>) -> Result<HashSet<Slug>, DbError> {
    rows.iter().map(|(slug,)| parse("games.slug", slug)).collect()
}
/// Games behind that title and slug, by title: those that everybody may see, and those that this account was granted.
/// Without an account all.
pub async fn page(
    tx: &mut Tx,
    account: Option<&str>,
    after: Option<&(String, String)>,
    limit: i64,
) -> Result<Vec<GameRow>, DbError> {
    let (title, slug) = after.map_or(("", ""), |(title, slug)| (title.as_str(), slug.as_str()));
    let rows = fetch_bytewise!(
        fetch_all,
        tx,
        Row,
        [
            "SELECT g.id, g.slug, g.title, g.description, g.cover_url, g.app_id, g.is_private, g.by_hand, \
             g.live_build, g.created, b.version AS live_version, g.next_live, g.next_live_at, \
             c.hash AS cover_hash, c.hue, c.width, c.height FROM games g LEFT JOIN builds b ON b.id = g.live_build \
             LEFT JOIN covers c ON c.game_id = g.id WHERE ($4 OR g.is_private = FALSE \
                    OR EXISTS (SELECT 1 FROM grants a WHERE a.game_id = g.id AND a.user_id = $3)) \
             AND (g.title",
            ", g.slug",
            ") > ($1, $2) ORDER BY g.title",
            ", g.slug",
            " LIMIT $5"
        ],
        title,
        slug,
        account.unwrap_or_default(),
        account.is_none(),
        limit
    )?;
    rows.into_iter().map(GameRow::try_from).collect()
}

/// Every private game.
pub async fn private(tx: &mut Tx) -> Result<Vec<Slug>, DbError> {
    let rows =
        fetch!(fetch_all, tx, (String,), "SELECT slug FROM games WHERE is_private = TRUE ORDER BY slug")?;
    rows.iter().map(|(slug,)| parse("games.slug", slug)).collect()
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

/// The game, taken for this transaction ([`lock`]) and read after that.
pub async fn locked(tx: &mut Tx, slug: &Slug, now: UnixMillis) -> Result<Option<GameRow>, DbError> {
    let Some(found) = by_slug(tx, slug).await? else { return Ok(None) };
    lock(tx, &found.id, now).await?;
    by_slug(tx, slug).await
}

/// Writes what the catalogue says about a game.
pub async fn update(tx: &mut Tx, id: &str, g: &Game, by_hand: &[GameField]) -> Result<(), DbError> {
    let sql = "UPDATE games SET title = $2, description = $3, cover_url = $4, app_id = $5, is_private = $6, \
               by_hand = $7 WHERE id = $1";
    let app_id = g.app_id.map(i64::from);
    let by_hand = words(by_hand);
    execute!(tx, sql, id, &g.title, &g.description, g.cover_url.as_deref(), app_id, g.is_private, by_hand)?;
    Ok(())
}

/// Makes a build live. Whatever was to go live later no longer does.
pub async fn set_live(tx: &mut Tx, id: &str, build: &str) -> Result<(), DbError> {
    // What a policy keeps may be something else now.
    let sql = "UPDATE games SET live_build = $2, next_live = NULL, next_live_at = NULL, next_live_by = NULL, \
               pruned = NULL WHERE id = $1";
    execute!(tx, sql, id, build)?;
    Ok(())
}

/// Writes which build goes live by itself, when, and who said so; none for none.
pub async fn set_next_live(
    tx: &mut Tx,
    id: &str,
    next: Option<(&str, UnixMillis, &str)>,
) -> Result<(), DbError> {
    let sql = "UPDATE games SET next_live = $2, next_live_at = $3, next_live_by = $4 WHERE id = $1";
    let (build, at, by) = (next.map(|n| n.0), next.map(|n| n.1.0), next.map(|n| n.2));
    execute!(tx, sql, id, build, at, by)?;
    Ok(())
}

/// Games of which a build goes live by itself by now: the slug, and who said so.
pub async fn due_live(tx: &mut Tx, now: UnixMillis) -> Result<Vec<(Slug, String)>, DbError> {
    let sql = "SELECT slug, COALESCE(next_live_by, '') FROM games \
               WHERE next_live IS NOT NULL AND next_live_at <= $1 ORDER BY next_live_at, slug";
    fetch!(fetch_all, tx, (String, String), sql, now.0)?
        .into_iter()
        .map(|(slug, by)| Ok((parse("games.slug", &slug)?, by)))
        .collect()
}

/// Removes a game with its builds and grants.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM games WHERE id = $1", id)?;
    Ok(())
}
