use mist_proto::{
    UnixMillis, claims::TrackerSecret, client_package::Platform, http::ClientOffer, key::ReleaseSecret,
    publishers::KnownPublishers,
};
use tempfile::TempDir;

use super::{unpack::Unpackable, *};

fn secret(n: u8) -> ReleaseSecret {
    ReleaseSecret::from_seed(&[n; 32])
}

fn version(text: &str) -> ClientVersion {
    text.parse().expect("a version")
}

fn platform() -> Platform {
    "x86_64-linux".parse().expect("a platform")
}

/// An entry of a tar: a folder if it has no content.
fn entry(name: &str, content: Option<&[u8]>) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    let size = format!("{:011o}", content.unwrap_or_default().len());
    header[124..135].copy_from_slice(size.as_bytes());
    header[156] = if content.is_some() { b'0' } else { b'5' };
    header.extend_from_slice(content.unwrap_or_default());
    header.resize(header.len().next_multiple_of(512), 0);
    header
}

fn packed(entries: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let mut tar: Vec<u8> = entries.iter().flat_map(|(name, content)| entry(name, *content)).collect();
    tar.extend([0; 1024]);
    zstd::encode_all(&*tar, 3).expect("packed")
}

/// A package of this version.
fn of(version: &str) -> Vec<u8> {
    let release = format!("{version} x86_64-linux\n");
    let program = format!("program {version}");
    packed(&[
        ("mist/", None),
        ("mist/bin/", None),
        ("mist/bin/mist", Some(program.as_bytes())),
        ("mist/bin/mist-desktop", Some(program.as_bytes())),
        ("mist/share/mist/release", Some(release.as_bytes())),
        ("mist/start", Some(program.as_bytes())),
    ])
}

/// A folder that has version 0.1.0, and something of the friend's own.
fn installed() -> (TempDir, Program) {
    let folder = tempfile::tempdir().expect("a folder");
    unpack::unpack(&*of("0.1.0"), folder.path()).expect("unpacked");
    fs::write(folder.path().join("bin/own"), "mine").expect("written");
    let program = Program::of(&folder.path().join("bin/mist")).expect("it says so");
    (folder, program)
}

fn programs(program: &Program) -> Vec<String> {
    let read = |name: &str| fs::read_to_string(program.root.join(name)).expect("it is there");
    ["bin/mist", "bin/mist-desktop", "start", "share/mist/release"].map(read).to_vec()
}

fn fetched(program: &Program, bytes: &[u8], says: &str) -> (PathBuf, ClientPackage) {
    let package = ClientPackage {
        platform: platform(),
        kind: PackageKind::TarZst,
        version: version(says),
        size: bytes.len() as u64,
        hash: Hash::of(bytes),
    };
    fs::create_dir_all(program.staging()).expect("made");
    let file = program.staging().join("p.part");
    fs::write(&file, bytes).expect("written");
    (file, package)
}

#[test]
fn a_program_knows_whether_its_folder_is_its_own() {
    let (folder, program) = installed();
    assert_eq!((program.version, &program.platform), (version("0.1.0"), &platform()));
    let elsewhere = folder.path().join("start");
    assert_eq!(Program::of(&elsewhere), Err(SelfUpdateError::NotItsOwn { program: elsewhere }));
    for bad in ["", "0.1.0", "0.1 x86_64-linux", "0.1.0 a/b", &"0".repeat(300)] {
        fs::write(folder.path().join(program::RELEASE), bad).expect("written");
        assert!(Program::of(&program.exe).is_err(), "{bad}");
    }
}

#[test]
fn a_package_takes_the_place_of_the_program_and_of_nothing_else() {
    let (_folder, program) = installed();
    let (file, package) = fetched(&program, &of("0.2.0"), "0.2.0");
    take(&program, &package, &file).expect("taken");
    assert_eq!(
        programs(&program),
        ["program 0.2.0", "program 0.2.0", "program 0.2.0", "0.2.0 x86_64-linux\n"]
    );
    assert_eq!(fs::read_to_string(program.root.join("bin/own")).expect("there"), "mine");
    assert!(!program.staging().exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |name: &str| program.root.join(name).metadata().expect("there").permissions().mode() & 0o777;
        assert_eq!(
            [mode("bin/mist"), mode("start"), mode("share/mist/release")].map(|m| m & 0o700),
            [0o700, 0o700, 0o600]
        );
    }
}

#[test]
fn a_swap_that_was_broken_off_anywhere_is_ended_by_the_next_start() {
    let all = ["share/mist/release", "start", "bin/mist", "bin/mist-desktop"];
    for renamed in 0..=all.len() {
        let (_folder, program) = installed();
        let before = programs(&program);
        unpack::unpack(&*of("0.2.0"), &program.staging().join("staged")).expect("unpacked");
        assert!(!finish(&program).expect("looked"), "what is not marked is not taken");
        assert_eq!(programs(&program), before);
        swap::begin(&program).expect("marked");
        for name in &all[..renamed] {
            fs::rename(program.staging().join("staged").join(name), program.root.join(name))
                .expect("renamed");
        }
        assert!(finish(&program).expect("ended"), "{renamed}");
        assert_eq!(
            programs(&program),
            ["program 0.2.0", "program 0.2.0", "program 0.2.0", "0.2.0 x86_64-linux\n"]
        );
        assert!(!finish(&program).expect("looked"), "once");
    }
}

#[test]
fn what_is_not_what_was_signed_or_lies_about_itself_changes_nothing() {
    let (_folder, program) = installed();
    let before = programs(&program);
    let (file, package) = fetched(&program, &of("0.2.0"), "0.2.0");
    fs::write(&file, b"something else").expect("written");
    let refused = take(&program, &package, &file).expect_err("other bytes");
    assert_eq!(refused.code(), "client_refused");
    assert!(!file.exists(), "so that it is fetched anew");
    // It would be offered again for ever.
    let (file, package) = fetched(&program, &of("0.1.9"), "0.2.0");
    assert_eq!(take(&program, &package, &file).expect_err("another version").code(), "client_refused");
    // Nobody could start it any more.
    let without =
        packed(&[("m/bin/mist-desktop", Some(b"x")), ("m/share/mist/release", Some(b"0.2.0 x86_64-linux"))]);
    let (file, package) = fetched(&program, &without, "0.2.0");
    assert_eq!(take(&program, &package, &file).expect_err("no program").code(), "client_refused");
    assert_eq!(programs(&program), before);
    assert!(!finish(&program).expect("looked"));
}

#[test]
fn a_package_writes_nowhere_else_and_nothing_but_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = |name: &str, kind: u8| {
        let mut tar = entry(name, Some(b"x"));
        tar[156] = kind;
        tar.extend([0; 1024]);
        unpack::unpack(&*zstd::encode_all(&*tar, 3).expect("packed"), &folder.path().join("staged"))
    };
    unpacked("mist/bin/mist", b'0').expect("a file");
    for bad in [
        "mist/../../x",
        "mist/bin/../../../x",
        "mist//etc/x",
        "/bin/../x",
        "mist/.mist-update/ready",
        "mist/games/x",
        "x",
        "mist/bin/CON",
    ] {
        assert!(matches!(unpacked(bad, b'0'), Err(Unpackable::Content(_))), "{bad}");
    }
    for kind in [b'1', b'2', b'3', b'L', b'x'] {
        assert!(matches!(unpacked("mist/bin/mist", kind), Err(Unpackable::Content(_))), "{kind}");
    }
    let names: Vec<_> = fs::read_dir(folder.path()).expect("read").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["staged"]);
    let whole = of("0.2.0");
    for cut in [0, 1, 20, whole.len() / 2, whole.len() - 1] {
        assert!(unpack::unpack(&whole[..cut], &folder.path().join("staged")).is_err(), "cut at {cut}");
    }
}

#[test]
fn of_what_is_offered_the_newest_of_the_trusted_key_is_chosen() {
    let (_folder, program) = installed();
    let offer = |by: u8, of: &str| {
        let package = ClientPackage {
            platform: platform(),
            kind: PackageKind::TarZst,
            version: version(of),
            size: 1,
            hash: Hash::of(of.as_bytes()),
        };
        ClientOffer::of(&SignedPackage::sign(&secret(by), package).expect("signed"), UnixMillis(0))
    };
    let chosen = |packages: Vec<ClientOffer>, floor: Option<&str>| {
        let pins = Pins {
            tracker: TrackerSecret::from_seed(&[9; 32]).public(),
            release: Some(secret(1).public()),
            former: vec![secret(5).public()],
            publishers: KnownPublishers::default(),
        };
        choose(&ClientList { packages }, &pins, &program, floor.map(version)).map(|p| p.map(|p| p.version))
    };
    assert_eq!(chosen(vec![], None), Ok(None));
    assert_eq!(chosen(vec![offer(1, "0.1.0")], None), Ok(None), "it runs");
    assert_eq!(
        chosen(vec![offer(1, "0.2.0"), offer(1, "0.10.0"), offer(1, "0.9.0")], None),
        Ok(Some(version("0.10.0")))
    );
    assert_eq!(chosen(vec![offer(5, "0.2.0")], None), Ok(None), "of the key before");
    assert!(matches!(chosen(vec![offer(2, "0.2.0")], None), Err(SelfUpdateError::AnotherKey { .. })));
    assert!(matches!(
        chosen(vec![offer(1, "0.2.0")], Some("0.3.0")),
        Err(SelfUpdateError::BelowFloor { .. })
    ));
    let mut altered = offer(1, "0.2.0");
    altered.statement.replace_range(0..4, "AAAA");
    assert_eq!(chosen(vec![altered], None), Err(SelfUpdateError::Unsigned));
    // What the server says beside the statement counts for nothing.
    let mut dressed = offer(1, "0.1.0");
    dressed.version = version("9.0.0");
    assert_eq!(chosen(vec![dressed], None), Ok(None));
}
