//! A frame ends where it ends, and what is none is none.

use super::*;
use crate::{
    inside::zstd::{Level, encode},
    samples::{Bytes, noise},
};

const SIZED: Form = Form { checksum: false, sized: true };

fn read(bytes: &[u8]) -> Option<Frame> {
    let file = Bytes(bytes.to_vec());
    Frame::read(&file, 0..bytes.len() as u64, &mut Work::unbounded()).unwrap()
}

/// A frame whose header is the magic and these bytes, of one stored block of so many bytes.
fn stored(header: &[u8], len: u32) -> Vec<u8> {
    let block = (len << 3 | 1).to_le_bytes();
    [&MAGIC, header, &block[..3], &noise(1, len as usize)].concat()
}

#[test]
fn frames_of_all_forms_and_lengths() {
    let text: Vec<u8> = noise(1, 400_000).into_iter().map(|b| b & 15).collect();
    for len in [1, 255, 256, 65_791, 65_792, 131_072, 400_000] {
        for (checksum, sized) in [(false, true), (true, true), (false, false), (true, false)] {
            for level in [-1, 1, 9] {
                let form = Form { checksum, sized };
                let frame = encode(&text[..len], Level::new(level).unwrap(), form).unwrap();
                let found = read(&[&frame[..], &MAGIC, b"more"].concat()).unwrap();
                assert_eq!((found.len, found.form), (frame.len() as u64, form), "{len}, {level}");
                assert_eq!(found.plain, sized.then_some(len as u64));
                assert_eq!(read(&frame[..frame.len() - 1]), None);
            }
        }
    }
    let whole = encode(&text[..2000], Level::new(3).unwrap(), SIZED).unwrap();
    assert!((0..whole.len()).all(|n| read(&whole[..n]).is_none()));
}

#[test]
fn lengths_of_every_width() {
    let long = (MAX_FRAME.to_le_bytes(), (MAX_FRAME + 1).to_le_bytes());
    for (header, plain) in [
        (&[0x20, 200][..], Some(200)),
        // With a window of any size before; two bytes count from 256 on.
        (&[0x40, 0xff, 44, 1], Some(556)),
        (&[0x60, 44, 1], Some(556)),
        (&[&[0xa0], &long.0[..4]].concat(), Some(MAX_FRAME)),
        (&[&[0xe0], &long.0[..]].concat(), Some(MAX_FRAME)),
        (&[0, 0xff], None),
    ] {
        let frame = stored(header, 100);
        let form = Form { checksum: false, sized: plain.is_some() };
        assert_eq!(read(&frame), Some(Frame { len: frame.len() as u64, plain, form }), "{header:x?}");
    }
    for (header, why) in [
        (&[&[0xa0], &long.1[..4]].concat()[..], "too much"),
        (&[&[0xe0], &[0xff; 8][..]].concat(), "far too much"),
        (&[0x21, 7, 200], "a dictionary"),
        (&[0x28, 200], "a reserved bit"),
    ] {
        assert_eq!(read(&stored(header, 100)), None, "{why}");
    }
}

#[test]
fn blocks_that_lie() {
    let of = |blocks: &[[u8; 3]]| [&MAGIC, &[0x20, 200][..], &blocks.concat()].concat();
    // A reserved type; a block over the end; none that is the last, and too many.
    assert_eq!(read(&of(&[[0b111, 0, 0]])), None);
    assert_eq!(read(&of(&[[0b001, 1, 0], [0; 3]])), None);
    let blocks = usize::try_from(MAX_BLOCKS).unwrap();
    assert_eq!(read(&of(&[[0; 3]; 10])), None);
    let empty = |n: usize| of(&[vec![[0; 3]; n], vec![[1, 0, 0]]].concat());
    assert!(read(&empty(blocks - 1)).is_some());
    assert_eq!(read(&empty(blocks)), None);
    // A long one.
    let most = u32::try_from(MAX_LEN).unwrap();
    let header = [0x20, 200];
    let over = u32::try_from(MAGIC.len() + header.len() + BLOCK_HEADER).unwrap();
    assert!(read(&stored(&header, most - over)).is_some());
    assert_eq!(read(&stored(&header, most - over + 1)), None);
}

#[test]
fn blocks_are_work() {
    let frame = [&MAGIC[..], &[0x20, 200], &[0; 30_000]].concat();
    let size = frame.len() as u64;
    let file = Bytes(frame);
    let mut work = Work::for_file(size);
    let most = work.left();
    let mut tries = 0;
    while work.left() > 0 {
        assert_eq!(Frame::read(&file, 0..size, &mut work).unwrap(), None);
        tries += 1;
    }
    assert!(tries <= most / (MAX_BLOCKS * BLOCK_WORK) + 1, "{tries}");
}
