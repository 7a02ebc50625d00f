//! The engine of this person's home, here or where it runs already.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use mist_client_core::{ErrorClass, Failure, Home};
use mist_client_view::{Delta, Reply, Request, Rev, Window};
use tokio::sync::{Notify, OnceCell};

/// How long a page waits for news in one question.
const WAIT: Duration = Duration::from_secs(25);
/// Between attempts to open an engine that can't be opened.
const RETRY: Duration = Duration::from_secs(2);

/// An engine that is opened while the window is: what is asked earlier waits for it.
pub(crate) struct Engine {
    home: Result<Home, Failure>,
    window: OnceCell<Window>,
    gone: Notify,
}

impl Engine {
    /// That of the person who started the program.
    pub(crate) fn of_this_person() -> Self {
        Self { home: home(), window: OnceCell::new(), gone: Notify::new() }
    }

    /// Folder of the client's state, if there can be one.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_ref().ok().map(Home::root)
    }

    async fn window(&self) -> Result<&Window, Failure> {
        let open = || async { Window::open(self.home.clone()?, "the desktop app").await };
        self.window.get_or_try_init(open).await
    }

    /// Has it do something.
    pub(crate) async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.window().await?.call(request).await
    }

    /// What changed since a revision. Ends early when the page that asks is gone: the next one is not to wait for its answer.
    pub(crate) async fn next(&self, since: Rev) -> Result<(Rev, Vec<Delta>), Failure> {
        let window = self.window().await?;
        tokio::select! {
            news = window.next(since, WAIT) => news,
            () = self.gone.notified() => Ok((since, Vec::new())),
        }
    }

    /// There is no page any more that waits for news.
    pub(crate) fn page_is_gone(&self) {
        self.gone.notify_waiters();
    }

    /// Resolves once it is open.
    pub(crate) async fn opened(&self) -> &Window {
        loop {
            match self.window().await {
                Ok(window) => return window,
                Err(failure) => {
                    tracing::warn!(code = failure.code, "the engine can't be opened: {}", failure.text())
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Keeps it in step with its server. Resolves when another process asks this one to end.
    pub(crate) async fn stay(&self) {
        let window = self.opened().await;
        tracing::debug!("the engine is there");
        window.stay().await;
    }

    /// Ends it in order, if it runs here.
    pub(crate) async fn close(&self) {
        if let Some(window) = self.window.get() {
            window.close().await;
        }
    }
}

fn home() -> Result<Home, Failure> {
    // As `mist` does, which has its flag besides.
    let named = std::env::var_os("MIST_HOME").filter(|root| !root.is_empty()).map(PathBuf::from);
    let root = named.or_else(|| Home::default_root(|name| std::env::var_os(name)));
    let root = root.ok_or_else(|| unusable("MIST_HOME", "it is not set"))?;
    let opened = std::path::absolute(&root).map_err(|e| e.to_string());
    opened
        .and_then(|root| Home::open(&root).map_err(|e| e.to_string()))
        .map_err(|detail| unusable(&root.display().to_string(), &detail))
}

/// A place that can't be used.
pub(crate) fn unusable(path: &str, detail: &str) -> Failure {
    let params =
        BTreeMap::from([("path".to_owned(), path.to_owned()), ("detail".to_owned(), detail.to_owned())]);
    Failure { code: "state".to_owned(), class: ErrorClass::Failed, params }
}
