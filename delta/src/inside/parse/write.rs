//! From plain text and its parse to deflated bytes.

use crate::inside::Unmade;

use super::{
    BadParse,
    bits::BitWriter,
    block::{Form, Head, Lengths},
    codes::Encoding,
    record::{self, Record, Then},
    symbols::{END, LengthStep, ORDER, Symbol, of_distance, of_length},
};

/// Bytes that are handed on at a time.
const BUFFER: usize = 64 << 10;

/// Makes streams out of their plain text, as a parse says.
pub(crate) struct Writing {
    parse: Vec<u8>,
    at: usize,
    bits: BitWriter,
    /// Codes of the current block.
    literals: Encoding,
    distances: Encoding,
    /// Whether the current block is a stream's last.
    last: bool,
    /// Whether the next match is written in the long form.
    long: bool,
    next: Next,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A stream's first block, once there is plain text.
    Stream,
    /// A block.
    Block,
    /// So many bytes as they are.
    Stored(u32),
    /// What a record says.
    Record(Record),
    /// So many bytes that a match stands for.
    Matched(u32),
}

impl Writing {
    /// Makes the streams of a whole parse.
    pub(crate) fn new(parse: Vec<u8>) -> Self {
        Self {
            parse,
            at: 0,
            bits: BitWriter::default(),
            literals: Encoding::none(),
            distances: Encoding::none(),
            last: false,
            long: false,
            next: Next::Stream,
        }
    }

    /// Whether no bytes of the parse are left.
    pub(crate) fn is_used_up(&self) -> bool {
        self.at == self.parse.len()
    }

    /// Takes the next bytes of the current stream and hands on what they make; `last` says that no more follow.
    ///
    /// # Errors
    /// [`BadParse`], also if the stream does not end with its last bytes; or what `put` returns.
    pub(crate) fn take<E: From<Unmade>>(
        &mut self,
        mut plain: &[u8],
        last: bool,
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.next == Next::Stream {
            self.next = Next::Block;
        }
        while self.step(&mut plain).map_err(Unmade::from)? {
            if self.bits.bytes.len() >= BUFFER {
                put(&self.bits.bytes)?;
                self.bits.bytes.clear();
            }
        }
        put(&self.bits.bytes)?;
        self.bits.bytes.clear();
        let ended = self.next == Next::Stream;
        if ended == last && plain.is_empty() { Ok(()) } else { Err(Unmade::from(BadParse).into()) }
    }

    /// Does what is next as far as `plain` allows. False if there is nothing to do without more of it.
    fn step(&mut self, plain: &mut &[u8]) -> Result<bool, BadParse> {
        match self.next {
            Next::Stream => return Ok(false),
            Next::Block => self.begin_block()?,
            Next::Stored(0) => self.end_block()?,
            Next::Stored(left) => {
                let Some((now, left)) = split(plain, left) else { return Ok(false) };
                self.bits.bytes.extend_from_slice(now);
                self.next = Next::Stored(left);
            }
            Next::Record(Record { literals: 0, then }) => self.follow(then)?,
            Next::Record(Record { literals, then }) => {
                let Some((now, literals)) = split(plain, literals) else { return Ok(false) };
                for &b in now {
                    put_code(&mut self.bits, &self.literals, b.into())?;
                }
                self.next = Next::Record(Record { literals, then });
            }
            Next::Matched(0) => self.next = Next::Record(self.record()?),
            Next::Matched(left) => {
                let Some((_, left)) = split(plain, left) else { return Ok(false) };
                self.next = Next::Matched(left);
            }
        }
        Ok(true)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], BadParse> {
        let bytes = self.parse.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or(BadParse)?;
        self.at += N;
        Ok(*bytes)
    }

    /// A byte of less than `n` bits.
    fn number(&mut self, n: u32) -> Result<u8, BadParse> {
        let [b] = self.bytes()?;
        if u32::from(b) >> n == 0 { Ok(b) } else { Err(BadParse) }
    }

    fn record(&mut self) -> Result<Record, BadParse> {
        Record::decode(self.bytes::<{ record::LEN }>()?).ok_or(BadParse)
    }

    fn begin_block(&mut self) -> Result<(), BadParse> {
        let head = Head::from_bits(self.number(3)?).ok_or(BadParse)?;
        self.last = head.last;
        self.bits.put(head.bits().into(), 3);
        match head.form {
            Form::Stored => {
                self.padding()?;
                let len = u16::from_le_bytes(self.bytes()?);
                self.bits.put(len, 16);
                self.bits.put(!len, 16);
                self.next = Next::Stored(len.into());
            }
            Form::Fixed => self.begin_coded(&Lengths::fixed())?,
            Form::Dynamic => {
                let lengths = self.table()?;
                self.begin_coded(&lengths)?;
            }
        }
        Ok(())
    }

    /// The bits up to the next whole byte.
    fn padding(&mut self) -> Result<(), BadParse> {
        let missing = self.bits.missing();
        let padding = self.number(missing)?;
        self.bits.put(padding.into(), missing);
        Ok(())
    }

    fn table(&mut self) -> Result<Lengths, BadParse> {
        let (literals, distances, count) = (self.number(5)?, self.number(5)?, self.number(4)?);
        for (n, bits) in [(literals, 5), (distances, 5), (count, 4)] {
            self.bits.put(n.into(), bits);
        }
        let mut lengths = Lengths::declared(literals, distances).ok_or(BadParse)?;
        let mut of_lengths = [0; ORDER.len()];
        for &symbol in ORDER.iter().take(usize::from(count) + 4) {
            let length = self.number(3)?;
            self.bits.put(length.into(), 3);
            of_lengths[usize::from(symbol)] = length;
        }
        let codes = Encoding::new(&of_lengths, false).ok_or(BadParse)?;
        while !lengths.complete() {
            let [byte] = self.bytes()?;
            let step = LengthStep::from_byte(byte).ok_or(BadParse)?;
            put_symbol(&mut self.bits, &codes, step.symbol())?;
            lengths.take(step).ok_or(BadParse)?;
        }
        Ok(lengths)
    }

    fn begin_coded(&mut self, lengths: &Lengths) -> Result<(), BadParse> {
        let (literals, distances) = lengths.split().ok_or(BadParse)?;
        self.literals = Encoding::new(literals, true).ok_or(BadParse)?;
        self.distances = Encoding::new(distances, true).ok_or(BadParse)?;
        self.next = Next::Record(self.record()?);
        Ok(())
    }

    /// Does what follows a record's literals.
    fn follow(&mut self, then: Then) -> Result<(), BadParse> {
        match then {
            Then::Nothing => self.next = Next::Record(self.record()?),
            Then::LongForm => {
                self.long = true;
                self.next = Next::Record(self.record()?);
            }
            Then::End => {
                put_code(&mut self.bits, &self.literals, END)?;
                self.end_block()?;
            }
            Then::Match { length, less } => {
                let long = std::mem::take(&mut self.long);
                put_symbol(&mut self.bits, &self.literals, of_length(length, long))?;
                put_symbol(&mut self.bits, &self.distances, of_distance(less))?;
                self.next = Next::Matched(length.into());
            }
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), BadParse> {
        self.next = if self.last {
            self.padding()?;
            Next::Stream
        } else {
            Next::Block
        };
        Ok(())
    }
}

/// Takes up to `n` bytes off the front of `plain`, and tells how many are missing; none if there is nothing to take.
fn split<'p>(plain: &mut &'p [u8], n: u32) -> Option<(&'p [u8], u32)> {
    let now = plain.len().min(n as usize);
    let (head, tail) = plain.split_at(now);
    *plain = tail;
    // Not more than `n`.
    (now > 0).then(|| (head, n - u32::try_from(now).unwrap_or(n)))
}

fn put_code(bits: &mut BitWriter, codes: &Encoding, symbol: u16) -> Result<(), BadParse> {
    let (code, n) = codes.code(symbol).ok_or(BadParse)?;
    bits.put(code, n);
    Ok(())
}

fn put_symbol(bits: &mut BitWriter, codes: &Encoding, s: Symbol) -> Result<(), BadParse> {
    put_code(bits, codes, s.symbol)?;
    bits.put(s.extra, s.bits);
    Ok(())
}
