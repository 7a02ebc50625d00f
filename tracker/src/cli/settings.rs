//! `tracker settings`: what is in force, and where each value came from.

use mist_readable::{Align, Table};
use mist_tracker::config::Config;
use serde_json::json;

use super::{Ending, say};

pub(super) fn run(config: &Config, json: bool) -> anyhow::Result<Ending> {
    let mut table = Table::new(&[("SETTING", Align::Left), ("VALUE", Align::Left), ("FROM", Align::Left)]);
    for shown in config.given.shown() {
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
