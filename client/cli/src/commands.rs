//! One function a command: ask the client, show the answer.

use std::{
    io::{BufRead, IsTerminal},
    process::ExitCode,
};

use anyhow::Context;
use mist_client_core::{
    Client, Credentials, GameState, GameStatus, InstallOrder, LibraryItem, Settings, Verdict,
    folder::FolderState,
};
use mist_proto::Slug;
use mist_readable::{Align, Table};
use serde_json::json;

use crate::{
    args::{Command, Output, SettingsArgs},
    show::{Show, json as json_line, line, note, seconds, sources},
};

/// The command line makes no sense here.
#[derive(Debug)]
pub(crate) struct Usage(&'static str);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Usage {}

pub(crate) async fn run(client: &Client, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    let show = Show::start(output, matches!(command, Command::Seed), client.events());
    let result = dispatch(client, command, output).await;
    show.end().await;
    match result? {
        Outcome::Said => Ok(ExitCode::SUCCESS),
        Outcome::Code(code) => Ok(code),
        Outcome::Text(text) => {
            if !output.json && !output.quiet {
                line(text)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is left to do once a command is over.
enum Outcome {
    /// Nothing.
    Said,
    /// Say this to people.
    Text(String),
    /// End with this code.
    Code(ExitCode),
}

async fn dispatch(client: &Client, command: Command, output: Output) -> anyhow::Result<Outcome> {
    match command {
        Command::Login { url, user, password_stdin, device, trust_new_server } => {
            let password = password(password_stdin)?;
            let device = device.unwrap_or_else(host_name);
            let credentials = Credentials { url, user, password, device, trust_new_server };
            login(client, credentials, output).await
        }
        Command::Logout => {
            client.logout().await?;
            if output.json {
                json_line(&json!({ "signed_out": true }))?;
            }
            Ok(Outcome::Text("Signed out. Installed games stay and can be played.".into()))
        }
        Command::Library { game } => library(client, game, output).await,
        Command::Install { game, dir } => {
            let order = InstallOrder { game: game.game.clone(), version: game.version, dir };
            let state = client.install(order).await?;
            Ok(Outcome::Text(done("Installed", &state)))
        }
        Command::Update { game: Some(game) } => {
            let before = version_of(client, &game).await?;
            let state = client.update(&game).await?;
            let after = state.installed.as_ref().map(|b| b.version.to_string());
            Ok(Outcome::Text(if before == after {
                format!("{game} is up to date ({})", after.unwrap_or_default())
            } else {
                done("Updated", &state)
            }))
        }
        Command::Update { game: None } => update_all(client, output).await,
        Command::Switch { build } => {
            let state = client.switch(&build.game, &build.version).await?;
            Ok(Outcome::Text(done("Switched", &state)))
        }
        Command::Verify { game } => verify(client, &game, output).await,
        Command::Repair { game } => {
            let state = client.repair(&game).await?;
            Ok(Outcome::Text(done("Repaired", &state)))
        }
        Command::Uninstall { game } => uninstall(client, &game, output).await,
        Command::Seed => {
            client.seed(crate::interrupted()).await?;
            Ok(Outcome::Said)
        }
        Command::Status => status(client, output).await,
        Command::Launch { game, entry, args } => {
            let mut child = client.launch(&game, entry.as_deref(), &args).await?;
            let ended = tokio::task::spawn_blocking(move || child.wait()).await??;
            let code = ended.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1);
            Ok(Outcome::Code(ExitCode::from(code)))
        }
        Command::Doctor => doctor(client, output).await,
        Command::Settings(args) => settings(client, args, output),
        // Handled before there is a client.
        Command::Completions { .. } => Ok(Outcome::Said),
    }
}

fn password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut password = String::new();
        std::io::stdin().lock().read_line(&mut password).context("the password can't be read")?;
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        anyhow::ensure!(!password.is_empty(), Usage("standard input has no password"));
        return Ok(password);
    }
    let unattended = Usage("there is no terminal to ask for the password on; use --password-stdin");
    anyhow::ensure!(std::io::stdin().is_terminal(), unattended);
    rpassword::prompt_password("Password: ").context("the password can't be read")
}

fn host_name() -> String {
    let from_file = || std::fs::read_to_string("/etc/hostname").ok();
    let name = std::env::var("COMPUTERNAME").ok().or_else(from_file).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "a computer".into() } else { name.chars().take(64).collect() }
}

async fn login(client: &Client, credentials: Credentials, output: Output) -> anyhow::Result<Outcome> {
    let signed_in = client.login(credentials).await?;
    if output.json {
        json_line(&signed_in)?;
        return Ok(Outcome::Said);
    }
    let release = signed_in.release_key.as_deref().unwrap_or("none yet (nothing was pushed)");
    let trust = if signed_in.first_time {
        "These keys are trusted from now on; compare them with your admin if you want to be sure:"
    } else {
        "The keys are the known ones:"
    };
    Ok(Outcome::Text(format!(
        "Signed in at {} as {}. {} games.\n{trust}\n  server    {}\n  releases  {release}",
        signed_in.server, signed_in.user, signed_in.games, signed_in.tracker_key
    )))
}

async fn library(client: &Client, game: Option<Slug>, output: Output) -> anyhow::Result<Outcome> {
    let refreshed = client.refresh().await?;
    let mut items = client.library().await?;
    if let Some(game) = &game {
        items.retain(|i| i.game.slug == *game);
        if items.is_empty() {
            return Err(mist_client_core::Error::UnknownGame(game.clone()).into());
        }
    }
    if output.json {
        for item in &items {
            json_line(item)?;
        }
        return Ok(Outcome::Said);
    }
    if items.is_empty() {
        line("There are no games yet. Your admin adds them with `mistpipe push`.")?;
    } else if game.is_some() {
        for item in &items {
            builds(item)?;
        }
    } else {
        let words = ["GAME", "TITLE", "LIVE"].map(|name| (name, Align::Left));
        let columns = [&words[..], &[("SIZE", Align::Right), ("HERE", Align::Left)]].concat();
        let mut table = Table::new(&columns);
        for item in &items {
            let live = item.builds.iter().find(|b| b.live);
            let title = item.game.title.clone();
            let version = live.map_or_else(|| "-".into(), |b| b.version.to_string());
            let size = live.map_or_else(|| "-".into(), |b| mist_readable::bytes(b.content_size));
            let here = item.here.as_ref().map_or_else(String::new, in_words);
            table.row([item.game.slug.to_string(), title, version, size, here]);
        }
        line(table.to_string())?;
    }
    if let (false, Some(age)) = (refreshed.online, refreshed.age_millis) {
        note(format!("(as of {} ago)", seconds(u64::try_from(age / 1000).unwrap_or(0))));
    }
    Ok(Outcome::Said)
}

fn builds(item: &LibraryItem) -> anyhow::Result<()> {
    line(format!("{} ({})", item.game.title, item.game.slug))?;
    if !item.game.description.is_empty() {
        line(&item.game.description)?;
    }
    let here = item.here.as_ref().and_then(|h| h.version.as_ref());
    let mut table = Table::new(&[
        ("VERSION", Align::Left),
        ("SIZE", Align::Right),
        ("FILES", Align::Right),
        ("UPDATE BY PATCH", Align::Left),
        ("", Align::Left),
    ]);
    for build in item.builds.iter().rev() {
        let patches: Vec<_> = build
            .patches
            .iter()
            .map(|p| format!("{} from {}", mist_readable::bytes(p.blob.size), p.from))
            .collect();
        let marks = [(build.live, "live"), (here == Some(&build.version), "here")];
        let marks: Vec<_> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
        table.row([
            build.version.to_string(),
            mist_readable::bytes(build.content_size),
            build.files.to_string(),
            patches.join(", "),
            marks.join(", "),
        ]);
    }
    line(table.to_string())
}

/// How a game is on this machine.
fn in_words(status: &GameStatus) -> String {
    let version = status.version.as_ref().map(ToString::to_string).unwrap_or_default();
    match status.state {
        GameState::Installed if status.update_available => format!("{version}, update available"),
        GameState::Installed => version,
        GameState::Installing => "installing".into(),
        GameState::Updating => format!("{version}, updating"),
        GameState::Damaged => format!("{version}, needs repair"),
        GameState::Missing => "folder is missing".into(),
    }
}

/// What an operation that ended well did.
fn done(what: &str, state: &FolderState) -> String {
    let version = state.installed.as_ref().map(|b| b.version.to_string()).unwrap_or_default();
    let mut text = format!("{what} {} {version}.", state.game);
    if let Some(last) = &state.last_operation {
        let bytes = mist_readable::bytes(last.actual_bytes);
        text += &format!(" {bytes} downloaded in {:.1} s", last.seconds);
        if last.actual_bytes > 0 {
            text += &format!(": {}", sources(&last.bytes));
        }
        let (peak, forecast) =
            (mist_readable::bytes(last.disk.peak), mist_readable::bytes(last.disk.forecast));
        text += &format!("; at most {peak} more on disk, {forecast} predicted");
    }
    text
}

async fn version_of(client: &Client, game: &Slug) -> anyhow::Result<Option<String>> {
    let status = client.status().await?;
    let here = status.games.into_iter().find(|g| g.game == *game);
    Ok(here.and_then(|g| g.version).map(|v| v.to_string()))
}

async fn update_all(client: &Client, output: Output) -> anyhow::Result<Outcome> {
    let games = client.status().await?.games;
    if games.is_empty() {
        return Ok(Outcome::Text("No games are installed.".into()));
    }
    let mut failed = None;
    for status in games {
        let before = status.version.as_ref().map(ToString::to_string);
        match client.update(&status.game).await {
            Ok(state) => {
                let after = state.installed.as_ref().map(|b| b.version.to_string());
                let changed = before != after;
                let text =
                    if changed { done("Updated", &state) } else { format!("{} is up to date", status.game) };
                if !output.json && !output.quiet {
                    line(text)?;
                }
            }
            // The other games are updated nevertheless.
            Err(error) => {
                note(format!("error: {}: {error}", status.game));
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(Outcome::Said), |error| Err(error.into()))
}

async fn verify(client: &Client, game: &Slug, output: Output) -> anyhow::Result<Outcome> {
    let found = client.verify(game).await?;
    if output.json {
        json_line(&found)?;
    }
    if found.damaged.is_empty() {
        return Ok(Outcome::Text(format!("{game} {} is exactly as it was pushed.", found.version)));
    }
    if !output.json {
        for path in found.damaged.iter().take(50) {
            line(format!("  {path}"))?;
        }
        line(format!(
            "{} files are missing or changed. `mist repair {game}` fetches at most {} to put them right.",
            found.damaged.len(),
            mist_readable::bytes(found.repair_bytes)
        ))?;
    }
    Ok(Outcome::Code(ExitCode::FAILURE))
}

async fn uninstall(client: &Client, game: &Slug, output: Output) -> anyhow::Result<Outcome> {
    let (dir, result) = client.uninstall(game).await?;
    if output.json {
        json_line(&json!({ "game": game, "dir": dir, "result": result }))?;
    }
    let mut text = format!("Uninstalled {game}: {} files removed.", result.removed);
    if result.left {
        text +=
            &format!("\nFiles that are not the game's own, such as saves, are still in {}.", dir.display());
    }
    if result.kept {
        text += &format!("\nFiles that you had changed are still in {}.", dir.join(".mist/kept").display());
    }
    Ok(Outcome::Text(text))
}

async fn status(client: &Client, output: Output) -> anyhow::Result<Outcome> {
    let status = client.status().await?;
    if output.json {
        json_line(&status)?;
        return Ok(Outcome::Said);
    }
    match &status.server {
        None => line("Not signed in.")?,
        Some(server) => {
            let user = server.user.as_ref().map_or_else(|| "nobody".into(), ToString::to_string);
            let age = server.catalogue_age.and_then(|s| u64::try_from(s).ok());
            let age = age.map_or_else(|| "never fetched".into(), |s| format!("fetched {} ago", seconds(s)));
            line(format!("{} as {user}, catalogue {age}", server.url))?;
        }
    }
    if status.games.is_empty() {
        line("No games are installed. `mist library` lists those that you can install.")?;
        return Ok(Outcome::Said);
    }
    let mut table = Table::new(&[
        ("GAME", Align::Left),
        ("STATE", Align::Left),
        ("SIZE", Align::Right),
        ("LAST", Align::Left),
        ("FOLDER", Align::Left),
    ]);
    for game in &status.games {
        let last = game.last_operation.as_ref().map_or_else(String::new, |l| {
            let kind = serde_json::to_value(l.kind).ok().and_then(|v| v.as_str().map(str::to_owned));
            format!("{} {}", kind.unwrap_or_default(), mist_readable::bytes(l.actual_bytes))
        });
        table.row([
            game.game.to_string(),
            in_words(game),
            game.size.map_or_else(|| "-".into(), mist_readable::bytes),
            last,
            game.dir.display().to_string(),
        ]);
    }
    line(table.to_string())?;
    Ok(Outcome::Said)
}

async fn doctor(client: &Client, output: Output) -> anyhow::Result<Outcome> {
    let checks = client.doctor().await?;
    for check in &checks {
        if output.json {
            json_line(check)?;
        } else {
            let mark = match check.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Problem => "PROBLEM",
            };
            line(format!("{mark:8} {:13} {}", check.name, check.detail))?;
        }
    }
    let broken = checks.iter().any(|c| c.verdict == Verdict::Problem);
    Ok(if broken { Outcome::Code(ExitCode::FAILURE) } else { Outcome::Said })
}

fn settings(client: &Client, args: SettingsArgs, output: Output) -> anyhow::Result<Outcome> {
    let now = client.settings();
    let new = Settings {
        up: args.up.map_or(now.up, |r| r.0),
        down: args.down.map_or(now.down, |r| r.0),
        limit_lan: args.limit_lan.unwrap_or(now.limit_lan),
        lan_discovery: args.lan_discovery.unwrap_or(now.lan_discovery),
        secrets: args.secrets.unwrap_or(now.secrets),
        patch_cache: args.patch_cache.unwrap_or(now.patch_cache),
        patch_from: args.patch_from.unwrap_or(now.patch_from),
    };
    if new != *now {
        client.save_settings(&new)?;
    }
    if output.json {
        json_line(&new)?;
        return Ok(Outcome::Said);
    }
    let rate = |r: Option<u64>| r.map_or_else(|| "none".into(), |r| format!("{}/s", mist_readable::bytes(r)));
    let secrets = serde_json::to_value(new.secrets)?;
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
        ["secrets", secrets.as_str().unwrap_or_default(), "where the session is kept"],
    ] {
        table.row(row);
    }
    Ok(Outcome::Text(table.to_string()))
}
