//! Refresh tokens: each is exchanged once for the next one.
//!
//! Showing a token a second time means that two hold it, and ends the session for both. One case is no theft: the
//! client's answer got lost, or it was killed between receiving the new token and storing it. So the token just
//! before the newest one may be shown again for [`LOST_ANSWER_MILLIS`], as long as the newest has not been used. The one
//! that it was exchanged for is dead then, and showing *that* later counts as a replay: a thief who comes first is
//! found out when the owner comes next.

use mist_proto::UnixMillis;

/// For how long a lost answer may be asked for again.
pub const LOST_ANSWER_MILLIS: i64 = 2 * 60 * 1000;
/// A session ends when it was not refreshed for this long.
pub const SESSION_MILLIS: i64 = 60 * 24 * 60 * 60 * 1000;

/// What is known about a token that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// When it was exchanged, if it was.
    pub used: Option<UnixMillis>,
    /// Whether the token that it was exchanged for was exchanged, or dropped, in its turn.
    pub next_used: bool,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Exchange it.
    Exchange,
    /// Exchange it again, and drop the token that it was exchanged for before.
    ExchangeAgain,
    /// Two hold it: end the session.
    Replay,
}

/// Judges a token that belongs to a session which has not expired.
pub fn judge(shown: Shown, now: UnixMillis) -> Verdict {
    match shown.used {
        None => Verdict::Exchange,
        Some(used) if !shown.next_used && now.since(used) <= LOST_ANSWER_MILLIS => Verdict::ExchangeAgain,
        Some(_) => Verdict::Replay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let t = UnixMillis(1_000_000);
        let later = |ms| t.plus_millis(ms);
        for (used, next_used, now, expected) in [
            (None, false, t, Verdict::Exchange),
            (Some(t), false, later(0), Verdict::ExchangeAgain),
            (Some(t), false, later(LOST_ANSWER_MILLIS), Verdict::ExchangeAgain),
            (Some(t), false, later(LOST_ANSWER_MILLIS + 1), Verdict::Replay),
            (Some(t), true, later(1), Verdict::Replay),
        ] {
            assert_eq!(judge(Shown { used, next_used }, now), expected, "{used:?} {next_used} {now:?}");
        }
    }
}
