//! Symbolic links inside a build.
//!
//! A link is relative and leads to a file or a folder of its own build, by way of other links if need be. So it means the
//! same wherever the build lies, and a disk without links can hold copies of what it leads to: its *twins*, which
//! [`Links::twins`] lists. A build with a link that leads out, to nothing, or round in a circle does not exist.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    FileEntry, Manifest, RelPath,
    limits::{self, MAX_DEPTH, MAX_LINKS, MAX_PATH},
    path::PathRule,
};

/// Links that may be followed on one way, as on Linux.
const MAX_HOPS: usize = 40;
/// Names that may be looked up to follow all links of a build: some for each link.
const MAX_STEPS: usize = 64 * MAX_LINKS;

/// What a link says: `../` any number of times, then a path. `.`, and `..` behind a name, are not in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkTarget(Box<str>);

/// A symbolic link of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkEntry {
    /// Where it lies.
    pub path: RelPath,
    /// What it says.
    pub target: LinkTarget,
}

/// The rules that a link can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LinkRule {
    /// From the root of the system, or of a drive.
    #[error("it is absolute")]
    Absolute,
    /// More `..` than there are folders above the link.
    #[error("it leads out of the build")]
    Escapes,
    /// Ends above, or goes up behind a name, or has `.` or an empty part in it.
    #[error("only '../' at its start and names after that are allowed")]
    Form,
    /// A part of it is no name that a build may have.
    #[error("{0}")]
    Name(PathRule),
    /// Longer than [`MAX_PATH`].
    #[error("it is longer than 1024 bytes")]
    TooLong,
    /// There is nothing of that name in the build.
    #[error("the build has nothing of that name")]
    Dangling,
    /// It leads to itself, or to a folder that it lies in, by itself or by other links.
    #[error("it leads round in a circle")]
    Circle,
    /// What it leads to can't be copied to its place, because paths there would break a rule.
    #[error("copies of what it leads to would have paths that are not allowed")]
    Paths,
    /// Copies of what all links lead to would be too many.
    #[error("copies of what the build's links lead to would be too many or too large")]
    TooMuch,
}

/// A link that can't be part of a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("link {path} to {target:?} is refused: {rule}")]
pub struct LinkError {
    /// Where it lies.
    pub path: RelPath,
    /// What it says.
    pub target: LinkTarget,
    /// The rule that it breaks.
    pub rule: LinkRule,
}

impl LinkTarget {
    /// Checks what a link says, as far as that can be told without the build.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, LinkRule> {
        if text.len() > MAX_PATH {
            return Err(LinkRule::TooLong);
        }
        let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if text.starts_with(['/', '\\']) || drive {
            return Err(LinkRule::Absolute);
        }
        let mut names = text;
        while let Some(rest) = names.strip_prefix("../") {
            names = rest;
        }
        if (text.len() - names.len()) / 3 > MAX_DEPTH {
            return Err(LinkRule::Escapes);
        }
        if names.split('/').any(|name| matches!(name, "" | "." | "..")) {
            return Err(LinkRule::Form);
        }
        RelPath::new(names).map_err(|e| LinkRule::Name(e.rule))?;
        Ok(Self(text.into()))
    }

    /// The text of the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many folders it goes up, and the path from there.
    fn parts(&self) -> (usize, &str) {
        let mut names = &*self.0;
        let mut up = 0;
        while let Some(rest) = names.strip_prefix("../") {
            (names, up) = (rest, up + 1);
        }
        (up, names)
    }

    /// Whether it goes up further than the folder of a link at `path` is deep.
    pub fn escapes(&self, path: &RelPath) -> bool {
        self.parts().0 >= path.components().count()
    }
}

impl FromStr for LinkTarget {
    type Err = LinkRule;
    fn from_str(text: &str) -> Result<Self, LinkRule> {
        Self::new(text)
    }
}

impl fmt::Display for LinkTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LinkTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

impl Serialize for LinkTarget {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LinkTarget {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::new(&text).map_err(de::Error::custom)
    }
}

/// What a link leads to, with all links on the way followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// The file with this index.
    File(usize),
    /// A folder.
    Folder(RelPath),
}

/// What stands in the place of a link, or below it, on a disk without links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twin {
    /// A copy of a file.
    File {
        /// Where it lies.
        path: RelPath,
        /// Index of the file that it is a copy of.
        file: usize,
    },
    /// An empty folder.
    Folder(RelPath),
}

/// The links of a tree, with what they may lead to. All lists are in ascending order of path bytes.
pub struct Links<'a> {
    files: Vec<(&'a RelPath, u64)>,
    empty_dirs: &'a [RelPath],
    links: &'a [LinkEntry],
    /// What each link leads to.
    resolved: Vec<Result<Resolved, LinkRule>>,
}

impl<'a> Links<'a> {
    /// The links of a tree of files with these paths and lengths, and of these empty folders.
    pub fn new(
        files: impl IntoIterator<Item = (&'a RelPath, u64)>,
        empty_dirs: &'a [RelPath],
        links: &'a [LinkEntry],
    ) -> Self {
        // Without links nobody asks for the files.
        let files = if links.is_empty() { Vec::new() } else { files.into_iter().collect() };
        let mut this = Self { files, empty_dirs, links, resolved: Vec::new() };
        let mut steps = MAX_STEPS;
        this.resolved = links.iter().map(|link| this.follow(link, &mut steps)).collect();
        this
    }

    /// The links of a build.
    pub fn of(manifest: &'a Manifest) -> Self {
        let files = manifest.files.iter().map(|f: &FileEntry| (&f.path, f.size));
        Self::new(files, &manifest.empty_dirs, &manifest.links)
    }

    /// Checks that each link leads to something, and that copies of what all lead to could be held.
    ///
    /// # Errors
    /// The first link that does not.
    pub fn check(&self) -> Result<(), LinkError> {
        self.each_twin(&mut |_, _| ())
    }

    /// The links that can't be part of a build, each with the rule that it breaks.
    pub fn refused(&self) -> Vec<LinkError> {
        let mut refused: Vec<_> = (0..self.links.len()).filter_map(|i| self.resolve(i).err()).collect();
        if refused.is_empty() {
            refused.extend(self.check().err());
        }
        refused
    }

    /// What stands in the place of each link on a disk without links. Told with it is the link's index.
    ///
    /// # Errors
    /// As [`Links::check`].
    pub fn each_twin(&self, each: &mut dyn FnMut(usize, Twin)) -> Result<(), LinkError> {
        let mut budget = Budget::default();
        for index in 0..self.links.len() {
            let at = &self.links[index].path;
            let mut way = Way { links: self, inside: Vec::new(), budget: &mut budget };
            let told = way.link(index, at, &mut |twin| each(index, twin));
            told.map_err(|rule| refuse(&self.links[index], rule))?;
        }
        Ok(())
    }

    /// What the link with this index leads to.
    ///
    /// # Errors
    /// If it leads out, to nothing, or round in a circle.
    pub fn resolve(&self, link: usize) -> Result<&Resolved, LinkError> {
        self.resolved[link].as_ref().map_err(|rule| refuse(&self.links[link], *rule))
    }

    fn follow(&self, link: &LinkEntry, steps: &mut usize) -> Result<Resolved, LinkRule> {
        // Names that are still to come, the next one at the end.
        let mut ahead: Vec<&str> = Vec::new();
        let mut at = link.path.as_str().to_owned();
        step_out(&mut at, link, &mut ahead)?;
        let mut hops = 1;
        while let Some(name) = ahead.pop() {
            if at.len() + name.len() > 2 * MAX_PATH {
                return Err(LinkRule::Dangling);
            }
            *steps = steps.checked_sub(1).ok_or(LinkRule::TooMuch)?;
            if !at.is_empty() {
                at.push('/');
            }
            at.push_str(name);
            if let Ok(next) = self.links.binary_search_by(|l| l.path.as_str().cmp(&at)) {
                hops += 1;
                if hops > MAX_HOPS {
                    return Err(LinkRule::Circle);
                }
                step_out(&mut at, &self.links[next], &mut ahead)?;
            } else if !self.is_folder(&at) {
                return match self.files.binary_search_by(|(path, _)| path.as_str().cmp(&at)) {
                    Ok(file) if ahead.is_empty() => Ok(Resolved::File(file)),
                    _ => Err(LinkRule::Dangling),
                };
            }
        }
        RelPath::new(&at).map(Resolved::Folder).map_err(|_| LinkRule::Dangling)
    }

    /// Whether something of the tree lies below, or it is an empty folder.
    fn is_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        !self.files[range(&self.files, &below, |(p, _)| p.as_str())].is_empty()
            || !self.links[range(self.links, &below, |l| l.path.as_str())].is_empty()
            || !self.empty_dirs[range(self.empty_dirs, &below, RelPath::as_str)].is_empty()
            || self.empty_dirs.binary_search_by(|d| d.as_str().cmp(path)).is_ok()
    }
}

/// Goes from a link to the folder that its target starts in, and puts the target's names ahead.
fn step_out<'t>(at: &mut String, link: &'t LinkEntry, ahead: &mut Vec<&'t str>) -> Result<(), LinkRule> {
    let (up, names) = link.target.parts();
    for _ in 0..=up {
        if at.is_empty() {
            return Err(LinkRule::Escapes);
        }
        at.truncate(at.rfind('/').unwrap_or(0));
    }
    ahead.extend(names.rsplit('/'));
    if ahead.len() > 4 * MAX_DEPTH { Err(LinkRule::Circle) } else { Ok(()) }
}

/// The items of an ordered list whose path starts with `prefix`.
fn range<T>(items: &[T], prefix: &str, path: impl Fn(&T) -> &str) -> std::ops::Range<usize> {
    let start = items.partition_point(|item| path(item) < prefix);
    let len = items[start..].partition_point(|item| path(item).starts_with(prefix));
    start..start + len
}

fn refuse(link: &LinkEntry, rule: LinkRule) -> LinkError {
    LinkError { path: link.path.clone(), target: link.target.clone(), rule }
}

/// What copies of everything may come to.
#[derive(Default)]
struct Budget {
    entries: u64,
    path_bytes: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, path: &RelPath, bytes: u64) -> Result<(), LinkRule> {
        self.entries += 1;
        self.path_bytes += path.as_str().len();
        self.bytes = self.bytes.saturating_add(bytes);
        let fits = self.entries <= limits::MAX_COPIES
            && self.path_bytes <= limits::MAX_COPY_PATHS
            && self.bytes <= limits::MAX_BLOB;
        if fits { Ok(()) } else { Err(LinkRule::TooMuch) }
    }
}

/// Copies that are being listed.
struct Way<'l, 'a> {
    links: &'l Links<'a>,
    /// Links that what is listed lies in.
    inside: Vec<usize>,
    budget: &'l mut Budget,
}

impl Way<'_, '_> {
    /// Lists what stands at `at` for a link.
    fn link(&mut self, index: usize, at: &RelPath, each: &mut dyn FnMut(Twin)) -> Result<(), LinkRule> {
        if self.inside.contains(&index) {
            return Err(LinkRule::Circle);
        }
        self.inside.push(index);
        self.budget.take(at, 0)?;
        let links = self.links;
        match links.resolved[index].as_ref().map_err(|rule| *rule)? {
            Resolved::File(file) => self.file(*file, at.clone(), each)?,
            Resolved::Folder(folder) => self.folder(folder, at, each)?,
        }
        self.inside.pop();
        Ok(())
    }

    fn file(&mut self, file: usize, path: RelPath, each: &mut dyn FnMut(Twin)) -> Result<(), LinkRule> {
        self.budget.take(&path, self.links.files[file].1)?;
        each(Twin::File { path, file });
        Ok(())
    }

    fn folder(&mut self, folder: &RelPath, at: &RelPath, each: &mut dyn FnMut(Twin)) -> Result<(), LinkRule> {
        let Links { files, empty_dirs, links, .. } = self.links;
        let below = format!("{folder}/");
        let moved = |path: &RelPath| {
            RelPath::new(&format!("{at}/{}", &path.as_str()[below.len()..])).map_err(|_| LinkRule::Paths)
        };
        if empty_dirs.binary_search(folder).is_ok() {
            self.budget.take(at, 0)?;
            each(Twin::Folder(at.clone()));
        }
        for file in range(files, &below, |(p, _)| p.as_str()) {
            self.file(file, moved(files[file].0)?, each)?;
        }
        for dir in &empty_dirs[range(empty_dirs, &below, RelPath::as_str)] {
            let path = moved(dir)?;
            self.budget.take(&path, 0)?;
            each(Twin::Folder(path));
        }
        for index in range(links, &below, |l| l.path.as_str()) {
            self.link(index, &moved(&links[index].path)?, each)?;
        }
        Ok(())
    }
}

/// Bounds that hold for a list of links whatever they lead to.
pub(crate) fn check_list(links: &[LinkEntry]) -> Result<(), LinkError> {
    match links.get(MAX_LINKS) {
        None => Ok(()),
        Some(link) => Err(refuse(link, LinkRule::TooMuch)),
    }
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
