//! Making a build out of local files and pieces of its archive.

use std::{io, ops::ControlFlow, sync::Arc};

use mist_peer::{BlobSink, FetchProgress, Held, PartialBlob};
use mist_proto::{FileEntry, Hash, ManifestId, RelPath, VerifiedManifest, limits::piece_size};
use mist_tree::{
    fs::{Dir, SubDir},
    progress::Progress,
};

use super::{
    InstallError, Installation,
    commit::drop_transfers,
    findings::Findings,
    journal::sync_tree,
    jump::Awaited,
    previous::{PREVIOUS, check, name_of},
    reuse::{Origin, StagePlan},
    sink::{StagingSink, copy_file},
    tools::blocking,
};
use crate::{
    error::Error,
    events::{Event, Phase},
    folder::control,
    home::{read_file, write_file},
    swarm::{FetchFailed, Fetched, Order},
};

impl Installation {
    /// Stages what is not here yet, out of local files and fetched pieces, and commits.
    pub(super) async fn run_pieces(
        &mut self,
        wanted: &VerifiedManifest,
        findings: &Findings,
    ) -> Result<(), Error> {
        let sink = self.fetch_pieces(wanted, findings).await?;
        let stage = &findings.stage;
        let at = self.folder.clone();
        let empty: Vec<RelPath> = (wanted.files.iter().zip(&stage.origins))
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
        if let Some(held) = &self.held {
            held.withdraw();
        }
        self.commit(wanted, findings.installed.as_ref(), &findings.survey, &stage.origins).await
    }

    /// Stages what comes from local files and from elsewhere, and commits nothing. Returns where the rest goes.
    pub(super) async fn fetch_pieces(
        &mut self,
        wanted: &VerifiedManifest,
        findings: &Findings,
    ) -> Result<Arc<dyn BlobSink>, Error> {
        let Findings { layout, stage, .. } = findings;
        self.check_previous(wanted, stage).await?;
        self.prepare_staging(wanted, stage).await?;
        let game = self.folder.dir.clone();
        let sink: Arc<dyn BlobSink> =
            Arc::new(StagingSink::new(layout.clone(), game, &wanted.files, &stage.origins));
        if !stage.want.is_empty() {
            self.enter(Phase::Downloading);
            let partial = PartialBlob::open(&self.folder.control_path("fetch"), wanted.archive);
            let partial = partial.map_err(InstallError::Disk)?;
            let want = Some(stage.want.clone());
            let order =
                Order { game: &wanted.game, want, is_replaceable: false, partial, sink: sink.clone() };
            // The same archive may be fetched from in a second round.
            self.held = None;
            self.held = Some(self.transfer(order, stage.download).await?);
        }
        Ok(sink)
    }

    /// Reads what was kept of the build before, if the plan takes something of it.
    async fn check_previous(&self, wanted: &VerifiedManifest, stage: &StagePlan) -> Result<(), InstallError> {
        if !stage.returns() {
            return Ok(());
        }
        self.enter(Phase::Checking);
        let (at, stop, build) = (self.folder.clone(), self.stop.clone(), wanted.clone());
        let (origins, mut watch) = (stage.origins.clone(), self.tools.events.disk(&wanted.game));
        let checked = blocking(move || {
            check(&*at.dir, &build, &origins, &mut |p| {
                watch(p);
                stop.flow()
            })
        });
        let checked = checked.await;
        self.stop.check()?;
        if checked.map_err(InstallError::Disk)? { Ok(()) } else { Err(InstallError::PreviousRotten) }
    }

    /// Brings staging to the state from which pieces can be fetched, or leaves it if it is there already.
    async fn prepare_staging(&self, wanted: &VerifiedManifest, stage: &StagePlan) -> Result<(), Error> {
        let fingerprint = fingerprint(wanted.id(), stage);
        let marker = self.folder.control_path("fetch").join("plan");
        if read_file(&marker).map_err(InstallError::Home)?.is_some_and(|f| f == fingerprint.as_bytes()) {
            return Ok(());
        }
        drop_transfers(&self.folder)?;
        let (at, stop) = (self.folder.clone(), self.stop.clone());
        let (wanted, origins) = (wanted.clone(), stage.origins.clone());
        let mut watch = self.tools.events.disk(&wanted.game);
        let copied: io::Result<()> = blocking(move || {
            let staging = SubDir::new(at.dir.clone(), &control("staging"));
            let previous = SubDir::new(at.dir.clone(), &control(PREVIOUS));
            let source = |(f, origin): (&FileEntry, &Origin)| match origin {
                Origin::Copy(from) => Some((&*at.dir, from.clone(), f.path.clone(), f.size)),
                Origin::Mend => Some((&*at.dir, f.path.clone(), f.path.clone(), f.size)),
                Origin::ReturnCopy => {
                    Some((&previous as &dyn Dir, name_of(origin, f)?, f.path.clone(), f.size))
                }
                _ => None,
            };
            let copies: Vec<_> = wanted.files.iter().zip(&origins).filter_map(source).collect();
            let total = copies.iter().map(|(.., size)| size).sum();
            let mut done = 0;
            for (dir, from, to, _) in &copies {
                let copied = copy_file((*dir, from), (&staging, to), |n| {
                    done += n;
                    watch(Progress { done, total });
                    stop.flow()
                })?;
                if copied.is_break() {
                    return Ok(());
                }
            }
            sync_tree(&*at.dir, &control("staging"))
        })
        .await;
        copied.map_err(InstallError::Disk)?;
        // What was copied in part is no base for anything: without the marker it is made anew.
        self.stop.check().map_err(InstallError::from)?;
        write_file(&marker, fingerprint.as_bytes(), false).map_err(InstallError::Home)?;
        Ok(())
    }

    /// One transfer, with its bytes on the books and its progress shown. What it brought is served while the answer is held.
    pub(super) async fn transfer(&mut self, order: Order<'_>, total: u64) -> Result<Held, Error> {
        let game = order.game.clone();
        let piece_size = piece_size(order.partial.blob().size);
        let before = self.ledger.settled();
        let mut trouble = None;
        let mut waiting = false;
        // Pieces may be left for a patch that is made meanwhile; patches are on their way only while they are cheaper anyway.
        let awaited = self.awaited.as_ref().filter(|_| !order.is_replaceable);
        let patches = &self.tools.patches;
        let (ledger, events) = (&mut self.ledger, &self.tools.events);
        let ended = self.swarm.fetch(order, &self.stop, |p: &FetchProgress, preparing| {
            if preparing != waiting {
                waiting = preparing;
                ledger.enter(events, if waiting { Phase::Preparing } else { Phase::Downloading });
            }
            if let Err(error) = ledger.moving(&p.into(), p.waits) {
                trouble.get_or_insert(error);
            }
            let mut bytes = before;
            bytes.add_all(&p.bytes);
            let done = p.pieces_done.saturating_mul(piece_size).min(total);
            let eta = (total - done).checked_div(p.bytes_per_sec);
            let (rate, sources) = (p.bytes_per_sec, p.sources);
            events.send(Event::Network { game: game.clone(), done, total, bytes, rate, eta, sources });
            match awaited.and_then(Awaited::made) {
                Some(patch) if patches.missing(&game, patch) < total - done => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        let ended = ended.await;
        let (Ok(Fetched { moved, .. }) | Err(FetchFailed { moved, .. })) = &ended;
        self.ledger.settle(moved)?;
        self.report().await;
        if ended.is_err() {
            self.stop.check().map_err(InstallError::from)?;
        }
        let Fetched { held, .. } = ended.map_err(InstallError::from)?;
        trouble.map_or(Ok(held), |error| Err(error.into()))
    }
}

/// Tells whether two plans fill staging in the same way.
fn fingerprint(id: ManifestId, plan: &StagePlan) -> String {
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
            Origin::Return => (6, ""),
            Origin::ReturnCopy => (7, ""),
            Origin::Unpatch(_) => (8, ""),
        };
        hasher.update(&[tag]).update(path.as_bytes()).update(&[0]);
    }
    hasher.update(&plan.want.to_bytes());
    Hash::from(hasher.finalize()).to_string()
}
