//! The table of runs in memory. Pure: the time is a parameter.
//!
//! A run has a slot. Slots are found by peer; an index in one ordered set leads from a blob to the slots of its holders,
//! grouped by who may be told of them and ordered by how much they have; another ordered set says which run falls silent
//! next. So an announce costs in proportion to what changed in it, a question to what it answers, and both let some runs
//! go whose time is up: a bounded number of steps each, so that no call ever pays for a crowd that left. Only the
//! operator's counts and the end of an account look at every run.
//!
//! A run with three addresses and four holdings takes about 1.2 kB, each further holding about 150 bytes. The bounds
//! of [`super`] make that 170 MB for as many such runs as there may be, and half a gigabyte when every bound is reached.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    http::{BytesBySource, Moving},
    ids::PeerName,
};

use super::{
    Copies, EXPIRY_MILLIS, Holder, MAX_HOLDERS, MAX_HOLDERS_OF_ACCOUNT, MAX_HOLDINGS, MAX_LOOKS, MAX_RUNS,
    MAX_RUNS_OF_PEER, Online, Present, Run, Who, held_of, pieces_of,
};
use crate::shared::network::Site;

/// Steps that an announce may spend on runs whose time is up; one step is one run, or one of its holdings.
const ANNOUNCE_STEPS: usize = 64;
/// Steps that housekeeping spends at once.
pub(super) const PURGE_STEPS: usize = 4096;
/// Pieces of a holder that has them all: before every other one in the index.
const ALL_PIECES: u64 = u64::MAX;

/// The table is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A blob of a game, in 16 bytes: half of the hash of both names. Whoever finds two pairs with one name gets peers that
/// do not have what they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct BlobKey([u8; 16]);

impl BlobKey {
    fn of(game: &Slug, blob: &Hash) -> Self {
        let hash = Hash::of(&[game.as_str().as_bytes(), &blob.0].concat());
        let mut half = [0; 16];
        half.copy_from_slice(&hash.0[..16]);
        Self(half)
    }
}

/// Who may be told of a holder. A friend is in the group of their site, and in the last one if anybody may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Seeds,
    Site(Site),
    Anywhere,
}

/// Place of a run in the table.
type Slot = u32;

/// A holder of a blob in the index: those with the most pieces come first.
type Held = (BlobKey, Group, Reverse<u64>, Slot);

/// A run in the table.
#[derive(Debug)]
pub(super) struct Entry {
    who: Arc<Who>,
    session: Box<str>,
    anywhere: bool,
    /// Blobs in order, each once, and the pieces of it.
    holdings: Box<[(BlobKey, u64)]>,
    moving: Box<[Moving]>,
    /// When it announced itself first.
    since: UnixMillis,
    at: UnixMillis,
}

impl From<Run> for Entry {
    fn from(run: Run) -> Self {
        let mut holdings: Vec<(BlobKey, u64)> = run
            .holdings
            .iter()
            .map(|h| {
                let pieces = if h.complete { ALL_PIECES } else { h.pieces.min(ALL_PIECES - 1) };
                (BlobKey::of(&h.game, &h.blob.hash), pieces)
            })
            .collect();
        holdings.sort_unstable_by_key(|&(blob, pieces)| (blob, Reverse(pieces)));
        holdings.dedup_by_key(|(blob, _)| *blob);
        Self {
            who: Arc::new(Who {
                peer: run.peer,
                account: run.account.into(),
                addresses: run.addresses.into(),
                observed: run.observed,
                seed: run.seed,
            }),
            session: run.session.into(),
            anywhere: run.anywhere,
            holdings: holdings.into(),
            moving: run.moving.into(),
            since: run.at,
            at: run.at,
        }
    }
}

impl Entry {
    fn is_gone(&self, now: UnixMillis) -> bool {
        now.since(self.at) >= EXPIRY_MILLIS
    }

    fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        let site = Group::Site(self.who.observed.into());
        let (first, second) = match (self.who.seed, self.anywhere) {
            (true, _) => (Group::Seeds, None),
            (false, anywhere) => (site, anywhere.then_some(Group::Anywhere)),
        };
        [Some(first), second].into_iter().flatten()
    }

    /// Whether the index says the same of both.
    fn is_indexed_like(&self, other: &Self) -> bool {
        self.holdings == other.holdings && self.groups().eq(other.groups())
    }

    /// What the index says of this run.
    fn held(&self, slot: Slot) -> impl Iterator<Item = Held> + '_ {
        let of_blob = move |&(blob, pieces): &(BlobKey, u64)| {
            self.groups().map(move |group| (blob, group, Reverse(pieces), slot))
        };
        self.holdings.iter().flat_map(of_blob)
    }

    fn holder(&self, pieces: u64) -> Holder {
        Holder { who: self.who.clone(), pieces, complete: pieces == ALL_PIECES }
    }

    fn present(&self, game: &Slug, held: Vec<(usize, u64)>) -> Present {
        let present = Present {
            peer: self.who.peer.clone(),
            account: self.who.account.to_string(),
            seed: self.who.seed,
            observed: self.who.observed,
            addresses: self.who.addresses.to_vec(),
            since: self.since,
            at: self.at,
            down: BytesBySource::default(),
            up: 0,
            held,
        };
        present.moving(game, &self.moving)
    }
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    runs: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_peer: HashMap<PeerName, Vec<Slot>>,
    by_blob: BTreeSet<Held>,
    /// Runs by when they announced.
    silent_next: BTreeSet<(UnixMillis, Slot)>,
    holdings: usize,
}

impl Table {
    /// Writes what a run says, in place of what it said before.
    pub(super) fn announce(&mut self, mut entry: Entry) -> Result<(), Full> {
        self.expire(entry.at, ANNOUNCE_STEPS);
        if let Some(slot) = self.find(&entry.who.peer, &entry.session) {
            if self.renew(slot, &mut entry) {
                return Ok(());
            }
            if let Some(run) = self.run(slot).filter(|run| run.who.account == entry.who.account) {
                entry.since = run.since;
            }
            self.remove(slot);
        }
        if let Some(oldest) = self.one_too_many(&entry.who.peer) {
            self.remove(oldest);
        }
        if self.is_full_for(&entry) {
            self.expire(entry.at, PURGE_STEPS);
        }
        if self.is_full_for(&entry) {
            return Err(Full);
        }
        self.insert(entry);
        Ok(())
    }

    /// A run ends.
    pub(super) fn leave(&mut self, peer: &PeerName, session: &str) {
        if let Some(slot) = self.find(peer, session) {
            self.remove(slot);
        }
    }

    /// Every run of an account ends.
    pub(super) fn drop_account(&mut self, account: &str) {
        let slots: Vec<Slot> = self
            .runs
            .iter()
            .zip(0..)
            .filter(|(run, _)| run.as_ref().is_some_and(|r| &*r.who.account == account))
            .map(|(_, slot)| slot)
            .collect();
        for slot in slots {
            self.remove(slot);
        }
    }

    /// Lets runs go whose time is up, the longest silent first, for about so many steps. Whether there are more.
    pub(super) fn expire(&mut self, now: UnixMillis, steps: usize) -> bool {
        let mut left = steps;
        while let Some(&(_, slot)) = self.silent_next.first() {
            let Some(run) = self.run(slot).filter(|run| run.is_gone(now)) else { return false };
            // One at least, however much it holds: otherwise it would stay for ever.
            let cost = 1 + run.holdings.len();
            if cost > left && left < steps {
                return true;
            }
            left = left.saturating_sub(cost);
            self.remove(slot);
            if left == 0 {
                return self.silent_next.first().is_some_and(|(at, _)| now.since(*at) >= EXPIRY_MILLIS);
            }
        }
        false
    }

    /// Who has a blob, of each group that somebody at `asker` may be told of.
    pub(super) fn holders(&self, game: &Slug, blob: &Hash, asker: Site, now: UnixMillis) -> Vec<Holder> {
        let blob = BlobKey::of(game, blob);
        let mut told: Vec<(u64, Slot)> = Vec::new();
        for group in [Group::Seeds, Group::Site(asker), Group::Anywhere] {
            let all = (blob, group, Reverse(u64::MAX), 0)..=(blob, group, Reverse(0), Slot::MAX);
            // Those whose time is up may stand among them until they are let go.
            let held = self.by_blob.range(all).take(MAX_LOOKS);
            let mut of_account: HashMap<&str, usize> = HashMap::new();
            let counts = held.filter(|(.., slot)| {
                let Some(run) = self.run(*slot).filter(|run| !run.is_gone(now)) else { return false };
                let of_account = of_account.entry(&run.who.account).or_default();
                *of_account += 1;
                *of_account <= MAX_HOLDERS_OF_ACCOUNT
            });
            told.extend(counts.take(MAX_HOLDERS).map(|(_, _, Reverse(pieces), slot)| (*pieces, *slot)));
        }
        told.sort_unstable_by_key(|(_, slot)| *slot);
        told.dedup_by_key(|(_, slot)| *slot);
        told.into_iter().filter_map(|(pieces, slot)| Some(self.run(slot)?.holder(pieces))).collect()
    }

    /// How much of a blob is online.
    pub(super) fn copies(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Copies {
        let all = pieces_of(blob.size);
        let key = BlobKey::of(game, &blob.hash);
        let first = (key, Group::Seeds, Reverse(u64::MAX), 0);
        // Friends of the last group are in that of their site too.
        let last = (key, Group::Anywhere, Reverse(u64::MAX), 0);
        let mut copies = Copies::default();
        for (_, group, Reverse(pieces), slot) in self.by_blob.range(first..last) {
            if *pieces == 0 || self.run(*slot).is_none_or(|r| r.is_gone(now)) {
                continue;
            }
            let pieces = (*pieces).min(all);
            copies.pieces = copies.pieces.saturating_add(pieces);
            match group {
                Group::Seeds => copies.seeds += 1,
                Group::Site(_) | Group::Anywhere => {
                    copies.friends += 1;
                    copies.of_friends = copies.of_friends.saturating_add(pieces);
                }
            }
        }
        copies
    }

    /// Who has or fetches some of these blobs, and what each moves of the game.
    pub(super) fn present(&self, game: &Slug, blobs: &[BlobId], now: UnixMillis) -> Vec<Present> {
        let mut held: BTreeMap<Slot, Vec<(usize, u64)>> = BTreeMap::new();
        for (place, blob) in blobs.iter().enumerate() {
            let key = BlobKey::of(game, &blob.hash);
            let first = (key, Group::Seeds, Reverse(u64::MAX), 0);
            // Friends of the last group are in that of their site too.
            let last = (key, Group::Anywhere, Reverse(u64::MAX), 0);
            for (.., Reverse(pieces), slot) in self.by_blob.range(first..last).take(MAX_LOOKS) {
                held.entry(*slot).or_default().push((place, *pieces));
            }
        }
        let present = |(slot, held): (Slot, Vec<(usize, u64)>)| {
            let run = self.run(slot).filter(|run| !run.is_gone(now))?;
            Some(run.present(game, held_of(blobs, held)))
        };
        held.into_iter().filter_map(present).collect()
    }

    /// How many are online.
    pub(super) fn online(&self, now: UnixMillis) -> Online {
        let mut online = Online::default();
        for slots in self.by_peer.values() {
            let mut fresh = slots.iter().filter_map(|s| self.run(*s)).filter(|r| !r.is_gone(now));
            match fresh.next() {
                Some(run) if run.who.seed => online.seeds += 1,
                Some(_) => online.friends += 1,
                None => {}
            }
        }
        online
    }

    fn run(&self, slot: Slot) -> Option<&Entry> {
        self.runs.get(index(slot))?.as_ref()
    }

    fn find(&self, peer: &PeerName, session: &str) -> Option<Slot> {
        let is_it = |slot: &Slot| self.run(*slot).is_some_and(|r| &*r.session == session);
        self.by_peer.get(peer)?.iter().copied().find(is_it)
    }

    /// The run of this peer that goes if another one comes.
    fn one_too_many(&self, peer: &PeerName) -> Option<Slot> {
        let slots = self.by_peer.get(peer).filter(|slots| slots.len() >= MAX_RUNS_OF_PEER)?;
        slots.iter().copied().min_by_key(|slot| self.run(*slot).map(|r| r.at))
    }

    fn is_full_for(&self, entry: &Entry) -> bool {
        let runs = self.runs.len() - self.free.len();
        runs >= MAX_RUNS || self.holdings + entry.holdings.len() > MAX_HOLDINGS
    }

    /// Notes a sign of life of a run that says what it said before. Whether that is so.
    fn renew(&mut self, slot: Slot, said: &mut Entry) -> bool {
        let Some(run) = self.runs.get_mut(index(slot)).and_then(Option::as_mut) else { return false };
        if run.who.account != said.who.account || !run.is_indexed_like(said) {
            return false;
        }
        self.silent_next.remove(&(run.at, slot));
        self.silent_next.insert((said.at, slot));
        run.at = said.at;
        run.who = said.who.clone();
        run.moving = std::mem::take(&mut said.moving);
        true
    }

    fn insert(&mut self, entry: Entry) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.runs.push(None);
            // There are never more slots than MAX_RUNS.
            Slot::try_from(self.runs.len() - 1).unwrap_or(Slot::MAX)
        });
        self.by_blob.extend(entry.held(slot));
        self.silent_next.insert((entry.at, slot));
        self.by_peer.entry(entry.who.peer.clone()).or_default().push(slot);
        self.holdings += entry.holdings.len();
        self.runs[index(slot)] = Some(entry);
    }

    fn remove(&mut self, slot: Slot) {
        let Some(run) = self.runs.get_mut(index(slot)).and_then(Option::take) else { return };
        for held in run.held(slot) {
            self.by_blob.remove(&held);
        }
        self.silent_next.remove(&(run.at, slot));
        if let Some(slots) = self.by_peer.get_mut(&run.who.peer) {
            slots.retain(|s| *s != slot);
            if slots.is_empty() {
                self.by_peer.remove(&run.who.peer);
            }
        }
        self.holdings -= run.holdings.len();
        self.free.push(slot);
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use mist_proto::{http::Holding, limits::GROUP_SIZE};

    use super::*;

    const T0: UnixMillis = UnixMillis(1_000_000);

    fn run(n: u32, session: &str, blobs: &[&[u8]], at: UnixMillis) -> Run {
        let letters: String =
            format!("{n:08}").bytes().map(|digit| char::from(b'a' + (digit - b'0'))).collect();
        let holding = |b: &&[u8]| Holding {
            game: "g".parse().expect("slug"),
            blob: BlobId::of(b),
            pieces: 1,
            complete: true,
        };
        Run {
            peer: format!("12D3KooW{}{letters}", "a".repeat(36)).parse().expect("peer"),
            session: session.into(),
            account: format!("u{n}"),
            seed: false,
            observed: IpAddr::V4((0x0a00_0000 + n).into()),
            anywhere: false,
            addresses: vec![],
            holdings: blobs.iter().map(holding).collect(),
            moving: vec![],
            at,
        }
    }

    fn announce(t: &mut Table, run: Run) {
        t.announce(run.into()).expect("room");
    }

    fn holders(t: &Table, blob: &[u8], asker: &str, now: UnixMillis) -> Vec<Holder> {
        let asker: IpAddr = asker.parse().expect("ip");
        t.holders(&"g".parse().expect("slug"), &Hash::of(blob), asker.into(), now)
    }

    fn count(t: &Table, blob: &[u8], now: UnixMillis) -> u64 {
        t.copies(&"g".parse().expect("slug"), &BlobId::of(blob), now).friends
    }

    fn assert_empty(t: &Table) {
        assert!(
            t.by_blob.is_empty() && t.by_peer.is_empty() && t.silent_next.is_empty(),
            "left behind: {t:?}"
        );
        assert_eq!((t.holdings, t.runs.len()), (0, t.free.len()));
    }

    #[test]
    fn a_new_word_replaces_the_old_one_and_silence_ends_it() {
        let mut t = Table::default();
        announce(&mut t, run(1, "s", &[b"a", b"b"], T0));
        announce(&mut t, run(2, "s", &[b"a"], T0));
        assert_eq!((count(&t, b"a", T0), count(&t, b"b", T0)), (2, 1));
        announce(&mut t, run(1, "s", &[b"b", b"b"], T0));
        assert_eq!((count(&t, b"a", T0), count(&t, b"b", T0)), (1, 1));
        let last = T0.plus_millis(EXPIRY_MILLIS - 1);
        assert_eq!((count(&t, b"b", last), holders(&t, b"b", "10.9.9.9", last).len()), (1, 1));
        announce(&mut t, run(2, "s", &[b"a"], last));
        let gone = last.plus_millis(1);
        assert_eq!((count(&t, b"b", gone), holders(&t, b"b", "10.9.9.9", gone).len()), (0, 0));
        assert_eq!(t.online(gone), Online { friends: 1, seeds: 0 }, "who spoke again is there");
        assert!(!t.expire(last.plus_millis(EXPIRY_MILLIS), PURGE_STEPS));
        assert_empty(&t);
    }

    #[test]
    fn runs_leave_one_by_one_and_accounts_all_at_once() {
        let mut t = Table::default();
        for session in ["s", "t"] {
            announce(&mut t, run(1, session, &[b"a"], T0));
        }
        assert_eq!(count(&t, b"a", T0), 2);
        assert_eq!(t.online(T0).friends, 1, "two runs of one peer are one peer");
        t.leave(&run(1, "", &[], T0).peer, "s");
        assert_eq!(count(&t, b"a", T0), 1);
        t.drop_account("u1");
        assert_empty(&t);
    }

    #[test]
    fn one_peer_can_not_fill_the_table() {
        let mut t = Table::default();
        for n in 0..100 {
            announce(&mut t, run(1, &n.to_string(), &[b"a"], T0.plus_millis(n)));
        }
        assert_eq!(count(&t, b"a", T0), MAX_RUNS_OF_PEER as u64);
    }

    #[test]
    fn one_account_can_not_crowd_the_others_out() {
        let mut t = Table::default();
        for n in 0..1000 {
            announce(&mut t, Run { account: "mallory".into(), ..run(n, "s", &[b"a"], T0) });
        }
        announce(&mut t, run(5000, "s", &[b"a"], T0));
        let told = holders(&t, b"a", "10.9.9.9", T0);
        assert_eq!(told.iter().filter(|h| &*h.who.account == "mallory").count(), MAX_HOLDERS_OF_ACCOUNT);
        assert!(told.iter().any(|h| &*h.who.account == "u5000"), "who came last is told of too");
    }

    #[test]
    fn askers_are_told_of_seeds_their_site_and_who_is_for_anybody() {
        let mut t = Table::default();
        let from = |n, ip: &str| Run { observed: ip.parse().expect("ip"), ..run(n, "s", &[b"a"], T0) };
        announce(&mut t, Run { seed: true, ..from(1, "198.51.100.1") });
        announce(&mut t, from(2, "203.0.113.5"));
        announce(&mut t, Run { anywhere: true, ..from(3, "203.0.113.5") });
        let part = |complete| Holding { complete, ..from(4, "10.0.0.4").holdings.remove(0) };
        announce(&mut t, Run { holdings: vec![part(false)], ..from(4, "10.0.0.4") });
        let told = |asker: &str| holders(&t, b"a", asker, T0).len();
        assert_eq!((told("8.8.8.8"), told("203.0.113.5"), told("192.168.1.1")), (2, 3, 3));
        let copies = t.copies(&"g".parse().expect("slug"), &BlobId::of(b"a"), T0);
        assert_eq!((copies.seeds, copies.friends, copies.pieces), (1, 3, 4), "nobody counts twice");
        let tenth = BlobId { size: 10 * GROUP_SIZE, ..BlobId::of(b"a") };
        assert_eq!(t.copies(&"g".parse().expect("slug"), &tenth, T0).pieces, 31);
    }

    #[test]
    fn who_is_there_is_told_with_what_they_have_and_move() {
        let mut t = Table::default();
        let (game, other): (Slug, Slug) = ("g".parse().expect("slug"), "h".parse().expect("slug"));
        let moving = |game: &Slug, up| Moving { game: game.clone(), down: BytesBySource::default(), up };
        let half = Holding { pieces: 1, complete: false, ..run(1, "s", &[b"a"], T0).holdings.remove(0) };
        announce(&mut t, Run { holdings: vec![half], ..run(1, "s", &[], T0) });
        announce(
            &mut t,
            Run {
                moving: vec![moving(&other, 9), moving(&game, 7)],
                ..run(1, "s", &[b"a", b"b"], T0.plus_millis(5))
            },
        );
        announce(&mut t, Run { seed: true, ..run(2, "s", &[b"b"], T0) });
        announce(&mut t, run(3, "s", &[b"c"], T0));
        let blobs = [BlobId { size: 4 * GROUP_SIZE, ..BlobId::of(b"a") }, BlobId::of(b"b")];
        let told = t.present(&game, &blobs, T0.plus_millis(5));
        assert_eq!(told.len(), 2, "who has none of them is not told of");
        let ann = told.iter().find(|p| !p.seed).expect("a friend");
        assert_eq!(
            (ann.held.clone(), ann.up),
            (vec![(0, 4), (1, 1)], 7),
            "all of a blob is as many pieces as it has"
        );
        assert_eq!((ann.since, ann.at), (T0, T0.plus_millis(5)), "it came with its first word");
        announce(&mut t, run(1, "s", &[b"a", b"b"], T0.plus_millis(6)));
        assert_eq!(
            t.present(&game, &blobs, T0.plus_millis(6)).iter().map(|p| p.up).sum::<u64>(),
            0,
            "it moves no more"
        );
        assert_eq!(t.present(&game, &blobs, T0.plus_millis(5 + EXPIRY_MILLIS)).len(), 1);
    }

    /// Each peer in a site of its own with three addresses, as on the internet.
    fn crowd(n: u32, at: UnixMillis) -> Run {
        let address = |port| SocketAddr::new(IpAddr::V4((0x6440_0000 + n).into()), port);
        Run {
            observed: IpAddr::V4((0x5000_0000 + n).into()),
            anywhere: true,
            addresses: vec![address(1), address(2), address(3)],
            ..run(n, "00112233445566778899aabbccddeeff", &[b"a", b"b", b"c", b"d"], at)
        }
    }

    const CROWD: u32 = 100_000;
    /// Steps of one run of the crowd.
    const STEPS_OF_ONE: usize = 5;

    #[test]
    fn a_hundred_thousand_come_and_go_in_bounded_steps() {
        let mut t = Table::default();
        for n in 0..CROWD {
            announce(&mut t, crowd(n, T0));
        }
        assert_eq!(t.online(T0).friends, u64::from(CROWD));
        assert_eq!(count(&t, b"a", T0), u64::from(CROWD));
        assert_eq!(holders(&t, b"a", "8.8.8.8", T0).len(), MAX_HOLDERS, "an answer is bounded");

        // All of them fall silent at once, but for one, whose announces pay for a few each.
        let late = T0.plus_millis(EXPIRY_MILLIS);
        let runs = |t: &Table| t.runs.len() - t.free.len();
        let mut before = runs(&t);
        for _ in 0..10 {
            announce(&mut t, crowd(CROWD, late));
            let went = before + 1 - runs(&t);
            assert!((1..=1 + ANNOUNCE_STEPS / STEPS_OF_ONE).contains(&went), "{went} went");
            before = runs(&t);
        }
        assert_eq!(holders(&t, b"a", "8.8.8.8", late).len(), 1, "only who spoke is told of");
        let mut rounds = 1;
        while t.expire(late, PURGE_STEPS) {
            let went = before - runs(&t);
            assert!((1..=PURGE_STEPS / STEPS_OF_ONE).contains(&went), "{went} went at once");
            before = runs(&t);
            rounds += 1;
        }
        assert!(rounds <= 1 + 100_000_usize.div_ceil(PURGE_STEPS / STEPS_OF_ONE), "{rounds} rounds");
        assert_eq!(runs(&t), 1, "who spoke is there");
    }

    #[test]
    fn a_full_table_refuses_until_somebody_is_gone() {
        let mut t = Table::default();
        for n in 0..u32::try_from(MAX_RUNS).expect("a slot") {
            announce(&mut t, run(n, "s", &[], T0));
        }
        let one_more = |at| run(90_000_000, "s", &[b"a"], at).into();
        assert_eq!(t.announce(one_more(T0)), Err(Full));
        announce(&mut t, run(7, "s", &[], T0.plus_millis(1)));
        assert_eq!(t.announce(one_more(T0.plus_millis(EXPIRY_MILLIS))), Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_peer_takes_little_memory() {
        fn resident() -> u64 {
            let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
            statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4096
        }
        let before = resident();
        let mut t = Table::default();
        for n in 0..CROWD {
            announce(&mut t, crowd(n, T0));
        }
        let each = (resident() - before) / u64::from(CROWD);
        eprintln!("{each} bytes a peer");
        assert!((300..2000).contains(&each), "{each} bytes a peer");
        for round in 1..4 {
            for n in 0..CROWD {
                announce(&mut t, crowd(n, T0.plus_millis(round)));
            }
        }
        let later = (resident() - before) / u64::from(CROWD);
        assert!(later < each + each / 4, "{each} bytes became {later}");
    }
}
