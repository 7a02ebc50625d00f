//! Random pieces of a build, fetched from one friend after another to see that each would give it back.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use mist_peer::{BlobSink, Fetch, Node, PartialBlob, PieceSet, SourceFeed, bao};
use mist_proto::{
    http::{SampleJob, Sampled, SwarmPeer},
    limits::piece_size,
};
use mist_tree::progress::Progress;
use rand::Rng;
use tokio::runtime::Handle;

use super::{Execute, Failure, Made, Reporter, swarm};
use crate::seed::Seed;

/// The most pieces that one friend is asked for.
const MOST_PIECES: u32 = 64;
/// The most friends that are asked.
const MOST_FRIENDS: u32 = 32;
/// How long nothing may come from a friend.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between looks at the progress.
const TICK: Duration = Duration::from_millis(100);

impl Execute for SampleJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        let sampled = Handle::current().block_on(sample(seed, &self, report))?;
        Ok(Made { sampled: Some(sampled), ..Made::default() })
    }
}

async fn sample(seed: &Seed, job: &SampleJob, report: &Reporter) -> Result<Sampled, Failure> {
    let node = swarm::node(seed)?;
    let mut friends = swarm::sources(seed, node, &job.game, job.archive).await?.peers;
    friends.retain(|peer| peer.complete && !peer.seed);
    friends.truncate(usize::try_from(job.friends.min(MOST_FRIENDS)).unwrap_or(usize::MAX));
    let pieces = job.pieces.min(MOST_PIECES);
    let each = u64::from(pieces).min(bao::pieces(job.archive.size));
    let total = each.saturating_mul(piece_size(job.archive.size)).saturating_mul(friends.len() as u64);
    report.stage("asking friends for pieces", total)?;
    let mut sampled = Sampled::default();
    for friend in friends {
        let place = Place::new(seed.store.data_dir())?;
        let wanted = drawn(bao::pieces(job.archive.size), pieces, &mut rand::rng());
        let before = sampled.asked.saturating_mul(each);
        let progress = |done: u64| {
            let done = before.saturating_add(done).saturating_mul(piece_size(job.archive.size));
            report.follow(Progress { done, total }).is_continue()
        };
        let name = friend.peer.clone();
        let failed = ask(node, job, friend, wanted, &place, progress).await?;
        report.check()?;
        sampled.asked += 1;
        match failed {
            None => {
                sampled.proved += 1;
                report.info(format!(
                    "{name}: {} came and verified",
                    mist_readable::count(each, "piece", "pieces")
                ));
            }
            Some(why) => report.warn(format!("{name}: {why}")),
        }
    }
    Ok(sampled)
}

/// Fetches pieces from one friend and nobody else. Why they did not all come, if so.
async fn ask(
    node: &Node,
    job: &SampleJob,
    friend: SwarmPeer,
    wanted: PieceSet,
    place: &Place,
    progress: impl Fn(u64) -> bool,
) -> Result<Option<String>, Failure> {
    let handle = node.fetch(Fetch {
        scope: job.game.to_string(),
        blob: job.archive,
        want: Some(wanted),
        partial: PartialBlob::open(&place.0, job.archive)?,
        sink: Arc::new(Forgetful),
        sources: SourceFeed::of([swarm::candidate(friend)]),
        probe: true,
    });
    let (at, stop) = (handle.progress(), handle.canceller());
    let ended = handle.wait();
    tokio::pin!(ended);
    let (mut done, mut moved) = (0, Instant::now());
    loop {
        tokio::select! {
            result = &mut ended => return Ok(result.err().map(|e| e.to_string())),
            () = tokio::time::sleep(TICK) => {}
        }
        let now = at.borrow().pieces_done;
        if now != done {
            (done, moved) = (now, Instant::now());
        }
        if !progress(done) || moved.elapsed() > PATIENCE {
            stop.cancel();
        }
    }
}

/// So many of a blob's pieces, or all if it has no more.
fn drawn(all: u64, wanted: u32, rng: &mut impl Rng) -> PieceSet {
    if all <= u64::from(wanted) {
        return PieceSet::full(all);
    }
    let mut pieces = PieceSet::new(all);
    while pieces.count() < u64::from(wanted) {
        pieces.insert(rng.random_range(0..all));
    }
    pieces
}

/// Takes pieces, each of which has verified by then, and keeps none.
struct Forgetful;

impl BlobSink for Forgetful {
    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn read_at(&self, _offset: u64, _buf: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The folder in which one fetch keeps its record, beside the store.
struct Place(PathBuf);

impl Place {
    fn new(data_dir: &Path) -> io::Result<Self> {
        let place = all(data_dir).join(format!("{:016x}", rand::random::<u64>()));
        fs::create_dir_all(&place)?;
        Ok(Self(place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, place = %self.0.display(), "the record of a spot check is left until the next start");
        }
    }
}

fn all(data_dir: &Path) -> PathBuf {
    data_dir.join("samples")
}

/// Removes what an earlier run left. Only for the start.
pub(crate) fn forget(data_dir: &Path) {
    match fs::remove_dir_all(all(data_dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "records of spot checks are left");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_pieces_as_there_are_and_no_more_than_wanted() {
        let count = |all, wanted| drawn(all, wanted, &mut rand::rng()).count();
        assert_eq!([count(1, 8), count(8, 8), count(1000, 8), count(9, 8)], [1, 8, 8, 8]);
    }
}
