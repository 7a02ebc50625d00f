//! Sending what is due, one after another.

use std::time::Duration;

use mist_proto::http::NoticeKind;

use super::{Notices, discord::Untaken};
use crate::{
    db,
    error::Problem,
    stats::trouble::{Trouble, TroubleKind},
};

/// While a notice is sent, nobody else sends it for so long. Whoever dies meanwhile leaves it to be sent again: better twice
/// than never.
const HELD_MILLIS: i64 = 60_000;
/// Tries before one is given up.
const MAX_TRIES: u32 = 8;
/// Notices that are remembered.
pub const KEEP_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Between two messages; Discord takes five in two seconds.
pub const SPACING: Duration = Duration::from_millis(1000);

/// The pause after so many tries, in milliseconds: 5 s, 20 s, 80 s, and so on, an hour at most.
fn pause(tries: u32) -> i64 {
    5000 * 4_i64.pow(tries.saturating_sub(1).min(5)).min(720)
}

/// Sends what is due now; how many were taken.
///
/// # Errors
/// Only our own.
pub async fn send_due(notices: &Notices) -> Result<usize, Problem> {
    let mut taken = 0;
    loop {
        let now = notices.records.now();
        let mut tx = notices.records.read().await?;
        let target = db::notices::target(&mut tx).await?;
        if target.webhook.is_none() || !db::notices::any_due(&mut tx, now).await? {
            return Ok(taken);
        }
        drop(tx);
        let mut tx = notices.records.write().await?;
        let Some(webhook) = target.webhook.as_deref().and_then(|url| notices.discord.webhook(url)) else {
            return Ok(taken);
        };
        let Some(due) = db::notices::take(&mut tx, now, now.plus_millis(HELD_MILLIS)).await? else {
            return Ok(taken);
        };
        tx.commit().await?;
        let sent = notices.discord.send(&webhook, Some(due.kind), &due.text).await;
        let now = notices.records.now();
        let mut tx = notices.records.write().await?;
        match sent {
            Ok(()) => {
                db::notices::delivered(&mut tx, &due.id, now).await?;
                taken += 1;
            }
            Err(Untaken::Refused(why)) => {
                tracing::warn!(why, "a notice was refused");
                db::notices::missed(&mut tx, &due.id, &why, None, now).await?;
            }
            Err(Untaken::Later(why, wait)) => {
                let wait = wait.and_then(|w| i64::try_from(w.as_millis()).ok()).unwrap_or(0);
                let again = now.plus_millis(pause(due.tries).max(wait));
                let again = (due.tries < MAX_TRIES).then_some(again);
                tracing::warn!(why, again = again.is_some(), "a notice was not taken");
                db::notices::missed(&mut tx, &due.id, &why, again, now).await?;
                tx.commit().await?;
                // Who does not take one does not take the next one either.
                return Ok(taken);
            }
        }
        tx.commit().await?;
        tokio::time::sleep(notices.spacing).await;
    }
}

/// Whether there is anybody to tell.
///
/// # Errors
/// Only our own.
pub async fn is_anybody_told(notices: &Notices) -> Result<bool, Problem> {
    Ok(db::notices::target(&mut notices.records.read().await?).await?.webhook.is_some())
}

/// Notes what is wrong now, each thing once a day for as long as it lasts.
///
/// # Errors
/// Only our own.
pub async fn note_health(notices: &Notices, troubles: &[Trouble]) -> Result<(), Problem> {
    let mint = notices.records.mint();
    let mut tx = notices.records.write().await?;
    for Trouble { kind, subject, text } in troubles {
        let told = match kind {
            // Each job is told of as it is given up.
            TroubleKind::Jobs => continue,
            TroubleKind::Room => NoticeKind::Disk,
            _ => NoticeKind::Health,
        };
        super::queue_again(&mut tx, mint, told, &format!("{kind:?} {subject}"), text).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let pauses: Vec<i64> = (1..=7).map(|n| pause(n) / 1000).collect();
        assert_eq!(pauses, [5, 20, 80, 320, 1280, 3600, 3600]);
    }
}
