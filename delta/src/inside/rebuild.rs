//! Which settings of zlib made a deflate stream?

use std::io;

use mist_tree::fs::ReadAt;
use mist_zlib::{Deflater, Inflater, Settings};

use super::Stream;

/// Bytes that are handled at a time.
const BUFFER: usize = 64 << 10;

/// Settings in the order in which packers use them.
const USUAL: [(u8, u8); 12] =
    [(6, 8), (9, 8), (1, 8), (5, 8), (9, 9), (6, 9), (8, 8), (7, 8), (4, 8), (3, 8), (2, 8), (1, 9)];

/// Settings that are tried on a stream of an archive whose looked-at streams zlib did not make.
const LAST_HOPES: usize = 2;

/// Plain bytes that all tries together may deflate, as a multiple of the stream's. The right settings cost one.
const MOST_WORK: u64 = 4;

/// Plain bytes that tries may deflate besides: wrong settings nearly always show in the first block.
const FREE_WORK: u64 = 4 << 20;

/// Inflates `stream` of `file`, handing on the plain text piece by piece. False if it is not a stream of exactly the
/// lengths that its container says.
pub(crate) fn inflate(
    file: &dyn ReadAt,
    stream: &Stream,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<bool> {
    let Ok(mut inflater) = Inflater::new() else { return Err(io::ErrorKind::OutOfMemory.into()) };
    let (mut input, mut output) = (vec![0; BUFFER], vec![0; BUFFER]);
    // Where in the stream the input comes from, and what of it is not taken yet.
    let (mut read, mut waiting) = (0u64, 0..0);
    let mut made = 0u64;
    loop {
        if waiting.is_empty() {
            let n = least(stream.packed - read, BUFFER);
            file.read_exact_at(&mut input[..n], stream.at + read)?;
            read += n as u64;
            waiting = 0..n;
        }
        let Ok(step) = inflater.run(&input[waiting.clone()], &mut output) else { return Ok(false) };
        waiting.start += step.taken;
        made += step.made as u64;
        if made > stream.plain || (step.taken == 0 && step.made == 0 && !step.ended) {
            return Ok(false);
        }
        take(&output[..step.made])?;
        if step.ended {
            return Ok(made == stream.plain && waiting.is_empty() && read == stream.packed);
        }
    }
}

/// The plain text of a stream.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The file that holds it.
    pub(crate) file: &'a dyn ReadAt,
    /// Where it starts in there.
    pub(crate) at: u64,
}

/// The order in which settings are tried.
#[derive(Debug, Clone)]
pub(crate) struct Guesses(Vec<Settings>);

impl Default for Guesses {
    fn default() -> Self {
        Self(USUAL.iter().filter_map(|&(level, memory)| Settings::new(level, memory)).collect())
    }
}

impl Guesses {
    /// What to try on the other streams of a file of which some were looked at, with these results. Archives
    /// are packed with the same settings throughout, or with few.
    pub(crate) fn learn(looked_at: &[Option<Settings>]) -> Self {
        let Self(usual) = Self::default();
        let mut right: Vec<(Settings, usize)> = Vec::new();
        for settings in looked_at.iter().flatten() {
            match right.iter_mut().find(|(s, _)| s == settings) {
                Some((_, times)) => *times += 1,
                None => right.push((*settings, 1)),
            }
        }
        right.sort_by_key(|&(_, times)| std::cmp::Reverse(times));
        if right.is_empty() && !looked_at.is_empty() {
            return Self(usual.into_iter().take(LAST_HOPES).collect());
        }
        let mut order: Vec<Settings> = right.into_iter().map(|(s, _)| s).collect();
        order.extend(usual.into_iter().filter(|s| !order.contains(s)).collect::<Vec<_>>());
        Self(order)
    }

    /// Settings with which zlib makes exactly `stream` of `file` from its plain text, if there are any and finding
    /// them is not too much work.
    pub(crate) fn settings(
        &self,
        file: &dyn ReadAt,
        stream: &Stream,
        plain: Text<'_>,
    ) -> io::Result<Option<Settings>> {
        let mut work = stream.plain * MOST_WORK + FREE_WORK;
        for &settings in &self.0 {
            if makes(settings, file, stream, plain, &mut work)? {
                return Ok(Some(settings));
            }
            if work == 0 {
                break;
            }
        }
        Ok(None)
    }
}

/// Whether these settings make exactly the stream; gives up at the first byte that differs, and when `work`, which
/// every plain byte lessens, is used up.
fn makes(
    settings: Settings,
    file: &dyn ReadAt,
    stream: &Stream,
    plain: Text<'_>,
    work: &mut u64,
) -> io::Result<bool> {
    let Ok(mut deflater) = Deflater::new(settings) else { return Err(io::ErrorKind::OutOfMemory.into()) };
    let (mut input, mut output, mut expected) = (vec![0; BUFFER], vec![0; BUFFER], vec![0; BUFFER]);
    let (mut read, mut waiting) = (0u64, 0..0);
    let mut made = 0u64;
    loop {
        if waiting.is_empty() && read < stream.plain {
            let n = least(stream.plain - read, BUFFER);
            if *work < n as u64 {
                *work = 0;
                return Ok(false);
            }
            *work -= n as u64;
            plain.file.read_exact_at(&mut input[..n], plain.at + read)?;
            read += n as u64;
            waiting = 0..n;
        }
        let last = read == stream.plain;
        let step = deflater.run(&input[waiting.clone()], &mut output, last).map_err(io::Error::other)?;
        waiting.start += step.taken;
        if step.made as u64 > stream.packed - made {
            return Ok(false);
        }
        let expected = &mut expected[..step.made];
        file.read_exact_at(expected, stream.at + made)?;
        if *expected != output[..step.made] {
            return Ok(false);
        }
        made += step.made as u64;
        if step.ended {
            return Ok(made == stream.packed);
        }
    }
}

fn least(left: u64, most: usize) -> usize {
    usize::try_from(left).map_or(most, |n| n.min(most))
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::{Dir, RealDir, TreePath};

    use super::*;

    fn deflate(plain: &[u8], settings: Settings) -> Vec<u8> {
        let mut d = Deflater::new(settings).unwrap();
        let mut out = vec![0; plain.len() + 1000];
        let n = d.run(plain, &mut out, true).unwrap().made;
        out.truncate(n);
        out
    }

    fn plain() -> Vec<u8> {
        (0..200_000u32).map(|i| (i.wrapping_mul(i) >> 9 & 31) as u8).collect()
    }

    fn stream(packed: &[u8], plain: usize) -> Stream {
        Stream { at: 0, packed: packed.len() as u64, plain: plain as u64, name: 0 }
    }

    /// The bytes as a file.
    fn file(bytes: &[u8]) -> Box<dyn ReadAt> {
        let place = tempfile::tempdir().unwrap();
        let dir = RealDir::open(place.path()).unwrap();
        let path: mist_proto::RelPath = "f".parse().unwrap();
        std::fs::write(place.path().join("f"), bytes).unwrap();
        let path: &dyn TreePath = &path;
        dir.open(path).unwrap()
    }

    fn settings(packed: &[u8], plain: &[u8], guesses: &Guesses) -> Option<Settings> {
        let text = file(plain);
        let text = Text { file: &*text, at: 0 };
        guesses.settings(&*file(packed), &stream(packed, plain.len()), text).unwrap()
    }

    #[test]
    fn inflates_what_is_exactly_a_stream() {
        let plain = plain();
        let packed = deflate(&plain, Settings::new(6, 8).unwrap());
        let inflated = |packed: &[u8], len: usize| {
            let mut out = Vec::new();
            inflate(&*file(packed), &stream(packed, len), |part| {
                out.extend_from_slice(part);
                Ok(())
            })
            .unwrap()
            .then_some(out)
        };
        assert!(inflated(&packed, plain.len()) == Some(plain.clone()));
        assert_eq!(inflated(&packed, plain.len() - 1), None);
        assert_eq!(inflated(&packed, plain.len() + 1), None);
        assert_eq!(inflated(&packed[..packed.len() - 1], plain.len()), None);
        assert_eq!(inflated(&[&packed[..], &[0]].concat(), plain.len()), None);
        assert_eq!(inflated(&[], 0), None);
    }

    #[test]
    fn finds_settings_and_refuses_what_zlib_did_not_make() {
        let plain = plain();
        for level in [1, 6, 9] {
            let packed = deflate(&plain, Settings::new(level, 8).unwrap());
            let found = settings(&packed, &plain, &Guesses::default()).unwrap();
            assert!(deflate(&plain, found) == packed);
            assert_eq!(settings(&[&packed[..], &[0]].concat(), &plain, &Guesses::default()), None);
        }
    }

    #[test]
    fn what_was_right_goes_first_and_other_packers_get_little_work() {
        let nine = Settings::new(9, 8).unwrap();
        let learnt = Guesses::learn(&[None, Some(nine), Some(nine), Settings::new(1, 8)]);
        assert_eq!(learnt.0[..2], [nine, Settings::new(1, 8).unwrap()]);
        assert_eq!(learnt.0.len(), USUAL.len());
        assert_eq!(Guesses::learn(&[None, None]).0.len(), LAST_HOPES);
    }
}
