//! Which old builds go by a policy. Pure.

use mist_proto::{
    UnixMillis,
    http::{BuildState, KeepReason},
};

/// What is kept whatever else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    /// The newest builds that are ready; at least one.
    pub(super) newest: usize,
    /// Builds that were pushed after this.
    pub(super) since: Option<UnixMillis>,
}

/// What is known of a build.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) state: BuildState,
    pub(super) created: UnixMillis,
    pub(super) live: bool,
    /// Whether it goes live by itself.
    pub(super) next: bool,
    pub(super) pinned: bool,
}

/// Why each build is kept, in the order of `builds`, which is from the oldest to the newest; none for one that goes.
pub(super) fn decide(builds: &[Candidate], policy: Policy) -> Vec<Option<KeepReason>> {
    let ready = builds.iter().filter(|b| b.state == BuildState::Ready).count();
    let mut older = ready.saturating_sub(policy.newest.max(1));
    let mut reason = |b: &Candidate| {
        let is_newest = b.state == BuildState::Ready && older == 0;
        if b.state == BuildState::Ready {
            older = older.saturating_sub(1);
        }
        if b.live {
            Some(KeepReason::Live)
        } else if b.next {
            Some(KeepReason::Next)
        } else if b.pinned {
            Some(KeepReason::Pinned)
        } else if b.state != BuildState::Ready {
            Some(KeepReason::Unfinished)
        } else if is_newest {
            Some(KeepReason::Newest)
        } else if policy.since.is_some_and(|since| b.created > since) {
            Some(KeepReason::Young)
        } else {
            None
        }
    };
    builds.iter().map(&mut reason).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn build(age: i64) -> Candidate {
        Candidate {
            state: BuildState::Ready,
            created: UnixMillis(-age),
            live: false,
            next: false,
            pinned: false,
        }
    }

    fn by(newest: usize, younger_than: Option<i64>) -> Policy {
        Policy { newest, since: younger_than.map(|age| UnixMillis(-age)) }
    }

    #[test]
    fn old_builds_go_and_each_that_stays_has_its_reason() {
        use KeepReason::{Live, Newest, Next, Pinned, Unfinished, Young};
        let builds = [
            build(90),
            Candidate { pinned: true, ..build(80) },
            build(70),
            Candidate { live: true, ..build(60) },
            Candidate { state: BuildState::Failed, ..build(50) },
            Candidate { next: true, ..build(40) },
            build(30),
            build(20),
            build(10),
            Candidate { state: BuildState::Processing, ..build(1) },
        ];
        let kept = decide(&builds, by(2, None));
        // A push that failed may still be mended.
        let wanted = [None, Some(Pinned), None, Some(Live), Some(Unfinished), Some(Next), None];
        assert_eq!(kept[..7], wanted);
        assert_eq!(kept[7..], [Some(Newest), Some(Newest), Some(Unfinished)]);
        assert_eq!(decide(&builds, by(1, Some(75)))[2], Some(Young));
        assert_eq!(decide(&[build(9)], by(0, None)), [Some(Newest)], "the newest always stays");
    }

    proptest! {
        #[test]
        fn what_is_live_pinned_or_newest_never_goes(
            flags in prop::collection::vec((any::<bool>(), any::<bool>()), 1..20),
            newest in 0usize..6,
        ) {
            let builds: Vec<Candidate> = flags
                .iter()
                .enumerate()
                .map(|(n, (live, pinned))| {
                    let age = i64::try_from(flags.len() - n).expect("small");
                    Candidate { live: *live, pinned: *pinned, ..build(age) }
                })
                .collect();
            let kept = decide(&builds, by(newest, None));
            for (build, kept) in builds.iter().zip(&kept) {
                prop_assert!(kept.is_some() || !(build.live || build.pinned));
            }
            let last = builds.len() - newest.clamp(1, builds.len());
            prop_assert!(kept[last..].iter().all(Option::is_some));
        }
    }
}
