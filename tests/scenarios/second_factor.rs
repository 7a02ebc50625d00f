//! An admin's second factor, with the real programs.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};
use mist_proto::http::{NewSecondFactor, RecoveryCodes};
use mist_system_tests::{PASSWORD, Scene, Server};
use reqwest::Method;
use serde_json::json;
use totp_rs::Totp;
use walkdir::WalkDir;

use crate::api::Api;

const COMMAND: Duration = Duration::from_secs(60);

/// The same command with a code.
fn by<'a>(login: &[&'a str], code: &'a str) -> Vec<&'a str> {
    [login, &["--code", code]].concat()
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
