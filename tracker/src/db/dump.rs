//! Every table as lines of JSON, and back: what `tracker backup` and `tracker restore` are made of. The same lines
//! load into either engine, so a backup is also the way from SQLite to PostgreSQL.

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row};

use super::{DbError, Tx};

/// Types of columns that both engines share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Bool,
    Bytes,
}
use Kind::{Bool, Bytes, Int, Text};

/// A table and its columns.
struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
}

/// Every table, in an order in which rows can be written without a reference that dangles.
const TABLES: &[Table] = &[
    Table { name: "tracker_keys", columns: &[("position", Int), ("secret", Bytes)] },
    Table { name: "firsts", columns: &[("what", Text), ("at", Int)] },
    Table { name: "release_keys", columns: &[("position", Int), ("key", Text), ("rotation", Text)] },
    Table {
        name: "recovery_keys",
        columns: &[("release_key", Text), ("key", Text), ("made", Int), ("made_by", Text)],
    },
    Table { name: "publisher_lists", columns: &[("serial", Int), ("statement", Text)] },
    Table {
        name: "users",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("scope", Text),
            ("password", Text),
            ("disabled", Bool),
            ("created", Int),
            ("last_sign_in", Int),
        ],
    },
    Table {
        name: "sessions",
        columns: &[
            ("family", Text),
            ("user_id", Text),
            ("device", Text),
            ("created", Int),
            ("expires", Int),
            ("confirmed", Int),
        ],
    },
    Table {
        name: "refresh_tokens",
        columns: &[("hash", Text), ("family", Text), ("issued", Int), ("used", Int), ("next", Text)],
    },
    Table { name: "browser_cookies", columns: &[("hash", Text), ("family", Text)] },
    Table {
        name: "second_factors",
        columns: &[
            ("user_id", Text),
            ("secret", Bytes),
            ("confirmed", Bool),
            ("last_step", Int),
            ("created", Int),
        ],
    },
    Table { name: "recovery_codes", columns: &[("hash", Text), ("user_id", Text)] },
    Table {
        name: "seeds",
        columns: &[
            ("id", Text),
            ("name", Text),
            ("token_hash", Text),
            ("public_url", Text),
            ("created", Int),
            ("last_seen", Int),
            ("scrub_asked", Int),
        ],
    },
    Table {
        name: "devices",
        columns: &[("peer", Text), ("owner", Text), ("name", Text), ("last_seen", Int)],
    },
    Table { name: "denied_peers", columns: &[("peer", Text), ("since", Int)] },
    Table { name: "denied_accounts", columns: &[("account", Text), ("since", Int)] },
    Table { name: "denied_grants", columns: &[("account", Text), ("game", Text), ("since", Int)] },
    Table {
        name: "games",
        columns: &[
            ("id", Text),
            ("slug", Text),
            ("title", Text),
            ("description", Text),
            ("cover_url", Text),
            ("app_id", Int),
            ("is_private", Bool),
            ("by_hand", Text),
            ("live_build", Text),
            ("seed_id", Text),
            ("created", Int),
            ("changed", Int),
            ("next_live", Text),
            ("next_live_at", Int),
            ("next_live_by", Text),
            ("pruned", Int),
        ],
    },
    Table {
        name: "covers",
        columns: &[
            ("game_id", Text),
            ("hash", Text),
            ("hue", Int),
            ("width", Int),
            ("height", Int),
            ("large", Bytes),
            ("small", Bytes),
        ],
    },
    Table {
        name: "client_packages",
        columns: &[
            ("platform", Text),
            ("kind", Text),
            ("version", Text),
            ("size", Int),
            ("hash", Text),
            ("added", Int),
            ("statement", Text),
        ],
    },
    Table { name: "client_parts", columns: &[("hash", Text), ("number", Int), ("bytes", Bytes)] },
    Table { name: "keep_default", columns: &[("position", Int), ("keep_newest", Int), ("keep_days", Int)] },
    Table { name: "keep_policies", columns: &[("game_id", Text), ("keep_newest", Int), ("keep_days", Int)] },
    Table { name: "grants", columns: &[("user_id", Text), ("game_id", Text)] },
    Table {
        name: "invites",
        columns: &[
            ("id", Text),
            ("code_hash", Text),
            ("user_id", Text),
            ("name", Text),
            ("note", Text),
            ("uses", Int),
            ("used", Int),
            ("made_by", Text),
            ("created", Int),
            ("expires", Int),
        ],
    },
    Table { name: "invite_games", columns: &[("invite_id", Text), ("game_id", Text)] },
    Table {
        name: "api_tokens",
        columns: &[
            ("id", Text),
            ("hash", Text),
            ("user_id", Text),
            ("name", Text),
            ("level", Text),
            ("created", Int),
            ("expires", Int),
            ("used", Int),
        ],
    },
    Table {
        name: "builds",
        columns: &[
            ("id", Text),
            ("game_id", Text),
            ("version", Text),
            ("sequence", Int),
            ("floor", Int),
            ("state", Text),
            ("go_live", Bool),
            ("manifest_id", Text),
            ("manifest_hash", Text),
            ("manifest_size", Int),
            ("archive_hash", Text),
            ("archive_size", Int),
            ("archive_stored", Int),
            ("kept", Text),
            ("content_size", Int),
            ("files", Int),
            ("created", Int),
            ("notes", Text),
            ("pushed_by", Text),
            ("pinned", Bool),
            ("forecast_from", Text),
            ("forecast", Int),
            ("forecast_raw", Int),
            ("forecast_by", Text),
        ],
    },
    Table { name: "game_seeds", columns: &[("game_id", Text), ("seed_id", Text), ("since", Int)] },
    Table {
        name: "build_seeds",
        columns: &[("build_id", Text), ("seed_id", Text), ("kept", Text), ("archive_stored", Int)],
    },
    Table { name: "envelopes", columns: &[("build_id", Text), ("bytes", Bytes)] },
    Table {
        name: "patches",
        columns: &[("from_build", Text), ("to_build", Text), ("blob_hash", Text), ("blob_size", Int)],
    },
    Table {
        name: "build_samples",
        columns: &[("build_id", Text), ("ended", Int), ("asked", Int), ("proved", Int)],
    },
    Table { name: "patch_stories", columns: &[("from_build", Text), ("to_build", Text), ("story", Bytes)] },
    Table {
        name: "jumps",
        columns: &[
            ("id", Text),
            ("build_id", Text),
            ("account", Text),
            ("signature_hash", Text),
            ("signature_size", Int),
            ("job_id", Text),
            ("blob_hash", Text),
            ("blob_size", Int),
            ("made", Int),
            ("used", Int),
        ],
    },
    Table {
        name: "patch_asks",
        columns: &[("id", Text), ("from_build", Text), ("to_build", Text), ("account", Text)],
    },
    Table {
        name: "jobs",
        columns: &[
            ("id", Text),
            ("game", Text),
            ("build_id", Text),
            ("kind", Text),
            ("spec", Text),
            ("seed_id", Text),
            ("after_job", Text),
            ("priority", Int),
            ("state", Text),
            ("stage", Text),
            ("done", Int),
            ("total", Int),
            ("attempts", Int),
            ("not_before", Int),
            ("lease", Text),
            ("lease_until", Int),
            ("run", Text),
            ("error", Text),
            ("created", Int),
            ("updated", Int),
            ("begun", Int),
            ("said", Int),
            ("lines", Int),
        ],
    },
    Table {
        name: "job_log",
        columns: &[
            ("job_id", Text),
            ("number", Int),
            ("at", Int),
            ("level", Text),
            ("source", Text),
            ("text", Text),
        ],
    },
    Table {
        name: "transfers",
        columns: &[
            ("user_id", Text),
            ("id", Text),
            ("game", Text),
            ("operation", Text),
            ("from_version", Text),
            ("to_version", Text),
            ("lan", Int),
            ("tailnet", Int),
            ("internet", Int),
            ("seed", Int),
            ("https", Int),
            ("wire_lan", Int),
            ("wire_tailnet", Int),
            ("wire_internet", Int),
            ("wire_seed", Int),
            ("wire_https", Int),
            ("finished", Bool),
            ("created", Int),
            ("updated", Int),
        ],
    },
    Table {
        name: "settings",
        columns: &[("name", Text), ("value", Text), ("changed_by", Text), ("changed", Int)],
    },
    Table {
        name: "history_moved",
        columns: &[
            ("resolution", Text),
            ("at", Int),
            ("dimension", Text),
            ("name", Text),
            ("lan", Int),
            ("tailnet", Int),
            ("internet", Int),
            ("seed", Int),
            ("https", Int),
        ],
    },
    Table {
        name: "history_peaks",
        columns: &[("resolution", Text), ("at", Int), ("what", Text), ("name", Text), ("most", Int)],
    },
    Table { name: "notice_target", columns: &[("position", Int), ("webhook", Text), ("kinds", Text)] },
    Table {
        name: "notices",
        columns: &[
            ("id", Text),
            ("kind", Text),
            ("subject", Text),
            ("text", Text),
            ("created", Int),
            ("due", Int),
            ("tries", Int),
            ("delivered", Int),
            ("failed", Int),
            ("failure", Text),
        ],
    },
    Table {
        name: "audit",
        columns: &[("id", Text), ("at", Int), ("actor", Text), ("action", Text), ("subject", Text)],
    },
];

/// Names of the tables, in the order of [`rows`].
pub fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|t| t.name)
}

/// Every column of every table.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().flat_map(|t| t.columns.iter().map(|(column, _)| (t.name, *column)))
}

fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|t| t.name == name)
}

fn corrupt(what: &'static str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DbError {
    DbError::Corrupt { what, source: why.into() }
}

/// Reads one column of a row of either engine.
macro_rules! cell {
    ($row:expr, $at:expr, $kind:expr) => {
        match $kind {
            Text => $row.try_get::<Option<String>, _>($at)?.map_or(Value::Null, Value::from),
            Int => $row.try_get::<Option<i64>, _>($at)?.map_or(Value::Null, Value::from),
            Bool => $row.try_get::<Option<bool>, _>($at)?.map_or(Value::Null, Value::from),
            Bytes => $row.try_get::<Option<Vec<u8>>, _>($at)?.map_or(Value::Null, |b| B64.encode(b).into()),
        }
    };
}

/// Rows of one table from the one after `skip` on, at most `limit`.
///
/// # Errors
/// [`DbError`]; [`DbError::Corrupt`] for a table that is not in [`tables`].
pub async fn rows(
    tx: &mut Tx,
    name: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<Map<String, Value>>, DbError> {
    let t = table(name).ok_or_else(|| corrupt("dump", format!("there is no table {name:?}")))?;
    let columns = t.columns.iter().map(|(c, _)| *c).collect::<Vec<_>>().join(", ");
    // Ordered by the first four columns, which together are unique in every table.
    let order = t.columns.iter().take(4).map(|(c, _)| *c).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {columns} FROM {} ORDER BY {order} LIMIT $1 OFFSET $2", t.name);
    macro_rules! read {
        ($c:expr) => {{
            let found = sqlx::query(AssertSqlSafe(sql)).bind(limit).bind(skip).fetch_all(&mut **$c).await?;
            let mut out = Vec::with_capacity(found.len());
            for row in found {
                let mut object = Map::new();
                for (at, (column, kind)) in t.columns.iter().enumerate() {
                    object.insert((*column).to_owned(), cell!(row, at, *kind));
                }
                out.push(object);
            }
            out
        }};
    }
    Ok(match tx {
        Tx::Lite(c, _) => read!(c),
        Tx::Pg(c, _) => read!(c),
    })
}

/// Writes one row that [`rows`] gave. Columns that are not there become NULL, so that an older backup loads into a
/// schema that has grown since.
///
/// # Errors
/// [`DbError::Corrupt`] for a table or value that does not fit.
pub async fn insert(tx: &mut Tx, name: &str, row: &Map<String, Value>) -> Result<(), DbError> {
    let t = table(name).ok_or_else(|| corrupt("backup", format!("there is no table {name:?}")))?;
    let columns = t.columns.iter().map(|(c, _)| *c).collect::<Vec<_>>().join(", ");
    let places = (1..=t.columns.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO {} ({columns}) VALUES ({places})", t.name);
    macro_rules! write {
        ($c:expr) => {{
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (column, kind) in t.columns {
                let value = row.get(*column).unwrap_or(&Value::Null);
                query = match kind {
                    Text => query.bind(value.as_str()),
                    Int => query.bind(value.as_i64()),
                    Bool => query.bind(value.as_bool()),
                    Bytes => {
                        let bytes = value.as_str().map(|s| B64.decode(s)).transpose();
                        query.bind(bytes.map_err(|e| corrupt("backup", e))?)
                    }
                };
            }
            query.execute(&mut **$c).await?;
        }};
    }
    match tx {
        Tx::Lite(c, _) => write!(c),
        Tx::Pg(c, _) => write!(c),
    }
    Ok(())
}
