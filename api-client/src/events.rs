//! What the server tells as it happens.

use std::time::Duration;

use mist_proto::{
    http::{Event, route},
    limits::MAX_EVENT_LINE,
};

use crate::{
    CallError, Renewal, SignedIn,
    call::Stream,
    sse::{Decoder, TooLong},
};

/// The longest silence: the server says every 15 s that it is alive.
const SILENCE: Duration = Duration::from_secs(45);

impl<R: Renewal> SignedIn<R> {
    /// Listens to `GET /events`, from the event after `last` on if the server still has it. Otherwise, and with none,
    /// from now on.
    ///
    /// # Errors
    /// What the call or the renewal fails by.
    pub async fn events(&self, last: Option<&str>) -> Result<EventStream, R::Error> {
        let answer = self.answer(route::ListenToEvents, &(), |call| call.resuming(last)).await?;
        let stream = answer.into_stream("text/event-stream")?;
        Ok(EventStream { stream, decoder: Decoder::default(), last: last.map(str::to_owned) })
    }
}

/// An open stream of events. It ends with the access token that it was opened with; whoever wants to hear more listens
/// again, after [`EventStream::last_id`].
#[derive(Debug)]
pub struct EventStream {
    stream: Stream,
    decoder: Decoder,
    last: Option<String>,
}

impl EventStream {
    /// The next event; `None` once the server has ended the stream. Events that this version does not know are passed
    /// over. May be dropped while it waits: nothing is lost.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] if the stream breaks off or nothing comes for 45 s, [`CallError::Malformed`] if a line
    /// is over its bound.
    pub async fn next(&mut self) -> Result<Option<Event>, CallError> {
        loop {
            while let Some(message) = self.decoder.poll_message() {
                if message.id.is_some() {
                    self.last = message.id;
                }
                if let Ok(event) = serde_json::from_str(&message.data) {
                    return Ok(Some(event));
                }
            }
            let Some(bytes) = self.stream.chunk(SILENCE).await? else { return Ok(None) };
            let too_long = |TooLong| format!("an event has more than {MAX_EVENT_LINE} bytes");
            self.decoder.handle_bytes(&bytes).map_err(|e| self.stream.malformed(too_long(e)))?;
        }
    }

    /// Id of the last event that was heard, or what the stream was opened with.
    pub fn last_id(&self) -> Option<&str> {
        self.last.as_deref()
    }
}
