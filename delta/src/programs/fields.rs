//! Where the addresses of a program lie. `docs/formats.md` has the exact rules: a patch depends on them.

use std::ops::Range;

use super::rift::Rift;

/// A program is looked at in blocks of this length, in bytes, each by itself; no address crosses from one into the next.
pub(crate) const BLOCK: u64 = 8 << 10;

/// The most bytes from one address of a table to the next.
pub(crate) const MAX_STRIDE: u64 = 1 << 16;

/// A part of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    /// Where it starts in the file.
    pub(crate) at: u64,
    /// Its length in bytes.
    pub(crate) len: u64,
    /// Address of its first byte in memory.
    pub(crate) address: u64,
    /// What lies in it.
    pub(crate) form: Form,
    /// What leads elsewhere is no address.
    pub(crate) targets: Range<u64>,
}

impl Area {
    /// Where it ends in the file.
    pub(crate) fn end(&self) -> u64 {
        self.at + self.len
    }

    /// Whether any of it lies in these places of the file.
    pub(crate) fn touches(&self, places: &Range<u64>) -> bool {
        self.at < places.end && places.start < self.end()
    }
}

/// How addresses lie in an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Machine code of x86 processors. Its calls, its jumps, and what it reads beside itself are four bytes, relative to
    /// the byte after them.
    Code,
    /// One every `stride` bytes, at most [`MAX_STRIDE`], of four or eight bytes: `wide`.
    Table { wide: bool, stride: u64, origin: Origin },
}

/// What an address of a table is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From its own first byte.
    Own,
    /// From this address; 0 if it is absolute.
    At(u64),
}

/// An address in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Where it lies in the block.
    pub(crate) at: usize,
    /// Whether it has eight bytes, and not four.
    pub(crate) wide: bool,
    /// Address of its first byte.
    pub(crate) address: u64,
    /// Where it leads to.
    pub(crate) target: u64,
    /// What it is counted from, and by how many bytes that lies before what it is relative to.
    origin: u64,
    more: u64,
}

impl Field {
    /// The number that leads to where its target moves.
    fn moved(&self, rift: &Rift) -> u64 {
        rift.moved(self.target).wrapping_sub(rift.moved(self.origin)).wrapping_sub(self.more)
    }

    /// Writes a number into its place.
    pub(crate) fn write(&self, number: u64, block: &mut [u8]) {
        let len = if self.wide { 8 } else { 4 };
        block[self.at..self.at + len].copy_from_slice(&number.to_le_bytes()[..len]);
    }
}

/// What the byte before an address in code may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    Nothing,
    /// A call, a jump, or a ModR/M byte that says "beside the instruction pointer".
    Any,
    /// The second byte of a conditional jump.
    AfterEscape,
}

const LEADS: [Lead; 256] = {
    let mut leads = [Lead::Nothing; 256];
    let mut b = 0;
    while b < 256 {
        leads[b] = match b {
            0xe8 | 0xe9 => Lead::Any,
            _ if b & 0xc7 == 0x05 => Lead::Any,
            0x80..=0x8f => Lead::AfterEscape,
            _ => Lead::Nothing,
        };
        b += 1;
    }
    leads
};

/// First byte of opcodes of two bytes.
const ESCAPE: u8 = 0x0f;

/// Calls `put` with each address of `area` in the block of the file that starts at `block_at`, of which `block` is the bytes.
pub(crate) fn fields(area: &Area, block_at: u64, block: &[u8], mut put: impl FnMut(Field)) {
    let place = |at: u64| usize::try_from(at.saturating_sub(block_at)).unwrap_or(usize::MAX).min(block.len());
    let (start, end) = (place(area.at), place(area.end()));
    if start >= end {
        return;
    }
    let address_of = |at: usize| area.address.wrapping_add((block_at + at as u64).wrapping_sub(area.at));
    let mut put_if = |at: usize, wide: bool, target: u64, origin: u64, more: u64| {
        let is = area.targets.contains(&target);
        if is {
            put(Field { at, wide, address: address_of(at), target, origin, more });
        }
        is
    };
    match area.form {
        Form::Code => {
            let code = &block[start..end];
            let mut at = 1;
            while let Some(four) = code.get(at..).and_then(|rest| rest.first_chunk()) {
                let leads = match LEADS[usize::from(code[at - 1])] {
                    Lead::Nothing => false,
                    Lead::Any => true,
                    Lead::AfterEscape => at >= 2 && code[at - 2] == ESCAPE,
                };
                let origin = address_of(start + at);
                let target = origin.wrapping_add(4).wrapping_add(extended(*four));
                at += if leads && put_if(start + at, false, target, origin, 4) { 4 } else { 1 };
            }
        }
        Form::Table { wide, stride, origin } => {
            let len = if wide { 8 } else { 4 };
            // The first one of the area's rhythm that starts in the block.
            let before = (block_at + start as u64 - area.at) % stride;
            let mut at = start as u64 + if before == 0 { 0 } else { stride - before };
            while at + len <= end as u64 {
                let i = usize::try_from(at).unwrap_or(usize::MAX);
                let value = match block.get(i..).and_then(|rest| rest.first_chunk()) {
                    Some(eight) if wide => u64::from_le_bytes(*eight),
                    _ => block.get(i..).and_then(|rest| rest.first_chunk()).map_or(0, |four| extended(*four)),
                };
                let origin = match origin {
                    Origin::Own => address_of(i),
                    Origin::At(address) => address,
                };
                put_if(i, wide, origin.wrapping_add(value), origin, 0);
                at += stride;
            }
        }
    }
}

/// A signed number of four bytes.
fn extended(four: [u8; 4]) -> u64 {
    i64::from(i32::from_le_bytes(four)).cast_unsigned()
}

/// Writes into `block`, the bytes of the file from `block_at` on, where its addresses lead by `rift`, or zeros without one.
pub(crate) fn relocate(areas: &[Area], rift: Option<&Rift>, block_at: u64, block: &mut [u8]) {
    let places = block_at..block_at + block.len() as u64;
    let mut touching = areas.iter().filter(|a| a.touches(&places)).peekable();
    if touching.peek().is_none() {
        return;
    }
    let was = block.to_vec();
    for area in touching {
        fields(area, block_at, &was, |field| field.write(rift.map_or(0, |rift| field.moved(rift)), block));
    }
}
