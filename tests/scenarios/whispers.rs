//! Secrets of every kind, and all that every program of a run said, logged, kept of its jobs or would hand to whoever helps.

use std::{
    collections::BTreeSet,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use mist_proto::http::Job;
use mist_system_tests::{Friend, Outcome, PASSWORD, Place, RemoteSeed, Scene, Server, ServerOptions, Tree};
use reqwest::{Method, StatusCode, header::SET_COOKIE};
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::{api::Api, canary::Canaries};

const LIMIT: Duration = Duration::from_secs(60);
/// As much as somebody who looks for a fault would ask for.
const LOUD: &str = "debug";

/// What the run has that nobody else may come to know.
#[derive(Default)]
struct Run {
    canaries: Canaries,
    /// What commands printed whose purpose is to show a secret, once.
    on_purpose: BTreeSet<String>,
}

impl Run {
    /// The record of a command that shows a secret on purpose.
    fn shown(&mut self, outcome: &Outcome) -> Result<Value> {
        self.on_purpose.insert(outcome.stdout.clone());
        outcome.json()
    }

    /// Looks through all that the programs of a scene wrote.
    fn is_told_nowhere(&self, scene: &Scene) -> Result<()> {
        let (mut programs, mut told) = (BTreeSet::new(), 0);
        for file in fs::read_dir(scene.logs())? {
            let file = file?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
            if self.on_purpose.contains(&text) {
                continue;
            }
            for (what, secret) in self.canaries.all() {
                ensure!(!text.contains(secret), "{name} has {what}: {secret}");
            }
            // Capabilities for a seed's bytes are made anew all the time.
            ensure!(!text.contains("cap="), "{name} has a capability");
            told += text.lines().count();
            programs.extend(name.split(['-', '.']).nth(1).map(str::to_owned));
        }
        let all = ["mist", "mistpipe", "seed", "tracker"].map(str::to_owned);
        ensure!(programs.is_superset(&all.into()), "only {programs:?} said something");
        ensure!(told > 200, "{told} lines prove little");
        Ok(())
    }
}

/// Signs a browser in and out as the portal does, and asks for something between; what it kept meanwhile.
fn browse(api: &Api, server: &Server) -> Result<String> {
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/auth/browser", server.url());
    let of_portal = |method: Method| client.request(method, &url).header("mist-portal", "1");
    api.runtime().block_on(async {
        let body = json!({ "user": "admin", "password": PASSWORD });
        let signed_in = of_portal(Method::POST).header("origin", server.url()).json(&body).send().await?;
        ensure!(signed_in.status() == StatusCode::OK, "{}", signed_in.status());
        let cookie = signed_in.headers().get(SET_COOKIE).context("a cookie")?.to_str()?.to_owned();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let me = client.get(format!("{}/api/v1/me", server.url())).header("cookie", &cookie).send().await?;
        ensure!(me.status() == StatusCode::OK, "{}", me.status());
        let out = of_portal(Method::DELETE).header("origin", server.url()).header("cookie", &cookie);
        ensure!(out.send().await?.status().is_success(), "signed out");
        let (_, secret) = cookie.split_once('=').context("a cookie with a value")?;
        Ok(secret.to_owned())
    })
}

fn session_of(friend: &Friend) -> Result<String> {
    fs::read_to_string(friend.servers_folder()?.join("session.json")).context("a session")
}

#[test]
fn no_secret_is_in_what_any_program_says_logs_or_hands_out() -> Result<()> {
    Scene::play(|scene| {
        let mut run = Run::default();
        let settings = vec![("MIST_LOG", LOUD.to_owned())];
        let options = ServerOptions { seed: false, settings, ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let url = server.url();
        let admin = server.admin()?;
        run.canaries
            .session("the admin's session", &fs::read_to_string(admin.home().join("session.json"))?)?;
        run.canaries.add("the admin's password", PASSWORD)?;

        // The portal.
        let api = Api::login(&server, "admin")?;
        run.canaries.add("a browser's cookie", browse(&api, &server)?)?;

        // Codes of a link: one that is used and used again, and one that is taken back.
        for (name, password) in [("eve", "the good password of eve"), ("dan", "the good password of dan")] {
            let made = run.shown(&admin.run(&["invite", "--json"])?)?;
            let link = made["link"].as_str().context("a link")?.to_owned();
            let (_, keys) = link.split_once("/join/").context("a link")?;
            run.canaries.add("an invite's code", keys.split('#').next().unwrap_or_default())?;
            run.canaries.add("a friend's password", password)?;
            if name == "dan" {
                let id = made["invite"]["id"].as_str().context("an id")?.to_owned();
                admin.run(&["invite", "rm", &id])?;
            }
            let friend = server.newcomer(name).with_env("MIST_LOG", LOUD);
            let join = || friend.mist(&["join", &link, "--user", name, "--password-stdin"]);
            let first = join()?.stdin(password).run(LIMIT)?;
            ensure!((first.code() == Some(0)) == (name == "eve"), "{}", first.said());
            let again = join()?.stdin(password).run(LIMIT)?;
            ensure!(again.code() != Some(0), "{}", again.said());
        }
        let eve = server.newcomer("eve").with_env("MIST_LOG", LOUD);
        run.canaries.session("a friend's session", &session_of(&eve)?)?;

        // A second factor, of which a recovery code is used, and used again.
        server.tracker(&["user", "add", "ben", "--password-stdin"], PASSWORD)?;
        let ben = server.machine("ben");
        let login = ["login", url.as_str(), "--user", "ben", "--password-stdin"];
        ben.mistpipe(&login)?.stdin(PASSWORD).run(LIMIT)?.success()?;
        let begun = run.shown(&ben.run(&["factor", "add", "--json"])?)?;
        run.canaries.add("a second factor", begun["secret"].as_str().context("a secret")?)?;
        let authenticator = Totp::from_url(begun["uri"].as_str().context("an address")?)?;
        let code =
            authenticator.generate(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()).to_string();
        let kept = run.shown(&ben.run(&["factor", "confirm", &code, "--json"])?)?;
        let codes = kept["recovery_codes"].as_array().context("recovery codes")?;
        let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
        for code in &codes {
            run.canaries.add("a recovery code", *code)?;
        }
        let by_code = [&login[..], &["--code", codes.first().copied().context("a recovery code")?]].concat();
        ben.mistpipe(&by_code)?.stdin(PASSWORD).run(LIMIT)?.success()?;
        let again = ben.mistpipe(&by_code)?.stdin(PASSWORD).run(LIMIT)?;
        ensure!(again.code() != Some(0), "a recovery code counts once: {}", again.said());
        run.canaries.session("another session", &fs::read_to_string(ben.home().join("session.json"))?)?;

        // Tokens of scripts: one that pushes, and one that counts no more.
        for push in [true, false] {
            let made = run.shown(&admin.run(&["token", "add", "nightly", "--json"])?)?;
            let token = made["secret"].as_str().context("a token")?.to_owned();
            run.canaries.add("an API token", &token)?;
            if push {
                admin.new_game("drift")?;
                // The first push hands in the release key, which no script may.
                Tree::default().file("game.bin", "none").write_to(&scene.path("0"))?;
                admin.push(&scene.path("0"), "drift", "0")?;
                Tree::default().file("game.bin", "one").write_to(&scene.path("1"))?;
                let push = admin.pushing(&scene.path("1"), "drift", "1")?;
                push.env("MIST_TOKEN", &token).env("MIST_SERVER", &url).run(LIMIT)?.success()?;
            } else {
                admin.run(&["token", "rm", made["token"]["id"].as_str().context("an id")?])?;
                let by_token = admin.mistpipe(&["ls"])?.env("MIST_TOKEN", &token).env("MIST_SERVER", &url);
                by_token.run(LIMIT)?.expect(3)?;
            }
        }

        // A friend plays, something goes wrong, and they ask for help.
        eve.install("drift")?;
        Tree::default().file("game.bin", "two").write_to(&scene.path("2"))?;
        admin.push(&scene.path("2"), "drift", "2")?;
        eve.update("drift")?;
        let wrong = eve.installing("no-such-game")?.run(LIMIT)?;
        ensure!(wrong.code() != Some(0), "{}", wrong.said());
        let handed: Value = eve.run(&["diagnostics"])?.json()?;
        ensure!(handed["games"][0]["game"] == "drift", "{handed}");
        eve.run(&["status", "--json"])?;

        // What the server tells of what happened.
        let jobs = admin.run(&["jobs", "--json"])?.stdout;
        ensure!(jobs.lines().count() > 1, "{jobs}");
        for line in jobs.lines() {
            let job: Job = serde_json::from_str(line)?;
            let log = admin.run(&["jobs", "log", &job.id, "--json"])?.stdout;
            ensure!(log.lines().count() > 1, "{log}");
        }
        admin.run(&["audit", "--json", "--limit", "200"])?;
        admin.run(&["token", "ls", "--json"])?;
        admin.run(&["invite", "ls", "--json"])?;
        for args in
            [&["settings"][..], &["doctor"], &["user", "sessions", "eve"], &["user", "devices", "eve"]]
        {
            server.command(args)?.run(LIMIT)?;
        }
        run.canaries.add("the seed's token", seed.token())?;
        for file in fs::read_dir(scene.logs())? {
            let text = String::from_utf8_lossy(&fs::read(file?.path())?).into_owned();
            if text.starts_with("enrolment token of cellar (shown this once)") {
                run.on_purpose.insert(text);
            }
        }
        run.is_told_nowhere(scene)
    })
}
