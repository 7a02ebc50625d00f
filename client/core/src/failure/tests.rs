use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc};

use mist_api_client::{BadLink, CallError};
use mist_delta::{ApplyError, HeaderError, ReadError, SignatureError};
use mist_peer::{FetchError, IdentityError, NodeError, Trouble};
use mist_proto::{Hash, ManifestId, Slug, Version, http::ErrorBody, manifest::ManifestError};
use mist_tree::{archive::LayoutError, fs::Unfit};

use super::*;
use crate::{
    error::{Error, InstallError, NoRoom},
    home::HomeError,
    install::samples::path,
    moving::BadTarget,
    op_id::OpId,
    self_update::SelfUpdateError,
    stop::StopReason,
    trust::TrustError,
};

fn broken() -> io::Error {
    io::Error::other("broken")
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

/// The names of all variants of an enum, and which one a value is. Does not compile while one is missing.
macro_rules! variants {
    ($of:ident: $type:ident { $($variant:ident)* }) => {
        fn $of(value: &$type) -> &'static str {
            match value {
                $($type::$variant { .. } => stringify!($variant),)*
            }
        }

        impl Variants for $type {
            const ALL: &'static [&'static str] = &[$(stringify!($variant)),*];

            fn variant(&self) -> &'static str {
                $of(self)
            }
        }
    };
}

trait Variants {
    const ALL: &'static [&'static str];
    fn variant(&self) -> &'static str;
}

variants! { of_error: Error {
    NotSignedIn SessionEnded WrongPassword SecondFactor WrongCode Link Tracker Trust Home Identity Node UnknownGame UnknownVersion NothingLive
    NotInstalled FolderMissing FolderUnmarked Unverified NothingToAdopt WentBack InstalledElsewhere BadTarget OtherServer Busy
    NoWayBack BelowFloor Manifest ManifestUnavailable Install NoLaunchEntry Launch NoSuchOperation NoForecast NothingUnderWay
    Playing BeingChanged QueueFull BadEnvironment SettingGiven RelativeFolder Closing
    NotLiveYet NotWhole NoFolder NoRunner SelfUpdate
} }
variants! { of_install: InstallError {
    Folder Disk NoRoom Unfit Transfer Patch Signature NoJump Overtaken OtherResult Layout Home StillDamaged WithoutLinks
    PreviousRotten OwnLink SpecialFile KeepsChanging Stopped
} }
variants! { of_trust: TrustError { TrackerKey NotOfLink Unproven ReleaseKey NoReleaseKey } }
variants! { of_call: CallError { Address Setup Unreachable Refused Foreign Malformed } }
variants! { of_fetch: FetchError { Cancelled NoSources Storage Invalid } }
variants! { of_patch: ApplyError {
    Header OtherZstd Patch Malformed WrongBase Read Write Mismatch Checkpoint Cancelled
} }
variants! { of_layout: LayoutError { TooLarge Size } }
variants! { of_target: BadTarget { Relative Taken Inside OtherGame } }
variants! { of_self_update: SelfUpdateError { NotItsOwn UnderWay Unsigned AnotherKey BelowFloor OtherBytes Content } }
variants! { of_stop: StopReason { Pause Cancel Shutdown } }

/// The values, which have to be of every variant.
fn every<T: Variants>(values: Vec<T>) -> Vec<T> {
    let seen: BTreeSet<_> = values.iter().map(Variants::variant).collect();
    assert_eq!(seen, T::ALL.iter().copied().collect(), "a variant has no example here");
    values
}

fn calls() -> Vec<CallError> {
    let server = || "https://mist.example.org".to_owned();
    let body = ErrorBody { code: "busy".into(), message: "The server is busy.".into() };
    every(vec![
        CallError::Address { given: "x".into() },
        CallError::Setup { reason: "no roots".into() },
        CallError::Unreachable { server: server(), reason: "refused".into() },
        CallError::Refused { status: 503, body, retry_after: None },
        CallError::Foreign { server: server(), status: 502 },
        CallError::Malformed { server: server(), path: "/v1/x".into(), why: "not JSON".into() },
    ])
}

fn trusts() -> Vec<TrustError> {
    let (found, pinned) = ("aa".to_owned(), "bb".to_owned());
    every(vec![
        TrustError::TrackerKey { found: found.clone(), pinned: pinned.clone() },
        TrustError::NotOfLink { url: "https://x".into(), found: found.clone(), pinned: pinned.clone() },
        TrustError::Unproven { url: "https://x".into(), reason: "no answer".into() },
        TrustError::ReleaseKey { found, pinned },
        TrustError::NoReleaseKey,
    ])
}

fn fetches() -> Vec<FetchError> {
    let troubles = [
        Trouble::BadData,
        Trouble::NoRanges,
        Trouble::CutShort,
        Trouble::Slow,
        Trouble::Status(404),
        Trouble::Unreachable,
        Trouble::Rotten,
    ];
    let nobody = |trouble| FetchError::NoSources { missing: 3, trouble };
    let mut all = vec![
        FetchError::Cancelled,
        FetchError::Storage(Arc::new(broken())),
        FetchError::Storage(Arc::new(full())),
        FetchError::Storage(Arc::new(io::ErrorKind::FileTooLarge.into())),
        FetchError::Invalid("another blob"),
        nobody(None),
    ];
    all.extend(troubles.into_iter().map(|trouble| nobody(Some(trouble))));
    every(all)
}

fn patches() -> Vec<ApplyError> {
    let path_of = || "a".to_owned();
    let write = |source| ApplyError::Write { path: path_of(), source };
    every(vec![
        ApplyError::Header(HeaderError::Unknown),
        ApplyError::OtherZstd { needed: 1, here: 2 },
        ApplyError::Patch(broken()),
        ApplyError::Malformed(broken()),
        ApplyError::WrongBase { differing: vec![path("a"), path("b")] },
        ApplyError::WrongBase { differing: vec![] },
        ApplyError::Read(ReadError { path: path_of(), source: broken() }),
        write(broken()),
        write(full()),
        write(io::ErrorKind::FileTooLarge.into()),
        ApplyError::Mismatch { path: path_of() },
        ApplyError::Checkpoint(broken()),
        ApplyError::Cancelled,
    ])
}

fn installs() -> Vec<InstallError> {
    let home = HomeError { path: PathBuf::from("/x"), source: broken() };
    let mut all = vec![
        InstallError::Folder { path: PathBuf::from("/games/x"), source: broken() },
        InstallError::Disk(broken()),
        InstallError::Disk(full()),
        InstallError::Disk(io::ErrorKind::FileTooLarge.into()),
        InstallError::NoRoom(NoRoom { needed: 7_000_000_000, free: 5 }),
        InstallError::Unfit(Unfit::Large { path: path("a"), size: 1 << 33, most: (1 << 32) - 1 }),
        InstallError::Unfit(Unfit::LongName { path: path("a"), len: 200 }),
        InstallError::Signature(SignatureError::TooLarge),
        InstallError::NoJump,
        InstallError::Overtaken,
        InstallError::OtherResult,
        InstallError::Home(home),
        InstallError::StillDamaged { files: 4 },
        InstallError::WithoutLinks,
        InstallError::PreviousRotten,
        InstallError::OwnLink { path: "saves".into() },
        InstallError::SpecialFile { path: "pipe".into() },
        InstallError::KeepsChanging,
    ];
    all.extend(fetches().into_iter().map(InstallError::Transfer));
    all.extend(patches().into_iter().map(InstallError::Patch));
    let layouts = every(vec![LayoutError::TooLarge, LayoutError::Size { claimed: 1, actual: 2 }]);
    all.extend(layouts.into_iter().map(InstallError::Layout));
    let reasons = every(vec![StopReason::Pause, StopReason::Cancel, StopReason::Shutdown]);
    all.extend(reasons.into_iter().map(InstallError::Stopped));
    every(all)
}

fn self_updates() -> Vec<SelfUpdateError> {
    let version = || "0.2.0".parse().expect("a version");
    every(vec![
        SelfUpdateError::NotItsOwn { program: PathBuf::from("/usr/bin/mist") },
        SelfUpdateError::UnderWay,
        SelfUpdateError::Unsigned,
        SelfUpdateError::AnotherKey { found: "aa".into(), pinned: "bb".into() },
        SelfUpdateError::BelowFloor { offered: version(), floor: version() },
        SelfUpdateError::OtherBytes { version: version() },
        SelfUpdateError::Content { version: version(), detail: "it ends too early".into() },
    ])
}

fn errors() -> Vec<Error> {
    let game: Slug = "doom".parse().expect("a name");
    let version: Version = "1.0".parse().expect("a version");
    let g = || game.clone();
    let dir = || "/games/doom".to_owned();
    let manifest = |source| Error::Manifest { game: g(), version: version.clone(), source };
    let mut all = vec![
        Error::NotSignedIn,
        Error::SessionEnded { server: "https://x".into(), user: "ann".into() },
        Error::WrongPassword,
        Error::SecondFactor,
        Error::WrongCode,
        Error::Link(BadLink::Form),
        Error::Link(BadLink::Keys),
        Error::Home(HomeError { path: PathBuf::from("/x"), source: broken() }),
        Error::Identity(IdentityError::Io { path: PathBuf::from("/x"), source: broken() }),
        Error::Node(NodeError::NoAddress),
        Error::UnknownGame(g()),
        Error::UnknownVersion { game: g(), version: version.clone() },
        Error::NoWayBack { game: g(), version: None },
        Error::NoWayBack { game: g(), version: Some(version.clone()) },
        Error::NothingLive(g()),
        Error::NotInstalled(g()),
        Error::FolderMissing { game: g(), dir: dir() },
        Error::FolderUnmarked { game: g(), dir: dir() },
        Error::Unverified { game: g(), dir: dir() },
        Error::NothingToAdopt { game: g(), dir: dir() },
        Error::WentBack { game: g(), here: version.clone(), live: version.clone() },
        Error::InstalledElsewhere { game: g(), dir: dir() },
        Error::OtherServer { game: g(), server: "https://x".into() },
        Error::Busy(g()),
        Error::BelowFloor { game: g(), version: version.clone(), floor: 3 },
        manifest(ManifestError::Rule("two launch entries")),
        manifest(ManifestError::Newer),
        Error::ManifestUnavailable { game: g(), version: version.clone(), id: ManifestId(Hash::of(b"")) },
        Error::NoLaunchEntry { game: g(), dir: dir(), entries: vec![] },
        Error::NoLaunchEntry { game: g(), dir: dir(), entries: vec!["play".into()] },
        Error::Launch { program: "doom.exe".into(), source: broken() },
        Error::NoSuchOperation(OpId(7)),
        Error::NoForecast(g()),
        Error::NothingUnderWay(g()),
        Error::Playing(g()),
        Error::BeingChanged(g()),
        Error::QueueFull,
        Error::BadEnvironment(mist_settings::Problem::Twice { variable: "MIST_UP".into() }),
        Error::SettingGiven { variable: "MIST_UP".into() },
        Error::RelativeFolder { dir: "games".into() },
        Error::NotLiveYet { game: g(), version: version.clone() },
        Error::NotWhole(g()),
        Error::NoRunner { game: g(), chosen: None },
        Error::NoRunner { game: g(), chosen: Some("/opt/wine".into()) },
        Error::NoFolder { dir: dir() },
        Error::Closing,
    ];
    let targets = [BadTarget::Relative, BadTarget::Taken, BadTarget::Inside, BadTarget::OtherGame];
    all.extend(every(targets.to_vec()).into_iter().map(|why| Error::BadTarget {
        game: g(),
        dir: dir(),
        why,
    }));
    all.extend(calls().into_iter().map(Error::Tracker));
    all.extend(trusts().into_iter().map(Error::Trust));
    all.extend(installs().into_iter().map(Error::Install));
    all.extend(self_updates().into_iter().map(Error::SelfUpdate));
    every(all)
}

/// All that can go wrong, as faces are told of it.
fn failures() -> Vec<Failure> {
    let game: Slug = "doom".parse().expect("a name");
    let between = [
        Failure::engine_unreachable(7, "/run/x"),
        Failure::engine_of_another_user("/run/x"),
        Failure::engine_full(7),
        Failure::engine_other_version(7, "1", "2"),
        Failure::bad_message("too long"),
        Failure::internal("a panic"),
        Failure::paused(&game),
        Failure::cancelled(&game),
    ];
    errors().iter().map(Failure::from).chain(between).collect()
}

/// The places of a row that are filled with parameters.
fn slots(message: &Message) -> Vec<&str> {
    let texts = [Some(&message.text), message.next.as_ref(), message.command.as_ref(), message.app.as_ref()];
    let slots = texts.into_iter().flatten().flat_map(|text| text.split('{').skip(1));
    slots.map(|rest| rest.split('}').next().unwrap_or_default()).collect()
}

#[test]
fn every_failure_has_a_row_with_all_its_parameters_and_no_row_is_left_over() {
    let mut used = BTreeSet::new();
    for failure in failures() {
        if failure.params.contains_key(MESSAGE) {
            assert_eq!(failure.text(), "The server is busy.", "the server's own words");
            assert_eq!((failure.next_step(), failure.command()), (None, None));
            continue;
        }
        let key = failure.row_key().unwrap_or_else(|| panic!("{failure:?} has no row"));
        for slot in slots(&MESSAGES[&key]) {
            assert!(failure.shown(slot).is_some(), "{key} wants {slot:?}, which {failure:?} does not have");
        }
        used.insert(key);
    }
    assert_eq!(used, MESSAGES.keys().cloned().collect(), "rows that nothing uses");
}

#[test]
fn every_sentence_of_the_table_is_one() {
    let table: BTreeMap<String, Message> =
        serde_json::from_str(include_str!("../messages.json")).expect("the table is well formed");
    for (code, message) in &table {
        let sentences = [Some(&message.text), message.next.as_ref(), message.app.as_ref()];
        for sentence in sentences.into_iter().flatten() {
            let first = sentence.chars().next().unwrap_or(' ');
            assert!(first.is_uppercase() || ['{', '"'].contains(&first), "{code}: {sentence}");
            assert!(sentence.ends_with(['.', '}']), "{code}: {sentence}");
            assert_eq!(sentence.matches('{').count(), sentence.matches('}').count(), "{code}");
        }
        assert!(message.command.as_ref().is_none_or(|c| c.starts_with("mist ")), "{code}");
    }
}

#[test]
fn a_window_is_told_of_no_command() {
    let failure = Failure::from(Error::Busy("doom".parse().expect("slug")));
    assert_eq!(failure.next_in_app().as_deref(), Some("Wait for it to end, then try again."));
    let failure = Failure::from(Error::NotInstalled("doom".parse().expect("slug")));
    assert_eq!(failure.next_in_app(), failure.next_step(), "what speaks of no command is for both");
}

#[test]
fn parameters_are_filled_in() {
    let failure = Failure::new("not_installed").with("game", "doom");
    assert_eq!(failure.to_string(), "doom is not installed. Install it first. Run: mist install doom");
    assert_eq!(Failure::new("of_tomorrow").to_string(), "of_tomorrow");
    let no_room = InstallError::NoRoom(NoRoom { needed: 7_000_000_000, free: 5 });
    assert_eq!(
        Failure::from(Error::from(no_room)).text(),
        "There is not enough room on the disk: 7.00 GB are needed, and 5 B are free. Nothing was changed."
    );
}

#[test]
fn a_cause_chooses_among_the_rows_of_a_code() {
    let nobody = |trouble| InstallError::Transfer(FetchError::NoSources { missing: 3, trouble });
    let text = |error: InstallError| Failure::from(Error::from(error)).text();
    assert!(text(nobody(None)).starts_with("Nobody has the data any more (missing pieces: 3)."));
    assert!(text(nobody(Some(Trouble::Status(404)))).contains("HTTP 404"));
    let full = ApplyError::Write { path: "a".into(), source: full() };
    let failure = Failure::from(Error::from(InstallError::from(full)));
    assert_eq!(failure.code, "disk_full");
    assert!(failure.text().starts_with("The disk is full"), "a cause without a row of its own: {failure}");
}
