//! Programs of Linux: ELF for x86-64, as the System V ABI and its AMD64 supplement define it.

use std::io;

use super::{
    fields::{Form, Origin},
    image::{Fields, Image, MAX_SECTIONS, POINTERS, Section, View},
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

/// Lower numbers among data are hardly ever addresses.
const FIRST_PAGE: u64 = 4096;

/// Addresses in an entry of a relocation: where, and what with.
const RELA_FIELDS: [u64; 2] = [0, 16];
/// The address in a symbol.
const SYMBOL_FIELD: u64 = 8;
/// Length of either.
const ENTRY: u64 = 24;

/// The first bytes of `.eh_frame_hdr`: version 1, and encodings that every linker uses. Then two numbers of four bytes come.
const EH_FRAME_HDR: &[u8] = b"\x01\x1b\x03\x3b";
const EH_FRAME_HDR_LEN: u64 = 12;

struct Header {
    kind: u32,
    flags: u64,
    section: Section,
}

/// The image of an ELF file of a kind known here. One without a table of sections has none.
pub(super) fn image(file: &View<'_>) -> io::Result<Option<Image>> {
    let Some(header) = file.bytes(0, HEADER)?.filter(|h| h.starts_with(MAGIC)) else { return Ok(None) };
    let header = Fields(&header);
    let known = header.u16(18) == X86_64 && usize::from(header.u16(58)) == SECTION_HEADER;
    let sections = if known && header.u16(60) <= MAX_SECTIONS {
        sections(file, header.u64(40), header.u16(60), header.u16(62))?
    } else {
        None
    };
    sections.map(|sections| areas(file, sections)).transpose()
}

fn sections(file: &View<'_>, at: u64, count: u16, names: u16) -> io::Result<Option<Vec<Header>>> {
    let Some(table) = file.bytes(at, u64::from(count) * SECTION_HEADER as u64)? else { return Ok(None) };
    let rows: Vec<Fields<'_>> = table.chunks_exact(SECTION_HEADER).map(Fields).collect();
    let Some(row) = rows.get(usize::from(names)) else { return Ok(None) };
    let Some(names) = file.bytes(row.u64(24), row.u64(32).min(MAX_NAMES))? else { return Ok(None) };
    let section = |row: &Fields<'_>| {
        let (kind, at, len) = (row.u32(4), row.u64(24), row.u64(32));
        let here = kind != NOBITS && at.checked_add(len).is_some_and(|end| end <= file.size);
        let name = usize::try_from(row.u32(0)).ok().and_then(|at| names.get(at..)).unwrap_or_default();
        let name = name.split(|&b| b == 0).next().unwrap_or_default().to_vec();
        Header {
            kind,
            flags: row.u64(8),
            section: Section { name, at: here.then_some(at), len, address: row.u64(16) },
        }
    };
    Ok(Some(rows.iter().map(section).collect()))
}

fn areas(file: &View<'_>, headers: Vec<Header>) -> io::Result<Image> {
    // What is for one thread each has no addresses of its own.
    const THREAD_LOCAL: u64 = 0x400;
    let loaded = |flag: u64| {
        let all = headers
            .iter()
            .filter(move |h| h.flags & (ALLOC | THREAD_LOCAL) == ALLOC && h.flags & flag == flag);
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
            RELA => {
                tables.extend(RELA_FIELDS.iter().filter_map(|&f| section.area(f, every(ENTRY, true), &all)))
            }
            SYMTAB | DYNSYM => tables.extend(section.area(SYMBOL_FIELD, every(ENTRY, true), &all)),
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
    image.sections = headers
        .into_iter()
        .filter(|h| h.flags & (ALLOC | THREAD_LOCAL) == ALLOC)
        .map(|h| h.section)
        .collect();
    image.sections.sort_by_key(|s| s.address);
    Ok(image)
}

fn every(stride: u64, wide: bool) -> Form {
    Form::Table { wide, stride, origin: Origin::At(0) }
}
