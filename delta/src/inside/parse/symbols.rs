//! Numbers and the symbols that stand for them, with extra bits.

#![expect(clippy::cast_possible_truncation, reason = "numbers of bits are small")]

/// The symbol that ends a block.
pub(super) const END: u16 = 256;

/// The first symbol of a length, and the one that stands for the longest match alone.
const FIRST_LENGTH: u16 = 257;
const LONGEST_SYMBOL: u16 = 285;

/// Symbols of literals and lengths that mean anything, and symbols of distances.
pub(super) const LITERALS: u16 = 286;
pub(super) const DISTANCES: u16 = 30;

/// The shortest and the longest match.
pub(super) const SHORTEST: u16 = 3;
pub(super) const LONGEST: u16 = 258;

/// In this order the lengths of the codes for code lengths are written.
pub(super) const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// A symbol and its extra bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) symbol: u16,
    /// How many extra bits, and which.
    pub(super) bits: u32,
    pub(super) extra: u16,
}

/// The symbol of a match's length of [`SHORTEST`] to [`LONGEST`]. The longest has a symbol of its own, and a `long` form.
pub(super) fn of_length(length: u16, long: bool) -> Symbol {
    if length == LONGEST && !long {
        return Symbol { symbol: LONGEST_SYMBOL, bits: 0, extra: 0 };
    }
    let n = length - SHORTEST;
    if n < 4 {
        return Symbol { symbol: FIRST_LENGTH + n, bits: 0, extra: 0 };
    }
    // Four symbols for each power of two.
    let bits = n.ilog2() - 2;
    let symbol = FIRST_LENGTH + 4 * (bits as u16 + 1) + ((n >> bits) & 3);
    Symbol { symbol, bits, extra: n & ((1 << bits) - 1) }
}

/// How many extra bits a symbol of a length has. None if it is no such symbol.
pub(super) fn length_bits(symbol: u16) -> Option<u32> {
    match symbol {
        LONGEST_SYMBOL => Some(0),
        FIRST_LENGTH..LONGEST_SYMBOL => Some((u32::from(symbol - FIRST_LENGTH) >> 2).saturating_sub(1)),
        _ => None,
    }
}

/// The length of a symbol with its extra bits, and whether it is the longest in its long form.
pub(super) fn to_length(symbol: u16, extra: u16) -> (u16, bool) {
    if symbol == LONGEST_SYMBOL {
        return (LONGEST, false);
    }
    let n = symbol - FIRST_LENGTH;
    let length = SHORTEST + if n < 4 { n } else { ((4 + (n & 3)) << ((n >> 2) - 1)) + extra };
    (length, length == LONGEST)
}

/// The symbol of a distance of 1 to 32,768, of which one less is given.
pub(super) fn of_distance(less: u16) -> Symbol {
    if less < 2 {
        return Symbol { symbol: less, bits: 0, extra: 0 };
    }
    // Two symbols for each power of two.
    let n = less.ilog2();
    let bits = n - 1;
    let symbol = 2 * n as u16 + ((less >> bits) & 1);
    Symbol { symbol, bits, extra: less & ((1 << bits) - 1) }
}

/// How many extra bits a symbol of a distance has. None if it is no such symbol.
pub(super) fn distance_bits(symbol: u16) -> Option<u32> {
    (symbol < DISTANCES).then(|| (u32::from(symbol) >> 1).saturating_sub(1))
}

/// One less than the distance of a symbol with its extra bits.
pub(super) fn to_distance(symbol: u16, extra: u16) -> u16 {
    if symbol < 2 { symbol } else { ((2 + (symbol & 1)) << ((symbol >> 1) - 1)) + extra }
}

/// A step of the list of code lengths, as a byte of a parse: 0 to 15 a length; from there on [`REPEATS`], by how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LengthStep(u8);

/// Steps that repeat: symbol, extra bits, fewest times, and the first byte that stands for it.
const REPEATS: [(u8, u32, u8, u8); 3] = [(16, 2, 3, 16), (17, 3, 3, 20), (18, 7, 11, 28)];

/// What a step appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appended {
    /// One length.
    Length(u8),
    /// The length before, so many times.
    Again(u8),
    /// Zeros, so many.
    Zeros(u8),
}

impl LengthStep {
    /// How many extra bits a symbol of 0 to 18 has.
    pub(super) fn bits(symbol: u8) -> u32 {
        REPEATS.iter().find(|r| r.0 == symbol).map_or(0, |r| r.1)
    }

    /// The step of a symbol of 0 to 18 with its extra bits.
    pub(super) fn of(symbol: u8, extra: u8) -> Self {
        Self(REPEATS.iter().find(|r| r.0 == symbol).map_or(symbol, |r| r.3 + extra))
    }

    pub(super) fn byte(self) -> u8 {
        self.0
    }

    /// The step that a byte of a parse stands for, if any.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        (byte < 28 + 128).then_some(Self(byte))
    }

    fn repeat(self) -> Option<(u8, u32, u8, u8)> {
        REPEATS.into_iter().rev().find(|r| r.3 <= self.0)
    }

    pub(super) fn symbol(self) -> Symbol {
        match self.repeat() {
            None => Symbol { symbol: self.0.into(), bits: 0, extra: 0 },
            Some((symbol, bits, _, first)) => {
                Symbol { symbol: symbol.into(), bits, extra: (self.0 - first).into() }
            }
        }
    }

    pub(super) fn appended(self) -> Appended {
        match self.repeat() {
            None => Appended::Length(self.0),
            Some((16, _, least, first)) => Appended::Again(least + (self.0 - first)),
            Some((_, _, least, first)) => Appended::Zeros(least + (self.0 - first)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_distance_there_and_back() {
        for length in SHORTEST..=LONGEST {
            for long in [false, length == LONGEST] {
                let s = of_length(length, long);
                assert_eq!(length_bits(s.symbol), Some(s.bits), "{length}");
                assert_eq!(to_length(s.symbol, s.extra), (length, long));
            }
        }
        for less in 0..0x8000 {
            let s = of_distance(less);
            assert_eq!(distance_bits(s.symbol), Some(s.bits), "{less}");
            assert_eq!(to_distance(s.symbol, s.extra), less);
        }
        // Some of the tables in RFC 1951.
        let length = |n| (of_length(n, false).symbol, of_length(n, false).bits);
        assert_eq!([3, 10, 11, 257, 258].map(length), [(257, 0), (264, 0), (265, 1), (284, 5), (285, 0)]);
        let distance = |n: u16| (of_distance(n - 1).symbol, of_distance(n - 1).bits);
        assert_eq!([1, 4, 5, 24_577, 32_768].map(distance), [(0, 0), (3, 0), (4, 1), (29, 13), (29, 13)]);
        assert_eq!([length_bits(256), length_bits(286), distance_bits(30)], [None; 3]);
    }

    #[test]
    fn every_step_of_code_lengths_there_and_back() {
        for byte in 0..=255 {
            let Some(step) = LengthStep::from_byte(byte) else {
                assert!(byte >= 156);
                continue;
            };
            let s = step.symbol();
            let symbol = u8::try_from(s.symbol).unwrap();
            assert_eq!(LengthStep::bits(symbol), s.bits);
            assert_eq!(LengthStep::of(symbol, u8::try_from(s.extra).unwrap()).byte(), byte);
        }
        let step = |symbol, extra| LengthStep::of(symbol, extra).appended();
        assert_eq!(step(15, 0), Appended::Length(15));
        assert_eq!([step(16, 0), step(16, 3)], [Appended::Again(3), Appended::Again(6)]);
        assert_eq!([step(17, 0), step(17, 7)], [Appended::Zeros(3), Appended::Zeros(10)]);
        assert_eq!([step(18, 0), step(18, 127)], [Appended::Zeros(11), Appended::Zeros(138)]);
    }
}
