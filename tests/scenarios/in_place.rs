//! A huge file that changes a little takes little room, and one that does not fit is refused before anything happens.

use std::{fs, os::unix::fs::MetadataExt, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{Scene, Server, SmallDisk, Tree, assert_same_tree, random_bytes};

const SIZE: usize = 40 << 20;

/// The second build changes a little of the big file and adds to it; in the third one all of it is elsewhere.
fn build(version: u8) -> Tree {
    let mut world = random_bytes(71, SIZE);
    if version > 1 {
        world[5 << 20..(5 << 20) + 1000].fill(7);
        world.extend(random_bytes(72, 1 << 20));
    }
    if version > 2 {
        world.rotate_left(12_345);
    }
    Tree::default().file("data/world.pak", world).file("readme.txt", format!("build {version}\n"))
}

#[test]
fn a_huge_file_is_updated_on_a_disk_that_could_not_hold_it_twice() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let push = |version: u8| -> Result<()> {
            let dir = scene.path(&version.to_string());
            build(version).write_to(&dir)?;
            admin.push(&dir, "drift", &version.to_string())?;
            Ok(())
        };
        push(1)?;
        let fay = server.friend("fay")?;
        let disk = SmallDisk::mount(scene.folder("disk")?, 64)?;
        let folder = disk.path().join("drift");
        fay.mist(&["install", "drift", "--dir"])?.arg(&folder).run(Duration::from_secs(120))?.success()?;
        let inode = fs::metadata(folder.join("data/world.pak"))?.ino();

        push(2)?;
        fay.update("drift")?;
        assert_same_tree(&scene.path("2"), &folder)?;
        ensure!(fs::metadata(folder.join("data/world.pak"))?.ino() == inode, "it was made anew");
        let done = fay.last_operation("drift")?;
        ensure!(done.route == "patches", "{done:?}");
        // A patch of one MiB, as much in the journal, and as much that the file grows.
        ensure!((3 << 20..4 << 20).contains(&done.disk.peak), "{done:?}");
        ensure!((3 << 20..8 << 20).contains(&done.disk.forecast), "{done:?}");
        fay.run(&["verify", "drift"])?;

        push(3)?;
        let refused = fay.mist(&["update", "drift"])?.run(Duration::from_secs(60))?.expect(1)?;
        ensure!(refused.said().contains("not enough room"), "{}", refused.said());
        fay.run(&["verify", "drift"])?;
        assert_same_tree(&scene.path("2"), &folder)?;
        disk.resize(128)?;
        fay.update("drift")?;
        assert_same_tree(&scene.path("3"), &folder)
    })
}
