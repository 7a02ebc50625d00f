//! Starting anew by the file that is in the program's place now.

use std::{ffi::OsString, io, path::Path, path::PathBuf, process::Command};

use super::{Program, finish};

/// The file of the program that runs, for as long as it runs: one that was replaced has no name any more. To be called before anything
/// else: an update that was broken off is ended first, and this process becomes the new version then.
pub fn begin() -> Option<PathBuf> {
    let exe = std::env::current_exe().ok()?;
    let finished = Program::of(&exe).ok().map(|program| finish(&program));
    match finished {
        Some(Ok(true)) => {
            let error = start_anew(&exe, std::env::args_os().skip(1));
            tracing::warn!(%error, "Mist was updated, and this is the version before");
        }
        Some(Err(error)) => tracing::warn!(%error, "an update of Mist can't be ended"),
        Some(Ok(false)) | None => {}
    }
    Some(exe)
}

/// Becomes the program that is at `exe` now. Comes back only if that can't be.
pub fn start_anew(exe: &Path, args: impl Iterator<Item = OsString>) -> io::Error {
    let mut new = Command::new(exe);
    new.args(args);
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(&mut new);
    #[cfg(not(unix))]
    match new.status() {
        // As if it had been this process all along.
        Ok(ended) => std::process::exit(ended.code().unwrap_or(1)),
        Err(error) => error,
    }
}
