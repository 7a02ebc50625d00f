//! What an admin sees of the keys and settings.

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
    t.upload::<Trust>("root", "/release-key/rotations", rotation).await.expect("handed over");

    let seal: Seal = t.get("root", "/seal").await.expect("read");
    let keys: Vec<_> = seal.release_keys.iter().map(|k| (k.key, k.since, k.by.as_deref())).collect();
    let by = Some("root");
    let now = t.app.records.now();
    assert_eq!(keys, [(t.release.public(), Some(registered), by), (second.public(), Some(now), by)]);
    let floors: Vec<_> = seal.floors.iter().map(|f| (f.game.clone(), f.sequence)).collect();
    assert_eq!(floors, [("g".parse::<Slug>().expect("slug"), 2)]);
    let by_friend: Result<Seal, Refusal> = t.get("ann", "/seal").await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
}
