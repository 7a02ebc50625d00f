//! Networks as friends have them: without UDP, without the tracker, with many at once.

use anyhow::{Result, ensure};
use mist_system_tests::{
    Border, Lab, Place, Scene, Server, ServerOptions, Tree, assert_same_tree, random_bytes,
};

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

fn server_in(scene: &Scene, lab: &Lab) -> Result<Server> {
    let place = Place::On(lab.host("vm")?);
    Server::start_with(scene, ServerOptions { place, ..ServerOptions::default() })
}

#[test]
fn without_udp_all_comes_by_https_through_the_border() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let server = server_in(scene, &lab)?;
        let border = Border::start(scene, &lab.host("border")?, server.address())?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;

        // Another friend has it and would be preferred, if only a packet came through.
        let ada = server.friend_at("ada", &Place::On(lab.host("ada")?))?;
        ada.install("drift")?;
        ada.seed()?;
        server.wait_for_copies("drift", 2.0)?;

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
fn with_the_tracker_stopped_friends_find_each_other() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let server = server_in(scene, &lab)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;

        let ada = server.friend_at("ada", &Place::On(lab.host("ada")?))?;
        ada.install("drift")?;
        ada.seed()?;
        server.wait_for_copies("drift", 2.0)?;

        let dora = server.friend_at("dora", &Place::On(lab.host("dora")?))?;
        dora.run(&["library"])?;
        server.stop()?;
        dora.install("drift")?;
        assert_same_tree(&scene.path("1"), &dora.folder("drift"))?;
        let install = dora.last_operation("drift")?;
        ensure!(install.bytes.lan == install.bytes.total(), "not from ada: {install:?}");
        Ok(())
    })
}

#[test]
fn of_many_friends_at_once_the_seed_serves_about_one() -> Result<()> {
    const FRIENDS: usize = 3;
    // Slow enough that the friends have time to help each other.
    const SEED_MBIT: u32 = 100;
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let vm = lab.host("vm")?;
        let place = Place::On(vm.clone());
        let server = Server::start_with(scene, ServerOptions { place, ..ServerOptions::default() })?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        first_build().write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let friends = (0..FRIENDS)
            .map(|n| {
                let name = format!("f{n}");
                server.friend_at(&name, &Place::On(lab.host(&name)?))
            })
            .collect::<Result<Vec<_>>>()?;

        vm.limit_upload(SEED_MBIT)?;
        let before = vm.sent()?;
        let installs = friends.iter().map(|f| f.installing("drift")?.start()).collect::<Result<Vec<_>>>()?;
        for install in installs {
            install.finish(std::time::Duration::from_secs(120))?.success()?;
        }
        for friend in &friends {
            assert_same_tree(&scene.path("1"), &friend.folder("drift"))?;
        }
        let copies = (vm.sent()? - before) as f64 / SIZE as f64;
        ensure!(copies < 1.5, "the seed sent {copies:.2} copies to {FRIENDS} friends");
        Ok(())
    })
}
