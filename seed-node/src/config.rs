//! What a seed needs to be told.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use mist_api_client::ServerAddress;
use mist_proto::http::SeedSession;

use crate::uplink::Uplink;

/// How the seed proves to the tracker who it is.
#[derive(Clone)]
pub enum Credentials {
    /// The token that `tracker seed add` printed.
    Enrolment(String),
    /// The embedding tracker signs the seed in itself. Called whenever the present session is about to expire.
    Issued(Arc<dyn Fn() -> SeedSession + Send + Sync>),
}

impl fmt::Debug for Credentials {
    /// Names the kind only: the token must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Enrolment(_) => "Enrolment",
            Self::Issued(_) => "Issued",
        })
    }
}

/// Bounds on what a seed takes of its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeedLimits {
    /// Bytes of compressed archives that are kept, those of rebuilt builds among them; the least recently used go first.
    pub archive_cache: u64,
    /// Bytes of jump patches that are kept; the oldest go first.
    pub jump_cache: u64,
    /// How long making a jump patch may take.
    pub jump_time: Duration,
    /// The newest builds of each game whose files stay, at least two, beside the live one and the one before it. Older
    /// builds are rebuilt by patches when somebody wants them.
    pub whole_builds: usize,
    /// Free bytes on the store's file system below which uploads are refused.
    pub keep_free: u64,
    /// Jobs that run at once.
    pub workers: usize,
    /// Threads of one job.
    pub threads: usize,
    /// Bytes of memory that making a patch may take, about.
    pub patch_memory: u64,
    /// zstd level of archives.
    pub archive_level: i32,
    /// Bytes a second that may be sent, by QUIC and by HTTP together; no bound if there is none.
    pub upload_rate: Option<u64>,
    /// Days from the beginning of one scrub of the store to that of the next; 0 for none but those that are asked for.
    pub scrub_days: u32,
    /// Bytes a second that a scrub reads.
    pub scrub_rate: u64,
}

impl Default for SeedLimits {
    fn default() -> Self {
        Self {
            archive_cache: 64_000_000_000,
            jump_cache: 8_000_000_000,
            jump_time: Duration::from_secs(600),
            whole_builds: 2,
            keep_free: 256 << 20,
            workers: 1,
            threads: std::thread::available_parallelism().map_or(1, usize::from).min(8),
            patch_memory: 1 << 30,
            archive_level: 9,
            upload_rate: None,
            scrub_days: 30,
            scrub_rate: 20_000_000,
        }
    }
}

/// Where a seed lives and whom it works for.
#[derive(Debug, Clone)]
pub struct SeedConfig {
    /// The tracker's address, e.g. `http://127.0.0.1:8080`.
    pub tracker: ServerAddress,
    /// How to sign in there.
    pub credentials: Credentials,
    /// The store: a folder on a disk or NAS.
    pub store: PathBuf,
    /// The folder of the seed's own small state (identity, pinned keys, the store's id). Never on the NAS.
    pub data_dir: PathBuf,
    /// Where QUIC listens; port 0 takes a free one.
    pub quic_listen: Vec<SocketAddr>,
    /// Where friends reach QUIC, if that is elsewhere than where it listens, e.g. behind a container's bridge.
    pub advertise: Vec<SocketAddr>,
    /// Where [`crate::SeedNode::router`] answers for others, if the tracker does not mount it itself; without a slash
    /// at the end.
    pub public_url: Option<String>,
    /// Where the border that the byte router is behind, nginx, has the store as an internal location; with slashes around it.
    pub nginx_location: Option<String>,
    /// What it may send at a time of day, and in a month.
    pub uplink: Uplink,
    /// Whether to announce the seed on the local network by mDNS.
    pub lan_discovery: bool,
    /// Bounds.
    pub limits: SeedLimits,
}

/// Reads an address at which friends are to reach a seed.
///
/// # Errors
/// Why nobody could reach it.
pub fn reachable_address(typed: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        typed.parse().map_err(|_| "it is an IP address with a port, e.g. 192.168.1.10:8443")?;
    if address.ip().is_unspecified() || address.port() == 0 {
        return Err(
            "nobody can reach that: give the address and port by which friends reach this machine".into()
        );
    }
    Ok(address)
}

impl SeedConfig {
    /// A seed with ordinary bounds that listens for QUIC on a free port of every address.
    pub fn new(tracker: ServerAddress, credentials: Credentials, store: PathBuf, data_dir: PathBuf) -> Self {
        Self {
            tracker,
            credentials,
            store,
            data_dir,
            quic_listen: vec![SocketAddr::from(([0, 0, 0, 0], 0))],
            advertise: Vec::new(),
            public_url: None,
            nginx_location: None,
            uplink: Uplink::default(),
            lan_discovery: false,
            limits: SeedLimits::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_reached_is_advertised() {
        assert_eq!(reachable_address("[fd7a:115c:a1e0::1]:8443").map(|a| a.port()), Ok(8443));
        for wrong in ["0.0.0.0:8443", "[::]:8443", "192.168.1.10:0", "192.168.1.10", "vm.example.org:8443"] {
            assert!(reachable_address(wrong).is_err(), "{wrong}");
        }
    }
}
