//! What is around a home: the disks under its games, and who is near in the swarm.

use std::path::{Path, PathBuf};

use mist_proto::{Slug, http::BytesBySource};
use mist_tree::fs::{Dir, RealDir};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Engine;
use crate::{
    error::Error,
    home::{Home, HomeError},
    install::same_disk,
    launch::{self, LaunchChoice},
    runner::{self, RunnerView},
    status::GameStatus,
};

/// A disk, with the games that are on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiskView {
    /// A folder on it: the one for new games, or the first game's.
    pub folder: PathBuf,
    /// Whether new games go here unless another folder is named.
    pub usual: bool,
    /// Bytes free, where the system tells.
    pub free: Option<u64>,
    /// Bytes in all, where the system tells.
    pub total: Option<u64>,
    /// The games on it.
    #[ts(type = "string[]")]
    pub games: Vec<Slug>,
}

/// A folder that games are installed into, each in one of its own there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LibraryFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Whether new games go here unless another folder is named.
    pub usual: bool,
    /// Whether it is there: a disk may not be plugged in.
    pub there: bool,
    /// Bytes free, where the system tells.
    pub free: Option<u64>,
    /// Bytes in all, where the system tells.
    pub total: Option<u64>,
    /// The games in it.
    #[ts(type = "string[]")]
    pub games: Vec<Slug>,
}

/// This machine in the swarm, since its node started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Neighbourhood {
    /// Other clients that are seen on the same network.
    pub nearby: usize,
    /// Connections open now.
    pub connections: usize,
    /// Answers being sent now.
    pub answers: usize,
    /// What was received.
    #[ts(type = "BytesBySource")]
    pub got: BytesBySource,
    /// What was sent, by where it went.
    #[ts(type = "BytesBySource")]
    pub gave: BytesBySource,
    /// The same by game.
    pub games: Vec<GameTraffic>,
}

/// What moved of one game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GameTraffic {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// What was received.
    #[ts(type = "BytesBySource")]
    pub got: BytesBySource,
    /// What was sent.
    #[ts(type = "BytesBySource")]
    pub gave: BytesBySource,
}

impl Engine {
    /// The disks under the games, the usual one first.
    ///
    /// # Errors
    /// If the client's files can't be read.
    pub async fn disks(&self) -> Result<Vec<DiskView>, Error> {
        let games = self.status().await?.games;
        Ok(disks_of(&self.settings().library_folder(&self.0.home), &games))
    }

    /// The folders that games are installed into, the usual one first.
    ///
    /// # Errors
    /// If the client's files can't be read.
    pub async fn library_folders(&self) -> Result<Vec<LibraryFolder>, Error> {
        let games = self.status().await?.games;
        let folders = self.settings().library_folders(&self.0.home).into_iter().enumerate();
        Ok(folders.map(|(place, folder)| library_folder(folder, place == 0, &self.0.home, &games)).collect())
    }

    /// Who is near, and what was moved. Nothing if this machine takes part in no swarm.
    pub async fn neighbourhood(&self) -> Option<Neighbourhood> {
        let swarm = self.0.swarm.lock().await.clone()?;
        let stats = swarm.node().stats();
        let total = stats.total();
        let games = (stats.scopes.into_iter())
            .filter_map(|(scope, t)| Some(GameTraffic { game: scope.parse().ok()?, got: t.down, gave: t.up }))
            .collect();
        Some(Neighbourhood {
            nearby: swarm.node().lan_peers().len(),
            connections: stats.connections,
            answers: stats.answers,
            got: total.down,
            gave: total.up,
            games,
        })
    }

    /// What of an installed game can be started on this system.
    ///
    /// # Errors
    /// If it is not installed, or its folder is not there.
    pub fn launch_choices(&self, game: &Slug) -> Result<Vec<LaunchChoice>, Error> {
        launch::choices(&self.0.home, game)
    }

    /// What a game's builds for Windows run by here.
    ///
    /// # Errors
    /// If what was chosen can't be read.
    pub fn runner(&self, game: &Slug) -> Result<RunnerView, Error> {
        launch::runners_of(&self.0.home, game)
    }

    /// Chooses what a game's builds for Windows run by; nothing for what is taken otherwise.
    ///
    /// # Errors
    /// If it is no absolute path, or can't be kept.
    pub fn choose_runner(&self, game: &Slug, runner: Option<PathBuf>) -> Result<(), Error> {
        if let Some(path) = runner.as_ref().filter(|path| !path.is_absolute() || !path.is_file()) {
            return Err(Error::NoRunner { game: game.clone(), chosen: Some(path.display().to_string()) });
        }
        Ok(runner::choose(&self.0.home, game, runner)?)
    }

    /// Shows the folder of a game in the system's own file browser.
    ///
    /// # Errors
    /// If the game is not here, or there is no such browser.
    pub async fn open_folder(&self, game: &Slug) -> Result<(), Error> {
        let dir = self.dir_of(game)?;
        if !dir.is_dir() {
            return Err(Error::FolderMissing { game: game.clone(), dir: dir.display().to_string() });
        }
        let path = dir.clone();
        let opened = tokio::task::spawn_blocking(move || opener::open(path)).await;
        let problem = match opened {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic.to_string(),
        };
        Err(HomeError::at(&dir)(std::io::Error::other(problem)).into())
    }
}

fn disks_of(usual: &Path, games: &[GameStatus]) -> Vec<DiskView> {
    let mut disks = vec![disk_under(usual, true)];
    for game in games {
        let place = disks.iter().position(|d| same_disk(&d.folder, &game.dir));
        let place = place.unwrap_or_else(|| {
            disks.push(disk_under(&game.dir, false));
            disks.len() - 1
        });
        if let Some(disk) = disks.get_mut(place) {
            disk.games.push(game.game.clone());
        }
    }
    disks
}

fn library_folder(folder: PathBuf, usual: bool, home: &Home, games: &[GameStatus]) -> LibraryFolder {
    let disk = disk_under(&folder, usual);
    // Mist's own is made with the first game.
    let there = folder.is_dir() || folder == home.games();
    let games = games.iter().filter(|g| g.dir.starts_with(&folder)).map(|g| g.game.clone()).collect();
    LibraryFolder {
        folder,
        usual,
        there,
        free: disk.free.filter(|_| there),
        total: disk.total.filter(|_| there),
        games,
    }
}

fn disk_under(folder: &Path, usual: bool) -> DiskView {
    let existing = folder.ancestors().find(|d| d.is_dir());
    let space = existing.and_then(|dir| RealDir::open(dir).and_then(|d| d.space()).ok());
    // A system that can't tell says that there is no end to it.
    let space = space.filter(|s| s.total != u64::MAX);
    DiskView {
        folder: folder.to_owned(),
        usual,
        free: space.as_ref().map(|s| s.free),
        total: space.as_ref().map(|s| s.total),
        games: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_whose_disk_is_away_has_no_room() {
        let dir = tempfile::tempdir().expect("dir");
        let home = Home::open(&dir.path().join("home")).expect("home");
        let game = |name: &str, folder: &Path| {
            GameStatus::new(name.parse().expect("slug"), folder.join(name), None, &[])
        };
        let big = dir.path().join("big");
        std::fs::create_dir(&big).expect("made");
        let games = [game("one", &big), game("two", &home.games())];
        let look = |folder: &Path| library_folder(folder.to_owned(), false, &home, &games);
        assert_eq!(look(&big).games, ["one".parse().expect("slug")]);
        assert!(look(&big).there && look(&big).free.is_some());
        assert!(look(&home.games()).there, "it is made with the first game");
        let away = look(&dir.path().join("stick"));
        assert_eq!((away.there, away.free, away.total, away.games.len()), (false, None, None, 0));
    }

    #[test]
    fn games_of_one_disk_are_shown_together() {
        let dir = tempfile::tempdir().expect("dir");
        let game =
            |name: &str| GameStatus::new(name.parse().expect("slug"), dir.path().join(name), None, &[]);
        let disks = disks_of(&dir.path().join("not/there/yet"), &[game("one"), game("two")]);
        assert_eq!(disks.len(), 1);
        assert!(disks[0].usual && disks[0].total > disks[0].free, "{disks:?}");
        assert_eq!(disks[0].games.len(), 2);
    }
}
