use super::{
    table::{COLUMNS, COUNTS, SOURCE_ROW, take_sources},
    *,
};
use crate::format::columns::{ColumnReader, ColumnWriter};

#[test]
fn sources_are_bounded() {
    let old = [OldFile { path: RelPath::new("old").unwrap(), content: Some((0, [0; 2])), fate: Fate::Stay }];
    let sources = |n: usize| {
        let mut w = ColumnWriter::<COLUMNS>::new();
        w.number(COUNTS, n as u64);
        w.bytes(SOURCE_ROW, &vec![0; n]);
        let table = w.finish(COLUMNS);
        let mut r = ColumnReader::new(&table, COLUMNS).unwrap();
        take_sources(&mut r, &old, Version::LATEST, &mut Budget(MAX_HEADER_MEMORY))
            .map(|sources| sources.len())
    };
    assert_eq!(sources(MAX_SOURCES).unwrap(), MAX_SOURCES);
    assert!(sources(MAX_SOURCES + 1).is_err());
}

fn deletes(paths: impl Iterator<Item = String>) -> Header {
    let none = Hash([0; 32]);
    let old =
        |path: String| OldFile { path: RelPath::new(&path).unwrap(), content: None, fate: Fate::Delete };
    Header {
        from: ManifestId(none),
        to: ManifestId(none),
        memory: 0,
        scratch: 0,
        old: paths.map(old).collect(),
        old_digest: none,
        new: Vec::new(),
        new_digest: none,
        made_dirs: Vec::new(),
        removed_dirs: Vec::new(),
        zstd: None,
        version: Version::Four,
        relocations: [].into(),
        sources: Vec::new(),
        links: Vec::new(),
        removed_links: Vec::new(),
        segments: Vec::new(),
    }
}

/// A header around these packed bytes.
fn around(codec: Codec, plain_len: u64, packed: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_magic(MAGIC);
    w.u8(Version::Four.id()).raw(&[0; 64]).u64(0).u64(0);
    w.u8(codec.id()).u64(plain_len).u64(packed.len() as u64).raw(packed);
    w.0
}

fn is_over_budget(bytes: &[u8]) -> bool {
    match Header::read(&mut &*bytes) {
        Err(HeaderError::Malformed(DecodeError::Invalid(why))) => why.contains("more memory"),
        _ => false,
    }
}

#[test]
fn a_short_header_takes_little_memory_whatever_it_says() {
    // Zeros, which shrink a thousandfold and more.
    let zeros = vec![0; 128 << 20];
    let packed = zstd::bulk::compress(&zeros, 1).unwrap();
    assert!(packed.len() < 16 << 10);
    assert!(is_over_budget(&around(Codec::Zstd, zeros.len() as u64, &packed)));
    // A length that nothing stands behind.
    assert!(is_over_budget(&around(Codec::Zstd, MAX_HEADER, &packed[..100])));

    // Rows of a few alike bytes, which name long paths.
    let deep = "x".repeat(200);
    let long = |n: usize| format!("{}/{n:06}", [&*deep; 4].join("/"));
    let header = deletes((0..40_000).map(long));
    let table = header.table();
    let packed = codec::pack(table.clone(), Effort::Small, Content::Literal).unwrap();
    assert!(packed.bytes.len() < 100 << 10, "{}", packed.bytes.len());
    assert!(is_over_budget(&around(packed.codec, table.len() as u64, &packed.bytes)));
    // Paths that share their ends only: each has folders of its own.
    let chain = ["d"; 60].join("/");
    let mut header = deletes((0..4_000).map(|n| format!("{n:05}/{chain}")));
    header.old.iter_mut().for_each(|f| f.fate = Fate::SetMode { executable: true });
    let table = header.table();
    let packed = codec::pack(table.clone(), Effort::Small, Content::Literal).unwrap();
    assert!(is_over_budget(&around(packed.codec, table.len() as u64, &packed.bytes)));
}

#[test]
fn a_header_that_packs_too_well_is_stored_and_can_be_read() {
    let header = deletes((0..100_000).map(|n| format!("{}/{n:06}", "a-long-folder-name".repeat(10))));
    let bytes = header.encode(Effort::Small).unwrap();
    assert!(bytes.len() > 400_000, "stored");
    let (read, len) = Header::read(&mut &*bytes).unwrap();
    assert!(read == header && len == bytes.len() as u64);
    // One that is as any other still packs.
    let usual = deletes((0..20_000).map(|n| format!("data/{n:06}.dat")));
    assert!(usual.encode(Effort::Small).unwrap().len() < 100 << 10);
}
