//! Patching a file where it is: what has to change is written down first, durably, and then done.
//!
//! [`journal`] is the file that it is written down in, [`differing`] finds what has to be in it (pure), [`replay`] does it, and
//! [`reverse`] keeps what that takes away.
//! Until a journal is sealed the file is untouched; from then on the journal can be replayed as often as it takes,
//! because it holds bytes and positions and nothing that depends on what the file holds meanwhile.

mod differing;
mod journal;
mod replay;
mod reverse;

pub(crate) use differing::differing;
pub(crate) use journal::{Redo, Writer, each_entry, read_or_zeros};
pub use replay::replay;
pub use reverse::{leads_to, reverse};
