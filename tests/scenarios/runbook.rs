//! The pages of docs/runbook.md, walked as they stand: every command is taken out of the page, so that a page that says something
//! else fails here, and so does a page that nobody walks.

mod page;

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_proto::http::Insurance;
use mist_system_tests::{
    Admin, Friend, PASSWORD, Place, Program, Scene, Server, ServerOptions, SmallDisk, Tree, assert_same_tree,
    eventually, random_bytes,
};

use reqwest::Method;
use serde_json::Value;

use crate::{api::Api, documents::tests_named, liar::Liar};
use page::Page;

const LIMIT: Duration = Duration::from_secs(120);

/// Pages that tests of another file walk.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "An old library comes in",
        "`tests/scenarios/imported.rs`: `an_old_library_becomes_builds_whatever_stops_it`, `what_a_library_cannot_give_is_named_and_the_rest_comes_in`",
    ),
    (
        "An admin lost the phone with the authenticator",
        "`tests/scenarios/second_factor.rs`: `who_has_a_second_factor_is_asked_for_it_by_every_program`",
    ),
    (
        "The release key is in a keyring that is closed",
        "`tests/scenarios/keyring.rs`: `the_key_and_the_session_are_in_the_keyring_of_a_desktop`",
    ),
    (
        "The release key is lost, and there is a recovery key",
        "`tests/scenarios/releases.rs`: `a_lost_release_key_is_not_a_lost_server`",
    ),
    (
        "Several trackers",
        "`tests/scenarios/replicas.rs`: `two_trackers_serve_as_one_while_each_part_dies_and_comes_back`",
    ),
    (
        "A seed is gone for good",
        "`tests/scenarios/copies.rs`: `a_seed_that_dies_for_good_loses_no_build_that_another_has`",
    ),
    (
        "A job keeps failing",
        "`tests/scenarios/releases.rs`: `a_build_goes_live_without_the_patch_that_can_not_be_made_and_gets_it_once_the_cause_is_mended`",
    ),
];

/// Pages that nobody walks, and why.
const NOWHERE: &[(&str, &str)] = &[
    ("What there is to look after", "a table; each row's recovery is a page of its own"),
    ("When something happens", "a heading over pages"),
    ("A program crashes", "needs programs of `./dev dist`, whose symbols that command checks"),
];

#[test]
fn every_page_is_walked() -> Result<()> {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/runbook.rs"))?;
    let others = || ELSEWHERE.iter().chain(NOWHERE);
    for title in Page::titles()? {
        let here = source.contains(&format!("Page::of(\"{title}\")"));
        ensure!(here || others().any(|(page, _)| *page == title), "nobody walks the page {title}");
    }
    for (title, _) in others() {
        ensure!(Page::titles()?.iter().any(|page| page == title), "the page {title} is gone");
    }
    for (title, tests) in ELSEWHERE {
        ensure!(tests_named(tests)? > 0, "no test walks the page {title}");
    }
    Ok(())
}

fn make(scene: &Scene, version: &str, seed: u64) -> Result<()> {
    let tree = Tree::default()
        .file("data/world.bin", random_bytes(seed, 3 << 20))
        .file("data/same.bin", random_bytes(7, 1 << 20))
        .program("game", "#!/bin/sh\n");
    tree.write_to(&scene.path(version))
}

/// A server with build `1` of `drift`, which is live.
fn server(scene: &Scene, options: ServerOptions) -> Result<(Server, Admin)> {
    let server = Server::start_with(scene, options)?;
    let admin = server.admin()?;
    admin.new_game("drift")?;
    make(scene, "1", 1)?;
    admin.push(&scene.path("1"), "drift", "1")?;
    Ok((server, admin))
}

/// A command of `tracker` as the page gives it, but for the data dir, which the server knows.
fn tracker(server: &Server, page: &Page, begins: &str, with: &[(&str, &str)]) -> Result<Program> {
    let words = page.command("tracker", begins, with)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let at = words.iter().position(|word| *word == "--data-dir");
    let kept = words.iter().enumerate().filter(|(n, _)| at.is_none_or(|at| *n != at && *n != at + 1));
    server.command(&kept.map(|(_, word)| *word).collect::<Vec<_>>())
}

/// A command of `mistpipe` as the page gives it.
fn mistpipe(admin: &Admin, page: &Page, begins: &str, with: &[(&str, &str)]) -> Result<Program> {
    let words = page.command("mistpipe", begins, with)?;
    admin.mistpipe(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn push_again(scene: &Scene, admin: &Admin, page: &Page, version: &str) -> Result<String> {
    let dir = scene.path(version).to_string_lossy().into_owned();
    let with = [("DIR", dir.as_str()), ("SLUG", "drift"), ("VERSION", version)];
    Ok(mistpipe(admin, page, "push", &with)?.run(LIMIT)?.success()?.said())
}

fn is_well(server: &Server) -> Result<()> {
    eventually("all is well", LIMIT, || {
        let health = server.stats()?.health;
        ensure!(health.ok, "{:?}", health.problems);
        Ok(Some(()))
    })
}

fn new_friend_has(scene: &Scene, server: &Server, name: &str, version: &str) -> Result<Friend> {
    let friend = server.friend(name)?;
    friend.install("drift")?;
    assert_same_tree(&scene.path(version), &friend.folder("drift"))?;
    Ok(friend)
}

#[test]
fn a_server_is_installed_and_watched_as_the_pages_say() -> Result<()> {
    Scene::play(|scene| {
        let (install, health) = (Page::of("Install")?, Page::of("Health")?);
        let config = scene.path("tracker.toml");
        fs::write(&config, install.block("toml")?)?;
        let server = Server::start(scene)?;
        let words = install.command(
            "tracker",
            "settings",
            &[("/etc/mist/tracker.toml", &config.to_string_lossy())],
        )?;
        let place = Place::Here;
        let told = Program::ours("tracker", &place, &scene.logs())?.args(words).run(LIMIT)?.success()?.stdout;
        for value in
            ["/srv/mist", "127.0.0.1:8080", "https://mist.example.org", "0.0.0.0:8443", "127.0.0.1/32"]
        {
            ensure!(told.contains(value), "{value} is not in force: {told}");
        }
        ensure!(install.text.contains("(../compose/systemd/mist.service)"));
        for unit in ["mist.service", "mist-seed.service"] {
            let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose/systemd").join(unit);
            let written = fs::read_to_string(installed)?;
            for bound in ["CPUWeight=", "MemoryHigh=", "MemoryMax=", "TasksMax="] {
                ensure!(written.lines().any(|line| line.starts_with(bound)), "{unit} has no {bound}");
            }
            let lines = written
                .replace("/usr/local/bin/tracker", "/bin/true")
                .replace("/usr/local/bin/seed-node", "/bin/true")
                .replace("User=mist", "User=root");
            let copy = scene.path(unit);
            fs::write(&copy, lines)?;
            let verify = Program::system("systemd-analyze", &place, &scene.logs()).arg("verify").arg(&copy);
            let verified = verify.run(LIMIT)?;
            ensure!(
                verified.code() == Some(0) && !verified.said().contains("Unknown"),
                "{}",
                verified.said()
            );
        }

        let containers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose/docker-compose.yml");
        let containers = fs::read_to_string(containers)?;
        for bound in ["memory: ${MIST_SEED_MEMORY:-4g}", "cpus: \"${MIST_SEED_CPUS:-0}\""] {
            ensure!(containers.contains(bound), "the seed's container has no {bound}");
        }

        tracker(&server, &health, "stats --data-dir", &[])?.run(LIMIT)?.success()?;
        tracker(&server, &health, "doctor", &[])?.run(LIMIT)?.success()?;
        ensure!(health.text.contains("GET /healthz") && health.text.contains("`tracker stats --json`"));
        let all = tracker(&server, &health, "stats --json", &[])?.run(LIMIT)?.success()?;
        ensure!(all.stdout.contains("\"seeds\"") && all.stdout.contains("\"jobs\""), "{}", all.stdout);
        fs::rename(server.store(), scene.path("elsewhere"))?;
        ensure!(health.text.contains("exit code 1 if something needs you"));
        eventually("it needs somebody", LIMIT, || {
            let ended = tracker(&server, &health, "stats --data-dir", &[])?.run(LIMIT)?;
            Ok((ended.code() == Some(1)).then_some(()))
        })
    })
}

#[test]
fn the_border_passes_on_what_the_page_lets_it() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The border")?;
        let (server, _) = server(scene, ServerOptions::default())?;
        let dir = scene.folder("nginx")?;
        mist_system_tests::certify(&dir, std::net::Ipv4Addr::LOCALHOST)?;
        let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
        let border = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let block = page
            .block("nginx")?
            .replace("listen 443", &format!("listen {border}"))
            .replace("http://127.0.0.1:8080", &server.url())
            .replace("/etc/letsencrypt/live/mist.example.org/fullchain.pem", &at("leaf.pem"))
            .replace("/etc/letsencrypt/live/mist.example.org/privkey.pem", &at("leaf.key"));
        let config = dir.join("nginx.conf");
        let head = format!(
            "daemon off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n{}",
            at("pid"),
            at("log"),
            mist_system_tests::nginx::temporary(&dir)
        );
        fs::write(&config, format!("{head}{block}\n}}\n"))?;
        let _nginx = Program::system("nginx", &Place::Here, &scene.logs()).arg("-c").arg(&config).start()?;
        ensure!(page.text.contains("`curl https://mist.example.org/healthz`"));
        let url = format!("https://{border}/healthz");
        eventually("it answers", LIMIT, || {
            let curl = Program::system("curl", &Place::Here, &scene.logs())
                .args([
                    "--silent",
                    "--fail",
                    "--http2",
                    "--write-out",
                    "%{http_version}",
                    "--cacert",
                    &at("ca.pem"),
                ])
                .args(["--header", "Host: mist.example.org", &url]);
            let told = curl.run(LIMIT)?;
            Ok((told.code() == Some(0) && told.stdout.trim_end().ends_with('2')).then_some(()))
        })
    })
}

#[test]
fn a_backup_is_restored_and_a_server_upgraded_as_the_pages_say() -> Result<()> {
    Scene::play(|scene| {
        let (page, upgrade) = (Page::of("Backup and restore")?, Page::of("Upgrade")?);
        let (server, admin) = server(scene, ServerOptions::default())?;
        let eve = new_friend_has(scene, &server, "eve", "1")?;
        let backup = scene.path("mist.zst").to_string_lossy().into_owned();
        let with = [
            ("/var/backups/mist-$(date +%F).zst", backup.as_str()),
            ("/var/backups/mist-2026-11-21.zst", &backup),
        ];
        tracker(&server, &page, "backup", &with)?.run(LIMIT)?.success()?;

        // Onto a new machine, with a copy of the store that was made while the server ran.
        ensure!(page.text.contains("copy made at any time is usable"));
        let copy = scene.path("copy");
        Program::system("cp", &Place::Here, &scene.logs())
            .arg("-a")
            .arg(server.store())
            .arg(&copy)
            .run(LIMIT)?
            .success()?;
        let address = server.address();
        server.stop()?;
        let options = ServerOptions { name: "again".into(), ..ServerOptions::default() };
        page.command("tracker", "restore", &with)?;
        let again = Server::restore(scene, options, Path::new(&backup), &copy, address)?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;

        // Another program in the place of the one that runs.
        ensure!(upgrade.text.contains("`tracker backup`") && upgrade.text.contains("`tracker stats`"));
        again.stop()?;
        tracker(&again, &upgrade, "migrate", &[])?.run(LIMIT)?.success()?;
        again.restart()?;
        is_well(&again)?;
        eve.run(&["verify", "drift"])?;
        Ok(())
    })
}

#[test]
fn a_server_moves_to_another_machine_and_to_another_address_as_the_page_says() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("Moving the server to another machine")?;
        let (old, admin) = server(scene, ServerOptions::default())?;
        let eve = new_friend_has(scene, &old, "eve", "1")?;
        let options = |settings| ServerOptions { name: "moved".into(), settings, ..ServerOptions::default() };
        let (from, to) =
            (format!("{}/", old.data().display()), format!("{}/", scene.path("moved").display()));
        let spaced = format!(" {to}");
        // Of the two that the page gives, the one for the store while the server runs, and the one for all once it has ended.
        let bring = |begins: &str| -> Result<()> {
            let with = [("old.example.org:/srv/mist/", from.as_str()), (" /srv/mist/", spaced.as_str())];
            let words = page.command("rsync", begins, &with)?;
            fs::create_dir_all(scene.path("moved"))?;
            Program::system("rsync", &Place::Here, &scene.logs()).args(words).run(LIMIT)?.success()?;
            Ok(())
        };
        bring("--archive old.example.org:/srv/mist/store/")?;
        // What came since then comes with the second.
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        let identities = |data: &Path| -> Result<Vec<Vec<u8>>> {
            ["tracker.key", "seed/identity", "seed/store-id"]
                .iter()
                .map(|name| fs::read(data.join(name)).with_context(|| (*name).to_owned()))
                .collect()
        };
        let known = identities(old.data())?;
        let address = old.address();
        old.stop()?;
        bring("--archive --delete")?;

        let moved = Server::start_at(scene, options(vec![]), address)?;
        ensure!(identities(moved.data())? == known, "another key, another seed or another store");
        tracker(&moved, &page, "doctor", &[])?.run(LIMIT)?.success()?;
        is_well(&moved)?;
        moved.wait_for_copies("drift", 1.0)?;
        let told = tracker(&moved, &page, "stats", &[])?.run(LIMIT)?.success()?.stdout;
        ensure!(told.contains("drift"), "{told}");
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        let update = eve.last_operation("drift")?;
        ensure!(update.route == "patches", "the patch came along: {update:?}");
        make(scene, "3", 3)?;
        admin.push(&scene.path("3"), "drift", "3")?;
        new_friend_has(scene, &moved, "ada", "3")?;

        // Another address: who signs in there goes on with the games.
        moved.stop()?;
        let address = mist_system_tests::loopback::free_address()?;
        let url = format!("http://{address}");
        let elsewhere = Server::start_at(scene, options(vec![("MIST_PUBLIC_URL", url.clone())]), address)?;
        for (program, begins) in [("mist", "login"), ("mistpipe", "login")] {
            let with = [("https://new.example.org", url.as_str()), ("ada", "eve")];
            let words = page.command(program, begins, &with)?;
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["--password-stdin"]).collect();
            let login = if program == "mist" { eve.mist(&words)? } else { admin.mistpipe(&words)? };
            login.stdin(PASSWORD).run(LIMIT)?.success()?;
        }
        ensure!(eve.status("drift")?.version.as_deref() == Some("2"), "the game stayed");
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))?;
        make(scene, "4", 4)?;
        admin.push(&scene.path("4"), "drift", "4")?;
        new_friend_has(scene, &elsewhere, "bob", "4")?;
        Ok(())
    })
}

#[test]
fn a_seed_on_another_machine_is_added_as_the_page_says() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("A seed on another machine")?;
        ensure!(page.text.contains("`tracker serve --no-seed`"));
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let added = tracker(&server, &page, "seed add", &[])?.run(LIMIT)?.success()?.stdout;
        let token = added.split_whitespace().rfind(|word| word.len() >= 32).context("no token")?;
        let file = scene.path("seed-token");
        fs::write(&file, token)?;
        let (file, store) =
            (file.to_string_lossy().into_owned(), scene.path("games").to_string_lossy().into_owned());
        let url = server.url();
        let listen = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (listen, public) = (listen.to_string(), format!("http://{listen}"));
        let with = [
            ("https://mist.example.org", url.as_str()),
            ("/mnt/games", &store),
            ("/etc/mist/seed-token", &file),
            ("0.0.0.0:8081", &listen),
            ("https://seed.example.org/seed/v1", &public),
        ];
        let words = page.command("seed-node", "run", &with)?;
        let seed = Program::ours("seed-node", &Place::Here, &scene.logs())?
            .args(words)
            .arg("--data-dir")
            .arg(scene.path("seed-data"))
            .args(["--quic-listen", "127.0.0.1:0"])
            .start()?;
        eventually("the seed is there", LIMIT, || Ok((server.stats()?.swarm.seeds == 1).then_some(())))?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        make(scene, "1", 1)?;
        admin.push(&scene.path("1"), "drift", "1")?;
        new_friend_has(scene, &server, "eve", "1")?;
        drop(seed);
        Ok(())
    })
}

#[test]
fn a_full_store_refuses_and_takes_again_once_builds_were_removed() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The disk is full")?;
        let disk = SmallDisk::mount(scene.folder("store")?, 300)?;
        let store = disk.path().join("mist").to_string_lossy().into_owned();
        // Of it, 256 MiB are kept free.
        let settings = vec![("MIST_STORE", store)];
        let (server, admin) = server(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        Tree::default().file("huge.bin", random_bytes(3, 60 << 20)).write_to(&scene.path("3"))?;
        let refused = admin.pushing(&scene.path("3"), "drift", "3")?.run(LIMIT)?.expect(1)?;
        ensure!(refused.said().contains("the store is full"), "{}", refused.said());
        // Downloads go on.
        new_friend_has(scene, &server, "eve", "2")?;
        let listed = mistpipe(&admin, &page, "ls", &[("SLUG", "drift")])?.run(LIMIT)?.success()?.stdout;
        ensure!(listed.contains("KEPT") && listed.contains("SIZE"), "{listed}");
        disk.resize(500)?;
        mistpipe(&admin, &page, "rm", &[("SLUG@VERSION", "drift@1")])?.arg("--yes").run(LIMIT)?.success()?;
        admin.push(&scene.path("3"), "drift", "3")?;
        mistpipe(&admin, &page, "policy", &[("N", "2")])?.arg("--yes").run(LIMIT)?.success()?;
        ensure!(page.text.contains("`mistpipe jobs`, `mistpipe retry JOB`"));
        admin.run(&["jobs"])?;
        // With so little left, the status goes on asking for room.
        disk.resize(4000)?;
        is_well(&server)
    })
}

#[test]
fn a_nas_that_is_gone_is_waited_for() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The NAS is gone")?;
        let (server, admin) = server(scene, ServerOptions::default())?;
        let (nas, away) = (server.store(), scene.path("nas"));
        fs::rename(&nas, &away)?;
        fs::create_dir(&nas)?;
        ensure!(page.text.contains("`tracker stats`\nsays so"));
        eventually("the status says so", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            Ok(problems.contains("store").then_some(()))
        })?;
        ensure!(fs::read_dir(&nas)?.next().is_none(), "something was written under the empty mount point");
        fs::remove_dir(&nas)?;
        fs::rename(&away, &nas)?;
        is_well(&server)?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        new_friend_has(scene, &server, "eve", "2")?;
        Ok(())
    })
}

#[test]
fn builds_of_a_lost_store_come_back_as_what_they_were() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The store is lost for good")?;
        let (server, admin) = server(scene, ServerOptions::default())?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        let eve = new_friend_has(scene, &server, "eve", "2")?;
        let store = server.store();
        let memory = store.parent().context("the data dir")?.join("seed/store-id");
        ensure!(page.text.contains("remove `store-id` from the seed's own folder (`seed/` in the data dir"));
        server.stop()?;
        fs::remove_dir_all(&store)?;
        fs::create_dir(&store)?;
        fs::remove_file(memory)?;
        server.restart()?;

        let said = push_again(scene, &admin, &page, "2")?;
        ensure!(said.contains("drift@2 is whole on the seed"), "{said}");
        new_friend_has(scene, &server, "ada", "2")?;
        ensure!(eve.status("drift")?.version.as_deref() == Some("2"));
        // The failed patch of the build that stays lost goes with it.
        mistpipe(&admin, &page, "rm", &[("SLUG@VERSION", "drift@1")])?.arg("--yes").run(LIMIT)?.success()?;
        is_well(&server)?;
        make(scene, "3", 3)?;
        admin.push(&scene.path("3"), "drift", "3")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))
    })
}

/// What `tracker doctor --insurance` says of these builds of `drift`, if it is content with them.
fn insured(server: &Server, page: &Page, versions: [&str; 2], is_good: bool) -> Result<[String; 2]> {
    let asked = tracker(server, page, "doctor --insurance", &[])?.run(LIMIT)?;
    let told = asked.expect(if is_good { 0 } else { 1 })?.stdout;
    let line = |version: &str| told.lines().find(|line| line.starts_with(&format!("drift@{version}")));
    let [one, other] = versions.map(|version| line(version).map(str::to_owned));
    one.zip(other).map(|(one, other)| [one, other]).with_context(|| told.clone())
}

/// Waits until friends tell that they have a whole copy of so many builds.
fn are_online(server: &Server, builds: usize) -> Result<()> {
    eventually("friends tell what they have", LIMIT, || {
        let games: Insurance =
            Api::login(server, "admin")?.ask(Method::GET, "/games/drift/insurance", None)?;
        Ok((games.builds.iter().filter(|build| build.copies >= 1.0).count() == builds).then_some(()))
    })
}

#[test]
fn a_lost_store_comes_back_from_the_folders_of_two_friends() -> Result<()> {
    Scene::play(|scene| {
        let (lost, health) = (Page::of("The store is lost for good")?, Page::of("Health")?);
        let (server, admin) = server(scene, ServerOptions::default())?;
        let ada = new_friend_has(scene, &server, "ada", "1")?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        let bob = new_friend_has(scene, &server, "bob", "2")?;
        ensure!(health.text.contains("Exit code 1: there is a live build"));
        let [one, two] = insured(&server, &health, ["1", "2 (live)"], false)?;
        ensure!(one.contains("nobody has all of it") && two.contains("nobody has all of it"), "{one}\n{two}");
        ada.seed()?;
        bob.seed()?;
        are_online(&server, 2)?;
        drop(server.stranger("mallory", &Place::Here)?);
        let mallory = Api::login(&server, "mallory")?;
        let lie = || Liar::join(&mallory, "drift", mallory.build("drift", "2")?.archive);
        let liar = lie()?;
        let [one, two] = insured(&server, &health, ["1", "2 (live)"], true)?;
        ensure!(one.contains("1 of 1 asked") && two.contains("1 of 2 asked"), "{one}\n{two}");
        ensure!(liar.served() > 0, "nobody asked the liar");

        let store = server.store();
        let memory = store.parent().context("the data dir")?.join("seed/store-id");
        server.stop()?;
        fs::remove_dir_all(&store)?;
        fs::create_dir(&store)?;
        fs::remove_file(memory)?;
        server.restart()?;
        are_online(&server, 2)?;
        let liar = lie()?;
        let rebuilt = tracker(&server, &lost, "rebuild", &[])?.run(LIMIT)?.success()?.stdout;
        ensure!(rebuilt.contains("drift: gathering 2 from friends: done"), "{rebuilt}");
        ensure!(rebuilt.contains("drift: gathering 1 from friends: done"), "{rebuilt}");
        ensure!(rebuilt.contains("patch 1 -> 2") && rebuilt.contains("0 failed"), "{rebuilt}");
        ensure!(liar.served() > 0, "nobody asked the liar: this test proves less than it says");
        for version in ["1", "2"] {
            assert_same_tree(&scene.path(version), &store.join("games/drift/depots").join(version))?;
        }
        ensure!(fs::read_dir(store.join("gathers/drift"))?.next().is_none(), "something is left of it");
        ada.stop_seeding()?;
        bob.stop_seeding()?;
        drop(liar);
        is_well(&server)?;
        new_friend_has(scene, &server, "eve", "2")?;
        let cid = server.friend("cid")?;
        cid.install("drift@1")?;
        assert_same_tree(&scene.path("1"), &cid.folder("drift"))?;
        cid.update("drift")?;
        assert_same_tree(&scene.path("2"), &cid.folder("drift"))?;
        let update = cid.last_operation("drift")?;
        ensure!(update.route == "patches", "the patch is back too: {update:?}");

        // Nobody is online: what is there is checked and stays, and a build that is lost again is named.
        let again = tracker(&server, &lost, "rebuild", &[])?.run(LIMIT)?.success()?.stdout;
        ensure!(again.contains("gathering 1 from friends: done"), "{again}");
        fs::remove_dir_all(store.join("games/drift/depots/1/data"))?;
        fs::remove_dir_all(store.join("cache"))?;
        let named = tracker(&server, &lost, "rebuild", &[])?.run(LIMIT)?.expect(1)?.stdout;
        ensure!(named.contains("gathering 2 from friends: done"), "{named}");
        ensure!(named.contains("failed: no friend and no other seed that is online has 1"), "{named}");
        Ok(())
    })
}

#[test]
fn rot_heals_by_pushing_the_same_folder_again() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("Files in the store have rotted")?;
        // Without room for compressed archives the seed can't heal by itself.
        let settings = vec![("MIST_ARCHIVE_CACHE", "0".into())];
        let (server, admin) = server(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        let depot = server.store().join("games/drift/depots/1");
        flip(&depot.join("data/world.bin"), 2_500_000)?;
        fs::remove_file(depot.join("game"))?;
        let eve = server.friend("eve")?;
        let installing = eve.installing("drift")?.start()?;
        eventually("the status names it", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            Ok((problems.contains("drift@1 rotted") && problems.contains("push the same folder"))
                .then_some(()))
        })?;
        fs::write(scene.path("1").join("game"), "#!/bin/sh\nexit 1\n")?;
        let refused = admin.pushing(&scene.path("1"), "drift", "1")?.run(LIMIT)?.expect(1)?;
        ensure!(refused.said().contains("with other content"), "{}", refused.said());
        fs::write(scene.path("1").join("game"), "#!/bin/sh\n")?;

        let id = |said: String| -> Result<String> {
            let line =
                said.lines().find(|l| l.contains("\"version\":\"1\"")).context("no build 1")?.to_owned();
            Ok(line)
        };
        let before = id(admin.run(&["ls", "drift", "--json"])?.stdout)?;
        let said = push_again(scene, &admin, &page, "1")?;
        ensure!(said.contains("drift@1 is whole on the seed"), "{said}");
        let after = id(admin.run(&["ls", "drift", "--json"])?.stdout)?;
        ensure!(before == after, "it is another build now: {before} {after}");
        installing.finish(LIMIT)?.success()?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        assert_same_tree(&scene.path("1"), &depot)?;
        // That no compressed archive can be made here stays said.
        eventually("nothing is said of rot", LIMIT, || {
            let problems = server.stats()?.health.problems.join(" ");
            Ok((!problems.contains("rotted")).then_some(()))
        })
    })
}

#[test]
fn rot_heals_by_itself_where_the_compressed_archive_is_at_hand() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("Files in the store have rotted")?;
        ensure!(page.text.contains("files from the build's compressed archive"));
        let (server, admin) = server(scene, ServerOptions::default())?;
        eventually("the archive is made", LIMIT, || {
            let listed = admin.run(&["ls", "drift", "--json"])?.stdout;
            Ok((!listed.contains("\"archive_stored\":null")).then_some(()))
        })?;
        let depot = server.store().join("games/drift/depots/1");
        flip(&depot.join("data/world.bin"), 1_500_000)?;
        fs::remove_file(depot.join("data/same.bin"))?;
        new_friend_has(scene, &server, "eve", "1")?;
        eventually("the depot is healed", LIMIT, || {
            Ok(assert_same_tree(&scene.path("1"), &depot).is_ok().then_some(()))
        })?;
        is_well(&server)
    })
}

fn flip(path: &Path, at: usize) -> Result<()> {
    let mut bytes = fs::read(path)?;
    bytes[at] ^= 0x10;
    Ok(fs::write(path, bytes)?)
}

#[test]
fn an_account_in_wrong_hands_is_shut_out_and_comes_back() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("A friend's account is in wrong hands")?;
        let (server, _) = server(scene, ServerOptions::default())?;
        let ada = server.friend("ada")?;
        tracker(&server, &page, "user disable ada", &[])?.run(LIMIT)?.success()?;
        let refused = ada.installing("drift")?.run(LIMIT)?;
        ensure!(refused.code() != Some(0), "{}", refused.said());
        let passwd = tracker(&server, &page, "user passwd ada", &[])?.arg("--password-stdin");
        passwd.stdin(PASSWORD).run(LIMIT)?.success()?;
        tracker(&server, &page, "user enable ada", &[])?.run(LIMIT)?.success()?;
        ada.login_at(&server.url())?;
        ada.install("drift")?;

        // Only a laptop is lost.
        let listed = |what: &str| -> Result<Vec<Value>> {
            let begins = format!("user {what} ada --data-dir");
            let told = tracker(&server, &page, &begins, &[])?.arg("--json").run(LIMIT)?.success()?.stdout;
            told.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
        };
        let laptop = listed("sessions")?;
        ensure!(laptop.len() == 1, "{laptop:?}");
        let id = laptop[0]["id"].as_str().context("an id")?;
        let ended = tracker(&server, &page, "user sessions ada --end ID", &[("ID", id)])?;
        let ended = ended.run(LIMIT)?.success()?.stdout;
        ensure!(ended.contains("ada is signed out there") && listed("sessions")?.is_empty(), "{ended}");
        let devices = listed("devices")?;
        ensure!(devices.len() == 1, "{devices:?}");
        let peer = devices[0]["peer"].as_str().context("a peer")?;
        let gone = tracker(&server, &page, "user devices ada --remove", &[("PEER", peer)])?;
        gone.run(LIMIT)?.success()?;
        ensure!(listed("devices")?.is_empty(), "the device is still there");
        let refused = ada.mist(&["library"])?.run(LIMIT)?;
        ensure!(refused.said().to_lowercase().contains("sign in"), "she is signed in: {}", refused.said());
        ada.login_at(&server.url())?;
        ensure!(listed("sessions")?.len() == 1);
        server.tracker(&["user", "sessions", "ada", "--end-all"], "")?;
        ensure!(listed("sessions")?.is_empty(), "she is still signed in");
        server.command(&["user", "sessions", "ada", "--end", "../bob"])?.run(LIMIT)?.expect(4)?;
        server.command(&["user", "sessions", "nobody"])?.run(LIMIT)?.expect(4)?;
        Ok(())
    })
}

#[test]
fn an_admins_pc_in_wrong_hands_is_shut_out() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("An admin's PC is in wrong hands")?;
        let (server, admin) = server(scene, ServerOptions::default())?;
        let eve = new_friend_has(scene, &server, "eve", "1")?;
        let backup = scene.path("key").to_string_lossy().into_owned();
        admin.run(&["key", "export", &backup])?;
        // What the intruder pushes from that PC.
        make(scene, "2", 66)?;
        admin.push(&scene.path("2"), "drift", "2")?;

        let mine = server.admin_at("mine", &Place::Here)?;
        mistpipe(&mine, &page, "key import", &[])?.arg(&backup).run(LIMIT)?.success()?;
        mistpipe(&mine, &page, "key rotate", &[])?.arg("--yes").run(LIMIT)?.success()?;
        let passwd = tracker(&server, &page, "user passwd admin", &[])?.arg("--password-stdin");
        passwd.stdin("another good password").run(LIMIT)?.success()?;
        let mine = server.admin_with("mine", "another good password")?;
        make(scene, "3", 3)?;
        ensure!(page.text.contains("`--raise-floor`"));
        mine.pushing(&scene.path("3"), "drift", "3")?.arg("--raise-floor").run(LIMIT)?.success()?;
        mine.mistpipe(&["live", "drift@2"])?.run(LIMIT)?.expect(1)?;
        make(scene, "4", 4)?;
        let theirs = admin.pushing(&scene.path("4"), "drift", "4")?.run(LIMIT)?;
        ensure!(theirs.code() != Some(0), "the old session or key still publishes: {}", theirs.said());
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))
    })
}

#[test]
fn without_the_release_key_a_new_server_goes_on() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The release key is lost")?;
        ensure!(page.text.contains("set up a new server (new data dir)"));
        let (old, _) = server(scene, ServerOptions::default())?;
        let eve = new_friend_has(scene, &old, "eve", "1")?;
        let new =
            Server::start_with(scene, ServerOptions { name: "new".into(), ..ServerOptions::default() })?;
        let admin = new.admin_at("new-pc", &Place::Here)?;
        admin.new_game("drift")?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        new.tracker(&["user", "add", "eve", "--password-stdin"], PASSWORD)?;
        // What is installed goes on working; it becomes a game of the new server where it lies.
        eve.run(&["verify", "drift"])?;
        eve.login_at(&new.url())?;
        for command in page.commands("mist") {
            let words: Vec<String> = command.iter().map(|word| word.replace("SLUG", "drift")).collect();
            let folder = eve.folder("drift");
            let words: Vec<String> =
                words.into_iter().map(|word| word.replace("FOLDER", &folder.to_string_lossy())).collect();
            let ended = eve.mist(&words.iter().map(String::as_str).collect::<Vec<_>>())?.run(LIMIT)?;
            // What differs from the new server's build is named, and is for the update that follows.
            let differs = words[0] == "locate" && ended.said().contains("missing or changed");
            ended.expect(i32::from(differs))?;
        }
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))
    })
}

#[test]
fn a_server_that_was_taken_over_is_left_behind() -> Result<()> {
    Scene::play(|scene| {
        let page = Page::of("The server was taken over")?;
        let (old, admin) = server(scene, ServerOptions::default())?;
        let eve = new_friend_has(scene, &old, "eve", "1")?;
        let backup = scene.path("mist.zst");
        old.tracker(&["backup", &backup.to_string_lossy()], "")?;
        let (store, address) = (old.store(), old.address());
        old.stop()?;
        let options = ServerOptions { name: "fresh".into(), ..ServerOptions::default() };
        let fresh = Server::restore(scene, options, &backup, &store, address)?;
        for user in ["eve", "admin"] {
            let passwd = page.command("tracker", "user passwd", &[])?;
            let words: Vec<&str> =
                passwd.iter().map(String::as_str).chain([user, "--password-stdin"]).collect();
            fresh.tracker(&words, PASSWORD)?;
        }
        let refused = eve.mist(&["library"])?.run(LIMIT)?;
        ensure!(
            refused.said().contains("sign in") || refused.said().contains("Sign in"),
            "{}",
            refused.said()
        );
        eve.login_at(&fresh.url())?;
        drop(admin);
        let admin = fresh.admin()?;
        make(scene, "2", 2)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))
    })
}
