//! What the operator has to do. Pure.

use std::time::Duration;

use mist_proto::{
    Slug, UnixMillis, Version,
    http::{BackupStats, Health, JobCounts, StoreStats},
};

use crate::shared::Away;

/// A store with less room than this soon refuses uploads.
const LITTLE_ROOM: u64 = 2_000_000_000;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// What replicas share is out of reach.
    Away,
    /// No seed is online.
    NoSeed,
    /// Nobody can install a live build.
    Missing,
    /// A store is not usable.
    Store,
    /// Something in a store rotted.
    Rot,
    /// A store is nearly full.
    Room,
    /// Jobs were given up.
    Jobs,
    /// No backup was made for long.
    Backup,
}

impl TroubleKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Away,
        Self::NoSeed,
        Self::Missing,
        Self::Store,
        Self::Rot,
        Self::Room,
        Self::Jobs,
        Self::Backup,
    ];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::NoSeed => "no_seed",
            Self::Missing => "missing",
            Self::Store => "store",
            Self::Rot => "rot",
            Self::Room => "room",
            Self::Jobs => "jobs",
            Self::Backup => "backup",
        }
    }
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: TroubleKind,
    /// What it is about: of two troubles of one kind and subject the later one is news of the earlier one.
    pub subject: String,
    /// What is wrong and what to do, with figures that change from minute to minute.
    pub text: String,
}

impl Trouble {
    fn new(kind: TroubleKind, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), text: text.into() }
    }
}

/// A live build that nobody can install as things are.
pub(super) struct Missing {
    pub(super) game: Slug,
    pub(super) version: Version,
    /// What is online of it, less than one.
    pub(super) copies: f64,
}

/// The verdict for people.
pub(super) fn health(troubles: &[Trouble]) -> Health {
    Health { ok: troubles.is_empty(), problems: troubles.iter().map(|t| t.text.clone()).collect() }
}

/// All that is wrong: first what friends can't do, then what keeps it so.
pub(super) fn all(stores: &[StoreStats], missing: &[Missing], jobs: &JobCounts) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if stores.is_empty() {
        let text = "No seed is online: builds can't be pushed or made. Start one, or look at its log.";
        troubles.push(Trouble::new(TroubleKind::NoSeed, "", text));
    }
    troubles.extend(missing.iter().map(of_build));
    troubles.extend(stores.iter().flat_map(of_store));
    troubles.extend(given_up(jobs));
    troubles
}

/// What can be said while nobody knows who is online and what the seeds say.
pub(super) fn while_away(away: &Away, jobs: &JobCounts) -> Vec<Trouble> {
    let text = format!(
        "{away}. Friends go on downloading from those whom they know, but nobody can sign in and no new peer is found. Look \
         at the Redis server; all heals by itself once it answers, and nothing is lost."
    );
    [Trouble::new(TroubleKind::Away, "", text)].into_iter().chain(given_up(jobs)).collect()
}

fn given_up(jobs: &JobCounts) -> Option<Trouble> {
    let n = jobs.failed;
    let text = || format!("{n} jobs were given up: see `mistpipe jobs`, then `mistpipe retry JOB`.");
    (n > 0).then(|| Trouble::new(TroubleKind::Jobs, "", text()))
}

/// What is wrong with the backups.
pub(super) fn of_backups(backups: &BackupStats, now: UnixMillis) -> Option<Trouble> {
    if !backups.late && backups.problem.is_none() {
        return None;
    }
    let folder = &backups.folder;
    let newest = match backups.newest {
        Some(at) => {
            let age = Duration::from_millis(now.since(at).max(0).unsigned_abs());
            format!("the newest in {folder} is {} old", mist_readable::duration(age))
        }
        None => format!("there is none in {folder}"),
    };
    let why =
        backups.problem.as_ref().map_or_else(String::new, |why| format!(" The last try failed: {why}."));
    let text = format!(
        "Backups are not made as they should be, every {} hours: {newest}.{why} Put that right, or make one by `tracker backup FILE`.",
        backups.hours
    );
    Some(Trouble::new(TroubleKind::Backup, "", text))
}

fn of_build(Missing { game, version, copies }: &Missing) -> Trouble {
    // Rounded down: what is not all there is never said to be.
    let percent = (copies * 100.0).floor();
    let text = if percent < 1.0 {
        format!(
            "Nobody can install or update to {game}@{version}, the live build: no seed and no friend who is online has \
             it. Start the seed that has it, or push it again."
        )
    } else {
        format!(
            "Nobody can install {game}@{version}, the live build: {percent} % of it is online. Start the seed that \
             has it, or push it again."
        )
    };
    Trouble::new(TroubleKind::Missing, format!("{game}@{version}"), text)
}

fn of_store(s: &StoreStats) -> Vec<Trouble> {
    if !s.ok {
        let why = s.problem.as_deref().unwrap_or("it gives no reason");
        let text = format!("The store of seed {} is not usable: {why}.", s.seed);
        return vec![Trouble::new(TroubleKind::Store, &s.seed, text)];
    }
    let rot = s.rotten.iter().map(|build| {
        let (game, version, pieces) = (&build.game, &build.version, build.pieces);
        let pieces = if pieces == 1 { "1 piece".to_owned() } else { format!("{pieces} pieces") };
        let seed = &s.seed;
        let text = if build.helpless {
            format!(
                "{pieces} of {game}@{version} rotted in the store of seed {seed}, and it can't heal that by itself: look at its disk. It \
                 comes back from friends or other seeds who have the build, which is tried every half an hour; or push the same folder \
                 as {version} again, which heals it at once."
            )
        } else {
            format!(
                "{pieces} of {game}@{version} rotted in the store of seed {seed}, which tries to heal that by itself: look at its disk."
            )
        };
        Trouble::new(TroubleKind::Rot, format!("{game}@{version} {}", s.seed), text)
    });
    let room = (s.free < LITTLE_ROOM).then(|| {
        let left = mist_readable::bytes(s.free);
        let text = format!("The store of seed {} has {left} left: remove old builds or add room.", s.seed);
        Trouble::new(TroubleKind::Room, &s.seed, text)
    });
    rot.chain(room).collect()
}

#[cfg(test)]
mod tests {
    use mist_proto::http::RottenBuild;

    use super::*;

    #[test]
    fn each_trouble_is_named_once() {
        let good = StoreStats { seed: "s".into(), ok: true, free: 1 << 40, ..StoreStats::default() };
        let jobs = JobCounts::default();
        let health = |stores: &[StoreStats], missing: &[Missing], jobs: &JobCounts| {
            health(&all(stores, missing, jobs))
        };
        assert!(health(std::slice::from_ref(&good), &[], &jobs).ok);
        assert_eq!(health(&[], &[], &jobs).problems.len(), 1);
        let bad = StoreStats { ok: false, problem: Some("it is not mounted".into()), ..good.clone() };
        let full = StoreStats { free: 0, ..good.clone() };
        let all = health(&[bad, full], &[], &JobCounts { failed: 2, ..jobs });
        assert_eq!(all.problems.len(), 3, "{:?}", all.problems);
        assert!(all.problems[0].contains("not mounted"));

        let (game, version): (Slug, Version) =
            ("drift".parse().expect("slug"), "1.0".parse().expect("version"));
        let gone = |copies| Missing { game: game.clone(), version: version.clone(), copies };
        let all = health(std::slice::from_ref(&good), &[gone(0.0), gone(0.999)], &jobs);
        assert!(!all.ok && all.problems[0].contains("no seed and no friend"), "{:?}", all.problems);
        assert!(all.problems[1].contains("99 % of it"), "{:?}", all.problems);
        let rotten = |helpless| {
            vec![RottenBuild { game: game.clone(), version: version.clone(), pieces: 2, helpless }]
        };
        let all = |helpless| health(&[StoreStats { rotten: rotten(helpless), ..good.clone() }], &[], &jobs);
        for (helpless, words) in [(false, "heal that by itself"), (true, "comes back from friends")] {
            let all = all(helpless);
            assert!(
                !all.ok && all.problems[0].contains("2 pieces of drift@1.0 rotted"),
                "{:?}",
                all.problems
            );
            assert!(all.problems[0].contains(words), "{:?}", all.problems);
        }
    }

    #[test]
    fn backups_that_are_old_or_fail_are_named() {
        let good = BackupStats { folder: "/b".into(), hours: 24, keep: 2, ..BackupStats::default() };
        let now = UnixMillis(1_000_000_000);
        assert_eq!(of_backups(&good, now), None);
        let late = BackupStats { late: true, newest: Some(now.plus_millis(-4 * 86_400_000)), ..good.clone() };
        let text = of_backups(&late, now).expect("a trouble").text;
        assert!(text.contains("every 24 hours: the newest in /b is 4 d 0 h old."), "{text}");
        let failed = BackupStats { problem: Some("no room".into()), ..good };
        let text = of_backups(&failed, now).expect("a trouble").text;
        assert!(text.contains("there is none in /b. The last try failed: no room."), "{text}");
    }
}
