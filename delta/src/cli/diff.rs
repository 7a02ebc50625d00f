//! `delta diff`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueHint};
use mist_delta::{DiffOptions, Level, Tree, diff};
use mist_readable::{bytes, count};
use mist_tree::fs::RealDir;

use super::{Output, local, progress::Bar};

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The folder that friends have.
    #[arg(value_hint = ValueHint::DirPath)]
    old: PathBuf,
    /// The folder that they shall have.
    #[arg(value_hint = ValueHint::DirPath)]
    new: PathBuf,
    /// Where to write the patch.
    #[arg(short, long, value_hint = ValueHint::FilePath)]
    output: PathBuf,
    /// Memory to use, e.g. 500M or 4GiB.
    #[arg(long, default_value = "1GiB", value_parser = mist_readable::parse_bytes)]
    memory: u64,
    /// Threads to use; all processors by default.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Faster, with a larger patch.
    #[arg(long, conflicts_with = "max")]
    fast: bool,
    /// A smaller patch, however long it takes.
    #[arg(long)]
    max: bool,
}

pub(super) fn run(args: &DiffArgs, output: Output) -> anyhow::Result<()> {
    let old = local::open(&args.old, output)?;
    let new = local::open(&args.new, output)?;
    let level = match (args.fast, args.max) {
        (true, _) => Level::Fast,
        (_, true) => Level::Max,
        _ => Level::Default,
    };
    let mut options = DiffOptions { memory: args.memory, level, ..DiffOptions::default() };
    if let Some(threads) = args.threads {
        options.threads = threads;
    }
    let shown = args.output.display();
    let file = File::create(&args.output).with_context(|| format!("cannot create {shown}"))?;
    let mut out = BufWriter::new(file);
    // Beside the patch: the system's own place for such files may be memory.
    let beside = args.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let scratch =
        tempfile::tempdir_in(beside).with_context(|| format!("cannot write to {}", beside.display()))?;
    let bar = Bar::new(output, "comparing");
    let report = diff(
        Tree { manifest: &old.manifest, dir: &old.dir },
        Tree { manifest: &new.manifest, dir: &new.dir },
        &mut out,
        &RealDir::open(scratch.path())?,
        &options,
        &mut |p| bar.show(p),
    )?;
    drop(bar);
    out.flush().with_context(|| format!("cannot write {shown}"))?;
    output.print(&report, || {
        format!(
            "{}: {} rebuilt ({}: {} copied, of which {} differ, and {} new), {} moved, {} deleted; applying takes {} \
             of memory",
            bytes(report.patch_len),
            count(report.staged_files, "file", "files"),
            bytes(report.staged_len),
            bytes(report.copied_len),
            bytes(report.differing_len),
            bytes(report.literal_len),
            report.moved_files,
            report.deleted_files,
            bytes(report.apply_memory),
        )
    })
}
