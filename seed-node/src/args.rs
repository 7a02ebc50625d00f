//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use mist_settings::Flags;

use crate::settings::Running;

const EXAMPLES: &str = "Examples:
  tracker seed add cellar                       (on the tracker's machine: prints the token)
  MIST_SEED_TOKEN=… seed-node run --tracker https://mist.example.org --store /mnt/nas/mist \\
      --listen 0.0.0.0:8081 --public-url https://seed.example.org
  seed-node run --tracker http://10.0.0.2:8080 --store /srv/mist --token-file /run/secrets/seed

The store must be an empty folder at the first start. It gets a marker, store-id; if the marker is gone later, as it is
when a NAS is not mounted, nothing is written there until it is back.

Exit codes: 0 stopped, 1 failed, 2 wrong usage, 130 interrupted.";

/// A peer that never leaves: stores builds, makes patches and archives, serves bytes.
#[derive(Debug, Parser)]
#[command(name = "seed-node", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Work for a tracker until stopped.
    #[command(after_help = EXAMPLES)]
    Run(RunArgs),
    /// Tell the settings in force, and where each value comes from: what `run` with the same flags would use.
    Settings(RunArgs),
    /// Write completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// `seed-node run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Configuration file (TOML).
    #[arg(long, env = "MIST_SEED_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Flags<Running>,
    /// Log as JSON; with `settings`, one line of JSON each.
    #[arg(long)]
    pub(crate) json: bool,
    /// Log warnings and errors only.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
