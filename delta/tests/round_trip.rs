//! Whole trees through diff and apply, with every kind of change, damage and interruption.

#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, io, ops::ControlFlow, path::Path};

use mist_delta::{
    ApplyError, ApplyOptions, Checkpoint, DiffOptions, Fate, Level, NoCheckpoint, Operation, PatchReader,
    Plan, Tally, Tree, apply, diff,
};
use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::{fs::RealDir, progress::unwatched};
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

fn manifest(files: &Files) -> Manifest {
    Manifest {
        game: "local".parse().unwrap(),
        version: "1".parse().unwrap(),
        sequence: 1,
        parent: None,
        floor: 1,
        archive: BlobId::of(b""),
        files: files
            .iter()
            .map(|(path, content)| FileEntry {
                path: RelPath::new(path).unwrap(),
                size: content.len() as u64,
                executable: path.ends_with(".sh"),
                hash: Hash::of(content),
            })
            .collect(),
        empty_dirs: Vec::new(),
        links: Vec::new(),
        launch: Vec::new(),
    }
}

fn write(root: &Path, files: &Files) {
    for (path, content) in files {
        let at = root.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, content).unwrap();
    }
}

/// A folder on disk with its manifest.
struct Folder {
    place: tempfile::TempDir,
    manifest: Manifest,
    dir: RealDir,
}

impl Folder {
    fn new(files: &Files) -> Self {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), files);
        let dir = RealDir::open(place.path()).unwrap();
        Self { place, manifest: manifest(files), dir }
    }

    fn tree(&self) -> Tree<'_> {
        Tree { manifest: &self.manifest, dir: &self.dir }
    }
}

fn make(old: &Folder, new: &Folder, level: Level) -> Vec<u8> {
    let mut patch = Vec::new();
    let options = DiffOptions { level, ..DiffOptions::default() };
    let place = tempfile::tempdir().unwrap();
    let scratch = RealDir::open(place.path()).unwrap();
    diff(old.tree(), new.tree(), &mut patch, &scratch, &options, &mut unwatched).unwrap();
    patch
}

/// Carries the plan out on paths and contents.
fn carry_out(plan: &Plan, old: &Files, staging: &Path) -> Files {
    let mut files = old.clone();
    for operation in &plan.operations {
        match operation {
            Operation::Delete { path } => assert!(files.remove(path.as_str()).is_some()),
            Operation::Move { from, to, .. } => {
                let content = files.remove(from.as_str()).unwrap();
                assert!(files.insert(to.to_string(), content).is_none(), "moved onto {to}");
            }
            Operation::Staged { path, hash, size, .. } => {
                let content = std::fs::read(staging.join(path.as_str())).unwrap();
                assert_eq!((*hash, *size), (Hash::of(&content), content.len() as u64));
                files.insert(path.to_string(), content);
            }
            Operation::Patched { path, .. } => panic!("nobody asked to patch {path} where it is"),
            Operation::SetMode { path, .. } => assert!(files.contains_key(path.as_str())),
            Operation::RemoveDir { .. } | Operation::CreateDir { .. } => {}
            Operation::Link { .. } | Operation::RemoveLink { .. } => panic!("these folders have no links"),
        }
    }
    files
}

fn apply_plainly(patch: &[u8], old: &Folder, staging: &Path) -> Result<Plan, ApplyError> {
    let staging = RealDir::open(staging).unwrap();
    apply(
        PatchReader::open(patch)?,
        &old.dir,
        &staging,
        &mut NoCheckpoint,
        &ApplyOptions::default(),
        &mut unwatched,
    )
}

fn check(old_files: &Files, new_files: &Files, level: Level) -> Vec<u8> {
    let (old, new) = (Folder::new(old_files), Folder::new(new_files));
    let patch = make(&old, &new, level);
    let staging = tempfile::tempdir().unwrap();
    let plan = apply_plainly(&patch, &old, staging.path()).unwrap();
    assert!(carry_out(&plan, old_files, staging.path()) == *new_files);
    patch
}

fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..len).map(step).collect()
}

fn files(list: &[(&str, &[u8])]) -> Files {
    list.iter().map(|(p, c)| ((*p).to_owned(), c.to_vec())).collect()
}

/// Files of noise whose lengths are just under what is weighed at a time, so that a segment fills in large steps.
#[test]
fn noise_never_outgrows_a_segment() {
    for step in [1usize << 18, 1 << 19, 1 << 20] {
        let files = (0..20u32).map(|i| (format!("{i:02}.bin"), noise(i, step - 1))).collect::<Files>();
        let (old, new) = (Folder::new(&Files::new()), Folder::new(&files));
        for level in [Level::Fast, Level::Default] {
            let patch = make(&old, &new, level);
            assert!(patch.len() > 20 * (step - 1));
        }
    }
}

#[test]
fn equal_trees_make_a_tiny_patch() {
    let tree = files(&[("a", b"x"), ("b/c", &noise(1, 100_000))]);
    for level in [Level::Fast, Level::Default, Level::Max] {
        assert!(check(&tree, &tree, level).len() < 1024);
    }
    check(&Files::new(), &Files::new(), Level::Default);
}

#[test]
fn every_operation_at_once() {
    let big = noise(2, 300_000);
    let mut edited = big.clone();
    edited[1000] ^= 1;
    edited.splice(150_000..150_000, noise(3, 500));
    let old = files(&[
        ("kept", b"kept"),
        ("gone/away", b"gone"),
        ("big.bin", &big),
        ("moved/from.bin", &noise(4, 5000)),
        ("a", b"file that becomes a folder"),
        ("swap1", b"one"),
        ("swap2", b"two"),
        ("emptied", b"not empty"),
        ("run.sh", b"#!"),
        ("twice.bin", &noise(5, 4000)),
    ]);
    let new = files(&[
        ("kept", b"kept"),
        ("big.bin", &edited),
        ("moved/to.bin", &noise(4, 5000)),
        ("a/b", b"file that becomes a folder"),
        ("swap1", b"two"),
        ("swap2", b"one"),
        ("emptied", b""),
        ("empty/new", b""),
        ("run.sh", b"#!/bin/sh"),
        ("twice.bin", &noise(5, 4000)),
        ("copy of twice.bin", &noise(5, 4000)),
        ("brand new", &noise(6, 2000)),
    ]);
    for level in [Level::Fast, Level::Default, Level::Max] {
        let len = check(&old, &new, level).len();
        assert!(len < 2000 + 500 + 1500, "{level:?}: {len}");
    }
}

#[test]
fn a_patch_says_what_it_touches() {
    let old =
        files(&[("same", b"1"), ("moved", &noise(1, 100)), ("gone", b"2"), ("changed", &noise(2, 500))]);
    let mut changed = noise(2, 500);
    changed[250] ^= 0xff;
    let new = files(&[("same", b"1"), ("moved2", &noise(1, 100)), ("changed", &changed)]);
    let patch = check(&old, &new, Level::Default);
    let reader = PatchReader::open(patch.as_slice()).unwrap();
    let header = reader.header();
    let fates: Vec<_> = header.old.iter().map(|f| (f.path.as_str(), f.content.is_some(), &f.fate)).collect();
    let to = RelPath::new("moved2").unwrap();
    assert_eq!(
        fates,
        [
            ("changed", true, &Fate::Stay),
            ("gone", false, &Fate::Delete),
            ("moved", true, &Fate::Move { to, executable: false }),
        ]
    );
    assert_eq!(header.new.len(), 1);
    assert_eq!(
        (header.from.0, header.to.0),
        (Hash::of(&manifest(&old).encode()), Hash::of(&manifest(&new).encode()))
    );
}

#[test]
fn a_patch_tells_what_each_file_is_made_of() {
    let mut changed = noise(2, 5000);
    changed[250] ^= 0xff;
    changed.extend(noise(4, 70));
    let new = files(&[("a/changed", &changed), ("b-new", &noise(5, 300)), ("c-empty", b"")]);
    let patch = check(&files(&[("changed", &noise(2, 5000))]), &new, Level::Default);
    let mut tallies = PatchReader::open(patch.as_slice()).unwrap().tally().unwrap();
    let packed: Vec<u64> = tallies.iter().map(|t| t.packed).collect();
    assert!(packed[1] > packed[0] && packed[0] > packed[2], "what is new costs most: {packed:?}");
    let sum: u64 = packed.iter().sum();
    assert!((370..patch.len() as u64).contains(&sum), "noise does not pack: {sum} of {}", patch.len());
    tallies.iter_mut().for_each(|t| t.packed = 0);
    let from = Some(RelPath::new("changed").unwrap());
    let made =
        |copied, differing, literal, from| Tally { copied, differing, literal, from, ..Tally::default() };
    assert_eq!(tallies, [made(5000, 1, 70, from), made(0, 0, 300, None), Tally::default()]);
    for cut in [1, patch.len() / 2] {
        let cut = &patch[..patch.len() - cut];
        assert!(PatchReader::open(cut).map_or(true, |reader| reader.tally().is_err()));
    }
}

#[test]
fn a_wrong_base_is_refused_before_anything_is_written() {
    let old_files = files(&[("a.bin", &noise(1, 9000)), ("b.bin", &noise(2, 9000)), ("m", &noise(3, 50))]);
    let mut new_files = old_files.clone();
    for content in new_files.values_mut() {
        content.extend_from_slice(b"more");
    }
    let m = old_files["m"].clone();
    new_files.insert("m2".into(), m);
    new_files.remove("m");
    let (old, new) = (Folder::new(&old_files), Folder::new(&new_files));
    let patch = make(&old, &new, Level::Default);
    for (victim, damage) in
        [("a.bin", Some(&b"short"[..])), ("b.bin", Some(&noise(9, 9000)[..])), ("m", None)]
    {
        let place = old.place.path().join(victim);
        match damage {
            Some(bytes) => std::fs::write(&place, bytes).unwrap(),
            None => std::fs::remove_file(&place).unwrap(),
        }
        let staging = tempfile::tempdir().unwrap();
        match apply_plainly(&patch, &old, staging.path()) {
            Err(ApplyError::WrongBase { differing }) => {
                assert_eq!(differing.iter().map(RelPath::as_str).collect::<Vec<_>>(), [victim]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(std::fs::read_dir(staging.path()).unwrap().count(), 0);
        std::fs::write(place, &old_files[victim]).unwrap();
    }
}

/// A checkpoint in memory.
#[derive(Default)]
struct Memory(Option<Vec<u8>>);

impl Checkpoint for Memory {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.clone())
    }
    fn save(&mut self, state: &[u8]) -> io::Result<()> {
        self.0 = Some(state.to_vec());
        Ok(())
    }
}

#[test]
fn interrupted_anywhere_it_goes_on_from_the_checkpoint() {
    let old_files: Files = (0..200).map(|i| (format!("d{}/f{i}.bin", i % 7), noise(i, 3000))).collect();
    let new_files: Files = old_files
        .iter()
        .map(|(path, content)| {
            (path.clone(), [content, &b"tail"[..], &noise(content[0].into(), 200)].concat())
        })
        .collect();
    let (old, new) = (Folder::new(&old_files), Folder::new(&new_files));
    let patch = make(&old, &new, Level::Default);
    for stop_after in [1, 150, 201, 250, 330, 399] {
        let place = tempfile::tempdir().unwrap();
        let staging = RealDir::open(place.path()).unwrap();
        let mut memory = Memory::default();
        let mut run = |left: &mut u32| {
            let mut countdown = |_| {
                *left = left.saturating_sub(1);
                if *left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let reader = PatchReader::open(patch.as_slice()).unwrap();
            apply(reader, &old.dir, &staging, &mut memory, &ApplyOptions::default(), &mut countdown)
        };
        assert!(matches!(run(&mut { stop_after }), Err(ApplyError::Cancelled)));
        // A torn file among the staged ones is noticed and made again.
        if let Some(torn) = std::fs::read_dir(place.path().join("d3")).ok().and_then(|mut d| d.next()) {
            std::fs::write(torn.unwrap().path(), b"torn").unwrap();
        }
        let plan = run(&mut u32::MAX.clone()).unwrap();
        assert!(carry_out(&plan, &old_files, place.path()) == new_files);
    }
}

#[test]
fn damage_anywhere_in_a_patch_is_an_error_or_harmless() {
    let old_files = files(&[
        ("a.txt", &b"some text that repeats, some text that repeats. ".repeat(40)),
        ("b", &noise(1, 700)),
    ]);
    let mut new_files = old_files.clone();
    new_files.get_mut("a.txt").unwrap().splice(100..110, *b"other");
    new_files.get_mut("b").unwrap().extend(noise(2, 100));
    let (old, new) = (Folder::new(&old_files), Folder::new(&new_files));
    let patch = make(&old, &new, Level::Default);
    for at in (0..patch.len()).step_by(3) {
        let mut bad = patch.clone();
        bad[at] ^= 1 << (at % 8);
        let staging = tempfile::tempdir().unwrap();
        if let Ok(plan) = apply_plainly(&bad, &old, staging.path()) {
            // What is not covered by a digest (ids, bounds) can't change a file.
            for operation in &plan.operations {
                if let Operation::Staged { path, hash, .. } = operation {
                    assert_eq!(*hash, Hash::of(&new_files[path.as_str()]), "byte {at}");
                }
            }
        }
        let staging = tempfile::tempdir().unwrap();
        assert!(apply_plainly(&patch[..at], &old, staging.path()).is_err(), "cut at {at}");
    }
}

/// An edit of a byte string.
#[derive(Debug, Clone)]
enum Edit {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(i, b)| Edit::Set(i, b)),
        (at(), prop::collection::vec(any::<u8>(), 0..50)).prop_map(|(i, v)| Edit::Insert(i, v)),
        (at(), 0usize..200).prop_map(|(i, n)| Edit::Remove(i, n)),
        (at(), 0usize..300).prop_map(|(i, n)| Edit::Repeat(i, n)),
    ]
}

fn edited(content: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut v = content.to_vec();
    for e in edits {
        match e {
            Edit::Set(i, b) if !v.is_empty() => {
                let i = i.index(v.len());
                v[i] = *b;
            }
            Edit::Insert(i, bytes) => {
                let i = i.index(v.len() + 1);
                v.splice(i..i, bytes.iter().copied());
            }
            Edit::Remove(i, n) => {
                let i = i.index(v.len() + 1);
                v.drain(i..(i + n).min(v.len()));
            }
            Edit::Repeat(i, n) if !v.is_empty() => {
                let i = i.index(v.len());
                let again = v[i..(i + n).min(v.len())].to_vec();
                v.extend(again);
            }
            Edit::Set(..) | Edit::Repeat(..) => {}
        }
    }
    v
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_tree_to_any_tree(
        contents in prop::collection::vec((0u32..6, 0usize..3000, prop::collection::vec(edit(), 0..6)), 0..8),
        names in prop::collection::vec((0u8..10, 0u8..10), 8),
        level in prop_oneof![Just(Level::Fast), Just(Level::Default), Just(Level::Max)],
    ) {
        let mut old_files = Files::new();
        let mut new_files = Files::new();
        for ((seed, len, edits), (old_name, new_name)) in contents.iter().zip(names) {
            // Repetitive, so that matches are ambiguous.
            let content = noise(*seed, (*len).min(400)).repeat(1 + len / 400);
            old_files.insert(format!("o{}/f{old_name}.bin", old_name % 3), content.clone());
            new_files.insert(format!("o{}/f{new_name}.bin", new_name % 3), edited(&content, edits));
        }
        check(&old_files, &new_files, level);
    }
}
