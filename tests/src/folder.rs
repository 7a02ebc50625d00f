//! Comparing what is on disk.

use std::{collections::BTreeMap, fs::File, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

/// The one folder in a game's folder that is Mist's own.
const CONTROL_FOLDER: &str = ".mist";

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file: its size, whether it may be run, the hash of its bytes.
    File {
        /// Bytes.
        size: u64,
        /// Whether its owner may run it.
        executable: bool,
        /// BLAKE3 of its content.
        hash: blake3::Hash,
    },
    /// A folder without anything in it.
    EmptyFolder,
    /// A symbolic link, and what it says.
    Link(std::path::PathBuf),
}

/// Everything below `root` by its path, without Mist's control folder.
///
/// # Errors
/// Something can't be read, or is neither file nor link nor folder.
pub fn listing(root: &Path) -> Result<BTreeMap<String, Entry>> {
    let mut found = BTreeMap::new();
    let walk = WalkDir::new(root).min_depth(1).into_iter();
    for entry in walk.filter_entry(|e| !(e.depth() == 1 && e.file_name() == CONTROL_FOLDER)) {
        let entry = entry?;
        let path = entry.path();
        let name = path.strip_prefix(root)?.to_str().context("a path that is not UTF-8")?.to_owned();
        if entry.file_type().is_dir() {
            if std::fs::read_dir(path)?.next().is_none() {
                found.insert(name, Entry::EmptyFolder);
            }
            continue;
        }
        if entry.file_type().is_symlink() {
            found.insert(name, Entry::Link(std::fs::read_link(path)?));
            continue;
        }
        ensure!(entry.file_type().is_file(), "{} is neither file nor folder", path.display());
        let meta = entry.metadata()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(path).with_context(|| format!("opening {}", path.display()))?)?;
        let executable = meta.permissions().mode() & 0o100 != 0;
        found.insert(name, Entry::File { size: meta.len(), executable, hash: hasher.finalize() });
    }
    Ok(found)
}

/// Checks that two folders hold the same files (bytes and executable bits), links and empty folders.
///
/// # Errors
/// They do not: with the first differences.
pub fn assert_same_tree(wanted: &Path, found: &Path) -> Result<()> {
    let (left, right) = (listing(wanted)?, listing(found)?);
    let mut differences = vec![];
    for (path, entry) in &left {
        match right.get(path) {
            None => differences.push(format!("{path} is missing")),
            Some(other) if other != entry => differences.push(format!("{path}: {entry:?} became {other:?}")),
            Some(_) => {}
        }
    }
    differences.extend(right.keys().filter(|p| !left.contains_key(*p)).map(|p| format!("{p} is too much")));
    ensure!(
        differences.is_empty(),
        "{} is not {}: {} differences, such as\n{}",
        found.display(),
        wanted.display(),
        differences.len(),
        differences.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
    );
    Ok(())
}
