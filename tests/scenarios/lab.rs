//! The lab itself: what the other tests stand on.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{Border, Lab, Place, Postgres, Program, Scene, SmallDisk};

const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn a_border_stands_before_its_upstream() -> Result<()> {
    Scene::play(|scene| {
        let lab = Lab::new()?;
        let (vm, friend) = (lab.host("vm")?, lab.host("friend")?);
        let border = Border::start(scene, &vm, SocketAddr::from((vm.address(), 1)))?;
        let answer = Program::system("curl", &Place::On(friend), &scene.logs())
            .args(["--silent", "--write-out", "%{http_code}", "--cacert"])
            .arg(border.authority())
            .arg(border.url())
            .run(LIMIT)?
            .success()?;
        ensure!(answer.stdout.ends_with("502"), "nothing listens upstream, yet: {}", answer.stdout);
        Ok(())
    })
}

#[test]
fn a_cluster_starts_and_ends() -> Result<()> {
    Scene::play(|scene| {
        let cluster = Postgres::start(scene)?;
        let asked = Program::system("psql", &Place::Here, &scene.logs())
            .arg(cluster.url())
            .args(["-tAc", "select 6 * 7"])
            .run(LIMIT)?
            .success()?;
        ensure!(asked.stdout.trim() == "42", "{}", asked.stdout);
        Ok(())
    })
}

#[test]
fn a_small_disk_fills_and_grows() -> Result<()> {
    Scene::play(|scene| {
        let disk = SmallDisk::mount(scene.folder("disk")?, 1)?;
        let ballast = disk.fill()?;
        let file = disk.path().join("more");
        ensure!(std::fs::write(&file, [1; 100_000]).is_err(), "the disk is not full");
        disk.resize(2)?;
        std::fs::write(&file, [1; 100_000])?;
        ensure!(std::fs::metadata(ballast)?.len() > 500_000);
        Ok(())
    })
}
