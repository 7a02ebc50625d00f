//! `mist`: the headless client.

mod args;
mod commands;
mod show;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser};
use mist_client_core::{Client, Error, ErrorClass, Home};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command};

/// Exit code of a program that was interrupted by Ctrl-C.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "mist", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    let filter = EnvFilter::try_from_env("MIST_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
    // Somebody else's choice would be a second provider in one process.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider is installed already");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            show::note(format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let json = cli.output.json;
    let code = match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => {
            fail(&error, json);
            exit_code(&error)
        }
    };
    // A task that hangs must not keep the program.
    runtime.shutdown_background();
    code
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let client = Client::open(home(cli.home)?)?;
    // Being ended is how seeding ends well.
    let ends_by_signal = matches!(cli.command, Command::Seed);
    let work = commands::run(&client, cli.command, cli.output);
    tokio::select! {
        result = work => {
            client.close().await;
            result
        }
        () = interrupted(), if !ends_by_signal => {
            client.close().await;
            show::note("interrupted; the same command goes on from here");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

fn home(given: Option<PathBuf>) -> anyhow::Result<Home> {
    let root = given.or_else(|| Home::default_root(|name| std::env::var_os(name)));
    let root = root.ok_or_else(|| anyhow::anyhow!("no folder for Mist's state is known; set MIST_HOME"))?;
    Ok(Home::open(&std::path::absolute(root)?).map_err(Error::from)?)
}

/// Resolves when somebody wants this program to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own way ends the program.
        std::future::pending::<()>().await;
    }
}

fn fail(error: &anyhow::Error, json: bool) {
    if json {
        let code = error.downcast_ref::<Error>().map_or("failed", Error::code);
        let body = serde_json::json!({ "error": { "code": code, "message": format!("{error:#}") } });
        if show::json(&body).is_ok() {
            return;
        }
    }
    show::note(format!("error: {error:#}"));
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(match error.downcast_ref::<Error>().map(Error::class) {
        Some(ErrorClass::Auth) => 3,
        Some(ErrorClass::NotFound) => 4,
        Some(ErrorClass::Failed) => 1,
        None if error.downcast_ref::<commands::Usage>().is_some() => 2,
        None => 1,
    })
}
