//! Whether this seed may change its store. Pure: the time is a parameter.
//!
//! The tracker lets one seed at a time use a store, and that seed changes it no longer than its last word counts there. So two seeds never
//! change one store, whoever of them can't reach the tracker.

use std::time::{Duration, Instant};

use mist_proto::{ids::StoreId, limits::STORE_WORD_MILLIS};

/// How long after a word that was accepted the store may be changed.
const LIFE: Duration = Duration::from_millis(STORE_WORD_MILLIS.unsigned_abs());

/// How this seed stands to the store that it has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hold {
    found: Option<StoreId>,
    /// The last word that was accepted counts until then.
    until: Option<Instant>,
    /// What the store holds was read since it is this seed's.
    ready: bool,
    refused: Option<String>,
}

impl Hold {
    /// The marker was looked at. A store that was away, or another one, has to be asked for again.
    pub(super) fn find(&mut self, store: Option<StoreId>) {
        if self.found != store {
            *self = Self { found: store, ..Self::default() };
        }
    }

    /// The store that is there.
    pub(super) fn found(&self) -> Option<&StoreId> {
        self.found.as_ref()
    }

    /// The tracker accepted a word about `store` that was sent at `sent`.
    pub(super) fn accept(&mut self, store: &StoreId, sent: Instant, now: Instant) {
        if self.found.as_ref() != Some(store) {
            return;
        }
        // Another seed may have had it meanwhile.
        self.ready &= self.counts(now);
        self.refused = None;
        self.until = sent.checked_add(LIFE);
    }

    /// The tracker refused a word about `store`.
    pub(super) fn refuse(&mut self, store: &StoreId, why: &str) {
        if self.found.as_ref() == Some(store) {
            (self.until, self.ready, self.refused) = (None, false, Some(why.to_owned()));
        }
    }

    /// Why the tracker refuses this seed the store.
    pub(super) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What the store holds was read.
    pub(super) fn make_ready(&mut self, now: Instant) {
        self.ready = self.counts(now);
    }

    /// Whether the store is this seed's now, and has still to be made ready.
    pub(super) fn is_unready(&self, now: Instant) -> bool {
        self.counts(now) && !self.ready
    }

    /// Whether the store may be changed by whatever a seed does.
    pub(super) fn may_change(&self, now: Instant) -> bool {
        self.counts(now) && self.ready
    }

    /// Whether the store is this seed's now, ready or not.
    pub(super) fn counts(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE_MILLIS: u64 = STORE_WORD_MILLIS.unsigned_abs();

    fn store(digit: &str) -> StoreId {
        digit.repeat(32).parse().unwrap()
    }

    #[test]
    fn a_store_is_changed_only_while_an_accepted_word_counts() {
        let (sent, mut hold) = (Instant::now(), Hold::default());
        let at = |millis| sent + Duration::from_millis(millis);
        hold.accept(&store("a"), sent, at(0));
        assert!(!hold.counts(at(0)), "there is none");
        hold.find(Some(store("a")));
        hold.make_ready(at(0));
        assert!(!hold.may_change(at(0)), "nothing was accepted");
        hold.accept(&store("b"), sent, at(0));
        assert!(!hold.counts(at(0)), "that was about another store");
        hold.accept(&store("a"), sent, at(1));
        assert!(hold.is_unready(at(1)) && !hold.may_change(at(1)));
        hold.make_ready(at(2));
        assert!(hold.may_change(at(LIFE_MILLIS - 1)) && !hold.may_change(at(LIFE_MILLIS)));
        hold.accept(&store("a"), at(10_000), at(10_001));
        assert!(hold.may_change(at(LIFE_MILLIS + 9_999)), "each word counts anew");
        let late = LIFE_MILLIS + 10_000;
        hold.accept(&store("a"), at(late), at(late));
        assert!(hold.is_unready(at(late)), "another may have had it meanwhile");
    }

    #[test]
    fn what_was_refused_or_away_is_asked_for_again() {
        let (now, mut hold) = (Instant::now(), Hold::default());
        let begin = |hold: &mut Hold| {
            hold.find(Some(store("a")));
            hold.accept(&store("a"), now, now);
            hold.make_ready(now);
            assert!(hold.may_change(now));
        };
        begin(&mut hold);
        hold.refuse(&store("b"), "of old");
        assert!(hold.may_change(now) && hold.refused().is_none());
        hold.refuse(&store("a"), "cellar has it");
        assert!(!hold.counts(now));
        assert_eq!(hold.refused(), Some("cellar has it"));
        hold.find(Some(store("a")));
        assert!(hold.refused().is_some(), "it is the same store");
        begin(&mut hold);
        assert_eq!(hold.refused(), None);
        hold.find(None);
        hold.find(Some(store("a")));
        assert!(!hold.counts(now), "a word without it may have been sent");
    }
}
