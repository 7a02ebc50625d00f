//! How long a seed holds a job and what happens when it fails. Pure.

/// A lease that is not renewed for this long is lost.
pub const LEASE_MILLIS: i64 = 60_000;
/// Attempts before a job is given up.
pub const MAX_ATTEMPTS: u32 = 5;

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Again, after this many milliseconds.
    Again(i64),
    /// An admin has to look at it.
    GiveUp,
}

/// Judges the failure of the attempt number `attempts` (the first one is 1). `retry` says whether trying again can
/// help.
pub fn after_failure(attempts: u32, retry: bool) -> Next {
    if !retry || attempts >= MAX_ATTEMPTS {
        return Next::GiveUp;
    }
    // 2 s, 8 s, 32 s, 128 s.
    Next::Again(2000 * 4_i64.pow(attempts.saturating_sub(1).min(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_and_ends() {
        let waits: Vec<Next> = (1..=5).map(|n| after_failure(n, true)).collect();
        let again = Next::Again;
        assert_eq!(waits, [again(2000), again(8000), again(32_000), again(128_000), Next::GiveUp]);
        assert_eq!(after_failure(1, false), Next::GiveUp);
    }
}
