//! The catalogue.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Hash, Slug, UnixMillis, Version,
    text::{Description, PictureUrl, Title},
};

/// A game as its viewer may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Game {
    /// Key.
    pub slug: Slug,
    /// Title for people.
    pub title: String,
    /// Steam application id, if its details are pulled from there.
    pub app_id: Option<u32>,
    /// Whether only admins and accounts with a grant see it.
    pub is_private: bool,
    /// Paragraph for people.
    pub description: String,
    /// Where the cover came from, for people. Nobody loads it from there: see [`Game::cover`].
    pub cover_url: Option<String>,
    /// The cover, which the server itself serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// What a person wrote, so that Steam does not overwrite it; told to admins only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<GameField>,
    /// Version that friends get by default; none before the first push.
    pub live: Option<Version>,
    /// When it was made.
    pub created: UnixMillis,
}

/// A game's cover: a JPEG that the server made of what it was given. `GET /games/{slug}/cover/{id}` gives its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cover {
    /// Hash of its bytes. Another picture has another one, so that what was fetched once need not be asked for again.
    pub id: Hash,
    /// The hue that strikes most, in degrees of OKLCH; none of a grey picture.
    pub hue: Option<u16>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What of a game Steam can tell and a person can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GameField {
    /// Title.
    Title,
    /// Paragraph.
    Description,
    /// Cover.
    Cover,
}

impl GameField {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Title, Self::Description, Self::Cover];
}

impl fmt::Display for GameField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Cover => "cover",
        })
    }
}

/// In which size a cover is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CoverSize {
    /// At most 1,200 pixels wide and high.
    #[default]
    Large,
    /// At most 320 pixels wide and high.
    Small,
}

/// Query of `GET /games/{slug}/cover/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverQuery {
    /// Its size.
    #[serde(default)]
    #[param(inline)]
    pub size: CoverSize,
}

/// What Steam says about an application: `GET /steam/{app_id}` (admin), before a game is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SteamApp {
    /// The application.
    pub app_id: u32,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Whether there is a picture, which `GET /steam/{app_id}/cover` gives.
    pub has_cover: bool,
}

/// `GET /games`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GameList {
    /// Games that the caller may see, by title.
    pub games: Vec<Game>,
    /// When the server made this list; clients show the age of a cached one.
    pub as_of: UnixMillis,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /games` (admin). Answers with the [`Game`]; 409 `game_exists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewGame {
    /// Key.
    pub slug: Slug,
    /// Title; the slug if there is none.
    #[serde(default)]
    pub title: Option<Title>,
    /// Steam application id.
    #[serde(default)]
    pub app_id: Option<u32>,
    /// Whether only admins and accounts with a grant see it.
    #[serde(default)]
    pub is_private: bool,
}

/// `PATCH /games/{slug}` (admin): what is absent stays. Hand edits win over what Steam says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UpdateGame {
    /// New title.
    #[serde(default)]
    pub title: Option<Title>,
    /// New paragraph.
    #[serde(default)]
    pub description: Option<Description>,
    /// New cover.
    #[serde(default)]
    pub cover_url: Option<PictureUrl>,
    /// New visibility.
    #[serde(default)]
    pub is_private: Option<bool>,
    /// New Steam application id; 0 takes it away.
    #[serde(default)]
    pub app_id: Option<u32>,
}
