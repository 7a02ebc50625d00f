//! What programs print and write: to readers that go away, and to disks that are full.

use std::{
    fs::File,
    process::{Command, Output, Stdio},
};

use anyhow::{Result, ensure};
use mist_system_tests::program;

/// Every program that prints, and a command of each that prints much without any state.
const PROGRAMS: [&str; 5] = ["tracker", "seed-node", "mistpipe", "mist", "delta"];
const PRINTING: [&[&str]; 2] = [&["completions", "bash"], &["--help"]];

fn print_to(name: &str, args: &[&str], stdout: Stdio) -> Result<Output> {
    Ok(Command::new(program(name)?).args(args).stdin(Stdio::null()).stdout(stdout).output()?)
}

#[test]
fn a_reader_that_went_away_ends_every_program_quietly() -> Result<()> {
    for name in PROGRAMS {
        for args in PRINTING {
            let (reader, writer) = std::io::pipe()?;
            drop(reader);
            let ended = print_to(name, args, writer.into())?;
            let said = String::from_utf8_lossy(&ended.stderr);
            ensure!(ended.status.success() && said.is_empty(), "{name} {args:?}: {} {said}", ended.status);
        }
    }
    Ok(())
}

#[test]
fn a_full_disk_behind_standard_output_is_a_failure_that_says_so() -> Result<()> {
    for name in PROGRAMS {
        for args in PRINTING {
            let ended = print_to(name, args, File::options().write(true).open("/dev/full")?.into())?;
            let said = String::from_utf8_lossy(&ended.stderr);
            ensure!(
                ended.status.code() == Some(1)
                    && said.contains("can't be written")
                    && said.contains("No space"),
                "{name} {args:?}: {} {said}",
                ended.status
            );
        }
    }
    Ok(())
}
