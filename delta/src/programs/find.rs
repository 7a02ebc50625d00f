//! Which old programs become which new ones, and how.

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc};

use mist_tree::fs::ReadAt;

use crate::{
    inside::unpack::Files,
    likes::{Like, Likes},
    matching::blocks::{BlockIndex, Match, Matcher},
    parallel::in_order,
    space::{Backing, Extent, ReadError, Space},
};

use super::{
    MAX_AREAS, MAX_STEPS, Relocation,
    image::Image,
    relocated::Look,
    rift::Vote,
    trace::{Program, trace},
};

/// Shorter programs are not worth it.
const MIN_LEN: u64 = 4 << 10;

/// Bytes that must be equal but for addresses to count as alike, at least. Less needs a larger index and finds hardly more.
const ALIKE: u64 = 32;

/// Programs that are done before one that is waited for.
const AHEAD: usize = 4;

/// Bytes of a program for each that a list of matches may take of the memory, in the worst case.
const PER_MATCH_BYTE: u64 = 4;

/// A program of a list.
struct Located<'f> {
    files: Files<'f>,
    file: usize,
    size: u64,
    image: Image,
}

impl<'f> Located<'f> {
    /// The program in its open file.
    fn program<'p>(&'p self, file: &'p dyn ReadAt) -> Program<'p> {
        Program { file, size: self.size, image: &self.image }
    }

    /// The program without its addresses.
    fn bare(&self) -> Space<'f> {
        let look = [(0, Look::Bare(self.image.speaking.clone()))].into_iter().collect();
        let path = self.files.path(self.file).clone();
        let mut space = Space::new(self.files.dir, vec![path], None).with_programs(look);
        space.push(Extent { backing: Backing::File(0), at: 0, len: self.size });
        space
    }
}

/// The relocations that make old programs more like the new ones that take their places, by the number of the old file,
/// in about so many bytes of memory. `on_progress` gets bytes of new programs that are done, and of how many.
pub(crate) fn find<E: From<ReadError>>(
    old: Files<'_>,
    new: Files<'_>,
    threads: NonZeroUsize,
    memory: u64,
    mut on_progress: impl FnMut(u64, u64) -> Result<(), E>,
) -> Result<HashMap<usize, Arc<Relocation>>, E> {
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
        let was = &old_programs[o];
        relocation(was, &new_programs[n], each).map(|relocation| (was.file, relocation))
    };
    let mut sizes = pairs.iter().map(|&(_, n)| new_programs[n].size);
    let (mut done, of) = (0, sizes.clone().sum());
    let mut found = HashMap::new();
    let (mut areas, mut steps) = (0, 0);
    in_order(&pairs, threads, AHEAD, relocation, |(file, relocation): (usize, Option<Relocation>)| {
        done += sizes.next().unwrap_or(0);
        on_progress(done, of)?;
        let Some(relocation) = relocation else { return Ok::<_, E>(()) };
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
fn programs(files: Files<'_>, threads: NonZeroUsize) -> Result<Vec<Located<'_>>, ReadError> {
    let long: Vec<usize> = (0..files.list.len()).filter(|&i| files.list[i].size >= MIN_LEN).collect();
    let mut found = Vec::new();
    let image = |&file: &usize| {
        let size = files.list[file].size;
        let image = files.read(file, |open| Image::of(open, size))?;
        Ok::<_, ReadError>(image.map(|image| Located { files, file, size, image }))
    };
    in_order(&long, threads, AHEAD, image, |program: Option<Located<'_>>| {
        found.extend(program);
        Ok::<_, ReadError>(())
    })?;
    Ok(found)
}

/// The relocation of one program, if it moved at all.
fn relocation(was: &Located<'_>, is: &Located<'_>, memory: u64) -> Result<Option<Relocation>, ReadError> {
    let alike = (is.size * PER_MATCH_BYTE * size_of::<Match>() as u64 / memory).max(ALIKE);
    let matches = {
        let (was, is) = (was.bare(), is.bare());
        let index = BlockIndex::build(&was, alike, memory / 2)?;
        Matcher::new(&index, &was, &is, alike).run(|_| Ok::<_, ReadError>(()))?
    };
    let most = memory / 2 / size_of::<Vote>() as u64;
    let new_file = is.files.open(is.file)?;
    let trace = |file: &dyn ReadAt| trace(&was.program(file), &is.program(&*new_file), &matches, most);
    let rift = was.files.read(was.file, trace)?;
    let areas = || was.image.areas().cloned().collect();
    Ok((!rift.steps().is_empty()).then(|| Relocation { areas: areas(), rift }))
}
