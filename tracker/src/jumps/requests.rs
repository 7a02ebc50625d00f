//! Jumps: patches from a friend's folder, whatever it holds.
//!
//! How far a jump is follows from its patch and its job:
//!
//! ```text
//! it has a patch ............................. ready
//! no job, or one that was forgotten .......... wanted: the folder signature has to be sent
//! the job waits or runs ...................... making
//! the job has ended without a patch .......... failed
//! ```

use mist_proto::{
    Slug, UnixMillis,
    claims::Allow,
    http::{BuildState, JobState, Jump, JumpJob, JumpRequest, JumpState, SeedAccess},
    limits::MAX_SIGNATURE,
};

use super::Jumps;
use crate::{
    auth::caller::Caller,
    auth::capability,
    catalog::visibility,
    db::{self, Tx, jobs::NewJob, jumps::JumpRow},
    error::Problem,
    jobs::queue,
    shared::wake,
};

/// A jump is forgotten so long after it was last asked for.
pub const KEEP_MILLIS: i64 = 7 * 24 * 60 * 60 * 1000;
/// A seed has announced a patch so long after it made it, or lost it.
const ANNOUNCED_MILLIS: i64 = 60_000;

/// The jump from the folder that has this folder signature to a build; a new one if there is none or it has failed.
///
/// # Errors
/// 404 for a hidden game and a build that is not ready; 400 `bad_signature`; 409 `jump_running`; 503 `no_seed`.
pub async fn ask(jumps: &Jumps, caller: &Caller, slug: &Slug, asked: &JumpRequest) -> Result<Jump, Problem> {
    if asked.folder_signature.size == 0 || asked.folder_signature.size > MAX_SIGNATURE as u64 {
        return Err(Problem::invalid(
            "bad_signature",
            format!("a folder signature has 1 to {MAX_SIGNATURE} bytes"),
        ));
    }
    let mint = jumps.records.mint();
    let mut tx = jumps.records.write().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let build = db::builds::by_version(&mut tx, &game.id, &asked.to).await?;
    let build = build.filter(|b| b.state == BuildState::Ready).ok_or(Problem::NotFound)?;
    let known = db::jumps::of_folder_signature(&mut tx, &build.id, &asked.folder_signature.hash).await?;
    let id = match known {
        Some(jump) => {
            let state = state(&mut tx, &jump).await?;
            let gone = state == JumpState::Ready && is_gone(jumps, &jump, mint.now).await?;
            if gone || state == JumpState::Failed {
                admit(&mut tx, caller).await?;
                db::jumps::set_job(&mut tx, &jump.id, None).await?;
            }
            jump.id
        }
        None => {
            admit(&mut tx, caller).await?;
            db::jumps::forget_wanted(&mut tx, &caller.id).await?;
            let id = mint.id();
            db::jumps::insert(&mut tx, &id, &build.id, &caller.id, &asked.folder_signature, mint.now).await?;
            id
        }
    };
    db::jumps::touch(&mut tx, &id, mint.now).await?;
    let jump = db::jumps::by_id(&mut tx, &id).await?.ok_or(Problem::NotFound)?;
    let jump = describe(jumps, &mut tx, caller, jump).await?;
    tx.commit().await?;
    Ok(jump)
}

/// One jump of an account is made at a time.
async fn admit(tx: &mut Tx, caller: &Caller) -> Result<(), Problem> {
    if db::jumps::is_making(tx, &caller.id).await? {
        return Err(Problem::conflict(
            "jump_running",
            "another patch is being made for this account; ask again when that is done",
        ));
    }
    Ok(())
}

/// Whether the patch was made and no seed has it any more.
async fn is_gone(jumps: &Jumps, jump: &JumpRow, now: UnixMillis) -> Result<bool, Problem> {
    let Some((patch, made)) = jump.patch else { return Ok(false) };
    if now.since(made) <= ANNOUNCED_MILLIS {
        return Ok(false);
    }
    Ok(jumps.presence.copies(&jump.game, &patch, now).await?.pieces == 0)
}

/// The folder signature was sent: the seed's job begins, unless it has.
///
/// # Errors
/// 404; 409 `jump_running`; 503 `no_seed`.
pub async fn start(jumps: &Jumps, caller: &Caller, id: &str) -> Result<Jump, Problem> {
    let mint = jumps.records.mint();
    let mut tx = jumps.records.write().await?;
    let jump = find(&mut tx, caller, id).await?;
    if state(&mut tx, &jump).await? == JumpState::Wanted {
        admit(&mut tx, caller).await?;
        let seed = db::copies::first_with(&mut tx, &jump.build_id).await?.ok_or_else(no_seed)?;
        let spec =
            JumpJob { game: jump.game.clone(), to: jump.to.clone(), folder_signature: jump.folder_signature }
                .into();
        let job = mint.id();
        // The build is ready without it.
        let new = NewJob::at_once(&job, &spec, &seed, mint.now);
        queue::add(&mut tx, &new).await?;
        db::jumps::set_job(&mut tx, id, Some(&job)).await?;
    }
    let jump = db::jumps::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    let jump = describe(jumps, &mut tx, caller, jump).await?;
    tx.commit().await?;
    wake::wake(&*jumps.wake).await;
    Ok(jump)
}

/// How far a jump is.
///
/// # Errors
/// 404.
pub async fn get(jumps: &Jumps, caller: &Caller, id: &str) -> Result<Jump, Problem> {
    let mut tx = jumps.records.read().await?;
    let jump = find(&mut tx, caller, id).await?;
    describe(jumps, &mut tx, caller, jump).await
}

async fn find(tx: &mut Tx, caller: &Caller, id: &str) -> Result<JumpRow, Problem> {
    let jump = db::jumps::by_id(tx, id).await?.ok_or(Problem::NotFound)?;
    visibility::visible(tx, caller, &jump.game).await?;
    Ok(jump)
}

async fn state(tx: &mut Tx, jump: &JumpRow) -> Result<JumpState, Problem> {
    if jump.patch.is_some() {
        return Ok(JumpState::Ready);
    }
    let job = match &jump.job_id {
        Some(id) => db::jobs::by_id(tx, id).await?,
        None => None,
    };
    Ok(match job.map(|j| j.public.state) {
        None => JumpState::Wanted,
        Some(JobState::Queued | JobState::Running) => JumpState::Making,
        Some(JobState::Done | JobState::Failed) => JumpState::Failed,
    })
}

async fn describe(jumps: &Jumps, tx: &mut Tx, caller: &Caller, jump: JumpRow) -> Result<Jump, Problem> {
    let state = state(tx, &jump).await?;
    let upload = if state == JumpState::Wanted {
        // The one whose job it will be.
        let seed = db::copies::first_with(tx, &jump.build_id).await?.ok_or_else(no_seed)?;
        let router = capability::router_of(tx, &seed).await?;
        let allow = Allow::FolderSignature { game: jump.game.clone(), signature: jump.folder_signature };
        Some(SeedAccess {
            base: format!("{router}/signatures/{}/{}", jump.game, jump.folder_signature.hash),
            cap: capability::sign(&jumps.signing, jumps.records.now(), &caller.id, allow),
        })
    } else {
        None
    };
    Ok(Jump { id: jump.id, state, upload, patch: jump.patch.map(|(patch, _)| patch) })
}

fn no_seed() -> Problem {
    Problem::Unavailable { code: "no_seed", message: "no seed holds this game".into() }
}
