//! `tracker settings`: what is in force, and where each value came from.

use std::collections::BTreeMap;

use anyhow::bail;
use axum::http::Method;
use mist_proto::http::{ServerSettings, SetSetting, SettingSource};
use mist_readable::{Align, Table};
use mist_settings::Settings;
use mist_tracker::{
    config::{Config, Database},
    control::Operator,
    data_dir, db, live,
};
use serde_json::json;

use super::{Ending, say};

pub(super) async fn run(config: &Config, json: bool) -> anyhow::Result<Ending> {
    let kept = match kept(config).await {
        Ok(kept) => kept,
        Err(e) => {
            let why = format!("tracker: what was set in the portal is not shown: {e:#}");
            mist_readable::tell(&mist_readable::escaped(&why));
            BTreeMap::new()
        }
    };
    let (kept, wrong) = Settings::kept(live::LIVE, |name| kept.get(name).cloned());
    for problem in wrong {
        mist_readable::tell(&mist_readable::escaped(&format!("tracker: {problem}, and is not used")));
    }
    let mut table = Table::new(&[("SETTING", Align::Left), ("VALUE", Align::Left), ("FROM", Align::Left)]);
    for shown in config.given.with_kept(&kept).shown() {
        let (name, value, from) = (shown.name, shown.value, shown.from.to_string());
        if json {
            say(json!({ "setting": name, "value": value, "source": shown.from.kind(), "from": from }))?;
        } else {
            table.row([name.to_owned(), value, from]);
        }
    }
    if !json {
        say(table)?;
    }
    Ok(Ending::Good)
}

pub(super) async fn set(
    config: &Config,
    name: &str,
    value: Option<String>,
    quiet: bool,
) -> anyhow::Result<Ending> {
    if !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        bail!("there is no setting {name:?}: `tracker settings` lists them");
    }
    let operator = Operator::reach(config).await?;
    let path = format!("/settings/{name}");
    let all: ServerSettings = match value {
        Some(value) => operator.call(Method::PUT, &path, Some(&SetSetting { value })).await?,
        None => operator.call(Method::DELETE, &path, None::<&()>).await?,
    };
    let now = all.settings.into_iter().find(|setting| setting.name == name).and_then(|setting| setting.value);
    if !quiet {
        say(format_args!("{name} is {}", now.as_deref().unwrap_or("not set")))?;
    }
    Ok(Ending::Good)
}

/// What was set while the tracker ran, and by whom: as it says, or as its database does, which is left as it is.
async fn kept(config: &Config) -> anyhow::Result<BTreeMap<String, (String, String)>> {
    if let Some(operator) = Operator::running(config).await {
        let told: ServerSettings = operator.call(Method::GET, "/settings", None::<&()>).await?;
        let set = told.settings.into_iter().filter(|setting| setting.source == SettingSource::Portal);
        let value = |s: mist_proto::http::ServerSetting| {
            (s.name, (s.value.unwrap_or_default(), s.given_by.unwrap_or_default()))
        };
        return Ok(set.map(value).collect());
    }
    // Where nothing has served yet, there is nothing to read, and nothing is made.
    if matches!(&config.database, Database::Sqlite(path) if !path.is_file()) {
        return Ok(BTreeMap::new());
    }
    let db = data_dir::open_database(config).await?;
    let all = db::settings::all(&mut db.read().await?).await;
    db.close().await;
    let kept = all?.into_iter().map(|(name, kept)| (name, (kept.value, kept.changed_by)));
    Ok(kept.collect())
}
