//! Updating by direct patches, one after another.

use std::{fs::File, io, ops::ControlFlow};

use mist_delta::{ApplyError, ApplyOptions, FileCheckpoint, Operation, PatchReader, apply};
use mist_proto::{BlobId, Hash, Manifest, RelPath, VerifiedManifest};
use mist_tree::{
    fs::{SubDir, remove_tree},
    progress::Progress,
};

use super::{
    Engine, Goal, InstallError,
    engine::{Outlook, blocking},
    journal::sync_tree,
    ledger::Ledger,
    plan::{Hop, NoRoom},
    reuse::Origin,
    survey::survey,
};
use crate::{
    error::Error,
    events::{Event, Phase},
    folder::{Condition, GameFolder, control},
    swarm::Order,
};

/// Whether a file may be patched where it is.
type InPlaceFn = dyn Fn(&RelPath, u64) -> bool + Send;
pub(super) type InPlace = Box<InPlaceFn>;

/// Where a patch's progress is noted, under `.mist/`.
const CHECKPOINT: &str = "fetch/patch";

impl Engine<'_> {
    /// Makes the folder exactly the installed build, which patches need, and applies them in order. Each is committed
    /// before the next one, so that no more than one patch's new files are staged at once.
    pub(super) async fn by_patches(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        ledger: &mut Ledger<'_>,
        outlook: Outlook,
        hops: &[Hop],
    ) -> Result<(), Error> {
        let Some(mut installed) = outlook.installed else { return Ok(()) };
        if outlook.survey.damaged > 0 {
            let thorough = ledger.state.condition == Condition::Damaged;
            let heal = self.look(folder, &installed, ledger, thorough).await?;
            self.by_pieces(folder, &installed, ledger, &heal).await?;
        }
        for hop in hops {
            let build = goal.builds.iter().find(|b| b.manifest_id == hop.to);
            let to = match build {
                Some(build) => {
                    self.catalogue.manifest(self.account, self.pins, &goal.wanted.game, build).await?
                }
                None => goal.wanted.clone(),
            };
            self.hop(folder, ledger, &installed, &to, hop).await?;
            installed = to;
        }
        Ok(())
    }

    async fn hop(
        &self,
        folder: &GameFolder,
        ledger: &mut Ledger<'_>,
        from: &VerifiedManifest,
        to: &VerifiedManifest,
        hop: &Hop,
    ) -> Result<(), Error> {
        let from_size = hop.patch_from;
        let in_place = Box::new(move |_: &RelPath, size| size >= from_size);
        let origins = self.stage_by_patch(folder, ledger, hop.blob, (from, to), in_place).await?;
        let (at, old, new) = (folder.clone(), from.clone(), to.clone());
        let found = blocking(move || survey(&at, Some(&old), &new, false, &mut |_| {})).await?;
        self.commit(folder, to, ledger, Some(from), &found, &origins).await
    }

    /// Fetches a patch, unless it is here, and stages what it makes of the files of `from`. Tells where each file of
    /// the new build comes from. `in_place` is as in [`ApplyOptions`].
    pub(super) async fn stage_by_patch(
        &self,
        folder: &GameFolder,
        ledger: &mut Ledger<'_>,
        blob: BlobId,
        (from, to): (&Manifest, &VerifiedManifest),
        in_place: InPlace,
    ) -> Result<Vec<Origin>, Error> {
        let game = &to.game;
        if self.patches.open(game, blob).is_none() {
            self.events.phase(game, Phase::Downloading);
            let incoming = self.patches.begin(game, blob).map_err(InstallError::Disk)?;
            let (partial, sink) = (incoming.partial.clone(), incoming.sink.clone());
            self.transfer(ledger, Order { game, want: None, partial, sink }, blob.size).await?;
            self.patches.finish(game, incoming).map_err(InstallError::Disk)?;
        }
        let open = || self.patches.open(game, blob).ok_or(InstallError::Disk(io::ErrorKind::NotFound.into()));
        let (patch, again) = (open()?, open()?);
        self.events.phase(game, Phase::Patching);
        let (at, old, new, events) = (folder.clone(), from.clone(), to.clone(), self.events.clone());
        let staged: Result<_, InstallError> = blocking(move || {
            // What pieces have filled before is overwritten.
            remove_tree(&*at.dir, &control("fetch/plan")).map_err(InstallError::Disk)?;
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            check_room(&at, again, &*in_place)?;
            let mut watch = |p: Progress| {
                events.send(Event::Disk { game: new.game.clone(), done: p.done, total: p.total });
                ControlFlow::Continue(())
            };
            let reader = PatchReader::open(io::BufReader::new(patch)).map_err(ApplyError::from)?;
            let mut noted = FileCheckpoint { dir: &*at.dir, path: control(CHECKPOINT) };
            let options = ApplyOptions { in_place: &*in_place, ..ApplyOptions::default() };
            let plan = apply(reader, &*at.dir, &staging, &mut noted, &options, &mut watch)?;
            let origins = origins(&plan.operations, &old, &new)?;
            sync_tree(&*at.dir, &control("staging")).map_err(InstallError::Disk)?;
            Ok(origins)
        })
        .await;
        if let Err(error) = &staged {
            if matches!(error, InstallError::Patch(ApplyError::WrongBase { .. })) {
                // Files changed without their times showing it: the next look reads everything.
                ledger.state.condition = Condition::Damaged;
            } else if matches!(error, InstallError::Patch(_)) && error.another_route_may_do() {
                self.patches.discard(game, &blob.hash);
            }
        }
        Ok(staged?)
    }
}

/// Refuses a patch that takes more disk than there is, before anything is staged.
fn check_room(folder: &GameFolder, patch: File, in_place: &InPlaceFn) -> Result<(), InstallError> {
    let reader = PatchReader::open(io::BufReader::new(patch)).map_err(ApplyError::from)?;
    let needed = reader.disk(in_place).map_err(ApplyError::Patch)?;
    let free = folder.dir.space().map_err(InstallError::Disk)?.free;
    // What an earlier run has staged is there already.
    let staged = folder.staged()?;
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
