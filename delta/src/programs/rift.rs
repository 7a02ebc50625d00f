//! By how much each part of a program moves.

use std::collections::HashMap;

/// From an address on, everything moves by this much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The first address.
    pub(crate) from: u64,
    /// What is added, modulo 2^64.
    pub(crate) by: u64,
}

/// By how much each address moves: not at all below the first step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rift {
    /// In ascending order.
    steps: Vec<Step>,
    /// For every so many addresses from the first step on, how many steps lie before them: half of all addresses of a
    /// program are looked up here, so that takes no search.
    before: Vec<u32>,
    /// Addresses of an entry of `before`, as a power of two.
    stretch: u32,
}

impl Rift {
    /// A rift of steps, if they ascend and are not too many to count in 32 bits.
    pub(crate) fn new(steps: Vec<Step>) -> Option<Self> {
        u32::try_from(steps.len()).ok().filter(|_| steps.windows(2).all(|w| w[0].from < w[1].from))?;
        let (first, last) = steps.first().zip(steps.last()).map_or((0, 0), |(a, b)| (a.from, b.from));
        let entries = (steps.len() as u64).next_power_of_two();
        let stretch = ((last - first) / entries).checked_ilog2().map_or(0, |log| log + 1);
        let count = (last - first) >> stretch;
        let mut done = 0;
        let before = (0..=count).map(|i| {
            let start = first + (i << stretch);
            while steps.get(done).is_some_and(|s| s.from < start) {
                done += 1;
            }
            u32::try_from(done).unwrap_or(u32::MAX)
        });
        Some(Self { before: before.collect(), steps, stretch })
    }

    /// One that moves nothing.
    fn none() -> Self {
        Self { steps: Vec::new(), before: Vec::new(), stretch: 0 }
    }

    /// Its steps, in ascending order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.steps.len() * size_of::<Step>() + self.before.len() * size_of::<u32>()
    }

    /// What becomes of an address.
    pub(crate) fn moved(&self, address: u64) -> u64 {
        let Some(within) = self.steps.first().and_then(|first| address.checked_sub(first.from)) else {
            return address;
        };
        let entry = usize::try_from(within >> self.stretch).unwrap_or(usize::MAX);
        let number = |entry: usize| self.before.get(entry).map_or(self.steps.len(), |&n| n as usize);
        let (start, end) = (number(entry), number(entry.saturating_add(1)));
        let next = start + self.steps[start..end].partition_point(|s| s.from <= address);
        next.checked_sub(1).map_or(address, |i| address.wrapping_add(self.steps[i].by))
    }
}

/// A sign that an address moves by so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Vote {
    pub(super) address: u64,
    pub(super) by: u64,
}

/// What a step costs, in votes that are not followed: an address that is wrong takes about as many bytes as a step, two or
/// three when packed.
const STEP_COST: i64 = 1;

/// The rift that follows as many votes as it can for as few steps: the exact optimum, as one walk over all votes in the
/// order of their addresses finds it.
pub(super) fn elect(mut votes: Vec<Vote>) -> Rift {
    votes.sort_unstable();
    let mut taken = Taken::new();
    for at in votes.chunk_by(|a, b| a.address == b.address) {
        taken.pass(at);
    }
    // Each vote makes one step at most, and votes are counted in memory.
    Rift::new(taken.steps()).unwrap_or_else(Rift::none)
}

/// The best ways to follow the votes so far.
struct Taken {
    /// For each movement, the votes that the best way that ends with it follows, less what its steps cost, and its last step.
    ways: HashMap<u64, Way>,
    best: Way,
    /// Steps of all ways, each with the one before it.
    all: Vec<(Step, usize)>,
}

#[derive(Clone, Copy)]
struct Way {
    score: i64,
    /// Place of its last step, from 1 on; 0 if there is none.
    last: usize,
}

impl Taken {
    fn new() -> Self {
        let start = Way { score: 0, last: 0 };
        Self { ways: [(0, start)].into(), best: start, all: Vec::new() }
    }

    /// Votes for one address, in order.
    fn pass(&mut self, votes: &[Vote]) {
        let before = self.best;
        for same in votes.chunk_by(|a, b| a.by == b.by) {
            let Vote { address, by } = same[0];
            let fresh = before.score - STEP_COST;
            let way = match self.ways.get(&by) {
                Some(way) if way.score >= fresh => *way,
                _ => {
                    self.all.push((Step { from: address, by }, before.last));
                    Way { score: fresh, last: self.all.len() }
                }
            };
            let way = Way { score: way.score + same.len() as i64, ..way };
            self.ways.insert(by, way);
            if way.score > self.best.score {
                self.best = way;
            }
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = self.best.last;
        while let Some(&(step, before)) = at.checked_sub(1).and_then(|i| self.all.get(i)) {
            steps.push(step);
            at = before;
        }
        steps.reverse();
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(of: &[(u64, u64, usize)]) -> Vec<Vote> {
        of.iter().flat_map(|&(address, by, n)| std::iter::repeat_n(Vote { address, by }, n)).collect()
    }

    fn steps(rift: &Rift) -> Vec<(u64, u64)> {
        rift.steps().iter().map(|s| (s.from, s.by)).collect()
    }

    #[test]
    fn addresses_move_by_the_last_step_before_them() {
        let rift =
            Rift::new(vec![Step { from: 100, by: 8 }, Step { from: 200, by: 4u64.wrapping_neg() }]).unwrap();
        let moved: Vec<u64> = [0, 99, 100, 199, 200, 300].into_iter().map(|a| rift.moved(a)).collect();
        assert_eq!(moved, [0, 99, 108, 207, 196, 296]);
        assert_eq!(Rift::new(Vec::new()).unwrap().moved(7), 7);
        assert_eq!(Rift::new(vec![Step { from: 5, by: 1 }, Step { from: 5, by: 2 }]), None);
    }

    #[test]
    fn addresses_are_found_however_steps_lie() {
        let close = (0..1000).map(|i| 1_000_000 + i * 3);
        let far = (0..1000).map(|i| i * 1_000_003);
        let ends = [0, 1, u64::MAX - 1, u64::MAX].into_iter();
        for mut froms in [
            close.clone().collect(),
            far.clone().collect(),
            close.chain(far).chain(ends).collect::<Vec<u64>>(),
        ] {
            froms.sort_unstable();
            froms.dedup();
            let steps: Vec<Step> = froms.iter().map(|&from| Step { from, by: from ^ 0x5555 }).collect();
            let rift = Rift::new(steps.clone()).unwrap();
            for at in froms.iter().flat_map(|&f| [f.wrapping_sub(1), f, f.wrapping_add(1)]) {
                let by = steps.iter().rev().find(|s| s.from <= at).map_or(0, |s| s.by);
                assert_eq!(rift.moved(at), at.wrapping_add(by), "{at}");
            }
        }
    }

    #[test]
    fn a_step_is_taken_where_enough_votes_ask_for_it() {
        // A lone voice is not followed, an agreement is, from its first voice on.
        let rift =
            elect(votes(&[(10, 0, 5), (20, 16, 1), (30, 0, 5), (40, 32, 1), (50, 32, 1), (60, 32, 2)]));
        assert_eq!(steps(&rift), [(40, 32)]);
    }

    #[test]
    fn a_few_votes_do_not_interrupt_what_holds_on_both_sides() {
        // There and back is two steps.
        assert_eq!(steps(&elect(votes(&[(1, 7, 9), (2, 3, 2), (3, 7, 9)]))), [(1, 7)]);
        assert_eq!(steps(&elect(votes(&[(1, 7, 9), (2, 3, 3), (3, 7, 9)]))), [(1, 7), (2, 3), (3, 7)]);
    }
}
