//! How a package comes to be offered: its parts first, then what the release key says of it.

use mist_proto::{
    Hash,
    client_package::SignedPackage,
    http::{ClientList, ClientOffer, NoticeKind},
    limits::{CLIENT_PART, MAX_CLIENT_PACKAGE, MAX_CLIENT_PACKAGES},
};

use super::Clients;
use crate::{
    audit,
    auth::caller::Caller,
    db::{self, Tx},
    error::Problem,
    notices,
};

/// Packages whose parts may be here before they are offered.
const MAX_UNFINISHED: usize = 4;

/// What is offered.
///
/// # Errors
/// Only our own.
pub async fn list(clients: &Clients) -> Result<ClientList, Problem> {
    Ok(ClientList { packages: db::clients::all(&mut clients.records.read().await?).await? })
}

/// A part of a package that is offered.
///
/// # Errors
/// 404.
pub async fn part(clients: &Clients, hash: &Hash, number: u32) -> Result<Vec<u8>, Problem> {
    let mut tx = clients.records.read().await?;
    if !db::clients::all(&mut tx).await?.iter().any(|offer| offer.hash == *hash) {
        return Err(Problem::NotFound);
    }
    db::clients::part(&mut tx, hash, number).await?.ok_or(Problem::NotFound)
}

/// Keeps a part of a package that is to be offered.
///
/// # Errors
/// 400 `bad_package` for a part that no package has; 409 `too_many_packages`.
pub async fn keep_part(clients: &Clients, hash: &Hash, number: u32, bytes: &[u8]) -> Result<(), Problem> {
    if u64::from(number) >= MAX_CLIENT_PACKAGE.div_ceil(CLIENT_PART as u64) || bytes.is_empty() {
        return Err(Problem::invalid("bad_package", "no package of the client has such a part"));
    }
    let mut tx = clients.records.write().await?;
    let offered = db::clients::all(&mut tx).await?;
    if offered.iter().any(|offer| offer.hash == *hash) {
        // It is here already, and friends may be fetching it.
        return Ok(());
    }
    let unfinished = db::clients::with_parts(&mut tx).await?;
    let others = unfinished
        .iter()
        .filter(|other| *other != hash && !offered.iter().any(|offer| offer.hash == **other));
    if others.count() >= MAX_UNFINISHED {
        // Whoever sent them did not go on; what is sent now counts.
        db::clients::drop_parts(&mut tx, Some(hash)).await?;
    }
    db::clients::put_part(&mut tx, hash, number, bytes).await?;
    Ok(tx.commit().await?)
}

/// Offers a package whose parts are here. The same one again changes nothing.
///
/// # Errors
/// 400 `bad_package` for a statement that is not signed as it should be, or if what is here is not what it says; 409 `key_exists` if
/// another key than the release key signed it, `older_package` if a newer one is offered.
pub async fn offer(clients: &Clients, caller: &Caller, statement: &[u8]) -> Result<ClientList, Problem> {
    let bad = |why: String| Problem::invalid("bad_package", why);
    let signed = SignedPackage::decode_verified(statement)
        .map_err(|e| bad(format!("what is said of the package is not valid: {e}")))?;
    let package = signed.package().clone();
    check_bytes(clients, &package.hash, package.size).await?;
    let mint = clients.records.mint();
    let mut tx = clients.records.write().await?;
    match db::keys::current(&mut tx).await? {
        Some(current) if current == signed.signed_by() => {}
        Some(current) => {
            let message = format!(
                "packages of the client are signed by the release key, which is {} here; this one was signed by {}",
                current.fingerprint(),
                signed.signed_by().fingerprint()
            );
            return Err(Problem::conflict("key_exists", message));
        }
        None => {
            return Err(bad("there is no release key yet that friends could check the package by".into()));
        }
    }
    let offered = db::clients::all(&mut tx).await?;
    let before =
        offered.iter().find(|offer| offer.platform == package.platform && offer.kind == package.kind);
    if before.is_some_and(|before| before.hash == package.hash && before.version == package.version) {
        return Ok(ClientList { packages: offered });
    }
    if let Some(before) = before.filter(|before| before.version >= package.version) {
        let message = format!(
            "{} is offered already, and clients do not go back: give this package a higher version than that",
            before.version
        );
        return Err(Problem::conflict("older_package", message));
    }
    if before.is_none() && offered.len() >= MAX_CLIENT_PACKAGES {
        let message = format!("{MAX_CLIENT_PACKAGES} packages are offered already: withdraw one first");
        return Err(Problem::conflict("too_many_packages", message));
    }
    // Another offer may have dropped them since they were read.
    still_here(&mut tx, &package.hash).await?;
    let (subject, offer) = (package.file_name(), ClientOffer::of(&signed, mint.now));
    db::clients::put(&mut tx, &offer).await?;
    db::clients::drop_parts(&mut tx, None).await?;
    audit::note(&mut tx, mint, caller, "client.offer", &subject).await?;
    let text = format!(
        "{} offers {subject} to friends, whose programs can update themselves by it. If nobody of you did, somebody has the release key.",
        caller.name
    );
    notices::queue(&mut tx, mint, NoticeKind::Key, &format!("client {}", offer.hash), &text).await?;
    let packages = db::clients::all(&mut tx).await?;
    tx.commit().await?;
    Ok(ClientList { packages })
}

/// Offers a package no longer.
///
/// # Errors
/// 404.
pub async fn withdraw(clients: &Clients, caller: &Caller, hash: &Hash) -> Result<(), Problem> {
    let mut tx = clients.records.write().await?;
    let offered = db::clients::all(&mut tx).await?;
    let gone: Vec<&ClientOffer> = offered.iter().filter(|offer| offer.hash == *hash).collect();
    if gone.is_empty() {
        return Err(Problem::NotFound);
    }
    for offer in gone {
        db::clients::remove(&mut tx, &offer.platform, offer.kind).await?;
        audit::note(&mut tx, clients.records.mint(), caller, "client.withdraw", &offer.file_name()).await?;
    }
    db::clients::drop_parts(&mut tx, None).await?;
    Ok(tx.commit().await?)
}

/// Whether the parts that are here are the bytes of that hash, and as many. Reads them one at a time.
async fn check_bytes(clients: &Clients, hash: &Hash, size: u64) -> Result<(), Problem> {
    let wrong = |why: &str| Problem::invalid("bad_package", format!("{why}: send its parts again"));
    let mut hasher = blake3::Hasher::new();
    let mut left = size;
    for number in 0.. {
        if left == 0 {
            break;
        }
        let mut tx = clients.records.read().await?;
        let part = db::clients::part(&mut tx, hash, number).await?;
        let part = part.ok_or_else(|| wrong("not all of the package is here"))?;
        if part.len() as u64 != left.min(CLIENT_PART as u64) {
            return Err(wrong("a part of the package has another length than it should have"));
        }
        left -= part.len() as u64;
        hasher.update(&part);
    }
    if Hash::from(hasher.finalize()) != *hash {
        return Err(wrong("what is here is not the package that was signed"));
    }
    Ok(())
}

async fn still_here(tx: &mut Tx, hash: &Hash) -> Result<(), Problem> {
    if db::clients::with_parts(tx).await?.contains(hash) {
        return Ok(());
    }
    Err(Problem::invalid("bad_package", "not all of the package is here: send its parts again"))
}
