//! What admins are told elsewhere. Whatever happens is written into an outbox in the transaction of what it is about, and
//! sent after that by a job: once, unless this process dies between sending and noting it.

pub mod deliver;
pub mod discord;
pub mod handlers;

use std::{sync::Arc, time::Duration};

use mist_proto::http::NoticeKind;

use self::discord::Discord;
use crate::{
    clock::Mint,
    db::{self, DbError, Tx, notices::NewNotice},
    jobs::own,
    records::Records,
    shared::events::Events,
};

/// Newest notices that an admin sees.
const SHOWN: i64 = 20;
/// So long, what lasts is not said again.
const AGAIN_AFTER: i64 = 24 * 60 * 60 * 1000;

/// What telling takes.
#[derive(Clone)]
pub struct Notices {
    pub(crate) records: Records,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) discord: Arc<Discord>,
    /// Between two messages.
    pub(crate) spacing: Duration,
}

impl Notices {
    /// The same with so long between two messages.
    #[must_use]
    pub fn spaced(self, spacing: Duration) -> Self {
        Self { spacing, ..self }
    }
}

/// Writes that something happened, to be told if anybody wants to hear of its kind. `subject` is another one each time that it
/// happens.
///
/// # Errors
/// [`DbError`].
pub async fn queue(
    tx: &mut Tx,
    mint: Mint<'_>,
    kind: NoticeKind,
    subject: &str,
    text: &str,
) -> Result<(), DbError> {
    add(tx, mint, kind, subject, text, None).await
}

/// As [`queue`], of something that lasts: it is said again after a day.
async fn queue_again(
    tx: &mut Tx,
    mint: Mint<'_>,
    kind: NoticeKind,
    subject: &str,
    text: &str,
) -> Result<(), DbError> {
    add(tx, mint, kind, subject, text, Some(AGAIN_AFTER)).await
}

async fn add(
    tx: &mut Tx,
    mint: Mint<'_>,
    kind: NoticeKind,
    subject: &str,
    text: &str,
    again_after: Option<i64>,
) -> Result<(), DbError> {
    let target = db::notices::target(tx).await?;
    if target.webhook.is_some() && target.kinds.contains(&kind) {
        let id = mint.id();
        let notice = NewNotice { id: &id, kind, subject, text, now: mint.now, again_after };
        if db::notices::add(tx, &notice).await? {
            own::want_telling(tx, mint).await?;
        }
    }
    Ok(())
}
