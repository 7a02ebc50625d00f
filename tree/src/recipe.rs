//! What an upload consists of: the recipe, which lists each file's chunks, and parts, which carry chunks.
//!
//! A recipe is `"MISTRCP1"`, a `u32` count of files, and for each file, in manifest order, a `u32` count of chunks and
//! for each chunk its BLAKE3 hash (32) and `u32` length; all numbers little-endian. An empty file has no chunks.
//!
//! A part is one zstd frame (window at most 8 MiB) over a sequence of chunks, each a `u32` length and as many bytes.
//! It names no hashes: the receiver computes them.

use std::io::{self, Read, Write};

use mist_proto::{
    Hash, Manifest, RelPath,
    codec::{DecodeError, Reader, Writer},
    limits,
};

const MAGIC: &[u8; 8] = b"MISTRCP1";
/// Encoded bytes of one chunk in a recipe.
const CHUNK: usize = 36;
/// log2 of the window of a part's frame.
const WINDOW_LOG: u32 = 23;
/// What zstd may add to incompressible input, and the end of a frame, generously.
const FRAME_OVERHEAD: usize = 64 * 1024;

/// A content-defined chunk of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// Hash of its bytes.
    pub hash: Hash,
    /// Length in bytes: 1 to [`limits::CHUNK_MAX`].
    pub len: u32,
}

/// The chunks of a build's files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipe {
    /// For each file, in manifest order, its chunks from the first to the last.
    pub files: Vec<Vec<Chunk>>,
}

/// Why a recipe was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// Malformed bytes.
    #[error("malformed recipe: {0}")]
    Decode(#[from] DecodeError),
    /// It would exceed [`limits::MAX_RECIPE`].
    #[error("the recipe is over 256 MiB")]
    TooLarge,
    /// It lists another number of files than the manifest.
    #[error("the recipe lists {found} files, the manifest {expected}")]
    Files {
        /// Files of the recipe.
        found: usize,
        /// Files of the manifest.
        expected: usize,
    },
    /// A file's chunks do not add up to its size.
    #[error("the chunks of {path} add up to {found} bytes instead of {expected}")]
    Size {
        /// The file.
        path: RelPath,
        /// Sum of the chunks.
        found: u64,
        /// Size in the manifest.
        expected: u64,
    },
}

impl Recipe {
    /// The encoded form.
    ///
    /// # Errors
    /// [`RecipeError::TooLarge`].
    pub fn encode(&self) -> Result<Vec<u8>, RecipeError> {
        let len = MAGIC.len() + 4 + self.files.iter().map(|chunks| 4 + CHUNK * chunks.len()).sum::<usize>();
        if len > limits::MAX_RECIPE {
            return Err(RecipeError::TooLarge);
        }
        let count = |n: usize| u32::try_from(n).expect("fewer than the bytes of a recipe");
        let mut w = Writer(Vec::with_capacity(len));
        w.raw(MAGIC).u32(count(self.files.len()));
        for chunks in &self.files {
            w.u32(count(chunks.len()));
            for chunk in chunks {
                w.raw(&chunk.hash.0).u32(chunk.len);
            }
        }
        Ok(w.0)
    }

    /// Reads the encoded form. Allocates about as much as it is given.
    ///
    /// # Errors
    /// [`RecipeError::Decode`] or [`RecipeError::TooLarge`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecipeError> {
        if bytes.len() > limits::MAX_RECIPE {
            return Err(RecipeError::TooLarge);
        }
        let mut r = Reader::new(bytes);
        if r.array::<8>()? != *MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        let files = r.u32()?;
        if u64::from(files) > limits::MAX_ENTRIES {
            return Err(DecodeError::OutOfBounds.into());
        }
        let files = (0..files).map(|_| decode_file(&mut r)).collect::<Result<_, _>>()?;
        r.end()?;
        Ok(Self { files })
    }

    /// Checks that it can be the recipe of `manifest`'s files. Whether the chunks hash to the files shows only when
    /// they are put together.
    ///
    /// # Errors
    /// The first file that does not fit.
    pub fn check(&self, manifest: &Manifest) -> Result<(), RecipeError> {
        if self.files.len() != manifest.files.len() {
            return Err(RecipeError::Files { found: self.files.len(), expected: manifest.files.len() });
        }
        for (chunks, file) in self.files.iter().zip(&manifest.files) {
            let found = chunks.iter().map(|c| u64::from(c.len)).sum();
            if found != file.size {
                return Err(RecipeError::Size { path: file.path.clone(), found, expected: file.size });
            }
        }
        Ok(())
    }
}

fn decode_file(r: &mut Reader<'_>) -> Result<Vec<Chunk>, DecodeError> {
    let chunks = r.u32()? as usize;
    if chunks > r.remaining() / CHUNK {
        return Err(DecodeError::Truncated);
    }
    (0..chunks)
        .map(|_| {
            let chunk = Chunk { hash: Hash(r.array()?), len: r.u32()? };
            if chunk.len == 0 || chunk.len > limits::CHUNK_MAX {
                return Err(DecodeError::OutOfBounds);
            }
            Ok(chunk)
        })
        .collect()
}

/// Packs chunks into one part.
pub struct PartWriter {
    zstd: zstd::Encoder<'static, Vec<u8>>,
    raw: usize,
}

impl PartWriter {
    /// An empty part, compressed at `level` (1 to 22).
    ///
    /// # Errors
    /// What zstd reports.
    pub fn new(level: i32) -> io::Result<Self> {
        let mut zstd = zstd::Encoder::new(Vec::new(), level)?;
        zstd.window_log(WINDOW_LOG)?;
        Ok(Self { zstd, raw: 0 })
    }

    /// Whether no chunk has been added.
    pub fn is_empty(&self) -> bool {
        self.raw == 0
    }

    /// Whether a chunk of `len` bytes surely fits; an empty part has room for any chunk.
    pub fn has_room(&self, len: usize) -> bool {
        let raw = self.raw + 4 + len;
        let compressed = self.zstd.get_ref().len() + len + FRAME_OVERHEAD;
        raw <= limits::MAX_PART_DECODED && compressed <= limits::MAX_PART
    }

    /// Adds a chunk that there is room for.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for an empty or too long chunk or without room, or what zstd reports.
    pub fn add(&mut self, chunk: &[u8]) -> io::Result<()> {
        let len = chunk_len(chunk.len()).filter(|_| self.has_room(chunk.len()));
        let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such chunk fits"))?;
        self.zstd.write_all(&len.to_le_bytes())?;
        self.zstd.write_all(chunk)?;
        // Only flushed output shows how much room is left.
        self.zstd.flush()?;
        self.raw += 4 + chunk.len();
        Ok(())
    }

    /// The part, at most [`limits::MAX_PART`] bytes.
    ///
    /// # Errors
    /// What zstd reports.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.zstd.finish()
    }
}

fn chunk_len(len: usize) -> Option<u32> {
    u32::try_from(len).ok().filter(|len| (1..=limits::CHUNK_MAX).contains(len))
}

/// Why a part was refused.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// It is over [`limits::MAX_PART`], or decodes to over [`limits::MAX_PART_DECODED`].
    #[error("the part is over its bound")]
    TooLarge,
    /// Not zstd, or not a sequence of chunks.
    #[error("malformed part: {0}")]
    Malformed(io::Error),
    /// The receiver of the chunks failed.
    #[error(transparent)]
    Sink(io::Error),
}

/// Unpacks a part: calls `sink` with each chunk and its hash, in order. Holds one chunk and zstd's window.
///
/// # Errors
/// [`PartError`]; chunks before the place of the error have been given to `sink`, which is harmless, because each is
/// addressed by its own hash.
pub fn unpack_part(
    part: &[u8],
    mut sink: impl FnMut(Hash, &[u8]) -> io::Result<()>,
) -> Result<(), PartError> {
    if part.len() > limits::MAX_PART {
        return Err(PartError::TooLarge);
    }
    let mut zstd = zstd::Decoder::with_buffer(part).map_err(PartError::Malformed)?.single_frame();
    zstd.window_log_max(WINDOW_LOG).map_err(PartError::Malformed)?;
    let mut chunk = Vec::new();
    let mut raw = 0;
    loop {
        let mut head = [0; 4];
        match zstd.read(&mut head[..1]).map_err(PartError::Malformed)? {
            0 => break,
            _ => zstd.read_exact(&mut head[1..]).map_err(PartError::Malformed)?,
        }
        let len = chunk_len(u32::from_le_bytes(head) as usize)
            .ok_or_else(|| PartError::Malformed(io::Error::other("length of a chunk")))?;
        raw += 4 + len as usize;
        if raw > limits::MAX_PART_DECODED {
            return Err(PartError::TooLarge);
        }
        chunk.resize(len as usize, 0);
        zstd.read_exact(&mut chunk).map_err(PartError::Malformed)?;
        sink(Hash::of(&chunk), &chunk).map_err(PartError::Sink)?;
    }
    if zstd.finish().is_empty() {
        Ok(())
    } else {
        Err(PartError::Malformed(io::Error::other("bytes after the end")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{build, folder, noise};

    fn unpacked(part: &[u8]) -> Result<Vec<Vec<u8>>, PartError> {
        let mut out = vec![];
        unpack_part(part, |hash, bytes| {
            assert_eq!(hash, Hash::of(bytes));
            out.push(bytes.to_vec());
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn parts_keep_their_bounds_whatever_the_content() {
        for compressible in [false, true] {
            let mut part = PartWriter::new(3).unwrap();
            let mut added = vec![];
            for i in 0.. {
                let chunk = if compressible { vec![7; 900_000] } else { noise(i, 900_000) };
                if !part.has_room(chunk.len()) {
                    break;
                }
                part.add(&chunk).unwrap();
                added.push(chunk);
            }
            let bytes = part.finish().unwrap();
            assert!(bytes.len() <= limits::MAX_PART);
            // Full in one of the two senses, but for about a chunk.
            let raw: usize = added.iter().map(Vec::len).sum();
            assert!(bytes.len() > limits::MAX_PART - 1_000_000 || raw > limits::MAX_PART_DECODED - 1_000_000);
            assert!(unpacked(&bytes).unwrap() == added);
        }
    }

    #[test]
    fn the_largest_chunk_fits_and_no_other_length_does() {
        let mut part = PartWriter::new(1).unwrap();
        assert!(part.is_empty() && part.has_room(limits::CHUNK_MAX as usize));
        assert!(part.add(&[]).is_err());
        assert!(part.add(&vec![0; limits::CHUNK_MAX as usize + 1]).is_err());
        part.add(&noise(1, limits::CHUNK_MAX as usize)).unwrap();
        assert!(!part.is_empty());
        assert_eq!(unpacked(&part.finish().unwrap()).unwrap().len(), 1);
    }

    #[test]
    fn hostile_parts_are_refused() {
        let zstd = |raw: &[u8]| zstd::bulk::compress(raw, 1).unwrap();
        let chunk = |len: u32, bytes: &[u8]| [&len.to_le_bytes()[..], bytes].concat();
        let good = zstd(&chunk(2, b"ab"));
        assert_eq!(unpacked(&good).unwrap(), [b"ab"]);
        assert_eq!(unpacked(&zstd(b"")).unwrap(), Vec::<Vec<u8>>::new());
        for bad in [
            vec![],
            b"not zstd at all".to_vec(),
            zstd(&chunk(0, b"")),
            zstd(&chunk(3, b"ab")),
            zstd(&chunk(limits::CHUNK_MAX + 1, &vec![0; limits::CHUNK_MAX as usize + 1])),
            zstd(&chunk(u32::MAX, b"ab")),
            zstd(&[2, 0, 0]),
            good[..good.len() - 1].to_vec(),
            [good.clone(), good.clone()].concat(),
            [good, vec![0]].concat(),
        ] {
            assert!(matches!(unpacked(&bad), Err(PartError::Malformed(_))), "{bad:?}");
        }
        let bomb = chunk(1 << 20, &vec![0; 1 << 20]).repeat(33);
        assert!(matches!(unpacked(&zstd(&bomb)), Err(PartError::TooLarge)));
        assert!(matches!(unpacked(&vec![0; limits::MAX_PART + 1]), Err(PartError::TooLarge)));
    }

    #[test]
    fn a_window_over_the_bound_is_refused() {
        let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
        zstd.window_log(WINDOW_LOG + 1).unwrap();
        for _ in 0..20 {
            zstd.write_all(&(1u32 << 20).to_le_bytes()).unwrap();
            zstd.write_all(&vec![7; 1 << 20]).unwrap();
        }
        let part = zstd.finish().unwrap();
        assert!(part.len() < limits::MAX_PART);
        assert!(matches!(unpacked(&part), Err(PartError::Malformed(_))));
    }

    #[test]
    fn a_recipe_must_fit_its_manifest() {
        let (_tmp, dir) = folder();
        let manifest = build(&*dir, &[("a", noise(1, 30), false), ("b", vec![], false)]);
        let chunk = |len| Chunk { hash: Hash::of(b""), len };
        let recipe = |files: &[&[u32]]| Recipe {
            files: files.iter().map(|f| f.iter().copied().map(chunk).collect()).collect(),
        };
        assert_eq!(recipe(&[&[10, 20], &[]]).check(&manifest), Ok(()));
        assert!(matches!(
            recipe(&[&[10, 21], &[]]).check(&manifest),
            Err(RecipeError::Size { found: 31, .. })
        ));
        assert!(matches!(recipe(&[&[30], &[1]]).check(&manifest), Err(RecipeError::Size { .. })));
        assert!(matches!(
            recipe(&[&[30]]).check(&manifest),
            Err(RecipeError::Files { found: 1, expected: 2 })
        ));
    }

    fn any_recipe() -> impl Strategy<Value = Recipe> {
        let chunk =
            (any::<[u8; 32]>(), 1..=limits::CHUNK_MAX).prop_map(|(h, len)| Chunk { hash: Hash(h), len });
        proptest::collection::vec(proptest::collection::vec(chunk, 0..4), 0..6)
            .prop_map(|files| Recipe { files })
    }

    proptest! {
        #[test]
        fn recipes_round_trip_and_cuts_are_refused(recipe in any_recipe(), cut in any::<prop::sample::Index>()) {
            let bytes = recipe.encode().unwrap();
            prop_assert_eq!(Recipe::decode(&bytes), Ok(recipe));
            prop_assert!(Recipe::decode(&bytes[..cut.index(bytes.len())]).is_err());
            prop_assert!(Recipe::decode(&[&bytes[..], &[0]].concat()).is_err());
        }

        /// Whatever decodes is what its bytes say, and nothing panics or allocates beyond its input.
        #[test]
        fn anything_decodes_to_itself_or_not_at_all(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [&MAGIC[..], &tail].concat();
            if let Ok(recipe) = Recipe::decode(&bytes) {
                prop_assert_eq!(recipe.encode().unwrap(), bytes);
            }
        }
    }
}
