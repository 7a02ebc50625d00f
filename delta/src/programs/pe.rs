//! Programs of Windows: PE32+ for x86-64, as Microsoft's "PE Format" defines it.

use std::io;

use crate::inside::{u16_at, u32_at, u64_at};

use super::{
    fields::{Form, Origin},
    image::{Image, MAX_SECTIONS, POINTERS, Section, View},
};

const X86_64: u16 = 0x8664;
const PE32_PLUS: u16 = 0x20b;
/// From the signature to the optional header.
const HEADER: u64 = 24;
const OPTIONAL_HEADER: u64 = 32;
const SECTION_HEADER: usize = 40;

// Flags of sections.
const INITIALIZED: u32 = 0x40;
const EXECUTABLE: u32 = 0x2000_0000;

/// The image of a PE file of a kind known here.
pub(super) fn image(file: &View<'_>) -> io::Result<Option<Image>> {
    let Some(start) = file.bytes(0, 64)?.filter(|b| b.starts_with(b"MZ")) else { return Ok(None) };
    let at = u64::from(u32_at(&start, 60));
    let Some(header) = file.bytes(at, HEADER + OPTIONAL_HEADER)? else { return Ok(None) };
    let known =
        header.starts_with(b"PE\0\0") && u16_at(&header, 4) == X86_64 && u16_at(&header, 24) == PE32_PLUS;
    if !known || u16_at(&header, 6) > MAX_SECTIONS {
        return Ok(None);
    }
    let base = u64_at(&header, 24 + 24);
    let table_at = at + HEADER + u64::from(u16_at(&header, 20));
    let Some(table) = file.bytes(table_at, u64::from(u16_at(&header, 6)) * SECTION_HEADER as u64)? else {
        return Ok(None);
    };
    let sections = table.chunks_exact(SECTION_HEADER).map(|row| {
        let (in_memory, in_file, at) =
            (u64::from(u32_at(row, 8)), u64::from(u32_at(row, 16)), u64::from(u32_at(row, 20)));
        let here = in_file > 0 && at + in_file <= file.size;
        // What the file has too little of is zeros, and what it has too much of is padding.
        let len = if here { in_file.min(in_memory) } else { in_memory };
        let name = row[..8].to_vec();
        let address = base.wrapping_add(u32_at(row, 12).into());
        (Section { name, at: here.then_some(at), len, address }, u32_at(row, 36), in_memory)
    });
    let sections: Vec<(Section, u32, u64)> = sections.collect();
    let first = sections.iter().map(|(s, ..)| s.address).min().unwrap_or(base);
    let end = sections.iter().map(|(s, _, len)| s.address.wrapping_add(*len)).max().unwrap_or(base);
    let all = first..end;
    let mut image = Image::default();
    for (section, flags, _) in sections {
        let (speaking, tables) = (&mut image.speaking, &mut image.tables);
        let name = section.name.split(|&b| b == 0).next().unwrap_or_default();
        match name {
            _ if flags & EXECUTABLE != 0 => speaking.extend(section.area(0, Form::Code, &all)),
            b".pdata" => {
                let form = Form::Table { wide: false, stride: 4, origin: Origin::At(base) };
                tables.extend(section.area(0, form, &all));
            }
            b".rsrc" | b".reloc" => {}
            _ if flags & INITIALIZED != 0 => speaking.extend(section.area(0, POINTERS, &all)),
            _ => {}
        }
        image.sections.push(section);
    }
    image.sections.sort_by_key(|s| s.address);
    Ok(Some(image))
}
