//! Sizes in bytes.

/// `1.40 GB` and the like: decimal units, three significant digits.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut scaled = n as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be written as "1000".
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let decimals = if scaled < 9.995 {
        2
    } else if scaled < 99.95 {
        1
    } else {
        0
    };
    format!("{scaled:.decimals$} {}", UNITS[unit])
}

/// A number of bytes as people type it: `1500`, `500K` or `500kB` (1000), `512KiB` (1024), and so on with M, G and T;
/// spaces and case do not matter.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn parse_bytes(typed: &str) -> Result<u64, String> {
    let wrong = || format!("{typed:?} is no size: use a number with K, M, G or T, e.g. 500M or 64MiB");
    let typed_unit = typed.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &typed[..typed.len() - typed_unit.len()];
    let unit = typed_unit.trim().to_ascii_uppercase();
    let (step, letter) = match unit.strip_suffix("IB") {
        Some(letter) if !letter.is_empty() => (1024_u64, letter),
        Some(_) => return Err(wrong()),
        None => (1000, unit.strip_suffix('B').unwrap_or(&unit)),
    };
    let power = match letter {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(step.pow(power)).ok_or_else(|| format!("{typed:?} is too large"))
}

/// A limit or a room in bytes, as [`parse_bytes`] reads it: at least 1, because nothing at all would stop everything.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn parse_limit(typed: &str) -> Result<u64, String> {
    match parse_bytes(typed)? {
        0 => Err("it must be at least 1".into()),
        n => Ok(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        for (n, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (1_234_567_890, "1.23 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn what_is_typed() {
        for (typed, n) in [
            ("77", 77),
            ("77B", 77),
            ("500K", 500_000),
            ("2 mb", 2_000_000),
            ("64MiB", 64 << 20),
            ("3G", 3_000_000_000),
            ("1tib", 1 << 40),
        ] {
            assert_eq!(parse_bytes(typed), Ok(n), "{typed}");
        }
        for bad in ["", "M", "1X", "1IB", "-1", "1.5G", "1 2", "99999999999T", "99999999999999999999"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
        assert_eq!((parse_limit("1K"), parse_limit("0K").is_err()), (Ok(1000), true));
    }
}
