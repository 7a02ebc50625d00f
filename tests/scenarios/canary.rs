//! A whole evening with secrets that nobody else has, in which no log comes to have one of them.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    DiscordStandIn, Place, Program, RemoteSeed, Scene, Server, ServerOptions, Tree, eventually,
};
use serde_json::{Map, Value};

use crate::api::Begun;

const COMMAND: Duration = Duration::from_secs(60);
/// As much as somebody who looks for a fault would ask for.
const LOUD: &str = "debug";

/// Texts that are secret, by what they are.
#[derive(Default)]
pub(crate) struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    pub(crate) fn add(&mut self, what: &'static str, secret: impl Into<String>) -> Result<()> {
        let secret = secret.into();
        ensure!(secret.len() >= 8, "{what} is too short to be looked for: {secret:?}");
        self.0.push((what, secret));
        Ok(())
    }

    /// The tokens of a session that is kept in a file.
    pub(crate) fn session(&mut self, what: &'static str, text: &str) -> Result<()> {
        fn strings(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::String(text) if text.len() >= 32 => found.push(text.clone()),
                Value::Object(fields) => fields.values().for_each(|value| strings(value, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        strings(&serde_json::from_str(text)?, &mut found);
        ensure!(found.len() >= 2, "{what} has no tokens: {text}");
        found.into_iter().try_for_each(|token| self.add(what, token))
    }

    /// Each with what it is.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(what, secret)| (*what, secret.as_str()))
    }

    fn are_not_in(&self, whose: &str, log: &str) -> Result<()> {
        ensure!(log.lines().count() > 10, "{whose} says too little to prove anything: {log}");
        for (what, secret) in &self.0 {
            ensure!(!log.contains(secret.as_str()), "{whose} has {what}: {secret}");
        }
        // Capabilities for a seed's bytes are made anew all the time.
        ensure!(!log.contains("cap="), "{whose} has a capability");
        Ok(())
    }
}

#[test]
fn no_secret_of_a_whole_evening_comes_into_a_log() -> Result<()> {
    Scene::play(|scene| {
        let mut canaries = Canaries::default();
        let discord = DiscordStandIn::start()?;
        let settings = vec![("MIST_LOG", LOUD.to_owned()), ("MIST_DISCORD_URL", discord.url.clone())];
        let password = "canary of the first admin";
        let options = ServerOptions { settings, password: Some(password), ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        canaries.add("the first admin's password", password)?;
        let admin = server.admin_with("pc", password)?;
        canaries.session("the admin's session", &fs::read_to_string(admin.home().join("session.json"))?)?;

        let folder = |version: &str| scene.path(version).to_string_lossy().into_owned();
        admin.new_game("drift")?;
        Tree::default().file("game.bin", "one").write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        admin.run(&["key", "export", &folder("key")])?;
        admin.run(&["key", "recovery", &folder("recovery")])?;
        for (what, file) in [("the release key", "key"), ("the recovery key", "recovery")] {
            let text = fs::read_to_string(scene.path(file))?;
            canaries.add(what, text.lines().find(|line| !line.starts_with('#')).context("a key")?)?;
        }

        // Discord, of which the webhook is a secret.
        let webhook = "canary_".repeat(9);
        canaries.add("Discord's webhook", &webhook)?;
        let address = format!("{}/api/webhooks/1234567890/{webhook}", discord.url);
        admin.mistpipe(&["notify", "set"])?.stdin(address).run(COMMAND)?.success()?;
        admin.run(&["notify", "test"])?;

        // A seed of its own, by a token.
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        canaries.add("the seed's token", seed.token())?;

        // A friend who joins by a link, mistypes the password, loses it, and gets another link.
        let invite: Value = admin.run(&["invite", "--json"])?.json()?;
        let link = invite["link"].as_str().context("a link")?.to_owned();
        let code = |link: &str| -> Result<String> {
            let (_, rest) = link.split_once("/join/").context("a link")?;
            Ok(rest.split('#').next().unwrap_or_default().to_owned())
        };
        canaries.add("an invite's code", code(&link)?)?;
        let eve = server.newcomer("eve").with_env("MIST_LOG", LOUD);
        let first = "canary of eve who joins";
        canaries.add("a friend's password", first)?;
        let join = |link: &str, password: &str| -> Result<Program> {
            Ok(eve.mist(&["join", link, "--user", "eve", "--password-stdin"])?.stdin(password))
        };
        let mut said = join(&link, first)?.run(COMMAND)?.success()?.stderr;
        let session = || fs::read_to_string(eve.servers_folder()?.join("session.json")).context("a session");
        canaries.session("a friend's session", &session()?)?;
        let url = server.url();
        let login = ["login", url.as_str(), "--user", "eve", "--password-stdin"];
        let wrong = "canary that is mistyped";
        canaries.add("a wrong password", wrong)?;
        said += &eve.mist(&login)?.stdin(wrong).run(COMMAND)?.expect(3)?.stderr;
        let reset = server.tracker(&["user", "reset", "eve"], "")?.stdout;
        canaries.add("the code of a new password", code(reset.trim())?)?;
        let keys = reset.trim().split_once("/join/").context("a link")?.1;
        let second = "canary of eve who comes back";
        canaries.add("another password", second)?;
        let reset = format!("{url}/join/{keys}");
        said +=
            &eve.mist(&["join", &reset, "--password-stdin"])?.stdin(second).run(COMMAND)?.success()?.stderr;
        canaries.session("a friend's other session", &session()?)?;

        // A script by a token, and a second factor.
        let token = admin.run(&["token", "add", "nightly", "--level", "publish"])?.stdout.trim().to_owned();
        canaries.add("an API token", &token)?;
        let by_token = |args: &[&str]| -> Result<Program> {
            Ok(admin.mistpipe(args)?.env("MIST_TOKEN", &token).env("MIST_SERVER", &url))
        };
        Tree::default().file("game.bin", "two").write_to(&scene.path("2"))?;
        by_token(&["push", &folder("2"), "--game", "drift", "--version", "2"])?.run(COMMAND)?.success()?;
        let factor: Value = admin.run(&["factor", "add", "--json"])?.json()?;
        canaries.add("a second factor", factor["secret"].as_str().context("a secret")?)?;

        // Everything moves.
        said += &eve.install("drift")?.stderr;
        let sharing = eve.mist(&["seed"])?.start()?;
        Tree::default().file("game.bin", "three").write_to(&scene.path("3"))?;
        admin.push(&scene.path("3"), "drift", "3")?;
        said += &eve.update("drift")?.stderr;
        eventually("Discord hears of it", COMMAND, || {
            Ok(discord.texts().iter().any(|text| text.contains('3')).then_some(()))
        })?;
        said += &sharing.terminate(COMMAND)?.stderr;

        canaries.are_not_in("the tracker's log", &server.said()?)?;
        canaries.are_not_in("the seed's log", &seed.said()?)?;
        canaries.are_not_in("the friend's log", &said)?;
        let told = discord.texts().join("\n");
        for (what, secret) in &canaries.0 {
            ensure!(!told.contains(secret.as_str()), "Discord was told {what}");
        }
        Ok(())
    })
}

/// The lines of a log, each of which is an object that says when, how grave and what.
fn objects(whose: &str, log: &str, least: usize) -> Result<Vec<Map<String, Value>>> {
    let mut objects = Vec::new();
    // The last line may not be whole yet.
    for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let object: Map<String, Value> = serde_json::from_str(line)
            .with_context(|| format!("{whose} has a line that is no object: {line}"))?;
        ensure!(
            ["timestamp", "level", "target"].iter().all(|key| object.contains_key(*key)),
            "{whose}: {line}"
        );
        objects.push(object);
    }
    ensure!(objects.len() >= least, "{whose} says too little to prove anything: {log}");
    Ok(objects)
}

#[test]
fn each_line_of_a_log_in_json_is_an_object_and_a_refusal_is_found_by_its_id() -> Result<()> {
    Scene::play(|scene| {
        // As the runbook says for who looks for a request.
        let runbook = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbook.md"))?;
        let each_request = "info,tower_http=debug";
        ensure!(runbook.contains(&format!("`MIST_LOG={each_request}`")), "the runbook says something else");
        let settings = vec![
            ("MIST_LOG", each_request.to_owned()),
            ("MIST_LOG_FORMAT", "json".to_owned()),
            // Something to be warned of at the start.
            ("MIST_METRIC_LISTEN", "127.0.0.1:0".to_owned()),
        ];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        Tree::default().file("game.bin", "one").write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;
        let url = server.url();
        let login = ["login", url.as_str(), "--user", "eve", "--password-stdin"];
        eve.mist(&login)?.stdin("not her password").run(COMMAND)?.expect(3)?;

        // Somebody who is not signed in, and whose path is not plain text.
        let refused = Begun::get(&server, "/api/v1/games/dri%0Aft%22")?;
        ensure!(refused.status()? == 401, "{}", refused.head);
        let id = refused.header("x-request-id")?;
        let about = eventually("the log has the refusal", COMMAND, || {
            let lines = objects("the tracker's log", &server.log()?, 20)?;
            Ok(lines.into_iter().find(|line| Value::from(line.clone()).to_string().contains(id)))
        })?;
        ensure!(about["span"]["id"] == id, "it is not in the span of the request: {about:?}");
        let log = server.log()?;
        ensure!(
            log.contains("MIST_METRIC_LISTEN") && log.contains("did you mean MIST_METRICS_LISTEN?"),
            "{log}"
        );
        objects("the seed's log", &seed.log()?, 1)?;
        Ok(())
    })
}
