//! Packages of the client that the server passes on: `GET /clients` (no account needed).

use serde::{Deserialize, Serialize};

use crate::{
    Hash, UnixMillis,
    client_package::{ClientPackage, ClientVersion, PackageKind, Platform, SignedPackage},
};

/// `GET /clients`: the newest package of each platform and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClientList {
    // Without pages: at most `limits::MAX_CLIENT_PACKAGES`.
    /// The packages, by platform and kind.
    pub packages: Vec<ClientOffer>,
}

/// A package of the client. What counts is its statement; the other fields are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClientOffer {
    /// What it runs on.
    pub platform: Platform,
    /// How it is packed.
    pub kind: PackageKind,
    /// Its version.
    pub version: ClientVersion,
    /// Its bytes.
    pub size: u64,
    /// Their hash. They are at `/clients/{hash}/{number}`, a MiB each, from 0 on.
    pub hash: Hash,
    /// Since when it is offered.
    pub added: UnixMillis,
    /// [`SignedPackage`] in base64.
    pub statement: String,
}

impl ClientOffer {
    /// What was signed, offered since then.
    pub fn of(signed: &SignedPackage, added: UnixMillis) -> Self {
        let ClientPackage { platform, kind, version, size, hash } = signed.package().clone();
        let statement = data_encoding::BASE64.encode(&signed.encode());
        Self { platform, kind, version, size, hash, added, statement }
    }

    /// What the file is called.
    pub fn file_name(&self) -> String {
        let Self { platform, kind, version, size, hash, .. } = self.clone();
        ClientPackage { platform, kind, version, size, hash }.file_name()
    }

    /// What was signed, if it verifies; by which key, the caller has to look.
    pub fn signed(&self) -> Option<SignedPackage> {
        let bytes = data_encoding::BASE64.decode(self.statement.as_bytes()).ok()?;
        SignedPackage::decode_verified(&bytes).ok()
    }
}
