//! What a page of the runbook says.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// A page: what stands under one heading.
pub(super) struct Page {
    title: String,
    /// All of it.
    pub(super) text: String,
}

fn runbook() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
    Ok(fs::read_to_string(root.join("docs/runbook.md"))?)
}

/// The title of a heading; in blocks of code, `#` means something else.
fn title_of(line: &str) -> Option<&str> {
    line.strip_prefix("## ").or_else(|| line.strip_prefix("### "))
}

impl Page {
    pub(super) fn titles() -> Result<Vec<String>> {
        Ok(runbook()?.lines().filter_map(title_of).map(str::to_owned).collect())
    }

    pub(super) fn of(title: &str) -> Result<Self> {
        let book = runbook()?;
        let mut lines = book.lines().skip_while(|line| title_of(line) != Some(title));
        lines.next().with_context(|| format!("the runbook has no page {title}"))?;
        let text: Vec<&str> = lines.take_while(|line| title_of(line).is_none()).collect();
        Ok(Self { title: title.to_owned(), text: text.join("\n") })
    }

    /// The content of its block of code in that language.
    pub(super) fn block(&self, language: &str) -> Result<String> {
        let mut lines = self.text.lines().skip_while(|line| *line != format!("```{language}"));
        lines.next().with_context(|| format!("the page {} has no block of {language}", self.title))?;
        Ok(lines.take_while(|line| *line != "```").collect::<Vec<_>>().join("\n"))
    }

    /// The commands of a program: in blocks of a console, and in running text between backticks. Each is its words.
    pub(super) fn commands(&self, program: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        let mut note = |line: &str| {
            let line = line.split("  #").next().unwrap_or_default();
            let mut words = line.split_whitespace();
            if words.next() == Some(program) {
                found.push(words.map(str::to_owned).collect::<Vec<String>>());
            }
        };
        let whole = self.text.replace("\\\n", " ");
        let mut in_console = false;
        let mut prose = String::new();
        // A block may stand in a list.
        for line in whole.lines().map(str::trim) {
            match (in_console, line) {
                (false, "```console") => in_console = true,
                (true, "```") => in_console = false,
                (true, line) => note(line.trim_start_matches(['$', '#']).trim()),
                (false, line) => prose = format!("{prose} {line}"),
            }
        }
        prose.split('`').skip(1).step_by(2).for_each(note);
        found
    }

    /// The words after the program of the command that begins so, with other words in the place of some, e.g. of file names.
    pub(super) fn command(&self, program: &str, begins: &str, with: &[(&str, &str)]) -> Result<Vec<String>> {
        let begin: Vec<&str> = begins.split_whitespace().collect();
        let mut all = self.commands(program).into_iter();
        let found =
            all.find(|words| words.len() >= begin.len() && words.iter().zip(&begin).all(|(a, b)| a == b));
        let line = found
            .with_context(|| format!("the page {} gives no command `{program} {begins}`", self.title))?
            .join(" ");
        let line = with.iter().fold(line, |line, (from, to)| line.replace(from, to));
        Ok(line.split_whitespace().map(str::to_owned).collect())
    }
}
