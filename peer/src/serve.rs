//! Answering requests.

use std::{sync::Arc, time::Duration};

use mist_proto::{
    Hash,
    http::SourceClass,
    limits::MAX_REQUEST_FRAME,
    wire::{AnswerHead, Codec, Request, Status},
};
use quinn::{RecvStream, SendStream};
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::{ServedBlob, bao, link::Link, node::Shared};

/// A peer that does not take a [`STEP`] of its answer for so long is cut off: the memory is needed by others.
const TAKE_STEP: Duration = Duration::from_secs(20);
/// How long a request frame may take to arrive once its stream is open.
const TAKE_REQUEST: Duration = Duration::from_secs(5);
/// Bytes written between two looks at the rate limit.
const STEP: usize = 64 * 1024;
/// zstd level on the wire: fast enough for any link that is slow enough to need it.
const LEVEL: i32 = 1;

/// A verified answer, ready to be sent.
struct Answer {
    head: AnswerHead,
    proof: Vec<u8>,
    payload: Vec<u8>,
    content: u64,
}

/// Serves one request stream to its end.
pub(crate) async fn serve(node: Arc<Shared>, link: Arc<Link>, mut send: SendStream, mut recv: RecvStream) {
    let Ok(Some(request)) = timeout(TAKE_REQUEST, read_request(&mut recv)).await else {
        // Dropping the streams ends ours without a byte.
        return;
    };
    let Ok(permits) = node.answer_permits(&link).await else { return };
    let taken_up = node.begin_answer();
    let answer = if taken_up.is_none() {
        // Whoever waits for its turn loses nothing, and is better off elsewhere at once.
        Err(Status::Busy)
    } else if link.may_ask(&node, &request.scope) {
        prepare(&node, &link, request.clone()).await
    } else {
        Err(Status::Unknown)
    };
    match send_answer(&node, &link, &mut send, &request, answer).await {
        Ok(()) => {
            drop(permits);
            // The answer is under way until the peer has it all: what is only buffered is lost when a node shuts down.
            let _ = timeout(TAKE_STEP, send.stopped()).await;
        }
        Err(e) => {
            // Without this the drop would send the rest in its own time.
            let _ = send.reset(0u32.into());
            debug!(peer = %link.peer(), error = %e, "an answer was cut off");
        }
    }
}

/// Why an answer was not sent to its end.
#[derive(Debug, thiserror::Error)]
enum CutOff {
    #[error(transparent)]
    Write(#[from] quinn::WriteError),
    #[error(transparent)]
    Closed(#[from] quinn::ClosedStream),
    #[error("the peer may no longer ask for it")]
    Denied,
    #[error("the peer does not take it")]
    NotTaken(#[from] tokio::time::error::Elapsed),
}

async fn send_answer(
    node: &Arc<Shared>,
    link: &Arc<Link>,
    send: &mut SendStream,
    request: &Request,
    answer: Result<Answer, Status>,
) -> Result<(), CutOff> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(status) => {
            send.write_all(&AnswerHead::refusal(status).encode()).await?;
            return Ok(send.finish()?);
        }
    };
    node.handle_request(link, request);
    link.answering().notify_one();
    let turn = link.turn().await;
    let head = [answer.head.encode().as_slice(), &answer.proof].concat();
    timeout(TAKE_STEP, send.write_all(&head)).await??;
    let mut rest = bytes::Bytes::from(answer.payload);
    let limited = node.is_up_limited(link.class());
    while !rest.is_empty() {
        let step = rest.split_to(rest.len().min(STEP));
        if limited {
            node.up.pass(step.len() as u64).await;
        }
        if !link.may_ask(node, &request.scope) {
            return Err(CutOff::Denied);
        }
        timeout(TAKE_STEP, send.write_chunk(step)).await??;
    }
    drop(turn);
    node.traffic.up(&request.scope, link.class(), answer.content);
    Ok(send.finish()?)
}

/// The request, or `None` if it breaks the protocol.
async fn read_request(recv: &mut RecvStream) -> Option<Request> {
    let mut len = [0; 4];
    recv.read_exact(&mut len).await.ok()?;
    let len = usize::try_from(u32::from_le_bytes(len)).ok().filter(|&n| n <= MAX_REQUEST_FRAME)?;
    let mut body = vec![0; len];
    recv.read_exact(&mut body).await.ok()?;
    Request::decode(&body).ok()
}

/// Reads, verifies and packs what was asked for, on the blocking pool.
async fn prepare(node: &Arc<Shared>, link: &Link, request: Request) -> Result<Answer, Status> {
    let node = node.clone();
    let pack = request.accept_zstd && link.class() != SourceClass::Lan;
    tokio::task::spawn_blocking(move || {
        let blob = node.open_blob(&request.scope, &request.blob.hash)?;
        if blob.id() != request.blob {
            return Err(Status::Unknown);
        }
        let (proof, payload) = read_verified(&*blob, &request)?;
        let content = payload.len() as u64;
        let (codec, payload) = if pack { compress(payload) } else { (Codec::Raw, payload) };
        let head = AnswerHead {
            status: Status::Ok,
            codec,
            parents: u16::try_from(proof.len()).map_err(|_| Status::NotHere)?,
            payload: u32::try_from(payload.len()).map_err(|_| Status::NotHere)?,
        };
        Ok(Answer { head, proof: proof.concat(), payload, content })
    })
    .await
    .unwrap_or(Err(Status::NotHere))
}

/// The bytes asked for and their proof, checked against the root: rot never leaves this machine.
fn read_verified(blob: &dyn ServedBlob, request: &Request) -> Result<(Vec<bao::Pair>, Vec<u8>), Status> {
    let (first, count) = (request.first_group, u64::from(request.groups));
    let pieces = bao::piece_of(blob.id().size, first)..=bao::piece_of(blob.id().size, first + count - 1);
    let here = blob.pieces();
    if !pieces.clone().all(|piece| here.contains(piece)) {
        return Err(Status::NotHere);
    }
    let (offset, len) = request.byte_range();
    let mut payload = vec![0; usize::try_from(len).map_err(|_| Status::NotHere)?];
    let proof = blob.read_at(offset, &mut payload).and_then(|()| blob.outboard().proof(first, count));
    match proof {
        Ok(proof) if bao::verify(&request.blob, first, &payload, &proof).is_ok() => Ok((proof, payload)),
        outcome => {
            let hash: Hash = request.blob.hash;
            warn!(hash = %hash.short(), offset, error = ?outcome.err(), "stored bytes are damaged and not served");
            pieces.for_each(|piece| blob.found_rot(piece));
            Err(Status::NotHere)
        }
    }
}

/// Packs the payload if that pays.
fn compress(payload: Vec<u8>) -> (Codec, Vec<u8>) {
    match zstd::bulk::compress(&payload, LEVEL) {
        // Less than 3 % is not worth the receiver's time.
        Ok(packed) if packed.len() < payload.len() - payload.len() / 32 => (Codec::Zstd, packed),
        _ => (Codec::Raw, payload),
    }
}
