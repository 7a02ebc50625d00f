//! Many runs beside each other, and what they came to.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use crate::{Manner, Network, Outcome, Role, Setting};

/// What a run gives before it is given up.
pub const LIMIT: Duration = Duration::from_secs(3600);

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// When the last one had everything, over the bound.
    pub last: f64,
    /// The same in seconds.
    pub seconds: f64,
    /// Bytes that left the seeds' lines over those of the content.
    pub copies: f64,
    /// Who should have been done, and was not.
    pub unfinished: usize,
    /// Honest peers that lost their place while they could be reached, at somebody who was not cut off.
    pub wronged: usize,
    /// Events that were simulated.
    pub events: u64,
}

impl Figures {
    /// Runs a setting with that seed of randomness.
    pub fn of(setting: &Setting, seed: u64) -> Self {
        Self::from(setting, &Network::new(setting, seed).run(LIMIT))
    }

    fn from(setting: &Setting, outcome: &Outcome) -> Self {
        let stays = |p: &usize| setting.peers[*p].exit.is_none();
        let done: Vec<_> = setting.fetching().filter(stays).map(|p| outcome.done[p]).collect();
        let seconds = done.iter().flatten().max().map_or(0.0, Duration::as_secs_f64);
        let at_seed = |p: &usize| matches!(setting.peers[*p].role, Role::Seed | Role::Https);
        let sent: f64 = (0..setting.peers.len()).filter(at_seed).map(|p| outcome.sent[p]).sum();
        let is_wronged = |drop: &&crate::Dropped| {
            // Who was cut off is rightly taken to have stalled, for as long as it takes to notice.
            let is_cut = setting
                .cut
                .as_ref()
                .is_some_and(|cut| drop.at >= cut.span.0 && drop.at <= cut.span.1 + Duration::from_secs(5));
            setting.peers[drop.whom].manner == Manner::Honest && !is_cut
        };
        Self {
            last: seconds / setting.bound(),
            seconds,
            copies: sent / setting.bytes as f64,
            unfinished: done.iter().filter(|d| d.is_none()).count(),
            wronged: outcome.drops.iter().filter(is_wronged).count(),
            events: outcome.events,
        }
    }
}

/// Does something for each seed of randomness, on all processors; what it gives is in the order of the seeds.
pub fn each<T: Send>(seeds: Range<u64>, act: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut given = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return given;
            }
            given.push((seed, act(seed)));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut given: Vec<(u64, T)> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("a run does not panic")).collect()
    });
    given.sort_by_key(|&(seed, _)| seed);
    given.into_iter().map(|(_, result)| result).collect()
}

/// The value that the share `at` of them does not exceed.
///
/// # Panics
/// There is none.
pub fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
    let place = ((sorted.len() - 1) as f64 * at).round() as usize;
    sorted[place]
}
