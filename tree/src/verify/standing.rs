//! Whether the links of a build stand in a folder.

use std::{io, num::NonZeroUsize};

use mist_proto::{
    LinkEntry, Manifest,
    links::{Links, Resolved},
};

use super::{Cancelled, Finding, Problem, VerifyOptions, verify_files};
use crate::{
    fs::{Dir, EntryKind},
    links::{Copies, says},
    progress::OnProgress,
};

/// What stands in the place of a link, as far as that can be told without reading files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// The link.
    Link,
    /// Something of the kind that it leads to, which may be a copy.
    Copy,
    /// Nothing, or something else.
    Not(Problem),
}

/// Looks at the place of a link that leads to `resolved`.
fn stand(dir: &dyn Dir, link: &LinkEntry, resolved: &Resolved) -> Stand {
    match dir.metadata(&link.path).map(|meta| meta.kind) {
        Ok(EntryKind::Symlink) if says(dir, &link.path, &link.target) => Stand::Link,
        Ok(EntryKind::File) if matches!(resolved, Resolved::File(_)) => Stand::Copy,
        Ok(EntryKind::Dir) if matches!(resolved, Resolved::Folder(_)) => Stand::Copy,
        Ok(kind) => Stand::Not(Problem::WrongKind(kind)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Stand::Not(Problem::Missing),
        Err(e) => Stand::Not(Problem::Unreadable(e.kind())),
    }
}

/// How the links of a build stand in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is wrong: the link, or the copy below it.
    pub findings: Vec<Finding>,
    /// Links that are not right, by index.
    pub wrong: Vec<usize>,
    /// Links that stand as links.
    pub as_links: Vec<usize>,
    /// Copies that are right but may be for their mode.
    pub copies: Copies,
}

/// Looks at all links of a build, and reads the copies that stand in their places. The links of `manifest` have to be checked.
/// `modes` is that of [`VerifyOptions`].
///
/// # Errors
/// [`Cancelled`].
pub fn standing(
    dir: &dyn Dir,
    manifest: &Manifest,
    threads: NonZeroUsize,
    modes: bool,
    progress: &mut OnProgress<'_>,
) -> Result<Standing, Cancelled> {
    let mut this = Standing::default();
    if manifest.links.is_empty() {
        return Ok(this);
    }
    let links = Links::of(manifest);
    let mut copied = vec![false; manifest.links.len()];
    for (index, link) in manifest.links.iter().enumerate() {
        let stand = links.resolve(index).map_or(Stand::Not(Problem::Missing), |r| stand(dir, link, r));
        match stand {
            Stand::Link => this.as_links.push(index),
            Stand::Copy => copied[index] = true,
            Stand::Not(problem) => {
                this.findings.push(Finding { path: link.path.clone(), problem });
                this.wrong.push(index);
            }
        }
    }
    // A checked list has them all.
    let Copies { files, folders } = Copies::of(manifest, |link| copied[link]).unwrap_or_default();
    let entries: Vec<_> = files.iter().map(|c| c.entry.clone()).collect();
    let options = VerifyOptions { threads, modes, ..VerifyOptions::default() };
    let outcomes = verify_files(dir, &entries, &options, progress)?;
    for (copy, outcome) in files.into_iter().zip(outcomes) {
        let wrong_mode = outcome == Err(Problem::WrongMode);
        if let Err(problem) = outcome {
            this.findings.push(Finding { path: copy.entry.path.clone(), problem });
            this.wrong.push(copy.link);
        }
        if outcome.is_ok() || wrong_mode {
            this.copies.files.push(copy);
        }
    }
    for (link, path) in folders {
        if dir.metadata(&path).is_ok_and(|m| m.kind == EntryKind::Dir) {
            this.copies.folders.push((link, path));
        } else {
            this.findings.push(Finding { path, problem: Problem::Missing });
            this.wrong.push(link);
        }
    }
    this.wrong.sort_unstable();
    this.wrong.dedup();
    Ok(this)
}
