//! One connection to a peer: the hello, the control stream, and asking for pieces.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mist_proto::{
    BlobId, UnixMillis,
    codec::DecodeError,
    http::SourceClass,
    ids::PeerName,
    limits::{MAX_HELLO_FRAME, MAX_INFLIGHT_PER_PEER},
    wire::{self, AnswerHead, ByeCode, Channel, Control, Request, Status},
};
use quinn::{Connection, RecvStream, SendStream, Side};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};

use crate::{
    bao::{PAIR_LEN, Pair},
    node::{LEAVING, Shared},
    scheduler::SourceId,
    tls,
};

/// Control frames that wait to be sent to a peer.
const OUTBOX: usize = 256;
/// How long a peer may take for its hello.
const HELLO: Duration = Duration::from_secs(5);
/// Answers that one peer may have in preparation or on the way at once.
const ANSWERS: usize = 32;
const AGENT: &str = concat!("mist/", env!("CARGO_PKG_VERSION"));

/// What a peer says about a blob that somebody here subscribed to.
#[derive(Debug)]
pub(crate) enum Word {
    /// It does not know the blob, or does not tell.
    Unknown,
    HaveAll,
    /// Bits from this page of the bitmap on.
    Page(u32, Vec<u8>),
    Have(u64),
    Suggest(u64),
    /// The connection is lost.
    Closed,
}

/// Takes the words of one subscription. Called in order, from the connection's task.
pub(crate) type Listener<K> = mpsc::Sender<(K, Word)>;

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

/// Why a request brought no piece.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
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
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Scopes that the peer may ask for, and until when.
    opened: HashMap<String, UnixMillis>,
    /// Tickets that were shown to it.
    shown: HashMap<String, String>,
    subscriptions: HashMap<Channel, Subscription>,
    /// The peer's own subscriptions, by what they are for.
    theirs: HashMap<BlobKey, Channel>,
}

/// Somebody here who wants to know what the peer has.
#[derive(Clone)]
pub(crate) enum Subscription {
    /// A running fetch.
    Fetch(Listener<SourceId>, SourceId),
    /// The suggestion board of a seed.
    Board(BlobKey),
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
        let (link, stream) = Self::met(node, connection, network, theirs, send, recv)?;
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
        let (link, mut stream) = Self::met(node, connection, network, theirs, send, recv)?;
        let scope = link.lock().opened.keys().next().cloned().ok_or(LinkError::Refused)?;
        let ticket = node.admission.ticket_for(&scope).unwrap_or_default();
        stream.send.write_all(&hello(node, ticket.clone()).encode()).await?;
        link.lock().shown.insert(scope, ticket);
        Ok((link, stream))
    }

    fn met(
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
            state: Mutex::default(),
        });
        // An empty ticket asks for nothing; one that is not good is not forgiven.
        if !ticket.is_empty()
            && link.take_ticket(node, &ticket).is_none()
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

    /// Closes in order, saying why.
    pub(crate) fn close(&self, code: ByeCode) {
        let reason = if code == ByeCode::Leaving { LEAVING } else { b"" };
        self.connection.close((code as u32).into(), reason);
    }

    /// Whether the peer has shown a ticket for `scope` that is still good.
    pub(crate) fn may_ask(&self, node: &Shared, scope: &str) -> bool {
        self.lock().opened.get(scope).is_some_and(|&expires| node.admission.now() < expires)
    }

    /// Lets a peer that the tracker vouches for as a seed know what we have of `scope`.
    pub(crate) fn vouch(&self, scope: &str) {
        self.open_scope(scope.to_owned(), UnixMillis(i64::MAX));
    }

    /// Checks a ticket and opens its scope, which it returns.
    pub(crate) fn take_ticket(&self, node: &Shared, ticket: &str) -> Option<String> {
        let admitted = node.admission.admit(&self.peer, ticket)?;
        self.open_scope(admitted.scope.clone(), admitted.expires);
        Some(admitted.scope)
    }

    fn open_scope(&self, scope: String, expires: UnixMillis) {
        let mut state = self.lock();
        if state.opened.is_empty() {
            tls::trust(&self.connection);
        }
        let until = state.opened.entry(scope).or_insert(expires);
        *until = (*until).max(expires);
    }

    /// Shows our ticket for `scope` unless the peer has seen it.
    pub(crate) async fn show_ticket(&self, node: &Shared, scope: &str) {
        let Some(ticket) = node.admission.ticket_for(scope) else { return };
        if self.is_news(scope, &ticket) {
            self.tell(Control::Ticket(ticket)).await;
        }
    }

    /// As [`Self::show_ticket`], in answer to one; `false` if the peer does not take its frames.
    pub(crate) fn return_ticket(&self, node: &Shared, scope: &str) -> bool {
        match node.admission.ticket_for(scope) {
            Some(ticket) if self.is_news(scope, &ticket) => self.hint(Control::Ticket(ticket)),
            _ => true,
        }
    }

    fn is_news(&self, scope: &str, ticket: &String) -> bool {
        self.lock().shown.insert(scope.to_owned(), ticket.clone()).as_ref() != Some(ticket)
    }

    /// Shows renewed tickets.
    pub(crate) async fn renew_tickets(&self, node: &Shared) {
        let scopes: Vec<String> = self.lock().shown.keys().cloned().collect();
        for scope in scopes {
            self.show_ticket(node, &scope).await;
        }
    }

    /// Queues a control frame; waits while the peer is slow to take them.
    pub(crate) async fn tell(&self, frame: Control) {
        // A closed connection has nobody to tell.
        let _ = self.outbox.send(frame).await;
    }

    /// Queues a frame unless the peer is too slow to take its frames; returns whether it was queued.
    pub(crate) fn hint(&self, frame: Control) -> bool {
        self.outbox.try_send(frame).is_ok()
    }

    /// Prepares to hear what the peer has of a blob; it is asked by [`Self::subscribe`].
    pub(crate) fn listen(&self, subscription: Subscription) -> Channel {
        let channel = Channel(self.next_channel.fetch_add(1, Ordering::Relaxed));
        self.lock().subscriptions.insert(channel, subscription);
        channel
    }

    /// Asks the peer to tell what it has of a blob, now and as it changes.
    pub(crate) async fn subscribe(&self, node: &Shared, channel: Channel, key: &BlobKey) {
        self.show_ticket(node, &key.scope).await;
        self.tell(Control::Subscribe { channel, scope: key.scope.clone(), blob: key.blob }).await;
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&self, channel: Channel) {
        if self.lock().subscriptions.remove(&channel).is_some() {
            self.hint(Control::Unsubscribe(channel));
        }
    }

    /// Whether either end is interested in what the other has.
    pub(crate) fn is_in_use(&self) -> bool {
        let state = self.lock();
        !state.theirs.is_empty() || state.subscriptions.values().any(|s| matches!(s, Subscription::Fetch(..)))
    }

    /// Notes that the peer subscribed to a blob.
    pub(crate) fn subscribed(&self, key: BlobKey, channel: Channel) {
        self.lock().theirs.insert(key, channel);
    }

    /// Notes that it no longer is, and ends what the board wanted to know in return.
    pub(crate) fn unsubscribed(&self, key: &BlobKey) {
        let mut state = self.lock();
        state.theirs.remove(key);
        let board = |s: &Subscription| matches!(s, Subscription::Board(k) if k == key);
        let ours: Vec<Channel> =
            state.subscriptions.iter().filter(|(_, s)| board(s)).map(|(&channel, _)| channel).collect();
        drop(state);
        ours.into_iter().for_each(|channel| self.unsubscribe(channel));
    }

    /// Suggests pieces to the peer, if it is subscribed to the blob.
    pub(crate) fn suggest(&self, key: &BlobKey, pieces: Vec<u64>) {
        let Some(channel) = self.lock().theirs.get(key).copied() else { return };
        for piece in pieces {
            self.hint(Control::Suggest { channel, piece });
        }
    }

    /// Hands the peer's word to whom it concerns.
    pub(crate) async fn heard(&self, node: &Arc<Shared>, channel: Channel, word: Word) {
        // A statement of its own: the lock must not be held while the board answers.
        let subscription = self.lock().subscriptions.get(&channel).cloned();
        let (listener, id) = match subscription {
            Some(Subscription::Fetch(listener, id)) => (listener, id),
            Some(Subscription::Board(key)) => return node.heard_by_board(self, &key, word),
            // It was ended; the word was on its way.
            None => return,
        };
        if listener.send((id, word)).await.is_err() {
            self.unsubscribe(channel);
        }
    }

    /// Ends all subscriptions after the connection was lost.
    pub(crate) async fn lost(&self) {
        let subscriptions: Vec<_> = self.lock().subscriptions.drain().map(|(_, s)| s).collect();
        for subscription in subscriptions {
            if let Subscription::Fetch(listener, id) = subscription {
                let _ = listener.send((id, Word::Closed)).await;
            }
        }
    }

    /// Asks for a run of groups. `arrived` is told of bytes as they come in.
    pub(crate) async fn ask(
        &self,
        node: &Shared,
        request: &Request,
        arrived: impl Fn(u64),
    ) -> Result<Answer, AskError> {
        let (mut send, mut recv) = self.connection.open_bi().await?;
        send.write_all(&request.encode()).await?;
        // The stream ends with its request; an error here shows in the read.
        let _ = send.finish();
        let mut head = [0; AnswerHead::LEN];
        recv.read_exact(&mut head).await?;
        let head = AnswerHead::decode(&head, request)?;
        if head.status != Status::Ok {
            return Err(AskError::Refused(head.status));
        }
        let mut proof = vec![[0; PAIR_LEN]; usize::from(head.parents)];
        recv.read_exact(proof.as_flattened_mut()).await?;
        let limited = node.is_down_limited(self.class());
        let mut payload = vec![0; head.payload as usize];
        let mut filled = 0;
        while filled < payload.len() {
            let n = recv
                .read(&mut payload[filled..])
                .await?
                .ok_or(quinn::ReadExactError::FinishedEarly(filled))?;
            filled += n;
            arrived(n as u64);
            if limited {
                node.down.pass(n as u64).await;
            }
        }
        let payload = match head.codec {
            wire::Codec::Raw => payload,
            wire::Codec::Zstd => unpack(payload, request.byte_range().1).await.map_err(AskError::Unpack)?,
        };
        Ok(Answer { proof, payload })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
