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
    /// Memory to use, e.g. 512M or 4G.
    #[arg(long, default_value = "1G", value_parser = parse_size)]
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

fn parse_size(s: &str) -> Result<u64, String> {
    let (digits, unit) = match s.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => s.split_at(at),
        None => (s, ""),
    };
    let shift = match unit.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("use a number with K, M, G or T".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "use a number with K, M, G or T".to_string())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_string())
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
            "{} bytes: {} files rebuilt ({} bytes: {} copied, of which {} differ, and {} new), {} moved, {} deleted; \
             applying takes {} MiB of memory",
            report.patch_len,
            report.staged_files,
            report.staged_len,
            report.copied_len,
            report.differing_len,
            report.literal_len,
            report.moved_files,
            report.deleted_files,
            report.apply_memory.div_ceil(1 << 20),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("512M"), Ok(512 << 20));
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        assert_eq!(parse_size("77"), Ok(77));
        for bad in ["", "M", "1X", "99999999999T", "-1"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
