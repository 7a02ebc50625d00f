use std::sync::Arc;

use mist_proto::{Hash, RelPath};

use super::*;
use crate::{
    archive::{ArchiveReader, ArchiveWriter, Layout},
    fs::{ControlPath, Dir, EntryKind, ROOT, RealDir, TreePath, copy_range, write_atomically},
    progress::unwatched,
    samples::{build, folder, get, noise, odd_files, path, put},
    verify::{Problem, VerifyOptions, verify},
};

/// The same small life of a tree on any implementation, and what can be seen of it.
fn life_of(dir: &dyn Dir) -> Vec<String> {
    let mut log = vec![];
    let mut note = |what: &str, result: Result<String, std::io::Error>| {
        log.push(format!("{what}: {}", result.unwrap_or_else(|e| format!("{:?}", e.kind()))));
    };
    let done = |()| String::new();
    put(dir, &path("a/b/c"), b"content");
    put(dir, &path("a/b-c"), b"x");
    note("again", dir.create(&path("a/b/c")).map(|f| f.size().unwrap().to_string()));
    note("not in a file", dir.create(&path("a/b-c/d")).map(|_| String::new()));
    note("missing", dir.open(&path("a/x")).map(|_| String::new()));
    note("rename", dir.rename(&path("a/b/c"), &path("new/place")).map(done));
    note("rename nothing", dir.rename(&path("a/b/c"), &path("y")).map(done));
    note("not empty", dir.remove_dir(&path("a")).map(done));
    note("emptied", dir.remove_dir(&path("a/b")).map(done));
    note("link", dir.hard_link(&path("a/b-c"), &path("linked")).map(done));
    note("link again", dir.hard_link(&path("a/b-c"), &path("linked")).map(done));
    note("write both", dir.open_rw(&path("linked")).map(|_| String::new()));
    note("rename folder", dir.rename(&path("a"), &path("z")).map(done));
    note("over", dir.rename(&path("linked"), &path("new/place")).map(done));
    let target = |text: &str| text.parse::<mist_proto::LinkTarget>().unwrap();
    note("symlink", dir.symlink(&target("../new/place"), &path("s/l")).map(done));
    note("symlink again", dir.symlink(&target("x"), &path("s/l")).map(done));
    note("symlink in a file", dir.symlink(&target("x"), &path("z/b-c/l")).map(done));
    note("read link", dir.read_link(&path("s/l")).map(|said| said.into_string().unwrap()));
    note("read no link", dir.read_link(&path("z/b-c")).map(|_| String::new()));
    assert!(dir.open(&path("s/l")).is_err(), "nothing goes by a link");
    note("below link", dir.create(&path("s/l/x")).map(|_| String::new()));
    note("symlink beside", dir.symlink(&target("b"), &path("s/m")).map(done));
    note("rename over link", dir.rename(&path("s/m"), &path("s/l")).map(done));
    note("read new link", dir.read_link(&path("s/l")).map(|said| said.into_string().unwrap()));
    note("remove link", dir.remove_file(&path("s/l")).map(done));
    note("empty again", dir.remove_dir(&path("s")).map(done));
    note("mode", dir.set_executable(&path("z/b-c"), true).map(done));
    note("sync", dir.sync_dir(&path("z")).map(done));
    note("sync nothing", dir.sync_dir(&path("nothing")).map(done));
    let mut folders: Vec<Box<dyn TreePath>> = vec![Box::new(*ROOT)];
    while let Some(folder) = folders.pop() {
        for entry in dir.read_dir(&*folder).unwrap() {
            let name = entry.name.to_str().unwrap();
            let at = match folder.as_str() {
                "" => path(name),
                parent => path(&format!("{parent}/{name}")),
            };
            let meta = dir.metadata(&at).unwrap();
            note(&format!("{at}"), Ok(format!("{:?} {}", meta.kind, meta.executable)));
            match entry.kind {
                EntryKind::Dir => folders.push(Box::new(at)),
                _ => note("holds", Ok(format!("{:?}", get(dir, &at)))),
            }
        }
    }
    log
}

/// The double is only worth something if it behaves as the real thing does.
#[test]
fn what_was_renamed_and_flushed_is_gone_from_where_it_was() {
    for seed in 0..40 {
        let dir = MemDir::new();
        dir.create_dir_all(&path("from/inside")).unwrap();
        let dir = dir.flushed();
        dir.create_dir_all(&path("to/new")).unwrap();
        dir.rename(&path("from/inside"), &path("to/new/inside")).unwrap();
        dir.sync_dir(&path("from")).unwrap();
        let left = dir.after_power_loss(seed);
        assert!(left.metadata(&path("from/inside")).is_err(), "seed {seed}");
        assert!(left.metadata(&path("to/new/inside")).is_ok(), "seed {seed}");
    }
}

#[test]
fn memory_behaves_as_a_disk_does() {
    let (_tmp, real) = folder();
    assert_eq!(life_of(&MemDir::new()), life_of(&*real));
}

#[test]
fn only_what_was_flushed_is_sure_to_survive() {
    let dir = MemDir::new();
    let write = |name: &str, sync: bool| {
        let file = dir.create(&path(name)).unwrap();
        file.write_all_at(&noise(1, 5000), 0).unwrap();
        if sync {
            file.sync_data().unwrap();
        }
    };
    write("d/both", true);
    write("d/name only", false);
    dir.sync_dir(&path("d")).unwrap();
    write("d/content only", true);
    let worlds: Vec<MemDir> = (0..64).map(|seed| dir.after_power_loss(seed)).collect();
    let states = |name: &str| {
        let state = |w: &MemDir| w.open(&path(name)).is_ok().then(|| get(w, &path(name)));
        worlds.iter().map(state).collect::<Vec<_>>()
    };
    let whole = Some(noise(1, 5000));
    assert!(states("d/both").iter().all(|s| *s == whole));
    let name_only = states("d/name only");
    assert!(name_only.iter().all(Option::is_some));
    assert!(name_only.contains(&whole) && name_only.contains(&Some(vec![])));
    assert!(name_only.iter().flatten().any(|s| !s.is_empty() && s.len() < 5000), "some are torn");
    let content_only = states("d/content only");
    assert!(content_only.contains(&None));
    assert!(content_only.iter().flatten().all(|s| *s == noise(1, 5000)));
    assert_eq!(dir.after_power_loss(7).read_dir(ROOT).unwrap(), worlds[7].read_dir(ROOT).unwrap());
}

/// C3 and C4 for our own small files: whatever happens at whatever operation, the content is the old or the new, and
/// the new if success was reported.
#[test]
fn atomic_writes_are_atomic() {
    let state = ControlPath::new("state.json").unwrap();
    let (old, new) = (noise(1, 3000), noise(2, 7000));
    let faults = Fault::SURVIVED.into_iter().chain([Fault::PowerCut]);
    for (fault, at) in faults.flat_map(|fault| (0..6).map(move |at| (fault, at))) {
        let dir = FaultyDir::new(MemDir::new());
        write_atomically(&dir, &state, &old).unwrap();
        let before = dir.operations();
        assert_eq!(before, 5, "create, write, flush, rename, flush the folder");
        dir.fail_at(before + at, fault);
        let reported = write_atomically(&dir, &state, &new);
        // Only flushing the folder needs no room and comes after everything that does; after the flush no room is missing.
        let in_time = fault == Fault::Full && at == 4 || fault == Fault::FullAtSync && at > 2;
        assert_eq!(reported.is_ok(), at == 5 || in_time, "{fault:?} at {at}");
        for seed in 0..16 {
            let left = get(&dir.inner().after_power_loss(seed), &state);
            assert!(left == new || left == old && reported.is_err(), "{fault:?} at {at}, seed {seed}");
        }
        dir.relieve();
        write_atomically(&dir, &state, &new).unwrap();
        assert_eq!(get(&dir, &state), new);
    }
}

/// C4: fails at every operation of writing an archive; the error names a file, and going on afterwards heals it.
#[test]
fn an_archive_is_written_in_spite_of_faults() {
    let source = Arc::new(MemDir::new());
    let mut files = odd_files();
    files.retain(|(name, bytes, _)| name.len() < 200 && bytes.len() < 1000);
    let manifest = build(&*source, &files);
    let layout = Arc::new(Layout::new(&manifest).unwrap());
    let mut tar = vec![0; usize::try_from(layout.size()).unwrap()];
    ArchiveReader::new(layout.clone(), source).read_exact(&mut tar, 0).unwrap();
    let write = |dir: &Arc<FaultyDir<MemDir>>| {
        let writer = ArchiveWriter::new(layout.clone(), dir.clone());
        writer.write(&tar, 0).and_then(|()| writer.finish())
    };
    let assert_intact = |dir: &dyn Dir| {
        let verified = verify(dir, &manifest, &VerifyOptions::default(), &mut unwatched).unwrap();
        assert_eq!(verified.findings, []);
    };
    let counted = Arc::new(FaultyDir::new(MemDir::new()));
    write(&counted).unwrap();
    assert!(counted.operations() > 20);
    for at in 0..counted.operations() {
        for fault in Fault::SURVIVED.into_iter().chain([Fault::PowerCut]) {
            let dir = Arc::new(FaultyDir::new(MemDir::new()));
            dir.fail_at(at, fault);
            let reported = write(&dir);
            dir.relieve();
            if reported.is_ok() {
                // An operation that needs no room.
                assert!(matches!(fault, Fault::Full | Fault::FullAtSync), "{fault:?} at {at}");
                assert_intact(&*dir);
            }
            write(&dir).unwrap();
            // Finished means safe, whatever is lost now.
            for seed in 0..4 {
                assert_intact(&dir.inner().after_power_loss(seed));
            }
        }
    }
}

#[test]
fn a_disk_that_is_full_only_when_it_flushes_loses_what_was_written() {
    let dir = FaultyDir::new(MemDir::new());
    put(&dir, &path("a"), b"before");
    let file = dir.open_rw(&path("a")).unwrap();
    dir.fail_at(dir.operations(), Fault::FullAtSync);
    file.write_all_at(b"BEF", 0).unwrap();
    file.write_all_at(b"after", 20).unwrap();
    file.set_len(2).unwrap();
    file.write_all_at(b"x", 7).unwrap();
    assert_eq!(get(&dir, &path("a")), b"BE\0\0\0\0\0x", "until then it can be read");
    assert_eq!(file.sync_data().unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(get(&dir, &path("a")), b"before");
    dir.relieve();
    file.write_all_at(b"B", 0).unwrap();
    file.sync_data().unwrap();
    assert_eq!(get(&dir, &path("a")), b"Before");
}

#[test]
fn files_that_the_server_has_forgotten_are_there_when_they_are_opened_anew() {
    let stale = |result: std::io::Result<()>| {
        result.unwrap_err().kind() == std::io::ErrorKind::StaleNetworkFileHandle
    };
    let dir = FaultyDir::new(MemDir::new());
    put(&dir, &path("a"), b"content");
    let (read, write) = (dir.open(&path("a")).unwrap(), dir.open_rw(&path("a")).unwrap());
    dir.fail_at(dir.operations(), Fault::Stale);
    assert!(read.size().is_ok(), "not yet");
    assert!(stale(dir.create(&path("b")).map(drop)));
    assert!(stale(read.size().map(drop)) && stale(write.write_all_at(b"C", 0)) && stale(write.sync_data()));
    assert_eq!(get(&dir, &path("a")), b"content");
    let again = dir.open_rw(&path("a")).unwrap();
    again.write_all_at(b"C", 0).unwrap();
    again.sync_data().unwrap();
    assert_eq!(get(&dir, &path("a")), b"Content");
}

/// C5: an unreadable file is a finding, and does not hide the others.
#[test]
fn a_dead_disk_is_found_file_by_file() {
    let dir = FaultyDir::new(MemDir::new());
    let manifest = build(&dir, &[("a", noise(1, 100), false), ("b", noise(2, 100), false)]);
    dir.fail_at(dir.operations(), Fault::PowerCut);
    assert!(dir.remove_file(&path("a")).is_err());
    let verified = verify(&dir, &manifest, &VerifyOptions::default(), &mut unwatched).unwrap();
    assert_eq!(verified.findings.len(), 2);
    assert!(verified.findings.iter().all(|f| matches!(f.problem, Problem::Unreadable(_))));
}

#[test]
fn copies_are_exact_and_keep_holes() {
    let (_tmp, dir) = folder();
    let from = dir.create(&path("from")).unwrap();
    from.set_len(6 << 20).unwrap();
    from.write_all_at(&noise(1, 300_000), 1_000_000).unwrap();
    from.write_all_at(b"end", (6 << 20) - 3).unwrap();
    let check = |dir: &RealDir, name: RelPath, range: std::ops::Range<u64>, at: u64| {
        let to = dir.create(&name).unwrap();
        copy_range(&*from, range.clone(), &*to, at).unwrap();
        let mut want = vec![0; usize::try_from(range.end - range.start).unwrap()];
        from.read_exact_at(&mut want, range.start).unwrap();
        let mut got = vec![0; want.len()];
        to.read_exact_at(&mut got, at).unwrap();
        assert_eq!(Hash::of(&got), Hash::of(&want));
        assert_eq!(to.size().unwrap(), if want.is_empty() { 0 } else { at + want.len() as u64 });
        to
    };
    let whole = check(&dir, path("whole"), 0..6 << 20, 0);
    let data = whole.next_data(2 << 20).unwrap().unwrap();
    assert!(data.start > 5 << 20, "the hole is kept: {data:?}");
    check(&dir, path("part"), 1_100_000..1_200_000, 77);
    check(&dir, path("hole"), 2 << 20..3 << 20, 5);
    check(&dir, path("none"), 5..5, 0);
    let to = dir.create(&path("far")).unwrap();
    assert!(copy_range(&*from, 0..(6 << 20) + 1, &*to, 0).is_err());
    assert!(copy_range(&*from, 0..10, &*to, u64::MAX - 5).is_err());
}
