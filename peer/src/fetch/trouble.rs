//! What was wrong with the sources of a fetch, for whoever is told that nobody brought it.

use std::fmt;

use super::FetchProgress;
use crate::https::HttpsError;

/// What was wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// What it sent did not verify. Nothing of that was used.
    BadData,
    /// It ignores the ranges that are asked for, as some proxies do.
    NoRanges,
    /// Its answers end early, as those of proxies do that bound bodies, and those of a seed that meets rot.
    CutShort,
    /// Its answers come too slowly to be of use.
    Slow,
    /// It answers with this status.
    Status(u16),
    /// It can't be reached.
    Unreachable,
}

impl Trouble {
    /// Stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::NoRanges => "no_ranges",
            Self::CutShort => "cut_short",
            Self::Slow => "slow",
            Self::Status(_) => "status",
            Self::Unreachable => "unreachable",
        }
    }

    /// The trouble to remember of two: that altered bytes came must not be forgotten over anything later.
    pub(super) fn after(self, earlier: Option<Self>) -> Self {
        if earlier == Some(Self::BadData) { Self::BadData } else { self }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadData => {
                f.write_str("what came did not verify and was not used: somebody's copy is altered or rotten")
            }
            Self::NoRanges => f.write_str(
                "the server or a proxy before it ignores the ranges that are asked for and sends whole files",
            ),
            Self::CutShort => {
                f.write_str("answers end early: a proxy before the server cuts long ones, or the server's copy is damaged")
            }
            Self::Slow => f.write_str("answers over HTTPS come too slowly"),
            Self::Status(status) => write!(f, "the server or a proxy before it answers with HTTP {status}"),
            Self::Unreachable => f.write_str("the server's files can't be reached over HTTPS"),
        }
    }
}

impl From<&HttpsError> for Trouble {
    fn from(error: &HttpsError) -> Self {
        match error {
            HttpsError::Status(status) if status.as_u16() == 200 => Self::NoRanges,
            HttpsError::Status(status) => Self::Status(status.as_u16()),
            HttpsError::Range => Self::NoRanges,
            HttpsError::Short => Self::CutShort,
            HttpsError::Request(e) if e.is_body() || e.is_decode() => Self::CutShort,
            HttpsError::TooSlow => Self::Slow,
            HttpsError::BadData | HttpsError::Outboard(_) | HttpsError::Table(_) => Self::BadData,
            HttpsError::Request(_) | HttpsError::Io(_) => Self::Unreachable,
        }
    }
}

/// The sentence for a fetch that nobody brought.
pub(super) fn nobody(missing: u64, trouble: Option<&Trouble>) -> String {
    let pieces = if missing == 1 { "piece is" } else { "pieces are" };
    match trouble {
        None => format!("nobody has the data any more ({missing} {pieces} missing)"),
        Some(trouble) => format!("nobody brought the data ({missing} {pieces} missing): {trouble}"),
    }
}

impl FetchProgress {
    /// The error of a fetch that is given up at this point because nobody brings what is missing.
    pub fn given_up(&self) -> super::FetchError {
        super::FetchError::NoSources {
            missing: self.pieces_wanted.saturating_sub(self.pieces_done),
            trouble: self.trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_data_is_not_forgotten() {
        assert_eq!(Trouble::Status(404).after(Some(Trouble::BadData)), Trouble::BadData);
        assert_eq!(Trouble::BadData.after(Some(Trouble::Slow)), Trouble::BadData);
        assert_eq!(Trouble::Slow.after(Some(Trouble::NoRanges)), Trouble::Slow);
        assert!(nobody(3, Some(&Trouble::BadData)).contains("did not verify"));
        assert_eq!(nobody(1, None), "nobody has the data any more (1 piece is missing)");
    }
}
