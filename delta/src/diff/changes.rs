//! What differs between new bytes and the old ones beside them.

use crate::format::runs::difference;

/// Equal bytes inside a run of differing ones that are not worth two more run lengths.
const MIN_EQUAL: usize = 4;

/// The longest run of differing bytes.
const MAX_DIFFERING: usize = 1 << 20;

/// A run of equal bytes, and one of differing bytes after it. Either may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) equal: u64,
    pub(crate) differing: usize,
}

/// Runs of equal and differing bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) runs: Vec<Run>,
    /// By how much the differing bytes of all runs differ.
    pub(crate) differences: Vec<u8>,
}

impl Changes {
    /// Adds the runs of `new` against `old`, which is as long. The last one ends where they do.
    pub(crate) fn add(&mut self, new: &[u8], old: &[u8]) {
        let mut at = 0;
        while at < new.len() {
            let equal = crate::matching::suffix::common_prefix(&new[at..], &old[at..]);
            at += equal;
            let differing = differing(&new[at..], &old[at..]);
            self.runs.push(Run { equal: equal as u64, differing });
            self.differences.extend(difference(&new[at..at + differing], &old[at..at + differing]));
            at += differing;
        }
    }
}

/// Length of the run of differing bytes at the front, short equal runs included.
fn differing(new: &[u8], old: &[u8]) -> usize {
    let mut end = 0;
    for (i, (n, o)) in new.iter().zip(old).enumerate().take(MAX_DIFFERING) {
        if n != o {
            end = i + 1;
        } else if i + 1 - end == MIN_EQUAL {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(new: &[u8], old: &[u8]) -> (Vec<(u64, usize)>, Vec<u8>) {
        let mut changes = Changes::default();
        changes.add(new, old);
        (changes.runs.iter().map(|r| (r.equal, r.differing)).collect(), changes.differences)
    }

    #[test]
    fn runs_end_at_enough_equal_bytes() {
        assert_eq!(changes(b"same", b"same"), (vec![(4, 0)], vec![]));
        assert_eq!(changes(b"", b""), (vec![], vec![]));
        assert_eq!(
            changes(b"aaaaXaaaYaaaa", b"aaaaaaaaaaaaa"),
            (vec![(4, 5), (4, 0)], vec![247, 255, 255, 255, 247])
        );
    }

    #[test]
    fn four_equal_bytes_end_a_run() {
        let (runs, _) = changes(&[1, 0, 0, 0, 0, 1, 0, 0, 0, 1], &[0; 10]);
        assert_eq!(runs, [(0, 1), (4, 5)]);
    }

    #[test]
    fn long_runs_are_cut() {
        let (runs, differences) = changes(&vec![1; MAX_DIFFERING + 10], &vec![0; MAX_DIFFERING + 10]);
        assert_eq!(runs, [(0, MAX_DIFFERING), (0, 10)]);
        assert_eq!(differences.len(), MAX_DIFFERING + 10);
    }
}
