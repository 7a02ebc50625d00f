//! Finding the routes from what a folder holds to the wanted build, and what each costs.
//!
//! Nothing here changes the folder, or asks the server for more than manifests.

use std::collections::BTreeMap;

use mist_peer::PartialBlob;
use mist_proto::{ManifestId, VerifiedManifest, limits::piece_size};

use super::{
    InstallError, PatchPlace,
    chains::{Link, on_the_way},
    findings::Findings,
    jump::{estimate, is_worth_asking},
    links::copies_size,
    plan::{Cost, Here, Hop, NoRoom, Planned, Route, Situation, routes},
    previous::weight,
    room::{SHORT_OF_DISK, staged},
    tools::{Goal, Tools},
};
use crate::{
    error::Error,
    folder::{GameFolder, RouteKind},
    stop::Stop,
};

/// Manifests of builds on chains of patches.
pub(super) type Manifests = BTreeMap<ManifestId, VerifiedManifest>;

/// The patches that may be taken, and how they are applied.
#[derive(Default)]
struct Hops {
    /// Large files are patched where they are.
    usual: Vec<Hop>,
    /// As many files as possible are.
    if_short: Vec<Hop>,
}

/// A search for routes.
pub(super) struct Search<'a> {
    pub(super) tools: &'a Tools,
    pub(super) goal: &'a Goal,
    /// None if it does not exist yet.
    pub(super) folder: Option<&'a GameFolder>,
    pub(super) findings: &'a Findings,
    /// Bytes of disk that are free.
    pub(super) free: u64,
    /// Where patches go.
    pub(super) place: PatchPlace,
    /// The build to which a way back is kept, if one is.
    pub(super) keeps: Option<&'a VerifiedManifest>,
    /// Kinds of routes that were tried in vain. They may be among those found.
    pub(super) failed: &'a BTreeMap<RouteKind, InstallError>,
    /// Keeps what was asked for.
    pub(super) manifests: &'a mut Manifests,
    pub(super) stop: &'a Stop,
}

impl Search<'_> {
    /// The routes that fit on the disk, the cheapest first; at least one.
    pub(super) async fn run(mut self) -> Result<Result<Vec<Planned>, NoRoom>, Error> {
        let Self { goal, findings, free, failed, .. } = self;
        let pieces = by_pieces(self.folder, goal, findings);
        let mut hops = Hops::default();
        if let Some(installed) = &findings.installed
            && !failed.contains_key(&RouteKind::Patches)
        {
            // Dearer chains are of use only where pieces are not.
            let pieces_will_do = pieces.cost.disk <= free && !failed.contains_key(&RouteKind::Pieces);
            let limit = if pieces_will_do { pieces.cost.download } else { u64::MAX };
            self.fetch_manifests(installed.id(), limit).await?;
            hops = self.hops();
        }
        let mut situation = Situation {
            here: findings.installed.as_ref().map(|m| Here {
                build: m.id(),
                size: size_on_disk(m, findings.survey.links.as_copies),
                repair: findings.repair,
            }),
            wanted: goal.wanted.id(),
            direct: vec![pieces],
            hops: &hops.usual,
            free,
            elsewhere: self.place.elsewhere(),
        };
        let mut found = routes(&situation);
        if found.is_err() {
            situation.hops = &hops.if_short;
            found = routes(&situation);
        }
        let all = match found {
            Ok(all) => all,
            Err(no_room) => return Ok(Err(no_room)),
        };
        let cheapest = all.iter().find(|p| !failed.contains_key(&p.kind())).map_or(0, |p| p.cost.download);
        if let Some(folder) = self.folder
            && !failed.contains_key(&RouteKind::Jump)
            && is_worth_asking(&findings.survey, cheapest)
            && let Some(jump) = estimate(folder, goal, findings, &all, cheapest)
        {
            situation.direct.push(jump);
            return Ok(routes(&situation));
        }
        Ok(Ok(all))
    }

    /// Sees to it that `manifests` has those of the builds on chains of at most `limit` bytes, as far as they are to be had.
    async fn fetch_manifests(&mut self, installed: ManifestId, limit: u64) -> Result<(), Error> {
        let Self { tools, goal, stop, .. } = *self;
        let game = &goal.wanted.game;
        let links = goal.builds.iter().flat_map(|build| {
            build.patches.iter().map(|patch| Link {
                from: patch.from_manifest,
                to: build.manifest_id,
                what: tools.patches.missing(game, patch.blob),
            })
        });
        let way = on_the_way(&links.collect::<Vec<_>>(), installed, goal.wanted.id(), limit);
        for build in goal.builds.iter().filter(|b| way.contains(&b.manifest_id)) {
            if self.manifests.contains_key(&build.manifest_id) {
                continue;
            }
            match tools.manifest(game, build, stop).await {
                Ok(manifest) => drop(self.manifests.insert(build.manifest_id, manifest)),
                Err(stopped @ Error::Install(InstallError::Stopped(_))) => return Err(stopped),
                Err(error) => tracing::debug!(%error, version = %build.version, "its patches are not used"),
            }
        }
        Ok(())
    }

    /// The patches between builds whose manifests are at hand, which staging is reckoned by.
    fn hops(&self) -> Hops {
        let Self { tools, goal, manifests, findings, keeps, .. } = self;
        let as_copies = findings.survey.links.as_copies;
        let game = &goal.wanted.game;
        let mut hops = Hops::default();
        for build in &goal.builds {
            let Some(new) = manifests.get(&build.manifest_id) else { continue };
            for patch in &build.patches {
                let Some(old) = manifests.get(&patch.from_manifest) else { continue };
                let hop = |patch_from| Hop {
                    from: patch.from_manifest,
                    to: build.manifest_id,
                    blob: patch.blob,
                    download: tools.patches.missing(game, patch.blob),
                    staged: staged(old, new, patch.blob.size, patch_from)
                        .saturating_add(copies_size(new, as_copies)),
                    patch_from,
                    // What is kept stands beside the next build on the way.
                    size: size_on_disk(new, as_copies)
                        .saturating_add(keeps.map_or(0, |back| weight(back, new, &goal.wanted, patch_from))),
                };
                hops.usual.push(hop(tools.patch_from));
                hops.if_short.push(hop(tools.patch_from.min(SHORT_OF_DISK)));
            }
        }
        hops
    }
}

/// Bytes of a build's files, with copies where they stand for links.
fn size_on_disk(build: &VerifiedManifest, as_copies: bool) -> u64 {
    build.content_size().saturating_add(copies_size(build, as_copies))
}

/// The route by pieces of the archive. What an earlier run has staged counts as here.
fn by_pieces(folder: Option<&GameFolder>, goal: &Goal, findings: &Findings) -> Planned {
    let here = folder.map_or(0, |folder| transferred(folder, &goal.wanted));
    // Copies are made when all pieces are here.
    let staged = findings.stage.staged.saturating_sub(here).saturating_add(findings.survey.links.staged());
    let download = findings.stage.download.saturating_sub(here);
    Planned { route: Route::Pieces, cost: Cost { download, disk: staged, written: staged } }
}

/// Bytes of the wanted archive that an earlier run has fetched.
fn transferred(folder: &GameFolder, wanted: &VerifiedManifest) -> u64 {
    let dir = folder.control_path("fetch");
    if !dir.join("plan").exists() {
        return 0;
    }
    PartialBlob::recorded(&dir, wanted.archive).count().saturating_mul(piece_size(wanted.archive.size))
}
