//! `mistpipe`: the admin's command line. See `mistpipe --help`.

mod api;
mod args;
mod builds;
mod commands;
mod failure;
mod home;
mod import;
mod push;
mod reach;
mod release_key;
mod retry;
mod session;
mod show;
mod token;

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use mist_command_line::stdout;

use crate::{
    args::{Cli, Command},
    failure::{Exit, exit_of},
    show::Screen,
};

fn main() -> ExitCode {
    let cli: Cli = match stdout::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let screen = Screen::new(cli.json, cli.quiet);
    match run(cli.command, screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if stdout::is_closed(error.chain()) => ExitCode::SUCCESS,
        Err(error) => {
            screen.fail(&error);
            ExitCode::from(exit_of(&error) as u8)
        }
    }
}

fn run(command: Command, screen: Screen) -> Result<()> {
    // Two providers are compiled in; rustls picks none of its own accord.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow!("the TLS provider was set twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let goes_on = matches!(command, Command::Push(_) | Command::Import(_));
    let result = runtime.block_on(async {
        tokio::select! {
            result = commands::run(command, screen) => result,
            signal = tokio::signal::ctrl_c() => {
                signal?;
                let advice = if goes_on { ": the same command again goes on where it stopped" } else { "" };
                Err(failure::refuse(Exit::Interrupted, format!("interrupted{advice}")))
            }
        }
    });
    // A scan may still be at work on its own thread; what it does not finish harms nothing.
    runtime.shutdown_background();
    result
}
