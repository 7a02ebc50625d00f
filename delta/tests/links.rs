//! Patches between folders with symbolic links, by the real program.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A temporary place with folders of builds in it.
struct Stage(tempfile::TempDir);

impl Stage {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    fn link(&self, name: &str, target: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        symlink(target, self.path(name)).unwrap();
    }

    fn delta(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_delta")).args(args).current_dir(self.0.path()).output().unwrap()
    }

    /// Runs it and reads what it reports.
    fn report(&self, args: &[&str]) -> serde_json::Value {
        let output = self.delta(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refusal(&self, args: &[&str]) -> String {
        let output = self.delta(args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Everything in a folder: content of files, what links say with an arrow before it.
fn content(root: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if let Ok(target) = fs::read_link(&path) {
                all.push((name, format!("-> {}", target.display())));
            } else if path.is_dir() {
                open.push(path);
            } else {
                all.push((name, String::from_utf8(fs::read(&path).unwrap()).unwrap()));
            }
        }
    }
    all.sort();
    all
}

/// A library gets a new version, a framework another current one, a link goes, a file becomes a link and a link a file.
fn two_builds() -> Stage {
    let stage = Stage(tempfile::tempdir().unwrap());
    stage.put("1/lib/x.so.1", b"first library, long enough to be worth a patch");
    stage.link("1/lib/x.so", "x.so.1");
    stage.put("1/F/Versions/A/F", b"A");
    stage.link("1/F/Versions/Current", "A");
    stage.link("1/F/F", "Versions/Current/F");
    stage.link("1/gone/only", "../lib");
    stage.put("1/plain", b"a file");
    stage.link("1/swap", "plain");
    stage.put("2/lib/x.so.2", b"first library, long enough to be worth a patch!");
    stage.link("2/lib/x.so", "x.so.2");
    stage.put("2/F/Versions/A/F", b"A");
    stage.put("2/F/Versions/B/F", b"B");
    stage.link("2/F/Versions/Current", "B");
    stage.link("2/F/F", "Versions/Current/F");
    stage.put("2/swap", b"a file");
    stage.link("2/plain", "swap");
    stage
}

#[test]
fn a_patch_makes_and_removes_links() {
    let stage = two_builds();
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]).status.success());
    assert_eq!(fs::read(stage.path("patch")).unwrap()[..8], *b"MISTDLT7");
    let made = stage.report(&["apply", "patch", "1", "out"]);
    assert_eq!(made["verified"], true);
    assert_eq!(content(&stage.path("out")), content(&stage.path("2")));
    let in_place = stage.report(&["apply", "patch", "1", "--in-place"]);
    assert_eq!(in_place["verified"], true);
    assert_eq!(content(&stage.path("1")), content(&stage.path("2")));
    assert!(!stage.path("1/gone").exists(), "the folder of the link that went");
    // Once more is nothing to do.
    assert_eq!(stage.report(&["apply", "patch", "1", "--in-place"])["verified"], true);
    let listed = stage.report(&["inspect", "patch"]).to_string();
    assert!(listed.contains("remove-link") && listed.contains("gone/only"), "{listed}");
    let manifest = stage.report(&["manifest", "2"]);
    assert_eq!(manifest["links"][0]["target"], "Versions/Current/F");
}

#[test]
fn folders_without_links_make_patches_as_before() {
    let stage = Stage(tempfile::tempdir().unwrap());
    stage.put("1/a", b"one");
    stage.put("2/a", b"two");
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]).status.success());
    assert_eq!(fs::read(stage.path("patch")).unwrap()[..8], *b"MISTDLT4");
}

/// A patch of the version with links, which stays readable. Made anew only if `MIST_BLESS` is its name.
#[test]
fn a_patch_of_version_7_still_applies() {
    let stage = two_builds();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/links-v7.patch");
    if std::env::var("MIST_BLESS").is_ok_and(|bless| bless == "links-v7.patch") {
        assert!(stage.delta(&["diff", "1", "2", "-o", golden]).status.success());
    }
    assert_eq!(stage.report(&["apply", golden, "1", "out"])["verified"], true);
    assert_eq!(content(&stage.path("out")), content(&stage.path("2")));
}

#[test]
fn links_that_no_build_can_have_are_refused_by_name_with_the_way_out() {
    for (at, target, why) in [
        ("l", "/etc/passwd", "absolute"),
        ("d/l", "../../x", "leads out of the build"),
        ("l", "nothing", "nothing of that name"),
        ("l", "l", "circle"),
        ("d/l", "../d", "circle"),
        ("l", "./a", "'../' at its start"),
        ("l", "C:\\x", "absolute"),
    ] {
        let stage = Stage(tempfile::tempdir().unwrap());
        stage.put("1/a", b"a");
        stage.put("1/d/x", b"x");
        stage.put("0/a", b"a");
        stage.link(&format!("1/{at}"), target);
        let said = stage.refusal(&["diff", "0", "1", "-o", "patch"]);
        assert!(said.contains(&format!("{at:?}")) && said.contains(why), "{target}: {said}");
        assert!(said.contains("put a copy of what it leads to in its place"), "{said}");
        assert!(!stage.path("patch").exists());
    }
}

#[test]
fn copies_that_stand_for_links_verify() {
    let stage = two_builds();
    assert!(stage.delta(&["manifest", "2", "-o", "manifest"]).status.success());
    // As a disk without links has it.
    for (name, original) in [("lib/x.so", "lib/x.so.2"), ("plain", "swap"), ("F/F", "F/Versions/B/F")] {
        fs::remove_file(stage.path(&format!("2/{name}"))).unwrap();
        fs::copy(stage.path(&format!("2/{original}")), stage.path(&format!("2/{name}"))).unwrap();
    }
    fs::remove_file(stage.path("2/F/Versions/Current")).unwrap();
    stage.put("2/F/Versions/Current/F", b"B");
    assert_eq!(stage.report(&["verify", "2", "manifest"])["intact"], true);
    stage.put("2/F/Versions/Current/F", b"C");
    let said = stage.delta(&["verify", "2", "manifest"]);
    assert!(!said.status.success());
    assert!(String::from_utf8(said.stdout).unwrap().contains("F/Versions/Current/F"));
}

#[test]
fn a_link_that_was_planted_meanwhile_is_replaced_and_not_followed() {
    let stage = two_builds();
    stage.put("outside/keep", b"mine");
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]).status.success());
    fs::remove_file(stage.path("1/lib/x.so")).unwrap();
    symlink(stage.path("outside/keep"), stage.path("1/lib/x.so")).unwrap();
    let _ = stage.delta(&["apply", "patch", "1", "--in-place"]);
    assert_eq!(fs::read(stage.path("outside/keep")).unwrap(), b"mine");
}
