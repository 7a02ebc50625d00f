//! The bytes in front of a file's content, and those of a link.

/// Unit of a tar.
pub(super) const BLOCK: usize = 512;
/// Sizes from here on do not fit eleven octal digits.
const PAX_SIZE_FROM: u64 = 1 << 33;
const NAME: usize = 100;
const PREFIX: usize = 155;

/// How a path is written.
enum Name<'a> {
    /// In the ustar fields.
    Ustar { prefix: &'a str, name: &'a str },
    /// In a pax record.
    Pax,
}

fn name_of(path: &str) -> Name<'_> {
    if !path.is_ascii() {
        return Name::Pax;
    }
    if path.len() <= NAME {
        return Name::Ustar { prefix: "", name: path };
    }
    let cut = path.match_indices('/').map(|(at, _)| at).find(|at| path.len() - at - 1 <= NAME);
    match cut {
        Some(at) if at <= PREFIX => Name::Ustar { prefix: &path[..at], name: &path[at + 1..] },
        _ => Name::Pax,
    }
}

/// Length of what [`bytes`] makes.
pub(super) fn length(path: &str, size: u64) -> u16 {
    let records = records_length(path, size);
    let extended = if records == 0 { 0 } else { BLOCK + padded(records) };
    u16::try_from(extended + BLOCK).expect("paths are at most 1,024 bytes")
}

/// All headers of a file: the pax header if it needs one, then the ustar header.
pub(super) fn bytes(path: &str, size: u64, executable: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(usize::from(length(path, size)));
    let name = name_of(path);
    let mut records = Vec::new();
    if matches!(name, Name::Pax) {
        records.extend(record("path", path));
    }
    if size >= PAX_SIZE_FROM {
        records.extend(record("size", &size.to_string()));
    }
    put_pax(&mut out, records);
    let mode = if executable { 0o755 } else { 0o644 };
    let size_field = if size >= PAX_SIZE_FROM { 0 } else { size };
    out.extend(match name {
        Name::Ustar { prefix, name } => ustar(prefix, name.as_bytes(), mode, size_field, b'0', b""),
        Name::Pax => ustar("", &plain(path), mode, size_field, b'0', b""),
    });
    out
}

/// Length of what [`link_bytes`] makes.
pub(super) fn link_length(path: &str, target: &str) -> u16 {
    let path_record = if matches!(name_of(path), Name::Pax) { record_length("path", path.len()) } else { 0 };
    let records = path_record + if is_plain(target) { 0 } else { record_length("linkpath", target.len()) };
    let extended = if records == 0 { 0 } else { BLOCK + padded(records) };
    u16::try_from(extended + BLOCK).expect("paths and targets are at most 1,024 bytes")
}

/// All headers of a symbolic link: the pax header if it needs one, then the ustar header. It has no content.
pub(super) fn link_bytes(path: &str, target: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(usize::from(link_length(path, target)));
    let name = name_of(path);
    let mut records = Vec::new();
    if matches!(name, Name::Pax) {
        records.extend(record("path", path));
    }
    if !is_plain(target) {
        records.extend(record("linkpath", target));
    }
    put_pax(&mut out, records);
    let plain_target = plain(target);
    out.extend(match name {
        Name::Ustar { prefix, name } => ustar(prefix, name.as_bytes(), 0o777, 0, b'2', &plain_target),
        Name::Pax => ustar("", &plain(path), 0o777, 0, b'2', &plain_target),
    });
    out
}

/// Whether a target fits the field for it.
fn is_plain(target: &str) -> bool {
    target.is_ascii() && target.len() <= NAME
}

/// What stands in a field for a text that has a record.
fn plain(text: &str) -> Vec<u8> {
    text.bytes().take(NAME).map(|b| if b.is_ascii() { b } else { b'_' }).collect()
}

/// The pax header with these records, if there are any.
fn put_pax(out: &mut Vec<u8>, mut records: Vec<u8>) {
    if !records.is_empty() {
        out.extend(ustar("", b"././@PaxHeader", 0o644, records.len() as u64, b'x', b""));
        let end = padded(records.len());
        records.resize(end, 0);
        out.append(&mut records);
    }
}

fn padded(len: usize) -> usize {
    len.next_multiple_of(BLOCK)
}

fn records_length(path: &str, size: u64) -> usize {
    let path_record = if matches!(name_of(path), Name::Pax) { record_length("path", path.len()) } else { 0 };
    let size_record =
        if size >= PAX_SIZE_FROM { record_length("size", size.ilog10() as usize + 1) } else { 0 };
    path_record + size_record
}

/// Length of `"<length> <key>=<value>\n"`, which counts its own digits.
fn record_length(key: &str, value: usize) -> usize {
    let rest = key.len() + value + 3;
    let mut digits = 1;
    while digits_of(rest + digits) != digits {
        digits += 1;
    }
    rest + digits
}

fn digits_of(n: usize) -> usize {
    n.ilog10() as usize + 1
}

fn record(key: &str, value: &str) -> Vec<u8> {
    format!("{} {key}={value}\n", record_length(key, value.len())).into_bytes()
}

fn ustar(prefix: &str, name: &[u8], mode: u32, size: u64, kind: u8, link: &[u8]) -> [u8; BLOCK] {
    let mut h = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| h[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link);
    put(257, b"ustar\x0000");
    put(329, b"0000000");
    put(337, b"0000000");
    put(345, prefix.as_bytes());
    let sum: u32 = h.iter().map(|&b| u32::from(b)).sum();
    h[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_what_bytes_makes() {
        let deep = format!("{}/{}", "d".repeat(155), "f".repeat(100));
        let too_deep = format!("{}/{}", "d".repeat(156), "f".repeat(100));
        let unsplittable = format!("a/{}", "f".repeat(101));
        for path in ["a", &"a".repeat(100), &deep, &too_deep, &unsplittable, "é", &"é/".repeat(400)] {
            for size in [0, 1, PAX_SIZE_FROM - 1, PAX_SIZE_FROM, 9_999_999_999, 10_000_000_000, 1 << 60] {
                let made = bytes(path, size, false);
                assert_eq!(made.len(), usize::from(length(path, size)), "{path} {size}");
                assert_eq!(made.len() % 512, 0);
            }
        }
        assert_eq!(length(&deep, 0), 512);
        assert_eq!(length(&too_deep, 0), 1536);
        assert_eq!(length(&unsplittable, 0), 1536);
        assert_eq!(length("a", PAX_SIZE_FROM), 1536);
    }

    #[test]
    fn length_of_a_link_is_what_its_bytes_make() {
        let long = "a".repeat(101);
        for path in ["a", &long, "é", &"é/".repeat(400)] {
            for target in ["a", "../é", &"b".repeat(100), &"b".repeat(101), &"é/".repeat(400)] {
                let made = link_bytes(path, target);
                assert_eq!(made.len(), usize::from(link_length(path, target)), "{path} {target}");
            }
        }
        assert_eq!(link_length("a", &"b".repeat(100)), 512);
        assert_eq!(link_length("a", &long), 1536);
    }

    /// A record's length counts its own digits: around each power of ten it can jump by two.
    #[test]
    fn record_lengths_are_self_consistent() {
        for value in 1..2000 {
            let made = record("path", &"v".repeat(value));
            let said: usize = std::str::from_utf8(&made).unwrap().split(' ').next().unwrap().parse().unwrap();
            assert_eq!(said, made.len());
        }
    }
}
