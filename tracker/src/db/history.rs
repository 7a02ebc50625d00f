//! What was, over time.

use mist_proto::{UnixMillis, http::BytesBySource};
use sqlx::AssertSqlSafe;

use super::{DbError, Tx, count, int};
use crate::history::rollup::{Point, Range};

/// What sums are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Everything.
    All,
    /// Each game, by slug.
    Game,
    /// Each account, by id.
    Friend,
}

impl Dimension {
    fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Game => "game",
            Self::Friend => "friend",
        }
    }
}

/// Of what the most is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peak {
    /// Friends' programs that are online.
    Friends,
    /// Seeds that are online.
    Seeds,
    /// Bytes in the store of a seed, by its id.
    Store,
}

impl Peak {
    fn word(self) -> &'static str {
        match self {
            Self::Friends => "friends",
            Self::Seeds => "seeds",
            Self::Store => "store",
        }
    }
}

/// Sums end here: a number that is larger can't be added to without leaving what both engines hold.
const MOST: i64 = 1 << 62;

/// Adds to a sum.
pub async fn add(
    tx: &mut Tx,
    point: &Point,
    dimension: Dimension,
    name: &str,
    bytes: &BytesBySource,
) -> Result<(), DbError> {
    let added = |column: &str| {
        format!(
            "{column} = CASE WHEN history_moved.{column} > {MOST} - excluded.{column} THEN {MOST} \
             ELSE history_moved.{column} + excluded.{column} END"
        )
    };
    let columns = ["lan", "tailnet", "internet", "seed", "https"].map(added).join(", ");
    let sql = AssertSqlSafe(format!(
        "INSERT INTO history_moved (resolution, at, dimension, name, lan, tailnet, internet, seed, https) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (resolution, at, dimension, name) DO UPDATE SET {columns}"
    ));
    let bounded = |bytes: u64| int(bytes).min(MOST);
    execute!(
        tx,
        sql,
        point.resolution.as_str(),
        point.begins.0,
        dimension.word(),
        name,
        bounded(bytes.lan),
        bounded(bytes.tailnet),
        bounded(bytes.internet),
        bounded(bytes.seed),
        bounded(bytes.https)
    )?;
    Ok(())
}

/// Begins to note how things are at a point; whether nobody had begun yet. Of those who begin at the same moment, the others
/// wait for the end of this transaction.
pub async fn begin(tx: &mut Tx, point: &Point, friends: u64) -> Result<bool, DbError> {
    let sql = "INSERT INTO history_peaks (resolution, at, what, name, most) VALUES ($1, $2, $3, '', $4) \
               ON CONFLICT (resolution, at, what, name) DO NOTHING";
    let (resolution, what) = (point.resolution.as_str(), Peak::Friends.word());
    Ok(execute!(tx, sql, resolution, point.begins.0, what, int(friends))? > 0)
}

/// Raises the most that there was, if there is more.
pub async fn raise(tx: &mut Tx, point: &Point, peak: Peak, name: &str, most: u64) -> Result<(), DbError> {
    let sql = "INSERT INTO history_peaks (resolution, at, what, name, most) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (resolution, at, what, name) DO UPDATE SET most = excluded.most \
               WHERE excluded.most > history_peaks.most";
    execute!(tx, sql, point.resolution.as_str(), point.begins.0, peak.word(), name, int(most))?;
    Ok(())
}

/// What was received at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedRow {
    /// A game's slug, an account's name, or nothing.
    pub name: String,
    /// When the point begins.
    pub begins: UnixMillis,
    /// What was received.
    pub bytes: BytesBySource,
}

/// What was received in a range, by name. Friends are those that have an account.
pub async fn moved(tx: &mut Tx, range: &Range, dimension: Dimension) -> Result<Vec<MovedRow>, DbError> {
    type Row = (String, i64, i64, i64, i64, i64, i64);
    let (resolution, from, to) = (range.resolution.as_str(), range.since.0, range.ends().0);
    let rows = match dimension {
        Dimension::All | Dimension::Game => {
            let sql = "SELECT name, at, lan, tailnet, internet, seed, https FROM history_moved \
                       WHERE resolution = $1 AND at >= $2 AND at < $3 AND dimension = $4";
            fetch!(fetch_all, tx, Row, sql, resolution, from, to, dimension.word())?
        }
        Dimension::Friend => {
            let sql = "SELECT u.name, h.at, h.lan, h.tailnet, h.internet, h.seed, h.https FROM history_moved h \
                       JOIN users u ON u.id = h.name \
                       WHERE h.resolution = $1 AND h.at >= $2 AND h.at < $3 AND h.dimension = $4";
            fetch!(fetch_all, tx, Row, sql, resolution, from, to, dimension.word())?
        }
    };
    let row = |(name, at, lan, tailnet, internet, seed, https): Row| {
        let [lan, tailnet, internet, seed, https] = [lan, tailnet, internet, seed, https].map(count);
        let bytes = BytesBySource { lan, tailnet, internet, seed, https };
        MovedRow { name, begins: UnixMillis(at), bytes }
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The most that there was at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeakRow {
    /// `friends`, `seeds`, or a seed's name.
    pub name: String,
    /// When the point begins.
    pub begins: UnixMillis,
    /// The most.
    pub most: u64,
}

/// The most in a range, by name. Stores are those of seeds that are not removed.
pub async fn peaks(tx: &mut Tx, range: &Range, peak: Peak) -> Result<Vec<PeakRow>, DbError> {
    type Row = (String, i64, i64);
    let (resolution, from, to) = (range.resolution.as_str(), range.since.0, range.ends().0);
    let rows = match peak {
        Peak::Friends | Peak::Seeds => {
            let sql = "SELECT what, at, most FROM history_peaks \
                       WHERE resolution = $1 AND at >= $2 AND at < $3 AND what = $4";
            fetch!(fetch_all, tx, Row, sql, resolution, from, to, peak.word())?
        }
        Peak::Store => {
            let sql = "SELECT s.name, h.at, h.most FROM history_peaks h JOIN seeds s ON s.id = h.name \
                       WHERE h.resolution = $1 AND h.at >= $2 AND h.at < $3 AND h.what = $4";
            fetch!(fetch_all, tx, Row, sql, resolution, from, to, peak.word())?
        }
    };
    let row = |(name, at, most)| PeakRow { name, begins: UnixMillis(at), most: count(most) };
    Ok(rows.into_iter().map(row).collect())
}

/// Forgets what was before this point.
pub async fn purge(tx: &mut Tx, first: &Point) -> Result<(), DbError> {
    let (resolution, before) = (first.resolution.as_str(), first.begins.0);
    execute!(tx, "DELETE FROM history_moved WHERE resolution = $1 AND at < $2", resolution, before)?;
    execute!(tx, "DELETE FROM history_peaks WHERE resolution = $1 AND at < $2", resolution, before)?;
    Ok(())
}

/// Forgets what one account received. The sums of all and of games stay.
pub async fn forget_friend(tx: &mut Tx, account: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM history_moved WHERE dimension = 'friend' AND name = $1", account)?;
    Ok(())
}

/// Forgets what each account received.
pub async fn forget_friends(tx: &mut Tx) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM history_moved WHERE dimension = 'friend'")?;
    Ok(())
}
