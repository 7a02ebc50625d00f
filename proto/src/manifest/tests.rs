use proptest::prelude::*;

use super::{
    codec::{MAGIC, MAGIC_2},
    envelope::ENVELOPE_MAGIC,
    *,
};
use crate::{key::ReleaseSecret, links::LinkTarget};

fn sample() -> Manifest {
    let file = |p: &str, size| FileEntry {
        path: RelPath::new(p).expect(p),
        size,
        executable: p.ends_with(".sh"),
        hash: Hash::of(p.as_bytes()),
    };
    Manifest {
        game: "sample".parse().expect("slug"),
        version: "1.0".parse().expect("version"),
        sequence: 2,
        parent: Some(ManifestId(Hash::of(b"parent"))),
        floor: 1,
        archive: BlobId::of(b"archive"),
        files: vec![file("a/run.sh", 7), file("b", 0), file("é", 1 << 40)],
        empty_dirs: vec![RelPath::new("a/empty").expect("path")],
        links: vec![],
        launch: vec![LaunchEntry {
            platform: Platform::Linux,
            name: "Play".into(),
            path: RelPath::new("a/run.sh").expect("path"),
            args: vec!["--full screen".into()],
            working_dir: Some(RelPath::new("a").expect("path")),
        }],
    }
}

fn key(n: u8) -> ReleaseSecret {
    ReleaseSecret::from_seed(&[n; 32])
}

#[test]
fn golden_bytes_stay_readable() {
    // Changing this hash means that every signed build in the world stops verifying.
    assert_eq!(
        Hash::of(&sample().encode()).to_string(),
        "bbfb7095ed43fa26894326d064c3c7c50b00f1781df8cd708cafe8fa8e2d5042"
    );
}

fn with_links() -> Manifest {
    let link = |path: &str, target: &str| LinkEntry {
        path: RelPath::new(path).expect(path),
        target: LinkTarget::new(target).expect(target),
    };
    Manifest { links: vec![link("a/lib.so", "../b"), link("current", "a")], ..sample() }
}

#[test]
fn golden_bytes_of_the_version_with_links_stay_readable() {
    assert_eq!(
        Hash::of(&with_links().encode()).to_string(),
        "f1e7636d9c21317bcb3714233df7c31272cd10283f25d6dff96557e364894ca1"
    );
}

#[test]
fn the_version_is_the_first_one_that_does() {
    assert_eq!(sample().encode()[..8], *b"MISTMAN1");
    let bytes = with_links().encode();
    assert_eq!(bytes[..8], *b"MISTMAN2");
    assert_eq!(Manifest::decode(&bytes), Ok(with_links()));
    for n in 0..bytes.len() {
        assert!(Manifest::decode(&bytes[..n]).is_err(), "cut at {n}");
    }
    let rest = Manifest { files: vec![], ..with_links() };
    let mut hasher = ManifestHasher::new(&rest, 3);
    with_links().files.iter().for_each(|f| hasher.file(f));
    assert_eq!(hasher.finish(), Some(ManifestId(Hash::of(&bytes))));
    // The newer version of what the older one can say, by hand: no links, where their number belongs.
    let mut plain = Manifest { launch: vec![], ..sample() }.encode();
    plain[7] = b'2';
    plain.extend_from_slice(&[0; 4]);
    assert!(matches!(Manifest::decode(&plain), Err(ManifestError::Rule(_))));
}

/// A heart in colour as the name of a file, of a folder that is empty, and of the one that a program starts in.
fn with_joiners() -> [Manifest; 3] {
    let heart = RelPath::new("z/\u{2764}\u{fe0f}").expect("a heart");
    let file = FileEntry { path: heart.clone(), ..sample().files[1].clone() };
    let mut launch = sample().launch;
    launch[0].working_dir = Some(heart.clone());
    [
        Manifest { files: sample().files.into_iter().take(2).chain([file]).collect(), ..sample() },
        Manifest { empty_dirs: vec![RelPath::new("a/empty").expect("path"), heart], ..sample() },
        Manifest { launch, ..sample() },
    ]
}

#[test]
fn names_with_joiners_have_the_version_that_older_programs_do_not_read() {
    for manifest in with_joiners() {
        let bytes = manifest.encode();
        assert_eq!(bytes[..8], *b"MISTMAN2");
        assert_eq!(Manifest::decode(&bytes), Ok(manifest.clone()));
        // As a program wrote it that had not heard of this rule.
        let mut older = bytes.clone();
        older[7] = b'1';
        assert!(Manifest::decode(&older).is_err());
        let rest = Manifest { files: vec![], ..manifest.clone() };
        let mut hasher = ManifestHasher::new(&rest, manifest.files.len());
        manifest.files.iter().for_each(|f| hasher.file(f));
        assert_eq!(hasher.finish(), Some(ManifestId(Hash::of(&bytes))));
        assert!(is_second_version(manifest.sign(&key(1)).expect("valid").envelope()));
    }
}

#[test]
fn a_joiner_in_the_last_of_many_files_decides_about_the_first() {
    let mut whole = sample();
    let named = |path: &str| FileEntry { path: RelPath::new(path).expect(path), ..sample().files[0].clone() };
    whole.files =
        (0..3000).map(|n| named(&format!("d/{n:04}"))).chain([named("e/\u{2764}\u{fe0f}")]).collect();
    let rest = Manifest { files: vec![], ..whole.clone() };
    let mut hasher = ManifestHasher::new(&rest, whole.files.len());
    whole.files.iter().for_each(|f| hasher.file(f));
    assert_eq!(hasher.finish(), Some(ManifestId(Hash::of(&whole.encode()))));
}

#[test]
fn envelopes_tell_whether_there_are_links() {
    let envelope = |manifest: Manifest| manifest.sign(&key(1)).expect("valid").envelope().to_vec();
    assert!(is_second_version(&envelope(with_links())));
    assert!(!is_second_version(&envelope(sample())) && !is_second_version(b"MISTSIG1"));
}

#[test]
fn a_newer_version_says_to_update_once_its_signature_fits() {
    let mut bytes = sample().encode();
    bytes[7] = b'3';
    assert_eq!(Manifest::decode(&bytes), Err(ManifestError::Newer));
    assert!(ManifestError::Newer.to_string().contains("update Mist"));
    let mut envelope = sample().sign(&key(1)).expect("valid").envelope().to_vec();
    envelope[8 + 32 + 64 + 7] = b'3';
    let forged = UnverifiedManifest::parse(envelope).and_then(|u| u.verify(&key(1).public()));
    assert!(matches!(forged, Err(ManifestError::Signature(_))), "{forged:?}");
}

#[test]
fn files_one_by_one_have_the_same_id() {
    let mut whole = sample();
    whole.files = (0..3000)
        .map(|n| FileEntry {
            path: RelPath::new(&format!("d/{n:04}")).expect("path"),
            ..sample().files[0].clone()
        })
        .collect();
    let rest = Manifest { files: vec![], ..whole.clone() };
    let id = |told: &[FileEntry]| {
        let mut hasher = ManifestHasher::new(&rest, whole.files.len());
        told.iter().for_each(|f| hasher.file(f));
        hasher.finish()
    };
    assert_eq!(id(&whole.files), Some(ManifestId(Hash::of(&whole.encode()))));
    assert_eq!(id(&whole.files[1..]), None);
    assert_eq!(id(&[&whole.files[..], &whole.files[..1]].concat()), None);
}

#[test]
fn round_trip_and_every_truncation() {
    let bytes = sample().encode();
    assert_eq!(Manifest::decode(&bytes), Ok(sample()));
    for n in 0..bytes.len() {
        assert!(Manifest::decode(&bytes[..n]).is_err(), "cut at {n}");
    }
    assert!(Manifest::decode(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn signature_covers_every_byte() {
    let signed = sample().sign(&key(1)).expect("valid");
    let envelope = signed.envelope().to_vec();
    assert_eq!(envelope.len() - sample().encode().len(), limits::MAX_ENVELOPE - limits::MAX_MANIFEST);
    let verify = |e: Vec<u8>| UnverifiedManifest::parse(e).and_then(|u| u.verify(&key(1).public()));
    assert_eq!(verify(envelope.clone()).map(|m| m.id()), Ok(signed.id()));
    for at in 0..envelope.len() {
        let mut bad = envelope.clone();
        bad[at] ^= 0x40;
        assert!(verify(bad).is_err(), "flip at {at}");
    }
}

#[test]
fn another_key_is_named() {
    let envelope = sample().sign(&key(2)).expect("valid").envelope().to_vec();
    let err = UnverifiedManifest::parse(envelope).and_then(|u| u.verify(&key(1).public()));
    assert!(matches!(err, Err(ManifestError::WrongKey { .. })), "{err:?}");
}

#[test]
fn rules() {
    type Damage = (&'static str, fn(&mut Manifest));
    let broken: [Damage; 9] = [
        ("sequence 0", |m| m.sequence = 0),
        ("floor above sequence", |m| m.floor = 3),
        ("parent missing", |m| m.parent = None),
        ("first build with parent", |m| m.sequence = 1),
        ("order", |m| m.files.swap(0, 1)),
        ("duplicate", |m| m.files[1] = m.files[0].clone()),
        ("empty folder that is not", |m| m.empty_dirs = vec![RelPath::new("a").expect("path")]),
        ("launch of nothing", |m| m.launch[0].path = RelPath::new("x").expect("path")),
        ("huge file", |m| m.files[0].size = u64::MAX),
    ];
    for (what, breaks) in broken {
        let mut m = sample();
        breaks(&mut m);
        assert!(m.check().is_err(), "{what}");
        assert!(Manifest::decode(&m.encode()).is_err(), "{what}");
        assert!(m.sign(&key(1)).is_err(), "{what}");
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Manifest::decode(&bytes);
        let _ = Manifest::decode(&[MAGIC.as_slice(), &bytes].concat());
        let _ = Manifest::decode(&[MAGIC_2.as_slice(), &bytes].concat());
        let _ = UnverifiedManifest::parse([ENVELOPE_MAGIC.as_slice(), &bytes].concat());
    }

    #[test]
    fn what_decodes_encodes_the_same(at in 0usize..400, value: u8) {
        let mut bytes = sample().encode();
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(m) = Manifest::decode(&bytes) {
            prop_assert_eq!(m.encode(), bytes);
        }
        let mut bytes = with_links().encode();
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(m) = Manifest::decode(&bytes) {
            prop_assert_eq!(m.encode(), bytes);
        }
    }
}
