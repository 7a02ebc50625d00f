//! Every bound on remote input and every size that peers must agree on, in one place.
//!
//! Sizes are in bytes unless a name says otherwise.

/// Bytes that one BLAKE3 chunk covers. Fixed by BLAKE3.
pub const BLAKE3_CHUNK: u64 = 1024;
/// log2 of the number of BLAKE3 chunks in a chunk group: 2^8 chunks of 1 KiB.
pub const GROUP_CHUNK_LOG: u8 = 8;
/// The unit that bao verifies: 256 KiB.
pub const GROUP_SIZE: u64 = BLAKE3_CHUNK << GROUP_CHUNK_LOG;
/// Chunk groups in a piece of a blob above [`SMALL_BLOB`]; in those of others there is one.
pub const MAX_PIECE_GROUPS: u64 = 4;
/// The largest piece: 1 MiB.
pub const MAX_PIECE_SIZE: u64 = GROUP_SIZE * MAX_PIECE_GROUPS;
/// The largest blob whose pieces are single groups, so that friends have enough of them to pass on: 512 MiB.
pub const SMALL_BLOB: u64 = 512 * 1024 * 1024;

/// The unit that the scheduler asks for and that the have-bitmap counts, for a blob of `size` bytes. The last piece is what is left.
#[must_use]
pub const fn piece_size(size: u64) -> u64 {
    if size <= SMALL_BLOB { GROUP_SIZE } else { MAX_PIECE_SIZE }
}

/// Pieces of a blob of `size` bytes.
#[must_use]
pub const fn pieces(size: u64) -> u64 {
    size.div_ceil(piece_size(size))
}

/// Bytes of an archive in each frame of its compressed form, but for the last: 1 MiB.
pub const FRAME_SIZE: u64 = 1024 * 1024;

/// The largest frame on a control stream before the peer has shown a valid ticket.
pub const MAX_HELLO_FRAME: usize = 1024;
/// The largest frame on a control stream after admission: a have-bitmap page with room to spare.
pub const MAX_CONTROL_FRAME: usize = 64 * 1024;
/// Pieces that one have-bitmap page covers (32 KiB of bits: 256 GiB of a large blob a page).
pub const HAVE_PAGE_PIECES: u64 = 32 * 1024 * 8;
/// The largest request on a request stream.
pub const MAX_REQUEST_FRAME: usize = 256;
/// Parent hash pairs that one answer may carry: four groups below the highest tree that 2^63 bytes can make.
pub const MAX_PARENTS_PER_ANSWER: usize = 128;
/// Blobs that one connection may have open for have-updates.
pub const MAX_SUBSCRIPTIONS: usize = 1024;
/// Request streams that one peer may have open towards us.
pub const MAX_INFLIGHT_PER_PEER: u32 = 64;

/// The largest path inside a build.
pub const MAX_PATH: usize = 1024;
/// The longest path component, in UTF-8 bytes and in UTF-16 units alike (ext4 counts the first, NTFS the second).
pub const MAX_COMPONENT: usize = 255;
/// The deepest path, in components.
pub const MAX_DEPTH: usize = 64;

/// The largest encoded manifest: about 500,000 files with long paths.
pub const MAX_MANIFEST: usize = 128 * 1024 * 1024;
/// The largest signed envelope: a manifest behind its magic, the release key and the signature.
pub const MAX_ENVELOPE: usize = MAX_MANIFEST + 8 + 32 + 64;
/// Files, links and empty directories in one build.
pub const MAX_ENTRIES: u64 = 1_000_000;
/// Symbolic links in one build. A tree of ten thousands of programs and libraries has some thousand.
pub const MAX_LINKS: usize = 65_536;
/// Links of one build and what stands for them on a disk without links, together.
pub const MAX_COPIES: u64 = 200_000;
/// Bytes in all paths of those.
pub const MAX_COPY_PATHS: usize = 16 * 1024 * 1024;
/// Launch entries in one build.
pub const MAX_LAUNCH: u64 = 32;
/// Arguments of one launch entry.
pub const MAX_LAUNCH_ARGS: u64 = 64;
/// The largest launch argument.
pub const MAX_LAUNCH_ARG: usize = 4096;
/// The largest file and the largest archive: 2^60, so that sums of a million of them still fit what we compute with
/// checked arithmetic, and nothing near the 63-bit limit of bao trees.
pub const MAX_BLOB: u64 = 1 << 60;

/// Average size of a content-defined upload chunk.
pub const CHUNK_AVG: u32 = 1024 * 1024;
/// Smallest content-defined upload chunk (but for a file's last).
pub const CHUNK_MIN: u32 = 256 * 1024;
/// Largest content-defined upload chunk.
pub const CHUNK_MAX: u32 = 4 * 1024 * 1024;
/// The largest compressed upload part.
pub const MAX_PART: usize = 8 * 1024 * 1024;
/// What one upload part may decode to.
pub const MAX_PART_DECODED: usize = 32 * 1024 * 1024;
/// The largest recipe (the chunk list of a build) on the wire, compressed or not.
pub const MAX_RECIPE: usize = 256 * 1024 * 1024;
/// The largest signature of a friend's folder.
pub const MAX_SIGNATURE: usize = 16 * 1024 * 1024;

/// The largest JSON body that the HTTP API accepts.
pub const MAX_JSON_BODY: usize = 1024 * 1024;
/// The largest picture that is taken as a cover.
pub const MAX_PICTURE: usize = 10 * 1024 * 1024;
/// Files of a patch whose cost is kept one by one, and the bytes of their paths together.
pub const MAX_STORY: usize = 1000;
/// See [`MAX_STORY`].
pub const MAX_STORY_PATHS: usize = 256 * 1024;
/// Entries of the list of publishers, those who may publish no more among them.
pub const MAX_PUBLISHERS: usize = 64;
/// The largest package of the client.
pub const MAX_CLIENT_PACKAGE: u64 = 256 * 1024 * 1024;
/// A package of the client travels in parts of this size, but for its last.
pub const CLIENT_PART: usize = 1024 * 1024;
/// Packages of the client that are offered at once.
pub const MAX_CLIENT_PACKAGES: usize = 32;
/// The largest statement about one.
pub const MAX_CLIENT_STATEMENT: usize = 256;
/// Lines of one job's log that are kept.
pub const MAX_LOG_LINES: usize = 200;
/// Bytes of text in them.
pub const MAX_LOG_BYTES: u64 = 64 * 1024;
/// Lines for a job's log that a seed says at once.
pub const MAX_SAID_LINES: usize = 50;
/// How long a seed's word about its store counts, in milliseconds. For as long no other seed may use that store, and the seed itself
/// changes its store no longer than that after the last word that was accepted.
pub const STORE_WORD_MILLIS: i64 = 90_000;
/// Builds that a seed names as rotten.
pub const MAX_ROTTEN: usize = 100;
/// Games of which an announce says what is moved.
pub const MAX_MOVING: usize = 64;
/// Parts into which the pieces of a blob are gathered to be told of.
pub const MAX_PIECE_PARTS: usize = 1024;
/// Blobs of which a seed says at once which pieces its peers have.
pub const MAX_PIECE_COUNTS: usize = 16;
/// The largest announce: 10,000 holdings take about 2 MB.
pub const MAX_ANNOUNCE: usize = 4 * 1024 * 1024;
/// The largest JSON answer that a client of the HTTP API reads: room for a million missing chunks.
pub const MAX_JSON_ANSWER: usize = 64 * 1024 * 1024;
/// The largest answer with the catalogue.
pub const MAX_CATALOGUE: usize = 32 * 1024 * 1024;
/// Games that a client keeps of one catalogue, and builds of all of them together.
pub const MAX_GAMES: usize = 5_000;
/// See [`MAX_GAMES`].
pub const MAX_BUILDS: usize = 50_000;
/// The longest revision of the catalogue: it is part of an address, of which proxies take 8 KiB.
pub const MAX_REVISION: usize = 6 * 1024;
/// The longest line of a stream of server-sent events, and the most that one event may say.
pub const MAX_EVENT_LINE: usize = 64 * 1024;
/// The largest token that is even looked at.
pub const MAX_TOKEN: usize = 4096;
/// The largest seek table of a compressed archive: 2^20 frames of 1 MiB, 12 bytes each.
pub const MAX_SEEK_TABLE: usize = 12 * 1024 * 1024;
