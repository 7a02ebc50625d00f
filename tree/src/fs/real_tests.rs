//! What a [`RealDir`] promises about a hostile or odd folder.

use std::{io::ErrorKind, os::unix::fs::PermissionsExt};

use mist_proto::RelPath;

use super::*;

fn path(s: &str) -> RelPath {
    RelPath::new(s).unwrap()
}

fn world() -> (tempfile::TempDir, RealDir) {
    let tmp = tempfile::tempdir().unwrap();
    let dir = RealDir::create(tmp.path().join("game")).unwrap();
    (tmp, dir)
}

fn read(dir: &dyn Dir, p: &dyn TreePath) -> Vec<u8> {
    let file = dir.open(p).unwrap();
    let mut buf = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
    file.read_exact_at(&mut buf, 0).unwrap();
    buf
}

fn write(dir: &dyn Dir, p: &dyn TreePath, bytes: &[u8]) {
    dir.create(p).unwrap().write_all_at(bytes, 0).unwrap();
}

#[test]
fn files_are_made_read_renamed_and_removed() {
    let (_tmp, dir) = world();
    let staged = ControlPath::new("staging").unwrap().join(&path("a/b.bin"));
    write(&dir, &staged, b"hello");
    dir.rename(&staged, &path("x/y/b.bin")).unwrap();
    assert_eq!(read(&dir, &path("x/y/b.bin")), b"hello");
    assert_eq!(dir.open(&staged).err().unwrap().kind(), ErrorKind::NotFound);

    let file = dir.open_rw(&path("x/y/b.bin")).unwrap();
    file.write_all_at(b"J", 0).unwrap();
    file.set_len(4).unwrap();
    file.sync_data().unwrap();
    assert_eq!(read(&dir, &path("x/y/b.bin")), b"Jell");

    dir.set_executable(&path("x/y/b.bin"), true).unwrap();
    let meta = dir.metadata(&path("x/y/b.bin")).unwrap();
    assert_eq!((meta.kind, meta.len, meta.executable), (EntryKind::File, 4, true));
    assert!(meta.modified_ns > 0);

    dir.sync_dir(&path("x/y")).unwrap();
    dir.sync_dir(ROOT).unwrap();
    dir.remove_file(&path("x/y/b.bin")).unwrap();
    dir.remove_dir(&path("x/y")).unwrap();
    assert_eq!(dir.read_dir(&path("x")).unwrap(), []);
    assert!(dir.space().unwrap().free > 0);
}

#[test]
fn folders_are_listed_in_byte_order() {
    let (_tmp, dir) = world();
    for name in ["b", "B", "a.txt", "é", "a"] {
        write(&dir, &path(name), b"");
    }
    dir.create_dir_all(&path("a-dir/deep")).unwrap();
    let names: Vec<_> = dir.read_dir(ROOT).unwrap().into_iter().map(|e| e.name).collect();
    assert_eq!(names, ["B", "a", "a-dir", "a.txt", "b", "é"]);
}

/// A link planted at any place of a path makes every operation fail, and what it points to stays untouched.
#[test]
fn planted_links_are_never_followed() {
    let (tmp, dir) = world();
    let outside = tmp.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret"), b"secret").unwrap();
    std::fs::create_dir(tmp.path().join("game/real")).unwrap();
    std::fs::write(tmp.path().join("game/real/file"), b"inside").unwrap();
    for (link, target) in [("out", "../outside"), ("file", "../outside/secret"), ("in", "real")] {
        std::os::unix::fs::symlink(target, tmp.path().join("game").join(link)).unwrap();
    }
    for p in ["out/secret", "file", "in/file"] {
        assert!(dir.open(&path(p)).is_err(), "{p}");
        assert!(dir.open_rw(&path(p)).is_err(), "{p}");
        assert!(dir.set_executable(&path(p), true).is_err(), "{p}");
        assert!(dir.hard_link(&path(p), &path("linked")).is_err(), "{p}");
    }
    for p in ["out/new", "in/new"] {
        assert!(dir.create(&path(p)).is_err(), "{p}");
        assert!(dir.rename(&path("real/file"), &path(p)).is_err(), "{p}");
        assert!(dir.create_dir_all(&path(p)).is_err(), "{p}");
        assert!(dir.remove_file(&path(&p.replace("new", "secret"))).is_err(), "{p}");
    }
    assert!(dir.read_dir(&path("out")).is_err());
    assert!(dir.sync_dir(&path("out")).is_err());
    assert_eq!(dir.metadata(&path("file")).unwrap().kind, EntryKind::Symlink);

    // Creating replaces the link itself.
    write(&dir, &path("file"), b"mine");
    assert_eq!(read(&dir, &path("file")), b"mine");
    assert_eq!(std::fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn only_regular_files_are_opened_and_never_by_waiting() {
    let (tmp, dir) = world();
    let game = tmp.path().join("game");
    let made = std::process::Command::new("mkfifo").arg(game.join("pipe")).status().unwrap();
    assert!(made.success());
    std::fs::create_dir(game.join("folder")).unwrap();
    for p in ["pipe", "folder"] {
        assert!(dir.open(&path(p)).is_err(), "{p}");
        assert!(dir.open_rw(&path(p)).is_err(), "{p}");
    }
    assert_eq!(dir.metadata(&path("pipe")).unwrap().kind, EntryKind::Special);
}

#[test]
fn writing_never_reaches_another_name_of_the_file() {
    let (_tmp, dir) = world();
    write(&dir, &path("one"), b"content");
    dir.hard_link(&path("one"), &path("d/two")).unwrap();
    assert!(dir.open_rw(&path("d/two")).is_err());
    write(&dir, &path("d/two"), b"new");
    assert_eq!(read(&dir, &path("one")), b"content");
    assert_eq!(read(&dir, &path("d/two")), b"new");
}

#[test]
fn errors_name_the_place_and_keep_their_kind() {
    let (_tmp, dir) = world();
    let err = dir.open(&path("no/such file")).err().unwrap();
    assert_eq!(err.kind(), ErrorKind::NotFound);
    assert!(err.to_string().contains("game/no/such file"), "{err}");
    assert!(dir.remove_file(ROOT).is_err());
}

#[test]
fn holes_are_found() {
    let (_tmp, dir) = world();
    let file = dir.create(&path("sparse")).unwrap();
    file.set_len(8 << 20).unwrap();
    assert_eq!(file.next_data(0).unwrap(), None);
    file.write_all_at(&[1; 4096], 4 << 20).unwrap();
    let data = file.next_data(0).unwrap().unwrap();
    assert!(data.contains(&(4 << 20)) && data.end >= (4 << 20) + 4096, "{data:?}");
    assert_eq!(file.next_data(8 << 20).unwrap(), None);
}

#[test]
fn a_file_with_holes_reads_as_any_other() {
    let (tmp, dir) = world();
    let file = dir.create(&path("sparse")).unwrap();
    file.set_len((8 << 20) + 5).unwrap();
    file.write_all_at(&[1; 100_000], (4 << 20) - 50_000).unwrap();
    let whole = std::fs::read(tmp.path().join("game/sparse")).unwrap();
    let sparse = dir.open(&path("sparse")).unwrap();
    for len in [(64 << 10) - 1, 64 << 10, 1 << 20, 9 << 20] {
        let mut found = Vec::new();
        let mut buf = vec![9; len];
        loop {
            let n = sparse.read_at(&mut buf, found.len() as u64).unwrap();
            if n == 0 {
                break;
            }
            found.extend_from_slice(&buf[..n]);
        }
        assert!(found == whole, "{len} bytes at a time");
    }
    let mut across = vec![9; 300_000];
    sparse.read_exact_at(&mut across, (4 << 20) - 200_000).unwrap();
    assert!(across == whole[(4 << 20) - 200_000..][..300_000]);
    // What fills a hole later is seen.
    file.write_all_at(&[2; 4096], 1 << 20).unwrap();
    sparse.read_exact_at(&mut across, 1 << 20).unwrap();
    assert!(across[..4096].iter().all(|&b| b == 2) && across[4096..].iter().all(|&b| b == 0));
}

#[test]
fn a_file_is_replaced_whole() {
    let (tmp, dir) = world();
    let state = ControlPath::new("state.json").unwrap();
    for content in [&b"one"[..], b"a longer two"] {
        write_atomically(&dir, &state, content).unwrap();
        assert_eq!(read(&dir, &state), content);
    }
    assert_eq!(std::fs::read_dir(tmp.path().join("game/.mist")).unwrap().count(), 1);
}

#[test]
fn a_sub_folder_is_a_dir_of_its_own() {
    let (_tmp, dir) = world();
    let dir = std::sync::Arc::new(dir);
    let staging = SubDir::new(dir.clone(), &ControlPath::new("staging").unwrap());
    write(&staging, &path("a/b"), b"x");
    assert_eq!(staging.read_dir(ROOT).unwrap().len(), 1);
    assert_eq!(read(&*dir, &ControlPath::new("staging/a/b").unwrap()), b"x");
}

#[test]
fn a_wide_mode_becomes_the_plain_one() {
    let (tmp, dir) = world();
    write(&dir, &path("tool"), b"#!/bin/sh\n");
    let place = tmp.path().join("game/tool");
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o4777)).unwrap();
    dir.set_executable(&path("tool"), true).unwrap();
    assert_eq!(std::fs::metadata(place).unwrap().permissions().mode() & 0o7777, 0o755);
}

#[test]
fn another_name_of_the_control_folder_is_never_opened() {
    let (tmp, dir) = world();
    let root = tmp.path().join("game");
    let short = path("MIST~1");
    write(&dir, &short, b"a game's own");
    assert_eq!(read(&dir, &short), b"a game's own");
    dir.create_dir_all(&path("MIST~2/x")).unwrap();
    // A second name of one entry, as on disks with short names; there it is a folder.
    std::fs::hard_link(root.join("MIST~1"), root.join(".mist")).unwrap();
    for refused in [
        dir.open(&short).map(drop),
        dir.open_rw(&short).map(drop),
        dir.create(&short).map(drop),
        dir.remove_file(&short),
        dir.metadata(&short).map(drop),
        dir.rename(&path("MIST~2"), &path("MIST~1/y")),
        dir.create_dir_all(&path("MIST~1/state")),
    ] {
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("another name of `.mist`"), "{why}");
    }
    assert!(dir.metadata(&path("MIST~2")).is_ok(), "a name of its own");
}

#[test]
fn links_are_made_and_moved_beneath_real_folders_only() {
    let (tmp, dir) = world();
    let outside = tmp.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, tmp.path().join("game/planted")).unwrap();
    let target: LinkTarget = "x".parse().unwrap();
    assert!(dir.symlink(&target, &path("planted/l")).is_err());
    assert!(dir.symlink(&target, &path("planted/in/l")).is_err());
    dir.symlink(&target, &path("l")).unwrap();
    assert!(dir.rename(&path("l"), &path("planted/l")).is_err());
    assert!(dir.read_link(&path("planted/l")).is_err());
    assert!(dir.remove_file(&path("planted/l")).is_err());
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    // The planted one itself gives way to ours, and what it leads to is not touched.
    dir.rename(&path("l"), &path("planted")).unwrap();
    assert_eq!(dir.read_link(&path("planted")).unwrap(), "x");
    assert!(outside.is_dir());
    assert!(dir.may_have_links());
}

#[test]
fn a_link_can_say_anything_and_is_read_as_it_is() {
    use std::os::unix::ffi::OsStrExt;
    let (tmp, dir) = world();
    for said in [&b"/etc/passwd"[..], b"../../..", b"a\\b", b"C:\\x", b"bad\xff", b"l"] {
        let said = OsStr::from_bytes(said);
        std::os::unix::fs::symlink(said, tmp.path().join("game/l")).unwrap();
        assert_eq!(dir.read_link(&path("l")).unwrap(), said);
        dir.remove_file(&path("l")).unwrap();
    }
}
