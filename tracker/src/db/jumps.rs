//! Patches for single friends' folders.

use mist_proto::{BlobId, Hash, Slug, UnixMillis, Version, http::JumpJob};

use super::{DbError, Tx, count, int};

/// A row of `jumps`, with the build that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JumpRow {
    /// Id.
    pub id: String,
    /// Game.
    pub game: Slug,
    /// Build that the folder shall become.
    pub build_id: String,
    /// Its label.
    pub to: Version,
    /// Who asked first.
    pub account: String,
    /// Folder signature.
    pub folder_signature: BlobId,
    /// The seed's job; none before the folder signature was sent.
    pub job_id: Option<String>,
    /// The patch and when it was made, once it is.
    pub patch: Option<(BlobId, UnixMillis)>,
}

row! {
    struct Row {
        id: String,
        slug: Slug as String,
        build_id: String,
        version: Version as String,
        account: String,
        signature_hash: Hash as String,
        signature_size: u64 as i64,
        job_id: Option<String>,
        blob_hash: Option<String>,
        blob_size: Option<i64>,
        made: Option<i64>,
    }
}

impl TryFrom<Row> for JumpRow {
    type Error = DbError;

    fn try_from(r: Row) -> Result<Self, DbError> {
        let patch = match (r.blob_hash, r.blob_size, r.made) {
            (Some(hash), Some(size), Some(made)) => {
                let hash = super::parse("jumps.blob_hash", &hash)?;
                Some((BlobId { hash, size: count(size) }, UnixMillis(made)))
            }
            _ => None,
        };
        Ok(Self {
            id: r.id,
            game: r.slug,
            build_id: r.build_id,
            to: r.version,
            account: r.account,
            folder_signature: BlobId { hash: r.signature_hash, size: r.signature_size },
            job_id: r.job_id,
            patch,
        })
    }
}

/// Reads jumps: the columns are the same for every question.
macro_rules! select {
    ($tx:expr, $rest:literal $(, $arg:expr)*) => {
        fetch!(
            fetch_optional,
            $tx,
            Row,
            concat!(
                "SELECT j.id, g.slug, j.build_id, b.version, j.account, j.signature_hash, j.signature_size, ",
                "j.job_id, j.blob_hash, j.blob_size, j.made ",
                "FROM jumps j JOIN builds b ON b.id = j.build_id JOIN games g ON g.id = b.game_id ",
                $rest
            )
            $(, $arg)*
        )?
        .map(JumpRow::try_from)
        .transpose()
    };
}

/// The jump of that id.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<JumpRow>, DbError> {
    select!(tx, "WHERE j.id = $1", id)
}

/// The jump from the folder that has this folder signature to a build.
pub async fn of_folder_signature(tx: &mut Tx, build: &str, hash: &Hash) -> Result<Option<JumpRow>, DbError> {
    select!(tx, "WHERE j.build_id = $1 AND j.signature_hash = $2", build, hash.to_string())
}

/// Writes a jump whose folder signature is wanted.
pub async fn insert(
    tx: &mut Tx,
    id: &str,
    build: &str,
    account: &str,
    folder_signature: &BlobId,
    now: UnixMillis,
) -> Result<(), DbError> {
    let sql = "INSERT INTO jumps (id, build_id, account, signature_hash, signature_size, used) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    execute!(
        tx,
        sql,
        id,
        build,
        account,
        folder_signature.hash.to_string(),
        int(folder_signature.size),
        now.0
    )?;
    Ok(())
}

/// Whether a jump that this account asked for is being made.
pub async fn is_making(tx: &mut Tx, account: &str) -> Result<bool, DbError> {
    let sql = "SELECT j.id FROM jumps j JOIN jobs w ON w.id = j.job_id \
               WHERE j.account = $1 AND w.state IN ('queued', 'running') LIMIT 1";
    Ok(fetch!(fetch_optional, tx, (String,), sql, account)?.is_some())
}

/// Forgets the account's jumps whose folder signature never came.
pub async fn forget_wanted(tx: &mut Tx, account: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM jumps WHERE account = $1 AND job_id IS NULL", account)?;
    Ok(())
}

/// Notes that a jump was asked for.
pub async fn touch(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE jumps SET used = $2 WHERE id = $1", id, now.0)?;
    Ok(())
}

/// Notes the job that makes a jump; without one its folder signature is wanted again.
pub async fn set_job(tx: &mut Tx, id: &str, job: Option<&str>) -> Result<(), DbError> {
    let sql = "UPDATE jumps SET job_id = $2, blob_hash = NULL, blob_size = NULL, made = NULL WHERE id = $1";
    execute!(tx, sql, id, job)?;
    Ok(())
}

/// Notes the patch that a job has made.
pub async fn set_patch(tx: &mut Tx, job: &str, patch: &BlobId, now: UnixMillis) -> Result<(), DbError> {
    let sql = "UPDATE jumps SET blob_hash = $2, blob_size = $3, made = $4 WHERE job_id = $1";
    execute!(tx, sql, job, patch.hash.to_string(), int(patch.size), now.0)?;
    Ok(())
}

/// The build that a jump of the game with that patch leads to.
pub async fn leads_to(tx: &mut Tx, game: &str, patch: &Hash) -> Result<Option<String>, DbError> {
    let sql = "SELECT b.id FROM jumps j JOIN builds b ON b.id = j.build_id \
               WHERE b.game_id = $1 AND j.blob_hash = $2 LIMIT 1";
    Ok(fetch!(fetch_optional, tx, (String,), sql, game, patch.to_string())?.map(|(build,)| build))
}

/// Forgets jumps that nobody has asked for since, and the jobs of jumps that have ended, however they did.
pub async fn purge(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    execute!(
        tx,
        "DELETE FROM jobs WHERE kind = $1 AND state IN ('done', 'failed') AND updated < $2",
        JumpJob::KIND,
        before.0
    )?;
    execute!(tx, "DELETE FROM jumps WHERE used < $1", before.0)?;
    Ok(())
}
