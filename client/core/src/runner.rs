//! Programs by which a build for Windows runs on Linux: Wine and Proton, as they are found on this system. What is found and what
//! starts a game by it are pure but for looking whether files are there.
//!
//! Each game has a *prefix* of its own, a folder with what the runner takes for a Windows machine: `prefixes/<game>` in the home. It is no part of
//! the game's folder, so that the game can be verified, moved and removed without it; saves may be in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use mist_proto::Slug;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::home::{Home, HomeError, read_json, write_json};

/// What kind of program it is, which says how it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunnerKind {
    /// Wine.
    Wine,
    /// Proton, as Steam has it.
    Proton,
}

/// A program by which builds for Windows run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Runner {
    /// What kind it is.
    pub kind: RunnerKind,
    /// What people call it.
    pub name: String,
    /// The program.
    pub path: PathBuf,
}

/// What a game runs by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RunnerView {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// Those that were found, the one that is taken unless somebody says otherwise first.
    pub found: Vec<Runner>,
    /// The program that somebody chose for this game.
    pub chosen: Option<PathBuf>,
    /// Where the game's Windows is, made at its first start.
    pub prefix: PathBuf,
}

/// Names under which Wine is on the `PATH`, in the order of preference.
const WINES: [&str; 4] = ["wine", "wine64", "wine-stable", "wine-development"];
/// Where Steam is, in a person's folder.
const STEAMS: [&str; 4] =
    [".steam/root", ".steam/steam", ".local/share/Steam", ".var/app/com.valvesoftware.Steam/data/Steam"];
/// Where systems have tools for Steam.
const SYSTEM_TOOLS: [&str; 2] =
    ["/usr/share/steam/compatibilitytools.d", "/usr/local/share/steam/compatibilitytools.d"];
/// Programs that are listed at most.
const MAX_FOUND: usize = 50;

/// Where runners are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    path: Vec<PathBuf>,
    /// Steam's own folders.
    steams: Vec<PathBuf>,
    /// Folders with a tool in each of theirs.
    tools: Vec<PathBuf>,
}

impl Places {
    /// Those that the environment names.
    pub(crate) fn of(env: impl Fn(&str) -> Option<OsString>) -> Self {
        let list = |name: &str| -> Vec<PathBuf> {
            env(name).map(|list| std::env::split_paths(&list).collect()).unwrap_or_default()
        };
        let absolute = |dirs: Vec<PathBuf>| dirs.into_iter().filter(|dir| dir.is_absolute()).collect();
        let home = env("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let steams = home.iter().flat_map(|home| STEAMS.map(|steam| home.join(steam))).collect();
        let mut tools: Vec<PathBuf> = list("STEAM_EXTRA_COMPAT_TOOLS_PATHS");
        tools.extend(SYSTEM_TOOLS.map(PathBuf::from));
        Self { path: absolute(list("PATH")), steams, tools: absolute(tools) }
    }

    /// The runners that are there: Proton before Wine, the newest first, each once by whatever ways lead to it.
    pub(crate) fn found(&self) -> Vec<Runner> {
        let mut protons = Vec::new();
        for steam in &self.steams {
            protons.extend(protons_in(&steam.join("compatibilitytools.d"), |_| true));
            protons.extend(protons_in(&steam.join("steamapps/common"), |name| name.starts_with("Proton")));
        }
        for tools in &self.tools {
            protons.extend(protons_in(tools, |_| true));
        }
        protons.sort_by(|a, b| by_number(&b.name, &a.name).then_with(|| a.path.cmp(&b.path)));
        let wine = |name: &&str| self.path.iter().map(|dir| dir.join(name)).find(|path| is_program(path));
        let wines = WINES.iter().filter_map(|name| {
            Some(Runner { kind: RunnerKind::Wine, name: (*name).to_owned(), path: wine(name)? })
        });
        let mut known = BTreeSet::new();
        let all = protons.into_iter().chain(wines);
        let once = all.filter(|r| known.insert(fs::canonicalize(&r.path).unwrap_or_else(|_| r.path.clone())));
        once.take(MAX_FOUND).collect()
    }
}

fn protons_in(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<Runner> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let runner = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| fits(name))?;
        let path = entry.path().join("proton");
        is_program(&path).then_some(Runner { kind: RunnerKind::Proton, name, path })
    };
    entries.filter_map(runner).collect()
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Compares names so that `Proton 10` comes after `Proton 9`.
fn by_number(a: &str, b: &str) -> std::cmp::Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
        for c in text.chars() {
            let (number, word) = parts.last_mut().expect("it is never empty");
            match c.to_digit(10) {
                Some(digit) if word.is_empty() => {
                    *number = number.saturating_mul(10).saturating_add(digit.into());
                }
                Some(digit) => parts.push((digit.into(), String::new())),
                None => word.push(c),
            }
        }
        parts
    };
    // What has no number in front is compared by its word first.
    let (a, b) = (parts(a), parts(b));
    a[0].1.cmp(&b[0].1).then_with(|| a.cmp(&b))
}

/// The kind of a program that somebody names.
fn kind_of(path: &Path) -> RunnerKind {
    match path.file_name().and_then(OsStr::to_str) {
        Some("proton") => RunnerKind::Proton,
        _ => RunnerKind::Wine,
    }
}

impl RunnerView {
    /// The one that is taken: that which somebody chose, if it is there, or else the first.
    pub fn taken(&self) -> Option<Runner> {
        let Some(path) = &self.chosen else { return self.found.first().cloned() };
        let named = || Runner { kind: kind_of(path), name: path.display().to_string(), path: path.clone() };
        let listed = self.found.iter().find(|runner| runner.path == *path).cloned();
        listed.or_else(|| is_program(path).then(named))
    }
}

/// Steam's own folder, where a tool of it expects it: the one that the tool lies in.
fn steam_of(proton: &Path) -> Option<&Path> {
    let is_steam = |dir: &&Path| dir.join("steamapps").is_dir() || dir.join("compatibilitytools.d").is_dir();
    proton.ancestors().skip(1).find(is_steam)
}

/// What starts a program for Windows by a runner.
pub(crate) fn command(runner: &Runner, prefix: &Path, program: &Path) -> Command {
    let mut command = Command::new(&runner.path);
    match runner.kind {
        RunnerKind::Wine => {
            command.env("WINEPREFIX", prefix).arg(program);
        }
        RunnerKind::Proton => {
            let steam = steam_of(&runner.path).unwrap_or(prefix);
            command
                .env("STEAM_COMPAT_DATA_PATH", prefix)
                .env("STEAM_COMPAT_CLIENT_INSTALL_PATH", steam)
                // It is no application of Steam's.
                .envs([("SteamAppId", "0"), ("SteamGameId", "0"), ("STEAM_COMPAT_APP_ID", "0")])
                .arg("waitforexitandrun")
                .arg(program);
        }
    }
    command
}

/// `runners.json`: what somebody chose for games.
type Chosen = BTreeMap<Slug, PathBuf>;

/// What a game runs by.
pub(crate) fn of_game(home: &Home, game: &Slug, places: &Places) -> Result<RunnerView, HomeError> {
    let chosen = read_json::<Chosen>(&home.runners())?.unwrap_or_default().remove(game);
    Ok(RunnerView { game: game.clone(), found: places.found(), chosen, prefix: home.prefix(game) })
}

/// Keeps what somebody chose for a game; nothing for what is taken otherwise.
pub(crate) fn choose(home: &Home, game: &Slug, runner: Option<PathBuf>) -> Result<(), HomeError> {
    let mut all = read_json::<Chosen>(&home.runners())?.unwrap_or_default();
    match runner {
        Some(path) => drop(all.insert(game.clone(), path)),
        None => drop(all.remove(game)),
    }
    write_json(&home.runners(), &all, false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, "#!/bin/sh\n").expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
    }

    fn places(home: &Path) -> Places {
        Places::of(|name| match name {
            "HOME" => Some(home.into()),
            "PATH" => Some(format!("{0}/bin:{0}/more:relative", home.display()).into()),
            "STEAM_EXTRA_COMPAT_TOOLS_PATHS" => Some(home.join("tools").into()),
            _ => None,
        })
    }

    #[test]
    fn what_is_there_is_found_once_and_the_newest_proton_first() {
        let place = tempfile::tempdir().expect("dir");
        let home = place.path();
        let of_the_system = Places::of(|_| None).found();
        let found = || -> Vec<String> {
            let all = places(home).found().into_iter().filter(|r| !of_the_system.contains(r));
            all.map(|r| r.name).collect()
        };
        assert_eq!(found(), Vec::<String>::new());
        let steam = home.join(".local/share/Steam");
        for name in ["Proton 9.0", "Proton 10.0", "Not Proton"] {
            program(&steam.join("steamapps/common").join(name).join("proton"));
        }
        program(&home.join("tools/GE-Proton9-27/proton"));
        program(&home.join("more/wine"));
        fs::create_dir_all(home.join("bin")).expect("made");
        fs::write(home.join("bin/wine"), "no program").expect("written");
        fs::create_dir(home.join(".steam")).expect("made");
        std::os::unix::fs::symlink(&steam, home.join(".steam/root")).expect("linked");
        assert_eq!(found(), ["Proton 10.0", "Proton 9.0", "GE-Proton9-27", "wine"]);
    }

    #[test]
    fn numbers_are_compared_as_such() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let compared = |a, b| by_number(a, b);
        assert_eq!(compared("Proton 9.0", "Proton 10.0"), Less);
        assert_eq!(compared("GE-Proton10-4", "GE-Proton9-27"), Greater);
        assert_eq!((compared("a", "a"), compared("", "1")), (Equal, Less));
    }

    #[test]
    fn what_somebody_chose_is_taken_as_long_as_it_is_there() {
        let place = tempfile::tempdir().expect("dir");
        let (own, gone) = (place.path().join("my wine"), place.path().join("gone"));
        program(&own);
        let first = Runner { kind: RunnerKind::Proton, name: "Proton".into(), path: "/p/proton".into() };
        let taken = |found: &[Runner], chosen: Option<&Path>| {
            let (found, chosen) = (found.to_vec(), chosen.map(Path::to_owned));
            RunnerView { game: "quake".parse().expect("slug"), found, chosen, prefix: "/prefix".into() }
                .taken()
        };
        let found = [first.clone()];
        assert_eq!(taken(&found, None), Some(first.clone()));
        assert_eq!(taken(&found, Some(&first.path)), Some(first));
        assert_eq!(taken(&found, Some(&own)).map(|r| (r.kind, r.path)), Some((RunnerKind::Wine, own)));
        assert_eq!(taken(&found, Some(&gone)), None, "nothing else is taken in its place");
        assert_eq!(taken(&[], None), None);
    }

    #[test]
    fn each_kind_is_called_in_its_way() {
        let said = |kind, path: &str| {
            let runner = Runner { kind, name: String::new(), path: path.into() };
            let command = command(&runner, Path::new("/home/prefixes/g"), Path::new("/games/g/bin/g.exe"));
            let text = |s: &OsStr| s.to_string_lossy().into_owned();
            let env: BTreeMap<_, _> =
                command.get_envs().map(|(k, v)| (text(k), v.map(text).unwrap_or_default())).collect();
            (command.get_args().map(text).collect::<Vec<_>>(), env)
        };
        let (args, env) = said(RunnerKind::Wine, "/usr/bin/wine");
        assert_eq!(args, ["/games/g/bin/g.exe"]);
        assert_eq!(env, BTreeMap::from([("WINEPREFIX".into(), "/home/prefixes/g".into())]));
        let place = tempfile::tempdir().expect("dir");
        let proton = place.path().join("steamapps/common/Proton 9/proton");
        program(&proton);
        let (args, env) = said(RunnerKind::Proton, &proton.to_string_lossy());
        assert_eq!(args, ["waitforexitandrun", "/games/g/bin/g.exe"]);
        assert_eq!(env["STEAM_COMPAT_DATA_PATH"], "/home/prefixes/g");
        assert_eq!(env["STEAM_COMPAT_CLIENT_INSTALL_PATH"], place.path().to_string_lossy());
    }
}
