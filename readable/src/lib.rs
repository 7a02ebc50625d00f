//! Sizes, times, counts, tables and the texts of others, as people read and write them: the same in every program of Mist.
//!
//! Sizes are decimal (1 kB is 1000 bytes), as on the labels of disks and in what providers promise; what is meant in
//! powers of two says so when it is written (`64MiB`).

mod escape;
mod size;
mod table;
mod tell;
mod time;

pub use escape::{clipped, escaped, escaped_json, escaped_lines};
pub use size::{bytes, parse_bytes, parse_limit};
pub use table::{Align, Table};
pub use tell::tell;
pub use time::duration;

/// `n` of what is called `one` or `many`: `1 entry`, `3 entries`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What the portal's formatter writes too, of the same table.
    #[derive(serde::Deserialize)]
    struct Golden {
        bytes: Vec<(u64, String)>,
        durations: Vec<(u64, String)>,
        counts: Vec<(u64, String, String, String)>,
    }

    #[test]
    fn browsers_and_command_lines_write_the_same() {
        let golden: Golden = serde_json::from_str(include_str!("../golden.json")).expect("the table");
        for (n, text) in golden.bytes {
            assert_eq!(bytes(n), text, "{n}");
        }
        for (millis, text) in golden.durations {
            assert_eq!(duration(Duration::from_millis(millis)), text, "{millis}");
        }
        for (n, one, many, text) in golden.counts {
            assert_eq!(count(n, &one, &many), text);
        }
    }

    #[test]
    fn counts_agree_with_their_noun() {
        let counts = [0, 1, 2].map(|n| count(n, "entry", "entries"));
        assert_eq!(counts, ["0 entries", "1 entry", "2 entries"]);
    }
}
