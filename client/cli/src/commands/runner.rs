//! How games start here: what builds for Windows run by, and games in the menu of a desktop.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use mist_client_core::{Error, RunnerView, desktop_entry};
use mist_client_view::{Failure, Reply, Request};
use mist_command_line::WholeFile;
use mist_proto::Slug;
use mist_readable::{Align, Table};

use super::{Session, ask};
use crate::show::{json as json_line, line};

pub(super) async fn runner(
    session: Session<'_>,
    game: Slug,
    program: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    if let Some(program) = program {
        let none = program.as_os_str() == "none";
        // The engine may run elsewhere, in another folder.
        let runner = if none { None } else { Some(std::path::absolute(program)?) };
        let choose = Request::ChooseRunner { game: game.clone(), runner };
        ask!(session.face, choose, Reply::Done => ());
    }
    let view = ask!(session.face, Request::Runner { game }, Reply::Runner(view) => view);
    if session.output.json {
        json_line(&view)?;
    } else if !session.output.quiet {
        line(said(&view))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn said(view: &RunnerView) -> String {
    let mut lines = Vec::new();
    if view.found.is_empty() {
        lines.push("Neither Wine nor Proton was found on this system.".to_owned());
    } else {
        let mut table = Table::new(&[("RUNNER", Align::Left), ("PROGRAM", Align::Left), ("", Align::Left)]);
        let taken = view.taken();
        for runner in &view.found {
            let mark = if taken.as_ref() == Some(runner) { "taken" } else { "" };
            table.row([runner.name.as_str(), &runner.path.display().to_string(), mark]);
        }
        lines.push(table.to_string());
    }
    let listed = |chosen: &PathBuf| view.found.iter().any(|runner| runner.path == *chosen);
    if let Some(chosen) = view.chosen.as_ref().filter(|chosen| !listed(chosen)) {
        lines.push(format!("{} runs by {}.", view.game, chosen.display()));
    }
    lines.push(format!("Its Windows is in {}; saves may be there.", view.prefix.display()));
    lines.join("\n")
}

pub(super) async fn shortcut(session: Session<'_>, game: Slug, remove: bool) -> anyhow::Result<ExitCode> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = data.or_else(home).context("no folder for the menu is known; set HOME")?;
    let file = data.join("applications").join(format!("mist-{game}.desktop"));
    if remove {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can't remove {}", file.display()));
            }
            _ => {}
        }
    } else {
        let status = ask!(session.face, Request::Status, Reply::Status(s, _) => s);
        if !status.games.iter().any(|here| here.game == game) {
            return Err(Failure::from(Error::NotInstalled(game)).into());
        }
        // Who is signed out knows games by their keys.
        let known = session.face.call(Request::Library).await.ok();
        let title = known.and_then(|reply| match reply {
            Reply::Library(items) => items.into_iter().find(|i| i.game.slug == game).map(|i| i.game.title),
            _ => None,
        });
        let (title, program) = (title.unwrap_or_else(|| game.to_string()), std::env::current_exe()?);
        let entry = desktop_entry(&title, &game, &program, session.home.root());
        let entry = entry.context("the path of mist or of its home can't stand in a menu")?;
        fs::create_dir_all(data.join("applications"))?;
        WholeFile::write_with_mode(&file, entry.as_bytes(), 0o644)
            .with_context(|| format!("can't write {}", file.display()))?;
    }
    if session.output.json {
        json_line(&serde_json::json!({ "game": game, "file": file, "removed": remove }))?;
    } else if !session.output.quiet {
        line(match remove {
            true => format!("{game} is out of your menu."),
            false => format!("{game} is in your menu: {}", file.display()),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
