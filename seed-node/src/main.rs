//! `seed-node`: a seed of its own, beside a tracker that runs elsewhere. See `seed-node --help`.

mod args;
mod listener;

use std::{io::Write, process::ExitCode};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use clap::{CommandFactory, Parser};
use mist_seed_node::{Credentials, SeedConfig, SeedLimits, SeedNode};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use args::{Cli, Command, RunArgs};

/// Exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How a run ended in good order.
enum Ended {
    Done,
    Interrupted,
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(args) => start(*args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "seed-node", &mut std::io::stdout());
            Ok(Ended::Done)
        }
    };
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => {
            // Nothing is left to do if even standard error is gone.
            let _ = writeln!(std::io::stderr(), "seed-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: RunArgs) -> Result<Ended> {
    // Two providers are compiled in; rustls picks none of its own accord.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow!("the TLS provider was set twice"))?;
    let default = if args.quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if args.json {
        logs.json().init()
    } else {
        logs.init()
    }
    tokio::runtime::Runtime::new()?.block_on(run(args))
}

async fn run(args: RunArgs) -> Result<Ended> {
    let token = args.token()?;
    let listener = listener::bind(args.listen).await?;
    let address = listener.local_addr().context("asking where it listens")?;
    let public_url = args.public_url.clone().or_else(|| {
        // A wildcard address tells nobody where to go.
        let plain = !address.ip().is_unspecified();
        plain.then(|| format!("http://{address}{}", listener::PREFIX))
    });
    if public_url.is_none() {
        tracing::warn!("no --public-url: friends without QUIC, and admins who push, can't reach this seed");
    }
    let data_dir = args.data_dir()?;
    let mut config = SeedConfig::new(args.tracker, Credentials::Enrolment(token), args.store, data_dir);
    config.quic_listen = vec![args.quic_listen];
    config.public_url = public_url;
    config.lan_discovery = args.lan_discovery;
    config.limits = SeedLimits {
        archive_cache: args.archive_cache,
        whole_builds: args.whole_builds,
        workers: args.workers,
        upload_rate: args.upload_limit,
        ..SeedLimits::default()
    };
    let seed = SeedNode::start(config).await?;
    say(&format!("listening on http://{address}"))?;
    for quic in seed.quic_addresses() {
        say(&format!("listening on quic://{quic}"))?;
    }

    let stop = CancellationToken::new();
    let serving = tokio::spawn(listener::serve(
        listener,
        Router::new().nest(listener::PREFIX, seed.router()),
        stop.clone(),
    ));
    let ended = signal().await;
    tracing::info!("stopping");
    stop.cancel();
    serving.await.context("the listener failed")?;
    seed.shutdown().await;
    ended
}

/// Waits for the signal that ends the program.
async fn signal() -> Result<Ended> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate()).context("waiting for signals")?;
        tokio::select! {
            _ = terminated.recv() => Ok(Ended::Done),
            pressed = tokio::signal::ctrl_c() => pressed.context("waiting for signals").map(|()| Ended::Interrupted),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.context("waiting for signals").map(|()| Ended::Interrupted)
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("writing to standard output")
}
