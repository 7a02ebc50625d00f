//! What connections that never end their requests do to the others.

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::Result;
use tokio::net::TcpSocket;

use crate::{
    friends::Tracker,
    wrk::{CONNECTIONS, Found, Wrk},
};

/// Connections that never end their requests.
const HALF_OPEN: usize = 1000;

/// Reads at half the rate of `full`: by themselves, and beside connections that never end their requests.
pub(crate) fn under_half(wrk: &Wrk, tracker: &Tracker, full: &Found) -> Result<String> {
    let pause = 1000.0 * CONNECTIONS as f64 / (full.per_second / 2.0);
    let script = format!(
        "{}function delay()\n  return math.floor(math.random() * 2 * {pause} + 0.5)\nend\n",
        tracker.reads()
    );
    let at = tracker.server.address();
    let quiet = wrk.run(at, &script)?;
    let over = AtomicBool::new(false);
    let crowded = thread::scope(|scope| {
        scope.spawn(|| hold_open(at, &over));
        let found = wrk.run(at, &script);
        over.store(true, Ordering::Relaxed);
        found
    })?;
    Ok(format!(
        "\nA catalogue at half of that load: {:.0} requests a second, median {:.2} ms, p99 {:.2} ms ({:.1} times the median). \
         Beside {HALF_OPEN} connections that never end their requests: {:.0}, {:.2} ms, {:.2} ms (p99 {:.2} times that without).\n",
        quiet.per_second,
        quiet.median_ms,
        quiet.p99_ms,
        quiet.p99_ms / quiet.median_ms,
        crowded.per_second,
        crowded.median_ms,
        crowded.p99_ms,
        crowded.p99_ms / quiet.p99_ms
    ))
}

/// Keeps so many requests begun and not ended, and begins those anew that are cut. They come from other addresses, fifty from each: the
/// tracker shuts out an address that holds on to more.
fn hold_open(at: SocketAddr, over: &AtomicBool) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let begin = |n: usize| {
        let from = Ipv4Addr::new(127, 0, 1, u8::try_from(n / 50).unwrap_or(u8::MAX));
        let connect = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((from, 0).into())?;
            socket.connect(at).await?.into_std()
        };
        let mut stream = runtime.block_on(connect).ok()?;
        stream.write_all(b"GET /api/v1/games HTTP/1.1\r\nHost: a\r\nX-Slow: ").ok()?;
        Some(stream)
    };
    let mut held: Vec<Option<TcpStream>> = (0..HALF_OPEN).map(begin).collect();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_secs(1));
        for (n, stream) in held.iter_mut().enumerate() {
            let is_open = stream.as_mut().is_some_and(|stream| stream.write_all(b"a").is_ok());
            if !is_open {
                *stream = begin(n);
            }
        }
    }
}
