//! Drives a folder to a goal: the thin part around the decisions.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

use mist_peer::{BlobSink, FetchProgress, PartialBlob, PieceSet};
use mist_proto::{
    Hash, ManifestId, RelPath, Slug, VerifiedManifest, Version,
    http::{Build, BytesBySource, Operation},
};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, SubDir, remove_tree},
    progress::Progress,
};
use tokio::task::spawn_blocking;

use super::{
    InstallError,
    journal::{Change, Journal, sync_tree},
    ledger::Ledger,
    plan::{Cost, Hop, Planned, Route, Situation, routes},
    reuse::{Mendable, Origin, Rebuild, rebuild},
    seal::{kept_outboard, seal},
    sink::{StagingSink, copy_file},
    survey::{Survey, stats_now, survey},
};
use crate::{
    account::Account,
    catalogue::{Catalogue, verified},
    error::Error,
    events::{Event, Events, Phase, RouteKind},
    folder::{BuildRef, Condition, FolderState, GameFolder, Pending, control},
    home::{Home, read_file, write_file},
    patch_cache::PatchCache,
    swarm::{FetchFailed, Order, Swarm, random_id},
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
    layout: Arc<Layout>,
    by_pieces: Rebuild,
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
            Ok(Outlook { installed, survey: found, layout, by_pieces })
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
        let pieces = Cost {
            download: outlook.by_pieces.download.saturating_sub(staging_has),
            disk: outlook.by_pieces.staged.saturating_sub(staging_has),
        };
        let hops = match &outlook.installed {
            Some(_) if !failed.contains_key(&RouteKind::Patches) => self.hops(goal).await,
            _ => Vec::new(),
        };
        let space = folder.dir.space().map_err(InstallError::Disk)?;
        let bad = outlook.survey.damaged_bytes;
        let situation = Situation {
            at: outlook.installed.as_ref().map(|m| m.id()),
            wanted: goal.wanted.id(),
            heal: Cost { download: bad, disk: bad },
            pieces,
            hops: &hops,
            free: space.free,
        };
        let all = routes(&situation).map_err(InstallError::NoRoom)?;
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
                Route::Pieces => 0,
            },
            download: planned.cost.download,
            disk: planned.cost.disk,
            free: space.free,
        });
        if let Some(pending) = &mut ledger.state.pending
            && (pending.forecast.is_none() || !failed.is_empty())
        {
            let before = pending.bytes.total();
            pending.forecast = Some((planned.kind(), before + planned.cost.download));
        }
        ledger.save()?;
        Ok(Some(planned))
    }

    /// The patches between builds whose manifests are at hand, which staging is reckoned by.
    async fn hops(&self, goal: &Goal) -> Vec<Hop> {
        let game = &goal.wanted.game;
        let mut manifests = BTreeMap::new();
        for build in &goal.builds {
            match self.catalogue.manifest(self.account, self.pins, game, build).await {
                Ok(manifest) => drop(manifests.insert(build.manifest_id, manifest)),
                Err(error) => tracing::debug!(%error, version = %build.version, "its patches are not used"),
            }
        }
        let mut hops = Vec::new();
        for build in &goal.builds {
            let Some(new) = manifests.get(&build.manifest_id) else { continue };
            for patch in &build.patches {
                let Some(old) = manifests.get(&patch.from_manifest) else { continue };
                let unchanged: BTreeSet<Hash> = old.files.iter().map(|f| f.hash).collect();
                let staged: u64 =
                    new.files.iter().filter(|f| !unchanged.contains(&f.hash)).map(|f| f.size).sum();
                let download = self.patches.missing(game, patch.blob);
                hops.push(Hop {
                    from: patch.from_manifest,
                    to: build.manifest_id,
                    blob: patch.blob,
                    download,
                    disk: staged.saturating_add(download),
                });
            }
        }
        hops
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
            Route::Patches(hops) => self.by_patches(folder, goal, ledger, outlook, hops).await,
        }
    }

    /// Stages what is not here yet, out of local files and fetched pieces, and commits.
    pub(super) async fn by_pieces(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        ledger: &mut Ledger<'_>,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let Outlook { layout, by_pieces, .. } = outlook;
        self.prepare_staging(folder, wanted, outlook).await?;
        let sink: Arc<dyn BlobSink> =
            Arc::new(StagingSink::new(layout.clone(), folder.dir.clone(), &by_pieces.origins));
        if !by_pieces.want.is_empty() {
            self.events.phase(&wanted.game, Phase::Downloading);
            let partial = PartialBlob::open(&folder.control_path("fetch"), wanted.archive);
            let partial = partial.map_err(InstallError::Disk)?;
            let want = Some(by_pieces.want.clone());
            let order = Order { game: &wanted.game, want, partial, sink: sink.clone() };
            let total = by_pieces.download;
            self.transfer(ledger, order, total).await?;
        }
        let (at, origins) = (folder.clone(), by_pieces.origins.clone());
        let empty: Vec<RelPath> = (wanted.files.iter().zip(&origins))
            .filter(|(f, origin)| f.size == 0 && origin.is_fetched())
            .map(|(f, _)| f.path.clone())
            .collect();
        let filled: io::Result<()> = blocking(move || {
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            for path in &empty {
                staging.create(path)?.sync_data()?;
            }
            sink.sync()?;
            sync_tree(&*at.dir, &control("staging"))
        })
        .await;
        filled.map_err(InstallError::Disk)?;
        self.commit(folder, wanted, ledger, outlook.installed.as_ref(), &outlook.survey, &by_pieces.origins)
            .await
    }

    /// Brings staging to the state from which pieces can be fetched, or leaves it if it is there already.
    async fn prepare_staging(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let fingerprint = fingerprint(wanted.id(), &outlook.by_pieces);
        let marker = folder.control_path("fetch").join("plan");
        if read_file(&marker).map_err(InstallError::Home)?.is_some_and(|f| f == fingerprint.as_bytes()) {
            return Ok(());
        }
        drop_transfers(folder)?;
        let (at, wanted, origins) = (folder.clone(), wanted.clone(), outlook.by_pieces.origins.clone());
        let events = self.events.clone();
        let copied: io::Result<()> = blocking(move || {
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            let source = |(f, origin): (&mist_proto::FileEntry, &Origin)| match origin {
                Origin::Copy(from) => Some((from.clone(), f.path.clone(), f.size)),
                Origin::Mend => Some((f.path.clone(), f.path.clone(), f.size)),
                _ => None,
            };
            let copies: Vec<_> = wanted.files.iter().zip(&origins).filter_map(source).collect();
            let total = copies.iter().map(|(.., size)| size).sum();
            let mut done = 0;
            for (from, to, _) in &copies {
                copy_file((&*at.dir, from), (&staging, to), |n| {
                    done += n;
                    events.send(Event::Disk { game: wanted.game.clone(), done, total });
                })?;
            }
            sync_tree(&*at.dir, &control("staging"))
        })
        .await;
        copied.map_err(InstallError::Disk)?;
        write_file(&marker, fingerprint.as_bytes(), false).map_err(InstallError::Home)?;
        Ok(())
    }

    /// One transfer, with its bytes on the books and its progress shown.
    pub(super) async fn transfer(
        &self,
        ledger: &mut Ledger<'_>,
        order: Order<'_>,
        total: u64,
    ) -> Result<(), Error> {
        let game = order.game.clone();
        let before = ledger.settled();
        let mut trouble = None;
        let piece = mist_proto::limits::PIECE_SIZE;
        let ended = self
            .swarm
            .fetch(order, |p: &FetchProgress| {
                if let Err(error) = ledger.moving(&p.bytes) {
                    trouble.get_or_insert(error);
                }
                let mut bytes = before;
                bytes.add_all(&p.bytes);
                let done = p.pieces_done.saturating_mul(piece).min(total);
                let eta = (total - done).checked_div(p.bytes_per_sec);
                let (rate, sources) = (p.bytes_per_sec, p.sources);
                self.events.send(Event::Network {
                    game: game.clone(),
                    done,
                    total,
                    bytes,
                    rate,
                    eta,
                    sources,
                });
            })
            .await;
        let bytes = match &ended {
            Ok(bytes) => *bytes,
            Err(FetchFailed { bytes, .. }) => *bytes,
        };
        ledger.settle(&bytes)?;
        ledger.send().await;
        ended.map_err(InstallError::from)?;
        trouble.map_or(Ok(()), |error| Err(error.into()))
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
        let label = installed.map_or(&wanted.version, |m| &m.version);
        let mut journal = Journal::plan(Change {
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
        let committed: Result<(), InstallError> = blocking(move || {
            if !journal.is_idle(&*at.dir) {
                journal.begin(&*at.dir).map_err(InstallError::Disk)?;
            }
            commit(&at, &mut journal)
        })
        .await;
        committed?;
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

/// Rolls a commit forward to its end.
fn commit(folder: &GameFolder, journal: &mut Journal) -> Result<(), InstallError> {
    let Some(mut state) = folder.state()? else { return Ok(()) };
    journal.roll_forward(&*folder.dir).map_err(InstallError::Disk)?;
    state.installed = Some(journal.to.clone());
    state.condition = Condition::Placed;
    folder.set_state(&state)?;
    Journal::finish(&*folder.dir).map_err(InstallError::Disk)
}

/// Runs disk work away from the network's threads.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Forgets everything about transfers and staged files.
fn drop_transfers(folder: &GameFolder) -> Result<(), InstallError> {
    // The record goes first: bytes without a record are harmless, a record without bytes is not.
    for name in ["fetch", "staging"] {
        remove_tree(&*folder.dir, &control(name)).map_err(InstallError::Disk)?;
    }
    Ok(())
}

/// Bytes of the wanted archive that an earlier run has fetched.
fn transferred(folder: &GameFolder, wanted: &VerifiedManifest) -> u64 {
    let dir = folder.control_path("fetch");
    if !dir.join("plan").exists() {
        return 0;
    }
    let have = PartialBlob::open(&dir, wanted.archive).map(|p| p.have().count());
    have.unwrap_or_default().saturating_mul(mist_proto::limits::PIECE_SIZE)
}

/// Tells whether two plans fill staging in the same way.
fn fingerprint(id: ManifestId, plan: &Rebuild) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&id.0.0);
    for origin in &plan.origins {
        let (tag, path) = match origin {
            Origin::Keep => (0, ""),
            Origin::Move(from) => (1, from.as_str()),
            Origin::Copy(from) => (2, from.as_str()),
            Origin::Mend => (3, ""),
            Origin::Fetch => (4, ""),
        };
        hasher.update(&[tag]).update(path.as_bytes()).update(&[0]);
    }
    hasher.update(&plan.want.to_bytes());
    Hash::from(hasher.finalize()).to_string()
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
