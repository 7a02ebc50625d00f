//! Which bytes of a stored file a request asks for (RFC 9110, sections 13 and 14).

use std::ops::Range;

use http::{HeaderMap, StatusCode, header};

/// What to answer to a request for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// All of it: 200.
    Whole,
    /// A part: 206.
    Part(Range<u64>),
    /// Nothing but this status: 304, 412 or 416.
    Nothing(StatusCode),
}

/// Decides by the request's headers; `tag` is the file's strong entity tag with its quotes.
///
/// Several ranges at once are answered with the whole file, which the standard allows.
pub(super) fn select(headers: &HeaderMap, tag: &str, size: u64) -> Selection {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_MATCH).is_some_and(|tags| !lists(tags, tag)) {
        return Selection::Nothing(StatusCode::PRECONDITION_FAILED);
    }
    if text(header::IF_NONE_MATCH).is_some_and(|tags| lists(tags, tag)) {
        return Selection::Nothing(StatusCode::NOT_MODIFIED);
    }
    // A date in If-Range can't match, as files have no dates here; then the whole file is the right answer.
    let unchanged = text(header::IF_RANGE).is_none_or(|condition| condition.trim() == tag);
    match text(header::RANGE).filter(|_| unchanged).map(|range| parse(range, size)) {
        None | Some(Parsed::Ignored) => Selection::Whole,
        Some(Parsed::Unsatisfiable) => Selection::Nothing(StatusCode::RANGE_NOT_SATISFIABLE),
        Some(Parsed::Bytes(range)) => Selection::Part(range),
    }
}

fn lists(tags: &str, tag: &str) -> bool {
    let plain = |t: &str| t.trim().trim_start_matches("W/") == tag;
    tags.trim() == "*" || tags.split(',').any(plain)
}

#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    Ignored,
    Unsatisfiable,
    Bytes(Range<u64>),
}

fn parse(range: &str, size: u64) -> Parsed {
    let Some(set) = range.trim().strip_prefix("bytes=") else { return Parsed::Ignored };
    let Some((first, last)) = set.trim().split_once('-').filter(|_| !set.contains(',')) else {
        return Parsed::Ignored;
    };
    let number = |s: &str| {
        let digits = !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        // More digits than fit are a number behind every end.
        digits.then(|| s.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", suffix) => match number(suffix) {
            None => Parsed::Ignored,
            Some(0) => Parsed::Unsatisfiable,
            Some(_) if size == 0 => Parsed::Unsatisfiable,
            Some(n) => Parsed::Bytes(size.saturating_sub(n)..size),
        },
        (first, last) => {
            let Some(first) = number(first) else { return Parsed::Ignored };
            let last = match last {
                "" => u64::MAX,
                text => match number(text) {
                    Some(last) if last >= first => last,
                    _ => return Parsed::Ignored,
                },
            };
            if first >= size {
                Parsed::Unsatisfiable
            } else {
                Parsed::Bytes(first..last.saturating_add(1).min(size))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn ask(pairs: &[(HeaderName, &str)]) -> Selection {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        select(&headers, "\"t\"", 100)
    }

    #[test]
    fn single_ranges() {
        let range = |value: &str| ask(&[(header::RANGE, value)]);
        let unsatisfiable = Selection::Nothing(StatusCode::RANGE_NOT_SATISFIABLE);
        for (value, expected) in [
            ("bytes=0-0", Selection::Part(0..1)),
            ("bytes=10-19", Selection::Part(10..20)),
            ("bytes=90-", Selection::Part(90..100)),
            ("bytes=90-1000", Selection::Part(90..100)),
            ("bytes=-10", Selection::Part(90..100)),
            ("bytes=-1000", Selection::Part(0..100)),
            ("bytes=0-18446744073709551615", Selection::Part(0..100)),
            ("bytes=0-99999999999999999999999", Selection::Part(0..100)),
            ("bytes=100-", unsatisfiable.clone()),
            ("bytes=99999999999999999999999-", unsatisfiable.clone()),
            ("bytes=-0", unsatisfiable),
            ("bytes=20-10", Selection::Whole),
            ("bytes=0-1,5-6", Selection::Whole),
            ("bytes=a-b", Selection::Whole),
            ("bytes=+1-2", Selection::Whole),
            ("bytes=-", Selection::Whole),
            ("pieces=0-1", Selection::Whole),
        ] {
            assert_eq!(range(value), expected, "{value}");
        }
    }

    #[test]
    fn conditions() {
        let (get, range) = ((header::RANGE, "bytes=0-9"), Selection::Part(0..10));
        assert_eq!(ask(&[get.clone(), (header::IF_RANGE, "\"t\"")]), range);
        assert_eq!(ask(&[get.clone(), (header::IF_RANGE, "\"old\"")]), Selection::Whole);
        assert_eq!(
            ask(&[get.clone(), (header::IF_RANGE, "Wed, 21 Oct 2015 07:28:00 GMT")]),
            Selection::Whole
        );
        assert_eq!(ask(&[get.clone(), (header::IF_MATCH, "\"old\", \"t\"")]), range);
        let failed = Selection::Nothing(StatusCode::PRECONDITION_FAILED);
        assert_eq!(ask(&[get.clone(), (header::IF_MATCH, "\"old\"")]), failed);
        let same = Selection::Nothing(StatusCode::NOT_MODIFIED);
        assert_eq!(ask(&[get.clone(), (header::IF_NONE_MATCH, "W/\"t\"")]), same);
        assert_eq!(ask(&[(header::IF_NONE_MATCH, "*")]), same);
        assert_eq!(ask(&[get, (header::IF_NONE_MATCH, "\"old\"")]), range);
    }
}
