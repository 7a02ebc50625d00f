//! Standard output, as every program writes to it.
//!
//! Whoever reads may go away (`mist library | head`): that is the end, and no failure. A disk that is full is one, and is told.

use std::io::{self, Write};

use crate::{escaped_json, escaped_lines};

/// Writes lines of a result. What acts on a terminal is escaped.
///
/// # Errors
/// What the system reports, but for a reader that went away.
pub fn print(text: &str) -> io::Result<()> {
    to(&mut io::stdout().lock(), &escaped_lines(text))
}

/// Writes a line of JSON. What acts on a terminal is escaped.
///
/// # Errors
/// What the system reports, but for a reader that went away.
pub fn print_json(json: &str) -> io::Result<()> {
    to(&mut io::stdout().lock(), &escaped_json(json))
}

/// Writes what is no line, as it is: a script for a shell.
///
/// # Errors
/// What the system reports, but for a reader that went away.
pub fn print_raw(bytes: &[u8]) -> io::Result<()> {
    gone_is_fine(io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush()))
}

/// Writes lines that are no result to standard error. What acts on a terminal is escaped. If nobody can be told, nobody is.
pub fn tell(text: &str) {
    let _ = to(&mut io::stderr().lock(), &escaped_lines(text));
}

fn to(out: &mut impl Write, text: &str) -> io::Result<()> {
    gone_is_fine(writeln!(out, "{text}").and_then(|()| out.flush()))
}

fn gone_is_fine(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(e) => Err(io::Error::new(e.kind(), format!("writing to standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_the_end_and_a_full_disk_is_told() {
        assert!(to(&mut Failing(io::ErrorKind::BrokenPipe), "x").is_ok());
        let full = to(&mut Failing(io::ErrorKind::StorageFull), "x").expect_err("it is full");
        assert!(full.kind() == io::ErrorKind::StorageFull && full.to_string().contains("standard output"));
        let mut out = Vec::new();
        to(&mut out, "a\nb").expect("memory");
        assert_eq!(out, b"a\nb\n");
    }
}
