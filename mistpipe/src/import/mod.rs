//! `import`: the versions of an old library become builds, oldest first.
//!
//! A version is rebuilt in a temporary folder, held against its SHA-256 manifest, and pushed as any folder is. What the server
//! has already is passed over, so that the same command goes on after whatever stopped it.

mod archive;
mod delta;
mod files;
mod library;
mod order;
mod patches;
mod plan;
mod rebuild;
mod shapes;
mod work;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use mist_proto::{
    RelPath, Slug,
    http::{Build, BuildState, Game, NewGame, SetLive, Trust, route},
    manifest::{LaunchEntry, Manifest, Platform},
};
use mist_tree::fs::{Dir, EntryKind, RealDir};
use serde_json::json;

use self::{
    files::Failure,
    library::{ARCHIVE, DEPOT, LibraryVersion, Title, Way},
    patches::Patcher,
    rebuild::Rebuilder,
    shapes::HashList,
    work::WorkFolder,
};
use crate::{
    api::Api,
    args::ImportArgs,
    builds,
    commands::games,
    failure::{Exit, refuse},
    home::Home,
    push::{self, Folder, LeavesOut},
    show::Screen,
};

/// Name of the launch entry of a game whose program the library names.
const LAUNCH_NAME: &str = "Play";
/// Names of files that are told of one by one.
const NAMED: usize = 5;

/// Runs the command.
pub(crate) async fn run(home: &Home, screen: Screen, args: ImportArgs) -> Result<()> {
    let place = std::path::absolute(&args.dir)?;
    let wanted = choose(library::open(&place)?, &args)?;
    let api = Api::open(home)?;
    let trust = api.trust().await?;
    let games = api.list(route::ListGames, &()).await?;
    let games = games.into_iter().map(|game| (game.slug.clone(), game)).collect();
    let work = args.work.clone().unwrap_or_else(std::env::temp_dir);
    let patcher = Patcher::new(args.hpatchz.as_deref().map(std::path::absolute).transpose()?);
    let import = Import { home, api: &api, trust, screen, args: &args, games, patcher };

    let mut standings = import.survey(&wanted, &work).await?;
    let folder = WorkFolder::new(&work).with_context(|| format!("making a folder in {}", work.display()))?;
    let folder = Arc::new(folder);
    let mut tally = Tally::default();
    for (name, place) in &wanted {
        let title = import.read(name, place)?;
        let standings = standings.remove(name).unwrap_or_default();
        anyhow::ensure!(
            standings.len() == title.versions.len(),
            "{name:?} has other versions than when this began: let nobody change the library meanwhile, and run this again"
        );
        import.title(Arc::new(title), &standings, &folder, &mut tally).await?;
    }
    tally.tell(screen, args.dry_run)
}

/// The games that are asked for.
fn choose(found: BTreeMap<String, PathBuf>, args: &ImportArgs) -> Result<BTreeMap<String, PathBuf>> {
    let known = || found.keys().cloned().collect::<Vec<_>>().join(", ");
    let slugs = args.slug.iter().map(|(name, _)| name);
    if let Some(name) = args.only.iter().chain(slugs).find(|name| !found.contains_key(*name)) {
        return Err(refuse(Exit::Usage, format!("the library has no game {name:?}; it has {}", known())));
    }
    let is_wanted = |name: &String| args.only.is_empty() || args.only.contains(name);
    Ok(found.into_iter().filter(|(name, _)| is_wanted(name)).collect())
}

/// What became of the versions.
#[derive(Default)]
struct Tally {
    imported: u64,
    there: u64,
    refused: u64,
}

impl Tally {
    fn tell(&self, screen: Screen, dry_run: bool) -> Result<()> {
        let Self { imported, there, refused } = self;
        let did = if dry_run { "can be imported" } else { "imported" };
        screen.line(&format!(
            "{} {did}, {there} there already, {refused} can't be had",
            mist_readable::count(*imported, "version", "versions")
        ))?;
        screen.record(
            &json!({ "event": "imported", "imported": imported, "there": there, "refused": refused }),
        )?;
        match refused {
            0 => Ok(()),
            n => Err(refuse(
                Exit::Failed,
                format!(
                    "{} can't be had, for the reasons above; all others are done",
                    mist_readable::count(*n, "version", "versions")
                ),
            )),
        }
    }
}

/// What becomes of a version before anything is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// The server has it.
    There,
    /// It is to be imported.
    ToDo,
    /// It can't be.
    Refused(String),
}

struct Import<'a> {
    home: &'a Home,
    api: &'a Api,
    trust: Trust,
    screen: Screen,
    args: &'a ImportArgs,
    games: BTreeMap<Slug, Game>,
    patcher: Patcher,
}

impl Import<'_> {
    fn read(&self, name: &str, place: &Path) -> Result<Title> {
        let slug = self.args.slug.iter().find(|(title, _)| title == name).map(|(_, slug)| slug.clone());
        library::read(name, place, slug)
    }

    /// What becomes of the versions of each game. Says what room that takes, and refuses to begin without it.
    async fn survey(
        &self,
        wanted: &BTreeMap<String, PathBuf>,
        work: &Path,
    ) -> Result<BTreeMap<String, Vec<Standing>>> {
        let mut room = 0;
        let mut all = BTreeMap::new();
        let mut slugs: BTreeMap<Slug, &String> = BTreeMap::new();
        for (name, place) in wanted {
            let title = self.read(name, place)?;
            if let Some(other) = slugs.insert(title.slug.clone(), name) {
                return Err(refuse(
                    Exit::Usage,
                    format!(
                        "{other:?} and {name:?} would both be {}: choose another key with --slug \"{name}=KEY\"",
                        title.slug
                    ),
                ));
            }
            let standings = self.standings(&title).await?;
            room = room.max(room_for(&title, &standings));
            all.insert(name.clone(), standings);
        }
        let dir = RealDir::open(work).map_err(|e| refuse(Exit::Usage, e.to_string()))?;
        let free = dir.space()?.free;
        self.screen.event(&json!({ "event": "room", "folder": work, "needed": room, "free": free }));
        let (needed, free_text) = (mist_readable::bytes(room), mist_readable::bytes(free));
        if room > free {
            return Err(refuse(
                Exit::Failed,
                format!(
                    "rebuilding the versions takes up to {needed} in {}, where {free_text} are free: name a folder on a \
                     larger disk with --work",
                    work.display()
                ),
            ));
        }
        self.screen.note(&format!(
            "rebuilding the versions takes up to {needed} in {} ({free_text} are free)",
            work.display()
        ));
        Ok(all)
    }

    /// What becomes of each version, in their order.
    async fn standings(&self, title: &Title) -> Result<Vec<Standing>> {
        if !self.games.contains_key(&title.slug) {
            return Ok(vec![Standing::ToDo; title.versions.len()]);
        }
        let known = builds::fetch(self.api, &title.slug).await?;
        let mut standings = standings(&title.versions, &known, &title.slug);
        for (version, standing) in title.versions.iter().zip(&mut standings) {
            let build = known.iter().find(|build| build.version == version.version);
            let (Standing::There, Some(build), Ok(files)) = (&*standing, build, &version.files) else {
                continue;
            };
            let published = push::fetch_manifest(self.api, &title.slug, build, &self.trust).await?;
            if !is_of(&published, files) {
                *standing = Standing::Refused(format!(
                    "the server has another build that is called {}: import the game under another key with --slug",
                    version.version
                ));
            }
        }
        Ok(standings)
    }

    /// Imports a game.
    async fn title(
        &self,
        title: Arc<Title>,
        standings: &[Standing],
        work: &Arc<WorkFolder>,
        tally: &mut Tally,
    ) -> Result<()> {
        let to_do: Vec<usize> = (0..standings.len()).filter(|at| standings[*at] == Standing::ToDo).collect();
        let slug = &title.slug;
        self.screen.note(&format!(
            "{} ({slug}): {} in the library, {} to import",
            mist_readable::escaped(&title.title),
            mist_readable::count(title.versions.len() as u64, "version", "versions"),
            to_do.len()
        ));
        let mut rebuilder = Rebuilder::new(title.clone(), work.clone(), self.patcher.clone(), self.screen);
        let mut newest = None;
        let mut is_new = !self.games.contains_key(slug);
        for (at, standing) in standings.iter().enumerate() {
            let version = &title.versions[at];
            match standing {
                Standing::There => {
                    tally.there += 1;
                    self.tell(&title, version, "there", "is there already", None)?;
                    newest = Some((at, false));
                    continue;
                }
                Standing::Refused(why) => {
                    self.refused(&title, version, why, tally)?;
                    continue;
                }
                Standing::ToDo => {}
            }
            let (back, made) = tokio::task::spawn_blocking(move || {
                let made = rebuilder.folder(at);
                (rebuilder, made)
            })
            .await?;
            rebuilder = back;
            let dir = match made {
                Ok(dir) => dir,
                Err(Failure::Unfit(why)) => {
                    self.refused(&title, version, &why, tally)?;
                    continue;
                }
                Err(Failure::Disk(e)) => {
                    return Err(anyhow::Error::new(e).context(format!(
                        "rebuilding {slug}@{} in {}; --work names another folder",
                        version.version,
                        work.dir().place().display()
                    )));
                }
            };
            if self.args.dry_run {
                tally.imported += 1;
                self.tell(&title, version, "possible", "can be imported", None)?;
            } else {
                if std::mem::take(&mut is_new) {
                    self.new_game(&title).await?;
                }
                let sent = self.publish(&title, version, dir).await.with_context(|| {
                    format!("importing {slug}@{}; the same command goes on where it stopped", version.version)
                })?;
                tally.imported += 1;
                let uploaded = format!("imported, {} uploaded", mist_readable::bytes(sent));
                self.tell(&title, version, "imported", &uploaded, None)?;
                newest = Some((at, true));
            }
            let later: Vec<usize> = to_do.iter().copied().filter(|later| *later > at).collect();
            rebuilder.forget(&later).context("tidying up the temporary folder")?;
        }
        rebuilder.forget(&[]).context("tidying up the temporary folder")?;
        if let Some((at, came_now)) = newest.filter(|_| !self.args.dry_run && !self.args.no_live) {
            self.make_live(&title, at, came_now).await?;
        }
        Ok(())
    }

    async fn new_game(&self, title: &Title) -> Result<()> {
        let body = NewGame {
            slug: title.slug.clone(),
            title: title.title.parse().ok(),
            app_id: title.app_id,
            is_private: self.args.private,
        };
        games::add(self.api, self.screen, body).await?;
        Ok(())
    }

    async fn publish(&self, title: &Title, version: &LibraryVersion, dir: Arc<dyn Dir>) -> Result<u64> {
        let files = version.files.as_ref().map_err(|why| anyhow::anyhow!("{why}"))?;
        let left = files::strangers(&*dir, files)?;
        if !left.is_empty() {
            let more = if left.len() > NAMED { " and more" } else { "" };
            let names = left.iter().take(NAMED).map(|name| mist_readable::escaped(name)).collect::<Vec<_>>();
            self.screen.warn(&format!(
                "{DEPOT} has what the manifest of {} does not list, which is left out: {}{more}",
                version.version,
                names.join(", ")
            ));
        }
        let folder = Folder {
            game: title.slug.clone(),
            version: version.version.clone(),
            dir,
            rules: Arc::new(Listed::new(files)),
            launch: title.program.clone().map(|path| vec![launch_entry(path)]),
        };
        push::publish_folder(self.home, self.api, self.screen, folder).await
    }

    /// Lets friends have the newest version by default, if it came now or if nothing is live: what an admin chose later stays.
    async fn make_live(&self, title: &Title, at: usize, came_now: bool) -> Result<()> {
        let version = &title.versions[at].version;
        let live = self.games.get(&title.slug).and_then(|game| game.live.as_ref());
        if live.is_some() && !came_now {
            return Ok(());
        }
        let body = SetLive { version: version.clone(), at: None };
        self.api.call(route::MakeLive, &title.slug, |call| call.json(&body)).await?;
        self.screen.line(&format!("{}@{version} is live", title.slug))?;
        self.screen.record(&json!({ "event": "live", "game": title.slug, "version": version }))
    }

    fn refused(&self, title: &Title, version: &LibraryVersion, why: &str, tally: &mut Tally) -> Result<()> {
        tally.refused += 1;
        self.tell(title, version, "refused", &format!("can't be had: {why}"), Some(why))
    }

    fn tell(
        &self,
        title: &Title,
        version: &LibraryVersion,
        outcome: &str,
        text: &str,
        why: Option<&str>,
    ) -> Result<()> {
        self.screen.line(&format!("{}@{}  {}", title.slug, version.version, mist_readable::escaped(text)))?;
        self.screen.record(&json!({
            "event": "version", "title": title.name, "label": version.label, "game": title.slug,
            "version": version.version, "outcome": outcome, "reason": why,
        }))
    }
}

/// What becomes of versions beside the builds that the server has. Builds are one list: what is older than one of it can't come
/// before that any more.
fn standings(versions: &[LibraryVersion], known: &[Build], game: &Slug) -> Vec<Standing> {
    let is_ready = |version: &LibraryVersion| {
        known.iter().any(|build| build.version == version.version && build.state == BuildState::Ready)
    };
    let stranger = known.iter().find(|build| versions.iter().all(|version| version.version != build.version));
    let last = versions.iter().rposition(is_ready);
    let standing = |(at, version): (usize, &LibraryVersion)| {
        if is_ready(version) {
            Standing::There
        } else if let Some(later) = last.filter(|last| *last > at) {
            let later = &versions[later].version;
            Standing::Refused(format!(
                "the server has the later {later} already, and no build can be put before it: to have both, remove what came later with \
                 `mistpipe rm {game}@{later}`, and import again"
            ))
        } else if let Some(stranger) = stranger {
            Standing::Refused(format!(
                "the server has the build {}, which the library does not know, and no build can be put before it: import the game under \
                 another key with --slug",
                stranger.version
            ))
        } else {
            Standing::ToDo
        }
    };
    versions.iter().enumerate().map(standing).collect()
}

/// Whether a build has the files of a version, by their paths and, where they are known, their sizes.
fn is_of(published: &Manifest, files: &HashList) -> bool {
    published.files.len() == files.0.len()
        && published.files.iter().all(|file| {
            let expected = files.0.get(&file.path);
            expected.is_some_and(|expected| expected.size.is_none_or(|size| size == file.size))
        })
}

/// Bytes that lie in the temporary folder at once. Where a manifest says no sizes, a version counts as large as the packed one or the
/// depot, whichever is larger.
fn room_for(title: &Title, standings: &[Standing]) -> u64 {
    let to_do: Vec<usize> = (0..standings.len()).filter(|at| standings[*at] == Standing::ToDo).collect();
    let unknown = || {
        let archive = RelPath::new(ARCHIVE).ok().and_then(|path| title.dir.open(&path).ok());
        let archive = archive.and_then(|file| archive::size(&*file).ok()).unwrap_or(0);
        let newest = title.versions.iter().find(|version| version.ways.contains(&Way::Depot));
        let files = newest.and_then(|version| version.files.as_ref().ok());
        let depot = files.zip(rebuild::depot(title).ok()).map_or(0, |(files, depot)| {
            let size = |path: &RelPath| {
                depot.metadata(path).ok().filter(|m| m.kind == EntryKind::File).map_or(0, |m| m.len)
            };
            files.0.keys().map(size).sum()
        });
        archive.max(depot)
    };
    let unknown = std::cell::LazyCell::new(unknown);
    let size = |version: &LibraryVersion| match &version.files {
        Ok(files) => files.size().unwrap_or_else(|| *unknown),
        Err(_) => 0,
    };
    let sizes: Vec<u64> = title.versions.iter().map(size).collect();
    plan::room(&to_do, &rebuild::parents(&title.versions), &sizes, |at| {
        title.versions[at].ways.contains(&Way::Depot)
    })
}

/// Leaves out all but the files of a list.
struct Listed(BTreeSet<String>);

impl Listed {
    fn new(files: &HashList) -> Self {
        let mut listed = BTreeSet::new();
        for path in files.0.keys() {
            let path = path.as_str();
            listed.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
            listed.insert(path.to_owned());
        }
        Self(listed)
    }
}

impl LeavesOut for Listed {
    fn leaves_out(&self, path: &str, _is_folder: bool) -> bool {
        !self.0.contains(path)
    }
}

/// How a program of an old library is started.
fn launch_entry(path: RelPath) -> LaunchEntry {
    let name = path.name().to_ascii_lowercase();
    let is_windows = [".exe", ".bat", ".cmd"].iter().any(|end| name.ends_with(end));
    let platform = if is_windows { Platform::Windows } else { Platform::Any };
    LaunchEntry { platform, name: LAUNCH_NAME.into(), path, args: Vec::new(), working_dir: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(label: &str) -> LibraryVersion {
        LibraryVersion {
            label: label.into(),
            version: label.parse().unwrap(),
            files: Ok(HashList::default()),
            ways: vec![],
        }
    }

    fn build(version: &str, state: BuildState) -> Build {
        builds::empty(version, 1, state)
    }

    #[test]
    fn nothing_is_put_before_what_the_server_has() {
        use BuildState::{Ready, Uploading};
        let versions = ["1", "2", "3"].map(version);
        let game = "g".parse().unwrap();
        let of = |known: &[Build]| {
            let standings = standings(&versions, known, &game);
            let letter = |standing: &Standing| match standing {
                Standing::There => 't',
                Standing::ToDo => 'd',
                Standing::Refused(why) if why.contains("later") => 'l',
                Standing::Refused(_) => 'r',
            };
            standings.iter().map(letter).collect::<String>()
        };
        assert_eq!(of(&[]), "ddd");
        assert_eq!(of(&[build("1", Ready), build("2", Uploading)]), "tdd", "what was begun goes on");
        assert_eq!(of(&[build("2", Ready)]), "ltd");
        assert_eq!(of(&[build("1", Ready), build("9", Ready)]), "trr", "the order is not known");
        assert_eq!(of(&["1", "2", "3", "9"].map(|v| build(v, Ready))), "ttt");
    }

    #[test]
    fn only_what_is_listed_is_part_of_the_build() {
        let expected = shapes::Expected { sha256: shapes::Sha256([0; 32]), size: None };
        let files = HashList([("a/b/c".parse().unwrap(), expected)].into());
        let rules = Listed::new(&files);
        let left =
            ["a", "a/b", "a/b/c", "a/b/d", "a/x", "mist.toml"].map(|path| rules.leaves_out(path, false));
        assert_eq!(left, [false, false, false, true, true, true]);
    }

    #[test]
    fn programs_of_windows_are_for_windows() {
        let platform = |path: &str| launch_entry(path.parse().unwrap()).platform;
        assert_eq!([platform("bin/Game.EXE"), platform("game.sh")], [Platform::Windows, Platform::Any]);
    }
}
