//! From deflated bytes to their plain text.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;
use mist_zlib::{Failed, Inflater};

use super::{Kind, packed::Packed, scan::Work};

const BUFFER: usize = 64 << 10;

/// Why inflating ended early.
#[derive(Debug)]
pub(crate) enum Interrupted<E> {
    /// The deflated bytes could not be read.
    Read(io::Error),
    /// There is no memory for a decoder.
    Memory(Failed),
    /// The plain text was not taken.
    Put(E),
}

impl From<Interrupted<Self>> for io::Error {
    fn from(e: Interrupted<Self>) -> Self {
        match e {
            Interrupted::Read(e) | Interrupted::Put(e) => e,
            Interrupted::Memory(e) => Self::other(e),
        }
    }
}

/// Inflates what `range` of `file` starts with into `plain` bytes, which `put` gets piece by piece, and tells where
/// the deflated bytes end. None if they don't make exactly so many; some may have been put then.
pub(crate) fn inflate<E>(
    file: &dyn ReadAt,
    range: Range<u64>,
    kind: Kind,
    plain: u64,
    mut put: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Option<u64>, Interrupted<E>> {
    let mut decoder = Decoder::new().map_err(Interrupted::Memory)?;
    let mut packed = Packed::new(file, range, kind);
    if kind == Kind::Bare {
        let made = decoder.one(&mut packed, plain, &mut put)?;
        return Ok((made == Some(plain)).then(|| packed.position()));
    }
    let mut left = plain;
    while left > 0 {
        if packed.take::<2>().map_err(Interrupted::Read)?.is_none() {
            return Ok(None);
        }
        match decoder.one(&mut packed, left, &mut put)? {
            Some(made @ 1..) => left -= made,
            _ => return Ok(None),
        }
        // The checksum is not looked at: whether the result is right shows in its hash.
        if packed.take::<4>().map_err(Interrupted::Read)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(packed.position()))
}

/// Inflates one raw stream after another.
pub(super) struct Decoder {
    inflater: Inflater,
    output: Vec<u8>,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, Failed> {
        Ok(Self { inflater: Inflater::new()?, output: vec![0; BUFFER] })
    }

    /// Inflates one raw stream, consuming just its bytes, and tells how long its plain text is. None if it is not a
    /// stream, not complete, or longer than `most`.
    pub(super) fn one<E>(
        &mut self,
        packed: &mut Packed<'_>,
        most: u64,
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Option<u64>, Interrupted<E>> {
        self.inflater.reset().map_err(Interrupted::Memory)?;
        let mut made = 0;
        loop {
            let input = packed.fill().map_err(Interrupted::Read)?;
            let Ok(step) = self.inflater.run(input, &mut self.output) else { return Ok(None) };
            packed.consume(step.taken);
            made += step.made as u64;
            if made > most || (step.taken == 0 && step.made == 0 && !step.ended) {
                return Ok(None);
            }
            put(&self.output[..step.made]).map_err(Interrupted::Put)?;
            if step.ended {
                return Ok(Some(made));
            }
        }
    }

    /// Inflates one raw stream only to see how long its plain text is. None if it is not a stream, not complete, or
    /// takes more than `work`, which gets less in any case.
    pub(super) fn measure(
        &mut self,
        packed: &mut Packed<'_>,
        empty: u32,
        checksum: fn(u32, &[u8]) -> u32,
        work: &mut Work,
    ) -> io::Result<Option<Text>> {
        let start = packed.position();
        let mut text = Text { len: 0, checksum: empty };
        let complete = self.one(packed, work.left(), &mut |bytes: &[u8]| {
            text.len += bytes.len() as u64;
            text.checksum = checksum(text.checksum, bytes);
            Ok::<_, io::Error>(())
        })?;
        // What the last step of a stream that is none made was not handed on.
        let lost = if complete.is_some() { 0 } else { BUFFER as u64 };
        work.spend(text.len.max(packed.position() - start) + lost);
        Ok(complete.map(|_| text))
    }

    /// Whether `bytes` may start a raw stream: they inflate, to anything, as far as they go.
    pub(super) fn may_start(&mut self, bytes: &[u8], work: &mut Work) -> bool {
        let tried = self.inflater.reset().and_then(|()| self.inflater.run(bytes, &mut self.output[..PROBE]));
        work.spend(tried.map_or(0, |step| step.made as u64));
        tried.is_ok()
    }
}

/// What is known of a plain text that was not kept.
pub(super) struct Text {
    pub(super) len: u64,
    pub(super) checksum: u32,
}

/// Plain bytes after which a stream is believed in enough to be read.
const PROBE: usize = 4 << 10;
