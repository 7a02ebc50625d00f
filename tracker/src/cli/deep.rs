//! `tracker doctor --deep`: every seed reads its whole store again, and what has rotted is healed.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, bail};
use axum::http::Method;
use mist_proto::{
    UnixMillis,
    http::{Job, JobSpec, RottenBuild, Scrub, ScrubAsked, SeedList, Stats, StoreStats},
};
use mist_readable::{bytes, count};
use mist_tracker::{config::Config, control::Operator};
use serde_json::json;

use super::{Ending, follow::serving, say};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Tenths of a scrub at which it is said how far it is.
const TENTHS: u64 = 10;

pub(super) async fn run(config: &Config, json: bool, quiet: bool) -> anyhow::Result<Ending> {
    let operator = serving(config).await?;
    let asked: ScrubAsked = operator.call(Method::POST, "/stores/scrub", None::<&()>).await?;
    let names: BTreeMap<String, String> = operator
        .list::<SeedList>("/seeds")
        .await?
        .into_iter()
        .map(|seed| (seed.id, seed.name.to_string()))
        .collect();
    let ended = follow(&operator, asked.asked, &names, quiet)
        .await
        .context("the stores are read on; run this again to follow that")?;
    let mut ending = Ending::Good;
    for (seed, store) in ended {
        let name = names.get(&seed).unwrap_or(&seed);
        let found = store.scrub.as_ref().and_then(|scrub| scrub.last).unwrap_or_default();
        if !store.ok || !store.rotten.is_empty() {
            ending = Ending::Unhealthy;
        }
        if json {
            say(json!({ "seed": name, "read": found.read, "rotten": found.rotten, "left": store.rotten }))?;
            continue;
        }
        let rotten = match found.rotten {
            0 => "nothing is rotten".to_owned(),
            n => format!("{} rotten", count(n, "piece was", "pieces were")),
        };
        let healed = if found.rotten > 0 && store.rotten.is_empty() { ", and all is healed" } else { "" };
        say(format_args!("{name}: {} read, {rotten}{healed}", bytes(found.read)))?;
        for RottenBuild { game, version, pieces, .. } in &store.rotten {
            let left = count(*pieces, "piece is", "pieces are");
            say(format_args!("{name}: {left} still rotten of {game}@{version}; see `mistpipe jobs`"))?;
        }
    }
    Ok(ending)
}

/// Waits until every seed that is online has read its store and healed what can be healed. What each says at the end.
async fn follow(
    operator: &Operator,
    asked: UnixMillis,
    names: &BTreeMap<String, String>,
    quiet: bool,
) -> anyhow::Result<BTreeMap<String, StoreStats>> {
    let mut told: BTreeMap<String, u64> = BTreeMap::new();
    let mut known: Option<Vec<String>> = None;
    loop {
        let stats: Stats = operator.call(Method::GET, "/stats", None::<&()>).await?;
        let stores: BTreeMap<String, StoreStats> =
            stats.stores.into_iter().map(|store| (store.seed.clone(), store)).collect();
        if stores.is_empty() {
            bail!("no seed is online");
        }
        let seeds = known.get_or_insert_with(|| stores.keys().cloned().collect());
        if let Some(gone) = seeds.iter().find(|seed| !stores.contains_key(*seed)) {
            bail!("seed {} went away", names.get(gone).unwrap_or(gone));
        }
        if let Some(old) = stores.values().find(|store| store.scrub.is_none()) {
            bail!("seed {} is of a release that does not do this", names.get(&old.seed).unwrap_or(&old.seed));
        }
        if !quiet {
            for store in stores.values() {
                tell(
                    names.get(&store.seed).unwrap_or(&store.seed),
                    store,
                    told.entry(store.seed.clone()).or_default(),
                );
            }
        }
        let is_read = |store: &StoreStats| store.scrub.as_ref().is_some_and(|scrub| is_over(scrub, asked));
        if stores.values().all(is_read) && !is_healing(operator, &stores).await? {
            return Ok(stores);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the scrub that was asked for at that time has ended.
fn is_over(scrub: &Scrub, asked: UnixMillis) -> bool {
    scrub.asked.is_some_and(|heeded| heeded >= asked) && scrub.running.is_none()
}

/// Whether something may still be healed: by a seed itself, or by a job.
async fn is_healing(operator: &Operator, stores: &BTreeMap<String, StoreStats>) -> anyhow::Result<bool> {
    let mut rotten = stores.values().flat_map(|store| &store.rotten).peekable();
    if rotten.peek().is_none() {
        return Ok(false);
    }
    let jobs: Vec<Job> = operator.list::<mist_proto::http::JobList>("/jobs").await?;
    let is_for = |job: &Job, rot: &RottenBuild| matches!(&job.spec, JobSpec::Gather(gather) if gather.game == rot.game && gather.version == rot.version);
    Ok(rotten.any(|rot| !rot.helpless || jobs.iter().any(|job| job.state.is_open() && is_for(job, rot))))
}

/// Says on standard error how far a store is read, at each tenth.
fn tell(name: &str, store: &StoreStats, told: &mut u64) {
    let Some(run) = store.scrub.as_ref().and_then(|scrub| scrub.running) else { return };
    let tenth = run.done.saturating_mul(TENTHS) / run.total.max(1);
    if tenth > *told {
        *told = tenth;
        let found = if run.rotten > 0 {
            format!(", {} rotten", count(run.rotten, "piece", "pieces"))
        } else {
            String::new()
        };
        mist_readable::tell(&format!("{name}: {} of {} read{found}", bytes(run.done), bytes(run.total)));
    }
}
