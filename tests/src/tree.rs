//! Folders made by code: small trees, and what becomes of them from version to version.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// Bytes that no codec makes smaller, the same for the same seed.
pub fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

#[derive(Clone, PartialEq, Eq)]
struct File {
    bytes: Vec<u8>,
    executable: bool,
}

/// A folder's content in memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, File>,
    empty_folders: Vec<String>,
    links: BTreeMap<String, String>,
}

impl Tree {
    /// With a file.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), File { bytes: bytes.into(), executable: false });
        self
    }

    /// With a file that may be run.
    #[must_use]
    pub fn program(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), File { bytes: bytes.into(), executable: true });
        self
    }

    /// With an empty folder.
    #[must_use]
    pub fn empty_folder(mut self, path: &str) -> Self {
        self.empty_folders.push(path.into());
        self
    }

    /// With a symbolic link that says `target`.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.links.insert(path.into(), target.into());
        self
    }

    /// Without a file.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path);
        self
    }

    /// Writes it to `root`, which must be empty or absent.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write_to(&self, root: &Path) -> Result<()> {
        fs::create_dir_all(root)?;
        for (path, file) in &self.files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(&path, &file.bytes).with_context(|| format!("writing {}", path.display()))?;
            let mode = if file.executable { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        }
        for path in &self.empty_folders {
            fs::create_dir_all(root.join(path))?;
        }
        for (path, target) in &self.links {
            let path = root.join(path);
            fs::create_dir_all(path.parent().context("a link has a folder")?)?;
            std::os::unix::fs::symlink(target, &path)
                .with_context(|| format!("linking {}", path.display()))?;
        }
        Ok(())
    }

    /// A small tree with the oddities that trees have, the same for the same seed.
    pub fn random(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut tree =
            Self::default().file("readme.txt", "always here").program("run.sh", "#!/bin/sh\nexit 0\n");
        for _ in 0..rng.random_range(2..12) {
            let path = tree.free_path(&mut rng);
            tree.files.insert(path, random_file(&mut rng));
        }
        if rng.random_bool(0.5) {
            tree.empty_folders.push(format!("empty-{}/inner", rng.random_range(0..9)));
        }
        tree
    }

    /// What the next version of it might be: one to six changes of every kind that updates know.
    #[must_use]
    pub fn changed(&self, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut next = self.clone();
        for _ in 0..rng.random_range(1..=6) {
            next.change(&mut rng);
        }
        next
    }

    fn change(&mut self, rng: &mut StdRng) {
        let paths = self.files.keys().cloned().collect::<Vec<_>>();
        let Some(path) = paths.choose(rng).cloned() else { return };
        let Some(mut file) = self.files.remove(&path) else { return };
        match rng.random_range(0..10) {
            0 => return,                             // the file goes
            1 => flip_a_byte(&mut file.bytes, rng),  // one byte changes
            2 => file.executable = !file.executable, // zero bytes change
            3 => file.bytes.extend_from_slice(b"more"),
            4 => file.bytes.truncate(file.bytes.len() / 2),
            5 => file.bytes = random_file(rng).bytes,
            6 => {
                let to = self.free_path(rng); // moved, perhaps changed too
                if rng.random_bool(0.5) {
                    flip_a_byte(&mut file.bytes, rng);
                }
                self.files.insert(to, file);
                return;
            }
            7 => {
                let to = swap_case(&path); // renamed in case only
                self.files.insert(to, file);
                return;
            }
            8 => {
                self.files.insert(format!("{path}/inside"), file); // a file becomes a folder
                return;
            }
            _ => {
                let added = self.free_path(rng); // a file appears
                self.files.insert(added, random_file(rng));
            }
        }
        self.files.insert(path, file);
    }

    /// A path that collides with nothing here, whatever the file system folds.
    fn free_path(&self, rng: &mut StdRng) -> String {
        const FOLDERS: [&str; 5] = ["", "data/", "data/levels/one/", "Ünï/çødé/", "a/b/c/d/e/f/g/h/i/j/k/l/"];
        const STEMS: [&str; 5] = ["level", "Spieler", "日本語", "save game", "x"];
        let folder = FOLDERS.choose(rng).copied().unwrap_or_default();
        let stem = STEMS.choose(rng).copied().unwrap_or_default();
        // The number keeps apart what folding would join.
        format!("{folder}{stem}-{:08x}.bin", rng.random::<u32>())
    }
}

fn random_file(rng: &mut StdRng) -> File {
    let len = match rng.random_range(0..6) {
        0 => 0,
        1 => 1,
        2 => rng.random_range(2..600),
        3 => rng.random_range(600..20_000),
        4 => 256 * 1024,
        _ => rng.random_range(20_000..400_000),
    };
    let mut bytes = vec![0; len];
    rng.fill_bytes(&mut bytes);
    if rng.random_bool(0.3) {
        bytes.fill(b'a'); // compresses to nothing, and is equal to others of its length
    }
    File { bytes, executable: rng.random_bool(0.2) }
}

fn flip_a_byte(bytes: &mut [u8], rng: &mut StdRng) {
    if !bytes.is_empty() {
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1;
    }
}

/// The path with the case of its last component's ASCII letters swapped; folders stay, or others in them would move.
fn swap_case(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(f, n)| (f, n));
    let name = name
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect::<String>();
    if folder.is_empty() { name } else { format!("{folder}/{name}") }
}
