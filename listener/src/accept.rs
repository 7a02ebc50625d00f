//! The accept loop. Each connection has a bounded time to send a request's head and each part of its body, a body has to
//! keep a pace over all of it, and there are never more than a bounded number of connections, of each caller too.
//!
//! A caller holds a place for each of its connections. Behind a proxy that is trusted to say who calls, it holds one for
//! each of its requests until the answer was sent; the proxy's own connections take none.
//!
//! HTTP/1.1 only: what comes from the internet goes through the border proxy, which speaks it to us, and there is no
//! preface that a slow caller could stall in.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Response, StatusCode, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use mist_proto::Pace;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower_http::timeout::TimeoutBody;

use crate::{
    held::holding,
    observed::{Connection, TrustedProxies},
    pace::Paced,
    places::{Place, Places},
};

/// What a caller without a place is told.
const NO_PLACE: &str = r#"{"title":"Service Unavailable","status":503,"code":"too_many_connections","detail":"there are too many connections from your network: close some, or try again in a few seconds"}"#;
/// Seconds after which such a caller may try again.
const RETRY_AFTER: u8 = 5;
/// Pause after the system refused to accept, e.g. for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Places of all callers together, and connections of trusted proxies.
    pub connections: usize,
    /// How long a request's head may take, idle time before it included.
    pub head: Duration,
    /// How long each part of a body may take.
    pub body_part: Duration,
    /// The pace that a whole body has to keep.
    pub body: Pace,
    /// How long requests under way may go on after the server was told to stop.
    pub farewell: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 2048,
            head: Duration::from_secs(30),
            body_part: Duration::from_secs(30),
            body: Pace { grace: Duration::from_secs(60), least: 1024 },
            farewell: Duration::from_secs(10),
        }
    }
}

/// What a connection holds while it lasts.
enum Seat {
    /// A place of the caller at the other end.
    Caller(#[expect(dead_code, reason = "it is kept")] Place),
    /// One of the connections that proxies may have; callers hold places for their requests.
    Proxy(#[expect(dead_code, reason = "it is kept")] OwnedSemaphorePermit),
}

/// Who gets a seat.
struct Gate {
    places: Places,
    proxies: TrustedProxies,
    of_proxies: Arc<Semaphore>,
}

impl Gate {
    fn seat(&self, remote: SocketAddr) -> Option<Seat> {
        if self.proxies.contains(remote.ip()) {
            return Arc::clone(&self.of_proxies).try_acquire_owned().ok().map(Seat::Proxy);
        }
        self.places.take(remote.ip().into()).map(Seat::Caller)
    }
}

/// Serves until `stopping`, then lets what is under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    proxies: TrustedProxies,
    stopping: CancellationToken,
) {
    let gate = Arc::new(Gate {
        places: Places::new(bounds.connections),
        proxies,
        of_proxies: Arc::new(Semaphore::new(bounds.connections)),
    });
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(e) => {
                // Out of file descriptors, mostly: the ones in use have to close first.
                tracing::warn!(error = %e, "can't accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(seat) = gate.seat(remote) else {
            tracing::debug!(%remote, "there is no place for a connection");
            turn_away(&stream);
            continue;
        };
        let Ok(local) = stream.local_addr() else { continue };
        if let Err(e) = stream.set_nodelay(true) {
            tracing::debug!(error = %e, "can't set TCP_NODELAY");
        }
        let connection =
            http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(bounds.head).serve_connection(
                TokioIo::new(stream),
                service_fn({
                    let (router, gate) = (router.clone(), Arc::clone(&gate));
                    let by_proxy = matches!(seat, Seat::Proxy(_));
                    move |request| {
                        let (router, gate) = (router.clone(), Arc::clone(&gate));
                        let connection = Connection { remote, local };
                        async move {
                            let answer = if by_proxy {
                                answer_behind_proxy(router, &gate, bounds, connection, request).await
                            } else {
                                answer(router, bounds, connection, request).await
                            };
                            Ok::<_, Infallible>(answer)
                        }
                    }
                }),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, %remote, "connection ended early");
            }
            drop(seat);
        });
    }
    drop(listener);
    if tokio::time::timeout(bounds.farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way and are cut off");
    }
}

async fn answer(
    router: Router,
    bounds: Bounds,
    connection: Connection,
    request: hyper::Request<Incoming>,
) -> Response<Body> {
    let mut request =
        request.map(|body| Body::new(TimeoutBody::new(bounds.body_part, Paced::new(body, bounds.body))));
    request.extensions_mut().insert(connection);
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

async fn answer_behind_proxy(
    router: Router,
    gate: &Gate,
    bounds: Bounds,
    connection: Connection,
    request: hyper::Request<Incoming>,
) -> Response<Body> {
    let caller = gate.proxies.observe(connection, request.headers()).caller;
    match gate.places.take(caller.into()) {
        Some(place) => answer(router, bounds, connection, request).await.map(|body| holding(body, place)),
        None => no_place(),
    }
}

fn no_place() -> Response<Body> {
    let mut answer = Response::new(Body::from(NO_PLACE));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
    headers.insert(header::RETRY_AFTER, u16::from(RETRY_AFTER).into());
    answer
}

/// Says to a fresh connection that there is no place for it, as far as that can be said without waiting.
fn turn_away(stream: &TcpStream) {
    let length = NO_PLACE.len();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: {RETRY_AFTER}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{NO_PLACE}"
    );
    if let Err(e) = stream.try_write(answer.as_bytes()) {
        tracing::debug!(error = %e, "somebody who is turned away is not told why");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpSocket, TcpStream},
        sync::Notify,
        task::JoinHandle,
    };

    use super::*;

    async fn start(bounds: Bounds) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("address");
        let stop = CancellationToken::new();
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/body", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
        let proxies = TrustedProxies::new(vec!["127.0.0.9/32".parse().expect("a network")]);
        let served = tokio::spawn(serve(listener, router, bounds, proxies, stop.clone()));
        (address, stop, served)
    }

    fn hasty() -> Bounds {
        let short = Duration::from_millis(100);
        let body = Pace { grace: short, least: 1024 };
        Bounds { connections: 40, head: short, body_part: short, body, farewell: Duration::from_secs(5) }
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

    /// More than what is on its way to somebody who does not read.
    const LONG: usize = 24 << 20;

    /// One request whose handler runs until it is let on, and then gives a long answer.
    struct UnderWay {
        stream: TcpStream,
        stop: CancellationToken,
        go_on: Arc<Notify>,
        served: JoinHandle<()>,
    }

    impl UnderWay {
        async fn begin(bounds: Bounds) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("address");
            let (stop, begun, go_on) =
                (CancellationToken::new(), Arc::new(Notify::new()), Arc::new(Notify::new()));
            let slow = {
                let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
                async move || {
                    begun.notify_one();
                    go_on.notified().await;
                    vec![b'x'; LONG]
                }
            };
            let router = Router::new().route("/", get(slow));
            let served =
                tokio::spawn(serve(listener, router, bounds, TrustedProxies::default(), stop.clone()));
            let mut stream = TcpStream::connect(address).await.expect("connect");
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("write");
            tokio::time::timeout(Duration::from_secs(10), begun.notified()).await.expect("the handler runs");
            Self { stream, stop, go_on, served }
        }
    }

    /// Waits until nobody listens there.
    async fn until_refused(address: SocketAddr) {
        let refused = async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), refused).await.expect("new connections are refused");
    }

    #[tokio::test]
    async fn stopping_lets_the_answer_end() {
        let UnderWay { mut stream, stop, go_on, mut served } = UnderWay::begin(hasty()).await;
        stop.cancel();
        until_refused(stream.peer_addr().expect("an address")).await;
        let early = tokio::time::timeout(Duration::from_millis(300), &mut served).await;
        assert!(early.is_err(), "it waits for the handler");
        go_on.notify_one();
        // The connection would have been kept for another request, and is not any more.
        let answer = until_closed(&mut stream).await;
        let head = answer.windows(4).position(|part| part == b"\r\n\r\n").expect("a head") + 4;
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        assert_eq!(answer.len() - head, LONG, "all of it");
        tokio::time::timeout(Duration::from_secs(10), served).await.expect("stops").expect("no panic");
    }

    #[tokio::test]
    async fn stopping_does_not_wait_for_ever() {
        let under_way = UnderWay::begin(Bounds { farewell: Duration::from_millis(200), ..hasty() }).await;
        under_way.stop.cancel();
        let served = tokio::time::timeout(Duration::from_secs(10), under_way.served).await;
        served.expect("stops").expect("no panic");
    }

    #[tokio::test]
    async fn stopping_waits_for_nobody_who_asks_for_nothing() {
        let (address, stop, served) = start(patient()).await;
        let mut kept = TcpStream::connect(address).await.expect("connect");
        assert!(ask(&mut kept, "").await.ends_with("hello"));
        let fresh = TcpStream::connect(address).await.expect("connect");
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(3), served).await.expect("stops at once").expect("no panic");
        assert_eq!(until_closed(&mut kept).await, b"");
        drop(fresh);
    }

    /// A connection from an address of this host's own network.
    async fn from(last: u8, address: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).expect("an address of this host");
        socket.connect(address).await.expect("connects")
    }

    async fn ask(stream: &mut TcpStream, head: &str) -> String {
        stream
            .write_all(format!("GET / HTTP/1.1\r\nhost: x\r\n{head}\r\n").as_bytes())
            .await
            .expect("writes");
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await;
        answer.truncate(read.expect("an answer in time").expect("an answer"));
        String::from_utf8(answer).expect("text")
    }

    fn patient() -> Bounds {
        let long = Duration::from_secs(60);
        Bounds { head: long, body_part: long, body: Pace { grace: long, least: 1024 }, ..hasty() }
    }

    /// Starts a body that never ends.
    const ENDLESS: &str = "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n";

    #[tokio::test]
    async fn a_body_that_trickles_is_cut_off() {
        let (address, ..) = start(Bounds { body_part: Duration::from_secs(60), ..hasty() }).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(format!("{ENDLESS}\r\n").as_bytes()).await.expect("writes");
        let trickle = async {
            // Each part is in time, the body as a whole is not.
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let mut answer = [0; 64];
                if let Ok(1..) = stream.try_read(&mut answer) {
                    assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), trickle).await.expect("cut off");
    }

    #[tokio::test]
    async fn one_address_does_not_shut_the_others_out() {
        let (address, ..) = start(patient()).await;
        let mut kept = Vec::new();
        let mut refused = 0;
        for _ in 0..60 {
            let mut stream = from(2, address).await;
            // Whoever is turned away may be so before this is written.
            let _ = stream.write_all(format!("{ENDLESS}\r\nx").as_bytes()).await;
            kept.push(stream);
        }
        for stream in &mut kept {
            let mut answer = [0; 12];
            if let Ok(read) = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut answer)).await
            {
                // A reset may overtake the words.
                assert!(read.is_err() || &answer == b"HTTP/1.1 503", "{}", String::from_utf8_lossy(&answer));
                refused += 1;
            }
        }
        assert_eq!(refused, 60 - 8, "one address has its share and no more");
        assert!(ask(&mut from(3, address).await, "").await.ends_with("hello"), "others are served");
        drop(kept);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(ask(&mut from(2, address).await, "").await.ends_with("hello"), "and so is it, later");
    }

    #[tokio::test]
    async fn behind_a_proxy_each_caller_has_its_own_share() {
        let (address, ..) = start(patient()).await;
        let mut kept = Vec::new();
        for _ in 0..20 {
            let mut stream = from(9, address).await;
            stream
                .write_all(format!("{ENDLESS}x-forwarded-for: 192.0.2.1\r\n\r\nx").as_bytes())
                .await
                .expect("writes");
            kept.push(stream);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut proxy = from(9, address).await;
        let answer = ask(&mut proxy, "x-forwarded-for: 192.0.2.1\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("too_many_connections"), "{answer}");
        for _ in 0..100 {
            let answer = ask(&mut proxy, "x-forwarded-for: 192.0.2.2\r\n").await;
            assert!(answer.ends_with("hello"), "an answer that was sent gives its place back: {answer}");
        }
    }
}
