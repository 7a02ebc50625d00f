//! The settings.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use mist_client_core::{LimitNow, Settings, moment_of};
use mist_client_view::{Delta, Reply, Request, Rev};
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
        auto_update: args.auto_update.unwrap_or(now.auto_update),
        up: args.up.map_or(now.up, |r| r.0),
        down: args.down.map_or(now.down, |r| r.0),
        up_schedule: args.up_schedule.unwrap_or_else(|| now.up_schedule.clone()),
        down_schedule: args.down_schedule.unwrap_or_else(|| now.down_schedule.clone()),
        up_playing: args.up_playing.map_or(now.up_playing, |r| r.0),
        down_playing: args.down_playing.map_or(now.down_playing, |r| r.0),
        wait_metered: args.wait_metered.unwrap_or(now.wait_metered),
        wait_battery: args.wait_battery.unwrap_or(now.wait_battery),
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
    let (_, deltas) = session.face.next(Rev::default(), Duration::ZERO).await?;
    let limits = deltas.into_iter().find_map(|delta| match delta {
        Delta::Limits(limits) => Some(limits),
        _ => None,
    });
    let rate = |r: Option<u64>| r.map_or_else(|| "none".into(), |r| format!("{}/s", mist_readable::bytes(r)));
    let room = |bytes: u64| if bytes == 0 { "none".into() } else { mist_readable::bytes(bytes) };
    let secrets = serde_json::to_value(new.secrets)?;
    let folders: Vec<_> = new.library_folders.iter().map(|dir| dir.display().to_string()).collect();
    let folders = if folders.is_empty() { "none".to_owned() } else { folders.join(",") };
    let mut table = Table::plain();
    for row in [
        [
            "auto-update",
            &new.auto_update.to_string(),
            "whether games are updated by themselves, and what goes live later is fetched before",
        ],
        [
            "up",
            &rate(new.up),
            &format!("limit on what is sent to others{}", counts(limits.map(|l| l.up), new.up)),
        ],
        [
            "down",
            &rate(new.down),
            &format!("limit on what is received{}", counts(limits.map(|l| l.down), new.down)),
        ],
        ["up-schedule", &new.up_schedule.to_string(), "when the limit on what is sent changes"],
        ["down-schedule", &new.down_schedule.to_string(), "when the limit on what is received changes"],
        ["up-playing", &rate(new.up_playing), "limit on what is sent while a game runs"],
        ["down-playing", &rate(new.down_playing), "limit on what is received while a game runs"],
        [
            "wait-metered",
            &new.wait_metered.to_string(),
            "whether nothing is fetched or sent on a metered network",
        ],
        ["wait-battery", &new.wait_battery.to_string(), "whether nothing is fetched or sent on battery"],
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

/// What counts now, where that is not what is set for all times.
fn counts(now: Option<LimitNow>, always: Option<u64>) -> String {
    let Some(LimitNow { limit, until, playing }) = now else { return String::new() };
    let said = limit.map_or_else(|| "no limit".into(), |limit| format!("{}/s", mist_readable::bytes(limit)));
    match until {
        _ if playing => format!("; now {said}, while a game runs"),
        Some(until) => format!("; now {said}, until {}", moment_of(until)),
        None if limit != always => format!("; now {said}"),
        None => String::new(),
    }
}

/// The folders as the engine wants them: it may run elsewhere, in another folder.
fn library_folders(given: Vec<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    if given == [PathBuf::from("none")] {
        return Ok(Vec::new());
    }
    given.into_iter().map(std::path::absolute).collect()
}
