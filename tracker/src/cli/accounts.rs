//! `tracker user …`.

use std::io::{self, IsTerminal};

use anyhow::{Context, bail};
use axum::http::Method;
use mist_command_line::text;
use mist_proto::{
    claims::Scope,
    http::{MadeInvite, NewInvite, NewReset, NewUser, UpdateUser, User, UserList},
};
use mist_readable::{Align, Table};
use mist_tracker::{config::Config, control::Operator};

use super::{
    Ending, UserCommand,
    lost::{self, Devices, Sessions},
    say,
};

/// No body.
const NOTHING: Option<&()> = None;

pub(super) async fn run(config: &Config, command: UserCommand, quiet: bool) -> anyhow::Result<Ending> {
    let tell = |line: String| if quiet { Ok(()) } else { say(line) };
    match command {
        UserCommand::Add { name, admin, password_stdin } => {
            let password = read_password(password_stdin)?;
            let scope = if admin { Scope::Admin } else { Scope::User };
            let new = NewUser { name, password, scope };
            let user: User = reach(config).await?.call(Method::POST, "/users", Some(&new)).await?;
            tell(format!("{} can sign in now", user.name))?;
        }
        UserCommand::Ls { json } => {
            let users = reach(config).await?.list::<UserList>("/users").await?;
            if json {
                for user in &users {
                    say(serde_json::to_string(user)?)?;
                }
            } else {
                say(table(&users))?;
            }
        }
        UserCommand::Disable { name } => {
            change(config, &name, UpdateUser { disabled: Some(true), ..UpdateUser::default() }).await?;
            tell(format!("{name} is signed out everywhere and can't sign in"))?;
        }
        UserCommand::Enable { name } => {
            change(config, &name, UpdateUser { disabled: Some(false), ..UpdateUser::default() }).await?;
            tell(format!("{name} can sign in again"))?;
        }
        UserCommand::Passwd { name, password_stdin } => {
            let password = Some(read_password(password_stdin)?);
            change(config, &name, UpdateUser { password, ..UpdateUser::default() }).await?;
            tell(format!("{name} has a new password and is signed out everywhere"))?;
        }
        UserCommand::Reset { name, hours } => {
            let new = NewReset { hours: Some(hours) };
            let made =
                reach(config).await?.call(Method::POST, &format!("/users/{name}/reset"), Some(&new)).await?;
            say(link(config, &made))?;
        }
        UserCommand::Invite { name, hours } => {
            let new = NewInvite { name, hours: Some(hours), ..NewInvite::default() };
            let made = reach(config).await?.call(Method::POST, "/invites", Some(&new)).await?;
            say(link(config, &made))?;
        }
        UserCommand::Sessions { name, end, end_all, json } => {
            let what = match end {
                Some(id) => Sessions::End(id),
                None if end_all => Sessions::EndAll,
                None => Sessions::List { json },
            };
            lost::sessions(&reach(config).await?, &name, what, |line| Ok(tell(line)?)).await?;
        }
        UserCommand::Devices { name, remove, json } => {
            let what = remove.map_or(Devices::List { json }, Devices::Remove);
            lost::devices(&reach(config).await?, &name, what, |line| Ok(tell(line)?)).await?;
        }
        UserCommand::RmFactor { name } => {
            let path = format!("/users/{name}/second-factor");
            reach(config).await?.call::<()>(Method::DELETE, &path, NOTHING).await?;
            tell(format!("{name} signs in by the password alone now"))?;
        }
        UserCommand::Scope { name, scope } => {
            change(config, &name, UpdateUser { scope: Some(scope), ..UpdateUser::default() }).await?;
            let now = if scope == Scope::Admin { "an admin" } else { "no admin" };
            tell(format!("{name} is {now} now"))?;
        }
        UserCommand::Grant { name, slug } => {
            let path = format!("/users/{name}/grants/{slug}");
            reach(config).await?.call::<()>(Method::PUT, &path, NOTHING).await?;
            tell(format!("{name} sees {slug} now"))?;
        }
        UserCommand::Revoke { name, slug } => {
            let path = format!("/users/{name}/grants/{slug}");
            reach(config).await?.call::<()>(Method::DELETE, &path, NOTHING).await?;
            tell(format!("{name} no longer has a grant for {slug}"))?;
        }
        UserCommand::Rm { name } => {
            reach(config).await?.call::<()>(Method::DELETE, &format!("/users/{name}"), NOTHING).await?;
            tell(format!("{name} is removed"))?;
        }
    }
    Ok(Ending::Good)
}

/// The link: below `public_url`, or where this server listens.
fn link(config: &Config, made: &MadeInvite) -> String {
    made.link(&format!("http://{}", config.listen))
}

async fn reach(config: &Config) -> anyhow::Result<Operator> {
    Operator::reach(config).await
}

async fn change(config: &Config, name: &mist_proto::ids::UserName, body: UpdateUser) -> anyhow::Result<User> {
    reach(config).await?.call(Method::PATCH, &format!("/users/{name}"), Some(&body)).await
}

fn table(users: &[User]) -> String {
    let mut table = Table::new(&["NAME", "SCOPE", "STATE", "PRIVATE GAMES"].map(|name| (name, Align::Left)));
    for u in users {
        let grants = u.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let state = if u.disabled { "disabled" } else { "active" };
        table.row([u.name.as_str(), u.scope.as_str(), state, &grants]);
    }
    table.to_string()
}

/// A password from standard input, or typed twice on a terminal. Never from the arguments, which everybody can see.
fn read_password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        return text::password_from_stdin().context("can't read the password");
    }
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the password; use --password-stdin");
    }
    let first = rpassword::prompt_password("Password: ").context("can't read the password")?;
    if first != rpassword::prompt_password("Again: ").context("can't read the password")? {
        bail!("the two passwords differ");
    }
    Ok(first)
}
