//! Figures in a document, and what they depend on.

use std::{env, fs, path::Path, thread};

use anyhow::{Context, Result};

/// Puts `text` into the document at `path`, in the place of what the benchmark `name` put there before: between
/// `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
///
/// # Errors
/// The document can't be read or written, or lacks one of the two.
pub fn put(path: &Path, name: &str, text: &str) -> Result<()> {
    let shown = path.display();
    let document = fs::read_to_string(path).with_context(|| format!("reading {shown}"))?;
    let [begin, end] = ["begin", "end"].map(|which| format!("<!-- {name}: {which} -->"));
    let (before, rest) = document.split_once(&begin).with_context(|| format!("{shown} lacks {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("{shown} lacks {end}"))?;
    fs::write(path, format!("{before}{begin}\n{text}{end}{after}"))?;
    Ok(())
}

/// [`put`], if the first argument after `--write` names a document.
///
/// # Errors
/// See there.
pub fn put_if_asked(name: &str, text: &str) -> Result<()> {
    let path = env::args().skip_while(|argument| argument != "--write").nth(1);
    path.map_or(Ok(()), |path| put(Path::new(&path), name, text))
}

/// The facts of this machine that figures depend on.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split(':').nth(1));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{}, {cores} cores, Linux {}", model.unwrap_or("unknown processor").trim(), kernel.trim())
}
