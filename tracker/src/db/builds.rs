//! Builds and their signed envelopes.

use mist_proto::{
    BlobId, Hash, ManifestId, Slug, UnixMillis, Version,
    http::{BuildState, Floor, ForecastBy, Keeping, PatchForecast},
};

use super::{DbError, Tx, count, int, parse, parse_state};

/// A row of `builds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildRow {
    /// Id of the build and of the push that made it.
    pub id: String,
    /// Game's id.
    pub game_id: String,
    /// Label.
    pub version: Version,
    /// Place in the list.
    pub sequence: u64,
    /// Lowest sequence that may be live once this build's manifest was seen.
    pub floor: u64,
    /// How far it is.
    pub state: BuildState,
    /// Whether to make it live once it is ready.
    pub go_live: bool,
    /// Id of the manifest.
    pub manifest_id: ManifestId,
    /// Address of the envelope.
    pub manifest: BlobId,
    /// Address of the archive.
    pub archive: BlobId,
    /// Size of the compressed archive, once a seed has made it.
    pub archive_stored: Option<u64>,
    /// How the seed keeps its files that keeps them best.
    pub kept: Keeping,
    /// Sum of the files' sizes.
    pub content_size: u64,
    /// Number of files.
    pub files: u64,
    /// When the push began.
    pub created: UnixMillis,
    /// What is new in it.
    pub notes: String,
    /// Who pushed it, as far as it is known.
    pub pushed_by: Option<String>,
    /// Whether pruning leaves it alone.
    pub pinned: bool,
    /// How large its patch was to be.
    pub forecast: Option<PatchForecast>,
}

row! {
    struct Row {
        id: String,
        game_id: String,
        version: Version as String,
        sequence: u64 as i64,
        floor: u64 as i64,
        state: BuildState as String,
        go_live: bool,
        manifest_id: Hash as String,
        manifest_hash: Hash as String,
        manifest_size: u64 as i64,
        archive_hash: Hash as String,
        archive_size: u64 as i64,
        archive_stored: Option<i64>,
        kept: Keeping as String,
        content_size: u64 as i64,
        files: u64 as i64,
        created: UnixMillis as i64,
        notes: Option<String>,
        pushed_by: Option<String>,
        pinned: Option<bool>,
        forecast_from: Option<String>,
        forecast: Option<i64>,
        forecast_raw: Option<i64>,
        forecast_by: Option<String>,
    }
}

impl Row {
    fn forecast(&self) -> Result<Option<PatchForecast>, DbError> {
        let (Some(from), Some(bytes), Some(raw), Some(by)) =
            (&self.forecast_from, self.forecast, self.forecast_raw, &self.forecast_by)
        else {
            return Ok(None);
        };
        let from = parse("builds.forecast_from", from)?;
        let by = parse_state::<ForecastBy>("builds.forecast_by", by.clone())?;
        Ok(Some(PatchForecast { from, bytes: count(bytes), raw: count(raw), by }))
    }
}

impl TryFrom<Row> for BuildRow {
    type Error = DbError;

    fn try_from(r: Row) -> Result<Self, DbError> {
        Ok(Self {
            forecast: r.forecast()?,
            id: r.id,
            game_id: r.game_id,
            version: r.version,
            sequence: r.sequence,
            floor: r.floor,
            state: r.state,
            go_live: r.go_live,
            manifest_id: ManifestId(r.manifest_id),
            manifest: BlobId { hash: r.manifest_hash, size: r.manifest_size },
            archive: BlobId { hash: r.archive_hash, size: r.archive_size },
            archive_stored: r.archive_stored.map(count),
            kept: r.kept,
            content_size: r.content_size,
            files: r.files,
            created: r.created,
            notes: r.notes.unwrap_or_default(),
            pushed_by: r.pushed_by,
            pinned: r.pinned.unwrap_or(false),
        })
    }
}

/// Reads builds: the columns are the same for every question.
macro_rules! select {
    ($how:ident, $tx:expr, $rest:literal $(, $arg:expr)*) => {
        fetch!(
            $how,
            $tx,
            Row,
            concat!(
                "SELECT id, game_id, version, sequence, floor, state, go_live, manifest_id, manifest_hash, ",
                "manifest_size, archive_hash, archive_size, archive_stored, kept, content_size, files, created, ",
                "notes, pushed_by, pinned, forecast_from, forecast, forecast_raw, forecast_by ",
                "FROM builds ",
                $rest
            )
            $(, $arg)*
        )
    };
}

/// Writes a new build with its envelope. [`DbError::is_taken`] if its version or sequence is there already.
pub async fn insert(tx: &mut Tx, b: &BuildRow, envelope: &[u8]) -> Result<(), DbError> {
    let sql = "INSERT INTO builds (id, game_id, version, sequence, floor, state, go_live, manifest_id, \
               manifest_hash, manifest_size, archive_hash, archive_size, content_size, files, created, pushed_by, \
               forecast_from, forecast, forecast_raw, forecast_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let forecast = b.forecast.as_ref();
    execute!(
        tx,
        sql,
        &b.id,
        &b.game_id,
        b.version.as_str(),
        int(b.sequence),
        int(b.floor),
        b.state.as_str(),
        b.go_live,
        b.manifest_id.to_string(),
        b.manifest.hash.to_string(),
        int(b.manifest.size),
        b.archive.hash.to_string(),
        int(b.archive.size),
        int(b.content_size),
        int(b.files),
        b.created.0,
        b.pushed_by.as_deref(),
        forecast.map(|f| f.from.as_str()),
        forecast.map(|f| int(f.bytes)),
        forecast.map(|f| int(f.raw)),
        forecast.map(|f| f.by.as_str())
    )?;
    execute!(tx, "INSERT INTO envelopes (build_id, bytes) VALUES ($1, $2)", &b.id, envelope)?;
    Ok(())
}

/// Builds of a game, oldest first.
pub async fn of_game(tx: &mut Tx, game: &str) -> Result<Vec<BuildRow>, DbError> {
    let rows = select!(fetch_all, tx, "WHERE game_id = $1 ORDER BY sequence", game)?;
    rows.into_iter().map(BuildRow::try_from).collect()
}

/// Builds of a game behind that place in its list, oldest first: all, or only those that are ready.
pub async fn page(
    tx: &mut Tx,
    game: &str,
    only_ready: bool,
    after: Option<u64>,
    limit: i64,
) -> Result<Vec<BuildRow>, DbError> {
    let rows = select!(
        fetch_all,
        tx,
        "WHERE game_id = $1 AND sequence > $2 AND (state = 'ready' OR $3) ORDER BY sequence LIMIT $4",
        game,
        after.map_or(-1, int),
        !only_ready,
        limit
    )?;
    rows.into_iter().map(BuildRow::try_from).collect()
}

/// The floors of games that have one, by slug. What is below is refused by friends.
pub async fn floors(tx: &mut Tx, limit: i64) -> Result<Vec<Floor>, DbError> {
    let sql = "SELECT g.slug, g.title, MAX(b.floor) FROM builds b JOIN games g ON g.id = b.game_id \
               WHERE b.state = 'ready' GROUP BY g.slug, g.title HAVING MAX(b.floor) > 1 ORDER BY g.slug LIMIT $1";
    let rows = fetch!(fetch_all, tx, (String, String, i64), sql, limit)?;
    let floor = |(slug, title, sequence): (String, _, _)| {
        Ok(Floor { game: parse("games.slug", &slug)?, title, sequence: count(sequence) })
    };
    rows.into_iter().map(floor).collect()
}

/// Builds of every game, the oldest of each first.
pub async fn all(tx: &mut Tx) -> Result<Vec<BuildRow>, DbError> {
    let rows = select!(fetch_all, tx, "ORDER BY game_id, sequence")?;
    rows.into_iter().map(BuildRow::try_from).collect()
}

/// The build of that id.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<BuildRow>, DbError> {
    select!(fetch_optional, tx, "WHERE id = $1", id)?.map(BuildRow::try_from).transpose()
}

/// The build of that version.
pub async fn by_version(tx: &mut Tx, game: &str, version: &Version) -> Result<Option<BuildRow>, DbError> {
    let rows = select!(fetch_optional, tx, "WHERE game_id = $1 AND version = $2", game, version.as_str())?;
    rows.map(BuildRow::try_from).transpose()
}

/// Slugs of the games that have a build with that envelope, and the build's id.
pub async fn by_envelope(tx: &mut Tx, hash: &Hash) -> Result<Vec<(Slug, String)>, DbError> {
    let sql = "SELECT g.slug, b.id FROM builds b JOIN games g ON g.id = b.game_id WHERE b.manifest_hash = $1";
    fetch!(fetch_all, tx, (String, String), sql, hash.to_string())?
        .into_iter()
        .map(|(slug, id)| Ok((parse("games.slug", &slug)?, id)))
        .collect()
}

/// Slug of the game that a build belongs to.
pub async fn game_of(tx: &mut Tx, build: &str) -> Result<Option<Slug>, DbError> {
    let sql = "SELECT g.slug FROM builds b JOIN games g ON g.id = b.game_id WHERE b.id = $1";
    let row = fetch!(fetch_optional, tx, (String,), sql, build)?;
    row.map(|(slug,)| parse("games.slug", &slug)).transpose()
}

/// The envelope's bytes.
pub async fn envelope(tx: &mut Tx, build: &str) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT bytes FROM envelopes WHERE build_id = $1";
    Ok(fetch!(fetch_optional, tx, (Vec<u8>,), sql, build)?.map(|(bytes,)| bytes))
}

/// Writes how far a build is.
pub async fn set_state(tx: &mut Tx, id: &str, state: BuildState) -> Result<(), DbError> {
    execute!(tx, "UPDATE builds SET state = $2 WHERE id = $1", id, state.as_str())?;
    Ok(())
}

/// Writes whether a build goes live once it is ready.
pub async fn set_go_live(tx: &mut Tx, id: &str, go_live: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE builds SET go_live = $2 WHERE id = $1", id, go_live)?;
    Ok(())
}

/// Writes what is said of a build.
pub async fn set_notes(tx: &mut Tx, id: &str, notes: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE builds SET notes = $2 WHERE id = $1", id, notes)?;
    Ok(())
}

/// Writes whether pruning leaves a build alone.
pub async fn set_pinned(tx: &mut Tx, id: &str, pinned: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE builds SET pinned = $2 WHERE id = $1", id, pinned)?;
    Ok(())
}

/// Removes a build with its envelope and patches.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM builds WHERE id = $1", id)?;
    Ok(())
}
