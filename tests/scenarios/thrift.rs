//! A machine whose network costs by the byte.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use mist_system_tests::{Bus, Scene, Server, Tree, eventually, random_bytes};

const LIMIT: Duration = Duration::from_secs(120);
/// What NetworkManager means by its numbers.
const YES: u32 = 1;
const NO: u32 = 2;

/// Says of the network what NetworkManager would.
struct Network(Arc<AtomicU32>);

#[zbus::interface(name = "org.freedesktop.NetworkManager")]
impl Network {
    #[zbus(property)]
    fn metered(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn on_a_metered_network_nothing_is_fetched_or_sent_until_that_is_over() -> Result<()> {
    Scene::play(|scene| {
        let bus = Bus::start(scene)?;
        let metered = Arc::new(AtomicU32::new(NO));
        let _network = zbus::blocking::connection::Builder::address(bus.address())?
            .name("org.freedesktop.NetworkManager")?
            .serve_at("/org/freedesktop/NetworkManager", Network(metered.clone()))?
            .build()?;
        // By its limit it would take minutes.
        let build = Tree::default().file("world.bin", random_bytes(56, 18 << 20));
        let server = Server::with_builds(scene, [build])?.0;
        let ann = server.friend("ann")?.with_env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
        ann.run(&["settings", "--limit-lan", "true", "--down", "100k"])?;
        ann.seed()?;
        let mut install = ann.installing("drift")?.start()?;
        eventually("it comes in", LIMIT, || {
            install.still_runs()?;
            let queue = ann.run(&["queue", "--json"])?.stdout;
            Ok(queue.contains("\"phase\":\"downloading\"").then_some(()))
        })?;
        metered.store(YES, Ordering::SeqCst);
        eventually("what comes in waits", LIMIT, || {
            install.still_runs()?;
            let queue = ann.run(&["queue", "--json"])?.stdout;
            Ok(queue.contains("\"state\":\"queued\"").then_some(()))
        })?;
        let said = ann.run(&["doctor"])?.said();
        ensure!(said.contains("it waits: nothing is fetched or sent just now"), "{said}");
        eventually("whoever waits for it is told", LIMIT, || {
            Ok(install.said().contains("the network is metered").then_some(()))
        })?;
        ann.run(&["settings", "--down", "none"])?;
        metered.store(NO, Ordering::SeqCst);
        install.finish(LIMIT)?.success()?;
        ensure!(ann.status("drift")?.version.is_some());
        // Who does not want to wait does not.
        metered.store(YES, Ordering::SeqCst);
        eventually("it waits again", LIMIT, || {
            Ok(ann.run(&["doctor"])?.said().contains("it waits").then_some(()))
        })?;
        ann.run(&["settings", "--wait-metered", "false"])?;
        let said = ann.run(&["doctor"])?.said();
        ensure!(said.contains("listening on UDP"), "{said}");
        Ok(())
    })
}
