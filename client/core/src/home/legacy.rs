//! Takes over homes of versions up to 0.1, which kept what they knew of a server in a folder named after its host and
//! port: `servers/127.0.0.1_8080/`. Game folders and waiting reports still name it so; `servers/former.json` says which
//! server that was.

use std::{collections::BTreeMap, fs, io};

use super::{Home, HomeError, ServerId, read_file, read_json, write_file, write_json};
use crate::{library::Library, trust::KnownServer};

/// Names that servers had in older layouts.
type Former = BTreeMap<String, ServerId>;

/// Lays an old home out by the servers' keys. Does nothing to a home that is; can be interrupted anywhere and goes on the
/// next time. Only the process that owns the home may call it.
///
/// # Errors
/// If files can't be read or moved; all stays readable by the next attempt.
pub(crate) fn take_over(home: &Home) -> Result<(), HomeError> {
    let mut former = former(home)?;
    for name in folders(home)? {
        if ServerId::try_from(name.clone()).is_ok() {
            continue;
        }
        let from = home.servers().join(&name);
        // A folder without a server's keys was never signed in at.
        let Some(known) = read_json::<KnownServer>(&from.join("server.json"))? else { continue };
        let id = ServerId::of(known.pins.tracker);
        // The name is kept before anything moves, so that what refers to it can always be followed.
        former.insert(name, id.clone());
        write_json(&home.servers().join("former.json"), &former, false)?;
        let to = home.server(&id);
        if !to.exists() {
            fs::rename(&from, &to).map_err(HomeError::at(&from))?;
        }
        // A second address of one server: what was cached of it can be had again.
    }
    let current = read_file(&home.current())?.and_then(|k| String::from_utf8(k).ok());
    if let Some(id) = current.and_then(|name| former.get(&name).cloned()) {
        write_file(&home.current(), id.as_str().as_bytes(), false)?;
    }
    if former.is_empty() {
        return Ok(());
    }
    Library::change(home, |library| {
        for entry in library.games.values_mut() {
            if let Some(id) = former.get(&entry.server) {
                entry.server = id.to_string();
            }
        }
    })
}

/// The server that is meant by what a file says: its key, or the name that it had in an older layout. `None` for
/// anything else, whatever it looks like.
pub(crate) fn server_named(home: &Home, name: &str) -> Result<Option<ServerId>, HomeError> {
    match ServerId::try_from(name.to_owned()) {
        Ok(id) => Ok(Some(id)),
        Err(_) => Ok(former(home)?.remove(name)),
    }
}

/// The servers that something is known of.
pub(crate) fn server_ids(home: &Home) -> Result<Vec<ServerId>, HomeError> {
    Ok(folders(home)?.into_iter().filter_map(|name| ServerId::try_from(name).ok()).collect())
}

fn former(home: &Home) -> Result<Former, HomeError> {
    Ok(read_json(&home.servers().join("former.json"))?.unwrap_or_default())
}

fn folders(home: &Home) -> Result<Vec<String>, HomeError> {
    let entries = match fs::read_dir(home.servers()) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(HomeError::at(&home.servers())(e)),
    };
    let name = |entry: fs::DirEntry| {
        entry.file_type().is_ok_and(|t| t.is_dir()).then(|| entry.file_name().into_string().ok()).flatten()
    };
    Ok(entries.flatten().filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use mist_proto::{Slug, claims::TrackerSecret};

    use super::*;
    use crate::{library::Entry, trust::Pins};

    const OLD: &str = "mist.example.org";

    fn old_home() -> (tempfile::TempDir, Home, ServerId) {
        let dir = tempfile::tempdir().expect("dir");
        let home = Home::open(dir.path()).expect("home");
        let tracker = TrackerSecret::from_seed(&[7; 32]).public();
        let pins = Pins { tracker, release: None, former: vec![], publishers: Default::default() };
        let known = KnownServer {
            url: "https://mist.example.org".parse().expect("url"),
            also: vec![],
            pins,
            replaced: false,
        };
        write_json(&home.servers().join(OLD).join("server.json"), &known, false).expect("written");
        write_file(&home.servers().join(OLD).join("tickets.json"), b"[]", true).expect("written");
        write_file(&home.current(), OLD.as_bytes(), false).expect("written");
        let game: Slug = "doom".parse().expect("slug");
        let entry = Entry { dir: PathBuf::from("/games/doom"), server: OLD.into(), mark: None, moving: None };
        Library::change(&home, |l| drop(l.games.insert(game, entry))).expect("written");
        (dir, home, ServerId::of(tracker))
    }

    fn assert_taken_over(home: &Home, id: &ServerId) {
        assert_eq!(read_file(&home.current()).expect("read"), Some(id.as_str().as_bytes().to_vec()));
        assert!(KnownServer::load(home, id).expect("read").is_some());
        assert!(home.server(id).join("tickets.json").exists() && !home.servers().join(OLD).exists());
        let library = Library::load(home).expect("read");
        assert!(library.games.values().all(|e| e.server == id.as_str()));
        assert_eq!(server_named(home, OLD).expect("read").as_ref(), Some(id));
        assert_eq!(server_named(home, id.as_str()).expect("read").as_ref(), Some(id));
        assert_eq!(server_named(home, "../../evil").expect("read"), None);
    }

    #[test]
    fn an_old_home_is_taken_over_once() {
        let (_dir, home, id) = old_home();
        for _ in 0..2 {
            take_over(&home).expect("taken over");
            assert_taken_over(&home, &id);
        }
    }

    #[test]
    fn an_interruption_between_any_two_steps_does_no_harm() {
        // The name is on record, and nothing has moved yet.
        let (_dir, home, id) = old_home();
        let former = Former::from([(OLD.to_owned(), id.clone())]);
        write_json(&home.servers().join("former.json"), &former, false).expect("written");
        take_over(&home).expect("taken over");
        assert_taken_over(&home, &id);
        // The folder has moved, and nothing refers to it yet.
        let (_dir, home, id) = old_home();
        write_json(&home.servers().join("former.json"), &former, false).expect("written");
        fs::rename(home.servers().join(OLD), home.server(&id)).expect("moved");
        take_over(&home).expect("taken over");
        assert_taken_over(&home, &id);
    }

    #[test]
    fn a_new_home_is_left_alone() {
        let dir = tempfile::tempdir().expect("dir");
        let home = Home::open(dir.path()).expect("home");
        take_over(&home).expect("nothing to do");
        assert!(!home.servers().exists() && !home.library().exists());
    }
}
