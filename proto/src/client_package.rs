//! Packages of the client, which the release key signs so that friends' programs may take them by themselves.
//!
//! The server passes packages on and can't make one: it has no key that a client would believe. What is said of one is encoded as
//! `MISTCLI1`, the release key that signs, the kind (`u8`), the version (three `u32`), the size (`u64`), the hash, the platform (a `u32`
//! length and UTF-8), and the signature over all before it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    codec::{DecodeError, Reader, Writer},
    hash::Hash,
    ids::{InvalidName, name_type},
    key::{ReleaseKey, ReleaseSecret},
    limits::MAX_CLIENT_PACKAGE,
};

const MAGIC: &[u8; 8] = b"MISTCLI1";
const CONTEXT: &str = "mist client package v1";
/// Bytes of a platform's name.
const MAX_PLATFORM: usize = 32;

name_type!(
    /// What a package runs on: the processor and the system, as `x86_64-linux`.
    Platform,
    "platform",
    "1 to 32 characters of a-z, 0-9, _ and -",
    |s| (1..=MAX_PLATFORM).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
);

impl Platform {
    /// That of a program for this processor and system, by the words of [`std::env::consts`].
    pub fn of(processor: &str, system: &str) -> Option<Self> {
        format!("{processor}-{system}").parse().ok()
    }
}

/// A version of the client: versions never go back, so that their order is what a floor is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientVersion([u32; 3]);

/// A text that is no version of the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a version of the client: expected three numbers with dots between, as 0.2.0")]
pub struct ParseClientVersionError;

impl FromStr for ClientVersion {
    type Err = ParseClientVersionError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0; 3];
        let mut parts = s.split('.');
        for number in &mut numbers {
            let part = parts.next().ok_or(ParseClientVersionError)?;
            // One version has one text.
            let is_plain =
                part == "0" || (!part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()));
            *number = part.parse().ok().filter(|_| is_plain).ok_or(ParseClientVersionError)?;
        }
        parts.next().is_none().then_some(Self(numbers)).ok_or(ParseClientVersionError)
    }
}

impl TryFrom<String> for ClientVersion {
    type Error = ParseClientVersionError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<ClientVersion> for String {
    fn from(version: ClientVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for ClientVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl utoipa::PartialSchema for ClientVersion {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("three numbers with dots between"))
            .into()
    }
}

impl utoipa::ToSchema for ClientVersion {}

/// How a package is packed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PackageKind {
    /// A folder, which the client in it replaces by itself.
    TarZst,
    /// For Debian's package manager.
    Deb,
    /// One file that runs by itself on Linux.
    AppImage,
    /// An installer for Windows.
    Exe,
    /// A disk image for macOS.
    Dmg,
}

impl PackageKind {
    /// All of them, each at the place that its byte names.
    pub const ALL: [Self; 5] = [Self::TarZst, Self::Deb, Self::AppImage, Self::Exe, Self::Dmg];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::TarZst => "tar.zst",
            Self::Deb => "deb",
            Self::AppImage => "AppImage",
            Self::Exe => "exe",
            Self::Dmg => "dmg",
        }
    }

    fn byte(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for PackageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ending())
    }
}

/// What is said of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPackage {
    /// What it runs on.
    pub platform: Platform,
    /// How it is packed.
    pub kind: PackageKind,
    /// Its version.
    pub version: ClientVersion,
    /// Its bytes.
    pub size: u64,
    /// Their hash.
    pub hash: Hash,
}

impl ClientPackage {
    /// What the file is called.
    pub fn file_name(&self) -> String {
        format!("mist-desktop-{}-{}.{}", self.version, self.platform, self.kind)
    }
}

/// That, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPackage {
    signed_by: ReleaseKey,
    package: ClientPackage,
    signature: [u8; 64],
}

impl SignedPackage {
    /// Signs it.
    ///
    /// # Errors
    /// [`DecodeError::OutOfBounds`] for a package without a byte, or above [`MAX_CLIENT_PACKAGE`].
    pub fn sign(release: &ReleaseSecret, package: ClientPackage) -> Result<Self, DecodeError> {
        check(&package)?;
        let signed_by = release.public();
        let signature = release.sign(CONTEXT, &signed_part(&signed_by, &package));
        Ok(Self { signed_by, package, signature })
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = signed_part(&self.signed_by, &self.package);
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    /// Reads and verifies. Whoever believes it has looked at [`SignedPackage::signed_by`].
    ///
    /// # Errors
    /// [`DecodeError`] if it is malformed or the signature does not fit.
    pub fn decode_verified(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.array::<8>()? != *MAGIC {
            return Err(DecodeError::UnknownTag);
        }
        let signed_by = ReleaseKey::from_bytes(r.array()?).map_err(|_| DecodeError::Invalid("key"))?;
        let kind = PackageKind::ALL.get(usize::from(r.u8()?)).copied().ok_or(DecodeError::UnknownTag)?;
        let version = ClientVersion([r.u32()?, r.u32()?, r.u32()?]);
        let (size, hash) = (r.u64()?, Hash(r.array()?));
        let platform =
            r.str(MAX_PLATFORM)?.parse().map_err(|_: InvalidName| DecodeError::Invalid("platform"))?;
        let package = ClientPackage { platform, kind, version, size, hash };
        let signature = r.array()?;
        r.end()?;
        check(&package)?;
        signed_by
            .verify(CONTEXT, &signed_part(&signed_by, &package), &signature)
            .map_err(|_| DecodeError::Invalid("signature of a package of the client"))?;
        Ok(Self { signed_by, package, signature })
    }

    /// The release key that signed it.
    pub fn signed_by(&self) -> ReleaseKey {
        self.signed_by
    }

    /// What it says.
    pub fn package(&self) -> &ClientPackage {
        &self.package
    }
}

fn signed_part(signed_by: &ReleaseKey, package: &ClientPackage) -> Vec<u8> {
    let ClientPackage { platform, kind, version: ClientVersion([major, minor, patch]), size, hash } = package;
    let mut w = Writer::with_magic(MAGIC);
    w.raw(signed_by.as_bytes()).u8(kind.byte()).u32(*major).u32(*minor).u32(*patch);
    w.u64(*size).raw(hash.as_bytes()).str(platform.as_str());
    w.0
}

fn check(package: &ClientPackage) -> Result<(), DecodeError> {
    if (1..=MAX_CLIENT_PACKAGE).contains(&package.size) { Ok(()) } else { Err(DecodeError::OutOfBounds) }
}

/// Why a package is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It is for another platform, or packed in another way.
    Elsewhere,
    /// Another key than the one that is trusted signed it.
    AnotherKey,
    /// It is not newer than what runs.
    NotNewer,
    /// It is older than one that was seen before.
    BelowFloor,
}

/// Whether `offered` may take the place of the client of version `running` on `platform`, where `trusted` is the release key that is
/// trusted, and `floor` the newest version that was ever offered under it.
///
/// # Errors
/// [`NotTaken`].
pub fn may_replace(
    offered: &SignedPackage,
    trusted: &ReleaseKey,
    platform: &Platform,
    running: ClientVersion,
    floor: Option<ClientVersion>,
) -> Result<(), NotTaken> {
    let ClientPackage { platform: of, kind, version, .. } = &offered.package;
    if of != platform || *kind != PackageKind::TarZst {
        Err(NotTaken::Elsewhere)
    } else if offered.signed_by != *trusted {
        Err(NotTaken::AnotherKey)
    } else if *version <= running {
        Err(NotTaken::NotNewer)
    } else if floor.is_some_and(|floor| *version < floor) {
        Err(NotTaken::BelowFloor)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(n: u8) -> ReleaseSecret {
        ReleaseSecret::from_seed(&[n; 32])
    }

    fn version(text: &str) -> ClientVersion {
        text.parse().expect("a version")
    }

    fn package(of: &str) -> ClientPackage {
        ClientPackage {
            platform: "x86_64-linux".parse().expect("a platform"),
            kind: PackageKind::TarZst,
            version: version(of),
            size: 12_000_000,
            hash: Hash([3; 32]),
        }
    }

    #[test]
    fn what_is_signed_round_trips_and_nothing_of_it_can_be_altered() {
        for kind in PackageKind::ALL {
            let said = ClientPackage { kind, ..package("0.2.10") };
            let bytes = SignedPackage::sign(&secret(1), said.clone()).expect("signed").encode();
            let back = SignedPackage::decode_verified(&bytes).expect("it fits");
            assert_eq!(
                (back.encode(), back.package(), back.signed_by()),
                (bytes.clone(), &said, secret(1).public())
            );
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                assert!(SignedPackage::decode_verified(&bad).is_err(), "flip at {at}");
                assert!(SignedPackage::decode_verified(&bytes[..at]).is_err(), "cut at {at}");
            }
            assert!(SignedPackage::decode_verified(&[bytes, vec![0]].concat()).is_err());
        }
    }

    #[test]
    fn sizes_are_bounded() {
        for size in [0, MAX_CLIENT_PACKAGE + 1, u64::MAX] {
            let said = ClientPackage { size, ..package("0.2.0") };
            assert_eq!(SignedPackage::sign(&secret(1), said).err(), Some(DecodeError::OutOfBounds));
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers_and_have_one_text() {
        assert!(version("0.10.0") > version("0.9.9") && version("1.0.0") > version("0.99.99"));
        assert_eq!(version("0.10.3").to_string(), "0.10.3");
        for bad in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.",
            "1.2.-3",
            "1.2.+3",
            "1.2.x",
            "1.2.4294967296",
            " 1.2.3",
        ] {
            assert!(bad.parse::<ClientVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_is_newer_and_of_the_trusted_key_replaces_a_client() {
        let (trusted, platform) = (secret(1).public(), Platform::of("x86_64", "linux").expect("a platform"));
        let try_it = |by: u8, of: ClientPackage, running: &str, floor: Option<&str>| {
            let signed = SignedPackage::sign(&secret(by), of).expect("signed");
            may_replace(&signed, &trusted, &platform, version(running), floor.map(version))
        };
        assert_eq!(try_it(1, package("0.2.0"), "0.1.9", None), Ok(()));
        assert_eq!(try_it(1, package("0.2.0"), "0.1.9", Some("0.2.0")), Ok(()));
        assert_eq!(try_it(1, package("0.2.0"), "0.2.0", None), Err(NotTaken::NotNewer));
        assert_eq!(try_it(1, package("0.2.0"), "0.3.0", None), Err(NotTaken::NotNewer));
        assert_eq!(try_it(1, package("0.2.0"), "0.1.0", Some("0.2.1")), Err(NotTaken::BelowFloor));
        assert_eq!(try_it(2, package("0.2.0"), "0.1.0", None), Err(NotTaken::AnotherKey));
        let deb = ClientPackage { kind: PackageKind::Deb, ..package("0.2.0") };
        assert_eq!(try_it(1, deb, "0.1.0", None), Err(NotTaken::Elsewhere));
        let windows = ClientPackage { platform: "x86_64-windows".parse().expect("one"), ..package("0.2.0") };
        assert_eq!(try_it(1, windows, "0.1.0", None), Err(NotTaken::Elsewhere));
    }
}
