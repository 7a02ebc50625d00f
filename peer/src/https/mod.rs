//! A blob's stored form behind HTTPS: the last resort, and trusted as little as any peer.

pub mod frames;
pub mod range;

use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use mist_proto::{
    BlobId, Pace,
    http::ProblemDetails,
    limits::{FRAME_SIZE, MAX_PIECE_SIZE, piece_size},
};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_RANGE, HeaderMap, RANGE},
    redirect,
};
use tokio::time::{Instant, timeout};

use crate::{
    HttpsCandidate, HttpsKind, Outboard,
    bao::{self, Mismatch},
    link::Answer,
    meter::Meter,
    node::Shared,
    outboard,
};
use frames::Frames;
use range::ContentRange;

const CONNECT: Duration = Duration::from_secs(10);
/// Silence after which a response is given up.
const READ: Duration = Duration::from_secs(10);
/// What a body has to keep up with.
const PACE: Pace = Pace { grace: Duration::from_secs(30), least: 4 << 10 };
/// Answers that may end early while a range is read.
const MAX_CUTS: u32 = 64;
/// The shortest range that is asked for where a proxy cuts longer ones before anything of them came.
const NARROWEST: u64 = 64 << 10;
/// What is allocated for a body before any of it came.
const AT_FIRST: u64 = 2 << 20;
/// Bytes of a blob that are asked for at once.
const AT_ONCE: u64 = 8 * MAX_PIECE_SIZE;

/// Why an HTTPS source, or one request to it, fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpsError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("answered {0}")]
    Status(StatusCode),
    #[error("what is stored there has rotted")]
    Rotten,
    #[error("the range that came is not the one asked for")]
    Range,
    #[error("the body ended early")]
    Short,
    #[error("the body came too slowly")]
    TooSlow,
    #[error("the bytes do not verify")]
    BadData,
    #[error("the outboard does not verify: {0}")]
    Outboard(#[from] Mismatch),
    #[error("the seek table is not valid: {0}")]
    Table(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl HttpsError {
    /// Whether an answer ended before all of it had come.
    pub(crate) fn is_cut(&self) -> bool {
        match self {
            Self::Short => true,
            Self::Request(e) => e.is_body() || e.is_decode(),
            _ => false,
        }
    }

    /// Whether a shorter range may get through.
    fn is_of_length(&self) -> bool {
        const OF_LENGTH: [StatusCode; 2] = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::GATEWAY_TIMEOUT];
        self.is_cut() || matches!(self, Self::Status(status) if OF_LENGTH.contains(status))
    }
}

/// An opened source: outboard verified, seek table read.
pub(crate) struct HttpsSource {
    client: Client,
    candidate: HttpsCandidate,
    outboard: Outboard,
    /// Those of a compressed file.
    frames: Option<Frames>,
    /// The longest range that is asked for at once.
    most: AtomicU64,
}

impl HttpsSource {
    /// How many pieces of a blob of `size` bytes are asked for at once.
    pub(crate) fn limit(size: u64) -> usize {
        usize::try_from(AT_ONCE / piece_size(size)).unwrap_or(1)
    }

    /// How many pieces come together, as they are compressed together. They begin at multiples of this.
    pub(crate) fn pieces_together(&self) -> u64 {
        if self.frames.is_some() { FRAME_SIZE / piece_size(self.blob().size) } else { 1 }
    }

    pub(crate) async fn open(
        candidate: &HttpsCandidate,
        blob: BlobId,
        meter: &Meter,
    ) -> Result<Self, HttpsError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .build()?;
        let outboard =
            Place { client: &client, url: &candidate.outboard, headers: &candidate.headers, most: None };
        let bytes = outboard.read_all(outboard::encoded_len(blob.size), meter).await?;
        let check = move || Outboard::from_bytes(blob, bytes);
        let outboard = tokio::task::spawn_blocking(check).await.map_err(io::Error::other)??;
        let most = AtomicU64::new(u64::MAX);
        let mut this = Self { client, candidate: candidate.clone(), outboard, frames: None, most };
        if this.candidate.kind == HttpsKind::SeekableZstd {
            this.frames = Some(this.read_frames(blob.size, meter).await?);
        }
        Ok(this)
    }

    /// Requests a piece; what comes is not verified yet, and counted by `meter`. Pieces of one frame that are requested at the same time
    /// are fetched once; who was first counts them.
    pub(crate) async fn request(
        &self,
        node: &Shared,
        piece: u64,
        meter: &Meter,
    ) -> Result<Answer, HttpsError> {
        let (offset, len) = bao::piece_range(self.blob().size, piece);
        let payload = match &self.frames {
            None => self.data().read(offset..offset + len as u64, meter, Some(node)).await?,
            Some(frames) => {
                let frame = frames.under_way(offset / FRAME_SIZE);
                let fetch = || self.read_frame(node, frames, offset / FRAME_SIZE, meter);
                let bytes = frame.get_or_try_init(fetch).await?;
                let from = usize::try_from(offset % FRAME_SIZE).map_err(|_| HttpsError::Range)?;
                bytes.get(from..from + len).ok_or(HttpsError::Range)?.to_vec()
            }
        };
        self.answer(piece, payload)
    }

    /// Reads a frame and unpacks it.
    async fn read_frame(
        &self,
        node: &Shared,
        frames: &Frames,
        index: u64,
        meter: &Meter,
    ) -> Result<Vec<u8>, HttpsError> {
        let (range, len) = frames.get(index).ok_or(HttpsError::Range)?;
        let bytes = self.data().read(range, meter, Some(node)).await?;
        let unpack = move || zstd::bulk::decompress(&bytes, len);
        let out = tokio::task::spawn_blocking(unpack).await.map_err(io::Error::other)?;
        out.ok().filter(|bytes| bytes.len() == len).ok_or(HttpsError::BadData)
    }

    /// A piece's bytes with the hashes that prove them.
    pub(crate) fn answer(&self, piece: u64, payload: Vec<u8>) -> Result<Answer, HttpsError> {
        let (first, count) = bao::piece_groups(self.outboard.blob().size, piece);
        Ok(Answer { proof: self.outboard.proof(first, count.into())?, payload })
    }

    /// The blob that it has.
    pub(crate) fn blob(&self) -> BlobId {
        self.outboard.blob()
    }

    /// Whether the file can be read whole, from its start, where ranges are ignored.
    pub(crate) fn can_be_swept(&self) -> bool {
        self.frames.is_none()
    }

    /// Asks for the whole file.
    pub(crate) async fn whole(&self, meter: &Meter) -> Result<Body, HttpsError> {
        let response = self.data().get(None, meter).await?;
        Ok(Body { response, at_hand: Vec::new(), came: 0, waited: Duration::ZERO })
    }

    fn data(&self) -> Place<'_> {
        let (url, headers) = (&self.candidate.data, &self.candidate.headers);
        Place { client: &self.client, url, headers, most: Some(&self.most) }
    }

    async fn get_range(&self, range: &str, meter: &Meter) -> Result<Response, HttpsError> {
        let headers: HeaderMap = self.candidate.headers.clone();
        let request = self.client.get(self.candidate.data.clone()).headers(headers).header(RANGE, range);
        let response = request.send().await?;
        meter.overhead(head_len(&response));
        expect(&response, StatusCode::PARTIAL_CONTENT)?;
        Ok(response)
    }

    /// Reads the seek table from the file's end: its footer first, which says how long it is.
    async fn read_frames(&self, size: u64, meter: &Meter) -> Result<Frames, HttpsError> {
        let response = self.get_range(&format!("bytes=-{}", frames::FOOTER), meter).await?;
        let total = content_range(&response).ok_or(HttpsError::Range)?.total;
        let mut footer = Vec::new();
        read_body(response, frames::FOOTER, &mut footer, meter, None).await?;
        let len = frames::table_len(&footer, size).map_err(HttpsError::Table)?;
        let start = total.checked_sub(len).ok_or(HttpsError::Table("it is longer than the file"))?;
        let table = self.data().read(start..total, meter, None).await?;
        if table.len() as u64 != len {
            return Err(HttpsError::Table("it is longer than the file"));
        }
        Frames::parse(&table, size, start).map_err(HttpsError::Table)
    }
}

fn expect(response: &Response, status: StatusCode) -> Result<(), HttpsError> {
    if response.status() == status { Ok(()) } else { Err(HttpsError::Status(response.status())) }
}

/// Length of the head of a response as text. What HTTP/2 makes of it is less.
fn head_len(response: &Response) -> u64 {
    let line = "HTTP/1.1 200 OK\r\n".len() + "\r\n".len();
    let fields = response.headers().iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    fields.sum::<usize>() as u64 + line as u64
}

/// Why a server or a proxy can't give what was asked for.
async fn why(mut response: Response) -> HttpsError {
    const MOST: usize = 4096;
    let (status, mut body) = (response.status(), Vec::new());
    while let Ok(Ok(Some(chunk))) = timeout(READ, response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            break;
        }
    }
    match serde_json::from_slice::<ProblemDetails>(&body) {
        Ok(problem) if problem.code == "rotten" => HttpsError::Rotten,
        _ => HttpsError::Status(status),
    }
}

fn content_range(response: &Response) -> Option<ContentRange> {
    ContentRange::parse(response.headers().get(CONTENT_RANGE)?.to_str().ok()?)
}

/// Where a file is.
#[derive(Clone, Copy)]
struct Place<'a> {
    client: &'a Client,
    url: &'a Url,
    headers: &'a HeaderMap,
    /// The longest range that its proxy lets through, as far as that was found out.
    most: Option<&'a AtomicU64>,
}

/// A whole file on its way.
pub(crate) struct Body {
    response: Response,
    /// What came and was not taken yet.
    at_hand: Vec<u8>,
    /// Bytes that came so far, and how long they were waited for.
    came: u64,
    waited: Duration,
}

impl Body {
    /// The next `len` bytes.
    pub(crate) async fn next(
        &mut self,
        len: usize,
        meter: &Meter,
        limit: &Shared,
    ) -> Result<Vec<u8>, HttpsError> {
        while self.at_hand.len() < len {
            let asked = Instant::now();
            let allowed = PACE.until(self.came).saturating_sub(self.waited);
            let chunk = timeout(allowed, self.response.chunk()).await;
            self.waited += asked.elapsed();
            let chunk = chunk.map_err(|_| HttpsError::TooSlow)??.ok_or(HttpsError::Short)?;
            self.at_hand.extend_from_slice(&chunk);
            self.came += chunk.len() as u64;
            meter.payload(chunk.len() as u64);
            meter.pass(&limit.down, chunk.len() as u64).await;
        }
        let rest = self.at_hand.split_off(len);
        Ok(std::mem::replace(&mut self.at_hand, rest))
    }
}

impl Place<'_> {
    /// Reads a file of exactly `len` bytes, by one request if it may be.
    async fn read_all(self, len: u64, meter: &Meter) -> Result<Vec<u8>, HttpsError> {
        self.gather(0..len, true, meter, None).await
    }

    /// Reads a range of a file.
    async fn read(
        self,
        range: Range<u64>,
        meter: &Meter,
        node: Option<&Shared>,
    ) -> Result<Vec<u8>, HttpsError> {
        self.gather(range, false, meter, node).await
    }

    /// Reads a range in as many answers as it takes. Some proxies cut what is longer than they like: where an answer ends early, the
    /// rest is asked for, as long as each brings something; where nothing comes of a long range, shorter ones are.
    async fn gather(
        self,
        range: Range<u64>,
        is_all: bool,
        meter: &Meter,
        node: Option<&Shared>,
    ) -> Result<Vec<u8>, HttpsError> {
        let len = range.end - range.start;
        let mut out = Vec::with_capacity(usize::try_from(len.min(AT_FIRST)).map_err(io::Error::other)?);
        let mut cuts = 0;
        loop {
            let had = out.len();
            let at = range.start + had as u64;
            let most = self.most.map_or(u64::MAX, |most| most.load(Ordering::Relaxed));
            let end = range.end.min(at.saturating_add(most));
            let rest = if is_all && had == 0 { None } else { Some(at..end) };
            let read = match self.get(rest, meter).await {
                Ok(response) => read_body(response, end - range.start, &mut out, meter, node).await,
                Err(error) => Err(error),
            };
            match read {
                Ok(()) if out.len() as u64 == len => return Ok(out),
                Ok(()) => {}
                Err(error) if error.is_cut() && out.len() > had && cuts < MAX_CUTS => cuts += 1,
                Err(error) if error.is_of_length() && end - at > NARROWEST => match self.most {
                    Some(most) => most.store(((end - at) / 2).max(NARROWEST), Ordering::Relaxed),
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for a range of the file, or for all of it. What comes is what was asked for.
    async fn get(self, range: Option<Range<u64>>, meter: &Meter) -> Result<Response, HttpsError> {
        let mut request = self.client.get(self.url.clone()).headers(self.headers.clone());
        if let Some(range) = &range {
            request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        }
        let response = request.send().await?;
        meter.overhead(head_len(&response));
        if response.status().is_server_error() {
            return Err(why(response).await);
        }
        match range {
            None => expect(&response, StatusCode::OK)?,
            Some(range) => {
                expect(&response, StatusCode::PARTIAL_CONTENT)?;
                if content_range(&response).is_none_or(|said| said.first != range.start) {
                    return Err(HttpsError::Range);
                }
            }
        }
        Ok(response)
    }
}

/// Reads a body onto the end of `out`, which has exactly `len` bytes then; not a byte more is kept.
async fn read_body(
    mut response: Response,
    len: u64,
    out: &mut Vec<u8>,
    meter: &Meter,
    limit: Option<&Shared>,
) -> Result<(), HttpsError> {
    // Time that our own limit takes is not the sender's.
    let (mut waited, before) = (Duration::ZERO, out.len());
    loop {
        let allowed = PACE.until((out.len() - before) as u64);
        let asked = Instant::now();
        let chunk = timeout(allowed.saturating_sub(waited), response.chunk()).await;
        waited += asked.elapsed();
        let Some(chunk) = chunk.map_err(|_| HttpsError::TooSlow)?? else { break };
        if out.len() as u64 + chunk.len() as u64 > len {
            return Err(HttpsError::Range);
        }
        out.extend_from_slice(&chunk);
        meter.payload(chunk.len() as u64);
        if let Some(node) = limit {
            meter.pass(&node.down, chunk.len() as u64).await;
        }
    }
    if out.len() as u64 == len { Ok(()) } else { Err(HttpsError::Short) }
}
