//! What of the new bytes a friend's files hold, as far as their block hashes tell.

use std::io;

use crate::{
    matching::blocks::Match,
    space::{ReadError, Space},
};

use super::{
    BLOCK_HASH, RSYNC_HEADER, STRONG, Signature,
    rsync_delta::{self, Step},
};

/// Magic of a signature whose strong hash is MD4.
const MD4_MAGIC: u32 = 0x7273_0136;
/// New bytes that are looked at together.
const WINDOW: usize = 8 << 20;
/// What other matches leave of one is not worth a copy below this.
const WORTH: u64 = 32;

impl Signature {
    /// The blocks that occur in `new`, in ascending order and disjoint. `addresses` has the old address of each file
    /// that has block hashes. Linear in the new bytes and in the hashes; `check` may end it by an error.
    pub(crate) fn matches<E: From<ReadError>>(
        &self,
        addresses: &[u64],
        new: &Space<'_>,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<Match>, E> {
        let broken = |e: Box<dyn std::error::Error + Send + Sync>| ReadError {
            path: "the signature".into(),
            source: io::Error::other(e),
        };
        let signed = fast_rsync::Signature::deserialize(self.rsync_bytes()).map_err(|e| broken(e.into()))?;
        let index = signed.index();
        let places = Places::of(self, addresses);
        let block = u64::from(self.block_len());
        let mut found = Vec::new();
        let (mut buf, mut delta) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at + block <= new.len() {
            check()?;
            let n = usize::try_from(new.len() - at).unwrap_or(WINDOW).min(WINDOW);
            buf.resize(n, 0);
            new.read(&mut buf, at)?;
            delta.clear();
            fast_rsync::diff(&index, &buf, &mut delta).map_err(|e| broken(e.into()))?;
            let mut here = at;
            let mut unmatched = 0;
            let read = rsync_delta::read(&delta, |step| match step {
                Step::Literal(len) => {
                    here += len;
                    unmatched = len;
                }
                Step::Copy { from, len } => {
                    places.split(from, len, |old_at, len| {
                        found.push(Match { new_at: here, old_at, len });
                        here += len;
                    });
                    unmatched = 0;
                }
            });
            read.map_err(|e| broken(e.into()))?;
            at += n as u64;
            if at < new.len() {
                // A block may begin before the end of this window and end in the next.
                at -= unmatched.min(block - 1);
            }
        }
        Ok(found)
    }

    /// The block hashes in `fast_rsync`'s own form.
    fn rsync_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(RSYNC_HEADER + self.hashes.len());
        bytes.extend(MD4_MAGIC.to_be_bytes());
        bytes.extend(self.block_len().to_be_bytes());
        bytes.extend(STRONG.to_be_bytes());
        bytes.extend_from_slice(&self.hashes);
        debug_assert!(self.hashes.len().is_multiple_of(BLOCK_HASH), "decoding and making see to that");
        bytes
    }
}

/// From offsets among all hashed blocks to addresses.
struct Places<'a> {
    addresses: &'a [u64],
    /// Where each file's blocks end among all.
    ends: Vec<u64>,
}

impl<'a> Places<'a> {
    fn of(signature: &Signature, addresses: &'a [u64]) -> Self {
        let mut end = 0;
        let ends = signature.hashed().map(|(_, blocks)| {
            end += blocks * u64::from(signature.block_len());
            end
        });
        Self { addresses, ends: ends.collect() }
    }

    /// Cuts a copy where files end: the last block of one is no neighbour of the first of the next.
    fn split(&self, mut from: u64, mut len: u64, mut take: impl FnMut(u64, u64)) {
        while len > 0 {
            let file = self.ends.partition_point(|&end| end <= from);
            let (Some(&end), Some(&address)) = (self.ends.get(file), self.addresses.get(file)) else {
                return;
            };
            let start = file.checked_sub(1).map_or(0, |before| self.ends[before]);
            let n = len.min(end - from);
            take(address + (from - start), n);
            from += n;
            len -= n;
        }
    }
}

/// `sure` and what of `likely` lies between: each in ascending order and disjoint, and so is what comes out.
pub(crate) fn fill_gaps(sure: Vec<Match>, likely: Vec<Match>) -> Vec<Match> {
    let mut all = Vec::with_capacity(sure.len() + likely.len());
    let mut gaps_at = 0;
    let mut likely = likely.into_iter().peekable();
    for fixed in sure.into_iter().map(Some).chain([None]) {
        let gap_end = fixed.map_or(u64::MAX, |m| m.new_at);
        while let Some(m) = likely.peek().copied().filter(|m| m.new_at < gap_end) {
            let start = m.new_at.max(gaps_at);
            let end = m.new_end().min(gap_end);
            if start + WORTH <= end {
                all.push(Match { new_at: start, old_at: m.old_at + (start - m.new_at), len: end - start });
            }
            if m.new_end() > gap_end {
                // The rest may go on behind the fixed one.
                break;
            }
            likely.next();
        }
        if let Some(fixed) = fixed {
            gaps_at = fixed.new_end();
            all.push(fixed);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Disjoint matches in ascending order, as gaps and lengths.
    fn runs() -> impl Strategy<Value = Vec<Match>> {
        prop::collection::vec((0u64..200, 1u64..300), 0..12).prop_map(|runs| {
            let mut at = 0;
            let place = |(gap, len)| {
                at += gap + len;
                Match { new_at: at - len, old_at: 10_000 + at * 7, len }
            };
            runs.into_iter().map(place).collect()
        })
    }

    proptest! {
        #[test]
        fn gaps_are_filled_and_nothing_else_changes(sure in runs(), likely in runs()) {
            let all = fill_gaps(sure.clone(), likely.clone());
            prop_assert!(all.windows(2).all(|w| w[0].new_end() <= w[1].new_at));
            // The reference: byte by byte.
            let covers = |set: &[Match], at: u64| set.iter().find(|m| m.new_at <= at && at < m.new_end()).copied();
            for at in 0..6000 {
                let source = |m: Match| m.old_at + (at - m.new_at);
                let expected = covers(&sure, at).or_else(|| covers(&likely, at)).map(source);
                let found = covers(&all, at).map(source);
                prop_assert!(found == expected || (found.is_none() && covers(&sure, at).is_none()), "{at}");
            }
            let uncovered = |set: &[Match]| set.iter().map(|m| m.len).sum::<u64>();
            let short = (likely.len() + sure.len()) as u64 * WORTH;
            let most: u64 = (0..6000).filter(|&at| covers(&sure, at).or_else(|| covers(&likely, at)).is_some()).count() as u64;
            prop_assert!(uncovered(&all) + short >= most);
        }
    }
}
