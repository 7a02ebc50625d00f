//! What an earlier call left in staging.

use mist_proto::Hash;

use crate::{diff::tag, format::header::NewFile, redo::Redo};

use mist_tree::hash_file;

use super::{
    ApplyError, Checkpoint,
    checkpoint::State,
    output::{Form, Places},
};

/// A new file that is complete in staging.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    pub(super) hash: Hash,
    pub(super) form: Form,
}

/// The files that an earlier call completed, from the first on.
pub(super) fn already_made(
    places: &Places<'_>,
    id: Hash,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<Made>, ApplyError> {
    let saved = checkpoint.load().map_err(ApplyError::Checkpoint)?;
    // A checkpoint that can't be read is like none.
    let state = saved.and_then(|s| State::decode(&s).ok()).filter(|s| s.patch == id);
    let count = state.map_or(0, |s| usize::try_from(s.files).unwrap_or(usize::MAX));
    let done = places.header.new.iter().take(count);
    Ok(done.map_while(|f| whole(places, f).or_else(|| journal(places, f))).collect())
}

fn whole(places: &Places<'_>, entry: &NewFile) -> Option<Made> {
    let file = places.staging.open(&entry.path).ok()?;
    if file.size().ok()? != entry.size {
        return None;
    }
    let hash = hash_file(&*file, entry.size, |_| Ok(())).ok()?;
    (tag(hash) == entry.tag).then_some(Made { hash, form: Form::Whole })
}

fn journal(places: &Places<'_>, entry: &NewFile) -> Option<Made> {
    if !places.in_place(entry) {
        return None;
    }
    let redo = Redo::open(places.staging.open(&entry.path).ok()?).ok()?;
    let old = places.old.open(&entry.path).ok()?;
    let right = redo.size() == entry.size && tag(redo.hash()) == entry.tag;
    let made = || redo.hash_over(&*old).is_ok_and(|hash| hash == redo.hash());
    (right && made()).then(|| Made { hash: redo.hash(), form: Form::Journal(redo.len()) })
}
