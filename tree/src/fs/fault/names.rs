//! The names of a [`super::MemDir`], as an unflushed log over what is durable.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
};

use crate::fs::path::split;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// The file with this number.
    File(usize),
    /// The symbolic link with this number.
    Link(usize),
    Folder,
}

/// Paths from the root, which is the empty path and always there.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(BTreeMap<String, Node>);

/// A change of names.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Add { path: String, node: Node },
    Remove { path: String },
    Rename { from: String, to: String, node: Node },
}

impl Change {
    /// Whether it is an entry of `folder` that changes.
    fn touches(&self, folder: &str) -> bool {
        match self {
            Self::Add { path, .. } | Self::Remove { path } => split(path).0 == folder,
            Self::Rename { from, to, .. } => split(from).0 == folder || split(to).0 == folder,
        }
    }

    /// Whether it makes `folder` or a folder above it.
    fn makes_way_to(&self, folder: &str) -> bool {
        match self {
            Self::Add { path, node: Node::Folder } => path == folder || is_below(folder, path),
            _ => false,
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
}

impl Names {
    pub(super) fn get(&self, path: &str) -> Option<Node> {
        if path.is_empty() { Some(Node::Folder) } else { self.0.get(path).copied() }
    }

    /// Every name and what it stands for.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, Node)> {
        self.0.iter().map(|(path, node)| (path.as_str(), *node))
    }

    /// As [`Names::get`], with the error that a system gives.
    pub(super) fn find(&self, path: &str) -> io::Result<Node> {
        self.get(path).ok_or_else(|| io::Error::new(ErrorKind::NotFound, format!("{path}: not found")))
    }

    pub(super) fn file(&self, path: &str) -> io::Result<usize> {
        match self.find(path)? {
            Node::File(file) => Ok(file),
            Node::Folder | Node::Link(_) => {
                Err(io::Error::new(ErrorKind::InvalidInput, format!("{path}: not a regular file")))
            }
        }
    }

    /// Names directly in `folder`.
    pub(super) fn in_folder(&self, folder: &str) -> impl Iterator<Item = (&str, Node)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self
            .0
            .range(prefix.clone()..)
            .map_while(move |(path, node)| Some((path.strip_prefix(&prefix)?, *node)));
        below.filter(|(name, _)| !name.contains('/'))
    }

    /// Names that `file` has.
    pub(super) fn links(&self, file: usize) -> usize {
        self.0.values().filter(|node| **node == Node::File(file)).count()
    }

    fn has_folder_for(&self, path: &str) -> bool {
        self.get(split(path).0) == Some(Node::Folder)
    }

    /// Makes the change if it can be made.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Add { path, node } => {
                if self.has_folder_for(path) {
                    self.0.insert(path.clone(), *node);
                }
            }
            Change::Remove { path } => {
                self.0.remove(path);
                // It was empty: what was in it had gone before.
                self.0.retain(|inside, _| !is_below(inside, path));
            }
            Change::Rename { from, to, node } => {
                if !self.has_folder_for(to) {
                    return;
                }
                self.0.remove(from);
                self.0.insert(to.clone(), *node);
                let below: Vec<String> = self.0.keys().filter(|p| is_below(p, from)).cloned().collect();
                for old in below {
                    if let Some(node) = self.0.remove(&old) {
                        self.0.insert(format!("{to}{}", &old[from.len()..]), node);
                    }
                }
            }
        }
    }
}

/// Changes of names since the start, some flushed.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    base: Names,
    changes: Vec<(Change, bool)>,
}

impl Log {
    pub(super) fn starting_at(base: Names) -> Self {
        Self { base, changes: Vec::new() }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push((change, false));
    }

    /// Makes the entries of `folder` durable, and the way to it, as journalling file systems do. A rename is one
    /// transaction: flushing either folder is enough, and makes the way to the new name durable too.
    pub(super) fn flush(&mut self, folder: &str) {
        for at in 0..self.changes.len() {
            let (change, durable) = &mut self.changes[at];
            *durable |= change.touches(folder) || change.makes_way_to(folder);
            if let (Change::Rename { to, .. }, true) = (change, *durable) {
                let way = split(to).0.to_owned();
                for (before, durable) in &mut self.changes[..at] {
                    *durable |= before.makes_way_to(&way);
                }
            }
        }
    }

    /// The names after a power loss: what is durable, and of the rest those that `keep` says, which is asked in order.
    pub(super) fn survivors(&self, mut keep: impl FnMut() -> bool) -> Names {
        let mut names = self.base.clone();
        for (change, durable) in &self.changes {
            if keep() || *durable {
                names.apply(change);
            }
        }
        names
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }
}
