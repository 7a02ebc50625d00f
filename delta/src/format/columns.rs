//! Tables stored column by column, so that like stands beside like and packs better.

use mist_proto::{RelPath, codec::DecodeError, limits};

use super::{header::HeaderError, varint};

/// Writes a table of columns.
pub(crate) struct ColumnWriter<const N: usize> {
    columns: [Vec<u8>; N],
}

impl<const N: usize> ColumnWriter<N> {
    pub(crate) fn new() -> Self {
        Self { columns: std::array::from_fn(|_| Vec::new()) }
    }

    pub(crate) fn number(&mut self, column: usize, n: u64) {
        varint::put(&mut self.columns[column], n);
    }

    pub(crate) fn bytes(&mut self, column: usize, bytes: &[u8]) {
        self.columns[column].extend_from_slice(bytes);
    }

    /// The lengths of the first so many columns, and then those. The others must be empty.
    pub(crate) fn finish(self, written: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for c in &self.columns[..written] {
            varint::put(&mut out, c.len() as u64);
        }
        for c in &self.columns {
            out.extend_from_slice(c);
        }
        out
    }
}

/// Reads a table of columns.
pub(crate) struct ColumnReader<'a, const N: usize> {
    columns: [&'a [u8]; N],
}

impl<'a, const N: usize> ColumnReader<'a, N> {
    /// A table of which only the first so many columns were written; the others are empty.
    pub(crate) fn new(mut bytes: &'a [u8], written: usize) -> Result<Self, DecodeError> {
        let mut lens = [0; N];
        for len in &mut lens[..written] {
            *len = usize::try_from(varint::take(&mut bytes)?).map_err(|_| DecodeError::OutOfBounds)?;
        }
        let mut columns = [&[][..]; N];
        for (column, len) in columns.iter_mut().zip(lens) {
            (*column, bytes) = bytes.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        }
        if bytes.is_empty() { Ok(Self { columns }) } else { Err(DecodeError::Trailing) }
    }

    pub(crate) fn number(&mut self, column: usize) -> Result<u64, DecodeError> {
        varint::take(&mut self.columns[column])
    }

    /// A number of at most `max`.
    pub(crate) fn bounded(&mut self, column: usize, max: u64) -> Result<u64, DecodeError> {
        let n = self.number(column)?;
        if n > max { Err(DecodeError::OutOfBounds) } else { Ok(n) }
    }

    /// A count of rows, each of which takes at least one byte of column `rows`.
    pub(crate) fn count(&mut self, column: usize, rows: usize) -> Result<usize, DecodeError> {
        let n = self.bounded(column, limits::MAX_ENTRIES)?;
        let n = usize::try_from(n).map_err(|_| DecodeError::OutOfBounds)?;
        if n > self.columns[rows].len() { Err(DecodeError::Truncated) } else { Ok(n) }
    }

    pub(crate) fn bytes(&mut self, column: usize, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.columns[column].split_at_checked(len).ok_or(DecodeError::Truncated)?;
        self.columns[column] = tail;
        Ok(head)
    }

    pub(crate) fn array<const M: usize>(&mut self, column: usize) -> Result<[u8; M], DecodeError> {
        let (head, tail) = self.columns[column].split_first_chunk::<M>().ok_or(DecodeError::Truncated)?;
        self.columns[column] = tail;
        Ok(*head)
    }

    /// Checks that every column was used up.
    pub(crate) fn end(self) -> Result<(), DecodeError> {
        if self.columns.iter().all(|c| c.is_empty()) { Ok(()) } else { Err(DecodeError::Trailing) }
    }
}

/// Columns that a list of paths takes, from `first` on: bytes shared with the path before, bytes shared at the end,
/// length of the middle, the middle.
#[derive(Clone, Copy)]
pub(crate) struct PathColumns {
    pub(crate) first: usize,
}

impl PathColumns {
    /// Number of columns.
    pub(crate) const COUNT: usize = 4;

    /// Writes `path` by what it shares with `like`.
    pub(crate) fn put<const N: usize>(self, w: &mut ColumnWriter<N>, path: &str, like: &str) {
        let (p, l) = (path.as_bytes(), like.as_bytes());
        let head = p.iter().zip(l).take_while(|(a, b)| a == b).count();
        let tail = p[head..].iter().rev().zip(l[head..].iter().rev()).take_while(|(a, b)| a == b).count();
        let middle = &p[head..p.len() - tail];
        w.number(self.first, head as u64);
        w.number(self.first + 1, tail as u64);
        w.number(self.first + 2, middle.len() as u64);
        w.bytes(self.first + 3, middle);
    }

    /// Reads what [`PathColumns::put`] wrote with the same `like`.
    pub(crate) fn take<const N: usize>(
        self,
        r: &mut ColumnReader<'_, N>,
        like: &str,
    ) -> Result<RelPath, HeaderError> {
        let mut len = |column| -> Result<usize, DecodeError> {
            Ok(usize::try_from(r.bounded(column, limits::MAX_PATH as u64)?).unwrap_or(usize::MAX))
        };
        let (head, tail, middle) = (len(self.first)?, len(self.first + 1)?, len(self.first + 2)?);
        let like = like.as_bytes();
        if head > like.len() || tail > like.len() - head {
            return Err(DecodeError::OutOfBounds.into());
        }
        let middle = r.bytes(self.first + 3, middle)?;
        let path = [&like[..head], middle, &like[like.len() - tail..]].concat();
        Ok(RelPath::from_bytes(&path)?)
    }
}
