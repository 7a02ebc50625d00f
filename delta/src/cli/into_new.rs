//! `delta apply` into a new folder.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use mist_delta::{ApplyOptions, NoCheckpoint, Operation, PatchReader, Plan, apply};
use mist_proto::{LinkEntry, RelPath};
use mist_tree::{
    fs::{ControlPath, Dir, EntryKind, RealDir, copy_range},
    links,
    list::survey,
    walk::{Found, Step, everything, steps},
};

use super::{Output, progress::Bar};

/// Makes the folder `out` of the folder `old` and a patch. What can't be copied of the old one is refused before anything
/// is made.
pub(super) fn make(
    patch: PatchReader<impl io::Read>,
    old: &RealDir,
    out: &Path,
    output: Output,
) -> anyhow::Result<RealDir> {
    if std::fs::read_dir(out).is_ok_and(|mut d| d.next().is_some()) {
        bail!("{} is not empty", out.display());
    }
    survey(old, &everything).with_context(|| format!("cannot describe {}", old.place().display()))?;
    let new = RealDir::create(out).with_context(|| format!("cannot create {}", out.display()))?;
    let bar = Bar::new(output, "applying");
    let plan = apply(patch, old, &new, &mut NoCheckpoint, &ApplyOptions::default(), &mut |p| bar.show(p))?;
    let mut made = copy_kept(old, &new, &plan)?;
    for operation in &plan.operations {
        match operation {
            Operation::Move { from, to, executable } => copy(old, from, &new, to, *executable)?,
            Operation::SetMode { path, executable } => new.set_executable(path, *executable)?,
            Operation::CreateDir { path } => new.create_dir_all(path)?,
            Operation::Link { link } => made.push(link.clone()),
            Operation::Staged { .. }
            | Operation::Delete { .. }
            | Operation::RemoveDir { .. }
            | Operation::RemoveLink { .. } => {}
            Operation::Patched { path, .. } => bail!("{path} was to be made whole"),
        }
    }
    if !made.is_empty() {
        made.sort_by(|a, b| a.path.cmp(&b.path));
        // Where the disk has no links, copies stand for them.
        links::put(&new, &beside(), &made)?;
        new.remove_dir(&ControlPath::root())?;
    }
    Ok(new)
}

/// Where each link is made before it gets its name.
fn beside() -> ControlPath {
    ControlPath::new("link").expect("a path")
}

/// Copies what the plan does not name, as it is met: no list of it is held, but for links, which are still to be made.
fn copy_kept(old: &RealDir, new: &RealDir, plan: &Plan) -> anyhow::Result<Vec<LinkEntry>> {
    let mut kept = Vec::new();
    let gone = old_paths_named(plan);
    let links = links_named(plan);
    let inside = new_inside_old(old, new);
    // What stands for a link is made anew of what it leads to.
    let ignore = |path: &str, kind| {
        links.contains(path) || kind == EntryKind::Dir && inside.as_deref() == Some(Path::new(path))
    };
    for step in steps(old, &ignore)? {
        match step? {
            Step::File(Found { path, meta }) if !gone.contains(&path) => {
                copy(old, &path, new, &path, meta.executable)?;
            }
            Step::EmptyDir(path) if !gone.contains(&path) => new.create_dir_all(&path)?,
            Step::File(_) | Step::EmptyDir(_) => {}
            // The patch names every link of both trees: it is somebody's own.
            Step::Link(link) => kept.push(link),
            Step::Refused(refused) => bail!(refused),
        }
    }
    Ok(kept)
}

/// The places of links, in the old tree and in the new one.
fn links_named(plan: &Plan) -> HashSet<&str> {
    let link = |operation| match operation {
        &Operation::Link { ref link } | &Operation::RemoveLink { ref link } => Some(link.path.as_str()),
        _ => None,
    };
    plan.operations.iter().filter_map(link).collect()
}

/// Where the new folder lies in the old one, if it does: it is not part of that.
fn new_inside_old(old: &RealDir, new: &RealDir) -> Option<PathBuf> {
    let (old, new) = (old.place().canonicalize().ok()?, new.place().canonicalize().ok()?);
    new.strip_prefix(old).ok().map(Path::to_path_buf)
}

/// Paths of the old tree that are not simply kept.
fn old_paths_named(plan: &Plan) -> HashSet<&RelPath> {
    plan.operations
        .iter()
        .filter_map(|o| match o {
            Operation::Delete { path } | Operation::RemoveDir { path } | Operation::Staged { path, .. } => {
                Some(path)
            }
            Operation::Move { from, .. } => Some(from),
            _ => None,
        })
        .collect()
}

fn copy(old: &dyn Dir, from: &RelPath, new: &dyn Dir, to: &RelPath, executable: bool) -> io::Result<()> {
    let (source, made) = (old.open(from)?, new.create(to)?);
    copy_range(&*source, 0..source.size()?, &*made, 0)?;
    made.set_executable(executable)
}
