//! Counting what friends received.

use mist_proto::{Slug, UnixMillis, http::BytesBySource};

use super::rollup::Point;
use crate::db::{self, DbError, Tx, history::Dimension};

/// Adds what a friend received of a game, in the transaction that takes note of it.
///
/// # Errors
/// [`DbError`].
pub async fn add(
    tx: &mut Tx,
    account: &str,
    game: &Slug,
    bytes: &BytesBySource,
    now: UnixMillis,
) -> Result<(), DbError> {
    if bytes.total() == 0 {
        return Ok(());
    }
    // In the same order for all, so that no two of them wait for each other.
    for point in Point::all_at(now) {
        for (dimension, name) in
            [(Dimension::All, ""), (Dimension::Game, game.as_str()), (Dimension::Friend, account)]
        {
            db::history::add(tx, &point, dimension, name, bytes).await?;
        }
    }
    Ok(())
}
