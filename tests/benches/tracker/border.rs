//! Bytes through nginx with TLS, beside nginx alone with the same files and the same kind of certificate.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use mist_proto::http::HttpsFormat;
use mist_system_tests::{
    Border, Place, Program, Scene, Server, ServerOptions, Task, Tree, certify, eventually, loopback, nginx,
    random_bytes,
};

use crate::{
    friends::Api,
    wrk::{Wrk, median},
};

/// Each case runs this often; the medians are reported.
const RUNS: usize = 3;
/// The archive that ranges are read of.
const ARCHIVE: usize = 256 << 20;
/// A range, as friends ask for them.
const RANGE: u64 = 1 << 20;
/// What is uploaded.
const UPLOAD: usize = 1 << 30;
const LIMIT: Duration = Duration::from_secs(300);

/// The table.
pub(crate) fn measure(scene: &Scene) -> Result<String> {
    let settings = vec![
        ("MIST_REQUESTS_PER_MINUTE", "0".into()),
        ("MIST_TRUSTED_PROXIES", "127.0.0.1/32".into()),
        ("MIST_NGINX_LOCATION", "/store/".into()),
    ];
    // Two trackers, because one that may let nginx send its files always does.
    let plain = server(scene, "plain", settings[..2].to_vec())?;
    let letting = server(scene, "letting", settings)?;
    let at_plain = Border::start_here(scene, "border-plain", plain.address(), None)?;
    let at_letting = Border::start_here(scene, "border-letting", letting.address(), Some(&letting.store()))?;
    let alone = Alone::start(scene, "alone", &plain.store())?;
    let (place, file) = archive(scene, &plain)?;
    let (letting_place, _) = archive(scene, &letting)?;
    let cases = [
        ("nginx alone", ranges(alone.address, &format!("/{file}"))),
        (
            "through nginx, which sends the file itself (`nginx_location`)",
            ranges(port(at_letting.url())?, &letting_place),
        ),
        ("through nginx, from the seed", ranges(port(at_plain.url())?, &place)),
    ];
    let wrk = Wrk { scene };
    let mut found = vec![vec![]; cases.len()];
    for _ in 0..RUNS {
        for ((_, (at, script)), found) in cases.iter().zip(&mut found) {
            found.push(wrk.run_secure(*at, script)?);
        }
    }
    let found: Vec<_> = found.into_iter().map(median).collect();
    let mut text = format!(
        "medians of {RUNS} runs, TLS, over loopback.\n\n| ranges of 1 MiB of an archive of {} MiB | MB a second | against |\n|---|---|---|\n",
        ARCHIVE >> 20
    );
    for ((title, _), it) in cases.iter().zip(&found) {
        let rate = |per_second: f64| per_second * RANGE as f64 / 1e6;
        let _ = writeln!(
            text,
            "| {title} | {:.0} | {:.2} |",
            rate(it.per_second),
            it.per_second / found[0].per_second
        );
    }
    text += &uploads(scene, &plain, &at_plain)?;
    Ok(text)
}

fn server(scene: &Scene, name: &str, settings: Vec<(&'static str, String)>) -> Result<Server> {
    Server::start_with(scene, ServerOptions { name: name.into(), settings, ..ServerOptions::default() })
}

fn port(url: &str) -> Result<SocketAddr> {
    Ok(url.trim_start_matches("https://").parse()?)
}

/// Publishes a build and waits until its archive is stored; its place at the tracker, and its file in the store.
fn archive(scene: &Scene, server: &Server) -> Result<(String, String)> {
    let (admin, game) = (server.admin()?, "ranges");
    let build = scene.path("ranges");
    Tree::default().file("world.bin", random_bytes(1, ARCHIVE)).write_to(&build)?;
    admin.new_game(game)?;
    admin.push(&build, game, "1")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let api = Api::at(&server.url());
    let token = runtime.block_on(api.login("admin"))?;
    let blob = runtime.block_on(api.archive(game, &token))?;
    eventually("the archive is stored", LIMIT, || {
        let sources = runtime.block_on(api.sources(game, blob, &token))?;
        let stored = sources.https.into_iter().find(|source| source.format == HttpsFormat::Zst);
        let stored = stored.filter(|_| !sources.preparing);
        Ok(stored.map(|source| (source.data, format!("cache/{}.tar.zst", blob.hash))))
    })
}

/// Ranges of a file, from anywhere in it.
fn ranges(at: SocketAddr, path: &str) -> (SocketAddr, String) {
    let last = ARCHIVE as u64 / RANGE - 1;
    let script = format!(
        "function request()\n  local from = math.random(0, {last}) * {RANGE}\n  \
         return wrk.format('GET', '{path}', {{ ['Range'] = string.format('bytes=%d-%d', from, from + {RANGE} - 1) }})\nend\n"
    );
    (at, script)
}

/// nginx without Mist.
struct Alone {
    // Held to keep it running.
    _task: Task,
    address: SocketAddr,
}

impl Alone {
    fn start(scene: &Scene, name: &str, root: &Path) -> Result<Self> {
        let dir = scene.folder(name)?;
        certify(&dir, Ipv4Addr::LOCALHOST)?;
        let address = loopback::free_address()?;
        let config = dir.join("nginx.conf");
        fs::write(&config, nginx::file_taker(&dir, address, root))?;
        let task = Program::system("nginx", &Place::Here, &scene.logs()).arg("-c").arg(&config).start()?;
        loopback::answers(address)?;
        Ok(Self { _task: task, address })
    }
}

/// A build of new content by `mistpipe push`, until friends can have it; and the same file by curl.
fn uploads(scene: &Scene, server: &Server, border: &Border) -> Result<String> {
    let root = scene.folder("taken")?;
    let alone = Alone::start(scene, "taker", &root)?;
    let authority = border.authority().to_string_lossy();
    // The machine that has the release key.
    let admin = server.admin()?.with_env("SSL_CERT_FILE", &authority);
    admin.login_at(border.url())?;
    let (mut pushes, mut puts) = (vec![], vec![]);
    for run in 0..RUNS {
        let dir = scene.path(&format!("upload-{run}"));
        Tree::default().file("world.bin", random_bytes(100 + run as u64, UPLOAD)).write_to(&dir)?;
        let game = format!("upload-{run}");
        admin.new_game(&game)?;
        let begun = Instant::now();
        admin.push(&dir, &game, "1")?;
        pushes.push(begun.elapsed());
        let begun = Instant::now();
        Program::system("curl", &Place::Here, &scene.logs())
            .args(["--silent", "--fail", "--insecure", "--upload-file"])
            .arg(dir.join("world.bin"))
            .arg(format!("https://{}/world-{run}.bin", alone.address))
            .run(LIMIT)?
            .success()?;
        puts.push(begun.elapsed());
        fs::remove_dir_all(&dir)?;
        fs::remove_file(root.join(format!("world-{run}.bin")))?;
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times.get(times.len() / 2).copied().context("a run")
    };
    let (push, put) = (median(pushes)?.as_secs_f64(), median(puts)?.as_secs_f64());
    Ok(format!(
        "\nA build of 1 GiB of new content: `curl -T` to nginx {put:.1} s; `mistpipe push` through nginx, until friends can have it, {push:.1} s \
         ({:.2} of its rate).\n",
        put / push
    ))
}
