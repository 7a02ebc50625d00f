//! wrk, which asks as often as can be, and what it finds.

use std::{fs, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use mist_system_tests::{Place, Program, Scene};

/// How long a case runs, in seconds.
pub(crate) const SECONDS: u64 = 10;
/// Connections that ask at once.
pub(crate) const CONNECTIONS: usize = 32;

/// What wrk found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) per_second: f64,
    pub(crate) median_ms: f64,
    pub(crate) p99_ms: f64,
}

/// wrk, on one thread.
pub(crate) struct Wrk<'a> {
    pub(crate) scene: &'a Scene,
}

impl Wrk<'_> {
    pub(crate) fn run(&self, at: SocketAddr, script: &str) -> Result<Found> {
        self.ask(&format!("http://{at}"), script)
    }

    /// With TLS; whose certificate it is does not matter.
    pub(crate) fn run_secure(&self, at: SocketAddr, script: &str) -> Result<Found> {
        self.ask(&format!("https://{at}"), script)
    }

    fn ask(&self, url: &str, script: &str) -> Result<Found> {
        let file = self.scene.path("wrk.lua");
        fs::write(&file, script)?;
        let ended = Program::system("wrk", &Place::Here, &self.scene.logs())
            .args(["--threads", "1", "--latency", "--timeout", "10s"])
            .args([format!("--connections={CONNECTIONS}"), format!("--duration={SECONDS}s")])
            .arg("--script")
            .arg(&file)
            .arg(url)
            .run(Duration::from_secs(3 * SECONDS + 30))?
            .success()?
            .stdout;
        // That opentracker ends a connection counts as an error of reading, after the answer.
        let is_bad = |line: &str| {
            line.contains("Non-2xx")
                || line.contains("Socket errors")
                    && !(line.contains("connect 0") && line.contains("timeout 0"))
        };
        ensure!(!ended.lines().any(is_bad), "not every request was answered: {ended}");
        let value = |name: &str| {
            let line = ended.lines().find_map(|line| line.trim().strip_prefix(name));
            line.map(str::trim).with_context(|| format!("wrk says no {name}: {ended}"))
        };
        Ok(Found {
            per_second: value("Requests/sec:")?.parse()?,
            median_ms: milliseconds(value("50%")?)?,
            p99_ms: milliseconds(value("99%")?)?,
        })
    }
}

/// A time as wrk writes it.
fn milliseconds(text: &str) -> Result<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Ok(number.parse::<f64>()? * factor);
        }
    }
    anyhow::bail!("{text} is no time")
}

pub(crate) fn median(mut found: Vec<Found>) -> Found {
    found.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    found[found.len() / 2]
}
