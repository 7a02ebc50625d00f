//! Bytes by HTTP: ranges, conditions and rights.

use mist_proto::{Hash, claims::Allow};
use mist_seed_node::uplink::Uplink;
use reqwest::StatusCode;

use crate::world::{GAME, World, noise};

#[tokio::test(flavor = "multi_thread")]
async fn ranges_and_conditions() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 2_500_000)), ("b/c", noise(2, 700))]);
    world.push(&build).await;
    let (bytes, root) = (build.archive(), build.manifest.archive.hash);
    let len = bytes.len();

    let whole = world.blob(root, "").await;
    assert_eq!(whole.headers()["content-length"], len.to_string());
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{root}\""));

    for (first, last) in
        [(0, 0), (511, 513), (1 << 20, (1 << 20) + 9), ((1 << 20) - 5, (2 << 20) + 5), (len - 1, len + 9)]
    {
        let part = world.blob_with(root, "", &[("range", &format!("bytes={first}-{last}"))]).await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        let end = (last + 1).min(len);
        assert_eq!(part.headers()["content-range"], format!("bytes {first}-{}/{len}", end - 1));
        assert_eq!(part.bytes().await.unwrap(), bytes[first..end]);
    }
    let head = world.head(root, "").await;
    assert_eq!(
        (head.status(), head.headers()["content-length"].to_str().unwrap()),
        (StatusCode::OK, &*len.to_string())
    );
    assert_eq!(
        (&head.headers()["etag"], head.headers()["accept-ranges"].as_bytes()),
        (&whole.headers()["etag"], &b"bytes"[..])
    );
    assert!(head.bytes().await.unwrap().is_empty(), "whoever asks for the head gets no body");
    let beyond = world.blob_with(root, "", &[("range", &format!("bytes={len}-"))]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{len}"));
    let known = world.blob_with(root, "", &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let changed = world.blob_with(root, "", &[("range", "bytes=0-1"), ("if-range", "\"other\"")]).await;
    assert_eq!(changed.status(), StatusCode::OK);

    let envelope = mist_proto::BlobId::of(build.manifest.envelope());
    assert_eq!(world.verified_blob(envelope).await, build.manifest.envelope());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_month_may_cost_is_not_sent_twice() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 300_000))]);
    world.push(&build).await;
    let root = build.manifest.archive.hash;
    let quota = Uplink { quota: Some(build.archive().len() as u64), ..Uplink::default() };
    world.restart_with(&[], quota.clone()).await;
    assert!(world.head(root, "").await.status().is_success(), "a head costs nothing");
    assert_eq!(world.blob(root, "").await.bytes().await.unwrap(), build.archive());
    let refused = world.refused(root).await;
    assert!(refused.contains("all that it may send this month"), "{refused}");
    // The count outlives the seed, which sends it all again with more to send.
    world.restart_with(&[], quota.clone()).await;
    assert!(world.refused(root).await.contains("this month"));
    world.restart_with(&[], Uplink { quota: quota.quota.map(|most| 3 * most), ..quota }).await;
    assert_eq!(world.blob(root, "").await.bytes().await.unwrap(), build.archive());
}

/// Whoever has no right learns nothing, not even whether there is something.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_forbidden_look_alike() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 1000))]);
    world.push(&build).await;
    let root = build.manifest.archive.hash;
    let path = format!("/blobs/{GAME}/{root}");
    let game = |slug: &str| slug.parse().unwrap();
    let other = Hash::of(b"other");
    let cap = |allow| world.tracker.cap(allow, 600);
    let mut answers = vec![];
    for (path, cap) in [
        (path.clone(), String::new()),
        (path.clone(), "x.y.z".into()),
        (path.clone(), cap(Allow::Blob { game: game(GAME), hash: other })),
        (path.clone(), cap(Allow::Blob { game: game("doom"), hash: root })),
        (path.clone(), cap(Allow::Upload { push: "p".into(), game: game(GAME) })),
        (format!("/blobs/{GAME}/{other}"), cap(Allow::Blob { game: game(GAME), hash: other })),
        (format!("/blobs/doom/{root}"), cap(Allow::Blob { game: game("doom"), hash: root })),
        (format!("/blobs/{GAME}/..%2f..%2fstore-id"), cap(Allow::Blob { game: game(GAME), hash: root })),
        ("/uploads/push-1/".into(), cap(Allow::Upload { push: "push-1".into(), game: game(GAME) })),
        ("/uploads/push-2".into(), world.upload_cap(&build)),
        ("/nowhere".into(), cap(Allow::Blob { game: game(GAME), hash: root })),
    ] {
        let answer = world.get(&path, &cap).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        answers.push(answer.text().await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let expired =
        world.get(&path, &world.tracker.cap(Allow::Blob { game: game(GAME), hash: root }, -5)).await;
    assert_eq!(expired.status(), StatusCode::FORBIDDEN);
}
