//! Counters of what a node moved.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use mist_proto::http::{BytesBySource, SourceClass};

/// Content moved for one scope since the node started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeTraffic {
    /// Verified bytes received.
    pub down: BytesBySource,
    /// Bytes sent, by the class of the peer that got them.
    pub up: BytesBySource,
}

/// What a node did since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// By scope.
    pub scopes: BTreeMap<String, ScopeTraffic>,
    /// Connections open now.
    pub connections: usize,
    /// Answers that are being made or sent now.
    pub answers: usize,
    /// Peers found banned for bad data.
    pub banned: usize,
}

impl NodeStats {
    /// Sum over all scopes.
    pub fn total(&self) -> ScopeTraffic {
        let mut sum = ScopeTraffic::default();
        for traffic in self.scopes.values() {
            sum.down.add_all(&traffic.down);
            sum.up.add_all(&traffic.up);
        }
        sum
    }
}

/// The running counters behind [`NodeStats`].
#[derive(Default)]
pub(crate) struct Traffic(Mutex<BTreeMap<String, ScopeTraffic>>);

impl Traffic {
    pub(crate) fn down(&self, scope: &str, class: SourceClass, bytes: u64) {
        self.with(scope, |t| t.down.add(class, bytes));
    }

    pub(crate) fn up(&self, scope: &str, class: SourceClass, bytes: u64) {
        self.with(scope, |t| t.up.add(class, bytes));
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<String, ScopeTraffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(&self, scope: &str, f: impl FnOnce(&mut ScopeTraffic)) {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(traffic) = scopes.get_mut(scope) {
            f(traffic);
        } else {
            f(scopes.entry(scope.to_owned()).or_default());
        }
    }
}
