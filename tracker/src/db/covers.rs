//! Covers of games. What the catalogue tells of them comes with the game; here are the bytes.

use mist_proto::{Hash, http::CoverSize};

use super::{DbError, Tx};

/// A cover, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCover<'a> {
    /// Hash of the large picture.
    pub hash: Hash,
    /// Degrees of OKLCH.
    pub hue: Option<u16>,
    /// Pixels of the large picture: width and height.
    pub size: (u32, u32),
    /// The large picture.
    pub large: &'a [u8],
    /// The small picture.
    pub small: &'a [u8],
}

/// Writes a game's cover, in place of an earlier one.
pub async fn put(tx: &mut Tx, game: &str, c: &NewCover<'_>) -> Result<(), DbError> {
    let sql = "INSERT INTO covers (game_id, hash, hue, width, height, large, small) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (game_id) DO UPDATE SET hash = excluded.hash, \
               hue = excluded.hue, width = excluded.width, height = excluded.height, large = excluded.large, \
               small = excluded.small";
    let (width, height) = (i64::from(c.size.0), i64::from(c.size.1));
    execute!(tx, sql, game, c.hash.to_string(), c.hue.map(i64::from), width, height, c.large, c.small)?;
    Ok(())
}

/// Forgets a game's cover.
pub async fn remove(tx: &mut Tx, game: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM covers WHERE game_id = $1", game)?;
    Ok(())
}

/// The bytes of a game's cover, if it is the one of that hash.
pub async fn bytes(
    tx: &mut Tx,
    game: &str,
    hash: &Hash,
    size: CoverSize,
) -> Result<Option<Vec<u8>>, DbError> {
    let sql = match size {
        CoverSize::Large => "SELECT large FROM covers WHERE game_id = $1 AND hash = $2",
        CoverSize::Small => "SELECT small FROM covers WHERE game_id = $1 AND hash = $2",
    };
    Ok(fetch!(fetch_optional, tx, (Vec<u8>,), sql, game, hash.to_string())?.map(|(bytes,)| bytes))
}
