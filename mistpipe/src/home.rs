//! Where `mistpipe` keeps its session and the release key, and how it writes what must stay private.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use mist_command_line::{WholeFile, text};

/// The state folder: `MISTPIPE_HOME`, or `mistpipe` in the user's configuration folder.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// The folder that the environment asks for; it need not exist yet.
    pub(crate) fn from_env() -> Result<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        var("MISTPIPE_HOME")
            .or_else(|| var("XDG_CONFIG_HOME").or_else(|| var("APPDATA")).map(|d| d.join("mistpipe")))
            .or_else(|| var("HOME").map(|d| d.join(".config/mistpipe")))
            .map(Self)
            .ok_or_else(|| anyhow!("there is no home folder: set MISTPIPE_HOME to a folder of your own"))
    }

    /// A state folder at `path`.
    #[cfg(test)]
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path of `name` in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The content of `name`, or `None` if there is no such file.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>> {
        Ok(text::read_if_there(&self.file(name))?)
    }

    /// Replaces `name` by `content`, readable by this user only; a crash leaves the old content or the new.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<()> {
        write_private(&self.file(name), content.as_bytes())
    }

    /// The bytes of `name`, or `None` if there is no such file.
    ///
    /// # Errors
    /// If it can't be read, or has more than `most` bytes.
    pub(crate) fn read_bytes(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let path = self.file(name);
        let read = || -> io::Result<Vec<u8>> {
            let file = fs::File::open(&path)?;
            if file.metadata()?.len() > most {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            read => Ok(Some(read.with_context(|| format!("can't read {}", path.display()))?)),
        }
    }

    /// [`Home::write`], of bytes.
    pub(crate) fn write_bytes(&self, name: &str, content: &[u8]) -> Result<()> {
        write_private(&self.file(name), content)
    }

    /// Removes `name` if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(e).with_context(|| format!("can't remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Waits for the lock that keeps two `mistpipe` processes from changing the session at once. Held until
    /// dropped.
    pub(crate) fn lock(&self) -> Result<fs::File> {
        let path = self.file("lock");
        let open = || -> io::Result<fs::File> {
            create_private_folder(&self.0)?;
            let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().with_context(|| format!("can't lock {}", path.display()))
    }
}

/// Writes a file that only this user may read (on Unix), whole or not at all.
fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        create_private_folder(folder)?;
        WholeFile::write_with_mode(path, content, 0o600)
    };
    write().with_context(|| format!("can't write {}", path.display()))
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_files_are_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("deep/er"));
        assert_eq!(home.read("session").unwrap(), None);
        home.write("session", "one").unwrap();
        home.write("session", "two").unwrap();
        assert_eq!(home.read("session").unwrap().as_deref(), Some("two"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(home.file("session")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        home.remove("session").unwrap();
        home.remove("session").unwrap();
        assert_eq!(home.read("session").unwrap(), None);
    }
}
