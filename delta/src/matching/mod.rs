//! Finding what new bytes have in common with old ones.

pub(crate) mod align;
pub(crate) mod blocks;
pub(crate) mod suffix;
