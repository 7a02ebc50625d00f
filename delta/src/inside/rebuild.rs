//! Which encoder made a stream, with which settings?

use std::io;

use mist_tree::fs::ReadAt;
use mist_zlib::{Settings, Strategy};

use super::{Encoder, Stream, Unmade, Wrapping, deflate::Deflating, zstd::Level};

/// Bytes that are handled at a time.
const BUFFER: usize = 64 << 10;

/// Settings of zlib in the order in which packers use them.
const USUAL: [(u8, u8, Strategy); 20] = {
    use Strategy::{Default, Filtered, HuffmanOnly, RunLength};
    [
        (6, 8, Default),
        // libpng and what is built on it.
        (6, 8, Filtered),
        (9, 8, Default),
        (9, 9, Filtered),
        (1, 8, Default),
        (6, 9, Default),
        (9, 9, Default),
        (5, 8, Default),
        (9, 8, Filtered),
        (6, 9, Filtered),
        (8, 8, Default),
        (7, 8, Default),
        (4, 8, Default),
        (3, 8, Default),
        (2, 8, Default),
        (1, 9, Default),
        // Whatever the level.
        (6, 8, RunLength),
        (6, 9, RunLength),
        (6, 8, HuffmanOnly),
        (6, 9, HuffmanOnly),
    ]
};

/// Levels of zstd in the order in which packers use them. Those below zero are its fast ones.
const USUAL_LEVELS: [i8; 29] = [
    3, 1, 19, 22, 9, 6, 5, 12, 7, 2, 4, 10, 15, 16, 18, 20, 21, 17, 8, 11, 13, 14, -1, -5, -3, -2, -4, -7, -6,
];

/// Settings that are tried on a stream of an archive whose looked-at streams nothing made.
const LAST_HOPES: usize = 3;

/// Plain bytes that all tries together may deflate, as a multiple of the stream's. The right settings cost one.
const MOST_WORK: u64 = 4;

/// Plain bytes that tries may deflate besides: wrong settings nearly always show in the first block.
const FREE_WORK: u64 = 4 << 20;

/// The plain text of a stream.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The file that holds it.
    pub(crate) file: &'a dyn ReadAt,
    /// Where it starts in there.
    pub(crate) at: u64,
}

/// The order in which encoders are tried.
#[derive(Debug, Clone)]
pub(crate) struct Guesses {
    order: Vec<Encoder>,
    /// Tries on one stream.
    most: usize,
}

impl Default for Guesses {
    fn default() -> Self {
        let zlib = USUAL.iter().filter_map(|&(level, memory, of)| {
            Some(Encoder::Zlib(Settings::new(level, memory)?.with_strategy(of)))
        });
        let zstd = USUAL_LEVELS.into_iter().filter_map(|level| Level::new(level).map(Encoder::Zstd));
        let order: Vec<Encoder> = zlib.chain(zstd).collect();
        Self { most: order.len(), order }
    }
}

impl Guesses {
    /// What to try on the other streams of a file of which some were looked at, with these results. Archives
    /// are packed with the same settings throughout, or with few.
    pub(crate) fn learn(looked_at: &[Option<Encoder>]) -> Self {
        let Self { order: usual, most } = Self::default();
        let mut right: Vec<(Encoder, usize)> = Vec::new();
        for encoder in looked_at.iter().flatten() {
            match right.iter_mut().find(|(e, _)| e == encoder) {
                Some((_, times)) => *times += 1,
                None => right.push((*encoder, 1)),
            }
        }
        if right.is_empty() && !looked_at.is_empty() {
            return Self { order: usual, most: LAST_HOPES };
        }
        right.sort_by_key(|&(_, times)| std::cmp::Reverse(times));
        let mut order: Vec<Encoder> = right.into_iter().map(|(e, _)| e).collect();
        order.extend(usual.into_iter().filter(|e| !order.contains(e)).collect::<Vec<_>>());
        Self { order, most }
    }

    /// The encoder that makes exactly `stream` of `file` from its plain text, if there is any and finding it is not too
    /// much work.
    pub(crate) fn encoder(
        &self,
        file: &dyn ReadAt,
        stream: &Stream,
        plain: Text<'_>,
    ) -> io::Result<Option<Encoder>> {
        let mut work = stream.plain * MOST_WORK + FREE_WORK;
        for &encoder in self.order.iter().filter(|e| fit(**e, stream.wrapping)).take(self.most) {
            let deflating = Deflating::by_encoder(stream.plain, encoder, stream.wrapping);
            if makes(deflating.map_err(io::Error::other)?, file, stream, plain, &mut work)? {
                return Ok(Some(encoder));
            }
            if work == 0 {
                break;
            }
        }
        Ok(None)
    }
}

/// Whether the encoder could make a stream that is wrapped so.
fn fit(encoder: Encoder, wrapping: Wrapping) -> bool {
    match (encoder, wrapping) {
        (Encoder::Zlib(_), Wrapping::Bare) => true,
        (Encoder::Zlib(settings), Wrapping::Zlib { header, .. } | Wrapping::Png { header, .. }) => {
            header[1] >> 6 == told_level(settings)
        }
        (Encoder::Zstd(level), Wrapping::Zstd { form, .. }) => level.makes(form),
        _ => false,
    }
}

/// The two highest bits of the header that zlib writes, which tell the level roughly.
fn told_level(settings: Settings) -> u8 {
    match (settings.strategy(), settings.level()) {
        (Strategy::HuffmanOnly | Strategy::RunLength, _) | (_, 0..=1) => 0,
        (_, 2..=5) => 1,
        (_, 6) => 2,
        _ => 3,
    }
}

/// Whether `parse` makes exactly `stream` of `file` from its plain text.
pub(crate) fn parse_makes(
    parse: Vec<u8>,
    file: &dyn ReadAt,
    stream: &Stream,
    plain: Text<'_>,
) -> io::Result<bool> {
    let deflating = Deflating::by_parse(stream.plain, parse, stream.wrapping);
    let mut work = stream.plain;
    makes(deflating, file, stream, plain, &mut work)
}

/// Whether `deflating` makes exactly the stream; gives up at the first byte that differs, and when `work`, which
/// every plain byte lessens, is used up.
fn makes(
    mut deflating: Deflating,
    file: &dyn ReadAt,
    stream: &Stream,
    plain: Text<'_>,
    work: &mut u64,
) -> io::Result<bool> {
    let mut expected = vec![0; BUFFER];
    let mut made = stream.at;
    let mut compare = |mut out: &[u8]| {
        if out.len() as u64 > stream.end() - made {
            return Err(Unlike::Bytes);
        }
        while !out.is_empty() {
            let (now, later) = out.split_at(out.len().min(BUFFER));
            let expected = &mut expected[..now.len()];
            file.read_exact_at(expected, made).map_err(Unlike::Unknown)?;
            if expected != now {
                return Err(Unlike::Bytes);
            }
            made += now.len() as u64;
            out = later;
        }
        Ok(())
    };
    let mut input = vec![0; BUFFER];
    let mut read = 0;
    while read < stream.plain {
        let n = usize::try_from(stream.plain - read).map_or(BUFFER, |n| n.min(BUFFER));
        if *work < n as u64 {
            *work = 0;
            return Ok(false);
        }
        *work -= n as u64;
        plain.file.read_exact_at(&mut input[..n], plain.at + read)?;
        read += n as u64;
        match deflating.take(&input[..n], &mut compare) {
            Ok(()) => {}
            Err(Unlike::Bytes) => return Ok(false),
            Err(Unlike::Unknown(e)) => return Err(e),
        }
    }
    Ok(made == stream.end())
}

/// Why settings are not those of a stream.
enum Unlike {
    /// They make other bytes.
    Bytes,
    /// Nobody knows.
    Unknown(io::Error),
}

impl From<Unmade> for Unlike {
    fn from(e: Unmade) -> Self {
        match e {
            Unmade::Parse(_) => Self::Bytes,
            e => Self::Unknown(io::Error::other(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use mist_zlib::Deflater;

    use super::*;
    use crate::{
        inside::zstd::{Form, encode},
        samples::Bytes,
    };

    fn deflate(plain: &[u8], settings: Settings) -> Vec<u8> {
        let mut d = Deflater::new(settings).unwrap();
        let mut out = vec![0; plain.len() + 1000];
        let n = d.run(plain, &mut out, true).unwrap().made;
        out.truncate(n);
        out
    }

    fn plain() -> Vec<u8> {
        let mut state = 1u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 28) as u8
        };
        (0..100_000).map(step).collect()
    }

    fn settings(packed: &[u8], plain: &[u8], guesses: &Guesses) -> Option<Settings> {
        match encoder(packed, plain, Wrapping::Bare, guesses) {
            Some(Encoder::Zlib(settings)) => Some(settings),
            _ => None,
        }
    }

    fn encoder(packed: &[u8], plain: &[u8], wrapping: Wrapping, guesses: &Guesses) -> Option<Encoder> {
        let stream =
            Stream { at: 0, packed: packed.len() as u64, plain: plain.len() as u64, wrapping, name: None };
        let text = Bytes(plain.to_vec());
        guesses.encoder(&Bytes(packed.to_vec()), &stream, Text { file: &text, at: 0 }).unwrap()
    }

    #[test]
    fn finds_settings_and_refuses_what_zlib_did_not_make() {
        let plain = plain();
        for (level, memory, strategy) in USUAL {
            let packed = deflate(&plain, Settings::new(level, memory).unwrap().with_strategy(strategy));
            let found = settings(&packed, &plain, &Guesses::default()).unwrap();
            assert!(deflate(&plain, found) == packed);
        }
        let packed = deflate(&plain, Settings::new(6, 8).unwrap());
        assert_eq!(settings(&[&packed[..], &[0]].concat(), &plain, &Guesses::default()), None);
        assert_eq!(settings(&packed[1..], &plain, &Guesses::default()), None);
    }

    #[test]
    fn finds_levels_of_zstd() {
        let plain = plain();
        let form = Form { checksum: true, sized: true };
        let wrapping = Wrapping::Zstd { form, block: plain.len() as u64 };
        for level in USUAL_LEVELS.into_iter().filter_map(Level::new) {
            let frame = encode(&plain, level, form).unwrap();
            let Some(Encoder::Zstd(found)) = encoder(&frame, &plain, wrapping, &Guesses::default()) else {
                panic!("{level:?} is not found");
            };
            assert!(encode(&plain, found, form).unwrap() == frame);
        }
        let frame = encode(&plain, Level::new(3).unwrap(), form).unwrap();
        assert_eq!(encoder(&[&frame[..], &[0]].concat(), &plain, wrapping, &Guesses::default()), None);
    }

    #[test]
    fn what_was_right_goes_first_and_other_packers_get_little_work() {
        let zlib = |level| Encoder::Zlib(Settings::new(level, 8).unwrap());
        let zstd = Level::new(19).map(Encoder::Zstd);
        let learnt = Guesses::learn(&[None, Some(zlib(9)), zstd, Some(zlib(9)), Some(zlib(1))]);
        assert_eq!(learnt.order[..3], [zlib(9), zstd.unwrap(), zlib(1)]);
        let all = USUAL.len() + USUAL_LEVELS.len();
        assert_eq!((learnt.order.len(), learnt.most), (all, all));
        assert_eq!(Guesses::learn(&[None, None]).most, LAST_HOPES);
    }

    #[test]
    fn a_header_tells_the_level() {
        let fits = |flg: u8| {
            let wrapping = Wrapping::Zlib { header: [0x78, flg], block: 1 };
            let level = |e: &Encoder| match e {
                Encoder::Zlib(settings) if fit(*e, wrapping) => Some(settings.level()),
                _ => None,
            };
            Guesses::default().order.iter().filter_map(level).collect::<Vec<u8>>()
        };
        assert_eq!(fits(0x9c), [6, 6, 6, 6]);
        assert!(fits(0xda).into_iter().all(|level| level > 6));
        assert_eq!(fits(0x5e), [5, 4, 3, 2]);
        // The fastest, and where matches are not looked for.
        assert_eq!(fits(0x01), [1, 1, 6, 6, 6, 6]);
    }
}
