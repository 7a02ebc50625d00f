//! Which pushes this machine began and has not seen the end of.
//!
//! Nothing else is kept: the same folder makes the same manifest, signature and chunks again, and the server knows
//! which chunks it has. The mark only tells a push that goes on from one whose version is taken.

use anyhow::Result;
use mist_api_client::ServerAddress;
use mist_proto::{Slug, Version};

use crate::home::Home;

/// The mark of one push.
pub(super) struct Begun<'a> {
    home: &'a Home,
    file: String,
}

impl<'a> Begun<'a> {
    /// The mark for pushing `version` of `game` to `server`.
    pub(super) fn new(home: &'a Home, server: &ServerAddress, game: &Slug, version: &Version) -> Self {
        // Slugs and versions are single path components; the address is not.
        let server = mist_proto::Hash::of(server.url().as_str().as_bytes()).short();
        Self { home, file: format!("begun/{server}-{game}@{version}") }
    }

    /// Whether it was set and not removed.
    pub(super) fn is_set(&self) -> Result<bool> {
        Ok(self.home.read(&self.file)?.is_some())
    }

    /// Sets it; before the server hears of the push.
    pub(super) fn set(&self) -> Result<()> {
        self.home.write(&self.file, "")
    }

    /// Removes it; after the end was seen.
    pub(super) fn clear(&self) -> Result<()> {
        self.home.remove(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(&dir.path().join("home"));
        let mark = |server: &str, version: &str| {
            let (server, version) = (server.parse().unwrap(), version.parse().unwrap());
            Begun::new(&home, &server, &"game".parse().unwrap(), &version)
        };
        let (one, two) = (mark("https://a/", "1"), mark("https://b/", "1"));
        assert!(!one.is_set().unwrap());
        one.set().unwrap();
        one.set().unwrap();
        assert!(
            one.is_set().unwrap() && !two.is_set().unwrap() && !mark("https://a/", "2").is_set().unwrap()
        );
        one.clear().unwrap();
        one.clear().unwrap();
        assert!(!one.is_set().unwrap());
    }
}
