//! What an operation would take, found out without beginning it.

use std::{collections::BTreeMap, path::Path};

use mist_proto::{Slug, VerifiedManifest, Version, http::Operation};
use mist_tree::fs::{Dir, RealDir, fits};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    InstallError, PatchPlace,
    disks::DiskForecast,
    findings::Findings,
    journal::Journal,
    links::copies_size,
    plan::{NoRoom, Planned, Route},
    previous::weight,
    routes::{Manifests, Search},
    tools::{Goal, Tools, blocking},
};
use crate::{
    adopt::claim,
    error::Error,
    folder::{Condition, FolderState, GameFolder, RouteKind},
    stop::Stop,
};

/// A route that an operation could take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RouteForecast {
    /// How.
    pub route: RouteKind,
    /// Bytes to receive.
    pub download: u64,
    /// Bytes of disk needed at the peak, besides what is used already.
    pub disk: u64,
    /// Patches on the way.
    pub patches: usize,
}

/// What an operation on a game's folder would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Forecast {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// Build that is there.
    #[ts(type = "string | null")]
    pub from: Option<Version>,
    /// Build that is wanted.
    #[ts(type = "string")]
    pub to: Version,
    /// Routes that fit on the disk, the cheapest first: of the chains of patches only the cheapest, and none if it is
    /// dearer than pieces that fit.
    pub routes: Vec<RouteForecast>,
    /// The route that would be taken; none if the disk is too small for any.
    pub chosen: Option<RouteKind>,
    /// Bytes of disk needed at the peak, by the chosen route or the most modest one, besides what is used already.
    pub disk_peak: u64,
    /// Bytes of disk that are free.
    pub free: u64,
    /// Bytes that are free afterwards: old files are gone then, and patches are kept for friends.
    pub free_after: u64,
    /// What is kept on the disk of the client's home, if that is another one.
    #[serde(default)]
    pub on_home: Option<DiskForecast>,
    /// Whether the download is known to the byte. A patch that has yet to be made is estimated, and after a commit that
    /// was interrupted the folder is surveyed as it stands.
    pub exact: bool,
}

/// What it takes to make the folder `dir`, which need not exist, the build that `goal` says.
///
/// What a folder says of itself that is not `known` to the library is not believed.
///
/// Writes nothing but manifests into the catalogue's cache, and asks the server for nothing else.
///
/// # Errors
/// If the folder can't be read, its manifest is refused, or it is to stop.
pub(crate) async fn forecast(
    tools: &Tools,
    dir: &Path,
    known: bool,
    goal: &Goal,
    stop: &Stop,
) -> Result<Forecast, Error> {
    let folder = if dir.exists() { Some(GameFolder::open(dir)?) } else { None };
    let mut state = folder.as_ref().map(GameFolder::readable_state).transpose()?.flatten();
    if let (false, Some(folder), Some(state)) = (known, &folder, &mut state) {
        state.condition = Condition::Claimed;
        if claim(folder, &goal.wanted.game, state, &tools.pins).is_none() {
            state.installed = None;
        }
    }
    let disk = disk_of(dir)?;
    if let Some(unfit) = fits(&goal.wanted, disk.bounds()) {
        return Err(InstallError::from(unfit).into());
    }
    let findings = survey(tools, folder.as_ref(), state.as_ref(), goal, disk.may_have_links(), stop).await?;
    let mut free = disk.space().map_err(|e| InstallError::folder(dir, e))?.free;
    let place = PatchPlace::for_disks(&tools.home, dir, findings.stage.download);
    let (failed, mut manifests) = (BTreeMap::new(), Manifests::default());
    let kept = kept_afterwards(tools, &findings, goal, free);
    let mut search = async |free, keeps| {
        let search = Search {
            tools,
            goal,
            folder: folder.as_ref(),
            findings: &findings,
            free,
            place,
            keeps,
            failed: &failed,
            manifests: &mut manifests,
            stop,
        };
        search.run().await
    };
    let mut found = search(free, kept.map(|(back, _)| back)).await?;
    if found.is_err() {
        // What is kept to go back goes first where room is short.
        let gone = if findings.stage.returns() { 0 } else { findings.previous.bytes() };
        free = free.saturating_add(gone);
        found = search(free, None).await?;
    }
    let routes = found.as_deref().unwrap_or_default();
    let chosen = routes.first();
    let disk_peak = match &found {
        Ok(_) => chosen.map_or(0, |p| p.cost.disk),
        Err(NoRoom { needed, .. }) => *needed,
    };
    let interrupted = match &folder {
        Some(folder) => Journal::load(&*folder.dir).map_err(InstallError::Disk)?.is_some(),
        None => false,
    };
    let on_home = match (chosen, place) {
        (Some(planned), PatchPlace::OtherDisk(spare)) if planned.patches() > 0 => {
            let folder = tools.home.root().to_owned();
            Some(DiskForecast { folder, needed: planned.receives(), free: spare })
        }
        _ => None,
    };
    let estimated = chosen.is_some_and(|p| p.kind() == RouteKind::Jump);
    Ok(Forecast {
        game: goal.wanted.game.clone(),
        from: state.and_then(|s| s.installed).map(|b| b.version),
        to: goal.wanted.version.clone(),
        routes: routes.iter().map(RouteForecast::from).collect(),
        chosen: chosen.map(Planned::kind),
        disk_peak,
        free,
        free_after: free_after(free, &findings, &goal.wanted, chosen.filter(|_| place == PatchPlace::Home))
            .saturating_sub(kept.map_or(0, |(_, bytes)| bytes)),
        on_home,
        exact: !estimated && !interrupted,
    })
}

impl From<&Planned> for RouteForecast {
    fn from(planned: &Planned) -> Self {
        Self {
            route: planned.kind(),
            download: planned.receives(),
            disk: planned.cost.disk,
            patches: planned.patches(),
        }
    }
}

/// Surveys the folder, as far as there is one.
async fn survey(
    tools: &Tools,
    folder: Option<&GameFolder>,
    state: Option<&FolderState>,
    goal: &Goal,
    may_have_links: bool,
    stop: &Stop,
) -> Result<Findings, Error> {
    let Some(folder) = folder.cloned() else {
        return Ok(Findings::of_nothing(&goal.wanted, may_have_links)?);
    };
    let installed = match state.and_then(|s| s.installed.as_ref()) {
        None => None,
        Some(build) => tools.installed_manifest(&folder, &goal.wanted.game, build)?,
    };
    let damaged = state.is_some_and(|s| matches!(s.condition, Condition::Damaged | Condition::Claimed));
    let thorough = damaged || goal.kind == Operation::Repair;
    let (wanted, stop) = (goal.wanted.clone(), stop.clone());
    let found = blocking(move || Findings::of(&folder, installed, &wanted, thorough, &stop, &mut |_| {}));
    Ok(found.await?)
}

/// A folder on the disk where `dir` is or would be made.
fn disk_of(dir: &Path) -> Result<RealDir, InstallError> {
    let existing = dir.ancestors().find(|d| d.is_dir()).unwrap_or(dir);
    RealDir::open(existing).map_err(|e| InstallError::folder(existing, e))
}

/// The build that is here, if what going back to it takes is kept, and the bytes of that as far as they are known before.
fn kept_afterwards<'a>(
    tools: &Tools,
    findings: &'a Findings,
    goal: &Goal,
    free: u64,
) -> Option<(&'a VerifiedManifest, u64)> {
    let back = findings.installed.as_ref().filter(|build| build.id() != goal.wanted.id())?;
    let bytes = weight(back, &goal.wanted, &goal.wanted, tools.patch_from);
    tools.keeps(bytes, free).then_some((back, bytes))
}

/// Bytes that are free once the wanted build is in place: the files that are known now are its own or gone, all others stay.
fn free_after(free: u64, findings: &Findings, wanted: &VerifiedManifest, chosen: Option<&Planned>) -> u64 {
    let links = &findings.survey.links;
    let here =
        links.here + findings.previous.bytes() + findings.survey.here.iter().map(|f| f.size).sum::<u64>();
    let copies = copies_size(wanted, links.as_copies);
    let patches = match chosen {
        Some(Planned { route: Route::Patches(hops), .. }) => hops.iter().map(|hop| hop.download).sum(),
        _ => 0,
    };
    free.saturating_add(here)
        .saturating_sub(wanted.content_size())
        .saturating_sub(copies)
        .saturating_sub(patches)
}
