//! The seam that knows who is online with what.
//!
//! Nothing of it is kept: a tracker that starts anew hears of everybody within one interval. [`table`] is the table in
//! memory, which is pure; how large it gets and what a call costs stand there.

mod table;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use mist_proto::{
    BlobId, Hash, Slug, UnixMillis,
    http::{BytesBySource, Holding, Moving},
    ids::PeerName,
    limits,
};

use self::table::{PURGE_STEPS, Table};
use super::{Away, network::Site};

/// Seconds between two announces.
pub const INTERVAL_SECS: u64 = 20;
/// A run that is silent for this long is gone.
pub const EXPIRY_MILLIS: i64 = 3 * 1000 * 20;

/// Runs at once.
pub(super) const MAX_RUNS: usize = 131_072;
/// Runs of one peer at once; the one that announced longest ago goes first.
pub(super) const MAX_RUNS_OF_PEER: usize = 8;
/// Holdings of all runs together.
pub(super) const MAX_HOLDINGS: usize = 2_000_000;
/// Most holders of a blob that are told of each group.
pub(super) const MAX_HOLDERS: usize = 256;
/// Most runs of one account that are told of each group: whoever claims to have everything on hundreds of devices takes
/// no place of others.
pub(super) const MAX_HOLDERS_OF_ACCOUNT: usize = 8;
/// Entries of the index that a question looks at in each group.
pub(super) const MAX_LOOKS: usize = 16 * MAX_HOLDERS;

/// One run of a peer's program.
#[derive(Debug, Clone)]
pub struct Run {
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
    /// Whether callers of other sites than its own may be told an address of it.
    pub anywhere: bool,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// What it serves.
    pub holdings: Vec<Holding>,
    /// What it moves of games.
    pub moving: Vec<Moving>,
    /// When it announced.
    pub at: UnixMillis,
}

/// A run that is online, and what it has of some blobs of a game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Its peer id.
    pub peer: PeerName,
    /// Account or seed that it belongs to.
    pub account: String,
    /// Whether it is a seed.
    pub seed: bool,
    /// Where it was seen to come from.
    pub observed: IpAddr,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// When it announced itself first.
    pub since: UnixMillis,
    /// When it announced itself last.
    pub at: UnixMillis,
    /// What it receives of the game a second.
    pub down: BytesBySource,
    /// What it sends of the game a second.
    pub up: u64,
    /// Pieces that it has of the blobs that were asked about, by their places among these. Of one that it is just beginning to fetch,
    /// none.
    pub held: Vec<(usize, u64)>,
}

impl Present {
    /// Takes over what is said to be moved of a game.
    pub(super) fn moving(mut self, game: &Slug, moving: &[Moving]) -> Self {
        if let Some(moving) = moving.iter().find(|moving| moving.game == *game) {
            (self.down, self.up) = (moving.down, moving.up);
        }
        self
    }
}

/// Pieces of these blobs, each at most as many as it has.
pub(super) fn held_of(blobs: &[BlobId], held: impl IntoIterator<Item = (usize, u64)>) -> Vec<(usize, u64)> {
    let bounded =
        |(place, pieces): (usize, u64)| Some((place, pieces.min(pieces_of(blobs.get(place)?.size))));
    let mut held: Vec<_> = held.into_iter().filter_map(bounded).collect();
    held.sort_unstable();
    held
}

/// Who a run is, as others are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Its peer id.
    pub peer: PeerName,
    /// Account or seed that it belongs to.
    pub account: Box<str>,
    /// Where it listens.
    pub addresses: Box<[SocketAddr]>,
    /// Where it was seen to come from.
    pub observed: IpAddr,
    /// Whether it is a seed.
    pub seed: bool,
}

/// A run that has (some of) a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The run.
    pub who: Arc<Who>,
    /// Pieces that it has.
    pub pieces: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// How much of a blob is online.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copies {
    /// Pieces that all holders have together; each holder counts for a copy at most.
    pub pieces: u64,
    /// Those that friends have, of these.
    pub of_friends: u64,
    /// Seeds that hold some of it.
    pub seeds: u64,
    /// Friends' runs that hold some of it.
    pub friends: u64,
}

/// Pieces of a blob of that size; nothing is one piece.
pub fn pieces_of(size: u64) -> u64 {
    limits::pieces(size).max(1)
}

/// How many copies of a blob some pieces of it are.
pub fn in_copies(pieces: u64, size: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    let copies = pieces as f64 / pieces_of(size) as f64;
    copies
}

/// Peers that are online, each counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Online {
    /// Friends'.
    pub friends: u64,
    /// Seeds.
    pub seeds: u64,
}

/// Why an announce was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The table is full.
    #[error("too many peers are online; this one is told to others once some have left")]
    Full,
    /// The table is elsewhere.
    #[error(transparent)]
    Away(#[from] Away),
}

/// The table of who is online.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Writes what a run says, in place of what it said before.
    ///
    /// # Errors
    /// [`Refused`]; what it said before may be gone then.
    async fn announce(&self, run: Run) -> Result<(), Refused>;

    /// A run ends.
    ///
    /// # Errors
    /// [`Away`].
    async fn leave(&self, peer: &PeerName, session: &str) -> Result<(), Away>;

    /// Every run of an account or seed ends.
    ///
    /// # Errors
    /// [`Away`].
    async fn drop_account(&self, account: &str) -> Result<(), Away>;

    /// Who has a blob, as far as somebody at `asker` may reach them: seeds, friends of the same site, and friends who
    /// may be told to anybody. A bounded number of each, those with the most pieces first.
    ///
    /// # Errors
    /// [`Away`].
    async fn holders(
        &self,
        game: &Slug,
        blob: &Hash,
        asker: Site,
        now: UnixMillis,
    ) -> Result<Vec<Holder>, Away>;

    /// How much of a blob is online.
    ///
    /// # Errors
    /// [`Away`].
    async fn copies(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Copies, Away>;

    /// Who has or fetches some of these blobs of a game, wherever they are, and what each moves of the game. Looks at a bounded number of runs for
    /// each blob.
    ///
    /// # Errors
    /// [`Away`].
    async fn present(&self, game: &Slug, blobs: &[BlobId], now: UnixMillis) -> Result<Vec<Present>, Away>;

    /// How many are online.
    ///
    /// # Errors
    /// [`Away`].
    async fn online(&self, now: UnixMillis) -> Result<Online, Away>;

    /// Forgets who is silent.
    ///
    /// # Errors
    /// [`Away`].
    async fn purge(&self, now: UnixMillis) -> Result<(), Away>;
}

/// The table in this process's memory.
#[derive(Default)]
pub struct MemoryPresence(Mutex<Table>);

impl MemoryPresence {
    fn table(&self) -> MutexGuard<'_, Table> {
        // No code between two changes of the table can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn announce(&self, run: Run) -> Result<(), Refused> {
        // What takes time is done before the lock is taken.
        let entry = table::Entry::from(run);
        self.table().announce(entry).map_err(|table::Full| Refused::Full)
    }

    async fn leave(&self, peer: &PeerName, session: &str) -> Result<(), Away> {
        self.table().leave(peer, session);
        Ok(())
    }

    async fn drop_account(&self, account: &str) -> Result<(), Away> {
        self.table().drop_account(account);
        Ok(())
    }

    async fn holders(
        &self,
        game: &Slug,
        blob: &Hash,
        asker: Site,
        now: UnixMillis,
    ) -> Result<Vec<Holder>, Away> {
        Ok(self.table().holders(game, blob, asker, now))
    }

    async fn copies(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Copies, Away> {
        Ok(self.table().copies(game, blob, now))
    }

    async fn present(&self, game: &Slug, blobs: &[BlobId], now: UnixMillis) -> Result<Vec<Present>, Away> {
        Ok(self.table().present(game, blobs, now))
    }

    async fn online(&self, now: UnixMillis) -> Result<Online, Away> {
        Ok(self.table().online(now))
    }

    async fn purge(&self, now: UnixMillis) -> Result<(), Away> {
        // Announces and questions get their turn in between.
        while self.table().expire(now, PURGE_STEPS) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::limits::GROUP_SIZE;

    use super::*;

    #[test]
    fn parts_of_a_copy() {
        assert!((in_copies(1, 4 * GROUP_SIZE) - 0.25).abs() < 1e-9);
        assert!((in_copies(9, 4 * GROUP_SIZE - 1) - 2.25).abs() < 1e-9);
        assert!((in_copies(1, 0) - 1.0).abs() < 1e-9, "nothing is one piece");
    }
}
