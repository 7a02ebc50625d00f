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
    /// The server's copy of all that is missing is damaged, and it says so.
    Rotten,
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
            Self::Rotten => "rotten",
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
            Self::Rotten => f.write_str(
                "the server's copy is damaged: its admin heals it by pushing the same version again, or your friends bring the rest",
            ),
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
            HttpsError::Request(e) if error.is_cut() || ends_before_its_head(e) => Self::CutShort,
            HttpsError::Rotten => Self::Rotten,
            HttpsError::TooSlow => Self::Slow,
            HttpsError::BadData | HttpsError::Outboard(_) | HttpsError::Table(_) => Self::BadData,
            HttpsError::Request(_) | HttpsError::Io(_) => Self::Unreachable,
        }
    }
}

/// Whether a server was reached and its answer broke off before its head was whole, which is the same on its side as in the body.
fn ends_before_its_head(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
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
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn bad_data_is_not_forgotten() {
        assert_eq!(Trouble::Status(404).after(Some(Trouble::BadData)), Trouble::BadData);
        assert_eq!(Trouble::BadData.after(Some(Trouble::Slow)), Trouble::BadData);
        assert_eq!(Trouble::Slow.after(Some(Trouble::NoRanges)), Trouble::Slow);
        assert!(nobody(3, Some(&Trouble::BadData)).contains("did not verify"));
        assert_eq!(nobody(1, None), "nobody has the data any more (1 piece is missing)");
    }

    /// What a client makes of a server that says so much of an answer and hangs up; or of none, if it says nothing.
    async fn trouble_with(says: Option<&'static str>) -> Trouble {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            let Some(says) = says else { return drop(listener) };
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.expect("a request") > 0);
            stream.write_all(says.as_bytes()).await.expect("taken");
        });
        if says.is_none() {
            server.await.expect("the port is free again");
        }
        let answer = async { reqwest::get(&url).await?.bytes().await };
        Trouble::from(&HttpsError::Request(answer.await.expect_err("no whole answer")))
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_anywhere_is_not_a_server_out_of_reach() {
        for says in ["", "HTTP/1.1 206 Par", "HTTP/1.1 206 Partial Content\r\ncontent-length: 9\r\n\r\nhalf"]
        {
            assert_eq!(trouble_with(Some(says)).await, Trouble::CutShort, "{says:?}");
        }
        assert_eq!(trouble_with(None).await, Trouble::Unreachable);
    }
}
