//! Many who call at once, and slowly.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Place, RemoteSeed, Scene, Server, ServerOptions};
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

/// As many connections as a server has places, and more, each with a call that never ends; meanwhile somebody else asks.
async fn hold_on_to(address: SocketAddr, unended: &str) -> Result<()> {
    const CONNECTIONS: usize = 2100;
    let mut held = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut stream = from(2, address).await?;
        // Whoever is turned away may be so before this is written.
        let _ = stream.write_all(unended.as_bytes()).await;
        held.push(stream);
    }
    let began = Instant::now();
    let answer = health(1, address).await?;
    ensure!(answer.starts_with("HTTP/1.1 ") && !answer.contains("too_many_connections"), "{answer}");
    ensure!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    let refused = health(2, address).await;
    // A reset may overtake the words.
    ensure!(refused.as_ref().map_or(true, |a| a.contains("too_many_connections")), "{refused:?}");
    Ok(())
}

#[test]
fn one_address_that_holds_on_to_everything_shuts_nobody_out() -> Result<()> {
    allow_many_files()?;
    Scene::play(|scene| {
        let server = Server::start_with(scene, ServerOptions { seed: false, ..ServerOptions::default() })?;
        let seed = RemoteSeed::start(scene, &server, &Place::Here)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let body = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        // Half a call at the seed, of which the rest never comes.
        let mut half = runtime.block_on(async {
            let mut stream = from(3, seed.address()).await?;
            stream.write_all(b"GET /healthz HT").await?;
            anyhow::Ok(stream)
        })?;
        runtime.block_on(hold_on_to(server.address(), body))?;
        server.friend("eve")?.run(&["library"])?;
        // A seed reads no body of somebody whom it does not know, so that only heads can trickle.
        runtime.block_on(hold_on_to(seed.address(), "GET /healthz HTTP/1.1\r\nhost: x\r\n"))?;
        runtime.block_on(async {
            let cut = timeout(Duration::from_secs(60), half.read_to_end(&mut Vec::new())).await;
            // A reset is a way of closing too.
            let _ = cut.context("the seed holds on to half a call")?;
            Ok(())
        })
    })
}
