//! `./dev bench swarm`: how soon all of a group of friends have a build, and what it costs the seed, by Mist and by others, in
//! networks with the lines that friends have.

mod case;
mod mist;
mod others;
mod report;
mod run;
mod torrent;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};

pub use case::{Case, Site};
pub use mist::Mist;
pub use report::{document, json, table};
pub use run::{Content, Figures, Run, Sample, Session, measure};

use crate::{Scene, random_bytes};

/// Who brings the content to the friends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// `mist install`, one process a friend.
    Ours,
    /// The same with `mist seed` running beside.
    OursBeside,
    /// aria2 as a BitTorrent client, the seed too.
    Aria2,
    /// libtorrent with its defaults.
    Libtorrent,
    /// nginx with TLS, and curl.
    Https,
    /// The rsync daemon, and rsync.
    Rsync,
}

impl Peer {
    /// Everybody.
    pub const ALL: [Self; 6] =
        [Self::Ours, Self::OursBeside, Self::Aria2, Self::Libtorrent, Self::Https, Self::Rsync];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursBeside => "ours+seed",
            Self::Aria2 => "aria2",
            Self::Libtorrent => "libtorrent",
            Self::Https => "https",
            Self::Rsync => "rsync",
        }
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "**Mist**",
            Self::OursBeside => "**Mist**, `mist seed` beside",
            Self::Https => "nginx + curl",
            Self::Aria2 | Self::Libtorrent | Self::Rsync => self.word(),
        }
    }

    /// The peer of that word.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(word: &str) -> Result<Self, String> {
        let words = Self::ALL.map(Self::word).join(", ");
        Self::ALL.into_iter().find(|peer| peer.word() == word).ok_or_else(|| format!("there are {words}"))
    }

    /// Whether it has a part in a case. A patch is for those who have the game on their disks and serve it.
    pub fn plays(self, case: &Case) -> bool {
        if case.patch {
            self != Self::Ours
        } else {
            !(self == Self::OursBeside && (case.kill || case.loss > 0.0))
        }
    }

    fn session<'a>(
        self,
        case: &Case,
        content: &Content,
        site: &'a Site,
        scene: &'a Scene,
    ) -> Result<Box<dyn Session + 'a>> {
        Ok(match self {
            Self::Ours => Box::new(Mist::prepare(case, content, site, scene, false)?),
            Self::OursBeside => Box::new(Mist::prepare(case, content, site, scene, true)?),
            Self::Aria2 => Box::new(torrent::prepare(torrent::Client::Aria2, content, site, scene)?),
            Self::Libtorrent => {
                Box::new(torrent::prepare(torrent::Client::Libtorrent, content, site, scene)?)
            }
            Self::Https => Box::new(others::https(content, site, scene)?),
            Self::Rsync => Box::new(others::rsync(content, site, scene)?),
        })
    }
}

/// One run of one case by one peer, from an empty network on. `number` draws the losses.
///
/// # Errors
/// Something could not be started, or the content that came was another.
pub fn play(case: &Case, peer: Peer, bytes: u64, limit: Duration, number: u64) -> Result<Run> {
    let mut run = None;
    Scene::play(|scene| {
        let site = Site::build(case, number)?;
        let content = Content::write(scene, case.content(bytes), number)?;
        let session = peer.session(case, &content, &site, scene)?;
        run = Some(measure(case, peer, &content, &site, session, limit)?);
        Ok(())
    })?;
    run.context("nothing was measured")
}

impl Content {
    /// Random bytes in a file of the scene.
    fn write(scene: &Scene, bytes: u64, number: u64) -> Result<Self> {
        let dir: PathBuf = scene.folder("content")?;
        let data = random_bytes(100 + number, usize::try_from(bytes)?);
        fs::write(dir.join(Self::NAME), &data)?;
        Ok(Self { dir, bytes, hash: blake3::hash(&data) })
    }
}
