//! The rules of a game's list of builds, as pure functions.
//!
//! A build's state follows from its jobs and nothing else:
//!
//! ```text
//! no jobs yet ................................ uploading
//! any required job given up .................. failed
//! all required jobs done ..................... ready
//! otherwise .................................. processing
//! ```
//!
//! Required are the jobs that were made when its upload was finished: the ingest and the patches that lead to it. A
//! build that was ready once stays ready.

use mist_proto::{
    Manifest, ManifestId, Slug, Version,
    http::{BuildState, JobState},
};

use crate::jobs::kinds::Wait;

/// What the rules need to know about a build that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<'a> {
    /// Label.
    pub version: &'a Version,
    /// Place in the list.
    pub sequence: u64,
    /// Lowest sequence that may be live once this build's manifest was seen.
    pub floor: u64,
    /// Id of the manifest.
    pub manifest_id: ManifestId,
    /// How far it is.
    pub state: BuildState,
}

/// What to do with a manifest that is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// A new build.
    New,
    /// The push of the build at this place of the list goes on.
    Resume(usize),
}

/// Why a manifest is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is about another game.
    #[error("the manifest is for the game {0}")]
    WrongGame(Slug),
    /// There is another build of that version.
    #[error("there is a build {0} already, with other content; choose another version, or remove that one")]
    VersionExists(Version),
    /// Another push is not finished, or failed.
    #[error("the push of {0} is not finished; finish it, retry its jobs, or remove it")]
    PushInProgress(Version),
    /// It does not follow the newest build.
    #[error("the list of builds has moved on: the next sequence is {next}; push again")]
    SequenceTaken {
        /// The sequence that would fit.
        next: u64,
    },
    /// It lowers the floor, or would leave a live build below it.
    #[error("the manifest's floor does not fit: {0}")]
    BelowFloor(&'static str),
}

impl Refusal {
    /// The stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongGame(_) => "wrong_game",
            Self::VersionExists(_) => "version_exists",
            Self::PushInProgress(_) => "push_in_progress",
            Self::SequenceTaken { .. } => "sequence_taken",
            Self::BelowFloor(_) => "below_floor",
        }
    }
}

/// Holds a pushed manifest against the list, oldest first. `live` is the sequence of the live build, and
/// `go_live` whether the new one shall take its place.
///
/// # Errors
/// [`Refusal`].
pub fn admit(
    manifest: &Manifest,
    id: ManifestId,
    game: &Slug,
    builds: &[Known<'_>],
    live: Option<u64>,
    go_live: bool,
) -> Result<Admission, Refusal> {
    if manifest.game != *game {
        return Err(Refusal::WrongGame(manifest.game.clone()));
    }
    if let Some(at) = builds.iter().position(|b| *b.version == manifest.version) {
        let same = builds[at].manifest_id == id;
        return if same {
            Ok(Admission::Resume(at))
        } else {
            Err(Refusal::VersionExists(manifest.version.clone()))
        };
    }
    let head = builds.last();
    if let Some(head) = head.filter(|h| h.state != BuildState::Ready) {
        return Err(Refusal::PushInProgress(head.version.clone()));
    }
    let next = head.map_or(1, |h| h.sequence.saturating_add(1));
    if manifest.sequence != next || manifest.parent != head.map(|h| h.manifest_id) {
        return Err(Refusal::SequenceTaken { next });
    }
    if manifest.floor < floor(builds) {
        return Err(Refusal::BelowFloor("it is lower than that of the build before"));
    }
    if !go_live && live.is_some_and(|l| l < manifest.floor) {
        return Err(Refusal::BelowFloor("the live build would be below it; let the new build go live"));
    }
    Ok(Admission::New)
}

/// The lowest sequence that may be live: friends hold to the floor of the newest manifest that they have seen.
pub fn floor(builds: &[Known<'_>]) -> u64 {
    builds.iter().filter(|b| b.state == BuildState::Ready).map(|b| b.floor).max().unwrap_or(0)
}

/// The state that follows from the jobs that a build waits for.
pub fn state(now: BuildState, jobs: &[(Wait, JobState)]) -> BuildState {
    if now == BuildState::Ready || jobs.is_empty() {
        return now;
    }
    let holds_up =
        |job: &(Wait, JobState)| !matches!(job, (_, JobState::Done) | (Wait::UntilEnded, JobState::Failed));
    if jobs.contains(&(Wait::UntilDone, JobState::Failed)) {
        BuildState::Failed
    } else if jobs.iter().any(holds_up) {
        BuildState::Processing
    } else {
        BuildState::Ready
    }
}

/// Builds that a direct patch to a new one is made from: the one before it, and the live one if that is another.
pub fn patch_bases<'a>(builds: &'a [Known<'a>], new: u64, live: Option<u64>) -> Vec<&'a Known<'a>> {
    let ready = |b: &&Known<'_>| b.state == BuildState::Ready && b.sequence < new;
    let before = builds.iter().filter(ready).max_by_key(|b| b.sequence);
    let live = builds.iter().filter(ready).find(|b| Some(b.sequence) == live);
    let live = live.filter(|l| Some(l.sequence) != before.map(|b| b.sequence));
    before.into_iter().chain(live).collect()
}

/// Sequences of ready builds that follow each other, the newer one of each pair first; the newest pair first.
pub fn neighbours(builds: &[Known<'_>]) -> Vec<(u64, u64)> {
    let mut ready: Vec<u64> =
        builds.iter().filter(|b| b.state == BuildState::Ready).map(|b| b.sequence).collect();
    ready.sort_unstable_by_key(|sequence| std::cmp::Reverse(*sequence));
    ready.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use mist_proto::{BlobId, Hash};
    use proptest::prelude::*;

    use super::*;

    fn manifest(sequence: u64, parent: Option<ManifestId>, version: &str) -> Manifest {
        Manifest {
            game: "g".parse().expect("slug"),
            version: version.parse().expect("version"),
            sequence,
            parent,
            floor: 0,
            archive: BlobId::of(b""),
            files: vec![],
            empty_dirs: vec![],
            links: vec![],
            launch: vec![],
        }
    }

    fn id(n: u64) -> ManifestId {
        ManifestId(Hash::of(&n.to_le_bytes()))
    }

    fn slug() -> Slug {
        "g".parse().expect("slug")
    }

    #[test]
    fn a_list_grows_one_build_at_a_time() {
        let (v1, v2): (Version, Version) = ("1".parse().expect("v"), "2".parse().expect("v"));
        let one = Known { version: &v1, sequence: 1, floor: 0, manifest_id: id(1), state: BuildState::Ready };
        let two = Known {
            version: &v2,
            sequence: 2,
            state: BuildState::Uploading,
            manifest_id: id(2),
            ..one.clone()
        };
        let pushed = |m: &Manifest, list: &[Known<'_>]| admit(m, id(9), &slug(), list, None, true);

        assert_eq!(pushed(&manifest(1, None, "1"), &[]), Ok(Admission::New));
        let second = manifest(2, Some(id(1)), "2");
        assert_eq!(pushed(&second, std::slice::from_ref(&one)), Ok(Admission::New));
        assert_eq!(
            pushed(&manifest(2, Some(id(7)), "2"), std::slice::from_ref(&one)),
            Err(Refusal::SequenceTaken { next: 2 }),
            "another parent"
        );
        assert_eq!(
            pushed(&manifest(3, Some(id(1)), "2"), std::slice::from_ref(&one)),
            Err(Refusal::SequenceTaken { next: 2 })
        );
        let both = [one.clone(), two];
        assert_eq!(pushed(&second, &both), Err(Refusal::VersionExists(v2.clone())), "other content");
        assert_eq!(admit(&second, id(2), &slug(), &both, None, true), Ok(Admission::Resume(1)));
        assert_eq!(
            pushed(&manifest(2, Some(id(1)), "2b"), &both),
            Err(Refusal::PushInProgress(v2.clone())),
            "the second of two pushes at once"
        );
        let other: Slug = "h".parse().expect("slug");
        assert_eq!(admit(&second, id(2), &other, &both, None, true), Err(Refusal::WrongGame(slug())));
    }

    #[test]
    fn the_floor_never_sinks_and_never_strands_the_live_build() {
        let v1: Version = "1".parse().expect("v");
        let one =
            [Known { version: &v1, sequence: 1, floor: 1, manifest_id: id(1), state: BuildState::Ready }];
        let with_floor = |floor| Manifest { floor, ..manifest(2, Some(id(1)), "2") };
        let pushed = |m: &Manifest, live| admit(m, id(2), &slug(), &one, Some(1), live);
        assert!(matches!(pushed(&with_floor(0), true), Err(Refusal::BelowFloor(_))));
        assert_eq!(pushed(&with_floor(1), false), Ok(Admission::New));
        assert!(matches!(pushed(&with_floor(2), false), Err(Refusal::BelowFloor(_))));
        assert_eq!(pushed(&with_floor(2), true), Ok(Admission::New));
    }

    #[test]
    fn patches_come_from_the_build_before_and_from_the_live_one() {
        let names: Vec<Version> = (1..=4).map(|n| n.to_string().parse().expect("version")).collect();
        let builds: Vec<Known<'_>> = names
            .iter()
            .zip(1..)
            .map(|(version, sequence)| Known {
                version,
                sequence,
                floor: 0,
                manifest_id: id(sequence),
                state: if sequence == 4 { BuildState::Processing } else { BuildState::Ready },
            })
            .collect();
        let bases = |live| patch_bases(&builds, 4, live).iter().map(|b| b.sequence).collect::<Vec<_>>();
        assert_eq!(bases(Some(3)), [3]);
        assert_eq!(bases(Some(1)), [3, 1]);
        assert_eq!(bases(None), [3]);
        assert_eq!(patch_bases(&builds, 1, Some(3)).len(), 0);
        assert_eq!(neighbours(&builds), [(3, 2), (2, 1)]);
        assert_eq!(neighbours(&builds[..1]), []);
    }

    fn any_job() -> impl Strategy<Value = (Wait, JobState)> {
        let wait = prop_oneof![Just(Wait::UntilDone), Just(Wait::UntilEnded)];
        let state = prop_oneof![
            Just(JobState::Queued),
            Just(JobState::Running),
            Just(JobState::Done),
            Just(JobState::Failed)
        ];
        (wait, state)
    }

    proptest! {
        /// Against the words of the module's doc, one job at a time.
        #[test]
        fn state_follows_from_jobs(jobs in proptest::collection::vec(any_job(), 1..5)) {
            let got = state(BuildState::Processing, &jobs);
            let is_over = |state: &JobState| matches!(state, JobState::Done | JobState::Failed);
            let failed = jobs.iter().any(|(wait, job)| *wait == Wait::UntilDone && *job == JobState::Failed);
            let over = jobs.iter().all(|(_, job)| is_over(job));
            prop_assert_eq!(got == BuildState::Failed, failed);
            prop_assert_eq!(got == BuildState::Ready, over && !failed);
            prop_assert!(got != BuildState::Uploading);
            prop_assert_eq!(state(BuildState::Ready, &jobs), BuildState::Ready);
        }

        /// However builds come and go, an admitted manifest always extends the list by one, after its parent.
        #[test]
        fn admitted_lists_are_linear(steps in proptest::collection::vec((0u64..4, 0u64..4, any::<bool>()), 1..40)) {
            let mut list: Vec<(Version, u64, ManifestId)> = vec![];
            for (n, (jump, parent, remove_head)) in steps.into_iter().enumerate() {
                if remove_head {
                    list.pop();
                    continue;
                }
                let known: Vec<Known<'_>> = list
                    .iter()
                    .map(|(version, sequence, id)| Known {
                        version, sequence: *sequence, floor: 0, manifest_id: *id, state: BuildState::Ready,
                    })
                    .collect();
                let back = |n: u64| list.len().checked_sub(1 + usize::try_from(n).expect("small")).map(|at| list[at].2);
                let sequence = (list.len() as u64 + jump).max(1);
                let parent = if sequence == 1 { None } else { back(parent) };
                let m = manifest(sequence, parent, &format!("v{n}"));
                let new = ManifestId(Hash::of(&n.to_le_bytes()));
                if admit(&m, new, &slug(), &known, None, true).is_ok() {
                    prop_assert_eq!(m.sequence, list.last().map_or(1, |l| l.1 + 1));
                    prop_assert_eq!(m.parent, list.last().map(|l| l.2));
                    list.push((m.version, m.sequence, new));
                }
            }
        }
    }
}
