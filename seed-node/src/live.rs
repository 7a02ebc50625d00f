//! `games/<slug>/live`: the version that friends get by default, for people and scripts that look into the store.
//! The file is replaced whole, and always names a build whose depot lies beside it.

use std::io;

use mist_proto::http::Game;
use mist_tree::fs::{Dir, write_atomically};

use crate::store::{layout, read_whole};

/// The longest version, and a line end.
const MAX_POINTER: u64 = 256;

/// Makes the pointers say what the tracker says of its games. Blocks.
///
/// # Errors
/// The store can't be read or written.
pub(crate) fn point(dir: &dyn Dir, games: &[Game]) -> io::Result<()> {
    for game in games {
        let pointer = layout::live(&game.slug);
        let Some(live) = &game.live else { continue };
        if !is_there(dir, &layout::depot(&game.slug, live))? {
            // Another seed's game, or a build that is still being made, or rebuilt.
            continue;
        }
        let wanted = format!("{live}\n").into_bytes();
        let now = match read_whole(dir, &pointer, MAX_POINTER) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            read => read.ok(),
        };
        if now.as_ref() != Some(&wanted) {
            write_atomically(dir, &pointer, &wanted)?;
        }
    }
    Ok(())
}

fn is_there(dir: &dyn Dir, path: &mist_proto::RelPath) -> io::Result<bool> {
    match dir.metadata(path) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{Slug, UnixMillis};
    use mist_tree::fs::fault::MemDir;

    use super::*;

    fn game(live: Option<&str>) -> Game {
        Game {
            slug: "drift".parse().unwrap(),
            title: "Drift".into(),
            app_id: None,
            is_private: false,
            description: String::new(),
            cover_url: None,
            cover: None,
            by_hand: vec![],
            live: live.map(|v| v.parse().unwrap()),
            created: UnixMillis(0),
        }
    }

    #[test]
    fn it_follows_the_live_build_and_names_no_other() {
        let dir = MemDir::new();
        let slug: Slug = "drift".parse().unwrap();
        let read = || read_whole(&dir, &layout::live(&slug), MAX_POINTER).ok();
        for version in ["1.0", "1.1"] {
            dir.create_dir_all(&layout::depot(&slug, &version.parse().unwrap())).unwrap();
        }
        point(&dir, &[game(None)]).unwrap();
        assert_eq!(read(), None);
        for version in ["1.0", "1.1", "1.1", "1.0"] {
            point(&dir, &[game(Some(version))]).unwrap();
            assert_eq!(read(), Some(format!("{version}\n").into_bytes()));
        }
        point(&dir, &[game(Some("2.0"))]).unwrap();
        assert_eq!(read(), Some(b"1.0\n".to_vec()), "2.0 is not here yet");
    }
}
