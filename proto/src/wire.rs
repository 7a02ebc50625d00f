//! Frames of the swarm protocol, `mist/2`, between two peers on one QUIC connection.
//!
//! Goals: a peer that has not shown a ticket costs at most 1 KiB of memory; every length is bounded before it is
//! allocated; a request and its answer stand alone, so that streams may be cancelled at any moment.
//! Non-goals: finding peers, naming games (a *scope* is an opaque string) and trusting anything that arrives.
//!
//! Both ends authenticate by TLS certificates bound to their Ed25519 peer ids. Then:
//!
//! * **Control stream**: one bidirectional stream, opened by the dialer. Each end writes [`Control`] frames:
//!   a `u32` length (of what follows), a type byte, a body. Each end's first frame is [`Control::Hello`], at most
//!   [`MAX_HELLO_FRAME`](limits::MAX_HELLO_FRAME) bytes; nothing else is read before a hello with a ticket that
//!   fits the connection's peer id.
//! * **Request streams**: one bidirectional stream per [`Request`], opened by whoever wants bytes. The request
//!   has a `u32` length; the answer is an [`AnswerHead`] and, if the status is [`Status::Ok`], parents and payload.
//!   Resetting the stream cancels.
//! * **Datagrams** ([`Clock`]), which may be lost: how long packets are on their way, as both clocks tell.
//!
//! Encoding: [`crate::codec`], little-endian. A scope is 1 to 64 bytes of UTF-8.

use crate::{
    Hash,
    codec::{DecodeError, Reader, Writer},
    hash::BlobId,
    limits,
};

/// ALPN protocol id of this version.
pub const ALPN: &[u8] = b"mist/2";
/// Version in the hello. Peers talk the lower of both; there is only one yet.
pub const VERSION: u16 = 1;

/// Longest scope.
const MAX_SCOPE: usize = 64;
/// Longest ticket: a hello with one fits [`limits::MAX_HELLO_FRAME`].
const MAX_TICKET: usize = 800;
/// Longest name of a program and its version.
const MAX_AGENT: usize = 64;

/// Number that names a subscribed blob on one connection, chosen by the end that subscribes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(pub u32);

/// A frame on the control stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// First frame of each end.
    Hello {
        /// Highest protocol version that this end talks.
        version: u16,
        /// Program and version, for people who debug.
        agent: String,
        /// Requests that this end answers at once; at most [`limits::MAX_INFLIGHT_PER_PEER`] counts.
        max_inflight: u16,
        /// Whether this end is a seed.
        seed: bool,
        /// Ticket for one scope.
        ticket: String,
    },
    /// A ticket for one more scope on the same connection.
    Ticket(
        /// The token.
        String,
    ),
    /// "Tell me what you have of this blob, now and as it changes."
    Subscribe {
        /// Number for the answers.
        channel: Channel,
        /// Scope that the blob belongs to.
        scope: String,
        /// The blob.
        blob: BlobId,
    },
    /// "I no longer want to know."
    Unsubscribe(
        /// The number given before.
        Channel,
    ),
    /// The blob is unknown here, or the other end may not know of it: both look alike.
    Unknown(
        /// The subscription.
        Channel,
    ),
    /// This end has every piece.
    HaveAll(
        /// The subscription.
        Channel,
    ),
    /// A page of this end's have-bitmap.
    HavePage {
        /// The subscription.
        channel: Channel,
        /// Index of the page; it starts at piece `page * HAVE_PAGE_PIECES`.
        page: u32,
        /// One bit a piece, lowest bit first; bits after the blob's last piece are 0.
        bits: Vec<u8>,
    },
    /// One more piece that this end has from now on.
    Have {
        /// The subscription.
        channel: Channel,
        /// Index of the piece.
        piece: u64,
    },
    /// "Of what I have, rather ask for this piece": how a seed hands different pieces to different peers.
    Suggest {
        /// The subscription.
        channel: Channel,
        /// Index of the piece.
        piece: u64,
    },
    /// "This piece is on its way to me from outside our local network": what others in it need not fetch too.
    Coming {
        /// The subscription.
        channel: Channel,
        /// Index of the piece.
        piece: u64,
    },
    /// This end closes the connection in order, and why.
    Bye(
        /// A [`ByeCode`] as it came; unknown ones are no error.
        u16,
    ),
}

/// Why a peer closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum ByeCode {
    /// Nothing is wanted any more, or the program ends.
    Done = 0,
    /// The hello or ticket was refused.
    Refused = 1,
    /// A frame broke the protocol.
    Protocol = 2,
    /// Bytes did not verify.
    BadData = 3,
    /// The tracker's deny-list names the peer.
    Denied = 4,
    /// Too many connections or requests.
    Busy = 5,
    /// The node ends. Answers that were under way have ended, unless they took too long.
    Leaving = 6,
}

impl Control {
    fn tag(&self) -> u8 {
        match self {
            Self::Hello { .. } => 1,
            Self::Ticket(_) => 2,
            Self::Subscribe { .. } => 3,
            Self::Unsubscribe(_) => 4,
            Self::Unknown(_) => 5,
            Self::HaveAll(_) => 6,
            Self::HavePage { .. } => 7,
            Self::Have { .. } => 8,
            Self::Suggest { .. } => 9,
            Self::Bye(_) => 10,
            Self::Coming { .. } => 11,
        }
    }

    /// The frame with its length in front.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer(vec![0; 4]);
        w.u8(self.tag());
        match self {
            Self::Hello { version, agent, max_inflight, seed, ticket } => {
                w.u16(*version).str(agent).u16(*max_inflight).u8(u8::from(*seed)).str(ticket);
            }
            Self::Ticket(t) => {
                w.str(t);
            }
            Self::Subscribe { channel, scope, blob } => {
                w.u32(channel.0).str(scope).raw(&blob.hash.0).u64(blob.size);
            }
            Self::Unsubscribe(c) | Self::Unknown(c) | Self::HaveAll(c) => {
                w.u32(c.0);
            }
            Self::HavePage { channel, page, bits } => {
                w.u32(channel.0).u32(*page).bytes(bits);
            }
            Self::Have { channel, piece }
            | Self::Suggest { channel, piece }
            | Self::Coming { channel, piece } => {
                w.u32(channel.0).u64(*piece);
            }
            Self::Bye(code) => {
                w.u16(*code);
            }
        }
        finish(w)
    }

    /// Reads the body of a frame (without its length). Callers bound the length before they read it.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let channel = |r: &mut Reader<'_>| r.u32().map(Channel);
        let frame = match r.u8()? {
            1 => Self::Hello {
                version: r.u16()?,
                agent: r.str(MAX_AGENT)?.to_owned(),
                max_inflight: r.u16()?,
                seed: r.bool()?,
                ticket: r.str(MAX_TICKET)?.to_owned(),
            },
            2 => Self::Ticket(r.str(MAX_TICKET)?.to_owned()),
            3 => Self::Subscribe { channel: channel(&mut r)?, scope: scope(&mut r)?, blob: blob(&mut r)? },
            4 => Self::Unsubscribe(channel(&mut r)?),
            5 => Self::Unknown(channel(&mut r)?),
            6 => Self::HaveAll(channel(&mut r)?),
            7 => Self::HavePage {
                channel: channel(&mut r)?,
                page: r.u32()?,
                bits: r.bytes(usize::try_from(limits::HAVE_PAGE_PIECES / 8).unwrap_or(usize::MAX))?.to_vec(),
            },
            8 => Self::Have { channel: channel(&mut r)?, piece: r.u64()? },
            9 => Self::Suggest { channel: channel(&mut r)?, piece: r.u64()? },
            10 => Self::Bye(r.u16()?),
            11 => Self::Coming { channel: channel(&mut r)?, piece: r.u64()? },
            _ => return Err(DecodeError::UnknownTag),
        };
        r.end()?;
        Ok(frame)
    }
}

/// Fills in the length that [`Writer`] left room for.
fn finish(mut w: Writer) -> Vec<u8> {
    let n = u32::try_from(w.0.len() - 4).expect("frames are far below 4 GiB");
    w.0[..4].copy_from_slice(&n.to_le_bytes());
    w.0
}

fn scope(r: &mut Reader<'_>) -> Result<String, DecodeError> {
    let s = r.str(MAX_SCOPE)?;
    if s.is_empty() { Err(DecodeError::Invalid("empty scope")) } else { Ok(s.to_owned()) }
}

fn blob(r: &mut Reader<'_>) -> Result<BlobId, DecodeError> {
    Ok(BlobId { hash: Hash(r.array()?), size: r.u64_max(limits::MAX_BLOB)? })
}

/// Asks for a run of chunk groups of one blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Scope that the blob belongs to; the requester has shown a ticket for it.
    pub scope: String,
    /// The blob.
    pub blob: BlobId,
    /// First chunk group.
    pub first_group: u64,
    /// Number of groups, 1 to [`limits::MAX_PIECE_GROUPS`]; the run may not pass the end of the blob.
    pub groups: u8,
    /// Whether a compressed payload is welcome.
    pub accept_zstd: bool,
}

impl Request {
    /// The request with its length in front.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer(vec![0; 4]);
        w.str(&self.scope).raw(&self.blob.hash.0).u64(self.blob.size);
        w.u64(self.first_group).u8(self.groups).u8(u8::from(self.accept_zstd));
        finish(w)
    }

    /// Reads a request (without its length).
    ///
    /// # Errors
    /// [`DecodeError`], also for a run that is empty, too long, or passes the end of the blob.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let this = Self {
            scope: scope(&mut r)?,
            blob: blob(&mut r)?,
            first_group: r.u64()?,
            groups: r.u8()?,
            accept_zstd: r.bool()?,
        };
        r.end()?;
        let total = this.blob.size.div_ceil(limits::GROUP_SIZE);
        let end = this.first_group.checked_add(u64::from(this.groups)).ok_or(DecodeError::OutOfBounds)?;
        if this.groups == 0 || u64::from(this.groups) > limits::MAX_PIECE_GROUPS || end > total {
            return Err(DecodeError::OutOfBounds);
        }
        Ok(this)
    }

    /// Offset of the first byte asked for, and the number of bytes.
    pub fn byte_range(&self) -> (u64, u64) {
        let start = self.first_group * limits::GROUP_SIZE;
        let end = (start + u64::from(self.groups) * limits::GROUP_SIZE).min(self.blob.size);
        (start, end.saturating_sub(start))
    }
}

/// How a request fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Parents and payload follow.
    Ok,
    /// Unknown blob, or not allowed: both look alike.
    Unknown,
    /// Known, but these groups are not here (any more).
    NotHere,
    /// Too many requests at once; ask again later or elsewhere.
    Busy,
}

/// How the payload is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// The bytes themselves.
    Raw,
    /// One zstd frame whose window is at most a piece.
    Zstd,
}

/// Head of an answer. After it, if the status is [`Status::Ok`]: `parents` pairs of hashes (64 bytes each, left
/// then right, in the order in which a depth-first walk of the bao tree towards the asked groups meets them), then
/// `payload` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerHead {
    /// How it went. If not [`Status::Ok`], all other fields are zero.
    pub status: Status,
    /// Hash pairs that follow.
    pub parents: u16,
    /// How the payload is packed.
    pub codec: Codec,
    /// Bytes of payload that follow; at most what was asked for (compression that does not pay is not used).
    pub payload: u32,
}

impl AnswerHead {
    /// Encoded length.
    pub const LEN: usize = 8;

    /// An answer without content.
    pub fn refusal(status: Status) -> Self {
        Self { status, parents: 0, codec: Codec::Raw, payload: 0 }
    }

    /// The canonical bytes.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let status = match self.status {
            Status::Ok => 0,
            Status::Unknown => 1,
            Status::NotHere => 2,
            Status::Busy => 3,
        };
        let codec = match self.codec {
            Codec::Raw => 0,
            Codec::Zstd => 1,
        };
        let (p, n) = (self.parents.to_le_bytes(), self.payload.to_le_bytes());
        [status, codec, p[0], p[1], n[0], n[1], n[2], n[3]]
    }

    /// Reads a head and checks it against what `request` allows.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8; Self::LEN], request: &Request) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let status = match r.u8()? {
            0 => Status::Ok,
            1 => Status::Unknown,
            2 => Status::NotHere,
            3 => Status::Busy,
            _ => return Err(DecodeError::UnknownTag),
        };
        let codec = match r.u8()? {
            0 => Codec::Raw,
            1 if request.accept_zstd => Codec::Zstd,
            _ => return Err(DecodeError::UnknownTag),
        };
        let this = Self { status, codec, parents: r.u16()?, payload: r.u32()? };
        r.end()?;
        let (_, asked) = request.byte_range();
        let payload = u64::from(this.payload);
        let fits = match (status, codec) {
            (Status::Ok, Codec::Raw) => payload == asked,
            (Status::Ok, Codec::Zstd) => payload < asked,
            _ => payload == 0 && this.parents == 0 && codec == Codec::Raw,
        };
        if !fits || usize::from(this.parents) > limits::MAX_PARENTS_PER_ANSWER {
            return Err(DecodeError::OutOfBounds);
        }
        Ok(this)
    }
}

/// What is said in datagrams: times, in microseconds of the sender's clock since a moment of its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// "This was sent at `sent`; when did you get it?"
    Ask {
        /// Time of who asks.
        sent: u64,
    },
    /// The answer.
    Tell {
        /// What the question said.
        sent: u64,
        /// Time at which the question came, by the clock of who answers.
        here: u64,
    },
}

impl Clock {
    /// Longest encoding.
    pub const MAX_LEN: usize = 17;

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Ask { sent } => w.u8(1).u64(*sent),
            Self::Tell { sent, here } => w.u8(2).u64(*sent).u64(*here),
        };
        w.0
    }

    /// Reads a datagram.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(datagram: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(datagram);
        let this = match r.u8()? {
            1 => Self::Ask { sent: r.u64()? },
            2 => Self::Tell { sent: r.u64()?, here: r.u64()? },
            _ => return Err(DecodeError::UnknownTag),
        };
        r.end()?;
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request() -> Request {
        Request {
            scope: "game".into(),
            blob: BlobId { hash: Hash([7; 32]), size: 3 * limits::GROUP_SIZE + 5 },
            first_group: 2,
            groups: 2,
            accept_zstd: true,
        }
    }

    fn samples() -> Vec<Control> {
        let channel = Channel(9);
        vec![
            Control::Hello {
                version: 1,
                agent: "mist/0.1".into(),
                max_inflight: 64,
                seed: true,
                ticket: "t".repeat(MAX_TICKET),
            },
            Control::Ticket("x".into()),
            Control::Subscribe { channel, scope: "game".into(), blob: request().blob },
            Control::Unsubscribe(channel),
            Control::Unknown(channel),
            Control::HaveAll(channel),
            Control::HavePage { channel, page: 1, bits: vec![0xff; 32 * 1024] },
            Control::Have { channel, piece: u64::MAX },
            Control::Suggest { channel, piece: 0 },
            Control::Bye(ByeCode::Busy as u16),
        ]
    }

    #[test]
    fn control_round_trip_and_truncation() {
        for frame in samples() {
            let bytes = frame.encode();
            assert_eq!(u32::from_le_bytes(*bytes.first_chunk().expect("length")) as usize, bytes.len() - 4);
            assert!(bytes.len() <= limits::MAX_CONTROL_FRAME);
            assert_eq!(Control::decode(&bytes[4..]), Ok(frame));
            for n in 4..bytes.len().min(200) {
                assert!(Control::decode(&bytes[4..n]).is_err());
            }
        }
        assert!(samples()[0].encode().len() <= limits::MAX_HELLO_FRAME, "a full hello fits its bound");
    }

    #[test]
    fn requests_are_bounded() {
        assert_eq!(Request::decode(&request().encode()[4..]), Ok(request()));
        assert_eq!(request().byte_range(), (2 * limits::GROUP_SIZE, limits::GROUP_SIZE + 5));
        for (first_group, groups) in [(0, 0), (0, 5), (3, 2), (4, 1), (u64::MAX, 1), (u64::MAX / 2, 4)] {
            let bad = Request { first_group, groups, ..request() };
            assert_eq!(
                Request::decode(&bad.encode()[4..]),
                Err(DecodeError::OutOfBounds),
                "{first_group} {groups}"
            );
        }
        let huge = BlobId { size: u64::MAX, ..request().blob };
        let bad = Request { blob: huge, ..request() };
        assert_eq!(Request::decode(&bad.encode()[4..]), Err(DecodeError::OutOfBounds));
    }

    #[test]
    fn answers_are_held_to_the_request() {
        let (_, asked) = request().byte_range();
        let payload = u32::try_from(asked).expect("small");
        let ok = AnswerHead { status: Status::Ok, parents: 3, codec: Codec::Raw, payload };
        assert_eq!(AnswerHead::decode(&ok.encode(), &request()), Ok(ok));
        for bad in [
            AnswerHead { payload: payload - 1, ..ok },
            AnswerHead { payload: u32::MAX, ..ok },
            AnswerHead { codec: Codec::Zstd, ..ok },
            AnswerHead { parents: u16::MAX, ..ok },
            AnswerHead { status: Status::Busy, ..ok },
        ] {
            assert!(AnswerHead::decode(&bad.encode(), &request()).is_err(), "{bad:?}");
        }
        let raw_only = Request { accept_zstd: false, ..request() };
        let packed = AnswerHead { codec: Codec::Zstd, payload: 10, ..ok };
        assert!(AnswerHead::decode(&packed.encode(), &request()).is_ok());
        assert!(AnswerHead::decode(&packed.encode(), &raw_only).is_err());
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = Control::decode(&bytes) {
                prop_assert_eq!(&frame.encode()[4..], &bytes[..]);
            }
            if let Ok(r) = Request::decode(&bytes) {
                prop_assert_eq!(&r.encode()[4..], &bytes[..]);
            }
            if let Ok(clock) = Clock::decode(&bytes) {
                prop_assert_eq!(&clock.encode()[..], &bytes[..]);
            }
        }

        #[test]
        fn times_are_read_as_they_were_written(sent: u64, here: u64) {
            for clock in [Clock::Ask { sent }, Clock::Tell { sent, here }] {
                let bytes = clock.encode();
                prop_assert!(bytes.len() <= Clock::MAX_LEN);
                prop_assert_eq!(Clock::decode(&bytes), Ok(clock));
                prop_assert!(Clock::decode(&bytes[1..]).is_err() && Clock::decode(&bytes[..bytes.len() - 1]).is_err());
            }
        }
    }
}
