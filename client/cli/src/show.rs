//! What people and programs see while something happens.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mist_client_core::{Event, Phase, RouteKind};
use mist_command_line::stdout::{self, Unprinted};
use mist_proto::http::{BytesBySource, SourceClass};
use serde::Serialize;

use crate::args::Output;

/// Between plain lines of progress where there is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
/// Between JSON lines of the same kind of progress.
const JSON_INTERVAL: Duration = Duration::from_millis(500);

/// Prints one JSON object as a line.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    as_far_as_read(stdout::json(&serde_json::to_string(value)?))
}

/// Prints a line of a result.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    as_far_as_read(stdout::line(text.as_ref()))
}

/// A reader that went away wants no more of the result; what the command does is done all the same.
fn as_far_as_read(printed: Result<(), Unprinted>) -> anyhow::Result<()> {
    match printed {
        Ok(()) | Err(Unprinted::Closed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Prints a line that is no result.
pub(crate) fn note(text: impl AsRef<str>) {
    mist_readable::tell(text.as_ref());
}

/// A whole number of seconds.
pub(crate) fn seconds(n: u64) -> String {
    mist_readable::duration(Duration::from_secs(n))
}

/// Where bytes came from, e.g. `1.00 GB from friends on the LAN, 3.00 kB from seeds`.
pub(crate) fn sources(bytes_by: &BytesBySource) -> String {
    let name = |class| match class {
        SourceClass::Lan => "from friends on the LAN",
        SourceClass::Tailnet => "from friends in the Tailnet",
        SourceClass::Internet => "from friends over the internet",
        SourceClass::Seed => "from seeds",
        SourceClass::Https => "by HTTPS",
    };
    let parts: Vec<_> = SourceClass::ALL
        .into_iter()
        .filter(|&class| bytes_by.get(class) > 0)
        .map(|class| format!("{} {}", mist_readable::bytes(bytes_by.get(class)), name(class)))
        .collect();
    parts.join(", ")
}

/// How what happens is shown: not at all, to programs, or to people with or without a terminal.
pub(crate) enum View {
    Silent,
    Json { network: Option<Instant>, disk: Option<Instant> },
    Plain { last: Instant },
    Bar { bar: ProgressBar, phase: Option<Phase> },
}

impl View {
    pub(crate) fn new(output: Output) -> Self {
        if output.json {
            Self::Json { network: None, disk: None }
        } else if output.quiet {
            Self::Silent
        } else if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(
                "{prefix:12} {bar:30} {decimal_bytes:>10} of {decimal_total_bytes}  {msg}",
            );
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ");
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            Self::Bar { bar: bar.with_style(style), phase: None }
        } else {
            Self::Plain { last: Instant::now() }
        }
    }

    pub(crate) fn see(&mut self, event: &Event) {
        match self {
            Self::Silent => {
                if let Event::Warning { message } = event {
                    note(mist_readable::escaped(&format!("warning: {message}")));
                }
            }
            Self::Json { network, disk } => {
                let last = match event {
                    Event::Network { .. } => Some(network),
                    Event::Disk { .. } => Some(disk),
                    _ => None,
                };
                if let Some(last) = last {
                    if last.is_some_and(|l| l.elapsed() < JSON_INTERVAL) && !is_complete(event) {
                        return;
                    }
                    *last = Some(Instant::now());
                }
                if let Err(error) = json(event) {
                    tracing::debug!(%error, "nobody reads");
                }
            }
            Self::Plain { last } => match event {
                Event::Network { done, total, rate, .. } => {
                    if last.elapsed() >= PLAIN_INTERVAL {
                        *last = Instant::now();
                        let (done, total, rate) = (
                            mist_readable::bytes(*done),
                            mist_readable::bytes(*total),
                            mist_readable::bytes(*rate),
                        );
                        note(format!("  {done} of {total}, {rate}/s"));
                    }
                }
                Event::Disk { .. } => {}
                event => {
                    if let Some(text) = sentence(event) {
                        note(mist_readable::escaped(&text));
                    }
                }
            },
            Self::Bar { bar, phase } => move_bar(event, bar, phase),
        }
    }

    /// Says something that is no event of an operation, and that programs learn otherwise.
    pub(crate) fn say(&self, text: &str) {
        match self {
            Self::Silent | Self::Json { .. } => {}
            Self::Plain { .. } => note(text),
            Self::Bar { bar, .. } => bar.suspend(|| note(text)),
        }
    }

    /// Takes the progress away.
    pub(crate) fn clear(&self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}

fn is_complete(event: &Event) -> bool {
    matches!(event, Event::Network { done, total, .. } | Event::Disk { done, total, .. } if done == total)
}

/// One bar, for whichever of network and disk is at work.
fn move_bar(event: &Event, bar: &ProgressBar, phase: &mut Option<Phase>) {
    match event {
        Event::Network { done, total, rate, eta, sources, .. } => {
            bar.set_prefix("Downloading");
            bar.set_length(*total);
            bar.set_position(*done);
            let eta = eta.map(|s| format!(", {} left", seconds(s))).unwrap_or_default();
            bar.set_message(format!("{}/s from {sources}{eta}", mist_readable::bytes(*rate)));
        }
        // Looks that take no time need no bar.
        Event::Disk { done, total, .. } if *total > 64 << 20 => {
            bar.set_prefix(phase.map_or("Working", word));
            bar.set_length(*total);
            bar.set_position(*done);
            bar.set_message("");
        }
        Event::Phase { phase: now, .. } if *now != Phase::Preparing => *phase = Some(*now),
        event => {
            if let Some(text) = sentence(event) {
                bar.suspend(|| note(mist_readable::escaped(&text)));
            }
        }
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Checking => "Checking",
        Phase::Preparing => "Waiting",
        Phase::Downloading => "Downloading",
        Phase::Patching => "Patching",
        Phase::Committing => "Committing",
        Phase::Copying => "Copying",
        Phase::Verifying => "Verifying",
    }
}

/// What people read of an event, if anything.
fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::Warning { message } => format!("warning: {message}"),
        Event::Planned { game, from, to, route, patches, download, disk, free } => {
            let what = match from {
                Some(from) if from == to => format!("{game} {to}"),
                Some(from) => format!("{game} {from} -> {to}"),
                None => format!("{game} {to}"),
            };
            let how = match route {
                RouteKind::Patches if *patches == 1 => "by a patch".to_owned(),
                RouteKind::Patches => format!("by {patches} patches"),
                RouteKind::Jump => "by a patch for this folder".to_owned(),
                RouteKind::Pieces => "file by file".to_owned(),
                RouteKind::Local => "from what is here".to_owned(),
            };
            let (download, disk, free) =
                (mist_readable::bytes(*download), mist_readable::bytes(*disk), mist_readable::bytes(*free));
            format!("{what}: {download} to download, {how}; {disk} of disk needed, {free} free")
        }
        Event::Phase { game, phase: Phase::Preparing } => {
            format!(
                "the server is putting {game} together from patches; the download begins when that is done"
            )
        }
        // Told in full at the end.
        Event::Kept { .. } => return None,
        Event::RouteFailed { reason, .. } => format!("{reason}; trying another way"),
        Event::Serving { games, announced } => {
            let list: Vec<_> = games.iter().map(|(game, version)| format!("{game} {version}")).collect();
            let list = if list.is_empty() { "nothing yet".to_owned() } else { list.join(", ") };
            let server =
                if *announced { "" } else { " (the server does not answer; friends nearby still find you)" };
            format!("sharing {list}{server}")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_that_gave_something() {
        let some = BytesBySource { lan: 2048, https: 1, ..BytesBySource::default() };
        assert_eq!(sources(&some), "2.05 kB from friends on the LAN, 1 B by HTTPS");
    }
}
