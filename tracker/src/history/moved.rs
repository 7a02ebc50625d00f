//! Counting what friends received.

use mist_proto::{Slug, UnixMillis, http::BytesBySource};

use super::rollup::Point;
use crate::db::{self, DbError, Tx, history::Dimension};

/// Adds what a friend received of a game, in the transaction that takes note of it; for the friend only if there is an account.
///
/// # Errors
/// [`DbError`].
pub async fn add(
    tx: &mut Tx,
    account: Option<&str>,
    game: &Slug,
    bytes: &BytesBySource,
    now: UnixMillis,
) -> Result<(), DbError> {
    if bytes.total() == 0 {
        return Ok(());
    }
    // In the same order for all, so that no two of them wait for each other.
    for point in Point::all_at(now) {
        db::history::add(tx, &point, Dimension::All, "", bytes).await?;
        db::history::add(tx, &point, Dimension::Game, game.as_str(), bytes).await?;
        if let Some(account) = account {
            db::history::add(tx, &point, Dimension::Friend, account, bytes).await?;
        }
    }
    Ok(())
}
