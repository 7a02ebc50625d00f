//! Second factors, and the codes for who lost theirs.

use mist_proto::{Hash, UnixMillis};

use super::{DbError, Tx, count};

row! {
    /// A row of `second_factors`.
    #[derive(Clone)]
    pub struct Factor {
        /// What codes are made of.
        pub secret: Vec<u8>,
        /// Whether codes are asked for.
        pub confirmed: bool,
        /// The newest step whose code was used.
        pub last_step: i64,
    }
}

/// The factor of an account, confirmed or not.
pub async fn get(tx: &mut Tx, user: &str) -> Result<Option<Factor>, DbError> {
    let sql = "SELECT secret, confirmed, last_step FROM second_factors WHERE user_id = $1";
    Ok(fetch!(fetch_optional, tx, Factor, sql, user)?)
}

/// Begins one anew; one that is confirmed stays as it is. Whether it was begun.
pub async fn begin(tx: &mut Tx, user: &str, secret: &[u8], now: UnixMillis) -> Result<bool, DbError> {
    let sql = "INSERT INTO second_factors (user_id, secret, confirmed, last_step, created) \
               VALUES ($1, $2, FALSE, 0, $3) ON CONFLICT (user_id) DO UPDATE SET \
               secret = excluded.secret, last_step = 0, created = excluded.created \
               WHERE second_factors.confirmed = FALSE";
    Ok(execute!(tx, sql, user, secret, now.0)? > 0)
}

/// Uses the code of a step; whether it counts: of two who show the same one, one does.
pub async fn use_step(tx: &mut Tx, user: &str, step: i64) -> Result<bool, DbError> {
    let sql = "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2";
    Ok(execute!(tx, sql, user, step)? > 0)
}

/// From now on codes are asked for, or one of these.
pub async fn confirm(tx: &mut Tx, user: &str, recovery: &[Hash]) -> Result<(), DbError> {
    execute!(tx, "UPDATE second_factors SET confirmed = TRUE WHERE user_id = $1", user)?;
    execute!(tx, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
    for code in recovery {
        let sql = "INSERT INTO recovery_codes (hash, user_id) VALUES ($1, $2)";
        execute!(tx, sql, code.to_string(), user)?;
    }
    Ok(())
}

/// Uses a recovery code; whether it was there.
pub async fn use_recovery(tx: &mut Tx, user: &str, code: &Hash) -> Result<bool, DbError> {
    let sql = "DELETE FROM recovery_codes WHERE hash = $1 AND user_id = $2";
    Ok(execute!(tx, sql, code.to_string(), user)? > 0)
}

/// Recovery codes that are left.
pub async fn recovery_left(tx: &mut Tx, user: &str) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1";
    Ok(count(fetch!(fetch_one, tx, (i64,), sql, user)?.0))
}

/// Removes the factor with its recovery codes; whether codes were asked for.
pub async fn remove(tx: &mut Tx, user: &str) -> Result<bool, DbError> {
    execute!(tx, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
    let sql = "DELETE FROM second_factors WHERE user_id = $1 RETURNING confirmed";
    Ok(fetch!(fetch_optional, tx, (bool,), sql, user)?.is_some_and(|(confirmed,)| confirmed))
}
