//! `seed-node`: a seed of its own, beside a tracker that runs elsewhere. See `seed-node --help`.

mod args;
mod settings;

use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow};
use axum::{Router, middleware::from_fn_with_state, routing::get};
use mist_command_line::{logs, stdout, told};
use mist_listener::{
    accept::{self, Bounds},
    observed::{self, TrustedProxies},
};
use mist_proto::{VARIABLES, http::SEED_ROUTER};
use mist_readable::{Align, Table};
use mist_seed_node::{Credentials, SeedConfig, SeedNode};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use args::{Cli, Command, RunArgs};
use settings::Config;

/// Exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How a run ended in good order.
enum Ended {
    Done,
    Interrupted,
}

/// It gives memory back that the system's would keep after a push: a server that was pushed to takes a third less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli: Cli = match stdout::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let ended = match cli.command {
        Command::Run(args) => start(args),
        Command::Settings(args) => show(&args),
        Command::Completions { shell } => {
            stdout::completions::<Cli>(shell, "seed-node").map(|()| Ended::Done).map_err(Into::into)
        }
    };
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) if stdout::is_closed(error.chain()) => ExitCode::SUCCESS,
        Err(error) => {
            mist_readable::tell(&mist_readable::escaped(&format!("seed-node: {}", told(error.chain()))));
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
    let filter = logs::wanted(&["MIST_LOG", EnvFilter::DEFAULT_ENV]);
    let filter = filter.and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(default));
    let asks_for_json = logs::asks_for_json("MIST_LOG_FORMAT").map_err(Error::msg)?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if args.json || asks_for_json {
        logs.json().init()
    } else {
        logs.init()
    }
    tokio::runtime::Runtime::new()?.block_on(run(args))
}

/// Tells the settings in force.
fn show(args: &RunArgs) -> Result<Ended> {
    let mut table = Table::new(&[("SETTING", Align::Left), ("VALUE", Align::Left), ("FROM", Align::Left)]);
    for shown in settings::gather(&args.settings, args.config.as_deref())?.shown() {
        let (name, value, from) = (shown.name, shown.value, shown.from.to_string());
        if args.json {
            let source = shown.from.kind();
            let line = json!({ "setting": name, "value": value, "source": source, "from": from });
            stdout::line(&line.to_string())?;
        } else {
            table.row([name.to_owned(), value, from]);
        }
    }
    if !args.json {
        stdout::line(&table.to_string())?;
    }
    Ok(Ended::Done)
}

async fn run(args: RunArgs) -> Result<Ended> {
    for stray in mist_settings::strays_here(VARIABLES) {
        tracing::warn!("{stray}");
    }
    let given = Config::new(&settings::gather(&args.settings, args.config.as_deref())?)?;
    let listener =
        TcpListener::bind(given.listen).await.with_context(|| format!("listening on {}", given.listen))?;
    let address = listener.local_addr().context("asking where it listens")?;
    let public_url = given.public_url.or_else(|| {
        // A wildcard address tells nobody where to go.
        let plain = !address.ip().is_unspecified();
        plain.then(|| format!("http://{address}{SEED_ROUTER}"))
    });
    if public_url.is_none() {
        tracing::warn!("no --public-url: friends without QUIC, and admins who push, can't reach this seed");
    }
    let credentials = Credentials::Enrolment(given.token);
    let mut config = SeedConfig::new(given.tracker, credentials, given.store, given.data_dir);
    config.quic_listen = given.quic_listen;
    config.advertise.clone_from(&given.advertise);
    config.public_url.clone_from(&public_url);
    config.nginx_location = given.nginx_location;
    config.lan_discovery = given.lan_discovery;
    config.limits = given.limits;
    config.uplink = given.uplink;
    let seed = SeedNode::start(config).await?;
    stdout::line(&format!("listening on http://{address}"))?;
    if let Some(url) = public_url {
        stdout::line(&format!("others reach it at {url}"))?;
    }
    for quic in seed.quic_addresses() {
        stdout::line(&format!("listening on quic://{quic}"))?;
    }
    for address in given.advertise {
        stdout::line(&format!("friends reach it at quic://{address}"))?;
    }

    let stop = CancellationToken::new();
    let proxies = TrustedProxies::new(given.trusted_proxies);
    let router = Router::new()
        .nest(SEED_ROUTER, seed.router())
        .layer(from_fn_with_state(proxies.clone(), observed::observe))
        .route("/healthz", get(async || "ok\n"));
    let serving = tokio::spawn(accept::serve(listener, router, Bounds::default(), proxies, stop.clone()));
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
