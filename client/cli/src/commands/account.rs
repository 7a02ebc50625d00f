//! Signing in and out.

use std::{io::IsTerminal, process::ExitCode};

use anyhow::Context;
use mist_client_core::{Credentials, JoinOrder, SignedIn};
use mist_client_view::{Reply, Request};
use mist_command_line::text;
use mist_proto::{http::ChangePassword, ids::UserName};
use serde_json::json;

use super::{Session, Usage, ask};
use crate::show::{json as json_line, line, note};

/// What was typed of who signs in.
pub(super) struct Who {
    /// The account.
    pub(super) user: UserName,
    /// Whether standard input has the password.
    pub(super) password_stdin: bool,
    /// Code of the second factor.
    pub(super) code: Option<String>,
}

/// What was typed of who joins.
pub(super) struct NewWho {
    /// The account, if the link names none.
    pub(super) user: Option<UserName>,
    /// Whether standard input has the password.
    pub(super) password_stdin: bool,
    /// Code of the second factor.
    pub(super) code: Option<String>,
}

pub(super) async fn login(
    session: Session<'_>,
    url: String,
    who: Who,
    device: Option<String>,
    trust_new_server: bool,
) -> anyhow::Result<ExitCode> {
    let Who { user, password_stdin, code } = who;
    let password = tokio::task::spawn_blocking(move || password(password_stdin)).await??;
    let device = device.unwrap_or_else(host_name);
    let mut credentials = Credentials { url, user, password, device, trust_new_server, keys: None, code };
    let first = session.face.call(Request::Login(credentials.clone())).await;
    let signed_in = match first {
        Err(e) if e.code == "second_factor" && std::io::stdin().is_terminal() => {
            credentials.code = Some(code_of_authenticator().await?);
            ask!(session.face, Request::Login(credentials), Reply::SignedIn(s) => s)
        }
        first => match first? {
            Reply::SignedIn(signed_in) => signed_in,
            other => return Err(super::unexpected(other).into()),
        },
    };
    show(&session, &signed_in)
}

/// The code that an account asks for besides its password, from the terminal.
async fn code_of_authenticator() -> anyhow::Result<String> {
    let ask = || rpassword::prompt_password("Code of your authenticator, or a recovery code: ");
    tokio::task::spawn_blocking(ask).await?.context("the code can't be read")
}

/// Joins by a link: says whose it is, asks for what it leaves open, and signs in.
pub(super) async fn join(
    session: Session<'_>,
    link: String,
    who: NewWho,
    device: Option<String>,
) -> anyhow::Result<ExitCode> {
    let NewWho { user, password_stdin, code } = who;
    let look = Request::LookAtInvite { link: link.clone() };
    let invite = ask!(session.face, look, Reply::Invite(i) => i);
    if !session.output.json {
        let what = match (&invite.name, invite.reset) {
            (Some(name), true) => format!("sets a new password for {name}"),
            (Some(name), false) => format!("makes the account {name}"),
            (None, _) => "makes an account".into(),
        };
        let (server, key) = (&invite.server, &invite.tracker_key);
        note(format!("The server at {server} holds the key of your link, {key}. The link {what}."));
    }
    let named = invite.name.clone();
    let (user, password) = tokio::task::spawn_blocking(move || {
        let user = if named.is_none() && user.is_none() { Some(name()?) } else { user };
        anyhow::Ok((user, new_password(password_stdin)?))
    })
    .await??;
    let device = device.unwrap_or_else(host_name);
    let order = JoinOrder { link, user, password, device, code };
    let joined = session.face.call(Request::Join(order.clone())).await;
    let signed_in = match (joined, invite.name) {
        (Err(e), Some(user)) if e.code == "second_factor" && std::io::stdin().is_terminal() => {
            note("Your password is set. The account asks for a code as well.");
            let credentials = order.with_code(user, code_of_authenticator().await?)?;
            ask!(session.face, Request::Login(credentials), Reply::SignedIn(s) => s)
        }
        (joined, _) => match joined? {
            Reply::SignedIn(signed_in) => signed_in,
            other => return Err(super::unexpected(other).into()),
        },
    };
    show(&session, &signed_in)
}

/// Changes the password.
pub(super) async fn passwd(session: Session<'_>, from_stdin: bool) -> anyhow::Result<ExitCode> {
    let change = tokio::task::spawn_blocking(move || {
        if from_stdin {
            let (current, new) = text::two_passwords_from_stdin().context("the passwords can't be read")?;
            return anyhow::Ok(ChangePassword { current, new });
        }
        Ok(ChangePassword { current: password(false)?, new: new_password(false)? })
    })
    .await??;
    ask!(session.face, Request::ChangePassword(change), Reply::Done => ());
    if session.output.json {
        json_line(&json!({ "password_changed": true }))?;
    } else if !session.output.quiet {
        line("Your password is changed. You are signed out everywhere else.")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says where somebody is signed in now, and by which keys the server is known.
fn show(session: &Session<'_>, signed_in: &SignedIn) -> anyhow::Result<ExitCode> {
    if session.output.json {
        json_line(signed_in)?;
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

/// A name of one's own choice, asked for on the terminal.
fn name() -> anyhow::Result<UserName> {
    let unattended = Usage("there is no terminal to ask for the name on; use --user");
    anyhow::ensure!(std::io::stdin().is_terminal(), unattended);
    loop {
        eprint!("Name that you want to have: ");
        let mut typed = String::new();
        anyhow::ensure!(std::io::stdin().read_line(&mut typed)? > 0, Usage("no name was given"));
        match typed.trim().parse() {
            Ok(name) => return Ok(name),
            Err(e) => note(e.to_string()),
        }
    }
}

/// A password to be set: from standard input, or typed twice on the terminal.
fn new_password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        return password(true);
    }
    let unattended = Usage("there is no terminal to ask for the password on; use --password-stdin");
    anyhow::ensure!(std::io::stdin().is_terminal(), unattended);
    loop {
        let first =
            rpassword::prompt_password("A password of your own: ").context("the password can't be read")?;
        if first == rpassword::prompt_password("Again: ").context("the password can't be read")? {
            return Ok(first);
        }
        note("the two passwords differ");
    }
}

fn host_name() -> String {
    let from_file = || std::fs::read_to_string("/etc/hostname").ok();
    let name = std::env::var("COMPUTERNAME").ok().or_else(from_file).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "a computer".into() } else { name.chars().take(64).collect() }
}
