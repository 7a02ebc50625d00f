//! What is simulated again and again: the cases of the lab, and drawn ones in which things go wrong.

use std::time::Duration;

use mist_proto::http::SourceClass;
use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};

use crate::{Cut, Exit, Line, Manner, Peer, Setting};

/// What the lab measures everything but a patch with, in bytes.
const CONTENT: u64 = 200_000_000;
const PATCH: u64 = 3_350_000;

/// A case of the lab, and what was measured there (docs/benchmarks.md): between which figures its runs were.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Its name there.
    pub name: &'static str,
    /// The last friend done, over the bound.
    pub last: Option<(f64, f64)>,
    /// Copies that left the seed.
    pub copies: (f64, f64),
}

/// The cases of the lab that can be held against it.
pub const LAB: [Measured; 6] = [
    Measured { name: "LAN4", last: Some((1.13, 1.15)), copies: (1.05, 1.05) },
    Measured { name: "LAN8", last: None, copies: (1.05, 1.05) },
    Measured { name: "Tailnet4", last: Some((1.14, 1.15)), copies: (1.43, 1.46) },
    Measured { name: "Tailnet8", last: Some((1.23, 1.37)), copies: (1.56, 1.62) },
    Measured { name: "Homes", last: Some((1.27, 1.35)), copies: (1.08, 1.13) },
    Measured { name: "Patch", last: None, copies: (1.08, 1.10) },
];

/// Every kind of drawn case.
pub const DRAWN: [Drawn; 11] = [
    Drawn::Lan,
    Drawn::Apart,
    Drawn::Homes,
    Drawn::Patch,
    Drawn::Late,
    Drawn::Churn,
    Drawn::SeedDies,
    Drawn::CutOff,
    Drawn::Liars,
    Drawn::Loss,
    Drawn::Unlike,
];

/// In what a drawn case is other than four friends who want the same at once. Numbers, sizes and moments are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Friends in one home.
    Lan,
    /// Friends with a line each.
    Apart,
    /// Homes of some friends.
    Homes,
    /// Something small.
    Patch,
    /// Some begin later.
    Late,
    /// Some go away in the middle.
    Churn,
    /// The seed dies once more than one copy has left it.
    SeedDies,
    /// For some seconds one half does not reach the other.
    CutOff,
    /// Some lie.
    Liars,
    /// Lines lose packets.
    Loss,
    /// No line is like another.
    Unlike,
}

fn seed_line() -> Line {
    Line::mbit(100.0, 200.0)
}

fn line() -> Line {
    Line::mbit(50.0, 200.0)
}

/// A seed with its HTTPS, and friends: so many in each of so many homes, or apart. The seed comes first.
pub fn friends(bytes: u64, homes: usize, in_each: usize) -> Setting {
    let mut setting = Setting::of(bytes, SourceClass::Tailnet);
    let seed = setting.line(seed_line());
    setting.peers.extend([Peer::seed(seed), Peer::https(seed)]);
    for _ in 0..homes {
        let home = setting.line(line());
        setting.peers.extend(vec![Peer::friend(home); in_each]);
    }
    setting
}

/// A case of the lab by its name.
///
/// # Panics
/// There is none of that name.
pub fn of_lab(name: &str) -> Setting {
    match name {
        "LAN4" => friends(CONTENT, 1, 4),
        "LAN8" => friends(CONTENT, 1, 8),
        "Tailnet4" => friends(CONTENT, 4, 1),
        "Tailnet8" => friends(CONTENT, 8, 1),
        "Homes" => friends(CONTENT, 2, 3),
        "Patch" => {
            let mut setting = friends(PATCH, 1, 8);
            setting.peers.iter_mut().for_each(|p| p.stays = true);
            setting
        }
        _ => panic!("the lab has no case {name}"),
    }
}

/// A drawn case.
pub fn drawn(kind: Drawn, seed: u64) -> Setting {
    let mut rng = SmallRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(kind as u64));
    let bytes = rng.random_range(8_000_000..80_000_000);
    let many = rng.random_range(2..=8);
    let mut setting = match kind {
        Drawn::Lan => friends(bytes, 1, many),
        Drawn::Patch if rng.random() => friends(rng.random_range(100_000..8_000_000), 1, many),
        Drawn::Patch => friends(rng.random_range(100_000..8_000_000), many, 1),
        Drawn::Homes => friends(bytes, rng.random_range(2..=3), rng.random_range(2..=3)),
        Drawn::Apart | Drawn::Late | Drawn::Loss | Drawn::Unlike => friends(bytes, many, 1),
        Drawn::Churn | Drawn::SeedDies | Drawn::CutOff | Drawn::Liars => {
            let homes = if rng.random() { (many, 1) } else { (2, many.div_ceil(2)) };
            friends(bytes, homes.0, homes.1)
        }
    };
    let fetching: Vec<usize> = setting.fetching().collect();
    let bound = setting.bound();
    let moment =
        |rng: &mut SmallRng, share: f64| Duration::from_secs_f64(0.5 + bound * share * rng.random::<f64>());
    match kind {
        Drawn::Late => {
            for &p in &fetching[1..] {
                setting.peers[p].late = moment(&mut rng, 1.0);
            }
            setting.peers.iter_mut().for_each(|p| p.stays = true);
        }
        Drawn::Churn => {
            let mut leaving = fetching[1..].to_vec();
            leaving.shuffle(&mut rng);
            leaving.truncate(leaving.len().div_ceil(2));
            for p in leaving {
                let at = moment(&mut rng, 1.0);
                setting.peers[p].exit = Some(if rng.random() { Exit::Leaves(at) } else { Exit::Dies(at) });
            }
        }
        Drawn::SeedDies => {
            // Who has all stays: the last copy must not go with it.
            setting.peers.iter_mut().for_each(|p| p.stays = true);
            // Of what is on its way at one moment a few megabytes are in no whole piece.
            let copies = rng.random_range(1.25..1.5);
            setting.peers[0].exit = Some(Exit::DiesAfter(8e6 + bytes as f64 * copies));
        }
        Drawn::CutOff => {
            let from = moment(&mut rng, 0.6);
            let until = from + Duration::from_secs_f64(rng.random_range(1.0..8.0));
            let side = (1..setting.lines.len()).filter(|_| rng.random()).collect();
            setting.cut = Some(Cut { span: (from, until), side });
        }
        Drawn::Liars => {
            let manners = [Manner::Altering, Manner::Stalling, Manner::Boasting];
            for _ in 0..rng.random_range(1..=4) {
                let manner = manners[rng.random_range(0..manners.len())];
                let near = rng.random_bool(0.5).then(|| setting.peers[fetching[0]].line);
                let at = near.unwrap_or_else(|| setting.line(line()));
                setting.peers.push(Peer::hostile(at, manner));
            }
        }
        Drawn::Loss => setting.lines.iter_mut().for_each(|l| l.loss = rng.random_range(0.0..0.1)),
        Drawn::Unlike => {
            for line in &mut setting.lines[1..] {
                *line = Line::mbit(rng.random_range(5.0..100.0), rng.random_range(20.0..300.0));
                line.delay = Duration::from_millis(rng.random_range(1..40));
            }
        }
        Drawn::Lan | Drawn::Apart | Drawn::Homes | Drawn::Patch => {}
    }
    setting
}

/// So many friends with the lines of the lab, each apart from the others.
pub fn crowd(bytes: u64, many: usize, links: usize) -> Setting {
    let mut setting = friends(bytes, many, 1);
    coarsen(&mut setting, many, links);
    setting
}

/// What Kraken published: so many machines with 300 MB/s each way, and five of them that have 3 GB which the others want.
pub fn kraken(bytes: u64, piece_size: u64, many: usize, links: usize) -> Setting {
    let mut setting = Setting::of(bytes, SourceClass::Internet);
    setting.piece_size = piece_size;
    let fast = Line { delay: Duration::from_micros(250), ..Line::mbit(2400.0, 2400.0) };
    for n in 0..many + 5 {
        let line = setting.line(fast);
        let peer = if n < 5 { Peer::seed(line) } else { Peer { stays: true, ..Peer::friend(line) } };
        setting.peers.push(peer);
    }
    coarsen(&mut setting, many, links);
    setting
}

/// Many are looked at less closely, and know fewer of each other.
fn coarsen(setting: &mut Setting, many: usize, links: usize) {
    let physics = &mut setting.physics;
    physics.links = links;
    if many > 30 {
        physics.reaction = Duration::from_millis(50);
        physics.settle = Duration::from_millis(10);
    }
}
