//! A client that was written from the documents alone (`tests/second_client`), beside the real programs.

use std::{env, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    PASSWORD, Place, Program, Scene, Server, Tree, assert_same_tree, eventually, random_bytes,
};

const LIMIT: Duration = Duration::from_secs(120);
/// The Python that has what the client's `requirements.txt` names, as `./dev test` sets it up.
const PYTHON: &str = "MIST_LAB_PYTHON";

#[test]
fn a_client_written_from_the_documents_fetches_from_a_seed_and_serves_a_friend() -> Result<()> {
    let Some(python) = env::var_os(PYTHON) else {
        ensure!(env::var_os("CI").is_none(), "{PYTHON} names no Python: `./dev test` could not set it up");
        eprintln!(
            "SKIPPED: no second client ran, because {PYTHON} names no Python (`./dev test` sets it up)"
        );
        return Ok(());
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("second_client");
    Scene::play(|scene| {
        let build = Tree::default()
            .file("data.bin", random_bytes(1, 12 << 20))
            .program("play", "hello ".repeat(1000));
        let (server, _) = Server::with_builds(scene, [build])?;
        server.stranger("ada", &Place::Here)?;
        let client = |what: &str| {
            Program::system(&python.to_string_lossy(), &Place::Here, &scene.logs())
                .arg(&folder)
                .args([server.url().as_str(), "ada", "drift", what])
                .env("MIST_PASSWORD", PASSWORD)
                .env("PYTHONDONTWRITEBYTECODE", "1")
        };

        let hostile = client("--hostile").run(LIMIT)?.success()?;
        for said in [
            "examples are as in the document",
            "verified 49 of 49 pieces",
            "the archive is drift@1 as it was signed, 2 files",
            "28 ways to break the protocol end as documented",
        ] {
            ensure!(hostile.stdout.contains(said), "it does not say `{said}`: {}", hostile.stdout);
        }

        let mut sharing = client("--share").start()?;
        eventually("the second client announces what it has", LIMIT, || {
            sharing.still_runs()?;
            Ok(sharing.output().contains("announced ").then_some(()))
        })?;
        let eve = server.friend("eve")?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        let got = eve.last_operation("drift")?.bytes;
        let shared = sharing.terminate(LIMIT)?.success()?;
        let answered = shared.stdout.lines().last().context("it said nothing")?;
        ensure!(got.lan > 0 && answered != "answered with 0 groups", "{got:?} came: {answered}");
        Ok(())
    })
}
