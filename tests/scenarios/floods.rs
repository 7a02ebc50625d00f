//! Many who call at once, and slowly.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Scene, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// A connection from an address of this host's own network.
async fn from(last: u8, server: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, last], 0)))?;
    Ok(socket.connect(server).await?)
}

async fn health(last: u8, server: SocketAddr) -> Result<String> {
    let mut stream = from(last, server).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.context("no answer")??;
    Ok(answer)
}

/// Files that may be open at once in this process: a connection is one.
fn allow_many_files() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// As many connections as the server has places, and more, each with a body that trickles.
#[test]
fn one_address_that_holds_on_to_everything_shuts_nobody_out() -> Result<()> {
    const CONNECTIONS: usize = 2100;
    allow_many_files()?;
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let address = server.address();
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let mut held = Vec::with_capacity(CONNECTIONS);
            for _ in 0..CONNECTIONS {
                let mut stream = from(2, address).await?;
                let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                            content-length: 100\r\n\r\n{";
                // Whoever is turned away may be so before this is written.
                let _ = stream.write_all(head.as_bytes()).await;
                held.push(stream);
            }
            let began = Instant::now();
            let answer = health(1, address).await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            ensure!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
            let refused = health(2, address).await;
            // A reset may overtake the words.
            ensure!(refused.as_ref().map_or(true, |a| a.contains("too_many_connections")), "{refused:?}");
            drop(held);
            Ok(())
        })?;
        server.friend("eve")?.run(&["library"])?;
        Ok(())
    })
}
