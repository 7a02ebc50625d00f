//! Making a build out of local files and pieces of its archive.

use std::{io, sync::Arc};

use mist_peer::{BlobSink, FetchProgress, PartialBlob};
use mist_proto::{FileEntry, Hash, ManifestId, RelPath, VerifiedManifest, limits::PIECE_SIZE};
use mist_tree::fs::{Dir, SubDir};

use super::{
    Engine, InstallError,
    engine::{Outlook, blocking, drop_transfers},
    journal::sync_tree,
    ledger::Ledger,
    reuse::{Origin, Rebuild},
    sink::{StagingSink, copy_file},
};
use crate::{
    error::Error,
    events::{Event, Phase},
    folder::{GameFolder, control},
    home::{read_file, write_file},
    swarm::{FetchFailed, Order},
};

impl Engine<'_> {
    /// Stages what is not here yet, out of local files and fetched pieces, and commits.
    pub(super) async fn by_pieces(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        ledger: &mut Ledger<'_>,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let Outlook { layout, by_pieces, .. } = outlook;
        self.prepare_staging(folder, wanted, outlook).await?;
        let sink: Arc<dyn BlobSink> =
            Arc::new(StagingSink::new(layout.clone(), folder.dir.clone(), &by_pieces.origins));
        if !by_pieces.want.is_empty() {
            self.events.phase(&wanted.game, Phase::Downloading);
            let partial = PartialBlob::open(&folder.control_path("fetch"), wanted.archive);
            let partial = partial.map_err(InstallError::Disk)?;
            let want = Some(by_pieces.want.clone());
            let order = Order { game: &wanted.game, want, partial, sink: sink.clone() };
            let total = by_pieces.download;
            self.transfer(ledger, order, total).await?;
        }
        let (at, origins) = (folder.clone(), by_pieces.origins.clone());
        let empty: Vec<RelPath> = (wanted.files.iter().zip(&origins))
            .filter(|(f, origin)| f.size == 0 && origin.is_fetched())
            .map(|(f, _)| f.path.clone())
            .collect();
        let filled: io::Result<()> = blocking(move || {
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            for path in &empty {
                staging.create(path)?.sync_data()?;
            }
            sink.sync()?;
            sync_tree(&*at.dir, &control("staging"))
        })
        .await;
        filled.map_err(InstallError::Disk)?;
        self.commit(folder, wanted, ledger, outlook.installed.as_ref(), &outlook.survey, &by_pieces.origins)
            .await
    }

    /// Brings staging to the state from which pieces can be fetched, or leaves it if it is there already.
    async fn prepare_staging(
        &self,
        folder: &GameFolder,
        wanted: &VerifiedManifest,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let fingerprint = fingerprint(wanted.id(), &outlook.by_pieces);
        let marker = folder.control_path("fetch").join("plan");
        if read_file(&marker).map_err(InstallError::Home)?.is_some_and(|f| f == fingerprint.as_bytes()) {
            return Ok(());
        }
        drop_transfers(folder)?;
        let (at, wanted, origins) = (folder.clone(), wanted.clone(), outlook.by_pieces.origins.clone());
        let events = self.events.clone();
        let copied: io::Result<()> = blocking(move || {
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            let source = |(f, origin): (&FileEntry, &Origin)| match origin {
                Origin::Copy(from) => Some((from.clone(), f.path.clone(), f.size)),
                Origin::Mend => Some((f.path.clone(), f.path.clone(), f.size)),
                _ => None,
            };
            let copies: Vec<_> = wanted.files.iter().zip(&origins).filter_map(source).collect();
            let total = copies.iter().map(|(.., size)| size).sum();
            let mut done = 0;
            for (from, to, _) in &copies {
                copy_file((&*at.dir, from), (&staging, to), |n| {
                    done += n;
                    events.send(Event::Disk { game: wanted.game.clone(), done, total });
                })?;
            }
            sync_tree(&*at.dir, &control("staging"))
        })
        .await;
        copied.map_err(InstallError::Disk)?;
        write_file(&marker, fingerprint.as_bytes(), false).map_err(InstallError::Home)?;
        Ok(())
    }

    /// One transfer, with its bytes on the books and its progress shown.
    pub(super) async fn transfer(
        &self,
        ledger: &mut Ledger<'_>,
        order: Order<'_>,
        total: u64,
    ) -> Result<(), Error> {
        let game = order.game.clone();
        let before = ledger.settled();
        let mut trouble = None;
        let mut waiting = false;
        let ended = self
            .swarm
            .fetch(order, |p: &FetchProgress, preparing| {
                if preparing != waiting {
                    waiting = preparing;
                    let phase = if waiting { Phase::Preparing } else { Phase::Downloading };
                    self.events.phase(&game, phase);
                }
                if let Err(error) = ledger.moving(&p.bytes) {
                    trouble.get_or_insert(error);
                }
                let mut bytes = before;
                bytes.add_all(&p.bytes);
                let done = p.pieces_done.saturating_mul(PIECE_SIZE).min(total);
                let eta = (total - done).checked_div(p.bytes_per_sec);
                let (rate, sources) = (p.bytes_per_sec, p.sources);
                self.events.send(Event::Network {
                    game: game.clone(),
                    done,
                    total,
                    bytes,
                    rate,
                    eta,
                    sources,
                });
            })
            .await;
        let bytes = match &ended {
            Ok(bytes) => *bytes,
            Err(FetchFailed { bytes, .. }) => *bytes,
        };
        ledger.settle(&bytes)?;
        ledger.send().await;
        ended.map_err(InstallError::from)?;
        trouble.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Bytes of the wanted archive that an earlier run has fetched.
pub(super) fn transferred(folder: &GameFolder, wanted: &VerifiedManifest) -> u64 {
    let dir = folder.control_path("fetch");
    if !dir.join("plan").exists() {
        return 0;
    }
    let have = PartialBlob::open(&dir, wanted.archive).map(|p| p.have().count());
    have.unwrap_or_default().saturating_mul(PIECE_SIZE)
}

/// Tells whether two plans fill staging in the same way.
fn fingerprint(id: ManifestId, plan: &Rebuild) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&id.0.0);
    for origin in &plan.origins {
        let (tag, path) = match origin {
            Origin::Keep => (0, ""),
            Origin::Move(from) => (1, from.as_str()),
            Origin::Copy(from) => (2, from.as_str()),
            Origin::Mend => (3, ""),
            Origin::Fetch => (4, ""),
            Origin::Patch => (5, ""),
        };
        hasher.update(&[tag]).update(path.as_bytes()).update(&[0]);
    }
    hasher.update(&plan.want.to_bytes());
    Hash::from(hasher.finalize()).to_string()
}
