//! The words that travel: what is read is what would be written, byte for byte.

use std::path::{Component, Path};

use mist_proto::{
    Manifest, RelPath, UnixMillis, UnverifiedManifest,
    claims::{AccessClaims, CapabilityClaims, TicketClaims, TrackerSecret},
    key::{KeyRotation, ReleaseKey, ReleaseSecret},
    path::{PathSet, fold},
    publishers::Publishers,
    wire::{AnswerHead, Clock, Control, Request},
};

/// A manifest has one form, and its signature holds for that.
pub fn manifest(data: &[u8]) {
    if let Ok(envelope) = UnverifiedManifest::parse(data.to_vec()) {
        let key = envelope.claimed_key();
        if let Ok(verified) = envelope.verify(&key) {
            assert_eq!(verified.envelope(), data);
        }
    }
    let Ok(manifest) = Manifest::decode(data) else { return };
    assert_eq!(manifest.encode(), data);
    let secret = ReleaseSecret::from_seed(&[1; 32]);
    let signed = manifest.sign(&secret).expect("it keeps all rules");
    let envelope = UnverifiedManifest::parse(signed.envelope().to_vec()).expect("it was just made");
    assert_eq!(envelope.verify(&secret.public()).expect("it was just signed"), signed);
}

/// Each frame has one form.
pub fn wire(data: &[u8]) {
    // Frames are told without their length.
    if let Ok(frame) = Control::decode(data) {
        assert_eq!(frame.encode()[4..], *data);
    }
    if let Ok(request) = Request::decode(data) {
        assert_eq!(request.encode()[4..], *data);
    }
    if let Ok(clock) = Clock::decode(data) {
        assert_eq!(clock.encode(), data);
    }
    if let Some((head, request)) = data.split_first_chunk::<{ AnswerHead::LEN }>()
        && let Ok(request) = Request::decode(request)
    {
        let (start, len) = request.byte_range();
        assert!(len > 0 && start + len <= request.blob.size);
        if let Ok(answer) = AnswerHead::decode(head, &request) {
            assert_eq!(answer.encode(), *head);
            assert!(u64::from(answer.payload) <= len);
        }
    }
}

/// A path stays inside, and paths of one build do not get into each other's way. One to a line.
pub fn path(data: &[u8]) {
    let mut set = PathSet::new();
    let mut taken = Vec::new();
    for line in data.split(|&b| b == b'\n') {
        let Ok(path) = RelPath::from_bytes(line) else { continue };
        assert_eq!(path.as_str().as_bytes(), line);
        assert!(Path::new(path.as_str()).components().all(|c| matches!(c, Component::Normal(_))));
        assert!(path.components().all(|c| !c.is_empty() && !c.contains(['/', '\\', ':', '\0'])));
        if let Some(parent) = path.parent() {
            assert_eq!(RelPath::new(parent.as_str()).expect("it is shorter"), parent);
        }
        if set.add_file(&path).is_ok() {
            taken.push(fold(path.as_str()));
        }
    }
    taken.sort_unstable();
    for (i, path) in taken.iter().enumerate() {
        let folder = format!("{path}/");
        assert!(taken[i + 1..].iter().all(|other| other != path && !other.starts_with(&folder)), "{path}");
    }
}

/// Keys, their rotations and tokens.
pub fn key(data: &[u8]) {
    if let Ok(rotation) = KeyRotation::decode_verified(data) {
        assert_eq!(rotation.encode(), data);
    }
    if let Ok(list) = Publishers::decode_verified(data) {
        assert_eq!(list.encode(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = text.parse::<ReleaseKey>() {
        assert_eq!(key.to_string(), text);
    }
    let key = TrackerSecret::from_seed(&[1; 32]).public();
    let now = UnixMillis(1_700_000_000_000);
    let _ = key.verify::<AccessClaims>(text, now);
    let _ = key.verify::<TicketClaims>(text, now);
    let _ = key.verify::<CapabilityClaims>(text, now);
}
