//! Manifests: the signed list of what a build is.
//!
//! Canonical bytes, all integers little-endian, strings and lists with a `u32` length first:
//!
//! ```text
//! magic      8   "MISTMAN1", or "MISTMAN2" if the build has links
//! game       str
//! version    str
//! sequence   u64           1 for a game's first build, then parent's + 1 or more
//! parent     u8 tag, then the parent manifest's id (32) if the tag is 1
//! floor      u64           lowest sequence that may be live from now on; at most `sequence`
//! archive    hash (32), size u64
//! files      u32 count, each: path str, size u64, flags u8 (bit 0: executable), hash (32)
//! folders    u32 count of empty folders, each: path str
//! links      in "MISTMAN2" only: u32 count, at least 1, of symbolic links, each: path str, target str
//! launch     u32 count, each: platform u8 (0 any, 1 Linux, 2 Windows, 3 macOS), name str, path str,
//!            u32 count of arguments, each str; working directory: u8 tag, then path str if it is 1
//! ```
//!
//! Files are in ascending order of their path's bytes, and so are folders and links; a list out of order, a repeated
//! or colliding path, an unknown flag or tag, and bytes after the end are all refused, so that one manifest has
//! one encoding. A manifest's id is the BLAKE3 hash of these bytes.
//!
//! The signed envelope is `"MISTSIG1"`, the release key (32), the Ed25519 signature (64) over the context
//! `mist manifest v1`, a NUL and the manifest's id, then the canonical bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    BlobId, Hash, RelPath, Slug, Version,
    codec::{DecodeError, Reader, Writer},
    key::{BadSignature, ReleaseKey, ReleaseSecret},
    limits::{self, MAX_LINKS},
    links::{self, LinkEntry, LinkError, LinkRule, LinkTarget, Links},
    path::{PathError, PathSet},
};

const MAGIC: &[u8; 8] = b"MISTMAN1";
/// Of a build with links, which programs that know none have to refuse.
const MAGIC_WITH_LINKS: &[u8; 8] = b"MISTMAN2";
/// What all versions begin with.
const ANY_MAGIC: &[u8] = b"MISTMAN";
const ENVELOPE_MAGIC: &[u8; 8] = b"MISTSIG1";
const SIGN_CONTEXT: &str = "mist manifest v1";

/// Hash of a manifest's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ManifestId(pub Hash);

impl fmt::Display for ManifestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ManifestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManifestId({})", self.0.short())
    }
}

/// One file of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Where it lies.
    pub path: RelPath,
    /// Length in bytes.
    pub size: u64,
    /// Whether it may be run (mode 755 instead of 644).
    pub executable: bool,
    /// Hash of its content.
    pub hash: Hash,
}

impl FileEntry {
    fn encode(&self, w: &mut Writer) {
        w.str(self.path.as_str()).u64(self.size).u8(u8::from(self.executable)).raw(&self.hash.0);
    }
}

/// The system that a launch entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Every system.
    Any,
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

impl Platform {
    /// The system that this program runs on.
    pub fn current() -> Self {
        match std::env::consts::OS {
            "windows" => Self::Windows,
            "macos" => Self::Macos,
            _ => Self::Linux,
        }
    }
}

/// One way to start the game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaunchEntry {
    /// The system that it is for.
    pub platform: Platform,
    /// What a friend reads on the button's menu, e.g. `Play` or `Server`.
    pub name: String,
    /// The program, a file of the build.
    pub path: RelPath,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Working directory inside the build; the build's root if there is none.
    #[serde(default)]
    pub working_dir: Option<RelPath>,
}

/// A build's content and place in its game's history. See the module for the canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Game that it belongs to.
    pub game: Slug,
    /// Label, unique within the game.
    pub version: Version,
    /// Place in the game's linear list of builds.
    pub sequence: u64,
    /// Manifest of the build before it.
    pub parent: Option<ManifestId>,
    /// Lowest sequence that may be live once this manifest has been seen.
    pub floor: u64,
    /// Root and size of the build's archive.
    pub archive: BlobId,
    /// Files, in ascending order of path bytes.
    pub files: Vec<FileEntry>,
    /// Folders that contain nothing, in ascending order of path bytes.
    pub empty_dirs: Vec<RelPath>,
    /// Symbolic links, in ascending order of path bytes.
    pub links: Vec<LinkEntry>,
    /// How to start the game.
    pub launch: Vec<LaunchEntry>,
}

/// Why a manifest was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Malformed bytes.
    #[error("malformed manifest: {0}")]
    Decode(#[from] DecodeError),
    /// A path that is not allowed, or not beside the others.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A name that is not allowed.
    #[error(transparent)]
    Name(#[from] crate::ids::InvalidName),
    /// Paths that are not in order.
    #[error("manifest paths are not in order at {0}")]
    Order(RelPath),
    /// A link that is not allowed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What a link says is not allowed.
    #[error("link {path} is refused: {rule}")]
    Target {
        /// Where the link lies.
        path: RelPath,
        /// The rule that it breaks.
        rule: LinkRule,
    },
    /// It is of a version that is not known here.
    #[error("this build was made for a newer version of Mist: update Mist, then try again")]
    Newer,
    /// A rule about the values is broken.
    #[error("manifest is not valid: {0}")]
    Rule(&'static str),
    /// The signature does not fit.
    #[error("manifest: {0}")]
    Signature(#[from] BadSignature),
    /// Signed, but by another key than the pinned one.
    #[error("manifest is signed by {found}, but the release key known here is {pinned}")]
    WrongKey {
        /// Fingerprint of the key that signed.
        found: String,
        /// Fingerprint of the key that was expected.
        pinned: String,
    },
}

impl Manifest {
    /// Checks every rule that decoding checks too.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.sequence == 0 || self.floor > self.sequence {
            return Err(ManifestError::Rule("sequence starts at 1 and floor is at most sequence"));
        }
        if (self.sequence == 1) != self.parent.is_none() {
            return Err(ManifestError::Rule("exactly the first build has no parent"));
        }
        let entries = self.files.len() + self.empty_dirs.len() + self.links.len();
        if entries as u64 > limits::MAX_ENTRIES {
            return Err(ManifestError::Rule("over 1,000,000 files, links and folders"));
        }
        links::check_list(&self.links)?;
        if self.archive.size > limits::MAX_BLOB || self.files.iter().any(|f| f.size > limits::MAX_BLOB) {
            return Err(ManifestError::Rule("a size is over its bound"));
        }
        in_order(self.files.iter().map(|f| &f.path))?;
        in_order(self.empty_dirs.iter())?;
        in_order(self.links.iter().map(|l| &l.path))?;
        let mut set = PathSet::new();
        for f in &self.files {
            set.add_file(&f.path)?;
        }
        // Nothing lies below a link, whatever it leads to.
        for l in &self.links {
            set.add_file(&l.path)?;
        }
        for d in &self.empty_dirs {
            set.add_folder(d)?;
        }
        self.check_empty_dirs()?;
        Links::of(self).check()?;
        self.check_launch()
    }

    /// An "empty" folder must not be the parent of anything: the encoding would not be unique.
    fn check_empty_dirs(&self) -> Result<(), ManifestError> {
        for d in &self.empty_dirs {
            let prefix = format!("{d}/");
            let first_below = |paths: &mut dyn Iterator<Item = &RelPath>| {
                paths.next().is_some_and(|p| p.as_str().starts_with(&prefix))
            };
            let at = self.files.partition_point(|f| f.path.as_str() < prefix.as_str());
            let dir_at = self.empty_dirs.partition_point(|p| p.as_str() < prefix.as_str());
            let link_at = self.links.partition_point(|l| l.path.as_str() < prefix.as_str());
            if first_below(&mut self.files[at..].iter().map(|f| &f.path))
                || first_below(&mut self.empty_dirs[dir_at..].iter())
                || first_below(&mut self.links[link_at..].iter().map(|l| &l.path))
            {
                return Err(ManifestError::Rule("a folder listed as empty is not"));
            }
        }
        Ok(())
    }

    fn check_launch(&self) -> Result<(), ManifestError> {
        if self.launch.len() as u64 > limits::MAX_LAUNCH {
            return Err(ManifestError::Rule("over 32 launch entries"));
        }
        for l in &self.launch {
            if l.args.len() as u64 > limits::MAX_LAUNCH_ARGS
                || l.args.iter().any(|a| a.len() > limits::MAX_LAUNCH_ARG || a.contains('\0'))
            {
                return Err(ManifestError::Rule("a launch entry has too many or too long arguments"));
            }
            if l.name.is_empty() || l.name.len() > 64 || l.name.chars().any(char::is_control) {
                return Err(ManifestError::Rule("a launch entry's name is 1 to 64 bytes without controls"));
            }
            if self.file(&l.path).is_none() {
                return Err(ManifestError::Rule("a launch entry starts a file that the build does not have"));
            }
        }
        Ok(())
    }

    /// The entry of `path`.
    pub fn file(&self, path: &RelPath) -> Option<&FileEntry> {
        self.files.binary_search_by(|f| f.path.cmp(path)).ok().map(|i| &self.files[i])
    }

    /// Sum of the files' sizes.
    pub fn content_size(&self) -> u64 {
        self.files.iter().fold(0, |sum, f| sum.saturating_add(f.size))
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_magic(self.magic());
        self.encode_head(&mut w, self.files.len());
        for f in &self.files {
            f.encode(&mut w);
        }
        self.encode_tail(&mut w);
        w.0
    }

    /// The first version that knows what the build has.
    fn magic(&self) -> &'static [u8; 8] {
        if self.links.is_empty() { MAGIC } else { MAGIC_WITH_LINKS }
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
    fn encode_tail(&self, w: &mut Writer) {
        count(w, self.empty_dirs.len());
        for d in &self.empty_dirs {
            w.str(d.as_str());
        }
        if !self.links.is_empty() {
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
        let with_links = match &magic {
            MAGIC => false,
            MAGIC_WITH_LINKS => true,
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
        let links = if with_links { list(&mut r, MAX_LINKS as u64, 10, decode_link)? } else { Vec::new() };
        if with_links == links.is_empty() {
            return Err(ManifestError::Rule("the version is not the first one that does"));
        }
        let launch = list(&mut r, limits::MAX_LAUNCH, 14, decode_launch)?;
        r.end()?;
        let this = Self { game, version, sequence, parent, floor, archive, files, empty_dirs, links, launch };
        this.check()?;
        Ok(this)
    }

    /// Signs this manifest.
    ///
    /// # Errors
    /// A rule that it breaks: what can't be decoded is never signed.
    pub fn sign(self, key: &ReleaseSecret) -> Result<VerifiedManifest, ManifestError> {
        self.check()?;
        let bytes = self.encode();
        if bytes.len() > limits::MAX_MANIFEST {
            return Err(ManifestError::Rule("the manifest is over 128 MiB"));
        }
        let id = ManifestId(Hash::of(&bytes));
        let signature = key.sign(SIGN_CONTEXT, &id.0.0);
        let mut w = Writer::with_magic(ENVELOPE_MAGIC);
        w.raw(key.public().as_bytes()).raw(&signature).raw(&bytes);
        Ok(VerifiedManifest { manifest: self, id, key: key.public(), envelope: w.0 })
    }
}

/// Computes the id of a manifest whose files are told one by one, so that they need not be held together.
pub struct ManifestHasher<'a> {
    /// The manifest but for its files.
    rest: &'a Manifest,
    /// Files that are still to come.
    left: usize,
    hasher: blake3::Hasher,
    /// What was not hashed yet.
    waiting: Writer,
}

impl<'a> ManifestHasher<'a> {
    /// Begins with a manifest but for its files, and their number.
    pub fn new(rest: &'a Manifest, files: usize) -> Self {
        let mut waiting = Writer::with_magic(rest.magic());
        rest.encode_head(&mut waiting, files);
        Self { rest, left: files, hasher: blake3::Hasher::new(), waiting }
    }

    /// The next file, in ascending order of path bytes.
    pub fn file(&mut self, file: &FileEntry) {
        // Many at once are hashed faster.
        const ENOUGH: usize = 64 * 1024;
        self.left = self.left.wrapping_sub(1);
        file.encode(&mut self.waiting);
        if self.waiting.0.len() >= ENOUGH {
            self.hasher.update(&self.waiting.0);
            self.waiting.0.clear();
        }
    }

    /// The id, if there were as many files as was said.
    pub fn finish(mut self) -> Option<ManifestId> {
        self.rest.encode_tail(&mut self.waiting);
        self.hasher.update(&self.waiting.0);
        (self.left == 0).then(|| ManifestId(self.hasher.finalize().into()))
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

fn in_order<'a>(paths: impl Iterator<Item = &'a RelPath>) -> Result<(), ManifestError> {
    let mut last: Option<&RelPath> = None;
    for p in paths {
        if last.is_some_and(|l| l >= p) {
            return Err(ManifestError::Order(p.clone()));
        }
        last = Some(p);
    }
    Ok(())
}

/// A signed envelope whose signature nobody has looked at. Nothing in it may be used but to verify it.
pub struct UnverifiedManifest {
    key: ReleaseKey,
    signature: [u8; 64],
    envelope: Vec<u8>,
}

impl UnverifiedManifest {
    /// Splits an envelope, checking its frame only.
    ///
    /// # Errors
    /// [`DecodeError`] of the frame, or a key that can't sign.
    pub fn parse(envelope: Vec<u8>) -> Result<Self, ManifestError> {
        let mut r = Reader::new(&envelope);
        if r.array::<8>()? != *ENVELOPE_MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        let key = ReleaseKey::from_bytes(r.array()?).map_err(|_| DecodeError::Invalid("key"))?;
        let signature = r.array()?;
        if r.remaining() > limits::MAX_MANIFEST {
            return Err(DecodeError::OutOfBounds.into());
        }
        Ok(Self { key, signature, envelope })
    }

    /// The key that the envelope claims to be signed by.
    pub fn claimed_key(&self) -> ReleaseKey {
        self.key
    }

    /// Verifies the signature against the key known here, and only then reads the manifest.
    ///
    /// # Errors
    /// [`ManifestError::WrongKey`], [`ManifestError::Signature`], or what [`Manifest::decode`] refuses.
    pub fn verify(self, pinned: &ReleaseKey) -> Result<VerifiedManifest, ManifestError> {
        if self.key != *pinned {
            return Err(ManifestError::WrongKey {
                found: self.key.fingerprint(),
                pinned: pinned.fingerprint(),
            });
        }
        let bytes = &self.envelope[8 + 32 + 64..];
        let id = ManifestId(Hash::of(bytes));
        pinned.verify(SIGN_CONTEXT, &id.0.0, &self.signature)?;
        let manifest = Manifest::decode(bytes)?;
        Ok(VerifiedManifest { manifest, id, key: self.key, envelope: self.envelope })
    }
}

/// Whether an envelope, whoever signed it, holds a manifest of the version with links, which releases before it can't read.
pub fn is_with_links(envelope: &[u8]) -> bool {
    envelope.get(8 + 32 + 64..).is_some_and(|bytes| bytes.starts_with(MAGIC_WITH_LINKS))
}

/// A manifest whose signature fits a known release key. Only this type may decide what is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedManifest {
    manifest: Manifest,
    id: ManifestId,
    key: ReleaseKey,
    envelope: Vec<u8>,
}

impl VerifiedManifest {
    /// Hash of the canonical bytes.
    pub fn id(&self) -> ManifestId {
        self.id
    }

    /// The key that signed it.
    pub fn key(&self) -> ReleaseKey {
        self.key
    }

    /// The signed envelope, as it travels and is stored.
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The content, giving up the envelope.
    pub fn into_manifest(self) -> Manifest {
        self.manifest
    }
}

impl std::ops::Deref for VerifiedManifest {
    type Target = Manifest;
    fn deref(&self) -> &Manifest {
        &self.manifest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Manifest {
        let file = |p: &str, size| FileEntry {
            path: RelPath::new(p).expect(p),
            size,
            executable: p.ends_with(".sh"),
            hash: Hash::of(p.as_bytes()),
        };
        Manifest {
            game: "sample".parse().expect("slug"),
            version: "1.0".parse().expect("version"),
            sequence: 2,
            parent: Some(ManifestId(Hash::of(b"parent"))),
            floor: 1,
            archive: BlobId::of(b"archive"),
            files: vec![file("a/run.sh", 7), file("b", 0), file("é", 1 << 40)],
            empty_dirs: vec![RelPath::new("a/empty").expect("path")],
            links: vec![],
            launch: vec![LaunchEntry {
                platform: Platform::Linux,
                name: "Play".into(),
                path: RelPath::new("a/run.sh").expect("path"),
                args: vec!["--full screen".into()],
                working_dir: Some(RelPath::new("a").expect("path")),
            }],
        }
    }

    fn key(n: u8) -> ReleaseSecret {
        ReleaseSecret::from_seed(&[n; 32])
    }

    #[test]
    fn golden_bytes_stay_readable() {
        // Changing this hash means that every signed build in the world stops verifying.
        assert_eq!(
            Hash::of(&sample().encode()).to_string(),
            "bbfb7095ed43fa26894326d064c3c7c50b00f1781df8cd708cafe8fa8e2d5042"
        );
    }

    fn with_links() -> Manifest {
        let link = |path: &str, target: &str| LinkEntry {
            path: RelPath::new(path).expect(path),
            target: LinkTarget::new(target).expect(target),
        };
        Manifest { links: vec![link("a/lib.so", "../b"), link("current", "a")], ..sample() }
    }

    #[test]
    fn golden_bytes_of_the_version_with_links_stay_readable() {
        assert_eq!(
            Hash::of(&with_links().encode()).to_string(),
            "f1e7636d9c21317bcb3714233df7c31272cd10283f25d6dff96557e364894ca1"
        );
    }

    #[test]
    fn the_version_is_the_first_one_that_does() {
        assert_eq!(sample().encode()[..8], *b"MISTMAN1");
        let bytes = with_links().encode();
        assert_eq!(bytes[..8], *b"MISTMAN2");
        assert_eq!(Manifest::decode(&bytes), Ok(with_links()));
        for n in 0..bytes.len() {
            assert!(Manifest::decode(&bytes[..n]).is_err(), "cut at {n}");
        }
        let rest = Manifest { files: vec![], ..with_links() };
        let mut hasher = ManifestHasher::new(&rest, 3);
        with_links().files.iter().for_each(|f| hasher.file(f));
        assert_eq!(hasher.finish(), Some(ManifestId(Hash::of(&bytes))));
        // The newer version of what the older one can say, by hand: no links, where their number belongs.
        let mut plain = Manifest { launch: vec![], ..sample() }.encode();
        plain[7] = b'2';
        plain.extend_from_slice(&[0; 4]);
        assert!(matches!(Manifest::decode(&plain), Err(ManifestError::Rule(_))));
    }

    #[test]
    fn envelopes_tell_whether_there_are_links() {
        let envelope = |manifest: Manifest| manifest.sign(&key(1)).expect("valid").envelope().to_vec();
        assert!(is_with_links(&envelope(with_links())));
        assert!(!is_with_links(&envelope(sample())) && !is_with_links(b"MISTSIG1"));
    }

    #[test]
    fn a_newer_version_says_to_update_once_its_signature_fits() {
        let mut bytes = sample().encode();
        bytes[7] = b'3';
        assert_eq!(Manifest::decode(&bytes), Err(ManifestError::Newer));
        assert!(ManifestError::Newer.to_string().contains("update Mist"));
        let mut envelope = sample().sign(&key(1)).expect("valid").envelope().to_vec();
        envelope[8 + 32 + 64 + 7] = b'3';
        let forged = UnverifiedManifest::parse(envelope).and_then(|u| u.verify(&key(1).public()));
        assert!(matches!(forged, Err(ManifestError::Signature(_))), "{forged:?}");
    }

    #[test]
    fn files_one_by_one_have_the_same_id() {
        let mut whole = sample();
        whole.files = (0..3000)
            .map(|n| FileEntry {
                path: RelPath::new(&format!("d/{n:04}")).expect("path"),
                ..sample().files[0].clone()
            })
            .collect();
        let rest = Manifest { files: vec![], ..whole.clone() };
        let id = |told: &[FileEntry]| {
            let mut hasher = ManifestHasher::new(&rest, whole.files.len());
            told.iter().for_each(|f| hasher.file(f));
            hasher.finish()
        };
        assert_eq!(id(&whole.files), Some(ManifestId(Hash::of(&whole.encode()))));
        assert_eq!(id(&whole.files[1..]), None);
        assert_eq!(id(&[&whole.files[..], &whole.files[..1]].concat()), None);
    }

    #[test]
    fn round_trip_and_every_truncation() {
        let bytes = sample().encode();
        assert_eq!(Manifest::decode(&bytes), Ok(sample()));
        for n in 0..bytes.len() {
            assert!(Manifest::decode(&bytes[..n]).is_err(), "cut at {n}");
        }
        assert!(Manifest::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn signature_covers_every_byte() {
        let signed = sample().sign(&key(1)).expect("valid");
        let envelope = signed.envelope().to_vec();
        assert_eq!(envelope.len() - sample().encode().len(), limits::MAX_ENVELOPE - limits::MAX_MANIFEST);
        let verify = |e: Vec<u8>| UnverifiedManifest::parse(e).and_then(|u| u.verify(&key(1).public()));
        assert_eq!(verify(envelope.clone()).map(|m| m.id()), Ok(signed.id()));
        for at in 0..envelope.len() {
            let mut bad = envelope.clone();
            bad[at] ^= 0x40;
            assert!(verify(bad).is_err(), "flip at {at}");
        }
    }

    #[test]
    fn another_key_is_named() {
        let envelope = sample().sign(&key(2)).expect("valid").envelope().to_vec();
        let err = UnverifiedManifest::parse(envelope).and_then(|u| u.verify(&key(1).public()));
        assert!(matches!(err, Err(ManifestError::WrongKey { .. })), "{err:?}");
    }

    #[test]
    fn rules() {
        type Damage = (&'static str, fn(&mut Manifest));
        let broken: [Damage; 9] = [
            ("sequence 0", |m| m.sequence = 0),
            ("floor above sequence", |m| m.floor = 3),
            ("parent missing", |m| m.parent = None),
            ("first build with parent", |m| m.sequence = 1),
            ("order", |m| m.files.swap(0, 1)),
            ("duplicate", |m| m.files[1] = m.files[0].clone()),
            ("empty folder that is not", |m| m.empty_dirs = vec![RelPath::new("a").expect("path")]),
            ("launch of nothing", |m| m.launch[0].path = RelPath::new("x").expect("path")),
            ("huge file", |m| m.files[0].size = u64::MAX),
        ];
        for (what, breaks) in broken {
            let mut m = sample();
            breaks(&mut m);
            assert!(m.check().is_err(), "{what}");
            assert!(Manifest::decode(&m.encode()).is_err(), "{what}");
            assert!(m.sign(&key(1)).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Manifest::decode(&bytes);
            let _ = Manifest::decode(&[MAGIC.as_slice(), &bytes].concat());
            let _ = Manifest::decode(&[MAGIC_WITH_LINKS.as_slice(), &bytes].concat());
            let _ = UnverifiedManifest::parse([ENVELOPE_MAGIC.as_slice(), &bytes].concat());
        }

        #[test]
        fn what_decodes_encodes_the_same(at in 0usize..400, value: u8) {
            let mut bytes = sample().encode();
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(m) = Manifest::decode(&bytes) {
                prop_assert_eq!(m.encode(), bytes);
            }
            let mut bytes = with_links().encode();
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(m) = Manifest::decode(&bytes) {
                prop_assert_eq!(m.encode(), bytes);
            }
        }
    }
}
