//! What the programs share at their edges: texts that people wrote ([`text`]), files that are written whole or not at
//! all ([`WholeFile`]), results on standard output ([`stdout`]), the form of logs ([`logs`]), and errors with their causes ([`told`]). Knows nothing of Mist.

mod causes;
pub mod logs;
pub mod stdout;
pub mod text;
mod whole_file;

pub use causes::told;
pub use whole_file::WholeFile;
