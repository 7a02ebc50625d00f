//! Updating by a patch that the seed makes for just this folder.
//!
//! Direct patches need a folder that is exactly some build, and repairing it first may cost more than the update. So the
//! seed is told what the folder holds by a folder signature, and makes the patch from that.
//!
//! Planning only estimates what that costs. The folder signature is sent when the route is taken; if the patch that the seed then
//! makes is dearer than the best other route, that one is taken instead. A patch that takes long to make keeps nobody waiting:
//! another route is taken meanwhile, and left for the patch if that is ready before and has less to move than is left.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use mist_delta::{Signature, SignatureError};
use mist_proto::{
    BlobId, FileEntry, Hash, Manifest, RelPath, VerifiedManifest,
    http::{self, JumpRequest, JumpState, Keeping},
};
use mist_tree::{
    fs::{Dir, EntryKind},
    hash_file,
    progress::Progress,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::{
    InstallError, Installation,
    findings::Findings,
    plan::{Cost, Planned, Route},
    survey::Survey,
    tools::{Goal, blocking, unless_stopped},
};
use crate::{
    account::Account,
    error::Error,
    events::Phase,
    folder::{GameFolder, RouteKind},
    stop::Stop,
};

/// A jump is asked for if the cheapest other route receives more than this.
const WORTH_ASKING: u64 = 4 << 20;
/// Bytes of changed files that a byte of a patch stands for where no direct patch shows how much changed. A guess.
const UNPACKED: u64 = 4;
/// For how long a patch is waited for before another route is taken meanwhile.
const SOON: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 10_000 });
/// Between questions how far it is: while it is waited for, and while another route is taken.
const ASK_AGAIN: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1000 });
const ASK_MEANWHILE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 5000 });

/// A patch from what the folder holds to the wanted build.
struct Jump {
    patch: BlobId,
    /// What the patch starts from.
    listing: Manifest,
}

/// A patch for the folder that the seed still makes, while another route is taken.
pub(super) struct Awaited {
    made: watch::Receiver<Option<BlobId>>,
    _asking: AbortOnDropHandle<()>,
}

impl Awaited {
    /// Asks for it from now on until it is there, will not be made, or nobody waits any more.
    fn new(account: Arc<Account>, id: String) -> Self {
        let (tell, made) = watch::channel(None);
        let asking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(ASK_MEANWHILE).await;
                match account.jump(&id).await {
                    Ok(jump) if jump.state == JumpState::Making => {}
                    Ok(jump) => {
                        let _ = tell.send(jump.patch);
                        return;
                    }
                    Err(error) => {
                        tracing::debug!(%error, "how far the patch for this folder is, nobody says")
                    }
                }
            }
        });
        Self { made, _asking: AbortOnDropHandle::new(asking) }
    }

    /// The patch, once it is made.
    pub(super) fn made(&self) -> Option<BlobId> {
        *self.made.borrow()
    }
}

/// Whether a jump may be cheaper than the cheapest route that is known. Only a folder with other content than that of
/// its build has use for one.
pub(super) fn is_worth_asking(found: &Survey, cheapest: u64) -> bool {
    cheapest > WORTH_ASKING && (found.damaged > 0 || !found.foreign.is_empty())
}

/// What a jump should cost. Reads no file and asks nobody: the folder signature's size follows from the list of files, and
/// the patch is thought to be as large as the direct patches, with the files that are gone on top. `others` are the
/// other routes, `instead` is what the cheapest of them moves.
pub(super) fn estimate(
    folder: &GameFolder,
    goal: &Goal,
    findings: &Findings,
    others: &[Planned],
    instead: u64,
) -> Option<Planned> {
    let Goal { wanted, builds, .. } = goal;
    let kept_whole =
        |m: &&VerifiedManifest| builds.iter().any(|b| b.manifest_id == m.id() && b.kept == Keeping::Whole);
    let known = contents(findings.installed.as_ref().filter(kept_whole).into_iter().chain([wanted]));
    // Any hash does for a file whose content is not known.
    let stand_in = |path: &RelPath, _: u64| Some(Hash::of(path.as_str().as_bytes()));
    let (here, foreign) = (findings.survey.here.clone(), &findings.survey.foreign);
    let listing = listing(&*folder.dir, here, foreign, &HashSet::new(), wanted, stand_in)?;
    let sent = Signature::estimated_len(&listing, &|f| known.contains(&f.hash)).ok()?;
    let chain = others.iter().find(|p| p.kind() == RouteKind::Patches);
    let changed = match chain {
        Some(chain) => chain.cost.download.saturating_sub(findings.repair.download),
        None => findings.stage.download / UNPACKED,
    };
    let gone = |f: &&FileEntry| {
        listing.file(&f.path).is_none()
            && findings.installed.as_ref().is_some_and(|m| m.file(&f.path).is_some())
    };
    let gone = wanted.files.iter().filter(gone).map(|f| f.size).sum();
    let patch = changed.saturating_add(gone);
    let disk = findings.staged().saturating_add(patch);
    let cost = Cost { download: patch.saturating_add(sent), disk, written: disk };
    Some(Planned { route: Route::Jump { sent, instead }, cost })
}

fn contents<'a>(manifests: impl Iterator<Item = &'a VerifiedManifest>) -> HashSet<Hash> {
    manifests.flat_map(|m| &m.files).map(|f| f.hash).collect()
}

impl Installation {
    /// Has the patch for this folder made, applies it and commits.
    ///
    /// # Errors
    /// [`InstallError::NoJump`] if there is none, or it moves more than `instead` bytes or needs more disk than there is.
    pub(super) async fn run_jump(&mut self, findings: &Findings, instead: u64) -> Result<(), Error> {
        self.enter(Phase::Preparing);
        let requested = match self.request_jump(findings, instead).await {
            Err(Error::Install(stopped @ InstallError::Stopped(_))) => return Err(stopped.into()),
            requested => requested,
        };
        let jump = match requested {
            Ok(jump) => jump,
            Err(error) => {
                tracing::info!(%error, "no patch for this folder");
                None
            }
        };
        let jump = jump.ok_or(InstallError::NoJump)?;
        let Jump { patch, listing } = jump;
        let wanted = self.goal.wanted.clone();
        let download = self.tools.patches.missing(&wanted.game, patch);
        let disk = findings.staged().saturating_add(download);
        let free = self.folder.dir.space().map_err(InstallError::Disk)?.free;
        // The folder signature was sent: what the routes move from here on is what counts.
        if download > instead || disk > free {
            return Err(InstallError::NoJump.into());
        }
        let cost = Cost { download, disk, written: disk };
        let made = Planned { route: Route::Jump { sent: 0, instead }, cost };
        self.note_forecast(findings, &made, free, true)?;
        // What the player changed is put aside, so nothing is patched where it is.
        let beside = Box::new(|_: &RelPath, _| false);
        let origins = self.stage_by_patch(patch, (&listing, &wanted), beside).await?;
        self.commit(&wanted, findings.installed.as_ref(), &findings.survey, &origins).await?;
        // Nobody else has a folder like this one.
        self.tools.patches.discard(&wanted.game, &patch.hash);
        Ok(())
    }

    /// Sends the folder signature and waits for the patch; none if it is not worth it, or will not be made, or not soon.
    async fn request_jump(&mut self, findings: &Findings, instead: u64) -> Result<Option<Jump>, Error> {
        let wanted = self.goal.wanted.clone();
        let mut whole = Vec::new();
        // Content of builds that the seed would have to rebuild first is not counted on.
        for build in self.goal.builds.iter().filter(|build| build.kept == Keeping::Whole) {
            match self.tools.manifest(&wanted.game, build, &self.stop).await {
                Ok(manifest) => whole.push(manifest),
                Err(stopped @ Error::Install(InstallError::Stopped(_))) => return Err(stopped),
                Err(error) => tracing::debug!(%error, version = %build.version, "it is not counted on"),
            }
        }
        let known = contents(whole.iter().chain([&wanted]));
        let (folder, stop) = (self.folder.clone(), self.stop.clone());
        let (here, foreign) = (findings.survey.here.clone(), findings.survey.foreign.clone());
        let signed = blocking(move || sign(&folder, here, &foreign, &known, &wanted, &stop)).await?;
        let Some((listing, folder_signature)) = signed else { return Ok(None) };
        if folder_signature.len() as u64 >= instead {
            return Ok(None);
        }
        let patch = self.have_patch_made(folder_signature).await?;
        Ok(patch.map(|patch| Jump { patch, listing }))
    }

    /// The patch for a folder that has this folder signature, once it is made; none if it won't be, or not soon: then it is awaited.
    async fn have_patch_made(&mut self, folder_signature: Vec<u8>) -> Result<Option<BlobId>, Error> {
        let Goal { wanted, .. } = &self.goal;
        let request =
            JumpRequest { to: wanted.version.clone(), folder_signature: BlobId::of(&folder_signature) };
        let (account, game) = (self.tools.account.clone(), wanted.game.clone());
        let ask = async move {
            let mut jump = account.ask_for_jump(&game, &request).await?;
            match jump.upload.take() {
                Some(upload) => account.start_jump(&jump.id, &upload, folder_signature).await,
                None => Ok(jump),
            }
        };
        let mut jump: http::Jump = unless_stopped(&self.stop, ask).await??;
        let deadline = Instant::now() + SOON;
        while jump.state == JumpState::Making && Instant::now() < deadline {
            tokio::select! {
                () = tokio::time::sleep(ASK_AGAIN) => {}
                reason = self.stop.stopped() => return Err(InstallError::Stopped(reason).into()),
            }
            let account = self.tools.account.clone();
            jump = unless_stopped(&self.stop, async move { account.jump(&jump.id).await }).await??;
        }
        if jump.state == JumpState::Making {
            self.awaited = Some(Awaited::new(self.tools.account.clone(), jump.id));
        }
        Ok(jump.patch)
    }
}

/// Lists and signs what a patch may start from.
fn sign(
    folder: &GameFolder,
    here: Vec<FileEntry>,
    foreign: &BTreeSet<RelPath>,
    known: &HashSet<Hash>,
    wanted: &VerifiedManifest,
    stop: &Stop,
) -> Result<Option<(Manifest, Vec<u8>)>, InstallError> {
    let dir = &*folder.dir;
    let taken = contents([wanted].into_iter());
    let hash = |path: &RelPath, size| hash_of(dir, path, size, stop).ok();
    let listing = listing(dir, here, foreign, &taken, wanted, hash);
    stop.check()?;
    let Some(listing) = listing else { return Ok(None) };
    let mut watch = |_: Progress| stop.flow();
    let folder_signature = Signature::of(listing.clone(), dir, &|f| known.contains(&f.hash), &mut watch);
    let folder_signature = folder_signature.map_err(|error| match error {
        SignatureError::Cancelled => stop.broken_off().into(),
        error => InstallError::from(error),
    })?;
    Ok(Some((listing, folder_signature.encode().map_err(InstallError::Disk)?)))
}

/// The files that a patch may start from: those whose content is known, and the player's own under names of a build.
/// `taken` has the content of the wanted build; `hash` reads the player's files.
/// None if they can't be listed beside each other.
fn listing(
    dir: &dyn Dir,
    here: Vec<FileEntry>,
    foreign: &BTreeSet<RelPath>,
    taken: &HashSet<Hash>,
    wanted: &Manifest,
    hash: impl Fn(&RelPath, u64) -> Option<Hash>,
) -> Option<Manifest> {
    let mut files = here;
    for path in foreign {
        let Some(meta) = dir.metadata(path).ok().filter(|m| m.kind == EntryKind::File) else { continue };
        let Some(hash) = hash(path, meta.len) else { continue };
        // A patch would move such a file away, and what the player changed has to be kept.
        if !taken.contains(&hash) {
            files.push(FileEntry { path: path.clone(), size: meta.len, executable: meta.executable, hash });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let listing = Manifest {
        game: wanted.game.clone(),
        version: wanted.version.clone(),
        sequence: 1,
        parent: None,
        floor: 1,
        archive: BlobId::of(b""),
        files,
        empty_dirs: Vec::new(),
        links: Vec::new(),
        launch: Vec::new(),
    };
    listing.check().is_ok().then_some(listing)
}

fn hash_of(dir: &dyn Dir, path: &RelPath, size: u64, stop: &Stop) -> std::io::Result<Hash> {
    hash_file(&*dir.open(path)?, size, |_| stop.check().map_err(std::io::Error::other))
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::fault::MemDir;

    use super::*;
    use crate::install::samples::{file, manifest, path};

    #[test]
    fn the_listing_has_the_players_files_but_for_those_that_would_be_moved() {
        let dir = MemDir::new();
        let contents: [(&str, &[u8]); 3] =
            [("mine", b"changed"), ("right", b"as built"), ("swapped", b"wanted")];
        for (name, bytes) in contents {
            dir.create(&path(name)).expect("made").write_all_at(bytes, 0).expect("written");
        }
        let right = FileEntry { executable: true, ..file("right", b"as built") };
        let foreign = BTreeSet::from([path("mine"), path("swapped")]);
        let taken = HashSet::from([Hash::of(b"wanted")]);
        let hash = |path: &RelPath, size| hash_of(&dir, path, size, &Stop::new()).ok();
        let wanted = manifest(vec![]);
        let list = |here| listing(&dir, here, &foreign, &taken, &wanted, hash);
        let made = list(vec![right.clone()]).expect("a listing");
        assert_eq!(made.files, [file("mine", b"changed"), right.clone()]);

        let twin = FileEntry { path: path("RIGHT"), ..right.clone() };
        assert_eq!(list(vec![right, twin]), None, "no build has both");
    }

    #[test]
    fn only_a_changed_folder_and_a_dear_update_are_worth_asking() {
        let whole = Survey::default();
        let changed = Survey { damaged: 1, ..Survey::default() };
        assert!(is_worth_asking(&changed, WORTH_ASKING + 1));
        assert!(!is_worth_asking(&changed, WORTH_ASKING));
        assert!(!is_worth_asking(&whole, u64::MAX));
    }
}
