use mist_tree::fs::{TreePath, fault::MemDir};

use super::*;
use crate::install::samples::{self, file, path};

fn put(dir: &MemDir, at: &dyn TreePath, bytes: &[u8]) {
    dir.create(at).expect("made").write_all_at(bytes, 0).expect("written");
}

fn build(files: &[(&str, &[u8])]) -> Manifest {
    samples::manifest(files.iter().map(|(at, bytes)| file(at, bytes)).collect())
}

fn names(keep: &Keep) -> Vec<(String, String)> {
    keep.files.iter().map(|(from, name)| (from.to_string(), name.to_string())).collect()
}

#[test]
fn what_no_build_on_the_way_has_is_kept_once() {
    let back =
        build(&[("a", b"one"), ("b", b"two"), ("c", b"two"), ("d", b"three"), ("e", b""), ("f", b"four")]);
    let between = build(&[("a", b"one"), ("b", b"new"), ("d2", b"three")]);
    let wanted = build(&[("a", b"newer"), ("x", b"four")]);
    let plan = |old: &Manifest, new: &Manifest, origins: &[Origin], here: &[FileEntry]| {
        Keep::plan(&Leaving { old, new, origins, here, wanted: &wanted, back: &back })
    };
    let origins = [Origin::Keep, Origin::Fetch, Origin::Move(path("d"))];
    let first = plan(&back, &between, &origins, &back.files);
    assert_eq!(
        names(&first),
        [("b".to_owned(), Hash::of(b"two").to_string())],
        "the rest is on the way, or comes again"
    );
    let second = plan(&between, &wanted, &[Origin::Fetch, Origin::Fetch], &between.files);
    let gone = [("a", &b"one"[..]), ("d2", b"three")]
        .map(|(at, bytes)| (at.to_owned(), Hash::of(bytes).to_string()));
    assert_eq!(names(&second), gone);
    let changed: Vec<_> = back.files.iter().filter(|f| f.path.as_str() != "b").cloned().collect();
    let third = plan(&back, &between, &origins, &changed);
    assert_eq!(names(&third), [("c".to_owned(), Hash::of(b"two").to_string())], "a player changed b");
    assert_eq!(weight(&back, &between, &wanted, u64::MAX), 3);
    assert_eq!(weight(&back, &wanted, &wanted, u64::MAX), 3 + 3 + 5);
    assert_eq!(weight(&back, &wanted, &wanted, 3), 3 + 5, "a is patched where it is");
}

#[test]
fn a_way_back_is_whole_or_none() {
    let (back, here) =
        (build(&[("a", b"one"), ("b", b"two"), ("c", b"")]), build(&[("a", b"new"), ("z", b"two")]));
    let (one, two, new) = (Hash::of(b"one"), Hash::of(b"two"), Hash::of(b"new"));
    let mut kept = Material { files: [(one, 3), (Hash::of(b"else"), 4)].into(), journals: BTreeMap::new() };
    assert_eq!(
        kept.way(&here, &back).map(|way| way.files),
        Some([(one, 3)].into()),
        "what else is there is of no use"
    );
    assert_eq!(kept.way(&build(&[("a", b"new")]), &back), None, "nobody has two");
    kept.files.insert(one, 4);
    assert_eq!(kept.way(&here, &back), None, "of another length");
    kept.journals.insert((two, one), 100);
    assert_eq!(kept.way(&here, &back), None, "from another content");
    kept.journals.insert((new, one), 100);
    assert_eq!(kept.way(&here, &back).map(|way| (way.files.len(), way.bytes())), Some((0, 100)));
}

#[test]
fn what_is_rotten_is_found_out_and_goes() {
    let disk = MemDir::new();
    let (one, two) = (Hash::of(b"one"), Hash::of(b"two"));
    let back = build(&[("a", b"one"), ("b", b"two"), ("c", b"two")]);
    put(&disk, &file_at(&one), b"one");
    put(&disk, &file_at(&two), b"two");
    put(&disk, &control(PREVIOUS).join(&path("nonsense")), b"x");
    let origins = [Origin::Return, Origin::Return, Origin::ReturnCopy];
    let look =
        |disk: &MemDir| check(disk, &back, &origins, &mut mist_tree::progress::unwatched).expect("read");
    assert!(look(&disk));
    assert_eq!(Material::found(&disk).files, [(one, 3), (two, 3)].into());
    put(&disk, &file_at(&two), b"twO");
    assert!(!look(&disk));
    assert_eq!(Material::found(&disk).files, [(one, 3)].into());
    assert!(!look(&disk), "it is missing");
    Material::default().prune(&disk);
    assert_eq!(Material::found(&disk), Material::default());
}

#[test]
fn only_as_much_is_kept_as_may_be() {
    let disk = MemDir::new();
    let (old, new) = (build(&[("a", b"one"), ("b", b"three")]), build(&[("c", b"new")]));
    for file in &old.files {
        put(&disk, &file.path, b"whatever");
    }
    let leaving = Leaving {
        old: &old,
        new: &new,
        origins: &[Origin::Fetch],
        here: &old.files,
        wanted: &new,
        back: &old,
    };
    let keep = Keep::plan(&leaving);
    assert_eq!(keep.bytes, 8);
    let write = |most| keep.write(&disk, &old, most).expect("written");
    assert!(write(8) && !write(7));
    put(&disk, &file_at(&Hash::of(b"one")), b"one");
    assert!(!write(8), "what an earlier step has kept counts too");
    assert!(write(11));
}
