//! Which old file or stream is most like a new one, by name and length.

use std::collections::{BTreeMap, HashMap};

use mist_proto::RelPath;

/// What something is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Like {
    /// The file's own bytes.
    File,
    /// A stream with the hash of its name.
    Named(u64),
    /// A stream without a name.
    Unnamed,
}

impl Like {
    pub(crate) fn stream(name: Option<u64>) -> Self {
        name.map_or(Self::Unnamed, Self::Named)
    }

    /// What it goes by when no file has the same path: the stream's name alone, or with that of the file.
    fn loosely(self, path: &RelPath) -> (&str, Self) {
        match self {
            Self::Named(_) => ("", self),
            Self::File | Self::Unnamed => (path.name(), self),
        }
    }
}

/// Numbered old things by what they are.
#[derive(Default)]
pub(crate) struct Likes<'m> {
    by_path: HashMap<(&'m str, Like), ByLen>,
    loosely: HashMap<(&'m str, Like), ByLen>,
}

/// Numbers by length.
type ByLen = BTreeMap<u64, usize>;

impl<'m> Likes<'m> {
    /// Adds what has this number.
    pub(crate) fn add(&mut self, path: &'m RelPath, like: Like, number: usize, len: u64) {
        self.by_path.entry((path.as_str(), like)).or_default().entry(len).or_insert(number);
        self.loosely.entry(like.loosely(path)).or_default().entry(len).or_insert(number);
    }

    /// The number of what has the same or a like name, and the nearest length.
    pub(crate) fn most_like(&self, path: &RelPath, like: Like, len: u64) -> Option<usize> {
        let same = self.by_path.get(&(path.as_str(), like));
        let candidates = same.or_else(|| self.loosely.get(&like.loosely(path)))?;
        let (below, above) = (candidates.range(..len).next_back(), candidates.range(len..).next());
        let nearest = below.into_iter().chain(above).min_by_key(|(other, _)| other.abs_diff(len));
        nearest.map(|(_, &number)| number)
    }
}
