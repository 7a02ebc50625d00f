//! Bytes to friends.

use std::{io, iter, ops::Range, sync::Arc};

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use mist_listener::observed::Observed;
use mist_proto::{Hash, Slug, Version, claims::Allow, http::FileQuery, limits};
use mist_tree::fs::ReadAt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{
    Bearer, ByteRoutes, Right, blocking,
    range::{Selection, select},
    refusal::Refusal,
};
use crate::{catalogue::Origin, serve::OpenBlob, store::layout, uplink::Sending};

/// Blocks that are read ahead of the one being sent.
const READ_AHEAD: usize = 2;
/// Bytes that are sent at once.
const STEP: usize = 256 << 10;
/// The same while there is a limit: answers, and QUIC beside them, take turns at it, and whoever downloads by one of many hears of it before
/// they give it up as silent.
const LIMITED_STEP: usize = 8 << 10;

/// What is sent, in blocks.
enum Content {
    Blob(Arc<OpenBlob>),
    /// A stretch of a blob.
    Part {
        blob: Arc<OpenBlob>,
        part: Range<u64>,
    },
    File {
        file: Box<dyn ReadAt>,
        size: u64,
    },
    Memory(Bytes),
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Blob(blob) => blob.id().size,
            Self::Part { part, .. } => part.end - part.start,
            Self::File { size, .. } => *size,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Bytes in a block: a piece, where that is what is read and checked.
    fn block_size(&self) -> u64 {
        match self {
            Self::Blob(blob) | Self::Part { blob, .. } => limits::piece_size(blob.id().size),
            Self::File { .. } | Self::Memory(_) => limits::MAX_PIECE_SIZE,
        }
    }

    /// The part of block `index` that lies in `range`. Blocks.
    fn block(&self, index: u64, range: &Range<u64>) -> io::Result<Bytes> {
        let size = self.block_size();
        let start = index * size;
        let wanted = range.start.max(start)..range.end.min(start + size);
        let within = |at: u64| usize::try_from(at).map_err(io::Error::other);
        let (from, len) = (within(wanted.start - start)?, within(wanted.end - wanted.start)?);
        match self {
            Self::Blob(blob) => Ok(Bytes::from(blob.verified_piece(index)?).slice(from..from + len)),
            Self::Part { blob, part } => {
                let mut bytes = Vec::with_capacity(len);
                let (mut at, end) = (part.start + wanted.start, part.start + wanted.end);
                while at < end {
                    let (piece, from) = (blob.verified_piece(at / size)?, within(at % size)?);
                    let to = piece.len().min(from + within(end - at)?);
                    let read = piece.get(from..to).filter(|read| !read.is_empty());
                    let read = read.ok_or(io::ErrorKind::UnexpectedEof)?;
                    bytes.extend_from_slice(read);
                    at += read.len() as u64;
                }
                Ok(bytes.into())
            }
            Self::File { file, .. } => {
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, wanted.start)?;
                Ok(bytes.into())
            }
            Self::Memory(bytes) => {
                let at = within(wanted.start)?;
                Ok(bytes.slice(at..at + len))
            }
        }
    }
}

type Place = Path<(String, String)>;

/// `GET /blobs/{game}/{hash}`.
pub(super) async fn blob(
    State(routes): State<Arc<ByteRoutes>>,
    right: Right,
    Path(place): Place,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (game, hash) = permitted(&right.allow, &place)?;
    if let Some(version) = routes.blobs.to_be_rebuilt(&game, &hash) {
        return Ok(accepted(&routes, game, version));
    }
    let opened = open(&routes, game, hash).await?;
    let tag = format!("\"{hash}\"");
    respond(&routes, right.bearer, Content::Blob(opened), tag, "application/octet-stream", &headers).await
}

/// `GET /blobs/{game}/{hash}/outboard`.
pub(super) async fn outboard(
    State(routes): State<Arc<ByteRoutes>>,
    right: Right,
    Path(place): Place,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (game, hash) = permitted(&right.allow, &place)?;
    if let Some(version) = routes.blobs.to_be_rebuilt(&game, &hash) {
        return Ok(accepted(&routes, game, version));
    }
    let opened = open(&routes, game, hash).await?;
    let bytes = blocking(move || opened.outboard_bytes()).await??;
    let tag = format!("\"{hash}-outboard\"");
    let content = Content::Memory(bytes.into());
    respond(&routes, right.bearer, content, tag, "application/octet-stream", &headers).await
}

/// `GET /blobs/{game}/{hash}/file`.
pub(super) async fn file(
    State(routes): State<Arc<ByteRoutes>>,
    right: Right,
    Path(place): Place,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (game, hash) = permitted(&right.allow, &place)?;
    let asked = Query::<FileQuery>::try_from_uri(&uri);
    let Query(FileQuery { path }) = asked.map_err(|e| Refusal::Malformed(e.to_string()))?;
    let Some((_, Origin::Archive(version))) = routes.catalogue.find(&game, &hash) else {
        return Err(Refusal::NotFound);
    };
    if routes.blobs.to_be_rebuilt(&game, &hash).is_some() {
        return Ok(accepted(&routes, game, version));
    }
    let blob = open(&routes, game.clone(), hash).await?;
    let found = {
        let _turn = routes.manifests.acquire().await.map_err(|e| Refusal::Read(io::Error::other(e)))?;
        let (blobs, path) = (routes.blobs.clone(), path.clone());
        blocking(move || blobs.place_in_archive(&game, &version, &path)).await??
    };
    let (part, content) = found.ok_or(Refusal::NotFound)?;
    let tag = format!("\"{content}\"");
    let content = Content::Part { blob, part };
    let mut answer =
        respond(&routes, right.bearer, content, tag, "application/octet-stream", &headers).await?;
    // A browser keeps it, and never shows it as a page of this server.
    let name = utf8_percent_encode(path.name(), NON_ALPHANUMERIC);
    let kept = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{name}"));
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, kept.map_err(io::Error::other)?);
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

#[derive(Serialize)]
struct Preparing {
    preparing: bool,
}

/// `GET /blobs/{game}/{hash}/zst`. These are the only bytes that are sent as they lie in the store: all others are checked as they
/// are read, by which rot is found.
pub(super) async fn compressed(
    State(routes): State<Arc<ByteRoutes>>,
    right: Right,
    Path(place): Place,
    observed: Option<Extension<Observed>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (game, hash) = permitted(&right.allow, &place)?;
    let Some((_, Origin::Archive(version))) = routes.catalogue.find(&game, &hash) else {
        return Err(Refusal::NotFound);
    };
    let cache = routes.cache.clone();
    match blocking(move || cache.open(&hash)).await?? {
        None => Ok(accepted(&routes, game, version)),
        Some((file, size)) => {
            let tag = format!("\"{hash}-zst-{size}\"");
            // nginx could be told a rate for each answer, but not one for all of them and QUIC.
            let by_nginx = by_nginx(&routes, observed, &headers).filter(|_| !routes.sending.is_limited());
            if let Some(location) = by_nginx {
                let place = format!("{location}{}", layout::cached_archive(&hash));
                if routes.sending.is_used_up() {
                    return Err(Refusal::UsedUp);
                }
                routes.sending.count(match select(&headers, &tag, size) {
                    Selection::Whole => size,
                    Selection::Part(range) => range.end - range.start,
                    Selection::Nothing(_) => 0,
                });
                return hand_over(&place, "application/zstd");
            }
            let content = Content::File { file, size };
            respond(&routes, right.bearer, content, tag, "application/zstd", &headers).await
        }
    }
}

/// Where the nginx has the store through which this request came; none if it came another way. Nobody but a proxy can say so, and
/// whoever sits beside it and asks without it is no proxy.
fn by_nginx<'a>(
    routes: &'a ByteRoutes,
    observed: Option<Extension<Observed>>,
    headers: &HeaderMap,
) -> Option<&'a str> {
    let location = routes.nginx_location.as_deref()?;
    let is_trusted = observed.is_some_and(|Extension(observed)| observed.reached.is_none());
    (is_trusted && headers.contains_key("x-forwarded-for")).then_some(location)
}

/// Lets nginx send a file: it answers to ranges, conditions and HEAD by what lies there.
fn hand_over(place: &str, media_type: &'static str) -> Result<Response, Refusal> {
    let answer = Response::builder()
        .header("x-accel-redirect", place)
        .header(header::CACHE_CONTROL, "private, immutable")
        .header(header::CONTENT_TYPE, media_type);
    finish(answer.body(Body::empty()))
}

/// The archive of this build will be made.
fn accepted(routes: &ByteRoutes, game: Slug, version: Version) -> Response {
    // A queue that is full holds the requests of others; this client will ask again.
    let _ = routes.archive_requests.try_send((game, version));
    (StatusCode::ACCEPTED, Json(Preparing { preparing: true })).into_response()
}

/// Game and hash of the request's path, if the capability is for them.
fn permitted(allow: &Allow, place: &(String, String)) -> Result<(Slug, Hash), Refusal> {
    match allow {
        Allow::Blob { game, hash } if place.0 == game.as_str() && place.1 == hash.to_string() => {
            Ok((game.clone(), *hash))
        }
        _ => Err(Refusal::NotFound),
    }
}

async fn open(routes: &Arc<ByteRoutes>, game: Slug, hash: Hash) -> Result<Arc<OpenBlob>, Refusal> {
    let blobs = routes.blobs.clone();
    blocking(move || blobs.open(&game, &hash)).await?.ok_or(Refusal::NotFound)
}

async fn respond(
    routes: &Arc<ByteRoutes>,
    bearer: Bearer,
    content: Content,
    tag: String,
    media_type: &'static str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let size = content.size();
    let answer = Response::builder()
        .header(header::ETAG, &tag)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private, immutable");
    let (answer, range) = match select(headers, &tag, size) {
        Selection::Whole => (answer, 0..size),
        Selection::Part(range) => {
            let said = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            (answer.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, said), range)
        }
        Selection::Nothing(status) => {
            let answer = match status {
                StatusCode::RANGE_NOT_SATISFIABLE => {
                    answer.header(header::CONTENT_RANGE, format!("bytes */{size}"))
                }
                _ => answer,
            };
            return finish(answer.status(status).body(Body::empty()));
        }
    };
    if routes.sending.is_used_up() {
        return Err(Refusal::UsedUp);
    }
    let permit = routes.downloads.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let content = Arc::new(content);
    let answer = answer
        .header(header::CONTENT_TYPE, media_type)
        .header(header::CONTENT_LENGTH, range.end - range.start);
    let block_size = content.block_size();
    let mut blocks = range.start / block_size..range.end.div_ceil(block_size);
    // The first one is read before anything is said: whoever asks for what is rotten is told so, not cut off.
    let first = match blocks.next() {
        None => None,
        Some(index) => {
            let (content, range) = (content.clone(), range.clone());
            let block = blocking(move || content.block(index, &range)).await?;
            Some(block.map_err(|e| match e.kind() {
                io::ErrorKind::InvalidData => Refusal::Rotten,
                _ => Refusal::Read(e),
            })?)
        }
    };
    let reads = blocks.map(move |index| {
        let (content, range) = (content.clone(), range.clone());
        async move {
            let block = tokio::task::spawn_blocking(move || content.block(index, &range));
            block.await.map_err(io::Error::other)?
        }
    });
    let blocks = stream::iter(first.map(Ok)).chain(stream::iter(reads).buffered(READ_AHEAD));
    let (bearer, sending) = (Arc::new(bearer), routes.sending.clone());
    let limit = sending.clone();
    let steps = blocks.flat_map(move |block| stream::iter(steps(block, limit.clone())));
    let body = steps.then(move |step| {
        let (bearer, sending) = (bearer.clone(), sending.clone());
        async move {
            let step = step?;
            sending.pass(step.len() as u64).await;
            // A long answer ends when its bearer is shut out.
            if bearer.is_denied() { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(step) }
        }
    });
    let body = body.inspect(move |step: &io::Result<Bytes>| {
        let _held_until_the_end = &permit;
        if let Err(error) = step {
            tracing::error!(%error, "a download broke off");
        }
    });
    finish(answer.body(Body::from_stream(body)))
}

/// A block in the parts that are sent at once.
fn steps(block: io::Result<Bytes>, sending: Arc<Sending>) -> impl Iterator<Item = io::Result<Bytes>> {
    let (mut rest, mut error) = match block {
        Ok(bytes) => (bytes, None),
        Err(error) => (Bytes::new(), Some(error)),
    };
    iter::from_fn(move || match error.take() {
        Some(error) => Some(Err(error)),
        None if rest.is_empty() => None,
        None => {
            let step = if sending.is_limited() { LIMITED_STEP } else { STEP };
            Some(Ok(rest.split_to(rest.len().min(step))))
        }
    })
}

fn finish(answer: http::Result<Response>) -> Result<Response, Refusal> {
    answer.map_err(|e| Refusal::Read(io::Error::other(e)))
}
