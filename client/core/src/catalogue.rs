//! What is known of a server's games, kept on disk so that everything authorised works while the tracker is away.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use mist_proto::{
    BlobId, Hash, ManifestId, Slug, UnixMillis, VerifiedManifest, Version,
    http::{self, Build, BuildList, BuildState, CatalogueEntry, DenyList, Game, GameList, Ticket},
    limits,
};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    error::Error,
    home::{HomeError, read_file, read_json, remove_file, write_file, write_json},
    sync::lock,
    trust::Pins,
};

/// Envelopes up to this size are fetched for every build that the account may see; larger ones only when needed.
const EAGER_MANIFEST: u64 = 8 << 20;
/// Characters of a game's title and description that are kept, and bytes of its cover's address.
const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 10_000;
const MAX_URL: usize = 2048;
/// Bytes of what is said of a build that are kept.
const MAX_NOTES: usize = 4000;
/// Bytes of envelopes that are fetched before anybody needs them, and that are kept without need.
const MANIFESTS: u64 = 512 << 20;

/// The newest promise that a game's manifests made: nothing below `floor` may be live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Promise {
    sequence: u64,
    floor: u64,
}

/// `games.json`: the games, and the revision that the server gave for them and their builds.
#[derive(Serialize, Deserialize)]
struct KnownGames {
    #[serde(flatten)]
    list: GameList,
    #[serde(default)]
    revision: Option<String>,
}

/// The cached catalogue of one server.
pub(crate) struct Catalogue {
    dir: PathBuf,
    /// Serialises changes of `promises.json` within this process.
    promises: Mutex<()>,
}

impl Catalogue {
    pub(crate) fn at(dir: PathBuf) -> Self {
        Self { dir, promises: Mutex::new(()) }
    }

    /// The games, as of the time in the list; `None` before the first contact.
    pub(crate) fn games(&self) -> Result<Option<GameList>, HomeError> {
        Ok(read_json::<KnownGames>(&self.games_file())?.map(|known| known.list))
    }

    /// One game.
    pub(crate) fn game(&self, slug: &Slug) -> Result<Option<Game>, HomeError> {
        Ok(self.games()?.and_then(|list| list.games.into_iter().find(|g| g.slug == *slug)))
    }

    /// The ready builds of a game, oldest first.
    pub(crate) fn builds(&self, game: &Slug) -> Result<Vec<Build>, HomeError> {
        let list: Option<BuildList> = read_json(&self.builds_file(game))?;
        let mut builds = list.map(|l| l.builds).unwrap_or_default();
        builds.retain(|b| b.state == BuildState::Ready);
        Ok(builds)
    }

    /// Fetches what changed: games, builds, manifests of moderate size. Returns whether anything did.
    pub(crate) async fn refresh(&self, account: &Account, pins: &Pins) -> Result<bool, Error> {
        let known: Option<KnownGames> = read_json(&self.games_file())?;
        // Builds that are not on this disk have to come again.
        let known = known.filter(|k| k.list.games.iter().all(|g| self.builds_file(&g.slug).exists()));
        // Lists that grew piece by piece are asked for as a whole, which is bounded.
        let known = known.filter(|_| self.bytes_of_builds() <= 2 * limits::MAX_CATALOGUE as u64);
        let since = known.as_ref().and_then(|k| k.revision.as_deref());
        let news = account.catalogue(since).await?;
        let changed = since != Some(news.revision.as_str());
        let games = self.keep(known, news)?;
        self.prune(&games)?;
        for (game, build) in self.wanted(&games)? {
            match self.manifest(account, pins, &game, &build).await {
                Ok(_) => {}
                Err(Error::Tracker(error)) if error.is_transient() => return Err(error.into()),
                // One bad manifest must not hide the rest of the library.
                Err(error) => {
                    tracing::warn!(%game, version = %build.version, %error, "no manifest");
                }
            }
        }
        Ok(changed)
    }

    fn bytes_of_builds(&self) -> u64 {
        let lists = fs::read_dir(self.dir.join("builds")).into_iter().flatten().flatten();
        lists.map(|list| list.metadata().map_or(0, |meta| meta.len())).sum()
    }

    /// The builds whose envelopes are to be fetched before anybody needs them: of live builds first, and no more than
    /// [`MANIFESTS`] in all, what is here included.
    fn wanted(&self, games: &[Game]) -> Result<Vec<(Slug, Build)>, HomeError> {
        let mut room = MANIFESTS;
        let (mut live, mut others) = (Vec::new(), Vec::new());
        for game in games {
            for build in self.builds(&game.slug)? {
                let at = self.envelope_file(&game.slug, &build.manifest.hash);
                let is_here = fs::metadata(at).is_ok_and(|m| m.len() == build.manifest.size);
                match (is_here, build.live) {
                    (true, _) => room = room.saturating_sub(build.manifest.size),
                    (false, true) => live.push((game.slug.clone(), build)),
                    (false, false) if build.manifest.size <= EAGER_MANIFEST => {
                        others.push((game.slug.clone(), build));
                    }
                    (false, false) => {}
                }
            }
        }
        live.extend(others);
        live.retain(|(_, build)| {
            let fits = build.manifest.size <= room;
            if fits {
                room -= build.manifest.size;
            }
            fits
        });
        Ok(live)
    }

    /// Removes what is cached of games and builds that are not in the catalogue, and of what is left the envelopes that were
    /// used least recently, down to [`MANIFESTS`]. What games promised stays: a server that hides a game for a while must not
    /// lead below its floor. Installed builds have their envelopes in their own folders.
    fn prune(&self, games: &[Game]) -> Result<(), HomeError> {
        let listed: BTreeSet<&str> = games.iter().map(|g| g.slug.as_str()).collect();
        for name in names(&self.dir.join("builds"))? {
            if name.strip_suffix(".json").is_none_or(|slug| !listed.contains(slug)) {
                remove_file(&self.dir.join("builds").join(&name))?;
            }
        }
        let all = self.dir.join("manifests");
        for name in names(&all)? {
            if !listed.contains(name.as_str()) {
                remove_folder(&all.join(&name))?;
            }
        }
        let mut kept = Vec::new();
        for game in games {
            let builds = self.builds(&game.slug)?;
            let current: BTreeSet<String> = builds.iter().map(|b| b.manifest.hash.to_string()).collect();
            let live = builds.iter().find(|b| b.live).map(|b| b.manifest.hash.to_string());
            let folder = all.join(game.slug.as_str());
            for name in names(&folder)? {
                let file = folder.join(&name);
                if !current.contains(&name) {
                    remove_file(&file)?;
                } else if let Ok(meta) = fs::metadata(&file) {
                    kept.push((live.as_deref() == Some(&name), meta.modified().ok(), meta.len(), file));
                }
            }
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(.., len, _)| len).sum();
        for (.., len, file) in kept {
            if total <= MANIFESTS {
                break;
            }
            remove_file(&file)?;
            total -= len;
        }
        Ok(())
    }

    /// Keeps what came beside what is known; gives all games. The revision is written last, so that what is lost on the
    /// way comes again.
    fn keep(&self, known: Option<KnownGames>, news: http::Catalogue) -> Result<Vec<Game>, HomeError> {
        let before = known.as_ref().map_or(0, |known| known.list.games.len());
        bounded(&news, if news.whole { 0 } else { before })?;
        let mut games: BTreeMap<Slug, Game> = match known {
            Some(known) if !news.whole => known.list.games.into_iter().map(|g| (g.slug.clone(), g)).collect(),
            _ => BTreeMap::new(),
        };
        for CatalogueEntry { mut game, mut builds } in news.games {
            clip(&mut game);
            builds.iter_mut().for_each(clip_build);
            write_json(&self.builds_file(&game.slug), &BuildList { builds, next: None }, false)?;
            games.insert(game.slug.clone(), game);
        }
        for slug in news.gone {
            games.remove(&slug);
            remove_file(&self.builds_file(&slug))?;
        }
        let mut games: Vec<Game> = games.into_values().collect();
        games.sort_by(|a, b| (&a.title, &a.slug).cmp(&(&b.title, &b.slug)));
        let list = GameList { games: games.clone(), as_of: news.as_of, next: None };
        write_json(&self.games_file(), &KnownGames { list, revision: Some(news.revision) }, false)?;
        Ok(games)
    }

    /// The verified manifest of a build, from the cache or the tracker.
    pub(crate) async fn manifest(
        &self,
        account: &Account,
        pins: &Pins,
        game: &Slug,
        build: &Build,
    ) -> Result<VerifiedManifest, Error> {
        if let Some(found) = self.cached_manifest(pins, game, build)? {
            return Ok(found);
        }
        let envelope = account.manifest(build.manifest).await.map_err(|e| match e {
            Error::Tracker(t) if t.is_outage() => Error::ManifestUnavailable {
                game: game.clone(),
                version: build.version.clone(),
                id: build.manifest_id,
            },
            e => e,
        })?;
        self.keep_manifest(pins, game, build, envelope)
    }

    /// The verified manifest of a build, if its envelope is cached.
    pub(crate) fn cached_manifest(
        &self,
        pins: &Pins,
        game: &Slug,
        build: &Build,
    ) -> Result<Option<VerifiedManifest>, Error> {
        let Some(envelope) = self.envelope(game, &build.manifest.hash)? else { return Ok(None) };
        verified(pins, game, &build.version, Some(build.manifest_id), envelope).map(Some)
    }

    /// Verifies an envelope and keeps it.
    pub(crate) fn keep_manifest(
        &self,
        pins: &Pins,
        game: &Slug,
        build: &Build,
        envelope: Vec<u8>,
    ) -> Result<VerifiedManifest, Error> {
        let manifest = verified(pins, game, &build.version, Some(build.manifest_id), envelope)?;
        write_file(&self.envelope_file(game, &build.manifest.hash), manifest.envelope(), false)?;
        self.remember_promise(game, &manifest)?;
        Ok(manifest)
    }

    /// A cached envelope as it is, unverified.
    pub(crate) fn envelope(&self, game: &Slug, hash: &Hash) -> Result<Option<Vec<u8>>, HomeError> {
        let found = read_file(&self.envelope_file(game, hash))?;
        Ok(found.filter(|bytes| Hash::of(bytes) == *hash))
    }

    /// A folder in which an envelope of a game may be fetched, by whoever holds the game's lock.
    pub(crate) fn scratch(&self, game: &Slug) -> PathBuf {
        self.dir.join("fetch").join(game.as_str())
    }

    /// Addresses of the cached envelopes of a game.
    pub(crate) fn envelopes(&self, game: &Slug) -> Vec<BlobId> {
        let Ok(entries) = fs::read_dir(self.dir.join("manifests").join(game.as_str())) else {
            return Vec::new();
        };
        let blob = |entry: fs::DirEntry| {
            let hash = entry.file_name().to_str()?.parse().ok()?;
            Some(BlobId { hash, size: entry.metadata().ok()?.len() })
        };
        entries.filter_map(|e| blob(e.ok()?)).collect()
    }

    /// Lowest sequence that the server may make live without anybody asking for it by name.
    pub(crate) fn floor(&self, game: &Slug) -> Result<u64, HomeError> {
        Ok(self.promises_of_all()?.get(game).map_or(0, |p| p.floor))
    }

    fn remember_promise(&self, game: &Slug, manifest: &VerifiedManifest) -> Result<(), HomeError> {
        let _one_at_a_time = lock(&self.promises);
        let mut all = self.promises_of_all()?;
        let known = all.entry(game.clone()).or_default();
        if manifest.sequence > known.sequence {
            // A newer manifest may lower the floor: its signer decides.
            *known = Promise { sequence: manifest.sequence, floor: manifest.floor };
            write_json(&self.dir.join("promises.json"), &all, false)?;
        }
        Ok(())
    }

    fn promises_of_all(&self) -> Result<BTreeMap<Slug, Promise>, HomeError> {
        Ok(read_json(&self.dir.join("promises.json"))?.unwrap_or_default())
    }

    pub(crate) fn tickets(&self) -> Result<Vec<Ticket>, HomeError> {
        Ok(read_json(&self.dir.join("tickets.json"))?.unwrap_or_default())
    }

    pub(crate) fn keep_tickets(&self, tickets: &[Ticket]) -> Result<(), HomeError> {
        write_json(&self.dir.join("tickets.json"), &tickets, true)
    }

    pub(crate) fn deny_list(&self) -> Result<DenyList, HomeError> {
        Ok(read_json(&self.dir.join("deny.json"))?.unwrap_or_default())
    }

    pub(crate) fn keep_deny_list(&self, list: &DenyList) -> Result<(), HomeError> {
        write_json(&self.dir.join("deny.json"), list, false)
    }

    /// Age of the cached list of games in milliseconds.
    pub(crate) fn age(&self, now: UnixMillis) -> Result<Option<i64>, HomeError> {
        Ok(self.games()?.map(|list| now.since(list.as_of).max(0)))
    }

    fn games_file(&self) -> PathBuf {
        self.dir.join("games.json")
    }

    fn builds_file(&self, game: &Slug) -> PathBuf {
        self.dir.join("builds").join(format!("{game}.json"))
    }

    fn envelope_file(&self, game: &Slug, hash: &Hash) -> PathBuf {
        self.dir.join("manifests").join(game.as_str()).join(hash.to_string())
    }
}

/// Refuses a catalogue that no group of friends has, before any of it is written.
fn bounded(news: &http::Catalogue, known: usize) -> Result<(), HomeError> {
    let builds: usize = news.games.iter().map(|entry| entry.builds.len()).sum();
    let too_many = known + news.games.len() > limits::MAX_GAMES || builds > limits::MAX_BUILDS;
    if too_many {
        let why = format!(
            "the server's catalogue is refused: it has more than {} games or {} builds",
            limits::MAX_GAMES,
            limits::MAX_BUILDS
        );
        return Err(HomeError { path: PathBuf::from("games.json"), source: io::Error::other(why) });
    }
    Ok(())
}

/// Bounds the texts of a game: a server may say what it likes, and everything that shows games would have to bear it.
fn clip(game: &mut Game) {
    for (text, most) in [(&mut game.title, MAX_TITLE), (&mut game.description, MAX_DESCRIPTION)] {
        if let Some((at, _)) = text.char_indices().nth(most) {
            text.truncate(at);
        }
    }
    game.cover_url.take_if(|url| url.len() > MAX_URL);
    game.by_hand.clear();
}

/// As [`clip`], of a build.
fn clip_build(build: &mut Build) {
    build.notes.truncate(build.notes.floor_char_boundary(MAX_NOTES));
    build.pushed_by = None;
    build.forecast = None;
}

/// The names in a folder that may be missing.
fn names(folder: &Path) -> Result<Vec<String>, HomeError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(HomeError::at(folder)(e)),
    }
}

fn remove_folder(folder: &Path) -> Result<(), HomeError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(HomeError::at(folder)(e)),
        _ => Ok(()),
    }
}

/// Verifies an envelope as the manifest of exactly this build.
pub(crate) fn verified(
    pins: &Pins,
    game: &Slug,
    version: &Version,
    id: Option<ManifestId>,
    envelope: Vec<u8>,
) -> Result<VerifiedManifest, Error> {
    let refused = |source| Error::Manifest { game: game.clone(), version: version.clone(), source };
    let manifest = pins.verify(envelope).map_err(refused)?;
    let other =
        manifest.game != *game || manifest.version != *version || id.is_some_and(|id| id != manifest.id());
    if other {
        return Err(refused(mist_proto::manifest::ManifestError::Rule(
            "it is the manifest of another build",
        )));
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::samples;

    fn build(n: u64, live: bool, envelope: u64) -> Build {
        let manifest = BlobId { hash: Hash::of(&n.to_le_bytes()), size: envelope };
        Build { live, ..samples::listed(&n.to_string(), n, manifest) }
    }

    fn entry(slug: &str, builds: Vec<Build>) -> CatalogueEntry {
        let game = Game {
            slug: slug.parse().expect("slug"),
            title: slug.into(),
            app_id: None,
            is_private: false,
            description: String::new(),
            cover_url: None,
            cover: None,
            by_hand: vec![],
            live: None,
            created: UnixMillis(0),
        };
        CatalogueEntry { game, builds }
    }

    fn news(whole: bool, games: Vec<CatalogueEntry>, gone: &[&str]) -> http::Catalogue {
        let gone = gone.iter().map(|slug| slug.parse().expect("slug")).collect();
        http::Catalogue { revision: "r".into(), as_of: UnixMillis(1), whole, games, gone }
    }

    fn known(catalogue: &Catalogue) -> Option<KnownGames> {
        read_json(&catalogue.games_file()).expect("read")
    }

    /// A cached envelope, and whether it is there.
    fn cache(catalogue: &Catalogue, slug: &str, build: &Build) -> PathBuf {
        let file = catalogue.envelope_file(&slug.parse().expect("slug"), &build.manifest.hash);
        write_file(&file, b"x", false).expect("written");
        file
    }

    #[test]
    fn what_is_gone_from_the_catalogue_goes_from_the_cache() {
        let place = tempfile::tempdir().expect("dir");
        let catalogue = Catalogue::at(place.path().into());
        let (old, new) = (build(1, false, 1), build(2, true, 1));
        let both = vec![old.clone(), new.clone()];
        let all = vec![entry("a", both), entry("b", vec![new.clone()]), entry("c", vec![new.clone()])];
        let games = catalogue.keep(None, news(true, all, &[])).expect("kept");
        let files = [("a", &old), ("a", &new), ("b", &new), ("c", &new)];
        let files = files.map(|(slug, build)| cache(&catalogue, slug, build));
        catalogue.prune(&games).expect("pruned");
        assert!(files.iter().all(|f| f.exists()), "all of it is in the catalogue");

        // A build of one game and all of another are gone; the third vanishes from a whole list without a word.
        let change = vec![entry("a", vec![new.clone()])];
        let games = catalogue.keep(known(&catalogue), news(false, change, &["b"])).expect("kept");
        catalogue.prune(&games).expect("pruned");
        assert_eq!(files.each_ref().map(|f| f.exists()), [false, true, false, true]);
        let games =
            catalogue.keep(known(&catalogue), news(true, vec![entry("a", vec![new])], &[])).expect("kept");
        catalogue.prune(&games).expect("pruned");
        assert_eq!(files.each_ref().map(|f| f.exists()), [false, true, false, false]);
        assert!(!place.path().join("builds/c.json").exists() && !place.path().join("manifests/c").exists());
    }

    #[test]
    fn a_catalogue_that_no_group_has_is_refused_before_any_of_it_is_written() {
        let place = tempfile::tempdir().expect("dir");
        let catalogue = Catalogue::at(place.path().into());
        let many = |n: usize| (0..n).map(|n| entry(&format!("g{n}"), vec![])).collect::<Vec<_>>();
        catalogue.keep(None, news(true, many(limits::MAX_GAMES + 1), &[])).expect_err("too many games");
        let builds = (0..=limits::MAX_BUILDS as u64).map(|n| build(n, false, 1)).collect();
        catalogue.keep(None, news(true, vec![entry("g", builds)], &[])).expect_err("too many builds");
        assert_eq!(fs::read_dir(place.path()).expect("dir").count(), 0);
        catalogue.keep(None, news(true, many(10), &[])).expect("kept");
        let more = many(limits::MAX_GAMES);
        catalogue.keep(known(&catalogue), news(false, more, &[])).expect_err("too many together");
    }

    #[test]
    fn envelopes_are_fetched_ahead_within_a_bound_and_those_of_live_builds_first() {
        let place = tempfile::tempdir().expect("dir");
        let catalogue = Catalogue::at(place.path().into());
        // A hundred builds of as many bytes as are fetched ahead, and one of them live.
        let builds: Vec<_> = (0..100).map(|n| build(n, n == 77, EAGER_MANIFEST)).collect();
        let huge =
            entry("huge", vec![build(500, false, EAGER_MANIFEST + 1), build(501, true, MANIFESTS + 1)]);
        let games = catalogue.keep(None, news(true, vec![entry("g", builds), huge], &[])).expect("kept");
        let wanted = catalogue.wanted(&games).expect("read");
        assert_eq!(wanted.len() as u64, MANIFESTS / EAGER_MANIFEST);
        assert_eq!(wanted[0].1.sequence, 77);
        assert!(
            wanted.iter().all(|(game, _)| game.as_str() == "g"),
            "what is larger is fetched when it is needed"
        );
    }
}
