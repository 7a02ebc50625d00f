//! Direct patches between builds that are no neighbours: made once enough friends would use them, or once the chain
//! is long enough for one of them to.

use mist_proto::{
    Slug, Version,
    chain::{self, Patch, Patches},
    http::{BuildState, JobSpec, PatchJob, PatchRequest},
};

use super::Jumps;
use crate::{
    auth::caller::Caller,
    catalog::visibility,
    db::{self, jobs::NewJob},
    error::Problem,
    jobs::queue,
    shared::wake,
};

/// Friends who must want the same patch.
const ASKERS: u64 = 2;

/// Notes that the caller would rather have one patch, and makes it if that is worth it.
///
/// # Errors
/// 404 for a hidden game and builds that are not ready.
pub async fn ask(jumps: &Jumps, caller: &Caller, slug: &Slug, asked: &PatchRequest) -> Result<(), Problem> {
    let mint = jumps.records.mint();
    let mut tx = jumps.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    let ready = |version: &Version| {
        let mut builds = builds.iter();
        builds.find(|b| b.version == *version && b.state == BuildState::Ready).ok_or(Problem::NotFound)
    };
    let (from, to) = (ready(&asked.from)?, ready(&asked.to)?);
    let patches = db::patches::of_game(&mut tx, &game.id).await?;
    let patches = patches.iter().filter_map(|(end, p)| {
        let start = builds.iter().find(|b| b.manifest_id == p.from_manifest)?;
        Some(Patch { from: start.id.as_str(), to: end.as_str(), what: p.blob.size })
    });
    let chains = Patches::new(patches).cheapest([(from.id.as_str(), (0, 0))], chain::add_size);
    let Some((bytes, 2..)) = chains.cost(&to.id) else { return Ok(()) };
    db::patches::note_ask(&mut tx, &mint.id(), &from.id, &to.id, &caller.id).await?;
    let wanted =
        bytes > jumps.direct_patch_above || db::patches::askers(&mut tx, &from.id, &to.id).await? >= ASKERS;
    let begun = db::jobs::of_build(&mut tx, &to.id).await?.into_iter().any(
        |j| matches!(&j.public.spec, JobSpec::Patch(PatchJob { from: begun, .. }) if *begun == from.version),
    );
    if wanted
        && !begun
        && let Some(seed) = db::copies::first_with_both(&mut tx, &from.id, &to.id).await?
    {
        let spec = JobSpec::from(PatchJob {
            game: slug.clone(),
            from: from.version.clone(),
            from_manifest: from.manifest,
            to: to.version.clone(),
            to_manifest: to.manifest,
        });
        let id = mint.id();
        let job = NewJob { build_id: Some(&to.id), ..NewJob::at_once(&id, &spec, &seed, mint.now) };
        queue::add(&mut tx, &job).await?;
    }
    tx.commit().await?;
    wake::wake(&*jumps.wake).await;
    Ok(())
}
