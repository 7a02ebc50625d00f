//! The program that applies the library's patches: `hpatchz` of HDiffPatch, or another one that is called in the same way.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Its usual name.
const NAME: &str = "hpatchz";
/// Characters of what it says that are told.
const TOLD: usize = 300;

/// What applies patches, if there is anything.
#[derive(Debug, Clone)]
pub(super) struct Patcher(Option<PathBuf>);

impl Patcher {
    /// The program at `named`, or else the one that is installed.
    pub(super) fn new(named: Option<PathBuf>) -> Self {
        Self(named.or_else(installed))
    }

    /// Makes `new`, which is not there, of `old` and `patch`. All three are absolute, so that no name is taken for an option.
    ///
    /// # Errors
    /// Why not. A part of `new` may be there then.
    pub(super) fn apply(&self, old: &Path, patch: &Path, new: &Path) -> Result<(), String> {
        let Some(program) = &self.0 else {
            return Err(format!(
                "there is no {NAME} to apply it: install it (it is part of HDiffPatch, https://github.com/sisong/HDiffPatch), or say \
                 with --hpatchz where it is"
            ));
        };
        let ran = Command::new(program).args([old, patch, new]).stdin(Stdio::null()).output();
        let output = ran.map_err(|e| format!("{} does not run: {e}", program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [&output.stderr[..], &output.stdout[..]].map(String::from_utf8_lossy);
        let said = said.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
        let said: String = said.collect::<Vec<_>>().join("; ").chars().take(TOLD).collect();
        Err(format!("{} can't apply it ({}): {said}", program.display(), output.status))
    }
}

fn installed() -> Option<PathBuf> {
    let name = format!("{NAME}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn what_the_program_says_is_told() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("patcher");
        fs::write(
            &program,
            "#!/bin/sh\n[ \"$2\" = bad ] && { echo 'bad patch' >&2; exit 3; }\ncp \"$1\" \"$3\"\n",
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let (old, new) = (place.path().join("old"), place.path().join("new"));
        fs::write(&old, "x").unwrap();
        let patcher = Patcher::new(Some(program));
        patcher.apply(&old, Path::new("good"), &new).unwrap();
        assert_eq!(fs::read(&new).unwrap(), b"x");
        let refused = patcher.apply(&old, Path::new("bad"), &new).unwrap_err();
        assert!(refused.contains("bad patch") && refused.contains('3'), "{refused}");
        let none = Patcher(None).apply(&old, &old, &new).unwrap_err();
        assert!(none.contains("--hpatchz"), "{none}");
    }
}
