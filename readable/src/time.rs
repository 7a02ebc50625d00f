//! Stretches of time.

use std::time::Duration;

/// The two largest units: `0.4 s`, `12 s`, `3 min 5 s`, `1 h 1 min`, `2 d 3 h`.
pub fn duration(d: Duration) -> String {
    let secs = d.as_secs();
    match secs {
        0..10 if d.subsec_millis() > 0 => format!("{:.1} s", d.as_secs_f64()),
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min {} s", secs / 60, secs % 60),
        3600..86_400 => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
        _ => format!("{} d {} h", secs / 86_400, secs % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_at_most() {
        for (millis, text) in [
            (0, "0 s"),
            (420, "0.4 s"),
            (4000, "4 s"),
            (59_999, "59 s"),
            (185_000, "3 min 5 s"),
            (3_700_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
    }
}
