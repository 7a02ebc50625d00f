//! One piece: asked for, verified, stored.

use std::{io, sync::Arc};

use mist_proto::wire::{Request, Status};
use quinn::{ReadError, ReadExactError, WriteError};
use tracing::debug;

use crate::{
    BlobSink, PartialBlob, bao,
    https::{HttpsError, HttpsSource},
    link::{Answer, AskError, Link},
    node::Shared,
    scheduler::Failure,
};

/// Why a piece did not make it into the sink.
#[derive(Debug, thiserror::Error)]
pub(super) enum PieceError {
    #[error("{0:?}")]
    Source(Failure),
    #[error(transparent)]
    Storage(#[from] io::Error),
}

/// Who is asked.
pub(super) enum Whom {
    Peer(Arc<Link>),
    Https(Arc<HttpsSource>),
}

impl Whom {
    /// Asks for a piece; what comes is not verified yet. `arrived` is told of bytes as they come in.
    pub(super) async fn ask(
        self,
        node: &Shared,
        request: &Request,
        piece: u64,
        arrived: impl Fn(u64),
    ) -> Result<Answer, Failure> {
        match self {
            Self::Peer(link) => link.ask(node, request, arrived).await.map_err(|e| failure_of_ask(&e)),
            Self::Https(source) => source.ask(node, piece, arrived).await.map_err(|e| failure_of_https(&e)),
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
) -> Result<u64, PieceError> {
    let work = move || {
        let Answer { proof, payload } = answer;
        let pairs = bao::verify(&request.blob, request.first_group, &payload, &proof)
            .map_err(|_| PieceError::Source(Failure::BadData))?;
        sink.write_at(request.byte_range().0, &payload)?;
        partial.record(piece, &pairs)?;
        Ok(payload.len() as u64)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PieceError::Source(Failure::Broken)))
}

fn failure_of_ask(error: &AskError) -> Failure {
    match error {
        AskError::Refused(Status::Busy) => Failure::Busy,
        // All that the peer was asked for fails at once: that is no strike against it.
        error if is_connection_lost(error) => Failure::Busy,
        AskError::Refused(_) => Failure::NotHere,
        AskError::Malformed(_) | AskError::Unpack(_) => Failure::BadData,
        AskError::Connection(_) | AskError::Read(_) | AskError::ReadSome(_) | AskError::Write(_) => {
            Failure::Broken
        }
    }
}

fn is_connection_lost(error: &AskError) -> bool {
    matches!(
        error,
        AskError::Connection(_)
            | AskError::Read(ReadExactError::ReadError(ReadError::ConnectionLost(_)))
            | AskError::ReadSome(ReadError::ConnectionLost(_))
            | AskError::Write(WriteError::ConnectionLost(_))
    )
}

fn failure_of_https(error: &HttpsError) -> Failure {
    debug!(error = %error, "HTTPS request failed");
    match error {
        HttpsError::BadData => Failure::BadData,
        HttpsError::Status(_) | HttpsError::Range => Failure::NotHere,
        _ => Failure::Broken,
    }
}
