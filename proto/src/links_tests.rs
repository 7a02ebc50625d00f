use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{BlobId, Hash, manifest::ManifestError};

/// A tree a line: the rule that it breaks, its files and folders, its links.
const HOSTILE: &str = include_str!("../testdata/hostile_links.tsv");

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect(text)
}

/// A build of these files and empty folders (with a slash at their end) and links.
fn build(entries: &[&str], links: &[(&str, &str)]) -> Result<Manifest, ManifestError> {
    let mut files: Vec<FileEntry> = (entries.iter().filter(|e| !e.ends_with('/')))
        .map(|e| FileEntry { path: path(e), size: 1, executable: false, hash: Hash::of(e.as_bytes()) })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut empty_dirs: Vec<_> = entries.iter().filter_map(|e| e.strip_suffix('/')).map(path).collect();
    empty_dirs.sort();
    let links = links.iter().map(|(at, target)| {
        let target =
            LinkTarget::new(target).map_err(|rule| ManifestError::Target { path: path(at), rule })?;
        Ok(LinkEntry { path: path(at), target })
    });
    let mut links = links.collect::<Result<Vec<_>, ManifestError>>()?;
    links.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        game: "g".parse().expect("slug"),
        version: "1".parse().expect("version"),
        sequence: 1,
        parent: None,
        floor: 0,
        archive: BlobId::of(b""),
        files,
        empty_dirs,
        links,
        launch: vec![],
    };
    // What decoding refuses is what checking does.
    let decoded = Manifest::decode(&manifest.encode());
    assert_eq!(decoded.as_ref().err(), manifest.check().err().as_ref());
    decoded
}

/// What stands in the place of links: copies as `place=original`, empty folders with a slash.
fn twins(manifest: &Manifest) -> Vec<String> {
    let mut all = Vec::new();
    let told = Links::of(manifest).each_twin(&mut |_, twin| {
        all.push(match twin {
            Twin::File { path, file } => format!("{path}={}", manifest.files[file].path),
            Twin::Folder(path) => format!("{path}/"),
        });
    });
    told.expect("checked");
    all
}

fn rule(error: &ManifestError) -> String {
    let rule = match error {
        ManifestError::Link(e) => format!("{:?}", e.rule),
        ManifestError::Target { rule, .. } => format!("{rule:?}"),
        ManifestError::Path(e) => format!("{:?}", e.rule),
        other => format!("{other:?}"),
    };
    rule.split('(').next().unwrap_or_default().to_owned()
}

fn unescape(text: &str) -> String {
    text.replace("\\u{301}", "\u{301}").replace("\\u{202e}", "\u{202e}")
}

#[test]
fn the_hostile_table_is_refused_for_the_stated_reason() {
    let mut seen = 0;
    for line in HOSTILE.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let line = unescape(line);
        let [stated, entries, links] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}")
        };
        let entries: Vec<_> = entries.split(' ').collect();
        let links: Vec<_> = links.split(' ').map(|l| l.split_once("->").expect("a link")).collect();
        let refused = build(&entries, &links).expect_err(&line);
        assert_eq!(rule(&refused), stated, "{line}");
        seen += 1;
    }
    assert!(seen > 50, "the table was read");
}

#[test]
fn libraries_and_bundles_lead_where_they_should() {
    let lib = build(&["lib/x.so.1.2"], &[("lib/x.so", "x.so.1"), ("lib/x.so.1", "x.so.1.2")]).expect("valid");
    assert_eq!(twins(&lib), ["lib/x.so=lib/x.so.1.2", "lib/x.so.1=lib/x.so.1.2"]);
    let bundle = build(
        &["F/Versions/A/F", "F/Versions/A/Resources/r", "F/Versions/A/Empty/"],
        &[
            ("F/F", "Versions/Current/F"),
            ("F/Resources", "Versions/Current/Resources"),
            ("F/Versions/Current", "A"),
        ],
    );
    assert_eq!(
        twins(&bundle.expect("valid")),
        [
            "F/F=F/Versions/A/F",
            "F/Resources/r=F/Versions/A/Resources/r",
            "F/Versions/Current/F=F/Versions/A/F",
            "F/Versions/Current/Resources/r=F/Versions/A/Resources/r",
            "F/Versions/Current/Empty/",
        ]
    );
}

#[test]
fn links_in_folders_that_links_lead_to_are_copied_too() {
    let build =
        build(&["a/b/x", "a/b/y", "e/"], &[("a/b/l", "x"), ("a/up", "../e"), ("to", "a"), ("z", "to/b/l")]);
    assert_eq!(
        twins(&build.expect("valid")),
        ["a/b/l=a/b/x", "a/up/", "to/b/x=a/b/x", "to/b/y=a/b/y", "to/b/l=a/b/x", "to/up/", "z=a/b/x"]
    );
}

#[test]
fn a_long_chain_is_a_circle_and_a_bomb_is_too_much() {
    let chain = |n: usize| {
        let links: Vec<_> = (1..n).map(|i| (format!("l{i:03}"), format!("l{:03}", i - 1))).collect();
        let mut links: Vec<_> = links.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        links.push(("l000", "a"));
        build(&["a"], &links).err().map(|e| rule(&e))
    };
    assert_eq!(chain(40), None);
    assert_eq!(chain(41), Some("Circle".to_owned()));
    // Each folder holds the next one twice.
    let links: Vec<_> = (0..24)
        .flat_map(|n| ["a", "b"].map(|s| (format!("d{n:02}/{s}"), format!("../d{:02}", n + 1))))
        .collect();
    let links: Vec<_> = links.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(build(&["d24/x"], &links).err().map(|e| rule(&e)), Some("TooMuch".to_owned()));
}

#[test]
fn copies_have_to_have_paths() {
    let deep = format!("{}x", "d/".repeat(60));
    let links = [("a/b/c/d/e/f", "../../../../../d")];
    assert_eq!(build(&[&deep], &links).err().map(|e| rule(&e)), Some("Paths".to_owned()));
}

#[test]
fn too_many_links_are_refused_before_they_are_followed() {
    let link = |n: usize| LinkEntry { path: path(&format!("l{n:06}")), target: "a".parse().expect("target") };
    let mut many = build(&["a"], &[]).expect("valid");
    many.links = (0..=MAX_LINKS).map(link).collect();
    assert!(matches!(many.check(), Err(ManifestError::Link(LinkError { rule: LinkRule::TooMuch, .. }))));
    many.links.truncate(MAX_LINKS);
    many.check().expect("as many as there may be");
}

#[test]
fn how_far_up_a_target_goes() {
    let escapes = |at: &str, target: &str| LinkTarget::new(target).expect(target).escapes(&path(at));
    assert!(!escapes("l", "a"));
    assert!(escapes("l", "../a"));
    assert!(!escapes("d/l", "../a"));
    assert!(escapes("d/l", "../../a"));
}

/// What a link leads to, by a file system made of a map: the slow and obvious way.
fn follow(
    tree: &BTreeMap<String, Option<String>>,
    folder: &str,
    target: &str,
    hops: usize,
) -> Option<String> {
    let mut at = folder.to_owned();
    for name in target.split('/') {
        if name == ".." {
            if at.is_empty() {
                return None;
            }
            at.truncate(at.rfind('/').unwrap_or(0));
            continue;
        }
        let next = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
        at = match tree.get(&next)? {
            None => next,
            Some(_) if hops == 0 => return None,
            Some(target) => follow(tree, &at, target, hops - 1)?,
        };
    }
    Some(at)
}

proptest! {
    /// Random small trees: what resolves does so as on a file system, and every copy is of what its own path leads to.
    #[test]
    fn links_lead_where_a_file_system_leads_them(
        links in proptest::collection::btree_map("(a/|b/)?[l-n]", "(\\.\\./){0,2}([abl-n]/){0,2}[abl-n]", 1..5)
    ) {
        let links: Vec<_> = links.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let Ok(made) = build(&["a/b", "a/a/x", "b/b"], &links) else { return Ok(()) };
        let mut tree: BTreeMap<String, Option<String>> =
            ["a", "a/b", "a/a", "a/a/x", "b", "b/b"].map(|p| (p.to_owned(), None)).into();
        tree.extend(links.iter().map(|(at, target)| ((*at).to_owned(), Some((*target).to_owned()))));
        let resolved = Links::of(&made);
        for (i, link) in made.links.iter().enumerate() {
            let folder = link.path.parent().map_or(String::new(), |p| p.to_string());
            let expected = follow(&tree, &folder, link.target.as_str(), MAX_HOPS);
            let got = match resolved.resolve(i).expect("checked") {
                Resolved::File(file) => made.files[*file].path.to_string(),
                Resolved::Folder(folder) => folder.to_string(),
            };
            prop_assert_eq!(Some(got), expected);
        }
        for twin in twins(&made) {
            let (place, original) = twin.split_once('=').expect("no empty folders");
            let leads_to = follow(&tree, "", place, MAX_HOPS);
            prop_assert_eq!(leads_to.as_deref(), Some(original));
        }
    }
}
