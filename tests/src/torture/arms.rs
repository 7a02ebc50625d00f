//! Who attacks when: pure.

use std::{fmt, str::FromStr, thread, time::Duration};

/// A way to attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Client, seed, server and admin die by `kill -9` in whatever they do.
    Kills,
    /// Journalled operations lose power at every change, meet a full disk, and failing writes.
    CrashStates,
    /// Bits change in game folders and in the store.
    Flips,
    /// SQLite and PostgreSQL die while they write.
    Databases,
    /// Clocks jump forth and back.
    Clock,
}

impl Arm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Kills, Self::CrashStates, Self::Flips, Self::Databases, Self::Clock];

    fn name(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::CrashStates => "crash-states",
            Self::Flips => "flips",
            Self::Databases => "databases",
            Self::Clock => "clock",
        }
    }

    /// Its part of the time, of [`Arm::ALL`]'s sum.
    fn share(self) -> u32 {
        match self {
            Self::Kills => 46,
            Self::CrashStates => 24,
            Self::Flips => 14,
            Self::Databases => 10,
            Self::Clock => 6,
        }
    }

    /// How many of its worlds there are at once. Those of the kills mostly wait: for moments, for programs that start, for jobs.
    pub(super) fn lanes(self) -> u64 {
        match self {
            Self::Kills => 2 * thread::available_parallelism().map_or(1, |n| n.get() as u64),
            _ => 1,
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Arm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|arm| arm.name() == text)
            .ok_or_else(|| format!("there is no arm `{text}`, but {}", names()))
    }
}

/// A turn of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lap {
    /// Whose.
    pub arm: Arm,
    /// By what it draws.
    pub seed: u64,
    /// How long.
    pub time: Duration,
}

/// About how long all arms take until it is the first one's turn again.
const LAP: Duration = Duration::from_secs(20 * 60);
/// Seeds between two turns, of which each round takes one.
const SEEDS: u64 = 1_000_000;

/// Whose turn it is when. The very first turn has the run's own seed, so that a round that failed is the first one of a run with its
/// seed and that arm alone.
pub fn laps(time: Duration, arms: &[Arm], seed: u64) -> Vec<Lap> {
    let shares: u32 = arms.iter().map(|arm| arm.share()).sum();
    let rounds = u32::try_from(time.as_secs().div_ceil(LAP.as_secs())).unwrap_or(u32::MAX).max(1);
    let turns = (0..rounds).flat_map(|_| arms.iter().copied()).zip(0u64..);
    turns
        .map(|(arm, n)| Lap {
            arm,
            seed: seed.wrapping_add(n * SEEDS),
            time: time.mul_f64(f64::from(arm.share()) / f64::from(shares)) / rounds,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arm_has_its_share_and_all_the_time_is_used() {
        let hour = laps(Duration::from_secs(3600), &Arm::ALL, 7);
        assert_eq!(hour.len(), 15, "three turns each");
        assert_eq!(hour[0].seed, 7);
        let sum: Duration = hour.iter().map(|lap| lap.time).sum();
        assert!(sum.abs_diff(Duration::from_secs(3600)) < Duration::from_secs(1), "{sum:?}");
        let of = |arm| hour.iter().filter(|lap| lap.arm == arm).map(|lap| lap.time).sum::<Duration>();
        assert!(of(Arm::Kills) > of(Arm::Databases) && of(Arm::Databases) > of(Arm::Clock));
        let mut seeds: Vec<u64> = hour.iter().map(|lap| lap.seed).collect();
        seeds.dedup();
        assert_eq!(seeds.len(), 15);
    }

    #[test]
    fn one_arm_alone_has_all_the_time_and_the_seed_that_was_given() {
        let minute = Duration::from_secs(60);
        let alone = laps(minute, &[Arm::Flips], 12_000_003);
        assert_eq!(alone, [Lap { arm: Arm::Flips, seed: 12_000_003, time: minute }]);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for arm in Arm::ALL {
            assert_eq!(arm.to_string().parse(), Ok(arm));
        }
        assert!("kill".parse::<Arm>().unwrap_err().contains("crash-states"));
    }
}
