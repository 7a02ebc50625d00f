//! What a seed may send at a time of day, and in a month.

use std::{
    io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use mist_peer::{Node, RateLimits};
use mist_proto::{RelPath, UnixMillis, time::DAY_MILLIS};
use mist_readable::parse_limit;
use mist_tree::fs::{RealDir, write_atomically};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::clock;

const FILE: &str = "uplink.json";
/// How often is looked at what was sent and what may be.
const TICK: Duration = Duration::from_secs(2);
/// How often it is kept.
const SAVE: Duration = Duration::from_secs(60);
const MINUTES_OF_DAY: u16 = 24 * 60;
const MINUTE_MILLIS: i64 = 60_000;
/// Bytes a second that are left once the month's are used up: whoever is in the middle of something is not cut off, and what is small
/// still comes.
pub const BEYOND_QUOTA: u64 = 64 * 1024;

/// A time of day at which another limit counts, by UTC: from a minute on, up to another one, over midnight too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: u16,
    to: u16,
    /// Bytes a second; no limit if there is none.
    rate: Option<u64>,
}

impl Window {
    fn has(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// The text is no [`Window`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write it as 18:00-23:30=2MB, or =none for no limit at that time; times are UTC, and a day is from 00:00 to 24:00"
)]
pub struct NoWindow;

impl FromStr for Window {
    type Err = NoWindow;

    fn from_str(text: &str) -> Result<Self, NoWindow> {
        let (times, rate) = text.split_once('=').ok_or(NoWindow)?;
        let (from, to) = times.split_once('-').ok_or(NoWindow)?;
        let rate = match rate {
            "none" => None,
            rate => Some(parse_limit(rate).map_err(|_| NoWindow)?),
        };
        let (from, to) = (minute(from)?, minute(to)?);
        if from == to || from == MINUTES_OF_DAY { Err(NoWindow) } else { Ok(Self { from, to, rate }) }
    }
}

fn minute(text: &str) -> Result<u16, NoWindow> {
    let two = |text: &str| {
        let is_two = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        is_two.then(|| text.parse::<u16>().ok()).flatten().ok_or(NoWindow)
    };
    let (hours, minutes) = text.split_once(':').ok_or(NoWindow)?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let minute = hours * 60 + minutes;
    if minutes < 60 && minute <= MINUTES_OF_DAY { Ok(minute) } else { Err(NoWindow) }
}

/// What a seed may send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uplink {
    /// Times of day with a limit of their own; the first that fits counts.
    pub schedule: Vec<Window>,
    /// Bytes in a calendar month, by UTC; no bound if there is none.
    pub quota: Option<u64>,
}

impl Uplink {
    /// Whether there is nothing to look after.
    pub fn is_free(&self) -> bool {
        self.schedule.is_empty() && self.quota.is_none()
    }

    /// Bytes a second that may be sent at `now`, where `usual` is the limit at other times and `sent` were sent this month.
    pub fn rate(&self, usual: Option<u64>, now: UnixMillis, sent: u64) -> Option<u64> {
        let minute = u16::try_from(now.0.rem_euclid(DAY_MILLIS) / MINUTE_MILLIS).unwrap_or(0);
        let rate = self.schedule.iter().find(|window| window.has(minute)).map_or(usual, |window| window.rate);
        if self.is_used_up(sent) {
            Some(rate.map_or(BEYOND_QUOTA, |rate| rate.min(BEYOND_QUOTA)))
        } else {
            rate
        }
    }

    /// Whether nothing is left of the month's bytes.
    pub fn is_used_up(&self, sent: u64) -> bool {
        self.quota.is_some_and(|quota| sent >= quota)
    }
}

/// What was sent in a month; survives restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Months since January 1970.
    month: i64,
    /// Bytes.
    pub(crate) sent: u64,
}

impl Ledger {
    /// Reads it; one that can't be understood, as after a power loss, begins anew.
    pub(crate) fn load(data_dir: &Path) -> Self {
        let read = std::fs::read(data_dir.join(FILE));
        read.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    pub(crate) fn save(&self, data_dir: &Path) -> io::Result<()> {
        let name = RelPath::new(FILE).map_err(io::Error::other)?;
        write_atomically(&RealDir::create(data_dir)?, &name, &serde_json::to_vec(self)?)
    }

    /// Counts what was sent since it was last asked. Another month begins with nothing.
    pub(crate) fn count(&mut self, now: UnixMillis, bytes: u64) {
        let month = month_of(now);
        if month != self.month {
            *self = Self { month, sent: 0 };
        }
        self.sent = self.sent.saturating_add(bytes);
    }
}

/// What a running seed sends, and whether it may.
pub(crate) struct Sending {
    rules: Uplink,
    data_dir: PathBuf,
    /// Bytes a second at times that have no limit of their own.
    usual: Mutex<Option<u64>>,
    /// What sends by QUIC. Both it and HTTP take from its limit.
    node: OnceLock<Node>,
    /// Bytes that went by HTTP since the start.
    by_http: AtomicU64,
    used_up: AtomicBool,
}

impl Sending {
    pub(crate) fn new(rules: Uplink, data_dir: PathBuf, usual: Option<u64>) -> Self {
        let usual = Mutex::new(usual);
        let (by_http, used_up) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { rules, data_dir, usual, node: OnceLock::new(), by_http, used_up }
    }

    /// Says what sends by QUIC, once it runs.
    pub(crate) fn share_with(&self, node: Node) {
        // Nobody else sets it.
        let _ = self.node.set(node);
    }

    /// Counts bytes that go by HTTP.
    pub(crate) fn count(&self, bytes: u64) {
        self.by_http.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether there is a limit now.
    pub(crate) fn is_limited(&self) -> bool {
        self.node.get().is_some_and(|node| node.upload_limit().is_some())
    }

    /// Waits until bytes may go by HTTP, and counts them.
    pub(crate) async fn pass(&self, bytes: u64) {
        // Before QUIC runs nothing goes by HTTP either.
        if let Some(node) = self.node.get() {
            node.pass_upload(bytes).await;
        }
        self.count(bytes);
    }

    /// Whether nothing is left of the month's bytes.
    pub(crate) fn is_used_up(&self) -> bool {
        self.used_up.load(Ordering::Relaxed)
    }

    /// Changes the usual limit. What a time of day or the month says of it counts within seconds.
    pub(crate) fn limit(&self, node: &Node, rate: Option<u64>) {
        *self.usual.lock().unwrap_or_else(PoisonError::into_inner) = rate;
        if self.rules.is_free() {
            node.set_limits(rates(rate));
        }
    }

    /// Bytes that have left this machine's network since the start.
    fn sent(&self, node: &Node) -> u64 {
        let up = node.stats().total().up;
        let by_quic = up.tailnet.saturating_add(up.internet).saturating_add(up.seed);
        by_quic.saturating_add(self.by_http.load(Ordering::Relaxed))
    }

    /// Keeps to the rules until the seed stops.
    pub(crate) async fn keep(self: Arc<Self>, node: Node, stop: CancellationToken) {
        if self.rules.is_free() {
            return;
        }
        let mut ledger = Ledger::load(&self.data_dir);
        let (mut counted, mut in_force, mut saved) = (0, None, Instant::now());
        loop {
            let (now, sent) = (clock::now(), self.sent(&node));
            ledger.count(now, sent.saturating_sub(counted));
            counted = sent;
            let usual = *self.usual.lock().unwrap_or_else(PoisonError::into_inner);
            let rate = self.rules.rate(usual, now, ledger.sent);
            if in_force != Some(rate) {
                node.set_limits(rates(rate));
                in_force = Some(rate);
            }
            let used_up = self.rules.is_used_up(ledger.sent);
            if self.used_up.swap(used_up, Ordering::Relaxed) != used_up && used_up {
                tracing::warn!(
                    sent = ledger.sent,
                    "the month's bytes are used up (upload_quota): until the next one QUIC sends 64 KiB a second, and nothing goes by HTTP"
                );
            }
            let stopped = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(TICK) => false,
            };
            if stopped || saved.elapsed() >= SAVE {
                saved = Instant::now();
                let (kept, folder) = (ledger, self.data_dir.clone());
                let written = tokio::task::spawn_blocking(move || kept.save(&folder)).await;
                if let Err(error) = written.unwrap_or_else(|e| Err(io::Error::other(e))) {
                    tracing::warn!(%error, "what was sent this month was not kept; it is tried again");
                }
            }
            if stopped {
                return;
            }
        }
    }
}

/// A seed's limits: what it fetches has none.
pub(crate) fn rates(up: Option<u64>) -> RateLimits {
    RateLimits { up, down: None, limit_lan: true }
}

/// Months since January 1970, by UTC.
fn month_of(now: UnixMillis) -> i64 {
    // Beyond the times that a calendar has, which no clock shows, all is one month.
    let at = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(now.0).unwrap_or_default());
    (i64::from(at.year()) - 1970) * 12 + i64::from(at.month()) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64, minutes: i64) -> UnixMillis {
        UnixMillis(20_000 * DAY_MILLIS + (hours * 60 + minutes) * MINUTE_MILLIS)
    }

    fn uplink(windows: &[&str], quota: Option<u64>) -> Uplink {
        let schedule = windows.iter().map(|window| window.parse().expect("a window")).collect();
        Uplink { schedule, quota }
    }

    #[test]
    fn the_first_window_that_fits_counts_and_the_usual_limit_beside_them() {
        let uplink = uplink(&["18:00-23:30=2MB", "23:00-06:00=none"], None);
        for (hours, minutes, rate) in [
            (17, 59, Some(7)),
            (18, 0, Some(2_000_000)),
            (23, 29, Some(2_000_000)),
            (23, 30, None),
            (0, 0, None),
            (5, 59, None),
            (6, 0, Some(7)),
        ] {
            assert_eq!(uplink.rate(Some(7), at(hours, minutes), u64::MAX), rate, "{hours}:{minutes}");
        }
        assert_eq!("00:00-24:00=1MB".parse::<Window>().map(|w| w.has(1439)), Ok(true));
    }

    #[test]
    fn a_window_is_written_in_one_way() {
        for wrong in [
            "",
            "18:00",
            "18:00-23:00",
            "18-23=1MB",
            "24:00-01:00=1MB",
            "18:60-19:00=1MB",
            "25:00-26:00=1MB",
            "1:00-2:00=1MB",
            "07:00-07:00=1MB",
            "07:00-08:00=fast",
            "07:00-08:00=",
        ] {
            assert_eq!(wrong.parse::<Window>(), Err(NoWindow), "{wrong}");
        }
    }

    #[test]
    fn a_months_bytes_are_used_up_until_the_next_begins() {
        let uplink = uplink(&[], Some(100));
        assert_eq!(uplink.rate(None, at(1, 0), 99), None);
        assert_eq!(uplink.rate(None, at(1, 0), 100), Some(BEYOND_QUOTA));
        assert_eq!(uplink.rate(Some(5), at(1, 0), 100), Some(5), "a limit below that stays");
        // 28 and 29 February and 1 March 2028, and a turn of the year.
        let day = |days: i64| UnixMillis(days * DAY_MILLIS);
        let months: Vec<i64> =
            [0, 30, 31, 21_242, 21_243, 21_244, 20_818, 20_819].map(|d| month_of(day(d))).to_vec();
        assert_eq!(months, [0, 0, 1, 697, 697, 698, 683, 684]);
        let mut ledger = Ledger::default();
        ledger.count(day(21_242), 60);
        ledger.count(day(21_243), 50);
        assert!(uplink.is_used_up(ledger.sent));
        ledger.count(day(21_244), 7);
        assert_eq!(ledger.sent, 7);
    }

    #[test]
    fn what_was_sent_outlives_a_restart() {
        let tmp = tempfile::tempdir().expect("a folder");
        assert_eq!(Ledger::load(tmp.path()), Ledger::default());
        let mut ledger = Ledger::default();
        ledger.count(at(1, 0), 60);
        ledger.save(tmp.path()).expect("saved");
        assert_eq!(Ledger::load(tmp.path()), ledger);
        std::fs::write(tmp.path().join(FILE), "").expect("written");
        assert_eq!(Ledger::load(tmp.path()), Ledger::default());
    }
}
