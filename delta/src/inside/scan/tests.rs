//! Streams are found where they are and what they are, and nothing is found in what lies.

use std::io;

use mist_zlib::{Settings, Strategy, adler32, crc32};
use proptest::prelude::*;

use super::*;
use crate::{
    inside::{Kind, MAX_RUN, Wrapping, inflate::inflate},
    samples::Bytes,
};

#[path = "../../../tests/inside/pak.rs"]
mod pak;
#[path = "../../../tests/inside/png.rs"]
mod png;
#[path = "../../../tests/inside/zip.rs"]
mod zip;

use zip::deflate;

fn text(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        b"eeettaainosrhldc"[(state >> 13 & 15) as usize]
    };
    (0..len).map(step).collect()
}

/// Bytes that look like anything.
fn noise(seed: u32, len: usize) -> Vec<u8> {
    blake3_bytes(&seed.to_le_bytes(), len)
}

fn blake3_bytes(seed: &[u8], len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(seed).finalize_xof().fill(&mut out);
    out
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    [&[0x78, 0x9c], &deflate(plain, 6)[..], &adler32(1, plain).to_be_bytes()].concat()
}

/// A frame that tells its plain length.
fn frame(plain: &[u8]) -> Vec<u8> {
    ::zstd::bulk::compress(plain, 3).unwrap()
}

/// A frame that does not.
fn unsized_frame(plain: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(plain, 3).unwrap()
}

fn gzip(plain: &[u8], flags: u8, fields: &[u8]) -> Vec<u8> {
    let head = [&[0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3], fields].concat();
    let len = u32::try_from(plain.len()).unwrap();
    [head, deflate(plain, 6), crc32(0, plain).to_le_bytes().to_vec(), len.to_le_bytes().to_vec()].concat()
}

fn plain_of(file: &Bytes, s: &Stream) -> Vec<u8> {
    let mut plain = Vec::new();
    let end = inflate(file, s.at..s.end(), s.wrapping.kind(), s.plain, |p| {
        plain.extend_from_slice(p);
        Ok::<_, io::Error>(())
    });
    assert_eq!(end.unwrap(), Some(s.end()));
    plain
}

/// What is found in `bytes`, once it is checked that it is in order and inflates.
fn found(bytes: Vec<u8>) -> Vec<(Stream, Vec<u8>)> {
    let size = bytes.len() as u64;
    let file = Bytes(bytes);
    let streams = streams(&file, size).unwrap();
    assert!(streams.windows(2).all(|w| w[0].end() <= w[1].at));
    streams.into_iter().map(|s| (s, plain_of(&file, &s))).collect()
}

fn plains(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    found(bytes).into_iter().map(|(_, plain)| plain).collect()
}

#[test]
fn zlib_streams_anywhere() {
    let (a, b) = (text(1, 5000), text(2, 90_000));
    // Across the ends of windows, in noise that starts streams falsely, and in all too short ones.
    for before in [0, 1, WINDOW - PROBE - 1, WINDOW - PROBE, WINDOW - 1, WINDOW, 3 * WINDOW] {
        let file = [noise(7, before), zlib(&a), b"x\x9c".to_vec(), zlib(&b), zlib(&text(3, 50))].concat();
        let streams = found(file);
        assert_eq!(streams.len(), 2, "{before}");
        assert!(streams[0].0.at == before as u64 && streams[0].1 == a && streams[1].1 == b);
    }
}

#[test]
fn streams_behind_each_other_are_one_run() {
    let plain = text(1, 150_000);
    let blocks = |len: usize| plain.chunks(len).flat_map(zlib).collect::<Vec<u8>>();
    let streams = found(blocks(65_536));
    assert_eq!(streams.len(), 1);
    assert!(streams[0].1 == plain);
    assert_eq!(streams[0].0.wrapping, Wrapping::Zlib { header: [0x78, 0x9c], block: 65_536 });
    // Too small to be worth it; of unequal length; of more than is taken as one.
    assert!(found(blocks(1000)).len() == 150);
    assert_eq!(found([zlib(&plain[..5000]), zlib(&plain[..6000])].concat()).len(), 2);
    let many = usize::try_from(MAX_RUN).unwrap() / 65_536 + 1;
    assert_eq!(plains(zlib(&plain[..65_536]).repeat(many)).concat(), plain[..65_536].repeat(many));
}

#[test]
fn zstd_frames_anywhere() {
    let (a, b) = (text(1, 5000), text(2, 90_000));
    for before in [0, 1, WINDOW - PROBE - 1, WINDOW - 1, WINDOW, 3 * WINDOW] {
        // Too little, too much, and what only starts like a frame.
        let none = [frame(&text(3, 50)), frame(&text(3, 2 << 20)), zstd::MAGIC.to_vec(), noise(5, 3000)];
        let file = [noise(7, before), frame(&a), none.concat(), unsized_frame(&b)].concat();
        let streams = found(file);
        assert_eq!(streams.len(), 2, "{before}");
        assert!(streams[0].0.at == before as u64 && streams[0].1 == a && streams[1].1 == b);
    }
}

#[test]
fn frames_behind_each_other_are_one_run() {
    let plain = text(1, 150_000);
    for (frame, sized) in [(frame as fn(&[u8]) -> Vec<u8>, true), (unsized_frame, false)] {
        let blocks = |len: usize| plain.chunks(len).flat_map(frame).collect::<Vec<u8>>();
        let streams = found(blocks(65_536));
        assert_eq!(streams.len(), 1);
        assert!(streams[0].1 == plain);
        let form = zstd::Form { checksum: false, sized };
        assert_eq!(streams[0].0.wrapping, Wrapping::Zstd { form, block: 65_536 });
        assert!(found(blocks(1000)).len() == 150);
    }
    // Of different forms; of unequal length.
    assert_eq!(found([frame(&plain[..5000]), unsized_frame(&plain[..5000])].concat()).len(), 2);
    assert_eq!(found([frame(&plain[..5000]), frame(&plain[..6000])].concat()).len(), 2);
}

#[test]
fn gzip_members() {
    let (a, b) = (text(1, 5000), text(2, 70_000));
    let fields = [&[3, 0, 1, 2, 3][..], b"name\0", b"comment\0", &[9, 9]].concat();
    let file = [gzip(&a, 0, &[]), gzip(&b, 0b1_1110, &fields)].concat();
    assert_eq!(plains(file), [a.clone(), b]);
    for wrong in [
        // Reserved flags, a name without end, an extra field over the end, a wrong checksum, a wrong length.
        gzip(&a, 0xe0, &[]),
        gzip(&a, 8, &[b'n'; 5000]),
        gzip(&a, 4, &[0xff, 0xff])[..200].to_vec(),
        {
            let mut f = gzip(&a, 0, &[]);
            let n = f.len();
            f[n - 8] ^= 1;
            f
        },
        {
            let mut f = gzip(&a, 0, &[]);
            let n = f.len();
            f[n - 4] ^= 1;
            f
        },
        gzip(&a, 0, &[])[..500].to_vec(),
    ] {
        assert_eq!(plains(wrong).len(), 0);
    }
}

#[test]
fn images() {
    let rows = text(1, 301 * 400);
    let settings = Settings::new(9, 8).unwrap().with_strategy(Strategy::Filtered);
    for (chunk, kind) in [(8192, Kind::Png), (1 << 20, Kind::Zlib), (64, Kind::Png)] {
        let streams = found([noise(1, 100), png::png(&rows, settings, chunk), noise(2, 10)].concat());
        assert_eq!(streams.len(), 1, "{chunk}");
        assert!(streams[0].1 == rows && streams[0].0.wrapping.kind() == kind);
    }
}

#[test]
fn images_that_lie_are_left_alone() {
    let rows = text(1, 301 * 40);
    let image = png::png(&rows, Settings::new(6, 8).unwrap(), 1000);
    let idat = |n: usize| image.windows(4).enumerate().filter(|(_, w)| w == b"IDAT").nth(n).unwrap().0;
    let with = |at: usize, byte: u8| {
        let mut other = image.clone();
        other[at] = byte;
        other
    };
    for (other, why) in [
        (with(12, b'J'), "no header"),
        (with(24, 9), "depth"),
        (with(25, 5), "colour"),
        (with(28, 2), "interlace"),
        (with(16, 0xff), "width"),
        (with(idat(1), b'J'), "an early end"),
        (with(idat(1) - 1, 0), "unequal chunks"),
        (with(idat(0) + 4, 0x79), "no zlib"),
        (image[..idat(0) + 700].to_vec(), "cut"),
    ] {
        let size = other.len() as u64;
        let file = Bytes(other);
        for s in streams(&file, size).unwrap() {
            let plain = inflate(&file, s.at..s.end(), s.wrapping.kind(), s.plain, |_| Ok::<_, io::Error>(()));
            assert_eq!(plain.unwrap(), None, "{why}");
        }
    }
}

#[test]
fn unreal_archives() {
    let entries: Vec<(String, Vec<u8>)> = [
        ("Game/A.uasset", text(1, 1000)),
        ("Game/B.ubulk", noise(2, 3000)),
        ("Game/C.uexp", text(3, 2 * pak::BLOCK + 77)),
        ("Game/D.uexp", text(4, 2 * pak::BLOCK)),
    ]
    .map(|(name, content)| (name.to_owned(), content))
    .to_vec();
    let packed: Vec<&Vec<u8>> = [0, 2, 3].map(|i: usize| &entries[i].1).to_vec();
    for flavour in pak::FLAVOURS {
        let methods: [pak::Method; 3] = [(b"Zlib", zlib), (b"Zstd", frame), (b"Zstd", unsized_frame)];
        for method in methods.into_iter().take(if flavour.names > 0 { 3 } else { 1 }) {
            let streams = found(pak::pak_by(method, flavour, &entries));
            assert!(streams.iter().map(|(_, plain)| plain).eq(packed.iter().copied()), "{flavour:?}");
            let names: Vec<Option<u64>> = streams.iter().map(|(s, _)| s.name).collect();
            assert!(names.iter().all(Option::is_some) && names[0] != names[1], "{flavour:?}");
        }
    }
}

#[test]
fn an_archive_that_lies_is_no_danger() {
    let entries = [("a".to_owned(), text(1, 3000)), ("b".to_owned(), text(2, 3000))];
    for flavour in pak::FLAVOURS {
        let whole = pak::pak(flavour, &entries);
        let index = whole.len() - 700.min(whole.len());
        for at in index..whole.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut bad = whole.clone();
                bad[at] = byte;
                let size = bad.len() as u64;
                let listed = unreal::streams(&Bytes(bad), size).unwrap();
                assert!(listed.iter().all(|s| s.end() <= size), "{flavour:?}, byte {at}");
            }
        }
        for cut in 0..whole.len().min(900) {
            let rest = whole[cut..].to_vec();
            let size = rest.len() as u64;
            assert!(unreal::streams(&Bytes(rest), size).unwrap().iter().all(|s| s.end() <= size));
        }
    }
}

#[test]
fn an_entry_that_is_listed_often_is_looked_at_once() {
    let content = text(1, pak::BLOCK + 100);
    let entries: Vec<(String, Vec<u8>)> = (0..5).map(|_| ("same".to_owned(), content.clone())).collect();
    for flavour in pak::FLAVOURS {
        let mut archive = pak::pak(flavour, &entries);
        let size = archive.len() as u64;
        let before = unreal::streams(&Bytes(archive.clone()), size).unwrap();
        assert_eq!(before.len(), 5, "{flavour:?}");
        // The offsets in the index of all but the first two become that of the first.
        let len = u32::try_from(before[1].at - before[0].at).unwrap();
        for n in 2..5 {
            let at = archive.windows(4).rposition(|w| w == (len * n).to_le_bytes()).unwrap();
            archive[at..at + 4].fill(0);
        }
        assert_eq!(unreal::streams(&Bytes(archive), size).unwrap(), before[..2], "{flavour:?}");
    }
}

/// A small file of each kind.
fn small_files() -> Vec<Vec<u8>> {
    let entries = [("a".to_owned(), text(1, 600)), ("b".to_owned(), text(2, 700))];
    let image = png::png(&text(3, 301 * 4), Settings::new(6, 8).unwrap(), 100);
    let mut files = vec![
        zip::zip(&entries, 6, false),
        zip::zip(&entries, 6, true),
        image,
        gzip(&entries[0].1, 0b1_1110, b"\x02\0xxname\0comment\0hh"),
        zlib(&entries[1].1),
    ];
    files.extend(pak::FLAVOURS.map(|flavour| pak::pak(flavour, &entries)));
    files.push(zip::zip_of(93, frame, &entries, false));
    files.push(pak::pak_by((b"Zstd", frame), pak::FLAVOURS[5], &entries));
    files.push([frame(&entries[0].1), unsized_frame(&entries[1].1)].concat());
    files
}

proptest! {
    #[test]
    fn damaged_files_are_no_danger(
        file in prop::sample::select(small_files()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        keep in any::<bool>(),
    ) {
        let mut bytes = file;
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep {
            bytes.drain(..cut.index(bytes.len()));
        }
        let size = bytes.len() as u64;
        let file = Bytes(bytes);
        let mut end = 0;
        for s in streams(&file, size).unwrap() {
            prop_assert!(end <= s.at && s.packed > 0 && s.plain > 0 && s.end() <= size);
            end = s.end();
            // A container may promise what is not there, but reading it goes well.
            inflate(&file, s.at..s.end(), s.wrapping.kind(), s.plain, |_| Ok::<_, io::Error>(())).unwrap();
        }
    }
}

#[test]
fn work_is_bounded() {
    // Each of these starts a stream that inflates to much and comes to nothing.
    let bomb = zlib(&vec![0; 1 << 20]);
    let file = bomb[..bomb.len() - 5].repeat(2000);
    let size = file.len() as u64;
    let mut work = Work::for_file(size);
    let most = work.left();
    let file = Bytes(file);
    let mut decoder = Decoder::new().unwrap();
    let mut tries = 0;
    while work.left() > 0 {
        assert_eq!(zlib::stream_at(&file, 0..size, &mut decoder, &mut work).unwrap(), None);
        tries += 1;
    }
    assert!(tries <= (most >> 20) + 1, "{tries}");
    assert_eq!(streams(&file, size).unwrap(), []);
}

#[test]
fn work_for_frames_is_bounded() {
    // Each of these decodes to more than a frame may hold, and none tells.
    let run = |last: u32| [&((128 << 10) << 3 | 2 | last).to_le_bytes()[..3], b"x"].concat();
    let bomb = [&zstd::MAGIC[..], &[0, 0xa0], &run(0).repeat(100), &run(1)].concat();
    let file = bomb.repeat(100);
    let size = file.len() as u64;
    let mut work = Work::for_file(size);
    let most = work.left();
    let file = Bytes(file);
    let mut tries = 0;
    while work.left() > 0 {
        assert_eq!(zstd::stream_at(&file, 0..size, &mut work).unwrap(), None);
        tries += 1;
    }
    assert!(tries <= most / zstd::MAX_FRAME + 1, "{tries}");
    assert_eq!(streams(&file, size).unwrap(), []);
}
