//! A server, somebody who pushes builds, and somebody who plays: what they have is looked at after each blow.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    path::PathBuf,
};

use anyhow::{Context, Result, ensure};
use mist_proto::http::{Build, BuildState};

use super::script::Work;
use crate::{
    Admin, Friend, Host, Lab, Place, RemoteSeed, Scene, Server, ServerOptions, Tree,
    folder::{Entry, listing},
    random_bytes,
};

/// The game that is pushed.
pub(super) const GAME: &str = "drift";
/// Bytes of the file that is patched where it is.
const BIG: usize = 2 << 20;
/// What the player has in the game's folder.
const OWN: [(&str, &str); 3] =
    [("saves/slot 1.sav", "level 7"), ("mods/mine/readme.txt", "mine"), ("data/my own.txt", "mine too")];

/// What a world has.
pub(super) struct Parts {
    /// Whether the seed is a process of its own.
    pub(super) own_seed: bool,
    /// URL of a PostgreSQL database; else SQLite.
    pub(super) database: Option<String>,
    /// Settings of the server, by their environment variables.
    pub(super) env: Vec<(&'static str, String)>,
}

/// A server and two people.
pub(super) struct World<'s> {
    pub(super) scene: &'s Scene,
    pub(super) server: Server,
    pub(super) seed: Option<RemoteSeed>,
    pub(super) admin: Admin,
    pub(super) eve: Friend,
    /// The machine of who plays, where networks can be made: it counts what reaches them.
    host: Option<Host>,
    _lab: Option<Lab>,
    /// What changes from build to build, but for the big file.
    small: Tree,
    drawn_by: u64,
    /// Builds whose push was acknowledged, each in the scene's folder of its number, counted from 1.
    pub(super) builds: usize,
    /// Contents of all files of all builds, acknowledged or not.
    known: HashSet<blake3::Hash>,
    /// The build that is installed, counted from 0.
    pub(super) installed: Option<usize>,
    plays: bool,
}

impl<'s> World<'s> {
    /// A world without a build.
    pub(super) fn new(scene: &'s Scene, seed: u64, parts: Parts) -> Result<Self> {
        // Without the right to make networks, everything is on this machine, and nothing counts what is moved.
        let lab = Lab::new().ok();
        let place = |name: &str| -> Result<Place> {
            Ok(lab.as_ref().map(|lab| lab.host(name)).transpose()?.map_or(Place::Here, Place::On))
        };
        let vm = place("vm")?;
        let options = ServerOptions {
            place: vm.clone(),
            database: parts.database,
            seed: !parts.own_seed,
            settings: parts.env,
            ..ServerOptions::default()
        };
        let server = Server::start_with(scene, options)?;
        let own_seed =
            if parts.own_seed { Some(RemoteSeed::start(scene, &server, &place("seed")?)?) } else { None };
        let admin = server.admin_at("admin", &vm)?;
        admin.new_game(GAME)?;
        let eves_place = place("eve")?;
        let eve = server.friend_at("eve", &eves_place)?;
        // In one world of two she goes back by what is kept, in the others by what the server has.
        let kept = if seed.is_multiple_of(2) { "none" } else { "1G" };
        eve.run(&["settings", "--patch-from", "1M", "--keep-previous", kept])?;
        let host = match eves_place {
            Place::On(host) => Some(host),
            Place::Here => None,
        };
        Ok(Self {
            scene,
            server,
            seed: own_seed,
            admin,
            eve,
            host,
            _lab: lab,
            small: Tree::random(seed),
            drawn_by: seed,
            builds: 0,
            known: HashSet::new(),
            installed: None,
            plays: false,
        })
    }

    /// The folder of a build, counted from 0.
    pub(super) fn build(&self, number: usize) -> PathBuf {
        self.scene.path(&version(number))
    }

    /// Writes the build that is pushed next, and says where.
    pub(super) fn write_next(&mut self) -> Result<PathBuf> {
        let number = self.builds;
        let own = self.drawn_by.wrapping_mul(1000).wrapping_add(number as u64);
        if number > 0 {
            self.small = self.small.changed(own);
        }
        let mut big = random_bytes(self.drawn_by, BIG);
        let at = number * 100_003 % (BIG - 5000);
        big[at..at + 4000].copy_from_slice(&random_bytes(own, 4000));
        let folder = self.build(number);
        let tree = self.small.clone().file("data/world.bin", big);
        tree.file("data/new.bin", random_bytes(own + 500, 300_000)).write_to(&folder)?;
        for entry in listing(&folder)?.into_values() {
            if let Entry::File { hash, .. } = entry {
                self.known.insert(hash);
            }
        }
        Ok(folder)
    }

    /// The folder of the game.
    pub(super) fn folder(&self) -> PathBuf {
        self.eve.folder(GAME)
    }

    /// What is in this file now may be in the folder for a while.
    pub(super) fn may_have(&mut self, path: &std::path::Path) -> Result<()> {
        if path.exists() {
            self.known.insert(blake3::hash(&fs::read(path)?));
        }
        Ok(())
    }

    /// From now on the friend's programs, and the admin's, have this environment.
    pub(super) fn people_have(mut self, env: &[(&'static str, String)]) -> Self {
        self.admin = env.iter().fold(self.admin, |admin, (name, value)| admin.with_env(name, value));
        self.eve = env.iter().fold(self.eve, |eve, (name, value)| eve.with_env(name, value));
        self
    }

    /// The player begins to play: from now on there are files of their own.
    pub(super) fn play(&mut self) -> Result<()> {
        if self.plays {
            return Ok(());
        }
        for (name, text) in OWN {
            let path = self.folder().join(name);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        self.plays = true;
        Ok(())
    }

    /// Bytes that reached the player's machine so far, if somebody counts them.
    pub(super) fn received(&self) -> Result<Option<u64>> {
        self.host.as_ref().map(Host::received).transpose()
    }

    /// The player's files are as they were, and every other file is one of some build, unless a commit has begun.
    pub(super) fn nothing_is_corrupt(&self) -> Result<()> {
        let folder = self.folder();
        if !folder.exists() {
            ensure!(!self.plays, "the game's folder is gone with the player's files");
            return Ok(());
        }
        let found = listing(&folder)?;
        self.own_files_are_there(&found)?;
        if folder.join(".mist/journal").exists() {
            return Ok(());
        }
        for (path, entry) in found.iter().filter(|(path, _)| !is_own(path)) {
            if let Entry::File { hash, .. } = entry {
                ensure!(self.known.contains(hash), "{path} is of no build, and no commit is under way");
            }
        }
        Ok(())
    }

    /// The folder is exactly this build and what the player has.
    pub(super) fn is_exactly(&self, number: Option<usize>) -> Result<()> {
        let mut found = if self.folder().exists() { listing(&self.folder())? } else { Default::default() };
        self.own_files_are_there(&found)?;
        found.retain(|path, _| !is_own(path));
        let wanted = number.map(|number| listing(&self.build(number))).transpose()?.unwrap_or_default();
        for (path, entry) in &wanted {
            // A folder that was empty in the build may have something of the player's.
            let as_it_was = found.get(path) == Some(entry) || *entry == Entry::EmptyFolder;
            ensure!(as_it_was, "{path}: {entry:?} became {:?}", found.get(path));
        }
        let extra: Vec<_> = found.keys().filter(|path| !wanted.contains_key(*path)).collect();
        ensure!(extra.is_empty(), "there is too much: {extra:?}");
        Ok(())
    }

    fn own_files_are_there(&self, found: &BTreeMap<String, Entry>) -> Result<()> {
        for (name, text) in OWN.iter().filter(|_| self.plays) {
            let hash = blake3::hash(text.as_bytes());
            let kept = matches!(found.get(*name), Some(Entry::File { hash: there, .. }) if *there == hash);
            ensure!(kept, "{name} is the player's, and is now {:?}", found.get(*name));
        }
        Ok(())
    }

    /// Every push that was acknowledged is there and ready, and what the store has of a build's files is right.
    pub(super) fn nothing_acknowledged_is_lost(&self) -> Result<()> {
        let list = self.admin.run(&["ls", GAME, "--json"])?.stdout;
        let listed = list.lines().map(serde_json::from_str::<Build>).collect::<Result<Vec<_>, _>>()?;
        for number in 0..self.builds {
            let version = version(number);
            let found = listed.iter().find(|build| build.version.as_str() == version);
            let found = found.with_context(|| format!("{version} was acknowledged and is not listed"))?;
            ensure!(found.state == BuildState::Ready, "{version} was acknowledged and is {:?}", found.state);
        }
        self.store_is_right()
    }

    fn store(&self) -> PathBuf {
        self.seed.as_ref().map_or_else(|| self.server.store(), |seed| seed.store().clone())
    }

    /// What the seed has said since it started.
    pub(super) fn seed_said(&self) -> Result<String> {
        self.seed.as_ref().map_or_else(|| self.server.said(), RemoteSeed::said)
    }

    /// What is under way, or was when somebody died: by what lies on the disks, and by what the seed has said.
    pub(super) fn under_way(&self, seed_said: &str) -> BTreeSet<Work> {
        let mut found = jobs_under_way(seed_said);
        for entry in fs::read_dir(self.store().join("tmp")).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some((kind, _)) = name.to_str().and_then(|name| name.split_once('-')) else { continue };
            found.extend(match kind {
                "ingest" => Some(Work::Ingest),
                "patch" => Some(Work::Patch),
                "replay" => Some(Work::Replay),
                "archive" => Some(Work::Archive),
                "drop" => Some(Work::Thinning),
                "delete" => Some(Work::Delete),
                _ => None,
            });
        }
        if let Ok(journal) = fs::read(self.folder().join(".mist/journal")) {
            found.insert(Work::Commit);
            let journal: serde_json::Value = serde_json::from_slice(&journal).unwrap_or_default();
            if journal["patch"].as_array().is_some_and(|patched| !patched.is_empty()) {
                found.insert(Work::InPlace);
            }
        }
        found
    }

    fn store_is_right(&self) -> Result<()> {
        let store = self.store();
        let depots = store.join("games").join(GAME).join("depots");
        for number in 0..self.builds {
            let depot = depots.join(version(number));
            // Others are kept as patches. A job may drop this one while it is read.
            let Ok(found) = listing(&depot) else { continue };
            let right = found == without_launch_file(listing(&self.build(number))?);
            ensure!(right || !depot.exists(), "{} is not what was pushed", depot.display());
        }
        Ok(())
    }

    /// Somebody new gets this build, exactly.
    pub(super) fn can_be_had(&self, friend: &Friend, number: usize) -> Result<()> {
        let version = version(number);
        friend
            .install(&format!("{GAME}@{version}"))
            .with_context(|| format!("{version} was acknowledged and can't be had"))?;
        crate::assert_same_tree(&self.build(number), &friend.folder(GAME))?;
        friend.run(&["uninstall", GAME])?;
        Ok(())
    }
}

fn is_own(path: &str) -> bool {
    OWN.iter().any(|(name, _)| *name == path)
}

/// The jobs that a seed has begun and not ended, by its log.
fn jobs_under_way(said: &str) -> BTreeSet<Work> {
    let mut jobs = BTreeMap::new();
    for line in said.lines() {
        let field = |name: &str| {
            let word = line.split_whitespace().find_map(|word| word.strip_prefix(name))?;
            Some(word.trim_matches('"').to_owned())
        };
        let (Some(job), Some(kind)) = (field("job="), field("kind=")) else { continue };
        let work = match kind.as_str() {
            "ingest" => Work::Ingest,
            "patch" => Work::Patch,
            "archive" => Work::Archive,
            "thin" => Work::Thinning,
            "delete" => Work::Delete,
            _ => continue,
        };
        if line.contains(" begun ") {
            jobs.insert(job, work);
        } else {
            jobs.remove(&job);
        }
    }
    jobs.into_values().collect()
}

/// What a depot has of a folder.
fn without_launch_file(mut listing: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    listing.retain(|path, _| path != "mist.toml");
    listing
}

/// The version of a build, counted from 0.
pub(super) fn version(number: usize) -> String {
    (number + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_what_was_under_way() {
        let said = "\
2026-01-01T00:00:00Z  INFO mist_seed_node::jobs::runner: begun job=\"a\" kind=\"ingest\"
2026-01-01T00:00:01Z  INFO mist_seed_node::jobs::runner: done job=\"a\" kind=\"ingest\"
2026-01-01T00:00:02Z  INFO mist_seed_node::jobs::runner: begun job=\"b\" kind=\"patch\"
2026-01-01T00:00:02Z  INFO mist_seed_node::jobs::runner: begun job=\"c\" kind=\"thin\"
2026-01-01T00:00:03Z ERROR mist_seed_node::jobs::runner: failed job=\"b\" kind=\"patch\" error=no";
        assert_eq!(jobs_under_way(said), BTreeSet::from([Work::Thinning]));
    }
}
