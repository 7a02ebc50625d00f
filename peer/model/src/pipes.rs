//! How what moves shares the lines: each connection gets the same by weight of what limits it, and what it can't use others get
//! (max-min fairness over both ends). Only what changed is computed anew, from pipe to pipe as far as it matters.

/// A direction of a line.
pub(crate) struct Pipe {
    /// Bytes per second.
    capacity: f64,
    /// Flows through it, each with the end at which it is theirs.
    flows: Vec<u32>,
    /// What a flow of weight 1 gets that nothing else limits; infinite if the pipe is not full.
    share: f64,
    is_dirty: bool,
}

/// What moves from one peer to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    /// The uplink and the downlink.
    pub(crate) pipes: [u32; 2],
    pub(crate) weight: f64,
    /// Its place in both.
    at: [u32; 2],
    pub(crate) is_active: bool,
    /// Bytes per second.
    pub(crate) rate: f64,
}

impl Flow {
    pub(crate) fn new(pipes: [u32; 2], weight: f64) -> Self {
        Self { pipes, weight, at: [0; 2], is_active: false, rate: 0.0 }
    }
}

/// Shares that differ by less are taken to be the same.
const TOLERANCE: f64 = 0.005;
/// How far a change is followed at one moment. The rest waits for the next.
const ROUNDS: usize = 12;

/// All pipes and flows.
#[derive(Default)]
pub(crate) struct Pipes {
    pipes: Vec<Pipe>,
    pub(crate) flows: Vec<Flow>,
    dirty: Vec<u32>,
}

impl Pipes {
    pub(crate) fn add(&mut self, capacity: f64) -> u32 {
        self.pipes.push(Pipe { capacity, flows: Vec::new(), share: f64::INFINITY, is_dirty: false });
        small(self.pipes.len() - 1)
    }

    /// Whether more wants to pass than can.
    pub(crate) fn is_full(&self, pipe: u32) -> bool {
        self.pipes[pipe as usize].share.is_finite()
    }

    /// Whether anything is to be settled.
    pub(crate) fn is_stirred(&self) -> bool {
        !self.dirty.is_empty()
    }

    pub(crate) fn begin(&mut self, flow: u32) {
        let Flow { pipes, .. } = self.flows[flow as usize];
        for (end, pipe) in pipes.into_iter().enumerate() {
            let list = &mut self.pipes[pipe as usize].flows;
            self.flows[flow as usize].at[end] = small(list.len());
            list.push(flow);
            self.stir(pipe);
        }
        let flow = &mut self.flows[flow as usize];
        (flow.is_active, flow.rate) = (true, 0.0);
    }

    pub(crate) fn end(&mut self, flow: u32) {
        let Flow { pipes, at, .. } = self.flows[flow as usize];
        for (end, (pipe, at)) in pipes.into_iter().zip(at).enumerate() {
            let list = &mut self.pipes[pipe as usize].flows;
            list.swap_remove(at as usize);
            if let Some(&moved) = list.get(at as usize) {
                self.flows[moved as usize].at[end] = at;
            }
            self.stir(pipe);
        }
        let flow = &mut self.flows[flow as usize];
        (flow.is_active, flow.rate) = (false, 0.0);
    }

    fn stir(&mut self, pipe: u32) {
        let entry = &mut self.pipes[pipe as usize];
        if !entry.is_dirty {
            entry.is_dirty = true;
            self.dirty.push(pipe);
        }
    }

    /// Computes what changed; `change` hears of each flow whose rate is to be another, and sets it.
    pub(crate) fn settle(&mut self, mut change: impl FnMut(&mut Self, u32, f64)) {
        for _ in 0..ROUNDS {
            let work = std::mem::take(&mut self.dirty);
            if work.is_empty() {
                return;
            }
            for pipe in work {
                self.pipes[pipe as usize].is_dirty = false;
                let (old, new) = (self.pipes[pipe as usize].share, self.share_of(pipe));
                self.pipes[pipe as usize].share = new;
                let is_same = old == new || (new - old).abs() <= TOLERANCE * old.min(new);
                for i in 0..self.pipes[pipe as usize].flows.len() {
                    let id = self.pipes[pipe as usize].flows[i];
                    let flow = self.flows[id as usize];
                    let other = if flow.pipes[0] == pipe { flow.pipes[1] } else { flow.pipes[0] };
                    let there = self.pipes[other as usize].share;
                    let rate = flow.weight * new.min(there);
                    if rate.is_finite() && (rate - flow.rate).abs() > 0.2 * TOLERANCE * rate {
                        change(self, id, rate);
                    }
                    if !is_same && (old < there || new < there) {
                        self.stir(other);
                    }
                }
            }
        }
    }

    fn share_of(&self, pipe: u32) -> f64 {
        let Pipe { capacity, flows, .. } = &self.pipes[pipe as usize];
        let limits = || {
            flows.iter().map(move |&id| {
                let Flow { pipes, weight, .. } = self.flows[id as usize];
                let other = if pipes[0] == pipe { pipes[1] } else { pipes[0] };
                (weight, self.pipes[other as usize].share)
            })
        };
        let mut share = 0.0;
        loop {
            let (mut left, mut open) = (*capacity, 0.0);
            for (weight, limit) in limits() {
                if limit < share {
                    left -= weight * limit;
                } else {
                    open += weight;
                }
            }
            if open == 0.0 {
                return f64::INFINITY;
            }
            let next = left / open;
            if next <= share * (1.0 + 1e-9) {
                return next;
            }
            share = next;
        }
    }
}

/// Numbers of pipes and flows are kept short: there are millions.
pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than four thousand million")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(capacities: &[f64], flows: &[[u32; 2]]) -> Vec<f64> {
        let mut pipes = Pipes::default();
        capacities.iter().for_each(|&c| _ = pipes.add(c));
        for (i, &ends) in flows.iter().enumerate() {
            pipes.flows.push(Flow::new(ends, 1.0));
            pipes.begin(small(i));
        }
        pipes.settle(|pipes, id, rate| pipes.flows[id as usize].rate = rate);
        assert!(!pipes.is_stirred());
        pipes.flows.iter().map(|f| f.rate).collect()
    }

    #[test]
    fn what_one_can_not_use_others_get() {
        // Two from one uplink of 10, of which one goes to a downlink of 2.
        assert_eq!(rates(&[10.0, 2.0, 100.0], &[[0, 1], [0, 2]]), [2.0, 8.0]);
        // The downlink of 12 takes from an uplink of 10 what that of 3 does not bring.
        assert_eq!(rates(&[10.0, 3.0, 12.0], &[[0, 2], [1, 2]]), [9.0, 3.0]);
        assert_eq!(rates(&[10.0, 100.0], &[[0, 1], [0, 1]]), [5.0, 5.0]);
    }

    #[test]
    fn who_ends_leaves_its_share() {
        let mut pipes = Pipes::default();
        [8.0, 100.0].iter().for_each(|&c| _ = pipes.add(c));
        for i in 0..4 {
            pipes.flows.push(Flow::new([0, 1], 1.0));
            pipes.begin(i);
        }
        pipes.end(1);
        pipes.end(0);
        pipes.settle(|pipes, id, rate| pipes.flows[id as usize].rate = rate);
        assert_eq!(pipes.flows.iter().map(|f| f.rate).collect::<Vec<_>>(), [0.0, 0.0, 4.0, 4.0]);
    }
}
