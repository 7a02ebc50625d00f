//! The catalogue.

use serde::{Deserialize, Serialize};

use crate::{
    Slug, UnixMillis, Version,
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
    /// Address of a cover picture.
    pub cover_url: Option<String>,
    /// Version that friends get by default; none before the first push.
    pub live: Option<Version>,
    /// When it was made.
    pub created: UnixMillis,
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
    /// New Steam application id.
    #[serde(default)]
    pub app_id: Option<u32>,
}
