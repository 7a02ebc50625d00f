//! What the documents say about the code, held against it.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")
}

fn document(name: &str) -> Result<String> {
    fs::read_to_string(root()?.join("docs").join(name)).with_context(|| name.to_owned())
}

/// The rows of the first table of a text, each its cells.
fn table(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn section<'a>(text: &'a str, title: &str) -> Result<&'a str> {
    let from = text.split(&format!("## {title}")).nth(1).with_context(|| format!("no section {title}"))?;
    Ok(from.split("\n## ").next().unwrap_or_default())
}

/// How many tests a cell names, as `file`: `name`, `name`; `file`: `name`. All of them must be there.
pub(crate) fn tests_named(cell: &str) -> Result<usize> {
    let mut source = None;
    let mut tests = 0;
    for quoted in cell.split('`').skip(1).step_by(2) {
        if quoted.contains('/') {
            source = Some(fs::read_to_string(root()?.join(quoted)).with_context(|| quoted.to_owned())?);
        } else {
            let source = source.as_ref().with_context(|| format!("{quoted} is in no file"))?;
            ensure!(source.contains(&format!("fn {quoted}(")), "there is no test {quoted}: {cell}");
            tests += 1;
        }
    }
    Ok(tests)
}

#[test]
fn the_proofs_that_the_promises_name_are_there() -> Result<()> {
    let text = document("security.md")?;
    let promises = table(section(&text, "Promises")?);
    let rows = table(section(&text, "How each promise is proved")?);
    for promise in &promises {
        ensure!(rows.iter().any(|row| row[0] == promise[0]), "nothing proves: {}", promise[0]);
    }
    let mut proofs = 0;
    for row in rows {
        proofs += tests_named(row.last().context("no cells")?)?;
    }
    ensure!(promises.len() >= 7 && proofs >= 20, "only {proofs} proofs of {} promises", promises.len());
    Ok(())
}

#[test]
fn what_was_tried_in_the_field_is_tried_by_tests() -> Result<()> {
    let text = document("field-notes.md")?;
    let rows = table(&text);
    for row in &rows {
        let [situation, _, tests] = &row[..] else { anyhow::bail!("three cells are in a row: {row:?}") };
        ensure!(*tests == "the same" || tests_named(tests)? > 0, "no test tries: {situation}");
    }
    ensure!(rows.len() >= 50, "only {} situations", rows.len());
    Ok(())
}

#[test]
fn what_torture_found_stays_pinned() -> Result<()> {
    let text = document("reliability.md")?;
    let rows = table(section(&text, "What it found")?);
    for row in &rows {
        tests_named(row.last().context("no cells")?)?;
    }
    ensure!(rows.len() >= 6, "only {} faults", rows.len());
    Ok(())
}

/// Each environment variable that a program reads is in its section of docs/configuration.md, and each that is told there
/// is read. The variables of settings follow from their declarations, to which unit tests hold the tables of settings.
#[test]
fn the_variables_that_programs_read_are_those_that_are_documented() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
    let text = fs::read_to_string(root.join("docs/configuration.md"))?;
    let (general, sections) = text.split_once("\n## ").context("no section")?;
    let programs: [(&str, &[&str]); 4] = [
        ("tracker", &["tracker/src"]),
        ("seed-node", &["seed-node/src"]),
        ("mist", &["client/cli/src", "client/view/src", "client/core/src"]),
        ("mistpipe", &["mistpipe/src"]),
    ];
    for (program, folders) in programs {
        let section = sections.split("\n## ").find(|section| section.lines().next() == Some(program));
        let section = section.with_context(|| format!("no section of {program}"))?;
        let mut read = BTreeSet::new();
        for file in folders.iter().flat_map(|folder| WalkDir::new(root.join(folder))) {
            let file = file?;
            if file.path().extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(file.path())?;
                read.extend(source.split('"').filter(|text| is_variable(text)).map(str::to_owned));
            }
        }
        for variable in &read {
            let quoted = format!("`{variable}`");
            let told = section.contains(&quoted) || general.contains(&quoted);
            ensure!(told, "{program} reads {variable}, of which its section says nothing");
        }
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        for variable in rows.filter(|word| is_variable(word)) {
            ensure!(read.contains(variable), "{program} does not read {variable}");
        }
    }
    Ok(())
}

fn is_variable(text: &str) -> bool {
    text.starts_with("MIST") && text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}
