//! The table of who is online, which `presence.lua` keeps: each call is one run of that script.
//!
//! It has the bounds of the table in memory, and costs as much: a run with three addresses and four holdings takes about
//! 2 kB of the server.

use std::{
    error::Error,
    fmt::Write,
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
};

use async_trait::async_trait;
use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    http::{BytesBySource, Moving},
    ids::PeerName,
};
use redis::{FromRedisValue, Script, ToRedisArgs};
use serde::{Deserialize, Serialize};

use super::{Away, Link, together::Together};
use crate::shared::{
    network::Site,
    presence::{
        Copies, EXPIRY_MILLIS, Holder, MAX_HOLDERS, MAX_HOLDERS_OF_ACCOUNT, MAX_HOLDINGS, MAX_LOOKS,
        MAX_RUNS, MAX_RUNS_OF_PEER, Online, Presence, Present, Refused, Run, Who, held_of, pieces_of,
    },
};

static TABLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("presence.lua")));

/// Pieces of a holder that has them all: more than any blob has, and a whole number to Redis.
const ALL_PIECES: u64 = 1 << 52;

/// What others are told of a run.
#[derive(Serialize, Deserialize)]
struct Told {
    peer: PeerName,
    session: String,
    account: String,
    addresses: Vec<SocketAddr>,
    observed: IpAddr,
    seed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moving: Vec<Moving>,
}

/// An answer that several get.
type Answer = Result<Vec<Holder>, Arc<dyn Error + Send + Sync>>;

/// The table that all replicas share.
pub(super) struct RedisPresence {
    link: Link,
    /// Questions for the holders of a blob: when a build comes out, everybody asks the same.
    asked: Together<(Slug, Hash, Site), Answer>,
}

impl RedisPresence {
    pub(super) fn new(link: Link) -> Self {
        Self { link, asked: Together::default() }
    }

    async fn counted(&self, key: &str, gone: i64, all: u64) -> Result<(u64, u64), Away> {
        ask(&self.link, "copies", (key, gone, all)).await
    }
}

/// Runs one call of the script.
async fn ask<T: FromRedisValue>(link: &Link, call: &str, arguments: impl ToRedisArgs) -> Result<T, Away> {
    let mut invocation = TABLE.prepare_invoke();
    invocation.arg(link.key("presence")).arg(call).arg(arguments);
    link.call(|mut c| async move { invocation.invoke_async(&mut c).await }).await
}

/// The latest announce that counts no more.
fn gone(now: UnixMillis) -> i64 {
    now.0.saturating_sub(EXPIRY_MILLIS)
}

/// Name of a run.
fn name(peer: &PeerName, session: &str) -> String {
    format!("{peer}/{session}")
}

/// Whose holders are under one key.
enum Group {
    Seeds,
    Site(Site),
    Anywhere,
    /// All friends, wherever they are, for counting.
    Friends,
}

fn key(game: &Slug, blob: &Hash, group: &Group) -> String {
    match group {
        Group::Seeds => format!("{game}/{blob}/seeds"),
        Group::Site(site) => format!("{game}/{blob}/site/{site}"),
        Group::Anywhere => format!("{game}/{blob}/anywhere"),
        Group::Friends => format!("{game}/{blob}/friends"),
    }
}

/// The keys under which a run stands, a line each with its pieces, and how many holdings it has.
fn held(run: &Run) -> (String, usize) {
    let mut groups = vec![];
    if run.seed {
        groups.push(Group::Seeds);
    } else {
        groups.extend([Group::Friends, Group::Site(run.observed.into())]);
        if run.anywhere {
            groups.push(Group::Anywhere);
        }
    }
    let mut holdings: Vec<_> = run
        .holdings
        .iter()
        .map(|h| {
            let pieces = if h.complete { ALL_PIECES } else { h.pieces.min(ALL_PIECES - 1) };
            (&h.game, &h.blob.hash, pieces)
        })
        .collect();
    holdings.sort_unstable_by(|a, b| (a.0, a.1, b.2).cmp(&(b.0, b.1, a.2)));
    holdings.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let mut lines = String::new();
    for (game, blob, pieces) in &holdings {
        for group in &groups {
            // Writing to a text can't fail.
            let _ = writeln!(lines, "{} {pieces}", key(game, blob, group));
        }
    }
    (lines, holdings.len())
}

/// A holder, as it was told. What a replica of another release wrote is none to this one.
fn holder(body: &str, pieces: u64) -> Option<Holder> {
    let told = serde_json::from_str::<Told>(body).ok()?;
    Some(Holder {
        who: Arc::new(Who {
            peer: told.peer,
            account: told.account.into(),
            addresses: told.addresses.into(),
            observed: told.observed,
            seed: told.seed,
        }),
        pieces,
        complete: pieces == ALL_PIECES,
    })
}

#[async_trait]
impl Presence for RedisPresence {
    async fn announce(&self, run: Run) -> Result<(), Refused> {
        let (lines, holdings) = held(&run);
        let told = Told {
            peer: run.peer.clone(),
            session: run.session.clone(),
            account: run.account.clone(),
            addresses: run.addresses,
            observed: run.observed,
            seed: run.seed,
            moving: run.moving,
        };
        let body = serde_json::to_string(&told).map_err(|e| Away(Box::new(e)))?;
        let arguments = [
            run.at.0.to_string(),
            gone(run.at).to_string(),
            name(&run.peer, &run.session),
            run.peer.to_string(),
            run.account,
            u8::from(run.seed).to_string(),
            body,
            lines,
            holdings.to_string(),
            MAX_RUNS.to_string(),
            MAX_HOLDINGS.to_string(),
            MAX_RUNS_OF_PEER.to_string(),
        ];
        let taken: bool = ask(&self.link, "announce", &arguments[..]).await?;
        if taken { Ok(()) } else { Err(Refused::Full) }
    }

    async fn leave(&self, peer: &PeerName, session: &str) -> Result<(), Away> {
        ask(&self.link, "leave", name(peer, session)).await
    }

    async fn drop_account(&self, account: &str) -> Result<(), Away> {
        ask(&self.link, "drop", account).await
    }

    async fn holders(
        &self,
        game: &Slug,
        blob: &Hash,
        asker: Site,
        now: UnixMillis,
    ) -> Result<Vec<Holder>, Away> {
        let keys = [Group::Seeds, Group::Site(asker), Group::Anywhere].map(|group| key(game, blob, &group));
        let link = self.link.clone();
        let question = move || async move {
            let asked = (gone(now), MAX_HOLDERS, MAX_HOLDERS_OF_ACCOUNT, MAX_LOOKS, &keys);
            let told: Vec<(String, u64)> = ask(&link, "holders", asked).await.map_err(|Away(e)| e)?;
            Ok(told.into_iter().filter_map(|(body, pieces)| holder(&body, pieces)).collect())
        };
        self.asked.ask((game.clone(), *blob, asker), question).await.map_err(|e| Away(Box::new(e)))
    }

    async fn copies(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Copies, Away> {
        let all = pieces_of(blob.size);
        let (of_seeds, seeds) = self.counted(&key(game, &blob.hash, &Group::Seeds), gone(now), all).await?;
        let (of_friends, friends) =
            self.counted(&key(game, &blob.hash, &Group::Friends), gone(now), all).await?;
        Ok(Copies { pieces: of_seeds.saturating_add(of_friends), of_friends, seeds, friends })
    }

    async fn present(&self, game: &Slug, blobs: &[BlobId], now: UnixMillis) -> Result<Vec<Present>, Away> {
        // Two keys for each blob: of seeds and of friends.
        let keys = blobs
            .iter()
            .flat_map(|blob| [Group::Seeds, Group::Friends].map(|group| key(game, &blob.hash, &group)));
        let asked: Vec<String> =
            [gone(now).to_string(), MAX_LOOKS.to_string()].into_iter().chain(keys).collect();
        let told: Vec<(String, i64, i64, String)> = ask(&self.link, "present", &asked[..]).await?;
        let present = |(body, since, at, held): (String, i64, i64, String)| {
            // What a replica of another release wrote is nobody to this one.
            let told = serde_json::from_str::<Told>(&body).ok()?;
            let pieces = held.lines().filter_map(|line| {
                let (key, pieces) = line.split_once(' ')?;
                Some((key.parse::<usize>().ok()? / 2, pieces.parse().ok()?))
            });
            let present = Present {
                peer: told.peer,
                account: told.account,
                seed: told.seed,
                observed: told.observed,
                addresses: told.addresses,
                since: UnixMillis(since),
                at: UnixMillis(at),
                down: BytesBySource::default(),
                up: 0,
                held: held_of(blobs, pieces),
            };
            Some(present.moving(game, &told.moving))
        };
        Ok(told.into_iter().filter_map(present).collect())
    }

    async fn online(&self, now: UnixMillis) -> Result<Online, Away> {
        // Who is silent is forgotten first, a bounded number at a time: one script holds up everybody else.
        self.purge(now).await?;
        let (friends, seeds) = ask(&self.link, "online", &[] as &[&str]).await?;
        Ok(Online { friends, seeds })
    }

    async fn purge(&self, now: UnixMillis) -> Result<(), Away> {
        // Announces and questions get their turn in between.
        while ask(&self.link, "purge", gone(now)).await? {}
        Ok(())
    }
}
