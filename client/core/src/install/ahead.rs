//! Fetching what an update takes before its build is live.
//!
//! Patches go where patches are kept, pieces into staging. The game's own files stay as they are, and so does what the folder says
//! of its build: the game can be played meanwhile. Once the build is live, an [`Installation`] with that goal finds all of it
//! here, checks the manifest again like any other, and commits.

use std::{collections::BTreeSet, sync::Arc};

use mist_proto::{BlobId, Hash, VerifiedManifest};
use mist_tree::hash_file;

use super::{
    InstallError, Installation,
    commit::drop_transfers,
    ledger::{Books, Ledger},
    plan::Route,
    previous::file_at,
    tools::{Goal, Tools, blocking},
};
use crate::{
    error::Error,
    folder::{Ahead, BuildRef, FolderState, GameFolder, RouteKind, control},
    stop::Stop,
    swarm::Swarm,
};

/// Rounds after which what can't be fetched is left for the update itself.
const ROUNDS: usize = 3;

impl Installation {
    /// Begins, or goes on, to fetch what the update to `goal` takes. `state` is that of the folder, which holds a whole build and
    /// in which nothing is under way. The caller holds the game's lock.
    pub(crate) async fn begin_ahead(
        tools: Tools,
        swarm: Arc<Swarm>,
        folder: GameFolder,
        state: FolderState,
        goal: Goal,
        stop: Stop,
    ) -> Result<Self, Error> {
        let ledger = Ledger::open(&tools, &folder, state, Books::Ahead);
        let mut this = Self::with(tools, swarm, folder, goal, stop, ledger);
        let wanted = BuildRef::of(&this.goal.wanted);
        if this.ledger.state.fetched_ahead(&wanted).is_none() {
            this.drop_other_transfers().await?;
            this.folder.keep_envelope(&this.goal.wanted)?;
            let update = this.begun().await?;
            this.ledger.replace_ahead(Ahead { update, patches: Vec::new(), complete: false });
        }
        this.ledger.state.not_ahead = None;
        this.ledger.save()?;
        // No patch for just this folder: the seed makes it of the folder as it is then.
        this.failed.insert(RouteKind::Jump, InstallError::NoJump);
        Ok(this)
    }

    /// Forgets what was staged for another build, but for whole files that the wanted one has too: those count as kept content from
    /// now on.
    pub(super) async fn drop_other_transfers(&self) -> Result<(), Error> {
        let wanted = self.goal.wanted.clone();
        let other = match &self.ledger.state.ahead {
            Some(ahead) if ahead.update.to.manifest != wanted.id() => {
                self.tools.installed_manifest(&self.folder, &wanted.game, &ahead.update.to)?
            }
            _ => None,
        };
        if let Some(other) = other {
            let (at, stop) = (self.folder.clone(), self.stop.clone());
            blocking(move || keep_shared(&at, &other, &wanted, &stop)).await?;
        }
        Ok(drop_transfers(&self.folder)?)
    }

    /// Fetches what can be fetched before. Whatever the error, what arrived stays for the next attempt, and for the update.
    pub(crate) async fn fetch_ahead(mut self) -> Result<FolderState, Error> {
        let ended = self.fetch_rounds().await;
        let saved = self.ledger.save();
        self.held = None;
        self.report().await;
        ended?;
        saved?;
        Ok(self.ledger.state)
    }

    async fn fetch_rounds(&mut self) -> Result<(), Error> {
        let wanted = self.goal.wanted.clone();
        let mut last = None;
        for _ in 0..ROUNDS {
            let findings = self.survey(&wanted, false).await?;
            let Some(planned) = self.plan(&findings).await? else { break };
            let fetched = match &planned.route {
                Route::Patches(hops) => {
                    let patches: Vec<_> = hops.iter().map(|hop| hop.blob).collect();
                    self.note_ahead(|ahead| ahead.patches.clone_from(&patches))?;
                    for patch in &patches {
                        // Before it comes, so that nothing that comes after it makes it go.
                        self.tools.patches.pin(&wanted.game, &patch.hash).map_err(InstallError::Disk)?;
                    }
                    self.fetch_patches(&patches).await
                }
                Route::Pieces => self.fetch_pieces(&wanted, &findings).await.map(drop),
                Route::Jump { .. } => break,
            };
            match fetched {
                Ok(()) => return Ok(self.note_ahead(|ahead| ahead.complete = true)?),
                // It is gone now, and what it was for comes from elsewhere.
                Err(Error::Install(InstallError::PreviousRotten)) => {}
                Err(Error::Install(error)) if error.another_route_may_do() => {
                    self.tools.patches.drop_unfinished(&wanted.game);
                    self.failed.insert(planned.kind(), InstallError::NoJump);
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or(InstallError::NoJump).into())
    }

    async fn fetch_patches(&mut self, patches: &[BlobId]) -> Result<(), Error> {
        let game = self.goal.wanted.game.clone();
        for patch in patches {
            self.fetch_patch(&game, *patch).await?;
        }
        Ok(())
    }

    fn note_ahead(&mut self, note: impl FnOnce(&mut Ahead)) -> Result<(), InstallError> {
        if let Some(ahead) = &mut self.ledger.state.ahead {
            note(ahead);
        }
        self.ledger.save()
    }
}

/// Keeps files of `other` that are whole in staging and that `wanted` has too.
fn keep_shared(
    folder: &GameFolder,
    other: &VerifiedManifest,
    wanted: &VerifiedManifest,
    stop: &Stop,
) -> Result<(), InstallError> {
    let shared: BTreeSet<Hash> = wanted.files.iter().map(|f| f.hash).collect();
    let dir = &*folder.dir;
    for file in other.files.iter().filter(|f| f.size > 0 && shared.contains(&f.hash)) {
        stop.check()?;
        let staged = control("staging").join(&file.path);
        let Ok(open) = dir.open(&staged) else { continue };
        let is_whole = open.size().is_ok_and(|size| size == file.size)
            && hash_file(&*open, file.size, |_| Ok(())).is_ok_and(|hash| hash == file.hash);
        drop(open);
        // What can't be kept is fetched again.
        if is_whole && let Err(error) = dir.rename(&staged, &file_at(&file.hash)) {
            tracing::debug!(%error, path = %file.path, "not kept for another build");
        }
    }
    Ok(())
}

/// Lets go of what was fetched ahead: pieces go, and of the patches those that are of no use to any other update. The others stay
/// for friends, as any patch that was used. The caller holds the game's lock, and nothing is under way in the folder.
pub(crate) fn let_go(
    tools: &Tools,
    folder: &GameFolder,
    state: FolderState,
    is_of_use: impl Fn(&Hash) -> bool,
) -> Result<FolderState, InstallError> {
    let game = state.game.clone();
    let Some(ahead) = state.ahead.clone() else { return Ok(state) };
    drop_transfers(folder)?;
    let state = FolderState { ahead: None, ..state };
    folder.set_state(&state)?;
    for patch in &ahead.patches {
        if is_of_use(&patch.hash) {
            tools.patches.unpin(&game, &patch.hash);
        } else {
            tools.patches.discard(&game, &patch.hash);
        }
    }
    tools.patches.drop_unfinished(&game);
    folder.tidy(&state);
    Ok(state)
}

#[cfg(test)]
#[path = "ahead_tests.rs"]
mod tests;
