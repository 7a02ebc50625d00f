//! The catalogue: games as a whole.

use anyhow::Result;
use mist_command_line::told;
use mist_proto::{
    Slug,
    http::{Game, NewGame, route},
};
use mist_readable::{Align, Table};

use crate::{
    api::Api,
    args::NewGameArgs,
    failure::{Exit, name_missing, refuse},
    show::Screen,
};

/// `new-game`.
pub(super) async fn new_game(api: &Api, screen: Screen, args: NewGameArgs) -> Result<()> {
    let body = NewGame { slug: args.slug, title: args.title, app_id: args.app_id, is_private: args.private };
    let game = add(api, screen, body).await?;
    screen.note(&format!("next: mistpipe push FOLDER --game {} --version 1.0", game.slug));
    Ok(())
}

/// Adds a game, with what Steam says about it.
pub(crate) async fn add(api: &Api, screen: Screen, body: NewGame) -> Result<Game> {
    let mut game = api.call(route::AddGame, &(), |call| call.json(&body)).await?;
    if game.app_id.is_some() {
        match pull_from_steam(api, &game.slug).await {
            Ok(pulled) => game = pulled,
            Err(e) => screen.warn(&format!(
                "Steam's data could not be fetched ({}); the game is made, and `mistpipe resync-steam {}` tries again",
                mist_readable::escaped(&told(e.chain())),
                game.slug
            )),
        }
    }
    let seen_by = if game.is_private { "seen only by whom you grant it" } else { "seen by every friend" };
    screen.line(&format!(
        "{} ({}) is in the catalogue, {seen_by}",
        game.slug,
        mist_readable::escaped(&game.title)
    ))?;
    screen.record(&game)?;
    Ok(game)
}

/// Has the server fetch what Steam says about a game: the fields that nobody edited.
async fn pull_from_steam(api: &Api, game: &Slug) -> Result<Game> {
    api.ask_once(route::ResyncSteam, game).await
}

/// `ls` without a game.
pub(super) async fn list(api: &Api, screen: Screen) -> Result<()> {
    let games = api.list(route::ListGames, &()).await?;
    if games.is_empty() {
        screen.note("there are no games yet: add one with `mistpipe new-game SLUG`");
    } else {
        let mut table = Table::new(&[
            ("GAME", Align::Left),
            ("TITLE", Align::Left),
            ("LIVE", Align::Left),
            ("SEEN BY", Align::Left),
        ]);
        for game in &games {
            let live = game.live.as_ref().map_or_else(|| "-".into(), ToString::to_string);
            let seen_by = if game.is_private { "grants" } else { "all" };
            table.row([game.slug.to_string(), game.title.clone(), live, seen_by.into()]);
        }
        screen.table(&table)?;
    }
    games.iter().try_for_each(|game| screen.record(game))
}

/// `resync-steam`.
pub(super) async fn resync(api: &Api, screen: Screen, game: Option<Slug>) -> Result<()> {
    let slugs = match game {
        Some(slug) => vec![slug],
        None => {
            let games = api.list(route::ListGames, &()).await?;
            games.into_iter().filter(|g| g.app_id.is_some()).map(|g| g.slug).collect()
        }
    };
    if slugs.is_empty() {
        return Err(refuse(Exit::NotFound, "no game has a Steam app id: give one with `new-game --app-id`"));
    }
    let mut failed = 0u64;
    for slug in &slugs {
        match pull_from_steam(api, slug).await {
            Ok(game) => {
                screen.line(&format!("{slug}: {}", mist_readable::escaped(&game.title)))?;
                screen.record(&game)?;
            }
            Err(e) if slugs.len() > 1 => {
                failed += 1;
                screen.warn(&format!("{slug}: {}", mist_readable::escaped(&told(e.chain()))));
            }
            Err(e) => return Err(name_missing(e, format_args!("game {slug}: see `mistpipe ls`"))),
        }
    }
    anyhow::ensure!(
        failed == 0,
        "{} could not be fetched from Steam",
        mist_readable::count(failed, "game", "games")
    );
    Ok(())
}
