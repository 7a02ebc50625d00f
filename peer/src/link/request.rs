//! Requests of pieces, each on a stream of its own.

use mist_proto::{
    codec::DecodeError,
    wire::{self, AnswerHead, Request, Status},
};

use super::Link;
use crate::{
    bao::{PAIR_LEN, Pair},
    meter::Meter,
    node::Shared,
};

/// Why a request brought no piece.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("refused: {0:?}")]
    Refused(Status),
    #[error("the answer breaks the protocol: {0}")]
    Malformed(#[from] DecodeError),
    #[error("the payload does not decode: {0}")]
    Unpack(std::io::Error),
    #[error(transparent)]
    Connection(#[from] quinn::ConnectionError),
    #[error(transparent)]
    Read(#[from] quinn::ReadExactError),
    #[error(transparent)]
    ReadSome(#[from] quinn::ReadError),
    #[error(transparent)]
    Write(#[from] quinn::WriteError),
}

/// An answer as it came: not verified.
pub(crate) struct Answer {
    pub(crate) proof: Vec<Pair>,
    pub(crate) payload: Vec<u8>,
}

impl Link {
    /// Requests a run of groups. What comes in is counted by `meter`.
    pub(crate) async fn request(
        &self,
        node: &Shared,
        request: &Request,
        meter: &Meter,
    ) -> Result<Answer, RequestError> {
        let (mut send, mut recv) = self.connection.open_bi().await?;
        send.write_all(&request.encode()).await?;
        // The stream ends with its request; an error here shows in the read.
        let _ = send.finish();
        let mut head = [0; AnswerHead::LEN];
        recv.read_exact(&mut head).await?;
        meter.overhead(head.len() as u64);
        let head = AnswerHead::decode(&head, request)?;
        if head.status != Status::Ok {
            return Err(RequestError::Refused(head.status));
        }
        let mut proof = vec![[0; PAIR_LEN]; usize::from(head.parents)];
        recv.read_exact(proof.as_flattened_mut()).await?;
        meter.overhead(proof.as_flattened().len() as u64);
        let limited = node.is_down_limited(self.class());
        let mut payload = vec![0; head.payload as usize];
        let mut filled = 0;
        while filled < payload.len() {
            let n = recv
                .read(&mut payload[filled..])
                .await?
                .ok_or(quinn::ReadExactError::FinishedEarly(filled))?;
            filled += n;
            meter.payload(n as u64);
            if limited {
                meter.pass(&node.down, n as u64).await;
            }
        }
        let payload = match head.codec {
            wire::Codec::Raw => payload,
            wire::Codec::Zstd => {
                unpack(payload, request.byte_range().1).await.map_err(RequestError::Unpack)?
            }
        };
        Ok(Answer { proof, payload })
    }
}

/// Decodes a payload to exactly `len` bytes, at most a piece.
async fn unpack(packed: Vec<u8>, len: u64) -> std::io::Result<Vec<u8>> {
    let len = usize::try_from(len).map_err(std::io::Error::other)?;
    tokio::task::spawn_blocking(move || {
        let out = zstd::bulk::decompress(&packed, len)?;
        if out.len() == len { Ok(out) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    })
    .await
    .map_err(std::io::Error::other)?
}
