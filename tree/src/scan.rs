//! A folder as a build: hashes, upload chunks and the archive's address, in one read of each file.
//!
//! The calling thread reads the files in manifest order and hands each block to up to three threads: one hashes
//! files, one hashes the archive, one cuts and hashes chunks. What is in flight is bounded, so memory does not depend
//! on the size of the build.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use fastcdc::v2020::FastCDC;
use mist_proto::{BlobId, FileEntry, Hash, LinkEntry, RelPath, limits, path::publishable};

use crate::{
    archive::{Layout, LayoutError, Part},
    fs::Dir,
    hashing::Cancelled,
    progress::{OnProgress, Progress},
    recipe::{Chunk, Recipe},
    walk::{Found, Ignore, Reason, Refused, Walk, everything, walk},
};

/// Bytes read at once.
const BLOCK: usize = 1024 * 1024;
/// Blocks that may wait for each thread.
const WAITING: usize = 8;
/// Bytes that were cut into chunks already and still lie in the chunker's buffer before they are dropped.
const CUT_MAX: usize = 8 * 1024 * 1024;

/// What to leave out, and what to compute.
pub struct ScanOptions<'a> {
    /// Entries that are not part of the build.
    pub ignore: &'a Ignore<'a>,
    /// Whether to cut files into upload chunks.
    pub recipe: bool,
    /// Files that are executable in the build, whatever the folder says of them.
    pub programs: &'a [RelPath],
}

impl Default for ScanOptions<'_> {
    /// Everything, and no chunks.
    fn default() -> Self {
        Self { ignore: &everything, recipe: false, programs: &[] }
    }
}

/// A folder as a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The files, as a manifest lists them.
    pub files: Vec<FileEntry>,
    /// The empty folders, as a manifest lists them.
    pub empty_dirs: Vec<RelPath>,
    /// The symbolic links, as a manifest lists them.
    pub links: Vec<LinkEntry>,
    /// Address of the build's archive.
    pub archive: BlobId,
    /// The upload chunks; without any file unless they were asked for.
    pub recipe: Recipe,
}

/// Why a folder can't be scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// These entries can't be part of a build.
    #[error("{} can't be part of a build: {}{}", count(.0), list(.0), way_out(.0))]
    Refused(Vec<Refused>),
    /// A file was changed or removed while it was read.
    #[error("{0} changed while it was read")]
    Changed(RelPath),
    /// The system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The files are too large together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Ended by the caller.
    #[error("cancelled")]
    Cancelled,
}

impl From<Cancelled> for ScanError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

fn count(refused: &[Refused]) -> String {
    if refused.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", refused.len()) }
}

fn list(refused: &[Refused]) -> String {
    refused.iter().map(Refused::to_string).collect::<Vec<_>>().join("; ")
}

/// What to do about links, if some were refused.
fn way_out(refused: &[Refused]) -> &'static str {
    if refused.iter().any(|r| matches!(r.reason, Reason::Link { .. })) {
        ". A link has to be relative and lead to a file or folder of the build: make it so, put a copy of what it leads to \
         in its place, or leave it out"
    } else {
        ""
    }
}

/// What the folder `dir` contains, all of which has to be what a build may hold.
///
/// # Errors
/// [`ScanError::Refused`], and what the system reports.
pub(crate) fn contents(dir: &dyn Dir, ignore: &Ignore<'_>) -> Result<Walk, ScanError> {
    let walk = walk(dir, ignore)?;
    if walk.refused.is_empty() { Ok(walk) } else { Err(ScanError::Refused(walk.refused)) }
}

/// Wraps an error of reading the file `path`, which was found before.
pub(crate) fn unread(path: &RelPath) -> impl Fn(io::Error) -> ScanError {
    |e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => ScanError::Changed(path.clone()),
        _ => ScanError::Io(e),
    }
}

/// Checks that a file that was read is still as it was found.
pub(crate) fn check_unchanged(dir: &dyn Dir, Found { path, meta }: &Found) -> Result<(), ScanError> {
    let now = dir.metadata(path).map_err(unread(path))?;
    if now == *meta { Ok(()) } else { Err(ScanError::Changed(path.clone())) }
}

/// Reads the folder `dir` as a new build, whose paths are [`publishable`]. Progress counts content bytes.
///
/// # Errors
/// [`ScanError`]. A file that changes without any change of its length and modification time is not noticed.
pub fn scan(
    dir: &dyn Dir,
    options: &ScanOptions<'_>,
    progress: &mut OnProgress<'_>,
) -> Result<Scan, ScanError> {
    let Walk { files, empty_dirs, links, .. } = contents(dir, options.ignore)?;
    let offends = |path: &RelPath| {
        publishable(path).err().map(|e| Refused { place: e.path, reason: Reason::Path(e.rule) })
    };
    let names = files.iter().map(|f| &f.path).chain(&empty_dirs).chain(links.iter().map(|link| &link.path));
    let refused: Vec<_> = names.filter_map(offends).collect();
    if !refused.is_empty() {
        return Err(ScanError::Refused(refused));
    }
    let executable = |f: &Found| f.meta.executable || options.programs.contains(&f.path);
    let members = files.iter().map(|f| (f.path.clone(), f.meta.len, executable(f)));
    let layout = Layout::with_links(members, &links)?;
    let mut stages = Vec::new();
    let mut stage = || {
        let (send, receive) = sync_channel(WAITING);
        stages.push(send);
        Blocks { receive, block: Block::default(), at: 0 }
    };
    let (for_files, for_archive, for_chunks) = (stage(), stage(), options.recipe.then(stage));
    let (hashes, root, chunks) = thread::scope(|scope| {
        let hashes = scope.spawn(|| hash_files(&files, for_files));
        let root = scope.spawn(|| hash_archive(&layout, for_archive));
        let chunks = for_chunks.map(|blocks| scope.spawn(|| cut_files(&files, blocks)));
        let read = read_files(dir, &files, &stages, progress);
        // Ends the threads, early ones too; what those have made is dropped with the error.
        drop(stages);
        read.map(|()| (joined(hashes), joined(root), chunks.map(joined).unwrap_or_default()))
    })?;
    let files = files.into_iter().zip(hashes).map(|(found, hash)| FileEntry {
        executable: executable(&found),
        path: found.path,
        size: found.meta.len,
        hash,
    });
    Ok(Scan {
        files: files.collect(),
        empty_dirs,
        links,
        archive: BlobId { hash: root, size: layout.size() },
        recipe: Recipe { files: chunks },
    })
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

type Block = Arc<Vec<u8>>;

/// Collects what is read into blocks of one length, however short the files are: handing over costs more than hashing
/// a small file.
struct Feed<'a> {
    stages: &'a [SyncSender<Block>],
    block: Vec<u8>,
}

impl Feed<'_> {
    /// Room for at most `wanted` more bytes.
    fn room(&mut self, wanted: u64) -> &mut [u8] {
        let start = self.block.len();
        let len = usize::try_from(wanted).unwrap_or(BLOCK).min(BLOCK - start);
        self.block.resize(start + len, 0);
        &mut self.block[start..]
    }

    fn send_if_full(&mut self) -> io::Result<()> {
        if self.block.len() < BLOCK { Ok(()) } else { self.send() }
    }

    fn send(&mut self) -> io::Result<()> {
        let block = Arc::new(std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK)));
        for stage in self.stages {
            stage.send(block.clone()).map_err(|_| io::Error::other("a hashing thread ended early"))?;
        }
        Ok(())
    }
}

/// Sends all bytes of all files, in order, to every stage.
fn read_files(
    dir: &dyn Dir,
    files: &[Found],
    stages: &[SyncSender<Block>],
    progress: &mut OnProgress<'_>,
) -> Result<(), ScanError> {
    let mut feed = Feed { stages, block: Vec::with_capacity(BLOCK) };
    let total = files.iter().map(|f| f.meta.len).sum();
    let mut done = 0;
    for found @ Found { path, meta } in files {
        let file = dir.open(path).map_err(unread(path))?;
        let mut offset = 0;
        while offset < meta.len {
            let room = feed.room(meta.len - offset);
            let len = room.len() as u64;
            file.read_exact_at(room, offset).map_err(unread(path))?;
            feed.send_if_full()?;
            offset += len;
            done += len;
            if progress(Progress { done, total }).is_break() {
                return Err(ScanError::Cancelled);
            }
        }
        check_unchanged(dir, found)?;
    }
    // The threads end with the last byte: nobody would be there to take an empty block.
    if !feed.block.is_empty() {
        feed.send()?;
    }
    Ok(())
}

/// The receiving end of what [`read_files`] sends.
struct Blocks {
    receive: Receiver<Block>,
    block: Block,
    at: usize,
}

impl Blocks {
    /// Calls `each` with the bytes of the next file, which is `size` bytes long; with fewer if the sender ended.
    fn of_file(&mut self, size: u64, mut each: impl FnMut(&[u8])) {
        let mut left = size;
        while left > 0 {
            if self.at == self.block.len() {
                let Ok(block) = self.receive.recv() else { return };
                (self.block, self.at) = (block, 0);
            }
            let rest = &self.block[self.at..];
            let now = &rest[..usize::try_from(left).unwrap_or(usize::MAX).min(rest.len())];
            each(now);
            self.at += now.len();
            left -= now.len() as u64;
        }
    }
}

fn hash_files(files: &[Found], mut blocks: Blocks) -> Vec<Hash> {
    let hash = |file: &Found| {
        let mut hasher = blake3::Hasher::new();
        blocks.of_file(file.meta.len, |bytes| {
            hasher.update(bytes);
        });
        hasher.finalize().into()
    };
    files.iter().map(hash).collect()
}

fn hash_archive(layout: &Layout, mut blocks: Blocks) -> Hash {
    const ZEROS: [u8; 2048] = [0; 2048];
    let mut hasher = blake3::Hasher::new();
    for segment in layout.segments(0..layout.size()) {
        let len = segment.at.end - segment.at.start;
        match segment.part {
            Part::Header(bytes) => {
                hasher.update(&bytes);
            }
            Part::Content { .. } => blocks.of_file(len, |bytes| {
                hasher.update(bytes);
            }),
            Part::Zeros => {
                let len = usize::try_from(len).expect("padding and end are under 2 KiB");
                hasher.update(&ZEROS[..len]);
            }
        }
    }
    hasher.finalize().into()
}

fn cut_files(files: &[Found], mut blocks: Blocks) -> Vec<Vec<Chunk>> {
    let mut cutter = Cutter::default();
    files
        .iter()
        .map(|file| {
            blocks.of_file(file.meta.len, |bytes| cutter.add(bytes));
            cutter.finish()
        })
        .collect()
}

/// Cuts a file that arrives block by block: FastCDC (2020) with the bounds of [`limits`].
#[derive(Default)]
struct Cutter {
    buf: Vec<u8>,
    /// Start of what is not cut yet.
    start: usize,
    chunks: Vec<Chunk>,
}

impl Cutter {
    fn add(&mut self, bytes: &[u8]) {
        if self.start >= CUT_MAX {
            self.buf.drain(..self.start);
            self.start = 0;
        }
        self.buf.extend_from_slice(bytes);
        // A cut depends on at most CHUNK_MAX bytes: with fewer, more bytes could still move it.
        self.cut(limits::CHUNK_MAX as usize);
    }

    /// The chunks; ready for the next file then.
    fn finish(&mut self) -> Vec<Chunk> {
        self.cut(1);
        self.buf.clear();
        self.start = 0;
        std::mem::take(&mut self.chunks)
    }

    fn cut(&mut self, least: usize) {
        let (min, avg, max) = (limits::CHUNK_MIN, limits::CHUNK_AVG, limits::CHUNK_MAX);
        let cdc = FastCDC::new(&self.buf, min as usize, avg as usize, max as usize);
        while self.buf.len() - self.start >= least {
            let (_, end) = cdc.cut(self.start, self.buf.len() - self.start);
            let bytes = &self.buf[self.start..end];
            let len = u32::try_from(bytes.len()).expect("at most CHUNK_MAX");
            self.chunks.push(Chunk { hash: Hash::of(bytes), len });
            self.start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ops::ControlFlow, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        archive::ArchiveReader,
        fs::{ROOT, ReadAt, fault::MemDir},
        progress::unwatched,
        samples::{build, folder, noise, odd_files, path, put},
    };

    const WITH_RECIPE: ScanOptions<'_> = ScanOptions { ignore: &everything, recipe: true, programs: &[] };

    fn chunks_of(bytes: &[u8]) -> Vec<Chunk> {
        let (min, avg, max) = (limits::CHUNK_MIN, limits::CHUNK_AVG, limits::CHUNK_MAX);
        FastCDC::new(bytes, min as usize, avg as usize, max as usize)
            .map(|c| Chunk {
                hash: Hash::of(&bytes[c.offset..c.offset + c.length]),
                len: u32::try_from(c.length).unwrap(),
            })
            .collect()
    }

    #[test]
    fn everything_comes_from_one_pass() {
        let (_tmp, dir) = folder();
        let mut odd = odd_files();
        odd.push(("big.pak", noise(20, 20_000_000), false));
        let manifest = build(&*dir, &odd);
        dir.create_dir_all(&path("saves/slot 1")).unwrap();
        let total: u64 = manifest.content_size();
        let mut last = 0;
        let mut watch = |p: Progress| {
            assert!(p.done > last && p.total == total);
            last = p.done;
            ControlFlow::Continue(())
        };
        let scan = scan(&*dir, &WITH_RECIPE, &mut watch).unwrap();
        assert_eq!(last, total);
        assert_eq!(scan.files, manifest.files);
        assert_eq!(scan.empty_dirs, [path("saves/slot 1")]);
        let archive = ArchiveReader::new(Arc::new(Layout::new(&manifest).unwrap()), dir);
        let mut tar = vec![0; usize::try_from(archive.size().unwrap()).unwrap()];
        archive.read_exact_at(&mut tar, 0).unwrap();
        assert_eq!(scan.archive, BlobId::of(&tar));
        assert_eq!(scan.recipe.check(&manifest), Ok(()));
        for (name, bytes, _) in &odd {
            let at = manifest.files.iter().position(|f| f.path.as_str() == *name).unwrap();
            assert_eq!(scan.recipe.files[at], chunks_of(bytes), "{name}");
        }
    }

    /// The last block is full, and the threads may be done before the reader is.
    #[test]
    fn whole_blocks_and_nothing_after_them() {
        let dir = MemDir::new();
        put(&dir, &path("a"), &noise(1, 2 * BLOCK));
        for _ in 0..50 {
            let scan = scan(&dir, &ScanOptions { recipe: false, ..WITH_RECIPE }, &mut unwatched).unwrap();
            assert_eq!(scan.files[0].size, 2 * BLOCK as u64);
        }
    }

    #[test]
    fn an_empty_folder_is_an_empty_build() {
        let (_tmp, dir) = folder();
        let scan = scan(&*dir, &WITH_RECIPE, &mut unwatched).unwrap();
        assert_eq!((scan.files, scan.recipe.files), (vec![], vec![]));
        assert_eq!(scan.archive, BlobId::of(&[0; 1024]));
    }

    /// 5,000 files, made twice in different orders, are the same build.
    #[test]
    fn many_files_in_any_order() {
        let scans = [1usize, 7].map(|step| {
            let dir = MemDir::new();
            for i in (0..5000).map(|i| i * step % 5000) {
                put(&dir, &path(&format!("d{}/f{i}", i % 50)), &noise(i as u64, i % 700));
            }
            scan(&dir, &WITH_RECIPE, &mut unwatched).unwrap()
        });
        assert_eq!(scans[0].files.len(), 5000);
        assert!(scans[0] == scans[1]);
    }

    #[test]
    fn a_named_program_is_executable_in_all_that_is_computed() {
        let (_tmp, dir) = folder();
        put(&*dir, &path("game"), &noise(1, 5000));
        put(&*dir, &path("data"), &noise(2, 5000));
        let named = ScanOptions { programs: &[path("game"), path("gone")], ..WITH_RECIPE };
        let by_name = scan(&*dir, &named, &mut unwatched).unwrap();
        dir.set_executable(&path("game"), true).unwrap();
        assert!(by_name == scan(&*dir, &WITH_RECIPE, &mut unwatched).unwrap());
    }

    #[test]
    fn refusals_come_before_any_reading() {
        let (tmp, dir) = folder();
        put(&*dir, &path("good"), &noise(1, 10));
        std::os::unix::fs::symlink("/good", tmp.path().join("link")).unwrap();
        std::fs::write(tmp.path().join("con"), b"").unwrap();
        let mut read = |_: Progress| -> ControlFlow<()> { panic!("nothing is read") };
        let err = scan(&*dir, &WITH_RECIPE, &mut read).unwrap_err();
        assert!(matches!(&err, ScanError::Refused(all) if all.len() == 2));
        let text = err.to_string();
        assert!(text.contains("2 entries") && text.contains("link") && text.contains("con"), "{text}");
        assert!(text.contains("put a copy of what it leads to"), "{text}");
    }

    #[test]
    fn what_is_stricter_for_new_builds_is_refused_before_any_reading() {
        let (_tmp, dir) = folder();
        put(&*dir, &path("desktop.ini"), b"");
        dir.create_dir_all(&path("MIST~1")).unwrap();
        let mut read = |_: Progress| -> ControlFlow<()> { panic!("nothing is read") };
        let err = scan(&*dir, &WITH_RECIPE, &mut read).unwrap_err();
        assert!(matches!(&err, ScanError::Refused(all) if all.len() == 2), "{err}");
        assert_eq!(crate::list::survey(&*dir, &everything).unwrap().files, 1, "what is there is still read");
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_named() {
        type Change = fn(&dyn Dir);
        let changes: [(&str, Change); 4] = [
            ("shorter", |d| d.open_rw(&path("b")).unwrap().set_len(10).unwrap()),
            ("longer", |d| d.open_rw(&path("b")).unwrap().set_len(9_000_000).unwrap()),
            ("gone", |d| d.remove_file(&path("b")).unwrap()),
            ("another mode", |d| d.set_executable(&path("b"), true).unwrap()),
        ];
        for (what, change) in changes {
            let (_tmp, dir) = folder();
            put(&*dir, &path("a"), b"read first");
            put(&*dir, &path("b"), &noise(1, 4_000_000));
            let mut once = Some(change);
            let mut meddle = |_: Progress| {
                if let Some(change) = once.take() {
                    change(&*dir);
                }
                ControlFlow::Continue(())
            };
            let err = scan(&*dir, &WITH_RECIPE, &mut meddle).unwrap_err();
            assert!(matches!(&err, ScanError::Changed(p) if *p == path("b")), "{what}: {err}");
        }
    }

    #[test]
    fn cancelling_ends_it() {
        let (_tmp, dir) = folder();
        put(&*dir, &path("a"), &noise(1, 30_000_000));
        let mut calls = 0;
        let mut cancel = |_: Progress| {
            calls += 1;
            ControlFlow::Break(())
        };
        assert!(matches!(scan(&*dir, &WITH_RECIPE, &mut cancel), Err(ScanError::Cancelled)));
        assert_eq!(calls, 1);
        assert_eq!(dir.read_dir(ROOT).unwrap().len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        /// How a file arrives does not change where it is cut.
        #[test]
        fn cuts_do_not_depend_on_blocks(seed: u64, len in 0usize..12_000_000, block in 1usize..3_000_000) {
            let bytes = noise(seed, len);
            let mut cutter = Cutter::default();
            cutter.add(b"of another file");
            cutter.finish();
            bytes.chunks(block.max(4096)).for_each(|b| cutter.add(b));
            prop_assert_eq!(cutter.finish(), chunks_of(&bytes));
        }
    }
}
