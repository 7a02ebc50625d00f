//! `tracker seed …`.

use axum::http::Method;
use mist_proto::http::{EnrolledSeed, NewSeed, SeedList};
use mist_readable::{Align, Table};
use mist_tracker::{config::Config, control::Operator};

use super::{Ending, SeedCommand, say};

/// No body.
const NOTHING: Option<&()> = None;

pub(super) async fn run(config: &Config, command: SeedCommand, quiet: bool) -> anyhow::Result<Ending> {
    let operator = Operator::reach(config).await?;
    match command {
        SeedCommand::Add { name } => {
            let new = NewSeed { name };
            let added: EnrolledSeed = operator.call(Method::POST, "/seeds", Some(&new)).await?;
            if quiet {
                say(added.token)?;
            } else {
                say(format_args!("enrolment token of {} (shown this once):", added.seed.name))?;
                say(&added.token)?;
                say("On the seed's machine: MIST_SEED_TOKEN=… seed-node run --tracker URL --store DIR")?;
            }
        }
        SeedCommand::Ls { json } => {
            let seeds = operator.list::<SeedList>("/seeds").await?;
            if json {
                for seed in &seeds {
                    say(serde_json::to_string(seed)?)?;
                }
            } else {
                let mut table = Table::new(&["NAME", "SEEN", "ADDRESS"].map(|name| (name, Align::Left)));
                for s in &seeds {
                    let seen = if s.last_seen.is_some() { "yes" } else { "never" };
                    let address = s.public_url.as_deref().unwrap_or("at the tracker");
                    table.row([s.name.as_str(), seen, address]);
                }
                say(table)?;
            }
        }
        SeedCommand::Rm { name, lose } => {
            operator.call::<()>(Method::DELETE, &format!("/seeds/{name}?lose={lose}"), NOTHING).await?;
            if !quiet {
                say(format_args!("{name} is removed"))?;
            }
        }
    }
    Ok(Ending::Good)
}
