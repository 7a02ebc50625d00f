//! `tracker doctor --insurance`: what friends could give back if the store were lost.

use axum::http::Method;
use mist_proto::{
    Slug,
    http::{GameList, Insurance, InsuredBuild, Job, JobSpec, JobState},
};
use mist_readable::{Align, Table};
use mist_tracker::config::Config;
use serde_json::json;

use super::{
    Ending,
    follow::{begin, named, serving, tell_step, until_over},
    say,
};

pub(super) async fn run(config: &Config, json: bool, quiet: bool) -> anyhow::Result<Ending> {
    let operator = serving(config).await?;
    let games: Vec<Slug> =
        operator.list::<GameList>("/games").await?.into_iter().map(|game| game.slug).collect();
    let begun = begin(&operator, &games, "samples").await?;
    let mut failed = 0;
    until_over(
        &operator,
        &begun,
        |job| matches!(job.spec, JobSpec::Sample(_)),
        |job| {
            match job {
                Job { state: JobState::Failed, error, .. } => {
                    failed += 1;
                    let why = error.as_deref().unwrap_or("no reason given");
                    mist_readable::tell(&format!("{}: failed: {why}", named(job)));
                }
                job if !quiet => tell_step(job),
                _ => {}
            }
            Ok(())
        },
    )
    .await?;
    let mut table = Table::new(&[
        ("BUILD", Align::Left),
        ("FRIENDS ONLINE", Align::Right),
        ("COPIES", Align::Right),
        ("PROVED", Align::Left),
        ("LAST KNOWN", Align::Right),
    ]);
    let mut is_insured = failed == 0;
    for slug in games {
        let told: Insurance =
            operator.call(Method::GET, &format!("/games/{slug}/insurance"), None::<&()>).await?;
        for build in told.builds {
            let proved = build.sampled.map_or(0, |found| found.proved);
            is_insured &= !build.live || proved > 0;
            match json {
                true => say(json!({ "game": slug, "build": build }))?,
                false => table.row(row(&slug, &build)),
            }
        }
    }
    if !json {
        say(table)?;
    }
    Ok(if is_insured { Ending::Good } else { Ending::Unhealthy })
}

fn row(slug: &Slug, build: &InsuredBuild) -> [String; 5] {
    let live = if build.live { " (live)" } else { "" };
    let proved = match build.sampled {
        Some(found) if found.asked > 0 => format!("{} of {} asked", found.proved, found.asked),
        _ => "nobody has all of it".into(),
    };
    [
        format!("{slug}@{}{live}", build.version),
        build.friends.to_string(),
        format!("{:.1}", build.copies),
        proved,
        build.last_known.to_string(),
    ]
}
