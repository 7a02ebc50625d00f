//! The command line.

use std::{fs, net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use mist_api_client::ServerAddress;

const EXAMPLES: &str = "Examples:
  tracker seed add cellar                       (on the tracker's machine: prints the token)
  MIST_SEED_TOKEN=… seed-node run --tracker https://mist.example.org --store /mnt/nas/mist \\
      --listen 0.0.0.0:8081 --public-url https://seed.example.org/seed/v1
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
    Run(Box<RunArgs>),
    /// Write completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// `seed-node run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Address of the tracker.
    #[arg(long, value_name = "URL", env = "MIST_TRACKER")]
    pub(crate) tracker: ServerAddress,
    /// Folder that holds the builds: a disk or a mounted NAS.
    #[arg(long, value_name = "DIR", env = "MIST_STORE")]
    pub(crate) store: PathBuf,
    /// Folder of this seed's identity and pinned keys; never on the NAS. Default: `mist-seed` in your data folder.
    #[arg(long, value_name = "DIR", env = "MIST_SEED_DATA")]
    data_dir: Option<PathBuf>,
    /// Where HTTP listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    pub(crate) listen: SocketAddr,
    /// Where QUIC (UDP) listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:0")]
    pub(crate) quic_listen: SocketAddr,
    /// Where others reach the HTTP side, up to and including /seed/v1; default: the listening address.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// File that holds the token that `tracker seed add` printed, instead of MIST_SEED_TOKEN.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Announce this seed on the local network by mDNS.
    #[arg(long)]
    pub(crate) lan_discovery: bool,
    /// Compressed archives to keep, those of rebuilt builds among them, e.g. 64GB.
    #[arg(long, value_name = "SIZE", default_value = "64GB", value_parser = mist_readable::parse_bytes)]
    pub(crate) archive_cache: u64,
    /// Newest builds of each game to keep whole, beside the live one and the one before it; older ones are rebuilt by
    /// patches when somebody wants them.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = whole_builds)]
    pub(crate) whole_builds: usize,
    /// Jobs to run at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) workers: usize,
    /// What QUIC may send per second, e.g. 5MB; no limit if absent.
    #[arg(long, value_name = "SIZE", value_parser = mist_readable::parse_limit)]
    pub(crate) upload_limit: Option<u64>,
    /// Log as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Log warnings and errors only.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

fn whole_builds(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n >= 2 => Ok(n),
        _ => Err("a number of at least 2".into()),
    }
}

impl RunArgs {
    /// The enrolment token: from the file, or from the environment, never from an argument.
    pub(crate) fn token(&self) -> Result<String> {
        let token = match &self.token_file {
            Some(file) => fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?,
            None => std::env::var("MIST_SEED_TOKEN").unwrap_or_default(),
        };
        match token.trim() {
            "" => bail!(
                "no token: set MIST_SEED_TOKEN or use --token-file with what `tracker seed add` printed"
            ),
            token => Ok(token.to_owned()),
        }
    }

    /// The folder of the seed's own state.
    pub(crate) fn data_dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        let home = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let base = home("XDG_DATA_HOME").or_else(|| home("LOCALAPPDATA"));
        let base = base.or_else(|| home("HOME").map(|home| home.join(".local/share")));
        base.map(|base| base.join("mist-seed")).context("no home folder is known: use --data-dir")
    }
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
