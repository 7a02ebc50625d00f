//! Networks as friends have them: without UDP, without the tracker, with many at once.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_proto::http::HttpsFormat;
use mist_system_tests::{
    Admin, Balancer, Border, Friend, Host, Lab, Place, Scene, Server, ServerOptions, Task, Tree,
    assert_same_tree, eventually, random_bytes,
};
use reqwest::{Method, Url};

use crate::api::Api;

const LIMIT: Duration = Duration::from_secs(120);

/// What the game's builds weigh, about.
const SIZE: usize = 24 << 20;

fn first_build() -> Tree {
    Tree::default()
        .file("data/world.bin", random_bytes(11, SIZE))
        .file("data/words.txt", "hello ".repeat(50_000))
        .program("bin/game", random_bytes(12, 300_000))
}

fn second_build() -> Tree {
    first_build().file("data/patch.bin", random_bytes(13, 2 << 20))
}

/// A network with a server in it that has the first build of `drift`.
struct Stage {
    lab: Lab,
    vm: Host,
    server: Server,
    admin: Admin,
}

impl Stage {
    fn new(scene: &Scene) -> Result<Self> {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        Ok(Self { lab, vm, server, admin })
    }

    /// A friend on a machine of their own.
    fn friend(&self, name: &str) -> Result<Friend> {
        self.server.friend_at(name, &Place::On(self.lab.host(name)?))
    }

    /// One who has the game and serves it.
    fn friend_who_seeds(&self, name: &str) -> Result<Friend> {
        let friend = self.friend(name)?;
        friend.install("drift")?;
        friend.seed()?;
        self.server.wait_for_copies("drift", 2.0)?;
        Ok(friend)
    }
}

#[test]
fn without_udp_all_comes_by_https_through_the_border() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let Stage { lab, server, admin, .. } = &stage;
        let border = Border::start(scene, &lab.host("border")?, server.address())?;
        // Another friend has it and would be preferred, if only a packet came through.
        let _ada = stage.friend_who_seeds("ada")?;

        let far = lab.host("far")?;
        lab.block_udp_to(&far)?;
        let cleo = server
            .stranger("cleo", &Place::On(far))?
            .with_env("SSL_CERT_FILE", &border.authority().to_string_lossy());
        cleo.login_at(border.url())?;
        cleo.install("drift")?;
        assert_same_tree(&scene.path("1"), &cleo.folder("drift"))?;
        let install = cleo.last_operation("drift")?;
        ensure!(install.bytes.https == install.bytes.total(), "UDP was not blocked: {install:?}");
        ensure!(install.bytes.https > SIZE as u64, "{install:?}");

        second_build().write_to(&scene.path("2"))?;
        admin.push(&scene.path("2"), "drift", "2")?;
        cleo.update("drift")?;
        assert_same_tree(&scene.path("2"), &cleo.folder("drift"))?;
        let update = cleo.last_operation("drift")?;
        ensure!(update.bytes.https == update.bytes.total(), "{update:?}");
        ensure!(update.bytes.https < 4 << 20, "the update was no patch: {update:?}");
        Ok(())
    })
}

#[test]
fn a_border_that_drops_ranges_brings_a_large_game_all_the_same() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let Stage { lab, server, .. } = &stage;
        let border = Border::start_without_ranges(scene, &lab.host("border")?, server.address())?;
        let far = lab.host("far")?;
        lab.block_udp_to(&far)?;
        let cleo = server
            .stranger("cleo", &Place::On(far.clone()))?
            .with_env("SSL_CERT_FILE", &border.authority().to_string_lossy());
        cleo.login_at(border.url())?;
        let before = far.received()?;
        cleo.install("drift")?;
        assert_same_tree(&scene.path("1"), &cleo.folder("drift"))?;
        let install = cleo.last_operation("drift")?;
        ensure!(install.bytes.https == install.bytes.total(), "UDP was not blocked: {install:?}");
        // The requests that find out what the border does are dropped once their heads have come.
        let received = far.received()? - before;
        ensure!(received < 3 * SIZE as u64, "{received} bytes came for {SIZE}");
        Ok(())
    })
}

#[test]
fn a_border_that_has_the_store_sends_the_archive_itself() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let (vm, at_border, far) = (lab.host("vm")?, lab.host("border")?, lab.host("far")?);
        let settings = vec![
            ("MIST_TRUSTED_PROXIES", format!("{}/32", at_border.address())),
            ("MIST_NGINX_LOCATION", "/store/".into()),
        ];
        let options = ServerOptions { place: Place::On(vm), settings, ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let border = Border::start_with_store(scene, &at_border, server.address(), &server.store())?;

        lab.block_udp_to(&far)?;
        let cleo = server
            .stranger("cleo", &Place::On(far))?
            .with_env("SSL_CERT_FILE", &border.authority().to_string_lossy());
        cleo.login_at(border.url())?;
        cleo.install("drift")?;
        assert_same_tree(&scene.path("1"), &cleo.folder("drift"))?;
        let install = cleo.last_operation("drift")?;
        ensure!(install.bytes.https == install.bytes.total(), "UDP was not blocked: {install:?}");

        // What is checked as it is read comes from the seed as ever.
        second_build().write_to(&scene.path("2"))?;
        admin.push(&scene.path("2"), "drift", "2")?;
        cleo.update("drift")?;
        assert_same_tree(&scene.path("2"), &cleo.folder("drift"))?;
        Ok(())
    })
}

#[test]
fn nginx_sends_stored_archives_to_whom_the_seed_lets_have_them_and_to_nobody_else() -> Result<()> {
    Scene::play(|scene| {
        let mut nginx = Balancer::reserve()?;
        let settings = vec![
            ("MIST_PUBLIC_URL", nginx.url()),
            ("MIST_TRUSTED_PROXIES", "127.0.0.1/32".into()),
            ("MIST_NGINX_LOCATION", "/store/".into()),
        ];
        let server = Server::start_with(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        nginx.start_with_store(scene, server.address(), &server.store())?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        server.friend("eve")?;
        let api = Api::login(&server, "eve")?;
        let archive = api.build("drift", "1")?.archive;
        let place = eventually("the archive is stored", LIMIT, || {
            let sources = api.sources("drift", archive)?;
            let stored = sources.https.into_iter().find(|source| source.format == HttpsFormat::Zst);
            Ok(stored.filter(|_| !sources.preparing).map(|source| source.data))
        })?;
        let name = format!("cache/{}.tar.zst", archive.hash);
        let stored = fs::read(server.store().join(&name))?;

        let client = reqwest::Client::new();
        let ask = |method: Method, base: String, place: &str, range: Option<&str>| {
            api.runtime().block_on(async {
                let mut request = client.request(method, Url::parse(&base)?.join(place)?);
                if let Some(range) = range {
                    request = request.header("range", range);
                }
                let answer = request.send().await?;
                let by_nginx = answer.headers().get("sent-by").is_some_and(|by| by == "nginx");
                let length =
                    answer.headers().get("content-length").and_then(|n| n.to_str().ok()?.parse().ok());
                let accel = answer.headers().contains_key("x-accel-redirect");
                anyhow::Ok((
                    answer.status().as_u16(),
                    by_nginx,
                    accel,
                    length,
                    answer.bytes().await?.to_vec(),
                ))
            })
        };
        let whole = Some(stored.len());
        let through = ask(Method::GET, nginx.url(), &place, None)?;
        ensure!(
            through == (200, true, false, whole, stored.clone()),
            "{:?}",
            (through.0, through.1, through.3)
        );
        let part = ask(Method::GET, nginx.url(), &place, Some("bytes=100-299"))?;
        ensure!(part == (206, true, false, Some(200), stored[100..300].to_vec()), "{part:?}");
        let head = ask(Method::HEAD, nginx.url(), &place, None)?;
        ensure!(head == (200, true, false, whole, vec![]), "{head:?}");
        let beyond = ask(Method::GET, nginx.url(), &place, Some(&format!("bytes={}-", stored.len())))?;
        ensure!(beyond.0 == 416, "{beyond:?}");
        let beside = ask(Method::GET, server.url(), &place, None)?;
        ensure!(beside == (200, false, false, whole, stored.clone()), "{:?}", (beside.0, beside.1, beside.3));

        let (path, _) = place.split_once('?').context("a capability")?;
        for wrong in [format!("/store/{name}"), format!("{path}?cap=x.y.z"), path.into()] {
            let refused = ask(Method::GET, nginx.url(), &wrong, None)?;
            ensure!((400..500).contains(&refused.0) && refused.4 != stored, "{wrong}: {refused:?}");
        }
        Ok(())
    })
}

#[test]
fn with_the_tracker_stopped_friends_find_each_other() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let _ada = stage.friend_who_seeds("ada")?;
        let dora = stage.friend("dora")?;
        dora.run(&["library"])?;
        // As if the server had gone before this client could fetch more than the lists.
        let manifests = dora.servers_folder()?.join("manifests");
        fs::remove_dir_all(&manifests).with_context(|| manifests.display().to_string())?;
        stage.server.stop()?;
        dora.install("drift")?;
        assert_same_tree(&scene.path("1"), &dora.folder("drift"))?;
        let install = dora.last_operation("drift")?;
        ensure!(install.bytes.lan == install.bytes.total(), "not from ada: {install:?}");
        Ok(())
    })
}

#[test]
fn limits_count_while_a_friend_seeds() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let ada = stage.friend("ada")?;
        // Twenty minutes for the game.
        ada.run(&["settings", "--limit-lan", "true", "--up", "20K"])?;
        ada.install("drift")?;
        ada.seed()?;
        stage.server.wait_for_copies("drift", 2.0)?;
        let dora = stage.friend("dora")?;
        stage.server.stop()?;
        let mut install = dora.installing("drift")?.start()?;
        ensure!(install.moves(20_000, Task::received)?, "it did not wait for the limit");
        ada.run(&["settings", "--up", "none"])?;
        install.finish(LIMIT)?.success()?;
        assert_same_tree(&scene.path("1"), &dora.folder("drift"))
    })
}

#[test]
fn of_many_friends_at_once_the_seed_serves_about_one() -> Result<()> {
    const FRIENDS: usize = 3;
    // Slow enough that the friends have time to help each other, also where one machine plays all of them.
    const SEED_MBIT: u32 = 40;
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let vm = &stage.vm;
        let friends = (0..FRIENDS).map(|n| stage.friend(&format!("f{n}"))).collect::<Result<Vec<_>>>()?;
        vm.limit_upload(SEED_MBIT)?;
        let before = vm.sent()?;
        let installs = friends.iter().map(|f| f.installing("drift")?.start()).collect::<Result<Vec<_>>>()?;
        for install in installs {
            install.finish(LIMIT)?.success()?;
        }
        for friend in &friends {
            assert_same_tree(&scene.path("1"), &friend.folder("drift"))?;
        }
        let copies = (vm.sent()? - before) as f64 / SIZE as f64;
        ensure!(copies < 1.25, "the seed sent {copies:.2} copies to {FRIENDS} friends");
        Ok(())
    })
}

#[test]
fn why_nobody_reaches_the_seed_is_said_until_somebody_does() -> Result<()> {
    Scene::play(|scene| {
        let stage = Stage::new(scene)?;
        let Stage { lab, vm, server, .. } = &stage;
        let reach = || server.stats()?.reach.into_iter().next().context("the seed is not online");
        let unknown = eventually("the seed says where it is", LIMIT, || {
            Ok(reach().ok().filter(|reach| !reach.text.is_empty()))
        })?;
        ensure!(unknown.reached.is_none(), "nobody has tried yet: {unknown:?}");

        // One way: what the seed sends comes through, what is sent to it does not.
        let (cleo, dora) = (stage.friend("cleo")?, stage.friend("dora")?);
        lab.block_udp_to(vm)?;
        cleo.install("drift")?;
        let install = cleo.last_operation("drift")?;
        ensure!(install.bytes.https == install.bytes.total(), "UDP was not blocked: {install:?}");
        let why = eventually("it is known that nobody reaches the seed", LIMIT, || {
            let reach = reach()?;
            Ok((reach.reached == Some(false)).then_some(reach.text))
        })?;
        // The lab's addresses are private: whoever is not in this network has another cause than whoever is.
        let address = vm.address().to_string();
        for words in ["No friend has reached it by QUIC", &address, "a firewall keeps UDP out of port"] {
            ensure!(why.contains(words), "{words:?} is not in: {why}");
        }
        let doctor = server.command(&["doctor"])?.run(LIMIT)?;
        ensure!(doctor.stdout.contains("a firewall keeps UDP out of port"), "{}", doctor.said());

        lab.let_udp_to(vm)?;
        dora.install("drift")?;
        let reached = eventually("it is known that a friend reached the seed", LIMIT, || {
            Ok(Some(reach()?).filter(|reach| reach.reached == Some(true)))
        })?;
        ensure!(reached.text.contains("Friends reach it by QUIC: in its own network"), "{reached:?}");
        Ok(())
    })
}
