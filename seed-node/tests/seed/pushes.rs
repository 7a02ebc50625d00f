//! From upload to build, and back to nothing.

use mist_proto::{
    http::{ArchiveJob, IngestJob, JobSpec},
    limits,
};
use reqwest::StatusCode;

use crate::world::{Build, World, files_below, noise, parts};

/// Two builds that share most of their bytes.
fn two_builds(world: &World) -> (Build, Build) {
    let mut big = noise(1, 5 << 20);
    let first = [
        ("run.sh", b"#!/bin/sh\n".to_vec()),
        ("data/big.pak", big.clone()),
        ("data/same.bin", noise(2, 300_000)),
        ("nothing", vec![]),
        ("holes", vec![0; 3 << 20]),
    ];
    let one = world.build("1.0", &first);
    big[2_000_000] ^= 1;
    let second = [
        ("run.sh", b"#!/bin/sh\nexec\n".to_vec()),
        ("data/big.pak", big),
        ("moved/same.bin", noise(2, 300_000)),
        ("nothing", vec![]),
        ("holes", vec![0; 3 << 20]),
    ];
    (one, world.build("2.0", &second))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_becomes_a_build_and_the_next_one_sends_only_what_changed() {
    let world = World::start().await;
    let (one, two) = two_builds(&world);
    let all = world.push(&one).await;
    assert_eq!(world.verified_blob(one.manifest.archive).await, one.archive());
    let depot = world.store().join("games/quake/depots/1.0");
    assert_eq!(files_below(&depot), files_below(&world.tmp.path().join("build-1.0")));
    assert!(depot.join("empty/folder").is_dir());
    assert!(!world.store().join("uploads/quake/push-1").exists(), "the upload is gone");

    let sent = world.push(&two).await;
    assert!(sent < all && (1..=3).contains(&sent), "{sent} of {all}");
    assert_eq!(world.verified_blob(two.manifest.archive).await, two.archive());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let inode = |v, p| std::fs::metadata(world.in_depot(v, p)).unwrap().ino();
        assert_eq!(inode("1.0", "data/same.bin"), inode("2.0", "moved/same.bin"), "stored once");
    }

    let announced = world.tracker.announced(|a| a.holdings.len() == 4).await;
    assert!(announced.holdings.iter().all(|h| h.complete));
    assert!(announced.holdings.iter().any(|h| h.blob == two.manifest.archive));

    // What was done once is found done, without its upload.
    world.tracker.done(world.ingest(&one)).await;
}

/// A depot has no links, and the archive that is served out of it has them all.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_are_in_the_archive_and_in_patches_but_in_no_depot() {
    let world = World::start().await;
    let build = |version: &str, seed: u64| {
        let lib = noise(seed, 200_000);
        let files = [("lib/x.so.1", lib), ("lib/x.link", b"x.so.1".to_vec()), ("to.link", b"lib".to_vec())];
        world.build(version, &files)
    };
    let (one, two) = (build("1.0", 1), build("2.0", 2));
    assert_eq!(one.manifest.links.len(), 2);
    world.push(&one).await;
    world.push(&two).await;
    assert_eq!(world.verified_blob(two.manifest.archive).await, two.archive());
    assert!(
        !world.in_depot("2.0", "lib/x.link").is_symlink() && world.in_depot("2.0", "lib/x.so.1").is_file()
    );
    let made = world.tracker.done(world.patch(&one, &two)).await.blob.unwrap();
    assert_eq!(world.verified_blob(made).await[..8], *b"MISTDLT7");
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_and_archives_are_made_and_deleted() {
    let world = World::start().await;
    let (one, two) = two_builds(&world);
    world.push(&one).await;
    world.push(&two).await;

    let made = world.tracker.done(world.patch(&one, &two)).await.blob.unwrap();
    assert!(made.size < 100_000, "{} bytes for one changed byte", made.size);
    assert_eq!(world.verified_blob(made).await.len() as u64, made.size);
    let again = world.tracker.done(world.patch(&one, &two)).await;
    assert_eq!(again.blob, Some(made));

    let root = one.manifest.archive.hash;
    let (game, version) = (one.manifest.game.clone(), one.manifest.version.clone());
    let manifest = mist_proto::BlobId::of(one.manifest.envelope());
    let made_archive = world.tracker.done(JobSpec::Archive(ArchiveJob { game, version, manifest })).await;
    let stored = world.blob(root, "/zst").await;
    assert_eq!(stored.status(), StatusCode::OK);
    let stored = stored.bytes().await.unwrap();
    assert_eq!(Some(stored.len() as u64), made_archive.stored);
    // The seek table at the end is a skippable frame.
    assert_eq!(zstd::decode_all(&stored[..]).unwrap(), one.archive());
    assert_eq!(
        world.blob(made.hash, "/zst").await.status(),
        StatusCode::NOT_FOUND,
        "only archives are compressed"
    );

    // One that made room for others is made again when somebody asks.
    let other = two.manifest.archive.hash;
    while world.blob(other, "/zst").await.status() == StatusCode::ACCEPTED {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(world.blob(other, "/zst").await.status(), StatusCode::OK);

    // All of it survives a restart.
    world.restart().await;
    assert_eq!(world.verified_blob(made).await.len() as u64, made.size);
    assert_eq!(world.blob(root, "/zst").await.status(), StatusCode::OK);

    world.tracker.done(world.delete(Some(&one.manifest.version))).await;
    for (hash, suffix) in [(root, ""), (root, "/zst"), (root, "/outboard"), (made.hash, "")] {
        assert_eq!(world.blob(hash, suffix).await.status(), StatusCode::NOT_FOUND, "{suffix}");
    }
    assert_eq!(world.verified_blob(two.manifest.archive).await, two.archive());
    assert_eq!(std::fs::read_dir(world.store().join("cache")).unwrap().count(), 1, "the other build's");
    world.tracker.done(world.delete(Some(&one.manifest.version))).await;

    world.tracker.done(world.delete(None)).await;
    assert!(!world.store().join("games/quake").exists());
    assert_eq!(world.blob(two.manifest.archive.hash, "").await.status(), StatusCode::NOT_FOUND);
    world.tracker.announced(|a| a.holdings.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_files_are_had_by_path_and_range() {
    let world = World::start().await;
    // It lies across pieces of the archive, and is longer than one.
    let large = noise(3, 2_500_000);
    let files = [("a.txt", b"first".to_vec()), ("big/größe +1.bin", large.clone()), ("none", vec![])];
    let build = world.build("1.0", &files);
    world.push(&build).await;
    let (root, cap) = (build.manifest.archive.hash, world.blob_cap(build.manifest.archive.hash));
    let file = async |path: &str, range: Option<&'static str>| {
        let range = range.map(|range| ("range", range));
        world.blob_with(root, &format!("/file?path={path}&cap={cap}&"), range.as_slice()).await
    };
    for (path, range, right) in [
        ("a.txt", None, &b"first"[..]),
        ("none", None, b""),
        ("big/gr%C3%B6%C3%9Fe%20%2B1.bin", None, &large[..]),
        ("big/gr%C3%B6%C3%9Fe%20%2B1.bin", Some("bytes=1048000-2097200"), &large[1_048_000..2_097_201]),
        ("big/gr%C3%B6%C3%9Fe%20%2B1.bin", Some("bytes=-7"), &large[2_499_993..]),
    ] {
        let answer = file(path, range).await;
        let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        assert_eq!(answer.status(), status, "{path} {range:?}");
        let kept = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(kept.starts_with("attachment; filename*=UTF-8''") && !kept.contains('/'), "{kept}");
        assert_eq!(answer.bytes().await.unwrap(), right, "{path} {range:?}");
    }
    assert_eq!(file("a.txt", Some("bytes=5-")).await.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    for (path, status) in [
        ("b.txt", StatusCode::NOT_FOUND),
        ("big", StatusCode::NOT_FOUND),
        ("../manifest", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(file(path, None).await.status(), status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_come_in_any_order_and_only_what_is_wanted_is_kept() {
    let world = World::start().await;
    let (one, _) = two_builds(&world);
    let chunks = one.chunks();
    let missing = world.put_recipe(&one).await.missing;
    assert_eq!(missing.len(), chunks.len());
    assert_eq!(world.upload_state(&one).await.missing, missing);

    let stranger = noise(99, 300_000);
    let first = &chunks[&missing[0]][..];
    let taken = world.part(&one, &[first, &stranger]).await;
    assert_eq!((taken.stored, taken.ignored), (1, 1));
    let repeated = world.part(&one, &[first, &stranger]).await;
    assert_eq!((repeated.stored, repeated.ignored), (0, 2));
    assert_eq!(world.upload_state(&one).await.missing, missing[1..]);

    // A chunk with a flipped bit has another hash, so it is nobody's chunk.
    let mut altered = chunks[&missing[1]].clone();
    altered[7] ^= 1;
    assert_eq!(world.part(&one, &[&altered]).await.stored, 0);

    let garbage = world.put_part(&one, b"no part".to_vec()).await;
    assert_eq!(garbage.status(), StatusCode::BAD_REQUEST);
    let huge = world.put_part(&one, vec![0; limits::MAX_PART + 1]).await;
    assert_eq!(huge.status(), StatusCode::PAYLOAD_TOO_LARGE);

    let failed = world.tracker.failed(world.ingest(&one)).await;
    assert!(!failed.retry && failed.error.as_str().contains("chunks are missing"), "{}", failed.error);

    // The seed forgets nothing over a restart; what is left arrives last first, several parts at once.
    world.restart().await;
    assert_eq!(world.upload_state(&one).await.missing, missing[1..]);
    let rest: Vec<Vec<u8>> = missing[1..].iter().rev().flat_map(|h| parts(&[&chunks[h]])).collect();
    let sent = rest.iter().map(|part| world.put_part(&one, part.clone()));
    assert!(futures::future::join_all(sent).await.iter().all(|a| a.status() == StatusCode::OK));
    world.tracker.done(world.ingest(&one)).await;
    assert_eq!(world.verified_blob(one.manifest.archive).await, one.archive());
}

/// A depot that rots does not spoil the next build: what is damaged is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn rot_in_an_old_build_is_found_and_healed_by_pushing_again() {
    let world = World::start().await;
    let (one, two) = two_builds(&world);
    world.push(&one).await;
    let flip = |path: &str, at: usize| {
        let place = world.in_depot("1.0", path);
        let mut bytes = std::fs::read(&place).unwrap();
        bytes[at] ^= 0x10;
        std::fs::write(&place, bytes).unwrap();
    };
    // In a file that the new build takes over whole, and in one that it takes chunks of.
    flip("data/same.bin", 1000);
    flip("data/big.pak", 4_900_000);
    world.upload(&two).await;
    let failed = world.tracker.failed(world.ingest(&two)).await;
    assert!(failed.error.as_str().contains("repeat the push"), "{}", failed.error);
    for _ in 0..2 {
        if world.upload(&two).await == 0 {
            break;
        }
        // Either the rest of the damage is found now, or the build is made.
        world.tracker.run(world.ingest(&two)).await;
    }
    world.tracker.done(world.ingest(&two)).await;
    assert_eq!(world.verified_blob(two.manifest.archive).await, two.archive());

    // The rot in the old build is noticed when it is read, and not sent on.
    let broken = world.blob(one.manifest.archive.hash, "").await.bytes().await;
    assert!(broken.is_err(), "a download of rotten bytes breaks off");
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_that_nobody_signed_are_not_ingested() {
    let world = World::start().await;
    let (one, _) = two_builds(&world);
    world.upload(&one).await;
    let stranger = mist_proto::key::ReleaseSecret::from_seed(&[66; 32]);
    let forged = one.manifest.clone().into_manifest().sign(&stranger).unwrap();
    let JobSpec::Ingest(IngestJob { game, version, push, .. }) = world.ingest(&one) else { unreachable!() };
    let manifest = world.tracker.publish(forged.envelope());
    let failed = world.tracker.failed(JobSpec::Ingest(IngestJob { game, version, push, manifest })).await;
    assert!(!failed.retry && failed.error.as_str().contains("signed by"), "{}", failed.error);
    assert!(!world.store().join("games").exists());
}
