//! Links by which friends join, and by which lost passwords are set anew.

use anyhow::Result;
use mist_proto::{
    http::{Invite, MadeInvite, NewInvite, NewReset, route},
    ids::UserName,
};
use mist_readable::{Align, Table};
use serde_json::json;

use crate::{
    api::{self, Api},
    args::InviteArgs,
    failure::name_missing,
    show::{Screen, span},
};

/// `invite`.
pub(super) async fn make(api: &Api, screen: Screen, args: InviteArgs) -> Result<()> {
    let body = NewInvite {
        note: args.note.map(Into::into),
        name: args.name,
        games: args.games,
        uses: Some(args.uses),
        hours: Some(args.hours),
    };
    let made = api.call_once(route::AddInvite, &(), |call| call.json(&body)).await;
    show(api, screen, &made.map_err(|e| name_missing(e, "such game: see `mistpipe ls`"))?)
}

/// `reset`.
pub(super) async fn reset(api: &Api, screen: Screen, user: &UserName, hours: u32) -> Result<()> {
    let body = NewReset { hours: Some(hours) };
    let made = api.call_once(route::AddReset, user, |call| call.json(&body)).await;
    show(api, screen, &made.map_err(|e| name_missing(e, format_args!("account {user}")))?)
}

/// Prints the link, which nobody can read again.
fn show(api: &Api, screen: Screen, made: &MadeInvite) -> Result<()> {
    let link = made.link(&api.client().server().to_string());
    screen.line(&link)?;
    let left = span(made.invite.expires.since(api::now()));
    screen.note(&format!(
        "send it by a way that you trust; it is good for {left} and can't be shown again. They run: mist join 'LINK'"
    ));
    screen.record(&json!({ "link": link, "invite": made.invite }))
}

/// `invite ls`.
pub(super) async fn list(api: &Api, screen: Screen) -> Result<()> {
    let invites = api.list(route::ListInvites, &()).await?;
    if invites.is_empty() {
        screen.note("there are no links: make one with `mistpipe invite`");
    } else {
        let columns = ["ID", "FOR", "USED", "STATE", "MADE BY"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for invite in &invites {
            let used = format!("{} of {}", invite.used, invite.uses);
            table.row([&invite.id, &whom(invite), &used, &state(invite), &invite.made_by]);
        }
        screen.table(&table)?;
    }
    invites.iter().try_for_each(|invite| screen.record(invite))
}

fn whom(invite: &Invite) -> String {
    match (&invite.name, invite.reset) {
        (Some(name), true) => format!("{name} (new password)"),
        (Some(name), false) => name.to_string(),
        (None, _) if invite.note.is_empty() => "anybody".into(),
        (None, _) => invite.note.clone(),
    }
}

fn state(invite: &Invite) -> String {
    let left = invite.expires.since(api::now());
    if invite.used >= invite.uses {
        "used".into()
    } else if left <= 0 {
        "over".into()
    } else {
        format!("good for {}", span(left))
    }
}

/// `invite rm`.
pub(super) async fn remove(api: &Api, screen: Screen, id: &str) -> Result<()> {
    let removed = api.ask_once(route::RemoveInvite, &id.to_owned()).await;
    removed.map_err(|e| name_missing(e, "such link: see `mistpipe invite ls`"))?;
    screen.line("the link counts no more")?;
    screen.record(&json!({ "removed": id }))
}
