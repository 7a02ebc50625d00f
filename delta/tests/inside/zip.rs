//! Zip archives, with and without zip64 records.

use mist_zlib::{Deflater, Settings};

/// A raw deflate stream.
pub(crate) fn deflate(plain: &[u8], level: u8) -> Vec<u8> {
    let mut d = Deflater::new(Settings::new(level, 8).unwrap()).unwrap();
    let mut out = vec![0; plain.len() + 1000];
    let n = d.run(plain, &mut out, true).unwrap().made;
    out.truncate(n);
    out
}

/// An archive of deflated entries. A `wide` one has every length and offset in zip64 records.
pub(crate) fn zip(entries: &[(String, Vec<u8>)], level: u8, wide: bool) -> Vec<u8> {
    zip_by(|plain| deflate(plain, level), entries, wide)
}

/// The same with another encoder.
pub(crate) fn zip_by(
    encoder: impl Fn(&[u8]) -> Vec<u8>,
    entries: &[(String, Vec<u8>)],
    wide: bool,
) -> Vec<u8> {
    zip_of(8, encoder, entries, wide)
}

/// The same with another method.
pub(crate) fn zip_of(
    method: u16,
    encoder: impl Fn(&[u8]) -> Vec<u8>,
    entries: &[(String, Vec<u8>)],
    wide: bool,
) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, plain) in entries {
        let packed = encoder(plain);
        let at = out.len();
        let fields = [20u16, 0, method, 0, 0].map(u16::to_le_bytes).concat();
        let short = |n: usize| if wide { [0xff; 4] } else { u32::try_from(n).unwrap().to_le_bytes() };
        let lens = [[0; 4], short(packed.len()), short(plain.len())].concat();
        let name_len = u16::try_from(name.len()).unwrap().to_le_bytes();
        let extra = if wide {
            let numbers = [plain.len(), packed.len(), at].map(|n| (n as u64).to_le_bytes()).concat();
            // Another field before the one that counts.
            [&[9, 9, 2, 0, 1, 2][..], &[1, 0, 24, 0], &numbers].concat()
        } else {
            Vec::new()
        };
        let extra_len = u16::try_from(extra.len()).unwrap().to_le_bytes();
        out.extend(*b"PK\x03\x04");
        out.extend([&fields[..], &lens, &name_len, &extra_len, name.as_bytes(), &extra].concat());
        out.extend(packed);
        directory.extend(*b"PK\x01\x02\x14\x00");
        directory.extend([&fields[..], &lens, &name_len, &extra_len, &[0; 10]].concat());
        directory.extend(short(at));
        directory.extend([name.as_bytes(), &extra].concat());
    }
    let (at, count) = (out.len() as u64, u16::try_from(entries.len()).unwrap());
    let len = directory.len() as u64;
    out.extend(&directory);
    if wide {
        let record_at = out.len() as u64;
        out.extend(*b"PK\x06\x06");
        // Length of the rest, versions, disks.
        out.extend([&44u64.to_le_bytes()[..], &[45, 0, 45, 0], &[0; 8]].concat());
        out.extend([count.into(), count.into(), len, at].map(u64::to_le_bytes).concat());
        out.extend(*b"PK\x06\x07\0\0\0\0");
        out.extend(record_at.to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out.extend(*b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].map(u16::to_le_bytes).concat());
    let short = |n: u64| if wide { [0xff; 4] } else { u32::try_from(n).unwrap().to_le_bytes() };
    out.extend([short(len), short(at)].concat());
    out.extend([0, 0]);
    out
}
