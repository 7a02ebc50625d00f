//! What hash trees cost: our own walk beside the `bao-tree` crate's, on the same bytes in memory and in turns.
//!
//! `./dev bench trees`, or `cargo run --release -p mist-peer --example trees -- [MiB]`

use std::{
    collections::BTreeSet,
    error::Error,
    io::{self, Write},
    ops::Range,
    time::Instant,
};

use bao_tree::{
    BaoTree, BlockSize, ChunkNum, ChunkRanges,
    io::{
        outboard::{EmptyOutboard, PreOrderMemOutboard},
        sync::{
            WriteAt, decode_ranges, encode_ranges_validated, outboard as bao_outboard, valid_outboard_ranges,
            valid_ranges,
        },
    },
};
use mist_peer::{Outboard, bao, outboard};
use mist_proto::limits::{GROUP_CHUNK_LOG, MAX_PIECE_SIZE};

const TURNS: usize = 7;
/// Chunks of BLAKE3 in a piece.
const PIECE_CHUNKS: u64 = MAX_PIECE_SIZE / 1024;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One job, done by both.
struct Contest<'a> {
    job: &'static str,
    /// How often in a turn: what is counted in hundredths of a second must take many of them.
    times: usize,
    ours: Box<dyn Fn() -> Outcome<()> + 'a>,
    theirs: Box<dyn Fn() -> Outcome<()> + 'a>,
}

impl Contest<'_> {
    /// Both in turns, as a line of a table: milliseconds of processors for the job once, and how many times ours bao-tree takes,
    /// of processors and on the clock. Medians; those of the ratios are over the pairs of turns, which lie side by side, so that
    /// what else the machine does falls on both.
    fn run(&self) -> Outcome<String> {
        let mut turns = Vec::new();
        for turn in 0..TURNS {
            let mut pair = [[0.0; 2]; 2];
            // Neither always goes first.
            for who in [turn % 2, 1 - turn % 2] {
                pair[who] = self.timed(if who == 0 { &*self.ours } else { &*self.theirs })?;
            }
            turns.push(pair);
        }
        let median = |of: &dyn Fn(&[[f64; 2]; 2]) -> f64| {
            let mut all: Vec<f64> = turns.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[TURNS / 2]
        };
        let once = 1000.0 / self.times as f64;
        let (ours, theirs) = (median(&|[ours, _]| ours[1] * once), median(&|[_, theirs]| theirs[1] * once));
        let wall = median(&|[ours, theirs]| theirs[0] / ours[0]);
        let cpu = median(&|[ours, theirs]| theirs[1] / ours[1]);
        Ok(format!("| {} | {ours:.2} | {theirs:.2} | {cpu:.2} | {wall:.2} |", self.job))
    }

    /// Wall and CPU seconds of a turn.
    fn timed(&self, job: &dyn Fn() -> Outcome<()>) -> Outcome<[f64; 2]> {
        let (start, before) = (Instant::now(), cpu()?);
        for _ in 0..self.times {
            job()?;
        }
        Ok([start.elapsed().as_secs_f64(), cpu()? - before])
    }
}

/// CPU seconds of all threads of this process, those that ended too. Linux counts them in hundredths.
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Ok(fields.map(str::parse::<f64>).sum::<Result<f64, _>>()? / 100.0)
}

/// Takes what was verified, as ours leaves it where it is.
struct Nowhere;

impl WriteAt for Nowhere {
    fn write_at(&mut self, _: u64, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The chunks of a piece.
fn span(piece: u64, chunks: u64) -> ChunkRanges {
    let end = ((piece + 1) * PIECE_CHUNKS).min(chunks);
    ChunkRanges::from(ChunkNum(piece * PIECE_CHUNKS)..ChunkNum(end))
}

/// The pieces that lie whole in these ranges of chunks.
fn whole_pieces(ranges: &[Range<ChunkNum>], pieces: u64, chunks: u64) -> BTreeSet<u64> {
    let valid = ranges.iter().fold(ChunkRanges::empty(), |all, r| all | ChunkRanges::from(r.clone()));
    (0..pieces).filter(|&piece| valid.is_superset(&span(piece, chunks))).collect()
}

fn same<T: PartialEq>(a: T, b: T) -> Outcome<()> {
    if a == b { Ok(()) } else { Err("the two do not agree".into()) }
}

fn main() -> Outcome<()> {
    let mib: usize = std::env::args().nth(1).map_or(Ok(512), |a| a.parse())?;
    let size = (mib << 20) as u64;
    let mut bytes = vec![0; mib << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    let mut rotten = bytes.clone();
    for spot in 0..8 {
        let at = (spot * 2 + 1) * rotten.len() / 16;
        rotten[at] ^= 1;
    }
    let from = |bytes: &[u8], offset: u64, buf: &mut [u8]| {
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        buf.copy_from_slice(bytes.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    };
    let (read, read_rotten) = (
        |offset: u64, buf: &mut [u8]| from(&bytes, offset, buf),
        |offset: u64, buf: &mut [u8]| from(&rotten, offset, buf),
    );
    let ours = outboard::compute(size, &read)?;
    let (blob, pairs) = (ours.blob(), ours.to_bytes()?);
    let geometry = BaoTree::new(size, BlockSize::from_chunk_log(GROUP_CHUNK_LOG));
    let theirs = PreOrderMemOutboard { root: blob.hash.0.into(), tree: geometry, data: pairs.clone() };
    let (all, chunks) = (ChunkRanges::all(), geometry.chunks().0);
    let sound: BTreeSet<u64> = ours.valid_pieces(&read_rotten)?.iter().collect();

    let (mut proofs, mut answers) = (Vec::new(), Vec::new());
    for piece in 0..bao::pieces(size) {
        let (first, count) = bao::piece_groups(size, piece);
        proofs.push(ours.proof(first, count.into())?);
        let mut answer = Vec::new();
        encode_ranges_validated(&bytes[..], &theirs, &span(piece, chunks), &mut answer)?;
        answers.push(answer);
    }

    let contests = [
        Contest {
            job: "making an outboard, all cores against one",
            times: 1,
            ours: Box::new(|| same(outboard::compute(size, &read)?.blob(), blob)),
            theirs: Box::new(|| {
                let mut made = PreOrderMemOutboard { data: vec![0; pairs.len()], ..theirs.clone() };
                let root = bao_outboard(&bytes[..], geometry, &mut made)?;
                same((root, &made.data), (theirs.root, &pairs))
            }),
        },
        Contest {
            job: "making an outboard of a stream, one core each",
            times: 1,
            ours: Box::new(|| same(outboard::compute_stream(&bytes[..])?.blob(), blob)),
            theirs: Box::new(|| {
                let mut made = PreOrderMemOutboard { data: vec![0; pairs.len()], ..theirs.clone() };
                same(bao_outboard(&bytes[..], geometry, &mut made)?, theirs.root)
            }),
        },
        Contest {
            job: "checking an outboard against the root",
            times: 1000,
            ours: Box::new(|| same(Outboard::from_bytes(blob, pairs.clone())?.blob(), blob)),
            theirs: Box::new(|| {
                let ranges =
                    valid_outboard_ranges(&theirs, &all).into_iter().collect::<io::Result<Vec<_>>>()?;
                same(ranges.last().map(|r| r.end.0), Some(chunks))
            }),
        },
        Contest {
            job: "finding what rotted, all cores against one",
            times: 1,
            ours: Box::new(|| {
                let valid = ours.valid_pieces(&read_rotten)?;
                same(valid.iter().collect(), sound.clone())
            }),
            theirs: Box::new(|| {
                let ranges =
                    valid_ranges(&theirs, &rotten[..], &all).into_iter().collect::<io::Result<Vec<_>>>()?;
                same(whole_pieces(&ranges, bao::pieces(size), chunks), sound.clone())
            }),
        },
        Contest {
            job: "proving each piece for an answer, checked, one core each",
            times: 1,
            ours: Box::new(|| {
                for piece in 0..bao::pieces(size) {
                    let (first, count) = bao::piece_groups(size, piece);
                    let (offset, len) = bao::piece_range(size, piece);
                    let mut answer = vec![0; len];
                    read(offset, &mut answer)?;
                    let proof = ours.proof(first, count.into())?;
                    bao::verify(&blob, first, &answer, &proof)?;
                }
                Ok(())
            }),
            theirs: Box::new(|| {
                for piece in 0..bao::pieces(size) {
                    let mut answer = Vec::new();
                    encode_ranges_validated(&bytes[..], &theirs, &span(piece, chunks), &mut answer)?;
                }
                Ok(())
            }),
        },
        Contest {
            job: "verifying each piece of an answer, one core each",
            times: 1,
            ours: Box::new(|| {
                for piece in 0..bao::pieces(size) {
                    let (first, _) = bao::piece_groups(size, piece);
                    let (offset, len) = bao::piece_range(size, piece);
                    let at = usize::try_from(offset)?;
                    bao::verify(&blob, first, &bytes[at..at + len], &proofs[usize::try_from(piece)?])?;
                }
                Ok(())
            }),
            theirs: Box::new(|| {
                for (piece, answer) in (0..).zip(&answers) {
                    let outboard = EmptyOutboard { tree: geometry, root: theirs.root };
                    decode_ranges(&answer[..], &span(piece, chunks), Nowhere, outboard)?;
                }
                Ok(())
            }),
        },
    ];
    let mut out = io::stdout();
    let cores = std::thread::available_parallelism()?;
    writeln!(out, "{mib} MiB, {cores} cores; medians of {TURNS} turns\n")?;
    writeln!(out, "| | ours, CPU ms | bao-tree, CPU ms | bao-tree / ours, CPU | clock |")?;
    writeln!(out, "|---|---:|---:|---:|---:|")?;
    for contest in contests {
        writeln!(out, "{}", contest.run()?)?;
    }
    Ok(())
}
