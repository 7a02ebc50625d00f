//! Programs as a linker makes them, of functions that call each other and read variables.

use crate::noise::noise;

/// What a program is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum System {
    Linux,
    Windows,
}

/// Functions and variables by their names; they lie in this order.
pub(crate) struct Source {
    pub(crate) functions: Vec<u64>,
    pub(crate) variables: Vec<u64>,
    /// Functions below this name, and variables below a quarter of it, are referred to.
    shared: u64,
}

impl Source {
    /// So many functions, and a variable for every fourth.
    pub(crate) fn new(functions: u64) -> Self {
        Self {
            functions: (0..functions).collect(),
            variables: (0..functions / 4).collect(),
            shared: functions / 2,
        }
    }
}

/// A part of a function.
enum Part {
    Bytes(Vec<u8>),
    Call(u64),
    Read(u64),
}

/// What a function does.
fn parts(name: u64, source: &Source) -> Vec<Part> {
    let dice = noise(name, 24);
    let of_dice = |i: usize| u64::from(dice[i]) << 8 | u64::from(dice[i + 1]);
    let count = 3 + usize::from(dice[0] % 8);
    let mut parts = Vec::new();
    for i in 0..count {
        parts.push(Part::Bytes(noise(name << 8 | i as u64, 4 + usize::from(dice[i + 1] % 12))));
        parts.push(match i % 2 {
            0 => Part::Call(of_dice(i + 2) % source.shared),
            _ => Part::Read(of_dice(i + 2) % (source.shared / 4)),
        });
    }
    parts
}

fn len(part: &Part) -> u64 {
    match part {
        Part::Bytes(bytes) => bytes.len() as u64,
        Part::Call(_) => 5,
        Part::Read(_) => 7,
    }
}

/// A part of a program in memory.
struct Section {
    name: &'static str,
    address: u64,
    bytes: Vec<u8>,
    /// As the system wants it.
    flags: u32,
    entry: u64,
    kind: u32,
}

const PAGE: u64 = 4096;

/// The file of a program.
pub(crate) fn link(system: System, source: &Source) -> Vec<u8> {
    let base = match system {
        System::Linux => 0,
        System::Windows => 0x1_4000_0000,
    };
    let code_at = base + PAGE;
    let mut starts = Vec::new();
    let mut at = code_at;
    for &name in &source.functions {
        starts.push((name, at));
        at += parts(name, source).iter().map(len).sum::<u64>();
        at = at.next_multiple_of(16);
    }
    let data_at = at.next_multiple_of(PAGE);
    let function = |name: u64| starts.iter().find(|(n, _)| *n == name).unwrap().1;
    let place = |name: u64| source.variables.iter().position(|&n| n == name).unwrap() as u64;
    let variable = |name: u64| data_at + place(name) * 8;

    let mut code = Vec::new();
    for &(name, start) in &starts {
        code.resize((start - code_at) as usize, 0xcc);
        for part in parts(name, source) {
            let end = code_at + code.len() as u64 + len(&part);
            let beside = |target: u64| (target.wrapping_sub(end) as u32).to_le_bytes();
            match part {
                Part::Bytes(bytes) => code.extend(bytes),
                Part::Call(name) => code.extend([&[0xe8][..], &beside(function(name))].concat()),
                Part::Read(name) => code.extend([&[0x48, 0x8b, 0x05][..], &beside(variable(name))].concat()),
            }
        }
    }
    let pointers = |name: &u64| function(name % source.shared).to_le_bytes();
    let data: Vec<u8> = source.variables.iter().flat_map(pointers).collect();
    let all = || starts.iter().map(|&(_, at)| at);
    let table: Vec<u8> = match system {
        System::Linux => all().flat_map(|f| [f, 8, f + 4].map(u64::to_le_bytes).concat()).collect(),
        System::Windows => {
            let row = |f: u64| [f, f + 9, f + 4].map(|a| ((a - base) as u32).to_le_bytes()).concat();
            all().flat_map(row).collect()
        }
    };
    let table_at = (data_at + data.len() as u64).next_multiple_of(PAGE);
    let frames_at = (table_at + table.len() as u64).next_multiple_of(PAGE);
    let frame = |(i, f): (usize, u64)| {
        let at = i as u64 * 16;
        [12, 0, f.wrapping_sub(frames_at + at + 8) as u32, 16].map(u32::to_le_bytes).concat()
    };
    let frames: Vec<u8> = all().enumerate().flat_map(frame).collect();
    let section =
        |name, address, bytes, flags, kind, entry| Section { name, address, bytes, flags, entry, kind };
    match system {
        System::Linux => elf(&[
            section("", 0, Vec::new(), 0, 0, 0),
            section(".text", code_at, code, 6, 1, 0),
            section(".data", data_at, data, 3, 1, 0),
            section(".rela.dyn", table_at, table, 2, 4, 24),
            section(".eh_frame", frames_at, frames, 2, 1, 0),
        ]),
        System::Windows => pe(
            base,
            &[
                section(".text", code_at, code, 0x6000_0020, 0, 0),
                section(".data", data_at, data, 0xc000_0040, 0, 0),
                section(".pdata", table_at, table, 0x4000_0040, 0, 0),
            ],
        ),
    }
}

fn elf(sections: &[Section]) -> Vec<u8> {
    let mut file = vec![0; 64];
    let mut names = Vec::new();
    let mut headers = Vec::new();
    for s in sections {
        file.resize(file.len().next_multiple_of(16), 0);
        let at = file.len() as u64;
        let words = [s.flags.into(), s.address, at, s.bytes.len() as u64, 0, 8, s.entry];
        headers.extend([names.len() as u32, s.kind].into_iter().flat_map(u32::to_le_bytes));
        headers.extend(words.into_iter().flat_map(u64::to_le_bytes));
        names.extend([s.name.as_bytes(), b"\0"].concat());
        file.extend(&s.bytes);
    }
    headers.extend([names.len() as u32, 3].into_iter().flat_map(u32::to_le_bytes));
    headers.extend(
        [0, 0, file.len() as u64, names.len() as u64 + 10, 0, 1, 0].into_iter().flat_map(u64::to_le_bytes),
    );
    file.extend([&names, &b".shstrtab\0"[..]].concat());
    let at = file.len() as u64;
    file.extend(headers);
    file[..20].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0");
    file[40..48].copy_from_slice(&at.to_le_bytes());
    let last = sections.len() as u16;
    file[58..64].copy_from_slice(&[64, last + 1, last].map(u16::to_le_bytes).concat());
    file
}

fn pe(base: u64, sections: &[Section]) -> Vec<u8> {
    let mut file = vec![0; 1024];
    file[..2].copy_from_slice(b"MZ");
    file[60] = 128;
    file[128..132].copy_from_slice(b"PE\0\0");
    file[132..134].copy_from_slice(&0x8664u16.to_le_bytes());
    file[134..136].copy_from_slice(&(sections.len() as u16).to_le_bytes());
    file[148..150].copy_from_slice(&240u16.to_le_bytes());
    file[152..154].copy_from_slice(&0x20bu16.to_le_bytes());
    file[176..184].copy_from_slice(&base.to_le_bytes());
    for (i, s) in sections.iter().enumerate() {
        let len = s.bytes.len() as u32;
        let at = file.len() as u32;
        let row = &mut file[128 + 24 + 240 + i * 40..][..40];
        row[..s.name.len()].copy_from_slice(s.name.as_bytes());
        let words = [len, (s.address - base) as u32, len.next_multiple_of(512), at];
        row[8..24].copy_from_slice(&words.map(u32::to_le_bytes).concat());
        row[36..].copy_from_slice(&s.flags.to_le_bytes());
        file.extend(&s.bytes);
        file.resize(file.len().next_multiple_of(512), 0);
    }
    file
}
