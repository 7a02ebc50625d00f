//! A file whose server or proxy ignores ranges is read whole, from its start: each piece is verified and stored as it passes.

use std::sync::Arc;

use mist_proto::wire::Request;
use tokio::sync::mpsc;

use super::{super::piece::store, Event};
use crate::{
    BlobSink, PartialBlob, PieceSet, bao,
    https::{HttpsError, HttpsSource},
    meter::Meter,
    node::Shared,
    scheduler::SourceId,
    waits::Gauges,
};

/// What a sweep is told by the fetch that it is for.
pub(super) struct Sweep {
    pub(super) node: Arc<Shared>,
    pub(super) source: Arc<HttpsSource>,
    pub(super) id: SourceId,
    pub(super) scope: String,
    pub(super) want: PieceSet,
    pub(super) partial: PartialBlob,
    pub(super) sink: Arc<dyn BlobSink>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) events: mpsc::Sender<Event>,
}

impl Sweep {
    /// Reads the file once, and tells of each wanted piece that was not here when it passed.
    ///
    /// # Errors
    /// The body ended early or came too slowly.
    pub(super) async fn run(self, meter: &Meter) -> Result<(), HttpsError> {
        let blob = self.source.blob();
        let mut body = self.source.whole(meter).await?;
        for piece in 0..bao::pieces(blob.size) {
            let (_, len) = bao::piece_range(blob.size, piece);
            let payload = body.next(len, meter, &self.node).await?;
            if !self.want.contains(piece) || self.partial.have().contains(piece) {
                continue;
            }
            let answer = self.source.answer(piece, payload)?;
            let (first_group, groups) = bao::piece_groups(blob.size, piece);
            let (scope, accept_zstd) = (self.scope.clone(), false);
            let request = Request { scope, blob, first_group, groups, accept_zstd };
            let (partial, sink, gauges) = (self.partial.clone(), self.sink.clone(), self.gauges.clone());
            let stored = store(request, piece, answer, partial, sink, gauges).await;
            if self.events.send(Event::Piece(self.id, piece, stored)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}
