//! A server to try browsers on: a real tracker with its seed and a sample game whose builds are ready to be pushed, and a stand-in for
//! Steam that knows application 400. It says
//! in JSON, one object a line, where it is and what came of each line that it is told; it ends with its input.
//!
//! What it is told: `push VERSION [MEGABYTES]` (a build of 2 MB unless it says otherwise), `sign-out` (ends every session of the
//! admin), `kill`, `restart`; `share NAME` makes an account with this name, whose machine installs the game and shares it.

use std::{
    io::{BufRead, Write, stdin, stdout},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use mist_system_tests::{
    DiscordStandIn, Friend, PASSWORD, Scene, Server, ServerOptions, SteamStandIn, Tree, random_bytes,
};
use serde_json::{Value, json};

const GAME: &str = "paper-boats";
const FRIEND: &str = "mia";
const LAUNCH: &str = "[[launch]]\npath = \"bin/play\"\n";
/// A game that runs until it is asked to end.
const PLAY: &str = "#!/bin/sh\necho started >> \"$(dirname \"$0\")/../saves.txt\"\nexec sleep 600\n";

fn main() -> Result<()> {
    Scene::play(|scene| {
        let steam = SteamStandIn::start()?;
        let discord = DiscordStandIn::start()?;
        let settings = vec![("MIST_STEAM_URL", steam.url), ("MIST_DISCORD_URL", discord.url.clone())];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        server.tracker(&["user", "add", FRIEND, "--password-stdin"], PASSWORD)?;
        say(&json!({
            "url": server.url(), "admin": "admin", "friend": FRIEND, "password": PASSWORD, "game": GAME,
            "discord": discord.url,
        }))?;
        let mut friends: Vec<Friend> = Vec::new();
        for line in stdin().lock().lines() {
            let line = line.context("reading what to do")?;
            let words: Vec<&str> = line.split_whitespace().collect();
            let done = match words.as_slice() {
                ["push", version] => admin.push(&build(scene, version, 2)?, GAME, version).map(drop),
                ["push", version, megabytes] => {
                    let megabytes = megabytes.parse().context("how large the build is")?;
                    admin.push(&build(scene, version, megabytes)?, GAME, version).map(drop)
                }
                ["sign-out"] => {
                    server.tracker(&["user", "passwd", "admin", "--password-stdin"], PASSWORD).map(drop)
                }
                ["share", name] => share(&server, name).map(|friend| friends.push(friend)),
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
fn build(scene: &Scene, version: &str, megabytes: usize) -> Result<PathBuf> {
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
