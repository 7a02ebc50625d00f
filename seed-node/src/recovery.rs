//! What a start, or the return of the store, has to put in order.

use std::{io, time::Duration};

use mist_proto::{RelPath, Slug, UnixMillis, Version};
use mist_tree::fs::{Dir, EntryKind, clear_folder, remove_tree};

use crate::{cache::ArchiveCache, catalogue::Catalogue, store::layout};

/// A push that nobody went on with for so long is removed.
const UPLOAD_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Removes what a crash left unfinished. Only for the start: later, running jobs use `tmp/`.
///
/// # Errors
/// What the system reports.
pub(crate) fn sweep(dir: &dyn Dir, now: UnixMillis) -> io::Result<()> {
    clear_folder(dir, &layout::tmp())?;
    for game in folders(dir, &layout::games())? {
        let Ok(game) = game.parse::<Slug>() else { continue };
        let builds = folders(dir, &layout::builds(&game))?;
        let has = |version: &Version| builds.iter().any(|name| name == version.as_str());
        for name in folders(dir, &layout::depots(&game))? {
            if let Ok(version) = name.parse::<Version>()
                && !has(&version)
            {
                tracing::info!(%game, %version, "removing a depot that never became a build");
                remove_tree(dir, &layout::depot(&game, &version))?;
            }
        }
        for name in folders(dir, &layout::patches(&game))? {
            if let Some((from, to)) = layout::versions_of_patch(&name)
                && !(has(&from) && has(&to))
            {
                tracing::info!(%game, patch = name, "removing a patch of a build that is gone");
                remove_tree(dir, &layout::patch(&game, &from, &to))?;
            }
        }
        for name in folders(dir, &layout::jumps(&game))? {
            if let Some((folder_signature, to)) = layout::ends_of_jump(&name)
                && !has(&to)
            {
                tracing::info!(%game, jump = name, "removing a jump patch to a build that is gone");
                remove_tree(dir, &layout::jump(&game, &folder_signature, &to))?;
            }
        }
    }
    remove_old_uploads(dir, now)
}

/// Reads what the store holds.
///
/// # Errors
/// What the system reports.
pub(crate) fn load(dir: &dyn Dir, catalogue: &Catalogue, cache: &ArchiveCache) -> io::Result<()> {
    cache.load(dir)?;
    catalogue.load(dir)
}

fn remove_old_uploads(dir: &dyn Dir, now: UnixMillis) -> io::Result<()> {
    let life = i64::try_from(UPLOAD_LIFE.as_millis()).unwrap_or(i64::MAX);
    for game in folders(dir, &layout::uploads())? {
        let Ok(game) = game.parse::<Slug>() else { continue };
        for push in folders(dir, &layout::uploads_of(&game))? {
            let Ok(push) = push.parse() else { continue };
            let path = layout::upload(&game, &push);
            // Every part that comes makes a new name in the folder, which changes its time.
            let touched = UnixMillis(dir.metadata(&path)?.modified_ns / 1_000_000);
            if now.since(touched) > life {
                tracing::info!(%game, %push, "removing an upload that nobody went on with");
                remove_tree(dir, &path)?;
            }
        }
    }
    Ok(())
}

/// Names of the folders at `path`; none if it is missing.
pub(crate) fn folders(dir: &dyn Dir, path: &RelPath) -> io::Result<Vec<String>> {
    let entries = match dir.read_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let folders = entries.into_iter().filter(|entry| entry.kind == EntryKind::Dir);
    Ok(folders.filter_map(|entry| entry.name.into_string().ok()).collect())
}
