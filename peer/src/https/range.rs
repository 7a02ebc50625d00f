//! What a server says of the range that it sends. Pure.

/// `Content-Range: bytes first-last/total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte that comes.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Length of the whole.
    pub total: u64,
}

impl ContentRange {
    /// Reads the header's value; none if it says no range, or one that can't be.
    pub fn parse(value: &str) -> Option<Self> {
        let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, total) = (number(first)?, number(last)?, number(total)?);
        (first <= last && last < total).then_some(Self { first, last, total })
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_lies_within_the_whole() {
        let range = ContentRange { first: 5, last: 9, total: 10 };
        assert_eq!(ContentRange::parse("bytes 5-9/10"), Some(range));
        for wrong in [
            "",
            "5-9/10",
            "bytes 5-9",
            "bytes 5-9/*",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "bytes +5-9/10",
            "bytes 5-/10",
            "bytes 5-9/10 ",
            "bytes 5-9/18446744073709551616",
        ] {
            assert_eq!(ContentRange::parse(wrong), None, "{wrong}");
        }
    }
}
