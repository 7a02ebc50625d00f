//! Putting staged files in place, with what has to be noted before and after.

use std::io;

use mist_proto::{RelPath, VerifiedManifest, Version};
use mist_tree::fs::remove_tree;

use super::{
    InstallError, Installation,
    journal::{Change, Journal, commit, withdraw},
    links,
    previous::{Keep, Leaving},
    reuse::Origin,
    room::growth,
    survey::{Survey, stats_now},
    tools::blocking,
};
use crate::{
    error::Error,
    events::{Event, Events, Phase},
    folder::{BuildRef, Condition, FolderState, GameFolder, LINKS, control},
    kept::list,
};

/// Ends a commit that was begun. Returns the folder's state, if it has one.
pub(crate) async fn recover(
    folder: &GameFolder,
    events: &Events,
) -> Result<Option<FolderState>, InstallError> {
    let Some(state) = folder.state()? else { return Ok(None) };
    let journal = match Journal::load(&*folder.dir) {
        // Nobody can say any more what was to be done: the next look reads everything.
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            let mut state = state;
            state.doubt();
            folder.set_state(&state)?;
            drop_transfers(folder)?;
            remove_tree(&*folder.dir, &control("journal")).map_err(InstallError::Disk)?;
            return Ok(Some(state));
        }
        journal => journal.map_err(InstallError::Disk)?,
    };
    if let Some(mut journal) = journal {
        events.phase(&state.game, Phase::Committing);
        let at = folder.clone();
        blocking(move || commit(&at, &mut journal)).await?;
    }
    folder.state()
}

/// Names of what was put aside that are told.
const MAX_NAMES: usize = 200;

impl Installation {
    /// Puts staged files in place. Once it has begun it is not stopped any more.
    pub(super) async fn commit(
        &mut self,
        wanted: &VerifiedManifest,
        installed: Option<&VerifiedManifest>,
        found: &Survey,
        origins: &[Origin],
    ) -> Result<(), Error> {
        let (game, folder) = (&wanted.game, self.folder.clone());
        self.stage_links(wanted, found, origins).await?;
        let keep = self.keep_previous(wanted, installed, found, origins).await;
        // Now the new files stand beside the old ones: nothing later takes as much room, but for files that grow where
        // they are while their journals are still here.
        let occupied = self.occupied().await?;
        if let Some(pending) = &mut self.ledger.state.pending {
            pending.disk.note(occupied.saturating_add(growth(installed.map(|m| &**m), wanted, origins)));
        }
        let label = installed.map_or(&wanted.version, |m| &m.version);
        let journal = Journal::plan(Change {
            old: installed.map(|m| &**m),
            new: wanted,
            to: BuildRef::of(wanted),
            origins,
            foreign: &found.foreign,
            wrong_mode: &found.wrong_mode,
            links: &found.links,
            kept: kept_folder(&folder, label),
            keep: &keep,
        });
        let label = journal.kept().clone();
        let kept = folder.control_path("kept").join(label.as_str());
        folder.keep_envelope(wanted)?;
        self.enter(Phase::Committing);
        self.stop.check().map_err(InstallError::from)?;
        let at = folder.clone();
        let begun: Result<_, InstallError> = blocking(move || {
            if !journal.is_idle(&*at.dir) {
                journal.begin(&*at.dir).map_err(InstallError::Disk)?;
            }
            withdraw(&at, &journal)?;
            Ok((at, journal))
        })
        .await;
        let (at, mut journal) = begun?;
        if journal.patches_files() {
            self.ledger.state.condition = Condition::Placed;
            // What is read meanwhile would fail its check, and count as rot.
            self.swarm.reload_shelf().await;
        }
        blocking(move || commit(&at, &mut journal)).await?;
        // Whatever is there, for whatever reason it had to make way.
        let aside: Vec<String> = list(&*folder.dir, Some(&label)).into_iter().map(|item| item.path).collect();
        if !aside.is_empty() {
            let files = aside.len();
            let names = aside.into_iter().take(MAX_NAMES).collect();
            self.tools.events.send(Event::Kept { game: game.clone(), files, folder: kept, names });
        }
        self.ledger.state.installed = Some(BuildRef::of(wanted));
        self.ledger.state.condition = Condition::Placed;
        self.ledger.save()?;
        // Progress of a transfer whose files are in place now means nothing any more.
        drop_transfers(&folder)?;
        let stats = stats_now(&folder, wanted);
        Ok(folder.set_stats(wanted.id(), &stats)?)
    }

    /// Prepares to keep what going back to the build before takes, as far as this commit removes it. What can't be kept is not, and
    /// keeps nobody from going on.
    async fn keep_previous(
        &mut self,
        new: &VerifiedManifest,
        old: Option<&VerifiedManifest>,
        found: &Survey,
        origins: &[Origin],
    ) -> Keep {
        let (true, Some(back), Some(old)) = (self.keeps, &self.previous, old) else {
            return Keep::default();
        };
        let wanted = &self.goal.wanted;
        let keep = Keep::plan(&Leaving { old, new, origins, here: &found.here, wanted, back });
        let (at, back, most) = (self.folder.clone(), back.clone(), self.tools.keep_previous);
        let (written, keep) = blocking(move || (keep.write(&*at.dir, &back, most), keep)).await;
        self.keeps = written.unwrap_or_else(|error| {
            tracing::warn!(%error, "what going back takes is not kept");
            false
        });
        if self.keeps { keep } else { Keep::default() }
    }

    /// Makes links, or copies that stand for them, beside the staged files.
    async fn stage_links(
        &self,
        wanted: &VerifiedManifest,
        found: &Survey,
        origins: &[Origin],
    ) -> Result<(), InstallError> {
        if found.links.staged_paths().next().is_none() {
            return Ok(());
        }
        let (at, stop, origins) = (self.folder.clone(), self.stop.clone(), origins.to_vec());
        let (links, build) = (found.links.to_make(), wanted.clone());
        let mut watch = self.tools.events.disk(&wanted.game);
        blocking(move || {
            links::stage(&at, &links, &build, &origins, &stop, &mut |p| {
                watch(p);
                stop.flow()
            })
        })
        .await
    }

    /// Bytes of disk that the folder and the patches kept for friends take.
    pub(super) async fn occupied(&self) -> Result<u64, InstallError> {
        let (folder, patches) = (self.folder.clone(), self.tools.patches.clone());
        blocking(move || {
            let patches = patches.occupied().map_err(InstallError::Disk)?;
            Ok(folder.occupied().saturating_add(patches))
        })
        .await
    }
}

/// Forgets everything about transfers and staged files.
pub(super) fn drop_transfers(folder: &GameFolder) -> Result<(), InstallError> {
    // The record goes first: bytes without a record are harmless, a record without bytes is not.
    for name in ["fetch", "staging", LINKS] {
        remove_tree(&*folder.dir, &control(name)).map_err(InstallError::Disk)?;
    }
    Ok(())
}

/// A folder under `.mist/kept/` that is not there yet.
fn kept_folder(folder: &GameFolder, version: &Version) -> RelPath {
    let name = |n: u32| if n == 1 { version.to_string() } else { format!("{version}~{n}") };
    let free = (1..).map(name).find(|name| !folder.control_path("kept").join(name).exists());
    RelPath::new(&free.unwrap_or_else(|| name(1))).expect("a version is a path")
}
