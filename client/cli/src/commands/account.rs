//! Signing in and out.

use std::{io::IsTerminal, process::ExitCode};

use anyhow::Context;
use mist_client_core::Credentials;
use mist_client_view::{Reply, Request};
use mist_command_line::text;
use mist_proto::ids::UserName;
use serde_json::json;

use super::{Session, Usage, ask};
use crate::show::{json as json_line, line};

pub(super) async fn login(
    session: Session<'_>,
    url: String,
    user: UserName,
    password_stdin: bool,
    device: Option<String>,
    trust_new_server: bool,
) -> anyhow::Result<ExitCode> {
    let password = tokio::task::spawn_blocking(move || password(password_stdin)).await??;
    let device = device.unwrap_or_else(host_name);
    let credentials = Credentials { url, user, password, device, trust_new_server };
    let signed_in = ask!(session.face, Request::Login(credentials), Reply::SignedIn(s) => s);
    if session.output.json {
        json_line(&signed_in)?;
        return Ok(ExitCode::SUCCESS);
    }
    if session.output.quiet {
        return Ok(ExitCode::SUCCESS);
    }
    line(format!("Signed in at {} as {}. {} games.", signed_in.server, signed_in.user, signed_in.games))?;
    line(match (&signed_in.moved_from, signed_in.first_time) {
        (Some(before), _) => {
            format!("It shows the keys of the server that was at {before}; your games go on with it:")
        }
        (None, true) => {
            "These keys are trusted from now on; compare them with your admin if you want to be sure:".into()
        }
        (None, false) => "The keys are the known ones:".into(),
    })?;
    let release = signed_in.release_key.as_deref().unwrap_or("none yet (nothing was pushed)");
    line(format!("  server    {}\n  releases  {release}", signed_in.tracker_key))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn logout(session: Session<'_>) -> anyhow::Result<ExitCode> {
    ask!(session.face, Request::Logout, Reply::Done => ());
    if session.output.json {
        json_line(&json!({ "signed_out": true }))?;
    } else if !session.output.quiet {
        line("Signed out. Installed games stay and can be played.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let password = text::password_from_stdin().context("the password can't be read")?;
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
