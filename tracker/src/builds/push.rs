//! Pushing a build: a signed manifest is admitted to the list, chunks go to the seed, jobs make it ready.

use mist_proto::{
    BlobId, Slug, UnixMillis, UnverifiedManifest, VerifiedManifest,
    claims::Allow,
    http::{
        BuildState, Event, IngestJob, Job, JobState, Keeping, PatchForecast, Push, PushQuery, SeedAccess,
    },
    key::ReleaseKey,
    limits::MAX_BLOB,
    manifest::ManifestError,
};

use super::{
    Builds, copying, lifecycle,
    rules::{self, Admission, Refusal},
};
use crate::{
    audit,
    auth::caller::Caller,
    auth::capability,
    catalog::visibility,
    clock::Mint,
    db::{self, Tx, builds::BuildRow, games::GameRow, jobs::JobRow},
    error::Problem,
    jobs::queue,
    shared::{
        events::{self, Audience, Pending},
        stores::Words,
        wake,
    },
};

impl From<Refusal> for Problem {
    fn from(r: Refusal) -> Self {
        let message = r.to_string();
        match r {
            Refusal::WrongGame(_) => Self::invalid("wrong_game", message),
            other => Self::conflict(other.code(), message),
        }
    }
}

/// Begins a push, or goes on with the one of the same envelope. A ready build of that envelope takes chunks again if it is
/// to be healed.
///
/// # Errors
/// 404; 400 `bad_manifest`, `wrong_game`; 403 `wrong_key`; 409 `no_release_key`, `version_exists`,
/// `push_in_progress`, `sequence_taken`, `below_floor`; 503 `no_seed`.
pub async fn begin(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    query: PushQuery,
    envelope: Vec<u8>,
) -> Result<Push, Problem> {
    let PushQuery { live: go_live, heal, .. } = query;
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let keys = db::keys::publishing(&mut tx).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    drop(tx);
    if keys.is_empty() {
        let message = "no release key is registered here yet; register yours first";
        return Err(Problem::conflict("no_release_key", message));
    }
    let admitted = builds.into_iter().map(|b| b.manifest).collect();
    let (address, verified) = verify(envelope, keys, admitted).await?;

    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    let live = builds.iter().find(|b| Some(&b.id) == game.live_build.as_ref()).map(|b| b.sequence);
    let manifest = &*verified;
    let admission = rules::admit(manifest, verified.id(), slug, &lifecycle::known(&builds), live, go_live)?;
    let mut events = Pending::default();
    let (build, resumed) = match admission {
        Admission::Resume(at) => {
            let mut build = builds[at].clone();
            move_on(server, &mut tx, &game, &builds, &mut build, mint.now).await?;
            if heal && build.state == BuildState::Ready {
                let subject = format!("{slug}@{}", build.version);
                audit::note(&mut tx, mint, caller, "build.heal", &subject).await?;
            }
            if build.state != BuildState::Ready && build.go_live != go_live {
                db::builds::set_go_live(&mut tx, &build.id, go_live).await?;
                build.go_live = go_live;
            }
            (build, true)
        }
        Admission::New => {
            let seed = seed_for(server, &mut tx, &game, &builds, mint.now).await?;
            let build = BuildRow {
                id: mint.id(),
                game_id: game.id.clone(),
                version: manifest.version.clone(),
                sequence: manifest.sequence,
                floor: manifest.floor,
                state: BuildState::Uploading,
                go_live,
                manifest_id: verified.id(),
                manifest: address,
                archive: manifest.archive,
                archive_stored: None,
                kept: Keeping::Whole,
                content_size: manifest.content_size(),
                files: manifest.files.len() as u64,
                created: mint.now,
                notes: String::new(),
                pushed_by: Some(caller.name.to_string()),
                pinned: false,
                forecast: foretold(&query, builds.last()),
            };
            db::builds::insert(&mut tx, &build, verified.envelope()).await?;
            db::copies::add_build(&mut tx, &build.id, &seed).await?;
            let subject = format!("{slug}@{}", build.version);
            audit::note(&mut tx, mint, caller, "build.push", &subject).await?;
            let event =
                Event::Build { game: slug.clone(), version: build.version.clone(), state: build.state };
            events.add(Audience::Admins, event);
            (build, false)
        }
    };
    let takes = if heal { Takes::ToHealToo } else { Takes::WhileUnfinished };
    let push = describe(server, &mut tx, caller, slug, &build, resumed, takes).await?;
    tx.commit().await?;
    events::post(&*server.events, events).await;
    Ok(push)
}

/// What a push says of the patch from the build before, if it says all of it.
fn foretold(query: &PushQuery, before: Option<&BuildRow>) -> Option<PatchForecast> {
    let from = before?.version.clone();
    let most = |bytes: u64| bytes.min(MAX_BLOB);
    let (bytes, raw) = (most(query.forecast?), most(query.forecast_raw?));
    Some(PatchForecast { from, bytes, raw, by: query.forecast_by? })
}

/// Checks the signature off the async threads: a manifest may have 128 MiB. An envelope that was `admitted` before is held to
/// the key of then, byte for byte what it was: the release key may have been rotated since.
async fn verify(
    envelope: Vec<u8>,
    keys: Vec<ReleaseKey>,
    admitted: Vec<BlobId>,
) -> Result<(BlobId, VerifiedManifest), Problem> {
    let checked = tokio::task::spawn_blocking(move || {
        let address = BlobId::of(&envelope);
        let unverified = UnverifiedManifest::parse(envelope)?;
        let claimed = unverified.claimed_key();
        let is_known = admitted.contains(&address) || keys.contains(&claimed);
        // Another one is refused by the name of the release key.
        let key = if is_known { claimed } else { keys.first().copied().unwrap_or(claimed) };
        Ok((address, unverified.verify(&key)?))
    });
    let checked: Result<_, ManifestError> = checked.await.map_err(|e| Problem::Internal(e.into()))?;
    checked.map_err(|e| match e {
        ManifestError::WrongKey { .. } => Problem::WrongKey(e.to_string()),
        other => Problem::invalid("bad_manifest", other.to_string()),
    })
}

/// The seed that takes a new build: the first that is well of those that have the newest build, as the patch from that
/// one is made there, or else of the game's.
async fn seed_for(
    server: &Builds,
    tx: &mut Tx,
    game: &GameRow,
    builds: &[BuildRow],
    now: UnixMillis,
) -> Result<String, Problem> {
    let words = server.stores.words().await.unwrap_or_else(|e| {
        tracing::warn!(error = %e, "a seed is chosen without the seeds' words about their stores");
        Words::default()
    });
    let mut able = Vec::new();
    if let Some(newest) = builds.iter().rev().find(|b| b.state == BuildState::Ready) {
        let copies = db::copies::of_build(tx, &newest.id).await?.into_iter();
        able.extend(copies.filter(|copy| copy.can_serve_push(newest)).map(|copy| copy.seed_id));
    }
    if able.is_empty() {
        able = db::copies::of_game(tx, &game.id).await?;
    }
    if able.is_empty() {
        let seed = first_seed(tx, &words, now).await?;
        db::copies::add_game(tx, &game.id, &seed, now).await?;
        return Ok(seed);
    }
    let Some(well) = able.iter().position(|seed| words.is_usable(seed, now)) else {
        // Without the build before there is no patch, but there is a build.
        let mut silent = true;
        for seed in &able {
            silent &= copying::is_silent(tx, seed, now).await?;
        }
        if silent && let Some(roomy) = words.roomiest(now) {
            db::copies::add_game(tx, &game.id, &roomy, now).await?;
            return Ok(roomy);
        }
        return Ok(able.swap_remove(0));
    };
    Ok(able.swap_remove(well))
}

/// Lets another seed take a build whose push was not through when its seed fell silent for long. All chunks are asked for again, and its
/// jobs begin anew.
async fn move_on(
    server: &Builds,
    tx: &mut Tx,
    game: &GameRow,
    builds: &[BuildRow],
    build: &mut BuildRow,
    now: UnixMillis,
) -> Result<(), Problem> {
    let copies = db::copies::of_build(tx, &build.id).await?;
    let [copy] = &copies[..] else { return Ok(()) };
    if build.state == BuildState::Ready || !copying::is_silent(tx, &copy.seed_id, now).await? {
        return Ok(());
    }
    let seed = seed_for(server, tx, game, builds, now).await?;
    if seed != copy.seed_id {
        db::copies::move_build(tx, &build.id, &copy.seed_id, &seed).await?;
        db::jobs::forget_build(tx, &build.id).await?;
        db::builds::set_state(tx, &build.id, BuildState::Uploading).await?;
        build.state = BuildState::Uploading;
    }
    Ok(())
}

/// The seed whose store takes a new game: one that is well and has the most room, or else the one that was heard of
/// last.
async fn first_seed(tx: &mut Tx, words: &Words, now: UnixMillis) -> Result<String, Problem> {
    if let Some(roomy) = words.roomiest(now) {
        return Ok(roomy);
    }
    let seeds = db::seeds::list(tx).await?;
    let latest = seeds.into_iter().max_by_key(|s| s.last_seen);
    latest.map(|s| s.id).ok_or_else(|| Problem::Unavailable {
        code: "no_seed",
        message: "no seed is known here; add one with `tracker seed add`, or serve without --no-seed".into(),
    })
}

/// Ends the upload: the seed's jobs begin. Again on a failed push: what failed is tried again. On a ready build: the seed
/// checks its files, and heals them.
///
/// # Errors
/// 404.
pub async fn finish(server: &Builds, caller: &Caller, id: &str) -> Result<Push, Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let (game, _) = find(&mut tx, id).await?;
    db::games::lock(&mut tx, &game.id, mint.now).await?;
    let (game, build) = find(&mut tx, id).await?;
    let mut events = Pending::default();
    match build.state {
        BuildState::Uploading => {
            let seed_id = db::copies::first_with(&mut tx, id).await?.ok_or(Problem::NotFound)?;
            lifecycle::begin_jobs(&mut tx, mint, &game, &seed_id, &build).await?;
        }
        BuildState::Failed => {
            for job in db::jobs::of_build(&mut tx, id).await? {
                queue::again(&mut tx, &job.public.id, caller, mint.now).await?;
            }
        }
        BuildState::Processing => {}
        BuildState::Ready => heal(&mut tx, mint, caller, &game, &build).await?,
    }
    lifecycle::advance(&mut tx, server.upkeep, mint, id, &mut events).await?;
    let (game, build) = find(&mut tx, id).await?;
    let push =
        describe(server, &mut tx, caller, &game.public.slug, &build, false, Takes::WhileUnfinished).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    events::post(&*server.events, events).await;
    Ok(push)
}

/// Lets the seed check and heal the files of a ready build, and make anew those patches to it that it has not got.
async fn heal(
    tx: &mut Tx,
    mint: Mint<'_>,
    caller: &Caller,
    game: &GameRow,
    build: &BuildRow,
) -> Result<(), Problem> {
    let newest = db::jobs::under_way_or_newest(tx, &build.id, IngestJob::KIND).await?;
    match newest.map(|job| (job.public.state, job.public.id)) {
        Some((JobState::Queued | JobState::Running, _)) => {}
        Some((JobState::Failed, id)) => drop(queue::again(tx, &id, caller, mint.now).await?),
        Some((JobState::Done, _)) | None => {
            let seed_id = db::copies::first_with(tx, &build.id).await?.ok_or(Problem::NotFound)?;
            lifecycle::begin_jobs(tx, mint, game, &seed_id, build).await?;
        }
    }
    Ok(())
}

/// How far a push is.
///
/// # Errors
/// 404.
pub async fn get(server: &Builds, caller: &Caller, id: &str) -> Result<Push, Problem> {
    let mut tx = server.records.read().await?;
    let (game, build) = find(&mut tx, id).await?;
    describe(server, &mut tx, caller, &game.public.slug, &build, false, Takes::WhileUnfinished).await
}

/// When a push is told where its chunks go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    WhileUnfinished,
    ToHealToo,
}

async fn find(tx: &mut Tx, id: &str) -> Result<(GameRow, BuildRow), Problem> {
    let build = db::builds::by_id(tx, id).await?.ok_or(Problem::NotFound)?;
    let slug = db::builds::game_of(tx, id).await?.ok_or(Problem::NotFound)?;
    let game = db::games::by_slug(tx, &slug).await?.ok_or(Problem::NotFound)?;
    Ok((game, build))
}

async fn describe(
    server: &Builds,
    tx: &mut Tx,
    caller: &Caller,
    slug: &Slug,
    build: &BuildRow,
    resumed: bool,
    takes: Takes,
) -> Result<Push, Problem> {
    let game = db::games::by_slug(tx, slug).await?.ok_or(Problem::NotFound)?;
    let jobs: Vec<Job> =
        db::jobs::of_build(tx, &build.id).await?.into_iter().map(|j: JobRow| j.public).collect();
    let build = db::builds::by_id(tx, &build.id).await?.ok_or(Problem::NotFound)?;
    // After a failed ingest too: its error may name chunks that have to come again.
    let takes_chunks = match build.state {
        BuildState::Uploading | BuildState::Failed => true,
        BuildState::Ready => takes == Takes::ToHealToo,
        BuildState::Processing => false,
    };
    let upload = match db::copies::first_with(tx, &build.id).await? {
        Some(seed) if takes_chunks => {
            let allow = Allow::Upload { push: build.id.clone(), game: slug.clone() };
            Some(SeedAccess {
                base: format!("{}/uploads/{}", capability::router_of(tx, &seed).await?, build.id),
                cap: capability::sign(&server.signing, server.records.now(), &caller.id, allow),
            })
        }
        _ => None,
    };
    Ok(Push {
        live: game.live_build.as_ref() == Some(&build.id),
        id: build.id,
        game: slug.clone(),
        version: build.version,
        state: build.state,
        resumed,
        upload,
        jobs,
    })
}
