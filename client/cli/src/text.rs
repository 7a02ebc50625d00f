//! Numbers and tables for people.

use mist_proto::http::{BytesBySource, SourceClass};

/// Bytes with three significant digits, in units of 1024.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A stretch of time, in its two largest units.
pub(crate) fn seconds(n: u64) -> String {
    match n {
        0..60 => format!("{n} s"),
        60..3600 => format!("{} min {} s", n / 60, n % 60),
        3600..86_400 => format!("{} h {} min", n / 3600, n % 3600 / 60),
        _ => format!("{} days", n / 86_400),
    }
}

/// Where bytes came from, e.g. `1.00 GiB from friends on the LAN, 3 KiB from seeds`.
pub(crate) fn sources(bytes_by: &BytesBySource) -> String {
    let name = |class| match class {
        SourceClass::Lan => "from friends on the LAN",
        SourceClass::Tailnet => "from friends in the Tailnet",
        SourceClass::Seed => "from seeds",
        SourceClass::Https => "by HTTPS",
    };
    let parts: Vec<_> = SourceClass::ALL
        .into_iter()
        .filter(|&class| bytes_by.get(class) > 0)
        .map(|class| format!("{} {}", bytes(bytes_by.get(class)), name(class)))
        .collect();
    parts.join(", ")
}

/// Rows as a table: columns as wide as their widest cell, two spaces between.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &w)| format!("{cell:w$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (n, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (10 * 1024, "10.0 KiB"),
            (1_048_575, "1.00 MiB"),
            (150 << 20, "150 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(n), text);
        }
        assert_eq!(seconds(59), "59 s");
        assert_eq!(seconds(3700), "1 h 1 min");
    }

    #[test]
    fn tables_line_up() {
        let row = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        assert_eq!(table(&[row(&["a", "bb", ""]), row(&["ccc", "d", "e"])]), "a    bb\nccc  d   e");
    }

    #[test]
    fn only_sources_that_gave_something() {
        let some = BytesBySource { lan: 2048, https: 1, ..BytesBySource::default() };
        assert_eq!(sources(&some), "2.00 KiB from friends on the LAN, 1 B by HTTPS");
    }
}
