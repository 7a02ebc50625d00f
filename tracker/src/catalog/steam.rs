//! What Steam says about a game: title, paragraph and cover, pulled on request. What a person edited stays.
//!
//! Questions go to one configured host and take nothing but a number from the catalogue, pictures come from Steam's own
//! hosts; no redirect is followed and every answer is bounded. One question is asked at a time, with a pause between two,
//! what was answered is kept for ten minutes, and who failed is left alone for a time that grows.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use mist_proto::{
    Slug,
    http::{Event, Game, GameField, LogLevel, SteamApp, SteamJob},
    limits::MAX_PICTURE,
    text::{Description, PictureUrl, Title},
};
use reqwest::{Client, Url, header::RETRY_AFTER};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{Catalog, covers, picture::Picture, visibility};
use crate::{
    audit,
    auth::caller::Caller,
    db::{self, Tx, games::GameRow},
    error::Problem,
    jobs::own::{self, Held},
    outbound,
    shared::events::{self, Audience},
};

/// The most that an answer may have.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where Steam's store answers.
pub const DEFAULT_BASE: &str = "https://store.steampowered.com";

/// The least time between two questions: Steam takes 200 in five minutes.
pub const SPACING: Duration = Duration::from_millis(1500);

/// So long, an answer is not asked for again.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// Answers that are kept. A picture takes up to 1.5 MB.
const KEPT: usize = 32;
/// The longest pause after failures, whatever Steam says.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Where Steam's pictures are, besides where its store answers.
const PICTURES: [&str; 2] = [".steamstatic.com", ".steampowered.com"];

/// Looks applications up, one at a time.
pub struct Steam {
    base: Url,
    client: Client,
    spacing: Duration,
    /// Held while a question is asked.
    line: Mutex<Line>,
}

/// What was asked, and when the next question may be.
struct Line {
    next: Instant,
    /// Failures one after another.
    failures: u32,
    /// Until then nothing is asked, because Steam failed.
    shut: Option<Instant>,
    /// The newest last.
    known: Vec<Known>,
}

/// What Steam said of an application.
struct Known {
    app_id: u32,
    at: Instant,
    details: Option<Details>,
    picture: Option<Arc<Picture>>,
}

/// What is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Details {
    pub(super) name: String,
    #[serde(default)]
    short_description: String,
    #[serde(default)]
    header_image: Option<String>,
}

/// The pause after so many failures one after another, and after Steam named one.
fn pause(spacing: Duration, failures: u32, told: Option<Duration>) -> Duration {
    let own = spacing.saturating_mul(1 << failures.min(12));
    told.unwrap_or_default().max(own).min(LONGEST_PAUSE)
}

fn away(app_id: u32, why: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(app_id, error = %why, "Steam look-up failed");
    Problem::Unavailable { code: "steam_away", message: "Steam does not answer; try later".to_owned() }
}

fn unknown(app_id: u32) -> Problem {
    Problem::conflict("unknown_app", format!("Steam knows no application {app_id}"))
}

impl Steam {
    /// Asks at `base`, at most once in `spacing`.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base: Url, spacing: Duration) -> anyhow::Result<Self> {
        let line = Line { next: Instant::now(), failures: 0, shut: None, known: Vec::new() };
        Ok(Self { base, client: outbound::client()?, spacing, line: Mutex::new(line) })
    }

    /// What Steam says of an application.
    pub(super) async fn details(&self, app_id: u32) -> Result<Details, Problem> {
        let mut line = self.line.lock().await;
        if line.known(app_id).is_none() {
            let mut url = self.base.join("/api/appdetails").map_err(|e| away(app_id, &e))?;
            url.query_pairs_mut().append_pair("appids", &app_id.to_string());
            let body = self.ask(&mut line, app_id, url, MAX_ANSWER).await?;
            let details = read(&body, app_id).map_err(|e| away(app_id, &e))?;
            line.keep(Known { app_id, at: Instant::now(), details, picture: None });
        }
        line.known(app_id).and_then(|known| known.details.clone()).ok_or_else(|| unknown(app_id))
    }

    /// The picture that Steam has for an application; none if it names none.
    pub(super) async fn picture(&self, app_id: u32) -> Result<Option<Arc<Picture>>, Problem> {
        let Some(url) = self.details(app_id).await?.header_image else { return Ok(None) };
        let mut line = self.line.lock().await;
        if let Some(picture) = line.known(app_id).and_then(|known| known.picture.clone()) {
            return Ok(Some(picture));
        }
        let url = self.of_steam(&url).ok_or_else(|| away(app_id, &format!("a picture at {url:?}")))?;
        let bytes = self.ask(&mut line, app_id, url, MAX_PICTURE).await?;
        let made = tokio::task::spawn_blocking(move || Picture::of(&bytes));
        let made = made.await.map_err(|e| Problem::Internal(e.into()))?.map_err(|e| away(app_id, &e))?;
        let made = Arc::new(made);
        if let Some(known) = line.known.iter_mut().find(|known| known.app_id == app_id) {
            known.picture = Some(Arc::clone(&made));
        }
        Ok(Some(made))
    }

    /// The address of a picture, if it is where Steam has them. Nothing else is ever fetched: an answer must not make this
    /// server ask its own network.
    fn of_steam(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let at_steam = url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| PICTURES.iter().any(|end| host.ends_with(end)));
        (at_steam || url.origin() == self.base.origin()).then_some(url)
    }

    /// Asks one question, after the pause that is due.
    async fn ask(&self, line: &mut Line, app_id: u32, url: Url, most: usize) -> Result<Vec<u8>, Problem> {
        if line.shut.is_some_and(|until| Instant::now() < until) {
            return Err(away(app_id, &"it failed just now, so that it is left alone for a while"));
        }
        tokio::time::sleep_until(line.next).await;
        let answer = self.fetch(url, most).await;
        line.next = Instant::now() + self.spacing;
        match answer {
            Ok(body) => {
                line.failures = 0;
                line.shut = None;
                Ok(body)
            }
            Err(failure) => {
                line.failures = line.failures.saturating_add(1);
                line.shut = Some(Instant::now() + pause(self.spacing, line.failures, failure.wait));
                Err(away(app_id, &failure.why))
            }
        }
    }

    async fn fetch(&self, url: Url, most: usize) -> Result<Vec<u8>, NoAnswer> {
        let answer = self.client.get(url).send().await?;
        if !answer.status().is_success() {
            let wait = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
            return Err(NoAnswer { why: answer.status().to_string(), wait: wait.map(Duration::from_secs) });
        }
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(part) = stream.next().await {
            body.extend_from_slice(&part?);
            if body.len() > most {
                return Err(NoAnswer { why: format!("the answer is over {most} bytes"), wait: None });
            }
        }
        Ok(body)
    }
}

/// Why there is no answer, and how long Steam wants to be left alone.
struct NoAnswer {
    why: String,
    wait: Option<Duration>,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(e: reqwest::Error) -> Self {
        Self { why: e.to_string(), wait: None }
    }
}

impl Line {
    /// What is known of an application and not old.
    fn known(&self, app_id: u32) -> Option<&Known> {
        self.known.iter().find(|known| known.app_id == app_id && known.at.elapsed() < FRESH)
    }

    fn keep(&mut self, new: Known) {
        self.known.retain(|known| known.app_id != new.app_id && known.at.elapsed() < FRESH);
        if self.known.len() >= KEPT {
            self.known.remove(0);
        }
        self.known.push(new);
    }
}

/// What Steam says of an application, before a game is made of it.
///
/// # Errors
/// 409 `unknown_app`; 503 `steam_away`.
pub async fn preview(catalog: &Catalog, app_id: u32) -> Result<SteamApp, Problem> {
    let details = catalog.steam.details(app_id).await?;
    Ok(SteamApp {
        app_id,
        title: Title::cleaned(&details.name).map(|t| t.to_string()).unwrap_or_default(),
        description: Description::cleaned(&plain_text(&details.short_description)).to_string(),
        has_cover: details.header_image.is_some_and(|url| catalog.steam.of_steam(&url).is_some()),
    })
}

/// The small picture of an application.
///
/// # Errors
/// 404 if it has none; 409 `unknown_app`; 503 `steam_away`.
pub async fn preview_picture(catalog: &Catalog, app_id: u32) -> Result<Vec<u8>, Problem> {
    let picture = catalog.steam.picture(app_id).await?.ok_or(Problem::NotFound)?;
    Ok(picture.small.clone())
}

/// Reads `{"<app id>": {"success": true, "data": {…}}}`.
fn read(body: &[u8], app_id: u32) -> Result<Option<Details>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Entry {
        success: bool,
        data: Option<Details>,
    }
    let mut all: std::collections::HashMap<String, Entry> = serde_json::from_slice(body)?;
    Ok(all.remove(&app_id.to_string()).filter(|e| e.success).and_then(|e| e.data))
}

/// Pulls what Steam says into the fields that nobody edited by hand: by a job, of which the first try is waited for.
///
/// # Errors
/// 404; 400 `no_app_id`; 409 `unknown_app`; 503 `steam_away`, then the job goes on trying.
pub async fn resync(catalog: &Catalog, caller: &Caller, slug: &Slug) -> Result<Game, Problem> {
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    if row.public.app_id.is_none() {
        return Err(no_app_id(slug));
    }
    audit::note(&mut tx, mint, caller, "game.resync_steam", slug.as_str()).await?;
    let id = own::add_once(&mut tx, mint, &SteamJob { game: slug.clone() }.into()).await?;
    let held = own::take(&mut tx, mint, &id).await?;
    tx.commit().await?;
    let held =
        held.ok_or_else(|| later("Steam is being asked about this game already; look again in a moment"))?;
    look_up(catalog, &held, slug).await.map_err(|problem| match problem {
        Problem::Unavailable { .. } => later(
            "Steam does not answer; it is asked again by itself, and the page of jobs says what comes of it",
        ),
        other => other,
    })?;
    Ok(visibility::visible(&mut catalog.records.read().await?, caller, slug).await?.public)
}

fn no_app_id(slug: &Slug) -> Problem {
    Problem::invalid("no_app_id", format!("{slug} has no Steam application id; give it one first"))
}

fn later(message: &str) -> Problem {
    Problem::Unavailable { code: "steam_away", message: message.to_owned() }
}

/// Does the look-ups that are due. What fails is tried again, or was given up.
///
/// # Errors
/// Only our own.
pub async fn look_up_due(catalog: &Catalog) -> Result<(), Problem> {
    while let Some(held) = own::next(&catalog.records, &*catalog.events, SteamJob::KIND).await? {
        if let Some(slug) = held.job.game.clone()
            && let Err(e) = look_up(catalog, &held, &slug).await
        {
            tracing::warn!(game = slug.as_str(), error = %e, "a look-up at Steam came to nothing");
        }
    }
    Ok(())
}

/// Does the job that looks a game up.
async fn look_up(catalog: &Catalog, held: &Held, slug: &Slug) -> Result<(), Problem> {
    let (records, events) = (&catalog.records, &*catalog.events);
    let looked = own::hold(records, held, pull(catalog, held, slug)).await?;
    match looked.unwrap_or_else(|| Err(later("the look-up was cancelled"))) {
        Ok(()) => {
            own::told(records, events, held).await?;
            let viewers = Audience::Viewers(slug.clone());
            events::post_one(events, viewers, Event::Game { game: slug.clone() }).await;
            Ok(())
        }
        Err(problem) => {
            own::fail(records, events, held, (&problem).into()).await?;
            Err(problem)
        }
    }
}

async fn pull(catalog: &Catalog, held: &Held, slug: &Slug) -> Result<(), Problem> {
    let row = db::games::by_slug(&mut catalog.records.read().await?, slug).await?.ok_or(Problem::NotFound)?;
    let app_id = row.public.app_id.ok_or_else(|| no_app_id(slug))?;
    let said = ask(catalog, app_id, !row.by_hand.contains(&GameField::Cover)).await?;
    let now = catalog.records.now();
    let mut tx = catalog.records.write().await?;
    let row = db::games::by_slug(&mut tx, slug).await?.ok_or(Problem::NotFound)?;
    take_over(&mut tx, &row, &row.by_hand, &said).await?;
    let line = |(level, text): (LogLevel, String)| own::says(level, text, now);
    let lines = outcome(app_id, &row.by_hand, &said).into_iter().map(line).collect();
    if !own::complete(&mut tx, held, lines, now).await? {
        return Err(later("the look-up was cancelled"));
    }
    Ok(tx.commit().await?)
}

/// What came of a look-up, for its log.
fn outcome(app_id: u32, by_hand: &[GameField], said: &Said) -> Vec<(LogLevel, String)> {
    let name = Title::cleaned(&said.details.name).map(|title| title.to_string()).unwrap_or_default();
    let mut lines = vec![(LogLevel::Info, format!("Steam calls application {app_id} {name:?}"))];
    for field in GameField::ALL {
        let (level, what) = match (by_hand.contains(&field), field, &said.picture) {
            (true, ..) => (LogLevel::Info, "stays as it was edited by hand"),
            (false, GameField::Cover, Pictured::None) => (LogLevel::Info, "Steam has none"),
            (false, GameField::Cover, Pictured::Unknown) => {
                (LogLevel::Warn, "can't be had now; the one before stays")
            }
            _ => (LogLevel::Info, "taken over"),
        };
        lines.push((level, format!("{field}: {what}")));
    }
    lines
}

/// Lets Steam's word stand again where a person wrote; without a Steam application, what a new game has.
///
/// # Errors
/// 404; 409 `unknown_app`; 503 `steam_away`. Then what the person wrote stays.
pub async fn reset(
    catalog: &Catalog,
    caller: &Caller,
    slug: &Slug,
    field: GameField,
) -> Result<Game, Problem> {
    let row = visibility::visible(&mut catalog.records.read().await?, caller, slug).await?;
    let said = match row.public.app_id {
        Some(app_id) => ask(catalog, app_id, field == GameField::Cover).await?,
        None => Said {
            details: Details { name: slug.to_string(), short_description: String::new(), header_image: None },
            picture: Pictured::None,
        },
    };
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let others: Vec<_> = GameField::ALL.into_iter().filter(|f| *f != field).collect();
    take_over(&mut tx, &row, &others, &said).await?;
    let left: Vec<_> = row.by_hand.iter().copied().filter(|f| *f != field).collect();
    let game = visibility::visible(&mut tx, caller, slug).await?.public;
    db::games::update(&mut tx, &row.id, &game, &left).await?;
    audit::note(&mut tx, mint, caller, "game.reset", &format!("{slug} {field}")).await?;
    let game = visibility::visible(&mut tx, caller, slug).await?.public;
    tx.commit().await?;
    events::post_one(&*catalog.events, Audience::Viewers(slug.clone()), Event::Game { game: slug.clone() })
        .await;
    Ok(game)
}

/// What Steam says, with its picture.
struct Said {
    details: Details,
    picture: Pictured,
}

enum Pictured {
    /// Not asked for, or not to be had now: the game keeps the one that it has.
    Unknown,
    /// There is none.
    None,
    /// This one.
    Made(Arc<Picture>),
}

/// Asks outside of any transaction: the answer may take seconds. A picture that can't be had keeps no text back.
async fn ask(catalog: &Catalog, app_id: u32, with_picture: bool) -> Result<Said, Problem> {
    let details = catalog.steam.details(app_id).await?;
    let picture = match with_picture {
        false => Pictured::Unknown,
        true => match catalog.steam.picture(app_id).await {
            Ok(Some(picture)) => Pictured::Made(picture),
            Ok(None) => Pictured::None,
            Err(_) => Pictured::Unknown,
        },
    };
    Ok(Said { details, picture })
}

/// Writes what Steam says into the fields that are not `kept`.
async fn take_over(tx: &mut Tx, row: &GameRow, kept: &[GameField], said: &Said) -> Result<(), Problem> {
    let game = merge(&row.public, kept, &said.details);
    db::games::update(tx, &row.id, &game, &row.by_hand).await?;
    if !kept.contains(&GameField::Cover) {
        match &said.picture {
            Pictured::Made(picture) => covers::put(tx, &row.id, picture).await?,
            Pictured::None => db::covers::remove(tx, &row.id).await?,
            Pictured::Unknown => {}
        }
    }
    Ok(())
}

fn merge(game: &Game, kept: &[GameField], details: &Details) -> Game {
    let free = |field: GameField| !kept.contains(&field);
    let mut game = game.clone();
    if free(GameField::Title)
        && let Some(title) = Title::cleaned(&details.name)
    {
        game.title = title.to_string();
    }
    if free(GameField::Description) {
        game.description = Description::cleaned(&plain_text(&details.short_description)).to_string();
    }
    if free(GameField::Cover) {
        let url = details.header_image.clone().filter(|url| url.starts_with("https://"));
        game.cover_url = url.filter(|url| url.parse::<PictureUrl>().is_ok());
    }
    game
}

/// Without tags, and with the entities that Steam writes resolved.
fn plain_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    // The ampersand last, so that nothing is resolved twice.
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(out, |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> Details {
        Details {
            name: "Portal".into(),
            short_description: "Think &amp; <b>jump</b> &quot;through&quot;".into(),
            header_image: Some("https://cdn.example/p.jpg".into()),
        }
    }

    fn game() -> Game {
        Game {
            slug: "portal".parse().expect("slug"),
            title: "portal".into(),
            app_id: Some(400),
            is_private: false,
            description: "mine".into(),
            cover_url: None,
            cover: None,
            by_hand: vec![],
            live: None,
            created: mist_proto::UnixMillis(0),
        }
    }

    #[test]
    fn hand_edits_win() {
        let merged = merge(&game(), &[GameField::Description], &details());
        assert_eq!((merged.title.as_str(), merged.description.as_str()), ("Portal", "mine"));
        let merged = merge(&game(), &[GameField::Title], &details());
        assert_eq!(merged.title, "portal");
        assert_eq!(merged.description, "Think & jump \"through\"");
    }

    #[test]
    fn who_failed_is_left_alone_for_longer_each_time() {
        let second = Duration::from_secs(1);
        let pauses: Vec<u64> = (1..=4).map(|n| pause(second, n, None).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16]);
        assert_eq!(pause(second, 40, None), LONGEST_PAUSE);
        assert_eq!(pause(second, 1, Some(60 * second)).as_secs(), 60);
        assert_eq!(pause(second, 1, Some(Duration::MAX)), LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn pictures_come_from_steam_alone() {
        let steam = Steam::new("http://127.0.0.1:9".parse().expect("a URL"), SPACING).expect("a client");
        let of = |url: &str| steam.of_steam(url).is_some();
        assert!(of("https://shared.akamai.steamstatic.com/store_item_assets/steam/apps/400/header.jpg?t=1"));
        assert!(of("http://127.0.0.1:9/p.jpg"));
        for other in [
            "http://shared.akamai.steamstatic.com/p.jpg",
            "https://steamstatic.com.evil.example/p.jpg",
            "https://x.steamstatic.com:8443/p.jpg",
            "https://127.0.0.1/p.jpg",
            "http://127.0.0.1:10/p.jpg",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn answers_of_another_shape_are_no_details() {
        assert_eq!(read(br#"{"400": {"success": false}}"#, 400).expect("json"), None);
        assert_eq!(read(br#"{"401": {"success": true, "data": {"name": "x"}}}"#, 400).expect("json"), None);
        assert!(read(b"[]", 400).is_err());
        let good = read(br#"{"400": {"success": true, "data": {"name": "x", "more": 1}}}"#, 400);
        assert_eq!(good.expect("json").map(|d| d.name), Some("x".into()));
    }
}
