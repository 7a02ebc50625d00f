//! One operation on a game's folder, from its start to its end: the thin part around the decisions.

use std::{collections::BTreeMap, sync::Arc};

use mist_peer::Held;
use mist_proto::{
    VerifiedManifest,
    http::{BytesBySource, Operation, PatchRequest},
};

use mist_tree::fs::{fits, remove_tree, takes_name};

use super::{
    InstallError, PatchPlace,
    commit::recover,
    findings::Findings,
    jump::Awaited,
    ledger::{Books, Ledger},
    plan::{Hop, NoRoom, Planned, Route},
    previous::{Material, PREVIOUS, weight},
    routes::{Manifests, Search},
    seal::seal,
    tools::{Goal, Tools, blocking, unless_stopped},
};
use crate::{
    error::Error,
    events::{Event, Phase},
    folder::{
        BuildRef, Condition, DiskUse, FolderState, GameFolder, Pending, Previous, RouteKind, Spent, control,
    },
    patch_cache::PatchCache,
    random::random_id,
    stop::Stop,
    swarm::Swarm,
};

/// Rounds of repairing after which a folder that stays wrong is given up.
const ROUNDS: usize = 4;

/// An operation that makes a game's folder a build: installing, updating, switching and repairing alike.
///
/// It owns all that it works with, so that it can run in a task of its own. Ending it early is for [`Stop`] alone: it
/// then ends soon, with everything written down that going on takes. Its future must not be dropped, because disk work
/// that it waits for can't be cut off; whoever holds the game's lock keeps it until [`Installation::run`] has returned.
pub(crate) struct Installation {
    pub(super) tools: Tools,
    pub(super) swarm: Arc<Swarm>,
    pub(super) folder: GameFolder,
    pub(super) goal: Goal,
    pub(super) stop: Stop,
    pub(super) ledger: Ledger,
    /// Manifests of builds on the way.
    pub(super) manifests: Manifests,
    /// The build that was here when the operation began, if it is another one.
    pub(super) previous: Option<VerifiedManifest>,
    /// Whether what going back to it takes is kept.
    pub(super) keeps: bool,
    /// Kinds of routes that were tried in vain, and why.
    pub(super) failed: BTreeMap<RouteKind, InstallError>,
    /// A patch for the folder that the seed still makes.
    pub(super) awaited: Option<Awaited>,
    /// Serves what was fetched of the archive until it is on the shelf.
    pub(super) held: Option<Held>,
    /// Where patches go in this operation, and where they go if there is room.
    place: PatchPlace,
    usual_patches: PatchCache,
}

impl Installation {
    /// Ends a commit that was begun, and notes in the folder what is to be done. The caller holds the game's lock.
    pub(crate) async fn begin(
        tools: Tools,
        swarm: Arc<Swarm>,
        folder: GameFolder,
        goal: Goal,
        stop: Stop,
    ) -> Result<Self, Error> {
        let fresh = || FolderState::new(goal.wanted.game.clone(), tools.server.clone());
        let state = recover(&folder, &tools.events).await?.unwrap_or_else(fresh);
        let mut state = state;
        let (at, wanted) = (folder.clone(), goal.wanted.clone());
        // Once an operation, as a folder may have come to another disk. A disk that can't be tried fails soon enough.
        let tried = move || {
            let unfit = fits(&wanted, at.dir.bounds()).or_else(|| takes_name(&*at.dir, &wanted));
            (unfit, at.try_modes())
        };
        let (unfit, keeps_modes) = blocking(tried).await;
        if let Some(unfit) = unfit {
            return Err(InstallError::from(unfit).into());
        }
        state.keeps_modes = keeps_modes;
        folder.set_state(&state)?;
        let ledger = Ledger::open(&tools, &folder, state, Books::Pending);
        let mut this = Self::with(tools, swarm, folder, goal, stop, ledger);
        let wanted = BuildRef::of(&this.goal.wanted);
        let state = &this.ledger.state;
        if state.pending.as_ref().is_none_or(|p| p.to != wanted) {
            let pending = match state.fetched_ahead(&wanted) {
                Some(ahead) => {
                    let fetched = ahead.update.clone();
                    Pending { kind: this.goal.kind, ahead: fetched.bytes, ..fetched }
                }
                None => {
                    this.drop_other_transfers().await?;
                    this.begun().await?
                }
            };
            this.ledger.replace(pending);
        }
        this.folder.keep_envelope(&this.goal.wanted)?;
        this.ledger.save()?;
        if let Some(before) = this.ledger.state.pending.as_ref().and_then(|p| p.previous.as_ref()) {
            this.previous = this.tools.installed_manifest(&this.folder, &this.goal.wanted.game, before)?;
        }
        Ok(this)
    }

    /// One of which nothing is known yet.
    pub(super) fn with(
        tools: Tools,
        swarm: Arc<Swarm>,
        folder: GameFolder,
        goal: Goal,
        stop: Stop,
        ledger: Ledger,
    ) -> Self {
        let (manifests, failed) = Default::default();
        let (place, usual_patches) = (PatchPlace::Home, tools.patches.clone());
        Self {
            tools,
            swarm,
            folder,
            goal,
            stop,
            ledger,
            manifests,
            previous: None,
            keeps: false,
            failed,
            awaited: None,
            held: None,
            place,
            usual_patches,
        }
    }

    /// What is written down of an operation that begins now.
    pub(super) async fn begun(&self) -> Result<Pending, InstallError> {
        let (state, wanted) = (&self.ledger.state, BuildRef::of(&self.goal.wanted));
        Ok(Pending {
            id: random_id(),
            kind: self.goal.kind,
            from: state.installed.as_ref().map(|b| b.version.clone()),
            previous: state.installed.clone().filter(|b| b.manifest != wanted.manifest),
            to: wanted,
            forecast: None,
            bytes: BytesBySource::default(),
            wire: Some(BytesBySource::default()),
            ahead: BytesBySource::default(),
            seconds: 0.0,
            spent: Some(Spent::default()),
            disk: DiskUse { before: self.occupied().await?, forecast: 0, peak: 0 },
        })
    }

    /// Makes the folder the wanted build, or goes on with that.
    ///
    /// # Errors
    /// [`InstallError::Stopped`] soon after it is to stop. Whatever the error, another installation with the same goal goes
    /// on from there.
    pub(crate) async fn run(mut self) -> Result<FolderState, Error> {
        let ended = self.run_rounds().await;
        // Whatever happened, what was received is known.
        let saved = self.ledger.save();
        if ended.is_ok() && saved.is_ok() {
            self.folder.tidy(&self.ledger.state);
            // What was fetched ahead is used, or for another build than this one.
            self.usual_patches.unpin_all(&self.goal.wanted.game);
            self.prune_previous().await;
            // Friends may wait for what is here now.
            self.swarm.reload_shelf().await;
        }
        self.held = None;
        self.report().await;
        ended?;
        saved?;
        Ok(self.ledger.state)
    }

    async fn run_rounds(&mut self) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            let thorough = self.goal.kind == Operation::Repair || self.is_damaged();
            let wanted = self.goal.wanted.clone();
            let findings = self.survey(&wanted, thorough).await?;
            let Some(planned) = self.plan(&findings).await? else {
                // Every route that fits was tried.
                let files = findings.survey.damaged;
                let last = self.failed.pop_last().map(|(_, error)| error);
                return Err(last.unwrap_or(InstallError::StillDamaged { files }).into());
            };
            match self.run_route(findings, &planned).await {
                Ok(()) => {}
                // The next round knows it, and forecasts with copies. It happens once in a folder.
                Err(Error::Install(InstallError::WithoutLinks)) => continue,
                // It is gone now, and what it was for comes from elsewhere, which nobody was told yet.
                Err(Error::Install(InstallError::PreviousRotten)) => {
                    if let Some(entry) = self.ledger.entry() {
                        entry.forecast = None;
                    }
                    continue;
                }
                Err(Error::Install(InstallError::Overtaken)) => {
                    self.failed.remove(&RouteKind::Jump);
                    continue;
                }
                Err(Error::Install(error))
                    if error.another_route_may_do() || self.home_is_full(&planned, &error) =>
                {
                    // What came of a patch is of no use to another route.
                    self.tools.patches.drop_unfinished(&wanted.game);
                    let (game, route, reason) = (wanted.game.clone(), planned.kind(), error.to_string());
                    self.tools.events.send(Event::RouteFailed { game, route, reason });
                    self.failed.insert(route, error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            if self.verify().await? {
                self.ledger.state.condition = Condition::Whole;
                self.note_previous();
                let operation = self.ledger.finish()?.map(Box::new);
                let (game, version) = (wanted.game.clone(), wanted.version.clone());
                self.tools.events.send(Event::Finished { game, version, operation });
                return Ok(());
            }
            self.ledger.state.doubt();
            self.ledger.save()?;
        }
        let wanted = self.goal.wanted.clone();
        let files = self.survey(&wanted, true).await?.survey.damaged;
        Err(InstallError::StillDamaged { files }.into())
    }

    /// Notes whether the folder can become the build before again by what is kept.
    fn note_previous(&mut self) {
        let Some(back) = &self.previous else { return };
        let wanted = &self.goal.wanted;
        let way = Material::found(&*self.folder.dir).way(wanted, back);
        let bytes = way.map(|way| way.bytes()).filter(|bytes| *bytes <= self.tools.keep_previous);
        let keeps = self.tools.keep_previous > 0;
        self.ledger.state.previous = bytes.filter(|_| keeps).map(|bytes| Previous {
            build: BuildRef::of(back),
            of: wanted.id(),
            bytes,
        });
    }

    /// Removes what is kept beside what going back takes.
    async fn prune_previous(&self) {
        let (Some(back), Some(_)) = (self.previous.clone(), self.ledger.state.previous()) else { return };
        let (at, here) = (self.folder.clone(), self.goal.wanted.clone());
        blocking(move || {
            let way = Material::found(&*at.dir).way(&here, &back);
            way.unwrap_or_default().prune(&*at.dir);
        })
        .await;
    }

    /// Whether a route failed because the home's disk, which is not the game's, has no room for its patches.
    fn home_is_full(&self, planned: &Planned, error: &InstallError) -> bool {
        let takes_patches = matches!(planned.route, Route::Patches(_) | Route::Jump { .. });
        takes_patches && self.place.elsewhere().is_some() && error.code() == "disk_full"
    }

    pub(super) fn is_damaged(&self) -> bool {
        matches!(self.ledger.state.condition, Condition::Damaged | Condition::Claimed)
    }

    /// Surveys the folder and plans how to make `wanted` by pieces.
    pub(super) async fn survey(&self, wanted: &VerifiedManifest, thorough: bool) -> Result<Findings, Error> {
        self.enter(Phase::Checking);
        let installed = match &self.ledger.state.installed {
            None => None,
            Some(build) => self.tools.installed_manifest(&self.folder, &wanted.game, build)?,
        };
        let (at, wanted, stop) = (self.folder.clone(), wanted.clone(), self.stop.clone());
        let mut watch = self.tools.events.disk(&wanted.game);
        let found = blocking(move || Findings::of(&at, installed, &wanted, thorough, &stop, &mut watch));
        Ok(found.await?)
    }

    /// The cheapest route that was not tried yet; none if all were.
    pub(super) async fn plan(&mut self, findings: &Findings) -> Result<Option<Planned>, Error> {
        let mut free = self.folder.dir.space().map_err(InstallError::Disk)?.free;
        let most = findings.stage.download;
        self.place = PatchPlace::for_disks(&self.tools.home, self.folder.path(), most);
        self.tools.patches = self.place.cache(&self.usual_patches, &self.folder);
        // What is kept to go back stands in nobody's way: neither what would be, nor what is.
        self.keeps = self.may_keep(free);
        let mut found = self.search(findings, free).await?;
        if found.is_err() && self.keeps {
            self.keeps = false;
            found = self.search(findings, free).await?;
        }
        if found.is_err() && self.drop_previous(findings)? {
            free = self.folder.dir.space().map_err(InstallError::Disk)?.free;
            found = self.search(findings, free).await?;
        }
        let routes = found.map_err(InstallError::NoRoom)?;
        // What is known to be made is better than its estimate says, and is awaited no more.
        let is_made = self.awaited.take_if(|awaited| awaited.made().is_some()).is_some();
        let made = routes.iter().find(|p| is_made && p.kind() == RouteKind::Jump);
        let Some(planned) = made.or_else(|| routes.iter().find(|p| !self.failed.contains_key(&p.kind())))
        else {
            return Ok(None);
        };
        let planned = planned.clone();
        self.keeps = self.keeps && self.tools.keeps(0, free.saturating_sub(planned.cost.disk));
        // Ahead of its time no jump is tried at all, and that is no failure.
        let tried = self.failed.len() > usize::from(self.ledger.is_ahead());
        self.note_forecast(findings, &planned, free, tried)?;
        Ok(Some(planned))
    }

    /// Whether what going back takes may be kept, as far as is known before.
    fn may_keep(&self, free: u64) -> bool {
        let (Some(back), wanted) = (&self.previous, &self.goal.wanted) else { return false };
        self.tools.keeps(weight(back, wanted, wanted, self.tools.patch_from), free)
    }

    async fn search(
        &mut self,
        findings: &Findings,
        free: u64,
    ) -> Result<Result<Vec<Planned>, NoRoom>, Error> {
        let search = Search {
            tools: &self.tools,
            goal: &self.goal,
            folder: Some(&self.folder),
            findings,
            free,
            place: self.place,
            keeps: self.previous.as_ref().filter(|_| self.keeps),
            failed: &self.failed,
            manifests: &mut self.manifests,
            stop: &self.stop,
        };
        search.run().await
    }

    /// Removes what is kept to go back, unless it is wanted now or nothing is to change yet. Returns whether that made room.
    fn drop_previous(&mut self, findings: &Findings) -> Result<bool, InstallError> {
        if self.ledger.is_ahead() || findings.stage.returns() || findings.previous.bytes() == 0 {
            return Ok(false);
        }
        self.ledger.state.previous = None;
        self.ledger.save()?;
        remove_tree(&*self.folder.dir, &control(PREVIOUS)).map_err(InstallError::Disk)?;
        Ok(true)
    }

    /// Tells what will be done, and writes it down if it is the first forecast or `replaces` one.
    pub(super) fn note_forecast(
        &mut self,
        findings: &Findings,
        planned: &Planned,
        free: u64,
        replaces: bool,
    ) -> Result<(), InstallError> {
        let download = planned.receives();
        self.tools.events.send(Event::Planned {
            game: self.goal.wanted.game.clone(),
            from: findings.installed.as_ref().map(|m| m.version.clone()),
            to: self.goal.wanted.version.clone(),
            route: planned.kind(),
            patches: planned.patches(),
            download,
            disk: planned.cost.disk,
            free,
        });
        if let Some(entry) = self.ledger.entry().filter(|entry| entry.forecast.is_none() || replaces) {
            entry.forecast = Some((planned.kind(), entry.bytes.total() + download));
            entry.disk.forecast = planned.cost.disk;
        }
        self.ledger.save()
    }

    async fn run_route(&mut self, findings: Findings, planned: &Planned) -> Result<(), Error> {
        match &planned.route {
            Route::Pieces => {
                let wanted = self.goal.wanted.clone();
                self.run_pieces(&wanted, &findings).await
            }
            Route::Jump { instead, .. } => self.run_jump(&findings, *instead).await,
            Route::Patches(hops) => {
                let from = findings.installed.as_ref().map(|m| m.version.clone());
                self.run_patches(findings, hops).await?;
                if let Some(from) = from {
                    self.request_patch(PatchRequest { from, to: self.goal.wanted.version.clone() }, hops)
                        .await;
                }
                Ok(())
            }
        }
    }

    /// Tells the server that one patch would be better than this chain, for the friends that come after: the way is the
    /// same, and one patch is shorter.
    async fn request_patch(&self, request: PatchRequest, chain: &[Hop]) {
        if chain.len() < 2 {
            return;
        }
        let (account, game) = (self.tools.account.clone(), self.goal.wanted.game.clone());
        let told = async move { account.wish_for_patch(&game, &request).await };
        if let Ok(Err(error)) = unless_stopped(&self.stop, told).await {
            tracing::debug!(%error, "nobody heard that one patch would be better than a chain");
        }
    }

    /// Another phase begins: whoever watches is told, and its time is counted.
    pub(super) fn enter(&self, phase: Phase) {
        self.ledger.enter(&self.tools.events, phase);
    }

    /// Sends what was received to the server, unless the operation is to stop: then it is sent another time.
    pub(super) async fn report(&self) {
        let _ = unless_stopped(&self.stop, self.ledger.send()).await;
    }

    /// Whether the folder is the wanted build, byte for byte.
    async fn verify(&self) -> Result<bool, Error> {
        let wanted = self.goal.wanted.clone();
        self.enter(Phase::Verifying);
        let (at, stop, events) = (self.folder.clone(), self.stop.clone(), self.tools.events.clone());
        Ok(blocking(move || seal(&at, &wanted, &stop, &events)).await?)
    }
}

#[cfg(test)]
#[path = "installation_tests.rs"]
mod tests;
