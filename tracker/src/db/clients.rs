//! Packages of the client, and their bytes in parts.

use mist_proto::{
    Hash, UnixMillis,
    client_package::{PackageKind, Platform},
    http::ClientOffer,
};

use super::{DbError, Tx, count, int, parse};

row! {
    struct Row {
        platform: String,
        kind: String,
        version: String,
        size: i64,
        hash: String,
        added: i64,
        statement: String,
    }
}

/// The word for a kind in the database.
fn word(kind: PackageKind) -> &'static str {
    match kind {
        PackageKind::TarZst => "tar_zst",
        PackageKind::Deb => "deb",
        PackageKind::AppImage => "app_image",
        PackageKind::Exe => "exe",
        PackageKind::Dmg => "dmg",
    }
}

/// Every package that is offered, by platform and kind.
pub async fn all(tx: &mut Tx) -> Result<Vec<ClientOffer>, DbError> {
    let sql = "SELECT platform, kind, version, size, hash, added, statement FROM client_packages ORDER BY platform, kind";
    let read = |r: Row| -> Result<ClientOffer, DbError> {
        let kind = PackageKind::ALL.into_iter().find(|kind| word(*kind) == r.kind);
        let unknown = || DbError::Corrupt { what: "client_packages.kind", source: "it is unknown".into() };
        Ok(ClientOffer {
            platform: parse("client_packages.platform", &r.platform)?,
            kind: kind.ok_or_else(unknown)?,
            version: parse("client_packages.version", &r.version)?,
            size: count(r.size),
            hash: parse("client_packages.hash", &r.hash)?,
            added: UnixMillis(r.added),
            statement: r.statement,
        })
    };
    fetch!(fetch_all, tx, Row, sql)?.into_iter().map(read).collect()
}

/// Offers a package in place of the one before of its platform and kind.
pub async fn put(tx: &mut Tx, offer: &ClientOffer) -> Result<(), DbError> {
    let sql = "INSERT INTO client_packages (platform, kind, version, size, hash, added, statement) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (platform, kind) DO UPDATE SET version = excluded.version, \
               size = excluded.size, hash = excluded.hash, added = excluded.added, statement = excluded.statement";
    let ClientOffer { platform, kind, version, size, hash, added, statement } = offer;
    let (platform, version, hash) = (platform.as_str(), version.to_string(), hash.to_string());
    execute!(tx, sql, platform, word(*kind), version, int(*size), hash, added.0, statement.as_str())?;
    Ok(())
}

/// Offers a package no longer. Whether there was one.
pub async fn remove(tx: &mut Tx, platform: &Platform, kind: PackageKind) -> Result<bool, DbError> {
    let sql = "DELETE FROM client_packages WHERE platform = $1 AND kind = $2";
    Ok(execute!(tx, sql, platform.as_str(), word(kind))? > 0)
}

/// Keeps a part, in place of what was sent before.
pub async fn put_part(tx: &mut Tx, hash: &Hash, number: u32, bytes: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO client_parts (hash, number, bytes) VALUES ($1, $2, $3) \
               ON CONFLICT (hash, number) DO UPDATE SET bytes = excluded.bytes";
    execute!(tx, sql, hash.to_string(), i64::from(number), bytes)?;
    Ok(())
}

/// A part.
pub async fn part(tx: &mut Tx, hash: &Hash, number: u32) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT bytes FROM client_parts WHERE hash = $1 AND number = $2";
    Ok(fetch!(fetch_optional, tx, (Vec<u8>,), sql, hash.to_string(), i64::from(number))?
        .map(|(bytes,)| bytes))
}

/// The packages that have parts here, offered or not.
pub async fn with_parts(tx: &mut Tx) -> Result<Vec<Hash>, DbError> {
    let sql = "SELECT DISTINCT hash FROM client_parts";
    fetch!(fetch_all, tx, (String,), sql)?.iter().map(|(hash,)| parse("client_parts.hash", hash)).collect()
}

/// Drops the parts of packages that are not offered, but for those of `but`.
pub async fn drop_parts(tx: &mut Tx, but: Option<&Hash>) -> Result<(), DbError> {
    let sql = "DELETE FROM client_parts WHERE hash <> $1 AND hash NOT IN (SELECT hash FROM client_packages)";
    execute!(tx, sql, but.map(Hash::to_string).unwrap_or_default())?;
    Ok(())
}
