//! Peer ids and the accounts or seeds that they belong to.

use mist_proto::{UnixMillis, http::Device, ids::PeerName};

use super::{DbError, Tx, parse};

row! {
    /// A device with its owner.
    #[derive(Debug, Clone)]
    pub struct Owned {
        /// Id of the account or seed.
        pub owner: String,
        /// Name for people.
        pub name: String,
        /// When it was last heard of.
        pub last_seen: UnixMillis as i64,
    }
}

/// The device of that peer id.
pub async fn get(tx: &mut Tx, peer: &PeerName) -> Result<Option<Owned>, DbError> {
    let sql = "SELECT owner, name, last_seen FROM devices WHERE peer = $1";
    Ok(fetch!(fetch_optional, tx, Owned, sql, peer.as_str())?)
}

/// Names of a device and of whom it belongs to.
pub struct Named {
    /// The device's.
    pub device: String,
    /// That of the account or seed, if it is still there.
    pub owner: Option<String>,
}

/// What the device of that peer id is called.
pub async fn named(tx: &mut Tx, peer: &PeerName) -> Result<Option<Named>, DbError> {
    let sql = "SELECT d.name, COALESCE(u.name, s.name) FROM devices d LEFT JOIN users u ON u.id = d.owner \
               LEFT JOIN seeds s ON s.id = d.owner WHERE d.peer = $1";
    let row = fetch!(fetch_optional, tx, (String, Option<String>), sql, peer.as_str())?;
    Ok(row.map(|(device, owner)| Named { device, owner }))
}

/// Binds a peer id to an owner, or renames it; changes nothing if another one owns it. Whether it is bound now.
pub async fn bind(
    tx: &mut Tx,
    peer: &PeerName,
    owner: &str,
    name: &str,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let sql = "INSERT INTO devices (peer, owner, name, last_seen) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (peer) DO UPDATE SET name = excluded.name, last_seen = excluded.last_seen \
               WHERE devices.owner = excluded.owner";
    Ok(execute!(tx, sql, peer.as_str(), owner, name, now.0)? > 0)
}

/// Number of devices that an owner has.
pub async fn count(tx: &mut Tx, owner: &str) -> Result<i64, DbError> {
    Ok(fetch!(fetch_one, tx, (i64,), "SELECT COUNT(*) FROM devices WHERE owner = $1", owner)?.0)
}

/// Devices of an owner behind that peer id, by peer id.
pub async fn page(tx: &mut Tx, owner: &str, after: Option<&str>, limit: i64) -> Result<Vec<Device>, DbError> {
    let rows = fetch_bytewise!(
        fetch_all,
        tx,
        (String, String, i64),
        [
            "SELECT peer, name, last_seen FROM devices WHERE owner = $1 AND peer",
            " > $2 ORDER BY peer",
            " LIMIT $3"
        ],
        owner,
        after.unwrap_or_default(),
        limit
    )?;
    rows.into_iter()
        .map(|(peer, name, seen)| {
            Ok(Device { peer: parse("devices.peer", &peer)?, name, last_seen: UnixMillis(seen) })
        })
        .collect()
}

/// Notes a sign of life.
pub async fn seen(tx: &mut Tx, peer: &PeerName, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE devices SET last_seen = $2 WHERE peer = $1", peer.as_str(), now.0)?;
    Ok(())
}

/// Unbinds a peer id from its owner; whether it was bound to it.
pub async fn unbind(tx: &mut Tx, peer: &PeerName, owner: &str) -> Result<bool, DbError> {
    Ok(execute!(tx, "DELETE FROM devices WHERE peer = $1 AND owner = $2", peer.as_str(), owner)? > 0)
}

/// Unbinds every peer id of an owner.
pub async fn unbind_all(tx: &mut Tx, owner: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM devices WHERE owner = $1", owner)?;
    Ok(())
}
