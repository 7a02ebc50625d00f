//! Copying by position, without filling holes.

use std::{io, ops::Range};

use super::{ReadAt, WriteAt};

/// Bytes read at once, and the unit in which zeros are looked for.
const BLOCK: usize = 256 * 1024;

/// Copies `range` of `from` to `at` in `to`, whose bytes from there on must be zeros or a hole: blocks of zeros are not
/// written, so a sparse file stays sparse. `to` ends up at least `at` + the range's length long.
///
/// # Errors
/// [`io::ErrorKind::UnexpectedEof`] if `from` is shorter than the range, or what the system reports.
pub fn copy_range(from: &dyn ReadAt, range: Range<u64>, to: &dyn WriteAt, at: u64) -> io::Result<()> {
    let Range { start, end } = range;
    if start >= end {
        return Ok(());
    }
    if from.size()? < end {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let too_far = || io::Error::from(io::ErrorKind::InvalidInput);
    let to_end = at.checked_add(end - start).ok_or_else(too_far)?;
    if to.size()? < to_end {
        to.set_len(to_end)?;
    }
    let mut buf = vec![0; usize::try_from(end - start).unwrap_or(BLOCK).min(BLOCK)];
    let mut offset = start;
    while let Some(data) = from.next_data(offset)? {
        offset = data.start;
        let stop = data.end.min(end);
        while offset < stop {
            let len = usize::try_from(stop - offset).unwrap_or(BLOCK).min(BLOCK);
            from.read_exact_at(&mut buf[..len], offset)?;
            if buf[..len].iter().any(|&b| b != 0) {
                to.write_all_at(&buf[..len], at + (offset - start))?;
            }
            offset += len as u64;
        }
        if offset >= end {
            break;
        }
    }
    Ok(())
}
