//! What a push leaves out: built-in rules, `.mistignore`, `--ignore`.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};
use globset::{GlobBuilder, GlobMatcher};
use mist_command_line::text;

use super::LeavesOut;

/// Name of the ignore file in the pushed folder.
pub(super) const IGNORE_FILE: &str = ".mistignore";

/// Our own files, which are left out unless a later rule takes them back.
const OURS: [&str; 2] = ["/.mistignore", "/mist.toml"];
/// What systems and tools drop into folders: left out in the same way.
const DROPPED: [&str; 5] = [".git", ".svn/", ".hg/", ".DS_Store", "Thumbs.db"];

/// Who made a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Ours,
    Dropped,
    Line(usize),
    Argument,
}

/// One of the rules.
#[derive(Debug)]
struct Rule {
    text: String,
    origin: Origin,
    matcher: GlobMatcher,
    folders_only: bool,
    takes_back: bool,
    /// Whether it fitted anything so far.
    fitted: AtomicBool,
    /// Whether anything was left out by its word so far.
    left_out: AtomicBool,
}

impl Rule {
    /// `text` is a glob. With a `/` before its end it is matched against the whole path, else against every name.
    fn parse(text: &str, origin: Origin) -> Result<Self> {
        let (takes_back, glob) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (folders_only, glob) = match glob.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, glob),
        };
        let anywhere = !glob.contains('/');
        let glob = glob.strip_prefix('/').unwrap_or(glob);
        anyhow::ensure!(!glob.is_empty(), "the rule {text:?} matches nothing");
        let glob = if anywhere { format!("**/{glob}") } else { glob.to_owned() };
        let glob = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build();
        let matcher = glob.with_context(|| format!("the rule {text:?} is no glob"))?.compile_matcher();
        let (fitted, left_out) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { text: text.to_owned(), origin, matcher, folders_only, takes_back, fitted, left_out })
    }

    fn fits(&self, path: &str, is_folder: bool) -> bool {
        (is_folder || !self.folders_only) && self.matcher.is_match(path)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Line(line) => write!(f, "{:?} ({IGNORE_FILE}, line {line})", self.text),
            _ => write!(f, "{:?} (--ignore)", self.text),
        }
    }
}

/// Rules in order; the last one that fits decides. They remember which of them fitted anything.
#[derive(Debug)]
pub(super) struct IgnoreRules(Vec<Rule>);

impl IgnoreRules {
    /// The built-in rules, then those of the ignore file's text, then those of the command line.
    pub(super) fn new(file: Option<&str>, arguments: &[String]) -> Result<Self> {
        let ours = OURS.iter().map(|rule| Rule::parse(rule, Origin::Ours));
        let dropped = DROPPED.iter().map(|rule| Rule::parse(rule, Origin::Dropped));
        let mut rules = ours.chain(dropped).collect::<Result<Vec<_>>>()?;
        for (n, line) in text::lines(file.unwrap_or_default()) {
            rules.push(
                Rule::parse(line, Origin::Line(n)).with_context(|| format!("{IGNORE_FILE}, line {n}"))?,
            );
        }
        for argument in arguments {
            rules.push(Rule::parse(argument, Origin::Argument).context("--ignore")?);
        }
        Ok(Self(rules))
    }

    /// Which rules of the user fitted nothing, once the whole folder was walked.
    pub(super) fn idle(&self) -> Vec<String> {
        let by_user = |rule: &&Rule| matches!(rule.origin, Origin::Line(_) | Origin::Argument);
        let idle = |rule: &&Rule| !rule.fitted.load(Ordering::Relaxed);
        self.0.iter().filter(by_user).filter(idle).map(Rule::to_string).collect()
    }

    /// What was left out although the user did not say so.
    pub(super) fn dropped(&self) -> Vec<&str> {
        let dropped = |rule: &&Rule| rule.origin == Origin::Dropped && rule.left_out.load(Ordering::Relaxed);
        self.0.iter().filter(dropped).map(|rule| rule.text.trim_end_matches('/')).collect()
    }
}

impl LeavesOut for IgnoreRules {
    fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        let mut last = None;
        for rule in self.0.iter().filter(|rule| rule.fits(path, is_folder)) {
            rule.fitted.store(true, Ordering::Relaxed);
            last = Some(rule);
        }
        let leaves_out = last.filter(|rule| !rule.takes_back);
        if let Some(rule) = leaves_out {
            rule.left_out.store(true, Ordering::Relaxed);
        }
        leaves_out.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_decide_in_order() {
        let file = "# logs\n*.log\n!keep.log\n/build\ncache/\ndocs/*.txt\n\n";
        let rules = IgnoreRules::new(Some(file), &["secret.*".into()]).unwrap();
        for (path, is_folder, left_out) in [
            ("a.log", false, true),
            ("deep/er/a.log", false, true),
            ("deep/keep.log", false, false),
            ("build", true, true),
            ("sub/build", true, false),
            ("sub/cache", true, true),
            ("sub/cache", false, false),
            ("docs/a.txt", false, true),
            ("docs/sub/a.txt", false, false),
            ("x/docs/a.txt", false, false),
            ("x/secret.key", false, true),
            (".git", true, true),
            ("mist.toml", false, true),
            ("sub/mist.toml", false, false),
            (".mistignore", false, true),
            ("game", false, false),
        ] {
            assert_eq!(rules.leaves_out(path, is_folder), left_out, "{path}");
        }
    }

    #[test]
    fn built_in_rules_can_be_taken_back() {
        let rules = IgnoreRules::new(Some("!.DS_Store"), &[]).unwrap();
        assert!(!rules.leaves_out("x/.DS_Store", false));
    }

    #[test]
    fn bad_rules_are_named() {
        for bad in ["a[", "/", "!"] {
            let error = IgnoreRules::new(Some(&format!("ok\n{bad}\n")), &[]).unwrap_err();
            assert!(format!("{error:#}").contains("line 2"), "{bad}: {error:#}");
        }
    }

    #[test]
    fn rules_that_fit_nothing_are_known() {
        let rules =
            IgnoreRules::new(Some("*.log\n\n*.kye\n!keep.log\n"), &["a*".into(), "b".into()]).unwrap();
        assert!(rules.leaves_out("x/a.log", false), "the last rule decides, and both fit");
        assert!(!rules.leaves_out("keep.log", false));
        assert_eq!(rules.idle(), ["\"*.kye\" (.mistignore, line 3)", "\"b\" (--ignore)"]);
        assert!(rules.dropped().is_empty());
        assert!(rules.leaves_out("mist.toml", false) && rules.leaves_out("sub/.git", false));
        assert_eq!(rules.dropped(), [".git"], "a file, as submodules have, and none of ours");
    }
}
