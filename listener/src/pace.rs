//! How fast a request's body has to come.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use mist_proto::Pace;

/// A body came too slowly.
#[derive(Debug)]
pub(crate) struct TooSlow;

impl std::fmt::Display for TooSlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body came too slowly")
    }
}

impl Error for TooSlow {}

/// A body that fails if it does not keep its pace. It is looked at whenever a part comes: that parts come at all is for a
/// time-out of each to see to.
#[derive(Debug)]
pub(crate) struct Paced<B> {
    body: B,
    pace: Pace,
    began: Instant,
    received: u64,
}

impl<B> Paced<B> {
    pub(crate) fn new(body: B, pace: Pace) -> Self {
        Self { body, pace, began: Instant::now(), received: 0 }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(Into::into)?;
        self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
        if self.pace.is_missed(self.received, self.began.elapsed()) {
            return Poll::Ready(Some(Err(TooSlow.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
