//! Programs: files of machine code, whose addresses change everywhere when something is put in anywhere.
//!
//! The old program is read as if its addresses had already become those of the new one, and copied from in that form.
//! Where its addresses lie ([`fields`]) and by how much each part of it moves ([`rift`]) is told by the patch, so that
//! whoever applies it needs no knowledge of executable formats. Making a patch takes it from the format's own tables
//! ([`elf`], [`pe`]) and from what code that is alike on both sides refers to ([`trace`]).
//!
//! Rewriting the source before the comparison goes back to Microsoft's delta compression of executables, and comparing
//! code without its addresses to Chromium's Courgette and Zucchini.

mod elf;
pub(crate) mod fields;
mod find;
mod image;
mod pe;
pub(crate) mod relocated;
pub(crate) mod rift;
mod trace;

pub(crate) use find::find;

use fields::Area;
use rift::Rift;

/// What an old program has to look like before anything is copied from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relocation {
    /// Where its addresses lie. A later area counts where two claim the same bytes.
    pub(crate) areas: Vec<Area>,
    /// What becomes of them.
    pub(crate) rift: Rift,
}

/// The most areas of all programs of a patch together.
pub(crate) const MAX_AREAS: usize = 1 << 14;

/// The areas of a program may be so many times as long as itself: most of it lies in one, some tables in two.
pub(crate) const MAX_COVER: u64 = 4;

/// The most steps of all rifts of a patch together.
pub(crate) const MAX_STEPS: usize = 1 << 17;

impl Relocation {
    /// Memory that it takes, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        (self.areas.len() * size_of::<Area>() + self.rift.memory()) as u64
    }
}
