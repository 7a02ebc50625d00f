//! `delta inspect`.

use std::{fs::File, io::BufReader, path::Path};

use anyhow::Context;
use mist_delta::{Fate, PatchReader};
use serde_json::json;

use super::Output;

pub(super) fn run(patch: &Path, output: Output) -> anyhow::Result<()> {
    let shown = patch.display();
    let file = File::open(patch).with_context(|| format!("cannot open {shown}"))?;
    let reader = PatchReader::open(BufReader::new(file)).with_context(|| format!("cannot read {shown}"))?;
    let h = reader.header();
    let mut rows = Vec::new();
    for f in &h.old {
        let read = f.content.map(|(size, _)| size);
        rows.push(match &f.fate {
            Fate::Stay => json!({"op": "read", "path": f.path, "size": read}),
            Fate::Delete => json!({"op": "delete", "path": f.path, "size": read}),
            Fate::Move { to, executable } => {
                json!({"op": "move", "path": f.path, "to": to, "size": read, "executable": executable})
            }
            Fate::SetMode { executable } => json!({"op": "mode", "path": f.path, "executable": executable}),
        });
    }
    for f in &h.new {
        rows.push(json!({"op": "rebuild", "path": f.path, "size": f.size, "executable": f.executable}));
    }
    rows.extend(h.made_dirs.iter().map(|d| json!({"op": "make-dir", "path": d})));
    rows.extend(h.removed_dirs.iter().map(|d| json!({"op": "remove-dir", "path": d})));
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
            format!("{:<10} {size:>14} {}{to}", text("op"), text("path"))
        }));
        lines.join("\n")
    })
}
