//! Who is online with what. Lives in memory: a tracker that starts anew hears of everybody within one interval.
//!
//! [`Presence`] is the seam for replicas that share a table elsewhere.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use mist_proto::{Hash, Slug, UnixMillis, http::Holding, ids::PeerName};

/// Seconds between two announces.
pub const INTERVAL_SECS: u64 = 20;
/// A session that is silent for this long is gone.
pub const EXPIRY_MILLIS: i64 = 3 * 1000 * 20;
/// Sessions at once.
const MAX_SESSIONS: usize = 4096;
/// Sessions of one peer at once; the one that announced longest ago goes first.
const MAX_SESSIONS_OF_PEER: usize = 8;
/// Holdings of all sessions together.
const MAX_HOLDINGS: usize = 1_000_000;

/// One run of a peer's program.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its peer id.
    pub peer: PeerName,
    /// Random id of the run.
    pub session: String,
    /// Account or seed that it belongs to.
    pub account: String,
    /// Whether it is a seed.
    pub seed: bool,
    /// Where it was seen to come from.
    pub observed: IpAddr,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// What it serves.
    pub holdings: Vec<Holding>,
    /// When it announced.
    pub at: UnixMillis,
}

/// A session that has (some of) a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its peer id.
    pub peer: PeerName,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// Where it was seen to come from.
    pub observed: IpAddr,
    /// Whether it is a seed.
    pub seed: bool,
    /// Pieces that it has.
    pub pieces: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// The table is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many peers are online")]
pub struct Full;

/// The table of who is online.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Writes what a session says, in place of what it said before.
    ///
    /// # Errors
    /// [`Full`]; what it said before is gone then.
    async fn announce(&self, member: Member) -> Result<(), Full>;
    /// A session ends.
    async fn leave(&self, peer: &PeerName, session: &str);
    /// Every session of an account or seed ends.
    async fn drop_account(&self, account: &str);
    /// Who has a blob.
    async fn holders(&self, game: &Slug, blob: &Hash, now: UnixMillis) -> Vec<Holder>;
    /// Peers that are online, each once, and whether it is a seed.
    async fn online(&self, now: UnixMillis) -> Vec<(PeerName, bool)>;
    /// Forgets who is silent.
    async fn purge(&self, now: UnixMillis);
}

type Key = (PeerName, String);
type Blob = (Slug, Hash);

struct Held {
    member: Arc<Member>,
    pieces: u64,
    complete: bool,
}

#[derive(Default)]
struct Sessions {
    by_key: HashMap<Key, Arc<Member>>,
    holdings: usize,
}

const SHARDS: usize = 16;

/// The table in this process's memory, sharded by blob so that questions don't wait for announces.
#[derive(Default)]
pub struct MemoryPresence {
    // Taken before any shard, by whoever changes something; questions about a blob take a shard only.
    sessions: Mutex<Sessions>,
    shards: [Mutex<HashMap<Blob, HashMap<Key, Held>>>; SHARDS],
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code between two changes of a table can panic.
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryPresence {
    fn shard(&self, blob: &Blob) -> MutexGuard<'_, HashMap<Blob, HashMap<Key, Held>>> {
        let mut hasher = DefaultHasher::new();
        blob.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or(0);
        lock(&self.shards[at])
    }

    fn remove(&self, sessions: &mut Sessions, key: &Key) {
        let Some(member) = sessions.by_key.remove(key) else { return };
        sessions.holdings -= member.holdings.len();
        for h in &member.holdings {
            let blob = (h.game.clone(), h.blob.hash);
            let mut shard = self.shard(&blob);
            if let Some(holders) = shard.get_mut(&blob) {
                holders.remove(key);
                if holders.is_empty() {
                    shard.remove(&blob);
                }
            }
        }
    }

    fn remove_where(&self, sessions: &mut Sessions, gone: impl Fn(&Member) -> bool) {
        let keys: Vec<Key> =
            sessions.by_key.iter().filter(|(_, m)| gone(m)).map(|(k, _)| k.clone()).collect();
        for key in keys {
            self.remove(sessions, &key);
        }
    }
}

fn is_gone(member: &Member, now: UnixMillis) -> bool {
    now.since(member.at) >= EXPIRY_MILLIS
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn announce(&self, member: Member) -> Result<(), Full> {
        let now = member.at;
        let key = (member.peer.clone(), member.session.clone());
        let mut sessions = lock(&self.sessions);
        self.remove(&mut sessions, &key);
        let of_peer: Vec<&Arc<Member>> = sessions.by_key.values().filter(|m| m.peer == member.peer).collect();
        if of_peer.len() >= MAX_SESSIONS_OF_PEER
            && let Some(oldest) = of_peer.iter().min_by_key(|m| m.at)
        {
            let oldest = (oldest.peer.clone(), oldest.session.clone());
            self.remove(&mut sessions, &oldest);
        }
        let full = |s: &Sessions| {
            s.by_key.len() >= MAX_SESSIONS || s.holdings + member.holdings.len() > MAX_HOLDINGS
        };
        if full(&sessions) {
            self.remove_where(&mut sessions, |m| is_gone(m, now));
        }
        if full(&sessions) {
            return Err(Full);
        }
        let member = Arc::new(member);
        for h in &member.holdings {
            let blob = (h.game.clone(), h.blob.hash);
            let held = Held { member: Arc::clone(&member), pieces: h.pieces, complete: h.complete };
            self.shard(&blob).entry(blob.clone()).or_default().insert(key.clone(), held);
        }
        sessions.holdings += member.holdings.len();
        sessions.by_key.insert(key, member);
        Ok(())
    }

    async fn leave(&self, peer: &PeerName, session: &str) {
        self.remove(&mut lock(&self.sessions), &(peer.clone(), session.to_owned()));
    }

    async fn drop_account(&self, account: &str) {
        self.remove_where(&mut lock(&self.sessions), |m| m.account == account);
    }

    async fn holders(&self, game: &Slug, blob: &Hash, now: UnixMillis) -> Vec<Holder> {
        let blob = (game.clone(), *blob);
        let shard = self.shard(&blob);
        let held = shard.get(&blob).into_iter().flat_map(HashMap::values);
        held.filter(|h| !is_gone(&h.member, now))
            .map(|h| Holder {
                peer: h.member.peer.clone(),
                addresses: h.member.addresses.clone(),
                observed: h.member.observed,
                seed: h.member.seed,
                pieces: h.pieces,
                complete: h.complete,
            })
            .collect()
    }

    async fn online(&self, now: UnixMillis) -> Vec<(PeerName, bool)> {
        let sessions = lock(&self.sessions);
        let online = sessions.by_key.values().filter(|m| !is_gone(m, now));
        let mut peers: Vec<_> = online.map(|m| (m.peer.clone(), m.seed)).collect();
        peers.sort_unstable();
        peers.dedup();
        peers
    }

    async fn purge(&self, now: UnixMillis) {
        self.remove_where(&mut lock(&self.sessions), |m| is_gone(m, now));
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::BlobId;

    use super::*;

    const T0: UnixMillis = UnixMillis(1_000_000);

    fn member(n: u8, session: &str, blobs: &[&[u8]], at: UnixMillis) -> Member {
        let holding = |b: &&[u8]| Holding {
            game: "g".parse().expect("slug"),
            blob: BlobId::of(b),
            pieces: 1,
            complete: true,
        };
        Member {
            peer: format!("12D3KooW{}", char::from(b'a' + n).to_string().repeat(44)).parse().expect("peer"),
            session: session.into(),
            account: format!("u{n}"),
            seed: false,
            observed: IpAddr::from([10, 0, 0, n]),
            addresses: vec![],
            holdings: blobs.iter().map(holding).collect(),
            at,
        }
    }

    async fn count(p: &MemoryPresence, blob: &[u8], now: UnixMillis) -> usize {
        p.holders(&"g".parse().expect("slug"), &Hash::of(blob), now).await.len()
    }

    #[tokio::test]
    async fn a_new_word_replaces_the_old_one_and_silence_ends_it() {
        let p = MemoryPresence::default();
        p.announce(member(1, "s", &[b"a", b"b"], T0)).await.expect("room");
        p.announce(member(2, "s", &[b"a"], T0)).await.expect("room");
        assert_eq!((count(&p, b"a", T0).await, count(&p, b"b", T0).await), (2, 1));
        p.announce(member(1, "s", &[b"b"], T0)).await.expect("room");
        assert_eq!((count(&p, b"a", T0).await, count(&p, b"b", T0).await), (1, 1));
        let last = T0.plus_millis(EXPIRY_MILLIS - 1);
        assert_eq!(count(&p, b"b", last).await, 1);
        assert_eq!(count(&p, b"b", last.plus_millis(1)).await, 0);
        p.purge(last.plus_millis(1)).await;
        assert!(p.shards.iter().all(|s| lock(s).is_empty()), "nothing is left behind");
        assert_eq!(lock(&p.sessions).holdings, 0);
    }

    #[tokio::test]
    async fn sessions_leave_one_by_one_and_accounts_all_at_once() {
        let p = MemoryPresence::default();
        for session in ["s", "t"] {
            p.announce(member(1, session, &[b"a"], T0)).await.expect("room");
        }
        assert_eq!(count(&p, b"a", T0).await, 2);
        assert_eq!(p.online(T0).await.len(), 1, "two sessions of one peer are one peer");
        p.leave(&member(1, "", &[], T0).peer, "s").await;
        assert_eq!(count(&p, b"a", T0).await, 1);
        p.drop_account("u1").await;
        assert_eq!(count(&p, b"a", T0).await, 0);
    }

    #[tokio::test]
    async fn one_peer_can_not_fill_the_table() {
        let p = MemoryPresence::default();
        for n in 0..100 {
            p.announce(member(1, &n.to_string(), &[b"a"], T0.plus_millis(n))).await.expect("room");
        }
        assert_eq!(count(&p, b"a", T0).await, MAX_SESSIONS_OF_PEER);
    }
}
