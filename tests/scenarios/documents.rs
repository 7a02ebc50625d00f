//! What the documents say about the code, held against it.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// Every test that docs/security.md names as a proof is there: `file`: `name`, `name`.
#[test]
fn the_proofs_that_the_promises_name_are_there() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
    let text = fs::read_to_string(root.join("docs/security.md"))?;
    let table = text.split("## How each promise is proved").nth(1).context("no such section")?;
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let promised = text.split("## Promises").nth(1).context("no such section")?.lines();
    let promised = promised.skip_while(|line| !line.starts_with("|---")).skip(1);
    let promised: Vec<&str> = promised.take_while(|line| line.starts_with("| ")).collect();
    let word = |line: &str| line.split('|').nth(1).unwrap_or_default().trim().to_owned();
    for promise in &promised {
        ensure!(rows.iter().any(|row| word(row) == word(promise)), "nothing proves: {promise}");
    }
    let mut proofs = 0;
    for row in rows {
        let mut source = None;
        for quoted in row.split('`').skip(1).step_by(2) {
            if quoted.ends_with(".rs") {
                source = Some(fs::read_to_string(root.join(quoted)).with_context(|| quoted.to_owned())?);
            } else {
                let source = source.as_ref().with_context(|| format!("{quoted} is in no file"))?;
                ensure!(source.contains(&format!("fn {quoted}(")), "there is no test {quoted}: {row}");
                proofs += 1;
            }
        }
    }
    ensure!(promised.len() >= 7 && proofs >= 20, "only {proofs} proofs of {} promises", promised.len());
    Ok(())
}
