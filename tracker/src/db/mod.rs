//! The database: one code base for SQLite and PostgreSQL.
//!
//! Every statement is written once and runs on both; the macros below compile it for each. Each submodule holds the
//! statements about one noun as plain functions over a [`Tx`]. Nothing outside this folder contains SQL.
//!
//! On SQLite all writing goes through one connection, so that writers queue fairly instead of meeting `SQLITE_BUSY`,
//! and `synchronous=FULL` makes a committed transaction survive a power cut.

use std::{
    fs::{self, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

#[macro_use]
mod row;

/// Runs a statement; gives the number of rows that it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $tx {
            $crate::db::Tx::Lite(c, _) => sqlx::query($sql)$(.bind($arg))*.execute(&mut **c).await.map(|r| r.rows_affected()),
            $crate::db::Tx::Pg(c, _) => sqlx::query($sql)$(.bind($arg))*.execute(&mut **c).await.map(|r| r.rows_affected()),
        }
    };
}

/// Reads rows as `$row`, by one of sqlx's `fetch_*` methods.
macro_rules! fetch {
    ($how:ident, $tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $tx {
            $crate::db::Tx::Lite(c, _) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(&mut **c).await,
            $crate::db::Tx::Pg(c, _) => sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.$how(&mut **c).await,
        }
    };
}

/// As `fetch!`, of a statement in pieces: the text at each cut is ordered by its bytes, as Rust orders it. Each engine has an
/// order of its own otherwise, and a cursor needs one that is the same everywhere.
macro_rules! fetch_bytewise {
    ($how:ident, $tx:expr, $row:ty, [$first:literal $(, $next:literal)*] $(, $arg:expr)* $(,)?) => {
        match $tx {
            $crate::db::Tx::Lite(c, _) => {
                let sql = concat!($first $(, " COLLATE BINARY", $next)*);
                sqlx::query_as::<_, $row>(sql)$(.bind($arg))*.$how(&mut **c).await
            }
            $crate::db::Tx::Pg(c, _) => {
                let sql = concat!($first $(, " COLLATE \"C\"", $next)*);
                sqlx::query_as::<_, $row>(sql)$(.bind($arg))*.$how(&mut **c).await
            }
        }
    };
}

pub mod audit;
pub mod builds;
pub mod clients;
pub mod copies;
pub mod covers;
pub mod denied;
pub mod devices;
pub mod dump;
pub mod factors;
pub mod firsts;
pub mod games;
pub mod history;
pub mod invites;
pub mod job_log;
pub mod jobs;
pub mod jumps;
pub mod keys;
pub mod migrations;
pub mod notices;
pub mod patches;
pub mod policies;
pub mod samples;
pub mod seeds;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod transfers;
pub mod users;

/// How long a statement may wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);

/// What went wrong in the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The engine refused or could not be reached.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("database schema: {0}")]
    Migrate(#[from] MigrateError),
    /// A row holds what the code would never have written.
    #[error("database: {what} holds a value that is not valid: {source}")]
    Corrupt {
        /// Table and column.
        what: &'static str,
        /// Why it is not valid.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl DbError {
    /// Whether a row with the same unique name was there already.
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

/// Reads a text column as one of our own types.
fn parse<T: FromStr>(what: &'static str, text: &str) -> Result<T, DbError>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|source| DbError::Corrupt { what, source: Box::new(source) })
}

/// Reads a column that holds the state of a build or job.
fn parse_state<T: TryFrom<String>>(what: &'static str, text: String) -> Result<T, DbError>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    T::try_from(text).map_err(|source| DbError::Corrupt { what, source: Box::new(source) })
}

/// A size or counter as the engines keep it. Values come from bounded types, and 2^63 bytes do not exist.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A counter that the engine keeps as a signed number and that is never below zero.
fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A pool of connections to one of the two engines.
#[derive(Clone)]
pub enum Db {
    /// SQLite in a file: many readers and one writer.
    Lite {
        /// Connections that read.
        read: SqlitePool,
        /// The connection that writes.
        write: SqlitePool,
        /// What this process has written.
        written: Written,
    },
    /// PostgreSQL.
    Pg(PgPool, Written),
}

/// Counts the write transactions of this process that have ended.
#[derive(Debug, Clone, Default)]
pub struct Written(Arc<AtomicU64>);

/// Counts one when it is dropped.
#[derive(Debug)]
pub struct Ending(Written);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A transaction. Dropped without [`Tx::commit`], it changes nothing.
pub enum Tx {
    /// On SQLite. It is counted if it writes.
    Lite(Transaction<'static, Sqlite>, Option<Ending>),
    /// On PostgreSQL. It is counted if it writes.
    Pg(Transaction<'static, Postgres>, Option<Ending>),
}

/// Makes the file of a database, and what SQLite keeps beside it, readable to their owner only. SQLite gives its own files
/// the mode of the first.
fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    for beside in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        match fs::set_permissions(name, Permissions::from_mode(0o600)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            made => made?,
        }
    }
    Ok(())
}

impl Db {
    /// Opens a SQLite file, which is made if it is not there. Only its owner may read it, whatever the folder is: it holds
    /// the hashes of passwords. The schema is left as it is.
    ///
    /// # Errors
    /// [`DbError::Sql`] if the file can't be opened.
    pub async fn open_sqlite(path: &Path) -> Result<Self, DbError> {
        make_private(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE);
        let pool = |max| SqlitePoolOptions::new().max_connections(max).acquire_timeout(ACQUIRE);
        let write = pool(1).connect_with(options.clone()).await?;
        let read = pool(8).connect_with(options).await?;
        Ok(Self::Lite { read, write, written: Written::default() })
    }

    /// Connects to PostgreSQL. The schema is left as it is.
    ///
    /// # Errors
    /// [`DbError::Sql`] if the URL is malformed or the server does not answer.
    pub async fn open_postgres(url: &str) -> Result<Self, DbError> {
        let options: PgConnectOptions = url.parse()?;
        let pool =
            PgPoolOptions::new().max_connections(16).acquire_timeout(ACQUIRE).connect_with(options).await?;
        Ok(Self::Pg(pool, Written::default()))
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`DbError::Migrate`], e.g. if a newer server has used this database.
    pub async fn migrate(&self) -> Result<(), DbError> {
        match self {
            Self::Lite { write, .. } => migrations::all().run(write).await?,
            Self::Pg(pool, _) => migrations::all().run(pool).await?,
        }
        let mut tx = self.write().await?;
        copies::fill(&mut tx).await?;
        tx.commit().await
    }

    /// Makes an empty database what a release had whose newest migration has this number.
    ///
    /// # Errors
    /// [`DbError::Migrate`].
    pub async fn migrate_up_to(&self, number: i64) -> Result<(), DbError> {
        match self {
            Self::Lite { write, .. } => migrations::up_to(number).run(write).await?,
            Self::Pg(pool, _) => migrations::up_to(number).run(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that only reads, from one moment's state of the whole database.
    ///
    /// # Errors
    /// [`DbError::Sql`].
    pub async fn read(&self) -> Result<Tx, DbError> {
        Ok(match self {
            Self::Lite { read, .. } => Tx::Lite(read.begin().await?, None),
            Self::Pg(pool, _) => {
                Tx::Pg(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?, None)
            }
        })
    }

    /// Begins a transaction that writes. Transactions that change a game's builds order themselves by
    /// [`games::lock`].
    ///
    /// # Errors
    /// [`DbError::Sql`].
    pub async fn write(&self) -> Result<Tx, DbError> {
        Ok(match self {
            // A write lock from the start: a reader that turns writer may be refused half-way.
            Self::Lite { write, written, .. } => {
                Tx::Lite(write.begin_with("BEGIN IMMEDIATE").await?, Some(Ending(written.clone())))
            }
            Self::Pg(pool, written) => Tx::Pg(pool.begin().await?, Some(Ending(written.clone()))),
        })
    }

    /// How many write transactions of this process have ended. What was read before one did may be old.
    pub fn version(&self) -> u64 {
        let (Self::Lite { written, .. } | Self::Pg(_, written)) = self;
        written.0.load(Ordering::SeqCst)
    }

    /// Name of the engine, for people.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Lite { .. } => "SQLite",
            Self::Pg(..) => "PostgreSQL",
        }
    }

    /// Waits for what is going on and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Lite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Pg(pool, _) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes the changes durable.
    ///
    /// # Errors
    /// [`DbError::Sql`]; then nothing was changed.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            // It is counted once others can see it.
            Self::Lite(tx, _ending) => tx.commit().await?,
            Self::Pg(tx, _ending) => tx.commit().await?,
        }
        Ok(())
    }
}
