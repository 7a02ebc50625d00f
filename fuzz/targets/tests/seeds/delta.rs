//! Patches, and files to make them of.

use std::fs;

use mist_delta::{DiffOptions, Level, PatchReader, Signature, diff};
use mist_fuzz_targets::{Folder, base as base_folder, next};
use mist_proto::Hash;
use mist_tree::{fs::fault::MemDir, progress::unwatched};
use mist_zlib::{Settings, Strategy, adler32, crc32};

use crate::{
    FUZZ,
    link::{Source, System, link},
    pak, png,
    samples::{entries, prose},
    seed,
    zip::{deflate, zip, zip_by, zip_of},
};

type Entries = [(String, Vec<u8>)];

/// Two small texts under the names of files.
fn small() -> Vec<(String, Vec<u8>)> {
    vec![("a.txt".into(), prose(1, 600)), ("b/c.txt".into(), prose(2, 400))]
}

fn edited() -> Vec<(String, Vec<u8>)> {
    let mut small = small();
    small[0].1.splice(100..110, *b"something new");
    small.push(("new".into(), prose(3, 150)));
    small
}

/// A program into which functions and a variable were put.
fn grown() -> Source {
    let mut source = Source::new(40);
    source.functions.splice(5..5, [1000, 1001]);
    source.variables.splice(3..3, [1002]);
    source
}

/// zstd frames, each behind a name.
fn frames(entries: &Entries) -> Vec<u8> {
    let frame = |(name, plain): &(String, Vec<u8>)| {
        [name.as_bytes(), &zstd::bulk::compress(plain, 3).unwrap()].concat()
    };
    entries.iter().flat_map(frame).collect()
}

/// The files of the folder that patches are applied to.
pub(crate) fn base() {
    let level: Vec<u8> = (0..500u32).flat_map(|n| (n * n * 7919).to_le_bytes()).collect();
    for (name, content) in [
        ("readme.txt", prose(9, 700)),
        ("level.bin", level),
        ("assets.zip", zip(&small(), 6, false)),
        ("assets-2.zip", zip(&edited(), 6, false)),
        ("frames.bin", frames(&small())),
        ("frames-2.bin", frames(&edited())),
        ("game.pk3", zip(&entries(), 6, false)),
        ("program", link(System::Linux, &Source::new(40))),
        ("program-2", link(System::Linux, &grown())),
    ] {
        fs::write(format!("{FUZZ}/base/{name}"), content).unwrap();
    }
}

fn patch(old: &Folder, new: &Folder, level: Level) -> Vec<u8> {
    let mut out = Vec::new();
    let options = DiffOptions { level, ..DiffOptions::default() };
    diff(old.tree(), new.tree(), &mut out, &MemDir::new(), &options, &mut unwatched).unwrap();
    out
}

/// The same patch, with its table as it is, where a fuzzer sees what it changes. It is packed by zstd before.
fn unpacked(patch: &[u8]) -> Vec<u8> {
    const CODEC: usize = 8 + 32 + 32 + 8 + 8;
    const TABLE: usize = CODEC + 1 + 8 + 8;
    let number = |at: usize| u64::from_le_bytes(*patch[at..].first_chunk().unwrap());
    if patch[CODEC] != 2 {
        return patch.to_vec();
    }
    let (plain, packed) = (number(CODEC + 1), usize::try_from(number(CODEC + 9)).unwrap());
    let (table, segments) = patch[TABLE..].split_at(packed);
    let table = zstd::bulk::decompress(table, usize::try_from(plain).unwrap()).unwrap();
    let plain = plain.to_le_bytes();
    [&patch[..CODEC], &[0], &plain, &plain, &table, segments].concat()
}

/// Patches of all versions and levels.
pub(crate) fn patches() {
    for name in
        ["archive-v1", "containers-v2", "containers-v3", "containers-v4", "containers-v5", "program-v6"]
    {
        let golden = fs::read(format!("{FUZZ}/../delta/tests/golden/{name}.patch")).unwrap();
        seed("patch", name, &golden);
    }
    let old = base_folder();
    for (name, level) in [("fast", Level::Fast), ("default", Level::Default), ("max", Level::Max)] {
        seed("patch", name, &patch(&old, &next(), level));
    }
    seed("patch", "plain-table", &unpacked(&patch(&old, &next(), Level::Fast)));

    // Nothing but what it takes.
    let one = |content: &[u8]| Folder::of(&[("readme.txt", content)]);
    let readme = fs::read(format!("{FUZZ}/base/readme.txt")).unwrap();
    let mut shorter = unpacked(&patch(&one(&readme), &one(&readme[..600]), Level::Fast));
    seed("patch", "shorter", &shorter);
    // Without streams in old files, version 3 says the same in the same way.
    shorter[7] = b'3';
    seed("patch", "shorter-v3", &shorter);
    for (name, old, new) in [
        ("inside-zip", "assets.zip", "assets-2.zip"),
        ("inside-frames", "frames.bin", "frames-2.bin"),
        ("moved-program", "program", "program-2"),
    ] {
        let with = |file| Folder::of(&[(old, &fs::read(format!("{FUZZ}/base/{file}")).unwrap())]);
        seed("patch", name, &patch(&with(old), &with(new), Level::Default));
    }
    let stored = |content: &[u8]| Folder::of(&[("level.bin", content)]);
    let moved = patch(&stored(b"0123456789"), &Folder::of(&[("moved", b"0123456789")]), Level::Fast);
    seed("patch", "moved", &unpacked(&moved));

    seed("patch", "moved-huge", &moved_huge());
}

/// A patch that moves files whose lengths are more than any number together. Nobody has them, so it is made by hand.
fn moved_huge() -> Vec<u8> {
    const FILES: u8 = 17;
    let mut columns: [Vec<u8>; 32] = Default::default();
    columns[0] = vec![FILES, 0, 0, 0, 0];
    // Moves, with what they hold: 2^60 bytes.
    columns[1] = [0b1010].repeat(FILES.into());
    columns[2] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10].repeat(FILES.into());
    columns[3] = vec![0; 2 * usize::from(FILES)];
    columns[4] = vec![0; 32];
    // Paths that share nothing: `a` to `xa`, `b` to `xb` and so on.
    let names = (b'a'..).take(FILES.into());
    for (first, before) in [(5, &b""[..]), (9, b"x")] {
        columns[first] = vec![0; FILES.into()];
        columns[first + 1] = vec![0; FILES.into()];
        columns[first + 2] = [u8::try_from(before.len() + 1).unwrap()].repeat(FILES.into());
        columns[first + 3] = names.clone().flat_map(|name| [before, &[name]].concat()).collect();
    }
    let lens = columns.iter().flat_map(|c| {
        let low = u8::try_from(c.len() & 0x7f).unwrap();
        if c.len() < 0x80 { vec![low] } else { vec![low | 0x80, u8::try_from(c.len() >> 7).unwrap()] }
    });
    let table: Vec<u8> = lens.chain(columns.concat()).collect();
    let len = (table.len() as u64).to_le_bytes();
    [&b"MISTDLT4"[..], &[0; 32 + 32 + 8 + 8 + 1], &len, &len, &table].concat()
}

/// What interruptions may leave of the patch that the target makes.
pub(crate) fn resumptions() {
    let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_le_bytes()[..], bytes].concat();
    let patch = patch(&base_folder(), &next(), Level::Fast);
    let reader = PatchReader::open(&patch[..]).unwrap();
    let files: Vec<Vec<u8>> = reader.header().new.iter().map(|f| next().content(&f.path)).collect();
    let all: Vec<u8> = files.iter().flat_map(|content| counted(content)).collect();
    let state = |flags: u8, done: u64| [&[flags][..], &done.to_le_bytes()].concat();
    seed("resume", "all-done", &[state(0, files.len() as u64), all.clone()].concat());
    seed("resume", "too-many-done", &[state(0, u64::MAX), all].concat());
    seed("resume", "one-done", &[state(0, 2), counted(&files[0]), counted(b"garbage")].concat());
    let journal = [b"MISTRDO1", &[0; 8][..], &3u32.to_le_bytes(), b"new", &[9; 8], &[1; 32]].concat();
    seed("resume", "journals", &[state(5, 4), counted(&journal), counted(&journal)].concat());
    seed("resume", "no-checkpoint", &[&[2][..], &counted(b"MISTCKP1"), &counted(b"left")].concat());
}

/// Files of every kind that is looked into, old and new.
pub(crate) fn pairs() {
    let put_at = |level: u8, name: &str, old: &[u8], new: &[u8]| {
        let len = u16::try_from(old.len()).unwrap().to_le_bytes();
        seed("diff", name, &[&[level][..], &len, old, new].concat());
    };
    let put = |name: &str, old: &[u8], new: &[u8]| put_at(0, name, old, new);
    let both = |name: &str, make: &dyn Fn(&Entries) -> Vec<u8>| put(name, &make(&small()), &make(&edited()));
    put("nothing", b"", b"");
    put("same", b"the same in both", b"the same in both");
    for (level, name) in [(0, "text"), (1, "text-fast"), (2, "text-max")] {
        put_at(level, name, &prose(1, 1000), &[prose(1, 400), prose(2, 300), prose(1, 700)].concat());
    }
    both("zip", &|entries| zip(entries, 6, false));
    both("zip64", &|entries| zip(entries, 9, true));
    let by_other = |plain: &[u8]| miniz_oxide::deflate::compress_to_vec(plain, 1);
    both("zip-by-parse", &|entries| zip_by(by_other, entries, false));
    for flavour in [pak::FLAVOURS[0], pak::FLAVOURS[3], pak::FLAVOURS[5]] {
        both(&format!("pak-{}", flavour.version), &|entries| pak::pak(flavour, entries));
    }
    both("zstd", &|entries| frames(entries));
    for (name, system) in [("program", System::Linux), ("program-windows", System::Windows)] {
        put(name, &link(system, &Source::new(30)), &link(system, &grown()));
    }
    let by_zstd: pak::Method = (b"Zstd", |plain| zstd::bulk::compress(plain, 6).unwrap());
    both("pak-zstd", &|entries| pak::pak_by(by_zstd, pak::FLAVOURS[5], entries));
    both("zip-zstd", &|entries| zip_of(93, by_zstd.1, entries, false));
    let settings = Settings::new(6, 9).unwrap();
    let rows = |seed| {
        let mut rows = prose(seed, 301 * 4);
        rows.truncate(301 * 4);
        rows.iter_mut().step_by(301).for_each(|filter| *filter = 1);
        rows
    };
    for (name, strategy) in [("png", Strategy::Filtered), ("png-runs", Strategy::RunLength)] {
        let image = |rows: &[u8]| png::png(rows, settings.with_strategy(strategy), 256);
        let (old, mut new) = (rows(1), rows(1));
        new[700..720].fill(7);
        put(name, &image(&old), &image(&new));
    }
    both("gzip", &|entries| {
        let member = |(name, plain): &(String, Vec<u8>)| {
            let len = u32::try_from(plain.len()).unwrap();
            let head = [&[0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3], name.as_bytes(), &[0]].concat();
            let tail = [crc32(0, plain), len].map(u32::to_le_bytes).concat();
            [head, deflate(plain, 9), tail].concat()
        };
        entries.iter().flat_map(member).collect()
    });
    both("zlib", &|entries| {
        let stream = |(name, plain): &(String, Vec<u8>)| {
            [name.as_bytes(), &[0x78, 0x9c], &deflate(plain, 6), &adler32(1, plain).to_be_bytes()].concat()
        };
        entries.iter().flat_map(stream).collect()
    });
}

/// Signatures of folders that differ from what is known.
pub(crate) fn signatures() {
    let readme = prose(4, 3000);
    let zipped = fs::read(format!("{FUZZ}/base/assets.zip")).unwrap();
    let folder = Folder::of(&[("assets.zip", &zipped), ("empty", b""), ("readme.txt", &readme)]);
    let Folder { dir, manifest } = &folder;
    let of =
        |known| Signature::of(manifest.clone(), dir, &|f| known && f.size < 2000, &mut unwatched).unwrap();
    for (name, known) in [("all-hashed", false), ("some-hashed", true)] {
        let bytes = of(known).encode().unwrap();
        seed("signature", name, &bytes);
        // The same with its listing in a block as it is, where a fuzzer sees what it changes.
        let number = |at: usize| u32::from_le_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
        let rest = &bytes[9 + 4 + number(9)..];
        let listing = manifest.encode();
        let block = u32::try_from(listing.len() << 3 | 1).unwrap().to_le_bytes();
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58], &block[..3], &listing].concat();
        let len = u32::try_from(frame.len()).unwrap().to_le_bytes();
        seed("signature", &format!("{name}-plain"), &[&bytes[..9], &len, &frame, rest].concat());
    }
}

/// Journals without their seals, which the target adds.
pub(crate) fn journals() {
    let journal = |entries: &[(u64, &[u8])], size: u64| {
        let mut bytes = b"MISTRDO1".to_vec();
        for (at, content) in entries {
            bytes.extend(at.to_le_bytes());
            bytes.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
            bytes.extend(*content);
        }
        bytes.extend(size.to_le_bytes());
        bytes.extend(Hash::of(b"").0);
        bytes
    };
    seed("journal", "nothing", &journal(&[], 4000));
    seed("journal", "some", &journal(&[(5, b"five"), (9, b"at once"), (3990, b"over the end")], 5000));
    seed("journal", "shorter", &journal(&[(0, b"a")], 10));
    seed("journal", "over-the-end", &journal(&[(0, b"abc"), (9, b"def")], 10));
    seed("journal", "overlapping", &journal(&[(0, b"abc"), (2, b"def")], 10));
    seed("journal", "nowhere", &journal(&[(u64::MAX, b"abc")], 10));
}
