//! How a program's parts moved, as two versions of it tell.
//!
//! Without its addresses, code that nobody changed is the same in both. Where such code lies tells how it moved itself,
//! and what it refers to in both tells how that moved: variables, constants, and functions that are no longer alike.

use std::io;

use mist_tree::fs::ReadAt;

use crate::matching::blocks::Match;

use super::{
    fields::{BLOCK, Field, fields},
    image::Image,
    rift::{Rift, Vote, elect},
};

/// Votes that the start of a section has, wherever its content moved: what is counted from there depends on it.
const START: usize = 8;

/// Equal bytes that are worth a vote, whether anything refers to them or not.
const EQUAL: u64 = 256;

/// Blocks whose fields are kept.
const KEPT: u64 = 16;

/// A program that is looked at.
pub(super) struct Program<'p> {
    pub(super) file: &'p dyn ReadAt,
    pub(super) size: u64,
    pub(super) image: &'p Image,
}

/// How `old` moves to become `new`, by what `matches` say is alike in their files. At most about `most` votes are held.
pub(super) fn trace(old: &Program<'_>, new: &Program<'_>, matches: &[Match], most: u64) -> io::Result<Rift> {
    // Code has an address every few bytes.
    let mut votes = Votes { one_in: old.size / 4 / most.max(1) + 1, votes: Vec::new() };
    votes.of_sections(old.image, new.image);
    let (mut was, mut is) = (Walk::new(old), Walk::new(new));
    for m in matches {
        votes.of_places(m, old.image, new.image);
        votes.of_fields(m, &mut was, &mut is)?;
    }
    Ok(elect(votes.votes))
}

/// Votes about one address in so many; those about one address all or none.
struct Votes {
    one_in: u64,
    votes: Vec<Vote>,
}

impl Votes {
    fn put(&mut self, from: u64, to: u64) {
        if (from.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(self.one_in) {
            self.votes.push(Vote { address: from, by: to.wrapping_sub(from) });
        }
    }

    fn of_sections(&mut self, old: &Image, new: &Image) {
        for was in &old.sections {
            let Some(is) = new.sections.iter().find(|is| is.name == was.name) else { continue };
            let vote = Vote { address: was.address, by: is.address.wrapping_sub(was.address) };
            self.votes.extend([vote; START]);
        }
    }

    /// What is alike moved itself.
    fn of_places(&mut self, m: &Match, old: &Image, new: &Image) {
        let mut at = 0;
        while at < m.len {
            if let Some((from, to)) = old.address_of(m.old_at + at).zip(new.address_of(m.new_at + at)) {
                self.put(from, to);
            }
            at += EQUAL;
        }
    }

    /// What is alike refers to the same in both.
    fn of_fields(&mut self, m: &Match, old: &mut Walk<'_>, new: &mut Walk<'_>) -> io::Result<()> {
        for number in m.old_at / BLOCK..=(m.old_end() - 1) / BLOCK {
            for was in old.fields(number)? {
                let at = number * BLOCK + was.at as u64;
                if (m.old_at..m.old_end()).contains(&at)
                    && let Some(is) = new.field(m.new_at + (at - m.old_at))?
                {
                    self.put(was.target, is.target);
                    self.put(was.address, is.address);
                }
            }
        }
        Ok(())
    }
}

/// A program whose fields are looked at block by block.
struct Walk<'p> {
    program: &'p Program<'p>,
    /// Fields of blocks, by the number of the block; direct-mapped.
    kept: Vec<(u64, Vec<Field>)>,
}

impl<'p> Walk<'p> {
    fn new(program: &'p Program<'p>) -> Self {
        Self { program, kept: (0..KEPT).map(|_| (u64::MAX, Vec::new())).collect() }
    }

    /// The fields of a block of the file, in order.
    fn fields(&mut self, number: u64) -> io::Result<&[Field]> {
        let (kept, of_block) = &mut self.kept[usize::try_from(number % KEPT).unwrap_or(0)];
        if *kept != number {
            of_block.clear();
            let Program { file, size, image } = self.program;
            let at = number * BLOCK;
            let mut block = vec![0; usize::try_from(size.saturating_sub(at).min(BLOCK)).unwrap_or(0)];
            file.read_exact_at(&mut block, at)?;
            for area in image.speaking.iter().filter(|a| a.touches(&(at..at + BLOCK))) {
                fields(area, at, &block, |field| of_block.push(field));
            }
            of_block.sort_unstable_by_key(|f| f.at);
            *kept = number;
        }
        Ok(of_block)
    }

    /// The field that starts at this place of the file.
    fn field(&mut self, at: u64) -> io::Result<Option<Field>> {
        let within = usize::try_from(at % BLOCK).unwrap_or(usize::MAX);
        let of_block = self.fields(at / BLOCK)?;
        Ok(of_block.binary_search_by_key(&within, |f| f.at).ok().map(|i| of_block[i]))
    }
}
