//! A server to try browsers on: a real tracker with its seed and a sample game whose builds are ready to be pushed, and a stand-in for
//! Steam that knows application 400. It says
//! in JSON, one object a line, where it is and what came of each line that it is told; it ends with its input.
//!
//! What it is told: `push VERSION [MEGABYTES] [OPTION...]` (a build of 2 MB unless it says otherwise, of the sample game or of `GAME@VERSION`),
//! `client FILE` (offers a package of the client), `sign-out` (ends every session of the admin), `kill`, `restart`; `share NAME` makes an account with this name, whose machine installs
//! the game and shares it; `hide VERSION FILE` takes a file of a build of the sample game away from the store, and `mend` puts what was hidden
//! back.
//!
//! With the argument `first-start` nobody has been there yet: it says the password that the server printed, and has no sample game and no
//! account but the first. Then `admin PASSWORD` signs the admin's own machine in, `join NAME LINK GAME` lets a friend join by a link, install
//! the game and share it, and `laptop NAME` signs that friend in on a second machine.

use std::{
    env, fs,
    io::{BufRead, Write, stdin, stdout},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use mist_system_tests::{
    Admin, DiscordStandIn, Friend, PASSWORD, Scene, Server, ServerOptions, SteamStandIn, Tree, random_bytes,
};
use serde_json::{Value, json};

const GAME: &str = "paper-boats";
const FRIEND: &str = "mia";
/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(300);
const LAUNCH: &str = "[[launch]]\npath = \"bin/play\"\n";
/// A game that runs until it is asked to end.
const PLAY: &str = "#!/bin/sh\necho started >> \"$(dirname \"$0\")/../saves.txt\"\nexec sleep 600\n";

fn main() -> Result<()> {
    let first_start = env::args().nth(1).as_deref() == Some("first-start");
    Scene::play(|scene| {
        let steam = SteamStandIn::start()?;
        let discord = DiscordStandIn::start()?;
        let settings = vec![("MIST_STEAM_URL", steam.url), ("MIST_DISCORD_URL", discord.url.clone())];
        let password = (!first_start).then_some(PASSWORD);
        let server =
            Server::start_with(scene, ServerOptions { settings, password, ..ServerOptions::default() })?;
        let mut admin = None;
        let password = if first_start {
            server.first_password()?
        } else {
            admin = Some(server.admin()?);
            server.tracker(&["user", "add", FRIEND, "--password-stdin"], PASSWORD)?;
            PASSWORD.into()
        };
        say(&json!({
            "url": server.url(), "admin": "admin", "friend": FRIEND, "password": password, "game": GAME,
            "discord": discord.url,
        }))?;
        let mut friends: Vec<Friend> = Vec::new();
        let mut hidden: Vec<(PathBuf, PathBuf)> = Vec::new();
        for line in stdin().lock().lines() {
            let line = line.context("reading what to do")?;
            let words: Vec<&str> = line.split_whitespace().collect();
            let done = match words.as_slice() {
                ["push", build, more @ ..] => {
                    let admin = admin.as_ref().context("the admin's machine is not signed in")?;
                    push(scene, admin, build, more)
                }
                ["client", file] => {
                    let admin = admin.as_ref().context("the admin's machine is not signed in")?;
                    admin.run(&["client", "push", "--yes", file]).map(drop)
                }
                ["sign-out"] => {
                    server.tracker(&["user", "passwd", "admin", "--password-stdin"], PASSWORD).map(drop)
                }
                ["admin", password] => {
                    server.admin_with("admin", password).map(|signed_in| admin = Some(signed_in))
                }
                ["join", name, link, game] => {
                    join(&server, name, link, game).map(|friend| friends.push(friend))
                }
                ["laptop", name] => laptop(&server, name),
                ["hide", version, file] => {
                    let there =
                        server.store().join("games").join(GAME).join("depots").join(version).join(file);
                    let away = scene.path(&format!("hidden-{}", hidden.len()));
                    fs::rename(&there, &away).context("hiding a file")?;
                    hidden.push((away, there));
                    Ok(())
                }
                ["mend"] => hidden
                    .drain(..)
                    .try_for_each(|(away, there)| fs::rename(away, there).context("putting a file back")),
                ["share", name] => share(&server, name).map(|friend| friends.push(friend)),
                ["recovery"] => {
                    let file = scene.path("recovery-key").to_string_lossy().into_owned();
                    let admin = admin.as_ref().context("the admin's machine is not signed in")?;
                    admin.run(&["key", "recovery", &file]).map(drop)
                }
                ["kill"] => server.kill_nine(),
                ["restart"] => server.restart(),
                _ => bail!("{line:?} is nothing that can be done here"),
            };
            say(&match done {
                Ok(()) => json!({ "done": line }),
                Err(e) => json!({ "failed": line, "why": format!("{e:#}") }),
            })?;
        }
        Ok(())
    })
}

/// Pushes a build of the sample game, or of another one that is named with it; `more` is its size, then options for `mistpipe`.
fn push(scene: &Scene, admin: &Admin, build: &str, more: &[&str]) -> Result<()> {
    let (game, version) = build.split_once('@').unwrap_or((GAME, build));
    let (megabytes, options) = match more {
        [size, options @ ..] => (size.parse().context("how large the build is")?, options),
        [] => (2, more),
    };
    let folder = folder(scene, version, megabytes)?;
    admin.pushing(&folder, game, version)?.args(options).run(COMMAND)?.success()?;
    Ok(())
}

/// Somebody who joins by a link, with the one password of all here, installs the game and shares it.
fn join(server: &Server, name: &str, link: &str, game: &str) -> Result<Friend> {
    let friend = server.newcomer(name);
    let joins = friend.mist(&["join", link, "--user", name, "--password-stdin"])?;
    joins.stdin(PASSWORD).run(COMMAND)?.success()?;
    friend.install(game)?;
    friend.seed()?;
    server.wait_for_copies(game, 2.0)?;
    Ok(friend)
}

/// A second machine on which a friend signs in.
fn laptop(server: &Server, name: &str) -> Result<()> {
    let login = ["login", &server.url(), "--user", name, "--password-stdin", "--device", "old-laptop"];
    server.newcomer("laptop").mist(&login)?.stdin(PASSWORD).run(COMMAND)?.success()?;
    Ok(())
}

/// A friend who has the game and shares it.
fn share(server: &Server, name: &str) -> Result<Friend> {
    let friend = server.friend(name)?;
    friend.install(GAME)?;
    friend.seed()?;
    server.wait_for_copies(GAME, 2.0)?;
    Ok(friend)
}

fn say(what: &Value) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{what}")?;
    Ok(out.flush()?)
}

/// The folder of a build. Two of them have most in common.
fn folder(scene: &Scene, version: &str, megabytes: usize) -> Result<PathBuf> {
    let folder = scene.folder(&format!("builds/{version}"))?;
    let own = version.bytes().fold(2, |sum, byte| sum * 31 + u64::from(byte));
    Tree::default()
        .file("data/level.pak", random_bytes(1, megabytes * 1_000_000))
        .file("data/new.pak", random_bytes(own, 200_000))
        .file("version.txt", version)
        .file("mist.toml", LAUNCH)
        .program("bin/play", PLAY)
        .write_to(&folder)?;
    Ok(folder)
}
