//! Making, changing and removing games.

use mist_proto::{
    Slug, Version,
    http::{DeleteJob, Event, Game, GameField, GameList, JobSpec, NewGame, PageQuery, UpdateGame},
};

use super::{Catalog, visibility};
use crate::{
    audit,
    auth::caller::Caller,
    db::{self, Tx, games::GameRow, jobs::NewJob},
    error::Problem,
    http::{json::Encoded, page::Page},
    jobs::queue,
    recent::Recent,
    shared::{
        events::{self, Audience},
        wake,
    },
};

/// Games that the caller may see, by title.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(
    catalog: &Catalog,
    caller: &Caller,
    query: &PageQuery,
) -> Result<Encoded<GameList>, Problem> {
    let page = Page::asked(query)?;
    let (key, moment) = ((caller.id.clone(), query.after.clone(), query.limit), catalog.records.moment());
    // Beside replicas each look is a new one: who is told that something changed elsewhere looks at once.
    if catalog.records.is_alone
        && let Some(list) = catalog.lists.get(&key, moment)
    {
        return Ok(list);
    }
    let mut tx = catalog.records.read().await?;
    let games = visibility::visible_behind(&mut tx, caller, page.after.as_ref(), page.to_read()).await?;
    let games = games.into_iter().map(|g| g.public).collect();
    let (games, next) = page.cut(games, |g: &Game| (g.title.clone(), g.slug.to_string()));
    let list = Encoded::new(&GameList { games, as_of: catalog.records.now(), next })?;
    if catalog.records.is_alone {
        catalog.lists.put(key, moment, list.clone());
    }
    Ok(list)
}

/// Pages of the catalogue, by account, cursor and length.
pub type RecentLists = Recent<(String, Option<String>, Option<u16>), Encoded<GameList>>;

/// Makes a game.
///
/// # Errors
/// 409 `game_exists`.
pub async fn create(catalog: &Catalog, caller: &Caller, new: NewGame) -> Result<Game, Problem> {
    let mint = catalog.records.mint();
    let by_hand: Vec<_> = new.title.iter().map(|_| GameField::Title).collect();
    let game = Game {
        title: new.title.map_or_else(|| new.slug.to_string(), |title| title.to_string()),
        slug: new.slug,
        app_id: new.app_id.filter(|id| *id != 0),
        is_private: new.is_private,
        description: String::new(),
        cover_url: None,
        cover: None,
        by_hand: by_hand.clone(),
        live: None,
        created: mint.now,
    };
    let mut tx = catalog.records.write().await?;
    match db::games::insert(&mut tx, &mint.id(), &game, &by_hand).await {
        Err(e) if e.is_taken() => {
            return Err(Problem::conflict("game_exists", format!("there is a game {} already", game.slug)));
        }
        written => written?,
    }
    audit::note(&mut tx, mint, caller, "game.new", game.slug.as_str()).await?;
    tx.commit().await?;
    events::post_one(
        &*catalog.events,
        Audience::Viewers(game.slug.clone()),
        Event::Game { game: game.slug.clone() },
    )
    .await;
    Ok(game)
}

/// Changes what the catalogue says, by a person's hand.
///
/// # Errors
/// 404.
pub async fn edit(
    catalog: &Catalog,
    caller: &Caller,
    slug: &Slug,
    edit: UpdateGame,
) -> Result<Game, Problem> {
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let (game, by_hand) = apply_edit(&row, edit);
    db::games::update(&mut tx, &row.id, &game, &by_hand).await?;
    if game.is_private != row.public.is_private {
        change_privacy(&mut tx, &row, game.is_private, mint.now).await?;
    }
    audit::note(&mut tx, mint, caller, "game.edit", slug.as_str()).await?;
    let game = visibility::visible(&mut tx, caller, slug).await?.public;
    tx.commit().await?;
    events::post_one(&*catalog.events, Audience::Viewers(slug.clone()), Event::Game { game: slug.clone() })
        .await;
    Ok(game)
}

/// What a game is after an edit, and the fields that people have edited by then.
fn apply_edit(row: &GameRow, edit: UpdateGame) -> (Game, Vec<GameField>) {
    let mut game = row.public.clone();
    let mut by_hand = row.by_hand.clone();
    let mut mark = |field: GameField| {
        if !by_hand.contains(&field) {
            by_hand.push(field);
        }
    };
    if let Some(title) = edit.title {
        mark(GameField::Title);
        game.title = title.to_string();
    }
    if let Some(description) = edit.description {
        mark(GameField::Description);
        game.description = description.to_string();
    }
    if let Some(cover) = edit.cover_url {
        mark(GameField::Cover);
        game.cover_url = Some(cover.to_string()).filter(|c| !c.is_empty());
    }
    if let Some(private) = edit.is_private {
        game.is_private = private;
    }
    if let Some(app_id) = edit.app_id {
        game.app_id = Some(app_id).filter(|id| *id != 0);
    }
    (game, by_hand)
}

/// Tickets are good for a day: those of people who may no longer see the game are denied.
async fn change_privacy(
    tx: &mut Tx,
    row: &GameRow,
    private: bool,
    now: mist_proto::UnixMillis,
) -> Result<(), Problem> {
    let slug = &row.public.slug;
    if !private {
        return Ok(db::denied::allow_game(tx, slug).await?);
    }
    let granted = db::users::granted(tx, &row.id).await?;
    for user in db::users::ordinary_ids(tx).await? {
        if !granted.contains(&user) {
            db::denied::deny_grant(tx, &user, slug, now).await?;
        }
    }
    Ok(())
}

/// Removes a game with its builds and grants; the seed deletes its files.
///
/// # Errors
/// 404.
pub async fn remove(catalog: &Catalog, caller: &Caller, slug: &Slug) -> Result<(), Problem> {
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    delete_files(&mut tx, mint, &row, None).await?;
    db::jobs::forget_game(&mut tx, slug).await?;
    db::games::delete(&mut tx, &row.id).await?;
    audit::note(&mut tx, mint, caller, "game.remove", slug.as_str()).await?;
    tx.commit().await?;
    wake::wake(&*catalog.wake).await;
    let audience = if row.public.is_private { Audience::Admins } else { Audience::Everyone };
    events::post_one(&*catalog.events, audience, Event::Removed { game: slug.clone(), version: None }).await;
    Ok(())
}

/// Tells the game's seeds to delete a build, or everything, once nobody works on it any more.
pub async fn delete_files(
    tx: &mut Tx,
    mint: crate::clock::Mint<'_>,
    row: &GameRow,
    build: Option<(&str, &Version)>,
) -> Result<(), Problem> {
    let slug = &row.public.slug;
    // A worker that still holds a lease notices at its next report that the job is gone; until the lease ends it
    // might go on writing.
    let busy_until = db::jobs::last_lease(tx, slug, build.map(|(id, _)| id)).await?;
    let spec = JobSpec::from(DeleteJob { game: slug.clone(), version: build.map(|(_, v)| v.clone()) });
    for seed in db::copies::of_game(tx, &row.id).await? {
        let earlier = db::jobs::pending_delete(tx, slug, &seed).await?;
        let id = mint.id();
        let job = NewJob {
            after: earlier.as_deref(),
            not_before: busy_until.unwrap_or(mint.now).max(mint.now),
            ..NewJob::at_once(&id, &spec, &seed, mint.now)
        };
        queue::add(tx, &job).await?;
    }
    Ok(())
}
