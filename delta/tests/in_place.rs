//! `delta apply --in-place`, as it is run: a folder turns into the next build by itself.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    os::unix::fs::{FileExt, MetadataExt, PermissionsExt},
    path::PathBuf,
    process::{Command, Output},
};

use common::{allocated, noise};

/// A temporary place with the folders of two builds in it.
struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
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
}

const PAK: usize = 8 << 20;

fn two_builds() -> Stage {
    let stage = Stage::new();
    let mut pak = noise(1, PAK);
    stage.put("1/pak", &pak);
    stage.put("1/readme", b"one");
    pak[5 << 20..(5 << 20) + 1000].fill(9);
    pak.extend(noise(2, 3000));
    stage.put("2/pak", &pak);
    stage.put("2/readme", b"two");
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch", "--fast"]).status.success());
    stage
}

#[test]
fn a_large_file_takes_as_much_more_disk_as_changes_in_it() {
    let stage = two_builds();
    let inode = |name: &str| fs::metadata(stage.path(name)).unwrap().ino();
    let (pak, readme) = (inode("1/pak"), inode("1/readme"));
    let report = stage.report(&["apply", "patch", "1", "--in-place", "--patch-from", "1MiB"]);
    assert_eq!(report["verified"], true);
    let disk = report["peak_disk"].as_u64().unwrap();
    assert!((4000..12_000).contains(&disk), "{disk} bytes for 4000 that differ");
    assert_eq!(fs::read(stage.path("1/pak")).unwrap(), fs::read(stage.path("2/pak")).unwrap());
    assert_eq!(inode("1/pak"), pak, "it is the same file");
    assert_ne!(inode("1/readme"), readme, "a small one is made anew");
    assert!(!stage.path("1/.mist").exists());
    let again = stage.report(&["apply", "patch", "1", "--in-place"]);
    assert_eq!(again["verified"], true, "the same command again finds nothing to do");
}

#[test]
fn without_the_option_or_under_the_size_files_are_made_whole() {
    let stage = two_builds();
    let report = stage.report(&["apply", "patch", "1", "--in-place"]);
    assert!(report["peak_disk"].as_u64().unwrap() >= PAK as u64);
    assert_eq!(fs::read(stage.path("1/pak")).unwrap(), fs::read(stage.path("2/pak")).unwrap());
    assert!(!stage.delta(&["apply", "patch", "1", "out", "--patch-from", "1"]).status.success());
}

#[test]
fn a_new_folder_is_checked_and_what_can_not_be_copied_is_refused_before() {
    let stage = two_builds();
    assert_eq!(stage.report(&["apply", "patch", "1", "out"])["verified"], true);
    std::os::unix::fs::symlink("pak", stage.path("1/own")).unwrap();
    stage.report(&["apply", "patch", "1", "out-own"]);
    assert_eq!(
        fs::read_link(stage.path("out-own/own")).unwrap().to_str(),
        Some("pak"),
        "a link of one's own is kept"
    );
    std::os::unix::fs::symlink("/pak", stage.path("1/link")).unwrap();
    let refused = stage.delta(&["apply", "patch", "1", "out-2"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("link"));
    assert!(!stage.path("out-2").exists());
}

#[test]
fn what_a_player_put_into_the_folder_stops_nothing_that_does_not_touch_it() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let stage = two_builds();
    let elsewhere = stage.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, stage.path("1/saves")).unwrap();
    symlink("nowhere", stage.path("1/dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(stage.path("1/pipe")).status().unwrap().success());
    let odd = stage.path("1").join(std::ffi::OsStr::from_bytes(b"what?\xff.txt"));
    fs::write(&odd, b"a player's").unwrap();
    let report = stage.report(&["apply", "patch", "1", "--in-place"]);
    assert_eq!(report["verified"], true, "the build in it is the new one");
    assert_eq!(fs::read(stage.path("1/pak")).unwrap(), fs::read(stage.path("2/pak")).unwrap());
    assert_eq!(fs::read_link(stage.path("1/saves")).unwrap(), elsewhere);
    assert!(stage.path("1/dangling").is_symlink() && stage.path("1/pipe").exists() && odd.exists());

    // What the patch reads or writes must be what it says.
    let stage = two_builds();
    fs::rename(stage.path("1/pak"), stage.path("pak")).unwrap();
    symlink("../pak", stage.path("1/pak")).unwrap();
    let before = fs::read(stage.path("pak")).unwrap();
    assert!(!stage.delta(&["apply", "patch", "1", "--in-place"]).status.success());
    assert_eq!(fs::read(stage.path("pak")).unwrap(), before);
    assert_eq!(fs::read(stage.path("1/readme")).unwrap(), b"one");
}

#[test]
fn any_order_of_names_empty_folders_and_modes_come_out_right() {
    let stage = Stage::new();
    for (build, changed) in [("1", "one"), ("2", "two")] {
        for name in ["a.b", "a/b", "a-b/c", "a/b.c/d", "a/b-c", "B", "é/a", "z/tool"] {
            stage.put(&format!("{build}/{name}"), name.as_bytes());
        }
        stage.put(&format!("{build}/a/changed"), changed.as_bytes());
        stage.put(&format!("{build}/a-b/only {build}"), b"of one build");
        for name in ["a-", "a/empty", "empty", "empty-/y", &format!("gone/in the other than {build}")] {
            fs::create_dir_all(stage.path(build).join(name)).unwrap();
        }
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(stage.path(build).join("z/tool"), mode.clone()).unwrap();
        if build == "2" {
            fs::set_permissions(stage.path("2/a.b"), mode).unwrap();
        }
    }
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]).status.success());
    let new = stage.report(&["manifest", "2"]);
    // Also where the new folder lies in the old one, of which it is no part.
    for command in [&["1", "out"][..], &["1", "1/a/out"], &["1", "--in-place"]] {
        let report = stage.report(&[&["apply", "patch"], command].concat());
        assert_eq!((&report["verified"], &report["to"]), (&true.into(), &new["id"]));
        let made = stage.path(if command[1] == "--in-place" { "1" } else { command[1] });
        assert_eq!(stage.report(&["manifest", made.to_str().unwrap()]), new);
        if command[1] == "1/a/out" {
            fs::remove_dir_all(made).unwrap();
        }
    }
}

/// A run that was killed between two writes of the commit: here by a folder that stands in a new file's way.
#[test]
fn the_same_command_ends_a_commit_that_was_cut_off() {
    let stage = two_builds();
    stage.put("2/new", b"file");
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch", "--fast"]).status.success());
    let command = ["apply", "patch", "1", "--in-place", "--patch-from", "1MiB"];
    stage.put("1/new/in the way", b"x");
    let output = stage.delta(&command);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("run the same command again"));
    fs::remove_dir_all(stage.path("1/new")).unwrap();
    assert_eq!(stage.report(&command)["verified"], true);
    for name in ["pak", "readme", "new"] {
        let at = |build: &str| fs::read(stage.path(build).join(name)).unwrap();
        assert_eq!(at("1"), at("2"));
    }
}

#[test]
fn holes_stay_holes() {
    let stage = Stage::new();
    let len = 64 << 20;
    for (build, at, len) in [("1", 30 << 20, len), ("2", 40 << 20, len + (8 << 20))] {
        fs::create_dir_all(stage.path(build)).unwrap();
        let file = fs::File::create(stage.path(build).join("disk.img")).unwrap();
        file.set_len(len).unwrap();
        let put = |bytes: &[u8], at| file.write_all_at(bytes, at).unwrap();
        put(&noise(1, 100_000), 1 << 20);
        put(&noise(2, 100_000), at);
    }
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch", "--fast"]).status.success());
    let report = stage.report(&["apply", "patch", "1", "--in-place", "--patch-from", "1MiB"]);
    assert_eq!(report["verified"], true);
    let taken = allocated(&stage.path("1/disk.img"));
    assert!(taken < 1 << 20, "{taken} bytes on disk");
}
