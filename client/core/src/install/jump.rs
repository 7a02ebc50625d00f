//! Updating by a patch that the seed makes for just this folder.
//!
//! Direct patches need a folder that is exactly some build, and healing it first may cost more than the update. So the
//! seed is told what the folder holds by a signature, and makes the patch from that.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use mist_delta::Signature;
use mist_proto::{
    BlobId, FileEntry, Hash, Manifest, RelPath,
    http::{self, JumpRequest, JumpState},
};
use mist_tree::{
    fs::{Dir, EntryKind},
    progress::unwatched,
};
use tokio::time::Instant;

use super::{
    Engine, Goal, InstallError,
    engine::{Outlook, blocking},
    ledger::Ledger,
    plan::{Cost, Planned, Route},
    survey::Survey,
};
use crate::{error::Error, events::Phase, folder::GameFolder};

/// A jump is asked for if the cheapest other route receives more than this.
const WORTH_ASKING: u64 = 4 << 20;
/// How long the seed may take before another route is taken.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between questions how far it is.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// File bytes that are hashed at a time.
const STEP: usize = 1 << 20;

/// A patch from what the folder holds to the wanted build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jump {
    /// The patch.
    pub patch: BlobId,
    /// Bytes of the signature that was sent for it.
    pub sent: u64,
    /// What the patch starts from.
    pub listing: Manifest,
}

impl Jump {
    /// The route by it; `missing` is what is not here of the patch, `staged` what the wanted build's changed files take.
    pub(super) fn planned(self, missing: u64, staged: u64) -> Planned {
        let download = missing.saturating_add(self.sent);
        let disk = staged.saturating_add(missing);
        Planned { route: Route::Jump(Arc::new(self)), cost: Cost { download, disk, written: disk } }
    }
}

/// Whether a jump may be cheaper than the cheapest route that is known. Only a folder with other content than that of
/// its build has use for one.
pub(super) fn is_worth_asking(found: &Survey, cheapest: u64) -> bool {
    cheapest > WORTH_ASKING && (found.damaged > 0 || !found.foreign.is_empty())
}

impl Engine<'_> {
    /// Has a jump made, unless something is in the way; then there are other routes.
    pub(super) async fn wish_for_jump(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        outlook: &Outlook,
        cheapest: u64,
    ) -> Option<Jump> {
        self.events.phase(&goal.wanted.game, Phase::Preparing);
        match self.have_jump_made(folder, goal, outlook, cheapest).await {
            Ok(jump) => jump,
            Err(error) => {
                tracing::info!(%error, "no patch for this folder");
                None
            }
        }
    }

    async fn have_jump_made(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        outlook: &Outlook,
        cheapest: u64,
    ) -> Result<Option<Jump>, Error> {
        let wanted = &goal.wanted;
        let mut known: HashSet<Hash> = wanted.files.iter().map(|f| f.hash).collect();
        // Content of builds that the seed would have to rebuild first is not counted on.
        for build in goal.builds.iter().filter(|build| build.kept == http::Keeping::Whole) {
            if let Ok(manifest) = self.catalogue.manifest(self.account, self.pins, &wanted.game, build).await
            {
                known.extend(manifest.files.iter().map(|f| f.hash));
            }
        }
        let (at, here, foreign) =
            (folder.clone(), outlook.survey.here.clone(), outlook.survey.foreign.clone());
        let empty =
            Manifest { files: Vec::new(), empty_dirs: Vec::new(), launch: Vec::new(), ..(**wanted).clone() };
        let taken: HashSet<Hash> = wanted.files.iter().map(|f| f.hash).collect();
        let signed: Result<_, InstallError> = blocking(move || {
            let Some(listing) = listing(&*at.dir, here, &foreign, &taken, empty) else { return Ok(None) };
            let signature =
                Signature::of(listing.clone(), &*at.dir, &|f| known.contains(&f.hash), &mut unwatched)?;
            Ok(Some((listing, signature.encode().map_err(InstallError::Disk)?)))
        })
        .await;
        let Some((listing, signature)) = signed? else { return Ok(None) };
        let sent = signature.len() as u64;
        if sent >= cheapest {
            return Ok(None);
        }
        let request = JumpRequest { to: wanted.version.clone(), signature: BlobId::of(&signature) };
        let mut jump = self.account.ask_for_jump(&wanted.game, &request).await?;
        if let Some(upload) = jump.upload.take() {
            jump = self.account.start_jump(&jump.id, &upload, signature).await?;
        }
        let patch = self.wait_for(jump).await?;
        Ok(patch.map(|patch| Jump { patch, sent, listing }))
    }

    /// The patch, once it is made; none if it won't be, or not soon.
    async fn wait_for(&self, mut jump: http::Jump) -> Result<Option<BlobId>, Error> {
        let deadline = Instant::now() + PATIENCE;
        while jump.state == JumpState::Making && Instant::now() < deadline {
            tokio::time::sleep(ASK_AGAIN).await;
            jump = self.account.jump(&jump.id).await?;
        }
        Ok(jump.patch)
    }

    /// Applies the patch for this folder and commits.
    pub(super) async fn by_jump(
        &self,
        folder: &GameFolder,
        goal: &Goal,
        ledger: &mut Ledger<'_>,
        outlook: &Outlook,
        jump: &Jump,
    ) -> Result<(), Error> {
        let wanted = &goal.wanted;
        // What the player changed is put aside, so nothing is patched where it is.
        let beside = Box::new(|_: &RelPath, _| false);
        let ends = (&jump.listing, wanted);
        let origins = self.stage_by_patch(folder, ledger, jump.patch, ends, beside).await?;
        let (installed, found) = (outlook.installed.as_ref(), &outlook.survey);
        self.commit(folder, wanted, ledger, installed, found, &origins).await?;
        // Nobody else has a folder like this one.
        self.patches.discard(&wanted.game, &jump.patch.hash);
        Ok(())
    }
}

/// The files that a patch may start from: those whose content is known, and the player's own under names of a build.
/// `taken` has the content of the wanted build.
/// None if they can't be listed beside each other.
fn listing(
    dir: &dyn Dir,
    here: Vec<FileEntry>,
    foreign: &BTreeSet<RelPath>,
    taken: &HashSet<Hash>,
    empty: Manifest,
) -> Option<Manifest> {
    let mut files = here;
    for path in foreign {
        let Some(meta) = dir.metadata(path).ok().filter(|m| m.kind == EntryKind::File) else { continue };
        let Ok(hash) = hash_file(dir, path, meta.len) else { continue };
        // A patch would move such a file away, and what the player changed has to be kept.
        if !taken.contains(&hash) {
            files.push(FileEntry { path: path.clone(), size: meta.len, executable: meta.executable, hash });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let archive = BlobId::of(b"");
    let listing = Manifest { files, archive, sequence: 1, parent: None, floor: 1, ..empty };
    listing.check().is_ok().then_some(listing)
}

fn hash_file(dir: &dyn Dir, path: &RelPath, size: u64) -> std::io::Result<Hash> {
    let file = dir.open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buf = vec![0; usize::try_from(size).unwrap_or(STEP).min(STEP)];
    let mut at = 0;
    while at < size {
        let n = usize::try_from(size - at).unwrap_or(STEP).min(buf.len());
        file.read_exact_at(&mut buf[..n], at)?;
        hasher.update(&buf[..n]);
        at += n as u64;
    }
    Ok(hasher.finalize().into())
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
        let made = listing(&dir, vec![right.clone()], &foreign, &taken, manifest(vec![])).expect("a listing");
        assert_eq!(made.files, [file("mine", b"changed"), right.clone()]);

        let twin = FileEntry { path: path("RIGHT"), ..right.clone() };
        assert_eq!(
            listing(&dir, vec![right, twin], &foreign, &taken, manifest(vec![])),
            None,
            "no build has both"
        );
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
