//! Where the programs under test are.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, ensure};

/// The path of one of Mist's programs: in the folder that `MIST_PROGRAMS` names, or beside that of the test executable,
/// where cargo puts both.
///
/// # Errors
/// It was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let test = env::current_exe().context("finding the test executable")?;
    let beside = test.parent().and_then(|deps| deps.parent()).map(PathBuf::from);
    let named = env::var_os("MIST_PROGRAMS").map(PathBuf::from);
    let profile = named.or(beside).context("the test executable has no folder")?;
    let path = profile.join(name);
    ensure!(
        path.is_file(),
        "{} is missing: `./dev test` builds the programs before it runs the tests (or run `cargo build --workspace`)",
        path.display()
    );
    Ok(path)
}
