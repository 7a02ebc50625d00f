//! From deflated bytes to their parse.

use std::ops::Range;

use mist_tree::fs::ReadAt;

use crate::inside::{Kind, inflate::Interrupted, packed::Packed};

use super::{
    bits::{BitReader, NoBits},
    block::{Form, Head, Lengths},
    codes::Decoding,
    record::{MOST_LITERALS, Record, Then},
    symbols::{END, LengthStep, ORDER, distance_bits, length_bits, to_distance, to_length},
};

/// Bytes of a parse that are handed on at a time.
const BUFFER: usize = 64 << 10;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Bytes of the parse.
    pub(crate) len: u64,
    /// Where in the file the deflated bytes end.
    pub(crate) end: u64,
}

/// Hands the parse of what `range` of `file` starts with to `put`, piece by piece, until that ends or there are `most`
/// bytes of it. None if it is no stream, not complete, or longer; some may have been put then.
pub(crate) fn parse<E>(
    file: &dyn ReadAt,
    range: Range<u64>,
    kind: Kind,
    most: u64,
    put: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Option<Parsed>, Interrupted<E>> {
    let end = range.end;
    let mut packed = Packed::new(file, range, kind);
    let mut sink = Sink { waiting: Vec::new(), made: 0, most, put };
    match streams(&mut packed, kind, end, &mut sink) {
        Ok(()) => Ok(Some(Parsed { len: sink.made, end: packed.position() })),
        Err(Stop::Malformed) => Ok(None),
        Err(Stop::Interrupted(e)) => Err(e),
    }
}

/// All streams of a run.
fn streams<E, F: FnMut(&[u8]) -> Result<(), E>>(
    packed: &mut Packed<'_>,
    kind: Kind,
    end: u64,
    sink: &mut Sink<F>,
) -> Result<(), Stop<E>> {
    let read = |e| Stop::Interrupted(Interrupted::Read(e));
    if kind == Kind::Bare {
        return Stream::new(packed, sink).run();
    }
    loop {
        packed.take::<2>().map_err(read)?.ok_or(Stop::Malformed)?;
        Stream::new(packed, sink).run()?;
        // The checksum is not looked at: whether the result is right shows in its hash.
        packed.take::<4>().map_err(read)?.ok_or(Stop::Malformed)?;
        if kind == Kind::Png || sink.made == sink.most || packed.position() == end {
            return Ok(());
        }
    }
}

enum Stop<E> {
    /// No stream, not complete, or too long.
    Malformed,
    Interrupted(Interrupted<E>),
}

impl<E> From<NoBits> for Stop<E> {
    fn from(e: NoBits) -> Self {
        match e {
            NoBits::Malformed => Self::Malformed,
            NoBits::Read(e) => Self::Interrupted(Interrupted::Read(e)),
        }
    }
}

/// Where a parse goes.
struct Sink<F> {
    waiting: Vec<u8>,
    /// Bytes so far, with those that wait.
    made: u64,
    most: u64,
    put: F,
}

impl<F> Sink<F> {
    fn push<E>(&mut self, bytes: &[u8]) -> Result<(), Stop<E>>
    where
        F: FnMut(&[u8]) -> Result<(), E>,
    {
        self.made += bytes.len() as u64;
        if self.made > self.most {
            return Err(Stop::Malformed);
        }
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush<E>(&mut self) -> Result<(), Stop<E>>
    where
        F: FnMut(&[u8]) -> Result<(), E>,
    {
        (self.put)(&self.waiting).map_err(|e| Stop::Interrupted(Interrupted::Put(e)))?;
        self.waiting.clear();
        Ok(())
    }
}

/// One raw stream.
struct Stream<'p, 'f, 's, F> {
    bits: BitReader<'p, 'f>,
    sink: &'s mut Sink<F>,
    /// Plain bytes so far, which distances may not reach over.
    plain: u64,
}

impl<'p, 'f, 's, E, F: FnMut(&[u8]) -> Result<(), E>> Stream<'p, 'f, 's, F> {
    fn new(packed: &'p mut Packed<'f>, sink: &'s mut Sink<F>) -> Self {
        Self { bits: BitReader::new(packed), sink, plain: 0 }
    }

    fn run(mut self) -> Result<(), Stop<E>> {
        loop {
            let head = Head::from_bits(self.byte(3)?).ok_or(Stop::Malformed)?;
            self.sink.push(&[head.bits()])?;
            match head.form {
                Form::Stored => self.stored()?,
                Form::Fixed => self.coded(&Lengths::fixed())?,
                Form::Dynamic => {
                    let lengths = self.table()?;
                    self.coded(&lengths)?;
                }
            }
            if head.last {
                break;
            }
        }
        let padding = self.bits.padding()?;
        self.sink.push(&[padding])?;
        self.sink.flush()?;
        self.bits.finish();
        Ok(())
    }

    /// The next bits, at most eight.
    fn byte(&mut self, bits: u32) -> Result<u8, Stop<E>> {
        Ok(self.bits.take(bits)?.to_le_bytes()[0])
    }

    fn stored(&mut self) -> Result<(), Stop<E>> {
        let padding = self.bits.padding()?;
        let (len, check) = (self.bits.take(16)?, self.bits.take(16)?);
        if len != !check {
            return Err(Stop::Malformed);
        }
        let [low, high] = len.to_le_bytes();
        self.sink.push(&[padding, low, high])?;
        self.plain += u64::from(len);
        Ok(self.bits.skip(len.into())?)
    }

    fn table(&mut self) -> Result<Lengths, Stop<E>> {
        let (literals, distances, count) = (self.byte(5)?, self.byte(5)?, self.byte(4)?);
        self.sink.push(&[literals, distances, count])?;
        let mut lengths = Lengths::declared(literals, distances).ok_or(Stop::Malformed)?;
        let mut of_lengths = [0; ORDER.len()];
        for &symbol in ORDER.iter().take(usize::from(count) + 4) {
            let length = self.byte(3)?;
            self.sink.push(&[length])?;
            of_lengths[usize::from(symbol)] = length;
        }
        let codes = Decoding::new(&of_lengths, false).ok_or(Stop::Malformed)?;
        while !lengths.complete() {
            // One of 0 to 18.
            let symbol = self.bits.symbol(&codes)?.to_le_bytes()[0];
            let step = LengthStep::of(symbol, self.byte(LengthStep::bits(symbol))?);
            self.sink.push(&[step.byte()])?;
            lengths.take(step).ok_or(Stop::Malformed)?;
        }
        Ok(lengths)
    }

    fn coded(&mut self, lengths: &Lengths) -> Result<(), Stop<E>> {
        let (literals, distances) = lengths.split().ok_or(Stop::Malformed)?;
        let literals = Decoding::new(literals, true).ok_or(Stop::Malformed)?;
        let distances = Decoding::new(distances, true).ok_or(Stop::Malformed)?;
        let mut run = 0;
        loop {
            let symbol = self.bits.symbol(&literals)?;
            if symbol < END {
                if run == MOST_LITERALS {
                    self.records(std::mem::take(&mut run), Then::Nothing)?;
                }
                run += 1;
                self.plain += 1;
                continue;
            }
            if symbol == END {
                return self.records(run, Then::End);
            }
            let extra = self.bits.take(length_bits(symbol).ok_or(Stop::Malformed)?)?;
            let (length, long) = to_length(symbol, extra);
            let symbol = self.bits.symbol(&distances)?;
            let extra = self.bits.take(distance_bits(symbol).ok_or(Stop::Malformed)?)?;
            let less = to_distance(symbol, extra);
            if u64::from(less) >= self.plain {
                return Err(Stop::Malformed);
            }
            if long {
                self.records(std::mem::take(&mut run), Then::LongForm)?;
            }
            self.records(std::mem::take(&mut run), Then::Match { length, less })?;
            self.plain += u64::from(length);
        }
    }

    fn records(&mut self, literals: u32, then: Then) -> Result<(), Stop<E>> {
        for record in Record::before_match(literals, then) {
            self.sink.push(&record.encode())?;
        }
        Ok(())
    }
}
