//! Chunks that a game's depots hold already, so that a push sends only what is new.

use std::{collections::HashMap, io, sync::Arc};

use mist_proto::{Hash, RelPath, Slug, Version};
use mist_tree::fs::{Dir, SubDir};

use crate::{
    catalogue::{self, Catalogue},
    store::{layout, recipes},
};

/// The chunks of a game's depots, as their recipes list them. What is there is checked when it is read.
pub(crate) struct DepotChunks {
    dir: Arc<dyn Dir>,
    game: Slug,
    versions: Vec<Version>,
    chunks: HashMap<Hash, InDepot>,
}

#[derive(Clone, Copy)]
struct InDepot {
    version: u32,
    file: u32,
    offset: u64,
    len: u32,
}

/// A chunk of a depot.
pub(crate) struct Found {
    /// Path in the store's root of the depot that it was read from, and the file in there; for messages.
    pub(crate) place: String,
    /// Its bytes, checked; or why they are not to be had.
    pub(crate) bytes: io::Result<Vec<u8>>,
}

impl DepotChunks {
    /// Reads the recipes of all builds of a game that have a depot. A damaged one is left out and logged. Blocks.
    pub(crate) fn of_game(dir: Arc<dyn Dir>, catalogue: &Catalogue, game: &Slug) -> Self {
        let versions = catalogue.whole_versions(game);
        let mut this = Self { dir, game: game.clone(), versions, chunks: HashMap::new() };
        for (index, version) in this.versions.iter().enumerate() {
            let recipe = match recipes::read(&*this.dir, &layout::build(game, version)) {
                Ok(recipe) => recipe,
                Err(error) => {
                    tracing::error!(%game, %version, %error, "the recipe of a build is damaged");
                    continue;
                }
            };
            let Ok(version) = u32::try_from(index) else { break };
            for (file, chunks) in (0u32..).zip(&recipe.files) {
                let mut offset = 0;
                for chunk in chunks {
                    let found = InDepot { version, file, offset, len: chunk.len };
                    this.chunks.entry(chunk.hash).or_insert(found);
                    offset += u64::from(chunk.len);
                }
            }
        }
        this
    }

    pub(crate) fn contains(&self, hash: &Hash) -> bool {
        self.chunks.contains_key(hash)
    }

    /// Opens the depots to read chunks from. Blocks.
    pub(crate) fn open(&self) -> DepotReader<'_> {
        DepotReader { chunks: self, files: HashMap::new() }
    }
}

/// Reads chunks out of depots.
pub(crate) struct DepotReader<'a> {
    chunks: &'a DepotChunks,
    /// For each depot that was needed, its folder and its files' paths.
    files: HashMap<u32, (SubDir, Vec<RelPath>)>,
}

impl DepotReader<'_> {
    /// The chunk with this hash, if a recipe lists it. Blocks.
    pub(crate) fn read(&mut self, hash: &Hash) -> Option<Found> {
        let at = *self.chunks.chunks.get(hash)?;
        let version = self.chunks.versions.get(at.version as usize)?;
        if let std::collections::hash_map::Entry::Vacant(unknown) = self.files.entry(at.version) {
            let (dir, game) = (&self.chunks.dir, &self.chunks.game);
            match catalogue::read_manifest(&**dir, game, version) {
                Ok(manifest) => {
                    let depot = SubDir::new(dir.clone(), &layout::depot(game, version));
                    let paths = manifest.into_manifest().files.into_iter().map(|f| f.path).collect();
                    unknown.insert((depot, paths));
                }
                Err(e) => return Some(Found { place: version.to_string(), bytes: Err(e) }),
            }
        }
        let (depot, paths) = self.files.get(&at.version)?;
        let path = paths.get(at.file as usize)?;
        let bytes = read_checked(depot, path, at, hash);
        Some(Found { place: format!("{path} of {version}"), bytes })
    }
}

fn read_checked(depot: &SubDir, path: &RelPath, at: InDepot, hash: &Hash) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; at.len as usize];
    depot.open(path)?.read_exact_at(&mut bytes, at.offset)?;
    if Hash::of(&bytes) == *hash { Ok(bytes) } else { Err(io::ErrorKind::InvalidData.into()) }
}
