//! Where the programs under test are.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};

/// The path of one of Mist's programs: in the folder that `MIST_PROGRAMS` names, or else where cargo puts them, which is
/// beside this program, or above it if it is a test.
///
/// # Errors
/// It was not built.
pub fn program(name: &str) -> Result<PathBuf> {
    let this = env::current_exe().context("finding this program")?;
    let places = match env::var_os("MIST_PROGRAMS") {
        Some(named) => vec![PathBuf::from(named)],
        None => this.ancestors().skip(1).take(2).map(PathBuf::from).collect(),
    };
    let found = places.iter().map(|place| place.join(name)).find(|path| path.is_file());
    found.with_context(|| {
        format!(
            "{name} is in none of {places:?}: `./dev test` builds the programs before it runs the tests (or run `cargo build --workspace`)"
        )
    })
}
