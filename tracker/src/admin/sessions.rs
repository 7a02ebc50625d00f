//! Where people are signed in, and with which devices: for a lost laptop.

use mist_proto::{
    http::{DeviceList, PageQuery, SessionList},
    ids::{PeerName, UserName},
};

use super::{Admin, users::find};
use crate::{
    audit,
    auth::{caller::Caller, session},
    db,
    error::Problem,
    swarm::devices,
};

/// Where an account is signed in.
///
/// # Errors
/// 404; 400 `bad_cursor`, `bad_limit`.
pub async fn list(
    admin: &Admin,
    caller: &Caller,
    name: &UserName,
    query: &PageQuery,
) -> Result<SessionList, Problem> {
    let account = find(&mut admin.records.read().await?, name).await?;
    session::list(&admin.records, &account.id, caller, query).await
}

/// Signs an account out everywhere.
///
/// # Errors
/// 404.
pub async fn end_all(admin: &Admin, caller: &Caller, name: &UserName) -> Result<(), Problem> {
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    db::sessions::end_all(&mut tx, &account.id).await?;
    audit::note(&mut tx, admin.records.mint(), caller, "session.end_all", name.as_str()).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs an account out somewhere.
///
/// # Errors
/// 404, for a session of another account too.
pub async fn end(admin: &Admin, caller: &Caller, name: &UserName, id: &str) -> Result<(), Problem> {
    let account = find(&mut admin.records.read().await?, name).await?;
    session::end_one(&admin.records, &account.id, name.as_str(), caller, id).await
}

/// Devices of an account, by peer id.
///
/// # Errors
/// 404; 400 `bad_cursor`, `bad_limit`.
pub async fn list_devices(admin: &Admin, name: &UserName, query: &PageQuery) -> Result<DeviceList, Problem> {
    let mut tx = admin.records.read().await?;
    let account = find(&mut tx, name).await?;
    devices::list(&mut tx, &account.id, query).await
}

/// Unbinds a device of an account; its tickets no longer count.
///
/// # Errors
/// 404, for a device of another account too.
pub async fn unbind(admin: &Admin, caller: &Caller, name: &UserName, peer: &PeerName) -> Result<(), Problem> {
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    let device = db::devices::get(&mut tx, peer).await?.map(|d| d.name).unwrap_or_default();
    devices::unbind(&mut tx, &account.id, peer, mint.now).await?;
    audit::note(&mut tx, mint, caller, "device.remove", &format!("{device} of {name}")).await?;
    tx.commit().await?;
    Ok(())
}
