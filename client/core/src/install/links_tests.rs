//! Links and copies of what they lead to, through whole commits, on disks with links and without.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::key::ReleaseSecret;
use mist_tree::{
    archive::Layout,
    fs::{
        EntryKind, ROOT,
        fault::{CrashDir, Fault, MemDir, at_each_operation, rounds},
    },
    progress::unwatched,
    verify::{VerifyOptions, verify},
};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    folder::{BuildRef, Condition, FolderState, read_all},
    install::{
        journal::{Change, Journal, commit},
        previous::{Keep, Material},
        reuse::plan_stage,
        samples::{self, path},
        survey::survey,
        uninstall::uninstall,
    },
};

type Files = BTreeMap<&'static str, Vec<u8>>;
type Links = BTreeMap<&'static str, &'static str>;

fn build(version: &str, files: &Files, links: &Links) -> Option<VerifiedManifest> {
    let entries = files.iter().map(|(at, bytes)| samples::file(at, bytes)).collect();
    let links = links
        .iter()
        .map(|(at, target)| LinkEntry { path: path(at), target: target.parse().expect("a target") });
    let links: Vec<_> = links.collect();
    let mut manifest = samples::manifest(entries);
    let members = manifest.files.iter().map(|f| (f.path.clone(), f.size, f.executable));
    manifest.archive.size = Layout::with_links(members, &links).expect("small").size();
    manifest.version = version.parse().expect("a version");
    manifest.links = links;
    manifest.sign(&ReleaseSecret::from_seed(&[1; 32])).ok()
}

fn put(dir: &dyn Dir, at: &dyn TreePath, bytes: &[u8]) {
    let file = dir.create(at).expect("made");
    file.write_all_at(bytes, 0).expect("written");
    file.sync_data().expect("flushed");
}

/// What an operation does between its survey and its verification. All files come from elsewhere.
fn make(
    dir: Arc<dyn Dir>,
    old: Option<&VerifiedManifest>,
    new: &VerifiedManifest,
    files: &Files,
) -> Result<(), InstallError> {
    let folder = GameFolder::over(dir);
    let stop = Stop::new();
    let found = survey(&folder, old, new, false, &stop, &mut |_| {})?;
    let layout = Layout::new(new).expect("its own size");
    let origins = plan_stage(&found.here, new, &layout, None, &Material::default()).origins;
    for (origin, file) in origins.iter().zip(&new.files) {
        if matches!(origin, Origin::Copy(_) | Origin::Mend | Origin::Fetch) {
            let staged =
                folder.dir.create(&control("staging").join(&file.path)).map_err(InstallError::Disk)?;
            staged.write_all_at(&files[file.path.as_str()], 0).map_err(InstallError::Disk)?;
            staged.sync_data().map_err(InstallError::Disk)?;
        }
    }
    sync_tree(&*folder.dir, &control("staging")).map_err(InstallError::Disk)?;
    match stage(&folder, &found.links, new, &origins, &stop, &mut unwatched) {
        Err(InstallError::WithoutLinks) => {
            // As the next round does.
            let found = survey(&folder, old, new, false, &stop, &mut |_| {})?;
            assert!(found.links.as_copies && found.links.make.is_empty());
            stage(&folder, &found.links, new, &origins, &stop, &mut unwatched)?;
            run(&folder, old, new, &origins, &found)
        }
        staged => staged.and_then(|()| run(&folder, old, new, &origins, &found)),
    }
}

fn run(
    folder: &GameFolder,
    old: Option<&VerifiedManifest>,
    new: &VerifiedManifest,
    origins: &[Origin],
    found: &Survey,
) -> Result<(), InstallError> {
    let mut journal = Journal::plan(Change {
        old: old.map(|m| &**m),
        new,
        to: BuildRef::of(new),
        origins,
        foreign: &found.foreign,
        wrong_mode: &found.wrong_mode,
        links: &found.links,
        keep: &Keep::default(),
        kept: path("1"),
    });
    if journal.is_idle(&*folder.dir) {
        return Ok(());
    }
    journal.begin(&*folder.dir).map_err(InstallError::Disk)?;
    commit(folder, &mut journal)
}

/// Whether the folder is the build, links and copies included, and has nothing else.
fn is_exactly(dir: &dyn Dir, build: &VerifiedManifest) -> bool {
    let verified = verify(dir, build, &VerifyOptions::default(), &mut unwatched).expect("not cancelled");
    if !verified.findings.is_empty() {
        return false;
    }
    let mut names = build.files.iter().map(|f| f.path.to_string()).collect::<Vec<_>>();
    let linked =
        |index: usize| dir.metadata(&build.links[index].path).is_ok_and(|m| m.kind == EntryKind::Symlink);
    names.extend((0..build.links.len()).filter(|&i| linked(i)).map(|i| build.links[i].path.to_string()));
    let copies = Copies::of(build, |index| !linked(index)).expect("checked");
    names.extend(copies.files.iter().map(|copy| copy.entry.path.to_string()));
    names.sort();
    names == all_names(dir, None)
}

fn all_names(dir: &dyn Dir, at: Option<&RelPath>) -> Vec<String> {
    let entries = at.map_or_else(|| dir.read_dir(ROOT), |at| dir.read_dir(at)).expect("listed");
    let mut names = Vec::new();
    for entry in entries.iter().filter(|e| e.name != ".mist") {
        let name = entry.name.to_str().expect("utf-8");
        let inside = path(&at.map_or(name.to_owned(), |at| format!("{at}/{name}")));
        match entry.kind {
            EntryKind::Dir => names.extend(all_names(dir, Some(&inside))),
            _ => names.push(inside.to_string()),
        }
    }
    names.sort();
    names
}

fn disks() -> [MemDir; 2] {
    [MemDir::new(), MemDir::without_links()]
}

/// An empty folder of a game.
fn begin(disk: &MemDir) {
    let folder = GameFolder::over(Arc::new(disk.clone()));
    folder.set_state(&FolderState::new("g".parse().expect("slug"), "server".into())).expect("written");
    disk.sync_dir(ROOT).expect("flushed");
}

fn bundle(version: u8) -> (Files, Links) {
    let code = vec![version; 1000];
    let files =
        [("F/Versions/A/F", code.clone()), ("F/Versions/A/Resources/r", vec![7; 50]), ("lib/x.so.1", code)];
    let mut links = Links::from([
        ("F/F", "Versions/Current/F"),
        ("F/Resources", "Versions/Current/Resources"),
        ("F/Versions/Current", "A"),
        ("lib/x.so", "x.so.1"),
    ]);
    if version > 1 {
        links.remove("F/F");
        links.insert("data", "F/Versions/A");
    }
    (files.into(), links)
}

fn bundles() -> [(VerifiedManifest, Files); 2] {
    [1, 2].map(|n| {
        let (files, links) = bundle(n);
        (build(&n.to_string(), &files, &links).expect("valid"), files)
    })
}

#[test]
fn bundles_are_installed_updated_and_removed_on_any_disk() {
    let [(one, one_files), (two, two_files)] = bundles();
    for (disk, has_links) in disks().into_iter().zip([true, false]) {
        begin(&disk);
        let at: Arc<dyn Dir> = Arc::new(disk.clone());
        make(at.clone(), None, &one, &one_files).expect("installs");
        assert!(is_exactly(&disk, &one));
        let kind = disk.metadata(&path("lib/x.so")).expect("there").kind;
        assert_eq!(kind == EntryKind::Symlink, has_links);
        make(at.clone(), Some(&one), &two, &two_files).expect("updates");
        assert!(is_exactly(&disk, &two), "links: {has_links}");
        assert!(disk.metadata(&control(LINKS)).is_err(), "nothing is left beside");
        assert!(disk.metadata(&control("kept")).is_err(), "nothing was put aside");
        // Nothing to do, and nothing is done.
        make(at.clone(), Some(&two), &two, &two_files).expect("stays");
        let gone = uninstall(&disk, Some(&two), &mut || ()).expect("removed");
        assert_eq!((gone.left, gone.kept, disk.read_dir(ROOT).expect("listed").len()), (false, false, 0));
    }
}

#[test]
fn what_a_player_or_an_attacker_did_to_links_is_mended_and_kept() {
    let [(one, files), _] = bundles();
    for (disk, has_links) in disks().into_iter().zip([true, false]) {
        begin(&disk);
        let at: Arc<dyn Dir> = Arc::new(disk.clone());
        make(at.clone(), None, &one, &files).expect("installs");
        disk.remove_file(&path("lib/x.so")).expect("removed");
        if has_links {
            disk.symlink(&"x.so.2".parse().expect("target"), &path("lib/x.so")).expect("another one");
            // A folder of the player's own in the place of a link to one.
            disk.remove_file(&path("F/Resources")).expect("removed");
            put(&disk, &path("F/Resources/r"), &[7; 50]);
            put(&disk, &path("F/Resources/mine"), b"mine");
        } else {
            put(&disk, &path("lib/x.so"), b"a mod");
        }
        let folder = GameFolder::over(at.clone());
        let found = survey(&folder, Some(&one), &one, true, &Stop::new(), &mut |_| {}).expect("looked");
        assert_eq!(found.links.damaged, [path("lib/x.so")]);
        make(at, Some(&one), &one, &files).expect("repairs");
        let verified = verify(&disk, &one, &VerifyOptions::default(), &mut unwatched).expect("looked");
        assert_eq!(verified.findings, []);
        let kept = |name: &str| control("kept").join(&path("1")).join(&path(name));
        if has_links {
            assert_eq!(disk.read_link(&kept("lib/x.so")).expect("kept"), "x.so.2");
            let mine = disk.read_link(&path("F/Resources")).map(|said| said.into_string());
            // A right copy of the folder is a link's equal, whatever else lies in it.
            assert!(mine.is_err() && read_all(&disk, &path("F/Resources/mine")).expect("read").is_some());
        } else {
            assert_eq!(read_all(&disk, &kept("lib/x.so")).expect("read").as_deref(), Some(&b"a mod"[..]));
        }
    }
}

#[test]
fn a_file_and_a_folder_become_links_and_links_become_them() {
    let files = |names: &[&'static str]| names.iter().map(|&n| (n, n.as_bytes().to_vec())).collect::<Files>();
    let plain = files(&["a", "d/x", "d/y/z", "t"]);
    let one = build("1", &plain, &Links::new()).expect("valid");
    let linked = files(&["a", "e/x", "e/w"]);
    let two = build("2", &linked, &[("d", "e"), ("t", "a")].into()).expect("valid");
    for disk in disks() {
        begin(&disk);
        let at: Arc<dyn Dir> = Arc::new(disk.clone());
        make(at.clone(), None, &one, &plain).expect("installs");
        for (from, to, content) in [(&one, &two, &linked), (&two, &one, &plain)] {
            make(at.clone(), Some(from), to, content).expect("updates");
            assert!(is_exactly(&disk, to), "{}", to.version);
        }
        // A file of the player's in the folder that has to give way.
        put(&disk, &path("d/mine"), b"mine");
        make(at.clone(), Some(&one), &two, &linked).expect("updates");
        let verified = verify(&disk, &two, &VerifyOptions::default(), &mut unwatched).expect("looked");
        assert_eq!(verified.findings, []);
        let kept = read_all(&disk, &control("kept/1/d/mine")).expect("read");
        assert!(kept.is_some() || disk.metadata(&path("d/mine")).is_ok());
    }
}

#[test]
fn the_forecast_counts_copies() {
    let [(one, _), _] = bundles();
    let nothing = |as_copies| LinkFindings::of_nothing(&one, as_copies).staged();
    assert_eq!((nothing(false), copies_size(&one, false)), (0, 0));
    // F/F, F/Resources/r, F/Versions/Current/{F,Resources/r}, lib/x.so.
    assert_eq!((nothing(true), copies_size(&one, true)), (3100, 3100));
    assert_eq!(copied_files(&one).len(), 3);
}

/// Builds of few names, so that what was a file becomes a link, or the folder that one leads to.
fn random(rng: &mut StdRng, version: &str) -> (VerifiedManifest, Files) {
    const NAMES: [&str; 9] = ["a", "b", "d/a", "d/b", "d/e/f", "g/a", "g/h/i", "k", "d"];
    const TARGETS: [&str; 9] = ["a", "b", "d", "d/a", "../a", "../d", "e", "g", "g/h"];
    loop {
        let (mut files, mut links) = (Files::new(), Links::new());
        for name in NAMES {
            match rng.random_range(0..6) {
                0..3 => drop(files.insert(name, vec![rng.random_range(1..4u8); rng.random_range(0..40)])),
                3..5 => drop(links.insert(name, TARGETS[rng.random_range(0..TARGETS.len())])),
                _ => {}
            }
        }
        if !links.is_empty()
            && let Some(build) = build(version, &files, &links)
        {
            return (build, files);
        }
    }
}

#[test]
fn random_builds_turn_into_each_other() {
    let mut rng = StdRng::seed_from_u64(1);
    for n in 0..300 {
        for disk in disks() {
            begin(&disk);
            let at: Arc<dyn Dir> = Arc::new(disk.clone());
            let ((one, one_files), (two, two_files)) = (random(&mut rng, "1"), random(&mut rng, "2"));
            make(at.clone(), None, &one, &one_files).unwrap_or_else(|e| panic!("{n}: {e}"));
            assert!(is_exactly(&disk, &one), "{n}: {:?}", one.links);
            make(at, Some(&one), &two, &two_files).unwrap_or_else(|e| panic!("{n}: {e}"));
            assert!(
                is_exactly(&disk, &two),
                "{n}: {:?} from {:?}, {:?}",
                two.links,
                one.links,
                all_names(&disk, None)
            );
        }
    }
}

/// A disk on which a build is, whole and flushed.
fn installed(empty: &MemDir, build: &VerifiedManifest, files: &Files) -> MemDir {
    let disk = empty.after_power_loss(0);
    begin(&disk);
    make(Arc::new(disk.clone()), None, build, files).expect("installs");
    let folder = GameFolder::over(Arc::new(disk.clone()));
    let mut state = folder.state().expect("read").expect("there");
    state.condition = Condition::Whole;
    folder.set_state(&state).expect("written");
    disk
}

/// The next start finds one of both builds, whole. Whether it is the second one.
fn assert_one_of_both(left: &MemDir, [one, two]: [&VerifiedManifest; 2], what: &str) -> bool {
    let folder = GameFolder::over(Arc::new(left.clone()));
    if let Some(mut journal) = Journal::load(left).expect("readable") {
        commit(&folder, &mut journal).expect("nothing fails any more");
    }
    let version = folder.state().expect("read").expect("there").installed.expect("a build").version;
    let build = if version == one.version { one } else { two };
    assert!(is_exactly(left, build), "{what}: {version}");
    version == two.version
}

type Built<'a> = (&'a VerifiedManifest, &'a Files);

/// Returns how many operations were tried.
fn survives_at_each_operation(
    empty: &MemDir,
    (one, one_files): Built,
    (two, two_files): Built,
    fault_at: &dyn Fn(u64) -> Fault,
) -> u64 {
    let disk = || installed(empty, one, one_files);
    at_each_operation(disk, fault_at, |dir, fault, what| {
        let ended = make(dir.clone(), Some(one), two, two_files);
        for luck in 0..if fault == Fault::PowerCut { 4 } else { 1 } {
            let disk = dir.inner();
            let left = if fault == Fault::PowerCut { disk.after_power_loss(luck) } else { disk.clone() };
            assert_one_of_both(&left, [one, two], &format!("{what}, luck {luck}, {ended:?}"));
        }
    })
}

#[test]
fn a_power_loss_or_a_full_disk_at_any_operation_leaves_one_of_both() {
    let [(one, one_files), (two, two_files)] = bundles();
    for (empty, fault) in disks().into_iter().flat_map(|d| [(d.clone(), Fault::PowerCut), (d, Fault::Full)]) {
        let tried = survives_at_each_operation(&empty, (&one, &one_files), (&two, &two_files), &|_| fault);
        assert!(tried > 20);
    }
}

#[test]
fn torture_of_links() {
    rounds("links", 1, |seed, tally| {
        let mut rng = StdRng::seed_from_u64(seed);
        let ((one, one_files), (two, two_files)) = (random(&mut rng, "1"), random(&mut rng, "2"));
        for empty in disks() {
            let dir = Arc::new(CrashDir::new(installed(&empty, &one, &one_files), seed, 8));
            make(dir.clone(), Some(&one), &two, &two_files).expect("no fault");
            dir.acknowledge(1);
            let (states, looked_at) = dir.states();
            for state in &states {
                let what = format!("seed {seed}, operation {}", state.at);
                let second = assert_one_of_both(&state.disk, [&one, &two], &what);
                assert!(state.acked == 0 || second, "{what}: it was done");
            }
            tally.crash_states += states.len() as u64;
            tally.looked_at += looked_at;
            let (one, two) = ((&one, &one_files), (&two, &two_files));
            tally.meet_faults_in_turn(seed, 16, |fault_at| {
                survives_at_each_operation(&empty, one, two, fault_at)
            });
        }
    });
}
