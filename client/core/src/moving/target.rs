//! Where a game may be moved to. The decisions are pure; what is on the disk is told.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Why a game can't be moved to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTarget {
    /// The path does not say all of the way.
    Relative,
    /// The folder is there and is not empty.
    Taken,
    /// It is inside the game's own folder.
    Inside,
    /// It is inside the folder of another game, or the other way round.
    OtherGame,
}

impl BadTarget {
    /// A stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Taken => "taken",
            Self::Inside => "inside",
            Self::OtherGame => "other_game",
        }
    }
}

/// The place that a path means, with no link on the way as far as it is there.
///
/// # Errors
/// [`BadTarget::Relative`]; also for a path that goes up again.
pub(crate) fn resolved(dir: &Path) -> Result<PathBuf, BadTarget> {
    let whole = dir.components().all(|part| !matches!(part, Component::ParentDir | Component::CurDir));
    if !dir.is_absolute() || !whole {
        return Err(BadTarget::Relative);
    }
    for existing in dir.ancestors() {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(existing), dir.strip_prefix(existing)) {
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(dir.to_owned())
}

/// Whether a game may go from one resolved place to another one, as far as names tell; `others` are the folders of other games.
///
/// # Errors
/// Why not.
pub(crate) fn suits<'p>(
    from: &Path,
    to: &Path,
    mut others: impl Iterator<Item = &'p Path>,
) -> Result<(), BadTarget> {
    if to.starts_with(from) {
        return Err(BadTarget::Inside);
    }
    if others.any(|other| to.starts_with(other) || other.starts_with(to)) {
        return Err(BadTarget::OtherGame);
    }
    Ok(())
}

/// Makes a folder and those above it. Returns those whose entries have to be flushed for it to stay, the deepest first.
pub(super) fn make(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let there = dir.ancestors().take_while(|place| !place.is_dir()).count();
    fs::create_dir_all(dir)?;
    // One more than were made: the first one's name is in the folder above it.
    Ok(dir.ancestors().skip(1).take(there.max(1)).map(Path::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_goes_where_no_game_is() {
        let go = |from: &str, to: &str| {
            let others = ["/games/haste", "/mnt/big/doom"].map(Path::new);
            suits(Path::new(from), Path::new(to), others.into_iter())
        };
        assert_eq!(go("/games/drift", "/mnt/drift"), Ok(()));
        assert_eq!(go("/games/drift", "/games/drift-2"), Ok(()), "a name that begins alike is another one");
        assert_eq!(go("/games/drift", "/games/drift/new"), Err(BadTarget::Inside));
        assert_eq!(go("/games/drift", "/games/drift"), Err(BadTarget::Inside));
        assert_eq!(go("/games/drift", "/games/haste/drift"), Err(BadTarget::OtherGame));
        assert_eq!(go("/games/drift", "/mnt/big"), Err(BadTarget::OtherGame));
    }

    #[test]
    fn a_path_is_told_in_full() {
        for bad in ["games/drift", "", "./x", "/games/../etc"] {
            assert_eq!(resolved(Path::new(bad)), Err(BadTarget::Relative), "{bad}");
        }
        let place = tempfile::tempdir().expect("a folder");
        let real = fs::canonicalize(place.path()).expect("there");
        assert_eq!(resolved(&place.path().join("not/there")), Ok(real.join("not/there")));
        assert_eq!(resolved(place.path()), Ok(real));
    }

    #[cfg(unix)]
    #[test]
    fn links_on_the_way_are_followed() {
        let place = tempfile::tempdir().expect("a folder");
        let real = fs::canonicalize(place.path()).expect("there");
        fs::create_dir(real.join("disk")).expect("made");
        std::os::unix::fs::symlink(real.join("disk"), real.join("games")).expect("made");
        assert_eq!(resolved(&real.join("games/drift")), Ok(real.join("disk/drift")));
    }

    #[test]
    fn what_was_made_is_named() {
        let place = tempfile::tempdir().expect("a folder");
        let made = make(&place.path().join("a/b/c")).expect("made");
        assert_eq!(made, [place.path().join("a/b"), place.path().join("a"), place.path().to_owned()]);
        let made = make(&place.path().join("a/b/c")).expect("there");
        assert_eq!(made, [place.path().join("a/b")]);
    }
}
