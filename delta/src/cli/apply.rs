//! `delta apply`: into a new folder, or into the old one itself.

use std::{
    fs::File,
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use mist_delta::{Header, PatchReader};
use mist_proto::{LinkEntry, ManifestId};
use mist_tree::fs::RealDir;

use super::{Output, in_place, into_new, local};

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
    let old = local::folder(&args.old)?;
    match &args.out {
        Some(out) => {
            let Header { from, to, .. } = *patch.header();
            let links = every_link(patch.header());
            let new = into_new::make(patch, &old, out, output)?;
            let verified = local::id_of(&new, &links, output)? == to;
            // Only if it is not what it should be does it matter whether that could be told.
            let local = !verified && local::id_of(&old, &links, output)? == from;
            Ends { to, links, local }.report(out, verified, None, output)
        }
        None => in_place(patch, old, args.patch_from, output),
    }
}

fn in_place(
    patch: PatchReader<impl io::Read>,
    dir: RealDir,
    patch_from: u64,
    output: Output,
) -> anyhow::Result<()> {
    let Header { from, to, .. } = *patch.header();
    let links = every_link(patch.header());
    if in_place::resume(&dir)? == Some(patch.id()) {
        return Ends { to, links, local: false }.check(&dir, None, output);
    }
    let old = local::id_beside_others(&dir, &links, output)?;
    let ends = Ends { to, links, local: old == Some(from) };
    if old == Some(to) {
        // An earlier run was interrupted after its last step.
        return ends.report(dir.place(), true, None, output);
    }
    let dir = Arc::new(dir);
    let disk = in_place::update(patch, dir.clone(), patch_from, output)?;
    ends.check(&dir, Some(disk), output)
}

/// The links of both trees, as far as the patch knows them.
fn every_link(header: &Header) -> Vec<LinkEntry> {
    let mut links: Vec<_> = header.links.iter().chain(&header.removed_links).cloned().collect();
    links.sort_by(|a, b| a.path.cmp(&b.path));
    links
}

/// What a patch leads from and to.
struct Ends {
    to: ManifestId,
    /// Links of both trees, for which copies may stand.
    links: Vec<LinkEntry>,
    /// Whether the patch is known to be one between folders, which names manifests that can be computed again; one between
    /// builds of a game does not.
    local: bool,
}

impl Ends {
    /// Compares what was made with what should be, as far as that can be told, and reports.
    fn check(&self, dir: &RealDir, disk: Option<u64>, output: Output) -> anyhow::Result<()> {
        let verified = local::id_beside_others(dir, &self.links, output)? == Some(self.to);
        self.report(dir.place(), verified, disk, output)
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
