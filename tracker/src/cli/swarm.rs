//! `tracker swarm`: who takes part in a game's swarm now, and where the pieces of a blob are.

use std::{collections::HashMap, time::Duration};

use anyhow::bail;
use axum::http::Method;
use mist_proto::{
    Hash, Slug, Version,
    http::{GameSwarm, PieceMap, SwarmBlob, SwarmRun},
};
use mist_readable::{Align, Table, bytes, count, duration};
use mist_tracker::{config::Config, control::Operator};

use super::{Ending, follow::serving, say};

/// Columns of the map in text.
const COLUMNS: usize = 72;

/// Of which blob the pieces are wanted.
pub(super) struct Wanted {
    /// Build that it makes.
    pub(super) version: Version,
    /// Build that the patch begins with; of none, the archive.
    pub(super) from: Option<Version>,
}

pub(super) async fn run(
    config: &Config,
    game: &Slug,
    pieces: Option<Wanted>,
    json: bool,
) -> anyhow::Result<Ending> {
    let operator = serving(config).await?;
    let swarm: GameSwarm = operator.call(Method::GET, &format!("/games/{game}/swarm"), None::<&()>).await?;
    match pieces {
        Some(wanted) => map(&operator, game, &swarm, &wanted, json).await?,
        None if json => say(serde_json::to_string(&swarm)?)?,
        None => say(page(&swarm))?,
    }
    Ok(Ending::Good)
}

async fn map(
    operator: &Operator,
    game: &Slug,
    swarm: &GameSwarm,
    wanted: &Wanted,
    json: bool,
) -> anyhow::Result<()> {
    let is_it = |blob: &&SwarmBlob| blob.version == wanted.version && blob.from == wanted.from;
    let Some(blob) = swarm.blobs.iter().find(is_it) else {
        match &wanted.from {
            Some(from) => bail!("{game} has no patch from {from} to {} that is ready", wanted.version),
            None => bail!("{game} has no ready build {}", wanted.version),
        }
    };
    let path = format!("/games/{game}/swarm/{}", blob.blob.hash);
    let map: PieceMap = operator.call(Method::GET, &path, None::<&()>).await?;
    if json {
        say(serde_json::to_string(&map)?)?;
    } else {
        say(strip(&map))?;
    }
    Ok(())
}

fn page(swarm: &GameSwarm) -> String {
    let name = |blob: &SwarmBlob| match (&blob.from, blob.live) {
        (Some(from), _) => format!("{from} -> {}", blob.version),
        (None, true) => format!("{} (live)", blob.version),
        (None, false) => blob.version.to_string(),
    };
    let names: HashMap<Hash, (String, u64)> =
        swarm.blobs.iter().map(|blob| (blob.blob.hash, (name(blob), blob.pieces))).collect();
    let mut blobs = Table::new(&[
        ("BLOB", Align::Left),
        ("SIZE", Align::Right),
        ("COPIES", Align::Right),
        ("FRIENDS", Align::Right),
        ("SEEDS", Align::Right),
    ]);
    for blob in &swarm.blobs {
        blobs.row([
            name(blob),
            bytes(blob.blob.size),
            format!("{:.2}", blob.copies),
            blob.friends.to_string(),
            blob.seeds.to_string(),
        ]);
    }
    let mut runs = Table::new(&[
        ("WHO", Align::Left),
        ("DEVICE", Align::Left),
        ("NETWORK", Align::Left),
        ("ONLINE", Align::Right),
        ("IN", Align::Right),
        ("OUT", Align::Right),
        ("HAS", Align::Left),
    ]);
    for run in &swarm.runs {
        let online = swarm.at.since(run.since).max(0).unsigned_abs();
        runs.row([
            if run.seed { format!("{} (seed)", run.name) } else { run.name.clone() },
            run.device.clone(),
            run.network.as_str().to_owned(),
            duration(Duration::from_millis(online)),
            rate(run.down.total()),
            rate(run.up),
            has(run, &names),
        ]);
    }
    let mut out = format!("{blobs}\n");
    if swarm.runs.is_empty() {
        out += "Nobody who is online has any of it.";
        return out;
    }
    out += &runs.to_string();
    if swarm.left_off > 0 {
        out += &format!("\nand {} more", count(swarm.left_off, "program", "programs"));
    }
    out
}

fn rate(bytes_a_second: u64) -> String {
    if bytes_a_second == 0 { "-".into() } else { format!("{}/s", bytes(bytes_a_second)) }
}

/// What a run has, the first few of it.
fn has(run: &SwarmRun, names: &HashMap<Hash, (String, u64)>) -> String {
    const SHOWN: usize = 3;
    let one = |held: &mist_proto::http::SwarmHeld| {
        let (name, all) = names.get(&held.blob)?;
        let percent = u128::from(held.pieces) * 100 / u128::from((*all).max(1));
        Some(if percent >= 100 { name.clone() } else { format!("{name} {percent} %") })
    };
    let mut parts: Vec<String> = run.held.iter().filter_map(one).take(SHOWN).collect();
    if run.held.len() > parts.len() {
        parts.push(format!("{} more", run.held.len() - parts.len()));
    }
    parts.join(", ")
}

fn strip(map: &PieceMap) -> String {
    let friends = |n: u64| count(n, "friend has", "friends have");
    let mut out = format!(
        "{}. {} all of it, and {} a part that is known.\n",
        count(map.pieces, "piece", "pieces"),
        friends(map.complete),
        friends(map.placed)
    );
    if map.unplaced > 0 {
        out += &format!("{} a part, and no seed sees which.\n", friends(map.unplaced));
    }
    out += "From the first piece to the last, how many friends have the rarest piece of each column (+ is ten or more):\n";
    let columns = map.parts.len().clamp(1, COLUMNS);
    let column = |column: usize| {
        let (from, to) = (column * map.parts.len() / columns, (column + 1) * map.parts.len() / columns);
        let least = map.parts[from..to].iter().map(|part| part.least).min().unwrap_or(0);
        u32::try_from(least).ok().and_then(|n| char::from_digit(n, 10)).unwrap_or('+')
    };
    out.extend((0..columns).map(column));
    out
}

#[cfg(test)]
mod tests {
    use mist_proto::{
        BlobId, UnixMillis,
        http::{BytesBySource, PiecePart, SwarmHeld, SwarmNetwork},
    };

    use super::*;

    #[test]
    fn the_page_says_who_has_what() {
        let blob = |name: &[u8], from: Option<&str>| SwarmBlob {
            blob: BlobId { size: 4 << 20, ..BlobId::of(name) },
            from: from.map(|v| v.parse().expect("version")),
            version: "1.1".parse().expect("version"),
            live: true,
            pieces: 4,
            copies: 2.25,
            friends: 2,
            seeds: 1,
        };
        let run = SwarmRun {
            peer: format!("12D3KooW{}", "a".repeat(44)).parse().expect("peer"),
            name: "ann".into(),
            device: "desktop".into(),
            seed: false,
            network: SwarmNetwork::Tailnet,
            since: UnixMillis(0),
            heard: UnixMillis(0),
            down: BytesBySource { lan: 2_000_000, ..BytesBySource::default() },
            up: 0,
            held: vec![
                SwarmHeld { blob: BlobId::of(b"a").hash, pieces: 1 },
                SwarmHeld { blob: BlobId::of(b"p").hash, pieces: 4 },
            ],
        };
        let swarm = GameSwarm {
            at: UnixMillis(120_000),
            blobs: vec![blob(b"a", None), blob(b"p", Some("1.0"))],
            runs: vec![run],
            left_off: 3,
        };
        let page = page(&swarm);
        for words in [
            "1.1 (live)",
            "1.0 -> 1.1",
            "2.25",
            "tailnet",
            "2.00 MB/s",
            "1.1 (live) 25 %, 1.0 -> 1.1",
            "3 programs",
        ] {
            assert!(page.contains(words), "{words} in\n{page}");
        }
    }

    #[test]
    fn the_strip_shows_the_rarest_piece_of_each_column() {
        let part = |least| PiecePart { least, mean: 0.0 };
        let parts: Vec<PiecePart> = (0..144).map(|n| part(if n == 3 { 0 } else { 12 })).collect();
        let map = PieceMap {
            blob: BlobId::of(b"a"),
            pieces: 144,
            seeds: 1,
            complete: 12,
            placed: 0,
            unplaced: 1,
            parts,
        };
        let text = strip(&map);
        assert!(text.ends_with(&format!("+0{}", "+".repeat(70))), "{text}");
        assert!(text.contains("12 friends have all") && text.contains("1 friend has a part, and"), "{text}");
    }
}
