//! A store that goes away, and what crashes leave in it.

use std::fs;

use reqwest::StatusCode;

use crate::world::{World, noise};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_is_not_written_under_and_comes_back() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 400_000))]);
    world.push(&build).await;
    let next = world.build("2.0", &[("a", noise(2, 400_000))]);
    world.put_recipe(&next).await;

    let away = world.tmp.path().join("away");
    fs::rename(world.store(), &away).unwrap();
    fs::create_dir(world.store()).unwrap();
    let told = world.tracker.status(|s| !s.ok).await;
    assert!(told.problem.unwrap().contains("is the NAS mounted"));
    let refused = world.put_part(&next, crate::world::parts(&[&noise(2, 400_000)]).remove(0)).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.blob(build.manifest.archive.hash, "").await.status(), StatusCode::NOT_FOUND);
    world.tracker.announced(|a| a.holdings.is_empty()).await;
    assert_eq!(fs::read_dir(world.store()).unwrap().count(), 0, "nothing under the mount point");

    fs::remove_dir(world.store()).unwrap();
    world.forget_probe(&away);
    fs::rename(&away, world.store()).unwrap();
    world.tracker.status(|s| s.ok).await;
    world.readied().await;
    assert_eq!(world.verified_blob(build.manifest.archive).await, build.archive());
    world.push(&next).await;
    assert_eq!(world.verified_blob(next.manifest.archive).await, next.archive());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_clears_what_a_crash_left() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 400_000)), ("b", noise(2, 10))]);
    world.upload(&build).await;
    world.stop().await;
    // As after kill -9 between the two renames at the end of an ingest, and in the midst of others.
    let store = world.store();
    fs::create_dir_all(world.in_depot("1.0", "x")).unwrap();
    fs::write(world.in_depot("1.0", "x/half"), b"half a file").unwrap();
    fs::create_dir_all(store.join("games/quake/patches/0.9..1.0")).unwrap();
    fs::create_dir_all(store.join("tmp/ingest-1/depot")).unwrap();
    fs::write(store.join("tmp/ingest-1/depot/a"), b"half").unwrap();
    fs::write(store.join("tmp/part-1"), b"half").unwrap();

    world.restart().await;
    let left: Vec<_> = fs::read_dir(store.join("tmp")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "probe"), "{left:?}");
    assert!(!world.in_depot("1.0", "").exists());
    assert!(!store.join("games/quake/patches/0.9..1.0").exists());
    world.tracker.done(world.ingest(&build)).await;
    assert_eq!(world.verified_blob(build.manifest.archive).await, build.archive());
    assert!(!world.in_depot("1.0", "x").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_seed_uses_is_left_alone_until_the_tracker_says_otherwise() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 400_000))]);
    world.push(&build).await;
    let id = world.tracker.status(|s| s.ok).await.store.unwrap();
    assert_eq!(fs::read_to_string(world.store().join("store-id")).unwrap().trim(), id.as_str());
    world.stop().await;

    // The seed comes back after another took its store.
    fs::write(world.store().join("tmp/of-another"), b"half").unwrap();
    world.forget_probe(&world.store());
    let why = "its folder is the store that the seed attic uses";
    world.tracker.refuse_store(Some(why));
    world.begin().await;
    let asked = world.tracker.status(|s| !s.ok).await;
    assert_eq!(
        (asked.problem.as_deref(), asked.store, asked.takes_over),
        (Some(why), Some(id.clone()), true)
    );
    world.tracker.announced(|a| a.holdings.is_empty()).await;
    let next = world.build("2.0", &[("a", noise(2, 400_000))]);
    let refused = world.try_recipe(&next).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.blob(build.manifest.archive.hash, "").await.status(), StatusCode::NOT_FOUND);
    let left: Vec<_> =
        fs::read_dir(world.store().join("tmp")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["of-another"], "nothing was written or removed");

    world.tracker.refuse_store(None);
    world.tracker.status(|s| s.ok && !s.takes_over).await;
    world.readied().await;
    assert!(!world.store().join("tmp/of-another").exists(), "now it is this one's to tidy");
    assert_eq!(world.verified_blob(build.manifest.archive).await, build.archive());
    world.push(&next).await;

    // It is refused while it runs: it goes as a NAS goes, and comes back as one.
    world.tracker.refuse_store(Some(why));
    world.tracker.announced(|a| a.holdings.is_empty()).await;
    assert_eq!(world.try_recipe(&next).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    world.tracker.refuse_store(None);
    world.tracker.announced(|a| !a.holdings.is_empty()).await;
    assert_eq!(world.verified_blob(next.manifest.archive).await, next.archive());
}
