//! How much disk applying a patch takes, told by the patch alone.

use std::io::{self, Read};

use mist_proto::RelPath;

use crate::{apply::most, format::header::NewFile, patch::PatchReader};

impl<R: Read> PatchReader<R> {
    /// Bytes of disk that applying takes at its peak if files are patched where they are by
    /// [`crate::ApplyOptions::in_place`], until everything is in place. It is exact to what positions in journals take,
    /// and to where streams that are packed anew put what comes after them.
    ///
    /// # Errors
    /// If the patch can't be read or contradicts itself.
    pub fn disk(self, in_place: &dyn Fn(&RelPath, u64) -> bool) -> io::Result<u64> {
        let header = self.header().clone();
        let patched = |file: &NewFile| {
            let old = header.predecessor(file).map(|(_, size)| size);
            old.filter(|old| in_place(&file.path, file.size.min(*old)))
        };
        if !header.new.iter().any(|file| patched(file).is_some()) {
            return Ok(header.new.iter().fold(header.scratch, |sum, file| sum.saturating_add(file.size)));
        }
        let tallies = self.tally()?;
        let (mut staged, mut growth) = (0u64, 0u64);
        for (file, tally) in header.new.iter().zip(tallies) {
            let written = file.size.saturating_sub(tally.in_place);
            let here = match patched(file) {
                Some(old) if written <= most(file.size) => {
                    growth = growth.saturating_add(file.size.saturating_sub(old));
                    written
                }
                _ => file.size,
            };
            staged = staged.saturating_add(here);
        }
        // The scratch file is gone before anything is put in place.
        Ok(staged.saturating_add(header.scratch.max(growth)))
    }
}
