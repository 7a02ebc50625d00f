//! Which old programs become which new ones, and how.

use std::{collections::HashMap, io, num::NonZeroUsize, sync::Arc};

use crate::{
    inside::unpack::Files,
    likes::{Like, Likes},
    matching::blocks::{BlockIndex, Matcher},
    parallel::in_order,
    space::{Backing, Extent, ReadError, Space},
};

use super::{
    MAX_AREAS, MAX_STEPS, Relocation,
    image::Image,
    relocated::Look,
    trace::{Program, trace},
};

/// Shorter programs are not worth it.
const MIN_LEN: u64 = 4 << 10;

/// Bytes that must be equal but for addresses to count as alike. Less needs a larger index and finds hardly more.
const ALIKE: u64 = 32;

/// Programs that are done before one that is waited for.
const AHEAD: usize = 4;

/// A program of a list.
struct Located {
    file: usize,
    image: Image,
}

/// The relocations that make old programs more like the new ones that take their places, by the number of the old file,
/// in about so many bytes of memory.
pub(crate) fn find(
    old: Files<'_>,
    new: Files<'_>,
    threads: NonZeroUsize,
    memory: u64,
) -> Result<HashMap<usize, Arc<Relocation>>, ReadError> {
    let new_programs = programs(new, threads)?;
    if new_programs.is_empty() {
        return Ok(HashMap::new());
    }
    let old_programs = programs(old, threads)?;
    let mut likes = Likes::default();
    for (i, p) in old_programs.iter().enumerate() {
        likes.add(old.path(p.file), Like::File, i, old.list[p.file].size);
    }
    // An old program has one form: that for the first new one that is like it.
    let mut pairs: HashMap<usize, usize> = HashMap::new();
    for (i, p) in new_programs.iter().enumerate() {
        if let Some(like) = likes.most_like(new.path(p.file), Like::File, new.list[p.file].size) {
            pairs.entry(like).or_insert(i);
        }
    }
    let mut pairs: Vec<(usize, usize)> = pairs.into_iter().collect();
    pairs.sort_unstable();
    let each = memory / threads.get() as u64;
    let relocation = |&(o, n): &(usize, usize)| {
        let (was, is) = (&old_programs[o], &new_programs[n]);
        Ok::<_, ReadError>((was.file, relocation(old, was, new, is, each)?))
    };
    let mut found = HashMap::new();
    let (mut areas, mut steps) = (0, 0);
    in_order(&pairs, threads, AHEAD, relocation, |(file, relocation): (usize, Option<Relocation>)| {
        let Some(relocation) = relocation else { return Ok::<_, ReadError>(()) };
        let (more_areas, more_steps) =
            (areas + relocation.areas.len(), steps + relocation.rift.steps().len());
        if more_areas <= MAX_AREAS && more_steps <= MAX_STEPS {
            (areas, steps) = (more_areas, more_steps);
            found.insert(file, Arc::new(relocation));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The programs among files.
fn programs(files: Files<'_>, threads: NonZeroUsize) -> Result<Vec<Located>, ReadError> {
    let long: Vec<usize> = (0..files.list.len()).filter(|&i| files.list[i].size >= MIN_LEN).collect();
    let mut found = Vec::new();
    let image = |&file: &usize| {
        let image = files.read(file, |open| Image::of(open, files.list[file].size))?;
        Ok::<_, ReadError>(image.map(|image| Located { file, image }))
    };
    in_order(&long, threads, AHEAD, image, |program: Option<Located>| {
        found.extend(program);
        Ok::<_, ReadError>(())
    })?;
    Ok(found)
}

/// The relocation of one program, if it moved at all.
fn relocation(
    old: Files<'_>,
    was: &Located,
    new: Files<'_>,
    is: &Located,
    memory: u64,
) -> Result<Option<Relocation>, ReadError> {
    let matches = {
        let (was, is) = (bare(old, was), bare(new, is));
        let index = BlockIndex::build(&was, ALIKE, memory / 2)?;
        Matcher::new(&index, &was, &is, ALIKE).run(|_| Ok::<_, ReadError>(()))?
    };
    let most = memory / 2 / size_of::<super::rift::Vote>() as u64;
    let opened = |files: Files<'_>, p: &Located| files.open(p.file);
    let (old_file, new_file) = (opened(old, was)?, opened(new, is)?);
    let side = |files: Files<'_>, p: &'_ Located| (files.list[p.file].size, files.path(p.file).to_string());
    let ((old_size, path), (new_size, _)) = (side(old, was), side(new, is));
    let rift = trace(
        &Program { file: &*old_file, size: old_size, image: &was.image },
        &Program { file: &*new_file, size: new_size, image: &is.image },
        &matches,
        most,
    )
    .map_err(|source: io::Error| ReadError { path, source })?;
    let areas = || was.image.areas().cloned().collect();
    Ok((!rift.steps().is_empty()).then(|| Relocation { areas: areas(), rift }))
}

/// A program without its addresses.
fn bare<'f>(files: Files<'f>, program: &Located) -> Space<'f> {
    let bare = [(0, Look::Bare(program.image.speaking.clone()))].into_iter().collect();
    let mut space = Space::new(files.dir, vec![files.path(program.file).clone()], None).with_programs(bare);
    space.push(Extent { backing: Backing::File(0), at: 0, len: files.list[program.file].size });
    space
}
