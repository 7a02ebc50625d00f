//! Starting a game.

use std::{
    path::PathBuf,
    process::{Child, Command},
};

use mist_proto::{
    Slug, VerifiedManifest,
    manifest::{LaunchEntry, Manifest, Platform},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    adopt::{Marked, marked},
    catalogue::verified,
    error::Error,
    folder::{Condition, FolderState, GameFolder},
    home::{
        Home, HomeError,
        legacy::{self, server_named},
        tend::tend,
    },
    library::{Entry, Library},
    moving,
    runner::{self, Places, RunnerView},
    trust::KnownServer,
};

/// Something of a game that can be started here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LaunchChoice {
    /// Its name.
    pub name: String,
    /// The program, in the game's folder.
    pub program: String,
    /// What it is given.
    pub args: Vec<String>,
    /// What a program for Windows runs by here.
    #[serde(default)]
    pub runner: Option<String>,
}

/// Starts a game as it is, without updating. Needs neither the engine nor a session.
///
/// # Errors
/// If it is not installed, names nothing to start, or can't be started.
pub fn launch(home: &Home, game: &Slug, entry: Option<&str>, args: &[String]) -> Result<Child, Error> {
    spawn(&mut command(home, game, entry, args)?)
}

/// What starts a game.
pub(crate) fn command(
    home: &Home,
    game: &Slug,
    entry: Option<&str>,
    args: &[String],
) -> Result<Command, Error> {
    let (folder, manifest) = playable(home, game)?;
    let here = Platform::current();
    if let Some(native) = choose(&manifest, entry, here) {
        let mut command = Command::new(program_of(&folder, native));
        with_args(&mut command, &folder, native, args);
        return Ok(command);
    }
    let for_windows = choose(&manifest, entry, Platform::Windows).filter(|_| here == Platform::Linux);
    let for_windows = for_windows.ok_or_else(|| Error::NoLaunchEntry {
        game: game.clone(),
        dir: folder.path().display().to_string(),
        entries: manifest.launch.iter().map(|l| l.name.clone()).collect(),
    })?;
    let view = runners_of(home, game)?;
    let runner = view.taken().ok_or_else(|| Error::NoRunner {
        game: game.clone(),
        chosen: view.chosen.as_ref().map(|path| path.display().to_string()),
    })?;
    std::fs::create_dir_all(&view.prefix).map_err(HomeError::at(&view.prefix))?;
    let mut command = runner::command(&runner, &view.prefix, &program_of(&folder, for_windows));
    with_args(&mut command, &folder, for_windows, args);
    Ok(command)
}

/// What a game's builds for Windows run by.
pub(crate) fn runners_of(home: &Home, game: &Slug) -> Result<RunnerView, Error> {
    Ok(runner::of_game(home, game, &Places::of(|name| std::env::var_os(name)))?)
}

/// What of a game can be started on this system.
pub(crate) fn choices(home: &Home, game: &Slug) -> Result<Vec<LaunchChoice>, Error> {
    let (_, manifest) = playable(home, game)?;
    let here = Platform::current();
    let native = |l: &&LaunchEntry| l.platform == here || l.platform == Platform::Any;
    let choice = |l: &LaunchEntry, runner: Option<&str>| LaunchChoice {
        name: l.name.clone(),
        program: l.path.to_string(),
        args: l.args.clone(),
        runner: runner.map(str::to_owned),
    };
    let mut all: Vec<_> = manifest.launch.iter().filter(native).map(|l| choice(l, None)).collect();
    let for_windows = |l: &&LaunchEntry| here == Platform::Linux && l.platform == Platform::Windows;
    if manifest.launch.iter().any(|l| for_windows(&l))
        && let Some(runner) = runners_of(home, game)?.taken()
    {
        // What runs by itself comes first, also under the same name.
        let names: Vec<_> = all.iter().map(|choice| choice.name.to_lowercase()).collect();
        let others = manifest.launch.iter().filter(for_windows);
        let others = others.filter(|l| !names.contains(&l.name.to_lowercase()));
        all.extend(others.map(|l| choice(l, Some(&runner.name))));
    }
    Ok(all)
}

/// Starts what a command says.
pub(crate) fn spawn(command: &mut Command) -> Result<Child, Error> {
    command.spawn().map_err(|source| {
        let program = command.get_program().to_string_lossy().into_owned();
        Error::Launch { program, source }
    })
}

/// The folder of a game, and what it is, if it may be played.
fn playable(home: &Home, game: &Slug) -> Result<(GameFolder, VerifiedManifest), Error> {
    if let Some(_ownership) = home.own()? {
        // No engine has looked at this home since it was laid out in the old way, or its files were spoilt, perhaps.
        tend(home)?.iter().for_each(|line| tracing::warn!("{line}"));
        legacy::take_over(home)?;
        moving::settle(home)?;
    }
    let here = Library::load(home)?.games.remove(game).ok_or_else(|| Error::NotInstalled(game.clone()))?;
    let Marked { folder, state, is_known } = marked(&here, game)?;
    if !is_known || state.condition == Condition::Claimed {
        return Err(Error::Unverified { game: game.clone(), dir: here.dir.display().to_string() });
    }
    let (_, manifest) = installed(home, &folder, game, &here)?;
    Ok((folder, manifest))
}

/// State and manifest of an installed game. The manifest was verified when it was put there, and is again.
pub(crate) fn installed(
    home: &Home,
    folder: &GameFolder,
    game: &Slug,
    entry: &Entry,
) -> Result<(FolderState, VerifiedManifest), Error> {
    let missing = || Error::NotInstalled(game.clone());
    let state = folder.state()?.ok_or_else(missing)?;
    let build = state.installed.clone().ok_or_else(missing)?;
    let envelope = folder.envelope(build.manifest)?.ok_or_else(missing)?;
    // Playing and removing need no session, but the keys of the server that the game came from.
    let known = signer(home, &state, entry)?.ok_or(Error::NotSignedIn)?;
    let manifest = verified(&known.pins, game, &build.version, Some(build.manifest), envelope)?;
    Ok((state, manifest))
}

/// The server whose keys judge a folder: the one that the library names. What the folder says counts only where it names
/// another server that this home knows, whose place that one took.
fn signer(home: &Home, state: &FolderState, entry: &Entry) -> Result<Option<KnownServer>, HomeError> {
    let claimed = server_named(home, &state.server)?;
    if let Some(id) = claimed.filter(|id| id.as_str() != entry.server)
        && let Some(replaced) = KnownServer::load(home, &id)?.filter(|known| known.replaced)
    {
        return Ok(Some(replaced));
    }
    KnownServer::named(home, &entry.server)
}

/// The entry to start: the one of this name, or the first for this system.
pub(crate) fn choose<'a>(
    manifest: &'a Manifest,
    name: Option<&str>,
    platform: Platform,
) -> Option<&'a LaunchEntry> {
    let fits = |l: &&LaunchEntry| l.platform == platform || l.platform == Platform::Any;
    match name {
        None => manifest.launch.iter().find(fits),
        Some(name) => manifest.launch.iter().filter(fits).find(|l| l.name.eq_ignore_ascii_case(name)),
    }
}

fn program_of(folder: &GameFolder, entry: &LaunchEntry) -> PathBuf {
    folder.path().join(entry.path.as_str())
}

/// The entry's arguments and then `args`, in the entry's folder.
fn with_args(command: &mut Command, folder: &GameFolder, entry: &LaunchEntry, args: &[String]) {
    let root = folder.path();
    let working_dir = entry.working_dir.as_ref().map_or_else(|| root.to_owned(), |d| root.join(d.as_str()));
    command.args(&entry.args).args(args).current_dir(working_dir);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        home::ServerId,
        install::samples::{manifest, path},
        trust::Pins,
    };

    #[test]
    fn the_first_entry_that_fits_or_the_named_one() {
        let entry = |platform, name: &str| LaunchEntry {
            platform,
            name: name.into(),
            path: path("game"),
            args: vec![],
            working_dir: None,
        };
        let launch = vec![
            entry(Platform::Windows, "Play"),
            entry(Platform::Any, "Editor"),
            entry(Platform::Linux, "Play"),
        ];
        let manifest = Manifest { launch, ..manifest(vec![]) };
        let chosen = |name, platform| choose(&manifest, name, platform).map(|l| (l.platform, &*l.name));
        assert_eq!(chosen(None, Platform::Linux), Some((Platform::Any, "Editor")));
        assert_eq!(chosen(Some("play"), Platform::Linux), Some((Platform::Linux, "Play")));
        assert_eq!(chosen(None, Platform::Windows), Some((Platform::Windows, "Play")));
        assert_eq!(chosen(Some("server"), Platform::Linux), None);
    }

    #[test]
    fn a_folder_does_not_choose_whose_keys_judge_it() {
        let place = tempfile::tempdir().expect("dir");
        let home = Home::open(place.path()).expect("home");
        let know = |n: u8, replaced| {
            let tracker = mist_proto::claims::TrackerSecret::from_seed(&[n; 32]).public();
            let pins = Pins { tracker, release: None, former: vec![], publishers: Default::default() };
            let known =
                KnownServer { url: "https://a.example".parse().expect("url"), also: vec![], pins, replaced };
            let id = ServerId::of(tracker);
            known.save(&home, &id).expect("saved");
            id
        };
        let (own, other, former) = (know(1, false), know(2, false), know(3, true));
        let entry = Entry { dir: place.path().into(), server: own.to_string(), mark: None, moving: None };
        let judge = |claimed: &str| {
            let state = FolderState::new("g".parse().expect("slug"), claimed.to_owned());
            let known = signer(&home, &state, &entry).expect("read").expect("known");
            ServerId::of(known.pins.tracker)
        };
        for claimed in ["../../../evil", "", "/", own.as_str(), other.as_str()] {
            assert_eq!(judge(claimed), own, "{claimed}");
        }
        assert_eq!(
            judge(former.as_str()),
            former,
            "what it signed before it was replaced can still be played"
        );
    }
}
