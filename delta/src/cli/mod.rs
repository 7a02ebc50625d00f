//! The command line.

mod apply;
mod diff;
mod in_place;
mod inspect;
mod into_new;
mod local;
mod progress;
mod scratch;
mod signature;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueHint};
use mist_command_line::{stdout, told};

const EXAMPLES: &str = "\
Examples:
  delta diff game-1.0 game-1.1 -o 1.0-1.1.patch
  delta apply 1.0-1.1.patch game-1.0 game-1.1-rebuilt
  delta apply 1.0-1.1.patch game --in-place      # interrupted? the same command goes on
  delta inspect 1.0-1.1.patch
  delta signature my-game -o my-game.sig && delta diff --signature my-game.sig game-1.1 -o jump.patch
  delta manifest game-1.1 -o game-1.1.manifest && delta verify game-1.1-rebuilt game-1.1.manifest

Exit codes: 0 done, 1 failed (or, for verify, not the same), 2 wrong usage.";

const APPLY_EXAMPLES: &str = "\
Examples:
  delta apply 1.0-1.1.patch game-1.0 game-1.1
  delta apply 1.0-1.1.patch game --in-place                       # again, if it was interrupted
  delta apply 1.0-1.1.patch game --in-place --patch-from 100MB    # less disk, for files under 1 GiB too";

/// Describe, diff, patch and rebuild a directory.
#[derive(Parser)]
#[command(name = "delta", version, about, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// Report as JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// Print nothing but errors.
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make the patch that turns folder OLD into folder NEW.
    Diff(diff::DiffArgs),
    /// Rebuild the new folder from the old one and a patch, or turn the old one into it.
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(apply::ApplyArgs),
    /// Show what a patch does to each file.
    Inspect {
        /// The patch.
        #[arg(value_hint = ValueHint::FilePath)]
        patch: PathBuf,
    },
    /// Describe a folder so that a patch can be made for it where the folder is not: see `diff --signature`.
    Signature {
        /// The folder.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// Where to write the signature.
        #[arg(short, long, value_hint = ValueHint::FilePath)]
        output: PathBuf,
    },
    /// Compare a folder with a manifest.
    Verify {
        /// The folder.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// The manifest, as `delta manifest` writes it.
        #[arg(value_hint = ValueHint::FilePath)]
        manifest: PathBuf,
    },
    /// Describe a folder: the files, their sizes and hashes.
    Manifest {
        /// The folder.
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// Write the manifest's bytes to this file instead of listing it.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How a command reports.
#[derive(Clone, Copy)]
struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// Prints `value` as JSON or `text` for people.
    fn print(self, value: &impl serde::Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        match (self.quiet, self.json) {
            (true, _) => {}
            (false, true) => stdout::json(&serde_json::to_string(value)?)?,
            (false, false) => stdout::line(&text())?,
        }
        Ok(())
    }
}

/// Runs a command.
///
/// # Errors
/// Whatever made it fail, to be shown with its causes.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = Output { json: args.json, quiet: args.quiet };
    match args.command {
        Command::Diff(args) => diff::run(&args, output)?,
        Command::Apply(args) => apply::run(&args, output)?,
        Command::Inspect { patch } => inspect::run(&patch, output)?,
        Command::Signature { dir, output: file } => signature::run(&dir, &file, output)?,
        Command::Verify { dir, manifest } => return local::verify_folder(&dir, &manifest, output),
        Command::Manifest { dir, output: file } => local::describe(&dir, file.as_deref(), output)?,
        Command::Completions { shell } => {
            stdout::completions::<Args>(shell, "delta")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows an error and what caused it, and tells the exit code.
pub(crate) fn report_error(e: &anyhow::Error) -> ExitCode {
    if stdout::is_closed(e.chain()) {
        return ExitCode::SUCCESS;
    }
    mist_readable::tell(&mist_readable::escaped(&format!("delta: {}", told(e.chain()))));
    ExitCode::FAILURE
}
