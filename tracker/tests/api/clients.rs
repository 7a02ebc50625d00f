//! Packages of the client.

use axum::http::Method;
use mist_proto::{
    Hash,
    client_package::{ClientPackage, PackageKind, SignedPackage},
    http::{AuditLog, ClientList},
    key::{KeyRotation, ReleaseSecret},
    limits::CLIENT_PART,
};

use crate::tracker::{NOTHING, Refusal, Tracker, refusal, request};

/// Bytes of two parts, of which the second is short.
fn bytes_of(version: &str) -> Vec<u8> {
    let mut bytes = vec![7; CLIENT_PART];
    bytes.extend(version.as_bytes());
    bytes
}

fn statement(by: &ReleaseSecret, version: &str, bytes: &[u8]) -> Vec<u8> {
    let package = ClientPackage {
        platform: "x86_64-linux".parse().expect("a platform"),
        kind: PackageKind::TarZst,
        version: version.parse().expect("a version"),
        size: bytes.len() as u64,
        hash: Hash::of(bytes),
    };
    SignedPackage::sign(by, package).expect("signed").encode()
}

async fn send(t: &Tracker, bytes: &[u8]) {
    for (number, part) in bytes.chunks(CLIENT_PART).enumerate() {
        let path = format!("/clients/{}/{number}", Hash::of(bytes));
        t.upload_by::<()>(Method::PUT, "root", &path, part.to_vec()).await.expect("kept");
    }
}

async fn offer(t: &Tracker, statement: Vec<u8>) -> Result<ClientList, Refusal> {
    t.upload("root", "/clients", statement).await
}

/// A part, as somebody gets it who has no account.
async fn part(t: &Tracker, bytes: &[u8], number: u32) -> (u16, Vec<u8>) {
    let path = format!("/clients/{}/{number}", Hash::of(bytes));
    let (status, body) = t.send(request(Method::GET, &path, None, NOTHING, "192.0.2.1")).await;
    (status.as_u16(), body)
}

pub(crate) async fn a_package_is_offered_once_all_of_it_is_here_and_signed(t: &Tracker) {
    let first = bytes_of("0.2.0");
    assert_eq!(
        offer(t, statement(&t.release, "0.2.0", &first)).await.err(),
        Some(refusal(400, "bad_package"))
    );
    send(t, &first[..CLIENT_PART]).await;
    assert_eq!(
        offer(t, statement(&t.release, "0.2.0", &first)).await.err(),
        Some(refusal(400, "bad_package"))
    );
    send(t, &first).await;
    assert_eq!(part(t, &first, 0).await.0, 404, "what is not offered yet is nobody's");
    let no_key = offer(t, statement(&t.release, "0.2.0", &first)).await;
    assert_eq!(no_key.err(), Some(refusal(400, "bad_package")), "friends trust no key yet");
    t.register_key().await;
    let stranger = ReleaseSecret::from_seed(&[66; 32]);
    assert_eq!(offer(t, statement(&stranger, "0.2.0", &first)).await.err(), Some(refusal(409, "key_exists")));
    assert_eq!(offer(t, b"junk".to_vec()).await.err(), Some(refusal(400, "bad_package")));
    let list = offer(t, statement(&t.release, "0.2.0", &first)).await.expect("offered");
    assert_eq!(list.packages[0].signed().map(|s| s.signed_by()), Some(t.release.public()));
    assert_eq!(offer(t, statement(&t.release, "0.2.0", &first)).await, Ok(list), "again changes nothing");
    assert_eq!(part(t, &first, 1).await, (200, b"0.2.0".to_vec()), "anybody may have it");
    assert_eq!(part(t, &first, 2).await.0, 404);
    // What is offered is not written over.
    let path = format!("/clients/{}/1", Hash::of(&first));
    t.upload_by::<()>(Method::PUT, "root", &path, b"evil!".to_vec()).await.expect("not needed");
    assert_eq!(part(t, &first, 1).await, (200, b"0.2.0".to_vec()));
    let ann = t.upload_by::<()>(Method::PUT, "ann", &path, b"evil!".to_vec()).await;
    assert_eq!(ann.err(), Some(refusal(403, "forbidden")));
}

pub(crate) async fn packages_do_not_go_back_and_go_with_their_parts(t: &Tracker) {
    t.register_key().await;
    let (first, second) = (bytes_of("0.2.0"), bytes_of("0.10.0"));
    send(t, &first).await;
    offer(t, statement(&t.release, "0.2.0", &first)).await.expect("offered");
    send(t, &second).await;
    let list = offer(t, statement(&t.release, "0.10.0", &second)).await.expect("offered");
    assert_eq!(list.packages.len(), 1, "in the place of the one before");
    assert_eq!((part(t, &first, 0).await.0, part(t, &second, 0).await.0), (404, 200));
    send(t, &first).await;
    assert_eq!(
        offer(t, statement(&t.release, "0.2.0", &first)).await.err(),
        Some(refusal(409, "older_package"))
    );
    let other = bytes_of("another 0.10.0");
    send(t, &other).await;
    assert_eq!(
        offer(t, statement(&t.release, "0.10.0", &other)).await.err(),
        Some(refusal(409, "older_package"))
    );

    // The key that was handed over to signs the next.
    let next = ReleaseSecret::from_seed(&[8; 32]);
    let rotation = KeyRotation::sign(&t.release, &next).encode();
    t.upload::<mist_proto::http::Trust>("root", "/release-key/rotations", rotation)
        .await
        .expect("handed over");
    let third = bytes_of("0.11.0");
    send(t, &third).await;
    assert_eq!(
        offer(t, statement(&t.release, "0.11.0", &third)).await.err(),
        Some(refusal(409, "key_exists"))
    );
    offer(t, statement(&next, "0.11.0", &third)).await.expect("offered");

    let path = format!("/clients/{}", Hash::of(&third));
    t.call::<()>("root", Method::DELETE, &path, NOTHING).await.expect("withdrawn");
    assert_eq!(
        t.call::<()>("root", Method::DELETE, &path, NOTHING).await.err(),
        Some(refusal(404, "not_found"))
    );
    assert_eq!(part(t, &third, 0).await.0, 404);
    let list: ClientList = t.get("ann", "/clients").await.expect("read");
    assert_eq!(list.packages, []);
    let log: AuditLog = t.get("root", "/audit?action=client").await.expect("read");
    let mut actions: Vec<&str> = log.entries.iter().map(|e| e.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["client.offer", "client.offer", "client.offer", "client.withdraw"]);
}

pub(crate) async fn parts_that_nobody_offers_do_not_pile_up(t: &Tracker) {
    t.register_key().await;
    let too_far = format!("/clients/{}/256", Hash::of(b"x"));
    let refused = t.upload_by::<()>(Method::PUT, "root", &too_far, b"x".to_vec()).await;
    assert_eq!(refused.err(), Some(refusal(400, "bad_package")));
    let all: Vec<Vec<u8>> = (0..6).map(|n| bytes_of(&format!("0.{n}.0"))).collect();
    for bytes in &all {
        send(t, bytes).await;
    }
    // Of the first there is nothing left by now, and of the last there is.
    assert_eq!(
        offer(t, statement(&t.release, "0.0.1", &all[0])).await.err(),
        Some(refusal(400, "bad_package"))
    );
    offer(t, statement(&t.release, "0.5.0", &all[5])).await.expect("all of it is here");
}
