//! How commands on the server's own machine reach the tracker: by a socket in the data dir when it serves, and by the
//! same router within their own process when it doesn't. Whoever may open the data dir is the operator.

use std::{fs, io::ErrorKind, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use anyhow::{Context, bail};
use axum::{Router, body::Body, http::Request};
use http_body_util::{BodyExt, Full};
use hyper::{Method, StatusCode, body::Bytes, service::service_fn};
use hyper_util::rt::TokioIo;
use mist_proto::http::{API_LEVEL, ErrorBody, LEVEL_HEADER, Page, ProblemDetails};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};
use tower::ServiceExt;

use crate::{app::App, auth::caller::AtTheServer, config::Config, http, serve};

/// Answers at the control socket until the server stops.
///
/// # Errors
/// If the socket can't be made, e.g. because its path is too long.
pub async fn listen(path: &Path, app: Arc<App>) -> anyhow::Result<JoinHandle<()>> {
    // The lock on the data dir is ours: a socket that is there is a leftover.
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            return Err(e).with_context(|| format!("can't remove {}", path.display()));
        }
        _ => {}
    }
    let listener = UnixListener::bind(path).with_context(|| format!("can't listen on {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    let router = http::router(&app, None);
    let path = path.to_owned();
    Ok(tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = app.stopping.cancelled() => break,
            };
            let Ok((stream, _)) = accepted else { continue };
            let router = router.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(AtTheServer);
                    router.clone().oneshot(request)
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                if let Err(e) = connection.await {
                    tracing::debug!(error = %e, "control connection ended early");
                }
            });
        }
        if let Err(e) = fs::remove_file(&path) {
            tracing::debug!(error = %e, "the control socket is gone already");
        }
    }))
}

/// A way to the tracker for commands.
pub enum Operator {
    /// It serves.
    Running(std::path::PathBuf),
    /// It doesn't; the same code answers in this process.
    Here(Box<Router>),
}

/// The tracker refused.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable word.
    pub code: String,
    /// Sentence for people.
    pub message: String,
}

impl Operator {
    /// Finds out whether a tracker serves from the configured data dir.
    ///
    /// # Errors
    /// If none does, and the database can't be opened.
    pub async fn reach(config: &Config) -> anyhow::Result<Self> {
        if let Some(running) = Self::running(config).await {
            return Ok(running);
        }
        if !config.data_dir.is_dir() {
            bail!(
                "there is no data dir {}; start `tracker serve` once, or name it with --data-dir",
                config.data_dir.display()
            );
        }
        let app = serve::open(config).await?;
        Ok(Self::Here(Box::new(http::router(&app, None))))
    }

    /// The tracker that serves from the configured data dir, if one does.
    pub async fn running(config: &Config) -> Option<Self> {
        let socket = config.control_socket();
        UnixStream::connect(&socket).await.is_ok().then_some(Self::Running(socket))
    }

    /// Whether a tracker serves.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    /// Makes a request of the API and reads its JSON answer; `()` for an empty one.
    ///
    /// # Errors
    /// [`Refused`], or whatever keeps the tracker from answering.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<T> {
        let bytes = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header(LEVEL_HEADER, API_LEVEL)
            .body(Full::new(Bytes::from(bytes)))?;
        let (status, bytes) = self.send(request).await?;
        if !status.is_success() {
            let details: Option<ProblemDetails> = serde_json::from_slice(&bytes).ok();
            let ErrorBody { code, message } = details
                .and_then(ProblemDetails::into_body)
                .with_context(|| format!("the tracker answered {status} without a reason"))?;
            return Err(Refused { status, code, message }.into());
        }
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes)
            .context("the tracker's answer makes no sense; is it of another version?")
    }

    /// Every entry of a list, page by page.
    ///
    /// # Errors
    /// As [`Operator::call`].
    pub async fn list<L: Page + DeserializeOwned>(&self, path: &str) -> anyhow::Result<Vec<L::Entry>> {
        let mut all = Vec::new();
        let mut at = path.to_owned();
        loop {
            let page: L = self.call(Method::GET, &at, None::<&()>).await?;
            let (entries, next) = page.split();
            all.extend(entries);
            let Some(next) = next else { return Ok(all) };
            // A cursor is made of letters, digits, hyphens and underscores.
            at = format!("{path}?after={next}");
        }
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, Bytes)> {
        match self {
            Self::Running(socket) => {
                let stream = UnixStream::connect(socket).await.context("the tracker does not answer")?;
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
                let driver = tokio::spawn(connection);
                let response = sender.send_request(request).await.context("the tracker does not answer")?;
                let status = response.status();
                let bytes = response.into_body().collect().await?.to_bytes();
                driver.abort();
                Ok((status, bytes))
            }
            Self::Here(router) => {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(AtTheServer);
                let response = router.as_ref().clone().oneshot(request).await?;
                let status = response.status();
                Ok((status, response.into_body().collect().await?.to_bytes()))
            }
        }
    }
}
