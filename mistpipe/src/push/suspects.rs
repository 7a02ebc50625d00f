//! Folders that look like the wrong thing to push: one archive, or an installer.

use mist_proto::{FileEntry, RelPath};

/// Packed formats; Mist updates what is inside a folder far better than what is inside these.
const ARCHIVES: [&str; 9] = [".zip", ".7z", ".rar", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".iso"];
/// What installers are called.
const INSTALLERS: [&str; 4] = [".msi", ".pkg", ".deb", ".dmg"];
/// Beside more files than this an archive or installer is part of a game.
const FEW: usize = 3;

/// A sentence of advice if `files` are not what a player's folder looks like.
pub(super) fn advice(files: &[FileEntry]) -> Option<String> {
    if files.is_empty() || files.len() > FEW {
        return None;
    }
    let ends_like = |path: &RelPath, ends: &[&str]| {
        let name = path.name().to_lowercase();
        ends.iter().any(|e| name.ends_with(e))
    };
    let is_installer = |path: &RelPath| {
        let name = path.name().to_lowercase();
        ends_like(path, &INSTALLERS)
            || (name.ends_with(".exe") && (name.contains("setup") || name.contains("install")))
    };
    let what = |f: &FileEntry| {
        if is_installer(&f.path) {
            Some("an installer, which friends would have to run by hand after each update")
        } else if ends_like(&f.path, &ARCHIVES) {
            Some("an archive, which friends could not play from")
        } else {
            None
        }
    };
    let (file, what) = files.iter().find_map(|f| what(f).map(|w| (f, w)))?;
    Some(format!("{} looks like {what}: push the unpacked game instead", file.path))
}

#[cfg(test)]
mod tests {
    use mist_proto::Hash;

    use super::*;

    fn files(names: &[&str]) -> Vec<FileEntry> {
        let file = |n: &&str| FileEntry {
            path: RelPath::new(n).unwrap(),
            size: 1,
            executable: false,
            hash: Hash::of(b"x"),
        };
        names.iter().map(file).collect()
    }

    #[test]
    fn only_lonely_archives_and_installers() {
        assert!(advice(&files(&["game.ZIP"])).unwrap().contains("archive"));
        assert!(advice(&files(&["readme.txt", "Setup_Game.exe"])).unwrap().contains("installer"));
        assert_eq!(advice(&files(&["game.exe"])), None);
        assert_eq!(advice(&files(&["a", "b", "c", "data.zip"])), None);
        assert_eq!(advice(&[]), None);
    }
}
