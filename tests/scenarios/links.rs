//! Builds with symbolic links, from the push to a friend's folder and back out of it.

use std::{fs, os::unix::fs::symlink, time::Duration};

use anyhow::{Result, ensure};
use mist_system_tests::{Scene, Server, Tree, assert_same_tree, random_bytes};

/// An app of macOS and a library, as they are shipped: a framework with a current version, and a chain of links.
fn build(version: u64) -> Tree {
    let current = if version == 1 { "A" } else { "B" };
    let tree = Tree::default()
        .program("Drift.app/Contents/MacOS/Drift", random_bytes(1, 200_000))
        .file("Drift.app/Contents/Frameworks/Eng.framework/Versions/A/Eng", random_bytes(2, 300_000))
        .file("Drift.app/Contents/Frameworks/Eng.framework/Versions/A/Resources/Info.plist", "<plist/>")
        .link("Drift.app/Contents/Frameworks/Eng.framework/Versions/Current", current)
        .link("Drift.app/Contents/Frameworks/Eng.framework/Eng", "Versions/Current/Eng")
        .file("lib/libsnd.so.1.2", random_bytes(3 + version, 100_000))
        .link("lib/libsnd.so.1", "libsnd.so.1.2")
        .link("lib/libsnd.so", "libsnd.so.1");
    if version == 1 {
        tree.link("Drift.app/Contents/Frameworks/Eng.framework/Resources", "Versions/Current/Resources")
    } else {
        tree.file("Drift.app/Contents/Frameworks/Eng.framework/Versions/B/Eng", random_bytes(9, 300_000))
            .link("data", "Drift.app/Contents/Frameworks")
    }
}

#[test]
fn a_build_with_links_is_pushed_installed_updated_repaired_and_removed() -> Result<()> {
    Scene::play(|scene| {
        let (server, _) = Server::with_builds(scene, [1, 2].map(build))?;
        let fay = server.friend("fay")?;
        fay.install("drift@1")?;
        let folder = fay.folder("drift");
        assert_same_tree(&scene.path("1"), &folder)?;
        fay.update("drift")?;
        assert_same_tree(&scene.path("2"), &folder)?;
        fay.run(&["switch", "drift@1"])?;
        assert_same_tree(&scene.path("1"), &folder)?;
        fay.update("drift")?;

        // A link that leads out, one that is gone, and a copy in the place of one.
        let secret = scene.path("secret");
        fs::write(&secret, "not for builds")?;
        fs::remove_file(folder.join("lib/libsnd.so.1"))?;
        symlink(&secret, folder.join("lib/libsnd.so.1"))?;
        fs::remove_file(folder.join("data"))?;
        fs::remove_file(folder.join("lib/libsnd.so"))?;
        fs::copy(folder.join("lib/libsnd.so.1.2"), folder.join("lib/libsnd.so"))?;
        let found = fay.mist(&["verify", "drift"])?.run(Duration::from_secs(60))?.expect(1)?.said();
        ensure!(found.contains("lib/libsnd.so.1") && found.contains("data"), "{found}");
        fay.run(&["repair", "drift"])?;
        fay.run(&["verify", "drift"])?;
        ensure!(fs::read_to_string(&secret)? == "not for builds");

        fay.run(&["uninstall", "drift"])?;
        ensure!(!folder.join("lib").exists() && !folder.join("data").is_symlink(), "links are left");
        Ok(())
    })
}

#[test]
fn links_that_lead_out_are_refused_by_name_before_anything_is_sent() -> Result<()> {
    Scene::play(|scene| {
        let server = Server::start(scene)?;
        let admin = server.admin()?;
        admin.new_game("drift")?;
        let dir = scene.path("1");
        build(1)
            .link("lib/libc.so", "/lib/libc.so.6")
            .link("up", "../1/lib")
            .link("gone", "nothing")
            .write_to(&dir)?;
        let refused = admin.pushing(&dir, "drift", "1")?.run(Duration::from_secs(60))?.expect(1)?.said();
        for part in ["lib/libc.so", "absolute", "up", "out of the build", "put a copy of what it leads to"] {
            ensure!(refused.contains(part), "does not say {part:?}: {refused}");
        }
        Ok(())
    })
}
