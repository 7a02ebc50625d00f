//! Drives a folder to a goal: the thin part around the decisions.

use std::{collections::BTreeMap, sync::Arc};

use mist_peer::PieceSet;
use mist_proto::{
    RelPath, Slug, VerifiedManifest, Version,
    http::{Build, BytesBySource, Operation, PatchRequest},
};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::remove_tree,
    progress::Progress,
};
use tokio::task::spawn_blocking;

use super::{
    InstallError,
    journal::{Change, Journal, commit, withdraw},
    jump::is_worth_asking,
    ledger::Ledger,
    pieces::transferred,
    plan::{Cost, Here, Hop, Planned, Route, Situation, routes},
    reuse::{Mendable, Origin, Rebuild, rebuild},
    room::{SHORT_OF_DISK, growth, staged},
    seal::{kept_outboard, seal},
    survey::{Survey, stats_now, survey},
};
use crate::{
    account::Account,
    catalogue::{Catalogue, verified},
    error::Error,
    events::{Event, Events, Phase, RouteKind},
    folder::{BuildRef, Condition, DiskUse, FolderState, GameFolder, Pending, control},
    home::Home,
    patch_cache::PatchCache,
    swarm::{Swarm, random_id},
    trust::Pins,
};

/// Rounds of healing after which a folder that stays wrong is given up.
const ROUNDS: usize = 4;

/// What the engine works with.
pub(crate) struct Engine<'a> {
    pub(crate) home: &'a Home,
    pub(crate) server: &'a str,
    pub(crate) account: &'a Account,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) pins: &'a Pins,
    pub(crate) swarm: &'a Arc<Swarm>,
    pub(crate) patches: &'a PatchCache,
    /// See [`crate::settings::Settings::patch_from`].
    pub(crate) patch_from: u64,
    pub(crate) events: &'a Events,
}

/// What a folder is to become.
pub(crate) struct Goal {
    /// The build.
    pub(crate) wanted: VerifiedManifest,
    /// What for.
    pub(crate) kind: Operation,
    /// Ready builds of the game, whose patches may be used.
    pub(crate) builds: Vec<Build>,
}

/// What a look at the folder led to.
pub(super) struct Outlook {
    pub(super) installed: Option<VerifiedManifest>,
    pub(super) survey: Survey,
    pub(super) layout: Arc<Layout>,
    pub(super) by_pieces: Rebuild,
    /// What making the folder exactly the installed build takes.
    heal: Cost,
}

impl Engine<'_> {
    /// Makes the folder the wanted build, or goes on with that.
    pub(crate) async fn bring(&self, folder: &GameFolder, goal: &Goal) -> Result<FolderState, Error> {
        let fresh = || FolderState::new(goal.wanted.game.clone(), self.server.to_owned());
        let mut state = self.recover(folder).await?.unwrap_or_else(fresh);
        let wanted = BuildRef::of(&goal.wanted);
        if state.pending.as_ref().is_none_or(|p| p.to != wanted) {
            drop_transfers(folder)?;
            state.pending = Some(Pending {
                id: random_id(),
                kind: goal.kind,
                from: state.installed.as_ref().map(|b| b.version.clone()),
                to: wanted,
                forecast: None,
                bytes: BytesBySource::default(),
                seconds: 0.0,
                disk: DiskUse { before: self.occupied(folder).await?, forecast: 0, peak: 0 },
            });
        }
        folder.keep_envelope(&goal.wanted)?;
        let mut ledger = Ledger::open(self.home, self.server, self.account, folder, state);
        ledger.save()?;
        let ended = self.work(folder, goal, &mut ledger).await;
        // Whatever happened, what was received is known.
        let saved = ledger.save();
        ledger.send().await;
        ended?;
        saved?;
        folder.tidy(&ledger.state);
        self.swarm.reload_shelf().await;
        Ok(ledger.state)
    }

    /// Ends a commit that was begun. Returns the folder's state, if it has one.
    pub(crate) async fn recover(&self, folder: &GameFolder) -> Result<Option<FolderState>, InstallError> {
        let Some(state) = folder.state()? else { return Ok(None) };
        if let Some(mut journal) = Journal::load(&*folder.dir).map_err(InstallError::Disk)? {
            self.events.phase(&state.game, Phase::Committing);
            let at = folder.clone();
            blocking(move || commit(&at, &mut journal)).await?;
        }
        folder.state()
    }

    async fn work(&self, folder: &GameFolder, goal: &Goal, ledger: &mut Ledger<'_>) -> Result<(), Error> {
        let Goal { wanted, kind, .. } = goal;
        let mut failed: BTreeMap<RouteKind, InstallError> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let thorough = *kind == Operation::Repair || ledger.state.condition == Condition::Damaged;
            let outlook = self.look(folder, wanted, ledger, thorough).await?;
            let planned = match self.plan(folder, goal, ledger, &outlook, &failed).await? {
                Some(planned) => planned,
                // Every route that fits was tried.
                None => {
                    return Err(failed.into_values().next_back().unwrap_or(InstallError::Cancelled).into());
                }
            };
            match self.take(folder, goal, ledger, outlook, &planned).await {
                Ok(()) => {}
                Err(Error::Install(error)) if error.another_route_may_do() => {
                    let (game, route, reason) = (wanted.game.clone(), planned.kind(), error.to_string());
                    self.events.send(Event::RouteFailed { game, route, reason });
                    failed.insert(route, error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.events.phase(&wanted.game, Phase::Verifying);
            if self.seal(folder, wanted).await? {
                ledger.state.condition = Condition::Whole;
                let operation = ledger.finish()?;
                let (game, version) = (wanted.game.clone(), wanted.version.clone());
                self.events.send(Event::Finished { game, version, operation });
                return Ok(());
            }
            ledger.state.condition = Condition::Damaged;
            ledger.save()?;
        }
        let files = self.look(folder, wanted, ledger, true).await?.survey.damaged;
        Err(InstallError::StillDamaged { files }.into())
    }

    /// Looks at the folder and plans how to make the wanted build by pieces.
    pub(super) async fn look(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        ledger: &Ledger<'_>,
        thorough: bool,
    ) -> Result<Outlook, Error> {
        let game = &wanted.game;
        self.events.phase(game, Phase::Checking);
        let installed = match &ledger.state.installed {
            None => None,
            Some(build) => self.manifest_here(folder, game, build)?,
        };
        let (at, wanted, events) = (folder.clone(), wanted.clone(), self.events.clone());
        let outlook: Result<Outlook, InstallError> = blocking(move || {
            let mut watch = |p: Progress| {
                events.send(Event::Disk { game: wanted.game.clone(), done: p.done, total: p.total });
            };
            let found = survey(&at, installed.as_ref(), &wanted, thorough, &mut watch)?;
            let layout = Arc::new(Layout::new(&wanted)?);
            let valid = valid_pieces(&at, &wanted, &layout, &found)?;
            let mendable = valid.as_ref().map(|valid| Mendable { files: &found.mendable, valid });
            let by_pieces = rebuild(&found.here, &wanted, &layout, mendable.as_ref());
            let heal = heal_cost(installed.as_ref(), &found)?;
            Ok(Outlook { installed, survey: found, layout, by_pieces, heal })
        })
        .await;
        Ok(outlook?)
    }

    /// The verified manifest of the build in the folder, from the folder itself.
    pub(crate) fn manifest_here(
        &self,
        folder: &GameFolder,
        game: &Slug,
        build: &BuildRef,
    ) -> Result<Option<VerifiedManifest>, Error> {
        match folder.envelope(build.manifest)? {
            None => Ok(None),
            Some(envelope) => {
                verified(self.pins, game, &build.version, Some(build.manifest), envelope).map(Some)
            }
        }
    }

    async fn plan(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        ledger: &mut Ledger<'_>,
        outlook: &Outlook,
        failed: &BTreeMap<RouteKind, InstallError>,
    ) -> Result<Option<Planned>, Error> {
        let game = &goal.wanted.game;
        let staging_has = transferred(folder, &goal.wanted);
        let staged = outlook.by_pieces.staged.saturating_sub(staging_has);
        let download = outlook.by_pieces.download.saturating_sub(staging_has);
        let pieces = Planned { route: Route::Pieces, cost: Cost { download, disk: staged, written: staged } };
        let (hops, hops_if_short) = match &outlook.installed {
            Some(_) if !failed.contains_key(&RouteKind::Patches) => self.hops(goal).await,
            _ => Default::default(),
        };
        let space = folder.dir.space().map_err(InstallError::Disk)?;
        let mut situation = Situation {
            here: outlook.installed.as_ref().map(|m| Here {
                build: m.id(),
                size: m.content_size(),
                heal: outlook.heal,
            }),
            wanted: goal.wanted.id(),
            direct: vec![pieces],
            hops: &hops,
            free: space.free,
        };
        let mut found = routes(&situation);
        if found.is_err() {
            situation.hops = &hops_if_short;
            found = routes(&situation);
        }
        let mut all = found.map_err(InstallError::NoRoom)?;
        let cheapest = all.first().map_or(0, |p| p.cost.download);
        if !failed.contains_key(&RouteKind::Jump)
            && is_worth_asking(&outlook.survey, cheapest)
            && let Some(jump) = self.wish_for_jump(folder, goal, outlook, cheapest).await
        {
            let missing = self.patches.missing(game, jump.patch);
            situation.direct.push(jump.planned(missing, outlook.by_pieces.staged));
            all = routes(&situation).map_err(InstallError::NoRoom)?;
        }
        let Some(planned) = all.into_iter().find(|p| !failed.contains_key(&p.kind())) else {
            return Ok(None);
        };
        self.events.send(Event::Planned {
            game: game.clone(),
            from: outlook.installed.as_ref().map(|m| m.version.clone()),
            to: goal.wanted.version.clone(),
            route: planned.kind(),
            patches: match &planned.route {
                Route::Patches(hops) => hops.len(),
                Route::Jump(_) => 1,
                Route::Pieces => 0,
            },
            download: planned.receives(),
            disk: planned.cost.disk,
            free: space.free,
        });
        if let Some(pending) = &mut ledger.state.pending
            && (pending.forecast.is_none() || !failed.is_empty())
        {
            let before = pending.bytes.total();
            pending.forecast = Some((planned.kind(), before + planned.receives()));
            pending.disk.forecast = planned.cost.disk;
        }
        ledger.save()?;
        Ok(Some(planned))
    }

    /// The patches between builds whose manifests are at hand, which staging is reckoned by; and the same for when the disk
    /// is short.
    async fn hops(&self, goal: &Goal) -> (Vec<Hop>, Vec<Hop>) {
        let game = &goal.wanted.game;
        let mut manifests = BTreeMap::new();
        for build in &goal.builds {
            match self.catalogue.manifest(self.account, self.pins, game, build).await {
                Ok(manifest) => drop(manifests.insert(build.manifest_id, manifest)),
                Err(error) => tracing::debug!(%error, version = %build.version, "its patches are not used"),
            }
        }
        let (mut hops, mut if_short) = (Vec::new(), Vec::new());
        for build in &goal.builds {
            let Some(new) = manifests.get(&build.manifest_id) else { continue };
            for patch in &build.patches {
                let Some(old) = manifests.get(&patch.from_manifest) else { continue };
                let hop = |patch_from| Hop {
                    from: patch.from_manifest,
                    to: build.manifest_id,
                    blob: patch.blob,
                    download: self.patches.missing(game, patch.blob),
                    staged: staged(old, new, patch.blob.size, patch_from),
                    patch_from,
                    size: new.content_size(),
                };
                hops.push(hop(self.patch_from));
                if_short.push(hop(self.patch_from.min(SHORT_OF_DISK)));
            }
        }
        (hops, if_short)
    }

    async fn take(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        ledger: &mut Ledger<'_>,
        outlook: Outlook,
        planned: &Planned,
    ) -> Result<(), Error> {
        match &planned.route {
            Route::Pieces => self.by_pieces(folder, &goal.wanted, ledger, &outlook).await,
            Route::Jump(jump) => self.by_jump(folder, goal, ledger, &outlook, jump).await,
            Route::Patches(hops) => {
                let from = outlook.installed.as_ref().map(|m| m.version.clone());
                self.by_patches(folder, goal, ledger, outlook, hops).await?;
                if let (Some(from), [_, _, ..]) = (from, hops.as_slice()) {
                    let (game, to) = (&goal.wanted.game, goal.wanted.version.clone());
                    let wish = PatchRequest { from, to };
                    // For the friends that come after: the way is the same, and one patch is shorter.
                    if let Err(error) = self.account.wish_for_patch(game, &wish).await {
                        tracing::debug!(%error, "nobody heard that one patch would be better than a chain");
                    }
                }
                Ok(())
            }
        }
    }

    /// Puts staged files in place.
    pub(super) async fn commit(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        ledger: &mut Ledger<'_>,
        installed: Option<&VerifiedManifest>,
        found: &Survey,
        origins: &[Origin],
    ) -> Result<(), Error> {
        let game = &wanted.game;
        // Now the new files stand beside the old ones: nothing later takes as much room, but for files that grow where
        // they are while their journals are still here.
        let occupied = self.occupied(folder).await?;
        if let Some(pending) = &mut ledger.state.pending {
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
            kept: kept_folder(folder, label),
        });
        let aside = journal.put_aside();
        let kept = folder.control_path("kept").join(journal.kept().as_str());
        folder.keep_envelope(wanted)?;
        self.events.phase(game, Phase::Committing);
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
            ledger.state.condition = Condition::Placed;
            // What is read meanwhile would fail its check, and count as rot.
            self.swarm.reload_shelf().await;
        }
        blocking(move || commit(&at, &mut journal)).await?;
        if aside > 0 {
            self.events.send(Event::Kept { game: game.clone(), files: aside, folder: kept });
        }
        ledger.state.installed = Some(BuildRef::of(wanted));
        ledger.state.condition = Condition::Placed;
        ledger.save()?;
        // Progress of a transfer whose files are in place now means nothing any more.
        drop_transfers(folder)?;
        let stats = stats_now(folder, wanted);
        Ok(folder.set_stats(wanted.id(), &stats)?)
    }

    /// Bytes of disk that the folder and the patches kept for friends take.
    async fn occupied(&self, folder: &GameFolder) -> Result<u64, InstallError> {
        let (folder, patches) = (folder.clone(), self.patches.clone());
        blocking(move || {
            let patches = patches.occupied().map_err(InstallError::Disk)?;
            Ok(folder.occupied()?.saturating_add(patches))
        })
        .await
    }

    async fn seal(&self, folder: &GameFolder, wanted: &VerifiedManifest) -> Result<bool, Error> {
        let (at, wanted, events) = (folder.clone(), wanted.clone(), self.events.clone());
        let sealed = blocking(move || {
            let total = wanted.archive.size;
            let game = wanted.game.clone();
            seal(&at, &wanted, &|done| events.send(Event::Disk { game: game.clone(), done, total }))
        })
        .await;
        Ok(sealed?)
    }
}

/// Runs disk work away from the network's threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Forgets everything about transfers and staged files.
pub(super) fn drop_transfers(folder: &GameFolder) -> Result<(), InstallError> {
    // The record goes first: bytes without a record are harmless, a record without bytes is not.
    for name in ["fetch", "staging"] {
        remove_tree(&*folder.dir, &control(name)).map_err(InstallError::Disk)?;
    }
    Ok(())
}

/// What it takes to make the folder exactly the installed build, by whole files.
fn heal_cost(installed: Option<&VerifiedManifest>, found: &Survey) -> Result<Cost, InstallError> {
    let Some(old) = installed.filter(|_| found.damaged > 0) else { return Ok(Cost::default()) };
    let plan = rebuild(&found.here, old, &Layout::new(old)?, None);
    Ok(Cost { download: plan.download, disk: plan.staged, written: plan.staged })
}

/// Pieces of the wanted archive that the folder has right, if there are damaged files that could be mended and a hash
/// tree to tell by.
fn valid_pieces(
    folder: &GameFolder,
    wanted: &VerifiedManifest,
    layout: &Arc<Layout>,
    found: &Survey,
) -> Result<Option<PieceSet>, InstallError> {
    if found.mendable.is_empty() {
        return Ok(None);
    }
    let Some(tree) = kept_outboard(folder, wanted) else { return Ok(None) };
    let reader = ArchiveReader::new(layout.clone(), folder.dir.clone());
    let valid = tree.valid_pieces(&|offset, buf| reader.read_exact(buf, offset).map_err(Into::into));
    valid.map(Some).map_err(InstallError::Disk)
}

/// A folder under `.mist/kept/` that is not there yet.
fn kept_folder(folder: &GameFolder, version: &Version) -> RelPath {
    let name = |n: u32| if n == 1 { version.to_string() } else { format!("{version}~{n}") };
    let free = (1..).map(name).find(|name| !folder.control_path("kept").join(name).exists());
    RelPath::new(&free.unwrap_or_else(|| name(1))).expect("a version is a path")
}
