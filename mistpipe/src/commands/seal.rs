//! What friends trust of the server.

use anyhow::Result;
use mist_proto::http::route;

use crate::{
    api::{self, Api},
    show::{Screen, span},
};

/// `seal`.
pub(super) async fn show(api: &Api, screen: Screen) -> Result<()> {
    let seal = api.ask(route::GetSeal, &()).await?;
    let now = api::now();
    screen.line(&format!("server    {} (version {})", seal.tracker_fingerprint, seal.server))?;
    if seal.release_keys.is_empty() {
        screen.line("releases  nobody signs builds yet: the first push makes a key")?;
    }
    for (n, key) in seal.release_keys.iter().enumerate().rev() {
        let is_first = n == 0;
        let is_last = n + 1 == seal.release_keys.len();
        let how = if is_first { "registered" } else { "by a signed rotation" };
        let by = key.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let since = key.since.map(|at| format!(", {} ago", span(now.since(at)))).unwrap_or_default();
        let state = if is_last { "signs now" } else { "handed over" };
        let title = if is_last { "releases" } else { "        " };
        screen.line(&format!("{title}  {}  {state}, {how}{by}{since}", key.fingerprint))?;
    }
    match &seal.recovery {
        Some(key) => screen.line(&format!(
            "recovery  {}  can take over, made by {}, {} ago",
            key.fingerprint,
            key.by,
            span(now.since(key.made))
        ))?,
        None if seal.release_keys.is_empty() => {}
        None => screen.line("recovery  none: a lost release key would be the end here. `mistpipe key recovery FILE` makes one")?,
    }
    for publisher in &seal.publishers {
        let state = if publisher.may_publish { "may sign builds too" } else { "may sign no more" };
        screen.line(&format!("beside    {}  {}, {state}", publisher.fingerprint, publisher.name))?;
    }
    for floor in &seal.floors {
        screen.line(&format!(
            "floor     {}: nothing older than its build number {}",
            floor.game, floor.sequence
        ))?;
    }
    screen.record(&seal)
}
