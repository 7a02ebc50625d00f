//! Patches between archives whose content changed a little: the content is compared, and the archive comes out
//! bit for bit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the archives made here are small")]

use mist_delta::{
    ApplyOptions, DiffOptions, DiffReport, NoCheckpoint, Operation, PatchReader, Tree, apply, diff,
};
use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::{fs::RealDir, progress::unwatched};
use mist_zlib::{Deflater, Settings};

fn deflate(plain: &[u8], level: u8) -> Vec<u8> {
    let mut d = Deflater::new(Settings::new(level, 8).unwrap()).unwrap();
    let mut out = vec![0; plain.len() + 1000];
    let n = d.run(plain, &mut out, true).unwrap().made;
    out.truncate(n);
    out
}

/// A zip archive of deflated entries.
fn zip(entries: &[(String, Vec<u8>)], level: u8) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, plain) in entries {
        let packed = deflate(plain, level);
        let at = out.len() as u32;
        let mut fields = [20u16, 0, 8, 0, 0].map(u16::to_le_bytes).concat();
        for n in [0, packed.len() as u32, plain.len() as u32] {
            fields.extend(n.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        out.extend(*b"PK\x03\x04");
        out.extend(&fields);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(*b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (at, count) = (out.len() as u32, entries.len() as u16);
    out.extend(&directory);
    out.extend(*b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].map(u16::to_le_bytes).concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn prose(seed: usize, len: usize) -> Vec<u8> {
    const WORDS: [&str; 8] = ["rain ", "over ", "the ", "harbour ", "and ", "nobody ", "sees ", "it "];
    let mut state = seed;
    let mut out = Vec::new();
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.extend(WORDS[state >> 40 & 7].bytes());
    }
    out
}

fn entries() -> Vec<(String, Vec<u8>)> {
    (0..12).map(|i| (format!("data/{i}.txt"), prose(i, 20_000))).collect()
}

/// A tree of one file.
struct Archive {
    dir: RealDir,
    manifest: Manifest,
    // Removed with its content when this goes.
    _place: tempfile::TempDir,
}

impl Archive {
    fn new(content: &[u8]) -> Self {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("game.pk3"), content).unwrap();
        let file = FileEntry {
            path: RelPath::new("game.pk3").unwrap(),
            size: content.len() as u64,
            executable: false,
            hash: Hash::of(content),
        };
        let manifest = Manifest {
            game: "local".parse().unwrap(),
            version: "1".parse().unwrap(),
            sequence: 1,
            parent: None,
            floor: 1,
            archive: BlobId::of(b""),
            files: vec![file],
            empty_dirs: Vec::new(),
            launch: Vec::new(),
        };
        Self { dir: RealDir::open(place.path()).unwrap(), manifest, _place: place }
    }

    fn tree(&self) -> Tree<'_> {
        Tree { manifest: &self.manifest, dir: &self.dir }
    }
}

fn make(old: &Archive, new: &Archive) -> (Vec<u8>, DiffReport) {
    let mut bytes = Vec::new();
    let options = DiffOptions::default();
    let place = tempfile::tempdir().unwrap();
    let scratch = RealDir::open(place.path()).unwrap();
    let report = diff(old.tree(), new.tree(), &mut bytes, &scratch, &options, &mut unwatched).unwrap();
    (bytes, report)
}

/// What a patch makes of an archive.
fn rebuilt(old: &Archive, patch: &[u8]) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let staging = RealDir::open(place.path()).unwrap();
    let reader = PatchReader::open(patch).unwrap();
    let options = ApplyOptions::default();
    let plan = apply(reader, &old.dir, &staging, &mut NoCheckpoint, &options, &mut unwatched).unwrap();
    assert!(matches!(plan.operations.as_slice(), [Operation::Staged { .. }]));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "the scratch file is gone");
    std::fs::read(place.path().join("game.pk3")).unwrap()
}

/// Makes the patch between two archives, applies it, and compares.
fn patch(old: &[u8], new: &[u8]) -> DiffReport {
    let (old, new_archive) = (Archive::new(old), Archive::new(new));
    let (bytes, report) = make(&old, &new_archive);
    assert!(rebuilt(&old, &bytes) == new);
    report
}

fn edited() -> Vec<(String, Vec<u8>)> {
    let mut new = entries();
    new[3].1.splice(5000..5010, *b"something new");
    new[7].1.truncate(15_000);
    new.push(("data/extra.txt".into(), prose(77, 300)));
    new
}

/// Patches in the world stay readable. Made anew only with the environment variable `MIST_BLESS`, for a new version of
/// the format, under a new name.
#[test]
fn a_patch_of_version_1_still_applies() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/archive-v1.patch");
    let old = Archive::new(&zip(&entries(), 6));
    let new = zip(&edited(), 6);
    if std::env::var_os("MIST_BLESS").is_some() {
        std::fs::write(place, make(&old, &Archive::new(&new)).0).unwrap();
    }
    assert!(rebuilt(&old, &std::fs::read(place).unwrap()) == new);
}

#[test]
fn edits_inside_an_archive_cost_what_they_are() {
    let report = patch(&zip(&entries(), 6), &zip(&edited(), 6));
    assert!(report.patch_len < 1500, "{report:?}");
    assert!(report.scratch_len > 0);
}

#[test]
fn another_level_of_the_packer_costs_nearly_nothing() {
    let old = entries();
    let report = patch(&zip(&old, 6), &zip(&old, 9));
    assert!(report.patch_len < 1000, "{report:?}");
}

#[test]
fn streams_that_zlib_did_not_make_are_copied_as_they_are() {
    let old = entries();
    let mut archive = zip(&old, 6);
    let plainly = archive.clone();
    // A damaged stream no longer inflates.
    archive[200] ^= 0xff;
    archive[300] ^= 0xff;
    let report = patch(&plainly, &archive);
    assert!(report.patch_len < 1000, "{report:?}");
    assert_eq!(report.scratch_len, 0);
}

#[test]
fn a_directory_that_lies_is_no_danger() {
    let old = zip(&entries()[..6], 6);
    let end = old.len() - 22;
    for at in (end..old.len()).chain((old.len() - 400..end).step_by(29)) {
        let mut bad = old.clone();
        bad[at] = bad[at].wrapping_add(0x7f);
        patch(&old, &bad);
    }
}
