//! The settings.

use std::{path::PathBuf, process::ExitCode};

use mist_client_core::Settings;
use mist_client_view::{Reply, Request};
use mist_readable::Table;

use super::{Session, ask};
use crate::{
    args::SettingsArgs,
    show::{json as json_line, line},
};

pub(super) async fn settings(session: Session<'_>, args: SettingsArgs) -> anyhow::Result<ExitCode> {
    let output = session.output;
    let library_folders = args.library_folders.map(library_folders).transpose()?;
    let now = ask!(session.face, Request::Settings, Reply::Settings(s) => s);
    let new = Settings {
        up: args.up.map_or(now.up, |r| r.0),
        down: args.down.map_or(now.down, |r| r.0),
        limit_lan: args.limit_lan.unwrap_or(now.limit_lan),
        lan_discovery: args.lan_discovery.unwrap_or(now.lan_discovery),
        secrets: args.secrets.unwrap_or(now.secrets),
        patch_cache: args.patch_cache.unwrap_or(now.patch_cache),
        patch_from: args.patch_from.unwrap_or(now.patch_from),
        keep_previous: args.keep_previous.unwrap_or(now.keep_previous),
        library_folders: library_folders.unwrap_or_else(|| now.library_folders.clone()),
    };
    if new != now {
        ask!(session.face, Request::SetSettings { settings: new.clone() }, Reply::Done => ());
    }
    if output.json {
        json_line(&new)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rate = |r: Option<u64>| r.map_or_else(|| "none".into(), |r| format!("{}/s", mist_readable::bytes(r)));
    let room = |bytes: u64| if bytes == 0 { "none".into() } else { mist_readable::bytes(bytes) };
    let secrets = serde_json::to_value(new.secrets)?;
    let folders: Vec<_> = new.library_folders.iter().map(|dir| dir.display().to_string()).collect();
    let folders = if folders.is_empty() { "none".to_owned() } else { folders.join(",") };
    let mut table = Table::plain();
    for row in [
        ["up", &rate(new.up), "limit on what is sent to others"],
        ["down", &rate(new.down), "limit on what is received"],
        ["limit-lan", &new.limit_lan.to_string(), "whether the limits count on the local network too"],
        ["lan-discovery", &new.lan_discovery.to_string(), "whether to find friends on the local network"],
        ["patch-cache", &mist_readable::bytes(new.patch_cache), "room for kept patches"],
        [
            "patch-from",
            &mist_readable::bytes(new.patch_from),
            "size from which files are patched where they are",
        ],
        [
            "keep-previous",
            &room(new.keep_previous),
            "room in each game's folder for the way back to the build before",
        ],
        ["library-folders", &folders, "folders that games are installed into, the usual one first"],
        ["secrets", secrets.as_str().unwrap_or_default(), "where the session is kept"],
    ] {
        table.row(row);
    }
    if !output.quiet {
        line(table.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The folders as the engine wants them: it may run elsewhere, in another folder.
fn library_folders(given: Vec<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    if given == [PathBuf::from("none")] {
        return Ok(Vec::new());
    }
    given.into_iter().map(std::path::absolute).collect()
}
