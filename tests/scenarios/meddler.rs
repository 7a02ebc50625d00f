//! Somebody between a program and the server who changes what the server says.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use mist_proto::http::LEVEL_HEADER;
use serde_json::Value;

/// How an answer is changed.
enum Change {
    /// What its JSON says.
    Body(Box<dyn Fn(&mut Value) + Send + Sync>),
    /// There is no such call, as a server of API level 1 says it.
    Unknown,
    /// Of which level of the API the server is.
    Level(AtomicU32),
    /// Whatever the script says of the path that is asked for.
    Script(Script),
}

type Script = Box<dyn Fn(&str) -> Said + Send + Sync>;

/// What a server that was taken over says to one call.
pub(crate) enum Said {
    /// The truth.
    Truth,
    /// The truth, with this done to its JSON.
    Json(Box<dyn Fn(&mut Value) + Send + Sync>),
    /// These bytes.
    Bytes(Vec<u8>),
    /// White space that never ends; what of it was taken is counted.
    Endless(Arc<AtomicU64>),
}

/// One who passes every call on, and changes the answers to calls of one path. Ends with the test's process.
pub(crate) struct Meddler {
    address: SocketAddr,
    meddles: Arc<AtomicBool>,
    change: Arc<Change>,
}

impl Meddler {
    /// Stands before the server at `upstream`, honest to begin with.
    pub(crate) fn start(
        upstream: SocketAddr,
        path: &'static str,
        change: impl Fn(&mut Value) + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::before(upstream, path, Change::Body(Box::new(change)))
    }

    /// Makes the server at `upstream` one that does not know `path`.
    pub(crate) fn without(upstream: SocketAddr, path: &'static str) -> Result<Self> {
        let meddler = Self::before(upstream, path, Change::Unknown)?;
        meddler.meddle(true);
        Ok(meddler)
    }

    /// Makes the server at `upstream` one that says it is of this level of the API, whatever it is asked.
    pub(crate) fn of_level(upstream: SocketAddr, level: u32) -> Result<Self> {
        let meddler = Self::before(upstream, "", Change::Level(AtomicU32::new(level)))?;
        meddler.meddle(true);
        Ok(meddler)
    }

    /// Makes the server at `upstream` one that says what the script says, by path.
    pub(crate) fn by(
        upstream: SocketAddr,
        script: impl Fn(&str) -> Said + Send + Sync + 'static,
    ) -> Result<Self> {
        let meddler = Self::before(upstream, "", Change::Script(Box::new(script)))?;
        meddler.meddle(true);
        Ok(meddler)
    }

    /// The server says from now on that it is of another level.
    pub(crate) fn say_level(&self, level: u32) {
        if let Change::Level(said) = &*self.change {
            said.store(level, Ordering::SeqCst);
        }
    }

    fn before(upstream: SocketAddr, path: &'static str, change: Change) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let meddles = Arc::new(AtomicBool::new(false));
        let change = Arc::new(change);
        let (meddling, changing) = (meddles.clone(), change.clone());
        thread::spawn(move || {
            for friend in listener.incoming().flatten() {
                let (meddling, change) = (meddling.clone(), changing.clone());
                thread::spawn(move || {
                    let change = |asked: &str| {
                        let asked = asked.split('?').next().unwrap_or_default();
                        (meddling.load(Ordering::SeqCst) && asked.ends_with(path)).then_some(&*change)
                    };
                    // Whoever calls notices that the connection broke off.
                    let _ = pass_on(friend, upstream, change);
                });
            }
        });
        Ok(Self { address, meddles, change })
    }

    /// Where friends sign in.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether it changes answers from now on.
    pub(crate) fn meddle(&self, meddles: bool) {
        self.meddles.store(meddles, Ordering::SeqCst);
    }
}

/// Passes one call and its answer on.
fn pass_on<'a>(
    mut friend: TcpStream,
    upstream: SocketAddr,
    change: impl Fn(&str) -> Option<&'a Change>,
) -> Result<()> {
    let head = read_head(&mut friend)?;
    let path = head.split(' ').nth(1).context("no path")?.to_owned();
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(alone(&head).as_bytes())?;
    let (mut from, mut to) = (friend.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    match change(&path) {
        None => std::io::copy(&mut server, &mut friend).map(drop)?,
        Some(Change::Unknown) => {
            let body = r#"{"error":{"code":"not_found","message":"there is no such thing here"}}"#;
            answer_json(&mut friend, "HTTP/1.1 404 Not Found", body)?;
        }
        Some(Change::Level(level)) => {
            let level = format!("{LEVEL_HEADER}: {}", level.load(Ordering::SeqCst));
            let head = read_head(&mut server)?;
            let head = lines(&head, LEVEL_HEADER).chain([level.as_str(), "\r\n"]).collect::<Vec<_>>();
            friend.write_all(head.join("\r\n").as_bytes())?;
            std::io::copy(&mut server, &mut friend)?;
        }
        Some(Change::Body(change)) => changed(&mut friend, &mut server, change)?,
        Some(Change::Script(script)) => match script(path.split('?').next().unwrap_or_default()) {
            Said::Truth => std::io::copy(&mut server, &mut friend).map(drop)?,
            Said::Json(change) => changed(&mut friend, &mut server, &change)?,
            Said::Bytes(bytes) => {
                write!(
                    friend,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    bytes.len()
                )?;
                friend.write_all(&bytes)?;
            }
            Said::Endless(taken) => {
                friend.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
                )?;
                let space = [b' '; 1 << 16];
                while friend.write_all(&space).is_ok() {
                    taken.fetch_add(space.len() as u64, Ordering::SeqCst);
                }
            }
        },
    }
    friend.shutdown(Shutdown::Both)?;
    Ok(())
}

/// Passes an answer on with something done to its JSON.
fn changed(friend: &mut TcpStream, server: &mut TcpStream, change: &dyn Fn(&mut Value)) -> Result<()> {
    let head = read_head(server)?;
    let mut body = Vec::new();
    server.read_to_end(&mut body)?;
    let mut answer: Value = serde_json::from_slice(&body)?;
    change(&mut answer);
    let (status, _) = head.split_once("\r\n").context("no status")?;
    answer_json(friend, status, &answer.to_string())
}

fn answer_json(friend: &mut TcpStream, status: &str, body: &str) -> Result<()> {
    let length = body.len();
    write!(
        friend,
        "{status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )?;
    Ok(())
}

/// The same head, for a connection that carries one call.
fn alone(head: &str) -> String {
    let kept = lines(head, "connection").collect::<Vec<_>>();
    format!("{}\r\nconnection: close\r\n\r\n", kept.join("\r\n"))
}

/// The lines of a head without those of one header.
fn lines<'a>(head: &'a str, without: &str) -> impl Iterator<Item = &'a str> {
    let is_it = move |line: &&str| line.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(without));
    head.split("\r\n").filter(move |line| !line.is_empty() && !is_it(line))
}

/// Reads up to the empty line, and no further.
fn read_head(from: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head)?)
}
