//! Old builds that the server removes by itself, and those that stay: each can be had as before.

use std::time::Duration;

use anyhow::{Result, ensure};
use mist_proto::http::{AuditEntry, Build, GamePolicy};
use mist_system_tests::{Admin, Scene, Server, Tree, assert_same_tree, eventually, random_bytes};
use serde_json::Value;

/// How long the server may take to tidy up: on a busy machine a patch takes its time.
const TIDY: Duration = Duration::from_secs(240);

/// A file that changes a little from build to build, and one that is new in each.
fn build(version: u8) -> Tree {
    let mut world = random_bytes(70, 2 << 20);
    let at = usize::from(version) * 200_000;
    world[at..at + 4000].fill(version);
    Tree::default()
        .file("data/world.bin", world)
        .file("data/level.bin", random_bytes(80 + u64::from(version), 300_000))
        .file("readme.txt", format!("build {version}\n"))
}

fn versions(admin: &Admin) -> Result<Vec<String>> {
    let list = admin.run(&["ls", "drift", "--json"])?.stdout;
    let builds = list.lines().filter_map(|line| serde_json::from_str::<Build>(line).ok());
    Ok(builds.map(|build| build.version.to_string()).collect())
}

fn are_left(admin: &Admin, expected: &[&str]) -> Result<()> {
    eventually("the server has pruned", TIDY, || {
        let left = versions(admin)?;
        ensure!(left == expected, "{left:?}");
        Ok(Some(()))
    })
}

#[test]
fn the_server_prunes_by_policy_and_what_stays_can_be_had_as_before() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, (1..=5).map(build))?;
        admin.run(&["pin", "drift@1"])?;
        let shown = admin.run(&["policy", "drift"])?.stdout;
        ensure!(shown.contains("every build is kept, as for all games"), "{shown}");

        let dry = admin.run(&["policy", "drift", "--keep", "2", "--dry-run"])?;
        ensure!(dry.stdout.contains("remove  drift: 2, 3"), "{}", dry.said());
        let asked = admin.mistpipe(&["policy", "drift", "--keep", "2"])?.run(TIDY)?.expect(2)?;
        ensure!(asked.said().contains("nothing was changed"), "{}", asked.said());
        let young = admin.run(&["policy", "drift", "--keep", "2", "--younger-than", "1", "--dry-run"])?;
        ensure!(young.said().contains("nothing would go"), "{}", young.said());
        ensure!(versions(&admin)?.len() == 5, "none of that changed anything");

        let set = admin.run(&["policy", "drift", "--keep", "2", "--yes", "--json"])?.stdout;
        let set: Value = serde_json::from_str(set.trim())?;
        let policy: GamePolicy = serde_json::from_value(set["policy"].clone())?;
        ensure!(policy.in_force().is_some_and(|keep| keep.keep_newest == 2), "{set}");
        are_left(&admin, &["1", "4", "5"])?;
        // It goes on by itself, also after the server was killed.
        server.kill_nine()?;
        server.restart()?;
        build(6).write_to(&scene.path("6"))?;
        admin.push(&scene.path("6"), "drift", "6")?;
        are_left(&admin, &["1", "5", "6"])?;

        let log = admin.run(&["audit", "--who", "the server", "--json"])?.stdout;
        let acts: Vec<AuditEntry> =
            log.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?;
        let removed = acts.iter().filter(|act| act.action == "build.remove").count();
        let pruned = acts.iter().filter(|act| act.action == "game.prune").count();
        ensure!((removed, pruned) == (3, 2), "{log}");

        let eve = server.friend("eve")?;
        for version in ["1", "5", "6"] {
            let target = format!("drift@{version}");
            if version == "1" {
                eve.install(&target)?
            } else {
                eve.run(&["switch", &target])?
            };
            assert_same_tree(&scene.path(version), &eve.folder("drift"))?;
        }
        let all = admin.run(&["policy", "--keep", "3", "--yes"])?.stdout;
        ensure!(all.contains("games without a policy of their own: the newest 3 builds are kept"), "{all}");
        let back = admin.run(&["policy", "drift", "--default"])?.stdout;
        ensure!(back.contains("the newest 3 builds are kept, as for all games"), "{back}");
        let never = admin.run(&["policy", "--never"])?.stdout;
        ensure!(never.contains("every build is kept"), "{never}");
        Ok(())
    })
}
