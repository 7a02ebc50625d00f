//! `delta signature`.

use std::path::Path;

use anyhow::Context;
use mist_command_line::WholeFile;
use mist_delta::Signature;

use super::{Output, local, progress::Bar};

pub(super) fn run(place: &Path, file: &Path, output: Output) -> anyhow::Result<()> {
    let folder = local::open(place, output)?;
    let bar = Bar::new(output, "signing");
    let signature = Signature::of(folder.manifest, &folder.dir, &|_| false, &mut |p| bar.show(p))?;
    drop(bar);
    let bytes = signature.encode().context("cannot pack the signature")?;
    WholeFile::write(file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    let (hashed, block) = (signature.hashed_len(), signature.block_len());
    let value = serde_json::json!({
        "id": signature.id(), "signature_len": bytes.len(), "hashed_len": hashed, "block_len": block,
    });
    output.print(&value, || format!("{} bytes for {hashed} bytes in blocks of {block}", bytes.len()))
}

/// Reads a signature from a file.
pub(super) fn read(file: &Path) -> anyhow::Result<Signature> {
    let shown = file.display();
    let len = std::fs::metadata(file).with_context(|| format!("cannot read {shown}"))?.len();
    if len > mist_proto::limits::MAX_SIGNATURE as u64 {
        anyhow::bail!("{shown} is too large for a signature");
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    Signature::decode(&bytes).with_context(|| format!("cannot read {shown}"))
}
