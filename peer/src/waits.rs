//! What the requests of a fetch wait for, so that whoever ordered it can tell what holds it up.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// How many requests of a fetch wait for what, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// For bytes from somebody else.
    pub network: u32,
    /// For this node's own limit.
    pub limit: u32,
    /// For what came to be hashed.
    pub hash: u32,
    /// For what came to be written.
    pub disk: u32,
}

/// What a request may wait for beside the network.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stage {
    Limit,
    Hash,
    Disk,
}

/// Counts the requests of one fetch that are in each stage.
#[derive(Debug, Default)]
pub(crate) struct Gauges([AtomicU32; 3]);

impl Gauges {
    /// A request is in a stage until what is returned is dropped.
    pub(crate) fn enter(self: &Arc<Self>, stage: Stage) -> Within {
        self.0[stage as usize].fetch_add(1, Ordering::Relaxed);
        Within(self.clone(), stage)
    }

    /// Of so many requests under way, those that are in no stage wait for the network.
    pub(crate) fn read(&self, under_way: usize) -> Waits {
        let [limit, hash, disk] = self.0.each_ref().map(|count| count.load(Ordering::Relaxed));
        let under_way = u32::try_from(under_way).unwrap_or(u32::MAX);
        Waits { network: under_way.saturating_sub(limit + hash + disk), limit, hash, disk }
    }
}

/// See [`Gauges::enter`].
pub(crate) struct Within(Arc<Gauges>, Stage);

impl Drop for Within {
    fn drop(&mut self) {
        self.0.0[self.1 as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_no_stage_waits_for_the_network() {
        let gauges = Arc::new(Gauges::default());
        let (_held, hashed) = (gauges.enter(Stage::Limit), gauges.enter(Stage::Hash));
        assert_eq!(gauges.read(5), Waits { network: 3, limit: 1, hash: 1, disk: 0 });
        drop(hashed);
        let _written = gauges.enter(Stage::Disk);
        assert_eq!(gauges.read(1), Waits { network: 0, limit: 1, hash: 0, disk: 1 }, "one ended just now");
    }
}
