//! The release key that clients pin: registered by the first push, handed over by signed rotations only.

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_proto::{
    http::{NoticeKind, RegisterReleaseKey, Trust},
    key::{KeyRotation, ReleaseKey},
};

use super::{Auth, caller::Caller};
use crate::{audit, db, error::Problem, notices};

/// What clients and seeds pin.
///
/// # Errors
/// Only our own.
pub async fn trust(auth: &Auth) -> Result<Trust, Problem> {
    let keys = db::keys::release_keys(&mut auth.records.read().await?).await?;
    Ok(Trust {
        tracker_key: auth.signing.key,
        release_key: keys.last().map(|(key, _)| *key),
        rotations: keys.into_iter().filter_map(|(_, rotation)| rotation).collect(),
        server: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Registers the first release key. The same key again changes nothing.
///
/// # Errors
/// 409 `key_exists` if there is another one.
pub async fn register(auth: &Auth, caller: &Caller, body: RegisterReleaseKey) -> Result<Trust, Problem> {
    let mut tx = auth.records.write().await?;
    match db::keys::current(&mut tx).await? {
        Some(known) if known == body.key => {}
        Some(known) => return Err(key_exists(&known)),
        None => {
            let written = db::keys::append(&mut tx, 0, &body.key, None).await;
            if written.as_ref().is_err_and(db::DbError::is_taken) {
                return Err(Problem::conflict("key_exists", "another key was registered at the same moment"));
            }
            written?;
            audit::note(
                &mut tx,
                auth.records.mint(),
                caller,
                "release_key.register",
                &body.key.fingerprint(),
            )
            .await?;
            tx.commit().await?;
        }
    }
    trust(auth).await
}

/// Hands over to a new release key.
///
/// # Errors
/// 400 `bad_rotation`; 409 `key_exists` if it does not start from the present key.
pub async fn rotate(auth: &Auth, caller: &Caller, bytes: &[u8]) -> Result<Trust, Problem> {
    let rotation = KeyRotation::decode_verified(bytes)
        .map_err(|e| Problem::invalid("bad_rotation", format!("the rotation is not valid: {e}")))?;
    let mut tx = auth.records.write().await?;
    let keys = db::keys::release_keys(&mut tx).await?;
    let Some((current, _)) = keys.last() else {
        return Err(Problem::invalid("bad_rotation", "there is no release key to rotate yet"));
    };
    if *current != rotation.new_key() {
        if *current != rotation.old() {
            return Err(key_exists(current));
        }
        let position = keys.len() as u64;
        let written =
            db::keys::append(&mut tx, position, &rotation.new_key(), Some(&B64.encode(bytes))).await;
        if written.as_ref().is_err_and(db::DbError::is_taken) {
            return Err(Problem::conflict(
                "key_exists",
                "another rotation was registered at the same moment",
            ));
        }
        written?;
        let subject = rotation.new_key().fingerprint();
        audit::note(&mut tx, auth.records.mint(), caller, "release_key.rotate", &subject).await?;
        let text = format!(
            "{} handed over to the release key {subject}. Friends' programs follow by themselves. If nobody of you did, somebody \
             has the old key.",
            caller.name
        );
        notices::queue(&mut tx, auth.records.mint(), NoticeKind::Key, &subject, &text).await?;
        tx.commit().await?;
    }
    trust(auth).await
}

fn key_exists(known: &ReleaseKey) -> Problem {
    let message =
        format!("this server's release key is {}; import that key, or rotate from it", known.fingerprint());
    Problem::conflict("key_exists", message)
}
