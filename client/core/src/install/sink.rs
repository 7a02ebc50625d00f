//! Where pieces of an archive go while a build is put together in staging.

use std::{io, ops::ControlFlow, sync::Arc};

use mist_peer::BlobSink;
use mist_proto::{FileEntry, RelPath};
use mist_tree::{
    archive::{ArchiveWriter, Layout, Part},
    fs::{ControlPath, Dir, SubDir},
};

use super::{
    previous::{PREVIOUS, name_of},
    reuse::Origin,
};
use crate::folder::control;

/// Writes the fetched files' bytes into staging, and reads the archive back out of staging and the game's folder.
pub(crate) struct StagingSink {
    layout: Arc<Layout>,
    writer: ArchiveWriter,
    staging: Arc<dyn Dir>,
    game: Arc<dyn Dir>,
    /// For each file of the build: where it is to be read from, if not from staging.
    elsewhere: Vec<Option<Place>>,
}

/// A place that is not in staging.
enum Place {
    Game(RelPath),
    Previous(ControlPath),
}

impl StagingSink {
    pub(crate) fn new(
        layout: Arc<Layout>,
        game: Arc<dyn Dir>,
        files: &[FileEntry],
        origins: &[Origin],
    ) -> Self {
        let staging: Arc<dyn Dir> = Arc::new(SubDir::new(game.clone(), &control("staging")));
        let elsewhere = origins.iter().zip(files).map(|(origin, file)| match origin {
            Origin::Keep | Origin::Patch | Origin::Unpatch(_) => Some(Place::Game(file.path.clone())),
            Origin::Move(from) | Origin::Copy(from) => Some(Place::Game(from.clone())),
            Origin::Return => {
                name_of(origin, file).map(|name| Place::Previous(control(PREVIOUS).join(&name)))
            }
            Origin::Mend | Origin::Fetch | Origin::ReturnCopy => None,
        });
        Self {
            writer: ArchiveWriter::new(layout.clone(), staging.clone()),
            elsewhere: elsewhere.collect(),
            layout,
            staging,
            game,
        }
    }
}

/// The length of a segment of a buffer.
fn length(at: &std::ops::Range<u64>) -> usize {
    usize::try_from(at.end - at.start).expect("a segment of a buffer")
}

impl BlobSink for StagingSink {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        for segment in self.layout.segments(offset..offset + bytes.len() as u64) {
            let (now, later) = rest.split_at(length(&segment.at));
            rest = later;
            if let Part::Content { file, .. } = segment.part
                && self.elsewhere[file].is_none()
            {
                self.writer.write(now, segment.at.start).map_err(io::Error::from)?;
            }
        }
        Ok(())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut rest = buf;
        for segment in self.layout.segments(offset..offset + rest.len() as u64) {
            let (now, later) = rest.split_at_mut(length(&segment.at));
            rest = later;
            match segment.part {
                Part::Header(bytes) => now.copy_from_slice(&bytes),
                Part::Zeros => now.fill(0),
                Part::Content { file, offset } => {
                    let open = match &self.elsewhere[file] {
                        Some(Place::Game(path)) => self.game.open(path)?,
                        Some(Place::Previous(path)) => self.game.open(path)?,
                        None => self.staging.open(&self.layout.members()[file].path)?,
                    };
                    open.read_exact_at(now, offset)?;
                }
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.writer.sync().map_err(io::Error::from)
    }
}

/// A file's worth of bytes copied in portions, until `copied` breaks it off. Only a whole copy is made durable.
pub(super) fn copy_file(
    from: (&dyn Dir, &RelPath),
    to: (&dyn Dir, &RelPath),
    mut copied: impl FnMut(u64) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let source = from.0.open(from.1)?;
    let target = to.0.create(to.1)?;
    let mut buf = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        match source.read_at(&mut buf, at)? {
            0 => break,
            n => {
                target.write_all_at(&buf[..n], at)?;
                at += n as u64;
                if copied(n as u64).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }
    target.sync_data().map(ControlFlow::Continue)
}
