//! Which files of a build are here already, and which pieces of its archive have to be fetched. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mist_peer::PieceSet;
use mist_proto::{FileEntry, Hash, Manifest, RelPath, limits};
use mist_tree::archive::Layout;

use super::previous::Material;

/// Where a file of the wanted build comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is in place.
    Keep,
    /// A file that nobody else needs is renamed.
    Move(RelPath),
    /// Another file has the same content.
    Copy(RelPath),
    /// The file in its place has the right size; its wrong pieces are replaced in a copy.
    Mend,
    /// All of it is fetched.
    Fetch,
    /// The file in its place gets new content by a journal in staging.
    Patch,
    /// It was kept of the build before, and is renamed.
    Return,
    /// It was kept of the build before, and another file of the same content takes it.
    ReturnCopy,
    /// The file in its place, whose content this is, gets older content by a journal that was kept.
    Unpatch(Hash),
}

impl Origin {
    /// Whether bytes of the file arrive from elsewhere.
    pub(crate) fn is_fetched(&self) -> bool {
        matches!(self, Self::Mend | Self::Fetch)
    }
}

/// How a build is put together from what is here and pieces of its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagePlan {
    /// One for each file of the manifest.
    pub(crate) origins: Vec<Origin>,
    /// Pieces of the archive to fetch.
    pub(crate) want: PieceSet,
    /// Their size.
    pub(crate) download: u64,
    /// Bytes that staging takes.
    pub(crate) staged: u64,
}

impl StagePlan {
    /// Whether it takes something that was kept of another build.
    pub(crate) fn returns(&self) -> bool {
        let kept = |o: &Origin| matches!(o, Origin::Return | Origin::ReturnCopy | Origin::Unpatch(_));
        self.origins.iter().any(kept)
    }
}

/// What is known of damaged files that have the right size.
pub(crate) struct Mendable<'a> {
    /// The files.
    pub(crate) files: &'a BTreeSet<RelPath>,
    /// Pieces of the wanted archive that the folder has right.
    pub(crate) valid: &'a PieceSet,
}

/// Plans to make `target` out of `here`, the files whose content is known to be right, and of what was `kept` of other builds.
pub(crate) fn plan_stage(
    here: &[FileEntry],
    target: &Manifest,
    layout: &Layout,
    mendable: Option<&Mendable<'_>>,
    kept: &Material,
) -> StagePlan {
    let origins = origins(here, target, mendable, kept);
    let piece_size = limits::piece_size(layout.size());
    let mut want = PieceSet::new(limits::pieces(layout.size()));
    let mut staged = 0;
    for ((origin, member), file) in origins.iter().zip(layout.members()).zip(&target.files) {
        match origin {
            Origin::Keep | Origin::Move(_) | Origin::Patch | Origin::Return | Origin::Unpatch(_) => continue,
            Origin::Copy(_) | Origin::Mend | Origin::Fetch | Origin::ReturnCopy => staged += file.size,
        }
        if !origin.is_fetched() || file.size == 0 {
            continue;
        }
        let content = member.content();
        for piece in content.start / piece_size..=(content.end - 1) / piece_size {
            let right = *origin == Origin::Mend && mendable.is_some_and(|m| m.valid.contains(piece));
            if !right {
                want.insert(piece);
            }
        }
    }
    let download = want.iter().map(|p| piece_size.min(layout.size() - p * piece_size)).sum();
    StagePlan { origins, want, download, staged }
}

fn origins(
    here: &[FileEntry],
    target: &Manifest,
    mendable: Option<&Mendable<'_>>,
    material: &Material,
) -> Vec<Origin> {
    let in_place: BTreeMap<&RelPath, &Hash> = here.iter().map(|f| (&f.path, &f.hash)).collect();
    let kept = |f: &FileEntry| in_place.get(&f.path) == Some(&&f.hash);
    let mut by_content: HashMap<(Hash, u64), Vec<&RelPath>> = HashMap::new();
    for f in here {
        by_content.entry((f.hash, f.size)).or_default().push(&f.path);
    }
    let returns = |f: &FileEntry| material.files.get(&f.hash) == Some(&f.size);
    // What makes the file of this name that is here the wanted one.
    let unpatched = |f: &FileEntry| {
        let now = **in_place.get(&f.path)?;
        let elsewhere = by_content.contains_key(&(f.hash, f.size)) || returns(f);
        (!elsewhere && material.journals.contains_key(&(now, f.hash))).then_some(now)
    };
    // A file that stays where it is can be copied from but not moved.
    let stays = target.files.iter().filter(|f| kept(f) || unpatched(f).is_some());
    let stays: BTreeSet<&RelPath> = stays.map(|f| &f.path).collect();
    let mut moved: BTreeSet<&RelPath> = BTreeSet::new();
    let mut returned: BTreeSet<Hash> = BTreeSet::new();
    let mut out = Vec::with_capacity(target.files.len());
    for f in &target.files {
        let same = by_content.get(&(f.hash, f.size)).map(Vec::as_slice).unwrap_or_default();
        let free = same.iter().find(|p| !stays.contains(**p) && !moved.contains(**p));
        out.push(if kept(f) {
            Origin::Keep
        } else if f.size == 0 {
            Origin::Fetch
        } else if let Some(from) = free {
            moved.insert(from);
            Origin::Move((*from).clone())
        } else if let Some(from) = same.first() {
            Origin::Copy((*from).clone())
        } else if returns(f) {
            if returned.insert(f.hash) { Origin::Return } else { Origin::ReturnCopy }
        } else if let Some(now) = unpatched(f) {
            Origin::Unpatch(now)
        } else if mendable.is_some_and(|m| m.files.contains(&f.path)) {
            Origin::Mend
        } else {
            Origin::Fetch
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::samples::{self, path};

    fn file(at: &str, content: u8, size: u64) -> FileEntry {
        FileEntry { path: path(at), size, executable: false, hash: Hash::of(&[content]) }
    }

    fn manifest(files: &[FileEntry]) -> (Manifest, Layout) {
        let manifest = samples::manifest(files.to_vec());
        let layout = Layout::new(&manifest).expect("small");
        (manifest, layout)
    }

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn nothing_here_means_every_piece() {
        let (target, layout) = manifest(&[file("a", 1, 3 * MIB), file("b", 2, 0)]);
        let plan = plan_stage(&[], &target, &layout, None, &Material::default());
        assert_eq!(plan.origins, [Origin::Fetch, Origin::Fetch]);
        assert_eq!(plan.download, layout.size().min(4 * MIB));
        assert_eq!(plan.staged, 3 * MIB);
    }

    #[test]
    fn same_content_is_kept_moved_or_copied() {
        let (target, layout) = manifest(&[
            file("a", 1, 10),
            file("b", 1, 10),
            file("c", 2, 10),
            file("d", 2, 10),
            file("e", 3, 10),
        ]);
        let here = [file("a", 1, 10), file("x", 2, 10), file("e", 4, 10)];
        let plan = plan_stage(&here, &target, &layout, None, &Material::default());
        let path = |p| RelPath::new(p).expect("path");
        assert_eq!(
            plan.origins,
            [
                Origin::Keep,
                Origin::Copy(path("a")),
                Origin::Move(path("x")),
                Origin::Copy(path("x")),
                Origin::Fetch
            ]
        );
        assert_eq!(plan.staged, 30);
    }

    #[test]
    fn two_files_that_swap_names_are_both_moved() {
        let (target, layout) = manifest(&[file("a", 1, 10), file("b", 2, 10)]);
        let plan =
            plan_stage(&[file("a", 2, 10), file("b", 1, 10)], &target, &layout, None, &Material::default());
        let path = |p| RelPath::new(p).expect("path");
        assert_eq!(plan.origins, [Origin::Move(path("b")), Origin::Move(path("a"))]);
        assert_eq!(plan.download, 0);
    }

    #[test]
    fn what_was_kept_comes_back_by_itself_and_by_journals() {
        let hash = |content: u8| Hash::of(&[content]);
        let (target, layout) = manifest(&[
            file("big", 1, 5 * MIB),
            file("gone", 2, 10),
            file("here", 3, 10),
            file("other size", 4, 11),
            file("twin", 2, 10),
        ]);
        let here = [file("big", 9, 5 * MIB), file("here", 8, 10), file("moved", 3, 10)];
        let files = [(hash(2), 10), (hash(3), 10), (hash(4), 10)].into();
        let kept =
            Material { files, journals: [((hash(9), hash(1)), 500), ((hash(7), hash(2)), 500)].into() };
        let plan = plan_stage(&here, &target, &layout, None, &kept);
        assert_eq!(
            plan.origins,
            [
                Origin::Unpatch(hash(9)),
                Origin::Return,
                Origin::Move(path("moved")),
                Origin::Fetch,
                Origin::ReturnCopy
            ]
        );
        assert_eq!((plan.staged, plan.want.iter().count()), (11 + 10, 1), "all but one are here");
    }

    #[test]
    fn a_file_that_is_patched_back_is_not_renamed_away() {
        let hash = |content: u8| Hash::of(&[content]);
        let (target, layout) = manifest(&[file("big", 1, 10), file("copy", 9, 10)]);
        let kept = Material { journals: [((hash(9), hash(1)), 500)].into(), ..Material::default() };
        let plan = plan_stage(&[file("big", 9, 10)], &target, &layout, None, &kept);
        assert_eq!(plan.origins, [Origin::Unpatch(hash(9)), Origin::Copy(path("big"))]);
    }

    #[test]
    fn only_wrong_pieces_of_a_damaged_file_are_fetched() {
        let (target, layout) = manifest(&[file("a", 1, 10 * MIB)]);
        let mut valid = PieceSet::full(limits::pieces(layout.size()));
        valid.remove(4);
        let files = BTreeSet::from([target.files[0].path.clone()]);
        let plan = plan_stage(
            &[],
            &target,
            &layout,
            Some(&Mendable { files: &files, valid: &valid }),
            &Material::default(),
        );
        assert_eq!(plan.origins, [Origin::Mend]);
        assert_eq!(plan.want.iter().collect::<Vec<_>>(), [4]);
        assert_eq!(plan.download, limits::GROUP_SIZE);
    }
}
