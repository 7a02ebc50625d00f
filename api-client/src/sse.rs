//! The lines of a stream of server-sent events (HTML Living Standard, "Interpreting an event stream"). Pure.

use std::{collections::VecDeque, mem};

use mist_proto::limits::MAX_EVENT_LINE;

/// A line, or the lines of one event together, have more than [`MAX_EVENT_LINE`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// One event as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The last id that was sent up to it.
    pub(crate) id: Option<String>,
    /// What it says.
    pub(crate) data: String,
}

/// Puts events together from the pieces in which they come.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    /// Whether the last byte was a carriage return: a line feed after it belongs to the same line's end.
    after_return: bool,
    id: Option<String>,
    data: Option<String>,
    ready: VecDeque<Message>,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    pub(crate) fn handle_bytes(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for &byte in bytes {
            let ends_return = mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if ends_return => {}
                b'\n' | b'\r' => self.handle_line()?,
                _ if self.line.len() < MAX_EVENT_LINE => self.line.push(byte),
                _ => return Err(TooLong),
            }
        }
        Ok(())
    }

    /// The next event that is there whole.
    pub(crate) fn poll_message(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    fn handle_line(&mut self) -> Result<(), TooLong> {
        let line = mem::take(&mut self.line);
        if line.is_empty() {
            if let Some(data) = self.data.take() {
                self.ready.push_back(Message { id: self.id.clone(), data });
            }
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.data {
                None => self.data = Some(value.to_owned()),
                Some(data) if data.len() + value.len() < MAX_EVENT_LINE => {
                    data.push('\n');
                    data.push_str(value);
                }
                Some(_) => return Err(TooLong),
            },
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // A comment keeps the connection alive; other fields are not used here.
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(decoder: &mut Decoder) -> Vec<(Option<String>, String)> {
        std::iter::from_fn(|| decoder.poll_message()).map(|m| (m.id, m.data)).collect()
    }

    #[test]
    fn events_are_the_same_wherever_the_stream_is_cut() {
        let stream = "data: a\n\n: alive\n\nid: 7\r\ndata:b\r\ndata: c\r\n\r\nevent: x\rdata\r\rid:8\ndata: d\n\ndata: cut";
        let id = |n: &str| Some(n.to_owned());
        let expected = [
            (None, "a".to_owned()),
            (id("7"), "b\nc".to_owned()),
            (id("7"), String::new()),
            (id("8"), "d".to_owned()),
        ];
        for cut in 0..stream.len() {
            let mut decoder = Decoder::default();
            let (head, tail) = stream.as_bytes().split_at(cut);
            decoder.handle_bytes(head).expect("short lines");
            decoder.handle_bytes(tail).expect("short lines");
            assert_eq!(all(&mut decoder), expected, "cut at {cut}");
        }
    }

    #[test]
    fn no_line_and_no_event_is_longer_than_the_bound() {
        let line = |n: usize| format!("data:{}", "x".repeat(n - 5));
        let mut decoder = Decoder::default();
        assert_eq!(decoder.handle_bytes(line(MAX_EVENT_LINE).as_bytes()), Ok(()));
        assert_eq!(decoder.handle_bytes(b"x"), Err(TooLong));
        let mut decoder = Decoder::default();
        let half = format!("{}\n", line(MAX_EVENT_LINE / 2));
        assert_eq!(decoder.handle_bytes(half.repeat(2).as_bytes()), Ok(()));
        assert_eq!(decoder.handle_bytes(half.as_bytes()), Err(TooLong));
    }
}
