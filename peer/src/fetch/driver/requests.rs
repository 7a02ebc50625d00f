//! The requests of a fetch that are under way.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use mist_proto::{http::SourceClass, wire::Request};
use tokio::task::AbortHandle;

use super::{
    super::piece::{PieceSource, store},
    Driver, Event,
    sources::Transport,
    sweep::Sweep,
};
use crate::{
    PieceSet, bao,
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
        if active.class != SourceClass::Lan {
            self.partial.note_coming(piece);
        }
        let (first_group, groups) = bao::piece_groups(self.key.blob.size, piece);
        let request = Request {
            scope: self.key.scope.clone(),
            blob: self.key.blob,
            first_group,
            groups,
            accept_zstd: active.class != SourceClass::Lan,
        };
        let meter = Meter::new(active.class, self.wire.clone(), self.gauges.clone(), active.received.clone());
        let received = meter.received();
        let from = match &active.transport {
            Transport::Link { link, .. } => PieceSource::Peer(link.clone()),
            Transport::Https { source, .. } => PieceSource::Https(source.clone()),
        };
        let (node, partial, sink) = (self.node.clone(), self.partial.clone(), self.sink.clone());
        let (events, gauges) = (self.events.clone(), self.gauges.clone());
        let task = self.node.tasks.spawn(async move {
            let outcome = match from.request(&node, &request, piece, &meter).await {
                Ok(answer) => store(request, piece, answer, partial, sink, gauges).await,
                Err(error) => Err(error),
            };
            let _ = events.send(Event::Piece(id, piece, outcome)).await;
        });
        self.requests.insert((id, piece), RunningRequest { task: task.abort_handle(), received });
    }

    /// Reads the whole file of an HTTPS source that ignores ranges; nothing else is asked of it meanwhile. False if it can't be.
    pub(super) fn begin_sweep(&mut self, now: Time, id: SourceId) -> bool {
        let Some(active) = self.active.get_mut(&id) else { return false };
        let Transport::Https { source, sweep, .. } = &mut active.transport else { return false };
        if !source.can_be_swept() {
            return false;
        }
        if sweep.is_some() {
            return true;
        }
        let order = Sweep {
            node: self.node.clone(),
            source: source.clone(),
            id,
            scope: self.key.scope.clone(),
            want: self.want.clone(),
            partial: self.partial.clone(),
            sink: self.sink.clone(),
            gauges: self.gauges.clone(),
            events: self.events.clone(),
        };
        let meter = Meter::new(active.class, self.wire.clone(), self.gauges.clone(), active.received.clone());
        let events = self.events.clone();
        let task = self.node.tasks.spawn(async move {
            let outcome = order.run(&meter).await;
            let _ = events.send(Event::Swept(id, outcome)).await;
        });
        *sweep = Some(task.abort_handle());
        self.scheduler.handle_unknown(now, id);
        true
    }

    /// Ends sweeps that peers have made needless.
    pub(super) fn end_needless_sweeps(&mut self, now: Time) {
        if self.scheduler.wants_https() {
            return;
        }
        for (&id, active) in &mut self.active {
            if let Transport::Https { sweep, .. } = &mut active.transport
                && let Some(task) = sweep.take()
            {
                task.abort();
                self.scheduler.handle_have(now, id, &PieceSet::full(self.want.len()));
            }
        }
    }

    /// Requests whose answers have not all come, those for whole files among them.
    pub(super) fn requests_under_way(&self) -> usize {
        let is_swept = |transport: &Transport| matches!(transport, Transport::Https { sweep: Some(_), .. });
        let sweeps = self.active.values().filter(|active| is_swept(&active.transport)).count();
        self.requests.len() + sweeps
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
