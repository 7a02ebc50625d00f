//! Which games a caller may see. Every route that names a game asks here first: a private game without a grant
//! is answered exactly as one that does not exist.

use std::collections::HashSet;

use mist_proto::{Slug, UnixMillis, claims::Scope};

use crate::{
    auth::caller::Caller,
    db::{self, DbError, Tx, games::GameRow},
    error::Problem,
};

/// The game, if the caller may see it.
///
/// # Errors
/// [`Problem::NotFound`] for unknown and forbidden alike.
pub async fn visible(tx: &mut Tx, caller: &Caller, slug: &Slug) -> Result<GameRow, Problem> {
    let game = db::games::by_slug(tx, slug).await?;
    // Asked in every case, so that an unknown game takes as long as a forbidden one.
    let id = game.as_ref().map_or("", |g| &g.id);
    let granted = caller.scope != Scope::User || db::games::is_granted(tx, id, &caller.id).await?;
    let mut game = game.filter(|g| granted || !g.public.is_private).ok_or(Problem::NotFound)?;
    reveal_to(caller, &mut game);
    Ok(game)
}

/// The game, if the caller may see it, taken for this transaction ([`db::games::lock`]) and read after that: whoever
/// decides by its builds or its live build must not decide by what they were before another transaction.
///
/// # Errors
/// [`Problem::NotFound`] for unknown and forbidden alike.
pub async fn visible_to_change(
    tx: &mut Tx,
    caller: &Caller,
    slug: &Slug,
    now: UnixMillis,
) -> Result<GameRow, Problem> {
    let game = visible(tx, caller, slug).await?;
    db::games::lock(tx, &game.id, now).await?;
    visible(tx, caller, slug).await
}

/// The games that the caller may see behind that title and slug, by title.
///
/// # Errors
/// [`DbError`].
pub async fn visible_behind(
    tx: &mut Tx,
    caller: &Caller,
    after: Option<&(String, String)>,
    limit: i64,
) -> Result<Vec<GameRow>, DbError> {
    let account = (caller.scope == Scope::User).then_some(caller.id.as_str());
    let mut games = db::games::page(tx, account, after, limit).await?;
    games.iter_mut().for_each(|game| reveal_to(caller, game));
    Ok(games)
}

/// Slugs of the games that the caller may see.
///
/// # Errors
/// [`DbError`].
pub async fn visible_slugs(tx: &mut Tx, caller: &Caller) -> Result<HashSet<Slug>, DbError> {
    if caller.scope != Scope::User {
        return db::games::all_slugs(tx).await;
    }
    let mut slugs = db::games::public_slugs(tx).await?;
    slugs.extend(db::games::granted_slugs(tx, &caller.id).await?);
    Ok(slugs)
}

/// Every game that the caller may see, by title.
///
/// # Errors
/// [`DbError`].
pub async fn all_visible(tx: &mut Tx, caller: &Caller) -> Result<Vec<GameRow>, DbError> {
    let mut games = db::games::list(tx).await?;
    // Each engine has an order of its own for text.
    games.sort_by(|a, b| (&a.public.title, &a.public.slug).cmp(&(&b.public.title, &b.public.slug)));
    if caller.scope == Scope::User {
        let granted: HashSet<String> = db::games::granted_to(tx, &caller.id).await?.into_iter().collect();
        games.retain(|g| !g.public.is_private || granted.contains(&g.id));
    }
    games.iter_mut().for_each(|game| reveal_to(caller, game));
    Ok(games)
}

/// Says what only admins are told.
fn reveal_to(caller: &Caller, game: &mut GameRow) {
    if caller.scope == Scope::Admin {
        game.public.by_hand.clone_from(&game.by_hand);
    }
}
