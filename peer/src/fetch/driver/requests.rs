//! The requests of a fetch that are under way.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mist_proto::{http::SourceClass, wire::Request};
use tokio::task::AbortHandle;

use super::{
    super::piece::{PieceError, PieceSource, store},
    Driver, Event,
    sources::Transport,
};
use crate::{
    bao,
    meter::Meter,
    scheduler::{SourceId, Time},
};

/// A request under way.
pub(super) struct RunningRequest {
    pub(super) task: AbortHandle,
    pub(super) received: Arc<AtomicU64>,
}

impl Driver {
    pub(super) fn request_piece(&mut self, now: Time, id: SourceId, piece: u64) {
        let Some(active) = self.active.get(&id) else {
            return self.scheduler.handle_gone(now, id);
        };
        let (first_group, groups) = bao::piece_groups(self.key.blob.size, piece);
        let request = Request {
            scope: self.key.scope.clone(),
            blob: self.key.blob,
            first_group,
            groups,
            accept_zstd: active.class != SourceClass::Lan,
        };
        let meter = Meter::new(active.class, self.wire.clone(), active.received.clone());
        let received = meter.received();
        let from = match &active.transport {
            Transport::Link { link, .. } => PieceSource::Peer(link.clone()),
            Transport::Https { source, .. } => PieceSource::Https(source.clone()),
        };
        let (node, partial, sink) = (self.node.clone(), self.partial.clone(), self.sink.clone());
        let events = self.events.clone();
        let task = self.node.tasks.spawn(async move {
            let outcome = match from.request(&node, &request, piece, &meter).await {
                Ok(answer) => store(request, piece, answer, partial, sink).await,
                Err(error) => Err(error),
            };
            let _ = events.send(Event::Piece(id, piece, outcome)).await;
        });
        self.requests.insert((id, piece), RunningRequest { task: task.abort_handle(), received });
    }

    pub(super) fn cancel_request(&mut self, id: SourceId, piece: u64) {
        if let Some(request) = self.requests.remove(&(id, piece)) {
            request.task.abort();
            self.wasted += request.received.load(Ordering::Relaxed);
        }
    }

    pub(super) fn report_progress(&mut self, now: Time, id: SourceId) {
        if let Some(active) = self.active.get_mut(&id) {
            let received = active.received.load(Ordering::Relaxed);
            if received > active.reported {
                self.scheduler.handle_progress(now, id, received - active.reported);
                active.reported = received;
            }
        }
    }
}
