//! What an admin sees of the keys and settings.

use axum::http::Method;
use mist_proto::{
    Slug,
    http::{Seal, Trust},
    key::{KeyRotation, ReleaseSecret},
};

use crate::tracker::{Plan, Refusal, Tracker, refusal};

pub(crate) async fn the_seal_tells_of_every_key_and_floor(t: &Tracker) {
    let before: Seal = t.get("root", "/seal").await.expect("read");
    assert_eq!((before.release_keys.len(), before.floors.len()), (0, 0));
    assert_eq!(before.tracker_key, t.app.signing.key);

    t.register_key().await;
    t.add_seed("seed").await;
    let registered = t.app.records.now();
    for game in ["g", "h"] {
        t.add_game(game, game == "h").await;
        t.publish(&Plan::first(game)).await;
    }
    let first = Plan::first("g");
    let raised = Plan { floor: 2, ..first.next("2.0", t.envelope(&first).0) };
    t.publish(&raised).await;
    t.pass(1000);
    let second = ReleaseSecret::from_seed(&[8; 32]);
    let rotation = KeyRotation::sign(&t.release, &second).encode();
    let note = async |who: &str, bytes: Vec<u8>| {
        t.upload_by::<()>(Method::PUT, who, "/release-key/recovery", bytes).await
    };
    let other = ReleaseSecret::from_seed(&[10; 32]);
    let of_another = KeyRotation::sign(&other, &second).encode();
    assert_eq!(note("root", of_another).await, Err(refusal(409, "key_exists")));
    assert_eq!(note("root", rotation[1..].to_vec()).await, Err(refusal(400, "bad_rotation")));
    assert_eq!(note("ann", rotation.clone()).await, Err(refusal(403, "forbidden")));
    note("root", KeyRotation::sign(&t.release, &other).encode()).await.expect("noted");
    note("root", rotation.clone()).await.expect("noted in its place");
    let seal: Seal = t.get("root", "/seal").await.expect("read");
    let recovery = seal.recovery.expect("a recovery key");
    assert_eq!(
        (recovery.key, recovery.made, recovery.by.as_str()),
        (second.public(), t.app.records.now(), "root")
    );
    assert_eq!(seal.release_keys.len(), 1, "it signs nothing yet");
    t.pass(1000);
    t.upload::<Trust>("root", "/release-key/rotations", rotation).await.expect("handed over");

    let seal: Seal = t.get("root", "/seal").await.expect("read");
    assert_eq!(seal.recovery, None, "the one of an earlier key is of no use");
    let keys: Vec<_> = seal.release_keys.iter().map(|k| (k.key, k.since, k.by.as_deref())).collect();
    let by = Some("root");
    let now = t.app.records.now();
    assert_eq!(keys, [(t.release.public(), Some(registered), by), (second.public(), Some(now), by)]);
    let floors: Vec<_> = seal.floors.iter().map(|f| (f.game.clone(), f.sequence)).collect();
    assert_eq!(floors, [("g".parse::<Slug>().expect("slug"), 2)]);
    let by_friend: Result<Seal, Refusal> = t.get("ann", "/seal").await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
}
