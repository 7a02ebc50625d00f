//! Looks after the files of a home: one that a power loss left empty or garbled is put aside, and made anew in time.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mist_proto::http::{BuildList, DenyList, GameList, Ticket};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Home, HomeError, read_file};
use crate::{library::Library, session::StoredSession, settings::Settings, trust::KnownServer};

/// Puts every file aside that can't be understood. Returns a line for each, for people. Only the process that owns the home
/// may call it.
///
/// # Errors
/// If a folder can't be listed, or a file can't be put aside.
pub(crate) fn tend(home: &Home) -> Result<Vec<String>, HomeError> {
    let mut lines = Vec::new();
    let mut look = |path: &Path, is_good: fn(&[u8]) -> bool, what: &str| {
        if let Some(bytes) = read_file(path)?
            && !is_good(&bytes)
        {
            let aside = put_aside(path)?;
            lines.push(format!(
                "{} could not be understood and was put aside as {}: {what}",
                path.display(),
                aside.display()
            ));
        }
        Ok::<_, HomeError>(())
    };
    look(&home.settings(), reads::<Settings>, "the default settings count")?;
    look(&home.queue(), reads::<IgnoredAny>, "nothing waits; order again what was under way")?;
    look(&home.library(), reads::<Library>, "say where your games are with `mist locate GAME DIR`")?;
    for report in files(&home.reports())? {
        look(&report, reads::<IgnoredAny>, "the server does not hear of that transfer")?;
    }
    for server in files(&home.servers())?.into_iter().filter(|path| path.is_dir()) {
        let fresh = "it comes anew from the server";
        look(
            &server.join("server.json"),
            reads::<KnownServer>,
            "sign in again, and compare the keys that are shown then with your admin",
        )?;
        look(&server.join("session.json"), is_session, "sign in again")?;
        look(&server.join("games.json"), reads::<GameList>, fresh)?;
        look(&server.join("tickets.json"), reads::<Vec<Ticket>>, fresh)?;
        look(&server.join("deny.json"), reads::<DenyList>, fresh)?;
        look(&server.join("peers.json"), reads::<IgnoredAny>, "friends are found anew")?;
        look(
            &server.join("promises.json"),
            reads::<IgnoredAny>,
            "the oldest build that a server may offer is learnt anew",
        )?;
        for builds in files(&server.join("builds"))? {
            look(&builds, reads::<BuildList>, fresh)?;
        }
    }
    Ok(lines)
}

fn reads<T: DeserializeOwned>(bytes: &[u8]) -> bool {
    serde_json::from_slice::<T>(bytes).is_ok()
}

/// A session, or the name of one in the keyring.
fn is_session(bytes: &[u8]) -> bool {
    reads::<StoredSession>(bytes)
        || str::from_utf8(bytes).is_ok_and(|text| mist_secrets::entry_of(text).is_some())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, HomeError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|e| e.path()).filter(|p| !is_aside(p)).collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(HomeError::at(folder)(e)),
    }
}

fn is_aside(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "broken" || e == "tmp")
}

/// Renames a file. The last one of its name that was put aside is kept.
fn put_aside(path: &Path) -> Result<PathBuf, HomeError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".broken");
    let aside = path.with_file_name(name);
    fs::rename(path, &aside).map_err(HomeError::at(path))?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_garbled_is_put_aside_and_the_rest_stays() {
        let place = tempfile::tempdir().expect("dir");
        let home = Home::open(place.path()).expect("home");
        let server = home.servers().join("0".repeat(64));
        let good = "{}";
        fs::create_dir_all(server.join("builds")).expect("made");
        fs::create_dir_all(home.reports()).expect("made");
        let garbled = [
            (home.queue(), ""),
            (home.library(), "\0\0\0\0"),
            (home.reports().join("1.json"), "{"),
            (server.join("session.json"), ""),
            (server.join("server.json"), "{}"),
            (server.join("games.json"), "[]"),
            (server.join("tickets.json"), "{"),
            (server.join("peers.json"), ""),
            (server.join("builds/doom.json"), "null"),
        ];
        for (path, text) in &garbled {
            fs::write(path, text).expect("written");
        }
        fs::write(home.settings(), good).expect("written");
        let other = home.servers().join("1".repeat(64));
        fs::create_dir_all(&other).expect("made");
        let named = other.join("session.json");
        fs::write(&named, r#"{"in_keyring":"an entry"}"#).expect("written");
        let lines = tend(&home).expect("tended");
        assert_eq!(lines.len(), garbled.len(), "{lines:#?}");
        for (path, text) in &garbled {
            assert!(!path.exists(), "{}", path.display());
            let mut aside = path.clone().into_os_string();
            aside.push(".broken");
            assert_eq!(fs::read_to_string(aside).expect("it is kept"), *text);
        }
        assert!(home.settings().exists() && named.exists());
        assert_eq!(tend(&home).expect("tended"), Vec::<String>::new(), "once is enough");
    }
}
