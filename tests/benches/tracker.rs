//! How many requests a tracker answers: announces and look-ups of peers beside opentracker, reads of the catalogue beside a bare
//! axum route, and what connections that never end do to the others. `scripts/bench-tracker` builds what it needs and runs it.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use mist_peer::Identity;
use mist_proto::{
    BlobId, Slug,
    http::{Announce, BuildList, Holding, Login, NewDevice, NewGame, Session, SourcesRequest},
};
use mist_system_tests::{
    PASSWORD, Place, Program, Redis, Scene, Server, ServerOptions, Task, Tree, eventually, figures, loopback,
    random_bytes,
};
use reqwest::Method;
use serde::Serialize;
use tokio::net::TcpSocket;

/// Each case runs this often; the medians are reported.
const RUNS: usize = 3;
/// How long a case runs, in seconds.
const SECONDS: u64 = 10;
/// Connections that ask at once.
const CONNECTIONS: usize = 32;
/// Peers that announce themselves; as many as an account may have.
const PEERS: usize = 256;
/// Games in the catalogue.
const GAMES: usize = 50;
/// Connections that never end their requests.
const HALF_OPEN: usize = 1000;
/// What the table's place in the document is called.
const NAME: &str = "bench-tracker";

fn main() -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Scene::play(|scene| {
        let wrk = Wrk { scene };
        let embedded = Tracker::start(scene, "embedded", vec![])?;
        let redis = Redis::start(scene)?;
        let clustered = Tracker::start(scene, "redis", vec![("MIST_REDIS_URL", redis.url())])?;
        let (opentracker, bare) = (OpenTracker::start(scene)?, Bare::start(scene, &embedded)?);
        let (announce, look) = (embedded.announces()?, embedded.looks()?);
        let cases = [
            Case {
                title: "opentracker: announce with look-up",
                at: opentracker.address,
                script: opentracker.script(),
            },
            Case { title: "Mist: announce", at: embedded.server.address(), script: announce },
            Case { title: "Mist: look-up", at: embedded.server.address(), script: look },
            Case {
                title: "Mist with Redis: announce",
                at: clustered.server.address(),
                script: clustered.announces()?,
            },
            Case {
                title: "Mist with Redis: look-up",
                at: clustered.server.address(),
                script: clustered.looks()?,
            },
            Case { title: "bare axum route: a catalogue", at: bare.address, script: read() },
            Case { title: "Mist: a catalogue", at: embedded.server.address(), script: embedded.reads() },
        ];
        let mut found = vec![vec![]; cases.len()];
        // In turn, so that a neighbour that slows down does so for all.
        for _ in 0..RUNS {
            for (case, found) in cases.iter().zip(&mut found) {
                found.push(wrk.run(case.at, &case.script)?);
            }
        }
        let found: Vec<Found> = found.into_iter().map(median).collect();
        let mut text = table(&cases, &found);
        let reads = cases.last().zip(found.last()).context("a case")?;
        text += &under_half(&wrk, &embedded, reads.1)?;
        report(&text)
    })
}

/// Something to ask for, as often as can be.
struct Case {
    title: &'static str,
    at: SocketAddr,
    /// In Lua, for wrk.
    script: String,
}

/// What wrk found.
#[derive(Debug, Clone, Copy)]
struct Found {
    per_second: f64,
    median_ms: f64,
    p99_ms: f64,
}

/// wrk, on one thread.
struct Wrk<'a> {
    scene: &'a Scene,
}

impl Wrk<'_> {
    fn run(&self, at: SocketAddr, script: &str) -> Result<Found> {
        let file = self.scene.path("wrk.lua");
        fs::write(&file, script)?;
        let ended = Program::system("wrk", &Place::Here, &self.scene.logs())
            .args(["--threads", "1", "--latency", "--timeout", "10s"])
            .args([format!("--connections={CONNECTIONS}"), format!("--duration={SECONDS}s")])
            .arg("--script")
            .arg(&file)
            .arg(format!("http://{at}"))
            .run(Duration::from_secs(3 * SECONDS + 30))?
            .success()?
            .stdout;
        // That opentracker ends a connection counts as an error of reading, after the answer.
        let is_bad = |line: &str| {
            line.contains("Non-2xx")
                || line.contains("Socket errors")
                    && !(line.contains("connect 0") && line.contains("timeout 0"))
        };
        ensure!(!ended.lines().any(is_bad), "not every request was answered: {ended}");
        let value = |name: &str| {
            let line = ended.lines().find_map(|line| line.trim().strip_prefix(name));
            line.map(str::trim).with_context(|| format!("wrk says no {name}: {ended}"))
        };
        Ok(Found {
            per_second: value("Requests/sec:")?.parse()?,
            median_ms: milliseconds(value("50%")?)?,
            p99_ms: milliseconds(value("99%")?)?,
        })
    }
}

/// A time as wrk writes it.
fn milliseconds(text: &str) -> Result<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(number.parse::<f64>()? * factor);
        }
    }
    anyhow::bail!("{text} is no time")
}

fn median(mut found: Vec<Found>) -> Found {
    found.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    found[found.len() / 2]
}

/// A tracker with a build, and an account whose devices announce themselves.
struct Tracker {
    server: Server,
    token: String,
    peers: Vec<Identity>,
    game: Slug,
    blob: BlobId,
}

impl Tracker {
    fn start(scene: &Scene, name: &str, mut settings: Vec<(&'static str, String)>) -> Result<Self> {
        settings.push(("MIST_REQUESTS_PER_MINUTE", "0".into()));
        let options = ServerOptions { name: name.into(), settings, ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let (admin, game) = (server.admin()?, "game-0");
        let build = scene.path(&format!("build-{name}"));
        Tree::default().file("world.bin", random_bytes(1, 300_000)).write_to(&build)?;
        admin.new_game(game)?;
        admin.push(&build, game, "1")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (token, peers, blob) = runtime.block_on(Self::fill(&server.url(), game))?;
        Ok(Self { server, token, peers, game: game.parse()?, blob })
    }

    async fn fill(url: &str, game: &str) -> Result<(String, Vec<Identity>, BlobId)> {
        let client = reqwest::Client::new();
        let send = async |method: Method, path: String, token: &str, body: serde_json::Value| {
            let request = client.request(method, format!("{url}/api/v1{path}")).bearer_auth(token);
            anyhow::Ok(request.json(&body).send().await?.error_for_status()?)
        };
        let login = Login { user: "admin".parse()?, password: PASSWORD.into(), device: None, code: None };
        let body = serde_json::to_value(login)?;
        let session: Session = send(Method::POST, "/auth/login".into(), "", body).await?.json().await?;
        let token = session.access_token;
        for n in 1..GAMES {
            let title = Some(format!("A game with a title of some length {n}").parse()?);
            let game = NewGame { slug: format!("game-{n}").parse()?, title, app_id: None, is_private: false };
            send(Method::POST, "/games".into(), &token, serde_json::to_value(game)?).await?;
        }
        let mut peers = Vec::with_capacity(PEERS);
        for _ in 0..PEERS {
            let peer = Identity::generate();
            let device = serde_json::to_value(NewDevice { name: "a device".into() })?;
            send(Method::PUT, format!("/devices/{}", peer.peer_name()), &token, device).await?;
            peers.push(peer);
        }
        let builds =
            client.get(format!("{url}/api/v1/games/{game}/builds")).bearer_auth(&token).send().await?;
        let builds: BuildList = builds.error_for_status()?.json().await?;
        Ok((token, peers, builds.builds.first().context("a build")?.archive))
    }

    /// Each peer in turn says that it has a build, or half of it.
    fn announces(&self) -> Result<String> {
        let announce = |(n, peer): (usize, &Identity)| Announce {
            peer: peer.peer_name().clone(),
            session: format!("session-{n}"),
            addresses: vec![
                SocketAddr::from(([192, 168, 1, u8::try_from(n % 250).unwrap_or(0)], 40_000)),
                SocketAddr::from(([100, 64, 0, u8::try_from(n % 250).unwrap_or(0)], 40_000)),
            ],
            holdings: vec![Holding {
                game: self.game.clone(),
                blob: self.blob,
                complete: n.is_multiple_of(2),
                pieces: 1 + u64::from(n.is_multiple_of(2)),
            }],
            moving: vec![],
            leaving: false,
        };
        self.posts("/swarm/announce", self.peers.iter().enumerate().map(announce))
    }

    /// Each peer in turn asks who has it.
    fn looks(&self) -> Result<String> {
        let look = |peer: &Identity| SourcesRequest {
            game: self.game.clone(),
            blob: self.blob,
            peer: Some(peer.peer_name().clone()),
        };
        self.posts("/swarm/sources", self.peers.iter().map(look))
    }

    fn posts<T: Serialize>(&self, path: &str, bodies: impl Iterator<Item = T>) -> Result<String> {
        let mut text = format!("local path, token = '/api/v1{path}', '{}'\nlocal bodies = {{\n", self.token);
        for body in bodies {
            writeln!(text, "[==[{}]==],", serde_json::to_string(&body)?)?;
        }
        Ok(text
            + "}\nlocal all, n = {}, 0\nfunction init()\n  for i, body in ipairs(bodies) do\n    \
               all[i] = wrk.format('POST', path, { ['Authorization'] = 'Bearer ' .. token, \
               ['Content-Type'] = 'application/json' }, body)\n  end\nend\nfunction request()\n  \
               n = n % #all + 1\n  return all[n]\nend\n")
    }

    fn reads(&self) -> String {
        format!("{}wrk.headers['Authorization'] = 'Bearer {}'\n", read(), self.token)
    }

    fn catalogue(&self) -> Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let url = format!("{}/api/v1/games", self.server.url());
            let answer = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await?;
            Ok(answer.error_for_status()?.bytes().await?.to_vec())
        })
    }
}

fn read() -> String {
    "wrk.path = '/api/v1/games'\n".into()
}

/// BitTorrent's tracker in C. It ends each connection with its answer.
struct OpenTracker {
    // Held to keep it running.
    _task: Task,
    address: SocketAddr,
}

impl OpenTracker {
    fn start(scene: &Scene) -> Result<Self> {
        let address = loopback::free_address()?;
        let task = Program::system("opentracker", &Place::Here, &scene.logs())
            .args(["-i", "127.0.0.1", "-p", &address.port().to_string(), "-d"])
            .arg(scene.folder("opentracker")?)
            .start()?;
        loopback::answers(address)?;
        Ok(Self { _task: task, address })
    }

    /// As many peers as at the others; it tells them apart by their ports.
    fn script(&self) -> String {
        format!(
            "local n = 0\nfunction request()\n  n = n % {PEERS} + 1\n  return wrk.format('GET', \
             '/announce?info_hash=%01%02%03%04%05%06%07%08%09%10%11%12%13%14%15%16%17%18%19%20&peer_id=-MI0001-' \
             .. string.format('%012d', n) .. '&port=' .. (20000 + n) .. '&uploaded=0&downloaded=0&left=' .. \
             (n % 2) .. '&compact=1&numwant=50')\nend\n"
        )
    }
}

/// A route that answers with the same catalogue from memory.
struct Bare {
    // Held to keep it running.
    _task: Task,
    address: SocketAddr,
}

impl Bare {
    fn start(scene: &Scene, like: &Tracker) -> Result<Self> {
        let file = scene.path("catalogue.json");
        fs::write(&file, like.catalogue()?)?;
        let task = Program::ours("examples/bare", &Place::Here, &scene.logs())?.arg(&file).start()?;
        let address = eventually("the bare route says where it listens", Duration::from_secs(10), || {
            Ok(task.output().trim().parse().ok())
        })?;
        Ok(Self { _task: task, address })
    }
}

/// Reads at half the rate of `full`: by themselves, and beside connections that never end their requests.
fn under_half(wrk: &Wrk, tracker: &Tracker, full: &Found) -> Result<String> {
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

/// The rates, each beside the one that it is measured against.
fn table(cases: &[Case], found: &[Found]) -> String {
    let mut text =
        "| what | requests a second | against | median | p99 |\n|---|---|---|---|---|\n".to_owned();
    for (n, (case, it)) in cases.iter().zip(found).enumerate() {
        // opentracker for what peers ask, the bare route for what people look at.
        let best = &found[if n < 5 { 0 } else { 5 }];
        let (rate, ratio) = (it.per_second, it.per_second / best.per_second);
        let _ = writeln!(
            text,
            "| {} | {rate:.0} | {ratio:.2} | {:.2} ms | {:.2} ms |",
            case.title, it.median_ms, it.p99_ms
        );
    }
    text
}

/// Prints the table, and puts it into the document that the first argument after `--write` names.
fn report(table: &str) -> Result<()> {
    let machine = figures::machine();
    let text = format!(
        "{machine}; medians of {RUNS} runs of {SECONDS} s, wrk with {CONNECTIONS} connections on the same machine.\n\n{table}"
    );
    println!("{text}");
    figures::put_if_asked(NAME, &text)
}
