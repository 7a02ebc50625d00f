//! What an operation's time goes into.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Seconds of an operation, by what they were spent on or waiting for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Spent {
    /// The lines to those who sent.
    pub network: f64,
    /// The limit that its owner has set.
    pub limit: f64,
    /// Somebody who has what is missing: nobody was there, or those who were asked sent nothing.
    pub sources: f64,
    /// The server, which made what was needed.
    pub seed: f64,
    /// Reading and hashing what was here, and what came.
    pub hash: f64,
    /// Writing what came, and putting files in place.
    pub disk: f64,
    /// Making new files out of old ones and a patch.
    pub patch: f64,
}

impl Spent {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, seconds)| seconds).sum()
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            network: self.network + other.network,
            limit: self.limit + other.limit,
            sources: self.sources + other.sources,
            seed: self.seed + other.seed,
            hash: self.hash + other.hash,
            disk: self.disk + other.disk,
            patch: self.patch + other.patch,
        }
    }

    /// What matters of it, the most first: each with what it is, in a word or two for people.
    #[must_use]
    pub fn most(&self) -> Vec<(&'static str, f64)> {
        let least = (self.total() / 20.0).max(0.5);
        let mut most: Vec<_> = self.parts().into_iter().filter(|(_, seconds)| *seconds >= least).collect();
        most.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        most
    }

    fn parts(&self) -> [(&'static str, f64); 7] {
        [
            ("the network", self.network),
            ("your limit", self.limit),
            ("nobody sending", self.sources),
            ("the server's work", self.seed),
            ("checking", self.hash),
            ("the disk", self.disk),
            ("patching", self.patch),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hardly_counts_is_not_told() {
        let spent = Spent { network: 10.0, limit: 30.0, hash: 1.9, disk: 2.5, ..Spent::default() };
        assert_eq!(spent.most(), [("your limit", 30.0), ("the network", 10.0), ("the disk", 2.5)]);
        assert_eq!(Spent { network: 0.4, ..Spent::default() }.most(), []);
    }
}
