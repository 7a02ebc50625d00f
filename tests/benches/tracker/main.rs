//! What a tracker bears: requests a second beside opentracker and a bare axum route, memory with many peers, and bytes through nginx beside
//! nginx alone. `scripts/bench-tracker` builds what it needs and runs it; `--only requests`, `crowd` or `border` asks for less.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

mod border;
mod crowd;
mod friends;
mod half_open;
mod others;
mod requests;
mod wrk;

use std::env;

use anyhow::Result;
use mist_system_tests::{Scene, figures};

/// A part of the benchmark: what it is called, and what measures it.
type Part = (&'static str, fn(&Scene) -> Result<String>);

const PARTS: [Part; 3] =
    [("requests", requests::measure), ("crowd", crowd::measure), ("border", border::measure)];

fn main() -> Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let only = env::args().skip_while(|argument| argument != "--only").nth(1);
    for (name, measure) in PARTS {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        Scene::play(|scene| {
            let text = format!("{}; {}", figures::machine(), measure(scene)?);
            println!("{text}");
            figures::put_if_asked(&format!("bench-tracker-{name}"), &text)
        })?;
    }
    Ok(())
}
