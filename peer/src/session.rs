//! What runs while a connection is open: it hears the peer, tells it what we have, and takes its requests.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::{
    limits::{HAVE_PAGE_PIECES, MAX_CONTROL_FRAME, MAX_SUBSCRIPTIONS},
    wire::{ByeCode, Channel, Control},
};
use quinn::{RecvStream, SendStream};
use tokio::{
    sync::{broadcast, mpsc},
    task::AbortHandle,
};
use tracing::debug;

use crate::{
    PieceSet,
    link::{BlobKey, ControlStream, Link, LinkError, Subscription, Word, read_frame},
    node::Shared,
    serve,
};

/// One of the peer's subscriptions, and the task that serves it.
struct Told {
    key: BlobKey,
    task: AbortHandle,
}

/// Runs a connection until it ends.
pub(crate) async fn run(node: Arc<Shared>, link: Arc<Link>, control: ControlStream) {
    let ControlStream { send, recv, outbox } = control;
    let mut told = BTreeMap::new();
    let outcome = tokio::select! {
        outcome = hear(&node, &link, recv, &mut told) => outcome,
        outcome = speak(send, outbox) => outcome,
        outcome = take_requests(&node, &link) => outcome,
        () = node.stop.cancelled() => Ok(()),
    };
    for (_, Told { key, task }) in told {
        task.abort();
        node.left_board(&link, &key);
    }
    if let Err(e) = &outcome {
        debug!(peer = %link.peer(), error = %e, "connection ends");
    }
    link.close(match outcome {
        Ok(()) if node.stop.is_cancelled() => ByeCode::Leaving,
        Ok(()) => ByeCode::Done,
        Err(e) => e.bye(),
    });
    link.lost().await;
}

async fn speak(mut send: SendStream, mut outbox: mpsc::Receiver<Control>) -> Result<(), LinkError> {
    while let Some(frame) = outbox.recv().await {
        send.write_all(&frame.encode()).await?;
    }
    Ok(())
}

async fn take_requests(node: &Arc<Shared>, link: &Arc<Link>) -> Result<(), LinkError> {
    loop {
        // QUIC's stream limit bounds how many can be open at once.
        let (send, recv) = link.connection().accept_bi().await?;
        node.tasks.spawn(serve::serve(node.clone(), link.clone(), send, recv));
    }
}

async fn hear(
    node: &Arc<Shared>,
    link: &Arc<Link>,
    mut recv: RecvStream,
    told: &mut BTreeMap<Channel, Told>,
) -> Result<(), LinkError> {
    let mut changes = node.changes.subscribe();
    let (frames, mut heard) = mpsc::channel(1);
    // A frame is read by a future that is never dropped half-way.
    let reader = async move {
        loop {
            let frame = read_frame(&mut recv, MAX_CONTROL_FRAME).await;
            let end = frame.is_err();
            if frames.send(frame).await.is_err() || end {
                return;
            }
        }
    };
    tokio::pin!(reader);
    loop {
        tokio::select! {
            Some(frame) = heard.recv() => {
                if let Some(Control::Bye(_)) = handle(node, link, frame?, told).await? {
                    return Ok(());
                }
            }
            change = changes.recv() => {
                let concerns = |key: &BlobKey| match &change {
                    Ok(change) => change.concerns(key),
                    Err(broadcast::error::RecvError::Lagged(_)) => true,
                    Err(broadcast::error::RecvError::Closed) => false,
                };
                for (&channel, entry) in told.iter_mut().filter(|(_, t)| concerns(&t.key)) {
                    entry.task.abort();
                    node.left_board(link, &entry.key);
                    link.unsubscribed(&entry.key);
                    link.subscribed(entry.key.clone(), channel);
                    entry.task = start_telling(node, link, channel, entry.key.clone());
                }
            }
            () = &mut reader, if !heard.is_closed() => heard.close(),
            else => return Ok(()),
        }
    }
}

/// Acts on one frame; gives back the one that ends the connection.
async fn handle(
    node: &Arc<Shared>,
    link: &Arc<Link>,
    frame: Control,
    told: &mut BTreeMap<Channel, Told>,
) -> Result<Option<Control>, LinkError> {
    let (channel, word) = match frame {
        Control::Hello { .. } => return Err(LinkError::Protocol),
        Control::Bye(_) => return Ok(Some(frame)),
        Control::Ticket(ticket) => {
            // A bad one opens nothing. A peer that floods us with good ones does not get past its own outbox.
            let scope = link.take_ticket(node, &ticket);
            if scope.is_some_and(|scope| !link.return_ticket(node, &scope)) {
                return Err(LinkError::Protocol);
            }
            return Ok(None);
        }
        Control::Subscribe { channel, scope, blob } => {
            if told.len() >= MAX_SUBSCRIPTIONS || told.contains_key(&channel) {
                return Err(LinkError::Protocol);
            }
            let key = BlobKey { scope, blob };
            link.subscribed(key.clone(), channel);
            let task = start_telling(node, link, channel, key.clone());
            told.insert(channel, Told { key, task });
            return Ok(None);
        }
        Control::Unsubscribe(channel) => {
            if let Some(Told { key, task }) = told.remove(&channel) {
                task.abort();
                node.left_board(link, &key);
                link.unsubscribed(&key);
            }
            return Ok(None);
        }
        Control::Unknown(channel) => (channel, Word::Unknown),
        Control::HaveAll(channel) => (channel, Word::HaveAll),
        Control::HavePage { channel, page, bits } => (channel, Word::Page(page, bits)),
        Control::Have { channel, piece } => (channel, Word::Have(piece)),
        Control::Suggest { channel, piece } => (channel, Word::Suggest(piece)),
    };
    link.heard(node, channel, word).await;
    Ok(None)
}

fn start_telling(node: &Arc<Shared>, link: &Arc<Link>, channel: Channel, key: BlobKey) -> AbortHandle {
    node.tasks.spawn(tell(node.clone(), link.clone(), channel, key)).abort_handle()
}

/// Tells a subscriber what we have, and goes on as more arrives.
async fn tell(node: Arc<Shared>, link: Arc<Link>, channel: Channel, key: BlobKey) {
    // Taken before the pieces are looked at, so that none is missed in between.
    let arrivals = node.arrivals(&key);
    let Some(pieces) = pieces_for(&node, &link, &key).await else {
        return link.tell(Control::Unknown(channel)).await;
    };
    tell_pieces(&link, channel, &pieces).await;
    if node.is_seed() && pieces.is_complete() {
        let suggested = node.joined_board(&link, &key);
        link.suggest(&key, suggested);
        // In return, so as not to suggest what it has.
        let ours = link.listen(Subscription::Board(key.clone()));
        link.subscribe(&node, ours, &key).await;
    }
    let Some(mut arrivals) = arrivals else { return };
    loop {
        match arrivals.recv().await {
            Ok(piece) => link.tell(Control::Have { channel, piece }).await,
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let Some(pieces) = pieces_for(&node, &link, &key).await else { return };
                tell_pieces(&link, channel, &pieces).await;
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// What is here of a blob, if the peer may know.
async fn pieces_for(node: &Arc<Shared>, link: &Link, key: &BlobKey) -> Option<PieceSet> {
    if node.draining.is_cancelled() || !link.may_ask(node, &key.scope) {
        return None;
    }
    let (node, key) = (node.clone(), key.clone());
    let look = move || {
        let blob = node.open_blob(&key.scope, &key.blob.hash)?;
        (blob.id() == key.blob).then(|| blob.pieces())
    };
    tokio::task::spawn_blocking(look).await.ok()?
}

async fn tell_pieces(link: &Link, channel: Channel, pieces: &PieceSet) {
    if pieces.is_complete() {
        return link.tell(Control::HaveAll(channel)).await;
    }
    let bytes = pieces.to_bytes();
    let page_len = usize::try_from(HAVE_PAGE_PIECES / 8).unwrap_or(usize::MAX);
    for (page, bits) in (0..).zip(bytes.chunks(page_len)) {
        link.tell(Control::HavePage { channel, page, bits: bits.to_vec() }).await;
    }
}
