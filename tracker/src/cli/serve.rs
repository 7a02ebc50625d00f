//! `tracker serve`.

use anyhow::Context;
use mist_proto::VARIABLES;
use mist_tracker::{
    config::Config,
    serve::{Chosen, Server},
};
use tokio::signal::unix::{SignalKind, signal};

use super::{Ending, say};

pub(super) async fn run(config: &Config) -> anyhow::Result<Ending> {
    let mut interrupt = signal(SignalKind::interrupt()).context("can't listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("can't listen for signals")?;
    for stray in mist_settings::strays_here(VARIABLES) {
        tracing::warn!("{stray}");
    }
    let chosen = Chosen {
        admin_password: secret("MIST_ADMIN_PASSWORD")?,
        seed_token: secret("MIST_FIRST_SEED_TOKEN")?,
    };
    let server = Server::start(config, chosen).await?;
    say(format_args!("listening on http://{}", server.address()))?;
    if let Some(address) = server.metrics_address() {
        say(format_args!("figures for Prometheus at http://{address}/metrics"))?;
    }
    for address in server.quic_addresses() {
        say(format_args!("seed listens for QUIC on {address}"))?;
    }
    if let Some(url) = &config.public_url {
        say(format_args!("friends sign in at {url}"))?;
    }
    if let Some(admin) = server.first_admin() {
        match &admin.password {
            Some(password) => say(format_args!(
                "first admin: {}, password: {password} (shown this once; change it with `tracker user passwd {}`)",
                admin.name, admin.name
            ))?,
            None => say(format_args!("first admin: {}, with the password given", admin.name))?,
        }
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    server.shutdown().await;
    Ok(Ending::Good)
}

/// A secret that is no setting.
fn secret(variable: &str) -> anyhow::Result<Option<String>> {
    let given = mist_settings::secret(variable, &|name: &str| std::env::var(name).ok())?;
    Ok(given.map(|(secret, _)| secret))
}
