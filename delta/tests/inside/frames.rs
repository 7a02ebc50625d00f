//! zstd frames: in Unreal and zip archives, and anywhere.

use std::io::Write;

use mist_delta::PatchReader;
use zstd::zstd_safe::{CCtx, CParameter};

use super::{
    Archive, asset, assets, edited, entries, make, pak, patch, prose, rebuilt, try_rebuild,
    zip::{self, zip},
};

/// A frame by the function that packers call.
fn frame<const LEVEL: i32>(plain: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(plain, LEVEL).unwrap()
}

/// A frame of what comes, without the length of its plain text.
fn streamed(plain: &[u8], level: i32, checksum: bool) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), level).unwrap();
    encoder.include_checksum(checksum).unwrap();
    plain.chunks(10_000).for_each(|part| encoder.write_all(part).unwrap());
    encoder.finish().unwrap()
}

/// A frame with other parameters than any level has.
fn foreign(plain: &[u8]) -> Vec<u8> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(19)).unwrap();
    context.set_parameter(CParameter::MinMatch(7)).unwrap();
    context.set_parameter(CParameter::TargetLength(16)).unwrap();
    let mut out = vec![0; plain.len() + 1000];
    let n = context.compress2(&mut out[..], plain).unwrap();
    out.truncate(n);
    out
}

/// Assets in a file of an unknown kind, packed in runs of frames.
fn runs(assets: &[(String, Vec<u8>)], block: usize, pack: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let run = |(name, plain): &(String, Vec<u8>)| {
        [name.as_bytes(), &plain.chunks(block).flat_map(&pack).collect::<Vec<u8>>()].concat()
    };
    assets.iter().flat_map(run).collect()
}

/// An Unreal archive, and runs of frames of each form, before a zip archive.
pub(crate) fn containers(assets: &[(String, Vec<u8>)]) -> Vec<u8> {
    [
        runs(&assets[..4], 8 << 10, frame::<19>),
        runs(&assets[4..8], 8 << 10, |plain| streamed(plain, 3, true)),
        pak::pak_by((b"Zstd", frame::<3>), pak::FLAVOURS[5], &assets[..6]),
        zip::zip_of(93, frame::<9>, assets, false),
    ]
    .concat()
}

#[test]
fn one_changed_asset_in_a_shifted_archive_costs_its_own_patch() {
    let [mut old, mut new] = assets();
    let own = patch(&old[2].1, &new[2].1).patch_len;
    // One that nothing makes smaller.
    let stored = ("Game/Content/x.ubulk".to_owned(), noise(1, 200_000));
    for assets in [&mut old, &mut new] {
        assets.insert(4, stored.clone());
    }
    let methods: [pak::Method; 4] = [
        (b"Zstd", frame::<3>),
        (b"Zstd", frame::<-1>),
        (b"zstd", frame::<19>),
        (b"Zstd", |plain| streamed(plain, 6, true)),
    ];
    // All flavours with names of methods.
    for (method, flavour) in methods.into_iter().zip(&pak::FLAVOURS[2..]) {
        let archive = |assets: &[(String, Vec<u8>)]| pak::pak_by(method, *flavour, assets);
        let report = patch(&archive(&old), &archive(&new));
        assert!(report.patch_len <= own + own / 20, "{flavour:?}: {own} alone, {report:?}");
    }
}

/// Bytes that no encoder makes smaller, others for other seeds.
fn noise(seed: usize, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// Stands for a method that nobody knows: what it makes of a block changes wholly with any byte.
fn unknown(plain: &[u8]) -> Vec<u8> {
    let mut out = vec![0x8c; plain.len() * 3 / 5];
    blake3::Hasher::new().update(plain).finalize_xof().fill(&mut out[1..]);
    out
}

#[test]
fn blocks_of_an_unknown_method_and_stored_entries_are_matched_as_they_are() {
    let [mut old, mut new] = assets();
    let stored = ("Game/Content/x.ubulk".to_owned(), noise(1, 200_000));
    for assets in [&mut old, &mut new] {
        assets.insert(4, stored.clone());
    }
    let changed: usize = new[2].1.chunks(pak::BLOCK).map(|block| unknown(block).len()).sum();
    for flavour in &pak::FLAVOURS[2..] {
        let archive = |assets: &[(String, Vec<u8>)]| pak::pak_by((b"Oodle", unknown), *flavour, assets);
        let report = patch(&archive(&old), &archive(&new));
        assert!(report.patch_len < changed as u64 + 1000, "{flavour:?}: {changed} changed, {report:?}");
        assert_eq!(report.scratch_len, 0, "{flavour:?}");
    }
}

#[test]
fn frames_inside_files_of_unknown_kinds_are_found() {
    let plainly =
        patch(&runs(&entries(), 1 << 20, <[u8]>::to_vec), &runs(&edited(), 1 << 20, <[u8]>::to_vec));
    let most = plainly.patch_len + 700;
    type Pack = fn(&[u8]) -> Vec<u8>;
    let encoders: [(Pack, &str); 9] = [
        (frame::<1>, "1"),
        (frame::<5>, "5"),
        (frame::<12>, "12"),
        (frame::<22>, "22"),
        (frame::<-7>, "-7"),
        (|plain| streamed(plain, 1, false), "streamed 1"),
        (|plain| streamed(plain, 9, true), "streamed 9"),
        (|plain| streamed(plain, -5, true), "streamed -5"),
        (
            |plain| {
                let mut c = zstd::bulk::Compressor::new(17).unwrap();
                c.include_checksum(true).unwrap();
                c.compress(plain).unwrap()
            },
            "17 with checksum",
        ),
    ];
    for (pack, name) in encoders {
        for block in [1 << 20, 8 << 10] {
            let report = patch(&runs(&entries(), block, pack), &runs(&edited(), block, pack));
            assert!(report.patch_len < most, "{name}, {block}: {most}, {report:?}");
        }
    }
}

#[test]
fn a_large_frame_is_looked_into_up_to_its_bound() {
    for (len, inside) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let old = asset(1, len);
        let mut new = old.clone();
        new[500_000..500_010].fill(9);
        let report = patch(&frame::<3>(&old), &frame::<3>(&new));
        assert_eq!(report.patch_len < 1000, inside, "{report:?}");
        assert_eq!(report.scratch_len > 0, inside, "{report:?}");
    }
}

#[test]
fn entries_of_zip_archives() {
    let zipped = |assets: &[(String, Vec<u8>)]| zip::zip_of(93, frame::<19>, assets, false);
    let report = patch(&zipped(&entries()), &zipped(&edited()));
    assert!(report.patch_len < 1500, "{report:?}");
}

#[test]
fn what_another_encoder_made_is_copied_as_it_is() {
    let old = runs(&entries(), 1 << 20, foreign);
    let new = runs(&edited(), 1 << 20, foreign);
    let changed: usize = [3, 7, 12].map(|i: usize| foreign(&edited()[i].1).len()).iter().sum();
    let report = patch(&old, &new);
    assert_eq!(report.scratch_len, 0);
    assert!(report.patch_len < changed as u64 + 1000, "{changed}, {report:?}");
    // But it tells what one that is known is made of, and the other way round nothing is lost.
    let known = runs(&edited(), 1 << 20, frame::<3>);
    let report = patch(&old, &known);
    assert!(report.patch_len < 1500, "{report:?}");
    let whole = new.len() as u64;
    assert!(patch(&known, &new).patch_len < whole + whole / 100);
}

#[test]
fn from_one_packer_to_another() {
    let (deflated, framed) = (zip(&entries(), 6, false), runs(&entries(), 8 << 10, frame::<3>));
    for (old, new) in [(&deflated, &framed), (&framed, &deflated)] {
        let report = patch(old, new);
        assert!(report.patch_len < 1500, "{report:?}");
    }
}

#[test]
fn damaged_and_cut_frames_are_copied_as_they_are() {
    let old = runs(&entries(), 8 << 10, frame::<19>);
    for at in (0..old.len()).step_by(old.len() / 7) {
        let mut bad = old.clone();
        bad[at] ^= 0xff;
        let report = patch(&old, &bad);
        assert!(report.patch_len < 1200, "{at}: {report:?}");
        patch(&old[..at], &old);
        patch(&old, &old[..at]);
    }
}

#[test]
fn only_patches_that_make_frames_name_the_encoder() {
    let (old, new) = (zip(&entries(), 6, false), zip(&edited(), 6, false));
    let (bytes, _) = make(&Archive::new(&old), &Archive::new(&new));
    assert_eq!(bytes[7], b'4');
    assert_eq!(PatchReader::open(bytes.as_slice()).unwrap().header().zstd, None);
    let [old, new] = [entries(), edited()].map(|assets| runs(&assets, 8 << 10, frame::<3>));
    let (bytes, _) = make(&Archive::new(&old), &Archive::new(&new));
    assert_eq!(bytes[7], b'5');
    let here = zstd::zstd_safe::version_number();
    assert_eq!(PatchReader::open(bytes.as_slice()).unwrap().header().zstd, Some(here));
}

#[test]
fn a_damaged_patch_is_refused_or_harmless() {
    let assets = vec![("a".to_owned(), [prose(1, 3000), asset(1, 9000)].concat())];
    let mut changed = assets.clone();
    changed[0].1.splice(1000..1010, *b"a few words more");
    let [old, new] = [&assets, &changed].map(|assets| runs(assets, 4 << 10, frame::<3>));
    let old = Archive::new(&old);
    let (bytes, _) = make(&old, &Archive::new(&new));
    assert!(rebuilt(&old, &bytes) == new);
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (at % 8);
        try_rebuild(&old, &bad).into_iter().for_each(|made| assert!(made == new, "byte {at}"));
    }
}
