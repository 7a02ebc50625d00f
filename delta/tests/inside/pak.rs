//! Unreal archives, as the engine writes them.

use mist_zlib::{Deflater, Settings, adler32};

/// Plain bytes of a block, as in the engine.
pub(crate) const BLOCK: usize = 64 << 10;

/// What distinguishes the versions of the format that are written here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flavour {
    pub(crate) version: u32,
    /// Names of compression methods in the footer.
    pub(crate) names: usize,
}

/// The versions that differ in more than their number.
pub(crate) const FLAVOURS: [Flavour; 6] = [
    Flavour { version: 3, names: 0 },
    Flavour { version: 7, names: 0 },
    Flavour { version: 8, names: 4 },
    Flavour { version: 8, names: 5 },
    Flavour { version: 9, names: 5 },
    Flavour { version: 11, names: 5 },
];

/// An entry's place in the file.
struct Placed {
    offset: u64,
    packed: u64,
    plain: u64,
    hash: [u8; 20],
    /// Starts and ends of the blocks, in the entry.
    blocks: Vec<[u64; 2]>,
}

/// A compression method: its name in the footer, and what packs a block.
pub(crate) type Method = (&'static [u8], fn(&[u8]) -> Vec<u8>);

/// An archive of entries (path and content), those that it pays for packed in blocks by zlib.
pub(crate) fn pak(flavour: Flavour, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    pak_by((b"Zlib", zlib), flavour, entries)
}

/// The same with another method.
pub(crate) fn pak_by((method, pack): Method, flavour: Flavour, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut placed = Vec::new();
    for (_, content) in entries {
        let packed: Vec<Vec<u8>> = content.chunks(BLOCK).map(pack).collect();
        let len: usize = packed.iter().map(Vec::len).sum();
        let whole = blake3::hash(content);
        let mut entry = Placed {
            offset: out.len() as u64,
            packed: content.len() as u64,
            plain: content.len() as u64,
            hash: *whole.as_bytes().first_chunk().unwrap(),
            blocks: Vec::new(),
        };
        if len < content.len() {
            entry.packed = len as u64;
            entry.blocks = vec![[0; 2]; packed.len()];
            let mut at = record(flavour, &entry, 0).len() as u64;
            for (block, bytes) in entry.blocks.iter_mut().zip(&packed) {
                *block = [at, at + bytes.len() as u64];
                at += bytes.len() as u64;
            }
            out.extend(record(flavour, &entry, 0));
            out.extend(packed.concat());
        } else {
            out.extend(record(flavour, &entry, 0));
            out.extend(content);
        }
        placed.push(entry);
    }
    let index_at = out.len() as u64;
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let index = if flavour.version < 10 {
        listed(flavour, &names, &placed)
    } else {
        let by_folder = by_folder(&names, &placed);
        let index = encoded(&placed, index_at, &by_folder);
        [index, by_folder].concat()
    };
    // The folders' index is beside the index proper.
    let index_len = if flavour.version < 10 { index.len() } else { encoded(&placed, 0, &[]).len() };
    out.extend(index);
    footer(flavour, method, index_at, index_len as u64, &mut out);
    out
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut d = Deflater::new(Settings::new(6, 9).unwrap()).unwrap();
    let mut packed = vec![0; plain.len() + 1000];
    let n = d.run(plain, &mut packed, true).unwrap().made;
    [&[0x78, 0x9c], &packed[..n], &adler32(1, plain).to_be_bytes()].concat()
}

fn record(flavour: Flavour, e: &Placed, offset: u64) -> Vec<u8> {
    let mut out = [offset, e.packed, e.plain].map(u64::to_le_bytes).concat();
    let method = u8::from(!e.blocks.is_empty());
    out.push(method);
    if flavour.names != 4 {
        out.extend([0; 3]);
    }
    out.extend(e.hash);
    if method != 0 {
        // In the file before version 5, in the entry since.
        let base = if flavour.version < 5 { e.offset } else { 0 };
        out.extend(u32::try_from(e.blocks.len()).unwrap().to_le_bytes());
        out.extend(e.blocks.iter().flatten().flat_map(|at| (base + at).to_le_bytes()));
    }
    out.push(0);
    let block = if method == 0 { 0 } else { BLOCK.min(usize::try_from(e.plain).unwrap()) };
    out.extend(u32::try_from(block).unwrap().to_le_bytes());
    out
}

fn string(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len() + 1).unwrap().to_le_bytes(), text.as_bytes(), &[0]].concat()
}

fn listed(flavour: Flavour, names: &[&str], placed: &[Placed]) -> Vec<u8> {
    let mut out = string("../../../");
    out.extend(u32::try_from(names.len()).unwrap().to_le_bytes());
    for (name, e) in names.iter().zip(placed) {
        out.extend(string(name));
        out.extend(record(flavour, e, e.offset));
    }
    out
}

/// An entry's encoded record; all lengths and offsets are short here.
fn encoded_record(e: &Placed) -> Vec<u8> {
    let blocks = u32::try_from(e.blocks.len()).unwrap();
    let single = blocks == 1;
    // A block length that is no multiple of 2 KiB follows the flags.
    let flags = if single { 0x3f } else { u32::try_from(BLOCK >> 11).unwrap() };
    let mut out = (flags | blocks << 6 | u32::from(blocks > 0) << 23 | 0b111 << 29).to_le_bytes().to_vec();
    let short = |n: u64| u32::try_from(n).unwrap().to_le_bytes();
    if single {
        out.extend(short(e.plain));
    }
    out.extend([short(e.offset), short(e.plain)].concat());
    if blocks > 0 {
        out.extend(short(e.packed));
    }
    if blocks > 1 {
        out.extend(e.blocks.iter().flat_map(|[start, end]| short(end - start)));
    }
    out
}

fn by_folder(names: &[&str], placed: &[Placed]) -> Vec<u8> {
    let mut out = 1u32.to_le_bytes().to_vec();
    out.extend(string("/"));
    out.extend(u32::try_from(names.len()).unwrap().to_le_bytes());
    let mut place = 0;
    for (name, e) in names.iter().zip(placed) {
        out.extend(string(name));
        out.extend(u32::try_from(place).unwrap().to_le_bytes());
        place += encoded_record(e).len();
    }
    out
}

/// The index proper of version 10 and later, which lies at `at` with the folders' index after it.
fn encoded(placed: &[Placed], at: u64, by_folder: &[u8]) -> Vec<u8> {
    let records: Vec<u8> = placed.iter().flat_map(encoded_record).collect();
    let mut out = string("../../../");
    out.extend(u32::try_from(placed.len()).unwrap().to_le_bytes());
    out.extend([7; 8]);
    out.extend(0u32.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    // Offset, length and hash; count of records' bytes, the records, and that no others follow.
    let len = out.len() + 8 + 8 + 20 + 4 + records.len() + 4;
    out.extend([at + len as u64, by_folder.len() as u64].map(u64::to_le_bytes).concat());
    out.extend([0; 20]);
    out.extend(u32::try_from(records.len()).unwrap().to_le_bytes());
    out.extend(records);
    out.extend([0; 4]);
    out
}

fn footer(flavour: Flavour, method: &[u8], at: u64, len: u64, out: &mut Vec<u8>) {
    if flavour.version >= 7 {
        out.extend([0; 16]);
    }
    if flavour.version >= 4 {
        out.push(0);
    }
    out.extend([0x5a6f_12e1, flavour.version].map(u32::to_le_bytes).concat());
    out.extend([at, len].map(u64::to_le_bytes).concat());
    out.extend([0; 20]);
    if flavour.version == 9 {
        out.push(0);
    }
    let mut names = vec![0; flavour.names * 32];
    if flavour.names > 0 {
        names[..method.len()].copy_from_slice(method);
    }
    out.extend(names);
}
