//! Streams that zlib does not make: they are made by their parse where that pays.

use std::num::NonZeroU64;

use mist_delta::{PatchReader, Tally};
use mist_zlib::adler32;

use super::{Archive, asset, drawn_on, edited, entries, make, patch, png, prose, rebuilt, rows, zip::zip_by};

fn miniz(plain: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(plain, 9)
}

fn zopfli(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let options = zopfli::Options { iteration_count: NonZeroU64::MIN, ..zopfli::Options::default() };
    zopfli::compress(options, zopfli::Format::Deflate, plain, &mut out).unwrap();
    out
}

fn libdeflate(plain: &[u8]) -> Vec<u8> {
    let level = libdeflater::CompressionLvl::new(9).unwrap();
    let mut out = vec![0; plain.len() + 1000];
    let n = libdeflater::Compressor::new(level).deflate_compress(plain, &mut out).unwrap();
    out.truncate(n);
    out
}

/// Streams of zlib's format, one behind another.
fn run(plain: &[u8], block: usize) -> Vec<u8> {
    let stream = |part: &[u8]| [&[0x78, 0xda], &miniz(part)[..], &adler32(1, part).to_be_bytes()].concat();
    plain.chunks(block).flat_map(stream).collect()
}

/// An archive, a run of zlib streams and an image.
pub(crate) fn containers(assets: &[(String, Vec<u8>)], rows: &[u8]) -> Vec<u8> {
    [
        run(&assets[3].1, 8 << 10),
        png::png_of(&[0x78, 0xda], &miniz(rows), rows, 8192),
        zip_by(libdeflate, assets, false),
    ]
    .concat()
}

/// What the patch makes the new archive of.
fn tally(old: &[u8], new: &[u8]) -> (Tally, u64) {
    let (old, archive) = (Archive::new(old), Archive::new(new));
    let (bytes, report) = make(&old, &archive);
    assert!(rebuilt(&old, &bytes) == new);
    let tallies = PatchReader::open(bytes.as_slice()).unwrap().tally().unwrap();
    (tallies[0].clone(), report.patch_len)
}

#[test]
fn edits_in_archives_of_any_packer() {
    // The two entries that were edited.
    let both = |mut all: Vec<(String, Vec<u8>)>| vec![all.swap_remove(3), all.swap_remove(7)];
    type Encoder = fn(&[u8]) -> Vec<u8>;
    let encoders: [(Encoder, &str); 3] = [(miniz, "miniz"), (zopfli, "zopfli"), (libdeflate, "libdeflate")];
    for (encoder, name) in encoders {
        let (old, new) = (zip_by(encoder, &both(entries()), false), zip_by(encoder, &both(edited()), false));
        let (tally, len) = tally(&old, &new);
        assert_eq!((tally.streams, tally.parsed), (2, 2), "{name}");
        let packed: usize = both(edited()).iter().map(|(_, plain)| encoder(plain).len()).sum();
        assert!(len < packed as u64 * 3 / 4, "{name}: {len} of {packed}");
    }
}

#[test]
fn runs_of_zlib_streams() {
    let old: Vec<u8> = asset(1, 300_000);
    let mut new = old.clone();
    new[150_000..150_010].fill(9);
    let (tally, len) = tally(&run(&old, 64 << 10), &run(&new, 64 << 10));
    assert_eq!((tally.streams, tally.parsed), (1, 1));
    assert!(len < 2000, "{len}");
}

#[test]
fn images() {
    let image = |rows: &[u8]| png::png_of(&[0x78, 0xda], &libdeflate(rows), rows, 8192);
    let (tally, len) = tally(&image(&rows(1)), &image(&drawn_on(&rows(1))));
    assert_eq!((tally.streams, tally.parsed), (1, 1));
    assert!(len < libdeflate(&rows(1)).len() as u64 / 4, "{len}");
}

#[test]
fn what_has_nothing_in_common_stays_as_it_is() {
    let archive = |seed| zip_by(libdeflate, &[("a".to_owned(), asset(seed, 100_000))], false);
    let (tally, len) = tally(&archive(1), &archive(2));
    assert_eq!(tally.streams, 0);
    let whole = archive(2).len() as u64;
    assert!(len < whole + whole / 200, "{len} of {whole}");
}

#[test]
fn another_packer_of_the_same_content() {
    // Noise among it, so that the packed bytes are many beside what a packer says about them.
    let old: Vec<(String, Vec<u8>)> = vec![("a".to_owned(), [asset(1, 50_000), prose(1, 20_000)].concat())];
    let (zlib, foreign) = (super::zip(&old, 6, false), zip_by(libdeflate, &old, false));
    for (from, to, most) in [(&zlib, &foreign, foreign.len()), (&foreign, &zlib, 400)] {
        let len = patch(from, to).patch_len;
        assert!(len < most as u64, "{len} of {most}");
    }
}

#[test]
fn a_damaged_patch_is_refused_or_harmless() {
    let assets = |seed| vec![("a".to_owned(), [prose(seed, 3000), asset(seed, 2000)].concat())];
    let mut changed = assets(1);
    changed[0].1.splice(1000..1010, *b"a few words more");
    let (old, new) = (zip_by(libdeflate, &assets(1), false), zip_by(libdeflate, &changed, false));
    let old = Archive::new(&old);
    let (bytes, _) = make(&old, &Archive::new(&new));
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        super::try_rebuild(&old, &bad).into_iter().for_each(|made| assert!(made == new, "byte {at}"));
    }
}
