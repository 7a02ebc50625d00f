//! BitTorrent clients, and a tracker that tells them of each other.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;

use super::{
    case::Site,
    others::{Others, answers, folders},
    run::Content,
};
use crate::{Host, Place, Program, Scene, Task, eventually};

const TRACKER: u16 = 6969;
const SCRIPT: &str = include_str!("torrent.py");
/// The Python that has libtorrent, as `scripts/bench-swarm` sets it up.
const PYTHON: &str = "MIST_LAB_PYTHON";
const LIMIT: Duration = Duration::from_secs(60);

/// Which client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Aria2,
    Libtorrent,
}

/// The seed and the tracker run, and the tracker knows the seed.
pub(super) fn prepare(client: Client, content: &Content, site: &Site, scene: &Scene) -> Result<Others> {
    let torrents = Torrents { client, dir: scene.folder("torrent")?, logs: scene.logs() };
    let (script, torrent) = (torrents.script(), torrents.torrent());
    fs::write(&script, SCRIPT)?;
    let address = site.seed.address();
    let announce = format!("http://{address}:{TRACKER}/announce");
    let make = torrents.python(&Place::Here).arg("make").arg(content.path()).arg(announce).arg(&torrent);
    make.run(LIMIT)?.success()?;
    let place = Place::On(site.seed.clone());
    let track = torrents.python(&place).args(["track", &address.to_string(), &TRACKER.to_string()]);
    let mut tracker = track.start()?;
    answers(&site.seed, TRACKER, &mut tracker, scene)?;
    let mut seed = torrents.share(&site.seed, &content.dir, &torrents.dir.join("seed"))?.start()?;
    let announced = format!("announced {address} ");
    eventually("the seed announces that it has all", LIMIT, || {
        seed.still_runs()?;
        let knows = |line: &str| line.starts_with(&announced) && line.ends_with(" 0");
        Ok(tracker.output().lines().any(knows).then_some(()))
    })?;
    let (folders, copies) = folders(site, scene)?;
    let markers = (0..folders.len()).map(|n| torrents.dir.join(format!("done{n}"))).collect::<Vec<_>>();
    let friends = site.friends.iter().zip(folders.iter().zip(&markers));
    let programs = friends.map(|(host, (folder, marker))| torrents.share(host, folder, marker));
    let programs = programs.collect::<Result<Vec<_>>>()?;
    let seed: Vec<Task> = vec![seed, tracker];
    Ok(Others { seed, programs, copies, markers, running: vec![] })
}

struct Torrents {
    client: Client,
    dir: PathBuf,
    logs: PathBuf,
}

impl Torrents {
    fn script(&self) -> PathBuf {
        self.dir.join("torrent.py")
    }

    fn torrent(&self) -> PathBuf {
        self.dir.join("content.torrent")
    }

    fn python(&self, place: &Place) -> Program {
        let python = env::var_os(PYTHON).unwrap_or_else(|| OsString::from("python3"));
        Program::system(&python.to_string_lossy(), place, &self.logs).arg(self.script())
    }

    /// A client that gets what is missing in `folder`, makes the file `marker` then, and shares until it is ended.
    fn share(&self, host: &Host, folder: &Path, marker: &Path) -> Result<Program> {
        let place = Place::On(host.clone());
        if self.client == Client::Libtorrent {
            let address = host.address().to_string();
            return Ok(self
                .python(&place)
                .args(["share", &address])
                .arg(self.torrent())
                .arg(folder)
                .arg(marker));
        }
        let hook = marker.with_extension("sh");
        fs::write(&hook, format!("#!/bin/sh\n: > '{}'\n", marker.display()))?;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
        Ok(Program::system("aria2c", &place, &self.logs)
            .args(["--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=true"])
            .args([
                "--listen-port=6881",
                "--seed-ratio=0.0",
                "--check-integrity=true",
                "--file-allocation=none",
            ])
            .args(["--summary-interval=0", "--console-log-level=warn"])
            .arg(format!("--dir={}", folder.display()))
            .arg(format!("--on-bt-download-complete={}", hook.display()))
            .arg(self.torrent()))
    }
}
