//! Direct patches that a seed has made.

use std::ops::RangeInclusive;

use mist_proto::{
    BlobId, Hash, ManifestId,
    http::{PatchInfo, PatchStory},
};

use super::{DbError, Tx, count, int, parse};

/// Writes the patch between two builds, in place of an earlier one.
pub async fn put(tx: &mut Tx, from: &str, to: &str, blob: &BlobId) -> Result<(), DbError> {
    let sql = "INSERT INTO patches (from_build, to_build, blob_hash, blob_size) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (from_build, to_build) DO UPDATE \
               SET blob_hash = excluded.blob_hash, blob_size = excluded.blob_size";
    execute!(tx, sql, from, to, blob.hash.to_string(), int(blob.size))?;
    Ok(())
}

/// The most that a story has once it is unpacked.
const MAX_STORY: usize = 2 << 20;

/// Writes what a patch is made of, in place of an earlier word.
pub async fn put_story(tx: &mut Tx, from: &str, to: &str, story: &PatchStory) -> Result<(), DbError> {
    let broken = |e: std::io::Error| DbError::Corrupt { what: "patch_stories.story", source: Box::new(e) };
    let json = serde_json::to_vec(story).map_err(|e| broken(e.into()))?;
    let packed = zstd::bulk::compress(&json, 3).map_err(broken)?;
    let sql = "INSERT INTO patch_stories (from_build, to_build, story) VALUES ($1, $2, $3) \
               ON CONFLICT (from_build, to_build) DO UPDATE SET story = excluded.story";
    execute!(tx, sql, from, to, packed)?;
    Ok(())
}

/// What a patch is made of, if that is known.
pub async fn story(tx: &mut Tx, from: &str, to: &str) -> Result<Option<PatchStory>, DbError> {
    let sql = "SELECT story FROM patch_stories WHERE from_build = $1 AND to_build = $2";
    let Some((packed,)) = fetch!(fetch_optional, tx, (Vec<u8>,), sql, from, to)? else { return Ok(None) };
    let broken = |e: std::io::Error| DbError::Corrupt { what: "patch_stories.story", source: Box::new(e) };
    let json = zstd::bulk::decompress(&packed, MAX_STORY).map_err(broken)?;
    serde_json::from_slice(&json).map(Some).map_err(|e| broken(e.into()))
}

type Row = (String, String, String, String, i64);

/// The id of the build that the patch ends at, and the patch.
fn read((to, version, manifest, hash, size): Row) -> Result<(String, PatchInfo), DbError> {
    let blob = BlobId { hash: parse("patches.blob_hash", &hash)?, size: count(size) };
    let from_manifest = ManifestId(parse("builds.manifest_id", &manifest)?);
    Ok((to, PatchInfo { from: parse("builds.version", &version)?, from_manifest, blob }))
}

/// Patches that end at builds of a game: the id of the build, and the patch.
pub async fn of_game(tx: &mut Tx, game: &str) -> Result<Vec<(String, PatchInfo)>, DbError> {
    let sql = "SELECT p.to_build, b.version, b.manifest_id, p.blob_hash, p.blob_size \
               FROM patches p JOIN builds b ON b.id = p.from_build WHERE b.game_id = $1 ORDER BY b.sequence";
    fetch!(fetch_all, tx, Row, sql, game)?.into_iter().map(read).collect()
}

/// As [`of_game`], of the builds between two places of its list.
pub async fn within(
    tx: &mut Tx,
    game: &str,
    sequences: RangeInclusive<u64>,
) -> Result<Vec<(String, PatchInfo)>, DbError> {
    let sql = "SELECT p.to_build, b.version, b.manifest_id, p.blob_hash, p.blob_size \
               FROM patches p JOIN builds b ON b.id = p.from_build JOIN builds t ON t.id = p.to_build \
               WHERE t.game_id = $1 AND t.sequence BETWEEN $2 AND $3 ORDER BY b.sequence";
    let (first, last) = (int(*sequences.start()), int(*sequences.end()));
    fetch!(fetch_all, tx, Row, sql, game, first, last)?.into_iter().map(read).collect()
}

/// As [`of_game`], of every game.
pub async fn all(tx: &mut Tx) -> Result<Vec<(String, PatchInfo)>, DbError> {
    let sql = "SELECT p.to_build, b.version, b.manifest_id, p.blob_hash, p.blob_size \
               FROM patches p JOIN builds b ON b.id = p.from_build ORDER BY b.game_id, b.sequence";
    fetch!(fetch_all, tx, Row, sql)?.into_iter().map(read).collect()
}

/// Notes that an account would rather have one patch between two builds. Once is enough.
pub async fn note_ask(tx: &mut Tx, id: &str, from: &str, to: &str, account: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO patch_asks (id, from_build, to_build, account) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (from_build, to_build, account) DO NOTHING";
    execute!(tx, sql, id, from, to, account)?;
    Ok(())
}

/// How many accounts would rather have one patch between two builds.
pub async fn askers(tx: &mut Tx, from: &str, to: &str) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM patch_asks WHERE from_build = $1 AND to_build = $2";
    Ok(count(fetch!(fetch_one, tx, (i64,), sql, from, to)?.0))
}

/// The build that a patch of the game with that address leads to, if that is ready.
pub async fn leads_to(tx: &mut Tx, game: &str, blob: &Hash) -> Result<Option<String>, DbError> {
    let sql = "SELECT p.to_build FROM patches p JOIN builds b ON b.id = p.to_build \
               WHERE b.game_id = $1 AND p.blob_hash = $2 AND b.state = 'ready' LIMIT 1";
    Ok(fetch!(fetch_optional, tx, (String,), sql, game, blob.to_string())?.map(|(build,)| build))
}
