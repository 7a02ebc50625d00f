//! What the programs share at their edges: texts that people wrote ([`text`]), files that are written whole or not at
//! all ([`WholeFile`]), and results on standard output ([`stdout`]). Knows nothing of Mist.

pub mod stdout;
pub mod text;
mod whole_file;

pub use whole_file::WholeFile;
