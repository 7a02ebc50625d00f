//! Keeps a long-lived engine in step with its server.

use std::{sync::atomic::Ordering, time::Duration};

use mist_proto::http::Event;
use tokio::time::sleep;

use super::Engine;
use crate::error::Error;

/// Between looks at the server while nothing is heard of it.
const REFRESH: Duration = Duration::from_secs(300);
/// Before the server is listened to again after that failed.
const RETRY: Duration = Duration::from_secs(15);
/// What follows an event within so long is looked at together with it.
const GATHER: Duration = Duration::from_millis(300);

impl Engine {
    /// From now on serves what is installed and keeps catalogue and tickets fresh, whoever is signed in, until the engine
    /// ends. Starts what waits in the queue.
    pub fn live(&self) {
        self.0.lives.store(true, Ordering::SeqCst);
        self.start();
        let this = self.clone();
        self.0.tasks.spawn(async move {
            let ended = this.0.closing.clone();
            tokio::select! {
                () = ended.cancelled() => {}
                () = this.keep_fresh() => {}
            }
        });
    }

    async fn keep_fresh(&self) {
        let mut last = None;
        loop {
            match self.attend().await {
                // Nobody is signed in: the next sign-in is waited for.
                Ok(()) | Err(Error::NotSignedIn) => {}
                Err(error) => self.0.events.warn(error.to_string()),
            }
            let look = self.until_next_build().await.map_or(REFRESH, |soon| soon.min(REFRESH));
            tokio::select! {
                () = sleep(look) => {}
                () = self.0.signed_in.notified() => last = None,
                () = self.listen(&mut last) => {}
            }
        }
    }

    async fn attend(&self) -> Result<(), Error> {
        self.look_for_session().await?;
        self.swarm_unless_thrifty().await?;
        self.refresh().await?;
        self.look_ahead().await?;
        self.show().await;
        Ok(())
    }

    /// Resolves when the server said that something changed, or when something may have been missed. Events are hints:
    /// what they are about is read anew. `last` is the event up to which all is known.
    async fn listen(&self, last: &mut Option<String>) {
        let heard = async {
            let server = self.server().await?;
            let mut events = server.account.events(last.as_deref()).await?;
            while let Some(event) = events.next().await? {
                *last = events.last_id().map(str::to_owned);
                if !matches!(event, Event::Job { .. } | Event::Changed { .. }) {
                    sleep(GATHER).await;
                    return Ok(());
                }
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = heard.await {
            tracing::debug!(%error, "the server is not heard; it is looked at now and then");
            sleep(RETRY).await;
        }
    }
}
