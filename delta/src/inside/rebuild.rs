//! Which settings of zlib made a deflate stream?

use mist_zlib::{Deflater, Failed, Inflater, Settings};

/// The longest plain text that is looked at whole, in bytes.
pub(crate) const MAX_PLAIN: u64 = 64 << 20;

/// Plain bytes after which a wrong guess has nearly always shown itself.
const PROBE: usize = 64 << 10;

/// Settings in the order in which packers use them.
const USUAL: [(u8, u8); 12] =
    [(6, 8), (9, 8), (1, 8), (5, 8), (9, 9), (6, 9), (8, 8), (7, 8), (4, 8), (3, 8), (2, 8), (1, 9)];

/// Inflates a whole stream. None if it is not one of exactly these lengths.
pub(crate) fn inflate(packed: &[u8], plain: u64) -> Option<Vec<u8>> {
    let mut inflater = Inflater::new().ok()?;
    // A byte more than declared, so that a longer stream shows.
    let mut out = vec![0; usize::try_from(plain.min(MAX_PLAIN)).ok()? + 1];
    let (mut taken, mut made) = (0, 0);
    loop {
        let step = inflater.run(&packed[taken..], &mut out[made..]).ok()?;
        taken += step.taken;
        made += step.made;
        if step.ended {
            break;
        }
        if step.taken == 0 && step.made == 0 {
            return None;
        }
    }
    out.truncate(made);
    (taken == packed.len() && made as u64 == plain).then_some(out)
}

/// Guesses settings, the ones that were right last first.
#[derive(Default)]
pub(crate) struct Guesser {
    right: Vec<Settings>,
    /// Streams in a row that no settings made.
    failures: u32,
}

impl Guesser {
    /// Settings with which zlib makes exactly `packed` from `plain`, if there are any.
    pub(crate) fn settings(&mut self, plain: &[u8], packed: &[u8]) -> Option<Settings> {
        let usual = USUAL.iter().filter_map(|&(level, memory)| Settings::new(level, memory));
        let tries: Vec<Settings> = self.right.iter().copied().chain(usual).collect();
        // An archive of another packer: one look at each stream is enough.
        let most = if self.failures >= 16 && self.right.is_empty() { 2 } else { tries.len() };
        let found = tries.into_iter().take(most).find(|&s| makes(s, plain, packed).unwrap_or(false));
        match found {
            Some(s) => {
                self.failures = 0;
                self.right.retain(|r| *r != s);
                self.right.insert(0, s);
                self.right.truncate(4);
            }
            None => self.failures += 1,
        }
        found
    }
}

/// Whether these settings make exactly `packed` from `plain`; gives up at the first byte that differs.
fn makes(settings: Settings, plain: &[u8], packed: &[u8]) -> Result<bool, Failed> {
    let mut deflater = Deflater::new(settings)?;
    let mut buf = vec![0; PROBE];
    let (mut taken, mut made) = (0, 0);
    loop {
        let end = (taken + PROBE).min(plain.len());
        let step = deflater.run(&plain[taken..end], &mut buf, end == plain.len())?;
        taken += step.taken;
        let out = &buf[..step.made];
        if packed.get(made..made + out.len()) != Some(out) {
            return Ok(false);
        }
        made += out.len();
        if step.ended {
            return Ok(made == packed.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflate(plain: &[u8], settings: Settings) -> Vec<u8> {
        let mut d = Deflater::new(settings).unwrap();
        let mut out = vec![0; plain.len() + 1000];
        let n = d.run(plain, &mut out, true).unwrap().made;
        out.truncate(n);
        out
    }

    #[test]
    fn finds_settings_and_refuses_what_zlib_did_not_make() {
        let plain: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(i) >> 9 & 31) as u8).collect();
        let mut guesser = Guesser::default();
        for level in [1, 6, 9] {
            let packed = deflate(&plain, Settings::new(level, 8).unwrap());
            let s = guesser.settings(&plain, &packed).unwrap();
            assert!(deflate(&plain, s) == packed);
            assert!(inflate(&packed, plain.len() as u64).unwrap() == plain);
            assert_eq!(inflate(&packed, plain.len() as u64 - 1), None);
            assert_eq!(inflate(&packed, plain.len() as u64 + 1), None);
            assert_eq!(inflate(&packed[..packed.len() - 1], plain.len() as u64), None);
            let mut other = packed;
            other.push(0);
            assert_eq!(guesser.settings(&plain, &other), None);
        }
    }
}
