//! Joining by a link, with the real programs: the link is all that a friend was given.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree};
use serde_json::Value;

const COMMAND: Duration = Duration::from_secs(60);

#[test]
fn a_link_is_all_that_a_friend_needs() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, [Tree::default().file("game.bin", "one")])?;
        let made: Value = admin.run(&["invite", "--json"])?.json()?;
        let link = made["link"].as_str().context("a link")?.to_owned();
        ensure!(link.starts_with(&format!("{}/join/", server.url())), "{link}");

        let eve = server.newcomer("eve");
        // The same link with another server's key: found out before a password is sent.
        let (front, keys) = link.split_once('#').context("keys")?;
        let (tracker, release) = keys.split_once('.').context("two keys")?;
        let other = format!("{front}#{release}.{tracker}");
        let join = |link: &str, name: &str| -> Result<_> {
            let args = ["join", link, "--user", name, "--password-stdin", "--json"];
            eve.mist(&args)?.stdin("a horse of my own").run(COMMAND)
        };
        let refused = join(&other, "eve")?.expect(1)?;
        ensure!(refused.stdout.contains("link_of_another_server"), "{}", refused.said());
        let cut = join(front, "eve")?.expect(1)?;
        ensure!(cut.stdout.contains("link_not_whole"), "{}", cut.said());

        let joined: Value = join(&link, "eve")?.success()?.json()?;
        ensure!(joined["user"] == "eve", "{joined}");
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        let again = join(&link, "mallory")?.expect(4)?;
        ensure!(again.stdout.contains("unknown_invite"), "{}", again.said());

        // A password of her own, changed by herself, and lost.
        let passwords = "a horse of my own\nanother horse of mine\n";
        eve.mist(&["passwd", "--password-stdin"])?.stdin(passwords).run(COMMAND)?.success()?;
        let reset = server.tracker(&["user", "reset", "eve"], "")?.stdout;
        let keys = reset.trim().split_once("/join/").context("a link")?.1;
        let reset = format!("{}/join/{keys}", server.url());
        eve.mist(&["join", &reset, "--password-stdin"])?.stdin("a third horse").run(COMMAND)?.success()?;
        let url = server.url();
        let login = ["login", url.as_str(), "--user", "eve", "--password-stdin"];
        eve.mist(&login)?.stdin("another horse of mine").run(COMMAND)?.expect(3)?;
        eve.mist(&login)?.stdin("a third horse").run(COMMAND)?.success()?;
        Ok(())
    })
}

#[test]
fn a_script_publishes_by_a_token_and_no_more() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, [Tree::default().file("game.bin", "one")])?;
        let token = admin.run(&["token", "add", "nightly", "--level", "publish"])?.stdout.trim().to_owned();
        let reader = admin.run(&["token", "add", "watcher", "--level", "read"])?.stdout.trim().to_owned();
        let next = scene.path("next");
        Tree::default().file("game.bin", "two").write_to(&next)?;
        // The release key is there, the session is not.
        admin.run(&["logout"])?;
        let by = |token: &str, args: &[&str]| -> Result<_> {
            admin.mistpipe(args)?.env("MIST_TOKEN", token).env("MIST_SERVER", server.url()).run(COMMAND)
        };
        let folder = next.display().to_string();
        let push = ["push", folder.as_str(), "--game", "drift", "--version", "2"];
        by(&reader, &push)?.expect(3)?;
        by(&token, &push)?.success()?;
        let builds = by(&reader, &["ls", "drift", "--json"])?.success()?.stdout;
        ensure!(builds.lines().count() == 2, "{builds}");
        by(&token, &["rm", "drift", "--yes"])?.expect(3)?;
        by("mist_t_of_nobody", &["ls"])?.expect(3)?;
        Ok(())
    })
}
