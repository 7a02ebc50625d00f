//! How large the patch of a push will be, told before anything is sent, and held against what it became.

use anyhow::{Context, Result, ensure};
use mist_proto::http::{Build, ForecastBy, PatchForecast};
use mist_system_tests::{Admin, Scene, Server, Tree, random_bytes};
use serde_json::Value;

/// What is new in each build.
const NEW: usize = 600_000;

/// A big file that changes here and there, and a smaller one that is new in each build.
fn build(version: u8) -> Tree {
    let mut world = random_bytes(90, 6 << 20);
    for at in (0..world.len()).step_by(400_000) {
        world[at..at + 40].fill(version);
    }
    Tree::default()
        .file("data/world.bin", world)
        .file("data/level.bin", random_bytes(100 + u64::from(version), NEW))
        .file("readme.txt", format!("build {version}\n"))
}

/// What `push --dry-run --json` says of the patch, and of how many earlier pushes it learnt.
fn foretold(admin: &Admin, scene: &Scene, version: &str) -> Result<(PatchForecast, u64)> {
    let dry = admin.pushing(&scene.path(version), "drift", version)?.args(["--dry-run", "--json"]);
    let said = dry.run(std::time::Duration::from_secs(300))?.success()?.stdout;
    let mut events = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let event = events.find(|event| event["event"] == "forecast").context(said.clone())?;
    let learnt = event["learnt_from"].as_u64().context("a number")?;
    Ok((serde_json::from_value(event["patch"].clone())?, learnt))
}

fn within(percent: u64, told: u64, became: u64) -> bool {
    told.abs_diff(became) * 100 <= became * percent
}

#[test]
fn a_push_foretells_its_patch_and_is_held_to_it() -> Result<()> {
    Scene::play(|scene| {
        let (server, admin) = Server::with_builds(scene, [build(1)])?;
        for version in 2..=3 {
            build(version).write_to(&scene.path(&version.to_string()))?;
        }
        let (told, learnt) = foretold(&admin, scene, "2")?;
        ensure!((told.by, learnt) == (ForecastBy::Signature, 0) && told.bytes == told.raw, "{told:?}");
        let pushed = admin.push(&scene.path("2"), "drift", "2")?;
        let became = admin.patch_size("drift", "1", "2")?;
        ensure!(within(15, told.bytes, became), "{} was foretold, and it became {became}", told.bytes);
        let sizes = |bytes| mist_readable::bytes(bytes);
        let line = format!("{} from 1, forecast {}", sizes(became), sizes(told.bytes));
        ensure!(pushed.stdout.contains(&line), "{line:?} in {}", pushed.stdout);

        // The next one learns from it, whoever asks.
        let (second, learnt) = foretold(&admin, scene, "3")?;
        ensure!(learnt == 1 && second.raw != second.bytes, "{second:?}");
        admin.push(&scene.path("3"), "drift", "3")?;
        let became = admin.patch_size("drift", "2", "3")?;
        ensure!(within(5, second.bytes, became), "{} was foretold, and it became {became}", second.bytes);
        let list = admin.run(&["ls", "drift", "--json"])?.stdout;
        let builds: Vec<Build> = list.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        ensure!(builds[1].forecast.as_ref() == Some(&told), "kept with the build: {:?}", builds[1].forecast);

        // Another machine knows no more of build 3 than its list of files.
        let other = server.admin_at("other", &mist_system_tests::Place::Here)?;
        let key = scene.path("key");
        let key = key.to_string_lossy();
        admin.run(&["key", "export", &key])?;
        other.run(&["key", "import", &key])?;
        build(4).write_to(&scene.path("4"))?;
        let (blind, learnt) = foretold(&other, scene, "4")?;
        ensure!((blind.by, learnt) == (ForecastBy::Files, 0), "{blind:?}");
        ensure!(blind.bytes > 10 * became, "all that changed counts as new: {blind:?}");
        Ok(())
    })
}
