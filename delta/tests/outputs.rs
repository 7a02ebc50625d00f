//! What the program writes: whole, or what was there before.

#![expect(clippy::unwrap_used, reason = "a test ends where it can't go on")]

#[path = "common/noise.rs"]
mod noise;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use noise::noise;

/// Runs the program where no file may grow over 64 kB.
fn cramped(place: &Path, args: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_delta");
    let line = format!("trap '' XFSZ; ulimit -f 64; exec '{program}' {args}");
    Command::new("sh").args(["-c", &line]).current_dir(place).output().unwrap()
}

fn names(place: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(place).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_failed_run_keeps_the_file_of_that_name_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for (folder, seed) in [("old", 1), ("new", 2)] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("data"), noise(seed, 3 << 20)).unwrap();
    }
    for n in 0..2000 {
        fs::write(at("new").join(format!("{n}")), "").unwrap();
    }
    for (out, args) in [
        ("patch", "diff old new -o patch"),
        ("signature", "signature new -o signature"),
        ("manifest", "manifest new -o manifest"),
    ] {
        fs::write(at(out), "good").unwrap();
        let before = names(place.path());
        let failed = cramped(place.path(), args);
        let said = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(1), "{args}: {said}");
        assert!(said.contains(out) && said.contains("File too large"), "{args}: {said}");
        assert_eq!(fs::read(at(out)).unwrap(), b"good", "{args}");
        assert_eq!(names(place.path()), before, "{args}");
    }
    let done = Command::new(env!("CARGO_BIN_EXE_delta"))
        .args(["diff", "old", "new", "-o", "patch"])
        .current_dir(place.path())
        .output()
        .unwrap();
    assert!(done.status.success() && fs::metadata(at("patch")).unwrap().len() > 3 << 20, "{done:?}");
    assert_eq!(names(place.path()), ["manifest", "new", "old", "patch", "signature"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    for (folder, seed) in [("old", 3), ("new", 4)] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("data"), noise(seed, 24 << 20)).unwrap();
    }
    let mut running = Command::new(env!("CARGO_BIN_EXE_delta"))
        .args(["diff", "old", "new", "-o", "patch"])
        .current_dir(place.path())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let open_files = format!("/proc/{}/fd", running.id());
    let has_begun = || {
        let mut open = fs::read_dir(&open_files).into_iter().flatten().flatten();
        open.any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.starts_with(place.path()) && !to.exists()))
    };
    // It may be over before it is seen; then the patch is there, and nothing else.
    while !has_begun() && running.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    let ended = running.wait().unwrap();
    let mut left = names(place.path());
    left.retain(|name| !(ended.success() && name == "patch"));
    assert_eq!(left, ["new", "old"]);
}
