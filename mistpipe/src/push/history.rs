//! Where a new build stands among those that the server has.

use mist_proto::{
    Version,
    http::{Build, BuildState},
};

/// What a push of a version finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The build that it follows.
    pub(super) head: Option<&'a Build>,
    /// The build with this version that is there already.
    pub(super) own: Option<&'a Build>,
}

/// Why a version can't be pushed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PlaceError {
    /// It is there.
    #[error("{0} is there already: choose another version, or remove it with `mistpipe rm` first")]
    Exists(Version),
    /// The newest build is not ready and can't be followed.
    #[error("the build before, {version}, is {}: finish it (`mistpipe jobs`), or remove it with `mistpipe rm` first", .state.as_str())]
    Unfinished {
        /// The build before.
        version: Version,
        /// How far it is.
        state: BuildState,
    },
}

/// The place of `version` among `builds`. `was_begun` says that this machine began to push it and has not seen the
/// end, so that finding it is no surprise.
pub(super) fn place<'a>(
    builds: &'a [Build],
    version: &Version,
    was_begun: bool,
) -> Result<Place<'a>, PlaceError> {
    let own = builds.iter().find(|b| b.version == *version);
    if own.is_some_and(|b| b.state != BuildState::Uploading) && !was_begun {
        return Err(PlaceError::Exists(version.clone()));
    }
    let before = |b: &&Build| own.is_none_or(|own| b.sequence < own.sequence);
    let head = builds.iter().filter(before).max_by_key(|b| b.sequence);
    match head {
        Some(head) if head.state != BuildState::Ready => {
            Err(PlaceError::Unfinished { version: head.version.clone(), state: head.state })
        }
        _ => Ok(Place { head, own }),
    }
}

/// The place after the newest build that is ready.
pub(super) fn after_newest(builds: &[Build]) -> Place<'_> {
    let ready = builds.iter().filter(|b| b.state == BuildState::Ready);
    Place { head: ready.max_by_key(|b| b.sequence), own: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builds::empty as build;

    #[test]
    fn places() {
        use BuildState::{Processing, Ready, Uploading};
        let at = |builds: &[Build], version: &str, was_begun| {
            place(builds, &version.parse().unwrap(), was_begun)
                .map(|p| (p.head.map(|b| b.sequence), p.own.map(|b| b.sequence)))
        };
        let unfinished = |state| Err(PlaceError::Unfinished { version: "2".parse().unwrap(), state });
        let ready = [build("1", 1, Ready), build("2", 2, Ready)];
        assert_eq!(at(&[], "1", false), Ok((None, None)));
        assert_eq!(at(&ready, "3", false), Ok((Some(2), None)));
        assert_eq!(at(&ready, "2", false), Err(PlaceError::Exists("2".parse().unwrap())));
        assert_eq!(at(&ready, "2", true), Ok((Some(1), Some(2))), "the end was not seen");
        let uploading = [build("1", 1, Ready), build("2", 2, Uploading)];
        assert_eq!(at(&uploading, "2", false), Ok((Some(1), Some(2))), "resumed while uploading");
        assert_eq!(at(&uploading, "3", false), unfinished(Uploading));
        assert_eq!(after_newest(&uploading).head.map(|b| b.sequence), Some(1));
        let processing = [build("1", 1, Ready), build("2", 2, Processing)];
        assert_eq!(at(&processing, "2", true), Ok((Some(1), Some(2))), "resumed after the upload");
        assert_eq!(at(&processing, "3", false), unfinished(Processing));
    }
}
