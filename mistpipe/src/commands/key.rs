//! The release key.

use std::path::Path;

use anyhow::{Result, ensure};
use mist_command_line::told;
use mist_proto::http::route;
use serde_json::json;

use crate::{
    api::Api,
    failure::{Exit, refuse},
    home::Home,
    release_key,
    show::{Screen, agreed},
};

/// `key show`: works without a server too.
pub(super) async fn show(home: &Home, screen: Screen) -> Result<()> {
    let at_server = match Api::open(home) {
        Ok(api) => Some(api.trust().await),
        Err(_) => None,
    };
    if let Some(Ok(trust)) = &at_server {
        release_key::settle_rotation(home, trust.release_key.as_ref())?;
    }
    let key = release_key::require(home)?.public();
    let known = match &at_server {
        None => "nobody is signed in, so the server was not asked".to_owned(),
        Some(Err(e)) => format!("the server could not be asked: {}", told(e.chain())),
        Some(Ok(trust)) => match &trust.release_key {
            None => "the server has no release key yet; the first push registers this one".into(),
            Some(theirs) if *theirs == key => "the server knows it".into(),
            Some(_) if release_key::may_publish(&key, trust) => "the release key lets it publish".into(),
            Some(theirs) => format!("the server has ANOTHER key: {}", theirs.fingerprint()),
        },
    };
    screen.line(&format!("fingerprint  {}", key.fingerprint()))?;
    screen.line(&format!("public key   {key}"))?;
    let place = release_key::place(home)?;
    screen.line(&format!("kept in      {place}"))?;
    screen.line(&format!("server       {known}"))?;
    let registered = at_server.and_then(Result::ok).map(|t| t.release_key == Some(key));
    screen.record(&json!({ "fingerprint": key.fingerprint(), "public_key": key, "registered": registered, "kept_in": place }))
}

/// `key new`.
pub(super) fn new(home: &Home, screen: Screen) -> Result<()> {
    if let Some(key) = release_key::load(home)? {
        let key = key.public().fingerprint();
        return Err(refuse(
            Exit::Failed,
            format!("there is a key on this machine already: {key}. Nothing was changed"),
        ));
    }
    let key = release_key::create(home)?.public();
    screen.line(&format!("made the key {}", key.fingerprint()))?;
    screen.line(&format!("public key   {key}"))?;
    screen.note(&format!(
        "whoever has the server's release key lets you publish: mistpipe publisher add NAME {key}. Make a backup of yours: mistpipe key \
         export FILE"
    ));
    screen.record(&json!({ "event": "made", "fingerprint": key.fingerprint(), "public_key": key }))
}

/// `key export FILE`.
pub(super) fn export(home: &Home, screen: Screen, file: &Path) -> Result<()> {
    let key = release_key::export(home, file)?;
    screen.line(&format!("release key {} written to {}", key.fingerprint(), file.display()))?;
    screen.warn(
        "the file is not encrypted: whoever reads it can publish builds to your friends. Keep it offline",
    );
    screen.record(&json!({ "event": "exported", "fingerprint": key.fingerprint(), "file": file }))
}

/// `key import FILE`.
pub(super) fn import(home: &Home, screen: Screen, file: &Path) -> Result<()> {
    let key = release_key::import(home, file)?;
    screen.line(&format!("release key {} is this machine's now", key.fingerprint()))?;
    screen.record(&json!({ "event": "imported", "fingerprint": key.fingerprint() }))
}

/// `key rotate`.
pub(super) async fn rotate(home: &Home, screen: Screen, yes: bool) -> Result<()> {
    let api = Api::open(home)?;
    let trust = api.trust().await?;
    if !release_key::settle_rotation(home, trust.release_key.as_ref())? {
        let current = release_key::require(home)?.public();
        let theirs = trust.release_key.ok_or_else(|| {
            refuse(Exit::Failed, "the server has no release key yet: push a build before you rotate")
        })?;
        ensure!(
            theirs == current,
            "the server's release key is {}, this machine's is {}: import the server's before you rotate",
            theirs.fingerprint(),
            current.fingerprint()
        );
        let question = "Replace the release key by a new one? Backups of the old one will no longer publish.";
        agreed(yes, question, "nothing was changed")?;
        let rotation = release_key::begin_rotation(home)?;
        let bytes = rotation.encode();
        api.call(route::RotateKey, &(), |call| call.body(bytes.clone())).await?;
        release_key::settle_rotation(home, Some(&rotation.new_key()))?;
    }
    super::publisher::carry_over(&api, screen, home).await?;
    let key = release_key::require(home)?.public();
    screen.line(&format!("the release key is {} from now on", key.fingerprint()))?;
    screen.note(MAKE_BOTH);
    screen.record(&json!({ "event": "rotated", "fingerprint": key.fingerprint(), "public_key": key }))
}

/// `key recovery FILE`.
pub(super) async fn make_recovery(home: &Home, screen: Screen, file: &Path) -> Result<()> {
    let api = Api::open(home)?;
    let trust = api.trust().await?;
    release_key::settle_rotation(home, trust.release_key.as_ref())?;
    let current = release_key::require(home)?.public();
    let theirs = trust.release_key.ok_or_else(|| {
        refuse(Exit::Failed, "the server has no release key yet: push a build before you make a recovery key")
    })?;
    ensure!(
        theirs == current,
        "the server's release key is {}, this machine's is {}: import the server's first",
        theirs.fingerprint(),
        current.fingerprint()
    );
    let rotation = release_key::make_recovery(home, file)?;
    let key = rotation.new_key();
    screen.line(&format!("recovery key {} written to {}", key.fingerprint(), file.display()))?;
    screen.warn(
        "the file is not encrypted: whoever reads it can take over publishing to your friends. Keep it offline, away from this machine",
    );
    let bytes = rotation.encode();
    let noted = api.call(route::NoteRecoveryKey, &(), |call| call.body(bytes.clone())).await;
    if let Err(e) = &noted {
        screen.warn(&format!(
            "the server was not told of it, so the portal says that there is none; the file is good all the same: {}",
            told(e.chain())
        ));
    }
    screen.note("it is of use until the next `mistpipe key rotate`; make one anew then");
    screen.record(&json!({
        "event": "recovery_key_made",
        "fingerprint": key.fingerprint(),
        "public_key": key,
        "takes_over_from": current.fingerprint(),
        "file": file,
        "noted": noted.is_ok(),
    }))
}

/// `key recover FILE`.
pub(super) async fn recover(home: &Home, screen: Screen, file: &Path, yes: bool) -> Result<()> {
    let api = Api::open(home)?;
    let trust = api.trust().await?;
    let rotation = release_key::look_at_recovery(file)?;
    let key = rotation.new_key();
    if trust.release_key != Some(key) {
        let theirs = trust.release_key.map_or_else(|| "none".to_owned(), |theirs| theirs.fingerprint());
        if trust.release_key != Some(rotation.old()) {
            return Err(refuse(
                Exit::Failed,
                format!(
                    "{} takes over from the release key {}, and the server's is {theirs}: it was made for an earlier key, or for another \
                     server. Nothing was changed",
                    file.display(),
                    rotation.old().fingerprint()
                ),
            ));
        }
        let question = format!(
            "Take over with the recovery key {}? The release key {theirs} and its backups will no longer publish.",
            key.fingerprint()
        );
        agreed(yes, &question, "nothing was changed")?;
    }
    let rotation = release_key::begin_recovery(home, file)?;
    let bytes = rotation.encode();
    api.call(route::RotateKey, &(), |call| call.body(bytes.clone())).await?;
    release_key::settle_rotation(home, Some(&key))?;
    super::publisher::carry_over(&api, screen, home).await?;
    screen.line(&format!("the release key is {} from now on, and is this machine's", key.fingerprint()))?;
    screen.note(MAKE_BOTH);
    screen.record(&json!({ "event": "recovered", "fingerprint": key.fingerprint(), "public_key": key }))
}

/// What is due after the key changed.
const MAKE_BOTH: &str = "make a backup of it, and a recovery key: mistpipe key export FILE, mistpipe key recovery FILE. Those of the key \
                         before are of no use any more";
