//! Patches between archives and images whose content changed a little: the content is compared, and the file comes
//! out bit for bit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the low bits of a random number are wanted")]

mod by_parse;
mod frames;
mod link;
#[path = "../common/noise.rs"]
mod noise;
mod pak;
mod png;
mod programs;
mod reference;
mod samples;
mod zip;

use std::num::NonZeroUsize;

use mist_delta::{
    ApplyOptions, DiffOptions, DiffReport, NoCheckpoint, Operation, PatchReader, Tree, apply, diff,
};
use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::{fs::RealDir, progress::unwatched};
use mist_zlib::{Settings, Strategy, adler32, crc32};

use samples::{entries, prose};
use zip::{deflate, zip};

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
            links: Vec::new(),
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

/// What a patch makes of an archive, on however many threads.
fn rebuilt(old: &Archive, patch: &[u8]) -> Vec<u8> {
    let made = [1, 2, 8].map(|threads| rebuilt_on(NonZeroUsize::new(threads).unwrap(), old, patch));
    assert!(made[0] == made[1] && made[0] == made[2]);
    made.into_iter().next().unwrap()
}

fn rebuilt_on(threads: NonZeroUsize, old: &Archive, patch: &[u8]) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let staging = RealDir::open(place.path()).unwrap();
    let reader = PatchReader::open(patch).unwrap();
    let options = ApplyOptions { threads, ..ApplyOptions::default() };
    let plan = apply(reader, &old.dir, &staging, &mut NoCheckpoint, &options, &mut unwatched).unwrap();
    assert!(matches!(plan.operations.as_slice(), [Operation::Staged { .. }]));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "the scratch file is gone");
    std::fs::read(place.path().join("game.pk3")).unwrap()
}

/// What a patch that may be damaged makes of an archive; none if it is refused.
fn try_rebuild(old: &Archive, patch: &[u8]) -> Option<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let staging = RealDir::open(place.path()).unwrap();
    let options = ApplyOptions::default();
    let reader = PatchReader::open(patch).ok()?;
    apply(reader, &old.dir, &staging, &mut NoCheckpoint, &options, &mut unwatched).ok()?;
    std::fs::read(place.path().join("game.pk3")).ok()
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

/// Patches in the world stay readable. This one can't be made any more.
#[test]
fn a_patch_of_version_1_still_applies() {
    let patch = include_bytes!("../golden/archive-v1.patch");
    let old = Archive::new(&zip(&entries(), 6, false));
    assert!(rebuilt(&old, patch) == zip(&edited(), 6, false));
}

#[test]
fn edits_inside_an_archive_cost_what_they_are() {
    let report = patch(&zip(&entries(), 6, false), &zip(&edited(), 6, false));
    assert!(report.patch_len < 1500, "{report:?}");
    assert!(report.scratch_len > 0);
}

#[test]
fn another_level_of_the_packer_costs_nearly_nothing() {
    let old = entries();
    let report = patch(&zip(&old, 6, false), &zip(&old, 9, false));
    assert!(report.patch_len < 1000, "{report:?}");
}

#[test]
fn streams_that_zlib_did_not_make_are_copied_as_they_are() {
    let old = entries();
    let mut archive = zip(&old, 6, false);
    let plainly = archive.clone();
    // A damaged stream no longer inflates.
    archive[200] ^= 0xff;
    archive[300] ^= 0xff;
    let report = patch(&plainly, &archive);
    assert!(report.patch_len < 1000, "{report:?}");
    assert_eq!(report.scratch_len, 0);
}

/// Patches of streams that zlib makes; these can't be made any more either.
#[test]
fn patches_of_versions_2_and_3_still_apply() {
    let old = Archive::new(&containers(&entries(), &rows(1)));
    let new = containers(&edited(), &drawn_on(&rows(1)));
    for patch in [
        &include_bytes!("../golden/containers-v2.patch")[..],
        include_bytes!("../golden/containers-v3.patch"),
    ] {
        assert!(rebuilt(&old, patch) == new);
    }
}

/// Patches of the versions that are written now: of every kind of stream, without zstd frames and with them, and of a program that
/// moved. Made anew only
/// if the environment variable `MIST_BLESS` is its name: for a new version of the format, under a new name, or for another
/// release of zstd.
#[test]
fn patches_of_versions_4_to_6_still_apply() {
    type Containers = fn(&[(String, Vec<u8>)], &[u8]) -> Vec<u8>;
    let deflate: Containers = |assets, rows| [images(rows), by_parse::containers(assets, rows)].concat();
    let frames: Containers = |assets, _| frames::containers(assets);
    let containers = |file: Containers| [file(&entries(), &rows(1)), file(&edited(), &drawn_on(&rows(1)))];
    for ([old, new], name) in [
        (containers(deflate), "containers-v4.patch"),
        (containers(frames), "containers-v5.patch"),
        (programs::versions(link::System::Linux), "program-v6.patch"),
    ] {
        let place = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        let old = Archive::new(&old);
        if std::env::var("MIST_BLESS").is_ok_and(|bless| bless == name) {
            std::fs::write(&place, make(&old, &Archive::new(&new)).0).unwrap();
        }
        assert!(rebuilt(&old, &std::fs::read(place).unwrap()) == new, "{name}");
    }
}

/// A zip archive, images and an Unreal archive, all by zlib.
fn containers(assets: &[(String, Vec<u8>)], rows: &[u8]) -> Vec<u8> {
    [zip(assets, 6, true), images(rows), pak::pak(pak::FLAVOURS[5], assets)].concat()
}

fn images(rows: &[u8]) -> Vec<u8> {
    let settings = Settings::new(6, 9).unwrap();
    let filtered = settings.with_strategy(Strategy::Filtered);
    [png::png(rows, settings, 8192), png::png(rows, filtered, 1 << 20)].concat()
}

#[test]
fn zip64_and_what_stands_before_an_archive() {
    for wide in [false, true] {
        let before = |n: usize, archive: Vec<u8>| [prose(99, n), archive].concat();
        let old = before(5000, zip(&entries(), 6, wide));
        let report = patch(&old, &before(5100, zip(&edited(), 6, wide)));
        assert!(report.patch_len < 1700, "{wide}: {report:?}");
    }
}

/// Rows of an image, each after the byte that tells its filter.
fn rows(seed: usize) -> Vec<u8> {
    let mut rows = prose(seed, 200 * 301);
    rows.truncate(200 * 301);
    for (i, b) in rows.iter_mut().enumerate() {
        *b = if i.is_multiple_of(301) { 1 } else { *b & 7 };
    }
    rows
}

fn drawn_on(rows: &[u8]) -> Vec<u8> {
    let mut drawn = rows.to_vec();
    drawn[30 * 301 + 50..30 * 301 + 90].fill(77);
    drawn
}

#[test]
fn a_changed_image_costs_the_changed_pixels() {
    let plainly = patch(&rows(1), &drawn_on(&rows(1))).patch_len;
    for (strategy, level, memory, chunk) in [
        (Strategy::Filtered, 6, 8, 8192),
        (Strategy::Filtered, 9, 9, 4096),
        (Strategy::Default, 9, 8, 1 << 20),
        (Strategy::RunLength, 6, 9, 8192),
        (Strategy::HuffmanOnly, 9, 8, 8192),
    ] {
        let settings = Settings::new(level, memory).unwrap().with_strategy(strategy);
        let image = |rows: &[u8]| png::png(rows, settings, chunk);
        let report = patch(&image(&rows(1)), &image(&drawn_on(&rows(1))));
        assert!(report.patch_len < plainly + 100, "{strategy:?}: {plainly} plain, {report:?}");
    }
}

#[test]
fn a_changed_member_of_a_gzip_file_costs_its_difference() {
    let gzip = |entries: &[(String, Vec<u8>)]| {
        let member = |(name, plain): &(String, Vec<u8>)| {
            let len = u32::try_from(plain.len()).unwrap();
            let head = [&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3], name.as_bytes(), &[0]].concat();
            [head, deflate(plain, 9), crc32(0, plain).to_le_bytes().to_vec(), len.to_le_bytes().to_vec()]
                .concat()
        };
        entries.iter().flat_map(member).collect::<Vec<u8>>()
    };
    let report = patch(&gzip(&entries()), &gzip(&edited()));
    assert!(report.patch_len < 1200, "{report:?}");
}

#[test]
fn streams_inside_files_of_unknown_kinds_are_found() {
    let file = |entries: &[(String, Vec<u8>)]| {
        let asset = |(name, plain): &(String, Vec<u8>)| {
            let packed = deflate(plain, 6);
            [name.as_bytes(), &[0x78, 0x9c], &packed, &adler32(1, plain).to_be_bytes()].concat()
        };
        entries.iter().flat_map(asset).collect::<Vec<u8>>()
    };
    let report = patch(&file(&entries()), &file(&edited()));
    assert!(report.patch_len < 1000, "{report:?}");
}

/// A binary asset: tables of numbers that compress, but not to nothing.
fn asset(seed: usize, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let step = |i: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if i % 4 < 2 { (state >> 40) as u8 } else { 0 }
    };
    (0..len).map(step).collect()
}

/// Assets, and the same after the third one changed and grew.
fn assets() -> [Vec<(String, Vec<u8>)>; 2] {
    let old: Vec<(String, Vec<u8>)> =
        (0..5).map(|i| (format!("Game/Content/{i}.uexp"), asset(i, 150_000 + i * 1000))).collect();
    let mut new = old.clone();
    let changed = &mut new[2].1;
    for at in (1..6).map(|i| i * 25_000) {
        changed.splice(at..at + 300, asset(at, 2000));
    }
    [old, new]
}

#[test]
fn one_changed_asset_in_a_shifted_archive_costs_its_own_patch() {
    let [old, assets] = assets();
    let own = patch(&old[2].1, &assets[2].1).patch_len;
    // The offsets of blocks in the file, in the entry, and in an index of encoded records.
    for flavour in [pak::FLAVOURS[0], pak::FLAVOURS[3], pak::FLAVOURS[5]] {
        let report = patch(&pak::pak(flavour, &old), &pak::pak(flavour, &assets));
        assert!(report.patch_len <= own + own / 20, "{flavour:?}: {own} alone, {report:?}");
    }
}

#[test]
fn a_directory_that_lies_is_no_danger() {
    let old = zip(&entries()[..6], 6, false);
    let end = old.len() - 22;
    for at in (end..old.len()).chain((old.len() - 400..end).step_by(29)) {
        let mut bad = old.clone();
        bad[at] = bad[at].wrapping_add(0x7f);
        patch(&old, &bad);
    }
}
