//! One connection to a peer: the hello and the control stream. What goes over it is in the modules: [`scopes`],
//! [`subscriptions`] and [`request`].

mod request;
mod scopes;
mod subscriptions;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU32},
    time::Duration,
};

use mist_proto::{
    BlobId,
    codec::DecodeError,
    http::SourceClass,
    ids::PeerName,
    limits::{MAX_HELLO_FRAME, MAX_INFLIGHT_PER_PEER},
    wire::{self, ByeCode, Channel, Control},
};
use quinn::{Connection, RecvStream, SendStream, Side};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    time::timeout,
};

use self::scopes::Opened;
pub(crate) use self::{
    request::{Answer, RequestError},
    subscriptions::{Notice, Subscription},
};
use crate::{
    node::{LEAVING, Shared},
    tls,
};

/// Control frames that wait to be sent to a peer.
const OUTBOX: usize = 256;
/// How long a peer may take for its hello.
const HELLO: Duration = Duration::from_secs(5);
/// Answers that one peer may have in preparation or on the way at once: one is written, and the next are read and checked meanwhile.
/// Each is in memory, and may have 1 MiB.
const ANSWERS: usize = 4;
const AGENT: &str = concat!("mist/", env!("CARGO_PKG_VERSION"));

/// Why a connection did not come about, or ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("connection: {0}")]
    Connection(#[from] quinn::ConnectionError),
    #[error("stream: {0}")]
    Read(#[from] quinn::ReadExactError),
    #[error("stream: {0}")]
    Write(#[from] quinn::WriteError),
    #[error("frame: {0}")]
    Frame(#[from] DecodeError),
    #[error("the peer took too long")]
    Slow(#[from] tokio::time::error::Elapsed),
    #[error("the peer is not admitted")]
    Refused,
    #[error("a frame came where it may not")]
    Protocol,
    #[error("no ticket for this scope")]
    NoTicket,
    #[error("no address to reach the peer at")]
    NoAddress,
    #[error("can't dial: {0}")]
    Dial(String),
}

impl LinkError {
    /// What the peer is told.
    pub(crate) fn bye(&self) -> ByeCode {
        match self {
            Self::Refused | Self::NoTicket => ByeCode::Refused,
            Self::Frame(_) | Self::Protocol | Self::Slow(_) => ByeCode::Protocol,
            _ => ByeCode::Done,
        }
    }
}

/// The two halves of the control stream, after the hello.
pub(crate) struct ControlStream {
    pub(crate) send: SendStream,
    pub(crate) recv: RecvStream,
    pub(crate) outbox: mpsc::Receiver<Control>,
}

/// A blob within a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BlobKey {
    pub(crate) scope: String,
    pub(crate) blob: BlobId,
}

/// A connection after both hellos.
pub(crate) struct Link {
    id: u64,
    connection: Connection,
    peer: PeerName,
    /// The network that it was in when the connection was made: its congestion control is for that one.
    network: SourceClass,
    /// Whether it says that it is a seed. Good for counting bytes only.
    seed: bool,
    limit: usize,
    outbox: mpsc::Sender<Control>,
    next_channel: AtomicU32,
    answers: Semaphore,
    /// Notified when an answer begins.
    answering: Notify,
    /// Held by the answer that is being written.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Scopes that the peer may ask for.
    opened: HashMap<String, Opened>,
    /// Tickets that were shown to it.
    shown: HashMap<String, String>,
    subscriptions: HashMap<Channel, Subscription>,
    /// The peer's own subscriptions, by what they are for.
    theirs: HashMap<BlobKey, Channel>,
}

impl Link {
    /// Says hello on a connection that this node dialed.
    pub(crate) async fn dialed(
        node: &Shared,
        connection: Connection,
        network: SourceClass,
        scope: &str,
        vouched: bool,
    ) -> Result<(Arc<Self>, ControlStream), LinkError> {
        let ticket = node.admission.ticket_for(scope).ok_or(LinkError::NoTicket)?;
        let (mut send, mut recv) = connection.open_bi().await?;
        send.write_all(&hello(node, ticket.clone()).encode()).await?;
        let theirs = timeout(HELLO, read_frame(&mut recv, MAX_HELLO_FRAME)).await??;
        let (link, stream) = Self::after_hello(node, connection, network, theirs, send, recv)?;
        let mut state = link.lock();
        state.shown.insert(scope.to_owned(), ticket);
        // A friend must show that it plays the same game; a seed is vouched for by the tracker.
        if !vouched && !state.opened.contains_key(scope) {
            return Err(LinkError::Refused);
        }
        drop(state);
        Ok((link, stream))
    }

    /// Awaits the hello on a connection that a peer dialed.
    pub(crate) async fn accepted(
        node: &Shared,
        connection: Connection,
        network: SourceClass,
    ) -> Result<(Arc<Self>, ControlStream), LinkError> {
        let (send, mut recv) = timeout(HELLO, connection.accept_bi()).await??;
        let theirs = timeout(HELLO, read_frame(&mut recv, MAX_HELLO_FRAME)).await??;
        let (link, mut stream) = Self::after_hello(node, connection, network, theirs, send, recv)?;
        let scope = link.lock().opened.keys().next().cloned().ok_or(LinkError::Refused)?;
        let ticket = node.admission.ticket_for(&scope).unwrap_or_default();
        stream.send.write_all(&hello(node, ticket.clone()).encode()).await?;
        link.lock().shown.insert(scope, ticket);
        Ok((link, stream))
    }

    /// The connection once both hellos were said, if the peer's is good.
    fn after_hello(
        node: &Shared,
        connection: Connection,
        network: SourceClass,
        theirs: Control,
        send: SendStream,
        recv: RecvStream,
    ) -> Result<(Arc<Self>, ControlStream), LinkError> {
        let Control::Hello { version, max_inflight, seed, ticket, .. } = theirs else {
            return Err(LinkError::Protocol);
        };
        let peer = tls::remote_peer(&connection).ok_or(LinkError::Refused)?;
        if version == 0 || node.is_unwelcome(&peer) {
            return Err(LinkError::Refused);
        }
        let (outbox, queue) = mpsc::channel(OUTBOX);
        let link = Arc::new(Self {
            id: node.next_link_id(),
            connection,
            peer,
            network,
            seed,
            limit: usize::from(max_inflight).clamp(1, MAX_INFLIGHT_PER_PEER as usize),
            outbox,
            next_channel: AtomicU32::new(0),
            answers: Semaphore::new(ANSWERS),
            answering: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        });
        // An empty ticket asks for nothing; one that is not good is not forgiven.
        if !ticket.is_empty()
            && link.handle_ticket(node, &ticket).is_none()
            && link.connection.side() == Side::Server
        {
            return Err(LinkError::Refused);
        }
        Ok((link, ControlStream { send, recv, outbox: queue }))
    }

    /// Tells connections of this node apart.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The peer, as TLS proved it.
    pub(crate) fn peer(&self) -> &PeerName {
        &self.peer
    }

    /// How its bytes are counted, ranked and limited.
    pub(crate) fn class(&self) -> SourceClass {
        if self.seed { SourceClass::Seed } else { self.network }
    }

    /// The network that it was in when the connection was made.
    pub(crate) fn network(&self) -> SourceClass {
        self.network
    }

    pub(crate) fn ip(&self) -> IpAddr {
        self.connection.remote_address().ip()
    }

    /// Requests that it answers at once.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn is_open(&self) -> bool {
        self.connection.close_reason().is_none()
    }

    /// Permits for answers to this peer.
    pub(crate) fn answers(&self) -> &Semaphore {
        &self.answers
    }

    /// Notified when an answer to this peer begins.
    pub(crate) fn answering(&self) -> &Notify {
        &self.answering
    }

    /// Waits until no other answer is being written. One after the other is whole, and passed on, while the next is on its way.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Closes in order, saying why.
    pub(crate) fn close(&self, code: ByeCode) {
        let reason = if code == ByeCode::Leaving { LEAVING } else { b"" };
        self.connection.close((code as u32).into(), reason);
    }

    /// Queues a control frame; waits while the peer is slow to take them.
    pub(crate) async fn send(&self, frame: Control) {
        // A closed connection takes nothing.
        let _ = self.outbox.send(frame).await;
    }

    /// Queues a frame unless the peer is too slow to take its frames; returns whether it was queued.
    pub(crate) fn try_send(&self, frame: Control) -> bool {
        self.outbox.try_send(frame).is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hello(node: &Shared, ticket: String) -> Control {
    Control::Hello {
        version: wire::VERSION,
        agent: AGENT.to_owned(),
        max_inflight: u16::try_from(MAX_INFLIGHT_PER_PEER).unwrap_or(u16::MAX),
        seed: node.is_seed(),
        ticket,
    }
}

/// Reads one control frame of at most `max` bytes, its length included.
pub(crate) async fn read_frame(recv: &mut RecvStream, max: usize) -> Result<Control, LinkError> {
    let mut len = [0; 4];
    recv.read_exact(&mut len).await?;
    let len = usize::try_from(u32::from_le_bytes(len)).unwrap_or(usize::MAX);
    if len > max - 4 {
        return Err(LinkError::Protocol);
    }
    let mut body = vec![0; len];
    recv.read_exact(&mut body).await?;
    Ok(Control::decode(&body)?)
}
