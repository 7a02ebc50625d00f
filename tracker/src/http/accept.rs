//! The accept loop. Each connection has a bounded time to send a request's head and each part of its body, and
//! there are never more than a bounded number of connections.
//!
//! HTTP/1.1 only: what comes from the internet goes through the border proxy, which speaks it to us, and there is no
//! preface that a slow caller could stall in.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;

use super::observed::Connection;

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a request's head may take, idle time before it included.
    pub head: Duration,
    /// How long each part of a body may take.
    pub body_part: Duration,
    /// How long requests under way may go on after the server was told to stop.
    pub farewell: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 2048,
            head: Duration::from_secs(30),
            body_part: Duration::from_secs(30),
            farewell: Duration::from_secs(10),
        }
    }
}

/// Serves until `stopping`, then lets what is under way end.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, stopping: CancellationToken) {
    let room = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                // Out of file descriptors, mostly: the ones in use have to close first.
                tracing::warn!(error = %e, "can't accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(local) = stream.local_addr() else { continue };
        if let Err(e) = stream.set_nodelay(true) {
            tracing::debug!(error = %e, "can't set TCP_NODELAY");
        }
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(|body| Body::new(TimeoutBody::new(bounds.body_part, body)));
            request.extensions_mut().insert(Connection { remote, local });
            let router = router.clone();
            async move {
                Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, %remote, "connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(bounds.farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way and are cut off");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    async fn start(bounds: Bounds) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("address");
        let stop = CancellationToken::new();
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/body", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
        let served = tokio::spawn(serve(listener, router, bounds, stop.clone()));
        (address, stop, served)
    }

    fn hasty() -> Bounds {
        let short = Duration::from_millis(100);
        Bounds { connections: 4, head: short, body_part: short, farewell: Duration::from_secs(5) }
    }

    async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
        let mut all = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await;
        // A reset is a way of closing too.
        let _ = read.expect("the server closes the connection");
        all
    }

    #[tokio::test]
    async fn slow_callers_are_cut_off() {
        let (address, ..) = start(hasty()).await;
        for head in [
            "",
            "GET / HT",
            "PRI * HTTP/2.0\r\n",
            "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc",
        ] {
            let mut stream = TcpStream::connect(address).await.expect("connect");
            stream.write_all(head.as_bytes()).await.expect("write");
            let answer = until_closed(&mut stream).await;
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{head:?}");
        }
    }

    #[tokio::test]
    async fn stopping_lets_the_answer_end() {
        let (address, stop, served) = start(hasty()).await;
        let mut stream = TcpStream::connect(address).await.expect("connect");
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("write");
        let answer = until_closed(&mut stream).await;
        assert!(answer.ends_with(b"hello"), "{}", String::from_utf8_lossy(&answer));
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), served).await.expect("stops").expect("no panic");
    }
}
