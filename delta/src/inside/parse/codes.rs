//! Huffman codes by their lengths.

#![expect(clippy::cast_possible_truncation, reason = "the lowest bits are wanted")]

/// The longest code in bits.
pub(super) const MAX_BITS: usize = 15;

/// The most symbols that have codes.
pub(super) const MAX_SYMBOLS: usize = 288;

/// Codes of up to so many bits are found in one step.
const FAST: u32 = 10;

/// How many codes there are of each length.
struct Counts([u16; MAX_BITS + 1]);

impl Counts {
    fn of(lengths: &[u8]) -> Self {
        let mut counts = [0; MAX_BITS + 1];
        for &l in lengths {
            counts[usize::from(l)] += 1;
        }
        counts[0] = 0;
        Self(counts)
    }

    /// Whether bits always mean something, and never two things. Where few symbols are needed, one code of a bit or
    /// none at all is allowed, as encoders write it.
    fn make_codes(&self, few: bool) -> bool {
        let mut left = 1i32;
        for &n in &self.0[1..] {
            left = left * 2 - i32::from(n);
            if left < 0 {
                return false;
            }
        }
        let all: u16 = self.0.iter().sum();
        left == 0 || (few && (all == 0 || (all == 1 && self.0[1] == 1)))
    }

    /// The first code of each length.
    fn first_codes(&self) -> [u16; MAX_BITS + 1] {
        let mut first = [0; MAX_BITS + 1];
        for bits in 1..MAX_BITS {
            // Within 15 bits if these counts make codes.
            first[bits + 1] = (first[bits] + self.0[bits]) << 1;
        }
        first
    }
}

fn reversed(code: u16, bits: u8) -> u16 {
    code.reverse_bits() >> (16 - u32::from(bits))
}

/// To find symbols by their codes.
pub(super) struct Decoding {
    /// By the next [`FAST`] bits: symbol and length of the code that they start with; length 0 if it is longer.
    fast: Box<[(u16, u8); 1 << FAST]>,
    counts: Counts,
    /// Symbols by length, then by number.
    symbols: [u16; MAX_SYMBOLS],
}

/// What bits start with.
pub(super) enum Found {
    /// The code of a symbol, and its length.
    Symbol(u16, u32),
    /// Part of a code.
    More,
    /// No code.
    Nothing,
}

impl Decoding {
    /// Codes of these lengths, at most [`MAX_SYMBOLS`] of up to 15 bits; 0 for symbols without one. None if that makes
    /// no codes; with `few`, one code alone is enough.
    pub(super) fn new(lengths: &[u8], few: bool) -> Option<Self> {
        let counts = Counts::of(lengths);
        if !counts.make_codes(few) {
            return None;
        }
        let mut fast = Box::new([(0, 0); 1 << FAST]);
        let mut symbols = [0; MAX_SYMBOLS];
        let mut places = [0u16; MAX_BITS + 1];
        for bits in 1..MAX_BITS {
            places[bits + 1] = places[bits] + counts.0[bits];
        }
        let mut next = counts.first_codes();
        for (symbol, &bits) in (0u16..).zip(lengths).filter(|(_, bits)| **bits > 0) {
            let (place, code) = (&mut places[usize::from(bits)], &mut next[usize::from(bits)]);
            symbols[usize::from(*place)] = symbol;
            if u32::from(bits) <= FAST {
                let step = 1 << bits;
                for slot in (usize::from(reversed(*code, bits))..1 << FAST).step_by(step) {
                    fast[slot] = (symbol, bits);
                }
            }
            *place += 1;
            *code += 1;
        }
        Some(Self { fast, counts, symbols })
    }

    /// The symbol whose code the lowest `have` of `bits` start with; the others are 0.
    pub(super) fn find(&self, bits: u64, have: u32) -> Found {
        let (symbol, len) = self.fast[bits as usize & ((1 << FAST) - 1)];
        if len > 0 {
            let len = u32::from(len);
            return if len <= have { Found::Symbol(symbol, len) } else { Found::More };
        }
        let (mut code, mut first, mut place) = (0i32, 0i32, 0i32);
        for (len, &count) in (1u32..).zip(&self.counts.0[1..]) {
            if len > have {
                return Found::More;
            }
            let count = i32::from(count);
            code |= (bits >> (len - 1) & 1) as i32;
            if code - first < count {
                let symbol = self.symbols[(place + (code - first)) as usize];
                return Found::Symbol(symbol, len);
            }
            place += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Found::Nothing
    }
}

/// To write symbols as codes.
pub(super) struct Encoding {
    codes: [(u16, u8); MAX_SYMBOLS],
}

impl Encoding {
    /// No codes.
    pub(super) fn none() -> Self {
        Self { codes: [(0, 0); MAX_SYMBOLS] }
    }

    /// As [`Decoding::new`].
    pub(super) fn new(lengths: &[u8], few: bool) -> Option<Self> {
        let counts = Counts::of(lengths);
        if !counts.make_codes(few) {
            return None;
        }
        let Self { mut codes } = Self::none();
        let mut next = counts.first_codes();
        for (slot, &bits) in codes.iter_mut().zip(lengths).filter(|(_, bits)| **bits > 0) {
            let code = &mut next[usize::from(bits)];
            *slot = (reversed(*code, bits), bits);
            *code += 1;
        }
        Some(Self { codes })
    }

    /// A symbol's code, first bit lowest, and its length, if it has one.
    pub(super) fn code(&self, symbol: u16) -> Option<(u16, u32)> {
        let (code, bits) = *self.codes.get(usize::from(symbol))?;
        (bits > 0).then_some((code, bits.into()))
    }
}

/// The lengths of the codes that blocks without tables use, for literals and lengths.
pub(super) const FIXED_LITERALS: [u8; MAX_SYMBOLS] = {
    let mut lengths = [8; MAX_SYMBOLS];
    let mut i = 144;
    while i < 280 {
        lengths[i] = if i < 256 { 9 } else { 7 };
        i += 1;
    }
    lengths
};

/// The same for distances.
pub(super) const FIXED_DISTANCES: [u8; 32] = [5; 32];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lengths: &[u8]) {
        let (decoding, encoding) =
            (Decoding::new(lengths, false).unwrap(), Encoding::new(lengths, false).unwrap());
        for (symbol, &bits) in (0u16..).zip(lengths) {
            match encoding.code(symbol) {
                None => assert_eq!(bits, 0),
                Some((code, len)) => {
                    assert_eq!(len, u32::from(bits));
                    let found = decoding.find(code.into(), len);
                    assert!(matches!(found, Found::Symbol(s, l) if s == symbol && l == len), "{symbol}");
                    assert!(matches!(
                        decoding.find(u64::from(code) & ((1 << (len - 1)) - 1), len - 1),
                        Found::More
                    ));
                }
            }
        }
    }

    #[test]
    fn there_and_back() {
        check(&FIXED_LITERALS);
        check(&FIXED_DISTANCES);
        // From one bit to fifteen.
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15]);
        check(&[15, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 0, 1]);
    }

    #[test]
    fn the_example_of_the_specification() {
        let encoding = Encoding::new(&[3, 3, 3, 3, 3, 2, 4, 4], false).unwrap();
        let code = |s| encoding.code(s).map(|(code, bits)| (reversed(code, bits as u8), bits));
        let expected = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111];
        assert!((0..8).zip(expected).all(|(s, e)| code(s).unwrap().0 == e));
    }

    #[test]
    fn what_makes_no_codes() {
        for bad in [&[1, 1, 1][..], &[2, 2, 2], &[2], &[15; 3]] {
            assert!(Decoding::new(bad, true).is_none() && Encoding::new(bad, true).is_none(), "{bad:?}");
        }
        for few in [&[][..], &[0, 0], &[1], &[0, 1, 0]] {
            assert!(Decoding::new(few, true).is_some() && Decoding::new(few, false).is_none(), "{few:?}");
        }
        assert!(matches!(Decoding::new(&[1], true).unwrap().find(1, 15), Found::Nothing));
        assert!(matches!(Decoding::new(&[], true).unwrap().find(0, 15), Found::Nothing));
    }
}
