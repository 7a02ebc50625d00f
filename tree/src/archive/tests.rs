use std::{process::Command, sync::Arc};

use mist_proto::{FileEntry, Hash, LinkEntry, Manifest, limits};
use proptest::prelude::*;

use super::*;
use crate::{
    fs::{Dir, EntryKind, ReadAt},
    samples::{build, folder, get, manifest_of, noise, odd_files, path, put},
};

fn tar_of(dir: Arc<dyn Dir>, manifest: &Manifest) -> Vec<u8> {
    let reader = ArchiveReader::new(Arc::new(Layout::new(manifest).unwrap()), dir);
    let mut tar = vec![0; usize::try_from(reader.size().unwrap()).unwrap()];
    reader.read_exact_at(&mut tar, 0).unwrap();
    tar
}

fn assert_same_tree(dir: &dyn Dir, manifest: &Manifest) {
    for f in &manifest.files {
        assert_eq!(Hash::of(&get(dir, &f.path)), f.hash, "{}", f.path);
        assert_eq!(dir.metadata(&f.path).unwrap().executable, f.executable, "{}", f.path);
    }
}

#[test]
fn gnu_tar_lists_and_extracts_it() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &odd_files());
    let (out, extracted) = folder();
    std::fs::write(out.path().join("a.tar"), tar_of(dir, &manifest)).unwrap();
    let tar = Command::new("tar").args(["xf", "a.tar"]).current_dir(out.path()).output().unwrap();
    assert!(tar.status.success() && tar.stderr.is_empty(), "{}", String::from_utf8_lossy(&tar.stderr));
    assert_same_tree(&*extracted, &manifest);
    let listed = Command::new("tar").args(["tf", "a.tar"]).current_dir(out.path()).output().unwrap();
    assert_eq!(listed.stdout.iter().filter(|&&b| b == b'\n').count(), manifest.files.len());
}

/// GNU tar reads the sizes of members that are too large to make here out of a sparse tar.
#[test]
fn gnu_tar_understands_pax_sizes() {
    let size = (8u64 << 30) + 5;
    let manifest = manifest_of(vec![
        FileEntry { path: path("huge"), size, executable: false, hash: Hash::of(b"") },
        FileEntry { path: path("later"), size: 0, executable: false, hash: Hash::of(b"") },
    ]);
    let layout = Layout::new(&manifest).unwrap();
    let (out, dir) = folder();
    let file = dir.create(&path("a.tar")).unwrap();
    for segment in layout.segments(0..layout.size()) {
        if let Part::Header(bytes) = segment.part {
            file.write_all_at(&bytes, segment.at.start).unwrap();
        }
    }
    file.set_len(layout.size()).unwrap();
    let listed = Command::new("tar").args(["tvf", "a.tar"]).current_dir(out.path()).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    assert!(text.contains(&format!(" {size} ")) && text.contains("later"), "{text}");
}

/// The format is a contract: any change of these bytes would change the address of every build.
#[test]
fn the_bytes_are_pinned() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &odd_files());
    let tar = tar_of(dir, &manifest);
    assert_eq!(
        (tar.len(), Hash::of(&tar).to_string().as_str()),
        (3_014_144, "642162c62100df49ad1740ac2125a3f62f3f182ec6e288000e7476b8fc4a74d1")
    );
}

/// Links of every length that the archive treats differently.
fn odd_links() -> Vec<LinkEntry> {
    let long: &'static str = Box::leak(format!("{}/x", "n".repeat(101)).into_boxed_str());
    let mut links: Vec<_> = [
        ("bin/lib.so", "../one"),
        ("Ünïcode/link", "文件 名.txt"),
        ("to-folder", "bin"),
        (long, "../Ünïcode/文件 名.txt"),
    ]
    .map(|(at, target)| LinkEntry { path: path(at), target: target.parse().unwrap() })
    .into();
    links.sort_by(|a, b| a.path.cmp(&b.path));
    links
}

/// A build of odd files with odd links.
fn linked_build(dir: &dyn Dir) -> Manifest {
    let files = odd_files().into_iter().filter(|(name, ..)| name.len() != 101).collect::<Vec<_>>();
    let mut manifest = build(dir, &files);
    manifest.links = odd_links();
    let members = manifest.files.iter().map(|f| (f.path.clone(), f.size, f.executable));
    manifest.archive.size = Layout::with_links(members, &manifest.links).unwrap().size();
    manifest.check().unwrap();
    manifest
}

/// As for files: changing these bytes would change the address of every build with links.
#[test]
fn gnu_tar_makes_links_and_their_bytes_are_pinned() {
    let (_src, dir) = folder();
    let manifest = linked_build(&*dir);
    let tar = tar_of(dir, &manifest);
    let (out, extracted) = folder();
    std::fs::write(out.path().join("a.tar"), &tar).unwrap();
    let made = Command::new("tar").args(["xf", "a.tar"]).current_dir(out.path()).output().unwrap();
    assert!(made.status.success() && made.stderr.is_empty(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_same_tree(&*extracted, &manifest);
    for link in &manifest.links {
        assert_eq!(extracted.read_link(&link.path).unwrap(), link.target.as_str(), "{}", link.path);
    }
    assert_eq!(
        (tar.len(), Hash::of(&tar).to_string().as_str()),
        (3_016_192, "6b57901cc249f57764054407bbeebaa2e511ee21b0b45c10b8c5a0b2d61a2016")
    );
}

#[test]
fn links_are_behind_the_bytes_of_the_build_without_them() {
    let (_src, dir) = folder();
    let linked = linked_build(&*dir);
    let mut plain = Manifest { links: vec![], ..linked.clone() };
    plain.archive.size =
        Layout::of(plain.files.iter().map(|f| (f.path.clone(), f.size, f.executable))).unwrap().size();
    let (with, without) = (tar_of(dir.clone(), &linked), tar_of(dir, &plain));
    assert_eq!(with[..without.len() - 1024], without[..without.len() - 1024]);
    assert!(with.len() > without.len());
}

#[test]
fn the_writer_takes_the_headers_of_links_and_makes_none() {
    let (_src, dir) = folder();
    let manifest = linked_build(&*dir);
    let tar = tar_of(dir, &manifest);
    let (_out, out) = folder();
    let writer = ArchiveWriter::new(Arc::new(Layout::new(&manifest).unwrap()), out.clone());
    let mut bad = tar.clone();
    let at = tar.len() - 1024 - 512;
    bad[at] ^= 1;
    assert!(matches!(writer.write(&bad, 0), Err(ArchiveError::NotTheHeader { .. })));
    writer.write(&tar, 0).unwrap();
    writer.finish().unwrap();
    assert_same_tree(&*out, &manifest);
    assert!(manifest.links.iter().all(|link| out.metadata(&link.path).is_err()));
}

#[test]
fn an_empty_build_is_two_blocks_of_zeros() {
    let (_src, dir) = folder();
    assert_eq!(tar_of(dir, &manifest_of(vec![])), [0; 1024]);
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let file = |size| (path("a"), size, false);
    for size in [limits::MAX_BLOB, u64::MAX, u64::MAX - 600] {
        assert_eq!(Layout::of([file(size)]), Err(LayoutError::TooLarge));
    }
    let many = (0..40).map(|i| (path(&format!("f{i}")), limits::MAX_BLOB / 2, false));
    assert_eq!(Layout::of(many), Err(LayoutError::TooLarge));
    let mut manifest = manifest_of(vec![]);
    manifest.archive.size += 512;
    assert_eq!(Layout::new(&manifest), Err(LayoutError::Size { claimed: 1536, actual: 1024 }));
}

#[test]
fn missing_and_short_files_are_named() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &[("a", noise(1, 900), false), ("b", noise(2, 900), false)]);
    dir.open_rw(&path("a")).unwrap().set_len(800).unwrap();
    dir.remove_file(&path("b")).unwrap();
    let reader = ArchiveReader::new(Arc::new(Layout::new(&manifest).unwrap()), dir);
    let read = |range: std::ops::Range<u64>| {
        let mut buf = vec![0; usize::try_from(range.end - range.start).unwrap()];
        reader.read_exact(&mut buf, range.start)
    };
    assert!(matches!(read(512..1412), Err(ArchiveError::Short { path: p, expected: 900 }) if p == path("a")));
    assert!(read(512..1300).is_ok());
    let second = Layout::new(&manifest).unwrap().members()[1].content();
    assert!(matches!(read(second), Err(ArchiveError::File { path: p, .. }) if p == path("b")));
    let size = manifest.archive.size;
    assert!(matches!(read(size - 1..size + 1), Err(ArchiveError::OutOfBounds { .. })));
    assert_eq!(reader.read_at(&mut [0; 4], size + 7).unwrap(), 0);
}

#[test]
fn writing_any_order_makes_the_same_tree() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &odd_files());
    let tar = tar_of(dir, &manifest);
    let (_out, out) = folder();
    // Left by an earlier run: too long, and with the wrong mode.
    put(&*out, &path("one"), &noise(9, 5000));
    out.set_executable(&path("one"), true).unwrap();
    let writer = ArchiveWriter::new(Arc::new(Layout::new(&manifest).unwrap()), out.clone());
    let mut pieces: Vec<_> = tar.chunks(100_000).enumerate().collect();
    pieces.sort_by_key(|(i, _)| i.wrapping_mul(17) % 31);
    std::thread::scope(|s| {
        for half in pieces.chunks(pieces.len() / 2 + 1) {
            s.spawn(|| half.iter().for_each(|(i, bytes)| writer.write(bytes, *i as u64 * 100_000).unwrap()));
        }
    });
    writer.finish().unwrap();
    assert_same_tree(&*out, &manifest);
    assert_eq!(tar_of(out, &manifest), tar);
}

#[test]
fn a_wrong_header_or_padding_is_refused_before_the_content_after_it() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &[("a", noise(1, 900), false), ("b", noise(2, 10), false)]);
    let tar = tar_of(dir, &manifest);
    let layout = Arc::new(Layout::new(&manifest).unwrap());
    for flip in [0, 511, 512 + 900, tar.len() - 1] {
        let (_out, out) = folder();
        let writer = ArchiveWriter::new(layout.clone(), out.clone());
        let mut bad = tar.clone();
        bad[flip] ^= 1;
        let refused = writer.write(&bad, 0).unwrap_err();
        assert!(matches!(refused, ArchiveError::NotTheHeader { .. }), "{flip}: {refused}");
        if flip < 512 {
            assert!(out.metadata(&path("a")).is_err());
        }
    }
}

#[test]
fn a_planted_link_does_not_lead_the_writer_out() {
    let (_src, dir) = folder();
    let manifest = build(&*dir, &[("d/a", noise(1, 900), false)]);
    let tar = tar_of(dir, &manifest);
    let (outside, _) = folder();
    let (out_place, out) = folder();
    std::os::unix::fs::symlink(outside.path(), out_place.path().join("d")).unwrap();
    let writer = ArchiveWriter::new(Arc::new(Layout::new(&manifest).unwrap()), out.clone());
    assert!(writer.write(&tar, 0).is_err());
    assert_eq!(out.metadata(&path("d")).unwrap().kind, EntryKind::Symlink);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

fn any_links() -> impl Strategy<Value = Vec<LinkEntry>> {
    let link = ("[a-z]{1,120}|[a-zä-ü]{1,20}", "[a-z]{1,120}|[a-zä-ü]{1,20}");
    proptest::collection::vec(link, 0..5).prop_map(|links| {
        let link = |(at, target): (String, String)| {
            Some(LinkEntry { path: RelPath::new(&at).ok()?, target: target.parse().ok()? })
        };
        links.into_iter().filter_map(link).collect()
    })
}

fn any_members() -> impl Strategy<Value = Vec<(RelPath, u64, bool)>> {
    let size =
        prop_oneof![0u64..2000, Just(512), Just(1024), Just((1 << 33) - 1), Just(1 << 33), 0u64..1 << 40];
    let name = prop_oneof!["[a-z]{1,120}", "[a-zä-ü]{1,20}", "([a-z]{1,60}/){1,5}[a-z]{1,130}"];
    proptest::collection::vec((name, size, any::<bool>()), 0..12).prop_map(|files| {
        files.into_iter().filter_map(|(n, s, x)| Some((RelPath::new(&n).ok()?, s, x))).collect()
    })
}

proptest! {
    /// Any range is covered by its segments without gap or overlap, and they agree with those of the whole.
    #[test]
    fn segments_tile_every_range(files in any_members(), links in any_links(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let layout = Layout::with_links(files, &links).unwrap();
        prop_assert_eq!(layout.size() % 512, 0);
        let whole: Vec<_> = layout.segments(0..layout.size()).collect();
        let size = usize::try_from(layout.size()).unwrap();
        let (a, b) = (a.index(size) as u64, b.index(size) as u64);
        let range = a.min(b)..a.max(b) + 1;
        let mut at = range.start;
        for segment in layout.segments(range.clone()) {
            prop_assert_eq!(segment.at.start, at);
            prop_assert!(segment.at.end > at);
            at = segment.at.end;
            let big = whole.iter().find(|w| w.at.contains(&segment.at.start)).unwrap();
            prop_assert!(segment.at.end <= big.at.end);
            let skip = segment.at.start - big.at.start;
            match (&big.part, &segment.part) {
                (Part::Header(all), Part::Header(some)) => {
                    let skip = usize::try_from(skip).unwrap();
                    prop_assert_eq!(&all[skip..skip + some.len()], &some[..]);
                }
                (Part::Content { file, offset }, Part::Content { file: f, offset: o }) => {
                    prop_assert_eq!((file, offset + skip), (f, *o));
                }
                (Part::Zeros, Part::Zeros) => {}
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!(at, range.end);
    }
}

#[test]
fn a_layout_of_many_files_is_small_and_quick_to_ask() {
    let files =
        (0..50_000).map(|i| (path(&format!("data/{:03}/asset-{i:07}.bin", i % 1000)), i % 3000, false));
    let layout = Layout::of(files).unwrap();
    assert!(size_of::<ArchivedFile>() <= 48);
    let last = layout.segments(layout.size() - 1025..layout.size() - 1023).collect::<Vec<_>>();
    assert_eq!(last.len(), 1);
    assert_eq!(last[0].part, Part::Zeros);
}
