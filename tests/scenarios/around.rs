//! An admin sees who takes part in a game's swarm while it happens.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_proto::{
    http::{GameSwarm, PieceMap},
    limits,
};
use mist_system_tests::{Scene, Server, Tree, eventually, random_bytes};

const LIMIT: Duration = Duration::from_secs(120);
/// How wide the strip of a blob with more pieces is.
const COLUMNS: usize = 72;

fn swarm(server: &Server) -> Result<GameSwarm> {
    server.tracker(&["swarm", "drift", "--json"], "")?.json()
}

fn pieces(server: &Server) -> Result<PieceMap> {
    server.tracker(&["swarm", "drift", "--pieces", "1", "--json"], "")?.json()
}

#[test]
fn who_fetches_is_seen_with_the_pieces_that_they_have() -> Result<()> {
    Scene::play(|scene| {
        let build = Tree::default().file("data/world.bin", random_bytes(21, 48 << 20));
        let (server, _admin) = Server::with_builds(scene, [build])?;
        let ada = server.friend("ada")?;
        ada.install("drift")?;
        ada.seed()?;
        eventually("ada is here with all of it", LIMIT, || {
            let map = pieces(&server)?;
            Ok((map.complete == 1 && map.parts.iter().all(|part| part.least == 1)).then_some(()))
        })?;

        let ben = server.friend("ben")?;
        ben.run(&["settings", "--limit-lan", "true", "--down", "1M"])?;
        let install = ben.installing("drift")?.start()?;
        let map = eventually("the seed sees what ben has", LIMIT, || {
            let map = pieces(&server)?;
            Ok((map.placed == 1 && map.parts.iter().any(|part| part.least == 2)).then_some(map))
        })?;
        let pieces = limits::pieces(map.blob.size);
        ensure!((map.seeds, map.complete, map.pieces) == (1, 1, pieces), "{map:?}");
        ensure!(map.parts.iter().any(|part| part.least == 1), "he has not all of it yet: {map:?}");
        let run = eventually("ben says what he receives", LIMIT, || {
            let run = swarm(&server)?.runs.into_iter().find(|run| run.name == "ben");
            Ok(run.filter(|run| run.down.total() > 0 && run.held.iter().any(|held| held.pieces > 0)))
        })?;
        let held = run.held.iter().find(|held| held.blob == map.blob.hash).context("he holds some of it")?;
        ensure!((1..pieces).contains(&held.pieces), "{run:?}");
        ensure!(run.down.total() < 2_000_000, "he is limited to 1 MB/s: {run:?}");
        let told = server.tracker(&["swarm", "drift"], "")?;
        ensure!(told.stdout.contains("1 (live)") && told.stdout.contains("ben"), "{}", told.said());
        let strip = server.tracker(&["swarm", "drift", "--pieces", "1"], "")?;
        ensure!(strip.stdout.lines().last().is_some_and(|line| line.len() == COLUMNS), "{}", strip.said());
        install.finish(LIMIT)?.success()?;
        let all = swarm(&server)?;
        ensure!(all.runs.iter().any(|run| run.seed) && all.left_off == 0, "{all:?}");
        Ok(())
    })
}
