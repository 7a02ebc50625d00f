//! Updating by direct patches, one after another.

use std::{collections::BTreeSet, fs::File, io};

use mist_delta::{ApplyError, ApplyOptions, FileCheckpoint, Operation, PatchReader, apply};
use mist_proto::{BlobId, Hash, Manifest, RelPath, Slug, VerifiedManifest};
use mist_tree::{
    fs::{SubDir, remove_tree},
    progress::Progress,
};

use super::{
    InstallError, Installation,
    findings::Findings,
    journal::sync_tree,
    links::copied_files,
    plan::{Hop, NoRoom},
    reuse::Origin,
    survey::survey,
    tools::blocking,
};
use crate::{
    error::Error,
    events::Phase,
    folder::{GameFolder, control},
    stop::Stop,
    swarm::Order,
};

/// Whether a file may be patched where it is.
type InPlaceFn = dyn Fn(&RelPath, u64) -> bool + Send;
pub(super) type InPlace = Box<InPlaceFn>;

/// Where a patch's progress is noted, under `.mist/`.
const CHECKPOINT: &str = "fetch/patch";

impl Installation {
    /// Makes the folder exactly the installed build, which patches need, and applies them in order. Each is committed
    /// before the next one, so that no more than one patch's new files are staged at once.
    pub(super) async fn run_patches(&mut self, findings: Findings, hops: &[Hop]) -> Result<(), Error> {
        let Some(mut installed) = findings.installed else { return Ok(()) };
        if findings.survey.damaged > 0 {
            let repair = self.survey(&installed, self.is_damaged()).await?;
            self.run_pieces(&installed, &repair).await?;
        }
        let as_copies = findings.survey.links.as_copies;
        for hop in hops {
            // The planner takes patches only between builds whose manifests it has.
            let to = self.manifests.get(&hop.to).unwrap_or(&self.goal.wanted).clone();
            self.run_hop(&installed, &to, hop, as_copies).await?;
            installed = to;
        }
        Ok(())
    }

    async fn run_hop(
        &mut self,
        from: &VerifiedManifest,
        to: &VerifiedManifest,
        hop: &Hop,
        as_copies: bool,
    ) -> Result<(), Error> {
        let from_size = hop.patch_from;
        let copied = if as_copies { copied_files(to) } else { BTreeSet::new() };
        let in_place = Box::new(move |path: &RelPath, size| size >= from_size && !copied.contains(path));
        let origins = self.stage_by_patch(hop.blob, (from, to), in_place).await?;
        let (at, old, new, stop) = (self.folder.clone(), from.clone(), to.clone(), self.stop.clone());
        let found = blocking(move || survey(&at, Some(&old), &new, false, &stop, &mut |_| {})).await?;
        self.commit(to, Some(from), &found, &origins).await
    }

    /// Fetches a patch, unless it is here.
    pub(super) async fn fetch_patch(&mut self, game: &Slug, blob: BlobId) -> Result<(), Error> {
        let patches = self.tools.patches.clone();
        if patches.open(game, blob).is_some() {
            return Ok(());
        }
        self.enter(Phase::Downloading);
        let incoming = patches.begin(game, blob).map_err(InstallError::Disk)?;
        let (partial, sink) = (incoming.partial.clone(), incoming.sink.clone());
        let order = Order { game, want: None, is_replaceable: true, partial, sink };
        let held = self.transfer(order, blob.size).await?;
        patches.finish(game, incoming, held).map_err(InstallError::Disk)?;
        Ok(())
    }

    /// Fetches a patch, unless it is here, and stages what it makes of the files of `from`. Tells where each file of
    /// the new build comes from. `in_place` is as in [`ApplyOptions`].
    pub(super) async fn stage_by_patch(
        &mut self,
        blob: BlobId,
        (from, to): (&Manifest, &VerifiedManifest),
        in_place: InPlace,
    ) -> Result<Vec<Origin>, Error> {
        let (game, patches) = (&to.game, self.tools.patches.clone());
        self.fetch_patch(game, blob).await?;
        let open = || patches.open(game, blob).ok_or(InstallError::Disk(io::ErrorKind::NotFound.into()));
        let patch = (open()?, open()?);
        self.enter(Phase::Patching);
        let (at, stop, mut watch) = (self.folder.clone(), self.stop.clone(), self.tools.events.disk(game));
        let (old, new) = (from.clone(), to.clone());
        let staged = blocking(move || stage(&at, patch, (&old, &new), &*in_place, &stop, &mut watch)).await;
        if let Err(error) = &staged {
            if matches!(error, InstallError::Patch(ApplyError::WrongBase { .. })) {
                // Files changed without their times showing it: the next survey reads everything.
                self.ledger.state.doubt();
            } else if matches!(error, InstallError::Patch(_)) && error.another_route_may_do() {
                patches.discard(game, &blob.hash);
            }
        }
        Ok(staged?)
    }
}

/// Stages what a patch, given twice, makes of the folder. Stopped in between it goes on from its last checkpoint.
fn stage(
    folder: &GameFolder,
    (patch, again): (File, File),
    (old, new): (&Manifest, &VerifiedManifest),
    in_place: &InPlaceFn,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Origin>, InstallError> {
    // What pieces have filled before is overwritten.
    remove_tree(&*folder.dir, &control("fetch/plan")).map_err(InstallError::Disk)?;
    let staging = SubDir::new(folder.dir.clone(), &control("staging"));
    check_room(folder, again, in_place)?;
    let mut watch = |p: Progress| {
        progress(p);
        stop.flow()
    };
    let reader = PatchReader::open(io::BufReader::new(patch)).map_err(ApplyError::from)?;
    let mut noted = FileCheckpoint { dir: &*folder.dir, path: control(CHECKPOINT) };
    let options = ApplyOptions { in_place, ..ApplyOptions::default() };
    let plan = apply(reader, &*folder.dir, &staging, &mut noted, &options, &mut watch);
    let plan = plan.map_err(|error| match error {
        ApplyError::Cancelled => stop.broken_off().into(),
        error => InstallError::from(error),
    })?;
    let origins = origins(&plan.operations, old, new)?;
    sync_tree(&*folder.dir, &control("staging")).map_err(InstallError::Disk)?;
    Ok(origins)
}

/// Refuses a patch that takes more disk than there is, before anything is staged.
fn check_room(folder: &GameFolder, patch: File, in_place: &InPlaceFn) -> Result<(), InstallError> {
    let reader = PatchReader::open(io::BufReader::new(patch)).map_err(ApplyError::from)?;
    let needed = reader.disk(in_place).map_err(ApplyError::Patch)?;
    let free = folder.dir.space().map_err(InstallError::Disk)?.free;
    // What an earlier run has staged is there already.
    let staged = folder.staged();
    if needed > free.saturating_add(staged) {
        return Err(NoRoom { needed: needed.saturating_sub(staged), free }.into());
    }
    Ok(())
}

/// What a patch's plan means for each file of the new build, checked against the signed manifests.
fn origins(operations: &[Operation], old: &Manifest, new: &Manifest) -> Result<Vec<Origin>, InstallError> {
    let mut origins = vec![Origin::Keep; new.files.len()];
    for operation in operations {
        let (path, origin, right) = match operation {
            Operation::Staged { path, size, hash, .. } => {
                (path, Origin::Fetch, is_file(new, path, *size, hash))
            }
            Operation::Patched { path, size, hash, .. } => {
                (path, Origin::Patch, is_file(new, path, *size, hash))
            }
            Operation::Move { from, to, .. } => {
                let same = old.file(from).zip(new.file(to)).is_some_and(|(a, b)| a.hash == b.hash);
                (to, Origin::Move(from.clone()), same)
            }
            _ => continue,
        };
        let index = new.files.binary_search_by(|f| f.path.cmp(path)).ok().filter(|_| right);
        origins[index.ok_or(InstallError::OtherResult)?] = origin;
    }
    let unchanged = |f: &mist_proto::FileEntry| old.file(&f.path).is_some_and(|o| o.hash == f.hash);
    let complete = new.files.iter().zip(&origins).all(|(f, origin)| *origin != Origin::Keep || unchanged(f));
    if complete { Ok(origins) } else { Err(InstallError::OtherResult) }
}

fn is_file(build: &Manifest, path: &RelPath, size: u64, hash: &Hash) -> bool {
    build.file(path).is_some_and(|f| f.hash == *hash && f.size == size)
}
