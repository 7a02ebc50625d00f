//! Recipes and parts of uploads, and compressed archives.

use mist_proto::{Hash, limits};
use mist_tree::{
    recipe::{Recipe, unpack_part},
    seekable::{FRAME_SIZE, SeekTable, decode_frame},
};

use crate::input::Input;

/// A recipe has one form; the chunks of a part keep within their bounds.
pub fn recipe(data: &[u8]) {
    if let Ok(recipe) = Recipe::decode(data) {
        assert_eq!(recipe.encode().expect("it is as large as before"), data);
    }
    let mut unpacked = 0;
    let _ = unpack_part(data, |hash, chunk| {
        assert_eq!(Hash::of(chunk), hash);
        assert!((1..=limits::CHUNK_MAX as usize).contains(&chunk.len()));
        unpacked += chunk.len();
        Ok(())
    });
    assert!(unpacked <= limits::MAX_PART_DECODED);
}

/// A seek table has one form and lists every piece; a frame decodes to its piece or not at all. The archive's size comes
/// first, then the table or the frame.
pub fn seekable(data: &[u8]) {
    let mut input = Input(data);
    let size = input.u64();
    if let Ok(table) = SeekTable::parse(input.0, size) {
        assert_eq!(table.encode(), input.0);
        let mut end = 0;
        for piece in 0..table.frames() as u64 {
            let frame = table.frame(piece).expect("it is listed");
            assert!(frame.start == end && !frame.is_empty());
            end = frame.end;
        }
        assert!(table.frame(table.frames() as u64).is_none());
        assert_eq!(table.file_len(), end + input.0.len() as u64);
    }
    let len = usize::try_from(size % (2 * FRAME_SIZE)).expect("two pieces");
    if let Ok(piece) = decode_frame(input.0, len) {
        assert_eq!(piece.len(), len);
    }
}
