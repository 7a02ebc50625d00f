//! Answers of peers and servers.

use mist_peer::outboard;
use mist_proto::limits::{FRAME_SIZE, GROUP_SIZE};

use crate::seed;

pub(crate) fn pieces() {
    for (name, size, edits) in [
        ("small", 1, &[][..]),
        ("group", GROUP_SIZE, &[&[0, 9, 0, 0, 0, 0, 0, 0, 0, 1][..]][..]),
        ("groups", 3 * GROUP_SIZE + 7, &[]),
        ("cut", 2 * GROUP_SIZE, &[&[1, 0, 0, 4, 0, 0, 0, 0, 0, 0], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0]]),
    ] {
        let content: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        let outboard = outboard::compute_stream(&content[..]).unwrap().to_bytes().unwrap();
        let asked = [&(size - 1).to_le_bytes()[..], &[1, 1, edits.len() as u8]].concat();
        seed("piece", name, &[asked, edits.concat(), outboard].concat());
    }
}

/// A seek table of frames with these compressed and decompressed lengths, with or without checksums.
fn table(frames: &[(u32, u32)], checksums: bool) -> Vec<u8> {
    let entries = frames.iter().flat_map(|(packed, plain)| {
        let entry = [packed.to_le_bytes(), plain.to_le_bytes(), [7; 4]];
        entry[..if checksums { 3 } else { 2 }].concat()
    });
    let entries: Vec<u8> = entries.collect();
    let len = (entries.len() as u32 + 9).to_le_bytes();
    let end = [u8::from(checksums) << 7, 0xb1, 0xea, 0x92, 0x8f];
    [&[0x5e, 0x2a, 0x4d, 0x18][..], &len, &entries, &(frames.len() as u32).to_le_bytes(), &end].concat()
}

/// Seek tables with what they are held against, and what servers say of ranges.
pub(crate) fn answers() {
    let full = FRAME_SIZE as u32;
    for (name, frames, checksums) in [
        ("no-frames", &[][..], false),
        ("one-frame", &[(30, 400)], false),
        ("frames", &[(100, full), (90, full), (14, 5)], false),
        ("checksums", &[(100, full), (14, 5)], true),
        ("too-long", &[(full * 2, full), (14, 5)], false),
        ("empty-frame", &[(0, full), (114, 5)], false),
    ] {
        let sum = |of: fn(&(u32, u32)) -> u32| frames.iter().map(|frame| u64::from(of(frame))).sum::<u64>();
        let (size, end) = (sum(|frame| frame.1).to_le_bytes(), sum(|frame| frame.0).to_le_bytes());
        seed("https", name, &[&size[..], &end, &table(frames, checksums)].concat());
    }
    for (name, value) in [("range", "bytes 5-9/10"), ("no-total", "bytes 0-8/*"), ("beyond", "bytes 5-10/10")]
    {
        seed("https", name, value.as_bytes());
    }
}
