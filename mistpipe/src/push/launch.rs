//! How friends start the game: `mist.toml`, `--launch-file`, `--launch`, or what the build before said.

use std::{io, path::Path};

use anyhow::Result;
use mist_command_line::{text, told};
use mist_proto::{
    FileEntry, RelPath,
    manifest::{LaunchEntry, Platform},
    text::{Title, is_plain},
};
use mist_tree::fs::{Dir, EntryKind};
use serde::Deserialize;

use crate::{
    args::PushArgs,
    failure::{Exit, refuse},
};

/// Name of the launch file in the pushed folder.
const LAUNCH_FILE: &str = "mist.toml";
/// Name of an entry that has none.
const DEFAULT_NAME: &str = "Play";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    launch: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: RelPath,
    #[serde(default)]
    name: Option<Title>,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    working_dir: Option<RelPath>,
}

fn parse_file(text: &str) -> Result<Vec<LaunchEntry>> {
    let file: File = toml::from_str(text)?;
    for Entry { path, args, .. } in &file.launch {
        if let Some(odd) = args.iter().find(|arg| !arg.chars().all(is_plain)) {
            anyhow::bail!("an argument for {path} holds a control character: {odd:?}");
        }
    }
    let entries = file.launch.into_iter().map(|e| LaunchEntry {
        platform: e.platform.unwrap_or(Platform::Any),
        name: e.name.map_or_else(|| DEFAULT_NAME.into(), |name| name.to_string()),
        path: e.path,
        args: e.args,
        working_dir: e.working_dir,
    });
    Ok(entries.collect())
}

/// `PATH` or `PLATFORM:PATH`; no path of a build contains a colon.
fn parse_argument(text: &str) -> Result<LaunchEntry> {
    let (platform, path) = match text.split_once(':') {
        None => (Platform::Any, text),
        Some(("any", path)) => (Platform::Any, path),
        Some(("linux", path)) => (Platform::Linux, path),
        Some(("windows", path)) => (Platform::Windows, path),
        Some(("macos", path)) => (Platform::Macos, path),
        Some((other, _)) => anyhow::bail!("{other:?} is no platform: use any, linux, windows or macos"),
    };
    let path = RelPath::new(path)?;
    Ok(LaunchEntry { platform, name: DEFAULT_NAME.into(), path, args: Vec::new(), working_dir: None })
}

/// What the user says about starting the game; `None` if nothing.
///
/// # Errors
/// Exit code 2 for what can't be understood, before anything is read or sent.
pub(super) fn asked(args: &PushArgs) -> Result<Option<Vec<LaunchEntry>>> {
    let usage = |what: &str, e: anyhow::Error| refuse(Exit::Usage, format!("{what}: {}", told(e.chain())));
    if !args.launch.is_empty() {
        let entries = args.launch.iter().map(|text| parse_argument(text)).collect::<Result<_>>();
        return entries.map(Some).map_err(|e| usage("--launch", e));
    }
    let read = |path: &Path| {
        let text = text::read(path).map_err(|e| refuse(Exit::Usage, told(anyhow::Error::new(e).chain())))?;
        parse_file(&text).map(Some).map_err(|e| usage(&path.display().to_string(), e))
    };
    match &args.launch_file {
        Some(path) => read(path),
        None => {
            let path = args.dir.join(LAUNCH_FILE);
            if path.is_file() { read(&path) } else { Ok(None) }
        }
    }
}

/// The entries for a build of `files`: what was asked for, whose programs must be there, or else those of the build
/// before that still have their program.
pub(super) fn settle(
    asked: Option<Vec<LaunchEntry>>,
    before: &[LaunchEntry],
    files: &[FileEntry],
) -> Result<Vec<LaunchEntry>> {
    let Some(entries) = asked else { return Ok(present(before, files)) };
    match entries.iter().find(|e| !has(files, &e.path)) {
        Some(e) => Err(refuse(
            Exit::Usage,
            format!("the launch entry {:?} starts {}, which is not in the build", e.name, e.path),
        )),
        None => Ok(entries),
    }
}

/// Those of the entries whose program is among `files`.
pub(super) fn present(entries: &[LaunchEntry], files: &[FileEntry]) -> Vec<LaunchEntry> {
    entries.iter().filter(|e| has(files, &e.path)).cloned().collect()
}

fn has(files: &[FileEntry], path: &RelPath) -> bool {
    files.binary_search_by(|f| f.path.cmp(path)).is_ok()
}

/// A file that launch entries start, as friends on Linux and macOS could not: its executable bit is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    /// The file.
    pub(super) path: RelPath,
    /// Whether it begins as programs do, so that the bit was lost and not left off.
    pub(super) is_program: bool,
}

/// The files of the folder that `entries` start and that are not executable in it, as after a zip or on Windows.
///
/// # Errors
/// What the system reports.
pub(super) fn lost_bits(entries: &[LaunchEntry], dir: &dyn Dir) -> io::Result<Vec<Lost>> {
    let mut lost: Vec<Lost> = Vec::new();
    for LaunchEntry { path, platform, .. } in entries {
        if *platform == Platform::Windows || lost.iter().any(|l| l.path == *path) {
            continue;
        }
        // What is not there is told later, by all that is there.
        let Ok(meta) = dir.metadata(path) else { continue };
        if meta.kind != EntryKind::File || meta.executable {
            continue;
        }
        let mut head = [0; 8];
        let file = dir.open(path)?;
        let len = usize::try_from(meta.len).unwrap_or(usize::MAX).min(head.len());
        file.read_exact_at(&mut head[..len], 0)?;
        match head {
            // A program of Windows, which an entry for any system may name.
            [b'M', b'Z', ..] => {}
            head => lost.push(Lost { path: path.clone(), is_program: begins_program(head) }),
        }
    }
    Ok(lost)
}

/// Whether a file that begins so is run by Linux or macOS: ELF, Mach-O, or a script that names its interpreter.
fn begins_program(head: [u8; 8]) -> bool {
    match head {
        [0x7f, b'E', b'L', b'F', ..] | [b'#', b'!', ..] => true,
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => true,
        // Several machines in one file, at most a few; a class of Java, which begins alike, has its version there.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, machines] => (1..=30).contains(&machines),
        _ => false,
    }
}

/// The first line of a version file.
pub(super) fn version_in(file: &Path) -> Result<mist_proto::Version> {
    let text = text::read(file)?;
    let line = text.lines().next().unwrap_or_default().trim();
    line.parse().map_err(|e| refuse(Exit::Usage, format!("{}: {e}", file.display())))
}

#[cfg(test)]
mod tests {
    use mist_proto::Hash;

    use super::*;

    fn file(path: &str) -> FileEntry {
        FileEntry { path: RelPath::new(path).unwrap(), size: 0, executable: true, hash: Hash::of(b"") }
    }

    #[test]
    fn files_with_defaults() {
        let entries = parse_file(
            "[[launch]]\npath = 'bin/game'\n[[launch]]\nname = 'Server'\nplatform = 'linux'\npath = 'srv'\nargs = ['-x']",
        )
        .unwrap();
        assert_eq!((entries[0].name.as_str(), entries[0].platform), ("Play", Platform::Any));
        assert_eq!(
            (entries[1].args.as_slice(), entries[1].platform),
            (&["-x".to_owned()][..], Platform::Linux)
        );
        for bad in [
            "[[launch]]\npath='a'\nname = \"x\\u001b[2J\"",
            "[[launch]]\npath='a'\nargs = [\"\\n\"]",
            "[[launch]]\nname = 'x'",
            "[[launch]]\npath = '../x'",
            "lunch = 1",
            "[[launch]]\npath='a'\nx=1",
        ] {
            assert!(parse_file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn arguments() {
        let entry = parse_argument("windows:bin/game.exe").unwrap();
        assert_eq!((entry.platform, entry.path.as_str()), (Platform::Windows, "bin/game.exe"));
        assert_eq!(parse_argument("bin/game").unwrap().platform, Platform::Any);
        for bad in ["", "amiga:x", "linux:", "linux:../x"] {
            assert!(parse_argument(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn programs_without_their_bit_are_found() {
        let place = tempfile::tempdir().unwrap();
        let dir = mist_tree::fs::RealDir::open(place.path()).unwrap();
        let mut entries = Vec::new();
        for (name, content, is_program) in [
            ("elf", &b"\x7fELF\x02\x01\x01\0"[..], Some(true)),
            ("script", b"#!/bin/sh", Some(true)),
            ("macho", b"\xcf\xfa\xed\xfe\x07\0\0\x01", Some(true)),
            ("universal", b"\xca\xfe\xba\xbe\0\0\0\x02", Some(true)),
            ("java.class", b"\xca\xfe\xba\xbe\0\0\0\x34", Some(false)),
            ("data", b"x", Some(false)),
            ("empty", b"", Some(false)),
            ("game.exe", b"MZ\x90\0\x03\0\0\0", None),
        ] {
            std::fs::write(place.path().join(name), content).unwrap();
            entries.push(parse_argument(name).unwrap());
            let lost = lost_bits(&entries[entries.len() - 1..], &dir).unwrap();
            assert_eq!(lost.first().map(|l| l.is_program), is_program, "{name}");
        }
        entries.push(parse_argument("elf").unwrap());
        entries.push(parse_argument("gone").unwrap());
        assert_eq!(lost_bits(&entries, &dir).unwrap().len(), 7, "each once");
        let windows = [parse_argument("windows:elf").unwrap()];
        assert_eq!(lost_bits(&windows, &dir).unwrap(), []);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(place.path().join("elf"), mode).unwrap();
            assert_eq!(lost_bits(&entries[..1], &dir).unwrap(), []);
        }
    }

    #[test]
    fn what_is_not_asked_for_comes_from_the_build_before() {
        let files = [file("a"), file("b")];
        let entry = |p| parse_argument(p).unwrap();
        assert_eq!(settle(Some(vec![entry("b")]), &[entry("a")], &files).unwrap(), [entry("b")]);
        assert_eq!(settle(None, &[entry("a"), entry("gone")], &files).unwrap(), [entry("a")]);
        assert!(settle(Some(vec![entry("gone")]), &[], &files).is_err());
        assert_eq!(settle(Some(vec![]), &[entry("a")], &files).unwrap(), []);
    }
}
