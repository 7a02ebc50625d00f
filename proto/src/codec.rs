//! The little-endian, length-prefixed encoding under manifests and wire frames.
//!
//! One value has exactly one encoding: integers are of fixed width, strings and lists carry their length, and
//! nothing is optional but by an explicit tag of 0 or 1. A [`Reader`] never allocates more than it was given.

/// What a [`Reader`] can find wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The input ends inside a value.
    #[error("the data ends too early")]
    Truncated,
    /// Bytes are left after the last value.
    #[error("there are bytes after the end")]
    Trailing,
    /// A length, count or number is over its bound.
    #[error("a length or number is over its bound")]
    OutOfBounds,
    /// A tag or magic is unknown.
    #[error("an unknown tag, magic or version")]
    UnknownTag,
    /// A value that is well-formed but not allowed.
    #[error("a value is not allowed: {0}")]
    Invalid(&'static str),
}

/// Appends values to a buffer.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// A writer with `magic` already written.
    pub fn with_magic(magic: &[u8]) -> Self {
        Self(magic.to_vec())
    }

    /// One byte.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.0.push(v);
        self
    }

    /// Two bytes.
    pub fn u16(&mut self, v: u16) -> &mut Self {
        self.0.extend_from_slice(&v.to_le_bytes());
        self
    }

    /// Four bytes.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.0.extend_from_slice(&v.to_le_bytes());
        self
    }

    /// Eight bytes.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.0.extend_from_slice(&v.to_le_bytes());
        self
    }

    /// Bytes as they are.
    pub fn raw(&mut self, v: &[u8]) -> &mut Self {
        self.0.extend_from_slice(v);
        self
    }

    /// A `u32` length and the bytes.
    ///
    /// # Panics
    /// If `v` is 4 GiB or longer, which no bounded value of this crate is.
    pub fn bytes(&mut self, v: &[u8]) -> &mut Self {
        self.u32(u32::try_from(v.len()).expect("bounded values are shorter than 4 GiB"));
        self.raw(v)
    }

    /// A string as [`Writer::bytes`].
    pub fn str(&mut self, v: &str) -> &mut Self {
        self.bytes(v.as_bytes())
    }
}

/// Takes values off the front of a slice.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads `bytes` from the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.0.len()
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn raw(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        if n > self.0.len() {
            return Err(DecodeError::Truncated);
        }
        let (head, tail) = self.0.split_at(n);
        self.0 = tail;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Eight bytes, at most `max`.
    ///
    /// # Errors
    /// [`DecodeError::OutOfBounds`] above it.
    pub fn u64_max(&mut self, max: u64) -> Result<u64, DecodeError> {
        let v = self.u64()?;
        if v > max { Err(DecodeError::OutOfBounds) } else { Ok(v) }
    }

    /// A tag that must be 0 or 1.
    ///
    /// # Errors
    /// [`DecodeError::UnknownTag`] for anything else.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::UnknownTag),
        }
    }

    /// A `u32` length of at most `max`, and as many bytes.
    ///
    /// # Errors
    /// [`DecodeError::OutOfBounds`] if the length is over `max`.
    pub fn bytes(&mut self, max: usize) -> Result<&'a [u8], DecodeError> {
        let n = usize::try_from(self.u32()?).map_err(|_| DecodeError::OutOfBounds)?;
        if n > max {
            return Err(DecodeError::OutOfBounds);
        }
        self.raw(n)
    }

    /// As [`Reader::bytes`], as UTF-8.
    ///
    /// # Errors
    /// As there, and [`DecodeError::Invalid`].
    pub fn str(&mut self, max: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(max)?).map_err(|_| DecodeError::Invalid("text that is not UTF-8"))
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`].
    pub fn end(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }
}
