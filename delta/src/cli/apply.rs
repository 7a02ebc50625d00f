//! `delta apply`: into a new folder, or into the old one itself.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use mist_delta::{ApplyOptions, Header, NoCheckpoint, Operation, PatchReader, Plan, apply};
use mist_proto::{ManifestId, RelPath};
use mist_tree::{
    fs::{Dir, RealDir, copy_range},
    scan::contents,
    walk::everything,
};

use super::{
    Output, in_place,
    local::{self, Local},
    progress::Bar,
};

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
    /// Change OLD itself. After an interruption, even a power cut, the same command goes on.
    #[arg(long)]
    in_place: bool,
    /// With --in-place: files of at least this size that keep their path are not made anew beside the old ones. What
    /// changes in them is noted first and written into them last.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = mist_readable::parse_bytes, requires = "in_place")]
    patch_from: u64,
}

pub(super) fn run(args: &ApplyArgs, output: Output) -> anyhow::Result<()> {
    let shown = args.patch.display();
    let file = File::open(&args.patch).with_context(|| format!("cannot open {shown}"))?;
    let patch = PatchReader::open(BufReader::new(file)).with_context(|| format!("cannot read {shown}"))?;
    match &args.out {
        Some(out) => {
            let Header { from, to, .. } = *patch.header();
            let old =
                RealDir::open(&args.old).with_context(|| format!("cannot open {}", args.old.display()))?;
            into_new(patch, &old, out, output)?;
            let verified = local::id(&local::open(out, output)?.manifest) == to;
            // Only if it is not what it should be does it matter whether that could be told.
            let local = !verified && local::id(&local::open(&args.old, output)?.manifest) == from;
            Ends { to, local }.report(out, verified, None, output)
        }
        None => in_place(patch, &args.old, args.patch_from, output),
    }
}

fn in_place(
    patch: PatchReader<impl io::Read>,
    place: &Path,
    patch_from: u64,
    output: Output,
) -> anyhow::Result<()> {
    let dir = RealDir::open(place).with_context(|| format!("cannot open {}", place.display()))?;
    if in_place::resume(&dir)? == Some(patch.id()) {
        return Ends::of(&patch, None).check(place, None, output);
    }
    drop(dir);
    let old = local::open(place, output)?;
    let ends = Ends::of(&patch, Some(&old));
    if local::id(&old.manifest) == ends.to {
        // An earlier run was interrupted after its last step.
        return ends.report(place, true, None, output);
    }
    let disk = in_place::update(patch, old.dir, patch_from, output)?;
    ends.check(place, Some(disk), output)
}

/// What a patch leads from and to.
struct Ends {
    to: ManifestId,
    /// Whether the patch is known to be one between folders, which names manifests that can be computed again; one between
    /// builds of a game does not.
    local: bool,
}

impl Ends {
    fn of(patch: &PatchReader<impl io::Read>, old: Option<&Local>) -> Self {
        let Header { from, to, .. } = *patch.header();
        Self { to, local: old.is_some_and(|old| local::id(&old.manifest) == from) }
    }

    /// Compares what was made with what should be, as far as that can be told, and reports.
    fn check(&self, place: &Path, disk: Option<u64>, output: Output) -> anyhow::Result<()> {
        let verified = local::id(&local::open(place, output)?.manifest) == self.to;
        self.report(place, verified, disk, output)
    }

    fn report(&self, place: &Path, verified: bool, disk: Option<u64>, output: Output) -> anyhow::Result<()> {
        if self.local && !verified {
            bail!("{} is not what the patch should make", place.display());
        }
        let to = self.to;
        output.print(&serde_json::json!({"to": to, "verified": verified, "peak_disk": disk}), || {
            let mut text = format!("{} is {to}", place.display());
            if verified {
                text += ", verified";
            }
            if let Some(disk) = disk {
                text += &format!("; it took {} more on disk at most", mist_readable::bytes(disk));
            }
            text
        })
    }
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
    let kept =
        contents(old, &everything).with_context(|| format!("cannot describe {}", old.place().display()))?;
    let new = RealDir::create(out).with_context(|| format!("cannot create {}", out.display()))?;
    let bar = Bar::new(output, "applying");
    let plan = apply(patch, old, &new, &mut NoCheckpoint, &ApplyOptions::default(), &mut |p| bar.show(p))?;
    let gone = old_paths_named(&plan);
    for f in kept.files.iter().filter(|f| !gone.contains(&f.path)) {
        copy(old, &f.path, &new, &f.path, f.meta.executable)?;
    }
    for d in kept.empty_dirs.iter().filter(|d| !gone.contains(d)) {
        new.create_dir_all(d)?;
    }
    for operation in &plan.operations {
        match operation {
            Operation::Move { from, to, executable } => copy(old, from, &new, to, *executable)?,
            Operation::SetMode { path, executable } => new.set_executable(path, *executable)?,
            Operation::CreateDir { path } => new.create_dir_all(path)?,
            Operation::Staged { .. } | Operation::Delete { .. } | Operation::RemoveDir { .. } => {}
            Operation::Patched { path, .. } => bail!("{path} was to be made whole"),
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
    copy_range(&*source, 0..source.size()?, &*new.create(to)?, 0)?;
    new.set_executable(to, executable)
}
