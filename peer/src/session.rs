//! What runs while a connection is open: it handles the peer's frames, says what is here, and accepts requests.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::{
    http::SourceClass,
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
    PieceSet, echo,
    link::{BlobKey, ControlStream, Link, LinkError, Notice, Subscription, read_frame},
    node::Shared,
    partial::News,
    serve,
};

/// One of the peer's subscriptions, and the task that serves it.
struct Served {
    key: BlobKey,
    task: AbortHandle,
}

/// Runs a connection until it ends.
pub(crate) async fn run(node: Arc<Shared>, link: Arc<Link>, control: ControlStream) {
    let ControlStream { send, recv, outbox } = control;
    let mut served = BTreeMap::new();
    let outcome = tokio::select! {
        outcome = handle_frames(&node, &link, recv, &mut served) => outcome,
        outcome = send_frames(send, outbox) => outcome,
        outcome = accept_requests(&node, &link) => outcome,
        outcome = echo::run(link.connection(), link.answering()) => outcome.map_err(LinkError::from),
        () = node.stop.cancelled() => Ok(()),
    };
    for (_, Served { key, task }) in served {
        task.abort();
        node.handle_board_left(&link, &key, true);
    }
    if let Err(e) = &outcome {
        debug!(peer = %link.peer(), error = %e, "connection ends");
    }
    link.close(match outcome {
        Ok(()) if node.stop.is_cancelled() => ByeCode::Leaving,
        Ok(()) => ByeCode::Done,
        Err(e) => e.bye(),
    });
    link.handle_lost().await;
}

async fn send_frames(mut send: SendStream, mut outbox: mpsc::Receiver<Control>) -> Result<(), LinkError> {
    // What is said of pieces goes before the pieces.
    let _ = send.set_priority(1);
    while let Some(frame) = outbox.recv().await {
        send.write_all(&frame.encode()).await?;
    }
    Ok(())
}

async fn accept_requests(node: &Arc<Shared>, link: &Arc<Link>) -> Result<(), LinkError> {
    loop {
        // QUIC's stream limit bounds how many can be open at once.
        let (send, recv) = link.connection().accept_bi().await?;
        node.tasks.spawn(serve::serve(node.clone(), link.clone(), send, recv));
    }
}

async fn handle_frames(
    node: &Arc<Shared>,
    link: &Arc<Link>,
    mut recv: RecvStream,
    served: &mut BTreeMap<Channel, Served>,
) -> Result<(), LinkError> {
    let mut changes = node.changes.subscribe();
    let (frames, mut received) = mpsc::channel(1);
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
            Some(frame) = received.recv() => {
                if let Some(Control::Bye(_)) = handle_frame(node, link, frame?, served).await? {
                    return Ok(());
                }
            }
            change = changes.recv() => {
                let concerns = |key: &BlobKey| match &change {
                    Ok(change) => change.concerns(link.id(), key),
                    Err(broadcast::error::RecvError::Lagged(_)) => true,
                    Err(broadcast::error::RecvError::Closed) => false,
                };
                for (&channel, entry) in served.iter_mut().filter(|(_, s)| concerns(&s.key)) {
                    entry.task.abort();
                    node.handle_board_left(link, &entry.key, true);
                    link.handle_unsubscribe(&entry.key);
                    link.handle_subscribe(entry.key.clone(), channel);
                    entry.task = start_serving(node, link, channel, entry.key.clone());
                }
            }
            () = &mut reader, if !received.is_closed() => received.close(),
            else => return Ok(()),
        }
    }
}

/// Acts on one frame; gives back the one that ends the connection.
async fn handle_frame(
    node: &Arc<Shared>,
    link: &Arc<Link>,
    frame: Control,
    served: &mut BTreeMap<Channel, Served>,
) -> Result<Option<Control>, LinkError> {
    let (channel, notice) = match frame {
        Control::Hello { .. } => return Err(LinkError::Protocol),
        Control::Bye(_) => return Ok(Some(frame)),
        Control::Ticket(ticket) => {
            // A bad one opens nothing. A peer that floods us with good ones does not get past its own outbox.
            let scope = link.handle_ticket(node, &ticket);
            if scope.is_some_and(|scope| !link.return_ticket(node, &scope)) {
                return Err(LinkError::Protocol);
            }
            return Ok(None);
        }
        Control::Subscribe { channel, scope, blob } => {
            if served.len() >= MAX_SUBSCRIPTIONS || served.contains_key(&channel) {
                return Err(LinkError::Protocol);
            }
            let key = BlobKey { scope, blob };
            link.handle_subscribe(key.clone(), channel);
            let task = start_serving(node, link, channel, key.clone());
            served.insert(channel, Served { key, task });
            return Ok(None);
        }
        Control::Unsubscribe(channel) => {
            if let Some(Served { key, task }) = served.remove(&channel) {
                task.abort();
                node.handle_board_left(link, &key, false);
                link.handle_unsubscribe(&key);
            }
            return Ok(None);
        }
        Control::Unknown(channel) => (channel, Notice::Unknown),
        Control::HaveAll(channel) => (channel, Notice::HaveAll),
        Control::HavePage { channel, page, bits } => (channel, Notice::HavePage(page, bits)),
        Control::Have { channel, piece } => (channel, Notice::Have(piece)),
        Control::Suggest { channel, piece } => (channel, Notice::Suggest(piece)),
        Control::Coming { channel, piece } => (channel, Notice::Coming(piece)),
    };
    link.handle_notice(node, channel, notice).await;
    Ok(None)
}

fn start_serving(node: &Arc<Shared>, link: &Arc<Link>, channel: Channel, key: BlobKey) -> AbortHandle {
    node.tasks.spawn(serve_subscription(node.clone(), link.clone(), channel, key)).abort_handle()
}

/// Says to a subscriber what is here, and goes on as more arrives.
async fn serve_subscription(node: Arc<Shared>, link: Arc<Link>, channel: Channel, key: BlobKey) {
    // Taken before the pieces are looked at, so that none is missed in between.
    let news = node.news_of(&key);
    let Some(pieces) = pieces_for(&node, &link, &key).await else {
        return link.send(Control::Unknown(channel)).await;
    };
    send_have_map(&link, channel, &pieces).await;
    if node.is_seed() && pieces.is_complete() {
        let suggested = node.handle_board_joined(&link, &key);
        link.suggest(&key, suggested);
        // In return, so as not to suggest what it has.
        let ours = link.open_channel(Subscription::Board(key.clone()));
        link.subscribe(&node, ours, &key).await;
    }
    let Some(mut news) = news else { return };
    loop {
        match news.recv().await {
            Ok(News::Here(piece)) => link.send(Control::Have { channel, piece }).await,
            Ok(News::Coming(piece)) => {
                if link.class() == SourceClass::Lan {
                    link.send(Control::Coming { channel, piece }).await;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let Some(pieces) = pieces_for(&node, &link, &key).await else { return };
                send_have_map(&link, channel, &pieces).await;
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
        let blob = node.open_blob(&key.scope, &key.blob.hash).ok()?;
        (blob.id() == key.blob).then(|| blob.pieces())
    };
    tokio::task::spawn_blocking(look).await.ok()?
}

async fn send_have_map(link: &Link, channel: Channel, pieces: &PieceSet) {
    if pieces.is_complete() {
        return link.send(Control::HaveAll(channel)).await;
    }
    let bytes = pieces.to_bytes();
    let page_len = usize::try_from(HAVE_PAGE_PIECES / 8).unwrap_or(usize::MAX);
    for (page, bits) in (0..).zip(bytes.chunks(page_len)) {
        link.send(Control::HavePage { channel, page, bits: bits.to_vec() }).await;
    }
}
