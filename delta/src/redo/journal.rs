//! The journal of one file: what to write where, sealed by a hash. `docs/formats.md` has its layout.

use std::io::{self, BufReader, Read};

use mist_proto::Hash;
use mist_tree::fs::{FromStart, ReadAt, WriteAt};

const MAGIC: &[u8; 8] = b"MISTRDO1";

/// Bytes before the bytes of an entry: their position and their number.
const ENTRY: usize = 8 + 4;

/// Bytes after the last entry: length and hash of the new file, and the seal.
const TRAILER: usize = 8 + 32 + 32;

/// Bytes that are read or written at a time.
const BUFFER: usize = 256 << 10;

/// A journal that is being written.
pub(crate) struct Writer {
    file: Box<dyn WriteAt>,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    /// Bytes before the buffer.
    flushed: u64,
}

impl Writer {
    /// Starts a journal in an empty file.
    pub(crate) fn new(file: Box<dyn WriteAt>) -> Self {
        Self { file, hasher: blake3::Hasher::new(), buffer: MAGIC.to_vec(), flushed: 0 }
    }

    /// Length so far, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    /// Notes that `bytes` belong at `at`, which is after the end of the entry before. They are some, and fewer than
    /// 4 GiB.
    pub(crate) fn append(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let len = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.buffer.extend_from_slice(&at.to_le_bytes());
        self.buffer.extend_from_slice(&len.to_le_bytes());
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hasher.update(&self.buffer);
        self.file.write_all_at(&self.buffer, self.flushed)?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Completes the journal of a file that is then `size` bytes long and has this hash. It counts once the file that is
    /// returned is flushed, its name too.
    pub(crate) fn seal(mut self, size: u64, hash: Hash) -> io::Result<Box<dyn WriteAt>> {
        self.buffer.extend_from_slice(&size.to_le_bytes());
        self.buffer.extend_from_slice(hash.as_bytes());
        self.hasher.update(&self.buffer);
        let seal = self.hasher.finalize();
        self.buffer.extend_from_slice(seal.as_bytes());
        self.file.write_all_at(&self.buffer, self.flushed)?;
        Ok(self.file)
    }

    /// Gives up: the file, and where its entries end.
    pub(crate) fn into_entries(mut self) -> io::Result<(Box<dyn WriteAt>, u64)> {
        self.flush()?;
        Ok((self.file, self.flushed))
    }
}

/// A sealed journal.
pub(crate) struct Redo {
    file: Box<dyn ReadAt>,
    /// Where the entries end.
    end: u64,
    size: u64,
    hash: Hash,
}

impl Redo {
    /// Reads a journal from its start to its end, and checks it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if it is not sealed or contradicts itself, or what the system reports.
    pub(crate) fn open(file: Box<dyn ReadAt>) -> io::Result<Self> {
        let len = file.size()?;
        let end = len.checked_sub(TRAILER as u64).filter(|&end| end >= MAGIC.len() as u64);
        let end = end.ok_or_else(|| invalid("it is too short"))?;
        let mut trailer = [0; TRAILER];
        file.read_exact_at(&mut trailer, end)?;
        let (said, seal) = trailer.split_at(8 + 32);
        let (size, hash) = said.split_at(8);
        let size = u64::from_le_bytes(array(size));
        let mut hasher = each_entry(&*file, end, |at, bytes| {
            let fits = at.checked_add(bytes.len() as u64).is_some_and(|end| end <= size);
            if fits { Ok(()) } else { Err(invalid("an entry reaches over the file's end")) }
        })?;
        if hasher.update(said).finalize().as_bytes() != seal {
            return Err(invalid("it is not sealed"));
        }
        Ok(Self { file, end, size, hash: Hash(array(hash)) })
    }

    /// Length of the new file in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Hash of the new file.
    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }

    /// Length of the journal in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.end + TRAILER as u64
    }

    /// Hands over what to write where, in ascending order of position, in parts of bounded length.
    pub(crate) fn each(&self, visit: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        each_entry(&*self.file, self.end, visit).map(drop)
    }

    /// Hash of what the file is going to be, if it is `old` now.
    pub(crate) fn hash_over(&self, old: &dyn ReadAt) -> io::Result<Hash> {
        let old_len = old.size()?.min(self.size);
        let mut hasher = blake3::Hasher::new();
        let mut buf = vec![0; BUFFER];
        let mut done = 0;
        let mut take_old = |hasher: &mut blake3::Hasher, done: &mut u64, to: u64| {
            while *done < to {
                let n = usize::try_from(to - *done).unwrap_or(BUFFER).min(BUFFER);
                read_or_zeros(old, old_len, &mut buf[..n], *done)?;
                hasher.update(&buf[..n]);
                *done += n as u64;
            }
            io::Result::Ok(())
        };
        self.each(|at, bytes| {
            take_old(&mut hasher, &mut done, at)?;
            hasher.update(bytes);
            done += bytes.len() as u64;
            Ok(())
        })?;
        take_old(&mut hasher, &mut done, self.size)?;
        Ok(hasher.finalize().into())
    }
}

/// Fills `buf` from `at` on with what a file of `len` bytes holds, and zeros after its end.
pub(crate) fn read_or_zeros(file: &dyn ReadAt, len: u64, buf: &mut [u8], at: u64) -> io::Result<()> {
    let here = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX).min(buf.len());
    let (here, after) = buf.split_at_mut(here);
    after.fill(0);
    file.read_exact_at(here, at)
}

/// Hands over the entries of a journal that end at `end`, in parts of bounded length. Returns the hash of everything up
/// to there, to go on with.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the entries contradict themselves, or what the system or `visit` reports.
pub(crate) fn each_entry(
    file: &dyn ReadAt,
    end: u64,
    mut visit: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<blake3::Hasher> {
    let mut left = end;
    let mut input = BufReader::with_capacity(BUFFER, FromStart::new(file));
    let mut hasher = blake3::Hasher::new();
    let mut take = |left: &mut u64, buf: &mut [u8]| {
        *left = left.checked_sub(buf.len() as u64).ok_or_else(|| invalid("an entry is cut off"))?;
        input.read_exact(buf)?;
        hasher.update(buf);
        io::Result::Ok(())
    };
    let mut magic = [0; MAGIC.len()];
    take(&mut left, &mut magic)?;
    if magic != *MAGIC {
        return Err(invalid("it is of a version that is not known here"));
    }
    let mut buf = vec![0; BUFFER];
    let mut after = 0;
    while left > 0 {
        let mut entry = [0; ENTRY];
        take(&mut left, &mut entry)?;
        let (at, len) = entry.split_at(8);
        let (mut at, mut len) = (u64::from_le_bytes(array(at)), u32::from_le_bytes(array(len)) as usize);
        if at < after || len == 0 {
            return Err(invalid("its entries are out of order"));
        }
        while len > 0 {
            let part = &mut buf[..len.min(BUFFER)];
            take(&mut left, part)?;
            visit(at, part)?;
            len -= part.len();
            at = at.checked_add(part.len() as u64).ok_or_else(|| invalid("an entry is nowhere"))?;
        }
        after = at;
    }
    Ok(hasher)
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a journal to go by: {why}"))
}

/// The bytes as an array; they are as many.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use mist_proto::RelPath;
    use mist_tree::fs::{Dir, fault::MemDir};

    use super::*;
    use crate::samples::noise;

    type Entries<'a> = &'a [(u64, &'a [u8])];

    fn path() -> RelPath {
        RelPath::new("journal").unwrap()
    }

    /// A journal with these entries for a file of `size` bytes, and its bytes.
    fn written(dir: &MemDir, entries: Entries<'_>, size: u64) -> Vec<u8> {
        let mut writer = Writer::new(dir.create(&path()).unwrap());
        for (at, bytes) in entries {
            writer.append(*at, bytes).unwrap();
        }
        let len = writer.len();
        writer.seal(size, Hash([7; 32])).unwrap();
        let mut bytes = vec![0; usize::try_from(len).unwrap() + TRAILER];
        dir.open(&path()).unwrap().read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    fn open(dir: &MemDir) -> io::Result<Redo> {
        Redo::open(dir.open(&path()).unwrap())
    }

    #[test]
    fn it_says_what_was_put_in() {
        let dir = MemDir::new();
        let long = noise(1, BUFFER + 1000);
        written(&dir, &[(5, b"five"), (9, b"at once"), (1 << 40, &long)], 1 << 41);
        let redo = open(&dir).unwrap();
        assert_eq!((redo.size(), redo.hash()), (1 << 41, Hash([7; 32])));
        assert_eq!(redo.len(), dir.open(&path()).unwrap().size().unwrap());
        let mut found = Vec::new();
        redo.each(|at, bytes| {
            found.push((at, bytes.to_vec()));
            Ok(())
        })
        .unwrap();
        let (head, tail) = long.split_at(BUFFER);
        let parts: [(u64, &[u8]); 4] =
            [(5, b"five"), (9, b"at once"), (1 << 40, head), ((1 << 40) + BUFFER as u64, tail)];
        assert!(found.iter().map(|(at, b)| (*at, b.as_slice())).eq(parts));
    }

    #[test]
    fn any_damage_and_any_cut_breaks_the_seal() {
        let dir = MemDir::new();
        let whole = written(&dir, &[(0, b"abc"), (100, b"defg")], 200);
        assert!(open(&dir).is_ok());
        let put = |bytes: &[u8]| {
            dir.create(&path()).unwrap().write_all_at(bytes, 0).unwrap();
            open(&dir).map(|_| ()).unwrap_err().kind()
        };
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1 << (at % 8);
            assert_eq!(put(&bad), io::ErrorKind::InvalidData, "byte {at}");
            assert_eq!(put(&whole[..at]), io::ErrorKind::InvalidData, "cut at {at}");
        }
        assert_eq!(put(&[&whole[..], b"x"].concat()), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_sealed_journal_that_contradicts_itself_is_refused() {
        let dir = MemDir::new();
        let cases: [(Entries<'_>, u64); 4] = [
            (&[(10, b"over the end")], 15),
            (&[(10, b"abc"), (12, b"overlaps")], 100),
            (&[(u64::MAX, b"nowhere")], u64::MAX),
            (&[(0, b"")], 100),
        ];
        for (entries, size) in cases {
            written(&dir, entries, size);
            assert_eq!(open(&dir).map(|_| ()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{entries:?}");
        }
    }

    #[test]
    fn it_tells_the_hash_of_what_it_makes() {
        let dir = MemDir::new();
        let old = noise(3, 700_000);
        let file = dir.create(&RelPath::new("old").unwrap()).unwrap();
        file.write_all_at(&old, 0).unwrap();
        for size in [0, 300_000, 700_000, 900_000] {
            let mut new = old.clone();
            new.resize(size, 0);
            let entries: Vec<(u64, &[u8])> =
                [(0, &b"start"[..]), (299_990, b"ten bytes."), (800_000, b"far")]
                    .into_iter()
                    .filter(|(at, bytes)| at + bytes.len() as u64 <= size as u64)
                    .collect();
            for (at, bytes) in &entries {
                let at = usize::try_from(*at).unwrap();
                new[at..at + bytes.len()].copy_from_slice(bytes);
            }
            written(&dir, &entries, size as u64);
            assert_eq!(open(&dir).unwrap().hash_over(&*file).unwrap(), Hash::of(&new), "{size}");
        }
    }
}
