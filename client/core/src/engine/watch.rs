//! Keeps a long-lived engine in step with its server.

use std::time::Duration;

use super::Engine;
use crate::error::Error;

/// Between looks at the server while nothing is heard of it.
const REFRESH: Duration = Duration::from_secs(300);

impl Engine {
    /// From now on serves what is installed and keeps catalogue and tickets fresh, whoever is signed in, until the engine
    /// ends. Starts what waits in the queue.
    pub fn live(&self) {
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
        loop {
            match self.attend().await {
                // Nobody is signed in: the next sign-in is waited for.
                Ok(()) | Err(Error::NotSignedIn) => {}
                Err(error) => self.0.events.warn(error.to_string()),
            }
            tokio::select! {
                () = tokio::time::sleep(REFRESH) => {}
                () = self.0.signed_in.notified() => {}
            }
        }
    }

    async fn attend(&self) -> Result<(), Error> {
        self.swarm().await?;
        self.refresh().await.map(drop)
    }
}
