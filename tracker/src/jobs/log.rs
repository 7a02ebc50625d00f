//! The log of a job: what is written into it, and what of it is kept.
//!
//! A log is bounded: its first lines stay, which say how it began, and the newest ones. Lines are numbered, so that those which were
//! left out between the two are seen by the numbers that lack.

use std::{fmt, time::Duration};

use mist_proto::{
    UnixMillis,
    http::{JobLog, LogLevel, LogLine, LogSource, SeedLines},
    limits::{MAX_LOG_BYTES, MAX_LOG_LINES, MAX_SAID_LINES},
};

use super::lease::MAX_ATTEMPTS;
use crate::db::{
    DbError, Tx,
    job_log::{self, NewLine},
};

/// The first lines, which stay.
const FIRST_LINES: usize = 50;
/// Bytes of text in them.
const FIRST_BYTES: u64 = 16 * 1024;
/// Bytes of the line that says how many were left out.
const GAP_BYTES: u64 = 64;

/// What the tracker knows of a job.
#[derive(Debug, Clone, Copy)]
pub(super) enum Happened<'a> {
    /// It is there, and may have to wait for another one.
    Queued { after: Option<&'a str> },
    /// A seed holds its lease; the first attempt is 1.
    Given { seed: &'a str, attempt: u32 },
    /// The server does it itself.
    Begun { attempt: u32 },
    /// The tracker that did it has gone.
    Orphaned,
    /// The seed that was to do it is gone, and another one does it.
    TakenOver { from: &'a str, to: &'a str },
    /// The seed does something else.
    Stage(&'a str),
    /// The seed that held it has forgotten it.
    GivenBack,
    /// The lease has passed.
    Silent,
    /// The seed says that it failed.
    Failed(&'a str),
    /// It will be given out again, after so many milliseconds.
    Again { attempt: u32, millis: i64 },
    /// It will not, because of its attempts, or because the seed says that another one is of no use.
    GivenUp { attempt: u32, is_last: bool },
    /// An admin has ended it.
    Cancelled { by: &'a str },
    /// An admin wants it done after all.
    Retried { by: &'a str },
    /// It is done, so long after it was given to the seed.
    Done { millis: Option<i64> },
}

impl Happened<'_> {
    fn level(self) -> LogLevel {
        match self {
            Self::Failed(_) | Self::GivenUp { .. } => LogLevel::Error,
            Self::GivenBack
            | Self::Orphaned
            | Self::TakenOver { .. }
            | Self::Silent
            | Self::Again { .. }
            | Self::Cancelled { .. } => LogLevel::Warn,
            Self::Queued { .. }
            | Self::Given { .. }
            | Self::Begun { .. }
            | Self::Stage(_)
            | Self::Retried { .. }
            | Self::Done { .. } => LogLevel::Info,
        }
    }

    fn source(self) -> LogSource {
        match self {
            Self::Failed(_) => LogSource::Seed,
            _ => LogSource::Tracker,
        }
    }
}

fn span(millis: i64) -> String {
    mist_readable::duration(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

impl fmt::Display for Happened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Queued { after: None } => f.write_str("queued"),
            Self::Queued { after: Some(job) } => write!(f, "queued; it begins once job {job} is done"),
            Self::Given { seed, attempt } => write!(f, "given to seed {seed}, try {attempt} of {MAX_ATTEMPTS}"),
            Self::Begun { attempt: 0 | 1 } => f.write_str("begun"),
            Self::Begun { attempt } => write!(f, "begun, try {attempt}"),
            Self::Orphaned => f.write_str("the server that did it was stopped"),
            Self::TakenOver { from, to } => {
                write!(f, "seed {from} was not heard of for long, and {to} has what it takes: it is given to that one")
            }
            Self::Stage(stage) => write!(f, "stage: {stage}"),
            Self::GivenBack => f.write_str(
                "the seed was started anew and does not know of it; it is queued again, and this try does not count",
            ),
            Self::Silent => f.write_str("the seed stopped reporting, and has lost its lease"),
            Self::Failed(error) => f.write_str(error),
            Self::Again { attempt, millis } => {
                let pause = span(millis);
                write!(f, "try {attempt} of {MAX_ATTEMPTS} failed; it is tried again after {pause}")
            }
            Self::GivenUp { attempt, is_last: true } => {
                write!(f, "given up after {}", mist_readable::count(attempt.into(), "try", "tries"))
            }
            Self::GivenUp { .. } => {
                f.write_str("given up: another try is of no use before somebody has mended the cause")
            }
            Self::Cancelled { by } => write!(f, "cancelled by {by}"),
            Self::Retried { by } => write!(f, "queued again by {by}"),
            Self::Done { millis: Some(millis) } => write!(f, "done in {}", span(millis)),
            Self::Done { millis: None } => f.write_str("done"),
        }
    }
}

/// A line about what happened.
pub(super) fn line(happened: Happened<'_>, at: UnixMillis) -> NewLine {
    NewLine { at, level: happened.level(), source: happened.source(), text: happened.to_string() }
}

/// Of what a seed says those lines that were not heard before, and how many of its lines were heard with them. A line is at most as old as
/// the seed's lease.
pub(super) fn heard(
    said: SeedLines,
    before: u64,
    begun: Option<UnixMillis>,
    now: UnixMillis,
) -> (Vec<NewLine>, u64) {
    let known = usize::try_from(before.saturating_sub(said.from)).unwrap_or(usize::MAX);
    let taken = said.lines.len().min(MAX_SAID_LINES);
    let after = said.from.saturating_add(taken as u64).max(before);
    let lines = said.lines.into_iter().take(taken).skip(known);
    let lines = lines.filter(|line| !line.text.as_str().is_empty()).map(|line| {
        let at = now.plus_millis(-i64::try_from(line.ago_ms).unwrap_or(i64::MAX));
        let at = at.max(begun.unwrap_or(now)).min(now);
        NewLine { at, level: line.level, source: LogSource::Seed, text: line.text.into() }
    });
    (lines.collect(), after)
}

/// The first and the last number of the lines that have to go, of the numbers and bytes of all.
fn surplus(lines: &[(u64, u64)]) -> Option<(u64, u64)> {
    // One line says how many were left out.
    let (most_lines, most_bytes) = (MAX_LOG_LINES - 1, MAX_LOG_BYTES - GAP_BYTES);
    let (mut left, mut bytes) = (lines.len(), lines.iter().map(|(_, bytes)| bytes).sum::<u64>());
    let mut first_bytes = 0;
    let stay = lines.iter().zip(1..).take(FIRST_LINES).take_while(|((number, bytes), place)| {
        first_bytes += bytes;
        number == place && first_bytes <= FIRST_BYTES
    });
    let going = lines.iter().skip(stay.count()).take_while(|(_, size)| {
        let goes = left > most_lines || bytes > most_bytes;
        if goes {
            left -= 1;
            bytes -= size;
        }
        goes
    });
    let mut going = going.map(|(number, _)| *number);
    let first = going.next()?;
    Some((first, going.last().unwrap_or(first)))
}

/// The lines, with one in the place of those that were left out.
fn with_gaps(lines: Vec<LogLine>) -> Vec<LogLine> {
    let mut all = Vec::with_capacity(lines.len() + 1);
    let mut before = 0;
    for line in lines {
        let lacking = line.number.saturating_sub(before + 1);
        before = line.number;
        if lacking > 0 {
            let text = match lacking {
                1 => "1 line was left out here".into(),
                n => format!("{n} lines were left out here"),
            };
            let (level, source) = (LogLevel::Info, LogSource::Tracker);
            all.push(LogLine { number: line.number - 1, at: line.at, level, source, text });
        }
        all.push(line);
    }
    all
}

/// Writes lines into a job's log, and drops what is too much of it. The number of the last line; none if there is no such job.
pub(super) async fn write(tx: &mut Tx, job: &str, lines: &[NewLine]) -> Result<Option<u64>, DbError> {
    let Some(last) = job_log::append(tx, job, lines).await? else { return Ok(None) };
    if let Some((first, end)) = surplus(&job_log::sizes(tx, job).await?) {
        job_log::drop_lines(tx, job, first, end).await?;
    }
    Ok(Some(last))
}

/// Writes one line.
pub(super) async fn note(
    tx: &mut Tx,
    job: &str,
    happened: Happened<'_>,
    now: UnixMillis,
) -> Result<(), DbError> {
    write(tx, job, &[line(happened, now)]).await.map(drop)
}

/// The log of a job.
pub(super) async fn read(tx: &mut Tx, job: &str) -> Result<JobLog, DbError> {
    Ok(JobLog { lines: with_gaps(job_log::of_job(tx, job).await?) })
}

#[cfg(test)]
mod tests {
    use mist_proto::http::SeedLine;

    use super::*;

    const NOW: UnixMillis = UnixMillis(100_000);

    fn said(from: u64, texts: &[&str]) -> SeedLines {
        let line = |text: &&str| SeedLine { ago_ms: 1000, level: LogLevel::Info, text: (*text).into() };
        SeedLines { from, lines: texts.iter().map(line).collect() }
    }

    fn texts(lines: &[NewLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_line_that_is_sent_again_is_heard_once() {
        let (lines, now_heard) = heard(said(0, &["a", "b"]), 0, None, NOW);
        assert_eq!((texts(&lines), now_heard), (vec!["a", "b"], 2));
        // The answer was lost, and one more was said meanwhile.
        let (lines, now_heard) = heard(said(0, &["a", "b", "c"]), 2, None, NOW);
        assert_eq!((texts(&lines), now_heard), (vec!["c"], 3));
        let (lines, now_heard) = heard(said(0, &["a"]), 3, None, NOW);
        assert_eq!((lines.len(), now_heard), (0, 3));
        // What a seed dropped itself lacks, and what it says of that is heard.
        let (lines, now_heard) = heard(said(9, &["d"]), 3, None, NOW);
        assert_eq!((texts(&lines), now_heard), (vec!["d"], 10));
        assert_eq!(heard(SeedLines::default(), 3, None, NOW).1, 3);
    }

    #[test]
    fn what_a_remote_says_is_bounded() {
        let many = vec!["x"; MAX_SAID_LINES + 7];
        let (lines, now_heard) = heard(said(0, &many), 0, None, NOW);
        assert_eq!((lines.len(), now_heard), (MAX_SAID_LINES, MAX_SAID_LINES as u64));
        let (lines, now_heard) = heard(said(u64::MAX, &["x", "\u{1b}[2J\n", " "]), 1, None, NOW);
        assert_eq!((texts(&lines), now_heard), (vec!["x", "[2J"], u64::MAX), "cleaned, and nothing empty");
        let begun = Some(NOW.plus_millis(-500));
        let at = |ago_ms| {
            let line = SeedLine { ago_ms, level: LogLevel::Info, text: "x".into() };
            heard(SeedLines { from: 0, lines: vec![line] }, 0, begun, NOW).0[0].at
        };
        assert_eq!((at(0), at(200)), (NOW, NOW.plus_millis(-200)));
        assert_eq!(at(u64::MAX), NOW.plus_millis(-500), "no line is older than the lease");
    }

    /// Lets lines of this size come one by one; what is kept in the end.
    fn kept(lines: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
        let mut kept: Vec<(u64, u64)> = vec![];
        for (number, bytes) in (1..).zip(lines) {
            kept.push((number, bytes));
            if let Some((first, last)) = surplus(&kept) {
                kept.retain(|(number, _)| *number < first || *number > last);
            }
            let gaps = kept.windows(2).filter(|pair| pair[0].0 + 1 < pair[1].0).count();
            assert!(kept.len() + gaps <= MAX_LOG_LINES && gaps <= 1, "{kept:?}");
            assert!(kept.iter().map(|(_, bytes)| bytes).sum::<u64>() + GAP_BYTES <= MAX_LOG_BYTES);
            assert_eq!(kept.last().map(|(number, _)| *number), Some(number), "the newest is there");
        }
        kept
    }

    #[test]
    fn the_first_lines_and_the_newest_stay() {
        assert_eq!(kept([10; MAX_LOG_LINES - 1].into_iter()).len(), MAX_LOG_LINES - 1, "nothing goes early");
        let many = kept([10; 1000].into_iter());
        assert_eq!(many.len(), MAX_LOG_LINES - 1);
        assert_eq!((many[FIRST_LINES - 1].0, many[FIRST_LINES].0), (50, 1000 - 148));
        // Lines as long as a seed may say them.
        let long = kept([8000; 300].into_iter());
        let numbers: Vec<u64> = long.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 295, 296, 297, 298, 299, 300]);
        // Short ones among long ones do not become first ones later.
        kept((0..3000).map(|n| if n % 7 < 3 { 7000 } else { 20 }));
        kept((0..3000).map(|n| n * 7919 % 8000));
    }

    #[test]
    fn what_was_left_out_is_said_where_it_was() {
        let line = |number| LogLine {
            number,
            at: UnixMillis(i64::try_from(number).expect("small")),
            level: LogLevel::Error,
            source: LogSource::Seed,
            text: "x".into(),
        };
        let shown = with_gaps(vec![line(1), line(2), line(6), line(7)]);
        let shown: Vec<_> = shown.iter().map(|line| (line.number, line.text.as_str())).collect();
        assert_eq!(shown, [(1, "x"), (2, "x"), (5, "3 lines were left out here"), (6, "x"), (7, "x")]);
        assert_eq!(with_gaps(vec![line(2)])[0].text, "1 line was left out here");
        assert_eq!(with_gaps(vec![]), vec![]);
    }

    #[test]
    fn what_happened_is_said_in_a_sentence() {
        let said = |happened: Happened<'_>| happened.to_string();
        assert_eq!(said(Happened::Given { seed: "cellar", attempt: 2 }), "given to seed cellar, try 2 of 5");
        let again = Happened::Again { attempt: 2, millis: 8000 };
        assert_eq!(said(again), "try 2 of 5 failed; it is tried again after 8 s");
        assert_eq!(said(Happened::GivenUp { attempt: 5, is_last: true }), "given up after 5 tries");
        assert_eq!(said(Happened::Done { millis: Some(12_000) }), "done in 12 s");
        assert_eq!(line(Happened::Failed("no room"), NOW).source, LogSource::Seed);
    }
}
