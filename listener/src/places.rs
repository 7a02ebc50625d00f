//! How many places each caller may have, so that none of them shuts the others out.
//!
//! A caller may take a place as long as it holds less than a fixed share of those that are *free* (the rule by which
//! switches share one buffer among their ports: dynamic thresholds, Choudhury and Hahne, 1998). One caller alone gets a
//! seventeenth of all, and the more of them press the less each has; once few are left, each may have eight still. Of
//! 2,048 places one network gets 120, and 60 networks have to work together to take them all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::network::Network;

/// A caller may hold one place for so many that are free.
const FREE_FOR_ONE: usize = 16;
/// What a caller may hold however few are free.
const LEAST: usize = 8;

/// Who holds how many. Pure.
#[derive(Debug)]
struct Ledger {
    free: usize,
    held: HashMap<Network, usize>,
}

impl Ledger {
    fn take(&mut self, caller: Network) -> bool {
        let held = self.held.get(&caller).copied().unwrap_or(0);
        let allowed = (self.free / FREE_FOR_ONE).max(LEAST);
        if self.free == 0 || held >= allowed {
            return false;
        }
        self.free -= 1;
        self.held.insert(caller, held + 1);
        true
    }

    fn give_back(&mut self, caller: Network) {
        let Some(held) = self.held.get_mut(&caller) else { return };
        *held -= 1;
        self.free += 1;
        if *held == 0 {
            self.held.remove(&caller);
        }
    }
}

/// A bounded number of places.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Mutex<Ledger>>);

impl Places {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Mutex::new(Ledger { free: places, held: HashMap::new() })))
    }

    /// A place for `caller`, which is given back when it is dropped.
    pub(crate) fn take(&self, caller: Network) -> Option<Place> {
        self.ledger().take(caller).then(|| Place { places: self.clone(), caller })
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing between two changes of the ledger can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One place of one caller.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    caller: Network,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.ledger().give_back(self.caller);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn caller(n: u32) -> Network {
        IpAddr::from(Ipv4Addr::from(0xc000_0200 + n)).into()
    }

    /// Takes as many as there are to be had.
    fn all_of(places: &Places, n: u32) -> Vec<Place> {
        std::iter::from_fn(|| places.take(caller(n))).collect()
    }

    #[test]
    fn one_caller_gets_a_seventeenth() {
        let places = Places::new(2048);
        let held = all_of(&places, 1);
        assert_eq!(held.len(), 120);
        assert!(places.take(caller(2)).is_some());
        drop(held);
        assert_eq!(all_of(&places, 1).len(), 120, "what ended makes room again");
    }

    #[test]
    fn many_who_press_leave_places_for_somebody_new() {
        let places = Places::new(2048);
        let held: Vec<_> = (0..50).map(|n| all_of(&places, n)).collect();
        let fewest = held.iter().map(Vec::len).min();
        assert_eq!(fewest, Some(LEAST), "whoever comes late has as much as is left to each");
        assert_eq!(all_of(&places, 1000).len(), LEAST);
    }

    #[test]
    fn nobody_has_more_than_there_are() {
        let places = Places::new(10);
        let held = (all_of(&places, 1), all_of(&places, 2));
        assert_eq!((held.0.len(), held.1.len()), (8, 2));
        assert!(places.take(caller(3)).is_none());
        drop(held.0);
        assert_eq!(all_of(&places, 3).len(), 8);
    }
}
