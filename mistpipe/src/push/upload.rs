//! Sending what the seed lacks: the recipe, then missing chunks in compressed parts, several in flight.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures::StreamExt;
use mist_api_client::CallError;
use mist_proto::{
    Hash, RelPath,
    http::{PartAccepted, SeedAccess, UploadState},
};
use mist_tree::{
    fs::{Dir, ReadAt},
    recipe::{Chunk, PartWriter, Recipe},
};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::{
    api::{self, Api, insist},
    retry::RetryPauses,
    show::Meter,
};

/// Parts on the wire at once.
const IN_FLIGHT: usize = 4;
/// Parts that may wait for the wire.
const WAITING: usize = 2;
/// zstd level of parts and recipe: faster than any uplink of a home.
const LEVEL: i32 = 3;
/// How long a seed that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// A chunk and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Located {
    chunk: Chunk,
    file: usize,
    offset: u64,
}

/// Where the chunks of `missing` lie first, in the order of the files.
fn locate(recipe: &Recipe, missing: &[Hash]) -> Vec<Located> {
    let mut wanted: HashSet<&Hash> = missing.iter().collect();
    let mut found = Vec::with_capacity(wanted.len());
    for (file, chunks) in recipe.files.iter().enumerate() {
        let mut offset = 0;
        for &chunk in chunks {
            if wanted.remove(&chunk.hash) {
                found.push(Located { chunk, file, offset });
            }
            offset += u64::from(chunk.len);
        }
    }
    found
}

/// An encoded part and the content bytes in it.
struct Part {
    body: Bytes,
    content: u64,
}

/// What is uploaded, and whence.
pub(super) struct Source {
    /// The pushed folder.
    pub(super) dir: Arc<dyn Dir>,
    /// Its files in manifest order.
    pub(super) paths: Vec<RelPath>,
    /// Their chunks.
    pub(super) recipe: Recipe,
}

impl Source {
    /// Reads the located chunks and packs them into parts. Ends early if nobody takes the parts any more.
    fn pack(&self, located: &[Located], parts: &mpsc::Sender<Part>) -> Result<()> {
        let mut writer = PartWriter::new(LEVEL)?;
        let mut content = 0;
        let mut open: Option<(usize, Box<dyn ReadAt>)> = None;
        let mut buffer = Vec::new();
        for at in located {
            let path = &self.paths[at.file];
            let file = match open.take() {
                Some((index, file)) if index == at.file => file,
                _ => self.dir.open(path)?,
            };
            buffer.resize(at.chunk.len as usize, 0);
            file.read_exact_at(&mut buffer, at.offset).with_context(|| format!("can't read {path}"))?;
            open = Some((at.file, file));
            if Hash::of(&buffer) != at.chunk.hash {
                bail!("{path} was changed during the push: run the command again");
            }
            if !writer.has_room(buffer.len()) {
                let full = std::mem::replace(&mut writer, PartWriter::new(LEVEL)?);
                let body = full.finish()?.into();
                if parts.blocking_send(Part { body, content: std::mem::take(&mut content) }).is_err() {
                    return Ok(());
                }
            }
            writer.add(&buffer)?;
            content += u64::from(at.chunk.len);
        }
        if !writer.is_empty() {
            // Whoever no longer listens has an error of its own to tell.
            let _ = parts.blocking_send(Part { body: writer.finish()?.into(), content });
        }
        Ok(())
    }
}

/// What an upload came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Bytes on the wire.
    pub(super) wire: u64,
    /// Bytes of content in them.
    pub(super) content: u64,
}

/// The byte router of a seed, with the right to one push.
struct Seed<'a> {
    api: &'a Api,
    base: Url,
    cap: String,
}

impl Seed<'_> {
    fn url(&self, path: &str) -> Result<Url> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| anyhow::anyhow!("the seed's address {} can't have a path", self.base))?
            .pop_if_empty()
            .push(path);
        url.query_pairs_mut().append_pair("cap", &self.cap);
        Ok(url)
    }

    /// `PUT path`, again and again while the seed can't be reached.
    async fn put<T: DeserializeOwned>(&self, path: &str, body: Bytes) -> Result<T> {
        let url = self.url(path)?;
        let put = || {
            let call = self.api.client().call_url(Method::PUT, url.clone());
            call.within(api::TRANSFER).body(body.clone()).send()
        };
        Ok(insist(put, RetryPauses::new(PATIENCE)).await?.json().await?)
    }
}

/// Whether a new right and another round may get over `error`: the seed was lost, or its right has run out.
pub(super) fn may_go_on(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<CallError>()
        .is_some_and(|e| e.is_transient() || matches!(e.status(), Some(401 | 403 | 404)))
}

/// Sends the recipe and every chunk that the seed lacks, counting in `sent` also if it breaks off. Safe to repeat:
/// what arrived is not sent again.
pub(super) async fn upload(
    api: &Api,
    access: &SeedAccess,
    source: &Arc<Source>,
    meter: &Meter,
    sent: &mut Sent,
) -> Result<()> {
    let seed = Seed { api, base: api.client().server().resolve(&access.base)?, cap: access.cap.clone() };
    let recipe = {
        let source = source.clone();
        let pack =
            move || -> Result<Bytes> { Ok(zstd::bulk::compress(&source.recipe.encode()?, LEVEL)?.into()) };
        tokio::task::spawn_blocking(pack).await??
    };
    let before = sent.content;
    sent.wire += recipe.len() as u64;
    let state: UploadState = seed.put("recipe", recipe.clone()).await?;
    let located = locate(&source.recipe, &state.missing);
    anyhow::ensure!(
        located.len() == state.missing.len(),
        "the seed asks for chunks that the build does not have"
    );
    let total: u64 = located.iter().map(|l| u64::from(l.chunk.len)).sum();
    meter.set(0, total);

    let (to_wire, mut from_packer) = mpsc::channel::<Part>(WAITING);
    let packer = {
        let source = source.clone();
        tokio::task::spawn_blocking(move || source.pack(&located, &to_wire))
    };
    let seed = &seed;
    let mut answers = futures::stream::poll_fn(move |cx| from_packer.poll_recv(cx))
        .map(|part| async move {
            let (wire, content) = (part.body.len() as u64, part.content);
            let _: PartAccepted = seed.put("parts", part.body).await?;
            anyhow::Ok(Sent { wire, content })
        })
        .buffer_unordered(IN_FLIGHT);
    while let Some(answer) = answers.next().await {
        let part = answer?;
        sent.wire += part.wire;
        sent.content += part.content;
        meter.set(sent.content - before, total);
    }
    drop(answers);
    packer.await?
}

#[cfg(test)]
mod tests {
    use mist_tree::{fs::RealDir, recipe::unpack_part};

    use super::*;

    fn chunk(bytes: &[u8]) -> Chunk {
        Chunk { hash: Hash::of(bytes), len: u32::try_from(bytes.len()).unwrap() }
    }

    #[test]
    fn missing_chunks_are_found_once_at_their_first_place() {
        let (a, b, c) = (chunk(b"aa"), chunk(b"bbb"), chunk(b"c"));
        let recipe = Recipe { files: vec![vec![a, b], vec![], vec![b, c, a]] };
        assert_eq!(
            locate(&recipe, &[c.hash, b.hash]),
            [Located { chunk: b, file: 0, offset: 2 }, Located { chunk: c, file: 2, offset: 3 }]
        );
        assert_eq!(locate(&recipe, &[Hash::of(b"unknown")]), []);
    }

    #[test]
    fn parts_carry_the_located_chunks_and_notice_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = RelPath::new("data").unwrap();
        std::fs::write(folder.path().join("data"), b"onetwo").unwrap();
        let source = Source {
            dir: Arc::new(RealDir::open(folder.path()).unwrap()),
            paths: vec![path],
            recipe: Recipe { files: vec![vec![chunk(b"one"), chunk(b"two")]] },
        };
        let located = locate(&source.recipe, &[Hash::of(b"two")]);
        let (tx, mut rx) = mpsc::channel(4);
        source.pack(&located, &tx).unwrap();
        let part = rx.try_recv().unwrap();
        let mut chunks = vec![];
        unpack_part(&part.body, |_, bytes| {
            chunks.push(bytes.to_vec());
            Ok(())
        })
        .unwrap();
        assert_eq!((chunks, part.content), (vec![b"two".to_vec()], 3));
        std::fs::write(folder.path().join("data"), b"onetwi").unwrap();
        let error = source.pack(&located, &tx).unwrap_err();
        assert!(error.to_string().contains("changed"), "{error}");
    }
}
