//! What peers must refuse although a ticket for it may still be about.

use mist_proto::{Slug, UnixMillis, ids::PeerName};

use super::{DbError, Tx, parse};

/// Denies every device of an account, and what it could read elsewhere without one.
pub async fn deny_account(tx: &mut Tx, account: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO denied_accounts (account, since) VALUES ($1, $2) \
               ON CONFLICT (account) DO UPDATE SET since = excluded.since";
    execute!(tx, sql, account, now.0)?;
    deny_devices(tx, account, now).await
}

/// Takes back the denial of an account and its devices.
pub async fn allow_account(tx: &mut Tx, account: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM denied_accounts WHERE account = $1", account)?;
    let sql = "DELETE FROM denied_peers WHERE peer IN (SELECT peer FROM devices WHERE owner = $1)";
    execute!(tx, sql, account)?;
    Ok(())
}

/// Denies every device of an account or seed.
pub async fn deny_devices(tx: &mut Tx, owner: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO denied_peers (peer, since) SELECT peer, $2 FROM devices WHERE owner = $1 \
               ON CONFLICT (peer) DO UPDATE SET since = excluded.since";
    execute!(tx, sql, owner, now.0)?;
    Ok(())
}

/// Denies one device.
pub async fn deny_peer(tx: &mut Tx, peer: &PeerName, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO denied_peers (peer, since) VALUES ($1, $2) \
               ON CONFLICT (peer) DO UPDATE SET since = excluded.since";
    execute!(tx, sql, peer.as_str(), now.0)?;
    Ok(())
}

/// Takes back the denial of one device.
pub async fn allow_peer(tx: &mut Tx, peer: &PeerName) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM denied_peers WHERE peer = $1", peer.as_str())?;
    Ok(())
}

/// Whether a device is denied.
pub async fn is_denied(tx: &mut Tx, peer: &PeerName) -> Result<bool, DbError> {
    let sql = "SELECT since FROM denied_peers WHERE peer = $1";
    Ok(fetch!(fetch_optional, tx, (i64,), sql, peer.as_str())?.is_some())
}

/// Denies an account's tickets for one game.
pub async fn deny_grant(tx: &mut Tx, account: &str, game: &Slug, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO denied_grants (account, game, since) VALUES ($1, $2, $3) \
               ON CONFLICT (account, game) DO UPDATE SET since = excluded.since";
    execute!(tx, sql, account, game.as_str(), now.0)?;
    Ok(())
}

/// Takes back the denial of one account's tickets for a game.
pub async fn allow_grant(tx: &mut Tx, account: &str, game: &Slug) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM denied_grants WHERE account = $1 AND game = $2", account, game.as_str())?;
    Ok(())
}

/// Takes back every denial for a game, because everybody may see it now.
pub async fn allow_game(tx: &mut Tx, game: &Slug) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM denied_grants WHERE game = $1", game.as_str())?;
    Ok(())
}

/// Denied devices.
pub async fn peers(tx: &mut Tx) -> Result<Vec<PeerName>, DbError> {
    let rows = fetch!(fetch_all, tx, (String,), "SELECT peer FROM denied_peers ORDER BY peer")?;
    rows.iter().map(|(peer,)| parse("denied_peers.peer", peer)).collect()
}

/// Denied pairs of account and game.
pub async fn grants(tx: &mut Tx) -> Result<Vec<(String, Slug)>, DbError> {
    let sql = "SELECT account, game FROM denied_grants ORDER BY account, game";
    fetch!(fetch_all, tx, (String, String), sql)?
        .into_iter()
        .map(|(account, game)| Ok((account, parse("denied_grants.game", &game)?)))
        .collect()
}

/// Denied accounts.
pub async fn accounts(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let rows = fetch!(fetch_all, tx, (String,), "SELECT account FROM denied_accounts ORDER BY account")?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// Forgets denials older than any ticket that they could concern.
pub async fn purge(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM denied_peers WHERE since < $1", before.0)?;
    execute!(tx, "DELETE FROM denied_grants WHERE since < $1", before.0)?;
    execute!(tx, "DELETE FROM denied_accounts WHERE since < $1", before.0)?;
    Ok(())
}
