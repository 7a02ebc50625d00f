//! Which build friends get, who may say so, and what is not taken from a server that says otherwise.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_proto::http::{Job, JobState};
use mist_system_tests::{Admin, Place, Scene, Server, ServerOptions, Tree, assert_same_tree, random_bytes};

use crate::meddler::Meddler;

const LIMIT: Duration = Duration::from_secs(60);

/// Makes the build in the folder of its version's name, which starts as the one before it does.
fn make(scene: &Scene, version: &str, seed: u64) -> Result<()> {
    let same = random_bytes(90, 1 << 20);
    Tree::default()
        .file("same.bin", same)
        .file("data.bin", random_bytes(seed, 1 << 20))
        .write_to(&scene.path(version))
}

fn push(scene: &Scene, admin: &Admin, version: &str) -> Result<()> {
    make(scene, version, version.parse::<u64>()? + 90)?;
    admin.push(&scene.path(version), "drift", version)?;
    Ok(())
}

/// A server with the game `drift`, of which builds 1 to `builds` were pushed.
fn with_builds(scene: &Scene, builds: u64) -> Result<(Server, Admin)> {
    let server = Server::start(scene)?;
    let admin = server.admin()?;
    admin.new_game("drift")?;
    for n in 1..=builds {
        push(scene, &admin, &n.to_string())?;
    }
    Ok((server, admin))
}

#[test]
fn friends_follow_the_live_build_back_and_forth() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = with_builds(scene, 2)?;
        let eve = server.friend("eve")?;
        for live in ["2", "1", "2"] {
            admin.run(&["live", &format!("drift@{live}")])?;
            if eve.folder("drift").exists() {
                eve.update("drift")?
            } else {
                eve.install("drift")?
            };
            assert_same_tree(&scene.path(live), &eve.folder("drift"))?;
        }
        admin.mistpipe(&["live", "drift@3"])?.run(LIMIT)?.expect(4)?;
        Ok(())
    })
}

#[test]
fn no_server_leads_below_a_floor_that_a_friend_has_seen() -> Result<()> {
    Scene::play(|scene| {
        let (old, admin) = with_builds(scene, 1)?;
        let backup = scene.path("mist.backup");
        old.tracker(&["backup", &backup.to_string_lossy()], "")?;
        make(scene, "2", 92)?;
        let pushing = admin.pushing(&scene.path("2"), "drift", "2")?.arg("--raise-floor");
        pushing.run(Duration::from_secs(300))?.success()?;
        let eve = old.friend("eve")?;
        eve.install("drift")?;
        let refused = admin.mistpipe(&["live", "drift@1"])?.run(LIMIT)?.expect(1)?;
        ensure!(refused.said().contains("floor"), "{}", refused.said());

        // A server that forgets build 2, as one that was taken over might say it has.
        let store = old.store();
        old.stop()?;
        let options = ServerOptions { name: "again".into(), ..ServerOptions::default() };
        let again = Server::restore(scene, options, &backup, &store, old.address())?;
        again.tracker(&["user", "add", "eve", "--password-stdin"], mist_system_tests::PASSWORD)?;
        eve.login_at(&again.url())?;
        let refused = eve.mist(&["update", "drift"])?.run(LIMIT)?.expect(1)?;
        ensure!(refused.said().contains("older than the oldest"), "{}", refused.said());
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))
    })
}

#[test]
fn a_new_release_key_is_followed_and_the_old_one_is_over() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = with_builds(scene, 1)?;
        let (eve, mallory) = (server.friend("eve")?, server.admin_at("mallory", &Place::Here)?);
        eve.install("drift")?;
        let stolen = scene.path("release-key").to_string_lossy().into_owned();
        admin.run(&["key", "export", &stolen])?;
        mallory.run(&["key", "import", &stolen])?;

        admin.run(&["key", "rotate", "--yes"])?;
        push(scene, &admin, "2")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;

        make(scene, "3", 93)?;
        mallory.pushing(&scene.path("3"), "drift", "3")?.run(LIMIT)?.expect(3)?;
        eve.update("drift")?;
        ensure!(eve.status("drift")?.version.as_deref() == Some("2"));
        Ok(())
    })
}

#[test]
fn a_lost_release_key_is_not_a_lost_server() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = with_builds(scene, 1)?;
        let (eve, finder) = (server.friend("eve")?, server.admin_at("finder", &Place::Here)?);
        eve.install("drift")?;
        let path = |name: &str| scene.path(name).to_string_lossy().into_owned();
        let (key, recovery) = (path("release-key"), path("recovery-key"));
        admin.run(&["key", "export", &key])?;
        admin.run(&["key", "recovery", &recovery])?;
        let mode = fs::metadata(&recovery)?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "{mode:o}");
        let seal = || -> Result<serde_json::Value> { admin.run(&["seal", "--json"])?.json() };
        let noted = seal()?["recovery"].take();
        ensure!(
            noted["by"] == "admin"
                && fs::read_to_string(&recovery)?
                    .contains(&noted["fingerprint"].to_string().replace('"', ""))
        );

        // The PC with the key is gone. Another one has the file only, and so has its backup in the drawer.
        let other = server.admin_at("other-pc", &Place::Here)?;
        let unasked = other.mistpipe(&["key", "recover", &recovery])?.run(LIMIT)?.expect(2)?;
        ensure!(unasked.said().contains("nothing was changed"), "{}", unasked.said());
        ensure!(seal()?["release_keys"].as_array().map(Vec::len) == Some(1), "nobody said yes");
        other.run(&["key", "recover", &recovery, "--yes"])?;
        // Once more changes nothing, as after a crash on the way.
        other.run(&["key", "recover", &recovery, "--yes"])?;
        push(scene, &other, "2")?;
        let told = eve.update("drift")?.said();
        ensure!(told.contains("another key signs builds from now on"), "{told}");
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        let again = eve.mist(&["update", "drift"])?.run(LIMIT)?.success()?.said();
        ensure!(!again.contains("another key signs"), "once is enough: {again}");

        // Whoever finds the lost key publishes nothing, and the file is no way back to it.
        finder.run(&["key", "import", &key])?;
        make(scene, "3", 93)?;
        finder.pushing(&scene.path("3"), "drift", "3")?.run(LIMIT)?.expect(3)?;
        ensure!(seal()?["recovery"].is_null(), "it was used up");
        other.run(&["key", "recovery", &path("second-recovery-key")])?;
        other.run(&["key", "rotate", "--yes"])?;
        let void = other
            .mistpipe(&["key", "recover", &path("second-recovery-key"), "--yes"])?
            .run(LIMIT)?
            .expect(1)?;
        ensure!(void.said().contains("it was made for an earlier key"), "{}", void.said());
        push(scene, &other, "4")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("4"), &eve.folder("drift"))
    })
}

#[test]
fn several_publish_with_keys_of_their_own() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = with_builds(scene, 1)?;
        let (ben, eve) = (server.admin_at("ben", &Place::Here)?, server.friend("eve")?);
        eve.install("drift")?;
        let made: serde_json::Value = ben.run(&["key", "new", "--json"])?.json()?;
        let key = made["public_key"].as_str().context("a key")?.to_owned();
        let pushing = |version: &str| -> Result<_> {
            make(scene, version, version.parse::<u64>()? + 90)?;
            ben.pushing(&scene.path(version), "drift", version)?.run(LIMIT)
        };
        let refused = pushing("2")?.expect(3)?;
        ensure!(refused.said().contains(&format!("mistpipe publisher add NAME {key}")), "{}", refused.said());
        let asked = admin.mistpipe(&["publisher", "add", "ben", &key])?.run(LIMIT)?.expect(2)?;
        ensure!(asked.said().contains("nothing was changed"), "{}", asked.said());
        ben.mistpipe(&["publisher", "add", "ben", &key, "--yes"])?.run(LIMIT)?.expect(3)?;

        admin.run(&["publisher", "add", "ben", &key, "--yes"])?;
        pushing("2")?.success()?;
        let told = eve.update("drift")?.said();
        ensure!(told.contains("lets others sign them too"), "{told}");
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        // The admin goes on from what ben has signed, and a friend who is new takes both.
        push(scene, &admin, "3")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))?;
        server.friend("fay")?.install("drift@2")?;

        // A rotation takes the list along.
        admin.run(&["key", "rotate", "--yes"])?;
        pushing("4")?.success()?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("4"), &eve.folder("drift"))?;

        // Who is no publisher any more publishes nothing, and what they published stays.
        admin.run(&["publisher", "rm", "ben"])?;
        pushing("5")?.expect(3)?;
        let listed = admin.run(&["publisher", "ls"])?.stdout;
        ensure!(listed.contains("may publish no more"), "{listed}");
        let gus = server.friend("gus")?;
        gus.install("drift@4")?;
        assert_same_tree(&scene.path("4"), &gus.folder("drift"))
    })
}

#[test]
fn a_build_goes_live_without_the_patch_that_can_not_be_made_and_gets_it_once_the_cause_is_mended()
-> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = with_builds(scene, 1)?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;
        // The patch can't be made without the files of the build before.
        let (depot, away) = (server.store().join("games/drift/depots/1"), scene.path("away"));
        let copy = fs::read(depot.join("data.bin"))?;
        fs::rename(depot.join("data.bin"), &away)?;
        make(scene, "2", 92)?;
        let pushed = admin.pushing(&scene.path("2"), "drift", "2")?.run(LIMIT)?.expect(0)?;
        for told in ["drift@2 is live", "friends fetch the changed pieces instead", "mistpipe retry"] {
            ensure!(pushed.said().contains(told), "{told} in {}", pushed.said());
        }
        let jobs = || -> Result<Vec<Job>> {
            let lines = admin.run(&["jobs", "--json"])?.stdout;
            lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
        };
        // Neither the patch to the new build nor the one that leads back.
        let given_up = mist_system_tests::eventually("both patches are given up", LIMIT, || {
            let failed: Vec<Job> = jobs()?.into_iter().filter(|j| j.state == JobState::Failed).collect();
            Ok((failed.len() == 2).then_some(failed))
        })?;
        ensure!(
            given_up.iter().all(|j| j.attempts == 1),
            "a cause that stays is no reason to try again: {given_up:?}"
        );
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;

        fs::write(depot.join("data.bin"), copy)?;
        for job in &given_up {
            let log = admin.run(&["jobs", "log", &job.id])?.stdout;
            ensure!(log.contains("given up: another try is of no use"), "{log}");
            admin.run(&["retry", &job.id])?;
        }
        mist_system_tests::eventually("the patch is there", LIMIT, || {
            let builds = admin.run(&["ls", "drift", "--json"])?.stdout;
            let second = builds.lines().find(|l| l.contains("\"version\":\"2\""));
            Ok(second.is_some_and(|l| l.contains("\"from\":\"1\"")).then_some(()))
        })
    })
}

#[test]
fn the_manifest_of_another_build_is_not_taken() -> Result<()> {
    Scene::play(|scene| {
        let (server, _) = with_builds(scene, 2)?;
        // Says that build 2 is what build 1 is: signed, but as something else.
        let meddler = Meddler::start(server.address(), "/catalogue", |catalogue| {
            // Of a revision that the server does not know it tells everything.
            catalogue["revision"] = "meddled".into();
            let Some(builds) = catalogue["games"][0]["builds"].as_array_mut() else { return };
            let of = |version: &str| builds.iter().position(|build| build["version"] == version);
            let (Some(one), Some(two)) = (of("1"), of("2")) else { return };
            for what in ["manifest", "manifest_id", "archive"] {
                builds[two][what] = builds[one][what].clone();
            }
        })?;
        let eve = server.stranger("eve", &Place::Here)?;
        meddler.meddle(true);
        eve.login_at(&meddler.url())?;
        let refused = eve.installing("drift")?.run(LIMIT)?.expect(1)?;
        ensure!(refused.said().contains("manifest of another build"), "{}", refused.said());
        ensure!(!eve.folder("drift").join("data.bin").exists(), "something was installed");

        meddler.meddle(false);
        eve.install("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))
    })
}

#[test]
fn a_server_that_has_lists_only_serves_a_friend_all_the_same() -> Result<()> {
    Scene::play(|scene| {
        let (server, _) = with_builds(scene, 2)?;
        let old = Meddler::without(server.address(), "/catalogue")?;
        let eve = server.stranger("eve", &Place::Here)?;
        eve.login_at(&old.url())?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))
    })
}

/// A server of before, or one that was taken over, may have texts that today's refuses.
#[test]
fn texts_of_a_server_do_nothing_on_a_terminal() -> Result<()> {
    const ESCAPES: &str = "Neon\u{1b}]0;pwned\u{7}\u{1b}[2J\r\n\u{202e}drift";
    Scene::play(|scene| {
        let (server, _admin) = with_builds(scene, 1)?;
        let eve = server.stranger("eve", &Place::Here)?;
        for title in [ESCAPES.to_owned(), "A".repeat(70_000)] {
            let long = title.len();
            let meddler = Meddler::start(server.address(), "/catalogue", move |catalogue| {
                catalogue["revision"] = "meddled".into();
                catalogue["games"][0]["game"]["title"] = title.clone().into();
            })?;
            meddler.meddle(true);
            eve.login_at(&meddler.url())?;
            for command in [&["library"][..], &["status"], &["install", "drift", "--dry-run"], &["update"]] {
                let ended = eve.mist(command)?.run(LIMIT)?;
                let said = ended.said();
                ensure!(
                    !said.contains("panicked") && said.len() < 20_000,
                    "{command:?}: {} bytes",
                    said.len()
                );
                let acts = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
                ensure!(!said.chars().any(|c| acts(&c)), "{command:?} with a title of {long}: {said:?}");
            }
            let library = eve.mist(&["library"])?.run(LIMIT)?;
            ensure!(long > 100 || library.stdout.contains("pwned"), "it was not shown: {}", library.said());
        }
        Ok(())
    })
}
