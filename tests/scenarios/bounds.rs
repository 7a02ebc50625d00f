//! What a seed's jobs take of its machine.

use std::{fs, thread::available_parallelism, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{RemoteSeed, Scene, Server, ServerOptions, Tree, cost, random_bytes, until};

/// Generous: a busy machine makes a patch several times as slowly.
const LIMIT: Duration = Duration::from_secs(240);
/// Without a bound a patch of so much takes about ten times as many bytes.
const SIZE: usize = 48 << 20;
/// What the patch may take, as it is set.
const PATCH_MEMORY: (&str, u64) = ("64MiB", 64 << 20);
/// What docs/admin-guide.md says that a seed takes beside its jobs: memory, and threads beside one a processor.
const BESIDE: (u64, u64) = (256 << 20, 32);

#[test]
fn a_patch_takes_no_more_memory_and_threads_than_the_settings_say() -> Result<()> {
    Scene::play(|scene| {
        let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/admin-guide.md"))?;
        ensure!(guide.contains("256 MiB besides") && guide.contains("32 threads besides"));
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let settings = [("MIST_PATCH_MEMORY", PATCH_MEMORY.0), ("MIST_THREADS", "1"), ("MIST_WORKERS", "1")];
        let seed = RemoteSeed::start_with(scene, &server, &settings)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let old = random_bytes(31, SIZE);
        let mut new = old.clone();
        new.iter_mut().step_by(4096).for_each(|byte| *byte ^= 1);
        for (version, content) in [("1", old), ("2", new)] {
            Tree::default().file("data/a.bin", content).write_to(&scene.path(version))?;
        }
        admin.push(&scene.path("1"), "drift", "1")?;
        let pid = seed.pid()?;
        let mut threads = cost::threads(pid)?;
        let mut push = admin.pushing(&scene.path("2"), "drift", "2")?.start()?;
        until("the push ends", LIMIT, Duration::from_millis(20), || {
            threads = threads.max(cost::threads(pid)?);
            Ok(push.ended()?.map(|_| ()))
        })?;
        push.finish(LIMIT)?.success()?;
        ensure!(admin.patch_size("drift", "1", "2")? > 0, "no patch was made");
        let memory = cost::peak_memory(pid)?;
        ensure!(memory > PATCH_MEMORY.1 / 2, "nothing was measured: {memory} bytes");
        ensure!(memory <= PATCH_MEMORY.1 + BESIDE.0, "it took {} MiB", memory >> 20);
        let most = available_parallelism()?.get() as u64 + BESIDE.1 + 1;
        ensure!(threads <= most, "it had {threads} threads");
        Ok(())
    })
}
