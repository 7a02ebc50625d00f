//! Peers that had a game before, so that they are found again while the tracker is away.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Mutex};

use mist_proto::{Slug, UnixMillis, ids::PeerName};
use serde::{Deserialize, Serialize};

use crate::{
    home::{HomeError, read_json, write_json},
    sync::lock,
};

/// Peers remembered for each game.
const MAX_PEERS: usize = 50;
/// Peers not heard of for this long are forgotten: 30 days.
const MAX_AGE_MILLIS: i64 = 30 * 24 * 3600 * 1000;

/// Where a peer was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownPeer {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) seed: bool,
    pub(crate) seen: UnixMillis,
}

type Book = BTreeMap<Slug, BTreeMap<PeerName, KnownPeer>>;

/// The peers of every game of one server, in a file.
pub(crate) struct AddressBook {
    file: PathBuf,
    book: Mutex<Book>,
}

impl AddressBook {
    pub(crate) fn open(file: PathBuf) -> Result<Self, HomeError> {
        let book = Mutex::new(read_json(&file)?.unwrap_or_default());
        Ok(Self { file, book })
    }

    /// The peers of a game.
    pub(crate) fn peers(&self, game: &Slug) -> BTreeMap<PeerName, KnownPeer> {
        lock(&self.book).get(game).cloned().unwrap_or_default()
    }

    /// Remembers where peers of a game are, forgetting the oldest ones.
    pub(crate) fn learn(
        &self,
        game: &Slug,
        peers: impl IntoIterator<Item = (PeerName, Vec<SocketAddr>, bool)>,
        now: UnixMillis,
    ) -> Result<(), HomeError> {
        let mut book = lock(&self.book);
        let known = book.entry(game.clone()).or_default();
        let before = known.clone();
        for (peer, addresses, seed) in peers {
            if !addresses.is_empty() {
                known.insert(peer, KnownPeer { addresses, seed, seen: now });
            }
        }
        known.retain(|_, p| now.since(p.seen) <= MAX_AGE_MILLIS);
        while known.len() > MAX_PEERS {
            let Some(oldest) = known.iter().min_by_key(|(_, p)| p.seen).map(|(name, _)| name.clone()) else {
                break;
            };
            known.remove(&oldest);
        }
        let same = |a: &KnownPeer, b: &KnownPeer| a.addresses == b.addresses && a.seed == b.seed;
        let unchanged = before.len() == known.len()
            && before.iter().zip(known.iter()).all(|((an, a), (bn, b))| an == bn && same(a, b));
        // Only a newer time stamp is not worth a write.
        if unchanged { Ok(()) } else { write_json(&self.file, &*book, false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: usize) -> PeerName {
        format!("12D3KooW{n:0>44}").parse().expect("shape")
    }

    #[test]
    fn remembers_the_newest_within_bounds() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("peers.json");
        let game: Slug = "g".parse().expect("slug");
        let book = AddressBook::open(file.clone()).expect("new");
        let addr: SocketAddr = "10.0.0.1:1".parse().expect("addr");
        for n in 0..MAX_PEERS + 5 {
            let now = UnixMillis(i64::try_from(n).expect("small"));
            book.learn(&game, [(peer(n), vec![addr], false)], now).expect("written");
        }
        let peers = AddressBook::open(file).expect("read").peers(&game);
        assert_eq!(peers.len(), MAX_PEERS);
        assert!(!peers.contains_key(&peer(0)) && peers.contains_key(&peer(MAX_PEERS + 4)));
        book.learn(&game, [(peer(1), vec![], false)], UnixMillis(MAX_AGE_MILLIS * 2)).expect("written");
        assert!(book.peers(&game).is_empty(), "peers without an address are not learnt, old ones forgotten");
    }
}
