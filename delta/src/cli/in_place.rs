//! `delta apply --in-place`: a folder turns into the next build by itself.

use std::{io, sync::Arc};

use anyhow::{Context, bail};
use mist_delta::{ApplyOptions, Commit, FileCheckpoint, Operation, PatchReader, Plan, apply};
use mist_proto::{Hash, RelPath};
use mist_tree::fs::{Dir, EntryKind, RealDir, SubDir};

use super::{Output, progress::Bar};

/// Ends what an earlier run began to put in place, and tells the id of its patch.
pub(super) fn resume(dir: &RealDir) -> anyhow::Result<Option<Hash>> {
    Commit::resume(dir).with_context(|| {
        format!(
            "an earlier update of {} could not be ended; run the same command again",
            dir.place().display()
        )
    })
}

/// Applies a patch to the folder itself. Returns the disk that this took at its peak, in bytes.
pub(super) fn update(
    patch: PatchReader<impl io::Read>,
    dir: Arc<RealDir>,
    patch_from: u64,
    output: Output,
) -> anyhow::Result<u64> {
    let is_folder = |path: &RelPath| dir.metadata(path).is_ok_and(|meta| meta.kind == EntryKind::Dir);
    if let Some(link) = patch.header().removed_links.iter().find(|link| is_folder(&link.path)) {
        bail!(
            "{} is a link to a folder, which the patch removes, and here a folder stands for it: see that nothing of yours is in \
             it, remove it, and run the same command again; nothing was changed",
            link.path
        );
    }
    let (id, scratch) = (patch.id(), patch.header().scratch);
    let staging = SubDir::new(dir.clone(), &Commit::staging());
    let mut checkpoint = FileCheckpoint { dir: &*dir, path: Commit::checkpoint() };
    let options = ApplyOptions { in_place: &|_, size| size >= patch_from, ..ApplyOptions::default() };
    let bar = Bar::new(output, "applying");
    let plan = apply(patch, &*dir, &staging, &mut checkpoint, &options, &mut |p| bar.show(p))?;
    drop(bar);
    let (staged, growth) = (staged(&plan), growth(&*dir, &plan)?);
    let place = dir.place().display();
    Commit::carry_out(&*dir, id, plan)
        .with_context(|| format!("{place} is half updated; run the same command again to go on"))?;
    // The scratch file is gone before anything is put in place.
    Ok(staged + scratch.max(growth))
}

/// Bytes in staging.
fn staged(plan: &Plan) -> u64 {
    let bytes = plan.operations.iter().map(|o| match o {
        Operation::Staged { size, .. } => *size,
        Operation::Patched { journal, .. } => *journal,
        _ => 0,
    });
    bytes.sum()
}

/// Bytes by which files grow that are patched where they are.
fn growth(dir: &dyn Dir, plan: &Plan) -> io::Result<u64> {
    let mut growth = 0;
    for operation in &plan.operations {
        if let Operation::Patched { path, size, .. } = operation {
            growth += size.saturating_sub(dir.metadata(path)?.len);
        }
    }
    Ok(growth)
}
