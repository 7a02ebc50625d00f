//! What Steam says about a game: title, paragraph and cover, pulled on request. What a person edited stays.
//!
//! The request goes to one configured host and takes nothing but a number from the catalogue; it follows no redirect
//! and reads at most 1 MiB.

use std::time::Duration;

use futures::StreamExt;
use mist_proto::{
    Slug,
    http::{Event, Game},
    text::{Description, PictureUrl, Title},
};
use reqwest::{Client, Url, redirect::Policy};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use super::{Catalog, visibility};
use crate::{
    audit,
    auth::caller::Caller,
    db,
    error::Problem,
    shared::events::{self, Audience},
};

/// The most that an answer may have.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where Steam's store answers.
pub const DEFAULT_BASE: &str = "https://store.steampowered.com";

/// The least time between two questions: Steam takes 200 in five minutes.
pub const SPACING: Duration = Duration::from_millis(1500);

/// Looks applications up, one at a time.
pub struct Steam {
    base: Url,
    client: Client,
    spacing: Duration,
    /// When the next question may be asked.
    next: Mutex<Instant>,
}

/// What is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Details {
    name: String,
    #[serde(default)]
    short_description: String,
    #[serde(default)]
    header_image: Option<String>,
}

impl Steam {
    /// Asks at `base`, at most once in `spacing`.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(base: Url, spacing: Duration) -> anyhow::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .user_agent(concat!("mist/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { base, client, spacing, next: Mutex::new(Instant::now()) })
    }

    async fn details(&self, app_id: u32) -> Result<Option<Details>, Problem> {
        let away = |e: &dyn std::fmt::Display| {
            tracing::warn!(app_id, error = %e, "Steam look-up failed");
            Problem::Unavailable {
                code: "steam_away",
                message: "Steam does not answer; try later".to_owned(),
            }
        };
        let mut url = self.base.join("/api/appdetails").map_err(|e| away(&e))?;
        url.query_pairs_mut().append_pair("appids", &app_id.to_string());
        let mut next = self.next.lock().await;
        tokio::time::sleep_until(*next).await;
        let answer = self.client.get(url).send().await;
        *next = Instant::now() + self.spacing;
        drop(next);
        let answer = answer.map_err(|e| away(&e))?;
        if !answer.status().is_success() {
            return Err(away(&answer.status()));
        }
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(part) = stream.next().await {
            body.extend_from_slice(&part.map_err(|e| away(&e))?);
            if body.len() > MAX_ANSWER {
                return Err(away(&"the answer is over 1 MiB"));
            }
        }
        read(&body, app_id).map_err(|e| away(&e))
    }
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

/// Pulls what Steam says into the fields that nobody edited by hand.
///
/// # Errors
/// 404; 400 `no_app_id`; 409 `unknown_app`; 503 `steam_away`.
pub async fn resync(catalog: &Catalog, caller: &Caller, slug: &Slug) -> Result<Game, Problem> {
    let row = visibility::visible(&mut catalog.records.read().await?, caller, slug).await?;
    let app_id = row.public.app_id.ok_or_else(|| {
        Problem::invalid("no_app_id", format!("{slug} has no Steam application id; give it one first"))
    })?;
    // Asked outside of any transaction: the answer may take seconds.
    let details = catalog.steam.details(app_id).await?;
    let details = details
        .ok_or_else(|| Problem::conflict("unknown_app", format!("Steam knows no application {app_id}")))?;
    let mint = catalog.records.mint();
    let mut tx = catalog.records.write().await?;
    let row = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let game = merge(&row.public, &row.by_hand, details);
    db::games::update(&mut tx, &row.id, &game, &row.by_hand).await?;
    audit::note(&mut tx, mint, caller, "game.resync_steam", slug.as_str()).await?;
    tx.commit().await?;
    events::tell(&*catalog.events, Audience::Viewers(slug.clone()), Event::Game { game: slug.clone() }).await;
    Ok(game)
}

fn merge(game: &Game, by_hand: &[String], details: Details) -> Game {
    let free = |field: &str| !by_hand.iter().any(|f| f == field);
    let mut game = game.clone();
    if free("title")
        && let Some(title) = Title::cleaned(&details.name)
    {
        game.title = title.to_string();
    }
    if free("description") {
        game.description = Description::cleaned(&plain_text(&details.short_description)).to_string();
    }
    if free("cover_url") {
        let url = details.header_image.filter(|url| url.starts_with("https://"));
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
            live: None,
            created: mist_proto::UnixMillis(0),
        }
    }

    #[test]
    fn hand_edits_win() {
        let merged = merge(&game(), &["description".into()], details());
        assert_eq!((merged.title.as_str(), merged.description.as_str()), ("Portal", "mine"));
        let merged = merge(&game(), &["title".into()], details());
        assert_eq!(merged.title, "portal");
        assert_eq!(merged.description, "Think & jump \"through\"");
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
