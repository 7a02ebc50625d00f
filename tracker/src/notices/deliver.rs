//! Sending what is due, one after another. A day's messages are one job.

use std::time::Duration;

use mist_proto::http::{LogLevel, NoticeKind, TellJob};

use super::{Notices, discord::Untaken};
use crate::{
    db::{self, DbError, Tx},
    error::Problem,
    jobs::own::{self, Held},
    records::Records,
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

/// Does the job that tells, if there is one: sends what is due now; how many were taken.
///
/// # Errors
/// Only our own.
pub async fn send_due(notices: &Notices) -> Result<usize, Problem> {
    let records = &notices.records;
    see_to_a_job(records).await?;
    let Some(held) = own::next(records, &*notices.events, TellJob::KIND).await? else { return Ok(0) };
    let told = own::hold(records, &held, Telling { notices, held: &held }.through()).await?;
    own::told(records, &*notices.events, &held).await?;
    // None if its lease was lost: somebody cancelled it.
    told.unwrap_or(Ok(0))
}

/// What was written by a release before, which made no jobs of it, has none.
async fn see_to_a_job(records: &Records) -> Result<(), DbError> {
    let mut tx = records.read().await?;
    let waits = db::notices::target(&mut tx).await?.webhook.is_some()
        && db::notices::any_due(&mut tx, records.now()).await?;
    let newest = db::jobs::own_of_kind(&mut tx, TellJob::KIND).await?.into_iter().next();
    drop(tx);
    if waits && !newest.is_some_and(|job| job.public.state.is_open()) {
        let mut tx = records.write().await?;
        own::want_telling(&mut tx, records.mint()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The job that tells, while it is done.
struct Telling<'a> {
    notices: &'a Notices,
    held: &'a Held,
}

impl Telling<'_> {
    /// Sends one notice after another, until none is due, or one is not taken; how many were taken.
    async fn through(&self) -> Result<usize, Problem> {
        let records = &self.notices.records;
        let (mut taken, mut given_up) = (0, None);
        loop {
            let mut tx = records.write().await?;
            let now = records.now();
            let webhook = db::notices::target(&mut tx).await?.webhook;
            let Some(webhook) = webhook.and_then(|url| self.notices.discord.webhook(&url)) else {
                let why = "there is no webhook to send to any more";
                db::notices::give_up(&mut tx, why, now).await?;
                self.end(tx, Some(why.into())).await?;
                return Ok(taken);
            };
            let Some(due) = db::notices::take(&mut tx, now, now.plus_millis(HELD_MILLIS)).await? else {
                self.end(tx, given_up).await?;
                return Ok(taken);
            };
            tx.commit().await?;
            let sent = self.notices.discord.send(&webhook, Some(due.kind), &due.text).await;
            let mut tx = records.write().await?;
            let now = records.now();
            let (line, is_away) = match sent {
                Ok(()) => {
                    db::notices::delivered(&mut tx, &due.id, now).await?;
                    taken += 1;
                    (own::says(LogLevel::Info, format_args!("told: {}", due.text), now), false)
                }
                Err(Untaken::Refused(why)) => {
                    tracing::warn!(why, "a notice was refused");
                    db::notices::missed(&mut tx, &due.id, &why, None, now).await?;
                    let text = format!("refused, and given up ({why}): {}", due.text);
                    given_up = Some(why);
                    (own::says(LogLevel::Error, text, now), false)
                }
                Err(Untaken::Later(why, wait)) => {
                    let wait = wait.and_then(|w| i64::try_from(w.as_millis()).ok()).unwrap_or(0);
                    let millis = pause(due.tries).max(wait);
                    let again = (due.tries < MAX_TRIES).then(|| now.plus_millis(millis));
                    tracing::warn!(why, again = again.is_some(), "a notice was not taken");
                    db::notices::missed(&mut tx, &due.id, &why, again, now).await?;
                    let text = format!("not taken ({why}): {}", due.text);
                    if again.is_none() {
                        given_up = Some(why);
                    }
                    (own::says(LogLevel::Warn, text, now), true)
                }
            };
            tx.commit().await?;
            if !own::note(records, self.held, &[line]).await? {
                return Ok(taken);
            }
            if is_away {
                // Who does not take one does not take the next one either.
                self.end(records.write().await?, given_up).await?;
                return Ok(taken);
            }
            tokio::time::sleep(self.notices.spacing).await;
        }
    }

    /// Lets the job wait for what is due later, or ends it: well unless something was given up.
    async fn end(&self, mut tx: Tx, given_up: Option<String>) -> Result<(), Problem> {
        let now = self.notices.records.now();
        let next = db::notices::next_due(&mut tx).await?;
        let ended = match (next, given_up) {
            (Some(next), why) => {
                let why = why.unwrap_or_else(|| "Discord takes nothing now".into());
                let text = format!("it goes on in {}", readable(next.since(now)));
                let line = own::says(LogLevel::Warn, text, now);
                own::end(&mut tx, self.held, &why, Some(next), &[line], now).await?
            }
            (None, Some(why)) => own::end(&mut tx, self.held, &why, None, &[], now).await?,
            (None, None) => own::complete(&mut tx, self.held, vec![], now).await?,
        };
        if ended {
            tx.commit().await?;
        }
        Ok(())
    }
}

fn readable(millis: i64) -> String {
    mist_readable::duration(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
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
