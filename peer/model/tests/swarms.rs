//! Whole swarms: what the rules of the scheduler come to together.

use std::time::Duration;

use mist_proto::http::SourceClass;
use mist_swarm_model::{
    Exit, Line, Manner, Network, Outcome, Peer, Physics, Setting,
    cases::{self, DRAWN},
    promises,
    runs::{Figures, each},
};

/// Runs of each drawn case; `./dev check model` has thousands.
const RUNS: u64 = 12;
const LIMIT: Duration = Duration::from_secs(3600);
const CONTENT: u64 = 200_000_000;
const HEADERS: f64 = 1.05;

/// Drawn cases that once broke a promise.
const PINNED: [(cases::Drawn, u64); 6] = [
    // What a neighbour claims that stalls was left to the LAN, again and again.
    (cases::Drawn::Liars, 11),
    (cases::Drawn::Liars, 13),
    (cases::Drawn::Liars, 34),
    (cases::Drawn::Liars, 64),
    (cases::Drawn::Liars, 65),
    (cases::Drawn::Liars, 66),
];

/// What takes time before the first and after the last piece, over the bound.
fn around(setting: &Setting) -> f64 {
    let Physics { start, finish, .. } = setting.physics;
    (start.1 + finish).as_secs_f64() / setting.bound()
}

fn run(setting: &Setting) -> Outcome {
    Network::new(setting, 1).run(LIMIT)
}

#[test]
fn drawn_swarms_keep_their_promises() {
    for kind in DRAWN {
        let broken = each(0..RUNS, |seed| promises::broken(kind, seed)).into_iter().flatten();
        let broken: Vec<String> = broken.collect();
        assert!(broken.is_empty(), "{kind:?}: {broken:?}");
    }
}

#[test]
fn what_once_broke_a_promise_keeps_it() {
    for (kind, seed) in PINNED {
        assert_eq!(promises::broken(kind, seed), None);
    }
}

#[test]
fn the_model_is_near_the_lab() {
    for case in cases::LAB {
        let figures = Figures::of(&cases::of_lab(case.name), 1);
        let (least, most) = case.copies;
        assert!((0.85 * least..1.15 * most).contains(&figures.copies), "{}: {figures:?}", case.name);
        if let Some((least, most)) = case.last {
            assert!((0.85 * least..1.15 * most).contains(&figures.last), "{}: {figures:?}", case.name);
        }
        assert_eq!((figures.unfinished, figures.wronged), (0, 0), "{}", case.name);
    }
}

#[test]
fn on_a_lan_about_one_copy_leaves_the_seed() {
    for friends in [2, 4, 8] {
        let setting = cases::friends(CONTENT, 1, friends);
        let figures = Figures::of(&setting, 1);
        assert!(figures.copies <= 1.1 * HEADERS, "{friends} friends: {figures:?}");
        assert!(figures.last <= 1.1 * HEADERS + around(&setting), "{friends} friends: {figures:?}");
    }
}

/// Friends in one home, a seed whose QUIC moves so many bytes a second, and what is behind HTTPS, on the same line or on another.
fn with_https(friends: usize, quic: f64, https: Option<f64>) -> Setting {
    let mut setting = Setting::of(CONTENT, SourceClass::Tailnet);
    let seed = setting.line(Line { up: quic, ..Line::mbit(0.0, 200.0) });
    let other = https.map(|up| setting.line(Line { up, ..Line::mbit(0.0, 200.0) }));
    setting.peers.extend([Peer::seed(seed), Peer::https(other.unwrap_or(seed))]);
    let home = setting.line(Line::mbit(50.0, 200.0));
    setting.peers.extend(vec![Peer::friend(home); friends]);
    setting
}

#[test]
fn https_on_a_seeds_slow_uplink_sends_no_second_copy() {
    for friends in [2, 4, 8] {
        let figures = Figures::of(&with_https(friends, 500_000.0, None), 1);
        assert!(figures.copies <= 1.06 * HEADERS, "{friends} friends: {figures:?}");
        assert!(figures.last <= 1.1 * HEADERS, "{friends} friends: {figures:?}");
    }
}

#[test]
fn where_quic_is_throttled_one_copy_comes_by_https() {
    for friends in [1, 2, 4, 8] {
        let figures = Figures::of(&with_https(friends, 50_000.0, Some(1_500_000.0)), 1);
        assert!(figures.copies <= 1.2 * HEADERS, "{friends} friends: {figures:?}");
        assert!(figures.last <= 1.25 * HEADERS, "{friends} friends: {figures:?}");
    }
}

#[test]
fn of_a_small_update_too_about_one_copy_leaves_the_seed() {
    for friends in [2, 3, 8] {
        for pieces in [10, 25, 60] {
            let mut setting = cases::friends(pieces << 18, 1, friends);
            setting.peers.iter_mut().for_each(|p| p.stays = true);
            let figures = Figures::of(&setting, 1);
            assert!(figures.copies <= 1.3 * HEADERS, "{pieces} pieces to {friends} friends: {figures:?}");
        }
    }
}

#[test]
fn over_the_internet_every_uplink_is_used() {
    for friends in [4, 8] {
        let mut setting = cases::friends(CONTENT, friends, 1);
        setting.peers.iter_mut().for_each(|p| p.stays = true);
        let figures = Figures::of(&setting, 1);
        assert!(figures.last <= 1.2 * HEADERS + around(&setting), "{friends} friends: {figures:?}");
    }
}

#[test]
fn a_seed_that_dies_after_a_good_copy_is_not_missed() {
    let mut setting = cases::friends(CONTENT, 1, 4);
    setting.peers[0].exit = Some(Exit::DiesAfter(1.25 * CONTENT as f64));
    setting.peers.iter_mut().for_each(|p| p.stays = true);
    assert_eq!(Figures::of(&setting, 1).unfinished, 0);
}

#[test]
fn friends_that_leave_take_nothing_with_them() {
    let mut setting = cases::friends(CONTENT, 1, 5);
    for (i, peer) in setting.peers[2..].iter_mut().take(3).enumerate() {
        peer.exit = Some(Exit::Leaves(Duration::from_secs(3 + i as u64 * 2)));
    }
    let figures = Figures::of(&setting, 1);
    assert_eq!(figures.unfinished, 0);
    assert!(figures.copies <= 1.12 * HEADERS, "{figures:?}");
    assert!(figures.last <= 1.12 * HEADERS + around(&setting), "{figures:?}");
}

#[test]
fn hostile_peers_are_contained() {
    let honest = Figures::of(&cases::friends(CONTENT, 1, 1), 1).seconds;
    for hostile in [1usize, 4, 7] {
        for manner in [Manner::Altering, Manner::Stalling, Manner::Boasting] {
            let mut setting = cases::friends(CONTENT, 1, 1);
            let home = setting.peers[2].line;
            setting.peers.extend(vec![Peer::hostile(home, manner); hostile]);
            let outcome = run(&setting);
            let last = outcome.done[2].expect("it finishes").as_secs_f64();
            assert!(last <= 1.3 * honest, "{hostile} {manner:?}: {last} instead of {honest} s");
            let dropped: Vec<usize> = outcome.drops.iter().map(|d| d.whom).collect();
            assert!(dropped.iter().all(|&whom| whom > 2), "{dropped:?}");
            assert!((3..3 + hostile).all(|p| dropped.contains(&p)), "{manner:?}: {dropped:?}");
        }
    }
}

#[test]
fn a_crowd_that_claims_everything_costs_less_the_second_time() {
    let last = |credit| {
        let mut setting = Setting::of(CONTENT, SourceClass::Internet);
        let (here, there) = (setting.line(Line::mbit(50.0, 200.0)), setting.line(Line::mbit(50.0, 200.0)));
        setting.peers.push(Peer::friend(here));
        setting.peers.extend(vec![Peer { credit, ..Peer::hostile(here, Manner::Stalling) }; 60]);
        let credit = mist_scheduler::Credit::Proven;
        setting.peers.push(Peer { is_complete: true, stays: true, credit, ..Peer::friend(there) });
        run(&setting).done[0].expect("it finishes")
    };
    let (first, second) = (last(mist_scheduler::Credit::Unknown), last(mist_scheduler::Credit::Doubtful));
    assert!(second <= first, "{second:?} after {first:?}");
}

#[test]
fn the_same_seed_of_randomness_gives_the_same_run() {
    let setting = cases::of_lab("Homes");
    assert_eq!(run(&setting).done, run(&setting).done);
}

#[test]
fn hundreds_who_know_few_of_each_other_finish() {
    let setting = cases::crowd(8_000_000, 200, 40);
    let figures = Figures::of(&setting, 1);
    assert_eq!(figures.unfinished, 0);
    assert!(figures.last <= 5.0, "{figures:?}");
}
