//! `delta inspect`.

use std::{fs::File, io::BufReader, path::Path};

use anyhow::Context;
use mist_delta::{Fate, PatchReader, Tally};
use mist_proto::RelPath;
use serde_json::json;

use super::Output;

pub(super) fn run(patch: &Path, output: Output) -> anyhow::Result<()> {
    let shown = patch.display();
    let file = File::open(patch).with_context(|| format!("cannot open {shown}"))?;
    let reader = PatchReader::open(BufReader::new(file)).with_context(|| format!("cannot read {shown}"))?;
    let h = reader.header().clone();
    let tallies = reader.tally().with_context(|| format!("cannot read {shown}"))?;
    let mut rows = Vec::new();
    for (row, f) in h.old.iter().enumerate() {
        let read = f.content.map(|(size, _)| size);
        let mut value = match &f.fate {
            Fate::Stay => json!({"op": "read", "path": f.path, "size": read}),
            Fate::Delete => json!({"op": "delete", "path": f.path, "size": read}),
            Fate::Move { to, executable } => {
                json!({"op": "move", "path": f.path, "to": to, "size": read, "executable": executable})
            }
            Fate::SetMode { executable } => json!({"op": "mode", "path": f.path, "executable": executable}),
        };
        if let Some(steps) = h.address_steps(row) {
            value["address_steps"] = steps.into();
            value["why"] = format!("a program, whose addresses move in {steps} steps").into();
        }
        rows.push(value);
    }
    for (f, t) in h.new.iter().zip(&tallies) {
        rows.push(json!({
            "op": "rebuild", "path": f.path, "size": f.size, "executable": f.executable, "why": why(t, &f.path),
            "copied": t.copied, "differing": t.differing, "literal": t.literal, "in_place": t.in_place,
            "packed": t.packed, "streams": t.streams, "by_parse": t.parsed, "from": t.from,
        }));
    }
    rows.extend(h.made_dirs.iter().map(|d| json!({"op": "make-dir", "path": d})));
    rows.extend(h.removed_dirs.iter().map(|d| json!({"op": "remove-dir", "path": d})));
    rows.extend(h.links.iter().map(|l| json!({"op": "link", "path": l.path, "to": l.target})));
    rows.extend(h.removed_links.iter().map(|l| json!({"op": "remove-link", "path": l.path, "to": l.target})));
    let value = json!({
        "from": h.from, "to": h.to, "memory": h.memory, "scratch": h.scratch, "files": rows,
    });
    output.print(&value, || {
        let mut lines =
            vec![format!("from {}\nto   {}\nmemory {} scratch {}", h.from, h.to, h.memory, h.scratch)];
        lines.extend(rows.iter().map(|r| {
            let text = |key: &str| r[key].as_str().unwrap_or_default().to_owned();
            let size = r["size"].as_u64().map_or_else(String::new, |n| n.to_string());
            let to = if r["to"].is_null() { String::new() } else { format!(" -> {}", text("to")) };
            let why = if r["why"].is_null() { String::new() } else { format!("  ({})", text("why")) };
            format!("{:<10} {size:>14} {}{to}{why}", text("op"), text("path"))
        }));
        lines.join("\n")
    })
}

/// In words, what a file is made of.
fn why(t: &Tally, path: &RelPath) -> String {
    let from = match &t.from {
        Some(from) if from == path => "changed".to_owned(),
        Some(from) => format!("like {from}"),
        None => "new".to_owned(),
    };
    let by_zlib = t.streams - t.parsed;
    let inside = match (by_zlib, t.parsed) {
        (0, 0) => String::new(),
        (n, 0) => format!(", {} packed anew by zlib", streams(n)),
        (0, n) => format!(", {} packed anew by parse", streams(n)),
        (z, p) => format!(", {} packed anew by zlib and {p} by parse", streams(z)),
    };
    format!("{from}: {} copied, {} of them different, {} new{inside}", t.copied, t.differing, t.literal)
}

fn streams(n: u64) -> String {
    if n == 1 { "1 stream".to_owned() } else { format!("{n} streams") }
}
