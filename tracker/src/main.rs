//! The `tracker` program.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // One crypto provider for all of rustls; a second call can't happen here.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    cli::run()
}
