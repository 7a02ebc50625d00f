//! Folders in memory that patches lead from and to.

use std::collections::BTreeMap;

use mist_delta::Tree;
use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::fs::{Dir, TreePath, fault::MemDir};

/// What files hold, by their paths.
pub(crate) type Files = BTreeMap<RelPath, Vec<u8>>;

/// A folder and its listing.
pub struct Folder {
    /// The files.
    pub dir: MemDir,
    /// What they are.
    pub manifest: Manifest,
}

impl Folder {
    /// A folder of these files.
    pub fn of(files: &[(&str, &[u8])]) -> Self {
        let dir = MemDir::new();
        let mut listed: Vec<FileEntry> = files
            .iter()
            .map(|(path, content)| {
                let path = RelPath::new(path).expect("a path of a build");
                write(&dir, &path, content);
                FileEntry { path, size: content.len() as u64, executable: false, hash: Hash::of(content) }
            })
            .collect();
        listed.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            game: "fuzz".parse().expect("a slug"),
            version: "1".parse().expect("a version"),
            sequence: 1,
            parent: None,
            floor: 1,
            archive: BlobId::of(b""),
            files: listed,
            empty_dirs: Vec::new(),
            links: Vec::new(),
            launch: Vec::new(),
        };
        Self { dir, manifest }
    }

    /// It, to make patches of.
    pub fn tree(&self) -> Tree<'_> {
        Tree { manifest: &self.manifest, dir: &self.dir }
    }

    /// What one of the files holds now.
    pub fn content(&self, path: &RelPath) -> Vec<u8> {
        read(&self.dir, path)
    }

    /// What the files hold now.
    pub(crate) fn files(&self) -> Files {
        let listed = self.manifest.files.iter();
        listed.map(|f| (f.path.clone(), read(&self.dir, &f.path))).collect()
    }
}

/// The folder that patches are applied to.
pub fn base() -> Folder {
    Folder::of(&[
        ("assets.zip", include_bytes!("../../base/assets.zip")),
        ("frames.bin", include_bytes!("../../base/frames.bin")),
        // What the patch of version 1 among the golden ones starts from.
        ("game.pk3", include_bytes!("../../base/game.pk3")),
        ("level.bin", include_bytes!("../../base/level.bin")),
        ("program", include_bytes!("../../base/program")),
        ("readme.txt", README),
    ])
}

/// What may become of it.
pub fn next() -> Folder {
    let mut level = include_bytes!("../../base/level.bin").to_vec();
    level.rotate_left(100);
    level[500..600].fill(7);
    Folder::of(&[
        ("assets.zip", include_bytes!("../../base/assets-2.zip")),
        ("frames.bin", include_bytes!("../../base/frames-2.bin")),
        ("level.bin", &level),
        ("moved.pk3", include_bytes!("../../base/game.pk3")),
        ("new.txt", README.split_at(200).1),
        ("program", include_bytes!("../../base/program")),
        ("readme.txt", [README, README].concat().split_at(700).0),
    ])
}

const README: &[u8] = include_bytes!("../../base/readme.txt");

/// Gives a file this content and no other.
pub(crate) fn write(dir: &dyn Dir, path: &dyn TreePath, content: &[u8]) {
    let file = dir.create(path).expect("nothing is in the way");
    file.write_all_at(content, 0).expect("memory takes it");
}

/// What a file holds.
pub(crate) fn read(dir: &dyn Dir, path: &dyn TreePath) -> Vec<u8> {
    let file = dir.open(path).expect("the file is there");
    let len = usize::try_from(file.size().expect("memory knows it")).expect("it is in memory");
    let mut content = vec![0; len];
    file.read_exact_at(&mut content, 0).expect("memory holds it");
    content
}
