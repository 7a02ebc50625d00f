//! What the bits of a block say about its plain text, as records of four bytes.

use super::symbols::{LONGEST, SHORTEST};

pub(super) const LEN: usize = 4;

/// Literals that one record tells of at most.
pub(super) const MOST_LITERALS: u32 = u16::MAX as u32;

/// The same if a match follows.
const LITERALS_BEFORE_MATCH: u32 = u8::MAX as u32;

/// In the place of a distance, what follows the literals if it is no match.
const NOTHING: u16 = 0x8000;
const END: u16 = 0x8001;
const LONG_FORM: u16 = 0x8002;

/// So many literals, and what follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) literals: u32,
    pub(super) then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The next record.
    Nothing,
    /// The end of the block.
    End,
    /// A record whose match has the longest length in its long form.
    LongForm,
    /// A match of this length, and a distance of which one less is given.
    Match { length: u16, less: u16 },
}

impl Record {
    /// A match after so many literals, in as many records as it takes.
    pub(super) fn before_match(literals: u32, then: Then) -> impl Iterator<Item = Self> {
        let room = if matches!(then, Then::Match { .. }) { LITERALS_BEFORE_MATCH } else { MOST_LITERALS };
        let early = (literals > room).then_some(Self { literals, then: Then::Nothing });
        early.into_iter().chain([Self { literals: if literals > room { 0 } else { literals }, then }])
    }

    pub(super) fn encode(self) -> [u8; LEN] {
        let [low, high, ..] = self.literals.to_le_bytes();
        let (second, last) = match self.then {
            Then::Nothing => (high, NOTHING),
            Then::End => (high, END),
            Then::LongForm => (high, LONG_FORM),
            // At most 255, as lengths go from 3 to 258.
            Then::Match { length, less } => ((length - SHORTEST).to_le_bytes()[0], less),
        };
        let [distance_low, distance_high] = last.to_le_bytes();
        [low, second, distance_low, distance_high]
    }

    /// None if the bytes are no record.
    pub(super) fn decode([low, second, distance_low, distance_high]: [u8; LEN]) -> Option<Self> {
        let literals = u32::from(u16::from_le_bytes([low, second]));
        let then = match u16::from_le_bytes([distance_low, distance_high]) {
            less @ 0..NOTHING => {
                let length = u16::from(second) + SHORTEST;
                return Some(Self { literals: low.into(), then: Then::Match { length, less } });
            }
            NOTHING => Then::Nothing,
            END => Then::End,
            LONG_FORM => Then::LongForm,
            _ => return None,
        };
        Some(Self { literals, then })
    }
}

const _: () = assert!(LONGEST - SHORTEST == u8::MAX as u16, "a length fits a byte");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for literals in [0, 1, 255, 256, 65_535] {
            for then in [
                Then::End,
                Then::LongForm,
                Then::Match { length: 3, less: 0 },
                Then::Match { length: 258, less: 32_767 },
            ] {
                let records: Vec<Record> = Record::before_match(literals, then)
                    .map(|r| Record::decode(r.encode()).unwrap())
                    .collect();
                assert_eq!(records.iter().map(|r| r.literals).sum::<u32>(), literals);
                assert_eq!(records.last().map(|r| r.then), Some(then));
                assert_eq!(
                    records.len(),
                    if literals > 255 && then != Then::End && then != Then::LongForm { 2 } else { 1 }
                );
            }
        }
        for bad in [0x8003u16, 0xffff] {
            let [low, high] = bad.to_le_bytes();
            assert_eq!(Record::decode([0, 0, low, high]), None);
        }
    }
}
