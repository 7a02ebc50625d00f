//! Where a scrub is, and when the next one begins. Pure: the time is a parameter.

use std::{io, path::Path};

use mist_proto::{
    BlobId, Hash, RelPath, Slug, UnixMillis,
    http::{Scrub, ScrubDone, ScrubRun},
    limits::{self, piece_size},
    time::DAY_MILLIS,
};
use mist_tree::fs::{RealDir, write_atomically};
use serde::{Deserialize, Serialize};

const FILE: &str = "scrub.json";

/// What of a blob is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// Its bytes, by whatever it is made of.
    Plain,
    /// The compressed form of an archive whose files are there too.
    Packed,
    /// The recipe of an archive's build, all at once.
    Recipe,
}

/// Something that is read from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) game: Slug,
    pub(crate) blob: BlobId,
    pub(crate) form: Form,
}

impl Item {
    /// Its place in the order in which items are read. It does not change while others come and go.
    fn key(&self) -> (&Slug, &Hash, Form) {
        (&self.game, &self.blob.hash, self.form)
    }
}

/// All before this was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    game: Slug,
    blob: Hash,
    form: Form,
    /// The first piece of it that was not read.
    piece: u64,
}

/// A scrub under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    began: UnixMillis,
    mark: Option<Mark>,
    read: u64,
    rotten: u64,
}

/// The scrubs of a store; survives restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rounds {
    running: Option<Round>,
    last: Option<ScrubDone>,
    asked: Option<UnixMillis>,
}

impl Rounds {
    /// Reads them; what can't be understood, as after a power loss, begins anew.
    pub(crate) fn load(data_dir: &Path) -> Self {
        let read = std::fs::read(data_dir.join(FILE));
        read.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(crate) fn save(&self, data_dir: &Path) -> io::Result<()> {
        let name = RelPath::new(FILE).map_err(io::Error::other)?;
        write_atomically(&RealDir::create(data_dir)?, &name, &serde_json::to_vec(self)?)
    }

    /// Heeds that a scrub was asked for at `asked`, by the tracker's clock. Whether that is news; the one under way will do.
    pub(crate) fn heed(&mut self, asked: UnixMillis, now: UnixMillis) -> bool {
        if self.asked.is_some_and(|heeded| heeded >= asked) {
            return false;
        }
        self.asked = Some(asked);
        self.begin(now);
        true
    }

    /// Whether there is something to read now: one is under way, or is due and begins.
    pub(crate) fn is_due(&mut self, now: UnixMillis, every_days: u32) -> bool {
        let every = i64::from(every_days) * DAY_MILLIS;
        // A clock that was set back makes none wait for longer than it should.
        let is_over = |last: ScrubDone| now.since(last.began) >= every || now.since(last.began) < 0;
        if self.running.is_none() && every > 0 && self.last.is_none_or(is_over) {
            self.begin(now);
        }
        self.running.is_some()
    }

    fn begin(&mut self, now: UnixMillis) {
        let fresh = Round { began: now, mark: None, read: 0, rotten: 0 };
        self.running.get_or_insert(fresh);
    }

    /// What is read next, and from which piece on. `items` are in order, see [`in_order`].
    pub(crate) fn next<'a>(&self, items: &'a [Item]) -> Option<(&'a Item, u64)> {
        let mark = self.running.as_ref()?.mark.as_ref();
        let Some(mark) = mark else { return items.first().map(|item| (item, 0)) };
        let key = (&mark.game, &mark.blob, mark.form);
        let item =
            items.iter().find(|item| item.key() > key || item.key() == key && mark.piece < pieces(item))?;
        Some((item, if item.key() == key { mark.piece } else { 0 }))
    }

    /// A piece was read, sound or not.
    pub(crate) fn note_read(&mut self, item: &Item, piece: u64, bytes: u64, is_rotten: bool) {
        let Some(round) = &mut self.running else { return };
        round.read = round.read.saturating_add(bytes);
        round.rotten += u64::from(is_rotten);
        round.mark = Some(Mark {
            game: item.game.clone(),
            blob: item.blob.hash,
            form: item.form,
            piece: piece.saturating_add(1),
        });
    }

    /// The rest of an item is not read: it went, or can't be opened.
    pub(crate) fn note_left(&mut self, item: &Item, is_rotten: bool) {
        self.note_read(item, u64::MAX, 0, is_rotten);
    }

    /// All was read.
    pub(crate) fn end(&mut self, now: UnixMillis) {
        if let Some(round) = self.running.take() {
            let Round { began, read, rotten, .. } = round;
            self.last = Some(ScrubDone { began, ended: now, read, rotten });
        }
    }

    /// How it is doing.
    pub(crate) fn told(&self, every_days: u32, items: &[Item]) -> Scrub {
        let running = self.running.as_ref().map(|round| {
            let left: u64 = match self.next(items) {
                None => 0,
                Some((item, piece)) => {
                    let behind = items.iter().filter(|other| other.key() > item.key());
                    behind.fold(left(item, piece), |sum, item| sum.saturating_add(left(item, 0)))
                }
            };
            let Round { began, read, rotten, .. } = *round;
            ScrubRun { began, done: read, total: read.saturating_add(left), rotten }
        });
        Scrub { every_days, running, last: self.last, asked: self.asked }
    }
}

/// Pieces of an item; nothing is one, so that it is opened at least.
pub(crate) fn pieces(item: &Item) -> u64 {
    match item.form {
        Form::Plain | Form::Packed => limits::pieces(item.blob.size).max(1),
        Form::Recipe => 1,
    }
}

/// Bytes of a piece of an item, for the rate at which a store is read.
pub(crate) fn bytes_of(item: &Item, piece: u64) -> u64 {
    left(item, piece).min(piece_size(item.blob.size))
}

/// Bytes that are still to be read of an item from a piece on. A recipe is small beside what it is of, and counts as none.
fn left(item: &Item, piece: u64) -> u64 {
    match item.form {
        Form::Plain | Form::Packed => {
            item.blob.size.saturating_sub(piece.saturating_mul(piece_size(item.blob.size)))
        }
        Form::Recipe => 0,
    }
}

/// Puts items in the order in which they are read.
pub(crate) fn in_order(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by(|a, b| a.key().cmp(&b.key()));
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use mist_proto::limits::GROUP_SIZE;

    use super::*;

    const T0: UnixMillis = UnixMillis(1_000_000);

    fn item(n: u8, pieces: u64, form: Form) -> Item {
        let blob = BlobId { hash: Hash([n; 32]), size: pieces * GROUP_SIZE };
        Item { game: "g".parse().unwrap(), blob, form }
    }

    /// Reads up to `most` pieces; returns which.
    fn read(rounds: &mut Rounds, items: &[Item], most: usize) -> Vec<(u8, Form, u64)> {
        let mut done = Vec::new();
        while done.len() < most
            && let Some((item, piece)) = rounds.next(items)
        {
            done.push((item.blob.hash.0[0], item.form, piece));
            rounds.note_read(item, piece, GROUP_SIZE, false);
        }
        done
    }

    #[test]
    fn every_piece_is_read_once_whenever_it_stops_and_whatever_comes_and_goes() {
        use Form::{Packed, Plain};
        let items =
            in_order(vec![item(3, 1, Plain), item(1, 2, Packed), item(1, 2, Plain), item(2, 1, Plain)]);
        let mut rounds = Rounds::default();
        assert_eq!(rounds.next(&items), None, "none is under way");
        assert!(rounds.is_due(T0, 30));
        assert_eq!(read(&mut rounds, &items, 3), [(1, Plain, 0), (1, Plain, 1), (1, Packed, 0)]);
        let told = rounds.told(30, &items).running.unwrap();
        assert_eq!((told.done, told.total), (3 * GROUP_SIZE, 6 * GROUP_SIZE));
        // A restart; the archive that was being read is gone, and something new is there.
        let mut rounds: Rounds = serde_json::from_slice(&serde_json::to_vec(&rounds).unwrap()).unwrap();
        assert_eq!(pieces(&item(1, 9, Form::Recipe)), 1, "a recipe is read at once");
        let items =
            in_order(vec![item(0, 1, Plain), item(1, 2, Plain), item(2, 1, Plain), item(3, 1, Plain)]);
        assert!(rounds.is_due(T0.plus_millis(1), 30), "it goes on");
        assert_eq!(
            read(&mut rounds, &items, 9),
            [(2, Plain, 0), (3, Plain, 0)],
            "what is new was just written"
        );
        rounds.end(T0.plus_millis(500));
        let told = rounds.told(30, &items);
        assert_eq!((told.running, told.last.unwrap().read), (None, 5 * GROUP_SIZE));
    }

    #[test]
    fn the_next_one_begins_when_its_time_comes_or_somebody_asks() {
        let (items, days) = ([item(1, 1, Form::Plain)], |n: i64| T0.plus_millis(n * DAY_MILLIS));
        let mut rounds = Rounds::default();
        assert!(!rounds.is_due(T0, 0), "0 is never");
        assert!(rounds.is_due(T0, 7));
        rounds.note_left(&items[0], true);
        rounds.end(days(1));
        assert_eq!(rounds.told(7, &items).last.unwrap().rotten, 1);
        assert!(!rounds.is_due(days(6), 7) && rounds.is_due(days(7), 7), "days from beginning to beginning");
        rounds.end(days(8));
        assert!(rounds.heed(UnixMillis(50), days(9)) && rounds.is_due(days(9), 0), "at once");
        assert!(!rounds.heed(UnixMillis(50), days(9)), "once");
        assert_eq!(rounds.told(0, &items).asked, Some(UnixMillis(50)));
        rounds.note_read(&items[0], 0, 7, false);
        assert!(rounds.heed(UnixMillis(60), days(10)));
        assert_eq!(rounds.told(0, &items).running.unwrap().done, 7, "the one under way will do");
        rounds.end(days(11));
        assert!(rounds.is_due(days(2), 30), "a clock that was set back");
    }

    #[test]
    fn they_outlive_a_restart() {
        let tmp = tempfile::tempdir().unwrap();
        assert_eq!(Rounds::load(tmp.path()), Rounds::default());
        let mut rounds = Rounds::default();
        rounds.heed(UnixMillis(50), T0);
        rounds.note_read(&item(1, 9, Form::Plain), 4, 5, true);
        rounds.save(tmp.path()).unwrap();
        assert_eq!(Rounds::load(tmp.path()), rounds);
        std::fs::write(tmp.path().join(FILE), "{").unwrap();
        assert_eq!(Rounds::load(tmp.path()), Rounds::default());
    }
}
