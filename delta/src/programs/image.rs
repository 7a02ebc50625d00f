//! What a program's file says of the program in memory.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use super::{
    MAX_COVER, elf,
    fields::{Area, Form, Origin},
    pe,
};

/// A program as far as its addresses go.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// What refers to other things and is compared without its addresses: code, pointers among data, and tables of
    /// addresses that are relative to themselves.
    pub(super) speaking: Vec<Area>,
    /// Other tables of addresses.
    pub(super) tables: Vec<Area>,
    /// Its parts, in ascending order of address.
    pub(super) sections: Vec<Section>,
}

/// A part of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// What stands for its name.
    pub(super) name: Vec<u8>,
    /// Where it starts in the file, if it is there.
    pub(super) at: Option<u64>,
    /// Length in memory, in bytes.
    pub(super) len: u64,
    /// Address of its first byte.
    pub(super) address: u64,
}

impl Section {
    /// An area as long as the section's part of the file from `skip` on. There is none if nothing can be a target, as where
    /// addresses run over their end.
    pub(super) fn area(&self, skip: u64, form: Form, targets: &Range<u64>) -> Option<Area> {
        let len = self.len.checked_sub(skip).filter(|&len| len > 0 && !targets.is_empty())?;
        Some(Area {
            at: self.at? + skip,
            len,
            address: self.address.wrapping_add(skip),
            form,
            targets: targets.clone(),
        })
    }
}

/// Absolute addresses of eight bytes, as pointers among data are.
pub(super) const POINTERS: Form = Form::Table { wide: true, stride: 8, origin: Origin::At(0) };

impl Image {
    /// The image that a file describes, if it is a program of a kind known here.
    pub(super) fn of(file: &dyn ReadAt, size: u64) -> io::Result<Option<Self>> {
        let view = View { file, size };
        let image = match elf::image(&view)? {
            Some(image) => Some(image),
            None => pe::image(&view)?,
        };
        let covered = |image: &Self| image.areas().fold(0, |sum: u64, a| sum.saturating_add(a.len));
        Ok(image.filter(|image| covered(image) / MAX_COVER < size))
    }

    /// All areas.
    pub(super) fn areas(&self) -> impl Iterator<Item = &Area> {
        self.speaking.iter().chain(&self.tables)
    }

    /// Address of a byte of the file.
    pub(super) fn address_of(&self, at: u64) -> Option<u64> {
        let mut holding = self.sections.iter().filter_map(|s| Some((s, at.checked_sub(s.at?)?)));
        holding.find(|(s, within)| *within < s.len).map(|(s, within)| s.address.wrapping_add(within))
    }
}

/// The most sections that a program is looked at with.
pub(super) const MAX_SECTIONS: u16 = 1024;

/// A file that is read here and there.
pub(super) struct View<'f> {
    file: &'f dyn ReadAt,
    pub(super) size: u64,
}

impl View<'_> {
    /// `len` bytes from `at` on, if the file has them.
    pub(super) fn bytes(&self, at: u64, len: u64) -> io::Result<Option<Vec<u8>>> {
        if at.checked_add(len).is_none_or(|end| end > self.size) {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_targets_is_no_area() {
        let section = Section { name: Vec::new(), at: Some(64), len: 100, address: 0 };
        let area = |targets: Range<u64>| section.area(10, Form::Code, &targets);
        assert_eq!(area(0..1).map(|a| (a.at, a.len, a.address)), Some((74, 90, 10)));
        assert_eq!(area(5..5), None);
        // Of an object file whose sections all start at 0, and of one whose addresses run over their end.
        for (start, end) in [(4096, 300), (u64::MAX - 10, 7)] {
            assert_eq!(area(Range { start, end }), None);
        }
    }
}
