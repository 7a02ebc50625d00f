//! The links of a build in a folder: links, or copies of what they lead to where the disk has none.

use std::io;

use mist_proto::{
    FileEntry, LinkEntry, LinkTarget, Manifest, RelPath,
    links::{LinkError, Links, Twin},
};

use crate::{
    fs::{ControlPath, Dir, EntryKind, TreePath, copy_range, is_without_links},
    walk::{Step, steps},
};

/// Whether there is a symbolic link with just this text.
pub fn says(dir: &dyn Dir, path: &dyn TreePath, target: &LinkTarget) -> bool {
    dir.read_link(path).is_ok_and(|said| said.to_str() == Some(target.as_str()))
}

/// A copy of a file in the place of a link, or below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Index of the link.
    pub link: usize,
    /// Index of the file that it is a copy of.
    pub file: usize,
    /// The copy, with the content that it should have.
    pub entry: FileEntry,
}

/// What a build's links are on a disk without links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    /// Files, in ascending order of path bytes.
    pub files: Vec<Copied>,
    /// Empty folders, each with the index of its link.
    pub folders: Vec<(usize, RelPath)>,
}

impl Copies {
    /// The copies that the links with these indices are.
    ///
    /// # Errors
    /// A link that no build can have.
    pub fn of(manifest: &Manifest, of_link: impl Fn(usize) -> bool) -> Result<Self, LinkError> {
        let mut this = Self::default();
        let links = Links::of(manifest);
        links.each_twin(&mut |link, twin| match twin {
            _ if !of_link(link) => {}
            Twin::File { path, file } => {
                let entry = FileEntry { path, ..manifest.files[file].clone() };
                this.files.push(Copied { link, file, entry });
            }
            Twin::Folder(path) => this.folders.push((link, path)),
        })?;
        this.files.sort_unstable_by(|a, b| a.entry.path.cmp(&b.entry.path));
        Ok(this)
    }

    /// Bytes in them.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, c| sum.saturating_add(c.entry.size))
    }
}

/// Makes links in a folder whose files are in place, each made beside and renamed; where the disk has none, copies of what they
/// lead to there. What stands in the place of one already and says the same is left. May be called again after it failed.
///
/// # Errors
/// What the system reports; [`io::ErrorKind::InvalidData`] if a link leads to nothing there and has to be copied.
pub fn put(dir: &dyn Dir, beside: &ControlPath, links: &[LinkEntry]) -> io::Result<()> {
    let mut without = false;
    for link in links.iter().filter(|l| !says(dir, &l.path, &l.target)) {
        match dir.remove_file(beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        match dir.symlink(&link.target, beside) {
            Err(e) if is_without_links(&e) => {
                without = true;
                break;
            }
            other => other?,
        }
        if dir.metadata(&link.path).is_ok_and(|m| m.kind == EntryKind::Dir) {
            // Only an empty folder goes; what a player has in it stays, and the error names it.
            dir.remove_dir(&link.path)?;
        }
        dir.rename(beside, &link.path)?;
    }
    if without { put_copies(dir, beside, links) } else { Ok(()) }
}

fn put_copies(dir: &dyn Dir, beside: &ControlPath, links: &[LinkEntry]) -> io::Result<()> {
    let here = here(dir, links)?;
    let tree = Links::new(here.files.iter().map(|(path, size)| (path, *size)), &here.empty_dirs, links);
    let mut twins = Vec::new();
    let listed = tree.each_twin(&mut |link, twin| twins.push((link, twin)));
    listed.map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    for (link, twin) in twins {
        if says(dir, &links[link].path, &links[link].target) {
            continue;
        }
        match twin {
            Twin::Folder(path) => dir.create_dir_all(&path)?,
            Twin::File { path, file } => {
                let original = &here.files[file].0;
                let executable = dir.metadata(original)?.executable;
                let source = dir.open(original)?;
                let copy = dir.create(beside)?;
                copy_range(&*source, 0..source.size()?, &*copy, 0)?;
                copy.set_executable(executable)?;
                copy.sync_data()?;
                drop(copy);
                dir.rename(beside, &path)?;
            }
        }
    }
    Ok(())
}

/// What a folder has beside links and what stands in their places.
#[derive(Default)]
struct Here {
    files: Vec<(RelPath, u64)>,
    empty_dirs: Vec<RelPath>,
}

fn here(dir: &dyn Dir, links: &[LinkEntry]) -> io::Result<Here> {
    let ignore = |path: &str, _| links.binary_search_by(|l| l.path.as_str().cmp(path)).is_ok();
    let mut here = Here::default();
    for step in steps(dir, &ignore)? {
        match step? {
            Step::File(found) => here.files.push((found.path, found.meta.len)),
            Step::EmptyDir(path) => here.empty_dirs.push(path),
            // Nothing of a build is copied from them.
            Step::Link(_) | Step::Refused(_) => {}
        }
    }
    here.empty_dirs.sort_unstable();
    Ok(here)
}
