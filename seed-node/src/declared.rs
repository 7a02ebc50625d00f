//! Settings that a seed has wherever it runs: by itself, or embedded in a tracker.

use ipnet::IpNet;
use mist_readable::{parse_bytes, parse_limit};
use mist_settings::{Problem, Setting, Settings, text};

use crate::{
    SeedLimits,
    uplink::{Uplink, Window},
};

/// Below it a new build could not have patches both ways.
const LEAST_WHOLE_BUILDS: usize = 2;
const MOST_SCRUB_DAYS: u32 = 3650;

/// Networks of proxies that may say who is asking, by a seed's own listener as by a tracker's.
pub const TRUSTED_PROXIES: Setting<IpNet> = Setting::new(
    "trusted_proxies",
    "NET",
    "Network of a proxy whose X-Forwarded-For counts, e.g. 127.0.0.1/32.",
    text::<IpNet>,
)
.unset("none")
.many()
.flag("trusted-proxy");
/// Where a border has the store, to send stored files by itself: see [`crate::SeedConfig::nginx_location`].
pub const NGINX_LOCATION: Setting<String> = Setting::new(
    "nginx_location",
    "PATH",
    "The `internal` location at which nginx has the store, e.g. /store/: then nginx sends stored archives by itself to those \
     who come through it, if it is one of the trusted proxies.",
    location,
)
.unset("none; the seed sends all bytes itself");
/// Whether the seed tells the local network of itself.
pub const LAN_DISCOVERY: Setting<bool> =
    Setting::yes_or_no("lan_discovery", "Whether to announce the seed on the local network by mDNS.")
        .or("false");
/// [`SeedLimits::archive_cache`].
pub const ARCHIVE_CACHE: Setting<u64> = Setting::new(
    "archive_cache",
    "SIZE",
    "Compressed archives that the seed keeps, those of rebuilt builds among them.",
    parse_bytes,
)
.or("64GB");
/// [`SeedLimits::jump_cache`].
pub const JUMP_CACHE: Setting<u64> = Setting::new(
    "jump_cache",
    "SIZE",
    "Patches for single friends' folders that the seed keeps.",
    parse_bytes,
)
.or("8GB");
/// [`SeedLimits::whole_builds`].
pub const WHOLE_BUILDS: Setting<usize> = Setting::new(
    "whole_builds",
    "N",
    "Newest builds of each game whose files the seed keeps, at least 2, beside the live one and the one before it; older \
     ones are rebuilt by patches when somebody wants them.",
    whole_builds,
)
.or("2");
/// [`SeedLimits::keep_free`].
pub const KEEP_FREE: Setting<u64> = Setting::new(
    "keep_free",
    "SIZE",
    "Free room on the store's disk below which nothing is written.",
    parse_bytes,
)
.or("256MiB");
/// [`SeedLimits::workers`].
pub const WORKERS: Setting<usize> =
    Setting::new("workers", "N", "Jobs that the seed runs at once.", text::<usize>).or("1");
/// [`SeedLimits::threads`].
pub const THREADS: Setting<usize> =
    Setting::new("threads", "N", "Threads of one job.", text::<usize>).unset("one a processor, at most 8");
/// [`SeedLimits::patch_memory`].
pub const PATCH_MEMORY: Setting<u64> =
    Setting::new("patch_memory", "SIZE", "Memory that making a patch may take, about.", parse_limit)
        .or("1GiB");
/// [`SeedLimits::upload_rate`].
pub const UPLOAD_LIMIT: Setting<u64> = Setting::new(
    "upload_limit",
    "SIZE",
    "What the seed may send per second, by QUIC and HTTP together, e.g. 5MB.",
    parse_limit,
)
.unset("no limit")
.live();

/// [`SeedLimits::scrub_days`].
pub const SCRUB_DAYS: Setting<u32> = Setting::new(
    "scrub_days",
    "N",
    "Days after which the seed reads its whole store again, to find what has rotted; 0 for only when somebody asks. At most 3650.",
    scrub_days,
)
.or("30");
/// [`SeedLimits::scrub_rate`].
pub const SCRUB_RATE: Setting<u64> = Setting::new(
    "scrub_rate",
    "SIZE",
    "What such a reading may take of the store's disk a second.",
    parse_limit,
)
.or("20MB");
/// [`Uplink::schedule`].
pub const UPLOAD_SCHEDULE: Setting<Window> = Setting::new(
    "upload_schedule",
    "TIMES",
    "Times of day, by UTC, at which another limit counts than `upload_limit`, e.g. 18:00-23:30=2MB, or =none for no limit; the first \
     that fits counts.",
    text::<Window>,
)
.unset("none")
.many();
/// [`Uplink::quota`].
pub const UPLOAD_QUOTA: Setting<u64> = Setting::new(
    "upload_quota",
    "SIZE",
    "What the seed may send in a calendar month, by UTC, to who is not on its own network; then QUIC sends 64 KiB a second, and nothing \
     goes by HTTP, until the next one begins.",
    parse_limit,
)
.unset("no bound");

/// What the seed may send by these settings.
///
/// # Errors
/// A value that makes no sense.
pub fn uplink(given: &Settings) -> Result<Uplink, Problem> {
    Ok(Uplink { schedule: given.all(&UPLOAD_SCHEDULE)?, quota: given.one(&UPLOAD_QUOTA)? })
}

/// The bounds that these settings say.
///
/// # Errors
/// A value that makes no sense.
pub fn limits(given: &Settings) -> Result<SeedLimits, Problem> {
    let usual = SeedLimits::default();
    Ok(SeedLimits {
        archive_cache: given.must(&ARCHIVE_CACHE)?,
        jump_cache: given.must(&JUMP_CACHE)?,
        whole_builds: given.must(&WHOLE_BUILDS)?,
        keep_free: given.must(&KEEP_FREE)?,
        workers: given.must(&WORKERS)?,
        threads: given.one(&THREADS)?.unwrap_or(usual.threads),
        patch_memory: given.must(&PATCH_MEMORY)?,
        upload_rate: given.one(&UPLOAD_LIMIT)?,
        scrub_days: given.must(&SCRUB_DAYS)?,
        scrub_rate: given.must(&SCRUB_RATE)?,
        ..usual
    })
}

fn scrub_days(number: &str) -> Result<u32, String> {
    match text(number)? {
        n if n > MOST_SCRUB_DAYS => Err(format!("it is at most {MOST_SCRUB_DAYS}")),
        n => Ok(n),
    }
}

fn whole_builds(number: &str) -> Result<usize, String> {
    match text(number)? {
        n if n < LEAST_WHOLE_BUILDS => Err(format!("it is at least {LEAST_WHOLE_BUILDS}")),
        n => Ok(n),
    }
}

/// What can stand in a header and in nginx's configuration without another meaning.
fn location(typed: &str) -> Result<String, String> {
    let inside = typed.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let is_name = |part: &str| {
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=64).contains(&part.len()) && part.chars().all(sound)
    };
    match inside {
        Some(inside) if inside.split('/').all(is_name) => Ok(typed.to_owned()),
        _ => Err(
            "it begins and ends with a slash, and has letters, digits, - and _ between them, e.g. /store/"
                .into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_one_meaning() {
        for sound in ["/store/", "/mist/store-1/"] {
            assert_eq!(location(sound).as_deref(), Ok(sound));
        }
        for wrong in
            ["", "/", "//", "store", "/store", "store/", "/a//b/", "/../", "/a b/", "/a;b/", "/a\n/", "/ä/"]
        {
            assert!(location(wrong).is_err(), "{wrong}");
        }
    }
}
