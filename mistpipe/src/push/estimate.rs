//! Measures what a patch will bring, before anything is sent.
//!
//! The content of the build before is not on this machine. What is known of it is its folder signature, which the machine that pushed it has kept: the
//! patch is made by it as a jump patch would be, lightly packed, and thrown away; only its length counts. Where there is no such
//! signature, all that is new or changed is taken for new, and packed in samples.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::Arc,
};

use anyhow::{Context, Result};
use mist_api_client::ServerAddress;
use mist_delta::{AtHand, DiffOptions, Level, Signature, Tree};
use mist_proto::{
    FileEntry, Manifest, Slug,
    http::{Build, ForecastBy, PatchForecast},
    limits::MAX_SIGNATURE,
};
use mist_tree::{
    fs::{Dir, RealDir},
    progress::Progress,
};

use super::{
    changes::{self, Kind},
    forecast,
};
use crate::{
    home::Home,
    show::{Meter, Screen},
};

/// Memory for making a patch that is thrown away.
const MEMORY: u64 = 256 << 20;
/// Bytes that are packed of a file at a time, and how many such samples, spread over it.
const SAMPLE: u64 = 512 << 10;
const SAMPLES: u64 = 4;
/// How hard samples are packed: about as well as a patch is.
const LEVEL: i32 = 9;

/// What is kept of the newest build of a game that was pushed from this machine.
pub(super) struct KeptSignature {
    home: Home,
    file: String,
}

impl KeptSignature {
    pub(super) fn new(home: &Home, server: &ServerAddress, game: &Slug) -> Self {
        // A slug is a single path component; the address is not.
        let server = mist_proto::Hash::of(server.url().as_str().as_bytes()).short();
        Self { home: home.clone(), file: format!("signatures/{server}-{game}") }
    }

    /// The signature, if it is that of these files. What can't be read counts as not there.
    fn of(&self, files: &[FileEntry]) -> Option<Signature> {
        let bytes = self.home.read_bytes(&self.file, MAX_SIGNATURE as u64).ok()??;
        let signature = Signature::decode(&bytes).ok()?;
        (signature.listing().files == files).then_some(signature)
    }

    /// Keeps the signature of a build whose files are in `dir`.
    ///
    /// # Errors
    /// If it can't be made or written.
    pub(super) async fn keep(self, screen: Screen, build: Manifest, dir: Arc<dyn Dir>) -> Result<()> {
        let meter = screen.meters().add("noting what was pushed");
        let work = move || -> Result<()> {
            let signature = Signature::of(build, &*dir, &|_| false, &mut |p| shown(&meter, p));
            meter.clear();
            self.home.write_bytes(&self.file, &signature?.encode()?)
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn shown(meter: &Meter, Progress { done, total }: Progress) -> ControlFlow<()> {
    meter.set(done, total);
    ControlFlow::Continue(())
}

/// What is known before a push of the patch from the build before.
pub(super) struct Foretold {
    pub(super) forecast: PatchForecast,
    /// Earlier pushes by which it was corrected.
    pub(super) pasts: usize,
}

/// Foretells the patch from `head` to `new`, whose files are in `dir`.
///
/// # Errors
/// If files can't be read.
pub(super) async fn foretell(
    screen: Screen,
    kept: &KeptSignature,
    builds: &[Build],
    head: &Manifest,
    new: Manifest,
    dir: Arc<dyn Dir>,
) -> Result<Foretold> {
    let signature = kept.of(&head.files);
    let by = if signature.is_some() { ForecastBy::Signature } else { ForecastBy::Files };
    let (old, meter) = (head.files.clone(), screen.meters().add("foretelling the patch"));
    let work = move || {
        let raw = match signature {
            Some(signature) => by_signature(&signature, &new, &*dir, &meter),
            None => by_files(&old, &new, &*dir, &meter),
        };
        meter.clear();
        raw
    };
    let raw = tokio::task::spawn_blocking(work).await??;
    let pasts = forecast::pasts(builds, by);
    let bytes = forecast::corrected(raw, &pasts);
    let forecast = PatchForecast { from: head.version.clone(), bytes, raw, by };
    Ok(Foretold { forecast, pasts: pasts.len() })
}

/// Length of the patch from a folder of which no more than its signature is known.
fn by_signature(signature: &Signature, new: &Manifest, dir: &dyn Dir, meter: &Meter) -> Result<u64> {
    let scratch = tempfile::tempdir().context("can't make a temporary folder")?;
    let scratch = RealDir::open(scratch.path()).context("can't open a temporary folder")?;
    let options = DiffOptions {
        memory: MEMORY,
        level: Level::Fast,
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let at_hand = AtHand::of(signature.listing());
    let new = Tree { manifest: new, dir };
    let report = mist_delta::diff_from_signature(
        signature,
        &at_hand,
        new,
        &mut Nowhere,
        &scratch,
        &options,
        &mut |p| shown(meter, p),
    );
    Ok(report.context("can't foretell the patch")?.patch_len)
}

/// Bytes that all new and changed files take when they are packed.
fn by_files(old: &[FileEntry], new: &Manifest, dir: &dyn Dir, meter: &Meter) -> Result<u64> {
    let changed: Vec<_> = changes::compare(old, &new.files)
        .into_iter()
        .filter(|change| matches!(change.kind, Kind::New | Kind::Modified))
        .collect();
    let total = changed.iter().map(|change| change.size).sum();
    let (mut done, mut packed) = (0, 0u64);
    for change in changed {
        let path = &change.path;
        let size = packed_len(dir, path, change.size).with_context(|| format!("can't read {path}"))?;
        packed = packed.saturating_add(size);
        done += change.size;
        meter.set(done, total);
    }
    Ok(packed)
}

/// About how many bytes a file takes when it is packed.
fn packed_len(dir: &dyn Dir, path: &mist_proto::RelPath, size: u64) -> io::Result<u64> {
    let file = dir.open(path)?;
    let pieces = size.div_ceil(SAMPLE);
    let samples = pieces.min(SAMPLES);
    let (mut taken, mut packed) = (0, 0);
    for sample in 0..samples {
        let at = sample * pieces / samples * SAMPLE;
        let len = SAMPLE.min(size - at);
        let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, at)?;
        packed += zstd::bulk::compress(&bytes, LEVEL)?.len().min(bytes.len()) as u64;
        taken += len;
    }
    let whole = u128::from(packed) * u128::from(size) / u128::from(taken.max(1));
    Ok(u64::try_from(whole).unwrap_or(u64::MAX))
}

/// Takes bytes of which only the number counts.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Foretold {
    /// What the admin is told.
    pub(super) fn sentence(&self) -> String {
        let PatchForecast { from, bytes, by, .. } = &self.forecast;
        let how = match by {
            ForecastBy::Signature => {
                format!("by what this machine kept of {from}")
            }
            ForecastBy::Files => format!(
                "as if all of every new or changed file were new: this machine did not push {from}, so that it knows no more of it"
            ),
        };
        let learnt = match self.pasts {
            0 => "no earlier push to learn from".to_owned(),
            n => format!("corrected by {}", mist_readable::count(n as u64, "earlier push", "earlier pushes")),
        };
        format!("about {} from {from} ({how}; {learnt})", mist_readable::bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use mist_tree::scan::{ScanOptions, scan};

    use super::*;

    fn build(dir: &std::path::Path, version: &str) -> (Manifest, Arc<dyn Dir>) {
        let real: Arc<dyn Dir> = Arc::new(RealDir::open(dir).unwrap());
        let scan = scan(&*real, &ScanOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
        let manifest = Manifest {
            game: "g".parse().unwrap(),
            version: version.parse().unwrap(),
            sequence: 1,
            parent: None,
            floor: 1,
            archive: scan.archive,
            files: scan.files,
            empty_dirs: scan.empty_dirs,
            links: scan.links,
            launch: vec![],
        };
        (manifest, real)
    }

    /// Bytes that can't be packed.
    fn noise(mut seed: u64, len: usize) -> Vec<u8> {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()[3]
        };
        (0..len).map(|_| next()).collect()
    }

    #[tokio::test]
    async fn by_a_signature_only_what_differs_counts() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"));
        let files = folder.path().join("files");
        std::fs::create_dir(&files).unwrap();
        let old = noise(7, 4 << 20);
        std::fs::write(files.join("data"), &old).unwrap();
        let (head, dir) = build(&files, "1");
        let kept = || KeptSignature::new(&home, &"https://a/".parse().unwrap(), &"g".parse().unwrap());
        let screen = Screen::new(false, true);
        kept().keep(screen, head.clone(), dir).await.unwrap();

        // A megabyte more, and a byte in another place.
        let mut new = old.clone();
        new[1 << 20] ^= 1;
        new.extend(noise(8, 1 << 20));
        std::fs::write(files.join("data"), &new).unwrap();
        let (next, dir) = build(&files, "2");
        let foretell = async |kept: &KeptSignature, head: &Manifest| {
            foretell(screen, kept, &[], head, next.clone(), dir.clone()).await.unwrap().forecast
        };
        let told = foretell(&kept(), &head).await;
        assert_eq!((told.by, told.from.as_str(), told.bytes), (ForecastBy::Signature, "1", told.raw));
        assert!((1 << 20..(1 << 20) + 20_000).contains(&told.raw), "{}", told.raw);

        // Of another build than the one before nothing is known.
        let mut other = head.clone();
        other.files[0].size += 1;
        let told = foretell(&kept(), &other).await;
        assert_eq!(told.by, ForecastBy::Files);
        assert!((5 << 20..(5 << 20) + 20_000).contains(&told.raw), "{}", told.raw);
    }
}
