//! Plain folders as builds of a game called `local`: the same content always has the same manifest. They have no archive,
//! for which zeros stand.

use std::{collections::HashSet, io::Write, num::NonZeroUsize, path::Path, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use mist_command_line::WholeFile;
use mist_delta::Tree;
use mist_proto::{BlobId, FileEntry, Hash, LinkEntry, Manifest, ManifestHasher, ManifestId, RelPath, limits};
use mist_tree::{
    fs::{Dir, EntryKind, RealDir},
    list::{Listing, Survey, list, list_each, survey},
    scan::ScanError,
    verify::{VerifyOptions, standing, verify},
    walk::{Ignore, everything},
};

use super::{Output, progress::Bar};

/// A folder and the manifest of what is in it.
pub(super) struct Local {
    pub(super) dir: Arc<RealDir>,
    pub(super) manifest: Manifest,
}

impl Local {
    pub(super) fn tree(&self) -> Tree<'_> {
        Tree { manifest: &self.manifest, dir: &*self.dir }
    }
}

/// Opens a folder.
pub(super) fn folder(place: &Path) -> anyhow::Result<RealDir> {
    RealDir::open(place).with_context(|| format!("cannot open {}", place.display()))
}

/// Reads a folder as a build.
pub(super) fn open(place: &Path, output: Output) -> anyhow::Result<Local> {
    let dir = folder(place)?;
    let bar = Bar::new(output, "scanning");
    let Listing { files, empty_dirs, links } = list(&dir, &everything, threads(), &mut |p| bar.show(p))
        .with_context(|| format!("cannot describe {}", place.display()))?;
    let manifest = manifest(files, empty_dirs, links)?;
    manifest.check().with_context(|| format!("cannot describe {}", place.display()))?;
    Ok(Local { dir: Arc::new(dir), manifest })
}

fn manifest(
    files: Vec<FileEntry>,
    empty_dirs: Vec<RelPath>,
    links: Vec<LinkEntry>,
) -> anyhow::Result<Manifest> {
    Ok(Manifest {
        game: "local".parse()?,
        version: "local".parse()?,
        sequence: 1,
        parent: None,
        floor: 1,
        archive: BlobId { hash: Hash([0; 32]), size: 0 },
        files,
        empty_dirs,
        links,
        launch: Vec::new(),
    })
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The id of a manifest.
pub(super) fn id(manifest: &Manifest) -> ManifestId {
    ManifestId(Hash::of(&manifest.encode()))
}

/// The id of the manifest that a folder read as a build has, without holding that in memory. What stands as copies of what
/// these links lead to counts as the links.
pub(super) fn id_of(dir: &RealDir, links: &[LinkEntry], output: Output) -> anyhow::Result<ManifestId> {
    let describe = || {
        let copied = copied(dir, links, output)?;
        let stands_copied: HashSet<&str> = copied.iter().map(|link| link.path.as_str()).collect();
        describe_but(dir, &|path: &str, _| stands_copied.contains(path), &copied, output)
    };
    describe().with_context(|| format!("cannot describe {}", dir.place().display()))
}

fn describe_but(
    dir: &RealDir,
    ignore: &Ignore<'_>,
    copied: &[LinkEntry],
    output: Output,
) -> anyhow::Result<ManifestId> {
    let bar = Bar::new(output, "scanning");
    let Survey { files, size, empty_dirs, links: mut found } = survey(dir, ignore)?;
    found.extend(copied.iter().cloned());
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let rest = manifest(Vec::new(), empty_dirs, found)?;
    let mut hasher = ManifestHasher::new(&rest, files);
    let each = &mut |file: FileEntry| hasher.file(&file);
    list_each(dir, ignore, size, threads(), each, &mut |p| bar.show(p))?;
    hasher.finish().context("files were added or removed meanwhile")
}

/// As [`id_of`], of a folder in which a player has put what no build may hold: links of their own, pipes, names of one
/// system. That is left out; none if what is left can't be described either, so that it is not known what the folder is.
/// What stands as copies of what the build's `links` lead to counts as the links.
pub(super) fn id_beside_others(
    dir: &RealDir,
    links: &[LinkEntry],
    output: Output,
) -> anyhow::Result<Option<ManifestId>> {
    let describe = || {
        let copied = copied(dir, links, output)?;
        let stands_copied: HashSet<&str> = copied.iter().map(|link| link.path.as_str()).collect();
        let of_build: HashSet<&str> = links.iter().map(|link| link.path.as_str()).collect();
        let ignore = |path: &str, kind| {
            stands_copied.contains(path)
                || match kind {
                    EntryKind::Symlink => !of_build.contains(path),
                    EntryKind::Special => true,
                    EntryKind::File | EntryKind::Dir => RelPath::new(path).is_err(),
                }
        };
        describe_but(dir, &ignore, &copied, output)
    };
    match describe() {
        Ok(id) => Ok(Some(id)),
        Err(e) if e.downcast_ref().is_some_and(|e| matches!(e, ScanError::Refused(_))) => Ok(None),
        Err(e) => Err(e).with_context(|| format!("cannot describe {}", dir.place().display())),
    }
}

/// Those of the links in whose places copies of what they lead to stand.
fn copied(dir: &RealDir, links: &[LinkEntry], output: Output) -> anyhow::Result<Vec<LinkEntry>> {
    let stands_in = |link: &&LinkEntry| dir.metadata(&link.path).is_ok_and(|m| m.kind != EntryKind::Symlink);
    if !links.iter().any(|link| stands_in(&link)) {
        return Ok(Vec::new());
    }
    // Only here, where the disk has no links, a list of the files is held.
    let ignore = |path: &str, _| links.iter().any(|link| link.path.as_str() == path);
    let bar = Bar::new(output, "scanning");
    let Listing { files, empty_dirs, .. } = list(dir, &ignore, threads(), &mut |p| bar.show(p))?;
    let build = manifest(files, empty_dirs, links.to_vec())?;
    if build.check().is_err() {
        return Ok(Vec::new());
    }
    let standing = standing(dir, &build, threads(), !cfg!(windows), &mut |p| bar.show(p))?;
    let right = |index: &usize| {
        standing.wrong.binary_search(index).is_err() && standing.as_links.binary_search(index).is_err()
    };
    Ok((0..links.len()).filter(right).map(|index| links[index].clone()).collect())
}

/// `delta manifest`.
pub(super) fn describe(place: &Path, file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let manifest = open(place, output)?.manifest;
    if let Some(file) = file {
        return WholeFile::write(file, &manifest.encode())
            .with_context(|| format!("cannot write {}", file.display()));
    }
    let rows: Vec<_> = manifest
        .files
        .iter()
        .map(|f| serde_json::json!({"path": f.path, "size": f.size, "executable": f.executable, "hash": f.hash}))
        .collect();
    let value = serde_json::json!({
        "id": id(&manifest), "files": rows, "empty_dirs": manifest.empty_dirs, "links": manifest.links,
    });
    output.print(&value, || {
        let mut text = Vec::new();
        for f in &manifest.files {
            let mode = if f.executable { 'x' } else { '-' };
            // Writing to memory does not fail.
            let _ = writeln!(text, "{} {mode} {:>14} {}", f.hash.short(), f.size, f.path);
        }
        for l in &manifest.links {
            let _ = writeln!(text, "link {} -> {}", l.path, l.target);
        }
        let _ = write!(
            text,
            "{} files, {} bytes, manifest {}",
            rows.len(),
            manifest.content_size(),
            id(&manifest)
        );
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// `delta verify`.
pub(super) fn verify_folder(place: &Path, manifest: &Path, output: Output) -> anyhow::Result<ExitCode> {
    let shown = manifest.display();
    let len = std::fs::metadata(manifest).with_context(|| format!("cannot read {shown}"))?.len();
    if len > limits::MAX_MANIFEST as u64 {
        bail!("{shown} is too large for a manifest");
    }
    let bytes = std::fs::read(manifest).with_context(|| format!("cannot read {shown}"))?;
    let manifest = Manifest::decode(&bytes).with_context(|| format!("cannot read {shown}"))?;
    let dir = folder(place)?;
    let bar = Bar::new(output, "verifying");
    let verified =
        verify(&dir, &manifest, &VerifyOptions::default(), &mut |p| bar.show(p)).context("cannot verify")?;
    drop(bar);
    let findings: Vec<String> =
        verified.findings.iter().map(|f| format!("{}: {:?}", f.path, f.problem)).collect();
    output.print(
        &serde_json::json!({"intact": findings.is_empty(), "findings": findings}),
        || match findings.as_slice() {
            [] => format!("{} files are as the manifest says", manifest.files.len()),
            some => some.join("\n"),
        },
    )?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
