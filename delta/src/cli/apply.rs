//! `delta apply`: into a new folder, or in place.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use mist_delta::{ApplyOptions, FileCheckpoint, NoCheckpoint, Operation, PatchReader, Plan, apply};
use mist_proto::RelPath;
use mist_tree::{
    fs::{ControlPath, Dir, RealDir, SubDir},
    walk::{everything, walk},
};

use super::{Output, local, progress::Bar};

#[derive(Args)]
pub(super) struct ApplyArgs {
    /// The patch.
    #[arg(value_hint = ValueHint::FilePath)]
    patch: PathBuf,
    /// The folder that the patch was made from.
    #[arg(value_hint = ValueHint::DirPath)]
    old: PathBuf,
    /// The folder to make; it must not exist, or be empty.
    #[arg(value_hint = ValueHint::DirPath, required_unless_present = "in_place", conflicts_with = "in_place")]
    out: Option<PathBuf>,
    /// Change OLD itself. An interruption while files are put in place leaves a mixture.
    #[arg(long)]
    in_place: bool,
}

pub(super) fn run(args: &ApplyArgs, output: Output) -> anyhow::Result<()> {
    let shown = args.patch.display();
    let file = File::open(&args.patch).with_context(|| format!("cannot open {shown}"))?;
    let patch = PatchReader::open(BufReader::new(file)).with_context(|| format!("cannot read {shown}"))?;
    let to = patch.header().to;
    let from = patch.header().from;
    let local_from = local::open(&args.old, output)?;
    let place = match &args.out {
        Some(out) => {
            into_new(patch, &local_from.dir, out, output)?;
            out
        }
        None => {
            in_place(patch, &args.old, output)?;
            &args.old
        }
    };
    // A patch between folders names manifests that can be computed again; one between builds of a game does not.
    let verified = local::id(&local_from.manifest) == from;
    if verified && local::id(&local::open(place, output)?.manifest) != to {
        bail!("{} is not what the patch should make", place.display());
    }
    output.print(&serde_json::json!({"to": to, "verified": verified}), || {
        format!("{} is {}{}", place.display(), to, if verified { ", verified" } else { "" })
    })
}

fn into_new(
    patch: PatchReader<impl io::Read>,
    old: &RealDir,
    out: &Path,
    output: Output,
) -> anyhow::Result<()> {
    if std::fs::read_dir(out).is_ok_and(|mut d| d.next().is_some()) {
        bail!("{} is not empty", out.display());
    }
    let new = RealDir::create(out).with_context(|| format!("cannot create {}", out.display()))?;
    let bar = Bar::new(output, "applying");
    let plan = apply(patch, old, &new, &mut NoCheckpoint, &ApplyOptions::default(), &mut |p| bar.show(p))?;
    let gone = old_paths_named(&plan);
    let walked = walk(old, &everything)?;
    for f in walked.files.iter().filter(|f| !gone.contains(&f.path)) {
        copy(old, &f.path, &new, &f.path, f.meta.executable)?;
    }
    for d in walked.empty_dirs.iter().filter(|d| !gone.contains(d)) {
        new.create_dir_all(d)?;
    }
    for operation in &plan.operations {
        match operation {
            Operation::Move { from, to, executable } => copy(old, from, &new, to, *executable)?,
            Operation::SetMode { path, executable } => new.set_executable(path, *executable)?,
            Operation::CreateDir { path } => new.create_dir_all(path)?,
            Operation::Staged { .. } | Operation::Delete { .. } | Operation::RemoveDir { .. } => {}
        }
    }
    Ok(())
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
    let source = old.open(from)?;
    let target = new.create(to)?;
    let mut buf = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let n = source.read_at(&mut buf, at)?;
        if n == 0 {
            break;
        }
        target.write_all_at(&buf[..n], at)?;
        at += n as u64;
    }
    new.set_executable(to, executable)
}

fn in_place(patch: PatchReader<impl io::Read>, place: &Path, output: Output) -> anyhow::Result<()> {
    let dir = Arc::new(RealDir::open(place).with_context(|| format!("cannot open {}", place.display()))?);
    let staging_path = ControlPath::new("staging")?;
    let staging = SubDir::new(dir.clone(), &staging_path);
    let mut checkpoint = FileCheckpoint { dir: &*dir, path: ControlPath::new("checkpoint")? };
    let bar = Bar::new(output, "applying");
    let plan =
        apply(patch, &*dir, &staging, &mut checkpoint, &ApplyOptions::default(), &mut |p| bar.show(p))?;
    let mut left = Vec::new();
    for operation in &plan.operations {
        match operation {
            Operation::Delete { path } => {
                dir.remove_file(path)?;
                left.push(path);
            }
            Operation::RemoveDir { path } => {
                remove_dir_if_empty(&*dir, path)?;
                left.push(path);
            }
            Operation::Move { from, to, executable } => {
                dir.rename(from, to)?;
                dir.set_executable(to, *executable)?;
                left.push(from);
            }
            Operation::Staged { path, .. } => {
                remove_empty_parents(&*dir, &mut left)?;
                dir.rename(&staging_path.join(path), path)?;
            }
            Operation::SetMode { path, executable } => dir.set_executable(path, *executable)?,
            Operation::CreateDir { path } => dir.create_dir_all(path)?,
        }
    }
    remove_empty_parents(&*dir, &mut left)?;
    std::fs::remove_dir_all(place.join(".mist/staging"))
        .or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    dir.remove_file(&ControlPath::new("checkpoint")?)?;
    remove_dir_if_empty(&*dir, &ControlPath::root())?;
    Ok(())
}

/// Folders that lost their last file go too.
fn remove_empty_parents(dir: &dyn Dir, left: &mut Vec<&RelPath>) -> io::Result<()> {
    for path in left.drain(..) {
        let mut at = path.parent();
        while let Some(parent) = at {
            if !is_empty_dir(dir, &parent)? {
                break;
            }
            dir.remove_dir(&parent)?;
            at = parent.parent();
        }
    }
    Ok(())
}

fn is_empty_dir(dir: &dyn Dir, path: &dyn mist_tree::fs::TreePath) -> io::Result<bool> {
    match dir.read_dir(path) {
        Ok(entries) => Ok(entries.is_empty()),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(e) => Err(e),
    }
}

fn remove_dir_if_empty(dir: &dyn Dir, path: &dyn mist_tree::fs::TreePath) -> io::Result<()> {
    if is_empty_dir(dir, path)? { dir.remove_dir(path) } else { Ok(()) }
}
