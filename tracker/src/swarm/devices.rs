//! Peer ids and whose they are.

use mist_proto::{
    UnixMillis,
    http::{Device, DeviceList, NewDevice, PageQuery},
    ids::PeerName,
};

use super::Swarm;
use crate::{
    auth::caller::Caller,
    db::{self, Tx, devices::Owned},
    error::Problem,
    http::page::Page,
};

/// Devices of one account.
const MAX_DEVICES: i64 = 256;

/// Binds a peer id to the caller.
///
/// # Errors
/// 409 `peer_taken`, `too_many_devices`.
pub async fn bind(
    swarm: &Swarm,
    caller: &Caller,
    peer: &PeerName,
    new: NewDevice,
) -> Result<Device, Problem> {
    let now = swarm.records.now();
    let name: String = new.name.into();
    let mut tx = swarm.records.write().await?;
    let known = db::devices::get(&mut tx, peer).await?.is_some();
    if !known && db::devices::count(&mut tx, &caller.id).await? >= MAX_DEVICES {
        let message = format!("an account has at most {MAX_DEVICES} devices; remove one first");
        return Err(Problem::conflict("too_many_devices", message));
    }
    if !db::devices::bind(&mut tx, peer, &caller.id, &name, now).await? {
        return Err(Problem::conflict("peer_taken", "this peer id belongs to another account"));
    }
    db::denied::allow_peer(&mut tx, peer).await?;
    tx.commit().await?;
    Ok(Device { peer: peer.clone(), name, last_seen: now })
}

/// Devices of an account, by peer id: when they were last heard of changes while somebody turns pages.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(tx: &mut Tx, account: &str, query: &PageQuery) -> Result<DeviceList, Problem> {
    let page = Page::<String>::asked(query)?;
    let devices = db::devices::page(tx, account, page.after.as_deref(), page.to_read()).await?;
    let (devices, next) = page.cut(devices, |d| d.peer.to_string());
    Ok(DeviceList { devices, next })
}

/// Unbinds a peer id from an account; its tickets no longer count.
///
/// # Errors
/// 404, for a device of another account too.
pub async fn unbind(tx: &mut Tx, account: &str, peer: &PeerName, now: UnixMillis) -> Result<(), Problem> {
    if !db::devices::unbind(tx, peer, account).await? {
        return Err(Problem::NotFound);
    }
    Ok(db::denied::deny_peer(tx, peer, now).await?)
}

/// Checks that the caller may speak for a peer id.
///
/// # Errors
/// 409 `unknown_device`.
pub async fn check_owner(tx: &mut Tx, caller: &Caller, peer: &PeerName) -> Result<Owned, Problem> {
    let device = db::devices::get(tx, peer).await?.filter(|d| d.owner == caller.id);
    match device {
        Some(device) if !db::denied::is_denied(tx, peer).await? => Ok(device),
        _ => {
            let message = "this peer id is not one of the account's devices; register it first";
            Err(Problem::conflict("unknown_device", message))
        }
    }
}
