//! Uploads and archives.

use std::num::NonZeroUsize;

use mist_proto::Hash;
use mist_tree::{
    fs::{Dir, fault::MemDir},
    progress::unwatched,
    recipe::{Chunk, PartWriter, Recipe},
    seekable::{Compression, write},
};

use crate::{samples::prose, seed};

pub(crate) fn recipes() {
    let chunk = |len| Chunk { hash: Hash::of(b"chunk"), len };
    let recipe = Recipe { files: vec![vec![chunk(4 << 20), chunk(7)], vec![], vec![chunk(1)]] };
    seed("recipe", "recipe", &recipe.encode().unwrap());
    let mut part = PartWriter::new(3).unwrap();
    for text in [prose(1, 300), prose(2, 1), prose(1, 300)] {
        part.add(&text).unwrap();
    }
    seed("recipe", "part", &part.finish().unwrap());
}

pub(crate) fn archives() {
    for (name, len) in [("nothing", 0), ("small", 400), ("pieces", (5 << 20) / 2)] {
        let dir = MemDir::new();
        let path = mist_proto::RelPath::new("archive").unwrap();
        dir.create(&path).unwrap().write_all_at(&prose(1, 400).repeat(len / 400 + 1)[..len], 0).unwrap();
        let mut out = Vec::new();
        let compression = Compression { level: 3, threads: NonZeroUsize::MIN };
        let archive = dir.open(&path).unwrap();
        let table = write(&*archive, &mut out, compression, &mut unwatched).unwrap();
        let size = (len as u64).to_le_bytes();
        seed("seekable", &format!("{name}-table"), &[&size[..], &table.encode()].concat());
        if let Some(frame) = table.frame(0) {
            let frame = &out[..usize::try_from(frame.end).unwrap()];
            let piece = (len as u64).min(1 << 20).to_le_bytes();
            seed("seekable", &format!("{name}-frame"), &[&piece[..], frame].concat());
        }
    }
}
