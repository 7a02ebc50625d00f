//! What may name a place beneath a [`super::Dir`].

use std::fmt;

use mist_proto::{
    RelPath,
    path::{CONTROL_DIR, PathError},
};

mod sealed {
    pub trait Sealed {}
    impl Sealed for mist_proto::RelPath {}
    impl Sealed for super::ControlPath {}
    impl Sealed for super::Root {}
    impl Sealed for super::FoundPath {}
    impl Sealed for super::Joined {}
}

/// A place beneath a [`super::Dir`]: a [`RelPath`], a [`ControlPath`] or [`ROOT`]. Sealed.
pub trait TreePath: sealed::Sealed + fmt::Display + Sync {
    /// The components with `/` between them; empty for the root alone.
    fn as_str(&self) -> &str;
}

impl TreePath for RelPath {
    fn as_str(&self) -> &str {
        self.as_str()
    }
}

/// The root of a [`super::Dir`]; see [`ROOT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root;

/// The root itself, for [`super::Dir::read_dir`], [`super::Dir::sync_dir`] and [`super::Dir::metadata`].
pub const ROOT: &Root = &Root;

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(".")
    }
}

impl TreePath for Root {
    fn as_str(&self) -> &str {
        ""
    }
}

/// A place under `.mist/`, or that folder itself. Can't name content of a build.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlPath(Box<str>);

impl ControlPath {
    /// The control folder itself.
    pub fn root() -> Self {
        Self(CONTROL_DIR.into())
    }

    /// `.mist/<inside>`.
    ///
    /// # Errors
    /// If `inside` breaks a rule of [`RelPath`].
    pub fn new(inside: &str) -> Result<Self, PathError> {
        Ok(Self::root().join(&RelPath::new(inside)?))
    }

    /// `self/<path>`, for a tree kept inside the control folder, such as staging.
    #[must_use]
    pub fn join(&self, path: &RelPath) -> Self {
        Self(format!("{}/{path}", self.0).into())
    }
}

impl fmt::Display for ControlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TreePath for ControlPath {
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path that was found in a [`super::Dir`] by [`super::everything`]. Players name their own files as the system lets them, so that
/// it may break the rules of [`RelPath`]; it never names anything but what is beneath the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoundPath(Box<str>);

impl FoundPath {
    /// `folder/name`, as an entry of a folder is called.
    pub(super) fn in_folder(folder: Option<&Self>, name: &str) -> Self {
        Self(folder.map_or_else(|| name.into(), |folder| format!("{}/{name}", folder.0).into()))
    }

    /// Whether it is beneath another one.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether it is [`CONTROL_DIR`] or beneath it.
    pub fn is_control(&self) -> bool {
        self.0.split('/').next() == Some(CONTROL_DIR)
    }
}

impl fmt::Display for FoundPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TreePath for FoundPath {
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tree path beneath another one. Only [`super::SubDir`] and this module's own code make them.
pub(super) struct Joined(Box<str>);

impl Joined {
    /// `base/path`, either of which may be the root.
    pub(super) fn new(base: &str, path: &str) -> Self {
        Self(match (base, path) {
            ("", p) | (p, "") => p.into(),
            (b, p) => format!("{b}/{p}").into(),
        })
    }

    /// The folder that `path` lies in; the root for the root.
    pub(super) fn parent_of(path: &dyn TreePath) -> Self {
        Self(split(path.as_str()).0.into())
    }
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

impl TreePath for Joined {
    fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parent and last component; the parent of a top-level name is empty.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_paths_stay_inside() {
        assert_eq!(ControlPath::new("staging").unwrap().as_str(), ".mist/staging");
        for bad in ["", "..", "a/../b", "/x", "a//b", ".mist/x"] {
            assert!(ControlPath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn joining_and_splitting_know_the_root() {
        assert_eq!(Joined::new("", "").as_str(), "");
        assert_eq!(Joined::new("a", "").as_str(), "a");
        assert_eq!(Joined::new("", "b").as_str(), "b");
        assert_eq!(Joined::new("a", "b/c").as_str(), "a/b/c");
        assert_eq!(split("a/b/c"), ("a/b", "c"));
        assert_eq!(split("a"), ("", "a"));
    }
}
