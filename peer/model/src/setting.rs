//! What is simulated: machines, their lines, and what each of them does.

use std::time::Duration;

use mist_proto::{http::SourceClass, limits};
use mist_scheduler::{Credit, Time};

const MS: Duration = Duration::from_millis(1);

/// How a peer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Honest,
    /// Every byte is wrong.
    Altering,
    /// Takes requests and sends nothing.
    Stalling,
    /// Says that it has all, and has nothing.
    Boasting,
}

/// What a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It fetches, unless it has everything, and serves what it has.
    Friend,
    /// It has everything, and suggests pieces.
    Seed,
    /// The stored files of a seed, on whose line they are.
    Https,
}

/// How a peer ends before its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exit {
    /// It says goodbye.
    Leaves(Time),
    /// It is gone without a word, and what is behind HTTPS on its line with it.
    Dies(Time),
    /// The same, once so many bytes have left it, headers counted.
    DiesAfter(f64),
}

/// One peer.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// What it is.
    pub role: Role,
    /// Its line, by its place in [`Setting::lines`]. Friends on one line are in one home.
    pub line: usize,
    /// How it answers.
    pub manner: Manner,
    /// Whether it has everything from the start; it then fetches nothing.
    pub is_complete: bool,
    /// Whether it goes on serving once it has everything.
    pub stays: bool,
    /// What the others expect of it.
    pub credit: Credit,
    /// How long after the others it begins.
    pub late: Time,
    /// How it ends before its time, if it does.
    pub exit: Option<Exit>,
}

impl Peer {
    /// A friend who lacks everything, and goes when it has it.
    pub fn friend(line: usize) -> Self {
        Self {
            role: Role::Friend,
            line,
            manner: Manner::Honest,
            is_complete: false,
            stays: false,
            credit: Credit::Unknown,
            late: Time::ZERO,
            exit: None,
        }
    }

    /// A seed.
    pub fn seed(line: usize) -> Self {
        Self { role: Role::Seed, is_complete: true, stays: true, ..Self::friend(line) }
    }

    /// The stored files of the seed on that line.
    pub fn https(line: usize) -> Self {
        Self { role: Role::Https, ..Self::seed(line) }
    }

    /// Somebody who claims to have everything.
    pub fn hostile(line: usize, manner: Manner) -> Self {
        Self { manner, is_complete: true, stays: true, ..Self::friend(line) }
    }
}

/// What joins a home, or a machine by itself, with all others.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Bytes per second, of whole packets.
    pub up: f64,
    /// The same.
    pub down: f64,
    /// From the machine to the middle of the network.
    pub delay: Time,
    /// The share of the packets that it loses, either way.
    pub loss: f64,
}

impl Line {
    /// A line of so many megabits a second up and down.
    pub fn mbit(up: f64, down: f64) -> Self {
        Self { up: up * 125e3, down: down * 125e3, delay: 5 * MS, loss: 0.0 }
    }
}

/// A time in which lines of one side do not reach those of the other.
#[derive(Debug, Clone)]
pub struct Cut {
    /// When it begins and when it ends.
    pub span: (Time, Time),
    /// The lines of the one side.
    pub side: Vec<usize>,
}

/// What holds for every machine. The defaults are those of the lab, the same in all cases.
#[derive(Debug, Clone, Copy)]
pub struct Physics {
    /// Bytes on a line for each byte of a piece.
    pub headers: f64,
    /// Bytes per second between a machine of a home and the home's switch, and how long a message takes.
    pub lan: (f64, Time),
    /// What waits in the queue of an uplink that is full.
    pub queue: Time,
    /// From the click to the first message of a fetch: at least and at most.
    pub start: (Time, Time),
    /// From the last piece until the program has ended.
    pub finish: Time,
    /// How unlike the shares of an uplink are that its connections get: the standard deviation of their logarithm.
    pub unevenness: f64,
    /// How long news of pieces may wait before somebody decides by them. Coarser is faster.
    pub reaction: Time,
    /// How often shares of lines are computed anew. Coarser is faster.
    pub settle: Time,
    /// Connections that one friend has at most; a seed has the 512 of the programs.
    pub links: usize,
}

impl Default for Physics {
    fn default() -> Self {
        Self {
            headers: 1.05,
            lan: (125e6, MS / 5),
            queue: 15 * MS,
            start: (350 * MS, 450 * MS),
            finish: 250 * MS,
            unevenness: 0.25,
            reaction: 2 * MS,
            settle: MS,
            links: 512,
        }
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What is fetched, in bytes.
    pub bytes: u64,
    /// In pieces of that size.
    pub piece_size: u64,
    /// Every line.
    pub lines: Vec<Line>,
    /// Every peer.
    pub peers: Vec<Peer>,
    /// What friends on different lines are to each other.
    pub outside: SourceClass,
    /// Who does not reach whom, and when.
    pub cut: Option<Cut>,
    /// The rest.
    pub physics: Physics,
}

impl Setting {
    /// A blob of that size, in the pieces that it has, and nobody yet.
    pub fn of(bytes: u64, outside: SourceClass) -> Self {
        Self {
            bytes,
            piece_size: limits::piece_size(bytes),
            lines: Vec::new(),
            peers: Vec::new(),
            outside,
            cut: None,
            physics: Physics::default(),
        }
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> u64 {
        self.bytes.div_ceil(self.piece_size)
    }

    /// The size of a piece; the last is what is left.
    pub fn size_of(&self, piece: u64) -> u64 {
        self.piece_size.min(self.bytes - piece * self.piece_size)
    }

    /// Adds a line; returns its place.
    pub fn line(&mut self, line: Line) -> usize {
        self.lines.push(line);
        self.lines.len() - 1
    }

    /// Whoever fetches.
    pub fn fetching(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.peers.len()).filter(|&p| !self.peers[p].is_complete)
    }

    /// No way of doing it is faster, in seconds: the seeds send each byte once at least, no line receives faster than it can, and what
    /// all lines receive somebody has to send. Headers, and what comes before the first byte, are not in it.
    pub fn bound(&self) -> f64 {
        let bytes = self.bytes as f64;
        let of = |lines: &[usize], rate: fn(&Line) -> f64| {
            lines.iter().map(|&l| rate(&self.lines[l])).sum::<f64>()
        };
        let (mut seeds, mut homes) = (Vec::new(), Vec::new());
        for peer in self.peers.iter().filter(|p| p.manner == Manner::Honest) {
            let lines = if peer.is_complete { &mut seeds } else { &mut homes };
            if !lines.contains(&peer.line) {
                lines.push(peer.line);
            }
        }
        let (seed, up) = (of(&seeds, |l| l.up), of(&homes, |l| l.up));
        let slowest = homes.iter().map(|&l| self.lines[l].down).fold(f64::INFINITY, f64::min);
        (bytes / seed).max(bytes / slowest).max(homes.len() as f64 * bytes / (seed + up))
    }
}
