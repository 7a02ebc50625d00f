//! Changing what is said of a game or a build.

use std::path::Path;

use anyhow::{Context, Result};
use mist_command_line::{text, told};
use mist_proto::{
    http::{EditBuild, Game, GameField, UpdateGame, route},
    limits::MAX_PICTURE,
    text::{Description, Notes},
};
use mist_readable::escaped;

use crate::{
    api::{Api, TRANSFER},
    args::{BuildName, EditArgs, Target},
    failure::{Exit, name_missing, refuse},
    show::Screen,
};

fn usage(message: impl Into<String>) -> anyhow::Error {
    refuse(Exit::Usage, message)
}

/// A text that was given, or that is in a file.
fn text_of<T>(given: Option<String>, file: Option<&Path>) -> Result<Option<T>>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let said = match file {
        Some(file) => {
            let read = text::read(file).map_err(|e| usage(told(anyhow::Error::new(e).chain())))?;
            Some(read.trim_end().to_owned())
        }
        None => given,
    };
    said.map(|said| said.parse().map_err(|e: T::Err| usage(e.to_string()))).transpose()
}

/// The bytes of a picture, so many that the server would take them.
fn picture(file: &Path) -> Result<Vec<u8>> {
    let size = std::fs::metadata(file).with_context(|| format!("can't read {}", file.display()))?.len();
    if size > MAX_PICTURE as u64 {
        let most = mist_readable::bytes(MAX_PICTURE as u64);
        return Err(usage(format!("{} is over {most}, more than a cover may have", file.display())));
    }
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// `edit SLUG[@VERSION]`.
pub(super) async fn edit(api: &Api, screen: Screen, args: EditArgs) -> Result<()> {
    let notes = text_of::<Notes>(args.notes.clone(), args.notes_file.as_deref())?;
    match (&args.target, notes) {
        (Target { game, version: Some(version) }, Some(notes)) => {
            let build = BuildName { game: game.clone(), version: version.clone() };
            change(api, screen, &build, &EditBuild { notes: Some(notes), pinned: None }).await?;
            screen.line(&format!("{game}@{version}: what is new in it is written"))
        }
        (Target { version: Some(_), .. }, None) => {
            Err(usage("say what is new in the build, by --notes or --notes-file"))
        }
        (Target { game, version: None }, Some(_)) => {
            Err(usage(format!("what is new belongs to a build: name it, as {game}@VERSION")))
        }
        (Target { game, version: None }, None) => {
            let name = format!("game {game}: see `mistpipe ls`");
            let edited = edit_game(api, args).await.map_err(|e| name_missing(e, &name))?;
            show(screen, &edited)
        }
    }
}

async fn edit_game(api: &Api, args: EditArgs) -> Result<Game> {
    let slug = args.target.game;
    let cover = args.cover.as_deref().map(picture).transpose()?;
    let body = UpdateGame {
        title: args.title,
        description: text_of::<Description>(args.description, args.description_file.as_deref())?,
        cover_url: None,
        is_private: args.private.then_some(true).or(args.public.then_some(false)),
        app_id: args.app_id.or(args.no_app_id.then_some(0)),
    };
    let nothing = body == UpdateGame::default() && cover.is_none() && !args.no_cover && args.reset.is_empty();
    if nothing {
        return Err(usage("say what to change: see `mistpipe edit --help`"));
    }
    let mut game = None;
    if body != UpdateGame::default() {
        game = Some(api.call(route::EditGame, &slug, |call| call.json(&body)).await?);
    }
    if let Some(bytes) = cover {
        let send = |call: mist_api_client::CallTo<route::PutCover>| call.body(bytes.clone()).within(TRANSFER);
        game = Some(api.call(route::PutCover, &slug, send).await?);
    }
    if args.no_cover {
        game = Some(api.ask(route::RemoveCover, &slug).await?);
    }
    for field in args.reset {
        game = Some(api.ask_once(route::ResetField, &(slug.clone(), field)).await?);
    }
    game.context("nothing was changed")
}

fn show(screen: Screen, game: &Game) -> Result<()> {
    let own = |field| if game.by_hand.contains(&field) { " (by hand)" } else { "" };
    screen.line(&format!("{}: {}{}", game.slug, escaped(&game.title), own(GameField::Title)))?;
    let about = game.description.lines().next().unwrap_or("no description");
    screen.line(&format!("  {}{}", escaped(about), own(GameField::Description)))?;
    let cover = match &game.cover {
        Some(cover) => format!("cover of {} x {}", cover.width, cover.height),
        None => "no cover".into(),
    };
    let app = game.app_id.map_or_else(|| "not from Steam".into(), |id| format!("Steam application {id}"));
    let seen_by = if game.is_private { "whom you grant it" } else { "every friend" };
    screen.line(&format!("  {cover}{}, {app}, seen by {seen_by}", own(GameField::Cover)))?;
    screen.record(game)
}

/// `pin SLUG@VERSION`.
pub(super) async fn pin(api: &Api, screen: Screen, build: &BuildName, pinned: bool) -> Result<()> {
    change(api, screen, build, &EditBuild { notes: None, pinned: Some(pinned) }).await?;
    let BuildName { game, version } = build;
    let now = if pinned { "pinned: pruning leaves it alone" } else { "no longer pinned" };
    screen.line(&format!("{game}@{version} is {now}"))
}

async fn change(api: &Api, screen: Screen, build: &BuildName, edit: &EditBuild) -> Result<()> {
    let BuildName { game, version } = build;
    let place = (game.clone(), version.clone());
    let changed = api.call(route::ChangeBuild, &place, |call| call.json(edit)).await;
    let changed = changed
        .map_err(|e| name_missing(e, format_args!("build {game}@{version}: see `mistpipe ls {game}`")))?;
    screen.record(&changed)
}
