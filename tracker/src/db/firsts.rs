//! What is done once in the life of a server.

use mist_proto::UnixMillis;

use super::{DbError, Tx};

/// The first admin is made.
pub const ADMIN: &str = "admin";

/// Takes it on to do something for the first time; whether it was not done yet. Of those who ask at the same moment, the
/// others wait for the end of this transaction, and it is theirs if this one is not committed.
pub async fn claim(tx: &mut Tx, what: &str, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "INSERT INTO firsts (what, at) VALUES ($1, $2) ON CONFLICT (what) DO NOTHING";
    Ok(execute!(tx, sql, what, now.0)? > 0)
}
