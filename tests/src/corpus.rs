//! Real builds of real titles, fetched once by `scripts/corpus`.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// A title of the corpus.
pub struct Title {
    name: String,
    root: PathBuf,
}

/// The title of that name with all of `versions`.
///
/// # Errors
/// A version is missing; the error says how to get it.
pub fn title(name: &str, versions: &[&str]) -> Result<Title> {
    let cache = match env::var_os("XDG_CACHE_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(&env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let root = cache.join("mist/corpus").join(name);
    for version in versions {
        ensure!(
            root.join(version).is_dir(),
            "{} is missing: fetch it with `scripts/corpus {name}`",
            root.join(version).display()
        );
    }
    Ok(Title { name: name.into(), root })
}

impl Title {
    /// Its name, which serves as slug too.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of one version.
    pub fn version(&self, version: &str) -> PathBuf {
        self.root.join(version)
    }
}
