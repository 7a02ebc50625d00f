//! `tracker rebuild`: what the stores lack comes back from friends and other seeds.

use std::collections::BTreeMap;

use anyhow::Context as _;
use axum::http::Method;
use mist_proto::{
    Slug,
    http::{Game, GameList, Job, JobSpec, JobState},
};
use mist_tracker::config::Config;
use serde_json::json;

use super::{
    Ending,
    follow::{begin, named, serving, tell_step, until_over},
    say,
};

pub(super) async fn run(
    config: &Config,
    game: Option<Slug>,
    json: bool,
    quiet: bool,
) -> anyhow::Result<Ending> {
    let operator = serving(config).await?;
    let games: Vec<Slug> = match game {
        Some(slug) => {
            let found: Game = operator.call(Method::GET, &format!("/games/{slug}"), None::<&()>).await?;
            vec![found.slug]
        }
        None => operator.list::<GameList>("/games").await?.into_iter().map(|game| game.slug).collect(),
    };
    let begun = begin(&operator, &games, "rebuild").await?;
    let ours = |job: &Job| {
        matches!(job.spec, JobSpec::Gather(_) | JobSpec::Patch(_))
            && job.spec.game().is_some_and(|game| games.contains(game))
    };
    let mut ended: BTreeMap<String, bool> = BTreeMap::new();
    until_over(&operator, &begun, ours, |job| {
        if json {
            say(json!({ "game": job.spec.game(), "job": job }))?;
        }
        match (job.state, &job.error) {
            (JobState::Queued | JobState::Running, _) => {
                if !json && !quiet {
                    tell_step(job);
                }
                return Ok(());
            }
            _ if json => {}
            (JobState::Done, _) => say(format_args!("{}: done", named(job)))?,
            (JobState::Failed, why) => {
                let why = why.as_deref().unwrap_or("no reason given");
                say(format_args!("{}: failed: {why}", named(job)))?;
            }
        }
        ended.insert(job.id.clone(), job.state == JobState::Done);
        Ok(())
    })
    .await
    .context("the rebuild goes on at the server; run this again to follow it")?;
    let failed = ended.values().filter(|is_done| !**is_done).count();
    if !json {
        let done = mist_readable::count((ended.len() - failed) as u64, "job", "jobs");
        say(format_args!("{done} done, {failed} failed"))?;
    }
    Ok(if failed == 0 { Ending::Good } else { Ending::Unhealthy })
}
