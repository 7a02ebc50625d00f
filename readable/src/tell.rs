//! Standard error, as every program writes to it.

use std::io::{self, Write};

use crate::escaped_lines;

/// Writes lines that are no result to standard error. What acts on a terminal is escaped. If nobody can be told, nobody is.
pub fn tell(text: &str) {
    let mut err = io::stderr().lock();
    // A closed standard error leaves nobody to tell of it.
    let _ = writeln!(err, "{}", escaped_lines(text)).and_then(|()| err.flush());
}
