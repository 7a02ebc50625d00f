//! What is done next, and when death comes: drawn from the seed alone.

use std::fmt;

use rand::{Rng, SeedableRng, rngs::StdRng};

/// Something that somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    /// The next build comes out.
    Push,
    /// The newest build is installed.
    Install,
    /// A friend goes to the newest build.
    Update,
    /// A friend goes back to the build of this number, which the server may have to rebuild.
    GoBack(usize),
    /// Files were damaged, and are repaired.
    Repair,
    /// The game is removed; what is the player's stays.
    Uninstall,
    /// The operator makes a backup.
    Backup,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Push => "push",
            Self::Install => "install",
            Self::Update => "update",
            Self::GoBack(_) => "switch back",
            Self::Repair => "repair",
            Self::Uninstall => "uninstall",
            Self::Backup => "backup",
        })
    }
}

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    /// The program that does it.
    Itself,
    /// The tracker, and the seed if it has one inside.
    Server,
    /// The seed, if it is a process of its own; else the server.
    Seed,
}

/// A death.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strike {
    /// Whose.
    pub(super) victim: Victim,
    /// When, as a share of the time that such a deed takes.
    pub(super) after: f64,
}

/// Where the world is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Builds that were pushed.
    pub(super) builds: usize,
    /// The one that is installed, counted from 0.
    pub(super) installed: Option<usize>,
}

/// Draws what happens.
pub(super) struct Script(StdRng);

impl Script {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// What makes sense next.
    pub(super) fn deed(&mut self, now: Standing) -> Deed {
        let Some(installed) = now.installed else {
            return if now.builds < 2 { Deed::Push } else { Deed::Install };
        };
        let newest = installed + 1 == now.builds;
        match self.0.random_range(0..100) {
            0..8 => Deed::Backup,
            8..16 => Deed::Repair,
            16..22 => Deed::Uninstall,
            22..40 if now.builds > 1 => {
                let other = self.0.random_range(0..now.builds - 1);
                // Any build but the one that is there.
                Deed::GoBack(if other >= installed { other + 1 } else { other })
            }
            _ if newest => Deed::Push,
            _ => Deed::Update,
        }
    }

    /// The deaths that strike a deed before it may end.
    pub(super) fn strikes(&mut self, deed: Deed) -> Vec<Strike> {
        let count = self.0.random_range(1..=4);
        (0..count)
            .map(|_| {
                let itself = if deed == Deed::Push { 50 } else { 75 };
                let victim = match self.0.random_range(0..100) {
                    n if n < itself => Victim::Itself,
                    n if n % 2 == 0 => Victim::Server,
                    _ => Victim::Seed,
                };
                Strike { victim, after: self.0.random_range(0.02..1.0) }
            })
            .collect()
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end.max(1))
    }

    /// One of two.
    pub(super) fn coin(&mut self) -> bool {
        self.0.random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let story = |seed| {
            let mut script = Script::new(seed);
            let now = Standing { builds: 5, installed: Some(2) };
            (0..50)
                .map(|_| script.deed(now))
                .map(|deed| (deed, script_strikes(seed, deed)))
                .collect::<Vec<_>>()
        };
        assert!(story(3) == story(3));
        assert!(story(3) != story(4));
    }

    fn script_strikes(seed: u64, deed: Deed) -> Vec<Strike> {
        Script::new(seed).strikes(deed)
    }

    #[test]
    fn only_what_can_be_done_is_drawn() {
        for seed in 0..200 {
            let mut script = Script::new(seed);
            assert_eq!(script.deed(Standing { builds: 0, installed: None }), Deed::Push);
            assert_eq!(script.deed(Standing { builds: 2, installed: None }), Deed::Install);
            assert_ne!(script.deed(Standing { builds: 3, installed: Some(2) }), Deed::Update);
            match script.deed(Standing { builds: 3, installed: Some(1) }) {
                Deed::GoBack(to) => assert!(to == 0 || to == 2),
                Deed::Push | Deed::Install => panic!("there is a newer build"),
                _ => {}
            }
        }
    }
}
