//! The engine of a home behind loopback HTTP, with the client's pages: what the desktop app is, in a browser. For tests.
//!
//! It is never shipped: whoever can reach a home's engine can do all that its friend can. So it listens on loopback only, and
//! answers nobody who does not know the random token of this run.

mod pages;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use clap::Parser;
use mist_client_core::Home;
use mist_client_view::{Request, Window};

use crate::pages::Pages;

/// The longest request: an order with its paths is much shorter.
const MAX_REQUEST: usize = 64 << 10;

/// The engine of a home behind loopback HTTP, for tests of the client's pages.
#[derive(Parser)]
struct Args {
    /// Folder of the client's state
    #[arg(long)]
    home: PathBuf,
    /// Folder of the built pages
    #[arg(long)]
    pages: PathBuf,
    /// Port on loopback
    #[arg(long, default_value_t = 0)]
    port: u16,
}

struct Bridge {
    window: Window,
    token: String,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .init();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider is installed already");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(args))?;
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn run(args: Args) -> anyhow::Result<()> {
    let home = Home::open(&std::path::absolute(args.home)?)?;
    let window = Window::open(home, "mist-bridge").await?;
    let bridge = Arc::new(Bridge { window, token: format!("{:032x}", rand::random::<u128>()) });
    let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let line = serde_json::json!({ "url": url, "token": bridge.token });
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())?;
    let pages = Pages::open(args.pages).context("the pages are not built")?;
    let app = router(bridge.clone()).fallback(move |uri| pages.answer(uri));
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        () = bridge.window.stay() => {}
        () = input_ends() => {}
    }
    bridge.window.close().await;
    Ok(())
}

fn router(bridge: Arc<Bridge>) -> Router {
    let body = DefaultBodyLimit::max(MAX_REQUEST);
    Router::new().route("/call", post(call)).layer(body).with_state(bridge)
}

async fn call(State(bridge): State<Arc<Bridge>>, headers: HeaderMap, body: String) -> Response {
    let shown = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    if shown.and_then(|v| v.strip_prefix("Bearer ")) != Some(bridge.token.as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let request: Request = match serde_json::from_str(&body) {
        Ok(request) => request,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    match bridge.window.call(request).await {
        Ok(reply) => Json(reply).into_response(),
        Err(failure) => (StatusCode::CONFLICT, Json(failure)).into_response(),
    }
}

/// Resolves when whoever started this program is gone.
async fn input_ends() {
    let read = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    if let Err(error) = tokio::task::spawn_blocking(read).await {
        tracing::warn!(%error, "standard input can't be read");
    }
}
