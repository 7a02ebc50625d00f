//! `mist`: the headless client.

mod args;
mod commands;
mod follow;
mod interrupts;
mod progress;
mod show;

use std::{io::IsTerminal, process::ExitCode};

use mist_client_core::ErrorClass;
use mist_client_view::Failure;
use mist_command_line::{
    logs,
    stdout::{self, Unprinted},
    told,
};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command};

/// It gives memory back that the system's would keep.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Its file may be replaced while it runs, so that nobody asks for it later.
    mist_client_core::self_update::begin();
    let cli: Cli = match stdout::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    if let Command::Completions { shell } = cli.command {
        return match stdout::completions::<Cli>(shell, "mist") {
            Ok(()) | Err(Unprinted::Closed) => ExitCode::SUCCESS,
            Err(error) => {
                show::note(format!("error: {}", told(anyhow::Error::new(error).chain())));
                ExitCode::FAILURE
            }
        };
    }
    let filter = logs::wanted(&["MIST_LOG"]).and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("error"));
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
    commands::run(commands::home(cli.home)?, cli.command, cli.output).await
}

fn fail(error: &anyhow::Error, json: bool) {
    if json {
        let mut body = serde_json::json!({ "code": "failed", "message": told(error.chain()) });
        if let Some(failure) = error.downcast_ref::<Failure>() {
            body = serde_json::json!({
                "code": failure.code,
                "message": failure.text(),
                "next": failure.next_step(),
                "params": failure.params,
            });
        }
        if show::json(&serde_json::json!({ "error": body })).is_ok() {
            return;
        }
    }
    show::note(mist_readable::escaped(&format!("error: {}", told(error.chain()))));
}

fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(match error.downcast_ref::<Failure>().map(|f| f.class) {
        Some(ErrorClass::Auth) => 3,
        Some(ErrorClass::NotFound) => 4,
        Some(ErrorClass::Failed) => 1,
        None if error.downcast_ref::<commands::Usage>().is_some() => 2,
        None => 1,
    })
}
