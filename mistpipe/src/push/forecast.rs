//! How large the patch of a push will be: what was measured, corrected by what earlier forecasts of the game missed. Pure.

use mist_proto::http::{Build, ForecastBy, PatchForecast};

/// Earlier pushes that are looked at, the newest ones.
const PASTS: usize = 8;
/// No correction is further from one than this, either way: one odd push must not spoil the next forecast altogether.
const FURTHEST: f64 = 1000.0;

/// An earlier push: what was measured then, and what its patch became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Past {
    raw: u64,
    actual: u64,
}

/// The earlier pushes whose patches were foretold in the same way and are there, the newest last.
pub(super) fn pasts(builds: &[Build], by: ForecastBy) -> Vec<Past> {
    let known = builds.iter().filter_map(|build| {
        let forecast = build.forecast.as_ref().filter(|forecast| forecast.by == by)?;
        Some(Past { raw: forecast.raw, actual: actual(build, forecast)? })
    });
    let mut pasts: Vec<Past> = known.collect();
    pasts.drain(..pasts.len().saturating_sub(PASTS));
    pasts
}

/// What the patch became that was foretold.
pub(crate) fn actual(build: &Build, forecast: &PatchForecast) -> Option<u64> {
    build.patches.iter().find(|patch| patch.from == forecast.from).map(|patch| patch.blob.size)
}

/// What was measured, times the median of what earlier patches became of what was measured then.
pub(super) fn corrected(raw: u64, pasts: &[Past]) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "a share of sizes that exist")]
    let mut shares: Vec<f64> =
        pasts.iter().map(|past| past.actual.max(1) as f64 / past.raw.max(1) as f64).collect();
    shares.sort_by(f64::total_cmp);
    let Some(last) = shares.len().checked_sub(1) else { return raw };
    let median = f64::midpoint(shares[last / 2], shares[shares.len() / 2]);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size that exists, times something positive"
    )]
    let corrected = (raw as f64 * median.clamp(1.0 / FURTHEST, FURTHEST)).round() as u64;
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(raw: u64, actual: u64) -> Past {
        Past { raw, actual }
    }

    #[test]
    fn without_a_past_what_was_measured_counts() {
        assert_eq!(corrected(1000, &[]), 1000);
        assert_eq!(corrected(0, &[past(10, 20)]), 0);
    }

    #[test]
    fn what_was_missed_before_is_put_right() {
        assert_eq!(corrected(1000, &[past(400, 100)]), 250);
        assert_eq!(corrected(1000, &[past(100, 200), past(100, 400)]), 3000, "between the two");
        let odd = [past(100, 50), past(100, 60), past(100, 1_000_000)];
        assert_eq!(corrected(1000, &odd), 600, "one odd push moves nothing");
        assert_eq!(corrected(1000, &[past(0, u64::MAX)]), 1_000_000, "and is bounded when it is alone");
        assert_eq!(corrected(1000, &[past(u64::MAX, 0)]), 1);
    }

    #[test]
    fn a_steady_miss_is_gone_after_one_push() {
        // Patches that always are a third of what was measured.
        let mut known = vec![];
        for raw in [9_000_000, 120_000, 3_000_000_000_u64] {
            let foretold = corrected(raw, &known);
            let actual = raw / 3;
            if !known.is_empty() {
                assert!(foretold.abs_diff(actual) <= actual / 100, "{foretold} {actual}");
            }
            known.push(past(raw, actual));
        }
    }
}
