//! Several trackers behind one border, on one database and one Redis server.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_peer::RateLimits;
use mist_proto::http::{JobList, JobSpec, JobState};
use mist_system_tests::{
    Admin, Balancer, Place, Postgres, Redis, RemoteSeed, Scene, Server, ServerOptions, Tree,
    assert_same_tree, eventually, loopback, random_bytes,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use walkdir::WalkDir;

use crate::{
    api::{Api, Begun},
    test_peer::TestPeer,
};

const LIMIT: Duration = Duration::from_secs(60);

fn make(scene: &Scene, version: &str, seed: u64) -> Result<()> {
    let tree = Tree::default()
        .file("same.bin", random_bytes(70, 1 << 20))
        .file("data.bin", random_bytes(seed, 1 << 20));
    tree.write_to(&scene.path(version))
}

/// Two trackers behind a balancer, and what they share.
struct Pair {
    first: Server,
    second: Server,
    balancer: Balancer,
    database: Postgres,
    redis: Redis,
}

impl Pair {
    /// Starts them; the first has a seed inside, if one is wanted.
    fn start(scene: &Scene, seed: bool) -> Result<Self> {
        let database = Postgres::start(scene)?;
        let redis = Redis::start(scene)?;
        let mut balancer = Balancer::reserve()?;
        let one = |name: &str, seed| {
            let settings = vec![
                ("MIST_REDIS_URL", redis.url()),
                ("MIST_PUBLIC_URL", balancer.url()),
                ("MIST_TRUSTED_PROXIES", "127.0.0.1/32".into()),
            ];
            let database = Some(database.url());
            let options =
                ServerOptions { name: name.into(), seed, database, settings, ..ServerOptions::default() };
            Server::start_with(scene, options)
        };
        let (first, second) = (one("first", seed)?, one("second", false)?);
        balancer.start(scene, &[first.address(), second.address()])?;
        Ok(Self { first, second, balancer, database, redis })
    }

    /// The first admin, of whose requests each may go to either.
    fn admin(&self) -> Result<Admin> {
        let admin = self.first.admin()?;
        admin.login_at(&self.balancer.url())?;
        Ok(admin)
    }
}

#[test]
fn two_trackers_serve_as_one_while_each_part_dies_and_comes_back() -> Result<()> {
    Scene::play(|scene| {
        let Pair { first, second, balancer, mut redis, database: _database } = Pair::start(scene, true)?;

        // Requests of one command go to both.
        let admin = first.admin()?;
        admin.login_at(&balancer.url())?;
        admin.new_game("drift")?;
        make(scene, "1", 71)?;
        admin.push(&scene.path("1"), "drift", "1")?;
        let eve = second.stranger("eve", &Place::Here)?;
        eve.login_at(&balancer.url())?;
        eve.install("drift")?;
        assert_same_tree(&scene.path("1"), &eve.folder("drift"))?;
        // The seed speaks to the first; the second knows.
        second.wait_for_copies("drift", 1.0)?;
        ensure!(second.stats()?.health.ok, "{:?}", second.stats()?.health);

        // What is set at one counts at the other.
        first.tracker(&["set", "direct_patch_above", "128"], "")?;
        eventually("the other tracker has it too", LIMIT, || {
            let told = second.tracker(&["settings", "--json"], "")?.said();
            let line = told.lines().find(|line| line.contains("\"direct_patch_above\""));
            let line = line.context("a line for the setting")?;
            Ok((line.contains("\"128\"") && line.contains("\"portal\"")).then_some(()))
        })?;

        // One of them dies in the middle of the evening.
        second.kill_nine()?;
        make(scene, "2", 72)?;
        admin.push(&scene.path("2"), "drift", "2")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("2"), &eve.folder("drift"))?;
        second.restart()?;

        // What they share goes away and comes back with nothing in it.
        redis.kill_nine()?;
        for tracker in [&first, &second] {
            let health = tracker.stats()?.health;
            ensure!(!health.ok && health.problems[0].contains("out of reach"), "{health:?}");
        }
        redis.restart()?;
        second.wait_for_copies("drift", 1.0)?;
        eventually("all is well again", LIMIT, || Ok(second.stats()?.health.ok.then_some(())))?;
        make(scene, "3", 73)?;
        admin.push(&scene.path("3"), "drift", "3")?;
        eve.update("drift")?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))?;

        // Who is shut out at one is shut out at both.
        second.tracker(&["user", "disable", "eve"], "")?;
        admin.run(&["live", "drift@2"])?;
        for url in [first.url(), second.url(), balancer.url()] {
            eve.login_at(&url).expect_err("a disabled account signed in");
        }
        let refused = eve.mist(&["update", "drift"])?.run(LIMIT)?;
        ensure!(refused.code() != Some(0), "{}", refused.said());
        Ok(())
    })
}

/// What a tracker tells those who watch it.
#[derive(Debug, PartialEq, Eq)]
struct Watched {
    ready: u16,
    database_up: u8,
    shared_up: u8,
}

/// All is in reach.
const WELL: Watched = Watched { ready: 200, database_up: 1, shared_up: 1 };

impl Watched {
    /// Asks at the address for those who watch. Prometheus would wait for ten seconds.
    fn ask(address: SocketAddr) -> Result<Self> {
        let began = Instant::now();
        let ready = Begun::at(address, "/readyz")?.status()?;
        let to_answer = began.elapsed();
        let mut figures = Begun::at(address, "/metrics")?;
        ensure!(figures.status()? == 200, "{}", figures.head);
        let text = figures.rest().map_err(|(_, error)| error)?;
        let text = String::from_utf8(text)?;
        let took = began.elapsed() - to_answer;
        ensure!(to_answer < Duration::from_secs(5), "/readyz answered after {to_answer:?}");
        ensure!(took < Duration::from_secs(10), "/metrics answered after {took:?}");
        let value = |name: &str| -> Result<u8> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).context("a figure")?;
            Ok(line.trim().parse()?)
        };
        Ok(Self { ready, database_up: value("mist_database_up")?, shared_up: value("mist_shared_up")? })
    }
}

#[test]
fn a_tracker_tells_what_it_misses_until_that_is_back() -> Result<()> {
    Scene::play(|scene| {
        let (mut database, mut redis) = (Postgres::start(scene)?, Redis::start(scene)?);
        let watched = loopback::free_address()?;
        let settings = vec![("MIST_REDIS_URL", redis.url()), ("MIST_METRICS_LISTEN", watched.to_string())];
        let options = ServerOptions { database: Some(database.url()), settings, ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let admin = server.admin()?;
        // Some games, of each of which somebody asks Redis.
        for game in ["drift", "rally", "karts"] {
            admin.new_game(game)?;
            make(scene, game, 75)?;
            admin.push(&scene.path(game), game, "1")?;
        }
        let tells = |what: &str, wanted: Watched| {
            eventually(what, LIMIT, || {
                let told = Watched::ask(watched)?;
                ensure!(told == wanted, "{told:?}");
                Ok(Some(()))
            })
        };
        let without_redis = || Watched { ready: 503, database_up: 1, shared_up: 0 };
        tells("all is well", WELL)?;

        redis.kill_nine()?;
        tells("Redis is dead", without_redis())?;
        redis.restart()?;
        tells("Redis is back", WELL)?;

        redis.hang()?;
        tells("Redis hangs", without_redis())?;
        let began = Instant::now();
        let health = server.stats()?.health;
        ensure!(!health.ok && health.problems[0].contains("out of reach"), "{health:?}");
        let took = began.elapsed();
        ensure!(took < Duration::from_secs(8), "each game had its wait: {took:?}");
        redis.go_on()?;
        tells("Redis goes on", WELL)?;

        database.kill_nine()?;
        tells("PostgreSQL is dead", Watched { ready: 503, database_up: 0, shared_up: 1 })?;
        redis.kill_nine()?;
        tells("both are dead", Watched { ready: 503, database_up: 0, shared_up: 0 })?;
        database.restart(scene)?;
        tells("PostgreSQL is back", without_redis())?;
        redis.restart()?;
        tells("both are back", WELL)?;
        server.wait_for_copies("karts", 1.0)
    })
}

/// The bytes in the files below a folder.
fn size_of(folder: &Path) -> u64 {
    let files = WalkDir::new(folder).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    files.filter(|meta| meta.is_file()).map(|meta| meta.len()).sum()
}

/// Pushes a build, strikes once `store` has some megabytes of it, and sees the push through: it goes on, or the same command
/// is given again.
fn push_struck(
    admin: &Admin,
    scene: &Scene,
    version: &str,
    store: &Path,
    strike: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let before = size_of(store);
    let mut push = admin.pushing(&scene.path(version), "drift", version)?.start()?;
    eventually("the seed has some of it", LIMIT, || {
        push.still_runs()?;
        Ok((size_of(store) >= before + (4 << 20)).then_some(()))
    })?;
    push.still_runs().context("it was done before it could be struck")?;
    strike()?;
    if push.finish(2 * LIMIT)?.code() != Some(0) {
        admin.push(&scene.path(version), "drift", version)?;
    }
    Ok(())
}

#[test]
fn a_seed_and_the_database_die_in_the_middle_and_nothing_is_lost_or_done_twice() -> Result<()> {
    const NEW: usize = 24 << 20;
    Scene::play(|scene| {
        let mut pair = Pair::start(scene, false)?;
        let admin = pair.admin()?;
        admin.new_game("drift")?;
        let url = pair.balancer.url();
        let mut seed = RemoteSeed::start_behind(scene, &pair.first, &Place::Here, &url)?;
        let store = seed.store().clone();
        for version in 1..=3 {
            // What changed all over is cheap by a patch, and dear by pieces.
            let mut changed = random_bytes(90, 8 << 20);
            changed.chunks_mut(64 << 10).for_each(|part| part[0] = version);
            let tree = Tree::default()
                .file("new.bin", random_bytes(90 + u64::from(version), NEW))
                .file("changed.bin", changed);
            tree.write_to(&scene.path(&version.to_string()))?;
        }
        admin.push(&scene.path("1"), "drift", "1")?;
        push_struck(&admin, scene, "2", &store, || {
            seed.kill_nine()?;
            seed.restart()
        })?;
        push_struck(&admin, scene, "3", &store, || {
            pair.database.kill_nine()?;
            pair.database.restart(scene)
        })?;

        let eve = pair.second.stranger("eve", &Place::Here)?;
        eve.login_at(&url)?;
        eve.run(&["settings", "--limit-lan", "true", "--down", "3M"])?;
        let mut install = eve.installing("drift")?.start()?;
        eventually("something has come", LIMIT, || {
            install.still_runs()?;
            Ok((size_of(&eve.folder("drift")) >= 1 << 20).then_some(()))
        })?;
        pair.database.kill_nine()?;
        install.still_runs().context("it ended when the database did")?;
        pair.database.restart(scene)?;
        install.finish(2 * LIMIT)?.success()?;
        assert_same_tree(&scene.path("3"), &eve.folder("drift"))?;

        // The patches are right, too.
        let ann = pair.first.stranger("ann", &Place::Here)?;
        ann.login_at(&url)?;
        ann.install("drift@2")?;
        assert_same_tree(&scene.path("2"), &ann.folder("drift"))?;
        let installed = ann.last_operation("drift")?.bytes;
        ann.update("drift")?;
        assert_same_tree(&scene.path("3"), &ann.folder("drift"))?;
        let update = ann.last_operation("drift")?;
        ensure!(update.route == "patches", "{update:?}");

        for server in [&pair.first, &pair.second] {
            eventually("all is done", 2 * LIMIT, || {
                let stats = server.stats()?;
                ensure!(stats.health.ok, "{:?}", stats.health);
                ensure!(stats.jobs.queued + stats.jobs.running + stats.jobs.failed == 0, "{:?}", stats.jobs);
                Ok(Some(()))
            })?;
            let stats = server.stats()?;
            let game = stats.games.first().context("a game")?;
            let live = game.live.as_ref().map(|version| version.as_str());
            ensure!((game.builds, live) == (3, Some("3")), "{game:?}");
            let api = Api::login(server, "admin")?;
            let list: JobList = api.ask(Method::GET, "/jobs", None)?;
            let open = list.jobs.iter().find(|job| job.state != JobState::Done);
            ensure!(open.is_none(), "{open:?}");
            ensure!(stats.jobs.done == list.jobs.len() as u64, "{:?}, but {:?}", stats.jobs, list.jobs);
            // Whether files can go is looked at after each push.
            let once = list.jobs.iter().filter(|job| !matches!(job.spec, JobSpec::Thin(_)));
            let told: Vec<String> = once.map(|job| job.spec.to_string()).collect();
            ensure!(told.iter().collect::<BTreeSet<_>>().len() == told.len(), "one was done twice: {told:?}");
            for wanted in ["finalizing 1", "finalizing 2", "finalizing 3", "patch 1 -> 2", "patch 2 -> 3"] {
                ensure!(told.iter().any(|job| job == wanted), "no {wanted}: {told:?}");
            }
            // What friends received was counted once.
            let received =
                eve.last_operation("drift")?.bytes.total() + installed.total() + update.bytes.total();
            eventually("what was received is counted", LIMIT, || {
                let counted = server.stats()?.bytes.total();
                ensure!(counted == received, "{counted} of {received}");
                Ok(Some(()))
            })?;
        }
        Ok(())
    })
}

#[test]
fn what_is_taken_back_at_one_tracker_counts_at_the_other() -> Result<()> {
    const WITHIN: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let pair = Pair::start(scene, false)?;
        let (first, second) = (&pair.first, &pair.second);
        // Everybody speaks with the first, and what is taken back is so at the second.
        let admin = first.admin()?;
        let _seed = RemoteSeed::start(scene, first, &Place::Here)?;
        admin.run(&["new-game", "secret", "--private"])?;
        Tree::default().file("data.bin", random_bytes(95, 2 << 20)).write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "secret", "1")?;
        let hanna = first.friend("hanna")?;
        drop(first.stranger("ivan", &Place::Here)?);
        for name in ["hanna", "ivan"] {
            second.tracker(&["user", "grant", name, "secret"], "")?;
        }
        hanna.install("secret")?;
        hanna.seed()?;
        first.wait_for_copies("secret", 2.0)?;

        let ivan = Api::login(first, "ivan")?;
        let secret = ivan.build("secret", "1")?.archive;
        let sources = ivan.sources("secret", secret)?;
        ensure!(sources.peers.len() == 2, "a friend and the seed: {:?}", sources.peers);
        let signed = sources.https.first().context("no HTTPS source")?.data.clone();
        ensure!(ivan.get_url(&signed)?.status.is_success(), "a capability that counts");
        let slow = RateLimits { up: None, down: Some(4 << 10), limit_lan: true };
        let peer = TestPeer::start_with(&ivan, "secret", slow)?;
        let _fetch = peer.fetching(scene, "secret", secret, &sources.peers)?;
        eventually("links to both", LIMIT, || Ok((peer.connections() == 2).then_some(())))?;

        second.tracker(&["user", "revoke", "ivan", "secret"], "")?;
        let refused = ivan.call(Method::GET, "/games/secret", None)?;
        ensure!(refused.status == StatusCode::NOT_FOUND, "not at once: {refused:?}");
        eventually("the links end", WITHIN, || Ok((peer.connections() == 0).then_some(())))?;
        eventually("the capability ends", WITHIN, || {
            Ok((ivan.get_url(&signed)?.status == StatusCode::NOT_FOUND).then_some(()))
        })?;

        // A script's token, and a session.
        let token = admin.run(&["token", "add", "nightly", "--level", "read"])?.stdout.trim().to_owned();
        let script = Api::by_token(first, &token)?;
        ensure!(script.call(Method::GET, "/games/secret", None)?.status.is_success());
        let at_second = Api::login(second, "admin")?;
        let tokens: Value = at_second.ask(Method::GET, "/tokens", None)?;
        let id = tokens["tokens"][0]["id"].as_str().with_context(|| format!("{tokens}"))?;
        let removed = at_second.call(Method::DELETE, &format!("/tokens/{id}"), None)?;
        ensure!(removed.status.is_success(), "{removed:?}");
        let refused = script.call(Method::GET, "/games/secret", None)?;
        ensure!(refused.status == StatusCode::UNAUTHORIZED, "the token still counts: {refused:?}");
        second.tracker(&["user", "disable", "ivan"], "")?;
        let refused = ivan.call(Method::GET, "/games", None)?;
        ensure!(refused.status == StatusCode::UNAUTHORIZED, "the session still counts: {refused:?}");
        Ok(())
    })
}
