//! Words that travel.

use mist_proto::{
    BlobId, FileEntry, Hash, Manifest, ManifestId, RelPath,
    claims::{AccessClaims, Allow, CapabilityClaims, Scope, TicketClaims, TrackerSecret},
    key::{KeyRotation, ReleaseSecret},
    manifest::{LaunchEntry, Platform},
    wire::{AnswerHead, Channel, Codec, Control, Request, Status},
};

use crate::seed;

fn path(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

pub(crate) fn manifests() {
    let file = |name: &str, executable| FileEntry {
        path: path(name),
        size: name.len() as u64,
        executable,
        hash: Hash::of(name.as_bytes()),
    };
    let files = vec![file("bin/play", true), file("data/a", false), file("data/\u{e4}", false)];
    let empty = Manifest {
        game: "paper-boats".parse().unwrap(),
        version: "1.0".parse().unwrap(),
        sequence: 1,
        parent: None,
        floor: 1,
        archive: BlobId::of(b""),
        files: Vec::new(),
        empty_dirs: Vec::new(),
        links: Vec::new(),
        launch: Vec::new(),
    };
    let full = Manifest {
        sequence: 7,
        parent: Some(ManifestId(Hash::of(b"6"))),
        floor: 3,
        archive: BlobId::of(b"archive"),
        files,
        empty_dirs: vec![path("saves"), path("shots/old")],
        links: Vec::new(),
        launch: vec![LaunchEntry {
            platform: Platform::Linux,
            name: "Play".into(),
            path: path("bin/play"),
            args: vec!["--windowed".into(), String::new()],
            working_dir: Some(path("data")),
        }],
        ..empty.clone()
    };
    for (name, manifest) in [("empty", empty), ("full", full)] {
        seed("manifest", name, &manifest.encode());
        let signed = manifest.sign(&ReleaseSecret::from_seed(&[7; 32])).unwrap();
        seed("manifest", &format!("{name}-signed"), signed.envelope());
    }
}

pub(crate) fn frames() {
    let (channel, scope, blob) = (Channel(3), "paper-boats".to_owned(), BlobId::of(b"blob"));
    let (agent, ticket) = ("mist/0.1".to_owned(), "a.b.c".to_owned());
    for (name, frame) in [
        ("hello", Control::Hello { version: 1, agent, max_inflight: 16, seed: true, ticket: ticket.clone() }),
        ("ticket", Control::Ticket(ticket)),
        ("subscribe", Control::Subscribe { channel, scope: scope.clone(), blob }),
        ("unsubscribe", Control::Unsubscribe(channel)),
        ("unknown", Control::Unknown(channel)),
        ("have-all", Control::HaveAll(channel)),
        ("have-page", Control::HavePage { channel, page: 1, bits: vec![0xff, 1] }),
        ("have", Control::Have { channel, piece: 9 }),
        ("suggest", Control::Suggest { channel, piece: 9 }),
        ("bye", Control::Bye(3)),
    ] {
        seed("wire", name, &frame.encode()[4..]);
    }
    let blob = BlobId { hash: blob.hash, size: 3 << 20 };
    let request = Request { scope, blob, first_group: 4, groups: 4, accept_zstd: true };
    let bytes = &request.encode()[4..];
    seed("wire", "request", bytes);
    let answer = |codec, payload| AnswerHead { status: Status::Ok, parents: 5, codec, payload };
    for (name, head) in [
        ("answer", answer(Codec::Raw, 1 << 20)),
        ("answer-packed", answer(Codec::Zstd, 1000)),
        ("refusal", AnswerHead::refusal(Status::Busy)),
    ] {
        seed("wire", name, &[&head.encode()[..], bytes].concat());
    }
}

pub(crate) fn paths() {
    seed("path", "good", "a\nb/c.txt\nb/d e\n\u{e4}\u{1f600}/x\n.hidden\nb.c/d".as_bytes());
    seed("path", "colliding", "Data/a\ndata/A\ndata\nstra\u{df}e\nSTRASSE\ne\u{301}\n\u{e9}".as_bytes());
    let bad = b"../a\n/etc\na//b\na/.\nC:\\x\nnul.txt\n.mist/x\nend.\n\xff\na\0b\ncom1\na\xe2\x80\xae";
    seed("path", "bad", bad);
}

pub(crate) fn keys() {
    let (old, new) = (ReleaseSecret::from_seed(&[1; 32]), ReleaseSecret::from_seed(&[2; 32]));
    seed("key", "rotation", &KeyRotation::sign(&old, &new).encode());
    seed("key", "public", old.public().to_string().as_bytes());
    let tracker = TrackerSecret::from_seed(&[1; 32]);
    let (sub, iat, exp, jti) = ("u1".to_owned(), 1_700_000_000, 1_700_000_060, "t1".to_owned());
    let access = AccessClaims {
        aud: "mist-api".into(),
        sub: sub.clone(),
        name: "friend".parse().unwrap(),
        scope: Scope::User,
        family: "f1".into(),
        iat,
        exp,
        jti: jti.clone(),
    };
    let ticket = TicketClaims {
        aud: "mist-peer".into(),
        sub: sub.clone(),
        peer: "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN".parse().unwrap(),
        game: "paper-boats".parse().unwrap(),
        iat,
        exp,
        jti,
    };
    let allow = Allow::Blob { game: "paper-boats".parse().unwrap(), hash: Hash::of(b"blob") };
    let capability = CapabilityClaims { aud: "mist-seed".into(), sub, allow, iat, exp };
    seed("key", "access", tracker.sign(&access).as_bytes());
    seed("key", "peer-ticket", tracker.sign(&ticket).as_bytes());
    seed("key", "capability", tracker.sign(&capability).as_bytes());
}
