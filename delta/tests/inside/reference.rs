//! Single files held against a reference: what qbsdiff, an implementation of bsdiff, makes of the same two.

use crate::{link::System, noise::noise, patch, programs, samples::prose, zip::zip};

/// What a patch may have more than the reference's: the header and the names that bsdiff has none of, ...
const ENVELOPE: u64 = 200;
/// ... and one in so many of its bytes, where both hold the same news and pack it differently.
const SHARE: u64 = 20;

/// Bytes of the reference's patch.
fn reference(old: &[u8], new: &[u8]) -> u64 {
    let mut patch = Vec::new();
    qbsdiff::Bsdiff::new(old, new).compare(std::io::Cursor::new(&mut patch)).unwrap();
    patch.len() as u64
}

/// Patches one file into the other, and holds the patch against the reference's.
fn hold(what: &str, old: &[u8], new: &[u8]) {
    let (ours, theirs) = (patch(old, new).patch_len, reference(old, new));
    assert!(ours <= theirs + theirs / SHARE + ENVELOPE, "{what}: {ours} bytes, the reference has {theirs}");
}

/// Numbers as a level or a mesh holds them: little of each differs from the one before.
fn heights(count: usize, lift: impl Fn(usize) -> f32) -> Vec<u8> {
    (0..count).flat_map(|i| ((i as f32 / 50.0).sin() * 80.0 + lift(i)).to_le_bytes()).collect()
}

/// Lines as in a table of items that a designer balances.
fn table(price: impl Fn(usize) -> usize) -> Vec<u8> {
    let line = |i: usize| format!("item_{i:05},{},{},common,stackable\n", price(i), i * 7919 % 100);
    (0..12_000).map(line).collect::<String>().into_bytes()
}

/// The project's own code: text as people write it.
fn code() -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn text_that_was_edited() {
    let old = code();
    let text = String::from_utf8(old.clone()).unwrap();
    hold("another name", &old, text.replace("patch", "difference").as_bytes());
    hold("another line end", &old, text.replace('\n', "\r\n").as_bytes());
    let (front, back) = old.split_at(old.len() / 3);
    hold("two halves that changed places", &old, &[back, front].concat());
    hold("a line more", &old, &[front, b"// A remark.\n", back].concat());
}

#[test]
fn numbers_that_were_balanced() {
    let price = |i: usize| i * 31 % 997;
    hold("a price in ten", &table(price), &table(|i| price(i) + usize::from(i % 10 == 3)));
    hold("every price", &table(price), &table(|i| price(i) * 11 / 10));
    let flat = heights(200_000, |_| 0.0);
    hold("a hill", &flat, &heights(200_000, |i| if i / 4000 == 20 { 3.5 } else { 0.0 }));
}

#[test]
fn assets_that_were_moved_about() {
    let old = noise(1, 2 << 20);
    let (a, b, c) = (&old[..700_000], &old[700_000..1_500_000], &old[1_500_000..]);
    hold("one more", &old, &[a, &noise(2, 30_000)[..], b, c].concat());
    hold("one less", &old, &[a, c].concat());
    hold("another order", &old, &[c, a, b].concat());
    let mut spread = old.clone();
    for at in noise(3, 1200).as_chunks::<3>().0 {
        spread[usize::from(at[0]) << 13 | usize::from(at[1]) << 5] ^= at[2] | 1;
    }
    hold("a byte here and there", &old, &spread);
}

#[test]
fn programs_and_archives() {
    for system in [System::Linux, System::Windows] {
        let [old, new] = programs::versions(system);
        hold("a program that grew", &old, &new);
    }
    let entries = |edit: &[u8]| -> Vec<_> {
        (0..12).map(|i| (format!("{i}.txt"), [&prose(i, 20_000), edit].concat())).collect()
    };
    hold("an archive of texts", &zip(&entries(b""), 6, false), &zip(&entries(b"the end"), 6, false));
}

#[test]
fn next_to_nothing_and_nothing_alike() {
    hold("a short note", b"version 1\n", b"version 2\n");
    hold("from nothing", b"", &prose(4, 100_000));
    hold("to nothing", &prose(4, 100_000), b"");
    hold("nothing alike", &noise(5, 300_000), &noise(6, 300_000));
}
