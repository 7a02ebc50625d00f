//! The database dies while it writes: SQLite with the server that it is in, PostgreSQL by itself or with the server.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_proto::http::{Build, BuildState};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{Arm, Column, Turn};
use crate::{Admin, Postgres, Scene, Server, ServerOptions, Tree};

/// Pushes after which a new world is made.
const PUSHES: usize = 20;
const LIMIT: Duration = Duration::from_secs(120);
/// How long a push may go on after a blow before it is begun again.
const PATIENCE: Duration = Duration::from_secs(10);

/// One world.
pub(super) fn attack(turn: &mut Turn<'_>, scene: &Scene) -> Result<()> {
    let mut rng = StdRng::seed_from_u64(turn.seed());
    // Every second one, so that a short run has both.
    let mut postgres = if turn.seed().is_multiple_of(2) { Some(Postgres::start(scene)?) } else { None };
    let name = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let options =
        ServerOptions { database: postgres.as_ref().map(Postgres::url), ..ServerOptions::default() };
    let server = Server::start_with(scene, options)?;
    let admin = server.admin()?;
    admin.new_game("drift")?;
    let (mut acknowledged, mut usual) = (Vec::new(), 0.5_f64);
    // At least one push, however long it took to make the world.
    while acknowledged.is_empty() || (turn.goes_on() && acknowledged.len() < PUSHES) {
        let version = (acknowledged.len() + 1).to_string();
        let folder = scene.path(&version);
        Tree::default().file("version.txt", version.as_str()).write_to(&folder)?;
        let mut done = false;
        for n in 0..rng.random_range(1..=4) {
            if done || (n > 0 && !turn.goes_on()) {
                break;
            }
            let mut push = admin.pushing(&folder, "drift", &version)?.start()?;
            thread::sleep(Duration::from_secs_f64(usual * rng.random_range(0.02..1.0)));
            let server_too = rng.random_bool(0.5);
            match &mut postgres {
                Some(postgres) => {
                    if server_too {
                        server.kill_nine()?;
                    }
                    postgres.kill_nine()?;
                    postgres.restart(scene)?;
                    if server_too {
                        server.restart()?;
                    }
                }
                None => {
                    server.kill_nine()?;
                    server.restart()?;
                }
            }
            turn.count(Arm::Databases, name, Column::Kills, 1);
            let end = Instant::now() + PATIENCE;
            while push.ended()?.is_none() && Instant::now() < end {
                thread::sleep(Duration::from_millis(10));
            }
            done = push.ended()?.is_some_and(|status| status.success());
            drop(push);
            let promised = if done { acknowledged.len() + 1 } else { acknowledged.len() };
            count_those_there(turn, name, &admin, promised)?;
        }
        if !done {
            let outcome = admin.pushing(&folder, "drift", &version)?.run(LIMIT)?.success()?;
            usual = (usual * 0.9).max(outcome.took.as_secs_f64().min(3.0));
        }
        turn.count(Arm::Databases, name, Column::Acknowledged, 1);
        acknowledged.push(version);
        count_those_there(turn, name, &admin, acknowledged.len())?;
    }
    Ok(())
}

/// So many pushes, which were acknowledged, are there.
fn count_those_there(turn: &mut Turn<'_>, name: &str, admin: &Admin, count: usize) -> Result<()> {
    let list = crate::until("the list of builds", LIMIT, Duration::from_millis(100), || {
        // Its connections to a database that has just started may not all be new.
        let list = admin.mistpipe(&["ls", "drift", "--json"])?.run(LIMIT)?.success()?;
        Ok(Some(list.stdout))
    })?;
    let listed = list.lines().map(serde_json::from_str::<Build>).collect::<Result<Vec<_>, _>>()?;
    for version in (1..=count).map(|n| n.to_string()) {
        let there = listed.iter().find(|build| build.version.as_str() == version);
        let ready = there.is_some_and(|build| build.state == BuildState::Ready);
        turn.count(Arm::Databases, name, Column::Lost, u64::from(!ready));
        let there = there.with_context(|| format!("{version} was acknowledged and is lost"))?;
        ensure!(ready, "{version} was acknowledged and is {:?}", there.state);
    }
    Ok(())
}
