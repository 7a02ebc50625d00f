//! Limits that change by the time of the day, by the clock of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use mist_system_tests::{Scene, Server, Tree, random_bytes};

const MINUTE: u64 = 60;
/// How long the rest of the build may take once nothing limits it, on a machine that has other things to do.
const SOON: u64 = 25;

fn seconds() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn clock(at: u64) -> String {
    format!("{:02}:{:02}", at / MINUTE / 60 % 24, at / MINUTE % 60)
}

#[test]
fn a_limit_ends_when_its_schedule_says_so_for_what_is_under_way_too() -> Result<()> {
    Scene::play(|scene| {
        // By the limit it would take three minutes.
        let build = Tree::default().file("world.bin", random_bytes(55, 18 << 20));
        let server = Server::with_builds(scene, [build])?.0;
        let ann = server.friend("ann")?.with_env("TZ", "UTC");
        // There are at least ten seconds until the limit goes.
        let now = seconds()?;
        let change = (now / MINUTE + 1 + u64::from(now % MINUTE > MINUTE - 10)) * MINUTE;
        let schedule = format!("{},100k {},off", clock(change - 2 * MINUTE), clock(change));
        ann.run(&["settings", "--limit-lan", "true", "--down-schedule", &schedule])?;
        let said = ann.run(&["settings"])?.said();
        let until = clock(change);
        ensure!(said.contains("; now 100 kB/s, until") && said.contains(&until), "{said}");
        let installed = ann.installing("drift")?.run(Duration::from_secs(200))?.success()?.said();
        let ended = seconds()?;
        ensure!(
            ended >= change,
            "nothing limited it: it was done {} s before the limit went",
            change - ended
        );
        ensure!(ended <= change + SOON, "it went on slowly for {} s", ended - change);
        let spent = ann.last_operation("drift")?.spent;
        let others = spent.network + spent.sources + spent.seed + spent.hash + spent.disk + spent.patch;
        ensure!(spent.limit > others, "it does not say that the limit held it up: {spent:?}");
        ensure!(installed.contains("The time went into your limit ("), "{installed}");
        Ok(())
    })
}
