//! Reading programs in the form that their relocations give them.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use mist_tree::fs::ReadAt;

use super::{
    Relocation,
    fields::{Area, BLOCK, relocate},
};

/// Blocks that are kept.
const KEPT: u64 = 256;

/// Memory that reading takes, in bytes.
pub(crate) const MEMORY: u64 = (KEPT + 16) * BLOCK;

/// What programs look like, by the number of their file.
#[derive(Default)]
pub(crate) struct Relocated {
    looks: HashMap<usize, Look>,
    /// Blocks that were read: of those with one slot the last.
    kept: Mutex<HashMap<u64, Block>>,
}

/// The number of a file and of a block of it, and its bytes as they look.
type Block = (usize, u64, Arc<[u8]>);

/// What a program looks like.
pub(crate) enum Look {
    /// As if it had been moved.
    Moved(Arc<Relocation>),
    /// With zeros in the place of these areas' addresses.
    Bare(Vec<Area>),
}

impl Look {
    fn apply(&self, block_at: u64, block: &mut [u8]) {
        match self {
            Self::Moved(relocation) => relocate(&relocation.areas, Some(&relocation.rift), block_at, block),
            Self::Bare(areas) => relocate(areas, None, block_at, block),
        }
    }
}

impl FromIterator<(usize, Look)> for Relocated {
    fn from_iter<T: IntoIterator<Item = (usize, Look)>>(looks: T) -> Self {
        Self { looks: looks.into_iter().collect(), kept: Mutex::default() }
    }
}

impl Relocated {
    /// Fills `buf` from offset `at` of a file on, of which `raw` reads the bytes as they are.
    pub(crate) fn read_exact_at(
        &self,
        file: usize,
        raw: &dyn ReadAt,
        buf: &mut [u8],
        at: u64,
    ) -> io::Result<()> {
        let Some(look) = self.looks.get(&file) else { return raw.read_exact_at(buf, at) };
        let mut done = 0;
        while done < buf.len() {
            let here = at + done as u64;
            let block = self.block(file, raw, look, here / BLOCK)?;
            let within = usize::try_from(here % BLOCK).unwrap_or(usize::MAX);
            let part = block.get(within..).filter(|p| !p.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
            let n = part.len().min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&part[..n]);
            done += n;
        }
        Ok(())
    }

    fn block(&self, file: usize, raw: &dyn ReadAt, look: &Look, number: u64) -> io::Result<Arc<[u8]>> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Files start at slots that lie apart.
        let slot = (number + file as u64 * 37) % KEPT;
        if let Some((_, _, block)) = kept().get(&slot).filter(|(f, n, _)| (*f, *n) == (file, number)) {
            return Ok(block.clone());
        }
        let at = number * BLOCK;
        let len = raw.size()?.saturating_sub(at).min(BLOCK);
        let mut block = vec![0; usize::try_from(len).unwrap_or(0)];
        raw.read_exact_at(&mut block, at)?;
        look.apply(at, &mut block);
        let block: Arc<[u8]> = block.into();
        kept().insert(slot, (file, number, block.clone()));
        Ok(block)
    }
}
