//! Covers: taken from people or from Steam, served by us to whoever may see the game.

use mist_proto::{
    Hash, Slug,
    http::{CoverSize, Event, Game, GameField},
};

use super::{Catalog, picture::Picture, visibility};
use crate::{
    audit,
    auth::caller::Caller,
    db::{self, DbError, Tx, covers::NewCover},
    error::Problem,
    shared::events::{self, Audience},
};

/// Writes a cover.
pub(super) async fn put(tx: &mut Tx, game: &str, picture: &Picture) -> Result<(), DbError> {
    let Picture { hash, large, small, size, hue } = picture;
    db::covers::put(tx, game, &NewCover { hash: *hash, hue: *hue, size: *size, large, small }).await
}

/// The bytes of a game's cover.
///
/// # Errors
/// 404, also for a cover that it had before.
pub async fn bytes(
    catalog: &Catalog,
    caller: &Caller,
    slug: &Slug,
    id: &Hash,
    size: CoverSize,
) -> Result<Vec<u8>, Problem> {
    let mut tx = catalog.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    db::covers::bytes(&mut tx, &game.id, id, size).await?.ok_or(Problem::NotFound)
}

/// Takes a picture as the cover, by a person's hand.
///
/// # Errors
/// 404; 400 `bad_picture`.
pub async fn upload(
    catalog: &Catalog,
    caller: &Caller,
    slug: &Slug,
    bytes: axum::body::Bytes,
) -> Result<Game, Problem> {
    visibility::visible(&mut catalog.records.read().await?, caller, slug).await?;
    let turn = catalog.pictures.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let made = tokio::task::spawn_blocking(move || Picture::of(&bytes)).await;
    drop(turn);
    let made = made.map_err(|e| Problem::Internal(e.into()))?;
    let made = made.map_err(|e| Problem::invalid("bad_picture", e.to_string()))?;
    by_hand(catalog, caller, slug, Some(&made)).await
}

/// Takes the cover away, by a person's hand.
///
/// # Errors
/// 404.
pub async fn remove(catalog: &Catalog, caller: &Caller, slug: &Slug) -> Result<Game, Problem> {
    by_hand(catalog, caller, slug, None).await
}

async fn by_hand(
    catalog: &Catalog,
    caller: &Caller,
    slug: &Slug,
    picture: Option<&Picture>,
) -> Result<Game, Problem> {
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let mut row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    match picture {
        Some(picture) => put(&mut tx, &row.id, picture).await?,
        None => db::covers::remove(&mut tx, &row.id).await?,
    }
    if !row.by_hand.contains(&GameField::Cover) {
        row.by_hand.push(GameField::Cover);
    }
    row.public.cover_url = None;
    db::games::update(&mut tx, &row.id, &row.public, &row.by_hand).await?;
    let action = if picture.is_some() { "game.cover" } else { "game.cover_remove" };
    audit::note(&mut tx, mint, caller, action, slug.as_str()).await?;
    let game = visibility::visible(&mut tx, caller, slug).await?.public;
    tx.commit().await?;
    events::post_one(&*catalog.events, Audience::Viewers(slug.clone()), Event::Game { game: slug.clone() })
        .await;
    Ok(game)
}
