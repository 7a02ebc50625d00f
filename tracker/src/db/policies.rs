//! Which builds the server keeps when it prunes by itself.

use mist_proto::{Slug, UnixMillis, http::KeepPolicy};

use super::{DbError, Tx, parse};

row! {
    struct Row {
        keep_newest: Option<i64>,
        keep_days: Option<i64>,
    }
}

impl Row {
    fn policy(self) -> Option<KeepPolicy> {
        let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        self.keep_newest
            .map(|newest| KeepPolicy { keep_newest: number(newest), keep_days: self.keep_days.map(number) })
    }
}

/// What a game goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// The policy for all games.
    Default,
    /// None.
    Never,
    /// Its own.
    Own(KeepPolicy),
}

/// The policy for all games that have none of their own.
pub async fn default(tx: &mut Tx) -> Result<Option<KeepPolicy>, DbError> {
    let row = fetch!(fetch_optional, tx, Row, "SELECT keep_newest, keep_days FROM keep_default")?;
    Ok(row.and_then(Row::policy))
}

/// Writes the policy for all games; what it counts for is due at once.
pub async fn set_default(tx: &mut Tx, policy: Option<&KeepPolicy>) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM keep_default")?;
    if let Some(policy) = policy {
        let sql = "INSERT INTO keep_default (position, keep_newest, keep_days) VALUES (0, $1, $2)";
        execute!(tx, sql, i64::from(policy.keep_newest), policy.keep_days.map(i64::from))?;
    }
    let sql = "UPDATE games SET pruned = NULL WHERE id NOT IN (SELECT game_id FROM keep_policies)";
    execute!(tx, sql)?;
    Ok(())
}

/// What a game goes by.
pub async fn of_game(tx: &mut Tx, game: &str) -> Result<Follows, DbError> {
    let sql = "SELECT keep_newest, keep_days FROM keep_policies WHERE game_id = $1";
    Ok(match fetch!(fetch_optional, tx, Row, sql, game)?.map(Row::policy) {
        None => Follows::Default,
        Some(None) => Follows::Never,
        Some(Some(own)) => Follows::Own(own),
    })
}

/// Writes what a game goes by; it is due at once.
pub async fn set_of_game(tx: &mut Tx, game: &str, follows: Follows) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM keep_policies WHERE game_id = $1", game)?;
    let own = match follows {
        Follows::Default => None,
        Follows::Never => Some(None),
        Follows::Own(own) => Some(Some(own)),
    };
    if let Some(own) = own {
        let sql = "INSERT INTO keep_policies (game_id, keep_newest, keep_days) VALUES ($1, $2, $3)";
        let newest = own.map(|own| i64::from(own.keep_newest));
        let days = own.and_then(|own| own.keep_days).map(i64::from);
        execute!(tx, sql, game, newest, days)?;
    }
    set_pruned(tx, game, None).await
}

/// Games that have a policy, and were not pruned by it since that moment.
pub async fn due(tx: &mut Tx, since: UnixMillis) -> Result<Vec<Slug>, DbError> {
    let sql = "SELECT g.slug FROM games g LEFT JOIN keep_policies p ON p.game_id = g.id \
               WHERE (p.keep_newest IS NOT NULL \
                      OR (p.game_id IS NULL AND EXISTS (SELECT 1 FROM keep_default))) \
               AND (g.pruned IS NULL OR g.pruned <= $1) ORDER BY g.slug";
    fetch!(fetch_all, tx, (String,), sql, since.0)?.iter().map(|(slug,)| parse("games.slug", slug)).collect()
}

/// When a game was pruned by its policy the last time; none if that is due.
pub async fn pruned(tx: &mut Tx, game: &str) -> Result<Option<UnixMillis>, DbError> {
    let row = fetch!(fetch_optional, tx, (Option<i64>,), "SELECT pruned FROM games WHERE id = $1", game)?;
    Ok(row.and_then(|(at,)| at).map(UnixMillis))
}

/// Writes when a game was pruned by its policy.
pub async fn set_pruned(tx: &mut Tx, game: &str, at: Option<UnixMillis>) -> Result<(), DbError> {
    execute!(tx, "UPDATE games SET pruned = $2 WHERE id = $1", game, at.map(|at| at.0))?;
    Ok(())
}
