//! Who may see what, and whom nobody has to believe.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_peer::RateLimits;
use mist_proto::{
    BlobId,
    http::{GameList, Job, JobList, JobSpec, JobState, SourcesRequest},
    limits::GROUP_SIZE,
};
use mist_system_tests::{
    Place, Scene, Server, ServerOptions, Tree, assert_same_tree, eventually, random_bytes,
};
use reqwest::{Method, StatusCode};
use serde_json::to_value;

use crate::{
    api::{Answer, Api, Begun},
    liar::Liar,
    test_peer::TestPeer,
};

const LIMIT: Duration = Duration::from_secs(60);

/// Makes `open` and the private `secret`, each with one build, in folders of those names.
fn an_open_and_a_secret_game(scene: &Scene) -> Result<Server> {
    open_and_secret_on(scene, ServerOptions::default())
}

fn open_and_secret_on(scene: &Scene, options: ServerOptions) -> Result<Server> {
    let server = Server::start_with(scene, options)?;
    let admin = server.admin()?;
    admin.new_game("open")?;
    admin.run(&["new-game", "secret", "--private"])?;
    for (seed, game) in [(51, "open"), (52, "secret")] {
        let tree = Tree::default().file("data.bin", random_bytes(seed, 2 << 20)).file("readme.txt", game);
        tree.write_to(&scene.path(game))?;
        admin.push(&scene.path(game), game, "1")?;
    }
    Ok(server)
}

#[test]
fn a_private_game_does_not_exist_for_others_at_the_tracker() -> Result<()> {
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        let outsider = server.friend("outsider")?;
        ensure!(!outsider.run(&["library"])?.said().contains("secret"), "it is in the library");
        outsider.installing("secret")?.run(LIMIT)?.expect(4)?;

        let secret = Api::login(&server, "admin")?.build("secret", "1")?;
        let api = Api::login(&server, "outsider")?;
        let games: GameList = api.ask(Method::GET, "/games", None)?;
        ensure!(games.games.iter().map(|g| g.slug.as_str()).eq(["open"]), "{games:?}");

        for route in ["/games/SLUG", "/games/SLUG/builds", "/games/SLUG/builds/1/manifest"] {
            same_as_unknown(&api, Method::GET, route, None)?;
        }
        let body = to_value(SourcesRequest { game: "secret".parse()?, blob: secret.archive, peer: None })?;
        same_as_unknown(&api, Method::POST, "/swarm/sources", Some(body))?;
        // Nor with a game that the caller may see in place of the right one.
        let elsewhere = SourcesRequest { game: "open".parse()?, blob: secret.archive, peer: None };
        let answer = api.call(Method::POST, "/swarm/sources", Some(to_value(elsewhere)?))?;
        ensure!(answer.status == StatusCode::NOT_FOUND, "{answer:?}");
        let answer = api.call(Method::GET, &format!("/manifests/{}", secret.manifest.hash), None)?;
        ensure!(answer.status.is_client_error(), "its manifest can be had by hash: {answer:?}");

        // The same calls succeed for one who may.
        server.tracker(&["user", "grant", "outsider", "secret"], "")?;
        api.build("secret", "1")?;
        ensure!(!api.sources("secret", secret.archive)?.peers.is_empty());
        outsider.install("secret")?;
        assert_same_tree(&scene.path("secret"), &outsider.folder("secret"))
    })
}

/// A call for `secret` is answered as one for a game that nobody has made.
fn same_as_unknown(api: &Api, method: Method, route: &str, body: Option<serde_json::Value>) -> Result<()> {
    let ask = |slug: &str| -> Result<Answer> {
        let body = body.as_ref().map(|b| serde_json::from_str(&b.to_string().replace("secret", slug)));
        let mut answer = api.call(method.clone(), &route.replace("SLUG", slug), body.transpose()?)?;
        // A message may repeat what was asked for.
        answer.body = serde_json::from_str(&answer.body.to_string().replace(slug, "SLUG"))?;
        // Every refusal names its own request.
        let id = answer.body.as_object_mut().and_then(|body| body.remove("request_id"));
        ensure!(id.is_some_and(|id| id.is_string()), "{answer:?}");
        Ok(answer)
    };
    let (secret, unknown) = (ask("secret")?, ask("nobody-made-this")?);
    ensure!(secret.status == StatusCode::NOT_FOUND, "{route}: {secret:?}");
    ensure!(secret == unknown, "{route} tells that it exists: {secret:?} for it, {unknown:?} for none");
    Ok(())
}

#[test]
fn a_private_game_can_not_be_fetched_by_guessing_its_hash() -> Result<()> {
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        let admin = Api::login(&server, "admin")?;
        let (open, secret) = (admin.build("open", "1")?.archive, admin.build("secret", "1")?.archive);
        drop(server.stranger("outsider", &Place::Here)?);
        let api = Api::login(&server, "outsider")?;
        let sources = api.sources("open", open)?;

        // At the seed's HTTP router, with the capability for another game.
        let url = sources.https.first().context("no HTTPS source")?.data.clone();
        ensure!(api.get_url(&url)?.status.is_success(), "the capability does not even open its own game");
        let stolen =
            url.replace("/open/", "/secret/").replace(&open.hash.to_string(), &secret.hash.to_string());
        ensure!(stolen != url, "the URL does not name game and blob: {url}");
        let moved = url.replace(&open.hash.to_string(), &secret.hash.to_string());
        let bare = stolen.split('?').next().unwrap_or_default();
        for url in [stolen.as_str(), &moved, bare] {
            let answer = api.get_url(url)?;
            ensure!(answer.status == StatusCode::NOT_FOUND, "{url}: {answer:?}");
        }

        // In the swarm, with the ticket of another game, under either game's name.
        let seeds = sources.peers;
        let peer = TestPeer::start(&api, "open")?;
        let fetched = peer.fetch(scene, "open", open, &seeds)?.context("its own ticket opens nothing")?;
        ensure!(BlobId::of(&fetched) == open);
        for scope in ["secret", "open"] {
            let refused = peer.fetch(scene, scope, secret, &seeds)?;
            ensure!(refused.is_err(), "the seed gave {secret:?} away in {scope}");
        }
        Ok(())
    })
}

#[test]
fn tickets_are_for_games_that_one_may_see() -> Result<()> {
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        drop(server.stranger("outsider", &Place::Here)?);
        let api = Api::login(&server, "outsider")?;
        let games = || -> Result<Vec<String>> {
            let list = TestPeer::tickets(&api)?;
            Ok(list.tickets.into_iter().map(|t| t.game.to_string()).collect())
        };
        ensure!(games()? == ["open"], "{:?}", games()?);
        server.tracker(&["user", "grant", "outsider", "secret"], "")?;
        ensure!(games()?.contains(&"secret".to_owned()));
        server.tracker(&["user", "revoke", "outsider", "secret"], "")?;
        ensure!(games()? == ["open"], "{:?}", games()?);
        Ok(())
    })
}

#[test]
fn what_was_signed_for_somebody_ends_when_they_are_shut_out() -> Result<()> {
    const WITHIN: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        // More than what is on its way between two programs that don't read.
        Tree::default().file("data.bin", random_bytes(53, 32 << 20)).write_to(&scene.path("large"))?;
        server.admin()?.push(&scene.path("large"), "secret", "2")?;
        let admin = Api::login(&server, "admin")?;
        let (secret, large) = (admin.build("secret", "1")?.archive, admin.build("secret", "2")?.archive);
        drop(server.stranger("ivan", &Place::Here)?);
        let ivan = Api::login(&server, "ivan")?;
        let status = |url: &str| -> Result<StatusCode> { Ok(ivan.get_url(url)?.status) };
        let url = |blob| -> Result<String> {
            let sources = ivan.sources("secret", blob)?;
            Ok(sources.https.first().context("no HTTPS source")?.data.clone())
        };
        let ends = |what: &str, url: &str| {
            eventually(what, WITHIN, || Ok((status(url)? == StatusCode::NOT_FOUND).then_some(())))
        };
        server.tracker(&["user", "grant", "ivan", "secret"], "")?;
        let signed = url(secret)?;
        ensure!(status(&signed)?.is_success(), "a capability that counts");
        let mut begun = Begun::get(&server, &url(large)?)?;
        ensure!(begun.status()? == 200, "{}", begun.head);

        server.tracker(&["user", "revoke", "ivan", "secret"], "")?;
        ends("the grant that was taken back", &signed)?;
        // How it breaks off is the connection's to say.
        let got = begun.rest().unwrap_or_else(|(got, _)| got);
        ensure!((got.len() as u64) < begun.length()?, "the answer under way went on to its end");
        server.tracker(&["user", "grant", "ivan", "secret"], "")?;
        eventually("it counts again", WITHIN, || Ok(status(&signed)?.is_success().then_some(())))?;

        server.tracker(&["user", "disable", "ivan"], "")?;
        ends("the account that was disabled", &signed)
    })
}

#[test]
fn open_links_end_when_a_grant_is_taken_back() -> Result<()> {
    const WITHIN: Duration = Duration::from_secs(60);
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        let hanna = server.friend("hanna")?;
        drop(server.stranger("ivan", &Place::Here)?);
        for name in ["hanna", "ivan"] {
            server.tracker(&["user", "grant", name, "secret"], "")?;
        }
        hanna.install("secret")?;
        hanna.seed()?;
        server.wait_for_copies("secret", 2.0)?;

        // Two links that are in use all the time: what is wanted takes minutes.
        let ivan = Api::login(&server, "ivan")?;
        let secret = ivan.build("secret", "1")?.archive;
        let from = ivan.sources("secret", secret)?.peers;
        ensure!(from.len() == 2, "a friend and the seed: {from:?}");
        let slow = RateLimits { up: None, down: Some(4 << 10), limit_lan: true };
        let peer = TestPeer::start_with(&ivan, "secret", slow)?;
        let fetch = peer.fetching(scene, "secret", secret, &from)?;
        eventually("links to both", LIMIT, || Ok((peer.connections() == 2).then_some(())))?;

        server.tracker(&["user", "revoke", "ivan", "secret"], "")?;
        eventually("both links end", WITHIN, || Ok((peer.connections() == 0).then_some(())))?;
        let progress = fetch.progress();
        let progress = progress.borrow();
        ensure!(progress.pieces_done < progress.pieces_wanted, "it was done before: {progress:?}");
        Ok(())
    })
}

#[test]
fn a_disabled_friend_is_refused_at_once() -> Result<()> {
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        let ivan = server.friend("ivan")?;
        ivan.install("open")?;
        server.tracker(&["user", "disable", "ivan"], "")?;
        let refused = ivan.mist(&["install", "open", "--dir"])?.arg(scene.path("again")).run(LIMIT)?;
        ensure!(refused.code() != Some(0), "{}", refused.said());
        ensure!(Api::login(&server, "ivan").is_err(), "ivan can still sign in");
        // What is on the disk stays playable.
        assert_same_tree(&scene.path("open"), &ivan.folder("open"))
    })
}

#[test]
fn a_liar_is_found_out_and_dropped() -> Result<()> {
    /// What may be in flight towards one peer when it is found out, and the piece that gave it away.
    const WASTE: u64 = 65 * GROUP_SIZE;
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        Tree::default().file("data/world.bin", random_bytes(61, 96 << 20)).write_to(&scene.path("1"))?;
        admin.push(&scene.path("1"), "drift", "1")?;
        drop(server.stranger("mallory", &Place::Here)?);
        let api = Api::login(&server, "mallory")?;
        let archive = api.build("drift", "1")?.archive;

        let liar = Liar::join(&api, "drift", archive)?;
        let victim = server.friend("victim")?;
        victim.install("drift")?;
        assert_same_tree(&scene.path("1"), &victim.folder("drift"))?;
        let install = victim.last_operation("drift")?;
        ensure!(install.bytes.lan == 0, "altered bytes were counted as good: {install:?}");
        let served = liar.served();
        ensure!(served > 0, "nobody asked the liar: this test proves nothing");
        ensure!(served <= WASTE, "the liar was asked again and again: {served} bytes");
        Ok(())
    })
}

/// Changes one byte of the depot of `open`.
fn alter(server: &Server) -> Result<()> {
    let file = server.store().join("games/open/depots/1/data.bin");
    let mut bytes = fs::read(&file)?;
    bytes[1_500_000] ^= 1;
    Ok(fs::write(&file, &bytes)?)
}

#[test]
fn an_altered_store_without_another_copy_is_not_handed_out() -> Result<()> {
    Scene::play(|scene| {
        // No compressed archive fits, so that the depot is the only copy.
        let settings = vec![("MIST_ARCHIVE_CACHE", "1K".into())];
        let server = open_and_secret_on(scene, ServerOptions { settings, ..ServerOptions::default() })?;
        alter(&server)?;
        let friend = server.friend("friend")?;
        let said = friend.installing("open")?.run(LIMIT)?.expect(1)?.said();
        ensure!(said.contains("copy of it is damaged"), "what the seed does wrong is not told: {said}");
        ensure!(said.contains("missing pieces: 1)"), "only the altered piece is missing: {said}");
        let counted = friend.status("open")?;
        ensure!(counted.version.is_none(), "{counted:?}");

        // The same byte again is what was signed.
        alter(&server)?;
        friend.install("open")?;
        assert_same_tree(&scene.path("open"), &friend.folder("open"))
    })
}

#[test]
fn an_altered_store_is_made_good_by_the_compressed_archive() -> Result<()> {
    Scene::play(|scene| {
        let server = an_open_and_a_secret_game(scene)?;
        let admin = Api::login(&server, "admin")?;
        eventually("the archives are packed", LIMIT, || {
            let jobs: JobList = admin.ask(Method::GET, "/jobs", None)?;
            let packed = |j: &&Job| matches!(j.spec, JobSpec::Archive(_)) && j.state == JobState::Done;
            Ok((jobs.jobs.iter().filter(packed).count() == 2).then_some(()))
        })?;
        alter(&server)?;
        let friend = server.friend("friend")?;
        friend.install("open")?;
        assert_same_tree(&scene.path("open"), &friend.folder("open"))
    })
}
