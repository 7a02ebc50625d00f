//! What each end wants to know of the other's blobs, and what the peer says of them.

use std::sync::{Arc, atomic::Ordering};

use mist_proto::wire::{Channel, Control};
use tokio::sync::mpsc;

use super::{BlobKey, Link};
use crate::{node::Shared, scheduler::SourceId};

/// What a peer says of a blob that was subscribed to.
#[derive(Debug)]
pub(crate) enum Notice {
    /// It does not know the blob, or does not tell.
    Unknown,
    HaveAll,
    /// One page of the have-map.
    HavePage(u32, Vec<u8>),
    Have(u64),
    Suggest(u64),
    /// It fetches the piece from outside the local network.
    Coming(u64),
    /// The connection is lost.
    Closed,
}

/// Takes the notices of one subscription, in their order.
pub(crate) type Subscriber<K> = mpsc::Sender<(K, Notice)>;

/// Somebody here who wants to know what the peer has.
#[derive(Clone)]
pub(crate) enum Subscription {
    /// A running fetch.
    Fetch(Subscriber<SourceId>, SourceId),
    /// The suggestion board of a seed.
    Board(BlobKey),
}

impl Link {
    /// Opens a channel for what the peer has of a blob; the peer is asked for it by [`Self::subscribe`].
    pub(crate) fn open_channel(&self, subscription: Subscription) -> Channel {
        let channel = Channel(self.next_channel.fetch_add(1, Ordering::Relaxed));
        self.lock().subscriptions.insert(channel, subscription);
        channel
    }

    /// Asks the peer to say what it has of a blob, now and as it changes.
    pub(crate) async fn subscribe(&self, node: &Shared, channel: Channel, key: &BlobKey) {
        self.show_ticket(node, &key.scope).await;
        self.send(Control::Subscribe { channel, scope: key.scope.clone(), blob: key.blob }).await;
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&self, channel: Channel) {
        if self.lock().subscriptions.remove(&channel).is_some() {
            self.try_send(Control::Unsubscribe(channel));
        }
    }

    /// Whether either end is interested in what the other has.
    pub(crate) fn is_in_use(&self) -> bool {
        let state = self.lock();
        !state.theirs.is_empty() || state.subscriptions.values().any(|s| matches!(s, Subscription::Fetch(..)))
    }

    /// The peer subscribed to a blob.
    pub(crate) fn handle_subscribe(&self, key: BlobKey, channel: Channel) {
        self.lock().theirs.insert(key, channel);
    }

    /// The peer is no longer subscribed; what the board wanted to know in return ends too.
    pub(crate) fn handle_unsubscribe(&self, key: &BlobKey) {
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
            self.try_send(Control::Suggest { channel, piece });
        }
    }

    /// The peer said something of a blob that was subscribed to; whoever subscribed gets it.
    pub(crate) async fn handle_notice(&self, node: &Arc<Shared>, channel: Channel, notice: Notice) {
        // A statement of its own: the lock must not be held while the board answers.
        let subscription = self.lock().subscriptions.get(&channel).cloned();
        let (subscriber, id) = match subscription {
            Some(Subscription::Fetch(subscriber, id)) => (subscriber, id),
            Some(Subscription::Board(key)) => return node.handle_board_notice(self, &key, notice),
            // It was ended; the notice was on its way.
            None => return,
        };
        if subscriber.send((id, notice)).await.is_err() {
            self.unsubscribe(channel);
        }
    }

    /// The connection is lost; all subscriptions end.
    pub(crate) async fn handle_lost(&self) {
        let subscriptions: Vec<_> = self.lock().subscriptions.drain().map(|(_, s)| s).collect();
        for subscription in subscriptions {
            if let Subscription::Fetch(subscriber, id) = subscription {
                let _ = subscriber.send((id, Notice::Closed)).await;
            }
        }
    }
}
