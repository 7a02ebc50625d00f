//! Stock zlib's raw deflate streams, as a safe wrapper.
//!
//! A patch names the encoder's settings and relies on its exact output, so the encoder is part of the patch format:
//! it is zlib as bundled with `libz-sys`, always linked statically, never zlib-ng, zlib-rs or what the system has,
//! all of which write other bytes. The tests pin its output.

use std::{ffi::c_int, mem::MaybeUninit};

use libz_sys as z;

/// How the encoder weighs matches against single bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// For anything.
    #[default]
    Default,
    /// For small values that vary at random, such as the filtered rows of an image.
    Filtered,
    /// No matches at all.
    HuffmanOnly,
    /// Only repetitions of the last byte.
    RunLength,
}

impl Strategy {
    /// Every strategy, at the place of its number in zlib.
    pub const ALL: [Self; 4] = [Self::Default, Self::Filtered, Self::HuffmanOnly, Self::RunLength];
}

/// Settings of the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    level: u8,
    memory: u8,
    strategy: Strategy,
}

impl Settings {
    /// Compression level 1 to 9 and memory level 1 to 9, with the window of 32 KiB and the default strategy.
    pub fn new(level: u8, memory: u8) -> Option<Self> {
        let valid = (1..=9).contains(&level) && (1..=9).contains(&memory);
        valid.then_some(Self { level, memory, strategy: Strategy::Default })
    }

    /// The same with another strategy.
    #[must_use]
    pub fn with_strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// Strategy.
    pub fn strategy(self) -> Strategy {
        self.strategy
    }

    /// Compression level.
    pub fn level(self) -> u8 {
        self.level
    }

    /// Memory level.
    pub fn memory(self) -> u8 {
        self.memory
    }
}

/// What zlib can't go on with: not a deflate stream, or no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed(c_int);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "zlib failed with code {}", self.0)
    }
}

impl std::error::Error for Failed {}

/// How far a call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Input bytes that were taken.
    pub taken: usize,
    /// Output bytes that were made.
    pub made: usize,
    /// Whether the stream has ended.
    pub ended: bool,
}

/// Makes a raw deflate stream.
pub struct Deflater(Box<z::z_stream>);

/// Reads a raw deflate stream.
pub struct Inflater(Box<z::z_stream>);

// SAFETY: a z_stream owns everything it points to, and zlib keeps no state of its own per thread.
unsafe impl Send for Deflater {}
// SAFETY: as above.
unsafe impl Send for Inflater {}

/// Adler-32 of what `sum` is of, followed by `bytes`. That of nothing is 1.
pub fn adler32(sum: u32, bytes: &[u8]) -> u32 {
    checksum(sum, bytes, z::adler32)
}

/// CRC-32 (of gzip, zip and PNG) of what `sum` is of, followed by `bytes`. That of nothing is 0.
pub fn crc32(sum: u32, bytes: &[u8]) -> u32 {
    checksum(sum, bytes, z::crc32)
}

fn checksum(
    sum: u32,
    bytes: &[u8],
    of: unsafe extern "C" fn(z::uLong, *const z::Bytef, z::uInt) -> z::uLong,
) -> u32 {
    bytes.chunks(1 << 30).fold(sum, |sum, part| {
        // SAFETY: zlib reads `part` within its length, which fits its type, and keeps nothing.
        (unsafe { of(sum.into(), part.as_ptr(), part.len() as z::uInt) }) as u32
    })
}

fn blank() -> Box<z::z_stream> {
    // SAFETY: zlib documents all-zero as the state before init: null pointers, and default allocators for null ones.
    // `zalloc` and `zfree` are non-null function pointers in the binding, so they are set before it counts as made.
    let mut stream = Box::new(MaybeUninit::<z::z_stream>::zeroed());
    let p = stream.as_mut_ptr();
    // SAFETY: `p` is valid for writes of the whole struct.
    unsafe {
        (&raw mut (*p).zalloc).write(allocate);
        (&raw mut (*p).zfree).write(free);
        stream.assume_init()
    }
}

extern "C" fn allocate(_: z::voidpf, items: z::uInt, size: z::uInt) -> z::voidpf {
    let words = (items as usize).checked_mul(size as usize).map(|n| n.div_ceil(16) + 1);
    let Some(words) = words else { return std::ptr::null_mut() };
    // The first word keeps the length, for `free`.
    let mut memory: Box<[u128]> = vec![0u128; words].into_boxed_slice();
    memory[0] = words as u128;
    let p = Box::into_raw(memory).cast::<u128>();
    // SAFETY: the allocation has at least one word.
    unsafe { p.add(1).cast() }
}

extern "C" fn free(_: z::voidpf, p: z::voidpf) {
    // SAFETY: zlib passes only what `allocate` returned, once: one word before it starts a boxed slice whose length
    // that word is.
    unsafe {
        let start = p.cast::<u128>().sub(1);
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, *start as usize)));
    }
}

/// Runs `call` over `input` and `output`.
fn step(
    stream: &mut z::z_stream,
    input: &[u8],
    output: &mut [u8],
    call: unsafe extern "C" fn(z::z_streamp, c_int) -> c_int,
    flush: c_int,
) -> Result<Step, Failed> {
    let given = input.len().min(1 << 30);
    let room = output.len().min(1 << 30);
    stream.next_in = input.as_ptr().cast_mut();
    stream.avail_in = given as z::uInt;
    stream.next_out = output.as_mut_ptr();
    stream.avail_out = room as z::uInt;
    // SAFETY: the stream was initialised; both buffers outlive the call, and zlib does not write to the input.
    let code = unsafe { call(stream, flush) };
    let (taken, made) = (given - stream.avail_in as usize, room - stream.avail_out as usize);
    match code {
        z::Z_OK | z::Z_BUF_ERROR => Ok(Step { taken, made, ended: false }),
        z::Z_STREAM_END => Ok(Step { taken, made, ended: true }),
        code => Err(Failed(code)),
    }
}

impl Deflater {
    /// An encoder with these settings.
    ///
    /// # Errors
    /// If there is no memory (about 256 KiB).
    pub fn new(settings: Settings) -> Result<Self, Failed> {
        let mut stream = blank();
        let (level, memory) = (c_int::from(settings.level), c_int::from(settings.memory));
        // SAFETY: the stream is blank, the version is the one that was linked, and the size is right.
        let code = unsafe {
            let size = size_of::<z::z_stream>() as c_int;
            let strategy = settings.strategy as c_int;
            z::deflateInit2_(
                &mut *stream,
                level,
                z::Z_DEFLATED,
                -15,
                memory,
                strategy,
                z::zlibVersion(),
                size,
            )
        };
        if code == z::Z_OK { Ok(Self(stream)) } else { Err(Failed(code)) }
    }

    /// Makes ready for another stream with the same settings.
    ///
    /// # Errors
    /// None that zlib knows for a stream that was made here.
    pub fn reset(&mut self) -> Result<(), Failed> {
        // SAFETY: the stream was initialised.
        let code = unsafe { z::deflateReset(&mut *self.0) };
        if code == z::Z_OK { Ok(()) } else { Err(Failed(code)) }
    }

    /// Takes input and makes output; `last` says that no input follows `input`.
    ///
    /// # Errors
    /// [`Failed`] if called again after the end.
    pub fn run(&mut self, input: &[u8], output: &mut [u8], last: bool) -> Result<Step, Failed> {
        step(&mut self.0, input, output, z::deflate, if last { z::Z_FINISH } else { z::Z_NO_FLUSH })
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        // SAFETY: the stream was initialised.
        unsafe { z::deflateEnd(&mut *self.0) };
    }
}

impl Inflater {
    /// A decoder with a window of 32 KiB.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn new() -> Result<Self, Failed> {
        let mut stream = blank();
        // SAFETY: as in `Deflater::new`.
        let code = unsafe {
            z::inflateInit2_(&mut *stream, -15, z::zlibVersion(), size_of::<z::z_stream>() as c_int)
        };
        if code == z::Z_OK { Ok(Self(stream)) } else { Err(Failed(code)) }
    }

    /// Makes ready for another stream.
    ///
    /// # Errors
    /// None that zlib knows for a stream that was made here.
    pub fn reset(&mut self) -> Result<(), Failed> {
        // SAFETY: the stream was initialised.
        let code = unsafe { z::inflateReset(&mut *self.0) };
        if code == z::Z_OK { Ok(()) } else { Err(Failed(code)) }
    }

    /// Takes input and makes output.
    ///
    /// # Errors
    /// [`Failed`] for what is not deflate.
    pub fn run(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Failed> {
        step(&mut self.0, input, output, z::inflate, z::Z_NO_FLUSH)
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: the stream was initialised.
        unsafe { z::inflateEnd(&mut *self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflate(plain: &[u8], settings: Settings) -> Vec<u8> {
        let mut d = Deflater::new(settings).unwrap();
        let mut out = vec![0; plain.len() + 100];
        let step = d.run(plain, &mut out, true).unwrap();
        assert!(step.ended && step.taken == plain.len());
        out.truncate(step.made);
        out
    }

    fn sample() -> Vec<u8> {
        (0..40_000u32).map(|i| ((i * i) >> 7) as u8 & 0x3f).collect()
    }

    #[test]
    fn round_trip_in_small_pieces() {
        let plain = sample();
        let packed = deflate(&plain, Settings::new(6, 8).unwrap());
        let mut inflater = Inflater::new().unwrap();
        let (mut out, mut at, mut buf) = (Vec::new(), 0, [0; 100]);
        loop {
            let step = inflater.run(&packed[at..(at + 7).min(packed.len())], &mut buf).unwrap();
            at += step.taken;
            out.extend_from_slice(&buf[..step.made]);
            if step.ended {
                break;
            }
        }
        assert!(out == plain && at == packed.len());
    }

    #[test]
    fn the_encoder_is_stock_zlib() {
        // Adler-like sums of what zlib 1.2.11 to 1.3.1 write; patches in the world depend on these bytes.
        let sums: Vec<(usize, u32)> = (1..=9)
            .map(|level| {
                let packed = deflate(&sample(), Settings::new(level, 8).unwrap());
                let sum = packed.iter().fold(1u32, |s, &b| s.wrapping_mul(31).wrapping_add(b.into()));
                (packed.len(), sum)
            })
            .collect();
        assert_eq!(sums, PINNED);
    }

    const PINNED: [(usize, u32); 9] = [
        (3167, 515788914),
        (3166, 2291501681),
        (3166, 2739519601),
        (3059, 1113401015),
        (3055, 3827330859),
        (3055, 3827330859),
        (3055, 3827330859),
        (3055, 3827330859),
        (3055, 3827330859),
    ];

    #[test]
    fn strategies_make_other_streams_of_the_same() {
        let settings = Settings::new(6, 8).unwrap();
        let mut streams: Vec<Vec<u8>> =
            Strategy::ALL.iter().map(|&s| deflate(&sample(), settings.with_strategy(s))).collect();
        let sum = |packed: &Vec<u8>| (packed.len(), crc32(0, packed));
        assert_eq!(streams.iter().map(sum).collect::<Vec<_>>(), PINNED_STRATEGIES);
        streams.dedup();
        assert_eq!(streams.len(), Strategy::ALL.len());
    }

    const PINNED_STRATEGIES: [(usize, u32); 4] =
        [(3055, 2484403483), (3290, 4109190880), (30101, 3943059934), (29921, 1029784715)];

    #[test]
    fn reset_is_like_new() {
        let (plain, settings) = (sample(), Settings::new(9, 9).unwrap());
        let mut d = Deflater::new(settings).unwrap();
        let mut out = vec![0; plain.len()];
        d.run(&plain[1000..], &mut out, false).unwrap();
        d.reset().unwrap();
        let made = d.run(&plain, &mut out, true).unwrap().made;
        assert!(out[..made] == deflate(&plain, settings));
        let mut inflater = Inflater::new().unwrap();
        inflater.run(&out[..made / 2], &mut vec![0; plain.len()]).unwrap();
        inflater.reset().unwrap();
        let mut again = vec![0; plain.len()];
        assert!(inflater.run(&out[..made], &mut again).unwrap().ended && again == plain);
    }

    #[test]
    fn checksums() {
        // The check values of both algorithms' catalogues, in two pieces.
        assert_eq!(adler32(adler32(1, b"1234"), b"56789"), 0x091e_01de);
        assert_eq!(crc32(crc32(0, b"1234"), b"56789"), 0xcbf4_3926);
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(Inflater::new().unwrap().run(&[0xff; 20], &mut [0; 100]).is_err());
    }

    #[test]
    fn settings_out_of_range() {
        assert_eq!(Settings::new(0, 8), None);
        assert_eq!(Settings::new(6, 10), None);
    }
}
