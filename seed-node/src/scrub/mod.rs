//! The whole store, read again piece by piece at a bounded rate and held against its hash trees. [`rounds`] knows where that is (pure).
//!
//! What is found rotten goes where it goes when a friend's request finds it: nobody gets it, the seed heals what it can by itself, and its
//! word to the tracker names the rest.

mod rounds;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use mist_peer::{ServedBlob, rates::TokenBucket};
use mist_proto::{UnixMillis, Version, http::Scrub};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::rounds::{Form, Item, Rounds, in_order, pieces};
use crate::{
    catalogue::{self, Origin},
    clock, duties,
    seed::Seed,
    serve::OpenBlob,
    store::{
        layout,
        recipes::{self, Standing},
    },
};

/// How often is looked whether one is due.
const TICK: Duration = Duration::from_secs(60);
/// How long a store that is away, or a read that failed, is given.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is kept how far it is.
const SAVE: Duration = Duration::from_secs(10);

/// The scrubs of a running seed.
pub(crate) struct Scrubs {
    rounds: Mutex<Rounds>,
    asked: Notify,
    changed: Notify,
}

impl Scrubs {
    pub(crate) fn load(data_dir: &std::path::Path) -> Self {
        let rounds = Mutex::new(Rounds::load(data_dir));
        Self { rounds, asked: Notify::new(), changed: Notify::new() }
    }

    /// A scrub was asked for, by the tracker's clock.
    pub(crate) fn ask(&self, asked: UnixMillis) {
        if self.rounds().heed(asked, clock::now()) {
            self.asked.notify_one();
            self.changed.notify_one();
        }
    }

    /// Waits until one has begun or ended.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        // No code between two changes of it can panic.
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the scrub of a seed's store is doing.
pub(crate) fn told(seed: &Seed) -> Scrub {
    let items = items(seed);
    seed.scrubs.rounds().told(seed.limits.scrub_days, &items)
}

/// Why reading stops before all is read.
enum Stopped {
    Seed,
}

/// Scrubs whenever it is time, until the seed stops.
pub(crate) async fn scrub(seed: Arc<Seed>, stop: CancellationToken) {
    loop {
        let is_due = seed.scrubs.rounds().is_due(clock::now(), seed.limits.scrub_days);
        if !is_due {
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = seed.scrubs.asked.notified() => {}
                () = stop.cancelled() => return,
            }
            continue;
        }
        let run = Run {
            seed: seed.clone(),
            stop: &stop,
            bucket: TokenBucket::new(seed.limits.scrub_rate),
            saved: Instant::now(),
        };
        let ended = run.through().await;
        if ended.is_ok() {
            seed.scrubs.rounds().end(clock::now());
            tracing::info!("the store was read as a whole");
        }
        save(&seed).await;
        seed.scrubs.changed.notify_one();
        if ended.is_err() {
            return;
        }
    }
}

async fn save(seed: &Arc<Seed>) {
    let (rounds, folder) = (seed.scrubs.rounds().clone(), seed.store.data_dir().to_owned());
    let written = tokio::task::spawn_blocking(move || rounds.save(&folder)).await;
    if let Err(error) = written.unwrap_or_else(|e| Err(io::Error::other(e))) {
        tracing::warn!(%error, "how far the scrub is was not kept; it is tried again");
    }
}

/// All that the store has, in the order in which it is read.
fn items(seed: &Seed) -> Vec<Item> {
    let mut items = Vec::new();
    for (game, blob, origin) in seed.catalogue.stored() {
        let item = |form| Item { game: game.clone(), blob, form };
        match &origin {
            Origin::Archive(version) => {
                let is_packed = seed.cache.size_of(&blob.hash).is_some();
                let is_whole = seed.catalogue.is_whole(&game, version);
                // Of a build without files the compressed archive is all that there is.
                items.extend((is_whole || is_packed).then(|| item(Form::Plain)));
                items.extend((is_whole && is_packed).then(|| item(Form::Packed)));
                items.push(item(Form::Recipe));
            }
            Origin::Envelope(_) | Origin::Patch { .. } | Origin::Jump { .. } => items.push(item(Form::Plain)),
        }
    }
    in_order(items)
}

/// What became of a piece.
enum Found {
    Sound(u64),
    Rotten(u64),
    /// The rest of the item can't be read, by its own fault.
    Damaged,
    /// There is no such item any more.
    Gone,
    /// Nothing can be said: the store is away, or has just failed once.
    Later,
}

struct Run<'a> {
    seed: Arc<Seed>,
    stop: &'a CancellationToken,
    bucket: TokenBucket,
    saved: Instant,
}

impl Run<'_> {
    /// Reads all that was not read yet.
    async fn through(mut self) -> Result<(), Stopped> {
        let began = Instant::now();
        loop {
            let items = items(&self.seed);
            let next = self.seed.scrubs.rounds().next(&items).map(|(item, piece)| (item.clone(), piece));
            let Some((item, first)) = next else {
                // Of a store that is away nothing is listed.
                if self.seed.store.dir().is_ok() {
                    return Ok(());
                }
                self.pause(PATIENCE).await?;
                continue;
            };
            let packed = match item.form {
                Form::Plain | Form::Recipe => None,
                Form::Packed => self.open_packed(&item).await,
            };
            let mut failures = 0;
            let mut piece = first;
            while piece < pieces(&item) {
                let wait = self.bucket.take(began.elapsed(), rounds::bytes_of(&item, piece));
                self.pause(wait).await?;
                match self.read(&item, piece, packed.clone(), failures > 0).await {
                    Found::Sound(bytes) => self.seed.scrubs.rounds().note_read(&item, piece, bytes, false),
                    Found::Rotten(bytes) => self.seed.scrubs.rounds().note_read(&item, piece, bytes, true),
                    Found::Later => {
                        failures += 1;
                        self.pause(PATIENCE).await?;
                        continue;
                    }
                    Found::Damaged => {
                        self.seed.scrubs.rounds().note_left(&item, true);
                        break;
                    }
                    Found::Gone => {
                        self.seed.scrubs.rounds().note_left(&item, false);
                        break;
                    }
                }
                failures = 0;
                piece += 1;
                if self.saved.elapsed() >= SAVE {
                    self.saved = Instant::now();
                    save(&self.seed).await;
                }
            }
        }
    }

    async fn pause(&self, time: Duration) -> Result<(), Stopped> {
        if time.is_zero() && !self.stop.is_cancelled() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.stop.cancelled() => Err(Stopped::Seed),
        }
    }

    async fn open_packed(&self, item: &Item) -> Option<Arc<OpenBlob>> {
        let (seed, item) = (self.seed.clone(), item.clone());
        let opened = tokio::task::spawn_blocking(move || seed.blobs.open_packed(&item.game, item.blob));
        opened.await.ok()?.ok()?.map(Arc::new)
    }

    /// Reads a piece. `again`: it could not be read just before.
    async fn read(&self, item: &Item, piece: u64, packed: Option<Arc<OpenBlob>>, again: bool) -> Found {
        let (seed, item) = (self.seed.clone(), item.clone());
        let read = move || match item.form {
            Form::Plain => read_plain(&seed, &item, piece, again),
            Form::Packed => read_packed(&seed, &item, piece, packed.as_deref()),
            Form::Recipe => read_recipe(&seed, &item, again),
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading the store failed");
            Found::Later
        })
    }
}

/// Blocks.
fn read_plain(seed: &Seed, item: &Item, piece: u64, again: bool) -> Found {
    let Some(version) = version_of(seed, item) else { return Found::Gone };
    let Some(blob) = seed.blobs.open(&item.game, &item.blob.hash) else {
        return match is_there(seed, item, again) {
            Ok(()) => {
                seed.blobs.note_rot(&item.game, &version, &item.blob, piece);
                Found::Damaged
            }
            Err(found) => found,
        };
    };
    match blob.verified_piece(piece) {
        Ok(bytes) => Found::Sound(bytes.len() as u64),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            blob.found_rot(piece);
            Found::Rotten(0)
        }
        Err(error) => match is_there(seed, item, again) {
            Ok(()) => {
                tracing::warn!(game = %item.game, blob = %item.blob, piece, %error, "a piece of the store can't be read");
                blob.found_rot(piece);
                Found::Rotten(0)
            }
            Err(found) => found,
        },
    }
}

/// Reads a piece of the compressed archive of a build that is there without it too: one that is rotten goes, and is made anew when
/// somebody asks for it. Blocks.
fn read_packed(seed: &Seed, item: &Item, piece: u64, packed: Option<&OpenBlob>) -> Found {
    let Some(version) = version_of(seed, item) else { return Found::Gone };
    let is_whole = seed.catalogue.is_whole(&item.game, &version);
    if !is_whole || seed.cache.size_of(&item.blob.hash).is_none() {
        return Found::Gone;
    }
    if seed.blobs.rot().is_in(&item.game, &version, &item.blob.hash) {
        // What it is held against may be rotten itself, and healing may need it.
        return Found::Gone;
    }
    match packed.map(|packed| packed.verified_piece(piece)) {
        Some(Ok(bytes)) => Found::Sound(bytes.len() as u64),
        Some(Err(_)) | None => match seed.store.dir() {
            Err(_) => Found::Later,
            Ok(dir) => {
                tracing::error!(game = %item.game, %version, "the compressed archive is rotten, and goes");
                if let Err(error) = seed.cache.remove(&*dir, &item.blob.hash) {
                    tracing::warn!(%error, "the rotten archive can't be removed");
                }
                seed.catalogue.touch();
                seed.blobs.changed(&item.game, &item.blob.hash);
                Found::Damaged
            }
        },
    }
}

/// Holds the recipe of a build against its hash. One that rotted is made anew out of the build's files, as the rest of what stands beside
/// them; of a build without files it goes, for nobody needs it before there are some. Blocks.
fn read_recipe(seed: &Seed, item: &Item, again: bool) -> Found {
    let Some(version) = version_of(seed, item) else { return Found::Gone };
    let Some(build) = seed.catalogue.build(&item.game, &version) else { return Found::Gone };
    let Ok(dir) = seed.store.dir() else { return Found::Later };
    // A manifest that rotted is found by itself.
    let Ok(manifest) = catalogue::read_manifest(&*dir, &item.game, &version) else { return Found::Gone };
    let place = layout::build(&item.game, &version);
    let standing = match recipes::check(&*dir, &place, &manifest) {
        Ok(standing) => standing,
        Err(error) => match is_there(seed, item, again) {
            Ok(()) => {
                tracing::warn!(game = %item.game, %version, %error, "the recipe of a build can't be read");
                Standing::Rotten
            }
            Err(found) => return found,
        },
    };
    let is_whole = seed.catalogue.is_whole(&item.game, &version);
    match standing {
        Standing::Sound(bytes) => return Found::Sound(bytes),
        Standing::Missing if !is_whole => return Found::Gone,
        Standing::Rotten if !is_whole => {
            tracing::error!(game = %item.game, %version, "the recipe of a build is rotten, and goes");
            if let Err(error) = recipes::remove(&*dir, &place) {
                tracing::warn!(%error, "the rotten recipe can't be removed");
            }
        }
        Standing::Missing | Standing::Rotten => {
            tracing::error!(game = %item.game, %version, "the recipe of a build is rotten or gone");
            seed.blobs.note_rot(&item.game, &version, &build.envelope, 0);
        }
    }
    Found::Rotten(0)
}

fn version_of(seed: &Seed, item: &Item) -> Option<Version> {
    let (_, origin) = seed.catalogue.find(&item.game, &item.blob.hash)?;
    Some(origin.version().clone())
}

/// Whether something that can't be read is there, and so damaged. Said of what has failed twice only: the store may just have gone.
fn is_there(seed: &Seed, item: &Item, again: bool) -> Result<(), Found> {
    duties::follow_store(seed, true);
    if seed.store.dir().is_err() || !again {
        return Err(Found::Later);
    }
    let is_at_hand = |found: (mist_proto::BlobId, Origin)| match found.1 {
        Origin::Archive(version) => {
            seed.catalogue.is_whole(&item.game, &version) || seed.cache.size_of(&item.blob.hash).is_some()
        }
        Origin::Envelope(_) | Origin::Patch { .. } | Origin::Jump { .. } => true,
    };
    if seed.catalogue.find(&item.game, &item.blob.hash).is_some_and(is_at_hand) {
        Ok(())
    } else {
        Err(Found::Gone)
    }
}
