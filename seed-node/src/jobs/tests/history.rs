//! A game with a few builds, out of which each can be had.

use super::*;

/// Builds 1 to 4 on a disk, all whole, with patches both ways between neighbours.
pub(super) struct History {
    pub(super) fresh: Fresh,
    pub(super) builds: Vec<Build>,
}

impl History {
    pub(super) fn new() -> Self {
        Self::with([5000, 3000])
    }

    pub(super) fn with([changing_size, staying]: [usize; 2]) -> Self {
        let mut builds: Vec<Build> = Vec::new();
        for sequence in 1..=4u8 {
            let parent = builds.last().map(|b| b.manifest.id());
            let mut changing = vec![9; changing_size];
            changing[usize::from(sequence) * 100] = sequence;
            let files = [
                ("same/file", vec![7; staying]),
                ("changing", changing),
                (["a", "b", "c", "d"][usize::from(sequence) - 1], vec![sequence; 700]),
                ("run.sh", vec![sequence / 2; 50]),
                ("empty", vec![]),
            ];
            builds.push(build(sequence.into(), parent, &files));
        }
        let mut fresh = Fresh::new();
        let disk = fresh.disk();
        let seed = fresh.start(&disk);
        for build in &builds {
            push(&seed, build).unwrap();
        }
        for pair in builds.windows(2) {
            let (old, new) = (&pair[0].manifest, &pair[1].manifest);
            for (from, to) in [(old, new), (new, old)] {
                patch::patch(&seed, &old.game, &from.version, &to.version, &Reporter::default()).unwrap();
            }
        }
        fresh.store = disk.inner().after_power_loss(0);
        Self { fresh, builds }
    }

    pub(super) fn manifest(&self, n: usize) -> &VerifiedManifest {
        &self.builds[n - 1].manifest
    }

    /// A build comes out of the store, from its files or out of patches, every byte of it as signed.
    pub(super) fn comes_out(&self, seed: &Seed, dir: &Arc<dyn Dir>, n: usize, what: &str) {
        let (game, version) = (&self.manifest(n).game, &self.manifest(n).version);
        let files = replay::BuildFiles::open(seed, dir, game, version, &Reporter::default());
        let files = files.unwrap_or_else(|e| panic!("{what}: build {n} is lost: {e}"));
        let shape = Arc::new(Layout::new(&files.manifest).unwrap());
        let archive = ArchiveReader::new(shape.clone(), files.dir.clone());
        let outboard = outboard::compute(shape.size(), &|at, buf| Ok(archive.read_exact(buf, at)?)).unwrap();
        assert_eq!(outboard.blob(), self.manifest(n).archive, "{what}: build {n}");
    }
}
