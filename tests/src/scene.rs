//! What one test owns: a scratch folder, and the logs to show when it fails.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::last_lines;

/// Set to keep the scratch folders of failed tests.
const KEEP: &str = "MIST_TEST_KEEP";

/// The scratch folder of one test.
pub struct Scene {
    dir: TempDir,
}

impl Scene {
    /// Runs a test. If it fails, the error carries the last lines of every log, and with `MIST_TEST_KEEP` set the
    /// folder stays.
    ///
    /// # Errors
    /// Those of `test`.
    pub fn play(test: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        let mut scene = Self { dir: TempDir::with_prefix("mist-test-").context("making a scratch folder")? };
        let result = test(&scene);
        if result.is_ok() {
            return Ok(());
        }
        let logs = scene.last_words();
        if env::var_os(KEEP).is_some() {
            scene.dir.disable_cleanup(true);
            eprintln!("kept {}", scene.dir.path().display());
        }
        result.with_context(|| logs)
    }

    /// Runs a test whose folder stays if it fails; the error says where it is.
    ///
    /// # Errors
    /// Those of `test`.
    pub fn play_and_keep(test: impl FnOnce(&Self) -> Result<()>) -> Result<()> {
        let mut scene =
            Self { dir: TempDir::with_prefix("mist-torture-").context("making a scratch folder")? };
        test(&scene).map_err(|error| {
            scene.dir.disable_cleanup(true);
            error.context(format!("everything of it is in {}", scene.dir.path().display()))
        })
    }

    /// A folder of that name in the scratch folder, made if it is not there.
    ///
    /// # Errors
    /// It can't be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.dir.path().join(name);
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(path)
    }

    /// A path in the scratch folder at which nothing is made.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where processes write what they say.
    pub fn logs(&self) -> PathBuf {
        self.dir.path().join("logs")
    }

    fn last_words(&self) -> String {
        let mut files = fs::read_dir(self.logs())
            .map(|dir| dir.flatten().map(|e| e.path()).collect::<Vec<_>>())
            .unwrap_or_default();
        files.sort();
        let shown = files.iter().filter_map(|path| section(path)).collect::<Vec<_>>();
        format!("the last lines of every process:\n{}", shown.join("\n"))
    }
}

fn section(path: &Path) -> Option<String> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    let name = path.file_name()?.to_string_lossy();
    (!text.trim().is_empty()).then(|| format!("--- {name}\n{}", last_lines(&text)))
}
