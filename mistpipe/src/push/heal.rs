//! Pushing a version again: its files on the seed are checked, and what has rotted or is gone is made anew. What was published
//! stays what it is: the signed manifest is the one of then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use mist_proto::{
    http::{JobSpec, JobState, Push, PushQuery},
    manifest::VerifiedManifest,
};
use mist_tree::{fs::Dir, scan::Scan};
use serde_json::json;

use super::{
    ignore::IgnoreRules,
    lost_programs, scan_folder, send, tell_what_rules_did,
    upload::{Sent, Source},
    watch,
};
use crate::{
    api::Api,
    failure::{Exit, refuse},
    show::Screen,
};

/// Rounds of upload and check: the first one finds out what is missing, the second one brings it; a third one is for what rots
/// meanwhile.
const ROUNDS: usize = 3;

/// Heals the build `published` by the folder `dir`, which must have the same content.
pub(super) async fn run(
    api: &Api,
    screen: Screen,
    dir: Arc<dyn Dir>,
    rules: &Arc<IgnoreRules>,
    published: &VerifiedManifest,
) -> Result<()> {
    let started = Instant::now();
    let (game, version) = (&published.game, &published.version);
    let programs = lost_programs(screen, &published.launch, &*dir)?;
    let scan = scan_folder(screen, dir.clone(), rules.clone(), programs, true).await?;
    tell_what_rules_did(screen, rules);
    if !is_of(&scan, published) {
        return Err(refuse(
            Exit::Failed,
            format!(
                "{version} is there already, with other content: choose another version, or remove it with `mistpipe rm` first"
            ),
        ));
    }
    screen.note(&format!(
        "{version} is there with the same content: the seed checks its files, and heals what has rotted or is gone"
    ));
    let paths = published.files.iter().map(|f| f.path.clone()).collect();
    let source = Arc::new(Source { dir, paths, recipe: scan.recipe });
    let sent = rounds(api, screen, published, &source).await?;
    let took = started.elapsed();
    screen.line(&format!("{game}@{version} is whole on the seed ({})", mist_readable::duration(took)))?;
    screen.line(&format!("  uploaded  {}", mist_readable::bytes(sent.wire)))?;
    tell(screen, published, sent, took)
}

async fn rounds(
    api: &Api,
    screen: Screen,
    published: &VerifiedManifest,
    source: &Arc<Source>,
) -> Result<Sent> {
    let mut total = Sent::default();
    let mut why = String::new();
    for round in 0..ROUNDS {
        let query =
            PushQuery { live: true, heal: true, forecast: None, forecast_raw: None, forecast_by: None };
        let (push, sent) = send(api, screen, published, source, query).await?;
        total = Sent { wire: total.wire + sent.wire, content: total.content + sent.content };
        // The first round asks for nothing, if all of it is on the seed's lists.
        if round > 0 && sent.content == 0 {
            break;
        }
        match watch::until_checked(api, screen, push, newest_ingest).await? {
            None => return Ok(total),
            Some(error) => why = error,
        }
    }
    Err(refuse(
        Exit::Failed,
        format!("the seed could not heal {}@{}: {why}", published.game, published.version),
    ))
}

/// Why a server that takes nothing for a ready build can't heal it.
pub(super) fn not_here(push: &Push) -> anyhow::Error {
    let (game, version) = (&push.game, &push.version);
    refuse(
        Exit::Failed,
        format!(
            "{version} is there already, and this server can't heal builds: nothing was changed; upgrade it, or push the folder \
             under another version, then remove this one with `mistpipe rm {game}@{version}`"
        ),
    )
}

/// The state and error of the job that heals, which is the newest of its kind.
fn newest_ingest(push: &Push) -> Option<(JobState, String)> {
    let job = push.jobs.iter().rfind(|job| matches!(job.spec, JobSpec::Ingest(_)))?;
    Some((job.state, job.error.clone().unwrap_or_else(|| "no reason given".into())))
}

fn is_of(scan: &Scan, published: &VerifiedManifest) -> bool {
    scan.archive == published.archive
        && scan.files == published.files
        && scan.empty_dirs == published.empty_dirs
        && scan.links == published.links
}

fn tell(screen: Screen, published: &VerifiedManifest, sent: Sent, took: Duration) -> Result<()> {
    screen.record(&json!({
        "event": "healed", "game": published.game, "version": published.version, "uploaded": sent.wire,
        "content": sent.content, "seconds": took.as_secs_f64(),
    }))
}
