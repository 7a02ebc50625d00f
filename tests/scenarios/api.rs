//! The tracker's HTTP API as any program may call it.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

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

/// How long an answer may come to nothing.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let mut api = Self::by_token(server, "")?;
        let login =
            Login { user: user.parse::<UserName>()?, password: PASSWORD.into(), device: None, code: None };
        let session = api.ask::<Session>(Method::POST, "/auth/login", Some(serde_json::to_value(login)?))?;
        api.token = session.access_token;
        Ok(api)
    }

    /// A caller with a token that was made before; none, if it is empty.
    pub(crate) fn by_token(server: &Server, token: &str) -> Result<Self> {
        // Another test of this process may have done it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { client: reqwest::Client::new(), base: server.url(), token: token.into(), runtime })
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

/// An answer of which the head and no more was read, on a connection of its own.
pub(crate) struct Begun {
    /// Status line and headers, in small letters.
    pub(crate) head: String,
    stream: TcpStream,
}

impl Begun {
    /// Gets a URL of the server, whose path alone counts.
    pub(crate) fn get(server: &Server, url: &str) -> Result<Self> {
        Self::at(server.address(), url.strip_prefix(&server.url()).unwrap_or(url))
    }

    /// Gets a path, whatever the answer is.
    pub(crate) fn at(address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        Ok(Self { head: String::from_utf8(head)?.to_ascii_lowercase(), stream })
    }

    pub(crate) fn status(&self) -> Result<u16> {
        let status = self.head.split_whitespace().nth(1).context("a status")?;
        Ok(status.parse()?)
    }

    pub(crate) fn header(&self, name: &str) -> Result<&str> {
        let line = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.with_context(|| format!("no header {name}: {}", self.head))
    }

    /// How long its body is to be.
    pub(crate) fn length(&self) -> Result<u64> {
        Ok(self.header("content-length")?.parse()?)
    }

    /// Its body; if it breaks off, what came of it.
    pub(crate) fn rest(&mut self) -> Result<Vec<u8>, (Vec<u8>, io::Error)> {
        let mut got = Vec::new();
        match self.stream.read_to_end(&mut got) {
            Ok(_) => Ok(got),
            Err(error) => Err((got, error)),
        }
    }
}
