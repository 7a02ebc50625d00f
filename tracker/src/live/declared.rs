//! The tracker's settings that may change while it serves. Those of the embedded seed are declared by the seed.

use mist_settings::{Setting, text};

/// Fewer would shut out the portal, which is where the number would be raised again.
const LEAST_REQUESTS: u32 = 60;
const MOST_DAYS: u32 = 3650;
const MOST_COPIES: usize = 9;

// A client that signs in for the first time fetches hundreds of manifests, and then makes about thirty calls a minute.
/// [`super::Live::requests_per_minute`].
pub const REQUESTS_PER_MINUTE: Setting<u32> = Setting::new(
    "requests_per_minute",
    "N",
    "Requests a minute that one account, and one network, may make, at least 60; 0 for any number.",
    requests,
)
.or("6000")
.live();
/// [`super::Live::direct_patch_above`], in megabytes.
pub const DIRECT_PATCH_ABOVE: Setting<u64> = Setting::new(
    "direct_patch_above",
    "MB",
    "Size of a chain of patches above which the first friend who would use it gets one patch made; below, the second.",
    text::<u64>,
)
.or("64")
.live();
/// [`super::Live::reverse_patches`].
pub const REVERSE_PATCHES: Setting<bool> = Setting::yes_or_no(
    "reverse_patches",
    "Whether to make patches that lead back from each build to the one before it, for friends who switch back and so \
     that the files of old builds can go.",
)
.or("true")
.live();
/// [`super::Live::history_days`].
pub const HISTORY_DAYS: Setting<u32> = Setting::new(
    "history_days",
    "DAYS",
    "Days for which it is kept what was moved, online and stored by the day, from 1 to 3650; by the hour it is 14 of them at \
     most. Fewer forget what is older.",
    days,
)
.or("730")
.live();
/// [`super::Live::history_by_friend`].
pub const HISTORY_BY_FRIEND: Setting<bool> = Setting::yes_or_no(
    "history_by_friend",
    "Whether it is kept over time how much each friend received; `false` forgets what was.",
)
.or("true")
.live();

/// [`super::Live::copies`].
pub const COPIES: Setting<usize> = Setting::new(
    "copies",
    "N",
    "Seeds that are to have each build, from 1 to 9: with 2 or more, seeds fetch from each other what they lack, and a seed that \
     dies takes no build along. Fewer removes nothing.",
    copies,
)
.or("1")
.live();

fn copies(typed: &str) -> Result<usize, String> {
    match text(typed)? {
        n if (1..=MOST_COPIES).contains(&n) => Ok(n),
        _ => Err(format!("it is from 1 to {MOST_COPIES}")),
    }
}

fn requests(typed: &str) -> Result<u32, String> {
    match text(typed)? {
        n if (1..LEAST_REQUESTS).contains(&n) => Err(format!("it is 0, or at least {LEAST_REQUESTS}")),
        n => Ok(n),
    }
}

fn days(typed: &str) -> Result<u32, String> {
    match text(typed)? {
        n if (1..=MOST_DAYS).contains(&n) => Ok(n),
        _ => Err(format!("it is from 1 to {MOST_DAYS}")),
    }
}
