//! How fast a game comes from one machine to another, beside rsync and HTTPS: from disk to disk over loopback, checked,
//! and durable at the end of the clock. `scripts/bench-transfer` builds what it needs and runs it.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{
    Place, Program, Scene, Server, Task, Tree, assert_same_tree, certify, figures, loopback, nginx,
    random_bytes, until,
};

/// Each tool runs this often with each load; the medians are reported.
const RUNS: usize = 5;
const LIMIT: Duration = Duration::from_secs(300);
/// What the table's place in the document is called.
const NAME: &str = "bench-transfer";

/// What is moved.
struct Load {
    game: &'static str,
    title: &'static str,
    dir: PathBuf,
    bytes: u64,
}

/// Who moves it. A run is timed by its caller, from nothing to durable.
trait Mover {
    fn name(&self) -> &'static str;

    /// Brings `load` to the absent or empty folder `to`.
    fn run(&self, load: &Load, to: &Path) -> Result<Duration>;
}

fn main() -> Result<()> {
    Scene::play(|scene| {
        let loads = [one_big_file(scene)?, many_small_files(scene)?];
        let server = Server::start(scene)?;
        publish(&server, &loads)?;
        let movers: [&dyn Mover; 3] =
            [&Mist { server: &server }, &Rsync::start(scene)?, &Https::start(scene, &loads)?];
        let mut rows = vec![];
        for load in &loads {
            let mut times = vec![vec![]; movers.len()];
            // In turn, so that a disk or a neighbour that slows down does so for all.
            for run in 0..RUNS {
                for (mover, times) in movers.iter().zip(&mut times) {
                    let to =
                        scene.path(&format!("to-{}-{}-{run}", load.game, mover.name().replace(' ', "-")));
                    times.push(mover.run(load, &to)?);
                    assert_same_tree(&load.dir, &to)?;
                    fs::remove_dir_all(&to)?;
                }
            }
            let medians = times.into_iter().map(median).collect::<Vec<_>>();
            rows.extend(table(load, &movers, &medians));
        }
        report(&rows)
    })
}

fn one_big_file(scene: &Scene) -> Result<Load> {
    const SIZE: usize = 1 << 30;
    let dir = scene.path("big");
    Tree::default().file("world.bin", random_bytes(1, SIZE)).write_to(&dir)?;
    Ok(Load { game: "big", title: "one file of 1 GiB", dir, bytes: SIZE as u64 })
}

fn many_small_files(scene: &Scene) -> Result<Load> {
    const FILES: u64 = 5000;
    const SIZE: usize = 100_000;
    let dir = scene.path("small");
    let tree = (0..FILES).fold(Tree::default(), |tree, n| {
        tree.file(&format!("data/{:02}/{n:04}.bin", n % 50), random_bytes(1000 + n, SIZE))
    });
    tree.write_to(&dir)?;
    Ok(Load { game: "small", title: "5,000 files of 100 kB", dir, bytes: FILES * SIZE as u64 })
}

/// Pushes the loads and waits until the server is at rest.
fn publish(server: &Server, loads: &[Load]) -> Result<()> {
    let admin = server.admin()?;
    for load in loads {
        admin.new_game(load.game)?;
        admin.push(&load.dir, load.game, "1")?;
    }
    until("the server's jobs end", LIMIT, Duration::from_millis(500), || {
        let jobs = server.stats()?.jobs;
        Ok((jobs.queued + jobs.running == 0).then_some(()))
    })
}

/// `mist install` by a new friend, from the seed. The clock includes finding it, checking every byte and every file.
struct Mist<'a> {
    server: &'a Server,
}

impl Mover for Mist<'_> {
    fn name(&self) -> &'static str {
        "Mist"
    }

    fn run(&self, load: &Load, to: &Path) -> Result<Duration> {
        let name = to.file_name().context("a folder has a name")?.to_string_lossy().to_lowercase();
        let friend = self.server.friend(&name)?;
        let install = friend.mist(&["install", load.game, "--dir"])?.arg(to);
        let took = timed(to, || install.run(LIMIT)?.success())?;
        let done = friend.last_operation(load.game)?;
        ensure!(2 * done.bytes.seed > done.bytes.total(), "not by QUIC: {done:?}");
        Ok(took)
    }
}

/// `rsync` from its daemon. It checks each file by a hash of the whole as it arrives.
struct Rsync {
    // Held to keep it running.
    _daemon: Task,
    address: SocketAddr,
    logs: PathBuf,
}

impl Rsync {
    fn start(scene: &Scene) -> Result<Self> {
        let address = loopback::free_address()?;
        let root = scene.path("");
        let config = scene.path("rsyncd.conf");
        let text = format!("use chroot = no\nuid = root\ngid = root\n[data]\npath = {}\n", root.display());
        fs::write(&config, text)?;
        let daemon = Program::system("rsync", &Place::Here, &scene.logs())
            .args([
                "--daemon",
                "--no-detach",
                "--address=127.0.0.1",
                &format!("--port={}", address.port()),
                "--config",
            ])
            .arg(&config)
            .start()?;
        loopback::answers(address)?;
        Ok(Self { _daemon: daemon, address, logs: scene.logs() })
    }
}

impl Mover for Rsync {
    fn name(&self) -> &'static str {
        "rsync"
    }

    fn run(&self, load: &Load, to: &Path) -> Result<Duration> {
        let from = format!("rsync://{}/data/{}/", self.address, load.game);
        let copy = Program::system("rsync", &Place::Here, &self.logs).args(["-a", "-W", &from]).arg(to);
        timed(to, || copy.run(LIMIT)?.success())
    }
}

/// `curl` from nginx with TLS, then `sha256sum` over the result, which HTTPS alone does not give.
struct Https {
    // Held to keep it running.
    _nginx: Task,
    dir: PathBuf,
    logs: PathBuf,
}

impl Https {
    fn start(scene: &Scene, loads: &[Load]) -> Result<Self> {
        let dir = scene.folder("https")?;
        let address = loopback::free_address()?;
        certify(&dir, Ipv4Addr::LOCALHOST)?;
        let config = dir.join("nginx.conf");
        fs::write(&config, nginx::file_server(&dir, address, &scene.path("")))?;
        for load in loads {
            lists(load, &dir, address)?;
        }
        let nginx = Program::system("nginx", &Place::Here, &scene.logs()).arg("-c").arg(&config).start()?;
        loopback::answers(address)?;
        Ok(Self { _nginx: nginx, dir, logs: scene.logs() })
    }
}

impl Mover for Https {
    fn name(&self) -> &'static str {
        "nginx + curl"
    }

    fn run(&self, load: &Load, to: &Path) -> Result<Duration> {
        let list = |kind: &str| self.dir.join(format!("{}.{kind}", load.game));
        fs::create_dir(to)?;
        let place = Place::Here;
        let get = Program::system("curl", &place, &self.logs)
            .args(["--silent", "--fail", "--http1.1", "--parallel", "--parallel-max", "8", "--create-dirs"])
            .arg("--output-dir")
            .arg(to)
            .arg("--cacert")
            .arg(self.dir.join("ca.pem"))
            .arg("--config")
            .arg(list("urls"));
        let check = Program::system("env", &place, &self.logs)
            .arg("-C")
            .arg(to)
            .args(["sha256sum", "--check", "--quiet"])
            .arg(list("sums"));
        timed(to, || {
            get.run(LIMIT)?.success()?;
            check.run(LIMIT)?.success()
        })
    }
}

/// Writes what curl and sha256sum are to read.
fn lists(load: &Load, dir: &Path, address: SocketAddr) -> Result<()> {
    let sums = Command::new("sh")
        .args(["-c", "find . -type f -printf '%P\\0' | xargs -0 sha256sum"])
        .current_dir(&load.dir)
        .output()?;
    ensure!(sums.status.success(), "sha256sum: {}", String::from_utf8_lossy(&sums.stderr));
    let text = String::from_utf8(sums.stdout)?;
    let mut urls = String::new();
    for line in text.lines() {
        let (_, path) = line.split_once("  ").context("a line of sha256sum")?;
        urls += &format!("url = https://{address}/{}/{path}\noutput = {path}\n", load.game);
    }
    fs::write(dir.join(format!("{}.urls", load.game)), urls)?;
    fs::write(dir.join(format!("{}.sums", load.game)), text)?;
    Ok(())
}

/// The time of `work` until what it wrote below `to` is on the disk.
fn timed<T>(to: &Path, work: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    let synced = Command::new("sync").arg("--file-system").arg(to).status()?;
    ensure!(synced.success(), "sync failed");
    Ok(started.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The lines of one load: each mover's median, its rate, and how the first compares with it.
fn table(load: &Load, movers: &[&dyn Mover], medians: &[Duration]) -> Vec<String> {
    let ours = medians[0].as_secs_f64();
    let row = |(mover, time): (&&dyn Mover, &Duration)| {
        let seconds = time.as_secs_f64();
        let rate = load.bytes as f64 / 1e6 / seconds;
        format!(
            "| {} | {} | {seconds:.2} s | {rate:.0} MB/s | {:.2} |",
            load.title,
            mover.name(),
            seconds / ours
        )
    };
    movers.iter().zip(medians).map(row).collect()
}

/// Prints the table, and puts it into the document that the first argument after `--write` names.
fn report(rows: &[String]) -> Result<()> {
    let machine = figures::machine();
    let head = "| load | by | median | rate | time against Mist |\n|---|---|---|---|---|";
    let text =
        format!("{machine}; medians of {RUNS} runs, warm page cache.\n\n{head}\n{}\n", rows.join("\n"));
    println!("{text}");
    figures::put_if_asked(NAME, &text)
}
