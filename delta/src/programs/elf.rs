//! Programs of Linux: ELF for x86-64, as the System V ABI and its AMD64 supplement define it.

use std::io;

use crate::inside::{u16_at, u32_at, u64_at};

use super::{
    fields::{Form, Origin},
    image::{Image, MAX_SECTIONS, POINTERS, Section, View},
};

const HEADER: u64 = 64;
/// "ELF" of 64 bits, lowest byte first.
const MAGIC: &[u8] = b"\x7fELF\x02\x01";
const X86_64: u16 = 62;
const SECTION_HEADER: usize = 64;
const MAX_NAMES: u64 = 1 << 20;

// Types of sections.
const SYMTAB: u32 = 2;
const RELA: u32 = 4;
const NOBITS: u32 = 8;
const DYNSYM: u32 = 11;
// Flags of sections.
const WRITE: u64 = 1;
const ALLOC: u64 = 2;
const EXECUTABLE: u64 = 4;
const THREAD_LOCAL: u64 = 0x400;

/// Lower numbers among data are hardly ever addresses.
const FIRST_PAGE: u64 = 4096;

/// Addresses in an entry of a relocation: where, and what with.
const RELA_FIELDS: [u64; 2] = [0, 16];
/// The address in a symbol.
const SYMBOL_FIELD: u64 = 8;
/// Either is an absolute address in an entry of 24 bytes.
const ENTRIES: Form = Form::Table { wide: true, stride: 24, origin: Origin::At(0) };

/// The first bytes of `.eh_frame_hdr`: version 1, and encodings that every linker uses. Then two numbers of four bytes come.
const EH_FRAME_HDR: &[u8] = b"\x01\x1b\x03\x3b";
const EH_FRAME_HDR_LEN: u64 = 12;

struct Header {
    kind: u32,
    flags: u64,
    section: Section,
}

impl Header {
    /// Whether it has addresses of its own in memory. What is for one thread each has none.
    fn is_loaded(&self) -> bool {
        self.flags & (ALLOC | THREAD_LOCAL) == ALLOC
    }
}

/// The image of an ELF file of a kind known here. One without a table of sections has none.
pub(super) fn image(file: &View<'_>) -> io::Result<Option<Image>> {
    let Some(header) = file.bytes(0, HEADER)?.filter(|h| h.starts_with(MAGIC)) else { return Ok(None) };
    let known = u16_at(&header, 18) == X86_64 && usize::from(u16_at(&header, 58)) == SECTION_HEADER;
    let sections = if known && u16_at(&header, 60) <= MAX_SECTIONS {
        sections(file, u64_at(&header, 40), u16_at(&header, 60), u16_at(&header, 62))?
    } else {
        None
    };
    sections.map(|sections| areas(file, sections)).transpose()
}

fn sections(file: &View<'_>, at: u64, count: u16, names: u16) -> io::Result<Option<Vec<Header>>> {
    let Some(table) = file.bytes(at, u64::from(count) * SECTION_HEADER as u64)? else { return Ok(None) };
    let rows = table.chunks_exact(SECTION_HEADER);
    let Some(row) = rows.clone().nth(usize::from(names)) else { return Ok(None) };
    let Some(names) = file.bytes(u64_at(row, 24), u64_at(row, 32).min(MAX_NAMES))? else { return Ok(None) };
    let section = |row: &[u8]| {
        let (kind, at, len) = (u32_at(row, 4), u64_at(row, 24), u64_at(row, 32));
        let here = kind != NOBITS && at.checked_add(len).is_some_and(|end| end <= file.size);
        let name = usize::try_from(u32_at(row, 0)).ok().and_then(|at| names.get(at..)).unwrap_or_default();
        let name = name.split(|&b| b == 0).next().unwrap_or_default().to_vec();
        Header {
            kind,
            flags: u64_at(row, 8),
            section: Section { name, at: here.then_some(at), len, address: u64_at(row, 16) },
        }
    };
    Ok(Some(rows.map(section).collect()))
}

fn areas(file: &View<'_>, headers: Vec<Header>) -> io::Result<Image> {
    let loaded = |flag: u64| {
        let all = headers.iter().filter(move |h| h.is_loaded() && h.flags & flag == flag);
        all.map(|h| h.section.address..h.section.address.saturating_add(h.section.len))
    };
    let range = |flag: u64| {
        let start = loaded(flag).map(|r| r.start).min().unwrap_or(0);
        start..loaded(flag).map(|r| r.end).max().unwrap_or(0)
    };
    let (all, code) = (range(0), range(EXECUTABLE));
    let data = all.start.max(FIRST_PAGE)..all.end;
    let mut image = Image::default();
    for Header { kind, flags, section } in &headers {
        let (speaking, tables) = (&mut image.speaking, &mut image.tables);
        match *kind {
            RELA => tables.extend(RELA_FIELDS.iter().filter_map(|&f| section.area(f, ENTRIES, &all))),
            SYMTAB | DYNSYM => tables.extend(section.area(SYMBOL_FIELD, ENTRIES, &all)),
            _ if section.name == b".eh_frame_hdr" => {
                let start =
                    section.at.map(|at| file.bytes(at, EH_FRAME_HDR.len() as u64)).transpose()?.flatten();
                if start.is_some_and(|start| start == EH_FRAME_HDR) {
                    let origin = Origin::At(section.address);
                    let form = Form::Table { wide: false, stride: 4, origin };
                    tables.extend(section.area(EH_FRAME_HDR_LEN, form, &all));
                }
            }
            // Each entry says which function it is for; nothing else in it looks as if it led into code.
            _ if section.name == b".eh_frame" => {
                let form = Form::Table { wide: false, stride: 4, origin: Origin::Own };
                speaking.extend(section.area(0, form, &code));
            }
            _ if flags & EXECUTABLE != 0 => speaking.extend(section.area(0, Form::Code, &all)),
            _ if flags & (WRITE | ALLOC) == WRITE | ALLOC => {
                speaking.extend(section.area(0, POINTERS, &data))
            }
            _ => {}
        }
    }
    image.sections = headers.into_iter().filter(Header::is_loaded).map(|h| h.section).collect();
    image.sections.sort_by_key(|s| s.address);
    Ok(image)
}
