//! What a patch is made of, told within bounds.

use std::io::Read;

use mist_delta::{PatchReader, Tally};
use mist_proto::{
    RelPath,
    http::{FileCost, PatchStory},
    limits::{MAX_STORY, MAX_STORY_PATHS},
};

/// Reads a patch of `size` bytes. None if it can't be read: the patch was tried before, and its story is no reason to fail.
pub(super) fn of(patch: impl Read, size: u64) -> Option<PatchStory> {
    let reader = PatchReader::open(patch).ok()?;
    let paths: Vec<RelPath> = reader.header().new.iter().map(|file| file.path.clone()).collect();
    let told =
        reader.tally().inspect_err(|error| tracing::warn!(%error, "a patch does not tell its story")).ok()?;
    Some(bounded(paths.into_iter().zip(told).collect(), size))
}

/// The dearest files, as many as are told one by one.
fn bounded(mut files: Vec<(RelPath, Tally)>, size: u64) -> PatchStory {
    files.sort_by(|(a, x), (b, y)| y.packed.cmp(&x.packed).then_with(|| a.cmp(b)));
    let all: u64 = files.iter().map(|(_, tally)| tally.packed).sum();
    let mut story = PatchStory { names: size.saturating_sub(all), ..PatchStory::default() };
    let mut paths = 0;
    for (path, tally) in files {
        let from = tally.from.filter(|from| *from != path);
        paths += path.as_str().len() + from.as_ref().map_or(0, |from| from.as_str().len());
        if story.files.len() == MAX_STORY || paths > MAX_STORY_PATHS {
            story.other_files += 1;
            story.other_packed += tally.packed;
            continue;
        }
        story.files.push(FileCost {
            path,
            packed: tally.packed,
            copied: tally.copied,
            differing: tally.differing,
            literal: tally.literal,
            streams: tally.streams,
            from,
        });
    }
    story
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, packed: u64) -> (RelPath, Tally) {
        (path.parse().unwrap(), Tally { packed, ..Tally::default() })
    }

    #[test]
    fn the_dearest_are_told_and_no_byte_is_lost() {
        let files: Vec<_> = (0..3000).map(|n| file(&format!("f{n}"), n)).collect();
        let sum: u64 = (0..3000).sum();
        let story = bounded(files, sum + 70);
        assert_eq!((story.files.len(), story.files[0].packed, story.names), (MAX_STORY, 2999, 70));
        assert_eq!(story.other_files, 2000);
        assert_eq!(story.files.iter().map(|f| f.packed).sum::<u64>() + story.other_packed, sum);
        let long: Vec<_> = (0..900).map(|n| file(&format!("{n}/{}", "x".repeat(250)).repeat(4), n)).collect();
        let story = bounded(long, 1 << 20);
        let bytes: usize = story.files.iter().map(|f| f.path.as_str().len()).sum();
        assert!(bytes <= MAX_STORY_PATHS && story.other_files > 0);
    }
}
