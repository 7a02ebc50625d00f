//! What the operator of the machine does: looks, backs up, and starts over on a new one.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Admin, Lab, PASSWORD, Place, RemoteSeed, Scene, Server, ServerOptions, Tree, assert_same_tree,
    eventually, random_bytes,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::api::Api;

fn push(scene: &Scene, admin: &Admin, version: &str, seed: u64) -> Result<()> {
    let dir = scene.path(version);
    Tree::default().file("data.bin", random_bytes(seed, 2 << 20)).write_to(&dir)?;
    admin.push(&dir, "drift", version)?;
    Ok(())
}

#[test]
fn a_backup_becomes_the_same_server_on_a_new_machine() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let vm = Place::On(lab.host("vm")?);
        let old = Server::start_on(scene, vm.clone())?;
        let admin = old.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 71)?;
        let eve = old.friend_at("eve", &Place::On(lab.host("eve")?))?;
        eve.install("drift")?;

        // While it serves.
        let backup = scene.path("mist.backup");
        old.tracker(&["backup", &backup.to_string_lossy()], "")?;
        let store = old.store();
        old.stop()?;

        let options = ServerOptions { place: vm, name: "again".into(), ..ServerOptions::default() };
        let new = Server::restore(scene, options, &backup, &store, old.address())?;
        // Neither has to sign in again, or to trust another key.
        push(scene, &admin, "2", 72)?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        new.wait_for_copies("drift", 1.0)
    })
}

#[test]
fn what_was_set_while_it_ran_lasts_and_what_was_is_told() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 77)?;
        server.friend("eve")?.install("drift")?;
        let told = |by: &str| -> Result<Value> {
            let args = ["history", "--by", by, "--resolution", "day", "--json"];
            Ok(serde_json::from_str(&server.tracker(&args, "")?.stdout)?)
        };
        let received = |told: &Value, name: &str| {
            let all = told["series"].as_array().into_iter().flatten();
            let of = all.filter(|one| one["name"] == name).filter_map(|one| one["values"].as_array());
            of.flatten().filter_map(Value::as_u64).sum::<u64>()
        };
        let by_friend = told("friend")?;
        ensure!(received(&by_friend, "eve") >= 2 << 20, "{by_friend}");
        ensure!(received(&told("game")?, "drift") == received(&by_friend, "eve"), "one friend, one game");

        let in_force = |name: &str| -> Result<Value> {
            let all = server.tracker(&["settings", "--json"], "")?.stdout;
            let mut lines = all.lines().map(serde_json::from_str::<Value>);
            let line = lines.find(|line| line.as_ref().is_ok_and(|line| line["setting"] == name));
            Ok(line.context("a line")??)
        };
        ensure!(in_force("history_days")?["source"] == "default");
        server.tracker(&["set", "history_days", "90"], "")?;
        let refused = server.command(&["set", "listen", "127.0.0.1:1"])?.run(LIMIT)?;
        ensure!(refused.code() == Some(1) && refused.said().contains("server's start"), "{}", refused.said());
        let refused = server.command(&["set", "history_days", "0"])?.run(LIMIT)?;
        ensure!(refused.code() == Some(1) && refused.said().contains("from 1 to 3650"), "{}", refused.said());
        server.stop()?;
        let kept = in_force("history_days")?;
        ensure!(kept["value"] == "90" && kept["from"] == "the portal, by operator", "{kept}");
        server.restart()?;
        ensure!(in_force("history_days")?["value"] == "90");
        server.tracker(&["set", "history_days"], "")?;
        ensure!(in_force("history_days")?["value"] == "730");
        ensure!(received(&told("friend")?, "eve") == received(&by_friend, "eve"), "nothing is counted twice");
        Ok(())
    })
}

/// The page of the runbook, step by step.
#[test]
fn a_store_that_is_lost_for_good_is_begun_anew() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 75)?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;

        server.stop()?;
        let store = server.store();
        fs::remove_dir_all(&store)?;
        fs::create_dir(&store)?;
        server.restart()?;
        let seed_folder = store.parent().context("the data dir")?.join("seed");
        eventually("the operator is told what to do", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            let memory = seed_folder.join("store-id").display().to_string();
            Ok((problems.contains("lost its marker") && problems.contains(&memory)).then_some(()))
        })?;
        ensure!(fs::read_dir(&store)?.next().is_none(), "nothing is written where the store may come back");

        server.stop()?;
        fs::remove_file(seed_folder.join("store-id"))?;
        server.restart()?;
        push(scene, &admin, "2", 76)?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        let ada = server.friend("ada")?;
        ada.install("drift")?;
        assert_same_tree(&scene.path("2"), &ada.folder("drift"))?;
        admin.run(&["rm", "drift@1", "--yes"])?;
        Ok(())
    })
}

/// What was pushed after the backup is not known to the server any more; friends have it.
#[test]
fn a_server_that_went_back_is_told_and_no_older_build_is_called_an_update() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let old = Server::start(scene)?;
        let admin = old.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 77)?;
        let backup = scene.path("mist.backup");
        old.tracker(&["backup", &backup.to_string_lossy()], "")?;
        push(scene, &admin, "2", 78)?;
        let eve = old.friend("eve")?;
        eve.install("drift")?;
        let (store, address) = (old.store(), old.address());
        old.stop()?;

        let options = ServerOptions { name: "again".into(), ..ServerOptions::default() };
        let new = Server::restore(scene, options, &backup, &store, address)?;
        // Her account is younger than the backup too.
        new.tracker(&["user", "add", "eve", "--password-stdin"], PASSWORD)?;
        eve.login_at(&new.url())?;
        let told = eve.run(&["status"])?.said();
        ensure!(told.contains("went back") && !told.contains("update available"), "{told}");
        let refused = eve.mist(&["update", "drift"])?.run(LIMIT)?.expect(1)?.said();
        ensure!(
            refused.contains("The server went back") && refused.contains("mist switch drift@1"),
            "{refused}"
        );
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        eve.run(&["verify", "drift"])?;
        eve.run(&["switch", "drift@1"])?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))
    })
}

/// The verdict is about what a friend can do, not about which parts run.
#[test]
fn a_live_build_that_nobody_can_install_is_the_first_thing_that_the_status_says() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(120);
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 79)?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;
        eventually("all is well", LIMIT, || Ok(server.stats()?.health.ok.then_some(())))?;

        drop(seed);
        eventually("the status names the build", LIMIT, || {
            let told = server.command(&["stats"])?.run(LIMIT)?;
            ensure!(!told.stdout.contains("-0"), "copies below nothing: {}", told.stdout);
            let named = told.stdout.contains("Nobody can install") && told.stdout.contains("drift@1");
            Ok((named && told.code() == Some(1)).then_some(()))
        })?;
        // Once a friend is online who has it, others can install it from there.
        eve.seed()?;
        eventually("the build is to be had again", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            Ok((!problems.contains("Nobody can install") && problems.contains("No seed is online"))
                .then_some(()))
        })
    })
}

#[test]
fn doctors_tell_well_from_ill() -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 73)?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;

        let well = server.tracker(&["doctor"], "")?.stdout;
        ensure!(well.contains("ok    the tracker serves") && !well.contains("FAIL"), "{well}");
        let well = eve.run(&["doctor"])?.stdout;
        ensure!(well.contains("it answers") && !well.contains("PROBLEM"), "{well}");

        // The store's disk is gone.
        let away = scene.path("elsewhere");
        fs::rename(server.store(), &away)?;
        eventually("`tracker doctor` names the store", LIMIT, || {
            let ill = server.command(&["doctor"])?.run(LIMIT)?;
            let named = ill.stdout.lines().any(|l| l.starts_with("FAIL") && l.contains("store"));
            ensure!(named, "{}", ill.stdout);
            Ok(Some(ill))
        })?
        .expect(1)?;
        fs::rename(&away, server.store())?;

        server.stop()?;
        let ill = server.command(&["doctor"])?.run(LIMIT)?.expect(1)?.stdout;
        ensure!(ill.contains("FAIL  no tracker serves"), "{ill}");
        // A server that is away is no fault of the friend's.
        let away = eve.run(&["doctor"])?.stdout;
        ensure!(away.contains("warning  server"), "{away}");
        eve.run(&["logout"])?;
        let ill = eve.mist(&["doctor"])?.run(LIMIT)?.expect(1)?.stdout;
        ensure!(ill.contains("PROBLEM  account"), "{ill}");
        Ok(())
    })
}

/// A tracker that starts again has forgotten who serves what.
#[test]
fn friends_install_right_after_a_restart_from_a_seed_that_went_on() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let _seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        push(scene, &admin, "1", 76)?;
        let eve = server.friend("eve")?;
        server.kill_nine()?;
        server.restart()?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))
    })
}

#[test]
fn the_seed_in_the_servers_own_process_is_not_removed_while_it_runs() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        server.admin()?;
        eventually("the seed is there", Duration::from_secs(60), || {
            Ok((server.stats()?.swarm.seeds == 1).then_some(()))
        })?;
        let refused = Api::login(&server, "admin")?.call(Method::DELETE, "/seeds/embedded", None)?;
        ensure!(
            refused.status == StatusCode::CONFLICT && refused.body["code"] == "seed_in_use",
            "{refused:?}"
        );
        Ok(())
    })
}
