//! API tokens.

use anyhow::Result;
use mist_proto::http::{NewToken, TokenLevel, route};
use mist_readable::{Align, Table};
use serde_json::json;

use crate::{
    api::{self, Api},
    failure::name_missing,
    show::{Screen, span},
};

/// `token add`.
pub(super) async fn make(api: &Api, screen: Screen, name: &str, level: TokenLevel, days: u32) -> Result<()> {
    let body = NewToken { name: name.into(), level, days: Some(days) };
    let made = api.call_once(route::AddToken, &(), |call| call.json(&body)).await?;
    screen.line(&made.secret)?;
    screen.note(&format!(
        "it can't be shown again. Put it into a file of mode 600 and name that by MIST_TOKEN_FILE, with MIST_SERVER={}",
        api.client().server()
    ));
    screen.record(&json!({ "secret": made.secret, "token": made.token }))
}

/// `token ls`.
pub(super) async fn list(api: &Api, screen: Screen) -> Result<()> {
    let tokens = api.list(route::ListTokens, &()).await?;
    if tokens.is_empty() {
        screen.note("there are no tokens: make one with `mistpipe token add NAME`");
    } else {
        let columns = ["ID", "NAME", "OF", "OPENS", "USED", "STATE"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        let now = api::now();
        for token in &tokens {
            let used = match token.used {
                Some(at) => format!("{} ago", span(now.since(at))),
                None => "never".into(),
            };
            let left = token.expires.since(now);
            let state = match left <= 0 {
                true => "over".into(),
                false => format!("good for {}", span(left)),
            };
            table.row([&token.id, &token.name, token.user.as_str(), token.level.as_str(), &used, &state]);
        }
        screen.table(&table)?;
    }
    tokens.iter().try_for_each(|token| screen.record(token))
}

/// `token rm`.
pub(super) async fn remove(api: &Api, screen: Screen, id: &str) -> Result<()> {
    let removed = api.ask_once(route::RemoveToken, &id.to_owned()).await;
    removed.map_err(|e| name_missing(e, "such token: see `mistpipe token ls`"))?;
    screen.line("the token counts no more")?;
    screen.record(&json!({ "removed": id }))
}
