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
    show::{Screen, confirm},
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
        if !yes
            && !confirm(
                "Replace the release key by a new one? Backups of the old one will no longer publish.",
            )?
        {
            return Err(refuse(
                Exit::Usage,
                "nothing was changed: say y, or give --yes where there is no terminal",
            ));
        }
        let rotation = release_key::begin_rotation(home)?;
        let bytes = rotation.encode();
        api.call(route::RotateKey, &(), |call| call.body(bytes.clone())).await?;
        release_key::settle_rotation(home, Some(&rotation.new_key()))?;
    }
    let key = release_key::require(home)?.public();
    screen.line(&format!("the release key is {} from now on", key.fingerprint()))?;
    screen.note("make a backup of it: mistpipe key export FILE");
    screen.record(&json!({ "event": "rotated", "fingerprint": key.fingerprint(), "public_key": key }))
}
