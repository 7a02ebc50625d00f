//! The least that answers a request: one file for every path, by the same libraries as the tracker. What `./dev bench tracker` compares with.

#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::{env, fs, net::Ipv4Addr};

use anyhow::{Context, Result};
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let file = env::args().nth(1).context("name a file")?;
    let body: &'static [u8] = fs::read(file)?.leak();
    let app =
        Router::new().fallback(get(move || async move { ([(CONTENT_TYPE, "application/json")], body) }));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
