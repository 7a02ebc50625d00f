//! PNG images, as common encoders write them.

use mist_zlib::{Deflater, Settings, Strategy, adler32, crc32};

/// Pixels of a row.
pub(crate) const WIDTH: u32 = 100;

/// An 8-bit RGB image of rows, each after the byte that tells its filter, in IDAT chunks of `chunk` bytes. The level is
/// at least 6.
pub(crate) fn png(rows: &[u8], settings: Settings, chunk: usize) -> Vec<u8> {
    let mut d = Deflater::new(settings).unwrap();
    let mut packed = vec![0; rows.len() + 1000];
    let n = d.run(rows, &mut packed, true).unwrap().made;
    let flg = match (settings.strategy(), settings.level()) {
        (Strategy::HuffmanOnly | Strategy::RunLength, _) => 0x01,
        (_, 6) => 0x9c,
        _ => 0xda,
    };
    png_of(&[0x78, flg], &packed[..n], rows, chunk)
}

/// The same of rows that are deflated already, with this header before.
pub(crate) fn png_of(header: &[u8; 2], packed: &[u8], rows: &[u8], chunk: usize) -> Vec<u8> {
    let row = usize::try_from(WIDTH).unwrap() * 3 + 1;
    assert!(rows.len().is_multiple_of(row));
    let height = u32::try_from(rows.len() / row).unwrap();
    let stream = [header, packed, &adler32(1, rows).to_be_bytes()].concat();

    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [WIDTH.to_be_bytes(), height.to_be_bytes()].concat();
    put(&mut out, *b"IHDR", &[&header[..], &[8, 2, 0, 0, 0]].concat());
    put(&mut out, *b"gAMA", &45_455u32.to_be_bytes());
    for part in stream.chunks(chunk) {
        put(&mut out, *b"IDAT", part);
    }
    put(&mut out, *b"IEND", &[]);
    out
}

fn put(out: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    out.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
    out.extend(kind);
    out.extend(content);
    out.extend(crc32(crc32(0, &kind), content).to_be_bytes());
}
