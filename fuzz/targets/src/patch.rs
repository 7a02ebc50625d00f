//! Patches, and the signatures and checkpoints that belong to them.

use std::{
    io,
    num::NonZeroUsize,
    sync::{Arc, LazyLock},
};

use mist_delta::{
    ApplyError, ApplyOptions, AtHand, Checkpoint, DiffError, DiffOptions, Level, NoCheckpoint, Operation,
    PatchReader, Signature, Tree, apply, diff_from_signature, replay,
};
use mist_proto::{Hash, RelPath};
use mist_tree::{
    fs::{ControlPath, Dir, ROOT, fault::MemDir},
    progress::unwatched,
};

use crate::{
    folder::{Files, Folder, base, next, read, write},
    input::Input,
};

/// Patches may make files of any size; here only those are applied that make less than so much.
const MOST: u64 = 4 << 20;

/// A patch does what it says or is refused, and so it is where files are patched in place.
pub fn patch(data: &[u8]) {
    let Ok(reader) = PatchReader::open(data) else { return };
    let again = || PatchReader::open(data).expect("it was read before");
    let header = reader.header();
    let made = header.new.iter().try_fold(header.scratch, |sum, file| sum.checked_add(file.size));
    // Nothing may rely on what has not been applied yet, but all of this is asked before.
    let _ = again().tally();
    let _ = again().disk(&|_, _| true);
    if made.is_none_or(|sum| sum > MOST) {
        return;
    }

    let old = base();
    let staging = MemDir::new();
    if let Err(ApplyError::WrongBase { .. }) = apply_checked(reader, &old, &staging) {
        assert!(staging.read_dir(ROOT).expect("a folder").is_empty(), "a wrong base was written about");
    }
    let whole = apply_to(again(), &old, &MemDir::new(), &mut NoCheckpoint, false);
    let in_place = apply_to(again(), &old, &MemDir::new(), &mut NoCheckpoint, true);
    assert_eq!(whole.ok(), in_place.ok(), "whole and in place");
    assert_eq!(old.files(), base().files(), "the old files are not changed");
}

/// The way from one file to another, whatever they hold, leads there.
pub fn diff(data: &[u8]) {
    let mut input = Input(data);
    let level = match input.u8() {
        1 => Level::Fast,
        2 => Level::Max,
        _ => Level::Default,
    };
    let (old, new) = (Folder::of(&[("file", input.counted())]), Folder::of(&[("file", input.0)]));
    let patch = make(old.tree(), new.tree(), level);
    let expected = if old.files() == new.files() { Files::new() } else { new.files() };
    for in_place in [false, true] {
        let reader = PatchReader::open(&patch[..]).expect("it was just made");
        let made = apply_to(reader, &old, &MemDir::new(), &mut NoCheckpoint, in_place);
        assert_eq!(made.expect("it was just made"), expected, "in place: {in_place}");
    }
}

/// Whatever an interrupted application left, the next one makes the right files.
pub fn resume(data: &[u8]) {
    static PATCH: LazyLock<Vec<u8>> = LazyLock::new(|| make(base().tree(), next().tree(), Level::Fast));
    let reader = PatchReader::open(&PATCH[..]).expect("it was just made");

    let mut input = Input(data);
    let flags = input.u8();
    let (in_place, raw, sealed) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    let state = if raw {
        input.counted().to_vec()
    } else {
        [b"MISTCKP1", &reader.id().as_bytes()[..], &input.u64().to_le_bytes()].concat()
    };
    let staging = MemDir::new();
    for file in &reader.header().new {
        let left = input.counted();
        let seal = if sealed { Hash::of(left).0.to_vec() } else { Vec::new() };
        write(&staging, &file.path, &[left, &seal].concat());
    }
    let paths: Vec<RelPath> = reader.header().new.iter().map(|file| file.path.clone()).collect();
    let made = apply_to(reader, &base(), &staging, &mut Saved(Some(state)), in_place);
    let mut expected = next().files();
    expected.retain(|path, _| paths.contains(path));
    assert_eq!(made.expect("the patch fits"), expected);
}

/// A checkpoint in memory.
struct Saved(Option<Vec<u8>>);

impl Checkpoint for Saved {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.clone())
    }
    fn save(&mut self, state: &[u8]) -> io::Result<()> {
        self.0 = Some(state.to_vec());
        Ok(())
    }
}

/// A signature comes back as it was, and a patch for whoever sent it can be made.
pub fn signature(data: &[u8]) {
    let Ok(signature) = Signature::decode(data) else { return };
    let encoded = signature.encode().expect("zstd packs anything");
    assert_eq!(Signature::decode(&encoded).expect("it was just encoded"), signature);

    let (here, new) = (base(), next());
    let dir: Arc<dyn Dir> = Arc::new(here.dir.clone());
    let mut at_hand = AtHand::of(signature.listing());
    at_hand.look_in(&here.manifest, &dir);
    let mut out = Vec::new();
    let (scratch, options) = (MemDir::new(), options(Level::Fast));
    let (tree, watch) = (new.tree(), &mut unwatched);
    match diff_from_signature(&signature, &at_hand, tree, &mut out, &scratch, &options, watch) {
        Ok(_) => drop(PatchReader::open(&out[..]).expect("it was just made")),
        // The listing may say other lengths than there are.
        Err(DiffError::Changed { .. } | DiffError::Read(_)) => {}
        Err(e) => panic!("{e}"),
    }
}

fn options(level: Level) -> DiffOptions {
    DiffOptions { level, threads: NonZeroUsize::MIN, ..DiffOptions::default() }
}

fn make(old: Tree<'_>, new: Tree<'_>, level: Level) -> Vec<u8> {
    let mut out = Vec::new();
    let scratch = MemDir::new();
    mist_delta::diff(old, new, &mut out, &scratch, &options(level), &mut unwatched).expect("both are here");
    out
}

fn apply_checked(
    patch: PatchReader<&[u8]>,
    old: &Folder,
    staging: &MemDir,
) -> Result<mist_delta::Plan, ApplyError> {
    apply(patch, &old.dir, staging, &mut NoCheckpoint, &ApplyOptions::default(), &mut unwatched)
}

/// What the files are that a patch makes, without a look at the old ones before.
fn apply_to(
    patch: PatchReader<&[u8]>,
    old: &Folder,
    staging: &MemDir,
    checkpoint: &mut dyn Checkpoint,
    in_place: bool,
) -> Result<Files, ApplyError> {
    let options = ApplyOptions { check_base: false, in_place: &|_, _| in_place, ..ApplyOptions::default() };
    let plan = apply(patch, &old.dir, staging, checkpoint, &options, &mut unwatched)?;
    let mut files = Files::new();
    for operation in plan.operations {
        let (path, size, hash) = match operation {
            Operation::Staged { path, size, hash, .. } => (path, size, hash),
            Operation::Patched { path, size, hash, .. } => {
                let copy = ControlPath::new("old").expect("a name");
                write(staging, &copy, &read(&old.dir, &path));
                replay(staging, &path, &copy).expect("it was just sealed");
                staging.rename(&copy, &path).expect("the journal is gone");
                (path, size, hash)
            }
            _ => continue,
        };
        let content = read(staging, &path);
        assert_eq!((content.len() as u64, Hash::of(&content)), (size, hash), "{path}");
        files.insert(path, content);
    }
    Ok(files)
}
