//! The canonical bytes of a manifest.

use crate::{
    BlobId, Hash, RelPath,
    codec::{DecodeError, Reader, Writer},
    limits::{self, MAX_LINKS},
    links::{LinkEntry, LinkTarget},
};

use super::{FileEntry, LaunchEntry, Manifest, ManifestError, ManifestId, Platform};

pub(super) const MAGIC: &[u8; 8] = b"MISTMAN1";
/// Of a build with links, or with names that have joiners: programs that know neither have to refuse it.
pub(super) const MAGIC_2: &[u8; 8] = b"MISTMAN2";
/// What all versions begin with.
const ANY_MAGIC: &[u8] = b"MISTMAN";

impl FileEntry {
    fn encode(&self, w: &mut Writer) {
        w.str(self.path.as_str()).u64(self.size).u8(u8::from(self.executable)).raw(&self.hash.0);
    }
}

/// A version of the canonical bytes. A manifest has the first one that can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Format {
    /// What every program reads.
    One,
    /// It has a list of links, and its names may have joiners.
    Two,
}

impl Format {
    fn of_files(files: &[FileEntry]) -> Self {
        if files.iter().any(|f| f.path.has_joiners()) { Self::Two } else { Self::One }
    }

    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::One => MAGIC,
            Self::Two => MAGIC_2,
        }
    }
}

impl Manifest {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let version = self.format().max(Format::of_files(&self.files));
        let mut w = Writer::with_magic(version.magic());
        self.encode_head(&mut w, self.files.len());
        for f in &self.files {
            f.encode(&mut w);
        }
        self.encode_tail(&mut w, version);
        w.0
    }

    /// The first version that knows what the build has besides its files.
    fn format(&self) -> Format {
        let folders =
            || self.empty_dirs.iter().chain(self.launch.iter().filter_map(|l| l.working_dir.as_ref()));
        if self.links.is_empty() && !folders().any(RelPath::has_joiners) { Format::One } else { Format::Two }
    }

    /// What comes after the magic and before the files.
    fn encode_head(&self, w: &mut Writer, files: usize) {
        w.str(self.game.as_str()).str(self.version.as_str()).u64(self.sequence);
        match self.parent {
            None => w.u8(0),
            Some(p) => w.u8(1).raw(&p.0.0),
        };
        w.u64(self.floor).raw(&self.archive.hash.0).u64(self.archive.size);
        count(w, files);
    }

    /// What comes after the files.
    fn encode_tail(&self, w: &mut Writer, version: Format) {
        count(w, self.empty_dirs.len());
        for d in &self.empty_dirs {
            w.str(d.as_str());
        }
        if version == Format::Two {
            count(w, self.links.len());
        }
        for l in &self.links {
            w.str(l.path.as_str()).str(l.target.as_str());
        }
        count(w, self.launch.len());
        for l in &self.launch {
            w.u8(match l.platform {
                Platform::Any => 0,
                Platform::Linux => 1,
                Platform::Windows => 2,
                Platform::Macos => 3,
            });
            w.str(&l.name).str(l.path.as_str());
            count(w, l.args.len());
            for a in &l.args {
                w.str(a);
            }
            match &l.working_dir {
                None => w.u8(0),
                Some(d) => w.u8(1).str(d.as_str()),
            };
        }
    }

    /// Reads canonical bytes and checks every rule.
    ///
    /// # Errors
    /// [`ManifestError`]; anything but the one canonical encoding is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > limits::MAX_MANIFEST {
            return Err(DecodeError::OutOfBounds.into());
        }
        let mut r = Reader::new(bytes);
        let magic = r.array::<8>()?;
        let said = match &magic {
            MAGIC => Format::One,
            MAGIC_2 => Format::Two,
            // What else it says can't be known, but somebody signed it.
            newer if newer.starts_with(ANY_MAGIC) => return Err(ManifestError::Newer),
            _ => return Err(DecodeError::UnknownTag.into()),
        };
        let game = r.str(64)?.parse()?;
        let version = r.str(64)?.parse()?;
        let sequence = r.u64()?;
        let parent = if r.bool()? { Some(ManifestId(Hash(r.array()?))) } else { None };
        let floor = r.u64()?;
        let archive = BlobId { hash: Hash(r.array()?), size: r.u64()? };
        let files = list(&mut r, limits::MAX_ENTRIES, 46, |r| {
            let path = RelPath::new(r.str(limits::MAX_PATH)?)?;
            let (size, executable, hash) = (r.u64()?, r.bool()?, Hash(r.array()?));
            Ok(FileEntry { path, size, executable, hash })
        })?;
        let empty_dirs =
            list(&mut r, limits::MAX_ENTRIES, 5, |r| Ok(RelPath::new(r.str(limits::MAX_PATH)?)?))?;
        let links = match said {
            Format::One => Vec::new(),
            Format::Two => list(&mut r, MAX_LINKS as u64, 10, decode_link)?,
        };
        let launch = list(&mut r, limits::MAX_LAUNCH, 14, decode_launch)?;
        r.end()?;
        let this = Self { game, version, sequence, parent, floor, archive, files, empty_dirs, links, launch };
        if said != this.format().max(Format::of_files(&this.files)) {
            return Err(ManifestError::Rule("the version is not the first one that does"));
        }
        this.check()?;
        Ok(this)
    }
}

/// Computes the id of a manifest whose files are told one by one, so that they need not be held together.
pub struct ManifestHasher<'a> {
    /// The manifest but for its files.
    rest: &'a Manifest,
    /// Files that are still to come.
    left: usize,
    /// Under each version that it may turn out to have. Which one that is, the last file may decide.
    hashers: Vec<(Format, blake3::Hasher)>,
    /// The version that what was told so far asks for.
    version: Format,
    /// What was not hashed yet.
    waiting: Writer,
}

impl<'a> ManifestHasher<'a> {
    /// Begins with a manifest but for its files, and their number.
    pub fn new(rest: &'a Manifest, files: usize) -> Self {
        let version = rest.format();
        let mut waiting = Writer(Vec::new());
        rest.encode_head(&mut waiting, files);
        let begun = |version: Format| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(version.magic());
            (version, hasher)
        };
        let hashers = [Format::One, Format::Two].into_iter().filter(|v| *v >= version).map(begun).collect();
        Self { rest, left: files, hashers, version, waiting }
    }

    /// The next file, in ascending order of path bytes.
    pub fn file(&mut self, file: &FileEntry) {
        // Many at once are hashed faster.
        const ENOUGH: usize = 64 * 1024;
        self.left = self.left.wrapping_sub(1);
        self.version = self.version.max(Format::of_files(std::slice::from_ref(file)));
        file.encode(&mut self.waiting);
        if self.waiting.0.len() >= ENOUGH {
            self.hash_waiting();
        }
    }

    /// The id, if there were as many files as was said.
    pub fn finish(mut self) -> Option<ManifestId> {
        self.hash_waiting();
        let (version, mut hasher) = self.hashers.into_iter().find(|(version, _)| *version == self.version)?;
        self.rest.encode_tail(&mut self.waiting, version);
        hasher.update(&self.waiting.0);
        (self.left == 0).then(|| ManifestId(hasher.finalize().into()))
    }

    fn hash_waiting(&mut self) {
        self.hashers.retain(|(version, _)| *version >= self.version);
        for (_, hasher) in &mut self.hashers {
            hasher.update(&self.waiting.0);
        }
        self.waiting.0.clear();
    }
}

fn count(w: &mut Writer, n: usize) {
    w.u32(u32::try_from(n).expect("lists are bounded by limits::MAX_ENTRIES"));
}

fn list<T>(
    r: &mut Reader<'_>,
    max: u64,
    min_item: usize,
    mut item: impl FnMut(&mut Reader<'_>) -> Result<T, ManifestError>,
) -> Result<Vec<T>, ManifestError> {
    let n = r.u32()? as usize;
    if n as u64 > max || n > r.remaining() / min_item {
        return Err(DecodeError::OutOfBounds.into());
    }
    let mut out = Vec::with_capacity(n);
    for _ in 0..n {
        out.push(item(r)?);
    }
    Ok(out)
}

fn decode_link(r: &mut Reader<'_>) -> Result<LinkEntry, ManifestError> {
    let path = RelPath::new(r.str(limits::MAX_PATH)?)?;
    match LinkTarget::new(r.str(limits::MAX_PATH)?) {
        Ok(target) => Ok(LinkEntry { path, target }),
        Err(rule) => Err(ManifestError::Target { path, rule }),
    }
}

fn decode_launch(r: &mut Reader<'_>) -> Result<LaunchEntry, ManifestError> {
    let platform = match r.u8()? {
        0 => Platform::Any,
        1 => Platform::Linux,
        2 => Platform::Windows,
        3 => Platform::Macos,
        _ => return Err(DecodeError::UnknownTag.into()),
    };
    let name = r.str(64)?.to_owned();
    let path = RelPath::new(r.str(limits::MAX_PATH)?)?;
    let args = list(r, limits::MAX_LAUNCH_ARGS, 4, |r| Ok(r.str(limits::MAX_LAUNCH_ARG)?.to_owned()))?;
    let working_dir = if r.bool()? { Some(RelPath::new(r.str(limits::MAX_PATH)?)?) } else { None };
    Ok(LaunchEntry { platform, name, path, args, working_dir })
}
