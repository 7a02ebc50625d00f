//! Pictures of games, as the server made them, kept so that they show without it: `covers/<game>/<id>.jpg` and `<id>-small.jpg` in
//! the folder of the server.
//!
//! A server is no more trusted with pictures than with anything else: what is kept and handed out is a JPEG of bounded size in bytes and in
//! pixels, and the large one is what its id says.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs, io,
    path::PathBuf,
    time::Duration,
};

use mist_proto::{
    Hash, Slug, UnixMillis,
    http::{CoverSize, Game},
};

use crate::home::{HomeError, entries, read_file, remove_file, write_file};

/// Bytes of a picture, at most. A server makes none of more than 1.3 MB.
pub(crate) const MAX_COVER: usize = 2 << 20;
/// Bytes of all pictures that are kept; those that were used least recently go first.
const MAX_KEPT: u64 = 256 << 20;
/// Pictures that wait to be fetched. Of more, those that were asked for first are forgotten.
const MAX_WAITING: usize = 200;
/// After so long a picture that could not be fetched is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// One picture of a game.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CoverId {
    pub(crate) game: Slug,
    pub(crate) id: Hash,
    pub(crate) small: bool,
}

impl CoverId {
    pub(crate) fn size(&self) -> CoverSize {
        if self.small { CoverSize::Small } else { CoverSize::Large }
    }

    /// Whether these bytes may be it.
    pub(crate) fn fits(&self, bytes: &[u8]) -> bool {
        let most = if self.small { 320 } else { 1200 };
        bytes.len() <= MAX_COVER
            && (self.small || Hash::of(bytes) == self.id)
            && jpeg_size(bytes)
                .is_some_and(|(width, height)| (1..=most).contains(&width) && (1..=most).contains(&height))
    }
}

/// Width and height that a JPEG says; nothing of what is none.
fn jpeg_size(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, after @ ..] = rest else { return None };
        match marker {
            // Any number of these may stand before a marker.
            0xff => rest = &rest[1..],
            // The picture itself, or its end, before its size.
            0xd8..=0xda => return None,
            _ => {
                let (length, body) = after.split_first_chunk::<2>()?;
                let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2)?;
                let segment = body.get(..length)?;
                let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                if is_frame {
                    let [_, h0, h1, w0, w1, ..] = segment else { return None };
                    return Some((u16::from_be_bytes([*w0, *w1]), u16::from_be_bytes([*h0, *h1])));
                }
                rest = &body[length..];
            }
        }
    }
}

/// The pictures of one server.
pub(crate) struct Covers {
    dir: PathBuf,
}

impl Covers {
    pub(crate) fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, cover: &CoverId) -> PathBuf {
        let name = format!("{}{}.jpg", cover.id, if cover.small { "-small" } else { "" });
        self.dir.join(cover.game.as_str()).join(name)
    }

    /// A picture that is here. One that a disk has spoilt goes.
    pub(crate) fn open(&self, cover: &CoverId) -> Result<Option<Vec<u8>>, HomeError> {
        let path = self.path(cover);
        let Some(bytes) = read_file(&path)? else { return Ok(None) };
        if !cover.fits(&bytes) {
            remove_file(&path)?;
            return Ok(None);
        }
        if let Ok(file) = fs::File::open(&path) {
            // What can't be noted as used goes earlier, nothing worse.
            let _ = file.set_modified(std::time::SystemTime::now());
        }
        Ok(Some(bytes))
    }

    /// Keeps a picture that fits.
    pub(crate) fn keep(&self, cover: &CoverId, bytes: &[u8]) -> Result<(), HomeError> {
        write_file(&self.path(cover), bytes, false)
    }

    /// Removes the pictures that no game has any more, and of the others those that were used least recently, down to a bound.
    pub(crate) fn prune(&self, games: &[Game]) -> io::Result<()> {
        self.prune_to(games, MAX_KEPT)
    }

    fn prune_to(&self, games: &[Game], most: u64) -> io::Result<()> {
        let current: BTreeMap<&str, String> = games
            .iter()
            .filter_map(|game| Some((game.slug.as_str(), game.cover.as_ref()?.id.to_string())))
            .collect();
        let mut kept = Vec::new();
        for folder in entries(&self.dir)? {
            let name = folder.file_name();
            let id = name.to_str().and_then(|slug| current.get(slug));
            for file in entries(&folder.path())? {
                let named = file.file_name();
                let is_current =
                    id.is_some_and(|id| named.to_str().is_some_and(|n| n.starts_with(id.as_str())));
                match file.metadata() {
                    Ok(meta) if is_current => kept.push((meta.modified().ok(), meta.len(), file.path())),
                    _ => fs::remove_file(file.path())?,
                }
            }
            if id.is_none() {
                fs::remove_dir(folder.path())?;
            }
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in kept {
            if total <= most {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }
}

/// Which pictures are to be fetched: those that somebody looks at now come first. Pure.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    waiting: VecDeque<CoverId>,
    under_way: BTreeSet<CoverId>,
    failed: BTreeMap<CoverId, UnixMillis>,
    /// Who fetches now.
    pub(crate) fetchers: usize,
}

impl Wanted {
    /// Somebody looks at it, and it is not here. Returns whether it waits from now on.
    pub(crate) fn ask(&mut self, cover: CoverId, now: UnixMillis) -> bool {
        let again = i64::try_from(TRY_AGAIN.as_millis()).unwrap_or(i64::MAX);
        self.failed.retain(|_, at| now.since(*at) < again);
        if self.under_way.contains(&cover) || self.failed.contains_key(&cover) {
            return false;
        }
        self.waiting.retain(|waits| *waits != cover);
        self.waiting.push_front(cover);
        self.waiting.truncate(MAX_WAITING);
        true
    }

    /// The next one to fetch.
    pub(crate) fn next(&mut self) -> Option<CoverId> {
        let next = self.waiting.pop_front()?;
        self.under_way.insert(next.clone());
        Some(next)
    }

    /// One was fetched, or could not be.
    pub(crate) fn ended(&mut self, cover: CoverId, is_here: bool, now: UnixMillis) {
        self.under_way.remove(&cover);
        if !is_here {
            self.failed.insert(cover, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::http::Cover;

    use super::*;

    fn slug(name: &str) -> Slug {
        name.parse().expect("slug")
    }

    /// The head of a JPEG of this size, with an application's segment before it.
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0, 0xff, 0xda, 0, 2, 9, 9, 0xff, 0xd9]);
        bytes
    }

    fn cover(game: &str, bytes: &[u8], small: bool) -> CoverId {
        CoverId { game: slug(game), id: Hash::of(bytes), small }
    }

    #[test]
    fn only_a_jpeg_of_a_bounded_size_is_a_picture() {
        assert_eq!(jpeg_size(&jpeg(320, 200)), Some((320, 200)));
        let whole = jpeg(320, 200);
        for cut in 0..whole.len() - 11 {
            assert_eq!(jpeg_size(&whole[..cut]), None, "cut at {cut}");
        }
        let others: [&[u8]; 6] = [
            b"",
            b"GIF89a",
            b"<svg onload=alert(1)>",
            b"\x89PNG\r\n",
            &[0xff, 0xd8, 0xff, 0xe0, 0, 1],
            &[0xff; 64],
        ];
        for other in others {
            assert_eq!(jpeg_size(other), None, "{other:?}");
        }
        let fits = |bytes: &[u8], small| cover("g", bytes, small).fits(bytes);
        assert!(fits(&jpeg(320, 320), true) && fits(&jpeg(1200, 1), false));
        assert!(!fits(&jpeg(321, 10), true) && !fits(&jpeg(10, 1201), false) && !fits(&jpeg(0, 5), true));
        let other = CoverId { id: Hash::of(b"another"), ..cover("g", b"", false) };
        assert!(!other.fits(&jpeg(10, 10)), "the large one is what its id says");
        let mut long = jpeg(10, 10);
        long.resize(MAX_COVER + 1, 0);
        assert!(!fits(&long, true));
    }

    #[test]
    fn pictures_are_kept_until_nobody_has_them() {
        let dir = tempfile::tempdir().expect("dir");
        let covers = Covers::at(dir.path().join("covers"));
        let bytes = jpeg(300, 300);
        let game = |slug: &str, id: Option<Hash>| Game {
            slug: slug.parse().expect("slug"),
            cover: id.map(|id| Cover { id, hue: None, width: 300, height: 300 }),
            ..serde_json::from_value(serde_json::json!({
                "slug": slug, "title": slug, "app_id": null, "is_private": false, "description": "",
                "cover_url": null, "live": null, "created": 0
            }))
            .expect("a game")
        };
        let (mine, other) = (cover("mine", &bytes, false), cover("other", &bytes, true));
        assert_eq!(covers.open(&mine).expect("read"), None);
        for one in [&mine, &other] {
            covers.keep(one, &bytes).expect("kept");
            assert_eq!(covers.open(one).expect("read").as_deref(), Some(&bytes[..]));
        }
        covers.prune(&[game("mine", Some(mine.id)), game("other", Some(Hash::of(b"new")))]).expect("pruned");
        assert!(covers.open(&mine).expect("read").is_some());
        assert_eq!(covers.open(&other).expect("read"), None, "it has another one now");
        fs::write(covers.path(&mine), b"<html>").expect("spoilt");
        assert_eq!(covers.open(&mine).expect("read"), None);
        assert!(!covers.path(&mine).exists());
        covers.keep(&mine, &bytes).expect("kept");
        covers.prune_to(&[game("mine", Some(mine.id))], 3).expect("pruned");
        assert_eq!(covers.open(&mine).expect("read"), None, "there is a bound");
        covers.keep(&mine, &bytes).expect("kept");
        covers.prune(&[]).expect("pruned");
        assert_eq!(fs::read_dir(dir.path().join("covers")).expect("read").count(), 0);
    }

    #[test]
    fn what_is_looked_at_now_comes_first_and_what_failed_waits() {
        let mut wanted = Wanted::default();
        let one = |n: usize| cover(&format!("g{n}"), b"", true);
        let at = UnixMillis;
        assert!(wanted.ask(one(1), at(0)) && wanted.ask(one(2), at(0)));
        assert_eq!(wanted.next(), Some(one(2)));
        assert!(!wanted.ask(one(2), at(0)), "it is on its way");
        wanted.ended(one(2), false, at(0));
        assert!(!wanted.ask(one(2), at(59_999)));
        assert!(wanted.ask(one(2), at(60_000)));
        for n in 0..MAX_WAITING * 2 {
            wanted.ask(one(n), at(60_000));
        }
        assert_eq!(std::iter::from_fn(|| wanted.next()).count(), MAX_WAITING);
    }
}
