//! An admin's second factor, with the real programs.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use mist_proto::http::{NewSecondFactor, RecoveryCodes};
use mist_system_tests::{PASSWORD, Scene, Server, Tree, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::Totp;
use walkdir::WalkDir;

use crate::api::Api;

const COMMAND: Duration = Duration::from_secs(60);

/// The same command with a code.
fn by<'a>(login: &[&'a str], code: &'a str) -> Vec<&'a str> {
    [login, &["--code", code]].concat()
}

#[test]
fn a_second_factor_is_set_up_by_commands_and_asked_for_after_a_reset() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        server.tracker(&["user", "add", "ben", "--password-stdin"], PASSWORD)?;
        let url = server.url();
        let ben = server.machine("ben");
        let login = ["login", url.as_str(), "--user", "ben", "--password-stdin"];
        ben.mistpipe(&login)?.stdin(PASSWORD).run(COMMAND)?.success()?;
        ensure!(ben.run(&["factor", "show"])?.stdout.contains("password alone"), "none yet");
        let begun: Value = ben.run(&["factor", "add", "--json"])?.json()?;
        let authenticator = Totp::from_url(begun["uri"].as_str().context("an address")?)?;
        let code = |ahead: u64| -> Result<String> {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Ok(authenticator.generate(now + 30 * ahead).to_string())
        };
        ben.mistpipe(&["factor", "confirm", "000000"])?.run(COMMAND)?.expect(3)?;
        let kept: Value = ben.run(&["factor", "confirm", &code(0)?, "--json"])?.json()?;
        let recovery = kept["recovery_codes"][0].as_str().context("a recovery code")?.to_owned();
        let shown: Value = ben.run(&["factor", "show", "--json"])?.json()?;
        ensure!(shown["enrolled"] == true && shown["recovery_codes"] == 10, "{shown}");
        ben.mistpipe(&["factor", "add"])?.run(COMMAND)?.expect(1)?;

        // A lost password: the link sets another one, and the code is asked for then.
        let made: Value = admin.run(&["reset", "ben", "--json"])?.json()?;
        let link = made["link"].as_str().context("a link")?;
        let desktop = server.newcomer("desktop");
        let mut joins = desktop.mist(&["join", link])?.on_terminal().start()?;
        for (asks, answer) in [
            ("A password of your own", "a horse of his own"),
            ("Again", "a horse of his own"),
            ("Code of", &recovery),
        ] {
            eventually(asks, COMMAND, || {
                joins.still_runs()?;
                Ok(joins.output().contains(asks).then_some(()))
            })?;
            joins.types(&format!("{answer}\n"))?;
        }
        let joined = joins.finish(COMMAND)?.success()?;
        ensure!(
            joined.said().contains("Signed in at") && joined.said().contains("as ben"),
            "{}",
            joined.said()
        );
        // A script gives it with the link.
        let made: Value = admin.run(&["reset", "ben", "--json"])?.json()?;
        let link = made["link"].as_str().context("a link")?;
        let join = ["join", link, "--password-stdin", "--code", &code(1)?];
        desktop.mist(&join)?.stdin("another horse of his").run(COMMAND)?.success()?;

        // Everything is lost: another admin helps.
        admin.run(&["factor", "rm", "--user", "ben"])?;
        ben.mistpipe(&login)?.stdin("another horse of his").run(COMMAND)?.success()?;
        ben.mistpipe(&["factor", "rm"])?.run(COMMAND)?.expect(4)?;

        let seal: Value = admin.run(&["seal", "--json"])?.json()?;
        ensure!(seal["release_keys"] == json!([]), "{seal}");
        admin.new_game("drift")?;
        let build = scene.path("build");
        Tree::default().file("game.bin", "one").write_to(&build)?;
        admin.push(&build, "drift", "1")?;
        Tree::default().file("game.bin", "two").write_to(&build)?;
        admin.pushing(&build, "drift", "2")?.arg("--raise-floor").run(COMMAND)?.success()?;
        admin.run(&["key", "rotate", "--yes"])?;
        let seal = admin.run(&["seal"])?.stdout;
        for word in [
            "signs now, by a signed rotation by admin",
            "handed over, registered by admin",
            "floor     drift",
        ] {
            ensure!(seal.contains(word), "no {word} in {seal}");
        }
        Ok(())
    })
}

#[test]
fn who_has_a_second_factor_is_asked_for_it_by_every_program() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        let api = Api::login(&server, "admin")?;
        let new: NewSecondFactor = api.ask(Method::POST, "/me/second-factor", None)?;
        let authenticator = Totp::from_url(&new.uri)?;
        // What it shows now, or in half a minute, which counts already.
        let code = |ahead: u64| -> Result<String> {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Ok(authenticator.generate(now + 30 * ahead).to_string())
        };
        let kept: RecoveryCodes =
            api.ask(Method::PUT, "/me/second-factor", Some(json!({ "code": code(0)? })))?;

        let url = server.url();
        let login = ["login", url.as_str(), "--user", "admin", "--password-stdin"];
        let refused = admin.mistpipe(&login)?.stdin(PASSWORD).run(COMMAND)?.expect(3)?;
        ensure!(refused.said().contains("--code"), "{}", refused.said());
        let next = code(1)?;
        admin.mistpipe(&by(&login, &next))?.stdin(PASSWORD).run(COMMAND)?.success()?;
        admin.mistpipe(&by(&login, &next))?.stdin(PASSWORD).run(COMMAND)?.expect(3)?;

        let desktop = server.newcomer("desktop");
        let refused = desktop.mist(&login)?.stdin(PASSWORD).run(COMMAND)?.expect(3)?;
        ensure!(refused.said().contains("--code"), "{}", refused.said());
        desktop.mist(&by(&login, &kept.codes[0]))?.stdin(PASSWORD).run(COMMAND)?.success()?;
        let again = desktop.mist(&by(&login, &kept.codes[0]))?.stdin(PASSWORD).run(COMMAND)?.expect(3)?;
        ensure!(again.said().contains("was used already"), "{}", again.said());

        // Everything is lost: whoever sits at the server helps.
        server.tracker(&["user", "rm-factor", "admin"], "")?;
        admin.mistpipe(&login)?.stdin(PASSWORD).run(COMMAND)?.success()?;
        let log = admin.run(&["audit", "--what", "factor"])?.stdout;
        for word in ["factor.add", "factor.recovery_used", "factor.remove", "operator"] {
            ensure!(log.contains(word), "no {word} in {log}");
        }
        let log = admin.run(&["audit", "--what", "user.wrong_code", "--who", "admin", "--json"])?.stdout;
        ensure!(log.lines().count() == 2, "{log}");

        // Whoever reads what the programs wrote learns none of it.
        let mut read = 0;
        for entry in WalkDir::new(scene.logs()).into_iter().filter_map(Result::ok) {
            if !entry.file_type().is_file() {
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            read += text.len();
            for secret in [&new.secret, &kept.codes[1]] {
                ensure!(!text.contains(secret.as_str()), "{} has a secret", entry.path().display());
            }
        }
        ensure!(read > 0, "there are logs");
        Ok(())
    })
}
