//! The program against a server in the same process: what it refuses, what it sends, how it goes on.

#![expect(clippy::unwrap_used, reason = "a test ends where it can't go on")]

mod fake;

use std::{collections::HashSet, fs, path::Path, process::Output, time::Duration};

use fake::{Fake, GAME};
use tokio::process::{Child, Command};

/// An admin's machine: a home, and a folder to push.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("build")).unwrap();
        Self { root }
    }

    /// One that is signed in.
    async fn at(server: &Fake) -> Self {
        let machine = Self::new();
        fs::write(machine.root.path().join("password"), "correct horse\n").unwrap();
        let password = fs::File::open(machine.root.path().join("password")).unwrap();
        let mut login = machine.command(&["login", &server.url, "--user", "ada", "--password-stdin"]);
        let output = login.stdin(password).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        machine
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mistpipe"));
        command.env("MIST_SECRETS", "file");
        command.args(args).current_dir(self.root.path()).env("MISTPIPE_HOME", self.root.path().join("home"));
        command.kill_on_drop(true);
        command
    }

    async fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().await.unwrap()
    }

    async fn push(&self, version: &str, more: &[&str]) -> Output {
        self.run(&[&["push", "build", "--game", GAME, "--version", version], more].concat()).await
    }

    fn put(&self, path: &str, content: &[u8]) {
        let path = self.root.path().join("build").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Bytes that do not compress.
fn noise(seed: u8, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for chunk in out.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
    out
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_missing_is_sent() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("big.bin", &noise(1, 12_000_000));
    machine.put("small.txt", b"hello");
    machine.put("empty", b"");
    server.known().busy = 2;
    let first = machine.push("1.0", &["--launch", "big.bin"]).await;
    assert_eq!(code(&first), Some(0), "{}", err(&first));
    assert!(out(&first).contains("game@1.0 is live"), "{}", out(&first));
    let sent = server.known().received.len();
    assert!(sent > 5, "{sent} chunks of about a megabyte");

    let again = machine.push("1.0", &["--if-changed"]).await;
    assert_eq!((code(&again), server.known().received.len()), (Some(0), sent), "{}", err(&again));
    // A server of a release that heals nothing.
    let same = machine.push("1.0", &[]).await;
    assert_eq!(code(&same), Some(1));
    assert!(err(&same).contains("this server can't heal builds: nothing was changed"), "{}", err(&same));

    machine.put("small.txt", b"changed");
    let taken = machine.push("1.0", &[]).await;
    assert_eq!(code(&taken), Some(1));
    assert!(err(&taken).contains("1.0 is there already, with other content"), "{}", err(&taken));
    machine.put("moved/big.bin", &noise(1, 12_000_000));
    fs::remove_file(machine.root.path().join("build/big.bin")).unwrap();
    machine.put("new.txt", b"new");
    let dry = machine.push("1.1", &["--dry-run"]).await;
    let told = out(&dry);
    for line in [
        "MODIFIED  small.txt",
        "NEW       new.txt",
        "RENAMED   big.bin -> moved/big.bin",
        "total SAME      1 file",
        "patch: about ",
        " from 1.0 (by what this machine kept of 1.0; no earlier push to learn from)",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    let second = machine.push("1.1", &["--if-changed"]).await;
    assert_eq!(code(&second), Some(0), "{}", err(&second));
    assert_eq!(server.known().received.len(), sent + 2, "the changed and the new file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_push_goes_on_where_it_was() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("big.bin", &noise(2, 40_000_000));
    server.known().answer_parts = Some(2);
    let mut child: Child =
        machine.command(&["push", "build", "--game", GAME, "--version", "1", "-q"]).spawn().unwrap();
    let two_parts_came = async {
        while server.known().received.is_empty() || server.known().answer_parts != Some(0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), two_parts_came).await.unwrap();
    child.kill().await.unwrap();

    let before: HashSet<_> = {
        let mut known = server.known();
        known.answer_parts = None;
        known.received.drain(..).collect()
    };
    let resumed = machine.push("1", &[]).await;
    assert_eq!(code(&resumed), Some(0), "{}", err(&resumed));
    assert!(err(&resumed).contains("going on with the push of 1"), "{}", err(&resumed));
    let known = server.known();
    assert!(!known.received.is_empty() && known.received.iter().all(|hash| !before.contains(hash)));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_before_anything_is_created() {
    let stranger = Machine::new();
    stranger.put("file", b"x");
    assert_eq!(code(&stranger.push("1", &[]).await), Some(3), "not signed in");
    assert_eq!(code(&stranger.push("../1", &[]).await), Some(2), "bad version");
    assert_eq!(code(&stranger.run(&["push", "nowhere", "--game", GAME, "--version", "1"]).await), Some(2));

    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("file", b"x");
    let unknown = machine.run(&["push", "build", "--game", "other", "--version", "1"]).await;
    assert_eq!(code(&unknown), Some(4), "{}", err(&unknown));
    assert_eq!(code(&machine.push("1", &["--launch", "gone"]).await), Some(2), "launches nothing");
    let links = [Path::new("link"), Path::new("deep/link")];
    for link in links {
        let at = machine.root.path().join("build").join(link);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", at).unwrap();
    }
    let refused = machine.push("1", &[]).await;
    assert_eq!(code(&refused), Some(1));
    for link in links {
        assert!(err(&refused).contains(&*link.to_string_lossy()), "{}", err(&refused));
    }
    assert!(err(&refused).contains("absolute") && err(&refused).contains("put a copy"), "{}", err(&refused));
    let known = server.known();
    assert!(known.release_key.is_none() && known.received.is_empty(), "the server heard of nothing");
    assert!(!machine.root.path().join("home/release-key").exists(), "no key was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_needs_the_key() {
    let server = Fake::start().await;
    let first = Machine::at(&server).await;
    first.put("file", b"x");
    assert_eq!(code(&first.push("1", &[]).await), Some(0));
    let backup = first.root.path().join("backup").to_string_lossy().into_owned();
    assert_eq!(code(&first.run(&["key", "export", &backup]).await), Some(0));

    // The session of the first machine has the newest refresh token, which two machines can't share.
    let second = Machine::new();
    fs::create_dir(second.root.path().join("home")).unwrap();
    fs::copy(first.root.path().join("home/session.json"), second.root.path().join("home/session.json"))
        .unwrap();
    second.put("file", b"y");
    let refused = second.push("2", &[]).await;
    assert_eq!(code(&refused), Some(3));
    assert!(err(&refused).contains("key import"), "{}", err(&refused));
    assert_eq!(code(&second.run(&["key", "import", &backup]).await), Some(0));
    let pushed = second.push("2", &[]).await;
    assert_eq!(code(&pushed), Some(0), "{}", err(&pushed));
}

/// A text as Windows editors save it.
fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{}", text.replace('\n', "\r\n")).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Paths of the newest build and whether each is executable.
fn published(server: &Fake) -> Vec<(String, bool)> {
    let known = server.known();
    let manifest = known.newest().unwrap();
    manifest.files.iter().map(|f| (f.path.to_string(), f.executable)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_launch_files_mean_the_same_however_an_editor_saved_them() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("game", b"\x7fELFgame");
    machine.put("signing.key", b"secret");
    machine.put("debug.log", b"log");
    let rules = "*.key  \n*.log\n*.kye\n";
    let launch = "[[launch]]\nname = \"Spiel ä\"\npath = \"game\"\n";
    let bom = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
    let ways = [
        (rules.as_bytes().to_vec(), launch.as_bytes().to_vec()),
        (bom(rules), bom(launch)),
        (utf16(rules), utf16(launch)),
    ];
    for (n, (rules, launch)) in ways.into_iter().enumerate() {
        machine.put(".mistignore", &rules);
        machine.put("mist.toml", &launch);
        machine.put("version", &bom(&format!("{n}.0\nnotes")));
        let pushed = machine.run(&[
            "push",
            "build",
            "--game",
            GAME,
            "--version-file",
            "build/version",
            "--ignore",
            "version",
        ]);
        let pushed = pushed.await;
        assert_eq!(code(&pushed), Some(0), "{n}: {}", err(&pushed));
        assert!(out(&pushed).contains(&format!("game@{n}.0 is live")), "{}", out(&pushed));
        assert_eq!(published(&server), [("game".to_owned(), true)], "{n}");
        assert_eq!(server.known().newest().unwrap().launch[0].name, "Spiel ä");
        assert!(
            err(&pushed).contains("1 rule matches nothing in the folder: \"*.kye\" (.mistignore, line 3)")
        );
    }
    machine.put(".mistignore", b"*.key\nh\xe4\xdflich\n");
    let refused = machine.push("9", &[]).await;
    assert_eq!(code(&refused), Some(2));
    assert!(err(&refused).contains("line 2 is not UTF-8: save it as UTF-8"), "{}", err(&refused));
    let unmarked: Vec<u8> = "*.key\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    machine.put(".mistignore", &unmarked);
    let refused = machine.push("9", &[]).await;
    assert!(code(&refused) == Some(2) && err(&refused).contains("NUL"), "{}", err(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_secret_is_not_published_without_a_yes() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("game", b"game");
    machine.put(".git", b"gitdir: ../.git/modules/game");
    machine.put("assets/Thumbs.db", b"x");
    let key = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIE\n-----END PRIVATE KEY-----\n";
    for (path, content) in [("server.pem", &key[..]), ("web/.env", b"TOKEN=1"), ("deploy", key)] {
        machine.put(path, content);
        let refused = machine.push("1", &[]).await;
        assert_eq!(code(&refused), Some(2), "{}", err(&refused));
        assert!(err(&refused).contains(&format!("\n  {path} ")), "{}", err(&refused));
        assert!(server.known().received.is_empty() && server.known().release_key.is_none());
    }
    let dry = machine.push("1", &["--dry-run"]).await;
    assert!(
        code(&dry) == Some(0) && err(&dry).contains("server.pem looks like a secret key"),
        "{}",
        err(&dry)
    );

    let meant = machine.push("1", &["--yes"]).await;
    assert_eq!(code(&meant), Some(0), "{}", err(&meant));
    assert!(err(&meant).contains("left out what tools and systems leave in folders: .git, Thumbs.db"));
    let paths: Vec<String> = published(&server).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["deploy", "game", "server.pem", "web/.env"]);
    // Whoever said yes is not asked about the same files again, but about new ones.
    machine.put("game", b"game 2");
    let again = machine.push("2", &[]).await;
    assert_eq!(code(&again), Some(0), "{}", err(&again));
    machine.put("id_rsa", b"x");
    let new = machine.push("3", &[]).await;
    assert!(code(&new) == Some(2) && err(&new).contains("1 file looks as if"), "{}", err(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_lost_its_executable_bit_gets_it_back_in_the_build() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    machine.put("bin/game", b"\x7fELF\x02\x01\x01\0game");
    machine.put("start.sh", b"#!/bin/sh\nexec bin/game\n");
    machine.put("other.sh", b"#!/bin/sh\n");
    machine.put(
        "mist.toml",
        b"[[launch]]\npath = 'bin/game'\n[[launch]]\npath = 'start.sh'\nplatform = 'linux'\n",
    );
    let pushed = machine.push("1", &["-q"]).await;
    assert_eq!(code(&pushed), Some(0), "{}", err(&pushed));
    for path in ["bin/game", "start.sh"] {
        let told =
            format!("warning: {path} is a program and not executable in the folder: it is executable in");
        assert!(err(&pushed).contains(&told), "{}", err(&pushed));
    }
    let expected = [("bin/game", true), ("other.sh", false), ("start.sh", true)];
    assert_eq!(published(&server), expected.map(|(path, bit)| (path.to_owned(), bit)));
    let again = machine.push("2", &["--if-changed"]).await;
    assert!(out(&again).contains("nothing to push"), "{} {}", out(&again), err(&again));
    // Without the launch file, the entries of the build before hold, and so does the bit.
    fs::remove_file(machine.root.path().join("build/mist.toml")).unwrap();
    machine.put("bin/game", b"\x7fELF\x02\x01\x01\0game 2");
    assert_eq!(code(&machine.push("2", &[]).await), Some(0));
    assert_eq!(published(&server), expected.map(|(path, bit)| (path.to_owned(), bit)));
    let data = machine.push("3", &["--launch", "linux:mist.dat"]);
    machine.put("mist.dat", b"data");
    let data = data.await;
    assert!(
        err(&data).contains("mist.dat, which a launch entry starts, is not executable"),
        "{}",
        err(&data)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_windows_takes_for_others_are_not_published() {
    let server = Fake::start().await;
    let machine = Machine::at(&server).await;
    for (path, why) in [
        ("MIST~1/state.json", "another name of '.mist'"),
        ("Desktop.ini", "instructions"),
        ("autorun.inf", "instructions"),
    ] {
        machine.put(path, b"x");
        let refused = machine.push("1", &[]).await;
        assert_eq!(code(&refused), Some(1), "{}", err(&refused));
        assert!(err(&refused).contains(path) && err(&refused).contains(why), "{}", err(&refused));
        fs::remove_file(machine.root.path().join("build").join(path)).unwrap();
    }
    assert!(server.known().received.is_empty(), "the server heard of nothing");
}
