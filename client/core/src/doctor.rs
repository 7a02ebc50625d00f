//! The usual misconfigurations, looked for one by one.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{clock::now, engine::Engine, error::Error, folder::GameFolder, swarm::Swarm};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All is well.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// It does not work.
    Problem,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, and what to do.
    pub detail: String,
}

/// Tickets that expire sooner than this are worth a warning: an hour.
const SOON_MILLIS: i64 = 3600 * 1000;

impl Engine {
    /// Looks for what usually goes wrong.
    ///
    /// # Errors
    /// Only if the client's own files can't be read.
    pub async fn doctor(&self) -> Result<Vec<Check>, Error> {
        let mut checks = Vec::new();
        let mut add = |name: &str, verdict, detail: String| {
            checks.push(Check { name: name.to_owned(), verdict, detail })
        };
        let status = self.status().await?;
        let server = match self.server().await {
            Ok(server) => server,
            Err(error) => {
                add("account", Verdict::Problem, error.to_string());
                return Ok(checks);
            }
        };
        match self.refresh().await {
            Ok(refreshed) if refreshed.online => {
                add("server", Verdict::Ok, "it answers, and its keys are the known ones".into())
            }
            Ok(refreshed) => {
                let age = refreshed
                    .age_millis
                    .map_or_else(|| "never".into(), |a| format!("{} min ago", a / 60_000));
                add(
                    "server",
                    Verdict::Warning,
                    format!("it can't be reached; the catalogue was fetched {age}"),
                );
            }
            Err(error) => add("server", Verdict::Problem, error.to_string()),
        }
        let tickets = server.catalogue.tickets()?;
        let soon = now().plus_millis(SOON_MILLIS);
        match tickets.iter().filter(|t| t.expires < soon).count() {
            0 if tickets.is_empty() => {
                add("tickets", Verdict::Warning, "there are none: no game is visible".into())
            }
            0 => add("tickets", Verdict::Ok, format!("{} games may be shared with friends", tickets.len())),
            n => add(
                "tickets",
                Verdict::Warning,
                format!("{n} have expired or soon will; the server renews them"),
            ),
        }
        match self.swarm_unless_thrifty().await {
            Ok(None) => {
                add("peer-to-peer", Verdict::Warning, "it waits: nothing is fetched or sent just now".into())
            }
            Ok(Some(swarm)) => add("peer-to-peer", Verdict::Ok, listening(&swarm)),
            Err(error) => add("peer-to-peer", Verdict::Problem, error.to_string()),
        }
        for game in &status.games {
            match GameFolder::open(&game.dir).map(|f| f.dir.space()) {
                Ok(Ok(space)) if space.free < 1_000_000_000 => add(
                    "disk",
                    Verdict::Warning,
                    format!("less than 1 GB is free where {} lies ({})", game.game, game.dir.display()),
                ),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => add("disk", Verdict::Problem, error.to_string()),
                Err(error) => add("disk", Verdict::Problem, error.to_string()),
            }
        }
        Ok(checks)
    }
}

fn listening(swarm: &Swarm) -> String {
    let node = swarm.node();
    let at: Vec<_> = node.addresses().iter().map(ToString::to_string).collect();
    format!("listening on UDP {}; {} friends seen on this network", at.join(", "), node.lan_peers().len())
}
