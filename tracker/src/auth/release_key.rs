//! The release key that clients pin: registered by the first push, handed over by signed rotations only.

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_proto::{
    http::{NoticeKind, RegisterReleaseKey, Trust},
    key::{KeyRotation, ReleaseKey},
    publishers::Publishers,
};

use super::{Auth, caller::Caller};
use crate::{audit, db, error::Problem, notices};

/// What clients and seeds pin.
///
/// # Errors
/// Only our own.
pub async fn trust(auth: &Auth) -> Result<Trust, Problem> {
    let mut tx = auth.records.read().await?;
    let keys = db::keys::release_keys(&mut tx).await?;
    Ok(Trust {
        tracker_key: auth.signing.key,
        release_key: keys.last().map(|(key, _)| *key),
        rotations: keys.into_iter().filter_map(|(_, rotation)| rotation).collect(),
        publishers: db::keys::publishers(&mut tx).await?,
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
    let rotation = verified(bytes)?;
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

/// Notes which key can take over from the present one. The statement that hands over is looked at and not kept: whoever makes the
/// recovery key keeps it.
///
/// # Errors
/// 400 `bad_rotation`; 409 `key_exists` if it does not start from the present key.
pub async fn note_recovery(auth: &Auth, caller: &Caller, bytes: &[u8]) -> Result<(), Problem> {
    let rotation = verified(bytes)?;
    let mint = auth.records.mint();
    let mut tx = auth.records.write().await?;
    let current = db::keys::current(&mut tx).await?;
    let current = current.ok_or_else(|| {
        Problem::invalid(
            "bad_rotation",
            "there is no release key yet that a recovery key could take over from",
        )
    })?;
    if current != rotation.old() {
        return Err(key_exists(&current));
    }
    let recovery = db::keys::Recovery { key: rotation.new_key(), made: mint.now, by: caller.name.clone() };
    db::keys::set_recovery(&mut tx, &current, &recovery).await?;
    let subject = recovery.key.fingerprint();
    audit::note(&mut tx, mint, caller, db::audit::RECOVERY_KEY, &subject).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a list of those who may sign builds beside the release key.
///
/// # Errors
/// 400 `bad_publishers`; 409 `key_exists` if another key than the present one signed it, `publishers_changed` if its serial is not above
/// that of the present list.
pub async fn set_publishers(auth: &Auth, caller: &Caller, bytes: &[u8]) -> Result<Trust, Problem> {
    let list = Publishers::decode_verified(bytes).map_err(|e| {
        Problem::invalid("bad_publishers", format!("the list of publishers is not valid: {e}"))
    })?;
    let changed = || {
        let message = "the list of publishers was changed meanwhile: look at it, and make your change again";
        Problem::conflict("publishers_changed", message)
    };
    let mut tx = auth.records.write().await?;
    let current = db::keys::current(&mut tx).await?;
    let current = current.ok_or_else(|| {
        Problem::invalid("bad_publishers", "there is no release key yet that could sign a list of publishers")
    })?;
    if current != list.signed_by() {
        return Err(key_exists(&current));
    }
    let text = B64.encode(bytes);
    let before = db::keys::publishers(&mut tx).await?;
    if before.as_deref() == Some(&text) {
        drop(tx);
        return trust(auth).await;
    }
    let before = before.and_then(|text| Publishers::decode_verified(&B64.decode(text).ok()?).ok());
    if before.is_some_and(|before| before.serial() >= list.serial()) || i64::try_from(list.serial()).is_err()
    {
        return Err(changed());
    }
    let written = db::keys::add_publishers(&mut tx, list.serial(), &text).await;
    if written.as_ref().is_err_and(db::DbError::is_taken) {
        return Err(changed());
    }
    written?;
    let names: Vec<&str> = list.list().iter().filter(|p| p.may_publish).map(|p| p.name.as_str()).collect();
    let subject = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    audit::note(&mut tx, auth.records.mint(), caller, "release_key.publishers", &subject).await?;
    let text = format!(
        "{} signed a new list of publishers: {subject} may sign builds beside the release key. If nobody of you did, somebody has the \
         release key.",
        caller.name
    );
    notices::queue(
        &mut tx,
        auth.records.mint(),
        NoticeKind::Key,
        &format!("publishers {}", list.serial()),
        &text,
    )
    .await?;
    tx.commit().await?;
    trust(auth).await
}

fn verified(bytes: &[u8]) -> Result<KeyRotation, Problem> {
    KeyRotation::decode_verified(bytes)
        .map_err(|e| Problem::invalid("bad_rotation", format!("the rotation is not valid: {e}")))
}

fn key_exists(known: &ReleaseKey) -> Problem {
    let message =
        format!("this server's release key is {}; import that key, or rotate from it", known.fingerprint());
    Problem::conflict("key_exists", message)
}
