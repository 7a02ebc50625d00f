//! Every stream of a file: those that its container lists, and those that start anywhere else.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use super::{Stream, gzip, inflate::Decoder, png, push, unreal, zip, zlib, zstd};

/// Bytes that are looked at at a time.
const WINDOW: usize = 256 << 10;

/// Bytes that are looked at before a stream is read; it starts so far before a window's end or is left to the next one.
const PROBE: usize = 512;

/// What a probe costs beside the bytes that it inflates.
const PROBE_WORK: u64 = 512;

/// Work that looking for streams may take, as a multiple of the file's length, and besides. What is merely scanned
/// costs nothing, so that only files made for it ever take as much.
const WORK_PER_BYTE: u64 = 8;
const FREE_WORK: u64 = 64 << 20;

/// Plain bytes of a stream that was found which cost as much as one that was inflated in vain.
const FOUND_PER_WORK: u64 = 8;

/// The work that may still be done, about in bytes. Nothing is found any more when it is used up.
pub(super) struct Work(u64);

impl Work {
    /// For a file of `size` bytes.
    pub(super) fn for_file(size: u64) -> Self {
        Self(size.saturating_mul(WORK_PER_BYTE).saturating_add(FREE_WORK))
    }

    /// For what is bounded by itself.
    pub(super) fn unbounded() -> Self {
        Self(u64::MAX)
    }

    pub(super) fn spend(&mut self, bytes: u64) {
        self.0 = self.0.saturating_sub(bytes);
    }

    /// Spends what it took to find a stream of so many plain bytes.
    pub(super) fn spend_found(&mut self, plain: u64) {
        self.spend(plain / FOUND_PER_WORK);
    }

    /// The longest plain text that may still be found.
    pub(super) fn most_found(&self) -> u64 {
        self.0.saturating_mul(FOUND_PER_WORK)
    }

    pub(super) fn left(&self) -> u64 {
        self.0
    }
}

/// All streams of a file of `size` bytes, ascending and disjoint.
pub(super) fn streams(file: &dyn ReadAt, size: u64) -> io::Result<Vec<Stream>> {
    let mut listed = zip::streams(file, size)?;
    if listed.is_empty() {
        listed = unreal::streams(file, size)?;
    }
    listed.sort_unstable_by_key(|s| s.at);
    let decoder = Decoder::new().map_err(io::Error::other)?;
    let mut scan =
        Scan { file, decoder, work: Work::for_file(size), window: vec![0; WINDOW], found: Vec::new() };
    let mut at = 0;
    for stream in listed {
        // A container that lies may list what overlaps.
        if stream.at >= at && stream.end() <= size {
            scan.gap(at..stream.at)?;
            at = stream.end();
            push(&mut scan.found, stream);
        }
    }
    scan.gap(at..size)?;
    Ok(scan.found)
}

struct Scan<'f> {
    file: &'f dyn ReadAt,
    decoder: Decoder,
    work: Work,
    window: Vec<u8>,
    found: Vec<Stream>,
}

impl Scan<'_> {
    /// Looks for streams in a stretch of the file.
    fn gap(&mut self, gap: Range<u64>) -> io::Result<()> {
        let mut at = gap.start;
        while gap.end.saturating_sub(at) >= zlib::LEAST && self.work.left() > 0 {
            let n = usize::try_from(gap.end - at).map_or(WINDOW, |n| n.min(WINDOW));
            self.file.read_exact_at(&mut self.window[..n], at)?;
            at = self.window(n, at, gap.end)?;
        }
        Ok(())
    }

    /// Looks at the first `n` bytes of the window, which are those at `at`, and tells where to go on.
    fn window(&mut self, n: usize, at: u64, end: u64) -> io::Result<u64> {
        let sure = if at + (n as u64) < end { n - PROBE } else { n };
        let mut i = 0;
        while let Some(skipped) = self.window[i..sure].iter().position(|&b| MAY_START[usize::from(b)]) {
            i += skipped;
            let Some(stream) = self.stream_at(i..(i + PROBE).min(n), at + i as u64..end)? else {
                i += 1;
                continue;
            };
            let next = stream.end();
            push(&mut self.found, stream);
            match usize::try_from(next - at) {
                Ok(within) if within < sure => i = within,
                _ => return Ok(next),
            }
        }
        Ok(at + sure as u64)
    }

    /// The stream that `range` of the file starts with; `probe` of the window is the same bytes.
    fn stream_at(&mut self, probe: Range<usize>, range: Range<u64>) -> io::Result<Option<Stream>> {
        let bytes = &self.window[probe];
        if bytes.starts_with(&png::SIGNATURE) {
            return png::stream_at(self.file, range, &mut self.work);
        }
        if bytes.starts_with(&gzip::MAGIC) {
            return gzip::stream_at(self.file, range, &mut self.decoder, &mut self.work);
        }
        if bytes.starts_with(&zstd::MAGIC) {
            return zstd::stream_at(self.file, range, &mut self.work);
        }
        let [cmf @ zlib::FIRST, flg, rest @ ..] = bytes else { return Ok(None) };
        if !zlib::is_header([*cmf, *flg]) {
            return Ok(None);
        }
        self.work.spend(PROBE_WORK);
        if !self.decoder.may_start(rest, &mut self.work) {
            return Ok(None);
        }
        zlib::stream_at(self.file, range, &mut self.decoder, &mut self.work)
    }
}

/// The bytes that streams start with.
static MAY_START: [bool; 256] = {
    let mut table = [false; 256];
    table[zlib::FIRST as usize] = true;
    table[png::SIGNATURE[0] as usize] = true;
    table[gzip::MAGIC[0] as usize] = true;
    table[zstd::MAGIC[0] as usize] = true;
    table
};

#[cfg(test)]
mod tests;
