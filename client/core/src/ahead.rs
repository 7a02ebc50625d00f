//! Builds that go live later: what of them is fetched before, and which games are updated by themselves. Pure.

use std::time::Duration;

use mist_proto::{ManifestId, UnixMillis, http::Build};

use crate::{
    engine::{OperationState, OperationView},
    folder::FolderState,
    status::Standing,
};

/// After so long what failed is tried again.
const TRY_AGAIN: i64 = 15 * 60 * 1000;
/// For so long after the time of a build the server is asked again and again whether it is live.
const OVERDUE: i64 = 60 * 1000;
/// Between those questions.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The build that is to go live by itself, and when.
pub(crate) fn scheduled(builds: &[Build]) -> Option<(&Build, UnixMillis)> {
    builds.iter().find_map(|build| build.live_at.filter(|_| !build.live).map(|at| (build, at)))
}

/// A game on this machine, as far as it matters here.
pub(crate) struct Game<'a> {
    pub(crate) state: &'a FolderState,
    /// As the server lists them.
    pub(crate) builds: &'a [Build],
    /// Whether games are updated by themselves.
    pub(crate) automatic: bool,
    /// The live build to which an update was ordered by itself before.
    pub(crate) ordered: Option<ManifestId>,
    /// The last operation that was to fetch for later.
    pub(crate) last: Option<&'a OperationView>,
    pub(crate) now: UnixMillis,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Fetch what the update to the scheduled build takes.
    Fetch,
    /// Let go of what was fetched: its build does not go live any more.
    LetGo,
    /// Update to the live build, which is this one.
    Update(ManifestId),
}

/// Decides. Whoever asked for a build to be fetched ahead gets it once it is live, and what takes its place in the same way.
pub(crate) fn due(game: &Game<'_>) -> Due {
    let Game { state, builds, .. } = game;
    let Some(here) = state.whole().filter(|_| state.pending.is_none()) else { return Due::Nothing };
    let live = builds.iter().find(|build| build.live);
    let ahead = state.ahead.as_ref();
    let is_wanted = |build: &&Build| match ahead {
        Some(ahead) if ahead.update.to.manifest == build.manifest_id => build.manifest_id != here.manifest,
        _ => game.automatic && Standing::of(here, build, &[]) == Standing::Older,
    };
    if let Some(live) = live.filter(is_wanted) {
        let is_new = game.ordered != Some(live.manifest_id);
        return if is_new { Due::Update(live.manifest_id) } else { Due::Nothing };
    }
    let next = scheduled(builds).map(|(build, _)| build).filter(|next| next.manifest_id != here.manifest);
    let Some(next) = next else { return if ahead.is_some() { Due::LetGo } else { Due::Nothing } };
    let wishes = ahead.is_some()
        || (game.automatic
            && state.not_ahead != Some(next.manifest_id)
            && Standing::of(here, next, &[]) == Standing::Older);
    let is_here = ahead.is_some_and(|a| a.complete && a.update.to.manifest == next.manifest_id);
    let failed = |o: &&OperationView| o.state == OperationState::Failed;
    let failed_at = game.last.filter(failed).and_then(|o| o.ended);
    let too_soon = failed_at.is_some_and(|at| game.now.since(at) < TRY_AGAIN);
    if wishes && !is_here && !too_soon { Due::Fetch } else { Due::Nothing }
}

/// How soon the server is to be asked again because a build that goes live at one of these times is, or may be; nothing if no time
/// is near.
pub(crate) fn next_look(times: impl Iterator<Item = UnixMillis>, now: UnixMillis) -> Option<Duration> {
    let wait = |at: UnixMillis| match at.since(now) {
        left if left > 0 => u64::try_from(left).ok().map(Duration::from_millis),
        over if over > -OVERDUE => Some(ASK_AGAIN),
        _ => None,
    };
    times.filter_map(wait).min()
}

#[cfg(test)]
mod tests {
    use mist_proto::{
        BlobId,
        http::{BytesBySource, Operation},
    };

    use super::*;
    use crate::{
        Order,
        engine::OpId,
        failure::Failure,
        folder::{Ahead, BuildRef, Condition, DiskUse, Pending},
        install::samples,
    };

    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    fn build(sequence: u64, live: bool, live_at: Option<i64>) -> Build {
        let manifest = BlobId::of(&sequence.to_le_bytes());
        let live_at = live_at.map(|millis| NOW.plus_millis(millis));
        Build { live, live_at, ..samples::listed(&sequence.to_string(), sequence, manifest) }
    }

    fn named(build: &Build) -> BuildRef {
        let Build { version, sequence, manifest_id, archive, .. } = build.clone();
        BuildRef { version, sequence, manifest: manifest_id, archive }
    }

    /// A folder with build 1.
    fn folder() -> FolderState {
        let mut state = FolderState::new("quake".parse().expect("slug"), "server".into());
        (state.installed, state.condition) = (Some(named(&build(1, true, None))), Condition::Whole);
        state
    }

    fn with_ahead(to: u64, complete: bool) -> FolderState {
        let update = Pending {
            id: "a".into(),
            kind: Operation::Update,
            from: None,
            previous: folder().installed,
            to: named(&build(to, false, None)),
            forecast: None,
            bytes: BytesBySource::default(),
            wire: None,
            ahead: BytesBySource::default(),
            seconds: 0.0,
            spent: None,
            disk: DiskUse::default(),
        };
        FolderState { ahead: Some(Ahead { update, patches: vec![], complete }), ..folder() }
    }

    fn decide(state: &FolderState, builds: &[Build], automatic: bool) -> Due {
        due(&Game { state, builds, automatic, ordered: None, last: None, now: NOW })
    }

    fn id(sequence: u64) -> ManifestId {
        build(sequence, false, None).manifest_id
    }

    #[test]
    fn what_goes_live_later_is_fetched_for_who_wants_it() {
        let builds = [build(1, true, None), build(2, false, Some(5000))];
        assert_eq!(decide(&folder(), &builds, true), Due::Fetch);
        assert_eq!(decide(&folder(), &builds, false), Due::Nothing, "nobody asked");
        assert_eq!(decide(&with_ahead(2, false), &builds, false), Due::Fetch, "somebody did, and it goes on");
        assert_eq!(decide(&with_ahead(2, true), &builds, false), Due::Nothing, "all of it is here");
        let declined = FolderState { not_ahead: Some(id(2)), ..folder() };
        assert_eq!(decide(&declined, &builds, true), Due::Nothing);
        let under_way = FolderState { condition: Condition::Placed, ..folder() };
        assert_eq!(decide(&under_way, &builds, true), Due::Nothing);
        let back = [build(0, false, Some(5000)), build(1, true, None)];
        assert_eq!(decide(&folder(), &back, true), Due::Nothing, "an older build is nobody's update");
    }

    #[test]
    fn what_was_fetched_is_put_in_place_once_it_is_live_and_goes_if_it_never_is() {
        let live = [build(1, false, None), build(2, true, None)];
        assert_eq!(decide(&with_ahead(2, true), &live, false), Due::Update(id(2)));
        assert_eq!(decide(&with_ahead(2, false), &live, false), Due::Update(id(2)), "the rest comes now");
        assert_eq!(decide(&folder(), &live, false), Due::Nothing);
        assert_eq!(decide(&folder(), &live, true), Due::Update(id(2)));
        let state = folder();
        let again = Game {
            state: &state,
            builds: &live,
            automatic: true,
            ordered: Some(id(2)),
            last: None,
            now: NOW,
        };
        assert_eq!(due(&again), Due::Nothing, "once");
        let withdrawn = [build(1, true, None), build(2, false, None)];
        assert_eq!(decide(&with_ahead(2, true), &withdrawn, true), Due::LetGo);
        assert_eq!(decide(&with_ahead(2, true), &withdrawn[..1], true), Due::LetGo, "it was removed");
        let replaced = [build(1, true, None), build(2, false, None), build(3, false, Some(9000))];
        assert_eq!(decide(&with_ahead(2, true), &replaced, false), Due::Fetch, "of the one in its place");
        let at_once = [build(1, false, None), build(3, true, None)];
        assert_eq!(
            decide(&with_ahead(2, true), &at_once, false),
            Due::LetGo,
            "another one that nobody asked for"
        );
        assert_eq!(decide(&with_ahead(2, true), &at_once, true), Due::Update(id(3)));
    }

    #[test]
    fn what_failed_is_tried_again_later() {
        let builds = [build(1, true, None), build(2, false, Some(5000))];
        let mut last =
            OperationView::new(OpId(1), Order::Ahead { game: "quake".parse().expect("slug") }, NOW);
        (last.state, last.failure) = (OperationState::Failed, Some(Failure::internal("it broke")));
        last.ended = Some(NOW);
        let state = folder();
        let at = |millis| {
            let now = NOW.plus_millis(millis);
            due(&Game {
                state: &state,
                builds: &builds,
                automatic: true,
                ordered: None,
                last: Some(&last),
                now,
            })
        };
        assert_eq!((at(TRY_AGAIN - 1), at(TRY_AGAIN)), (Due::Nothing, Due::Fetch));
    }

    #[test]
    fn the_server_is_asked_at_the_time_and_for_a_while_after_it() {
        let look = |times: &[i64]| next_look(times.iter().map(|millis| NOW.plus_millis(*millis)), NOW);
        assert_eq!(look(&[]), None);
        assert_eq!(look(&[9000, 3000]), Some(Duration::from_secs(3)));
        assert_eq!(look(&[9000, -1]), Some(ASK_AGAIN), "its clock may be behind this one");
        assert_eq!(look(&[-OVERDUE]), None, "it is looked at now and then like all others");
    }
}
