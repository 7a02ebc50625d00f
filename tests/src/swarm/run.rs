//! One run: all friends at once, and what is looked at meanwhile.

use std::{
    fs::File,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use mist_proto::http::BytesBySource;

use super::{
    Peer,
    case::{Case, Site},
};
use crate::{Pings, cost};

/// How often it is looked who is done, and whether the seed is to die.
const LOOK: Duration = Duration::from_millis(20);
const BETWEEN_PINGS: Duration = Duration::from_millis(50);
/// How often it is noted what each line has sent.
const BETWEEN_SAMPLES: Duration = Duration::from_millis(500);

/// What the friends want: one file of random bytes.
pub struct Content {
    /// The folder with nothing else in it.
    pub dir: PathBuf,
    /// The size of the file.
    pub bytes: u64,
    pub(super) hash: blake3::Hash,
}

impl Content {
    /// The name of the file.
    pub const NAME: &str = "data.bin";

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.dir.join(Self::NAME)
    }

    fn is_at(&self, path: &Path) -> Result<bool> {
        let mut hasher = blake3::Hasher::new();
        let file = File::open(path).with_context(|| format!("looking at {}", path.display()))?;
        Ok(hasher.update_reader(file)?.finalize() == self.hash)
    }
}

/// How a program brings the content to everybody. It is prepared up to the moment of the click.
pub trait Session {
    /// All friends begin.
    ///
    /// # Errors
    /// A program does not start.
    fn begin(&mut self) -> Result<()>;

    /// Whether a friend has ended, and if so, in good order.
    ///
    /// # Errors
    /// The system can't tell.
    fn ended(&mut self, friend: usize) -> Result<Option<bool>>;

    /// The processes of the seed.
    ///
    /// # Errors
    /// They do not run.
    fn seed(&self) -> Result<Vec<u32>>;

    /// Kills the seed as a power cut would.
    ///
    /// # Errors
    /// The system can't.
    fn kill_seed(&mut self) -> Result<()>;

    /// Where a friend's copy of the file is.
    fn copy(&self, friend: usize) -> PathBuf;

    /// Where what a friend received came from, if the program tells.
    ///
    /// # Errors
    /// It does not tell, though it should.
    fn wire(&self, friend: usize) -> Result<Option<BytesBySource>>;
}

/// What was measured, and of what.
#[derive(Debug, Clone)]
pub struct Run {
    /// The case.
    pub case: Case,
    /// By whom.
    pub peer: Peer,
    /// The figures.
    pub figures: Figures,
}

/// What was measured in one run.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// When each friend who got it had it, in seconds, the first one first.
    pub done: Vec<f64>,
    /// What the network needs at least, in seconds.
    pub bound: f64,
    /// Bytes of IP packets that left the seed, over the bytes of the content.
    pub copies: f64,
    /// Round trips of the first friend to the seed meanwhile, in milliseconds: the median and what 95 % did not exceed.
    pub ping: Option<(f64, f64)>,
    /// The seed's processor time, in seconds. None if it was killed.
    pub cpu: Option<f64>,
    /// The most memory that the seed had, in bytes.
    pub memory: Option<u64>,
    /// Where the bytes came from, over all friends, if the program tells.
    pub wire: Option<BytesBySource>,
    /// The processor time of the router itself, in seconds.
    pub router: f64,
    /// What each line had sent by then, in bytes of IP packets: twice a second, the seed's line first.
    pub lines: Vec<Sample>,
}

/// What the lines had sent at one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Seconds since the click.
    pub at: f64,
    /// Bytes of IP packets since then, by line, the seed's first.
    pub sent: Vec<u64>,
}

/// Lets all friends begin and waits until they are done, or until `limit`.
///
/// # Errors
/// A program could not be started, or what a friend got was another content.
pub fn measure(
    case: &Case,
    peer: Peer,
    content: &Content,
    site: &Site,
    mut session: Box<dyn Session + '_>,
    limit: Duration,
) -> Result<Run> {
    let seed = session.seed()?;
    seed.iter().try_for_each(|pid| cost::forget_peak(*pid))?;
    let cpu = |pids: &[u32]| pids.iter().map(|pid| cost::cpu(*pid)).sum::<Result<Duration>>();
    let (cpu_before, router_before) = (cpu(&seed)?, site.internet.router().busy());
    let traffic = || site.internet.traffic(&site.seed);
    let lines = site.lines();
    let sent =
        || lines.iter().map(|host| Ok(site.internet.traffic(host)?.sent_bytes)).collect::<Result<Vec<_>>>();
    let (before, sent_before) = (traffic()?, sent()?);
    let mut samples = vec![];
    let pings = Pings::start(site.friends[0].namespace(), site.seed.address(), BETWEEN_PINGS)?;
    let mut dies_after = case.killed_after(content.bytes);
    let started = Instant::now();
    session.begin()?;
    let mut ended: Vec<Option<(bool, f64)>> = vec![None; case.friends];
    let mut carried = None;
    while ended.iter().any(Option::is_none) && started.elapsed() < limit {
        for (friend, ended) in ended.iter_mut().enumerate().filter(|(_, ended)| ended.is_none()) {
            *ended = session.ended(friend)?.map(|well| (well, started.elapsed().as_secs_f64()));
        }
        let now = traffic()?;
        if dies_after.is_some_and(|bytes| (now.sent_bytes - before.sent_bytes) as f64 >= bytes) {
            dies_after = None;
            session.kill_seed()?;
        }
        carried = Some(now);
        let at = started.elapsed();
        if at >= BETWEEN_SAMPLES * u32::try_from(samples.len())? {
            let sent = sent()?.iter().zip(&sent_before).map(|(now, before)| now - before).collect();
            samples.push(Sample { at: at.as_secs_f64(), sent });
        }
        thread::sleep(LOOK);
    }
    let sent = carried.context("there was no time")?.sent_bytes - before.sent_bytes;
    let router = site.internet.router().busy() - router_before;
    let times = pings.finish()?;
    let milliseconds = |share| times.quantile(share).map(|time| time.as_secs_f64() * 1e3);
    // The killed one can't be asked.
    let lives = case.killed_after(content.bytes).is_none() || dies_after.is_some();
    let cost = || -> Result<(f64, u64)> {
        let peaks = seed.iter().map(|pid| cost::peak_memory(*pid)).sum::<Result<u64>>()?;
        Ok(((cpu(&seed)? - cpu_before).as_secs_f64(), peaks))
    };
    let cost = lives.then(cost).transpose()?;
    let mut figures = Figures {
        bound: case.bound(content.bytes).as_secs_f64(),
        copies: sent as f64 / content.bytes as f64,
        ping: milliseconds(0.5).zip(milliseconds(0.95)),
        cpu: cost.map(|(cpu, _)| cpu),
        memory: cost.map(|(_, memory)| memory),
        router: router.as_secs_f64(),
        lines: samples,
        ..Figures::default()
    };
    for (friend, ended) in ended.iter().enumerate() {
        if let Some((true, at)) = ended {
            ensure!(content.is_at(&session.copy(friend))?, "friend {friend} has got something else");
            figures.done.push(*at);
            if let Some(wire) = session.wire(friend)? {
                figures.wire.get_or_insert_default().add_all(&wire);
            }
        }
    }
    figures.done.sort_by(f64::total_cmp);
    Ok(Run { case: *case, peer, figures })
}
