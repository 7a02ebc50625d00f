//! The tracker's HTTP API as any program may call it.

use anyhow::{Context, Result, ensure};
use mist_proto::{
    BlobId,
    http::{Build, BuildList, Login, Session, Sources, SourcesRequest},
    ids::UserName,
};
use mist_system_tests::{PASSWORD, Server};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

/// A signed-in caller. Calls block.
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    token: String,
    runtime: Runtime,
}

/// What a server answered: what a caller can learn from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Api {
    /// Signs in as `user`, one of those that the harness made.
    pub(crate) fn login(server: &Server, user: &str) -> Result<Self> {
        // Another test of this process may have done it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let mut api =
            Self { client: reqwest::Client::new(), base: server.url(), token: String::new(), runtime };
        let login =
            Login { user: user.parse::<UserName>()?, password: PASSWORD.into(), device: None, code: None };
        let session = api.ask::<Session>(Method::POST, "/auth/login", Some(serde_json::to_value(login)?))?;
        api.token = session.access_token;
        Ok(api)
    }

    /// The runtime on which its calls run.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Calls a route below `/api/v1`.
    pub(crate) fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer> {
        self.send(method, &format!("{}/api/v1{path}", self.base), body)
    }

    /// Gets a URL, relative to the server or absolute, without a token but what is in it.
    pub(crate) fn get_url(&self, url: &str) -> Result<Answer> {
        self.runtime.block_on(async {
            let url = reqwest::Url::parse(&self.base)?.join(url)?;
            answer(self.client.get(url).send().await?).await
        })
    }

    /// The bytes of a route below `/api/v1` that must succeed.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        self.runtime.block_on(async {
            let url = format!("{}/api/v1{path}", self.base);
            let answer = self.client.get(url).bearer_auth(&self.token).send().await?.error_for_status()?;
            Ok(answer.bytes().await?.to_vec())
        })
    }

    fn send(&self, method: Method, url: &str, body: Option<Value>) -> Result<Answer> {
        self.runtime.block_on(async {
            let mut request = self.client.request(method, url);
            if !self.token.is_empty() {
                request = request.bearer_auth(&self.token);
            }
            if let Some(body) = body {
                request = request.json(&body);
            }
            answer(request.send().await?).await
        })
    }

    /// Calls a route that must succeed.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T> {
        let answer = self.call(method, path, body)?;
        ensure!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
        serde_json::from_value(answer.body).with_context(|| format!("the answer of {path}"))
    }

    /// A build.
    pub(crate) fn build(&self, game: &str, version: &str) -> Result<Build> {
        let list: BuildList = self.ask(Method::GET, &format!("/games/{game}/builds"), None)?;
        list.builds
            .into_iter()
            .find(|b| b.version.as_str() == version)
            .with_context(|| format!("{game} has no build {version}"))
    }

    /// Who has a blob.
    pub(crate) fn sources(&self, game: &str, blob: BlobId) -> Result<Sources> {
        let request = SourcesRequest { game: game.parse()?, blob, peer: None };
        self.ask(Method::POST, "/swarm/sources", Some(serde_json::to_value(request)?))
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer> {
    let status = response.status();
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::from(bytes.len()));
    Ok(Answer { status, body })
}
