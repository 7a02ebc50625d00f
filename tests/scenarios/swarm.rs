//! Friends with lines of their own, who want a build at once.

use std::{net::Ipv4Addr, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{
    Access, Fault, Internet, Pings, Place, Rate, Scene, Server, Tree, assert_same_tree, eventually, port,
    random_bytes,
};

const LIMIT: Duration = Duration::from_secs(150);

/// The address of a machine in the Tailnet.
fn tailnet(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(100, 64, 0, number)
}

#[test]
fn friends_behind_slow_lines_bring_each_other_most_of_a_build() -> Result<()> {
    const FRIENDS: u8 = 3;
    const SIZE: usize = 8 << 20;
    Scene::play(|scene| {
        let internet = Internet::new(1)?;
        let line = Access::line(Rate::mbit(10), Rate::mbit(40));
        let vm = internet.host("vm", tailnet(1), Access::line(Rate::mbit(20), Rate::mbit(100)))?;
        let build = Tree::default().file("data/world.bin", random_bytes(21, SIZE));
        let server = Server::start_on(scene, Place::On(vm.clone()))?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        build.write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let friend = |n: u8| {
            let name = format!("f{n}");
            server.friend_at(&name, &Place::On(internet.host(&name, tailnet(10 + n), line)?))
        };
        let friends = (0..FRIENDS).map(friend).collect::<Result<Vec<_>>>()?;
        let before = internet.traffic(&vm)?;
        let installs = friends.iter().map(|f| f.installing("drift")?.start()).collect::<Result<Vec<_>>>()?;
        for install in installs {
            install.finish(LIMIT)?.success()?;
        }
        for friend in &friends {
            assert_same_tree(&scene.path("1"), &friend.folder("drift"))?;
        }
        let sent = internet.traffic(&vm)?.sent_bytes - before.sent_bytes;
        let copies = sent as f64 / SIZE as f64;
        // Each alone would take three. With lines like these 1.2 must leave the seed, if nobody is to wait.
        ensure!(copies <= 2.0, "the seed sent {copies:.2} copies to {FRIENDS} friends");
        Ok(())
    })
}

#[test]
fn lines_have_their_delay_and_their_faults() -> Result<()> {
    Scene::play(|_| {
        let internet = Internet::new(1)?;
        let line = Access::line(Rate::mbit(50), Rate::mbit(200));
        let ada = internet.host("ada", tailnet(1), line)?;
        let home = internet.home("home", line, true)?;
        let (ben, cleo) = (home.host("ben")?, home.host("cleo")?);
        let ask = |from: &str, to| -> Result<_> {
            let pings = Pings::start(from, to, Duration::from_millis(1))?;
            let before = internet.traffic(&ada)?.received_packets;
            let heard = eventually("pings reach ada", Duration::from_secs(3), || {
                Ok((internet.traffic(&ada)?.received_packets > before + 3).then_some(()))
            });
            Ok((heard.is_ok(), pings.finish()?))
        };
        let (_, times) = ask(ben.namespace(), ada.address())?;
        let least = times.quantile(0.0);
        ensure!(least >= Some(Duration::from_millis(20)), "5 ms four times: {times:?}");
        let (heard, at_home) = ask(ben.namespace(), cleo.address())?;
        ensure!(!heard && at_home.answered.len() > 3, "what stays at home goes over no line: {at_home:?}");

        internet.router().now(Fault::Cut(port(&ada)?));
        let (heard, times) = ask(ben.namespace(), ada.address())?;
        ensure!(!heard && times.answered.is_empty(), "ada is cut off: {times:?}");
        internet.router().now(Fault::Heal);
        let (heard, times) = ask(ben.namespace(), ada.address())?;
        ensure!(heard && !times.answered.is_empty(), "ada is back: {times:?}");
        Ok(())
    })
}
