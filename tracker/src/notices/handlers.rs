//! Routes about what is told elsewhere.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::http::{NoticeKind, Notifications, SetNotifications, route};

use super::{Notices, SHOWN, discord::Untaken};
use crate::{
    audit,
    auth::caller::Caller,
    db::{self, Tx},
    error::{Answer, Problem},
    http::{json::Body, routes::Routes},
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Notices: FromRef<S>,
{
    Routes::default()
        .on(route::GetNotifications, get)
        .on(route::SetNotifications, set)
        .on(route::TestNotifications, test)
}

async fn shown(notices: &Notices, tx: &mut Tx) -> Answer<Notifications> {
    let target = db::notices::target(tx).await?;
    let webhook = target.webhook.as_deref().and_then(|url| notices.discord.webhook(url));
    Ok(Notifications {
        webhook: webhook.map(|w| w.id),
        kinds: target.kinds,
        base: notices.discord.begins_with(),
        newest: db::notices::newest(tx, SHOWN).await?,
    })
}

/// What is told elsewhere, and how that went.
async fn get(State(notices): State<Notices>) -> Answer<Json<Notifications>> {
    shown(&notices, &mut notices.records.read().await?).await.map(Json)
}

/// Change where and of what is told.
async fn set(
    State(notices): State<Notices>,
    caller: Caller,
    Body(body): Body<SetNotifications>,
) -> Answer<Json<Notifications>> {
    let mint = notices.records.mint();
    let mut tx = notices.records.write().await?;
    let mut target = db::notices::target(&mut tx).await?;
    if let Some(typed) = body.webhook {
        let typed = Some(typed.trim()).filter(|typed| !typed.is_empty());
        if let Some(typed) = typed
            && notices.discord.webhook(typed).is_none()
        {
            let begins = notices.discord.begins_with();
            let message =
                format!("a webhook begins with {begins}, then a number and a token: copy it in Discord");
            return Err(Problem::invalid("bad_webhook", message));
        }
        target.webhook = typed.map(str::to_owned);
        let action = if typed.is_some() { "notices.webhook" } else { "notices.off" };
        audit::note(&mut tx, mint, &caller, action, "discord").await?;
    }
    if let Some(kinds) = body.kinds {
        target.kinds = NoticeKind::ALL.into_iter().filter(|kind| kinds.contains(kind)).collect();
        let words = target.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(" ");
        audit::note(&mut tx, mint, &caller, "notices.kinds", &words).await?;
    }
    db::notices::set_target(&mut tx, &target).await?;
    let now = shown(&notices, &mut tx).await?;
    tx.commit().await?;
    Ok(Json(now))
}

/// Send a message to see whether it arrives.
async fn test(State(notices): State<Notices>, caller: Caller) -> Answer<()> {
    let target = db::notices::target(&mut notices.records.read().await?).await?;
    let webhook = target.webhook.as_deref().and_then(|url| notices.discord.webhook(url));
    let webhook = webhook.ok_or_else(|| Problem::conflict("no_webhook", "there is no webhook to send to"))?;
    let text = format!("{} tries whether messages of this server arrive here. They do.", caller.name);
    match notices.discord.send(&webhook, None, &text).await {
        Ok(()) => Ok(()),
        Err(Untaken::Refused(why)) => Err(Problem::conflict("webhook_refused", why)),
        Err(Untaken::Later(why, _)) => Err(Problem::Unavailable {
            code: "discord_away",
            message: format!("the message was not taken ({why}); try later"),
        }),
    }
}
