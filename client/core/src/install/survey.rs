//! What a game's folder holds of two builds: the one that it should be and the one that it is to become.

use std::collections::BTreeSet;

use mist_proto::{FileEntry, Manifest, RelPath, VerifiedManifest};
use mist_tree::{
    fs::{EntryKind, Meta},
    progress::Progress,
    verify::{Problem, VerifyOptions, verify},
};

use super::{
    InstallError,
    links::{self, LinkFindings},
};
use crate::{folder::GameFolder, stop::Stop};

/// Which files are right and which are in the way.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Files whose content is known.
    pub(crate) here: Vec<FileEntry>,
    /// Names of either build that have other content than both.
    pub(crate) foreign: BTreeSet<RelPath>,
    /// Files of the wanted build that are in place but for their executable bit.
    pub(crate) wrong_mode: BTreeSet<RelPath>,
    /// Files of the wanted build that are not right but have the right size.
    pub(crate) mendable: BTreeSet<RelPath>,
    /// Files of the installed build that are missing or changed.
    pub(crate) damaged: usize,
    /// Bytes of those.
    pub(crate) damaged_bytes: u64,
    /// What is right and what is to be done of the links of both builds.
    pub(crate) links: LinkFindings,
}

/// Looks at the files and links of `installed` and `wanted`. Files of the installed build whose length and modification time
/// are those of `stats` count as right without being read, unless `thorough`. Writes nothing.
pub(crate) fn survey(
    folder: &GameFolder,
    installed: Option<&VerifiedManifest>,
    wanted: &VerifiedManifest,
    thorough: bool,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Survey, InstallError> {
    let mut this = Survey::default();
    let modes = folder.keeps_modes();
    let stats = installed.filter(|_| !thorough).map(|m| folder.stats(m.id())).unwrap_or_default();
    let fresh = |stat: Option<&i64>, meta: &Meta| stat.is_some_and(|&s| s != 0 && s == meta.modified_ns);
    let mut watch = |p: Progress| {
        progress(p);
        stop.flow()
    };
    let mut right: BTreeSet<&RelPath> = BTreeSet::new();
    if let Some(old) = installed {
        let trust = |index: usize, meta: &Meta| fresh(stats.get(index), meta);
        let options = VerifyOptions { trust: &trust, modes, links: false, ..VerifyOptions::default() };
        let found = verify(&*folder.dir, old, &options, &mut watch).map_err(|_| stop.broken_off())?;
        let mut wrong: BTreeSet<&RelPath> = BTreeSet::new();
        for finding in &found.findings {
            let Some(file) = old.file(&finding.path) else { continue };
            if finding.problem == Problem::WrongMode {
                this.note_mode(wanted, file);
                continue;
            }
            wrong.insert(&finding.path);
            this.damaged += 1;
            this.damaged_bytes += file.size;
            this.note_foreign(folder, &finding.path, finding.problem);
        }
        for file in old.files.iter().filter(|f| !wrong.contains(&f.path)) {
            right.insert(&file.path);
            this.here.push(file.clone());
            // The old bit is right, the new build wants the other one.
            if modes
                && wanted
                    .file(&file.path)
                    .is_some_and(|w| w.hash == file.hash && w.executable != file.executable)
            {
                this.wrong_mode.insert(file.path.clone());
            }
        }
    }
    // Of the wanted build, only names whose content is not known yet.
    let mut rest: Manifest = (**wanted).clone();
    rest.empty_dirs.clear();
    rest.links.clear();
    rest.files.retain(|f| !right.contains(&f.path));
    let found = verify(&*folder.dir, &rest, &VerifyOptions { modes, ..VerifyOptions::default() }, &mut watch)
        .map_err(|_| stop.broken_off())?;
    let mut wrong: BTreeSet<&RelPath> = BTreeSet::new();
    for finding in &found.findings {
        if finding.problem == Problem::WrongMode {
            this.wrong_mode.insert(finding.path.clone());
            continue;
        }
        wrong.insert(&finding.path);
        this.note_foreign(folder, &finding.path, finding.problem);
        if let (Problem::Modified { size }, Some(file)) = (finding.problem, wanted.file(&finding.path))
            && size == file.size
        {
            this.mendable.insert(finding.path.clone());
        }
    }
    for file in rest.files.iter().filter(|f| !wrong.contains(&f.path)) {
        // It may be foreign to the installed build and yet be what is wanted.
        this.foreign.remove(&file.path);
        this.here.push(file.clone());
    }
    this.links = links::survey(&mut this, folder, installed, wanted, stop, &mut watch)?;
    Ok(this)
}

impl Survey {
    fn note_mode(&mut self, wanted: &Manifest, file: &FileEntry) {
        if wanted.file(&file.path).is_some_and(|w| w.hash == file.hash) {
            self.wrong_mode.insert(file.path.clone());
        }
    }

    pub(super) fn note_foreign(&mut self, folder: &GameFolder, path: &RelPath, problem: Problem) {
        let in_the_way = match problem {
            Problem::Modified { .. } => true,
            // If even its name can't be looked up, something above it is in the way, not the file.
            Problem::Unreadable(_) => folder.dir.metadata(path).is_ok(),
            Problem::WrongKind(kind) => kind != EntryKind::Dir,
            Problem::Missing | Problem::WrongMode => false,
        };
        if in_the_way {
            self.foreign.insert(path.clone());
        }
    }
}

/// Modification times of a build's files now, in manifest order.
pub(crate) fn stats_now(folder: &GameFolder, manifest: &Manifest) -> Vec<i64> {
    let stat = |f: &FileEntry| match folder.dir.metadata(&f.path) {
        Ok(meta) if meta.kind == EntryKind::File && meta.len == f.size => meta.modified_ns,
        _ => 0,
    };
    manifest.files.iter().map(stat).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mist_proto::key::ReleaseSecret;
    use mist_tree::fs::{Dir, fault::MemDir};

    use super::*;
    use crate::install::samples::{file, manifest, path};

    type File<'a> = (&'a str, &'a [u8]);

    fn build(files: &[File<'_>]) -> VerifiedManifest {
        let files = files.iter().map(|(p, bytes)| file(p, bytes)).collect();
        manifest(files).sign(&ReleaseSecret::from_seed(&[1; 32])).expect("valid")
    }

    fn folder(files: &[File<'_>]) -> GameFolder {
        let dir = MemDir::new();
        for (p, bytes) in files {
            dir.create(&path(p)).expect("made").write_all_at(bytes, 0).expect("written");
        }
        GameFolder::over(Arc::new(dir))
    }

    fn names<'a>(paths: impl IntoIterator<Item = &'a RelPath>) -> Vec<String> {
        paths.into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tells_right_files_from_those_in_the_way() {
        let old = build(&[("changed", b"old"), ("gone", b"x"), ("same", b"same"), ("updated", b"one")]);
        let new = build(&[("added", b"add"), ("changed", b"new"), ("same", b"same"), ("updated", b"two")]);
        let at = folder(&[
            ("added", b"mod"),
            ("changed", b"mine"),
            ("same", b"same"),
            ("updated", b"two"),
            ("save", b"s"),
        ]);
        let found = survey(&at, Some(&old), &new, false, &Stop::new(), &mut |_| {}).expect("works");
        assert_eq!(names(found.here.iter().map(|f| &f.path)), ["same", "updated"]);
        assert_eq!(
            names(&found.foreign),
            ["added", "changed"],
            "the update that was made by hand is not in the way"
        );
        assert_eq!(names(&found.mendable), ["added"], "of the right size");
        assert_eq!((found.damaged, found.damaged_bytes), (3, 7));
    }

    #[test]
    fn times_are_trusted_unless_it_is_thorough() {
        let build = build(&[("a", b"right")]);
        let at = folder(&[("a", b"wrong")]);
        at.set_stats(build.id(), &stats_now(&at, &build)).expect("written");
        let look = |thorough| {
            survey(&at, Some(&build), &build, thorough, &Stop::new(), &mut |_| {}).expect("works").damaged
        };
        assert_eq!((look(false), look(true)), (0, 1));
        at.dir.open_rw(&path("a")).expect("open").write_all_at(b"W", 0).expect("written");
        assert_eq!(look(false), 1, "a newer time is not trusted");
    }

    #[test]
    fn a_wrong_mode_is_no_damage() {
        let build = build(&[("a", b"right")]);
        let at = folder(&[("a", b"right")]);
        at.dir.set_executable(&path("a"), true).expect("mode");
        let found = survey(&at, Some(&build), &build, true, &Stop::new(), &mut |_| {}).expect("works");
        assert_eq!((found.damaged, names(&found.wrong_mode)), (0, vec!["a".to_owned()]));
        assert_eq!(found.here.len(), 1);
    }
}
