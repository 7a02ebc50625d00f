//! A tracker, and friends whose devices announce themselves.

use std::{fmt::Write as _, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use mist_peer::Identity;
use mist_proto::{
    BlobId, Slug,
    claims::Scope,
    http::{
        Announce, BuildList, Holding, Login, NewDevice, NewGame, NewUser, Session, Sources, SourcesRequest,
    },
    ids::PeerName,
};
use mist_system_tests::{PASSWORD, Scene, Server, ServerOptions, Tree, random_bytes};
use reqwest::Method;
use serde::Serialize;
use tokio::{sync::Semaphore, task::JoinSet};

/// Games in the catalogue.
const GAMES: usize = 50;
/// Friends who join at once: the tracker checks no more passwords than that.
const JOINING: usize = 4;

/// A device of a friend, and what its requests are signed in by.
#[derive(Clone)]
pub(crate) struct Friend {
    pub(crate) peer: PeerName,
    pub(crate) token: String,
}

/// How many friends there are.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) accounts: usize,
    /// Of each account.
    pub(crate) devices: usize,
}

impl Size {
    pub(crate) const fn peers(self) -> usize {
        self.accounts * self.devices
    }
}

/// A tracker with a build, and friends whose devices announce themselves.
pub(crate) struct Tracker {
    pub(crate) server: Server,
    token: String,
    pub(crate) peers: Vec<Friend>,
    game: Slug,
    blob: BlobId,
}

impl Tracker {
    /// Starts one and signs all of them in. Requests are not counted.
    pub(crate) fn start(
        scene: &Scene,
        name: &str,
        mut settings: Vec<(&'static str, String)>,
        size: Size,
    ) -> Result<Self> {
        settings.push(("MIST_REQUESTS_PER_MINUTE", "0".into()));
        let options = ServerOptions { name: name.into(), settings, ..ServerOptions::default() };
        let server = Server::start_with(scene, options)?;
        let (admin, game) = (server.admin()?, "game-0");
        let build = scene.path(&format!("build-{name}"));
        Tree::default().file("world.bin", random_bytes(1, 300_000)).write_to(&build)?;
        admin.new_game(game)?;
        admin.push(&build, game, "1")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (token, peers, blob) = runtime.block_on(fill(Api::at(&server.url()), game, size))?;
        Ok(Self { server, token, peers, game: game.parse()?, blob })
    }

    /// A peer says that it has a build, or half of it.
    pub(crate) fn announce(&self, n: usize, session: &str) -> Announce {
        Announce {
            peer: self.peers[n].peer.clone(),
            session: format!("{session}-{n}"),
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
        }
    }

    /// Each peer in turn says that.
    pub(crate) fn announces(&self) -> Result<String> {
        self.posts("/swarm/announce", (0..self.peers.len()).map(|n| self.announce(n, "session")))
    }

    /// Each peer in turn asks who has it.
    pub(crate) fn looks(&self) -> Result<String> {
        let look = |friend: &Friend| SourcesRequest {
            game: self.game.clone(),
            blob: self.blob,
            peer: Some(friend.peer.clone()),
        };
        self.posts("/swarm/sources", self.peers.iter().map(look))
    }

    /// What each peer posts, in its friend's name.
    fn posts<T: Serialize>(&self, path: &str, bodies: impl Iterator<Item = T>) -> Result<String> {
        let mut text = format!("local path = '/api/v1{path}'\nlocal posts = {{\n");
        for (friend, body) in self.peers.iter().zip(bodies) {
            writeln!(text, "{{ '{}', [==[{}]==] }},", friend.token, serde_json::to_string(&body)?)?;
        }
        Ok(text
            + "}\nlocal all, n = {}, 0\nfunction init()\n  for i, post in ipairs(posts) do\n    \
               all[i] = wrk.format('POST', path, { ['Authorization'] = 'Bearer ' .. post[1], \
               ['Content-Type'] = 'application/json' }, post[2])\n  end\nend\nfunction request()\n  \
               n = n % #all + 1\n  return all[n]\nend\n")
    }

    pub(crate) fn reads(&self) -> String {
        format!("{}wrk.headers['Authorization'] = 'Bearer {}'\n", read(), self.token)
    }

    pub(crate) fn catalogue(&self) -> Result<Vec<u8>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let url = format!("{}/api/v1/games", self.server.url());
            let answer = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await?;
            Ok(answer.error_for_status()?.bytes().await?.to_vec())
        })
    }
}

/// A read of the catalogue.
pub(crate) fn read() -> String {
    "wrk.path = '/api/v1/games'\n".into()
}

/// The API, as programs use it.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
}

impl Api {
    pub(crate) fn at(url: &str) -> Self {
        Self { client: reqwest::Client::new(), url: format!("{url}/api/v1") }
    }

    async fn send<T: Serialize>(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &T,
    ) -> Result<reqwest::Response> {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        Ok(request.json(body).send().await?.error_for_status()?)
    }

    pub(crate) async fn login(&self, user: &str) -> Result<String> {
        let login = Login { user: user.parse()?, password: PASSWORD.into(), device: None, code: None };
        let session: Session = self.send(Method::POST, "/auth/login", "", &login).await?.json().await?;
        Ok(session.access_token)
    }

    /// The archive of a game's build.
    pub(crate) async fn archive(&self, game: &str, token: &str) -> Result<BlobId> {
        let asked = self.client.get(format!("{}/games/{game}/builds", self.url)).bearer_auth(token);
        let builds: BuildList = asked.send().await?.error_for_status()?.json().await?;
        Ok(builds.builds.first().context("a build")?.archive)
    }

    /// Where a blob can be had.
    pub(crate) async fn sources(&self, game: &str, blob: BlobId, token: &str) -> Result<Sources> {
        let asked = SourcesRequest { game: game.parse()?, blob, peer: None };
        Ok(self.send(Method::POST, "/swarm/sources", token, &asked).await?.json().await?)
    }

    /// Makes an account, signs it in and binds its devices.
    async fn friend(&self, admin: &str, name: &str, devices: usize) -> Result<Vec<Friend>> {
        let user = NewUser { name: name.parse()?, password: PASSWORD.into(), scope: Scope::User };
        self.send(Method::POST, "/users", admin, &user).await?;
        let token = self.login(name).await?;
        let mut friends = Vec::with_capacity(devices);
        for _ in 0..devices {
            let peer = Identity::generate().peer_name().clone();
            let device = NewDevice { name: "a device".into() };
            self.send(Method::PUT, &format!("/devices/{peer}"), &token, &device).await?;
            friends.push(Friend { peer, token: token.clone() });
        }
        Ok(friends)
    }
}

/// Makes the games and the friends; the admin's token, the friends, and the archive of the build.
async fn fill(api: Api, game: &str, size: Size) -> Result<(String, Vec<Friend>, BlobId)> {
    let token = api.login("admin").await?;
    for n in 1..GAMES {
        let title = Some(format!("A game with a title of some length {n}").parse()?);
        let game = NewGame { slug: format!("game-{n}").parse()?, title, app_id: None, is_private: false };
        api.send(Method::POST, "/games", &token, &game).await?;
    }
    let (mut joining, turns) = (JoinSet::new(), Arc::new(Semaphore::new(JOINING)));
    for n in 0..size.accounts {
        let (api, token, turns) = (api.clone(), token.clone(), turns.clone());
        joining.spawn(async move {
            let _turn = turns.acquire().await?;
            api.friend(&token, &format!("friend-{n}"), size.devices).await
        });
    }
    let mut peers = Vec::with_capacity(size.peers());
    while let Some(friends) = joining.join_next().await {
        peers.extend(friends??);
    }
    let archive = api.archive(game, &token).await?;
    Ok((token, peers, archive))
}
