//! Where `mistpipe` keeps its session and the release key, and how it writes what must stay private.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use mist_command_line::{WholeFile, text};
use mist_secrets::{Kept, LoadError, Place, Secrets, Slot, SystemKeyring, entry_of};

use crate::{
    failure::{Exit, refuse},
    show::Screen,
};

/// Environment variable that says where secrets are kept: `keyring` or `file`.
const SECRETS: &str = "MIST_SECRETS";
/// The files of secrets that every home has sooner or later.
const SECRET_FILES: [&str; 2] = ["session.json", "release-key"];

/// The state folder: `MISTPIPE_HOME`, or `mistpipe` in the user's configuration folder.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    folder: PathBuf,
    secrets: Secrets,
    screen: Screen,
}

/// Where the environment says that secrets are kept.
fn place(said: Option<&str>) -> Result<Place> {
    match said {
        None | Some("keyring") => Ok(Place::Keyring),
        Some("file") => Ok(Place::File),
        Some(other) => Err(refuse(Exit::Usage, format!("{SECRETS} is {other:?}: use keyring or file"))),
    }
}

impl Home {
    /// The folder that the environment asks for; it need not exist yet.
    pub(crate) fn from_env(screen: Screen) -> Result<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let folder = var("MISTPIPE_HOME")
            .or_else(|| var("XDG_CONFIG_HOME").or_else(|| var("APPDATA")).map(|d| d.join("mistpipe")))
            .or_else(|| var("HOME").map(|d| d.join(".config/mistpipe")))
            .ok_or_else(|| anyhow!("there is no home folder: set MISTPIPE_HOME to a folder of your own"))?;
        let said = std::env::var(SECRETS).ok().filter(|said| !said.is_empty());
        Ok(Self { folder, secrets: secrets(place(said.as_deref())?), screen })
    }

    /// A state folder at `path`, with its secrets in files.
    #[cfg(test)]
    pub(crate) fn at(path: &Path) -> Self {
        Self { folder: path.to_owned(), secrets: secrets(Place::File), screen: Screen::new(false, true) }
    }

    /// The path of `name` in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The secret `name`, or `None` if there is none.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<String>> {
        self.secrets.load(&self.slot(name)).map_err(|e| self.unread(name, e))
    }

    /// Replaces the secret `name`. Says so once if the keyring that it should be in can't be used.
    pub(crate) fn keep_secret(&self, name: &str, secret: &str) -> Result<()> {
        let is_first = !SECRET_FILES.iter().any(|file| self.file(file).exists());
        if let Kept::Instead { reason } = self.secrets.save(&self.slot(name), secret)?
            && is_first
        {
            self.screen.warn(&format!(
                "there is no keyring here that can be used ({}): the session and the release key are kept in files that only you can \
                 read, in {}. {SECRETS}=file says that this is meant",
                mist_readable::escaped(&reason),
                self.folder.display()
            ));
        }
        Ok(())
    }

    /// Removes the secret `name`, if it is there.
    pub(crate) fn forget_secret(&self, name: &str) -> Result<()> {
        self.secrets.forget(&self.slot(name))
    }

    /// Moves the secret `name` to where secrets are to be kept now, if it is elsewhere. Takes the lock.
    pub(crate) fn move_secret(&self, name: &str) -> Result<()> {
        if self.read(name)?.is_none() {
            return Ok(());
        }
        let _lock = self.lock()?;
        if self.secrets.relocate(&self.slot(name)).map_err(|e| self.unread(name, e))? {
            self.screen.note(&format!("{} is in {} from now on", name, self.place_of(name)?));
        }
        Ok(())
    }

    /// Where the secret `name` is, for people.
    pub(crate) fn place_of(&self, name: &str) -> Result<String> {
        let entry = self.read(name)?.as_deref().and_then(entry_of);
        Ok(match entry {
            Some(entry) => format!("the system's keyring, as {entry:?}"),
            None => self.file(name).display().to_string(),
        })
    }

    /// Puts the file of a secret aside that the keyring does not give now; the keyring keeps it. False if it can be read.
    pub(crate) fn put_aside_unread(&self, name: &str) -> Result<bool> {
        let (Err(LoadError::Closed(_) | LoadError::Gone(_)), Some(text)) =
            (self.secrets.load(&self.slot(name)), self.read(name)?)
        else {
            return Ok(false);
        };
        self.write(&format!("{name}.unread"), &text)?;
        self.remove(name)?;
        Ok(true)
    }

    fn slot<'a>(&'a self, name: &'a str) -> SecretFile<'a> {
        SecretFile { home: self, name }
    }

    fn unread(&self, name: &str, error: LoadError<anyhow::Error>) -> anyhow::Error {
        let advice = match error {
            LoadError::File(e) => return e,
            LoadError::Closed(_) => "open it, as signing in at your desktop does",
            LoadError::Gone(_) => "sign in again, or bring your backup in with `mistpipe key import FILE`",
        };
        let path = self.file(name);
        refuse(Exit::Auth, format!("{} can't be had: {error}: {advice}", path.display()))
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
            create_private_folder(&self.folder)?;
            let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().with_context(|| format!("can't lock {}", path.display()))
    }
}

fn secrets(place: Place) -> Secrets {
    Secrets::new(SystemKeyring { service: "mist" }, place)
}

/// The file of a secret.
struct SecretFile<'a> {
    home: &'a Home,
    name: &'a str,
}

impl Slot for SecretFile<'_> {
    type Error = anyhow::Error;

    fn read(&self) -> Result<Option<String>> {
        self.home.read(self.name)
    }

    fn write(&self, text: &str) -> Result<()> {
        self.home.write(self.name, text)
    }

    fn remove(&self) -> Result<()> {
        self.home.remove(self.name)
    }

    fn label(&self) -> String {
        format!("mistpipe {} of {}", self.name, self.home.folder.display())
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
    fn where_secrets_are_kept_is_said_by_the_environment() {
        assert_eq!(place(None).unwrap(), Place::Keyring);
        assert_eq!(place(Some("keyring")).unwrap(), Place::Keyring);
        assert_eq!(place(Some("file")).unwrap(), Place::File);
        for bad in ["off", "File", "/tmp"] {
            assert!(place(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_that_the_keyring_does_not_give_is_put_aside_and_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        home.keep_secret("release-key", "sesame").unwrap();
        assert!(!home.put_aside_unread("release-key").unwrap(), "it can be read");
        let named = r#"{"in_keyring":"no such entry"}"#;
        home.write("release-key", named).unwrap();
        assert!(home.secret("release-key").is_err());
        assert!(home.put_aside_unread("release-key").unwrap());
        assert_eq!(home.secret("release-key").unwrap(), None);
        assert_eq!(home.read("release-key.unread").unwrap().as_deref(), Some(named));
    }

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
