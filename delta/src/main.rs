//! `delta`: describe, diff, patch and rebuild a directory.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match mist_command_line::stdout::parse() {
        Ok(args) => cli::run(args).unwrap_or_else(|e| cli::report_error(&e)),
        Err(code) => code,
    }
}
