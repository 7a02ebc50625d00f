//! A server that is told to stop while something is under way.

use std::{net::TcpStream, thread, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use mist_proto::{BlobId, http::HttpsFormat};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree, eventually, random_bytes};
use walkdir::WalkDir;

use crate::api::{Api, Begun};

const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn a_download_under_way_ends_though_the_server_is_told_to_stop() -> Result<()> {
    Scene::play(|scene| {
        // More than what is on its way between two programs of which one does not read.
        let build = Tree::default().file("world.bin", random_bytes(81, 32 << 20));
        let server = Server::with_builds(scene, [build])?.0;
        let api = Api::login(&server, "admin")?;
        let archive = api.build("drift", "1")?.archive;
        let sources = api.sources("drift", archive)?;
        let source = sources.https.iter().find(|source| source.format == HttpsFormat::Raw);
        let source = source.context("no HTTPS source")?;
        let mut download = Begun::get(&server, &source.data)?;
        ensure!(download.status()? == 200, "{}", download.head);

        let whole = thread::scope(|threads| {
            let stopped = threads.spawn(|| server.stop());
            eventually("nobody new is let in", LIMIT, || {
                Ok(TcpStream::connect(server.address()).is_err().then_some(()))
            })?;
            let whole = download.rest().map_err(|(got, error)| {
                anyhow!(error).context(format!("it broke off after {} bytes", got.len()))
            })?;
            stopped.join().map_err(|_| anyhow!("a thread panicked"))??;
            anyhow::Ok(whole)
        })?;
        ensure!(whole.len() as u64 == download.length()?, "{} bytes came of it", whole.len());
        ensure!(BlobId::of(&whole) == archive, "other bytes came");
        server.restart()
    })
}

#[test]
fn an_install_goes_on_after_the_server_was_stopped_and_started() -> Result<()> {
    Scene::play(|scene| {
        let build = Tree::default().file("world.bin", random_bytes(82, 24 << 20));
        let server = Server::with_builds(scene, [build])?.0;
        let eve = server.friend("eve")?;
        // It takes some twelve seconds.
        eve.run(&["settings", "--limit-lan", "true", "--down", "2M"])?;
        let mut install = eve.installing("drift")?.start()?;
        eventually("something has come", LIMIT, || {
            install.still_runs()?;
            let files = WalkDir::new(eve.folder("drift")).into_iter().flatten();
            let big = files
                .filter(|file| file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() >= 1 << 20));
            Ok((big.count() > 0).then_some(()))
        })?;
        server.stop()?;
        install.still_runs().context("it ended when the server did")?;
        server.restart()?;
        install.finish(LIMIT)?.success()?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        ensure!(eve.status("drift")?.version.as_deref() == Some("1"));
        Ok(())
    })
}
