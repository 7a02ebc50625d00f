//! Every level makes frames that decode, in the memory that is declared for it.

use std::io;

use super::*;
use crate::{
    inside::zstd::{MAX_FRAME, decode::decode},
    samples::{Bytes, noise},
};

fn forms() -> impl Iterator<Item = Form> {
    let all = [(false, false), (true, false), (false, true), (true, true)];
    all.into_iter().map(|(checksum, sized)| Form { checksum, sized })
}

fn levels() -> impl Iterator<Item = Level> {
    [i8::MIN].into_iter().chain(-3..=i8::MAX).filter_map(Level::new)
}

/// Bytes that repeat in part.
fn text(len: usize) -> Vec<u8> {
    noise(1, len).chunks(5).flat_map(|part| part.iter().map(|b| b & part[0])).collect()
}

fn decoded(frames: Vec<u8>, plain: u64) -> Option<Vec<u8>> {
    let len = frames.len() as u64;
    let mut text = Vec::new();
    let mut put = |part: &[u8]| {
        text.extend_from_slice(part);
        Ok::<_, io::Error>(())
    };
    let end = decode(&Bytes(frames), 0..len, plain, &mut put).unwrap();
    end.map(|end| {
        assert_eq!(end, len);
        text
    })
}

#[test]
fn there_and_back() {
    for level in levels() {
        for form in forms().filter(|f| level.makes(*f)) {
            for len in [1, 140_000] {
                let plain = text(len);
                let frame = encode(&plain, level, form).unwrap();
                assert!(encode(&plain, level, form).unwrap() == frame);
                assert!(decoded(frame, len as u64).unwrap() == plain, "{level:?} {form:?} {len}");
            }
        }
    }
    assert_eq!((Level::new(0), Level::new(23)), (None, None));
}

#[test]
fn frames_of_any_form_behind_each_other() {
    let plain = text(9000);
    let level = Level::new(5).unwrap();
    let frame = |part: &[u8], form| encode(part, level, form).unwrap();
    let frames: Vec<u8> =
        plain.chunks(2250).zip(forms()).flat_map(|(part, form)| frame(part, form)).collect();
    assert!(decoded(frames.clone(), 9000).unwrap() == plain);
    // Half a frame, a frame too few, one that makes nothing, and a wrong checksum.
    assert!(decoded(frames.clone(), 8000).is_none());
    assert!(decoded(frames.clone(), 9001).is_none());
    let empty = frame(&[], Form { checksum: false, sized: true });
    assert!(decoded(empty.repeat(3), 1).is_none());
    let mut lying = frames;
    *lying.last_mut().unwrap() ^= 1;
    assert!(decoded(lying, 9000).is_none());
}

#[test]
fn a_bomb_stops_at_what_a_frame_may_hold() {
    // Runs of 128 KiB in four bytes each, without a length.
    let blocks = |n: usize| {
        let block = |last: u32| [&((128 << 10) << 3 | 2 | last).to_le_bytes()[..3], b"x"].concat();
        [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0][..], &block(0).repeat(n - 1), &block(1)].concat()
    };
    assert_eq!(decoded(blocks(8), MAX_FRAME).unwrap().len() as u64, MAX_FRAME);
    assert!(decoded(blocks(9), MAX_FRAME + (128 << 10)).is_none());
    assert!(decoded(blocks(4000), 4000 << 17).is_none());
    // Less is asked for than comes.
    assert!(decoded(blocks(8), 1000).is_none());
}

#[test]
fn memory_is_bounded() {
    for len in [1 << 12, 1 << 16, (1 << 17) + 1, (1 << 18) + 1, 1 << 20] {
        let plain = text(len);
        for level in levels() {
            for form in forms().filter(|f| !f.checksum && level.makes(*f)) {
                let mut context = CCtx::create();
                let frame = encode_by(&mut context, &plain, level, form).unwrap();
                let taken = context.sizeof() + frame.capacity() + plain.len();
                assert!(taken as u64 <= memory(form, len as u64), "{level:?} {form:?} {len}: {taken}");
            }
        }
    }
}
