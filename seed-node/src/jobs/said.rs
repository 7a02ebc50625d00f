//! What a job says, until the tracker has heard it. Bounded: a tracker may be away for long, and a job may say much. Pure.

use std::{collections::VecDeque, time::Instant};

use mist_proto::{
    http::{LogLevel, SeedLine, SeedLines},
    limits::{MAX_LOG_LINES, MAX_SAID_LINES},
    text::Remark,
};

#[derive(Debug)]
struct Line {
    at: Instant,
    level: LogLevel,
    text: Remark,
}

/// Lines that the tracker has not heard, oldest first, and how many came before them.
#[derive(Debug, Default)]
pub(super) struct Said {
    before: u64,
    waiting: VecDeque<Line>,
}

impl Said {
    /// Adds a line. Of more than a log can hold, the oldest ones are dropped unheard.
    pub(super) fn add(&mut self, level: LogLevel, text: String, at: Instant) {
        if self.waiting.len() == MAX_LOG_LINES {
            self.waiting.pop_front();
            self.before += 1;
        }
        self.waiting.push_back(Line { at, level, text: text.into() });
    }

    /// The oldest lines that were not heard, as many as are taken at once.
    pub(super) fn next(&self, now: Instant) -> SeedLines {
        let lines = self.waiting.iter().take(MAX_SAID_LINES).map(|line| {
            let ago = now.saturating_duration_since(line.at).as_millis();
            SeedLine {
                ago_ms: u64::try_from(ago).unwrap_or(u64::MAX),
                level: line.level,
                text: line.text.clone(),
            }
        });
        SeedLines { from: self.before, lines: lines.collect() }
    }

    /// These were heard.
    pub(super) fn told(&mut self, lines: &SeedLines) {
        let heard = lines.from.saturating_add(lines.lines.len() as u64);
        while self.before < heard && self.waiting.pop_front().is_some() {
            self.before += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn texts(lines: &SeedLines) -> Vec<&str> {
        lines.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_line_waits_until_it_was_heard() {
        let begun = Instant::now();
        let mut said = Said::default();
        assert!(said.next(begun).is_empty());
        said.add(LogLevel::Info, "a".into(), begun);
        said.add(LogLevel::Warn, "b\u{1b}[2J".into(), begun);
        let first = said.next(begun + Duration::from_secs(2));
        assert_eq!((texts(&first), first.from, first.lines[0].ago_ms), (vec!["a", "b [2J"], 0, 2000));
        said.add(LogLevel::Info, "c".into(), begun);
        assert_eq!(texts(&said.next(begun)), ["a", "b [2J", "c"], "the answer was lost");
        said.told(&first);
        said.told(&first);
        let rest = said.next(begun);
        assert_eq!((texts(&rest), rest.from), (vec!["c"], 2));
        said.told(&rest);
        assert!(said.next(begun).is_empty());
    }

    #[test]
    fn what_nobody_hears_is_bounded() {
        let (begun, mut said) = (Instant::now(), Said::default());
        for n in 0..MAX_LOG_LINES + 10 {
            said.add(LogLevel::Info, n.to_string(), begun);
        }
        let next = said.next(begun);
        assert_eq!((next.from, next.lines.len(), texts(&next)[0]), (10, MAX_SAID_LINES, "10"));
        // One that was dropped meanwhile is not counted twice.
        let before = SeedLines { from: 5, lines: next.lines[..7].to_vec() };
        said.told(&before);
        assert_eq!((said.next(begun).from, texts(&said.next(begun))[0]), (12, "12"));
    }
}
