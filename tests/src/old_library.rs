//! Libraries as other programs kept them before Mist: made by 7-Zip, HDiffPatch and `sha256sum`.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::{Program, Scene, lab::Place};

/// The Python that has HDiffPatch, as `./dev test` sets it up.
const PYTHON: &str = "MIST_LAB_PYTHON";
/// How long a tool may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Calls HDiffPatch in the way of its own programs: old file, patch, new file.
const DIFF: &str = "import sys, hdiffpatch
old, patch, new = sys.argv[1:]
read = lambda p: open(p, 'rb').read()
open(patch, 'wb').write(hdiffpatch.diff(read(old), read(new), compression='zstd'))";
const PATCH: &str = "import sys, hdiffpatch
old, patch, new = sys.argv[1:]
read = lambda p: open(p, 'rb').read()
open(new, 'xb').write(hdiffpatch.apply(read(old), read(patch)))";

/// How much a library says in its JSON files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// The versions in their order, sizes, which patch is for which file; the newest version lies in a depot.
    Many,
    /// Hashes alone: the rest is in the names of files. There is no depot, and what is packed lies in a folder.
    Few,
}

/// A library in the scratch folder of a test.
pub struct OldLibrary {
    root: PathBuf,
    python: String,
    seven_zip: &'static str,
    hpatchz: PathBuf,
    logs: PathBuf,
}

impl OldLibrary {
    /// An empty one; none if the tools can't be had here, which is said.
    ///
    /// # Errors
    /// The tools can't be had although this is CI.
    pub fn new(scene: &Scene) -> Result<Option<Self>> {
        let logs = scene.logs();
        let python = env::var(PYTHON).ok();
        let has = |program: Program| program.run(LIMIT).is_ok_and(|outcome| outcome.code() == Some(0));
        // Debian has called it both.
        let seven_zip =
            ["7z", "7zz"].into_iter().find(|name| has(Program::system(name, &Place::Here, &logs).arg("i")));
        let python = python.filter(|python| {
            has(Program::system(python, &Place::Here, &logs).args(["-c", "import hdiffpatch"]))
        });
        let (Some(python), Some(seven_zip)) = (python, seven_zip) else {
            ensure!(
                env::var_os("CI").is_none(),
                "7z or the Python with hdiffpatch is missing: `./dev test` could not get them"
            );
            eprintln!(
                "SKIPPED: no old library was made, because 7z or a Python with hdiffpatch ({PYTHON}) is missing (`./dev test` gets both)"
            );
            return Ok(None);
        };
        let hpatchz = scene.path("hpatchz");
        fs::write(&hpatchz, format!("#!/bin/sh\nexec '{python}' -c \"{PATCH}\" \"$@\"\n"))?;
        fs::set_permissions(&hpatchz, fs::Permissions::from_mode(0o755))?;
        Ok(Some(Self { root: scene.folder("library")?, python, seven_zip, hpatchz, logs }))
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a game in it.
    pub fn game(&self, title: &str) -> PathBuf {
        self.root.join("games").join(title)
    }

    /// A program that is called as HDiffPatch's `hpatchz` is.
    pub fn hpatchz(&self) -> &Path {
        &self.hpatchz
    }

    /// Adds a game with these versions, oldest first, each in a folder.
    ///
    /// # Errors
    /// A tool fails.
    pub fn add(&self, title: &str, words: Words, versions: &[(&str, &Path)]) -> Result<()> {
        let game = self.game(title);
        let (_, base) = versions.first().context("a game has versions")?;
        fs::create_dir_all(game.join("manifests"))?;
        let packed = if words == Words::Many { base.join("*") } else { base.to_path_buf() };
        let pack = Program::system(self.seven_zip, &Place::Here, &self.logs).args(["a", "-bd", "-y"]);
        pack.arg(game.join("base_version.7z")).arg(packed).run(LIMIT)?.success()?;
        for (version, folder) in versions {
            let hashes = self.hashes(folder)?;
            let manifest = match words {
                Words::Many => {
                    let entry = |(path, hash): &(String, String)| -> Result<Value> {
                        let size = fs::metadata(folder.join(path))?.len();
                        Ok(json!({ "path": path, "sha256": hash, "size": size }))
                    };
                    let files = hashes.iter().map(entry).collect::<Result<Vec<_>>>()?;
                    json!({ "version": version, "files": files })
                }
                Words::Few => hashes
                    .into_iter()
                    .map(|(path, hash)| (path.replace('/', "\\"), Value::from(hash)))
                    .collect(),
            };
            write_json(&game.join(format!("manifests/{version}.json")), &manifest)?;
        }
        for pair in versions.windows(2) {
            self.add_delta(&game, words, pair[0], pair[1])?;
        }
        if words == Words::Many {
            let labels = versions.iter().map(|(version, _)| *version).collect::<Vec<_>>();
            let index = json!({ "title": title, "versions": labels, "exe": "bin\\game" });
            write_json(&game.join(format!("manifests/{title}.json")), &index)?;
            let (_, newest) = versions.last().context("a game has versions")?;
            copy_tree(newest, &game.join("depot"))?;
        }
        Ok(())
    }

    /// The SHA-256 of each file.
    fn hashes(&self, folder: &Path) -> Result<Vec<(String, String)>> {
        let paths = files(folder)?;
        let sums = Program::system("sha256sum", &Place::Here, &self.logs);
        let said = sums.args(paths.iter().map(|path| folder.join(path))).run(LIMIT)?.success()?.stdout;
        let hashes = said.lines().map(|line| line.split_whitespace().next().unwrap_or_default().to_owned());
        Ok(paths.into_iter().zip(hashes).collect())
    }

    fn add_delta(&self, game: &Path, words: Words, old: (&str, &Path), new: (&str, &Path)) -> Result<()> {
        let ((from, old), (to, new)) = (old, new);
        let delta = game.join("deltas").join(to);
        fs::create_dir_all(delta.join("new_files"))?;
        let before = files(old)?;
        let contents = before.iter().map(|path| fs::read(old.join(path))).collect::<Result<Vec<_>, _>>()?;
        let mut patched = vec![];
        for path in files(new)? {
            let content = fs::read(new.join(&path))?;
            if contents.contains(&content) {
                continue;
            }
            if before.contains(&path) {
                let patch = match words {
                    Words::Many => format!("{}.patch", patched.len()),
                    Words::Few => format!("{}.patch", path.replace('/', "_")),
                };
                let diff = Program::system(&self.python, &Place::Here, &self.logs).args(["-c", DIFF]);
                diff.arg(old.join(&path))
                    .arg(delta.join(&patch))
                    .arg(new.join(&path))
                    .run(LIMIT)?
                    .success()?;
                patched.push(json!({ "path": path, "patch": patch }));
            } else {
                copy_file(&new.join(&path), &delta.join("new_files").join(&path))?;
            }
        }
        let said = match words {
            Words::Many => json!({ "from": from, "to": to, "patched": patched }),
            Words::Few => json!({}),
        };
        write_json(&delta.join("delta_manifest.json"), &said)
    }
}

/// The files beneath a folder, by path.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = vec![];
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder)?;
            found.push(path.to_str().context("a path that is not UTF-8")?.to_owned());
        }
    }
    Ok(found)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    files(from)?.iter().try_for_each(|path| copy_file(&from.join(path), &to.join(path)))
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file has a folder")?)?;
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    fs::write(path, value.to_string()).with_context(|| format!("writing {}", path.display()))
}
