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
    let mut sections = text.split("\n## ").skip(1);
    sections.find(|s| s.lines().next() == Some(title)).with_context(|| format!("no section {title}"))
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
    let root = root()?;
    let text = document("configuration.md")?;
    let (general, _) = text.split_once("\n## ").context("no section")?;
    let programs: [(&str, &[&str]); 4] = [
        ("tracker", &["tracker/src"]),
        ("seed-node", &["seed-node/src"]),
        ("mist", &["client/cli/src", "client/view/src", "client/core/src"]),
        ("mistpipe", &["mistpipe/src"]),
    ];
    for (program, folders) in programs {
        let section = section(&text, program)?;
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

/// The tracker's files use what stands in their own row of docs/architecture.md or in lower ones.
#[test]
fn the_rooms_of_the_tracker_use_none_above_them() -> Result<()> {
    let root = root()?;
    let text = document("architecture.md")?;
    let mut rooms = Vec::new();
    for (row, cells) in table(section(&text, "Rooms of the tracker")?).into_iter().enumerate() {
        let names = cells[0].split('`').skip(1).step_by(2);
        rooms.extend(names.map(|name| (name.to_owned(), row)));
    }
    // Of the rooms that a file is in, the one that says most counts.
    let row_of = |file: &str| {
        let fitting =
            rooms.iter().filter(|(room, _)| file == room || (room.ends_with('/') && file.starts_with(room)));
        fitting.max_by_key(|(room, _)| room.len()).map(|(_, row)| *row)
    };
    let folder = root.join("tracker/src");
    let mut uses = 0;
    for file in WalkDir::new(&folder) {
        let file = file?;
        if file.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = file.path().strip_prefix(&folder)?.to_str().context("a name of letters")?.to_owned();
        let own = row_of(&name).with_context(|| format!("{name} is in no row of the table"))?;
        for path in crate_paths(&fs::read_to_string(file.path())?) {
            // A module is a file or a folder; what stands behind it is of no interest.
            let (first, rest) = path.split_once("::").unwrap_or((&path, ""));
            let second = rest.split("::").next().unwrap_or_default();
            let candidates =
                [format!("{first}/{second}.rs"), format!("{first}.rs"), format!("{first}/mod.rs")];
            let used = candidates.iter().find(|used| folder.join(used).is_file());
            let used = used.with_context(|| format!("{name} uses crate::{path}, which is no file"))?;
            let row = row_of(used).with_context(|| format!("{used} is in no row of the table"))?;
            ensure!(row >= own, "{name} uses {used}, which is above it");
            uses += 1;
        }
    }
    ensure!(rooms.len() >= 20 && uses >= 300, "only {uses} uses of {} rooms", rooms.len());
    Ok(())
}

/// What a source names of its own crate, without `crate::`. Comments and unit tests don't count.
fn crate_paths(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<String>();
    let mut paths = Vec::new();
    for rest in code.split("crate::").skip(1) {
        expand("", rest, &mut paths);
    }
    paths
}

/// Adds the paths of a tree such as `a::{b::C, d}` and returns what comes after it.
fn expand<'a>(before: &str, tree: &'a str, paths: &mut Vec<String>) -> &'a str {
    let end = tree.find(|c: char| !(c.is_alphanumeric() || "_: ".contains(c))).unwrap_or(tree.len());
    let (name, mut rest) = tree.split_at(end);
    let path = format!("{before}{}", name.trim());
    if !(rest.starts_with('{') && (path.is_empty() || path.ends_with("::"))) {
        // After the last comma of a list there is nothing.
        paths.extend((!name.trim().is_empty()).then_some(path));
        return rest;
    }
    loop {
        rest = expand(&path, rest[1..].trim_start(), paths).trim_start();
        match rest.chars().next() {
            Some(',') => {}
            Some('}') => return &rest[1..],
            _ => return rest,
        }
    }
}
