//! Rules one by one. Whole swarms are in `mist-swarm-model`.

use std::time::Duration;

use mist_proto::{http::SourceClass, limits::MAX_PIECE_SIZE};

use super::*;

const MS: Duration = Duration::from_millis(1);

fn all(n: u64) -> PieceSet {
    PieceSet::full(n)
}

fn scheduler(n: u64) -> Scheduler {
    scheduler_of(1, n)
}

/// The scheduler of that peer.
fn scheduler_of(me: u64, n: u64) -> Scheduler {
    Scheduler::new(&all(n), &PieceSet::new(n), MAX_PIECE_SIZE, me, 7)
}

fn requests(s: &mut Scheduler, now: Time) -> Vec<(SourceId, u64)> {
    std::iter::from_fn(|| s.poll_action(now))
        .filter_map(|a| match a {
            Action::Request { source, piece } => Some((source, piece)),
            _ => None,
        })
        .collect()
}

const A: SourceId = SourceId(1);
const B: SourceId = SourceId(2);

#[test]
fn no_piece_is_asked_twice_while_others_are_to_do() {
    let mut s = scheduler(10);
    for id in [A, B] {
        s.handle_joined(Time::ZERO, id, SourceClass::Lan, 64);
        s.handle_have(Time::ZERO, id, &all(10));
    }
    let mut asked: Vec<u64> = requests(&mut s, Time::ZERO).into_iter().map(|(_, p)| p).collect();
    assert_eq!(asked.len(), 4, "two each until their speed is known");
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked.len(), 4);
    assert_eq!(s.missing(), 10);
}

#[test]
fn the_rarest_piece_goes_first() {
    let mut s = scheduler(50);
    let mut common = all(50);
    common.remove(33);
    for (id, has) in [(A, all(50)), (B, common.clone()), (SourceId(3), common)] {
        s.handle_joined(Time::ZERO, id, SourceClass::Lan, 1);
        s.handle_have(Time::ZERO, id, &has);
    }
    assert!(requests(&mut s, Time::ZERO).contains(&(A, 33)));
}

#[test]
fn a_source_that_left_returns_its_pieces() {
    let mut s = scheduler(2);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &all(2));
    assert_eq!(requests(&mut s, Time::ZERO).len(), 2);
    s.handle_joined(MS, B, SourceClass::Lan, 64);
    s.handle_have(MS, B, &all(2));
    assert!(requests(&mut s, MS).is_empty(), "nothing is late yet");
    s.handle_gone(2 * MS, A);
    assert_eq!(requests(&mut s, 2 * MS).len(), 2);
}

#[test]
fn a_late_piece_is_hedged_and_the_loser_called_off() {
    let mut s = scheduler(1);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &all(1));
    requests(&mut s, Time::ZERO);
    s.handle_joined(Time::ZERO, B, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, B, &all(1));
    let late = Duration::from_secs(3);
    s.handle_tick(late);
    assert_eq!(requests(&mut s, late), [(B, 0)]);
    assert!(s.handle_done(late + MS, B, 0));
    assert_eq!(s.poll_action(late + MS), Some(Action::Cancel { source: A, piece: 0 }));
    assert_eq!(s.missing(), 0);
    assert!(!s.handle_done(late + 2 * MS, A, 0), "it is not wanted any more");
}

/// Lets A bring so many bytes a second, beside B, and says when A is dropped.
fn dropped_at(bytes_a_second: u64, beside: u64) -> Option<Time> {
    let mut s = scheduler(1000);
    for id in [A, B] {
        s.handle_joined(Time::ZERO, id, SourceClass::Lan, 64);
        s.handle_have(Time::ZERO, id, &all(1000));
    }
    for step in 0..200u32 {
        let now = TICK * step;
        let portion = |a_second: u64| a_second * u64::from(step + 1) / 10 - a_second * u64::from(step) / 10;
        s.handle_progress(now, A, portion(bytes_a_second));
        s.handle_progress(now, B, portion(beside));
        s.handle_tick(now);
        while let Some(action) = s.poll_action(now) {
            if action == (Action::Drop { source: A, reason: DropReason::Stalled }) {
                return Some(now);
            }
        }
    }
    None
}

#[test]
fn trickling_and_silent_sources_are_dropped_within_five_seconds() {
    for (bytes, beside) in [(0, 0), (1, 1), (0, 1_000_000), (1, 1_000_000), (3000, 1_000_000)] {
        let at = dropped_at(bytes, beside);
        assert!(at.is_some_and(|at| at <= Duration::from_secs(5)), "{bytes} beside {beside}: {at:?}");
    }
}

#[test]
fn on_a_slow_link_nobody_is_to_blame() {
    for (bytes, beside) in [(3000, 3000), (1000, 8000), (20_000, 1_000_000)] {
        assert_eq!(dropped_at(bytes, beside), None, "{bytes} beside {beside}");
    }
}

#[test]
fn a_limit_set_by_the_user_does_not_call_https_in() {
    let https = SourceId(9);
    let mut s = scheduler(1000);
    s.handle_ceiling(Some(200_000));
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &all(1000));
    s.handle_joined(Time::ZERO, https, SourceClass::Https, 8);
    s.handle_have(Time::ZERO, https, &all(1000));
    for step in 1..100 {
        s.handle_progress(TICK * step, A, 20_000);
        s.handle_tick(TICK * step);
        assert!(requests(&mut s, TICK * step).iter().all(|(id, _)| *id == A), "{step}");
    }
}

#[test]
fn boasters_and_forgers_lose_their_place() {
    let mut s = scheduler(10);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &all(10));
    let mut drops = Vec::new();
    for step in 1..10 {
        while let Some(action) = s.poll_action(MS * step) {
            match action {
                Action::Request { piece, .. } => s.handle_failed(MS * step, A, piece, Failure::NotHere),
                other => drops.push(other),
            }
        }
    }
    assert_eq!(drops, [Action::Drop { source: A, reason: DropReason::Unreliable }]);
    s.handle_joined(Time::ZERO, B, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, B, &all(10));
    let (_, piece) = requests(&mut s, 100 * MS)[0];
    s.handle_failed(100 * MS, B, piece, Failure::BadData);
    assert_eq!(s.poll_action(100 * MS), Some(Action::Drop { source: B, reason: DropReason::BadData }));
    assert_eq!((s.sources(), s.missing()), (0, 10));
}

#[test]
fn what_comes_together_is_asked_for_together() {
    let https = SourceId(9);
    let mut s = scheduler(10);
    s.handle_joined(Time::ZERO, https, SourceClass::Https, 1);
    s.handle_together(https, 4);
    s.handle_have(Time::ZERO, https, &all(10));
    s.handle_found(5);
    let mut asked: Vec<u64> = requests(&mut s, Time::ZERO).into_iter().map(|(_, piece)| piece).collect();
    asked.sort_unstable();
    assert!([vec![0, 1, 2, 3], vec![4, 6, 7], vec![8, 9]].contains(&asked), "{asked:?}");
}

#[test]
fn https_starts_without_peers_and_waits_for_those_that_come() {
    let https = SourceId(9);
    let mut s = scheduler(10);
    s.handle_connecting(Time::ZERO, 1);
    s.handle_joined(Time::ZERO, https, SourceClass::Https, 8);
    s.handle_have(Time::ZERO, https, &all(10));
    assert!(requests(&mut s, Time::ZERO).is_empty(), "a peer is being connected");
    s.handle_connecting(MS, 0);
    s.handle_tick(MS);
    assert!(!requests(&mut s, MS).is_empty(), "nobody came");

    let mut s = scheduler(10);
    s.handle_joined(Time::ZERO, A, SourceClass::Seed, 64);
    s.handle_joined(Time::ZERO, https, SourceClass::Https, 8);
    s.handle_have(Time::ZERO, https, &all(10));
    assert!(requests(&mut s, Time::ZERO).is_empty(), "it has not said what it has");
    s.handle_have(Time::ZERO, A, &all(10));
    assert!(requests(&mut s, Time::ZERO).iter().all(|(id, _)| *id == A));
    // The peer turns out to be slow: HTTPS comes in beside it.
    for step in 1..40 {
        s.handle_progress(TICK * step, A, 10_000);
        s.handle_tick(TICK * step);
    }
    assert!(requests(&mut s, TICK * 40).iter().any(|(id, _)| *id == https));
}

#[test]
fn who_takes_back_what_it_said_is_asked_for_no_more_and_may_still_bring_what_it_was_asked_for() {
    let mut s = scheduler(10);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &all(10));
    let asked = requests(&mut s, Time::ZERO);
    s.handle_unknown(MS, A);
    assert_eq!(requests(&mut s, MS), []);
    assert!(s.handle_done(2 * MS, A, asked[0].1));
    s.handle_failed(2 * MS, A, asked[1].1, Failure::Busy);
    s.handle_tick(1000 * MS);
    assert_eq!(requests(&mut s, 1000 * MS), [], "it has nothing");
    // Somebody else is asked for the rest, and it may come back.
    s.handle_joined(1000 * MS, B, SourceClass::Lan, 64);
    s.handle_have(1000 * MS, B, &all(10));
    assert_eq!(requests(&mut s, 1000 * MS).len(), 2);
    s.handle_have(1001 * MS, A, &all(10));
    assert!(requests(&mut s, 1001 * MS).iter().all(|(source, _)| *source == A));
    assert_eq!(s.missing(), 9);
}

#[test]
fn nothing_is_left_to_those_who_let_us_down_before() {
    let asked = |credit| {
        let mut s = scheduler(100);
        // It says that it is on the LAN and has everything, as many names as it likes.
        for liar in 10..60 {
            s.handle_joined(Time::ZERO, SourceId(liar), SourceClass::Lan, 64);
            s.handle_credit(SourceId(liar), credit);
            s.handle_have(Time::ZERO, SourceId(liar), &all(100));
        }
        s.handle_joined(Time::ZERO, A, SourceClass::Internet, 64);
        s.handle_credit(A, Credit::Proven);
        s.handle_have(Time::ZERO, A, &all(100));
        let asked = requests(&mut s, Time::ZERO);
        let of_friend = asked.iter().filter(|(source, _)| *source == A).count();
        (of_friend, asked.len() - of_friend)
    };
    let (before, _) = asked(Credit::Unknown);
    let (after, of_liars) = asked(Credit::Doubtful);
    assert_eq!(before, 0, "what neighbours say that they have is left to them at first");
    assert!(after > 0, "the friend who delivered is asked at once");
    assert_eq!(of_liars, 50, "each of the others is asked for one piece");
}

#[test]
fn who_delivered_chooses_first_and_who_makes_up_for_it_is_trusted_again() {
    let mut s = scheduler(3);
    for id in [A, B] {
        s.handle_joined(Time::ZERO, id, SourceClass::Internet, 64);
        s.handle_have(Time::ZERO, id, &all(3));
    }
    s.handle_credit(A, Credit::Doubtful);
    s.handle_credit(B, Credit::Proven);
    let asked = requests(&mut s, Time::ZERO);
    assert_eq!(asked.iter().map(|(source, _)| *source).collect::<Vec<_>>(), [B, B, A]);
    assert!(s.handle_done(MS, A, asked[2].1));
    s.handle_lost(asked[2].1);
    s.handle_failed(2 * MS, B, asked[0].1, Failure::Busy);
    assert!(requests(&mut s, 2 * MS).iter().filter(|(source, _)| *source == A).count() == 2);
}

#[test]
fn friends_in_one_network_divide_what_comes_from_outside() {
    let (lan, outside) = (A, B);
    let mut asked: [Vec<u64>; 2] = Default::default();
    for (me, asked) in asked.iter_mut().enumerate() {
        let (mine, other) = (me as u64 + 1, 2 - me as u64);
        let mut s = scheduler_of(mine, 40);
        s.handle_joined(Time::ZERO, lan, SourceClass::Lan, 64);
        s.handle_named(lan, other);
        s.handle_have(Time::ZERO, lan, &PieceSet::new(40));
        s.handle_joined(Time::ZERO, outside, SourceClass::Tailnet, 64);
        s.handle_named(outside, 99);
        s.handle_have(Time::ZERO, outside, &all(40));
        while asked.len() < 12 {
            let now = MS * u32::try_from(asked.len()).expect("few");
            for (source, piece) in requests(&mut s, now) {
                assert_eq!(source, outside);
                asked.push(piece);
                s.handle_done(now, source, piece);
            }
        }
    }
    let [first, second] = asked;
    assert!(first.iter().all(|piece| !second.contains(piece)), "{first:?} {second:?}");
}

#[test]
fn what_a_friend_in_the_network_would_bring_is_asked_for_where_nothing_else_is_left() {
    let mut s = scheduler(40);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_named(A, 2);
    s.handle_have(Time::ZERO, A, &PieceSet::new(40));
    s.handle_joined(Time::ZERO, B, SourceClass::Tailnet, 64);
    s.handle_have(Time::ZERO, B, &all(40));
    for _ in 0..40 {
        for (source, piece) in requests(&mut s, Time::ZERO) {
            s.handle_done(Time::ZERO, source, piece);
        }
    }
    assert_eq!(s.missing(), 0);
}

/// A friend of that class who says that it fetches all of 40 pieces, beside a friend far away and a seed that suggests them; returns what is
/// asked for at once, and once the friend had its time.
fn asked_beside_promises(class: SourceClass) -> (usize, usize) {
    const SEED: SourceId = SourceId(3);
    let mut s = scheduler(40);
    s.handle_joined(Time::ZERO, A, class, 64);
    s.handle_have(Time::ZERO, A, &PieceSet::new(40));
    for (id, class) in [(B, SourceClass::Tailnet), (SEED, SourceClass::Seed)] {
        s.handle_joined(Time::ZERO, id, class, 64);
        s.handle_have(Time::ZERO, id, &all(40));
    }
    (0..40).for_each(|piece| s.handle_suggest(SEED, piece));
    (0..40).for_each(|piece| s.handle_coming(Time::ZERO, A, piece));
    let at_once = requests(&mut s, Time::ZERO).len();
    s.handle_tick(PROMISE - MS);
    let waiting = requests(&mut s, PROMISE - MS).len();
    assert!(waiting == 0 || class != SourceClass::Lan, "{waiting} before its time");
    s.handle_tick(PROMISE);
    (at_once, requests(&mut s, PROMISE).len())
}

#[test]
fn what_a_friend_in_the_network_says_it_fetches_is_left_to_it_for_a_while() {
    let (at_once, later) = asked_beside_promises(SourceClass::Lan);
    assert_eq!(at_once, 0);
    assert!(later > 0);
    let (at_once, _) = asked_beside_promises(SourceClass::Internet);
    assert!(at_once > 0, "a line far away is not ours");
}

#[test]
fn who_does_not_bring_what_it_promised_is_believed_no_more() {
    let mut s = scheduler(40);
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &PieceSet::new(40));
    s.handle_joined(Time::ZERO, B, SourceClass::Tailnet, 64);
    (0..40).for_each(|piece| s.handle_coming(Time::ZERO, A, piece));
    s.handle_have_piece(MS, A, 0);
    s.handle_tick(PROMISE);
    (0..40).for_each(|piece| s.handle_coming(PROMISE, A, piece));
    s.handle_have(PROMISE, B, &all(40));
    assert!(requests(&mut s, PROMISE).iter().any(|(id, _)| *id == B));
}

#[test]
fn friends_who_are_being_connected_are_met_before_a_seed_is_asked() {
    let mut s = scheduler(10);
    s.handle_joined(Time::ZERO, A, SourceClass::Seed, 64);
    s.handle_have(Time::ZERO, A, &all(10));
    s.handle_suggest(A, 3);
    s.handle_connecting(Time::ZERO, 1);
    assert!(requests(&mut s, Time::ZERO).is_empty());
    s.handle_tick(FRIENDS_FIRST);
    assert_eq!(requests(&mut s, FRIENDS_FIRST).first(), Some(&(A, 3)), "they take too long");
}

#[test]
fn a_friend_far_away_need_not_keep_up_with_one_on_the_lan() {
    let mut s = scheduler(100);
    let (mut near, mut far) = (PieceSet::new(100), PieceSet::new(100));
    (0..50).for_each(|piece| _ = near.insert(piece));
    (50..100).for_each(|piece| _ = far.insert(piece));
    s.handle_joined(Time::ZERO, A, SourceClass::Lan, 64);
    s.handle_have(Time::ZERO, A, &near);
    s.handle_joined(Time::ZERO, B, SourceClass::Tailnet, 64);
    s.handle_have(Time::ZERO, B, &far);
    let first = requests(&mut s, Time::ZERO);
    let of = |id, requests: &[(SourceId, u64)]| requests.iter().filter(|(source, _)| *source == id).count();
    assert_eq!((of(A, &first), of(B, &first)), (2, 2));
    s.handle_progress(MS * 10, A, 4 * MAX_PIECE_SIZE);
    for (source, piece) in first {
        let (at, bytes) = if source == A { (MS * 10, 0) } else { (MS * 2000, MAX_PIECE_SIZE) };
        s.handle_progress(at, source, bytes);
        s.handle_done(at, source, piece);
    }
    assert_eq!(of(B, &requests(&mut s, MS * 2000)), 2, "it is slow, and the only one who has them");
}
