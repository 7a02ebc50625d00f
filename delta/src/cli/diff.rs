//! `delta diff`.

use std::{
    io::{self, BufWriter},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use mist_command_line::WholeFile;
use mist_delta::{AtHand, DiffOptions, Level, Signature, diff, diff_from_signature};
use mist_readable::{bytes, count};
use mist_tree::fs::{Dir, RealDir};

use super::{Output, local, progress::Bar, scratch::Scratch, signature};

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The folder that friends have, and the one that they shall have; with --signature only the latter.
    #[arg(value_names = ["OLD", "NEW"], num_args = 1..=2, required = true, value_hint = ValueHint::DirPath)]
    folders: Vec<PathBuf>,
    /// What `delta signature` wrote about the folder that a friend has.
    #[arg(long, value_hint = ValueHint::FilePath)]
    signature: Option<PathBuf>,
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

/// What a patch starts from.
enum Old {
    Folder(local::Local),
    Signature(Signature),
}

pub(super) fn run(args: &DiffArgs, output: Output) -> anyhow::Result<()> {
    let (old, new) = match (args.folders.as_slice(), &args.signature) {
        ([old, new], None) => (Old::Folder(local::open(old, output)?), new),
        ([new], Some(file)) => (Old::Signature(signature::read(file)?), new),
        _ => bail!("name OLD and NEW, or NEW with --signature"),
    };
    let new = local::open(new, output)?;
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
    let file = WholeFile::replace(&args.output).with_context(|| format!("cannot create {shown}"))?;
    let mut out = BufWriter::new(file);
    let scratch = Scratch::beside(&args.output)?;
    let bar = Bar::new(output, "comparing");
    let room = RealDir::open(scratch.path())?;
    let mut watch = |p| bar.show(p);
    let report = match &old {
        Old::Folder(old) => diff(old.tree(), new.tree(), &mut out, &room, &options, &mut watch),
        Old::Signature(signature) => {
            // What a friend has already of the new files is here.
            let mut at_hand = AtHand::of(signature.listing());
            at_hand.look_in(&new.manifest, &(new.dir.clone() as Arc<dyn Dir>));
            diff_from_signature(signature, &at_hand, new.tree(), &mut out, &room, &options, &mut watch)
        }
    }?;
    drop(bar);
    let finish = out.into_inner().map_err(io::IntoInnerError::into_error).and_then(WholeFile::finish);
    finish.with_context(|| format!("cannot write {shown}"))?;
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
