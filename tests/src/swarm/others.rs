//! The others: programs that friends could use instead.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use mist_proto::http::BytesBySource;

use super::{
    case::Site,
    run::{Content, Session},
};
use crate::{Host, Place, Program, Scene, Task, certify, nginx, until};

const PORT: u16 = 8443;

/// One process a friend, and some for the seed.
pub(super) struct Others {
    /// The first is the seed itself; what else there is only lists who is there.
    pub(super) seed: Vec<Task>,
    pub(super) programs: Vec<Program>,
    pub(super) copies: Vec<PathBuf>,
    /// Files that say that a friend has all, for programs that go on for the sake of the others.
    pub(super) markers: Vec<PathBuf>,
    pub(super) running: Vec<Task>,
}

impl Session for Others {
    fn begin(&mut self) -> Result<()> {
        for program in self.programs.drain(..) {
            self.running.push(program.start()?);
        }
        Ok(())
    }

    fn ended(&mut self, friend: usize) -> Result<Option<bool>> {
        if self.markers.get(friend).is_some_and(|marker| marker.exists()) {
            return Ok(Some(true));
        }
        let task = self.running.get_mut(friend).context("it has not begun")?;
        Ok(task.ended()?.map(|status| status.success() && self.markers.is_empty()))
    }

    fn seed(&self) -> Result<Vec<u32>> {
        Ok(vec![self.seed.first().context("the seed does not run")?.pid()])
    }

    fn kill_seed(&mut self) -> Result<()> {
        self.seed.drain(..).try_for_each(Task::kill_nine)
    }

    fn copy(&self, friend: usize) -> PathBuf {
        self.copies[friend].clone()
    }

    fn wire(&self, _: usize) -> Result<Option<BytesBySource>> {
        Ok(None)
    }
}

/// A folder of its own for each friend, and the file that is to be in it.
pub(super) fn folders(site: &Site, scene: &Scene) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let folder = |n: usize| scene.folder(&format!("friend{n}"));
    let folders = (0..site.friends.len()).map(folder).collect::<Result<Vec<_>>>()?;
    let copies = folders.iter().map(|folder| folder.join(Content::NAME)).collect();
    Ok((folders, copies))
}

/// Waits until a host of the lab takes connections.
pub(super) fn answers(host: &Host, port: u16, task: &mut Task, scene: &Scene) -> Result<()> {
    let address = host.address();
    // What these say is nothing to show when a run fails.
    let aside = scene.folder("knocks")?;
    until("a daemon listens", Duration::from_secs(30), Duration::from_millis(200), || {
        task.still_runs()?;
        let knock = format!("exec 3<>/dev/tcp/{address}/{port}");
        let tried = Program::system("bash", &Place::On(host.clone()), &aside).args(["-c", &knock]);
        Ok((tried.run(Duration::from_secs(5))?.code() == Some(0)).then_some(()))
    })
}

/// nginx with TLS at the seed, and curl.
pub(super) fn https(content: &Content, site: &Site, scene: &Scene) -> Result<Others> {
    let dir = scene.folder("https")?;
    let (address, place) = (site.seed.address(), Place::On(site.seed.clone()));
    certify(&dir, address)?;
    let config = dir.join("nginx.conf");
    fs::write(&config, nginx::file_server(&dir, (address, PORT).into(), &content.dir))?;
    let mut seed = Program::system("nginx", &place, &scene.logs()).arg("-c").arg(&config).start()?;
    answers(&site.seed, PORT, &mut seed, scene)?;
    let (_, copies) = folders(site, scene)?;
    let url = format!("https://{address}:{PORT}/{}", Content::NAME);
    let get = |(host, copy): (&Host, &PathBuf)| {
        Program::system("curl", &Place::On(host.clone()), &scene.logs())
            .args(["--silent", "--show-error", "--fail", "--cacert"])
            .arg(dir.join("ca.pem"))
            .arg("--output")
            .arg(copy)
            .arg(&url)
    };
    let programs = site.friends.iter().zip(&copies).map(get).collect();
    Ok(Others { seed: vec![seed], programs, copies, markers: vec![], running: vec![] })
}

/// The rsync daemon at the seed, and rsync.
pub(super) fn rsync(content: &Content, site: &Site, scene: &Scene) -> Result<Others> {
    let config = scene.path("rsyncd.conf");
    let root = content.dir.display();
    fs::write(&config, format!("use chroot = no\nuid = root\ngid = root\n[data]\npath = {root}\n"))?;
    let (address, place) = (site.seed.address(), Place::On(site.seed.clone()));
    let mut seed = Program::system("rsync", &place, &scene.logs())
        .args([
            "--daemon",
            "--no-detach",
            &format!("--address={address}"),
            &format!("--port={PORT}"),
            "--config",
        ])
        .arg(&config)
        .start()?;
    answers(&site.seed, PORT, &mut seed, scene)?;
    let (_, copies) = folders(site, scene)?;
    let from = format!("rsync://{address}:{PORT}/data/{}", Content::NAME);
    let copy = |(host, copy): (&Host, &PathBuf)| {
        Program::system("rsync", &Place::On(host.clone()), &scene.logs()).args(["-W", &from]).arg(copy)
    };
    let programs = site.friends.iter().zip(&copies).map(copy).collect();
    Ok(Others { seed: vec![seed], programs, copies, markers: vec![], running: vec![] })
}
