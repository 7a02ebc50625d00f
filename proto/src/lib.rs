//! The words of Mist, shared by every other crate.
//!
//! This crate is vocabulary: identifiers, paths, manifests, signatures, token claims, the swarm's wire
//! frames and the bodies of the HTTP API. It parses and checks, and does nothing else: no runtime, no file
//! system, no sockets and no clock live here. Wherever time matters it is a parameter.
//!
//! Everything that arrives from another machine enters through a type of this crate whose constructor
//! refuses what is not well formed, so that the rest of the workspace can't hold an invalid name, path or
//! frame. Bounds on remote input are collected in [`limits`].

pub mod chain;
pub mod claims;
pub mod client_package;
pub mod codec;
pub mod hash;
pub mod http;
pub mod ids;
mod joiners;
pub mod key;
pub mod limits;
pub mod links;
pub mod manifest;
pub mod pace;
pub mod path;
pub mod publishers;
pub mod text;
pub mod time;
mod variables;
pub mod wire;

pub use hash::{BlobId, Hash};
pub use ids::{Slug, Version};
pub use links::{LinkEntry, LinkTarget};
pub use manifest::{FileEntry, Manifest, ManifestHasher, ManifestId, UnverifiedManifest, VerifiedManifest};
pub use pace::Pace;
pub use path::RelPath;
pub use time::UnixMillis;
pub use variables::VARIABLES;
