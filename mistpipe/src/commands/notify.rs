//! What is told on Discord.

use std::io::Read;

use anyhow::{Context, Result};
use mist_proto::http::{Notifications, SetNotifications, route};
use mist_readable::escaped;
use serde_json::json;

use crate::{
    api::Api,
    failure::{Exit, refuse},
    show::Screen,
};

/// Bytes of a webhook that are read.
const MAX_WEBHOOK: u64 = 4096;

/// `notify show`.
pub(super) async fn show(api: &Api, screen: Screen) -> Result<()> {
    let told = api.ask(route::GetNotifications, &()).await?;
    let kinds = told.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    match &told.webhook {
        Some(id) => screen.line(&format!("webhook {} is told of: {kinds}", escaped(id)))?,
        None => screen.line("nothing is told: give a webhook with `mistpipe notify set`")?,
    }
    for notice in &told.newest {
        let how = match (notice.delivered, notice.given_up) {
            (Some(_), _) => "taken",
            (None, true) => "given up",
            (None, false) => "due",
        };
        let why = notice.failure.as_deref().filter(|_| notice.delivered.is_none());
        let why = why.map_or_else(String::new, |why| format!(" ({})", escaped(why)));
        screen.line(&format!("{how:<8}  {}{why}", escaped(&notice.text.replace('\n', " "))))?;
    }
    screen.record(&told)
}

/// `notify set`: the webhook is no argument, which others on this machine could read.
pub(super) async fn set(api: &Api, screen: Screen) -> Result<()> {
    let mut webhook = String::new();
    let read = std::io::stdin().take(MAX_WEBHOOK).read_to_string(&mut webhook);
    read.context("can't read the webhook from standard input")?;
    if webhook.trim().is_empty() {
        return Err(refuse(Exit::Usage, "write the webhook's address to standard input"));
    }
    let told = put(api, webhook.trim().to_owned()).await?;
    let id = told.webhook.unwrap_or_default();
    screen.line(&format!("webhook {} is told from now on: try `mistpipe notify test`", escaped(&id)))?;
    screen.record(&json!({ "event": "notify_set", "webhook": id }))
}

/// `notify off`.
pub(super) async fn off(api: &Api, screen: Screen) -> Result<()> {
    put(api, String::new()).await?;
    screen.line("nothing is told any more, and the webhook is forgotten")?;
    screen.record(&json!({ "event": "notify_off" }))
}

async fn put(api: &Api, webhook: String) -> Result<Notifications> {
    let body = SetNotifications { webhook: Some(webhook), kinds: None };
    api.call(route::SetNotifications, &(), |call| call.json(&body)).await
}

/// `notify test`.
pub(super) async fn test(api: &Api, screen: Screen) -> Result<()> {
    api.ask_once(route::TestNotifications, &()).await?;
    screen.line("Discord took the message: look at the channel")?;
    screen.record(&json!({ "event": "notify_test" }))
}
