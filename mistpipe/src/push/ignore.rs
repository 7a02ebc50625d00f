//! What a push leaves out: built-in rules, `.mistignore`, `--ignore`.

use anyhow::{Context, Result};
use globset::{GlobBuilder, GlobMatcher};

/// Name of the ignore file in the pushed folder.
pub(super) const IGNORE_FILE: &str = ".mistignore";

/// Left out unless a later rule takes it back: our own files, and what systems and tools drop into folders.
const BUILT_IN: [&str; 6] = ["/.mistignore", "/mist.toml", ".git/", ".svn/", ".DS_Store", "Thumbs.db"];

/// One line of the rules.
#[derive(Debug)]
struct Rule {
    matcher: GlobMatcher,
    folders_only: bool,
    takes_back: bool,
}

impl Rule {
    /// `text` is a glob. With a `/` before its end it is matched against the whole path, else against every name.
    fn parse(text: &str) -> Result<Self> {
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
        Ok(Self { matcher, folders_only, takes_back })
    }
}

/// Rules in order; the last one that fits decides.
#[derive(Debug)]
pub(super) struct IgnoreRules(Vec<Rule>);

impl IgnoreRules {
    /// The built-in rules, then those of the ignore file's text, then those of the command line.
    pub(super) fn new(file: Option<&str>, arguments: &[String]) -> Result<Self> {
        let mut rules = BUILT_IN.iter().map(|r| Rule::parse(r)).collect::<Result<Vec<_>>>()?;
        for (n, line) in file.unwrap_or_default().lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                rules.push(Rule::parse(line).with_context(|| format!("{IGNORE_FILE}, line {}", n + 1))?);
            }
        }
        for argument in arguments {
            rules.push(Rule::parse(argument).context("--ignore")?);
        }
        Ok(Self(rules))
    }

    /// Whether the entry at `path` (with `/`) is left out. Nothing below a folder that is left out is looked at.
    pub(super) fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        let fits = |r: &&Rule| (is_folder || !r.folders_only) && r.matcher.is_match(path);
        self.0.iter().rev().find(fits).is_some_and(|rule| !rule.takes_back)
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
}
