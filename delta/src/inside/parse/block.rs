//! What a block starts with.

use super::{
    codes::{FIXED_DISTANCES, FIXED_LITERALS},
    symbols::{Appended, DISTANCES, END, LITERALS, LengthStep},
};

/// How a block's bytes are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Not at all.
    Stored,
    /// With the codes of the specification.
    Fixed,
    /// With codes of its own.
    Dynamic,
}

/// The first three bits of a block, and the first byte of its parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Whether no block follows.
    pub(super) last: bool,
    pub(super) form: Form,
}

impl Head {
    pub(super) fn bits(self) -> u8 {
        u8::from(self.last) | (self.form as u8) << 1
    }

    /// None if there is no such form, or more than three bits.
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        let form = [Form::Stored, Form::Fixed, Form::Dynamic].into_iter().find(|f| *f as u8 == bits >> 1)?;
        Some(Self { last: bits & 1 == 1, form })
    }
}

/// The code lengths of a block, as its table is read.
pub(super) struct Lengths {
    /// Of literals and lengths, then of distances.
    all: [u8; FIXED_LITERALS.len() + FIXED_DISTANCES.len()],
    literals: usize,
    wanted: usize,
    have: usize,
}

impl Lengths {
    /// Those of blocks without a table.
    pub(super) fn fixed() -> Self {
        let mut all = [0; FIXED_LITERALS.len() + FIXED_DISTANCES.len()];
        all[..FIXED_LITERALS.len()].copy_from_slice(&FIXED_LITERALS);
        all[FIXED_LITERALS.len()..].copy_from_slice(&FIXED_DISTANCES);
        Self { all, literals: FIXED_LITERALS.len(), wanted: all.len(), have: all.len() }
    }

    /// Those of a block that declares so many symbols over 257 and over 1. None if it may not.
    pub(super) fn declared(literals: u8, distances: u8) -> Option<Self> {
        let (literals, distances) = (u16::from(literals) + 257, u16::from(distances) + 1);
        let fit = literals <= LITERALS && distances <= DISTANCES;
        fit.then(|| Self {
            all: [0; FIXED_LITERALS.len() + FIXED_DISTANCES.len()],
            literals: literals.into(),
            wanted: (literals + distances).into(),
            have: 0,
        })
    }

    pub(super) fn complete(&self) -> bool {
        self.have == self.wanted
    }

    /// Takes the next step. None if it repeats nothing, or more than there is to be.
    pub(super) fn take(&mut self, step: LengthStep) -> Option<()> {
        let (length, times) = match step.appended() {
            Appended::Length(length) => (length, 1),
            Appended::Zeros(times) => (0, times),
            Appended::Again(times) => (self.all[self.have.checked_sub(1)?], times),
        };
        let end = self.have + usize::from(times);
        if end > self.wanted {
            return None;
        }
        self.all[self.have..end].fill(length);
        self.have = end;
        Some(())
    }

    /// Those of literals and lengths, and those of distances. None if the block could not end.
    pub(super) fn split(&self) -> Option<(&[u8], &[u8])> {
        let (literals, distances) = self.all[..self.have].split_at_checked(self.literals)?;
        (literals[usize::from(END)] > 0).then_some((literals, distances))
    }
}
