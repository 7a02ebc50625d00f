//! What happened to jobs, line by line.

use mist_proto::{
    UnixMillis,
    http::{LogLevel, LogLine, LogSource},
};

use super::{DbError, Tx, count, int};

/// A line that is to be written.
pub struct NewLine {
    /// When it happened.
    pub at: UnixMillis,
    /// How much it matters.
    pub level: LogLevel,
    /// Who says it.
    pub source: LogSource,
    /// What happened.
    pub text: String,
}

row! {
    struct Row {
        number: u64 as i64,
        at: UnixMillis as i64,
        level: LogLevel as String,
        source: LogSource as String,
        text: String,
    }
}

/// Writes lines behind those that are there; the number of the last one, or none if there is no such job.
pub async fn append(tx: &mut Tx, job: &str, lines: &[NewLine]) -> Result<Option<u64>, DbError> {
    // The job's row is held until the end of the transaction, so that nobody else takes the same numbers.
    let sql = "UPDATE jobs SET lines = COALESCE(lines, 0) + $2 WHERE id = $1 RETURNING lines";
    let new = lines.len() as u64;
    let Some((last,)) = fetch!(fetch_optional, tx, (i64,), sql, job, int(new))? else { return Ok(None) };
    let last = count(last);
    for (number, line) in (last - new + 1..).zip(lines) {
        let sql =
            "INSERT INTO job_log (job_id, number, at, level, source, text) VALUES ($1, $2, $3, $4, $5, $6)";
        let (level, source) = (line.level.as_str(), line.source.as_str());
        execute!(tx, sql, job, int(number), line.at.0, level, source, &line.text)?;
    }
    Ok(Some(last))
}

/// The lines of a job, oldest first.
pub async fn of_job(tx: &mut Tx, job: &str) -> Result<Vec<LogLine>, DbError> {
    let sql = "SELECT number, at, level, source, text FROM job_log WHERE job_id = $1 ORDER BY number";
    let rows = fetch!(fetch_all, tx, Row, sql, job)?;
    let line = |Row { number, at, level, source, text }| LogLine { number, at, level, source, text };
    Ok(rows.into_iter().map(line).collect())
}

/// Number and bytes of text of each line of a job, oldest first.
pub async fn sizes(tx: &mut Tx, job: &str) -> Result<Vec<(u64, u64)>, DbError> {
    let sql =
        "SELECT number, CAST(OCTET_LENGTH(text) AS BIGINT) FROM job_log WHERE job_id = $1 ORDER BY number";
    let rows = fetch!(fetch_all, tx, (i64, i64), sql, job)?;
    Ok(rows.into_iter().map(|(number, bytes)| (count(number), count(bytes))).collect())
}

/// Drops the lines of a job from number `first` to number `last`.
pub async fn drop_lines(tx: &mut Tx, job: &str, first: u64, last: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM job_log WHERE job_id = $1 AND number >= $2 AND number <= $3";
    execute!(tx, sql, job, int(first), int(last))?;
    Ok(())
}
