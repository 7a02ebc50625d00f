//! Undoing what an operation on a game's folder has begun.

use mist_proto::http::Operation;

use super::{
    InstallError,
    commit::{drop_transfers, recover},
    ledger::{Books, Ledger},
    seal::seal,
    tools::{Tools, blocking},
    uninstall::uninstall,
};
use crate::{
    error::Error,
    events::Phase,
    folder::{Condition, FolderState, GameFolder, Pending},
    stop::Stop,
};

/// What abandoning an operation led to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Abandoned {
    /// Nothing was installed before, and nothing of the operation is left: only files that were in the folder before,
    /// and what was put aside for the player at another time.
    Removed,
    /// The build that is here stays, and nothing is under way.
    Restored(FolderState),
    /// The wanted build was in place already: it was too late.
    TooLate(FolderState),
}

/// Gives up the operation that is under way in a folder, if there is one. A commit that has begun ends first; if that
/// makes the folder the wanted build, the operation is over and done. In a chain of patches the build of the last one
/// that was committed stays.
///
/// The caller holds the game's lock, and no installation runs in the folder. Patches that are kept for friends stay.
pub(crate) async fn abandon(tools: &Tools, folder: &GameFolder) -> Result<Abandoned, Error> {
    let Some(state) = recover(folder, &tools.events).await? else {
        return Ok(remove(tools, folder).await?);
    };
    let game = state.game.clone();
    let Some(installed) = state.installed.clone() else { return Ok(remove(tools, folder).await?) };
    drop_transfers(folder)?;
    tools.patches.drop_unfinished(&game);
    tools.patches.unpin_all(&game);
    let mut ledger = Ledger::open(tools, folder, state, Books::Pending);
    let placed = ledger.state.condition == Condition::Placed;
    if placed {
        let manifest = tools.installed_manifest(folder, &game, &installed)?;
        ledger.enter(&tools.events, Phase::Verifying);
        let (at, events) = (folder.clone(), tools.events.clone());
        let whole = match manifest {
            Some(manifest) => blocking(move || seal(&at, &manifest, &Stop::new(), &events)).await?,
            None => false,
        };
        ledger.state.condition = if whole { Condition::Whole } else { Condition::Damaged };
    }
    // A repair wants the build that is installed anyway.
    let wanted = |p: &Pending| p.to == installed && (placed || p.kind != Operation::Repair);
    let too_late =
        ledger.state.condition == Condition::Whole && ledger.state.pending.as_ref().is_some_and(wanted);
    if too_late {
        ledger.finish()?;
    } else {
        ledger.state.pending = None;
        ledger.save()?;
    }
    folder.tidy(&ledger.state);
    Ok(if too_late { Abandoned::TooLate(ledger.state) } else { Abandoned::Restored(ledger.state) })
}

/// Removes what a first install wrote: all of it is under `.mist/`, as nothing was committed.
async fn remove(tools: &Tools, folder: &GameFolder) -> Result<Abandoned, InstallError> {
    if let Some(state) = folder.state()? {
        tools.patches.drop_unfinished(&state.game);
    }
    let at = folder.clone();
    let rest = blocking(move || uninstall(&*at.dir, None, &mut || ())).await?;
    if !rest.left && !rest.kept {
        // Somebody else's mount point, perhaps; an empty folder does no harm.
        let _ = std::fs::remove_dir(folder.path());
    }
    Ok(Abandoned::Removed)
}
