//! The swap: what is staged is renamed into its place, file by file. Each program is one file, so that whoever starts it meanwhile
//! starts the old one or the new one; a mark says that all of the new version is here, and whoever starts next ends what was begun.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    program::{Program, RELEASE},
    unpack::files,
};
use crate::home::{sync_dir, write_file};

fn mark(program: &Program) -> PathBuf {
    program.staging().join("ready")
}

/// Says that what is staged is whole. From here on it takes the program's place.
pub(super) fn begin(program: &Program) -> io::Result<()> {
    write_file(&mark(program), b"", false).map_err(|e| e.source)
}

/// Renames all that is staged. May be broken off anywhere, and be done by two processes at once.
pub(super) fn end(program: &Program) -> io::Result<()> {
    let staged = program.staging().join("staged");
    let mut names = files(&staged)?;
    // Programs after what they read; last what the folder says of its version.
    names.sort_by_key(|name| (name == Path::new(RELEASE), name.starts_with("bin")));
    for name in &names {
        let (from, to) = (staged.join(name), program.root.join(name));
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        match replace(&from, &to) {
            // Another process did it.
            Err(e) if e.kind() == io::ErrorKind::NotFound && !from.exists() => {}
            renamed => renamed?,
        }
    }
    let folders: BTreeSet<PathBuf> =
        names.iter().filter_map(|name| Some(program.root.join(name.parent()?))).collect();
    folders.iter().try_for_each(|folder| sync_dir(folder))?;
    gone(fs::remove_file(mark(program)))?;
    gone(fs::remove_dir_all(program.staging()))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Puts a file into the place of another one, which may be running.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    // Windows lets a program that runs be renamed, and not be replaced.
    #[cfg(windows)]
    if to.exists() {
        let aside = to.with_extension("old");
        gone(fs::remove_file(&aside))?;
        fs::rename(to, aside)?;
    }
    fs::rename(from, to)
}

/// Ends a swap that was begun and broken off. True if there was one: the program on the disk is another one then than the one that
/// runs.
///
/// # Errors
/// If it can't be ended; what runs goes on.
pub(super) fn finish(program: &Program) -> io::Result<bool> {
    if !mark(program).try_exists()? {
        return Ok(false);
    }
    end(program)?;
    Ok(true)
}
