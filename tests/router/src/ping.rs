//! How long the way to another host and back takes while others use it.

use std::{
    fs,
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use rustix::process::setpriority_process;
use socket2::{Domain, Protocol, Socket, Type};

use crate::space::inside;

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(1);
/// The measuring program is to be served before those that it measures.
const PRIORITY: i32 = -15;
const REQUEST: u8 = 8;
const REPLY: u8 = 0;

/// Asks one host again and again, until it is finished.
pub struct Pings {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Times>>,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// The round trips, the shortest first.
    pub answered: Vec<Duration>,
    /// How many had no answer within a second.
    pub unanswered: usize,
}

impl Times {
    /// The round trip that this share of the answers did not exceed, e.g. 0.5 for the median. None without answers.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let last = self.answered.len().checked_sub(1)?;
        let rank = (share.clamp(0.0, 1.0) * last as f64).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the last index"
        )]
        Some(self.answered[rank as usize])
    }
}

impl Pings {
    /// Starts to ask `host` from inside the namespace, each time so long after the last answer.
    ///
    /// # Errors
    /// Not root.
    pub fn start(namespace: &str, host: Ipv4Addr, pause: Duration) -> Result<Self> {
        let open = || {
            // Who may have such sockets.
            fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647")?;
            Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::ICMPV4))
        };
        let socket = inside(namespace, open).context("opening a socket for pings (it needs root)")?;
        socket.connect(&SocketAddr::from((host, 0)).into())?;
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = stop.clone();
        let thread =
            thread::Builder::new().name("pings".into()).spawn(move || ask(socket, pause, &theirs))?;
        Ok(Self { stop, thread })
    }

    /// Ends it.
    ///
    /// # Errors
    /// The socket failed.
    pub fn finish(self) -> Result<Times> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        Ok(self.thread.join().map_err(|_| anyhow!("the thread of the pings panicked"))??)
    }
}

fn ask(mut socket: Socket, pause: Duration, stop: &AtomicBool) -> io::Result<Times> {
    let _ = setpriority_process(None, PRIORITY);
    let mut times = Times::default();
    let mut number = 0_u16;
    while !stop.load(Ordering::Relaxed) {
        number = number.wrapping_add(1);
        let asked = Instant::now();
        // An unreachable host is one that does not answer.
        let sent = socket.send(&request(number));
        match sent.and_then(|_| await_reply(&mut socket, number, asked)) {
            Ok(true) => times.answered.push(asked.elapsed()),
            _ => times.unanswered += 1,
        }
        thread::park_timeout(pause);
    }
    times.answered.sort();
    Ok(times)
}

/// Reads until the answer comes, or too late.
fn await_reply(socket: &mut Socket, number: u16, asked: Instant) -> io::Result<bool> {
    let mut buffer = [0; 1500];
    loop {
        let left = PATIENCE.saturating_sub(asked.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        socket.set_read_timeout(Some(left))?;
        let bytes = socket.read(&mut buffer)?;
        if is_reply(&buffer[..bytes], number) {
            return Ok(true);
        }
    }
}

/// An echo request. The system writes the checksum, and an identity by which it knows the answers for this socket.
fn request(number: u16) -> [u8; 64] {
    let mut message = [0; 64];
    message[0] = REQUEST;
    message[6..8].copy_from_slice(&number.to_be_bytes());
    message
}

/// Whether a message is the answer to that request.
fn is_reply(message: &[u8], number: u16) -> bool {
    message.first() == Some(&REPLY) && message.get(6..8) == Some(&number.to_be_bytes()[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_answer_counts() {
        let answer = |number, kind| {
            let mut message = request(number);
            message[0] = kind;
            message
        };
        assert!(is_reply(&answer(7, REPLY), 7));
        assert!(!is_reply(&answer(7, REPLY), 8));
        assert!(!is_reply(&answer(7, REQUEST), 7));
        assert!(!is_reply(&answer(7, REPLY)[..7], 7));
        assert!(!is_reply(&[], 7));
    }

    #[test]
    fn quantiles_of_round_trips() {
        let answered = (1..=5).map(Duration::from_millis).collect();
        let times = Times { answered, unanswered: 0 };
        assert_eq!(times.quantile(0.5), Some(Duration::from_millis(3)));
        assert_eq!(times.quantile(1.0), Some(Duration::from_millis(5)));
        assert_eq!(Times::default().quantile(0.5), None);
    }
}
