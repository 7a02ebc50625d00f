//! A deflate stream (RFC 1951) as its plain text and its *parse*: everything else that its bits say, in whole bytes.
//!
//! What an encoder chooses are blocks, code lengths, and which bytes are literals or repeat others. All of it is in the
//! parse as it was written, nothing is predicted, so that any encoder's stream comes out bit for bit. Where the same
//! encoder met the same content, two parses are nearly alike. Their bytes are specified in `docs/formats.md`.
//!
//! [`read`] takes streams apart, [`write`] puts them together, and [`record`] is what lies between.

mod bits;
mod block;
mod codes;
mod read;
mod record;
mod symbols;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use read::parse;
pub(crate) use write::Writing;

/// The longest parse of what makes one part of a new file, in bytes: applying holds it in memory.
pub(crate) const MAX_PARSE: u64 = 8 << 20;

/// The bytes are no parse, or not one of this plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a parse that makes no stream of its plain text")]
pub(crate) struct BadParse;
