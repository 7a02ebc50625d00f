//! What the tracker is measured against.

use std::{fs, net::SocketAddr, time::Duration};

use anyhow::Result;
use mist_system_tests::{Place, Program, Scene, Task, eventually, loopback};

use crate::friends::Tracker;

/// BitTorrent's tracker in C. It ends each connection with its answer.
pub(crate) struct OpenTracker {
    // Held to keep it running.
    _task: Task,
    pub(crate) address: SocketAddr,
}

impl OpenTracker {
    pub(crate) fn start(scene: &Scene) -> Result<Self> {
        let address = loopback::free_address()?;
        let task = Program::system("opentracker", &Place::Here, &scene.logs())
            .args(["-i", "127.0.0.1", "-p", &address.port().to_string(), "-d"])
            .arg(scene.folder("opentracker")?)
            .start()?;
        loopback::answers(address)?;
        Ok(Self { _task: task, address })
    }

    /// As many peers as at the others; it tells them apart by their ports.
    pub(crate) fn script(&self, peers: usize) -> String {
        format!(
            "local n = 0\nfunction request()\n  n = n % {peers} + 1\n  return wrk.format('GET', \
             '/announce?info_hash=%01%02%03%04%05%06%07%08%09%10%11%12%13%14%15%16%17%18%19%20&peer_id=-MI0001-' \
             .. string.format('%012d', n) .. '&port=' .. (20000 + n) .. '&uploaded=0&downloaded=0&left=' .. \
             (n % 2) .. '&compact=1&numwant=50')\nend\n"
        )
    }
}

/// A route that answers with the same catalogue from memory.
pub(crate) struct Bare {
    // Held to keep it running.
    _task: Task,
    pub(crate) address: SocketAddr,
}

impl Bare {
    pub(crate) fn start(scene: &Scene, like: &Tracker) -> Result<Self> {
        let file = scene.path("catalogue.json");
        fs::write(&file, like.catalogue()?)?;
        let task = Program::ours("examples/bare", &Place::Here, &scene.logs())?.arg(&file).start()?;
        let address = eventually("the bare route says where it listens", Duration::from_secs(10), || {
            Ok(task.output().trim().parse().ok())
        })?;
        Ok(Self { _task: task, address })
    }
}
