//! One piece: asked for, verified, stored.

use std::{io, sync::Arc};

use mist_proto::wire::{Request, Status};
use quinn::{ReadError, ReadExactError, WriteError};
use tracing::debug;

use super::Trouble;
use crate::{
    BlobSink, PartialBlob, bao,
    https::{HttpsError, HttpsSource},
    link::{Answer, Link, RequestError},
    meter::Meter,
    node::Shared,
    scheduler::Failure,
    waits::{Gauges, Stage},
};

/// Why a piece did not make it into the sink.
#[derive(Debug, thiserror::Error)]
pub(super) enum PieceError {
    #[error("{0:?}")]
    Source(Failure, Option<Trouble>),
    #[error(transparent)]
    Storage(#[from] io::Error),
}

impl PieceError {
    fn of_source(failure: Failure) -> Self {
        Self::Source(failure, (failure == Failure::BadData).then_some(Trouble::BadData))
    }
}

/// Where a piece is requested.
pub(super) enum PieceSource {
    Peer(Arc<Link>),
    Https(Arc<HttpsSource>),
}

impl PieceSource {
    /// Requests a piece; what comes is not verified yet, and counted by `meter`.
    pub(super) async fn request(
        self,
        node: &Shared,
        request: &Request,
        piece: u64,
        meter: &Meter,
    ) -> Result<Answer, PieceError> {
        match self {
            Self::Peer(link) => {
                let answer = link.request(node, request, meter).await;
                answer.map_err(|e| PieceError::of_source(failure_of_request(&e)))
            }
            Self::Https(source) => {
                let answer = source.request(node, piece, meter).await;
                answer.map_err(|e| PieceError::Source(failure_of_https(&e), Some(Trouble::from(&e))))
            }
        }
    }
}

/// Verifies an answer and stores it, on the blocking pool. Returns the bytes of content.
pub(super) async fn store(
    request: Request,
    piece: u64,
    answer: Answer,
    partial: PartialBlob,
    sink: Arc<dyn BlobSink>,
    gauges: Arc<Gauges>,
) -> Result<u64, PieceError> {
    let hashing = gauges.enter(Stage::Hash);
    let work = move || {
        let Answer { proof, payload } = answer;
        let pairs = bao::verify(&request.blob, request.first_group, &payload, &proof)
            .map_err(|_| PieceError::of_source(Failure::BadData))?;
        drop(hashing);
        let _writing = gauges.enter(Stage::Disk);
        sink.write_at(request.byte_range().0, &payload)?;
        partial.record(piece, &pairs)?;
        Ok(payload.len() as u64)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PieceError::of_source(Failure::Broken)))
}

fn failure_of_request(error: &RequestError) -> Failure {
    match error {
        RequestError::Refused(Status::Busy) => Failure::Busy,
        // All that the peer was asked for fails at once: that is no strike against it.
        error if is_connection_lost(error) => Failure::Busy,
        RequestError::Refused(_) => Failure::NotHere,
        RequestError::Malformed(_) | RequestError::Unpack(_) => Failure::BadData,
        RequestError::Connection(_)
        | RequestError::Read(_)
        | RequestError::ReadSome(_)
        | RequestError::Write(_) => Failure::Broken,
    }
}

fn is_connection_lost(error: &RequestError) -> bool {
    matches!(
        error,
        RequestError::Connection(_)
            | RequestError::Read(ReadExactError::ReadError(ReadError::ConnectionLost(_)))
            | RequestError::ReadSome(ReadError::ConnectionLost(_))
            | RequestError::Write(WriteError::ConnectionLost(_))
    )
}

fn failure_of_https(error: &HttpsError) -> Failure {
    debug!(error = %error, "HTTPS request failed");
    match error {
        HttpsError::BadData => Failure::BadData,
        HttpsError::Status(_) | HttpsError::Rotten | HttpsError::Range | HttpsError::Short => {
            Failure::NotHere
        }
        _ => Failure::Broken,
    }
}
