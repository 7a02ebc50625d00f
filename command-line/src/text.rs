//! Texts that people wrote: rules, settings, tokens, passwords. Editors and shells save them in several ways; all of
//! them mean the same here, and what can't be understood is refused with a word on how to go on.
//!
//! Understood are UTF-8, with a byte-order mark or without, and UTF-16 with its mark. Each line ends in `\n` after
//! reading, whichever way it ended before. Spaces stay, as they may belong to a password: [`lines`] takes them off.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// No text that people write is longer.
pub const MAX_LEN: u64 = 1 << 20;

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// Longer than [`MAX_LEN`].
    #[error("it is longer than 1 MiB, which no text of this kind is")]
    TooLong,
    /// Some other encoding.
    #[error("line {0} is not UTF-8: save it as UTF-8")]
    Encoding(usize),
    /// UTF-16 or UTF-32 that can't be read.
    #[error("it has the mark of UTF-16 or UTF-32, and is damaged or not supported: save it as UTF-8")]
    Wide,
    /// A NUL, which texts do not have, but UTF-16 without its mark does.
    #[error("line {0} holds a NUL, as UTF-16 without its mark does: save it as UTF-8")]
    Nul(usize),
}

/// Why a file could not be read as text.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The system says no.
    #[error("can't read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its bytes are no text.
    #[error("can't read {}", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// Why.
        source: NoText,
    },
}

impl Unread {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a file.
///
/// # Errors
/// [`Unread`].
pub fn read(path: &Path) -> Result<String, Unread> {
    let at = || path.to_owned();
    let bytes = File::open(path).and_then(bounded).map_err(|source| Unread::Io { path: at(), source })?;
    decode(&bytes).map_err(|source| Unread::NoText { path: at(), source })
}

/// Reads a file; none if there is no such file.
///
/// # Errors
/// [`Unread`].
pub fn read_if_there(path: &Path) -> Result<Option<String>, Unread> {
    match read(path) {
        Err(e) if e.is_missing() => Ok(None),
        other => other.map(Some),
    }
}

/// Reads a password from standard input, to its end: one line, whose spaces belong to it.
///
/// # Errors
/// What standard input has is no text, or more than a line.
pub fn password_from_stdin() -> io::Result<String> {
    password(&bounded(io::stdin().lock())?)
}

/// Reads two passwords from standard input, to its end: the present one in the first line, the new one in the second.
///
/// # Errors
/// What standard input has is no text, or has not two lines.
pub fn two_passwords_from_stdin() -> io::Result<(String, String)> {
    two_passwords(&bounded(io::stdin().lock())?)
}

fn two_passwords(bytes: &[u8]) -> io::Result<(String, String)> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let text = decode(bytes).map_err(|e| invalid(format!("standard input: {e}")))?;
    match text.trim_end_matches('\n').split_once('\n') {
        Some((current, new)) if !new.contains('\n') => Ok((current.to_owned(), new.to_owned())),
        _ => Err(invalid("standard input has not two lines: the present password and the new one".into())),
    }
}

fn password(bytes: &[u8]) -> io::Result<String> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let text = decode(bytes).map_err(|e| invalid(format!("standard input: {e}")))?;
    let password = text.trim_end_matches('\n');
    match password.contains('\n') {
        true => Err(invalid("standard input has more than one line; a password is one".into())),
        false => Ok(password.to_owned()),
    }
}

/// Reads one byte more than a text may have, at most.
fn bounded(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_LEN + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text that bytes mean.
///
/// # Errors
/// [`NoText`].
pub fn decode(bytes: &[u8]) -> Result<String, NoText> {
    if bytes.len() as u64 > MAX_LEN {
        return Err(NoText::TooLong);
    }
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty()).ok_or(NoText::Wide)
    };
    let text = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(NoText::Wide),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest)?,
        bytes => utf8(bytes)?,
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    match text.find('\0') {
        Some(at) => Err(NoText::Nul(line_of(&text.as_bytes()[..at]))),
        None => Ok(text),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, NoText> {
    let text = str::from_utf8(bytes).map_err(|e| NoText::Encoding(line_of(&bytes[..e.valid_up_to()])))?;
    Ok(text.to_owned())
}

/// The number of the line that comes after these bytes.
fn line_of(before: &[u8]) -> usize {
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The lines that say something, with their numbers: without the spaces around them, comments (`#`) and empty ones.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_passwords_are_two_lines() {
        let both = |text: &str| two_passwords(text.as_bytes()).ok();
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(both("old one\nnew one\n"), pair("old one", "new one"));
        assert_eq!(both("old\r\nnew"), pair("old", "new"), "as Windows writes lines");
        for wrong in ["", "old", "old\n", "a\nb\nc"] {
            assert_eq!(both(wrong), None, "{wrong:?}");
        }
    }

    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn every_way_of_saving_a_text_means_the_same() {
        let text = "*.key\n# häßlich 🎮\nb \n";
        let windows = text.replace('\n', "\r\n");
        for bytes in [
            text.as_bytes().to_vec(),
            windows.as_bytes().to_vec(),
            text.replace('\n', "\r").into_bytes(),
            format!("\u{feff}{windows}").into_bytes(),
            utf16(&windows, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text), "{bytes:x?}");
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
        assert_eq!(lines(text).collect::<Vec<_>>(), [(1, "*.key"), (3, "b")]);
    }

    #[test]
    fn what_is_no_text_is_refused_and_says_where() {
        assert_eq!(decode(b"ok\nh\xe4\xdflich"), Err(NoText::Encoding(2)), "Latin-1");
        let unmarked: Vec<u8> = "ok\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&unmarked), Err(NoText::Nul(1)), "UTF-16 without a mark");
        assert_eq!(decode(b"\xff\xfea"), Err(NoText::Wide), "half a unit");
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(NoText::Wide), "half a pair");
        assert_eq!(decode(b"\xff\xfe\0\0a\0\0\0"), Err(NoText::Wide), "UTF-32");
        let most = usize::try_from(MAX_LEN).unwrap();
        assert_eq!(decode(&vec![b'a'; most + 1]), Err(NoText::TooLong));
        assert!(decode(&vec![b'a'; most]).is_ok());
    }

    #[test]
    fn passwords_keep_their_spaces() {
        assert_eq!(password("\u{feff} a b \r\n".as_bytes()).unwrap(), " a b ");
        assert_eq!(password(&utf16("pässword\r\n", u16::to_le_bytes)).unwrap(), "pässword");
        assert_eq!(password(b"").unwrap(), "");
        assert!(password(b"one\ntwo\n").unwrap_err().to_string().contains("one line"));
    }

    #[test]
    fn a_missing_file_is_told_from_an_unreadable_one() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_if_there(&dir.path().join("no")).unwrap(), None);
        assert!(!read_if_there(dir.path()).unwrap_err().is_missing(), "a folder");
        let file = dir.path().join("text");
        std::fs::write(&file, b"\xe4").unwrap();
        let error = anyhow::Error::new(read_if_there(&file).unwrap_err());
        assert!(format!("{error:#}").ends_with("line 1 is not UTF-8: save it as UTF-8"), "{error:#}");
    }
}
