//! A huge sparse file and a tree of very many files, under the default bounds. Slow:
//! `cargo nextest run -p mist-delta --test huge --run-ignored only --no-capture`.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and this one reports"
)]

mod common;

use std::{
    fs,
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use common::{allocated, noise};

/// Between looks at a process's memory.
const LOOK: Duration = Duration::from_millis(50);

/// A temporary place; in the target folder, as the system's own may be in memory.
struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `delta`, says what it took, and returns the bytes of memory that it used at its peak.
    fn delta(&self, args: &[&str]) -> u64 {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_delta"))
            .args(args)
            .current_dir(self.0.path())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut peak = 0;
        let status = loop {
            peak = peak.max(memory_peak(child.id()));
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => sleep(LOOK),
            }
        };
        assert!(status.success(), "{args:?}");
        let (seconds, mebibytes) = (begun.elapsed().as_secs_f64(), peak >> 20);
        println!("delta {}: {seconds:.1} s, {mebibytes} MiB", args.join(" "));
        peak
    }
}

/// `VmHWM` of a process; 0 once it has ended.
fn memory_peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")).and_then(|n| n.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

const GIB: u64 = 1 << 30;
/// What making a patch may take by default, and what applying one may.
const MAKING: u64 = GIB;
const APPLYING: u64 = 64 << 20;
const SIZE: u64 = 64 * GIB;
const PART: usize = 3 << 20;

/// Writes a sparse file with data around 1 MiB, beyond 4 GiB, in the middle and at the end; the second version has
/// changes in each of them, a new part where there was a hole, and a longer end.
fn sparse(path: &Path, version: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs::File::create(path).unwrap();
    file.set_len(SIZE).unwrap();
    for (seed, at) in [(1, 1 << 20), (2, 5 * GIB + 77), (3, SIZE / 2), (4, SIZE - PART as u64)] {
        let mut part = noise(seed, PART);
        if version == 2 {
            part[1000..1100].fill(7);
        }
        file.write_all_at(&part, at).unwrap();
    }
    if version == 2 {
        file.write_all_at(&noise(5, 1 << 20), 48 * GIB).unwrap();
        file.write_all_at(&noise(6, 100_000), SIZE).unwrap();
    }
}

#[test]
#[ignore = "takes minutes"]
fn a_sparse_file_of_64_gib() {
    let stage = Stage::new();
    let (old, new) = (stage.path("1/disk.img"), stage.path("2/disk.img"));
    sparse(&old, 1);
    sparse(&new, 2);
    let taken = allocated(&new);
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]) <= MAKING);
    let patch = fs::metadata(stage.path("patch")).unwrap().len();
    println!("patch: {patch} bytes");
    assert!(patch < 2 << 20, "{patch} bytes for 1.1 MB that are new");
    // Both compare what they made with the patch and then as a whole.
    assert!(stage.delta(&["apply", "patch", "1", "3", "--json"]) <= APPLYING);
    assert!(stage.delta(&["apply", "patch", "1", "--in-place", "--json"]) <= APPLYING);
    for made in [&stage.path("3/disk.img"), &old] {
        assert_eq!(fs::metadata(made).unwrap().len(), SIZE + 100_000);
        let now = allocated(made);
        assert!(now < taken + (1 << 20), "{now} bytes on disk instead of {taken}");
    }
}

const FILES: u32 = 500_000;

/// Writes a tree of small files. The second version has a thousandth of them changed, as many gone, moved and new.
fn many(root: &Path, version: u8) {
    let folder = |n: u32| format!("assets/region-{n:04}/textures and models");
    for n in 0..FILES.div_ceil(1000) {
        fs::create_dir_all(root.join(folder(n))).unwrap();
    }
    fs::create_dir_all(root.join("moved")).unwrap();
    for n in 0..FILES {
        let mut content = format!("file {n} of many\n").repeat(1 + n as usize % 9);
        let mut path = format!("{}/{n:06}.dat", folder(n / 1000));
        if version == 2 {
            match n % 1000 {
                1 => content.push_str("changed"),
                2 => continue,
                3 => path = format!("moved/f{n}"),
                4 => fs::write(root.join(format!("{path}-new")), format!("new {n}")).unwrap(),
                _ => {}
            }
        }
        fs::File::create(root.join(path)).unwrap().write_all(content.as_bytes()).unwrap();
    }
    fs::write(root.join("moved/none"), "").unwrap();
}

#[test]
#[ignore = "takes minutes"]
fn half_a_million_files() {
    let stage = Stage::new();
    many(&stage.path("1"), 1);
    many(&stage.path("2"), 2);
    assert!(stage.delta(&["diff", "1", "2", "-o", "patch"]) <= MAKING);
    println!("patch: {} bytes", fs::metadata(stage.path("patch")).unwrap().len());
    assert!(stage.delta(&["apply", "patch", "1", "3", "--json"]) <= APPLYING);
    assert!(stage.delta(&["apply", "patch", "1", "--in-place", "--json"]) <= APPLYING);
}
