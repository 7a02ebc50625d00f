//! A face for a window: it hears news and asks questions at the same time, and keeps the engine alive where it runs here.

use std::time::Duration;

use mist_client_core::{Batch, BatchEnd, Delta, Failure, Home, Rev};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    face::Face,
    message::{Reply, Request},
};

/// Between looks at whether this process has taken the engine over.
const TICK: Duration = Duration::from_millis(500);
/// How long the end of a batch is waited for in one question.
const WAIT: Duration = Duration::from_secs(25);
/// Between two such questions: nobody has to know within less.
const CALM: Duration = Duration::from_secs(1);

/// Three faces of one home. A face that is attached answers one request at a time, and one that waits for news must hold up no
/// other.
pub struct Window {
    calls: Face,
    news: Face,
    /// For [`Window::batches`], which goes on while no page waits for news.
    ends: Face,
    closing: CancellationToken,
}

impl Window {
    /// Opens the engine of `home`, or attaches to the process that runs it. `program` tells others what this process is.
    ///
    /// # Errors
    /// As [`Face::open`].
    pub async fn open(home: Home, program: &str) -> Result<Self, Failure> {
        let calls = Face::open(home.clone(), program).await?;
        let news = Face::open(home.clone(), program).await?;
        let ends = Face::open(home, program).await?;
        Ok(Self { calls, news, ends, closing: CancellationToken::new() })
    }

    /// Has the engine do something.
    ///
    /// # Errors
    /// As [`Face::call`].
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::Next { since, wait } => {
                let news = Box::pin(self.next(since, Duration::from_millis(wait)));
                let (rev, deltas) = news.await?;
                Ok(Reply::News(rev, deltas))
            }
            request => self.unless_closing(Box::pin(self.calls.call(request))).await,
        }
    }

    /// What changed since `since`, waiting for it at most so long.
    ///
    /// # Errors
    /// As [`Face::call`].
    pub async fn next(&self, since: Rev, wait: Duration) -> Result<(Rev, Vec<Delta>), Failure> {
        self.unless_closing(Box::pin(self.news.next(since, wait))).await
    }

    /// What is done from now on, batch by batch.
    pub fn batches(&self) -> Batches<'_> {
        Batches { window: self, batch: Batch::default(), since: Rev::default() }
    }

    /// Keeps the engine in step with its server whenever it runs here. Resolves when another process asks this one to end.
    pub async fn stay(&self) {
        tokio::select! {
            () = live(&self.calls) => {}
            () = live(&self.news) => {}
            () = live(&self.ends) => {}
            () = self.calls.asked_to_end() => {}
            () = self.news.asked_to_end() => {}
            () = self.ends.asked_to_end() => {}
        }
    }

    /// Leaves. If the engine runs here, it ends in order; what is asked meanwhile is refused.
    pub async fn close(&self) {
        self.closing.cancel();
        self.ends.end().await;
        self.news.end().await;
        self.calls.end().await;
    }

    /// A face whose engine ends beside it would run another one.
    async fn unless_closing<T>(&self, asked: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(mist_client_core::Error::Closing.into()),
            answer = asked => answer,
        }
    }
}

/// The ends of batches, as a window hears of them.
pub struct Batches<'a> {
    window: &'a Window,
    batch: Batch,
    since: Rev,
}

impl Batches<'_> {
    /// Waits until nothing is left to be done of what was begun.
    ///
    /// # Errors
    /// As [`Face::call`]; it may be asked again, and has missed nothing.
    pub async fn next(&mut self) -> Result<BatchEnd, Failure> {
        loop {
            let news = Box::pin(self.window.ends.next(self.since, WAIT));
            let (rev, deltas) = self.window.unless_closing(news).await?;
            self.since = rev;
            if let Some(end) = self.batch.heard(rev.run, &deltas) {
                return Ok(end);
            }
            sleep(CALM).await;
        }
    }
}

/// Keeps the engine fresh once it runs in this face. Never resolves: only the end of the face ends the engine.
async fn live(face: &Face) {
    loop {
        if let Some(engine) = face.engine().await {
            engine.live();
            return std::future::pending().await;
        }
        sleep(TICK).await;
    }
}
