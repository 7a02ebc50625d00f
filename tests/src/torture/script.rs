//! What is done next, and when death comes: drawn from the seed alone.

use std::{fmt, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};

/// Something that somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    /// The next build comes out.
    Push,
    /// The newest build is installed.
    Install,
    /// The build of this number is installed, which the server may have to rebuild.
    InstallOld(usize),
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
            Self::InstallOld(_) => "install of an old build",
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

/// Something during which death may be meant to come, and that shows on a disk while it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// A friend's folder is being changed.
    Commit,
    /// The same, with files that are patched where they are.
    InPlace,
    /// The seed makes a build of what was uploaded.
    Ingest,
    /// The seed makes a patch.
    Patch,
    /// The seed makes an old build anew, by walking patches.
    Replay,
    /// The seed makes a compressed archive.
    Archive,
    /// The seed drops files of old builds.
    Thinning,
    /// The seed removes a build.
    Delete,
}

impl Work {
    /// Whether a friend's program does it, rather than the seed.
    pub(super) fn is_a_friends(self) -> bool {
        matches!(self, Self::Commit | Self::InPlace)
    }

    /// Who does it.
    fn victim(self) -> Victim {
        if self.is_a_friends() { Victim::Itself } else { Victim::Seed }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "commit",
            Self::InPlace => "commit, patching in place",
            Self::Ingest => "ingest",
            Self::Patch => "patch",
            Self::Replay => "replay",
            Self::Archive => "archive",
            Self::Thinning => "thinning",
            Self::Delete => "delete",
        })
    }
}

/// When death comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment {
    /// After this share of the time that such a deed takes.
    Share(f64),
    /// So long after this is seen to be under way.
    At(Work, Duration),
}

/// A death.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strike {
    /// Whose.
    pub(super) victim: Victim,
    /// When.
    pub(super) moment: Moment,
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
            return match now.builds {
                0 | 1 => Deed::Push,
                n if self.0.random_bool(0.5) => Deed::InstallOld(self.0.random_range(0..n - 1)),
                _ => Deed::Install,
            };
        };
        let newest = installed + 1 == now.builds;
        match self.0.random_range(0..100) {
            0..7 => Deed::Backup,
            7..14 => Deed::Repair,
            14..24 => Deed::Uninstall,
            24..42 if now.builds > 1 => {
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
                let works: &[Work] = match deed {
                    Deed::Push => &[Work::Ingest, Work::Patch, Work::Patch, Work::Replay, Work::Thinning],
                    Deed::Install | Deed::Repair => &[Work::Commit],
                    Deed::InstallOld(_) => &[Work::Replay, Work::Archive, Work::Commit],
                    Deed::Update | Deed::GoBack(_) => &[Work::Commit, Work::InPlace, Work::InPlace],
                    Deed::Backup | Deed::Uninstall => &[],
                };
                if !works.is_empty() && self.0.random_bool(0.4) {
                    let work = works[self.0.random_range(0..works.len())];
                    let after = Duration::from_micros(self.0.random_range(0..20_000));
                    return Strike { victim: work.victim(), moment: Moment::At(work, after) };
                }
                let itself = if deed == Deed::Push { 50 } else { 75 };
                let victim = match self.0.random_range(0..100) {
                    n if n < itself => Victim::Itself,
                    n if n % 2 == 0 => Victim::Server,
                    _ => Victim::Seed,
                };
                Strike { victim, moment: Moment::Share(self.0.random_range(0.02..1.0)) }
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
            match script.deed(Standing { builds: 2, installed: None }) {
                Deed::Install | Deed::InstallOld(0) => {}
                other => panic!("{other:?}"),
            }
            assert_ne!(script.deed(Standing { builds: 3, installed: Some(2) }), Deed::Update);
            match script.deed(Standing { builds: 3, installed: Some(1) }) {
                Deed::GoBack(to) => assert!(to == 0 || to == 2),
                Deed::Push | Deed::Install => panic!("there is a newer build"),
                _ => {}
            }
        }
    }
}
