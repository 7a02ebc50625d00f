//! Who did what.

use anyhow::Result;
use mist_proto::{
    http::{AuditQuery, route},
    time::DAY_MILLIS,
};
use mist_readable::{Align, Table};

use crate::{
    api::{self, Api},
    args::AuditArgs,
    show::{Screen, span},
};

/// `audit`.
pub(super) async fn show(api: &Api, screen: Screen, args: AuditArgs) -> Result<()> {
    let now = api::now();
    let query = AuditQuery {
        limit: Some(args.limit),
        actor: args.who,
        action: args.what,
        subject: args.on,
        since: args.days.map(|days| now.plus_millis(-i64::from(days) * DAY_MILLIS).0),
        ..AuditQuery::default()
    };
    let log = api.call(route::GetAudit, &(), |call| call.query(&query)).await?;
    if log.entries.is_empty() {
        screen.note("nothing of that kind is in the log");
    } else {
        let mut table = Table::new(&["AGO", "WHO", "WHAT", "ON"].map(|name| (name, Align::Left)));
        for entry in &log.entries {
            table.row([&span(now.since(entry.at)), &entry.actor, &entry.action, &entry.subject]);
        }
        screen.table(&table)?;
        if log.next.is_some() {
            screen.note("there is more: raise --limit, or look for less");
        }
    }
    log.entries.iter().try_for_each(|entry| screen.record(entry))
}
