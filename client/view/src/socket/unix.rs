//! Unix domain sockets.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use super::{SocketError, name};

pub(crate) type Stream = UnixStream;

/// A socket that others can connect to. It is removed when this is dropped.
pub(crate) struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Opens the socket of a home. Only for the process that owns the home: a socket that is there is a dead one's.
    pub(crate) fn bind(home: &Path) -> Result<Self, SocketError> {
        let path = folder(&|name| std::env::var_os(name).map(PathBuf::from))?.join(name(home));
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
        Ok(Self { socket: UnixListener::bind(&path)?, path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection of this user's; others are turned away.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            if is_ours(&stream)? {
                return Ok(stream);
            }
            tracing::warn!("another user tried to attach to this engine");
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A leftover does no harm: the next engine removes it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the socket of an engine.
pub(crate) async fn connect(path: &Path) -> Result<Stream, SocketError> {
    let foreign = || SocketError::Foreign(path.display().to_string());
    if fs::symlink_metadata(path)?.uid() != us() {
        return Err(foreign());
    }
    let stream = UnixStream::connect(path).await?;
    if is_ours(&stream)? { Ok(stream) } else { Err(foreign()) }
}

fn is_ours(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_cred()?.uid() == us())
}

fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A folder for sockets that is this user's alone: in the system's runtime folder, else in the one for temporary files.
fn folder(env: &dyn Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, SocketError> {
    let runtime = env("XDG_RUNTIME_DIR").filter(|dir| dir.is_absolute() && dir.is_dir());
    let folder = match runtime {
        Some(dir) => dir.join("mist"),
        None => env("TMPDIR").unwrap_or_else(|| "/tmp".into()).join(format!("mist-{}", us())),
    };
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e.into()),
        _ => {}
    }
    // Somebody else may have made it first, or a link in its place.
    let found = fs::symlink_metadata(&folder)?;
    let private = found.is_dir() && found.uid() == us() && found.mode() & 0o077 == 0;
    if private { Ok(folder) } else { Err(SocketError::Foreign(folder.display().to_string())) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder_in(dir: &Path) -> Result<PathBuf, SocketError> {
        folder(&|name| (name == "XDG_RUNTIME_DIR").then(|| dir.to_owned()))
    }

    #[test]
    fn the_folder_is_ours_alone_or_not_used() {
        let dir = tempfile::tempdir().expect("dir");
        let made = folder_in(dir.path()).expect("made");
        assert_eq!(fs::metadata(&made).expect("there").permissions().mode() & 0o777, 0o700);
        assert_eq!(folder_in(dir.path()).expect("there already"), made);
        fs::set_permissions(&made, fs::Permissions::from_mode(0o755)).expect("opened up");
        assert!(matches!(folder_in(dir.path()), Err(SocketError::Foreign(_))), "others could reach into it");
        fs::remove_dir(&made).expect("removed");
        std::os::unix::fs::symlink("/tmp", &made).expect("linked");
        assert!(matches!(folder_in(dir.path()), Err(SocketError::Foreign(_))), "a link leads elsewhere");
    }

    #[test]
    fn without_a_runtime_folder_the_one_for_temporary_files_serves() {
        let dir = tempfile::tempdir().expect("dir");
        let tmp = |name: &str| (name == "TMPDIR").then(|| dir.path().to_owned());
        let made = folder(&tmp).expect("made");
        assert_eq!(made, dir.path().join(format!("mist-{}", us())));
    }

    #[test]
    fn a_deep_home_has_a_short_socket() {
        let deep: PathBuf = ["/home", &"d".repeat(200), &"e".repeat(200)].iter().collect();
        assert_eq!(name(&deep).len(), 21);
        assert_ne!(name(&deep), name(Path::new("/home")));
    }
}
